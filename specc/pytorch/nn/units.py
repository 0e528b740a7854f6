"""Units of Boltzmann machines by kind: what their input says of them on the average, a draw, and the logarithm of their sum.

`x` is a unit's input: what the energy multiplies its state by, with the sign turned. All but `feature` and `log_partition`
work in place, on tensors `[batch, units]`, without a gradient.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

HALF_LOG_TAU = math.log(2 * math.pi) / 2
SMALL = -3.0
"""Below this input a relu unit is drawn by logarithms."""
FAR = -12.0
"""Below this input the mean of a relu unit is taken from its series: the formula loses its digits there."""

MANY = 8192
"""So many numbers are drawn four at a time."""


def uniform_(x: Tensor, generator: Generator | None) -> Tensor:
    """Fills a float32 tensor with numbers of 0 to 1; many of them in a third of the time that `Tensor.uniform_` takes on a CPU.

    Each draw of 64 bits gives four numbers, `u = (i + ½ 2¹⁶ + s) / 2¹⁶` with i a whole number of 16 bits with its sign, and s of
    0 to 1 drawn once for all: each u by itself is evenly distributed, to 24 bits, and two of them share what lies below 2⁻¹⁶.
    """
    count = x.numel()
    if count < MANY or x.device.type != "cpu" or x.dtype != torch.float32 or not x.is_contiguous():
        return x.uniform_(generator=generator)
    bits = torch.empty(-(-count // 4), dtype=torch.int64).random_(-(2**63), None, generator=generator)
    x.view(-1).copy_(bits.view(torch.int16)[:count])
    below = torch.rand((), generator=generator).mul_(2**-16).add_(0.5)
    return torch.add(below, x, alpha=2**-16, out=x)


class Units:
    """One kind of unit, visible or hidden. `totals` `[batch]` are the draws of each row of a replicated softmax."""

    def mean_(self, x: Tensor, totals: Tensor | None = None) -> Tensor:
        """Its mean in place of its input."""
        raise NotImplementedError

    def draw_(self, x: Tensor, generator: Generator | None, totals: Tensor | None = None, noise: Tensor | None = None) -> Tensor:
        """A draw in place of its input; `noise` is memory of the same shape that may be used."""
        raise NotImplementedError

    def mean_and_draw(self, x: Tensor, draw: Tensor, generator: Generator | None) -> None:
        """Its mean in place of its input, and a draw in `draw`."""
        draw.copy_(x)
        self.draw_(draw, generator)
        self.mean_(x)

    def own_energy(self, values: Tensor) -> Tensor | None:
        """What the energy has of the unit alone beside its bias, `[batch]`."""
        return None

    def feature(self, x: Tensor) -> Tensor:
        """What an unrolled network computes of it. Differentiable."""
        raise NotImplementedError

    def log_partition(self, x: Tensor) -> Tensor:
        """`ln Σ_h e^{h x − own energy}`, an integral where h is continuous. Differentiable."""
        raise NotImplementedError


class Bernoulli(Units):
    """0 or 1, and 1 with probability σ(x)."""

    def mean_(self, x: Tensor, totals: Tensor | None = None) -> Tensor:
        return x.sigmoid_()

    def draw_(self, x: Tensor, generator: Generator | None, totals: Tensor | None = None, noise: Tensor | None = None) -> Tensor:
        noise = torch.empty_like(x) if noise is None else noise
        return torch.lt(uniform_(noise, generator), x.sigmoid_(), out=x)

    def mean_and_draw(self, x: Tensor, draw: Tensor, generator: Generator | None) -> None:
        uniform_(draw, generator).lt_(x.sigmoid_())

    def feature(self, x: Tensor) -> Tensor:
        return torch.sigmoid(x)

    def log_partition(self, x: Tensor) -> Tensor:
        return F.softplus(x, threshold=40.0)


class Gaussian(Units):
    """A normal number with mean x and variance 1."""

    def mean_(self, x: Tensor, totals: Tensor | None = None) -> Tensor:
        return x

    def draw_(self, x: Tensor, generator: Generator | None, totals: Tensor | None = None, noise: Tensor | None = None) -> Tensor:
        noise = torch.empty_like(x) if noise is None else noise
        return x.add_(noise.normal_(generator=generator))

    def mean_and_draw(self, x: Tensor, draw: Tensor, generator: Generator | None) -> None:
        draw.normal_(generator=generator).add_(x)

    def own_energy(self, values: Tensor) -> Tensor:
        return values.square().sum(-1) / 2

    def feature(self, x: Tensor) -> Tensor:
        return x

    def log_partition(self, x: Tensor) -> Tensor:
        return x.square() / 2 + HALF_LOG_TAU


class Relu(Units):
    """A normal number with mean x and variance 1 that is known to be at least 0; its mode, max(0, x), is the feature."""

    def mean_(self, x: Tensor, totals: Tensor | None = None) -> Tensor:
        """`x + φ(x)/Φ(x)`; far below zero `−1/x · (1 − 2/x² + 10/x⁴ − 74/x⁶ + 706/x⁸)`."""
        near = x + math.sqrt(2 / math.pi) / torch.special.erfcx(x.clamp(min=FAR, max=8.0) * -math.sqrt(0.5))
        t = x.clamp(max=FAR).square_().reciprocal_()
        far = t.sqrt() * (1 + t * (-2 + t * (10 + t * (-74 + t * 706))))
        near = torch.where(x > 8.0, x, near)  # φ is below 1e-14 there
        return torch.where(x < FAR, far, near, out=x)

    def draw_(self, x: Tensor, generator: Generator | None, totals: Tensor | None = None, noise: Tensor | None = None) -> Tensor:
        """Turns `P(h > t) = Φ(x − t)/Φ(x)` round, in float64; where Φ(x) is small, by Newton's method on logarithms."""
        wide = x.double()
        u = torch.empty_like(wide).uniform_(generator=generator).clamp_(min=1e-17)
        near, far, log_u = wide.clamp(min=SMALL), wide.clamp(max=SMALL), u.log()
        drawn = near - torch.special.ndtri((u * torch.special.ndtr(near)).clamp_(min=1e-16))
        y = (far.square() - 2 * log_u).sqrt_()
        goal = log_u + torch.special.log_ndtr(far)
        for _ in range(3):
            log_tail = torch.special.log_ndtr(-y)
            y += (log_tail - goal) / torch.exp(y.square() / -2 - HALF_LOG_TAU - log_tail)
        return x.copy_(torch.where(wide < SMALL, y + far, drawn).clamp_(min=0.0))

    def own_energy(self, values: Tensor) -> Tensor:
        return values.square().sum(-1) / 2

    def feature(self, x: Tensor) -> Tensor:
        return torch.relu(x)

    def log_partition(self, x: Tensor) -> Tensor:
        """`x²/2 + ln(√(2π) Φ(x))`; below zero as `ln(√(π/2) erfcx(−x/√2))`, which has no x² to cancel."""
        above, below = x.clamp(min=0.0), x.clamp(max=0.0)
        upper = above.square() / 2 + HALF_LOG_TAU + torch.special.log_ndtr(above)
        lower = torch.log(math.sqrt(math.pi / 2) * torch.special.erfcx(below * -math.sqrt(0.5)))
        return torch.where(x > 0, upper, lower)


class Softmax(Units):
    """Groups of `width` units side by side, in each of which one is 1 and the others 0."""

    def __init__(self, width: int) -> None:
        self.width = width

    def mean_(self, x: Tensor, totals: Tensor | None = None) -> Tensor:
        groups = x.unflatten(-1, (-1, self.width))
        groups.copy_(groups.softmax(-1))
        return x

    def draw_(self, x: Tensor, generator: Generator | None, totals: Tensor | None = None, noise: Tensor | None = None) -> Tensor:
        """The first unit at which the running sum of the probabilities passes a number of the group's own."""
        groups = x.unflatten(-1, (-1, self.width))
        running = groups.softmax(-1).cumsum_(-1)
        u = torch.empty_like(running[..., :1]).uniform_(generator=generator)
        chosen = (running <= u.mul_(running[..., -1:])).sum(-1, keepdim=True).clamp_(max=self.width - 1)
        groups.zero_().scatter_(-1, chosen, 1.0)
        return x


class ReplicatedSoftmax(Units):
    """Counts: as many draws from one softmax as `totals` says, one where it says nothing (Salakhutdinov and Hinton 2009)."""

    def mean_(self, x: Tensor, totals: Tensor | None = None) -> Tensor:
        x.copy_(x.softmax(-1))
        return x if totals is None else x.mul_(totals.unsqueeze(-1))

    def draw_(self, x: Tensor, generator: Generator | None, totals: Tensor | None = None, noise: Tensor | None = None) -> Tensor:
        draws = torch.ones_like(x[:, 0]) if totals is None else totals.round()
        most = int(draws.max()) if len(draws) else 0
        running = x.softmax(-1).cumsum_(-1)
        u = torch.empty(len(x), most, dtype=x.dtype, device=x.device).uniform_(generator=generator)
        chosen = torch.searchsorted(running, u.mul_(running[:, -1:]), right=True).clamp_(max=x.shape[-1] - 1)
        is_drawn = torch.arange(most, device=x.device) < draws.unsqueeze(-1)
        return x.zero_().scatter_add_(-1, chosen, is_drawn.to(x.dtype))


HIDDEN: dict[str, Units] = {"bernoulli": Bernoulli(), "gaussian": Gaussian(), "relu": Relu()}


def visible_units(kind: str, width: int) -> Units:
    """The units of a visible block. Raises `KeyError` for a kind that there is not."""
    if kind == "softmax":
        return Softmax(width)
    return {**HIDDEN, "replicated_softmax": ReplicatedSoftmax()}[kind]
