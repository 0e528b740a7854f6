"""The loop: phases, epochs, batches, schedules, stopping, keeping, checkpoints. What a step does is the procedure's."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from specc.data.bind import Dataset
from specc.data.split import take_rows
from specc.ir import Phase, Spec
from specc.training.clock import Clock, Rate
from specc.training.evaluate import Evaluation, evaluate, logits_of, measure_all, measured_rows
from specc.training.faults import NotFinite, bad_weights, checked_rate
from specc.training.procedures.supervised import PROCEDURES, Supervised
from specc.training.rows import Rows, slices
from specc.training.streams import Streams
from specc.vocabulary.part import find_word
from specc.vocabulary.schedules import Plateau
from specc.vocabulary.stopping import Best, Early

Event = dict[str, Any]


class Diverged(Exception):
    """A rate, loss, gradient or weight is no longer finite: `what` it is, and what the module calls the layer where it began."""

    def __init__(self, phase: str, epoch: int, batch: int, what: str, layer: str | None) -> None:
        super().__init__(f"the {what} is not finite in epoch {epoch}, batch {batch}")
        self.phase, self.epoch, self.batch, self.what, self.layer = phase, epoch, batch, what, layer


@dataclass
class Position:
    """Where a run stands, beside its tensors: everything that the next step depends on."""

    phase: int = 0
    epoch: int = 0
    step: int = 0
    kept: float = math.nan
    """The best of the measure that chooses the weights to keep, and its epoch."""
    kept_epoch: int = 0
    improved: float = math.nan
    """The last of the measure that stops which was an improvement, and its epoch."""
    improved_epoch: int = 0
    stopped: bool = False
    rate: dict[str, float] = field(default_factory=dict)
    events: int = 0


class Training:
    """One run over all phases. `report` is told every epoch; `save` is offered the state whenever it may be kept."""

    def __init__(
        self,
        spec: Spec,
        dataset: Dataset,
        module: nn.Module,
        streams: Streams,
        device: torch.device,
        report: Callable[[Event], None] = lambda event: None,
        save: Callable[[Training, bool], None] = lambda training, final: None,
        progress: Callable[[Phase, Clock], None] = lambda phase, clock: None,
    ) -> None:
        self.spec, self.dataset, self.module, self.streams, self.device = spec, dataset, module, streams, device
        self.report, self.save, self.progress = report, save, progress
        self.rows = Rows(spec, dataset, device)
        self.position = Position()
        self.kept: dict[str, Tensor] = {}
        self.procedure: Supervised | None = None
        self.resumed: dict[str, Tensor] | None = None
        self.rate = 0.0
        """The learning rate of the last step."""

    def run(self) -> None:
        """Every phase that is not done yet, in order; the module then has the weights that the last one kept."""
        while self.position.phase < len(self.spec.phases):
            phase = self.spec.phases[self.position.phase]
            self._phase(phase)
            self.position = Position(phase=self.position.phase + 1, events=self.position.events)
            self.procedure, self.kept = None, {}
        self.save(self, True)

    def _phase(self, phase: Phase) -> None:
        training_rows = self.training_rows(phase)
        settings = phase.settings
        size = len(training_rows) if settings.batch == "all" else int(settings.batch)
        join_last = any(node.layer.batch_statistics for graph in self.spec.graphs.values() for node in graph.nodes)
        batches = list(slices(len(training_rows), size, join_last))
        self.procedure = PROCEDURES[settings.procedure.word if settings.procedure else "supervised"](
            self.spec, phase, self.module
        )
        assert settings.optimizer is not None
        clock = Clock.of(len(training_rows), len(batches), settings.epochs, settings.steps)
        rate = Rate(settings.optimizer.learning_rate, settings.schedule)  # type: ignore[attr-defined]
        if self.resumed is not None:
            self._take_up(rate)
        clock.step = self.position.step
        self.module.train()
        while not clock.is_over and not self.position.stopped:
            self._epoch(phase, training_rows, batches, clock, rate)
        self._keep_best()

    def training_rows(self, phase: Phase) -> np.ndarray:
        """The rows that a phase trains on: those of the split, or as many of them as `rows` says."""
        return take_rows(self.dataset, phase.settings.rows)

    def _take_up(self, rate: Rate) -> None:
        assert self.procedure is not None and self.resumed is not None
        self.procedure.load(self.resumed)
        rate.load(self.position.rate)
        self.resumed = None

    def _epoch(self, phase: Phase, rows: np.ndarray, batches: list[slice], clock: Clock, rate: Rate) -> None:
        assert self.procedure is not None
        started = time.perf_counter()
        position = self.position
        order = torch.randperm(len(rows), generator=self.streams["order"])
        numbers = torch.from_numpy(rows)[order]
        logits: dict[str, list[Tensor]] = {}
        for index, stretch in enumerate(batches):
            if clock.is_over:
                numbers = numbers[: stretch.start]
                break
            batch = self.rows.batch(numbers[stretch], self.streams)
            try:
                self.rate = checked_rate(rate, clock)
                step = self.procedure.step(batch, self.rate, clock.step + 1)
            except NotFinite as fault:
                raise Diverged(phase.name, position.epoch + 1, index + 1, fault.what, fault.layer) from None
            clock.step += 1
            for column, values in step.logits.items():
                logits.setdefault(column, []).append(values)
            self.progress(phase, clock)
        if (layer := bad_weights(self.module)) is not None:
            raise Diverged(phase.name, position.epoch + 1, len(batches), "weights", layer)
        position.epoch += 1
        position.step = clock.step
        running = {column: torch.cat(values) for column, values in logits.items()}
        self._end_of_epoch(phase, numbers.numpy(), running, clock, rate, started)

    def _end_of_epoch(
        self, phase: Phase, numbers: np.ndarray, running: dict[str, Tensor], clock: Clock, rate: Rate, started: float
    ) -> None:
        assert self.procedure is not None
        epoch = self.position.epoch
        event: Event = {"phase": phase.name, "epoch": epoch, "steps": clock.step}
        event["train"] = self._measured(phase, numbers, running, epoch)
        validation = self.dataset.rows.get("validation")
        if validation is not None and len(validation):
            found = logits_of(self.module, self.rows, validation, self.procedure.outputs)
            event["validation"] = self._measured(phase, validation, found, epoch)
        if self.procedure.parameters.is_regularized:
            event["penalty"] = self.procedure.parameters.penalty()
        zeros = self.procedure.parameters.share_of_zeros()
        if zeros is not None:
            event["zeros"] = zeros
        event["rate"] = self.rate
        self._judge(phase, event, rate)
        event["seconds"] = round(time.perf_counter() - started, 6)
        self.position.rate = rate.state()
        self.position.events += 1
        self.report(event)
        self.save(self, False)

    def _measured(self, phase: Phase, numbers: np.ndarray, logits: dict[str, Tensor], epoch: int | None) -> dict[str, object]:
        chosen = torch.from_numpy(numbers).to(self.device)
        targets = {name: values[chosen] for name, values in self.rows.targets.items()}
        truth = {name: values[numbers] for name, values in self.dataset.truth.items()}
        return measure_all(self.spec, phase, logits, targets, truth, epoch)

    def _judge(self, phase: Phase, event: Event, rate: Rate) -> None:
        """The best weights so far, early stopping, plateaus: each by its own measure, in the epochs that take it."""
        settings = phase.settings
        if isinstance(settings.schedule, Plateau) and (value := _look_up(event, settings.schedule.measure)) is not None:
            rate.observe(value, _lower_is_better(settings.schedule.measure))
        if isinstance(settings.keep, Best) and (value := _look_up(event, settings.keep.measure)) is not None:
            self._keep_where_it_is_better(settings.keep, value, event)
        if isinstance(settings.stop, Early) and (value := _look_up(event, settings.stop.measure)) is not None:
            self._stop_where_nothing_improves(settings.stop, value, event)

    def _keep_where_it_is_better(self, keep: Best, value: float, event: Event) -> None:
        if _is_better(value, self.position.kept, keep.measure):
            self.position.kept, self.position.kept_epoch = value, self.position.epoch
            self.kept = {name: tensor.detach().clone() for name, tensor in self.module.state_dict().items()}
            event["best"] = True

    def _stop_where_nothing_improves(self, stop: Early, value: float, event: Event) -> None:
        position = self.position
        if _is_better(value, position.improved, stop.measure, stop.change):
            position.improved, position.improved_epoch = value, position.epoch
        elif position.epoch - position.improved_epoch >= stop.patience:
            position.stopped = True
            kept = f"kept epoch {position.kept_epoch}" if position.kept_epoch else "kept the last epoch"
            event["stopped"] = f"no better {stop.measure} for {stop.patience} epoch{'s' if stop.patience > 1 else ''}; {kept}"

    def _keep_best(self) -> None:
        if self.kept:
            self.module.load_state_dict(self.kept)

    def evaluate(self) -> dict[str, Evaluation]:
        """Everything measured of each split with the weights that the module has."""
        rows = measured_rows(self.spec, self.dataset)
        return {name: evaluate(self.spec, self.module, self.rows, self.dataset, numbers) for name, numbers in rows.items()}


def _look_up(event: Event, measure: str) -> float | None:
    """The value of a measure in an epoch, NaN where it is not defined; None where this epoch does not take it."""
    split, _, name = measure.partition(".")
    return event.get(split, {}).get(name)


def _is_better(value: float, best: float, measure: str, change: float = 0.0) -> bool:
    """Whether a value beats the best so far (NaN: there is none) by more than `change`."""
    if math.isnan(value) or math.isnan(best):
        return not math.isnan(value)
    return value < best - change if _lower_is_better(measure) else value > best + change


def _lower_is_better(measure: str) -> bool:
    word = measure.rpartition(".")[2]
    if word == "loss":
        return True
    found = find_word("metric", word)
    return found is not None and getattr(found, "better", "higher") == "lower"
