"""What the hidden units of a machine of word counts are about: the words that each of them makes more likely."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from specc.data.visible import seats
from specc.door import state_key
from specc.machines import machines
from specc.vocabulary.layers.boltzmann import Hidden

if TYPE_CHECKING:
    from specc.runs.run import Run

FILE = "topics.txt"
WORDS = 8
PRINTED = 10
"""Topics that are printed after training; the file has all of them."""


def has_topics(run: Run) -> bool:
    """Whether the lowest machine of a run counts words."""
    found = machines(run.spec)
    layer = found[0].layer if found else None
    return isinstance(layer, Hidden) and any(word == "replicated_softmax" for word, _ in layer.visible)


def write_topics(run: Run) -> None:
    """Writes `topics.txt`, the topics that tell most first."""
    run.folder.write_bytes(FILE, ("\n".join(topics(run)) + "\n").encode())


def topics(run: Run) -> list[str]:
    """A line for each hidden unit: the words whose probability it raises most, and how many times.

    With the unit on instead of off, all others at what they are on average of nothing, the probability of word k changes by the
    factor `exp(w_k) / Σ_k p_k exp(w_k)`, p being the softmax of the visible biases.
    """
    node = machines(run.spec)[0]
    counted = [seat for seat in seats(run.spec) if seat.units == "replicated_softmax"]
    names = [seat.column for seat in counted]
    places = slice(counted[0].place.start, counted[-1].place.stop)
    weight = run.weights[state_key(node, "weight")][:, places].astype(np.float64)
    bias = run.weights[state_key(node, "visible_bias")][places].astype(np.float64)
    shares = np.exp(bias - bias.max())
    shares /= shares.sum()
    ratios = weight - np.log(np.exp(weight) @ shares)[:, None]
    strength = (shares * np.abs(ratios)).sum(1)
    lines = []
    for unit in np.argsort(-strength, kind="stable"):
        order = [k for k in np.argsort(-ratios[unit], kind="stable")[:WORDS] if ratios[unit, k] > 0]
        words = ", ".join(f"{names[k]} ×{np.exp(ratios[unit, k]):.3g}" for k in order)
        lines.append(f"topic {unit + 1}: {words}")
    return lines


def printed(text: str) -> str:
    """The first topics of the file, and how many more it has."""
    lines = text.splitlines()
    more = len(lines) - PRINTED
    return "\n".join(lines[:PRINTED]) + (f"\n{more:,} more topics in {FILE}" if more > 0 else "")
