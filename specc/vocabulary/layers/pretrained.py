"""A part of a network that another run has trained."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from specc.shapes import UNKNOWN, Expression, Shape, Size
from specc.vocabulary.families import Freezing, Layer
from specc.vocabulary.part import Flag, PartName, Path, Resolved


class Pretrained(Layer):
    """The layers of another run, from its `input` up to its layer or block `part`, with the weights that it kept.

    `run` is a run's folder, or the folder of a spec's runs: then its newest finished run. It stands right behind an `input` of
    the same columns, declared alike, and their scales, imputed values and labels are those of the run. `freeze = true`
    keeps the weights and batch statistics as they are, `freeze = until(epoch = 3)` through the first epochs of each phase.

    Example: `pretrained("runs/houses", part = dense_1, freeze = true)`
    """

    time: ClassVar[Literal["keeps", "consumes", "forbids"]] = "keeps"

    run: Path
    part: PartName
    freeze: Flag | Freezing = False
    opened: Annotated[str, Resolved()] = ""
    """The run's own folder, once its layers stand in front of this one; what they give is passed on."""

    def output_shape(self, x: Shape) -> Shape:
        return x if self.opened else UNKNOWN

    def parameter_shapes(self, x: Shape) -> dict[str, tuple[Size, ...]]:
        return {} if self.opened else {"weight": (Expression({f"parameters(pretrained.{self.part})": 1}),)}

    def multiply_adds(self, x: Shape) -> Size:
        return 0 if self.opened else Expression({f"multiply_adds(pretrained.{self.part})": 1})
