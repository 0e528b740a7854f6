"""The loop: phases, epochs, batches, time, stopping, keeping, checkpoints. What a step does is the procedure's."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor, nn

from specc.data.bind import Dataset
from specc.data.noise import with_wrong_labels
from specc.data.split import training_rows
from specc.ir import Phase, Spec
from specc.training.clock import Clock
from specc.training.engine import Engine, eager
from specc.training.evaluate import Evaluation, measured_rows
from specc.training.faults import NotFinite, bad_weights
from specc.training.judging import Event, is_kept, is_stopped, tell_plateau, why_stopped
from specc.training.position import Position
from specc.training.procedures import procedure_of
from specc.training.procedures.procedure import Alarm, Procedure, Step
from specc.training.rows import rows_of, slices
from specc.training.state import State, below
from specc.training.streams import Streams


class Diverged(Exception):
    """A rate, loss, gradient or weight is no longer finite: `what` it is, and what the module calls the layer where it began."""

    def __init__(self, phase: str, epoch: int, batch: int, what: str, layer: str | None) -> None:
        super().__init__(f"the {what} is not finite in epoch {epoch}, batch {batch}")
        self.phase, self.epoch, self.batch, self.what, self.layer = phase, epoch, batch, what, layer


class Unfitting(Exception):
    """A saved state that is whole and is none of this spec's: of another specc, say. The message says what is missing."""


class Stopped(Exception):
    """Someone asked the training to stop; its state was saved."""


@dataclass
class Course:
    """One phase under way: its rows, their batches (several to a step where they are accumulated), its clock and its state."""

    phase: Phase
    numbers: np.ndarray
    steps: list[list[slice]]
    clock: Clock
    procedure: Procedure
    state: State


@dataclass
class Epoch:
    """One epoch under way: the order of its rows, and what its steps measured so far."""

    numbers: torch.Tensor
    measured: dict[str, list[Tensor]] = field(default_factory=dict)

    def add(self, step: Step) -> None:
        for name, tensor in step.items():
            self.measured.setdefault(name, []).append(tensor)
        # What a checkpoint gave back is in no order of its own.
        self.measured = {name: self.measured[name] for name in (*step, *sorted(self.measured.keys() - step.keys()))}

    def joined(self) -> Step:
        return {name: torch.cat(tensors) for name, tensors in self.measured.items()}


class Training:
    """One run over all phases.

    `report` is told every epoch; `save` is offered the state between any two steps (True: it must be kept now); `progress` is
    told every step, `warn` what the measures of an epoch warn of; `is_asked_to_stop` is asked before each. `look` is shown
    each phase before its first epoch (0), after each and at its end (None), with its weights at that time, and changes nothing.
    """

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
        is_asked_to_stop: Callable[[], bool] = lambda: False,
        engine: Engine = eager,
        warn: Callable[[Phase, int, Alarm], None] = lambda phase, epoch, alarm: None,
        look: Callable[[Course, int | None], None] = lambda course, epoch: None,
    ) -> None:
        self.spec, self.dataset, self.module, self.streams, self.device = spec, dataset, module, streams, device
        self.report, self.save, self.progress, self.is_asked_to_stop = report, save, progress, is_asked_to_stop
        self.engine, self.warn, self.look = engine, warn, look
        self.rows = rows_of(spec, dataset, device)
        self.position = Position()
        self.kept: dict[str, Tensor] = {}
        self.state: State | None = None
        self.epoch: Epoch | None = None
        self.order_began = streams["order"].get_state()
        """The stream of the order as it was when the epoch under way began."""
        self.resumed: dict[str, Tensor] | None = None

    def run(self) -> None:
        """Every phase that is not done yet, in order; the module then has the weights that the last one kept.

        Raises `Diverged`, `Stopped` where it was asked to stop, `Unfitting` for what it took up of another spec.
        """
        while self.position.phase < len(self.spec.phases):
            if (phase := self.spec.phases[self.position.phase]).is_run:
                self._phase(phase)
            self.position = Position(phase=self.position.phase + 1, events=self.position.events)
            self.state, self.resumed, self.kept = None, None, {}
        self.save(self, True)

    def tensors(self) -> dict[str, Tensor]:
        """Every tensor that the rest of the run depends on, by name. Beside `position` there is nothing else."""
        named = {f"stream/{name}": state for name, state in self.streams.state().items()}
        if self.state is not None:
            named |= {f"state/{name}": tensor for name, tensor in self.state.tensors().items()}
        else:
            named |= {f"state/module/{name}": tensor for name, tensor in self.module.state_dict().items()}
        named |= {f"kept/{name}": tensor for name, tensor in self.kept.items()}
        named["epoch/order"] = self.order_began
        measured = self.epoch.joined() if self.epoch is not None else {}
        return named | {f"epoch/measured/{name}": tensor for name, tensor in measured.items()}

    def take_up(self, position: Position, tensors: dict[str, Tensor]) -> None:
        """Goes on from what `position` and `tensors` were. Raises `KeyError` or `RuntimeError` for those of another spec."""
        with torch.no_grad():
            self.module.load_state_dict(below(tensors, "state/module/"))
        self.streams.load(below(tensors, "stream/"))
        self.kept = {name: tensor.to(self.device) for name, tensor in below(tensors, "kept/").items()}
        self.position = position
        self.order_began = tensors["epoch/order"]
        self.resumed = tensors if position.step else None

    def _phase(self, phase: Phase) -> None:
        course = self._course(phase)
        self.state = course.state
        if self.resumed is not None:
            self._go_on(course, self.resumed)
        course.clock.step = self.position.step
        if not course.clock.step:
            self.look(course, 0)
        while not course.clock.is_over and not self.position.stopped:
            self._epoch(course)
        course.state.average.put()
        if self.kept:
            self.module.load_state_dict(self.kept)
        self.look(course, None)

    def _go_on(self, course: Course, tensors: dict[str, Tensor]) -> None:
        """The state of a phase that was under way."""
        try:
            course.state.load(below(tensors, "state/"))
            self.streams.load(below(tensors, "stream/"))  # a procedure may have drawn from them to begin
            for group, rate in zip(course.state.parameters.groups, self.position.rates, strict=True):
                group.rate.load(rate)
        except (KeyError, ValueError, RuntimeError) as error:
            raise Unfitting(str(error).partition("\n")[0]) from error

    def _course(self, phase: Phase) -> Course:
        settings = phase.settings
        numbers = training_rows(self.spec, self.dataset, phase)
        join_last = any(node.layer.batch_statistics for graph in self.spec.graphs.values() for node in graph.nodes)
        batches = list(slices(len(numbers), phase.batch_of(len(numbers)), join_last))
        size = phase.batches_a_step
        steps = [batches[start : start + size] for start in range(0, len(batches), size)]
        noisy = with_wrong_labels(self.spec, self.dataset, numbers, settings.label_noise)
        rows = self.rows if noisy is self.dataset else self.rows.answering(noisy)
        procedure = procedure_of(self.spec, phase, rows)
        state = State(self.spec, phase, self.module, self.streams)
        procedure.begin(state)
        return Course(phase, numbers, steps, Clock.of(len(steps), settings.epochs, settings.steps), procedure, state)

    def _epoch(self, course: Course) -> None:
        position, clock = self.position, course.clock
        epoch = self._begun(course)
        self.module.train()
        started = time.perf_counter() - position.seconds
        first = done = position.step_of_epoch
        while done < len(course.steps) and not clock.is_over:
            if done > first:
                position.step, position.step_of_epoch = clock.step, done
                position.seconds = time.perf_counter() - started
                position.rates = [group.rate.state() for group in course.state.parameters.groups]
                self._offer()
            self._step(course, epoch, done)
            done += 1
        epoch.numbers = epoch.numbers[: course.steps[done - 1][-1].stop]
        if (layer := bad_weights(self.module)) is not None:
            raise Diverged(course.phase.name, position.epoch + 1, done, "weights", layer)
        self._end_of_epoch(course, epoch, started)

    def _begun(self, course: Course) -> Epoch:
        """The order of the epoch's rows, drawn anew or, within an epoch that is resumed, as it was drawn."""
        measured = {}
        if self.resumed is not None and self.position.step_of_epoch:
            self.streams["order"].set_state(self.order_began)
            measured = {n: [t.to(self.device)] for n, t in below(self.resumed, "epoch/measured/").items()}
        self.resumed = None
        self.order_began = self.streams["order"].get_state()
        order = torch.randperm(len(course.numbers), generator=self.streams["order"])
        self.epoch = Epoch(torch.from_numpy(course.numbers)[order], measured)
        return self.epoch

    def _offer(self) -> None:
        """The state may be kept; it must where someone asks to stop."""
        asked = self.is_asked_to_stop()
        self.save(self, asked)
        if asked:
            raise Stopped

    def _step(self, course: Course, epoch: Epoch, index: int) -> None:
        batches = [course.procedure.batch(epoch.numbers, stretch, self.streams) for stretch in course.steps[index]]
        course.state.settle(course.clock)
        try:
            step = self.engine(course.procedure, course.state, batches, course.clock)
        except NotFinite as fault:
            raise Diverged(course.phase.name, self.position.epoch + 1, index + 1, fault.what, fault.layer) from None
        epoch.add(step)
        course.clock.step += 1
        course.state.average.after_step(course.clock)
        self.progress(course.phase, course.clock)

    def _end_of_epoch(self, course: Course, epoch: Epoch, started: float) -> None:
        position, state, procedure = self.position, course.state, course.procedure
        position.epoch += 1
        position.step, position.step_of_epoch, position.seconds = course.clock.step, 0, 0.0
        state.average.after_epoch(course.clock)
        event: Event = {"phase": course.phase.name, "epoch": position.epoch, "steps": course.clock.step}
        try:
            event["train"] = procedure.summary(state, epoch.joined(), epoch.numbers.numpy(), position.epoch)
        except NotFinite as fault:
            raise Diverged(course.phase.name, position.epoch, len(course.steps), fault.what, fault.layer) from None
        self.epoch = None
        validation = self.dataset.rows.get("validation")
        with state.average.in_place():
            if validation is not None and len(validation):
                event["validation"] = procedure.measures(state, validation, position.epoch)
            if is_kept(course.phase, event, position):
                self.kept = {name: tensor.detach().clone() for name, tensor in self.module.state_dict().items()}
                event["best"] = True
            self.look(course, position.epoch)
        event |= _of_parameters(state)
        for group in state.parameters.groups:
            tell_plateau(group.rate, event)
        if is_stopped(course.phase, event, position):
            position.stopped = True
            event["stopped"] = why_stopped(course.phase, position)
        position.rates = [group.rate.state() for group in state.parameters.groups]
        event["seconds"] = round(time.perf_counter() - started, 6)
        position.events += 1
        self.report(event)
        for alarm in procedure.alarms(state, event):
            self.warn(course.phase, position.epoch, alarm)
        self._offer()

    def evaluate(self) -> dict[str, Evaluation]:
        """Everything measured of each split with the weights that the module has."""
        rows = measured_rows(self.spec, self.dataset)
        procedure = procedure_of(self.spec, self.spec.last_phase, self.rows)
        return {name: procedure.evaluate(self.module, numbers) for name, numbers in rows.items()}


def _of_parameters(state: State) -> Event:
    """What an epoch says of the weights themselves: their penalty, how many are zero, at which rates they learn."""
    parameters = state.parameters
    event: Event = {}
    if parameters.is_regularized:
        event["penalty"] = parameters.penalty()
    if (zeros := parameters.share_of_zeros()) is not None:
        event["zeros"] = zeros
    rates = {group.part: group.last_rate for group in reversed(parameters.groups)}
    event["rate"] = rates.pop("", None) if "" in rates else next(iter(rates.values()), 0.0)
    if rates:
        event["rates"] = rates
    return event
