"""The distributions between a base and a machine, and chains of rows that move along them."""

from __future__ import annotations

import torch
from torch import Generator, Tensor

from specc.pytorch.nn.units import Bernoulli, Gaussian
from specc.training.likelihood.terms import Terms, visible_log_partition


class Path:
    """Chains at a state of the visible units, between a base at β = 0 and a machine at β = 1.

        ln f_β(v) = (1 − β)·visible terms of the base + β·visible terms of the machine + Σ_j L(β x_j(v))

    x is what the machine's hidden units see, L the logarithm of a hidden unit's sum (its integral) at that input; given hidden
    units the visible ones see (1 − β)·field of the base + β·(field of the machine + h·weight). For any kinds of units both
    conditionals and the sum over the hidden side are closed forms. Memory is taken once; random numbers are drawn in float32, and
    the differences of ln f are summed in float64.
    """

    def __init__(self, base: Terms, machine: Terms, visible: Tensor, totals: Tensor, generator: Generator) -> None:
        self.base, self.machine, self.visible, self.totals, self.generator = base, machine, visible, totals, generator
        self.bias = machine.hidden_bias if machine.document is None else totals[:, None] * machine.hidden_bias
        self.inputs = visible.new_empty(len(visible), len(machine.hidden_bias))
        self.hidden, self.hidden_noise = torch.empty_like(self.inputs), torch.empty_like(self.inputs)
        self.noise = torch.empty_like(visible)
        self.has_squares = bool((machine.precision != base.precision).any())
        self.look()

    def look(self) -> None:
        """What the hidden units see of the state: once after each change of it."""
        torch.addmm(self.bias, self.visible, self.machine.weight.t(), out=self.inputs)

    def log_ratio(self, before: float, after: float) -> Tensor:
        """ln f_after(v) − ln f_before(v) of each chain, in float64."""
        base, machine = self.base, self.machine
        own = self.visible @ (machine.field - base.field) - (machine.constant - base.constant)
        if self.has_squares:
            own = own - 0.5 * (self.visible.square() @ (machine.precision - base.precision))
        return own.double() * (after - before) + self._hidden_between(before, after)

    def step(self, beta: float) -> None:
        """A step of Gibbs sampling that leaves f_β as it is, from the inputs last looked at; then it looks again."""
        base, machine = self.base, self.machine
        hidden = torch.mul(self.inputs, beta, out=self.hidden)
        machine.hidden_units.draw_(hidden, self.generator, None, self.hidden_noise)
        field = torch.lerp(base.field, machine.field, beta)
        torch.addmm(field, hidden, machine.weight, alpha=beta, out=self.visible)
        draw_visible(machine, self.visible, torch.lerp(base.precision, machine.precision, beta), self)
        self.look()

    def _hidden_between(self, before: float, after: float) -> Tensor:
        """Σ_j L(after·x_j) − L(before·x_j), subtracted unit by unit, where the two are of like size."""
        units = self.machine.hidden_units
        if isinstance(units, Gaussian):
            return self.inputs.square().sum(dim=1, dtype=torch.float64) * ((after**2 - before**2) / 2)
        # ln(1 + eˣ) keeps its digits in float32; x²/2 + ln Φ(x) needs more of them.
        inputs = self.inputs if isinstance(units, Bernoulli) else self.inputs.double()
        difference = units.log_partition(inputs * after).sub_(units.log_partition(inputs * before))
        return difference.sum(dim=1, dtype=torch.float64)


def draw_visible(terms: Terms, seen: Tensor, precision: Tensor, path: Path) -> None:
    """Replaces what visible units see by a draw of them; `precision` is that of gaussian ones at this moment."""
    for _, units, place in terms.stretches:
        if isinstance(units, Gaussian):
            noise = path.noise[:, place].normal_(generator=path.generator)
            seen[:, place].div_(precision[place]).addcmul_(noise, precision[place].rsqrt())
        else:
            units.draw_(seen[:, place], path.generator, path.totals, path.noise[:, place])


def path_from_base(base: Terms, machine: Terms, totals: Tensor, generator: Generator) -> Path:
    """Chains at draws of the base, one a total."""
    state = base.field.expand(len(totals), -1).contiguous()
    path = Path(base, machine, state, totals, generator)
    draw_visible(base, path.visible, base.precision, path)
    path.look()
    return path


def base_log_partition(base: Terms, totals: Tensor) -> Tensor:
    """ln Z of the base for each total, in float64: its visible units' sums, and of each hidden unit what sees nothing."""
    wide = base.field.double()[None]
    exact = Terms(**{**vars(base), "precision": base.precision.double()})
    rest, word = visible_log_partition(exact, wide)
    hidden = base.hidden_units.log_partition(torch.zeros_like(base.hidden_bias, dtype=torch.float64)).sum()
    return rest + totals.double() * word - base.constant.double() + hidden
