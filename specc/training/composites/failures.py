"""The failures of adversarial training, by what is measured of an epoch; each is told once in a phase.

A failure counts where it lasts: from the first epoch that shows it, so many steps on, and not while a phase is young.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import torch
from torch import Tensor

from specc.ir import Phase, Spec
from specc.training.composites.adversarial import GAMES
from specc.training.composites.ways_out import ONE, Advice, against_collapse, against_defeat, against_fading, against_fooling
from specc.training.procedures.procedure import Alarm
from specc.vocabulary.adversarial import AdversarialLoss

YOUNG = 300
"""Steps of a phase in which nothing is told yet."""
TRACKED = 200
"""Steps after which rows are looked at anew."""
RIGHT, DOUBTING, LOST = 0.98, 0.95, 0.1
"""How often a discriminator is right that has won, and one that has not; its loss then, in times of that which guessing has."""
FADED = 0.01
"""The share of its largest gradient that a generator has left."""
ALIKE, REPEATED, GONE = 0.2, 0.5, 0.25
"""Pairwise distance and duplicates of a collapse, and the share of the modes that it loses."""
TOLD_APART, FOOLED, MEMORY = 0.95, 0.6, 300
"""How often a fresh classifier tells rows apart, and on average over so many steps a discriminator that is fooled."""

SLOTS = ("tracked", "gradient", "gradient_epoch", "modes", "modes_epoch", "right", "steps")
"""When rows were last looked at; two measures at their largest and their epochs; the discriminator's mean accuracy; all steps."""


class Seen:
    """What is remembered of the epochs before: a tensor of the state."""

    def __init__(self, tensor: Tensor) -> None:
        self.tensor = tensor

    def __getitem__(self, name: str) -> float:
        return float(self.tensor[PLACES[name]])

    def __setitem__(self, name: str, value: float) -> None:
        self.tensor[PLACES[name]] = value


class Epoch(NamedTuple):
    """What is known after an epoch: its number, of training rows `train`, of others `rows`, and what was seen before.

    `guessing`: the loss of a discriminator that says the same of all rows.
    """

    number: int
    guessing: float
    train: dict[str, Any]
    rows: dict[str, Any]
    seen: Seen


class Failure(NamedTuple):
    """A way to fail. `shows`: whether an epoch shows it, None where it says nothing of it; `says`: what was seen.

    `lasting`: the steps for which it must have been seen.
    """

    code: str
    lasting: int
    shows: Callable[[Epoch], bool | None]
    says: Callable[[Epoch], str]
    advice: Callable[[Spec, Phase, dict[str, Any]], Advice]


def nothing_seen() -> Tensor:
    """What is remembered at the start of a phase."""
    tensor = torch.zeros(len(PLACES), dtype=torch.float64)
    Seen(tensor)["right"] = 0.5
    return tensor


def is_time_to_look(tensor: Tensor, steps: int) -> bool:
    """Whether so many steps have gone by that rows are looked at again."""
    return steps - Seen(tensor)["tracked"] >= TRACKED


def failures(tensor: Tensor, event: dict[str, Any], spec: Spec, phase: Phase) -> Iterator[Alarm]:
    """The failures that have lasted, and were not told before."""
    seen, steps = Seen(tensor), event["steps"]
    epoch = Epoch(event["epoch"], _guessing(phase), event["train"], event.get("validation") or event["train"], seen)
    if epoch.rows.keys() >= {"pairwise_distance", "classifier_score"}:
        seen["tracked"] = steps
    _remember(epoch, steps - seen["steps"])
    for failure in FAILURES:
        shows = failure.shows(epoch)
        if shows is not None:
            seen[failure.code] = (seen[failure.code] or max(seen["steps"], YOUNG)) if shows else 0.0
        if not shows or seen[f"{failure.code} told"] or steps - seen[failure.code] < failure.lasting:
            continue
        seen[f"{failure.code} told"] = 1.0
        yield Alarm(failure.code, failure.says(epoch), *failure.advice(spec, phase, epoch.rows))
    seen["steps"] = steps


def _remember(epoch: Epoch, steps: float) -> None:
    if (right := epoch.train.get("discriminator_accuracy")) is not None:
        epoch.seen["right"] += (1 - math.exp(-steps / MEMORY)) * (right - epoch.seen["right"])
    for name, values in (("gradient", epoch.train.get("generator_gradient")), ("modes", epoch.rows.get("modes_covered"))):
        if values is not None and values > epoch.seen[name]:
            epoch.seen[name], epoch.seen[f"{name}_epoch"] = values, epoch.number


def _has_won(epoch: Epoch) -> bool | None:
    right, loss = epoch.train.get("discriminator_accuracy"), epoch.train.get("discriminator_loss")
    if right is None or loss is None:
        return None
    if right > RIGHT and loss < LOST * epoch.guessing:
        return True
    return None if right > DOUBTING else False


def _won(epoch: Epoch) -> str:
    right, loss = epoch.train["discriminator_accuracy"], epoch.train["discriminator_loss"]
    return f"the discriminator has won: it tells {_percent(right)} of the rows rightly, and its loss is {loss:.2g}"


def _has_faded(epoch: Epoch) -> bool | None:
    gradient = epoch.train.get("generator_gradient")
    return None if gradient is None else gradient < FADED * epoch.seen["gradient"]


def _faded(epoch: Epoch) -> str:
    return (
        f"the generator's gradient has vanished: its length is {epoch.train['generator_gradient']:.2g}, and was"
        f" {epoch.seen['gradient']:.2g} in epoch {epoch.seen['gradient_epoch']:.0f}"
    )


def _has_collapsed(epoch: Epoch) -> bool | None:
    rows = epoch.rows
    alike = rows.get("pairwise_distance", 1.0) < ALIKE or rows.get("duplicates", 0.0) > REPEATED
    if alike or _loses_modes(epoch):
        return True
    return False if "pairwise_distance" in rows else None


def _loses_modes(epoch: Epoch) -> bool:
    best = epoch.seen["modes"]
    return "modes_covered" in epoch.rows and best - epoch.rows["modes_covered"] >= max(2.0, GONE * best)


def _collapsed(epoch: Epoch) -> str:
    rows = epoch.rows
    if rows.get("pairwise_distance", 1.0) < ONE:
        return "the generator makes one row again and again: its noise makes no difference"
    if rows.get("pairwise_distance", 1.0) < ALIKE:
        share = _percent(rows["pairwise_distance"])
        return f"the generator has collapsed: its rows are on average {share} as far from one another as real ones are"
    if rows.get("duplicates", 0.0) > REPEATED:
        return f"the generator has collapsed: {_percent(rows['duplicates'])} of its rows repeat another one"
    best, first = epoch.seen["modes"], epoch.seen["modes_epoch"]
    return f"the generator loses modes: it makes {rows['modes_covered']:.0f}, and made {best:.0f} in epoch {first:.0f}"


def _is_fooled(epoch: Epoch) -> bool | None:
    fresh = epoch.rows.get("classifier_score")
    if fresh is None or "discriminator_accuracy" not in epoch.train:
        return None
    return fresh >= TOLD_APART and epoch.seen["right"] <= FOOLED and not _has_collapsed(epoch)


def _fooled(epoch: Epoch) -> str:
    fresh, right = epoch.rows["classifier_score"], epoch.seen["right"]
    return (
        f"the generator fools this discriminator alone: it is right about {_percent(right)} of the rows, and a fresh classifier"
        f" about {_percent(fresh)}"
    )


def _guessing(phase: Phase) -> float:
    """The loss of the game where all scores are the same, and as good as can be."""
    (game,) = [GAMES[type(t.loss)] for t in phase.settings.loss if isinstance(t.loss, AdversarialLoss)]
    score = torch.tensor(game.boundary or 0.0)
    return float(game.discriminator(score, score, 1.0, 0.0))


def _percent(share: float) -> str:
    return f"{100 * share:.3g} %"


FAILURES = (
    Failure("W2101", 300, _has_won, _won, against_defeat),
    Failure("W2102", 300, _has_faded, _faded, against_fading),
    Failure("W2103", 300, _has_collapsed, _collapsed, against_collapse),
    Failure("W2104", 1000, _is_fooled, _fooled, against_fooling),
)
PLACES = {name: place for place, name in enumerate((*SLOTS, *(f"{f.code}{end}" for f in FAILURES for end in ("", " told"))))}
