"""A code that says nothing for long is told, once, with the line that could change it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from specc.checking import check_text
from specc.checking.places import span_of
from specc.defaults import with_defaults
from specc.diagnostics import Source
from specc.ir import Spec
from specc.training.composites.posterior_collapse import collapse_alarm, nothing_told
from specc.training.procedures.procedure import Alarm
from tests.training.composites.variational import Model, text_of

BODY = "encoder { input(row); dense(8, relu) }; latent(2); decoder { dense(8, relu); dense(6) }"


def spec_of(train: str = "epochs = 1") -> Spec:
    return with_defaults(check_text(Source("vae.dn", text_of((6,), BODY, train))))


def told(spec: Spec, costs: list[float], seen: torch.Tensor | None = None, first: int = 1) -> list[tuple[int, Alarm]]:
    """Epochs of a hundred steps with the nats that their codes cost."""
    seen = nothing_told() if seen is None else seen
    events: list[dict[str, Any]] = [{"steps": 100 * n, "train": {"kl": kl}} for n, kl in enumerate(costs, first)]
    return [(event["steps"], alarm) for event in events for alarm in collapse_alarm(seen, event, spec.phases[0])]


def test_a_code_is_given_five_hundred_steps() -> None:
    assert [steps for steps, _ in told(spec_of(), [0.01] * 20)] == [500]
    assert told(spec_of(), [0.01] * 4 + [0.06] * 20) == []
    assert [steps for steps, _ in told(spec_of(), [2.0, 1.0] + [0.01] * 20)] == [700]


def test_what_is_remembered_goes_on_from_a_checkpoint() -> None:
    seen = nothing_told()
    assert told(spec_of(), [0.01] * 3, seen) == []
    kept = seen.clone()
    assert [steps for steps, _ in told(spec_of(), [0.01] * 9, kept, first=4)] == [500]
    assert told(spec_of(), [0.01] * 9, kept, first=13) == []


@pytest.mark.parametrize(
    "train, line, way_out",
    [
        ("loss = elbo(beta = 4.0); epochs = 1", "elbo(beta = 4.0)", "take a smaller `beta` than 4"),
        ("epochs = 1", "train {", "`elbo(beta = warmup(0.0, 1.0, epochs = 5))`"),
        ("loss = elbo(beta = warmup(0.0, 1.0, epochs = 5)); epochs = 1", "elbo(beta", "`elbo(free_bits = 0.1, …)`"),
        (
            "loss = elbo(beta = warmup(0.0, 1.0, epochs = 5), free_bits = 0.1); epochs = 1",
            "train {",
            "fewer units in the decoder",
        ),
    ],
)
def test_the_way_out_is_what_the_spec_does_not_have_yet(train: str, line: str, way_out: str) -> None:
    spec = spec_of(train)
    ((_, alarm),) = told(spec, [0.0] * 5)
    assert alarm.code == "W2105" and way_out in alarm.way_out
    span = span_of(spec, spec.phases[0], alarm.setting)
    assert span is not None
    assert text_of((6,), BODY, train)[span.start :].startswith(line)


def test_a_code_that_costs_too_much_is_found_in_training(tmp_path: Path) -> None:
    """Beta of 100 for rows whose two factors a code would tell: nothing is told of them; at 1 they are."""
    factors = np.random.default_rng(0).standard_normal((64, 2))
    rows = factors @ np.random.default_rng(1).standard_normal((2, 6))
    for beta, expected in ((100.0, ["W2105"]), (1.0, [])):
        model = Model(tmp_path, rows, BODY, f"loss = elbo(beta = {beta}); optimizer = adam(0.01); batch = 8; epochs = 76")
        alarms: list[Alarm] = []
        model.training.warn = lambda phase, number, alarm: alarms.append(alarm)  # noqa: B023
        model.training.run()
        assert [alarm.code for alarm in alarms] == expected
