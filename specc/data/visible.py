"""The visible units of a model as the columns that they hold: which units are whose, and their numbers in its own unit."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from specc.composites import made_node
from specc.data.prepare import decode_target
from specc.door import DoorTensor, answers, entries, features_of, input_columns
from specc.ir import ArrayFit, CategoryFit, Fit, ImageFit, NumberFit, Spec
from specc.machines import units_in, visible_layers
from specc.observing import elbo_of, observed
from specc.vocabulary.layers.boltzmann import Label, Visible
from specc.vocabulary.layers.composite import Made
from specc.vocabulary.layers.sources import Input

WHITE = 255.0


class Seat(NamedTuple):
    """A column and its place among the visible units; `units` is their word."""

    column: str
    fit: Fit
    units: str
    place: slice

    @property
    def holds_chances(self) -> bool:
        """Whether its units draw 0 or 1 where the column has numbers between: chances of a 1."""
        return self.units == "bernoulli" and not (isinstance(self.fit, ImageFit) and self.fit.binarize is not None)


def made_seats(spec: Spec) -> tuple[Seat, ...]:
    """The columns that a decoder or generator makes, in their order."""
    assert spec.bound is not None and spec.data is not None
    made = made_node(spec)
    if made is None or not isinstance(made.layer, Made):
        return ()
    names = [n for column in made.layer.columns for n in (features_of(spec) if column == "features" else [column])]
    found, start = [], 0
    for name in names:
        fit = spec.bound.fits[name]
        width = _width(fit)
        found.append(Seat(name, fit, made.layer.head, slice(start, start + width)))
        start += width
    return tuple(found)


def rebuilt_tensor(spec: Spec) -> DoorTensor | None:
    """The tensor of the door that a spec of one graph both takes and makes again, if there is one."""
    made = made_node(spec)
    if made is None or not isinstance(made.layer, Made):
        return None
    taken = [node for node in spec.nodes if type(node.layer) is Input and node.layer.columns == made.layer.columns]
    return entries(spec, taken[0])[0] if taken else None


def label_places(spec: Spec) -> tuple[slice, ...]:
    """The places of logits, a softmax a group, among what a decoder gives that ends without an activation: of a variational
    autoencoder those of each category.
    """
    if spec.model.word != "vae" or not spec.phases or spec.data is None:
        return ()
    loss, columns = elbo_of(spec.last_phase), spec.data.columns
    of_labels = [seat for seat in made_seats(spec) if observed(columns[seat.column], loss) == "categorical"]
    return tuple(seat.place for seat in of_labels if seat.units == "linear")


def seats(spec: Spec) -> tuple[Seat, ...]:
    """The columns in the order of the visible units; a visible label is the last."""
    assert spec.bound is not None and spec.data is not None
    columns = [
        (name, units_in(node.layer, spec.data.columns[name]))
        for node in visible_layers(spec.graph)
        if isinstance(node.layer, Visible)
        for name in input_columns(spec, node)
    ]
    columns += [(a.column, "softmax") for a in answers(spec.graph) if isinstance(spec.graph.node(a.node).layer, Label)]
    found, start = [], 0
    for name, units in columns:
        fit = spec.bound.fits[name]
        width = _width(fit)
        found.append(Seat(name, fit, units, slice(start, start + width)))
        start += width
    return tuple(found)


def _width(fit: Fit) -> int:
    match fit:
        case NumberFit():
            return fit.width
        case CategoryFit():
            return len(fit.labels)
        case ImageFit() | ArrayFit():
            return int(np.prod(fit.size))
    raise ValueError(f"{fit.kind} has no visible units")


def in_own_unit(seat: Seat, units: np.ndarray) -> np.ndarray:
    """The column's values from its units `[rows, width]`: numbers, the likeliest labels, pictures 0…255, blocks of numbers.

    A number whose indicator says so is missing: NaN.
    """
    match seat.fit:
        case NumberFit():
            values = decode_target(units[:, 0], seat.fit)
            return np.where(units[:, 1] >= 0.5, np.nan, values) if seat.fit.indicator else values
        case CategoryFit():
            return np.array(seat.fit.labels, dtype=object)[units.argmax(axis=1)]
        case ImageFit():
            scale, shift = (np.array(numbers).reshape(-1, 1, 1) for numbers in (seat.fit.scale, seat.fit.shift))
            return ((units.reshape(-1, *seat.fit.size) - shift) / scale).clip(0.0, WHITE)
        case ArrayFit():
            return units.reshape(-1, *seat.fit.size).astype(np.float64) * seat.fit.scale + seat.fit.center
    raise ValueError(f"{seat.fit.kind} has no visible units")
