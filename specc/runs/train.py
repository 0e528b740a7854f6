"""Trains a spec: from its text to a finished run folder, each step written down as it is done."""

from __future__ import annotations

import math
import os
import platform
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol

import torch
from safetensors.torch import save
from torch import nn

from specc.about import specc_version
from specc.checking.places import span_of
from specc.data.bind import Dataset
from specc.data.ratings import RatingsDataset
from specc.diagnostics import Diagnostic, Report, fail
from specc.grafting import same_runs
from specc.ir import Phase, Spec
from specc.loading import bind_spec, check_source
from specc.pytorch.source import build_module, emit_source
from specc.runs.budget import Budget, is_out_of_memory
from specc.runs.failures import disagreement, diverged, diverged_in_use, undrawn
from specc.runs.folder import RunFolder, as_json
from specc.runs.lock import Lock
from specc.runs.ratings.factors import write_factors
from specc.runs.resume import damaged, damaged_newest, find_run_to_resume, hold, is_finished, other_versions, same_data, same_spec
from specc.runs.run import Run
from specc.runs.signals import stop_requests
from specc.runs.snapshots import Snapshots
from specc.runs.topics import has_topics, write_topics
from specc.syntax.read import read_source
from specc.training.checkpoint import Checkpoints, DamagedCheckpoint
from specc.training.clock import Clock
from specc.training.device import choose_device, choose_threads, compute_with
from specc.training.evaluate import Evaluation
from specc.training.judging import Event
from specc.training.loop import Diverged, Stopped, Training, Unfitting
from specc.training.pretrained import start
from specc.training.procedures.procedure import Alarm
from specc.training.streams import Streams

FORMAT = 1
DECISIVE = ("loss", "reconstruction_error")
"""Measures that are finite wherever a run went well."""


class TrainingFailed(Exception):
    """Training ended without a model; `report` says what was seen and where in the spec."""

    def __init__(self, report: Report, folder: Path) -> None:
        super().__init__("; ".join(d.message for d in report.errors))
        self.report, self.folder = report, folder


class Interrupted(Exception):
    """The user stopped the run; `folder` holds its last checkpoint."""

    def __init__(self, folder: Path) -> None:
        super().__init__(f"stopped; {folder} can be resumed")
        self.folder = folder


class Watcher(Protocol):
    """Whoever shows how a run goes."""

    def advice(self, report: Report) -> None: ...
    def begins(self, spec: Spec, folder: Path, device: str, threads: int, resumed: bool) -> None: ...
    def step(self, phase: Phase, clock: Clock) -> None: ...
    def epoch(self, event: Event) -> None: ...
    def stage(self, name: str) -> None: ...


class Silent:
    """A watcher that shows nothing."""

    def advice(self, report: Report) -> None: ...
    def begins(self, spec: Spec, folder: Path, device: str, threads: int, resumed: bool) -> None: ...
    def step(self, phase: Phase, clock: Clock) -> None: ...
    def epoch(self, event: Event) -> None: ...
    def stage(self, name: str) -> None: ...


@dataclass
class Order:
    """What was asked for: the spec's file and everything that the command line adds to it."""

    path: Path
    overrides: list[str] = field(default_factory=list)
    run: Path | None = None
    root: Path | None = None
    device: str = "auto"
    threads: int | None = None
    seed: int | None = None
    resume: bool = False
    max_memory: int | None = None
    """Bytes: what needs more is refused."""


def train_spec(order: Order, watcher: Watcher | None = None) -> Run:
    """Trains every phase, evaluates every split, exports, and writes the run folder.

    Raises `SpecError` for what is wrong with the spec, its data or the run to resume, `TrainingFailed` for what went wrong
    while training, `Interrupted` after Ctrl-C, `NoFolder` (or `RunExists`, its kind for a folder that holds another run),
    `NoSuchDevice`, and `OSError` for files that cannot be written.
    A run that is finished is returned as it is; one that another process trains is refused.
    """
    with Lock() as lock:
        return _train(order, watcher or Silent(), lock)


def _train(order: Order, watcher: Watcher, lock: Lock) -> Run:
    source = read_source(order.path)
    folder = find_run_to_resume(order.path, order.run) if order.resume else None
    if folder is not None:
        if not is_finished(folder):
            hold(folder, source, lock)
        same_spec(folder, source, order)
        if is_finished(folder):
            return Run(folder.path)
    spec, report = check_source(source, order.path.parent, order.overrides, order.root)
    if not spec.phases:
        raise fail(
            source,
            Diagnostic("E0501", "the spec does not say how to train: it has no `train`", help="as in `train { epochs = 20 }`"),
        )
    device = choose_device(order.device)
    watcher.stage("reading the data")
    if folder is not None:
        spec = same_runs(spec, Run(folder.path).spec)
    spec, dataset = bind_spec(spec, report, order.path.parent, order.root)
    budget = Budget(spec, dataset, device, order.max_memory)
    if (refusal := budget.refusal()) is not None:
        raise fail(source, refusal)
    watcher.advice(report)
    seed = order.seed if order.seed is not None else spec.phases[0].settings.seed
    threads = order.threads or choose_threads(spec, max(phase.batch_of(len(dataset.rows["train"])) for phase in spec.phases))
    if folder is not None:
        same_data(folder, spec, source)
        record = folder.record | {"status": "running"}
        record.pop("error", None)
        folder.write_json("run.json", record)
        return _Execution(spec, dataset, report, folder, record, watcher, device, threads, seed, budget).run(resumed=True)

    def first_files(path: Path) -> dict[str, str]:
        record = _record(order, path, spec, seed, device, threads)
        return {"spec.dn": source.text, "model.py": emit_source(spec), "metrics.jsonl": "", "run.json": as_json(record)}

    folder = RunFolder.create(order.path, order.run, first_files, lock)
    return _Execution(spec, dataset, report, folder, folder.record, watcher, device, threads, seed, budget).run(resumed=False)


def versions() -> dict[str, str]:
    """Of everything that the numbers of a run depend on."""
    packages = {name: version(name) for name in ("torch", "numpy", "onnx", "onnxruntime")}
    return {"python": platform.python_version(), "specc": specc_version(), **packages}


def _record(order: Order, folder: Path, spec: Spec, seed: int, device: torch.device, threads: int) -> dict[str, Any]:
    """`run.json` as it stands at the start."""
    assert spec.bound is not None
    return {
        "format": FORMAT,
        "name": spec.name,
        "status": "running",
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "spec": os.path.relpath(order.path, folder),
        "root": os.path.relpath(order.root, folder) if order.root is not None else None,
        "overrides": order.overrides,
        "seed": seed,
        "device": str(device),
        "threads": threads,
        "versions": versions(),
        "data": {"files": spec.bound.files, "rows": spec.bound.rows},
        "ir": spec.model_dump(),
    }


@dataclass
class _Execution:
    """One run under way."""

    spec: Spec
    dataset: Dataset
    report: Report
    folder: RunFolder
    record: dict[str, Any]
    watcher: Watcher
    device: torch.device
    threads: int
    seed: int
    budget: Budget
    training: Training | None = None

    def run(self, resumed: bool) -> Run:
        """Trains, evaluates and finishes; whatever stops it is written down."""
        self.watcher.begins(self.spec, self.folder.path, str(self.device), self.threads, resumed)
        try:
            with compute_with(self.device, self.threads):
                self._trained(resumed)
        except Unfitting as error:
            raise fail(self.report.source, damaged(self.folder, f"its checkpoint is not of this spec ({error})")) from None
        except Diverged as error:
            raise self._failed(diverged(self.spec, error), error.phase, error.epoch) from None
        except (MemoryError, RuntimeError, OSError) as error:
            if not is_out_of_memory(error):
                raise
            raise self._failed(self.budget.ran_out(error, self.spec.phases[self.phase])) from None
        except (KeyboardInterrupt, Stopped):
            self._write_record(status="interrupted")
            raise Interrupted(self.folder.path) from None
        return Run(self.folder.path)

    @property
    def phase(self) -> int:
        """The phase that is under way, or the last one."""
        return min(self.training.position.phase if self.training is not None else 0, len(self.spec.phases) - 1)

    def _trained(self, resumed: bool) -> None:
        started = time.perf_counter()
        with stop_requests() as is_asked_to_stop:
            training = self._prepared(resumed, is_asked_to_stop)
            training.run()
            if is_asked_to_stop():
                raise Stopped
        trained = time.perf_counter()
        self.watcher.stage("evaluating")
        evaluated = training.evaluate()
        for name, evaluation in evaluated.items():
            if not all(math.isfinite(value) for key, value in evaluation.metrics.items() if key in DECISIVE):  # type: ignore[arg-type]
                raise self._failed(diverged_in_use(self.spec, name))
        self._finish(training.module, evaluated, {"training": trained - started, "evaluating": time.perf_counter() - trained})

    def _prepared(self, resumed: bool, is_asked_to_stop: Callable[[], bool]) -> Training:
        """The training at its start, or where the checkpoint of an earlier attempt left it."""
        streams = Streams(self.seed, self.device)
        module = build_module(self.spec)
        start(module, streams["weights"], self.dataset.pretrained)
        module.to(self.device)
        checkpoints = Checkpoints(self.folder.path / "checkpoint", self.folder.path / "metrics.jsonl")
        training = Training(
            *(self.spec, self.dataset, module, streams, self.device, self._log, checkpoints.save),
            progress=self.watcher.step,
            is_asked_to_stop=is_asked_to_stop,
            warn=self._warn,
            look=Snapshots(self.folder, self.spec, self.dataset).look,
        )
        self.training = training
        try:
            damage = checkpoints.take_up(training) if resumed else None
        except DamagedCheckpoint as error:
            raise fail(self.report.source, damaged(self.folder, str(error))) from None
        self.folder.keep_events(training.position.events if resumed else 0)
        if damage is not None:
            self._tell(damaged_newest(self.folder, damage))
        if resumed and (other := other_versions(self.folder, versions())) is not None:
            self._tell(other)
        return training

    def _tell(self, diagnostic: Diagnostic) -> None:
        """What went wrong and does not end the run: in its log, and to whoever watches."""
        self.watcher.advice(Report(self.report.source, [diagnostic]))
        self.folder.append_event({"event": diagnostic.code, "message": diagnostic.message})

    def _warn(self, phase: Phase, epoch: int, alarm: Alarm) -> None:
        """What the measures of an epoch warn of, at the line of the spec that could change it."""
        span = span_of(self.spec, phase, alarm.setting)
        self.watcher.advice(Report(self.report.source, [Diagnostic(alarm.code, alarm.message, span, help=alarm.way_out)]))
        line = self.report.source.place(span.start).line if span else None
        event = {"event": alarm.code, "message": alarm.message, "phase": phase.name, "epoch": epoch, "line": line}
        self.folder.append_event(event)

    def _log(self, event: Event) -> None:
        self.folder.append_event(event)
        self.watcher.epoch(event)

    def _write_record(self, **changes: Any) -> None:
        self.record |= changes
        self.folder.write_json("run.json", self.record)

    def _finish(self, module: nn.Module, evaluated: dict[str, Evaluation], seconds: dict[str, float]) -> None:
        """Weights, metrics, pictures and the proven ONNX file; only then is the run finished."""
        from specc.onnx.parity import Disagreement
        from specc.runs.export import export_run
        from specc.runs.pictures import draw_pictures

        began = time.perf_counter()
        weights = {name: tensor.detach().cpu().contiguous() for name, tensor in module.state_dict().items()}
        self.folder.write_bytes("weights.safetensors", save(weights))
        metrics = {name: evaluation.metrics for name, evaluation in evaluated.items()}
        self._write_record(metrics=metrics, parameters=sum(p.numel() for p in module.parameters()))
        run = Run(self.folder.path)
        self.watcher.stage("exporting")
        try:
            export_run(run, self.dataset)
        except Disagreement as error:
            raise self._failed(disagreement(self.spec, str(error))) from None
        self.watcher.stage("drawing")
        try:
            draw_pictures(run, self.dataset, evaluated)
            if isinstance(self.dataset, RatingsDataset):
                write_factors(run, self.dataset)
            elif has_topics(run):
                write_topics(run)
        except Exception as error:
            self._tell(undrawn(error))
        seconds = seconds | {"finishing": time.perf_counter() - began}
        self._write_record(
            status="finished",
            finished=datetime.now(UTC).isoformat(timespec="seconds"),
            seconds={name: round(value, 3) for name, value in seconds.items()},
        )

    def _failed(self, diagnostic: Diagnostic, phase: str | None = None, epoch: int | None = None) -> TrainingFailed:
        line = self.report.source.place(diagnostic.span.start).line if diagnostic.span else None
        event = {"event": diagnostic.code, "message": diagnostic.message, "phase": phase, "epoch": epoch, "line": line}
        self.folder.append_event(event)
        self._write_record(status="failed", error=event)
        return TrainingFailed(Report(self.report.source, [diagnostic]), self.folder.path)
