"""Several runs of one spec, of other seeds or on other folds, in one folder with what they reach on average."""

from __future__ import annotations

import json
import math
import os
import shlex
import shutil
import statistics
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from specc.diagnostics import Source, fail
from specc.ir import Spec
from specc.runs.folder import RunFolder, as_json, runs_beside
from specc.runs.lock import Lock
from specc.stored import read_regular

if TYPE_CHECKING:
    from specc.runs.train import Order
    from specc.runs.workers import Task

FORMAT = 1
NAME = "runs.json"


@dataclass(frozen=True)
class Member:
    """One run of a group: the name of its folder, and what is its own."""

    folder: str
    seed: int
    fold: int | None


def members_of(spec: Spec, seed: int | None, seeds: int | None) -> list[Member]:
    """Every fold with every seed, from `seed`, else the spec's."""
    first = seed if seed is not None else spec.phases[0].settings.seed if spec.phases else 0
    members = []
    for fold in range(1, spec.rounds + 1) or [None]:
        for number in range(first, first + (seeds or 1)):
            names = [f"fold_{fold}"] if fold is not None else []
            names += [f"seed_{number}"] if seeds is not None else []
            members.append(Member("_".join(names), number, fold))
    return members


class Group:
    """`runs/STEM/0007` with `seed_0`, `seed_1`, … in it."""

    def __init__(self, path: Path) -> None:
        self.folder = RunFolder(path)
        self.path = path

    @classmethod
    def create(cls, order: Order, source: Source, spec: Spec, seeds: int | None, lock: Lock) -> Group:
        """A new folder. Raises `NoFolder`, or `RunExists`."""
        members = members_of(spec, order.seed, seeds)

        def first_files(path: Path) -> dict[str, str]:
            record = {
                "format": FORMAT,
                "name": spec.name,
                "status": "running",
                "started": datetime.now(UTC).isoformat(timespec="seconds"),
                "spec": os.path.relpath(order.path, path),
                "root": os.path.relpath(order.root, path) if order.root is not None else None,
                "overrides": order.overrides,
                "seed": order.seed,
                "seeds": seeds,
                "device": order.device,
                "threads": order.threads,
                "runs": [{"folder": m.folder, "seed": m.seed, "fold": m.fold, "status": "missing"} for m in members],
                "metrics": {},
            }
            return {"spec.dn": source.text, NAME: as_json(record)}

        return cls(RunFolder.create(order.path, order.run, first_files, lock).path)

    @property
    def record(self) -> dict[str, Any]:
        """`runs.json`."""
        return read_group(self.path)

    @property
    def members(self) -> list[Member]:
        return [Member(run["folder"], run["seed"], run["fold"]) for run in self.record["runs"]]

    def tasks(self, order: Order) -> Iterator[Task]:
        """What is left to be trained."""
        from specc.runs.workers import Task

        for member in self.members:
            path = self.path / member.folder
            if status_of(path) == "finished":
                continue
            overrides = [*order.overrides, *([f"data.split.fold={member.fold}"] if member.fold is not None else [])]
            yield Task(member.folder, replace(order, overrides=overrides, run=path, seed=member.seed, resume=True))

    def summary(self) -> dict[str, Any]:
        """The record, with what has become of every run by now, and what they reach on average."""
        record = self.record
        for run in record["runs"]:
            run["status"] = status_of(self.path / run["folder"])
        statuses = {run["status"] for run in record["runs"]}
        order = ("failed", "interrupted", "stopped", "running", "missing")
        record["status"] = next((status for status in order if status in statuses), "finished")
        record["metrics"] = average([RunFolder(path).record["metrics"] for path in self.finished()])
        return record

    def summarize(self) -> dict[str, Any]:
        """Writes the summary, and gives it."""
        record = self.summary()
        self.folder.write_json(NAME, record)
        return record

    @property
    def way_on(self) -> str:
        """The command that goes on with what is not finished."""
        spec = os.path.normpath(self.path / self.record["spec"])
        return f"go on with `{shlex.join(['specc', 'train', spec, '--run', str(self.path), '--resume'])}`"

    def finished(self) -> list[Path]:
        """The folders of the runs that are finished."""
        paths = [self.path / run["folder"] for run in self.record["runs"]]
        return [path for path in paths if status_of(path) == "finished"]

    def is_empty(self) -> bool:
        return not any((self.path / member.folder).exists() for member in self.members)

    def remove(self) -> None:
        """Takes the folder of a group away that holds no run."""
        shutil.rmtree(self.path, ignore_errors=True)


def is_group(path: Path) -> bool:
    return (path / NAME).is_file()


def read_group(path: Path) -> dict[str, Any]:
    """`runs.json` of a folder, read as if a stranger had written it. Raises `OSError` or `ValueError`."""
    record = json.loads(read_regular(path / NAME))
    runs = record["runs"] if isinstance(record, dict) and isinstance(record.get("runs"), list) else []
    if not runs or not all(isinstance(run, dict) and _is_run(run) for run in runs):
        raise ValueError(f"{NAME} does not list runs")
    options = {
        "overrides": list,
        "seed": int | None,
        "seeds": int | None,
        "threads": int | None,
        "device": str,
        "root": str | None,
    }
    strange = next((name for name, kind in options.items() if not isinstance(record.get(name), kind)), None)
    if strange is not None or not all(isinstance(text, str) for text in record["overrides"]):
        raise ValueError(f"`{strange or 'overrides'}` in {NAME} is not what specc writes")
    return record


def _is_run(run: dict[str, Any]) -> bool:
    """Whether an entry names a folder of the group, with its seed and its fold."""
    seed, fold = run.get("seed"), run.get("fold")
    names = [*([f"fold_{fold}"] if fold is not None else []), f"seed_{seed}"]
    return type(seed) is int and type(fold) in (int, type(None)) and run.get("folder") in ("_".join(names), names[0])


def status_of(path: Path) -> str:
    """How a run of a group stands; `missing` where it never began."""
    try:
        return RunFolder(path).status
    except (OSError, ValueError, KeyError, TypeError):
        return "missing"


def find_begun(spec: Path, wanted: Path | None) -> Path | None:
    """What `--resume` goes on with, a run or a group: `wanted`, or the spec's newest. None where nothing began there."""
    parent = runs_beside(spec)
    numbered = [path for path in parent.iterdir() if path.name.isdecimal()] if parent.is_dir() else []
    begun = [path for path in ([wanted] if wanted is not None else numbered) if is_group(path) or (path / "run.json").is_file()]
    return max(begun, key=lambda path: int(path.name) if wanted is None else 0, default=None)


def find_several(path: Path, newest: Path | None) -> str | None:
    """What to say where a path means several runs: a group, runs whose `newest` is older than a group, or a sweep."""
    numbered = [p for p in path.iterdir() if p.name.isdecimal() and is_group(p)] if path.is_dir() else []
    later = [p for p in numbered if newest is None or int(p.name) > int(newest.name)]
    group = path if is_group(path) else max(later, key=lambda p: int(p.name), default=None)
    try:
        if group is not None:
            names = [run["folder"] for run in read_group(group)["runs"]]
            return f"{group} holds {len(names)} runs, {names[0]} to {names[-1]}: name one of them, as in {group / names[0]}"
        best = json.loads(read_regular(path / "sweep.json")).get("best")
    except (OSError, ValueError, AttributeError):
        return None
    told = f"; the best is {path / best}" if isinstance(best, str) and (path / best).is_dir() else ""
    return f"{path} holds the trials of a sweep: name one of them{told}"


def same_group(group: Group, source: Source, order: Order, seeds: int | None) -> None:
    """Takes the group's own settings for those that the command line leaves out.

    Raises `SpecError` unless it was of this very spec, with the same settings.
    """
    from specc.runs.resume import damaged, differs, spec_changed

    try:
        record, text = group.record, (group.path / "spec.dn").read_text("utf-8")
        before = {name: record[name] for name in ("overrides", "seed", "seeds", "threads", "device", "root", "runs")}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise fail(source, damaged(group.folder, str(error))) from None
    if text != source.text:
        raise fail(source, spec_changed(group.folder, text, source.text))
    if order.overrides and order.overrides != before["overrides"]:
        raise fail(source, differs(group.folder, "--set", " ".join(before["overrides"]), " ".join(order.overrides)))
    for name, given in (("seed", order.seed), ("seeds", seeds), ("threads", order.threads)):
        if given is not None and given != before[name]:
            raise fail(source, differs(group.folder, f"--{name}", before[name], given))
    order.overrides, order.seed, order.threads = list(before["overrides"]), before["seed"], before["threads"]
    order.device = before["device"] if order.device == "auto" else order.device
    if order.root is None and before["root"]:
        order.root = group.path / before["root"]


def average(measured: list[dict[str, dict[str, Any]]]) -> dict[str, dict[str, dict[str, float | int | None]]]:
    """Mean and standard error of every metric of every split, over the runs that have a number there."""
    found: dict[str, dict[str, list[float]]] = {}
    for metrics in measured:
        for split, values in metrics.items():
            for name, value in values.items():
                if isinstance(value, int | float) and math.isfinite(value):
                    found.setdefault(split, {}).setdefault(name, []).append(float(value))
    return {split: {name: mean_and_error(values) for name, values in names.items()} for split, names in found.items()}


def mean_and_error(values: list[float]) -> dict[str, float | int | None]:
    """The mean, and its standard error: the standard deviation (n − 1) by √n. One value has none."""
    error = statistics.stdev(values) / math.sqrt(len(values)) if len(values) > 1 else None
    return {"mean": statistics.fmean(values), "error": error, "count": len(values)}
