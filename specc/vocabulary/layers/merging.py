"""Layers that join several tensors: the branches of a body, or named ones."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from specc.shapes import Shape, ShapeMismatch, Size, differ, total
from specc.vocabulary.families import Layer
from specc.vocabulary.part import Positional, TensorName


class _Merge(Layer):
    time: ClassVar[Literal["keeps", "consumes", "forbids"]] = "keeps"
    merges: ClassVar[bool] = True

    tensors: Annotated[tuple[TensorName, ...], Positional()] = ()


class _Elementwise(_Merge):
    def output_shape(self, *inputs: Shape) -> Shape:
        first = inputs[0]
        for other in inputs[1:]:
            fits = other.axes == first.axes and not any(differ(a, b) for a, b in zip(first.sizes, other.sizes))
            if not fits:
                raise ShapeMismatch(
                    "E0303",
                    f"the branches of `{self.word}` have different shapes: {' and '.join(str(x) for x in inputs)}",
                    "needs branches of one shape",
                    "let both give the same shape, or write `shortcut` as a branch",
                )
        return first


class Add(_Elementwise):
    """The sum of its branches: `y = x₁ + x₂ + …`.

    Example: `add { dense(8); sequence { dense(8, relu); dense(8) } }`
    """


class Multiply(_Elementwise):
    """The product of its branches, number by number: `y = x₁ · x₂ · …`.

    Example: `multiply { dense(8); dense(8, sigmoid) }`
    """

    def multiply_adds(self, *inputs: Shape) -> Size:
        return inputs[0].count * (len(inputs) - 1)


class Concat(_Merge):
    """Its branches side by side: features after features, channels after channels.

    Example: `concat { dense(8, relu); dense(8, tanh) }`
    """

    def output_shape(self, *inputs: Shape) -> Shape:
        first = inputs[0]
        axis = "channels" if first.is_image else "features"
        for x in inputs:
            others_differ = any(differ(a, b) for name, a, b in zip(first.axes, first.sizes, x.sizes) if name != axis)
            if x.axes != first.axes or axis not in x.axes or others_differ:
                raise ShapeMismatch(
                    "E0305",
                    f"`concat` cannot lay these side by side: {' and '.join(str(x) for x in inputs)}",
                    f"needs equal axes beside {axis}",
                )
        return first.with_size(axis, total(x.size(axis) for x in inputs))
