"""Normalization inside the network."""

from __future__ import annotations

from specc.pytorch.written import Place, Written, arguments, unless, writes
from specc.vocabulary.layers.normalization import BatchNorm, GroupNorm, InstanceNorm, LayerNorm, VirtualBatchNorm


@writes(BatchNorm)
def batch_norm(layer: BatchNorm, place: Place) -> Written:
    constructor = arguments(
        place.shape.sizes[0],
        eps=unless(1e-5, layer.epsilon),
        momentum=unless(0.1, layer.momentum),
        affine=unless(True, layer.affine),
    )
    kind = "BatchNorm2d" if place.shape.is_image else "BatchNorm1d"
    return Written(f"self.{place.name}({place.x})", {place.name: f"nn.{kind}({constructor})"}, _started(place, layer.affine))


@writes(VirtualBatchNorm)
def virtual_batch_norm(layer: VirtualBatchNorm, place: Place) -> Written:
    constructor = arguments(place.shape.sizes[0], eps=unless(1e-5, layer.epsilon), affine=unless(True, layer.affine))
    attributes = {place.name: f"VirtualBatchNorm({constructor})"}
    return Written(f"self.{place.name}({place.x})", attributes, _started(place, layer.affine), ("VirtualBatchNorm",))


@writes(LayerNorm)
def layer_norm(layer: LayerNorm, place: Place) -> Written:
    sizes = layer.normalized(place.shape)
    constructor = arguments(
        sizes[0] if len(sizes) == 1 else sizes, eps=unless(1e-5, layer.epsilon), elementwise_affine=unless(True, layer.affine)
    )
    return Written(f"self.{place.name}({place.x})", {place.name: f"nn.LayerNorm({constructor})"}, _started(place, layer.affine))


@writes(InstanceNorm)
def instance_norm(layer: InstanceNorm, place: Place) -> Written:
    constructor = arguments(place.shape.sizes[0], eps=unless(1e-5, layer.epsilon), affine=unless(False, layer.affine))
    attributes = {place.name: f"nn.InstanceNorm2d({constructor})"}
    return Written(f"self.{place.name}({place.x})", attributes, _started(place, layer.affine))


@writes(GroupNorm)
def group_norm(layer: GroupNorm, place: Place) -> Written:
    settings = {"eps": unless(1e-5, layer.epsilon), "affine": unless(True, layer.affine)}
    attributes = {place.name: f"nn.GroupNorm({arguments(layer.groups, place.shape.sizes[0], **settings)})"}
    return Written(f"self.{place.name}({place.x})", attributes, _started(place, layer.affine))


def _started(place: Place, affine: bool) -> list[str]:
    """Gains start at one, biases at zero."""
    return [f"nn.init.ones_(self.{place.name}.weight)", f"nn.init.zeros_(self.{place.name}.bias)"] if affine else []
