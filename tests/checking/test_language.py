"""What loops, blocks, branches, settings and hyperparameters become in the IR."""

from __future__ import annotations

import pytest

from specc.diagnostics import Span
from specc.ir import Spec
from specc.vocabulary.activations import LeakyRelu, Linear, Relu, Sigmoid, Tanh
from specc.vocabulary.initializers import Constant, HeNormal, Orthogonal, Zeros
from specc.vocabulary.layers.convolution import Conv2d, Shortcut
from specc.vocabulary.layers.dense import Dense
from specc.vocabulary.layers.noise import Dropout
from specc.vocabulary.layers.output import Output
from specc.vocabulary.layers.weighted import WeightedLayer
from specc.vocabulary.optimizers import Adam, Sgd
from specc.vocabulary.regularizers import L1, L2
from tests.checking.specs import LANGUAGE, checked, language, messages

NAMES = [path.stem for path in sorted(LANGUAGE.glob("*.dn"))]


def names_of(spec: Spec) -> list[str]:
    return [node.name for node in spec.graph.nodes]


def inputs_of(spec: Spec, name: str) -> tuple[str, ...]:
    return spec.graph.node(name).inputs


@pytest.mark.parametrize("name", NAMES)
def test_the_ir_survives_json(name: str) -> None:
    spec, _ = language(name)
    again = Spec.model_validate_json(spec.model_dump_json())
    assert again == spec
    assert again.model_dump_json() == spec.model_dump_json()


@pytest.mark.parametrize("name", NAMES)
def test_every_layer_stands_behind_its_inputs_and_knows_its_statement(name: str) -> None:
    spec, text = language(name)
    seen: set[str] = set()
    for node in spec.graph.nodes:
        assert set(node.inputs) <= seen
        seen.add(node.name)
        word = {"activate": "relu", "label": "visible"}.get(node.layer.word, node.layer.word)  # what they are written as
        assert text[node.span.start : node.span.end].startswith(word), node


def test_loops_number_what_they_name() -> None:
    spec, _ = language("loops_number_the_layers_they_name")
    assert names_of(spec) == [
        *("input_1", "hidden_1", "relu_1", "hidden_2", "relu_2"),
        *("dense_1", "concat_1", "dense_2", "dropout_1", "dense_3", "dropout_2"),
        *("dense_4", "concat_2", "dense_5", "dropout_3", "dense_6", "dropout_4"),
        *("concat_3", "last", "output_1"),
    ]
    dense = [node.layer for node in spec.graph.nodes if isinstance(node.layer, Dense)]
    assert [layer.units for layer in dense] == [8, 8, 8, 4, 4, 4, 2, 2, 3]
    assert [layer.activation for layer in dense if layer.activation] == [Tanh(), Sigmoid()]
    assert [n.layer.rate for n in spec.graph.nodes if isinstance(n.layer, Dropout)] == [0.0, 0.0, 0.25, 0.25]


def test_a_name_in_a_loop_means_its_last_round() -> None:
    spec, _ = language("loops_number_the_layers_they_name")
    assert inputs_of(spec, "concat_3") == ("dropout_4", "hidden_2")
    assert inputs_of(spec, "concat_2") == ("dense_4", "hidden_1")


def test_a_block_is_a_scope_and_its_use_a_tensor() -> None:
    spec, _ = language("blocks_are_scopes_of_names")
    assert "pair_1.first.last" in names_of(spec)
    assert inputs_of(spec, "pair_1.add_1") == ("pair_1.first.last", "stem", "pair_1.unit_1.conv2d_1")
    assert inputs_of(spec, "second.add_1") == ("second.first.last", "unit_1.last", "second.unit_1.conv2d_1")
    assert inputs_of(spec, "add_1") == ("second.first.last", "body_2.last", "second.add_1")
    layer = spec.graph.node("second.first.last").layer
    assert isinstance(layer, Conv2d)
    assert layer.activation == Tanh()


def test_a_trail_names_the_uses_from_the_outermost() -> None:
    spec, text = language("blocks_are_scopes_of_names")
    trail = spec.graph.node("second.first.last").trail
    assert [text[span.start : span.end] for span in trail] == [
        "pair second($width, tensor = unit_1.last)",
        "unit first($channels, act = tanh)",
    ]
    assert spec.graph.node("stem").trail == ()


def test_branches_start_from_the_tensor_before_them() -> None:
    spec, _ = language("branches_start_from_one_tensor")
    assert inputs_of(spec, "sum") == ("trunk", "dense_1", "dense_3")
    assert inputs_of(spec, "dense_2") == ("trunk",)
    assert inputs_of(spec, "wide") == ("sum", "multiply_1")
    assert inputs_of(spec, "multiply_1") == ("trunk", "gate")
    assert inputs_of(spec, "concat_1") == ("wide", "dense_4", "trunk")
    assert inputs_of(spec, "dense_4") == ("wide",)
    assert inputs_of(spec, "dense_5") == ("trunk",)  # `add(of = trunk) { it; dense(8) }`
    assert inputs_of(spec, "add_1") == ("trunk", "dense_5")
    assert [str(spec.graph.node(n).shape) for n in ("sum", "wide", "concat_1", "concat_2")] == [
        *("[N, 8]", "[N, 16]", "[N, 26]", "[N, 34]"),
    ]


def test_settings_go_downward_and_the_nearest_wins() -> None:
    spec, _ = language("settings_are_inherited_downward")

    def start(name: str) -> object:
        layer = spec.graph.node(name).layer
        assert isinstance(layer, WeightedLayer)
        return layer.init

    def convolution(name: str) -> Conv2d:
        layer = spec.graph.node(name).layer
        assert isinstance(layer, Conv2d)
        return layer

    assert [start(f"conv2d_{i}") for i in (1, 2, 3, 4)] == [HeNormal(), Orthogonal(), Zeros(), Zeros()]
    assert [convolution(f"conv2d_{i}").padding for i in (1, 2, 3, 4)] == ["same", 0, "same", "same"]
    assert [convolution(f"conv2d_{i}").activation for i in (1, 2, 3, 4)] == [None, None, Tanh(), Relu()]
    assert start("wide_1.dense_1") == HeNormal()
    inner, outer = spec.graph.node("wide_1.dense_1").layer, spec.graph.node("dense_1").layer
    assert isinstance(inner, Dense) and isinstance(outer, Dense)
    assert inner.bias_init == Constant(value=0.5)
    assert outer.bias_init is None


def test_a_shortcut_projects_only_where_shapes_differ() -> None:
    spec, _ = language("shortcuts_fit_their_siblings")
    first, second, third = (spec.graph.node(f"shortcut_{i}").layer for i in (1, 2, 3))
    assert first == third == Shortcut()
    assert isinstance(second, Shortcut)
    assert (second.projects, second.stride, second.init) == (True, (2, 1), Zeros())
    # The order of branches is that of the spec, though a shortcut is made behind its siblings.
    assert inputs_of(spec, "add_1") == ("shortcut_1", "conv2d_1")
    assert second.parameter_shapes(spec.graph.shape_of("add_1"), spec.graph.shape_of("conv2d_2")) == {"weight": (6, 3, 1, 1)}


def test_hyperparameters_stand_for_any_value() -> None:
    spec, _ = language("hyperparameters_stand_for_any_value")
    dense = spec.graph.node("dense_1").layer
    assert isinstance(dense, Dense)
    assert (dense.units, dense.activation, dense.bias) == (7, Relu(), True)
    train = spec.phases[0].settings
    assert train.optimizer == Adam(learning_rate=1e-2)
    assert train.epochs == 16
    assert getattr(train.schedule, "rate", None) == pytest.approx(0.998)
    assert spec.data is not None and getattr(spec.data.source, "missing", None) == ("?",)
    assert {name: hyper.value for name, hyper in spec.hyper.items()} == {
        "width": 8,
        "rate": 1e-3,
        "act": "relu",
        "how": "adam(0.01)",
        "bias": True,
        "depth": 0,
        "mark": "?",
    }


def test_another_choice_is_taken_as_if_it_stood_there() -> None:
    text = (LANGUAGE / "hyperparameters_stand_for_any_value.dn").read_text("utf-8")
    overrides = ["act=leaky_relu(0.2)", "how=sgd(0.1, momentum = 0.9)", "bias=false", "depth=2", 'mark="NA"']
    spec = checked(text, *overrides)
    dense = spec.graph.node("dense_1").layer
    assert isinstance(dense, Dense)
    assert (dense.activation, dense.bias) == (LeakyRelu(slope=0.2), False)
    assert spec.phases[0].settings.optimizer == Sgd(learning_rate=0.1, momentum=0.9)
    assert names_of(spec) == ["input_1", "dense_1", "dense_2", "dense_3", "output_1"]
    assert spec.data is not None and getattr(spec.data.source, "missing", None) == ("NA",)


def test_a_loop_of_no_rounds_uses_what_its_body_uses() -> None:
    text = """
hyper { depth = int(0, 0 .. 2); width = int(8) }
data { source = csv("a.csv"); columns { x = number; y = number }; target = y }
block wide(units) { dense($units) }
network { input(features); repeat($depth) { wide($width); dense last(4) }; dense(3); output(y) }
train { epochs = 1 }
"""
    assert messages(text) == []
    assert names_of(checked(text)) == ["input_1", "dense_1", "output_1"]
    assert names_of(checked(text, "depth=1")) == ["input_1", "wide_1.dense_1", "last_1", "dense_1", "output_1"]


def test_phases_add_their_own_settings_to_those_of_train() -> None:
    spec, text = language("phases_take_the_settings_of_train")
    warm, fine = (phase.settings for phase in spec.phases)
    assert [phase.name for phase in spec.phases] == ["warm", "fine"]
    assert (warm.epochs, warm.steps, warm.batch, warm.regularize) == (3, None, "all", (L2(cost=1e-4),))
    assert (fine.epochs, fine.steps, fine.batch) == (None, 100, 16)
    assert fine.regularize == (L1(cost=1e-5), L2(cost=1e-3))
    assert warm.loss == fine.loss
    assert [(term.weight, term.loss.word, term.loss.output) for term in warm.loss] == [
        (1.0, "mean_squared_error", "price"),
        (0.3, "binary_cross_entropy", "sold"),
    ]
    span = spec.spans["train.fine.optimizer"]
    assert text[span.start : span.end] == "adam(1e-4)"


def test_a_word_is_looked_up_by_its_place_and_the_users_own_wins() -> None:
    spec, _ = language("a_word_means_what_its_place_says")
    assert names_of(spec) == ["input_1", "conv2d_1.dense_1", "relu_1", "constant", "relu_2", "output_1"]
    inner = spec.graph.node("conv2d_1.dense_1").layer
    assert isinstance(inner, Dense) and inner.activation == Linear()
    assert spec.phases[0].settings.schedule is not None
    assert spec.phases[0].settings.schedule.family == "schedule"


def test_outputs_follow_from_their_columns() -> None:
    spec, _ = language("phases_take_the_settings_of_train")
    heads = {n.layer.column: (n.layer.units, n.layer.head) for n in spec.graph.nodes if isinstance(n.layer, Output)}
    assert heads == {"price": (1, "linear"), "sold": (1, "sigmoid")}


def test_spans_lead_to_the_setting_that_was_written() -> None:
    spec, text = language("hyperparameters_stand_for_any_value")
    written = {path: text[span.start : span.end] for path, span in spec.spans.items()}
    assert written["train.optimizer"] == "$how"
    assert written["data.columns.size"] == "size = number(scale = standard)"
    assert written["network.dense_1.units"] == "$width / 4 + 3 * 2 - 1"
    assert all(isinstance(span, Span) for span in spec.spans.values())
