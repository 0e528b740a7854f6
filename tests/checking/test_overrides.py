"""`--set`: any setting by its path, checked like the spec itself, and never without effect."""

from __future__ import annotations

import pytest

from specc.diagnostics import SpecError
from specc.ir import Spec
from specc.vocabulary.columns import Number
from specc.vocabulary.initializers import HeNormal
from specc.vocabulary.layers.dense import Dense
from specc.vocabulary.optimizers import Sgd
from specc.vocabulary.schedules import Cosine
from specc.vocabulary.splits import Random
from tests.checking.specs import SPEC, TRAIN, checked, messages

PHASES = SPEC.replace(
    TRAIN, "train { epochs = 2; phase a { optimizer = sgd($rate) }; phase b { epochs = 1; optimizer = adam($rate) } }\n"
)
WITHOUT_SPLIT = SPEC.replace("  split  = random(train = 0.7, validation = 0.3)\n", "")


def dense_of(spec: Spec) -> Dense:
    layer = spec.graph.node("dense_1").layer
    assert isinstance(layer, Dense)
    return layer


def columns_of(spec: Spec) -> dict[str, object]:
    assert spec.data is not None
    return dict(spec.data.columns)


def split_of(spec: Spec) -> object:
    assert spec.data is not None
    return spec.data.split


def test_a_hyperparameter_takes_its_new_value_everywhere() -> None:
    spec = checked(SPEC, "width=12", "rate=5e-2")
    assert dense_of(spec).units == 12
    assert {name: hyper.value for name, hyper in spec.hyper.items()} == {"width": 12, "rate": 0.05}


def test_a_setting_is_named_by_its_path() -> None:
    assert dense_of(checked(SPEC, "network.dense_1.units=32")).units == 32
    assert dense_of(checked(SPEC, "network.init=he_normal")).init == HeNormal()
    assert checked(SPEC, "train.epochs=5").phases[0].settings.epochs == 5
    assert checked(SPEC, "train.batch=all", "train.seed=4").phases[0].settings.batch == "all"
    assert checked(SPEC, "train.optimizer=sgd(0.5)").phases[0].settings.optimizer == Sgd(learning_rate=0.5)
    assert checked(SPEC, "train.schedule=cosine(warmup = 3)").phases[0].settings.schedule == Cosine(warmup=3)
    assert split_of(checked(SPEC, "data.split.seed=3")) == Random(train=0.7, validation=0.3, seed=3)
    assert columns_of(checked(SPEC, "data.columns.size=number"))["size"] == Number()
    assert columns_of(checked(SPEC, "data.columns.size.scale=minmax"))["size"] == Number(scale="minmax")


def test_a_part_of_a_value_leaves_the_rest_of_it() -> None:
    optimizer = checked(PHASES, "train.a.optimizer.momentum=0.5").phases[0].settings.optimizer
    assert optimizer == Sgd(learning_rate=0.01, momentum=0.5)


def test_a_part_of_another_override_may_follow_it() -> None:
    spec = checked(SPEC, "train.schedule=cosine", "train.schedule.warmup=3")
    assert spec.phases[0].settings.schedule == Cosine(warmup=3)


def test_the_default_split_has_a_seed_to_set() -> None:
    assert split_of(checked(WITHOUT_SPLIT)) is None
    assert split_of(checked(WITHOUT_SPLIT, "data.split.seed=3")) == Random(seed=3)


def test_the_last_of_two_wins() -> None:
    assert checked(SPEC, "train.epochs=2", "train.epochs=7").phases[0].settings.epochs == 7


def test_a_phase_gets_its_own_length() -> None:
    assert [phase.settings.epochs for phase in checked(PHASES, "train.b.epochs=0").phases] == [2, 0]
    assert [phase.settings.epochs for phase in checked(PHASES, "train.a.epochs=9").phases] == [9, 1]
    assert [phase.settings.epochs for phase in checked(PHASES, "train.epochs=9").phases] == [9, 1]


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("width=100", "E0209: `width` must lie in 4 .. 16, got 100"),
        ("width=9", "E0209: `width` goes from 4 in steps of 4, and never is 9"),
        ("width=8.5", "E0209: `width` is a whole number"),
        ("rate=fast", "E0209: `rate` is a number"),
        ('rate="0.1"', "E0209: `rate` is a number"),
        ("widht=8", "E0211: there is no hyperparameter `widht`"),
        ("epochs=3", "E0211: there is no hyperparameter `epochs`"),
        ("train.epoch=5", "E0211: `train` has no setting `epoch`"),
        ("train.optimizer=sgdd(0.1)", "E0101: there is no optimizer called `sgdd`"),
        ("train.optimizer.momentum=0.5", "E0211: `train.optimizer` is `adam`, which has no `momentum`"),
        ("train.schedule.warmup=3", "E0211: the spec does not set `train.schedule`, and so it has no `warmup` to change"),
        ("train.epochs=-1", "E0203: `epochs` must be at least 0, got -1"),
        ('network.dense_1.units="3"', 'E0202: `units` takes a whole number, not the string "3"'),
        ("network.dense_2.units=3", "E0211: no setting of the spec has the path `network.dense_2.units`"),
        ("network.padding=same", "E0210: no layer below uses the setting `padding`"),
        ("sweep.trials=3", "E0211: no setting of the spec has the path `sweep.trials`"),
        ("data.split.sed=3", "E0211: `data.split` is `random`, which has no `sed`"),
        ("data.target=size", "E0505: the output `kind` is not a target"),
        ("train.epochs", "E0211: `--set` takes `path=value`"),
        ("train { epochs = 3 }", "E0211: `--set` takes `path=value`"),
        ("train.epochs=1; train.batch=2", "E0211: `--set` takes `path=value`"),
        ("train.epochs=", "E0001: the spec ends where a value is due"),
        ("train.epochs 3", "E0211: `--set` takes `path=value`"),
        ("width=$rate", "E0105: `$rate` is not defined"),
        ("width='8'", "E0002: the string `'8'` has no place in a spec"),
    ],
)
def test_a_wrong_override_is_one_message(override: str, message: str) -> None:
    assert messages(SPEC, override) == [message]


def test_a_setting_that_every_phase_has_itself_names_the_phases() -> None:
    with pytest.raises(SpecError) as raised:
        checked(PHASES, "train.optimizer=adam")
    (diagnostic,) = raised.value.report.diagnostics
    assert diagnostic.message == "nothing uses `optimizer`: every phase has its own"
    assert diagnostic.help == "set `train.a.optimizer` or `train.b.optimizer`"


def test_a_mistake_in_an_override_points_into_it() -> None:
    with pytest.raises(SpecError) as raised:
        checked(SPEC, "train.epochs=5", "train.batch=full")
    (diagnostic,) = raised.value.report.diagnostics
    assert diagnostic.span is not None
    assert diagnostic.span.origin[diagnostic.span.start : diagnostic.span.end] == "full"
