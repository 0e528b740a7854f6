"""Layers whose weights are normalized each time they are used: spectral normalization and weight normalization.

A weight counts as a matrix with a row for each unit or channel that the layer gives. `measure` is called once, when the
weights have their starting values.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

SMALLEST = 1e-12


class _Normalized(nn.Module):
    """A layer with a `weight`, whose `axis` counts the outputs."""

    axis = 0
    weight: Tensor

    @property
    def matrix(self) -> Tensor:
        """The weight with a row for each output."""
        return self.weight.transpose(0, self.axis).flatten(1)

    def normalized(self) -> Tensor:
        """The weight that is used."""
        raise NotImplementedError


class _Linear(_Normalized, nn.Linear):
    def forward(self, x: Tensor) -> Tensor:
        return F.linear(x, self.normalized(), self.bias)


class _Conv2d(_Normalized, nn.Conv2d):
    def forward(self, x: Tensor) -> Tensor:
        return self._conv_forward(x, self.normalized(), self.bias)


class _ConvTranspose2d(_Normalized, nn.ConvTranspose2d):
    axis = 1

    def forward(self, x: Tensor) -> Tensor:
        sizes = self.stride, self.padding, self.output_padding, self.groups, self.dilation
        return F.conv_transpose2d(x, self.normalized(), self.bias, *sizes)  # type: ignore[arg-type]


class Spectral(_Normalized):
    """`W / σ` with σ the largest singular value of W (Miyato et al. 2018).

    `direction` is u, the singular vector of σ on the side of the outputs, as far as it is known. Each use computes
    `v = Wᵀu / ‖Wᵀu‖` and `σ = ‖W v‖`, with a gradient in W alone; in training u then becomes `W v / σ`.
    """

    def __init__(self, *sizes: Any, **settings: Any) -> None:
        super().__init__(*sizes, **settings)
        outputs = self.matrix.shape[0]
        self.direction: Tensor
        self.register_buffer("direction", torch.full((outputs,), outputs**-0.5))

    @torch.no_grad()
    def measure(self) -> None:
        """Makes σ exact, for the weights that are there now."""
        matrix = self.matrix.double()
        is_wide = matrix.shape[0] <= matrix.shape[1]
        squared = matrix @ matrix.T if is_wide else matrix.T @ matrix
        vector = torch.linalg.eigh(squared).eigenvectors[:, -1]
        self.direction.copy_(vector if is_wide else F.normalize(matrix @ vector, dim=0))

    def normalized(self) -> Tensor:
        matrix = self.matrix
        with torch.no_grad():
            vector = F.normalize(matrix.T @ self.direction, dim=0, eps=SMALLEST)
        image = matrix @ vector
        largest = image.norm().clamp_min(SMALLEST)
        if self.training:
            with torch.no_grad():
                self.direction.copy_(image / largest)
        return self.weight / largest


class Lengths(_Normalized):
    """`gᵢ · wᵢ / ‖wᵢ‖` for the weights of each output (Salimans and Kingma 2016); `length` holds the g."""

    def __init__(self, *sizes: Any, **settings: Any) -> None:
        super().__init__(*sizes, **settings)
        self.length = nn.Parameter(torch.ones(self.matrix.shape[0]))

    @torch.no_grad()
    def measure(self) -> None:
        """Begins with the lengths that the weights have now, which the layer then uses as they are."""
        self.length.copy_(self.matrix.norm(dim=1))

    def normalized(self) -> Tensor:
        factors = self.length / self.matrix.norm(dim=1).clamp_min(SMALLEST)
        sizes = [1] * self.weight.dim()
        sizes[self.axis] = -1
        return self.weight * factors.view(sizes)


class SpectralLinear(Spectral, _Linear):
    """`nn.Linear` with spectral normalization."""


class SpectralConv2d(Spectral, _Conv2d):
    """`nn.Conv2d` with spectral normalization."""


class SpectralConvTranspose2d(Spectral, _ConvTranspose2d):
    """`nn.ConvTranspose2d` with spectral normalization."""


class WeightNormLinear(Lengths, _Linear):
    """`nn.Linear` with weight normalization."""


class WeightNormConv2d(Lengths, _Conv2d):
    """`nn.Conv2d` with weight normalization."""


class WeightNormConvTranspose2d(Lengths, _ConvTranspose2d):
    """`nn.ConvTranspose2d` with weight normalization."""
