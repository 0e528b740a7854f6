"""Layers of restricted Boltzmann machines: the units that hold the data, and those that hold its features."""

from __future__ import annotations

from typing import Annotated

from specc.shapes import Shape, Size, product, total
from specc.vocabulary.families import Units
from specc.vocabulary.layers.output import Output
from specc.vocabulary.layers.sources import Input
from specc.vocabulary.layers.weighted import WeightedLayer
from specc.vocabulary.numbers import PositiveInt
from specc.vocabulary.part import Flag, Resolved
from specc.vocabulary.units import Bernoulli

Blocks = tuple[tuple[str, Size], ...]
"""Units side by side: how many of which word. A softmax is one group."""


def width_of(blocks: Blocks) -> Size:
    return total(size for _, size in blocks)


class Visible(Input):
    """Columns of the data as visible units, side by side; it takes what `input` takes.

    Without `units`: images in 0…1 and numbers with `scale = minmax` are bernoulli, other images, numbers and arrays
    gaussian, categories softmax. The target is a label beside the other visible units: given those, it is answered exactly,
    `p(label | v) ∝ exp(−F(v, label))`, F being the free energy.

    Example: `visible(features, units = bernoulli)`
    """

    units: Units | None = None
    blocks: Annotated[Blocks, Resolved()] = ()

    def output_shape(self, *columns: Shape) -> Shape:
        """The numbers of all columns as one vector; an image is flattened. Ratings stay lists."""
        if columns and columns[0].is_ratings:
            return columns[0]
        return Shape.vector(total(product(column.sizes) for column in columns))


class Hidden(WeightedLayer):
    """The hidden units of an `rbm`, and its weights. As a layer it gives the features: what the units expect of a row.

    Energy of bernoulli units: `E(v, h) = −b·v − c·h − h·W v`, `p(v, h) ∝ e^(−E)` (Smolensky 1986; Hinton 2002).
    Features: bernoulli `σ(W v + c)`, gaussian `W v + c`, relu `max(0, W v + c)`. Without `init`: weights normal(0.01), or
    Glorot uniform where no phase trains machines; hidden biases zero. Visible biases begin at the means of the data: of shares p,
    which are smoothed, `ln p/(1−p)`, or the mean itself.

    Example: `hidden(64, units = bernoulli)`
    """

    count: PositiveInt
    units: Units = Bernoulli()
    visible: Annotated[Blocks, Resolved()] = ()
    """The units on the other side, labels last."""
    labels: Annotated[Size, Resolved()] = 0
    """How many of them are the labels of the target."""
    learned_variance: Annotated[Flag, Resolved()] = False
    """Whether the gaussian ones among them have a variance that is trained."""
    pretrained: Annotated[Flag, Resolved()] = True
    """Whether some phase trains it as a machine; otherwise it is a layer of a network and starts as `dense` does."""
    generative: Annotated[Flag, Resolved()] = False
    """Whether it has weights of its own for the way down, which the up-down algorithm trains apart."""

    def output_shape(self, *inputs: Shape) -> Shape:
        return Shape.vector(self.count)

    def parameter_shapes(self, *inputs: Shape) -> dict[str, tuple[Size, ...]]:
        width = width_of(self.visible)
        if inputs and inputs[0].is_ratings:
            ratings = {"weight": (width, self.count), "shared_weight": (inputs[0].size("levels"), self.count)}
            return ratings | {"visible_bias": (width,), "hidden_bias": (self.count,)}
        shapes: dict[str, tuple[Size, ...]] = {"weight": (self.count, width)}
        shapes |= {"hidden_bias": (self.count,), "visible_bias": (width,)}
        if self.generative:
            shapes["generative_weight"] = (self.count, width)
        if self.learned_variance:
            shapes["log_variance"] = (total(size for word, size in self.visible if word == "gaussian"),)
        return shapes

    def multiply_adds(self, *inputs: Shape) -> Size:
        return self.count * width_of(self.visible)


class Rbm(Hidden):
    """One restricted Boltzmann machine of a `dbn`: its visible units are the features of the machine below.

    It is pretrained on them as a `hidden` of an `rbm` is on its data. In the unrolled network it is a layer that gives its
    features, `σ(W v + c)`; its visible biases then rest.

    Example: `rbm(500)`
    """


class Label(Output):
    """The target among the visible units of an `rbm`: `visible(label)` becomes it; no spec writes it by itself.

    Its scores are `b_y + Σⱼ softplus(cⱼ + (W v)ⱼ + U_jy)`, whose softmax is `p(y | v)` exactly (Larochelle and Bengio 2008).

    Example: `visible(label)`
    """

    def output_shape(self, *inputs: Shape) -> Shape:
        return Shape.vector(self.units)

    def parameter_shapes(self, *inputs: Shape) -> dict[str, tuple[Size, ...]]:
        """None: its weights are the machine's, which is the last of its inputs."""
        return {}
