"""Rows drawn from a run, as columns in their own units."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from specc.composites import making_part
from specc.data.visible import Seat, in_own_unit, seats
from specc.door import identifier
from specc.ir import CategoryFit, ImageFit, NumberFit, Spec
from specc.machines import machines
from specc.reconstructing import can_be_reconstructed
from specc.runs.answers import table_of_columns
from specc.runs.sample.given import CannotSample, held
from specc.runs.sample.made import sample_made
from specc.vocabulary.models import Dbn
from specc.vocabulary.procedures import Supervised

if TYPE_CHECKING:
    import polars

    from specc.runs.run import Run

ROWS = 64
"""Rows that are drawn where it is not said how many."""
STEPS = 1_000
"""Gibbs steps of each chain."""
TOTAL = 100
"""How often a replicated softmax is drawn where it is not said: the words of a document."""
AT_ONCE = 4_096
"""Chains that run side by side."""


class Samples(NamedTuple):
    """Rows by column, in the columns' own units: pictures 0…255, labels as texts.

    `draws` are draws; `means` what the visible units of a machine expect given the last hidden units, of a category the
    likeliest label; what a generator or decoder makes has none.
    """

    draws: dict[str, np.ndarray]
    means: dict[str, np.ndarray]
    chances: frozenset[str] = frozenset()
    """Columns whose units draw 0 or 1 where the data has numbers between."""
    noise: dict[str, np.ndarray] = {}
    """What a generator or decoder made the rows of, float32 `[rows, …]` by the names of its inputs; conditions are columns."""
    made: tuple[str, ...] = ()
    """The columns that it made; the others are conditions."""
    across: int | None = None
    """Rows that stand side by side in a picture of them all, where they belong together."""

    @property
    def pictures(self) -> str | None:
        """The column whose values are pictures `[rows, channels, height, width]`."""
        drawn = {name: self.draws[name] for name in self.made} or self.means
        return next((name for name, values in drawn.items() if values.ndim == 4 and values.shape[1] in (1, 3)), None)

    @property
    def rows(self) -> dict[str, np.ndarray]:
        """What stands for the columns of a table: draws, but the means of numbers that bernoulli units hold as chances."""
        return {name: self.means[name] if name in self.chances else values for name, values in self.draws.items()}

    @property
    def frame(self) -> polars.DataFrame:
        """`rows` as a polars frame, a picture a column a pixel."""
        return table_of_columns(self.rows)


def sample_run(
    run: Run,
    n: int | None,
    given: Mapping[str, Any],
    *,
    steps: int | None = None,
    total: int | None = None,
    interpolate: int | None = None,
    seed: int = 0,
) -> Samples:
    """`n` rows (64), the same for the same seed: made of noise, or of machines by as many Gibbs chains of `steps` steps.

    The columns of `given` are held; `total` is how often a replicated softmax is drawn (100 times). Raises `CannotSample`.
    """
    spec = run.spec
    _can_be_sampled(spec, given)
    if making_part(spec) is not None:
        _of_machines_alone(spec, steps=steps, total=total)
        return sample_made(run, n, given, interpolate, seed)
    if interpolate is not None:
        raise CannotSample(f"a {spec.model.word} is drawn by chains, and has no noise of which one row could become another")
    n, steps = ROWS if n is None else n, STEPS if steps is None else steps
    if n < 1 or steps < 1 or (total is not None and total < 1):
        raise CannotSample("rows, steps and a total are whole numbers of at least 1")
    places = seats(spec)
    counted = any(seat.units == "replicated_softmax" for seat in places)
    if total is not None and not counted:
        raise CannotSample("a total is that of counts, and no units here are `replicated_softmax`")
    total = (total or TOTAL) if counted else None
    values = held(places, given)
    draws, means = _drawn(run, n, steps, values.units, values.values, total, seed)
    if not (np.isfinite(draws).all() and np.isfinite(means).all()):
        raise CannotSample("the chains ran off to numbers without end: with these weights the units have no distribution")
    assert spec.data is not None
    order = {name: number for number, name in enumerate(spec.data.columns)}
    places = sorted(places, key=lambda seat: order[seat.column])
    chances = frozenset(seat.column for seat in places if _is_chance(seat))
    exact = {s.column: np.full(n, float(given[s.column])) for s in places if s.column in given and isinstance(s.fit, NumberFit)}
    drawn, expected = ({s.column: of(s, units) for s in places} for of, units in ((_drawn_values, draws), (_values, means)))
    return Samples(drawn | exact, expected | exact, chances)


def _values(seat: Seat, units: np.ndarray) -> np.ndarray:
    return in_own_unit(seat, units[:, seat.place])


def _drawn_values(seat: Seat, units: np.ndarray) -> np.ndarray:
    """A draw of the column; counts are whole numbers."""
    values = _values(seat, units)
    return values.round().astype(np.int64) if seat.units == "replicated_softmax" else values


def advice(spec: Spec) -> str | None:
    """What there is to know of rows that a run draws, where it was last trained to answer."""
    tuned = isinstance(spec.model, Dbn) and any(p.is_run and isinstance(p.settings.procedure, Supervised) for p in spec.phases)
    if not tuned:
        return None
    way_out = "train with `--set train.finetune.epochs=0` for machines that draw their data"
    return f"the machines were fine-tuned to answer, and draw what that left of the data: {way_out}"


def _is_chance(seat: Seat) -> bool:
    return seat.holds_chances and not isinstance(seat.fit, CategoryFit | ImageFit)


def _can_be_sampled(spec: Spec, given: Mapping[str, Any]) -> None:
    if making_part(spec) is not None:
        return
    if spec.model.word == "autoencoder":
        message = f"`{spec.name}` is an autoencoder: it makes a row of a code, and nothing says which codes there are"
        raise CannotSample(f"{message}. A `vae` has a distribution of codes, and so has an autoencoder with a `latent`")
    if spec.model.word not in ("rbm", "dbn"):
        raise CannotSample(f"`{spec.name}` is a {spec.model.word}: rows are drawn from a `gan`, a `vae`, an `rbm` or a `dbn`")
    if not can_be_reconstructed(spec):
        raise CannotSample(f"`{spec.name}` is of ratings, and draws none: `specc predict` recommends")
    if given and len(machines(spec)) > 1:
        message = f"`{spec.name}` is a `dbn`, which is drawn from its top machine, and that sees features: no column can be given"
        raise CannotSample(f"{message}. An `rbm` with the column among its visible units can")


def _of_machines_alone(spec: Spec, **options: int | None) -> None:
    """What says how chains run is refused where there are none."""
    means = {"steps": "are Gibbs steps of the chains of an rbm or dbn", "total": "is how many counts a row of an rbm or dbn has"}
    for name, value in options.items():
        if value is not None:
            raise CannotSample(f"`{name}` {means[name]}: a {spec.model.word} makes each row of noise, at once")


def _drawn(
    run: Run, n: int, steps: int, units: np.ndarray, values: np.ndarray, total: int | None, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    import torch

    from specc.runs.sample.chains import Held, draw
    from specc.training.device import choose_threads, compute_with

    module, device = run.module, torch.device("cpu")
    stack: list[Any] = [module.get_submodule(identifier(node.name)) for node in machines(run.spec)]
    kept = Held(torch.from_numpy(units), torch.from_numpy(values)) if len(units) else None
    generator = torch.Generator().manual_seed(seed)
    with compute_with(device, choose_threads(run.spec, min(n, AT_ONCE))):
        starts = range(0, n, AT_ONCE)
        parts = [draw(stack, min(AT_ONCE, n - start), steps, kept, total, generator) for start in starts]
    draws, means = (torch.cat(numbers).double().numpy() for numbers in zip(*parts))
    return draws, means
