"""The IR holds what comes later: sequences, several inputs and outputs; and stacks.

Each spec is the IR of the example it is named after, written by hand.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from xml.etree import ElementTree

import pytest

from specc.diagnostics import Report, Source
from specc.drawing import draw_svg
from specc.infer import infer_shapes
from specc.ir import Data, Graph, HyperValue, Phase, Spec
from specc.shapes import Expression, Shape
from specc.vocabulary.activations import Relu, Tanh
from specc.vocabulary.clipping import Norm
from specc.vocabulary.columns import Category, Embedding, Image, Median, Number
from specc.vocabulary.families import LossTerm
from specc.vocabulary.freezing import Until
from specc.vocabulary.hyperparameters import Int
from specc.vocabulary.layers.boltzmann import Rbm, Visible
from specc.vocabulary.layers.dense import Dense
from specc.vocabulary.layers.merging import Concat
from specc.vocabulary.layers.output import Output
from specc.vocabulary.layers.sources import Input
from specc.vocabulary.losses import BinaryCrossEntropy, MeanSquaredError
from specc.vocabulary.models import Dbn, Network
from specc.vocabulary.optimizers import Adam, Sgd
from specc.vocabulary.part import Interval
from specc.vocabulary.procedures import ContrastiveDivergence
from specc.vocabulary.regularizers import L2
from specc.vocabulary.schedules import Plateau, Warmup
from specc.vocabulary.sections import PartSettings, Train
from specc.vocabulary.sources import Csv, Idx
from specc.vocabulary.sources import Parquet as ParquetFile
from specc.vocabulary.splits import Column as ByColumn
from tests.ir.parts import (
    ConjugateGradient,
    Embed,
    Lstm,
    MaxOverTime,
    Pretrained,
    Text,
    node,
)

SPLIT = ByColumn(name="fold", train=(0, 1, 2), validation=(3,), test=(4,))


def reviews_lstm() -> Spec:
    nodes = (
        node("input_1", Input(columns=("text",))),
        node("embedding_1", Embed(width=128, tokens=Expression({"tokens(text)": 1})), "input_1"),
        node("encoder", Lstm(units=128, bidirectional=True, dropout=0.3), "embedding_1"),
        node("peak", MaxOverTime(), "encoder.sequence"),
        node("extra", Input(columns=("length",))),
        node("concat_1", Concat(), "encoder.state", "peak", "extra"),
        node("dense_1", Dense(units=64, activation=Tanh()), "concat_1"),
        node("output_1", Output(column="label"), "dense_1"),
    )
    columns = {"text": Text(length=200), "length": Number(scale="minmax"), "label": Category(labels=("negative", "positive"))}
    settings = Train(
        optimizer=Adam(learning_rate=2e-3),
        clip=Norm(limit=1.0),
        schedule=Plateau(measure="validation.loss", factor=0.5, patience=2),
        epochs=12,
    )
    declared = Int(default=128, range=Interval(low=32, high=512), step=32)
    return Spec(
        name="reviews_lstm",
        hyper={"width": HyperValue(declared=declared, value=128)},
        data=Data(source=Csv(path="data/reviews.csv"), columns=columns, target=("label",), split=SPLIT),
        model=Network(),
        graphs={"network": Graph(name="network", nodes=nodes)},
        phases=(Phase(name="train", settings=settings),),
    )


def housing_two_targets() -> Spec:
    nodes = (
        node("input_1", Input(columns=("features",))),
        node("pretrained_1", Pretrained(run="runs/houses", part="encoder", units=32, frozen_until=3), "input_1"),
        node("trunk", Dense(units=64, activation=Relu()), "pretrained_1"),
        node("output_1", Output(column="price"), "trunk"),
        node("output_2", Output(column="sold"), "trunk"),
    )
    columns = {
        "area": Number(transform="log1p", scale="standard"),
        "rooms": Number(scale="minmax", impute=Median()),
        "region": Category(encode=Embedding(width=4)),
        "price": Number(transform="log1p", scale="standard"),
        "sold": Category(labels=("no", "yes")),
    }
    loss = (LossTerm(loss=MeanSquaredError(output="price")), LossTerm(weight=0.3, loss=BinaryCrossEntropy(output="sold")))
    return Spec(
        name="housing_two_targets",
        data=Data(source=ParquetFile(path="data/houses.parquet"), columns=columns, target=("price", "sold"), split=SPLIT),
        model=Network(),
        graphs={"network": Graph(name="network", nodes=nodes)},
        phases=(Phase(name="train", settings=Train(loss=loss, optimizer=Adam(learning_rate=1e-3), epochs=40, batch=64)),),
    )


def digits() -> Data:
    columns = {"image": Image(size=(1, 28, 28), scale="unit"), "digit": Category(labels=tuple("0123456789"))}
    return Data(source=Idx(path="data/mnist"), columns=columns, target=("digit",))


def mnist_dbn() -> Spec:
    stack = (
        node("visible_1", Visible(columns=("image",))),
        node("rbm_1", Rbm(count=500), "visible_1"),
        node("rbm_2", Rbm(count=500), "rbm_1"),
        node("rbm_3", Rbm(count=2000), "rbm_2"),
        node("output_1", Output(column="digit"), "rbm_3"),
    )
    pretrain = Train(
        batch=100,
        procedure=ContrastiveDivergence(steps=1),
        optimizer=Sgd(learning_rate=0.1, momentum=Warmup(start=0.5, to=0.9, epochs=5)),
        regularize=(L2(cost=2e-4),),
        epochs=20,
    )
    freeze = Until(epoch=5, parts=("rbm",))
    finetune = Train(batch=1000, optimizer=ConjugateGradient(line_searches=3), freeze=(freeze,), epochs=50)
    return Spec(
        name="mnist_dbn",
        data=digits(),
        model=Dbn(),
        graphs={"dbn": Graph(name="dbn", nodes=stack)},
        phases=(
            Phase(
                name="pretrain",
                settings=pretrain,
                parts={"rbm_1": PartSettings(epochs=30, optimizer=Sgd(learning_rate=0.01))},
            ),
            Phase(name="finetune", settings=finetune),
        ),
    )


EXAMPLES = {spec.__name__: spec for spec in (reviews_lstm, housing_two_targets, mnist_dbn)}


def shaped(write: Callable[[], Spec]) -> Spec:
    """The spec with the shapes that inference gives its nodes."""
    report = Report(Source("by_hand.dn", ""))
    spec = infer_shapes(write(), report)
    assert not report.diagnostics
    return spec


@pytest.mark.parametrize("name", EXAMPLES)
def test_it_survives_json(name: str) -> None:
    spec = shaped(EXAMPLES[name])
    text = spec.model_dump_json()
    again = Spec.model_validate_json(text)
    assert again == spec
    assert again.model_dump_json() == text
    assert Spec.model_validate(json.loads(json.dumps(spec.model_dump()))) == spec


@pytest.mark.parametrize("name", EXAMPLES)
def test_json_that_was_changed_is_another_spec_or_refused(name: str) -> None:
    data = shaped(EXAMPLES[name]).model_dump()
    assert Spec.model_validate(data | {"name": "another"}) != shaped(EXAMPLES[name])
    for wrong in ({"unknown": 1}, {"phases": [{"name": 3, "settings": {}}]}, {"model": {"family": "model", "word": "none"}}):
        with pytest.raises(ValueError):
            Spec.model_validate(data | wrong)


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_input_is_a_tensor_that_there_is(name: str) -> None:
    spec = shaped(EXAMPLES[name])
    for graph in spec.graphs.values():
        for taken in (tensor for n in graph.nodes for tensor in n.inputs):
            assert spec.shapes[taken].axes


@pytest.mark.parametrize("name", EXAMPLES)
def test_it_can_be_drawn(name: str) -> None:
    spec = shaped(EXAMPLES[name])
    drawing = draw_svg(spec)
    ElementTree.fromstring(drawing)
    letters = "".join(ElementTree.fromstring(drawing).itertext())
    named = [n.name for graph in spec.graphs.values() for n in graph.nodes if not n.name.rpartition("_")[2].isdigit()]
    for shown in named:
        assert shown in letters, shown


def test_a_sequence_has_a_time_axis_and_a_layer_several_outputs() -> None:
    graph = shaped(reviews_lstm).graph
    assert graph.shape_of("embedding_1") == Shape.sequence(200, 128)
    assert graph.shape_of("encoder") == graph.shape_of("encoder.sequence") == Shape.sequence(200, 256)
    assert graph.shape_of("encoder.state") == graph.shape_of("peak") == Shape.vector(256)
    assert graph.shape_of("concat_1") == Shape.vector(256 + 256 + 1)


def test_two_outputs_are_each_their_columns() -> None:
    spec = shaped(housing_two_targets)
    heads = [n.layer.head for n in spec.graph.nodes if isinstance(n.layer, Output)]
    assert heads == ["linear", "sigmoid"]
    assert spec.graph.shape_of("input_1") == Shape.vector(1 + 1 + 4)


def test_a_stack_of_machines_is_a_run_of_layers_with_settings_of_their_own() -> None:
    spec = shaped(mnist_dbn)
    assert [n.shape.count for n in spec.graph.nodes] == [784, 500, 500, 2000, 10]
    first = spec.graph.node("rbm_1").layer.parameter_shapes(spec.graph.shape_of("visible_1"))
    assert first == {"weight": (500, 784), "visible_bias": (784,), "hidden_bias": (500,)}
    own = PartSettings(epochs=30, optimizer=Sgd(learning_rate=0.01))
    assert spec.phases[0].parts["rbm_1"] == own
    assert spec.phases[1].settings.freeze == (Until(epoch=5, parts=("rbm",)),)
