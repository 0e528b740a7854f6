"""What layers with weights share: their module, or the one of that name whose weights are normalized."""

from __future__ import annotations

from specc.pytorch.activations import activated
from specc.pytorch.initializers import started_layer
from specc.pytorch.written import Place, Written
from specc.vocabulary.layers.convolution import Conv2d, Conv2dTranspose, DepthwiseConv2d
from specc.vocabulary.layers.dense import Dense

NORMED = {"spectral": "Spectral", "weight": "WeightNorm"}
"""What the modules with a `norm` begin with: `SpectralLinear` is `nn.Linear` with spectral normalization."""


def weighted(
    layer: Dense | Conv2d | Conv2dTranspose | DepthwiseConv2d, place: Place, module: str, constructor: str, x: str | None = None
) -> Written:
    """A layer that is one of PyTorch's modules; `x`: what it takes, where that is not the first tensor itself."""
    forward = activated(layer.activation, f"self.{place.name}({x or place.x})")
    start = started_layer(place, layer.bias)
    norm = getattr(layer, "norm", None)
    if norm is None:
        return Written(forward, {place.name: f"nn.{module}({constructor})"}, start)
    normed = f"{NORMED[norm]}{module}"
    return Written(forward, {place.name: f"{normed}({constructor})"}, [*start, f"self.{place.name}.measure()"], (normed,))
