"""Normalization inside the network."""

from __future__ import annotations

from typing import ClassVar, Literal

from specc.shapes import Shape, ShapeMismatch, Size, product
from specc.vocabulary.families import Layer, needs_image
from specc.vocabulary.numbers import Fraction, PositiveFloat, PositiveInt
from specc.vocabulary.part import Flag


class _Normalization(Layer):
    """With a gain and a bias for each feature or channel, unless `affine = false`."""

    epsilon: PositiveFloat = 1e-5
    affine: Flag = True

    def parameter_shapes(self, x: Shape) -> dict[str, tuple[Size, ...]]:
        return {"gain": (x.sizes[0],), "bias": (x.sizes[0],)} if self.affine else {}

    def multiply_adds(self, x: Shape) -> Size:
        return x.count * 2


def _needs_features_or_channels(word: str, x: Shape) -> None:
    if not (x.is_vector or x.is_image):
        raise ShapeMismatch("E0301", f"`{word}` needs a flat input or images, got {x}", "expects [N, features]")


class BatchNorm(_Normalization):
    """Each feature or channel to mean 0 and variance 1 over the batch, then `gain · x + bias` (Ioffe and Szegedy 2015).

    In use, running averages of mean and variance take the batch's place: `running ← (1 − momentum) · running + momentum · batch`.

    Example: `batch_norm`
    """

    batch_statistics: ClassVar[bool] = True

    momentum: Fraction = 0.1

    def output_shape(self, x: Shape) -> Shape:
        _needs_features_or_channels("batch_norm", x)
        return x

    def kept_shapes(self, x: Shape) -> dict[str, tuple[Size, ...]]:
        return {"running_mean": (x.sizes[0],), "running_var": (x.sizes[0],), "num_batches_tracked": ()}

    def multiply_adds(self, x: Shape) -> Size:
        return x.count


class VirtualBatchNorm(_Normalization):
    """Batch norm by the statistics of a reference batch and the row itself, whatever rows stand beside it (Salimans et al. 2016).

    The reference is n training rows, drawn once. With `μ` and `s` the mean of its numbers and of their squares, a feature or
    channel has the mean `(n μ + x) / (n + 1)` and the mean square `(n s + x²) / (n + 1)`; of an image x and x² are means over
    its pixels. In use, μ and s are those that the reference had last.

    Example: `virtual_batch_norm`
    """

    def output_shape(self, x: Shape) -> Shape:
        _needs_features_or_channels("virtual_batch_norm", x)
        return x

    def kept_shapes(self, x: Shape) -> dict[str, tuple[Size, ...]]:
        return {"reference_mean": (x.sizes[0],), "reference_variance": (x.sizes[0],), "own_share": ()}


class LayerNorm(_Normalization):
    """Each row to mean 0 and variance 1 over its features (images: all its numbers), then `gain · x + bias` (Ba et al. 2016).

    Example: `layer_norm`
    """

    time: ClassVar[Literal["keeps", "consumes", "forbids"]] = "keeps"

    def normalized(self, x: Shape) -> tuple[Size, ...]:
        """The sizes of the axes it averages over."""
        return x.sizes[1:] if x.has_time else x.sizes

    def parameter_shapes(self, x: Shape) -> dict[str, tuple[Size, ...]]:
        return {"gain": self.normalized(x), "bias": self.normalized(x)} if self.affine else {}


class InstanceNorm(_Normalization):
    """Each channel of each image to mean 0 and variance 1 over its pixels, then `gain · x + bias` (Ulyanov et al. 2016).

    Example: `instance_norm`
    """

    def output_shape(self, x: Shape) -> Shape:
        needs_image("instance_norm", x)
        if x.sizes[1:] == (1, 1):
            way_out = "use `layer_norm`, which averages over the channels as well"
            raise ShapeMismatch("E0306", "`instance_norm` makes 0 of every channel of a single pixel", f"got {x}", way_out)
        return x


class GroupNorm(_Normalization):
    """Neighboring channels of a row, in `groups` alike, to mean 0 and variance 1, then `gain · x + bias` (Wu and He 2018).

    Example: `group_norm(4)`
    """

    groups: PositiveInt

    def output_shape(self, x: Shape) -> Shape:
        _needs_features_or_channels("group_norm", x)
        size, what = x.sizes[0], "channels" if x.is_image else "features"
        if isinstance(size, int) and size % self.groups:
            raise ShapeMismatch("E0306", f"{size} {what} do not divide into {self.groups} `groups`", f"got {x}")
        if size == self.groups and product(x.sizes[1:]) == 1:
            raise ShapeMismatch(
                "E0306", "`group_norm` makes 0 of every group of a single number", f"got {x}", "take fewer groups"
            )
        return x
