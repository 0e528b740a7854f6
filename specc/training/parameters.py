"""All parameters of a module in one flat buffer, and the groups of them that a phase trains alike."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby

import torch
from torch import Tensor, nn

from specc.ir import Node, Phase, Spec
from specc.members import Held, Way, held_parts, members, side_of, ways
from specc.pytorch.source import parameter_table
from specc.training.changing import at_moment, changes
from specc.training.clock import Clock, Rate
from specc.unrolled import stages
from specc.vocabulary.families import Optimizer, Regularizer
from specc.vocabulary.layers.mirrored import Mirrored
from specc.vocabulary.regularizers import L1, L2

BEGINNING = Clock(per_epoch=0, total_steps=0)


@dataclass
class Segment:
    """A stretch of a group that is regularized alike. `is_weight`: neither biases nor gains. `l1`, `l2`: the costs now."""

    weights: Tensor
    gradient: Tensor
    is_weight: bool
    regularizers: tuple[Regularizer, ...]
    l1: float = 0.0
    l2: float = 0.0

    def settle(self, clock: Clock) -> None:
        """Takes the costs of this moment."""
        now = [at_moment(regularizer, clock) for regularizer in self.regularizers]
        self.l1 = sum(part.cost for part in now if isinstance(part, L1))
        self.l2 = sum(part.cost for part in now if isinstance(part, L2))


@dataclass
class Group:
    """Parameters that one optimizer trains at one rate, side by side in the flat buffers, and what it remembers of them.

    `part` is the name under which the spec speaks of them, empty for those that follow the phase; `side` that of the two that
    play against each other. While any of `held` holds,
    they stay as they are. `memory` are the optimizer's tensors, `updates` counts its steps.
    """

    part: str
    side: str
    optimizer: Optimizer
    rate: Rate
    held: tuple[Held, ...]
    weights: Tensor
    gradient: Tensor
    segments: list[Segment]
    parameters: list[nn.Parameter]
    memory: dict[str, Tensor] = field(default_factory=dict)
    updates: int = 0
    frozen: bool = False
    last_rate: float = 0.0
    """The rate of its last step."""

    def settle(self, clock: Clock) -> None:
        """Takes what this moment says: whether the group is frozen, and the costs that change."""
        self.frozen = any(held.holds(clock.epoch, clock.step) for held in self.held)
        for parameter in self.parameters:
            parameter.requires_grad_(not self.frozen)
        for segment in self.segments:
            if any(map(changes, segment.regularizers)):
                segment.settle(clock)

    @cached_property
    def is_changing(self) -> bool:
        """Whether `settle` has anything to do as time goes on."""
        return bool(self.held) or any(changes(part) for segment in self.segments for part in segment.regularizers)

    @torch.no_grad()
    def add_penalty_gradient(self) -> None:
        """Adds the gradient of `l2/2 · Σw²`, which is `l2 · w`."""
        for segment in self.segments:
            if segment.l2:
                segment.gradient.add_(segment.weights, alpha=segment.l2)

    @torch.no_grad()
    def shrink(self, rate: float) -> None:
        """The proximal step of `l1 · Σ|w|`: every weight moves towards zero by `rate · l1`, and stays there once it arrives."""
        for segment in self.segments:
            if segment.l1:
                weights = segment.weights
                weights.copy_(torch.sign(weights) * torch.relu(weights.abs() - rate * segment.l1))

    def decayed(self) -> list[Tensor]:
        """The stretches that weight decay acts on: weights only."""
        return [segment.weights for segment in self.segments if segment.is_weight]


class FlatParameters:
    """`weights` and `gradient` hold every parameter of the module, group by group; its own tensors are views into them."""

    def __init__(self, module: nn.Module, spec: Spec, phase: Phase) -> None:
        named = dict(module.named_parameters())
        way_of = _ways(spec, phase, named)
        order = sorted(named, key=lambda key: way_of[key].order)
        device = next(iter(named.values())).device if named else torch.device("cpu")
        total = sum(p.numel() for p in named.values())
        self.weights = torch.empty(total, device=device)
        self.gradient = torch.zeros(total, device=device)
        stretches: list[_Stretch] = []
        position = 0
        for key in order:
            parameter, way = named[key], way_of[key]
            end = position + parameter.numel()
            view = self.weights[position:end].view_as(parameter)
            view.copy_(parameter.detach())
            parameter.data = view
            parameter.grad = self.gradient[position:end].view_as(parameter)
            if not stretches or stretches[-1].way != way:
                stretches.append(_Stretch(way, position, end))
            stretches[-1].end = end
            stretches[-1].parameters.append(parameter)
            position = end
        self.groups = [
            self._group(spec, phase, list(alike)) for _, alike in groupby(stretches, key=lambda stretch: stretch.way.group)
        ]
        self.sides = {side: _place_of(list(own)) for side, own in groupby(stretches, key=lambda stretch: stretch.way.side)}

    def _group(self, spec: Spec, phase: Phase, stretches: list[_Stretch]) -> Group:
        way, start, end = stretches[0].way, stretches[0].start, stretches[-1].end
        settings, held = phase.settings, held_parts(spec, phase)
        optimizer = phase.parts[way.optimizer].optimizer if way.optimizer else settings.optimizer
        schedule = phase.parts[way.schedule].schedule if way.schedule else settings.schedule
        assert optimizer is not None
        group = Group(
            min(filter(None, (way.optimizer, way.schedule)), key=lambda part: len(members(spec, part)), default=""),
            way.side,
            optimizer,
            Rate(optimizer.learning_rate, schedule),  # type: ignore[attr-defined]
            tuple(held[index] for index in way.held),
            self.weights[start:end],
            self.gradient[start:end],
            [self._segment(stretch) for stretch in stretches],
            [parameter for stretch in stretches for parameter in stretch.parameters],
        )
        group.settle(BEGINNING)
        return group

    def _segment(self, stretch: _Stretch) -> Segment:
        place = slice(stretch.start, stretch.end)
        segment = Segment(self.weights[place], self.gradient[place], stretch.way.is_weight, stretch.way.regularizers)
        segment.settle(BEGINNING)
        return segment

    def settle(self, clock: Clock) -> None:
        """Every group takes what this moment says."""
        for group in self.groups:
            if group.is_changing:
                group.settle(clock)

    def of(self, side: str) -> tuple[Tensor, Tensor]:
        """The weights and the gradient of one side, or without a name of all."""
        place = self.sides.get(side, slice(0, 0)) if side else slice(None)
        return self.weights[place], self.gradient[place]

    def clear_gradient(self, side: str = "") -> None:
        self.of(side)[1].zero_()

    def trained(self, side: str = "") -> list[Group]:
        """The groups of a side, or of all, that are not frozen."""
        return [group for group in self.groups if not group.frozen and side in ("", group.side)]

    @contextmanager
    def only(self, side: str) -> Iterator[None]:
        """Within it no gradient is taken of the other side's weights."""
        others = [p for group in self.trained() if group.side != side for p in group.parameters]
        for parameter in others:
            parameter.requires_grad_(False)
        try:
            yield
        finally:
            for parameter in others:
                parameter.requires_grad_(True)

    @property
    def segments(self) -> Iterable[Segment]:
        return (segment for group in self.groups for segment in group.segments)

    @torch.no_grad()
    def penalty(self) -> float:
        """`Σ l1·|w| + Σ l2/2·w²`, reported beside the loss."""
        total = 0.0
        for segment in self.segments:
            if segment.l1:
                total += segment.l1 * float(segment.weights.abs().sum())
            if segment.l2:
                total += segment.l2 / 2 * float(segment.weights.square().sum())
        return total

    @property
    def is_regularized(self) -> bool:
        return any(segment.regularizers for segment in self.segments)

    @torch.no_grad()
    def share_of_zeros(self) -> float | None:
        """The share of exact zeros among the weights under `l1`; None without it."""
        shrunk = [s.weights for s in self.segments if any(isinstance(regularizer, L1) for regularizer in s.regularizers)]
        if not shrunk:
            return None
        return float(sum((w == 0).sum() for w in shrunk)) / sum(w.numel() for w in shrunk)


@dataclass(frozen=True)
class _Way:
    """How one parameter is trained: its side, the way of its layer, whether it is a weight, its regularizers."""

    side: str
    optimizer: str
    schedule: str
    held: tuple[int, ...]
    is_weight: bool
    regularizers: tuple[Regularizer, ...]
    place: int = 0
    """Among biases: those of visible units stand before those of hidden ones, as in a machine."""

    @property
    def group(self) -> tuple[str, str, str, tuple[int, ...]]:
        return self.side, self.optimizer, self.schedule, self.held

    @property
    def order(self) -> tuple[object, ...]:
        """Those trained alike side by side, weights before biases."""
        return (*self.group, not self.is_weight, self.place, tuple(str(r.cost) for r in self.regularizers))  # type: ignore[attr-defined]


@dataclass
class _Stretch:
    """Parameters side by side that go one way."""

    way: _Way
    start: int
    end: int
    parameters: list[nn.Parameter] = field(default_factory=list)


def _place_of(stretches: list[_Stretch]) -> slice:
    """Where stretches side by side stand in the buffers."""
    return slice(stretches[0].start, stretches[-1].end)


def _ways(spec: Spec, phase: Phase, named: dict[str, nn.Parameter]) -> dict[str, _Way]:
    """The way of each parameter by its key in the state dict."""
    table, of_layers = parameter_table(spec), ways(spec, phase)
    procedure = phase.settings.procedure
    of_stacks = procedure is not None and procedure.of_stacks
    machines = procedure is not None and procedure.of_machines and bool(stages(spec))
    found = {}
    for key in named:
        node, is_weight = table[key]
        if machines and isinstance(node.layer, Mirrored):  # it goes the way of the layer that it is one machine with
            way = of_layers[node.layer.of]
            own = 2 if is_weight else 0
            found[key] = _Way(side_of(spec, node), way.optimizer, way.schedule, way.held, False, (), own)
            continue
        place = 1 if machines and not is_weight else 0
        # The weights for the way down rest, and do not decay, where nothing trains them.
        is_weight = is_weight and (of_stacks or not key.endswith(".generative_weight"))
        way = of_layers[node.name]
        regularizers = regularizers_of(node, phase, way) if is_weight else ()
        found[key] = _Way(side_of(spec, node), way.optimizer, way.schedule, way.held, is_weight, regularizers, place)
    return found


def regularizers_of(node: Node, phase: Phase, way: Way) -> tuple[Regularizer, ...]:
    """The layer's own, else those of the smallest part around it that has any, else the phase's."""
    if way.regularize is None:
        return getattr(node.layer, "regularize", None) or ()
    return (phase.parts[way.regularize].regularize or ()) if way.regularize else phase.settings.regularize
