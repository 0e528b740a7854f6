"""What a spec can do against a failure of adversarial training: a line of it to change, and how."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from specc.ir import Phase, Spec
from specc.vocabulary.adversarial import AdversarialLoss, Minimax


class Advice(NamedTuple):
    """The setting whose line is shown, and what to do."""

    setting: str
    way_out: str


NOISE = "`instance_noise = gaussian(0.1, decay = linear(to = 0))` makes real and generated rows overlap"
SMOOTHING = "`label_smoothing = one_sided(0.9)` keeps it from being sure"
R1 = "`penalty = r1(1)` makes the discriminator flat where the data is"
ONE = 0.001
"""The pairwise distance below which all rows are one."""
SLOWER = "give the discriminator a smaller rate than the generator, or fewer units"


def against_defeat(spec: Spec, phase: Phase, rows: dict[str, Any]) -> Advice:
    """A discriminator that is too good."""
    updates = phase.parts["discriminator"].updates if "discriminator" in phase.parts else None
    if updates is not None and updates > 1:
        return Advice("discriminator.updates", f"take fewer `discriminator.updates` than {updates}")
    return _first(
        spec, phase, SLOWER, _lacking("instance_noise", NOISE), _lacking("penalty", R1), _lacking("label_smoothing", SMOOTHING)
    )


def against_fading(spec: Spec, phase: Phase, rows: dict[str, Any]) -> Advice:
    """A generator that learns nothing any more."""
    if any(isinstance(term.loss, Minimax) for term in phase.settings.loss):
        return Advice("loss", "take `loss = non_saturating`, whose gradient stays where the discriminator is sure")
    return against_defeat(spec, phase, rows)


def against_collapse(spec: Spec, phase: Phase, rows: dict[str, Any]) -> Advice:
    """Rows that are all alike; `rows`: what was measured of them."""
    if rows.get("pairwise_distance", 1.0) < ONE:
        way_out = "put `batch_norm` before its activations, or take `leaky_relu(0.2)` or a smaller rate"
        return Advice(_rate_of(phase, "generator"), way_out)
    return _first(
        *(spec, phase, "give the generator a smaller rate, or more `discriminator.updates`"),
        *(_lacking("instance_noise", NOISE), _lacking("penalty", R1), _without_batches),
    )


def against_fooling(spec: Spec, phase: Phase, rows: dict[str, Any]) -> Advice:
    """A discriminator that does not see what others see."""
    updates = phase.parts["discriminator"].updates if "discriminator" in phase.parts else None
    if phase.settings.noisy_labels:
        return Advice("noisy_labels", "take `noisy_labels` away: the discriminator learns too little")
    if updates is not None and updates > 1:
        return Advice(_rate_of(phase), "give the discriminator more units, or a larger rate than the generator")
    return Advice(_rate_of(phase), "take `discriminator.updates = 2`, or give it more units or a larger rate than the generator")


Remedy = Callable[[Spec, Phase], str | None]


def _first(spec: Spec, phase: Phase, otherwise: str, *remedies: Remedy) -> Advice:
    """The first remedy that a spec does not have yet, at the line of the loss or of the rate."""
    for remedy in remedies:
        if (way_out := remedy(spec, phase)) is not None:
            return Advice("loss" if phase.settings.written("loss") else _rate_of(phase), way_out)
    return Advice(_rate_of(phase), otherwise)


def _lacking(setting: str, way_out: str) -> Remedy:
    """A setting that is not there yet, and may be there."""

    def remedy(spec: Spec, phase: Phase) -> str | None:
        by_labels = any(isinstance(t.loss, AdversarialLoss) and t.loss.tells_by == "labels" for t in phase.settings.loss)
        by_rows = not any(node.layer.batch_statistics for node in spec.graphs["discriminator"].nodes)
        fits = {"label_smoothing": by_labels, "penalty": by_rows}.get(setting, True)
        return way_out if fits and getattr(phase.settings, setting) is None else None

    return remedy


def _without_batches(spec: Spec, phase: Phase) -> str | None:
    words = {node.layer.word for node in spec.graphs["discriminator"].nodes}
    return (
        None
        if "minibatch_discrimination" in words
        else "put `minibatch_discrimination(16)` before the discriminator's last layer"
    )


def _rate_of(phase: Phase, part: str = "discriminator") -> str:
    """The setting that says at which rate a part learns."""
    own = phase.parts.get(part)
    return f"{part}.optimizer" if own is not None and own.optimizer is not None else "optimizer"
