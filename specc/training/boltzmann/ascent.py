"""From the rows of both phases to new parameters: the gradient of the likelihood, and a step of the phase's optimizer."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from specc.door import identifier
from specc.ir import Phase
from specc.training.boltzmann.centring import Offsets
from specc.training.boltzmann.conditionals import Conditionals
from specc.training.boltzmann.sides import Sides
from specc.training.boltzmann.sparsity import add_sparsity_slope
from specc.training.changing import at_moment
from specc.training.clock import Clock
from specc.training.descent import descend
from specc.training.faults import NotFinite, checked_rate
from specc.training.parameters import Group, Segment
from specc.training.state import State
from specc.vocabulary.optimizers import Sgd
from specc.vocabulary.regularizers import Sparsity


class Ascent:
    """The steps of one machine in one phase. It keeps views and memory only.

    Plain gradient descent takes the product of the weights' gradient right into the weights, or into the velocity that the
    optimizer remembers: the gradient itself is never written. Every other optimizer is given it.
    """

    def __init__(self, phase: Phase, state: State, conditionals: Conditionals) -> None:
        machine = conditionals.machine
        self.phase, self.state, self.conditionals = phase, state, conditionals
        self.layer = identifier(phase.layer or "")
        self.group = _group_of(state.parameters.groups, machine.weight)
        self.segment = _segment_of(self.group, machine.weight)
        self.sparsity = [part for part in self.segment.regularizers if isinstance(part, Sparsity)]
        hidden, width = machine.weight.shape
        self.weight = machine.weight.detach()
        self.biases = _place_of(self.group.weights, self.group, machine.visible_bias, hidden + width)
        self.slope = torch.zeros_like(self.biases)
        self.slope_visible, self.slope_hidden = self.slope[:width], self.slope[width:]
        self.velocity: Tensor | None = None
        optimizer = self.group.optimizer
        plain = isinstance(optimizer, Sgd) and not optimizer.nesterov and phase.settings.clip is None
        self.is_direct = plain and machine.log_variance is None
        self.with_momentum = self.is_direct and optimizer.written("momentum")

    def prepare(self, sides: Sides, offsets: Offsets | None, clock: Clock) -> None:
        """Makes of the means on both sides the factors of the weights' gradient, and the slopes of the biases.

        Raises `NotFinite` where those are not finite.
        """
        precision = self.conditionals.precision
        if offsets is not None:
            offsets.move(sides, precision)
        for part in self.sparsity:
            add_sparsity_slope(at_moment(part, clock), sides.data_hidden)
        if (counts := self.conditionals.machine.counts) is not None:
            sides.even_documents(counts)
        torch.mv(sides.columns, sides.shares, out=self.slope)
        sides.both_hidden.mul_(sides.share_column)
        if sides.totals is not None:
            torch.mv(sides.hidden_columns, sides.totals, out=self.slope_hidden)
        if not math.isfinite(self.slope.sum().item()):
            raise NotFinite("gradient", self.layer)
        if offsets is not None:
            offsets.fill(sides, self.slope_hidden, self.slope_visible, precision)

    def climb(self, sides: Sides, offsets: Offsets | None, clock: Clock) -> None:
        """One step of the optimizer. Raises `NotFinite`."""
        if not self.is_direct:
            self._give_gradient(sides, offsets)
            descend(self.phase, self.state, clock)
            return
        group, cost = self.group, self.segment.l2
        rate = group.last_rate = checked_rate(group.rate, clock)
        group.updates += 1
        if self.with_momentum:
            self._climb_with_velocity(sides, at_moment(group.optimizer, clock).momentum, rate)  # type: ignore[attr-defined]
        else:
            self.weight.addmm_(sides.left, sides.right, beta=1 - rate * cost, alpha=rate)
            self.biases.add_(self.slope, alpha=rate)
        if self.segment.l1:
            group.shrink(rate)

    def _climb_with_velocity(self, sides: Sides, momentum: float, rate: float) -> None:
        """`v ← momentum · v + g`, `w ← w − rate · v`, as the optimizer has it."""
        velocity = self.group.memory.get("velocity")
        if velocity is None:
            velocity = self.group.memory["velocity"] = torch.zeros_like(self.group.weights)
        if velocity is not self.velocity:  # at first, and after a state was taken up
            self.velocity = velocity
            machine = self.conditionals.machine
            place = _place_of(velocity, self.group, machine.weight, machine.weight.numel())
            self.weight_velocity = place.view_as(machine.weight)
            self.bias_velocity = _place_of(velocity, self.group, machine.visible_bias, len(self.slope))
        self.weight_velocity.addmm_(sides.left, sides.right, beta=momentum, alpha=-1)
        if self.segment.l2:
            self.weight_velocity.add_(self.weight, alpha=self.segment.l2)
        self.bias_velocity.mul_(momentum).sub_(self.slope)
        self.group.weights.add_(velocity, alpha=-rate)

    def _give_gradient(self, sides: Sides, offsets: Offsets | None) -> None:
        machine = self.conditionals.machine
        gradient = _gradient(machine.weight)
        torch.addmm(gradient, sides.left, sides.right, beta=0, alpha=-1, out=gradient)
        torch.neg(self.slope_hidden, out=_gradient(machine.hidden_bias))
        torch.neg(self.slope_visible, out=_gradient(machine.visible_bias))
        if machine.log_variance is not None:
            _gradient(machine.log_variance).copy_(self._slope_of_log_variance(sides).neg_())

    def _slope_of_log_variance(self, sides: Sides) -> Tensor:
        """`⟨(v−b)²/(2σ²) − v/σ² (Wᵀh)⟩` of the data less that of the model, for the gaussian units."""
        place, precision = self.conditionals.machine.gaussian, self.conditionals.precision
        assert precision is not None
        precision, scaled = precision[place], sides.both_visible[:, place]
        squares = (scaled / precision - self.conditionals.visible_bias[place]).square_().mul_(precision / 2)
        pushed = torch.mm(sides.both_hidden, self.weight[:, place])  # the hidden side has the shares in it
        return torch.mv(squares.t(), sides.shares) - (scaled * pushed).sum(0)


def _gradient(parameter: nn.Parameter) -> Tensor:
    assert parameter.grad is not None
    return parameter.grad


def _group_of(groups: Sequence[Group], parameter: nn.Parameter) -> Group:
    return next(group for group in groups if any(parameter is mine for mine in group.parameters))


def _segment_of(group: Group, parameter: nn.Parameter) -> Segment:
    """The segment that holds a parameter."""
    address = parameter.data_ptr()
    for segment in group.segments:
        start = segment.weights.data_ptr()
        if start <= address < start + segment.weights.numel() * segment.weights.element_size():
            return segment
    raise LookupError("the parameter is in no segment of its group")


def _place_of(flat: Tensor, group: Group, parameter: nn.Parameter, count: int) -> Tensor:
    """The stretch of a tensor that is laid out like the group's weights, from where the parameter is."""
    start = (parameter.data_ptr() - group.weights.data_ptr()) // parameter.element_size()
    return flat[start : start + count]
