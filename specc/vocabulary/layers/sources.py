"""Where a graph begins."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from specc.shapes import Shape, Size, total
from specc.vocabulary.families import Layer
from specc.vocabulary.part import ColumnName, Positional, Resolved


class Input(Layer):
    """Columns of the data as a tensor: `features` is every number and category column that is not a target.

    Several names join their columns in the order given; images and arrays are taken by their own name.

    Example: `input(features)`
    """

    time: ClassVar[Literal["keeps", "consumes", "forbids"]] = "keeps"

    columns: Annotated[tuple[ColumnName, ...], Positional()]
    embeddings: Annotated[dict[str, tuple[Size, int]], Resolved()] = {}
    """The columns among them that are looked up in a trained table: its rows (labels, and one for the unseen) and width."""

    def output_shape(self, *columns: Shape) -> Shape:
        """`columns`: the shapes of the columns it takes."""
        if len(columns) == 1:
            return columns[0]
        return Shape.vector(total(column.size("features") for column in columns))

    def parameter_shapes(self, *columns: Shape) -> dict[str, tuple[Size, ...]]:
        return {f"{name}_weight": size for name, size in self.embeddings.items()}

    def multiply_adds(self, *columns: Shape) -> Size:
        return 0
