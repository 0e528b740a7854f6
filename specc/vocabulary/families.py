"""The families of words: one abstract root each. What a field is declared with says which words may stand there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, NamedTuple

from specc.records import Limits, Misfit, Record
from specc.shapes import Shape, ShapeMismatch, Size, product
from specc.vocabulary.part import ColumnName, Part, PartName, Weighted


class Activation(Part, family="activation"):
    """A function of the numbers of one layer, usable as an argument (`dense(8, relu)`) or as a layer (`relu`)."""

    over_features: ClassVar[bool] = False
    """Whether it looks at all features of a position at once (softmax), not at each number alone."""


class Initializer(Part, family="initializer"):
    """Where the weights of a layer start."""


class Schedule(Part, family="schedule"):
    """A number that changes as training goes on, evaluated at every step. Of a learning rate it is a factor."""

    needs: ClassVar[str | None] = None
    """The argument without which it says no value but a factor only; where that is the class's own name, it never says one."""

    def at(self, progress: float, epoch: float, step: int) -> float:
        """The value at `progress` (0 … 1 of the phase), after `epoch` epochs (fractional) and `step` steps."""
        raise NotImplementedError

    def reach(self) -> tuple[float, ...]:
        """The values that it stays between."""
        return ()


class Varying(NamedTuple):
    """Marks a number that may change in time, with its bounds, which hold from the first step to the last."""

    limits: Limits

    def check(self, value: Any) -> None:
        if not isinstance(value, Schedule):
            self.limits.check(value)
            return
        if value.needs == value.word:
            raise Misfit(value, "needs a schedule that gives values, not factors of a learning rate")
        if value.needs is not None and not value.written(value.needs):
            example = 1 if self.limits.least == 1 else 0.5
            raise Misfit(value, f"needs the value that `{value.word}` begins with, as in `{value.needs} = {example}`")
        for number in value.reach():
            self.limits.check(number)


if TYPE_CHECKING:  # whoever computes with a part has it at one moment, when these are plain numbers
    VaryingFraction = VaryingNonNegative = VaryingPositive = float
    VaryingCount = int
else:
    VaryingFraction = Annotated[float | Schedule, Varying(Limits(least=0, below=1))]
    VaryingNonNegative = Annotated[float | Schedule, Varying(Limits(least=0))]
    VaryingPositive = Annotated[float | Schedule, Varying(Limits(above=0))]
    VaryingCount = Annotated[int | Schedule, Varying(Limits(least=1, most=1_000_000))]


class Regularizer(Part, family="regularizer"):
    """What is asked of the weights beside a small loss."""


class Layer(Part, family="layer"):
    """One node of a graph.

    `output_shape` is the shape rule: it raises `ShapeMismatch` for what the layer cannot take.
    """

    time: ClassVar[Literal["keeps", "consumes", "forbids"]] = "forbids"
    """What the layer does with a `time` axis and the true lengths that come with it."""
    batch_statistics: ClassVar[bool] = False
    """Whether a row's answer in training depends on the other rows of its batch."""
    merges: ClassVar[bool] = False
    """Whether it takes several tensors: by name, or as the branches of a body."""

    def output_shape(self, x: Shape) -> Shape:
        """The shape of what comes out."""
        return x

    def output_shapes(self, *inputs: Shape) -> dict[str, Shape]:
        """The shapes of all outputs by name; the empty name is what the layers below take."""
        return {"": self.output_shape(*inputs)}

    def parameter_shapes(self, *inputs: Shape) -> dict[str, tuple[Size, ...]]:
        """The trained tensors by name. A name that ends in `weight` is a weight; biases and gains are not."""
        return {}

    def kept_shapes(self, *inputs: Shape) -> dict[str, tuple[Size, ...]]:
        """What it keeps beside the trained tensors, as statistics of batches, by PyTorch's names."""
        return {}

    def multiply_adds(self, *inputs: Shape) -> Size:
        """The multiplications of one row's forward pass, additions beside them not counted twice."""
        return sum((product(shape) for shape in self.parameter_shapes(*inputs).values() if len(shape) > 1), 0)


class Derived(Layer, family="derived"):
    """A layer that follows from others, and that no spec writes."""


class Units(Part, family="units"):
    """What the units of one side of a restricted Boltzmann machine can be."""

    visible: ClassVar[bool] = True
    """Whether they may hold data."""
    hidden: ClassVar[bool] = False
    """Whether they may hold features."""


class Source(Part, family="source"):
    """Where the rows come from."""


class Column(Part, family="column"):
    """What one column of the data holds, and how it reaches the network."""

    joins_features: ClassVar[bool] = False
    """Whether `input(features)` takes it."""

    def shape(self, name: str) -> Shape:
        """The shape of the column as the network sees it; what the data decides is a symbol named after the column."""
        raise NotImplementedError


class Imputation(Part, family="imputation"):
    """What stands in for a missing value."""


class Encoding(Part, family="encoding"):
    """How a category becomes numbers."""


class Split(Part, family="split"):
    """Which rows train, validate and test."""

    @property
    def rounds(self) -> int:
        """How many runs it asks for, where it asks for several."""
        return 0


class Augmentation(Part, family="augmentation"):
    """A random change of each training image, drawn anew every time it is shown."""


class Loss(Part, family="loss"):
    """What training makes small. `output` names the output column meant, where there are several."""

    target: ClassVar[Literal["number", "category"]] = "number"
    """What kind of column it compares with."""
    of_rows: ClassVar[bool] = False
    """Whether it compares whole rows only, as a composite makes them."""
    output: ColumnName | None = None


class LossTerm(Record):
    """One term of a sum of losses, with its weight."""

    weight: float = 1.0
    loss: Loss


WeightedLosses = Annotated[tuple[LossTerm, ...], Weighted()]


Measured = Literal["number", "category", "any", "machine", "rows"]
"""What a metric is of: answers of one kind or of any, a machine itself, or the rows that a composite makes."""


class Metric(Part, family="metric"):
    """What is measured of the answers, or of a machine."""

    target: ClassVar[Measured] = "any"
    better: ClassVar[Literal["higher", "lower"]] = "higher"
    output: ColumnName | None = None


class Optimizer(Part, family="optimizer"):
    """How a gradient becomes a step."""

    remembers: ClassVar[int] = 0
    """How many numbers it keeps of each weight from one step to the next, beside that of a momentum."""


class Clipping(Part, family="clipping"):
    """How large a gradient may become."""


class Averaging(Part, family="averaging"):
    """Weights averaged over the steps of a phase: they are what is measured, kept and used."""


class Freezing(Part, family="freezing"):
    """Which parts of a network keep their weights and batch statistics, and how long.

    A part is a named graph, layer or block; a bare word stands for all unnamed layers of that word.
    """

    parts: tuple[PartName, ...] = ()


class Stopping(Part, family="stopping"):
    """When a phase ends before its last epoch."""


class Keeping(Part, family="keeping"):
    """Which weights of a phase are kept."""


class Procedure(Part, family="procedure"):
    """What one training step does."""

    of_machines: ClassVar[bool] = False
    """Whether it trains restricted Boltzmann machines, one after the other and each by itself, and no answers."""
    of_stacks: ClassVar[bool] = False
    """Whether it trains a deep belief network as one model of its data."""
    of_composites: ClassVar[tuple[str, ...]] = ()
    """The words of the composites that it trains to make their rows."""

    @property
    def layer_by_layer(self) -> bool:
        """Whether a phase of it is one for each layer."""
        return self.of_machines

    @property
    def learns_the_data(self) -> bool:
        """Whether it learns what rows are like, and no answers."""
        return self.of_energies or bool(self.of_composites)

    @property
    def of_energies(self) -> bool:
        """Whether it trains restricted Boltzmann machines as such."""
        return self.of_machines or self.of_stacks


class Smoothing(Part, family="smoothing"):
    """Which labels an adversarial discriminator learns from in place of 1 and 0."""


class InstanceNoise(Part, family="instance_noise"):
    """Noise on the rows that a discriminator sees, real and generated."""


class Penalty(Part, family="penalty"):
    """What is asked of the gradient of a discriminator."""


class Sampling(Part, family="sampling"):
    """When rows are made to be looked at, while training goes on."""


class Hyperparameter(Part, family="hyperparameter"):
    """A number or choice that a spec leaves open, with its default and its range."""


class Pruning(Part, family="pruning"):
    """When a sweep gives up a trial before its end."""


class Objective(Part, family="objective"):
    """What a sweep looks for."""


class Model(Part, family="model"):
    """The kind of the model: which parts it has and how it is trained by default."""

    procedure: ClassVar[str] = "supervised"
    """The word of the procedure that trains it where a phase names none."""
    parts: ClassVar[tuple[str, ...]] = ()
    """The graphs of a composite, each behind those whose tensors it may take; none: the model is one graph."""
    may_lack: ClassVar[frozenset[str]] = frozenset()
    """The parts that it needs not have."""
    components: ClassVar[tuple[str, ...]] = ()
    """The tensors that stand between its parts."""


class Decoder(Part, family="decoder"):
    """A decoder that follows from its encoder."""


class Section(Part, family="section"):
    """A part of the spec whose settings are its fields."""


def needs_vector(word: str, x: Shape, code: str = "E0301") -> None:
    """Raises unless the tensor is flat (`[N, features]`, or one vector a time step)."""
    if x.axes and x.axes[-1] == "features":
        return
    way_out = "put `flatten` or `global_average_pool2d` before it" if x.is_image else "put `flatten` before it"
    raise ShapeMismatch(code, f"`{word}` needs a flat input, got {x}", "expects [N, features]", way_out)


def activated(activation: Activation | None, y: Shape) -> Shape:
    """The shape after a layer's own activation; raises where that looks at features and there are none."""
    if activation is not None and activation.over_features:
        needs_vector(activation.word, y)
    return y


def needs_image(word: str, x: Shape, code: str = "E0301") -> None:
    """Raises unless the tensor is an image (`[N, channels, height, width]`)."""
    if x.is_image:
        return
    way_out = "put `reshape([channels, height, width])` before it" if x.is_vector else ""
    raise ShapeMismatch(code, f"`{word}` needs images, got {x}", "expects [N, channels, height, width]", way_out)
