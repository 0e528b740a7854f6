"""Augmentations of images, in the order written, on training batches only, before scaling."""

from __future__ import annotations

from typing import Annotated, Literal

from specc.records import Limits
from specc.vocabulary.families import Augmentation
from specc.vocabulary.numbers import NonNegativeInt, PositiveInt, Share

Probability = Share


class Crop(Augmentation):
    """A window of `size` at a random place, after `padding` black pixels were added on every side.

    Example: `crop(28, padding = 3)`
    """

    size: PositiveInt
    padding: NonNegativeInt = 0


class Flip(Augmentation):
    """Mirrored with the given probability, left to right (`horizontal`) or upside down (`vertical`).

    Example: `flip(horizontal)`
    """

    direction: Literal["horizontal", "vertical"] = "horizontal"
    probability: Probability = 0.5


class Shift(Augmentation):
    """Moved by up to `pixels` in both directions; what comes in is black.

    Example: `shift(2)`
    """

    pixels: PositiveInt


class Rotate(Augmentation):
    """Turned about its centre by up to `degrees` to either side, bilinear; corners that come in are black.

    Example: `rotate(10)`
    """

    degrees: Annotated[float, Limits(above=0, most=180)]


class Cutout(Augmentation):
    """A black square of side `size` at a random place, cut off at the border (DeVries and Taylor 2017).

    Example: `cutout(8)`
    """

    size: PositiveInt
