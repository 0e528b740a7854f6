"""Layers that act in training only, and dropout that may also act in use."""

from __future__ import annotations

from specc.pytorch.written import Place, Written, arguments, unless, writes
from specc.vocabulary.layers.noise import Dropout, GaussianNoise, MaskingNoise, SaltAndPepper


@writes(Dropout)
def dropout(layer: Dropout, place: Place) -> Written:
    if layer.always:
        return Written(f"F.dropout({place.x}, {layer.rate!r})")  # a function: PyTorch's module rests in use
    return Written(f"self.{place.name}({place.x})", {place.name: f"nn.Dropout({layer.rate!r})"})


@writes(GaussianNoise)
def gaussian_noise(layer: GaussianNoise, place: Place) -> Written:
    return _noise("GaussianNoise", place, arguments(layer.deviation))


@writes(MaskingNoise)
def masking_noise(layer: MaskingNoise, place: Place) -> Written:
    return _noise("MaskingNoise", place, arguments(layer.rate))


@writes(SaltAndPepper)
def salt_and_pepper(layer: SaltAndPepper, place: Place) -> Written:
    return _noise("SaltAndPepper", place, arguments(layer.rate, low=unless(0, layer.low), high=unless(1, layer.high)))


def _noise(module: str, place: Place, settings: str) -> Written:
    return Written(f"self.{place.name}({place.x})", {place.name: f"{module}({settings})"}, uses=(module,))
