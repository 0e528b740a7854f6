"""What stands between the parts of a composite: noise, conditions and codes that go in, columns that come out."""

from __future__ import annotations

from typing import Annotated, Literal

from specc.shapes import Shape, Size
from specc.vocabulary.families import Derived, Layer, needs_vector
from specc.vocabulary.layers.dense import Dense
from specc.vocabulary.layers.sources import Input
from specc.vocabulary.numbers import PositiveInt
from specc.vocabulary.part import ColumnName, Resolved


class Component(Layer, family="component"):
    """A tensor of a composite that its parts take by name."""


class Latent(Component):
    """The numbers that a decoder or generator makes a row of: `normal` N(0, 1), or `uniform` between −1 and 1.

    In a gan they are noise. In a vae they are the code, which is normal: of the encoder's last tensor x its mean is `W x + b` and
    the logarithm of its variance `V x + c`, and `z = mean + e^(log_variance / 2) · ε`, ε of N(0, 1) (Kingma, Welling 2014).

    Example: `latent(64, normal)`
    """

    size: PositiveInt
    distribution: Literal["normal", "uniform"] = "normal"

    def output_shapes(self, *inputs: Shape) -> dict[str, Shape]:
        """Of an encoder also the logarithm of the variance; the mean is what goes on."""
        if inputs:
            needs_vector("latent", inputs[0])
        own = Shape.vector(self.size)
        return {"": own, "log_variance": own} if inputs else {"": own}

    def parameter_shapes(self, *inputs: Shape) -> dict[str, tuple[Size, ...]]:
        if not inputs:
            return {}
        width = inputs[0].size("features")
        heads: dict[str, tuple[Size, ...]] = {}
        for head in ("mean", "log_variance"):
            heads |= {f"{head}.weight": (self.size, width), f"{head}.bias": (self.size,)}
        return heads


class Condition(Component, Input):
    """What is known of a row that is to be made: columns, a category as its one-hot vector, a picture as it is.

    Every part may take it, as `condition`; `specc sample --given` says which value a row is made for.

    Example: `condition(label)`
    """


class Code(Component):
    """Part of what a generator makes a row of, which a recognizer is to find again in the row (InfoGAN, Chen et al. 2016).

    `category`: one of `size` as a one-hot vector, each as likely; `uniform`: so many numbers between −1 and 1; `normal`: N(0, 1).

    Example: `code kind(10, category)`
    """

    size: PositiveInt
    distribution: Literal["category", "uniform", "normal"] = "category"

    def output_shape(self, *inputs: Shape) -> Shape:
        return Shape.vector(self.size)


class Found(Derived, Dense):
    """A code as the recognizer finds it again: the logits of a category, or numbers. No spec writes it."""


class Given(Derived):
    """A tensor that another part gives, where its part stands alone: the code that a decoder takes. No spec writes it."""

    size: Shape = Shape()
    distribution: Literal["normal", "uniform"] | None = None
    """What it is drawn from where rows are made of nothing that was given: the code of a vae is N(0, 1)."""

    def output_shape(self, *inputs: Shape) -> Shape:
        return self.size


class Made(Derived):
    """Where a decoder or generator ends: the columns that its numbers are. No spec writes it.

    `head`: what makes the numbers of the columns of those before it: a last `sigmoid` or `softmax` is folded into the loss.
    """

    columns: tuple[ColumnName, ...]
    head: Annotated[Literal["linear", "sigmoid", "softmax"], Resolved()] = "linear"
