"""What was measured of the data, as `show` prints it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from specc.ir import Spec

if TYPE_CHECKING:
    from specc.data.dataset import Dataset


@dataclass(frozen=True)
class ColumnProfile:
    """One column over all its rows: numbers have a minimum, mean and maximum, categories a count a label."""

    missing: int | None = None
    minimum: float | None = None
    mean: float | None = None
    maximum: float | None = None
    labels: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class DataProfile:
    """`rows`: all that the files have. `notes`: rows that no split has, and why. `left_out`: columns that are not declared."""

    rows: int = 0
    columns: dict[str, ColumnProfile] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()


def measured(dataset: Dataset, spec: Spec) -> DataProfile:
    """The profile of a spec's data."""
    from specc.data.profile import profile

    found = profile(dataset, spec)
    columns = {name: _column(facts) for name, facts in found["columns"].items()}
    notes = [f"{count:,} dropped, {name} is missing" for name, count in found["dropped"].items()]
    notes += [f"{found['unlabelled']:,} without a target"] if found["unlabelled"] else []
    notes += [f"{found['unused']:,} in no set of the split"] if found["unused"] else []
    notes += [f"on fold 1 of {folds}, each of which is trained on in turn"] if (folds := spec.rounds) else []
    return DataProfile(found["rows"], columns, tuple(notes), tuple(found["left_out"]))


def _column(facts: dict[str, Any]) -> ColumnProfile:
    mean = facts.get("mean")
    return ColumnProfile(
        missing=facts.get("missing"),
        minimum=facts.get("minimum"),
        mean=mean if isinstance(mean, float) else None,
        maximum=facts.get("maximum"),
        labels=facts.get("labels", {}),
    )
