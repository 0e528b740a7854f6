"""The restricted Boltzmann machine: its energy, what each side says of the other, draws of both, and its free energy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Generator, Tensor, nn

from specc.pytorch.nn.units import HIDDEN, Gaussian, Units, visible_units

VISIBLE = ("bernoulli", "gaussian", "softmax", "replicated_softmax", "relu")


class Stretch(NamedTuple):
    """Visible units of one kind side by side: those of neighboring blocks that are drawn alike are one stretch."""

    kind: str
    units: Units
    place: slice


class RestrictedBoltzmann(nn.Module):
    """Visible units of several kinds and hidden units of one, with weights between the two sides and none within.

    `visible` are blocks, kind and width; with `labels` the last one is the softmax of so many labels. The energy is

        E(v, h) = Σ_gaussian (v − b)²/(2σ²) − Σ_others b·v − D Σ_j c_j h_j − Σ_ij h_j W_ji v_i/σ_i²
                  + Σ h²/2 for gaussian and relu hidden units + Σ v²/2 for relu visible ones

    with σ² = 1 unless it is learned (`log_variance`, as Cho et al. 2011 have it) and D the number of draws of a row's
    replicated softmax, else 1 (Salakhutdinov and Hinton 2009; probabilities are those of the draws in one order).
    A row of a softmax block that is all zeros is one whose value is not known.
    """

    def __init__(
        self,
        visible: Sequence[tuple[str, int]],
        hidden: int,
        units: str = "bernoulli",
        learned_variance: bool = False,
        labels: int = 0,
        generative: bool = False,
    ) -> None:
        super().__init__()
        _check(visible, units, labels)
        self.blocks, self.units, self.labels = tuple((kind, width) for kind, width in visible), units, labels
        self.stretches = _stretches(self.blocks)
        self.hidden_units = HIDDEN[units]
        width = sum(width for _, width in self.blocks)
        self.weight = nn.Parameter(torch.empty(hidden, width).normal_(0, 0.01))
        self.visible_bias = nn.Parameter(torch.zeros(width))
        self.hidden_bias = nn.Parameter(torch.zeros(hidden))
        gaussian = [i for stretch in self.stretches if stretch.kind == "gaussian" for i in range(width)[stretch.place]]
        self.gaussian: Tensor
        self.register_buffer("gaussian", torch.tensor(gaussian, dtype=torch.long), persistent=False)
        self.log_variance = nn.Parameter(torch.zeros(len(gaussian))) if learned_variance and gaussian else None
        self.generative_weight = nn.Parameter(self.weight.detach().clone()) if generative else None
        """Weights of its own for the way down, which `generative_input` goes by and nothing else here does."""
        self.counts = next((stretch.place for stretch in self.stretches if stretch.kind == "replicated_softmax"), None)
        """Where the counts are that say how often a row's replicated softmax is drawn."""

    def precision(self) -> Tensor | None:
        """`1/σ²` of every visible unit, 1 for those that are not gaussian; None where it is 1 for all."""
        if self.log_variance is None:
            return None
        return torch.ones_like(self.visible_bias).index_copy(0, self.gaussian, torch.exp(-self.log_variance))

    def totals(self, v: Tensor) -> Tensor | None:
        """The draws of each row's replicated softmax, `[batch]`; None without one."""
        return None if self.counts is None else v[:, self.counts].sum(-1)

    def forward(self, v: Tensor) -> Tensor:
        """The features: σ(x), x, max(0, x); with labels `v` is without them and the features are `Σ_y p(y|v) f(x + U_y)`."""
        if not self.labels:
            return self.hidden_units.feature(self._hidden_input(v))
        each = self._input_by_label(v)
        shares = torch.softmax(self._label_logits(each), -1)
        return (self.hidden_units.feature(each) * shares.unsqueeze(-1)).sum(1)

    def label_logits(self, v: Tensor) -> Tensor:
        """`[batch, labels]`, the softmax of which is `p(y|v)`; `v` is without its labels."""
        return self._label_logits(self._input_by_label(v))

    def free_energy(self, v: Tensor) -> Tensor:
        """`F(v) = −ln Σ_h e^{−E(v, h)}`, `[batch]`."""
        return self._visible_energy(v) - self.hidden_units.log_partition(self._hidden_input(v)).sum(-1)

    def energy(self, v: Tensor, h: Tensor) -> Tensor:
        """`E(v, h)`, `[batch]`."""
        own = self.hidden_units.own_energy(h)
        energy = self._visible_energy(v) - (self._hidden_input(v) * h).sum(-1)
        return energy if own is None or self.units == "bernoulli" else energy + own

    @torch.no_grad()
    def hidden_input(self, v: Tensor) -> Tensor:
        """`D c + W v/σ²`, `[batch, hidden]`."""
        return self._hidden_input(v)

    @torch.no_grad()
    def hidden_mean(self, v: Tensor) -> Tensor:
        """`E[h|v]`: σ(x), x, or `x + φ(x)/Φ(x)` of relu units."""
        return self.hidden_units.mean_(self._hidden_input(v))

    @torch.no_grad()
    def sample_hidden(self, v: Tensor, generator: Generator | None) -> Tensor:
        """A draw of `p(h|v)`."""
        return self.hidden_units.draw_(self._hidden_input(v), generator)

    @torch.no_grad()
    def visible_input(self, h: Tensor) -> Tensor:
        """`b + Wᵀ h`, `[batch, visible]`."""
        return torch.addmm(self.visible_bias, h, self.weight)

    def generative_input(self, h: Tensor) -> Tensor:
        """The visible units' input by the weights of the way down, where they are apart. Differentiable."""
        weight = self.weight if self.generative_weight is None else self.generative_weight
        return torch.addmm(self.visible_bias, h, weight)

    @torch.no_grad()
    def visible_mean(self, h: Tensor, totals: Tensor | None = None) -> Tensor:
        """`E[v|h]`; `totals` `[batch]` are the draws of a replicated softmax, one where they are not given."""
        return self.visible_mean_(self.visible_input(h), totals)

    @torch.no_grad()
    def sample_visible(self, h: Tensor, generator: Generator | None, totals: Tensor | None = None) -> Tensor:
        """A draw of `p(v|h)`."""
        return self.draw_visible_(self.visible_input(h), generator, totals)

    @torch.no_grad()
    def visible_mean_(self, x: Tensor, totals: Tensor | None = None) -> Tensor:
        """The mean of the visible units in place of their input."""
        for stretch in self.stretches:
            stretch.units.mean_(x[:, stretch.place], totals)
        return x

    @torch.no_grad()
    def draw_visible_(
        self, x: Tensor, generator: Generator | None, totals: Tensor | None = None, noise: Tensor | None = None
    ) -> Tensor:
        """A draw of the visible units in place of their input; `noise` is memory of the same shape that may be used."""
        noise = torch.empty_like(x) if noise is None else noise
        precision = self.precision()
        for _, units, place in self.stretches:
            if precision is not None and isinstance(units, Gaussian):
                x[:, place].addcmul_(noise[:, place].normal_(generator=generator), precision[place].rsqrt())
            else:
                units.draw_(x[:, place], generator, totals, noise[:, place])
        return x

    def _hidden_input(self, v: Tensor) -> Tensor:
        precision, totals = self.precision(), self.totals(v)
        scaled = v if precision is None else v * precision
        if totals is None:
            return torch.addmm(self.hidden_bias, scaled, self.weight.t())
        return torch.mm(scaled, self.weight.t()) + totals.unsqueeze(-1) * self.hidden_bias

    def _visible_energy(self, v: Tensor) -> Tensor:
        """The part of the energy that no hidden unit has to do with."""
        precision, bias, energy = self.precision(), self.visible_bias, v.new_zeros(len(v))
        for _, units, place in self.stretches:
            values = v[:, place]
            if isinstance(units, Gaussian):
                squares = (values - bias[place]).square()
                energy = energy + (squares if precision is None else squares * precision[place]).sum(-1) / 2
                continue
            own = units.own_energy(values)
            energy = energy - values @ bias[place] + (0.0 if own is None else own)
        return energy

    def _input_by_label(self, v: Tensor) -> Tensor:
        """The input of the hidden units for every label, `[batch, labels, hidden]`."""
        unknown = self._hidden_input(torch.cat([v, v.new_zeros(len(v), self.labels)], -1))
        return unknown.unsqueeze(1) + self.weight[:, -self.labels :].t()

    def _label_logits(self, each: Tensor) -> Tensor:
        return self.hidden_units.log_partition(each).sum(-1) + self.visible_bias[-self.labels :]

    def extra_repr(self) -> str:
        hidden, width = self.weight.shape
        return f"{width} visible, {hidden} hidden, {', '.join(kind for kind, _ in self.blocks)} – {self.units}"


def _stretches(blocks: Sequence[tuple[str, int]]) -> tuple[Stretch, ...]:
    """Neighbors of one kind become one; of softmax blocks those of one width."""
    found: list[Stretch] = []
    start, before = 0, None
    for kind, width in blocks:
        alike = (kind, width) if kind == "softmax" else (kind,)
        if alike == before:
            found[-1] = found[-1]._replace(place=slice(found[-1].place.start, start + width))
        else:
            found.append(Stretch(kind, visible_units(kind, width), slice(start, start + width)))
        start, before = start + width, alike
    return tuple(found)


def _check(visible: Sequence[tuple[str, int]], units: str, labels: int) -> None:
    kinds = [kind for kind, _ in visible]
    if units not in HIDDEN or not set(kinds) <= set(VISIBLE):
        raise ValueError(f"units are one of {', '.join(VISIBLE)}, hidden ones of {', '.join(HIDDEN)}")
    if kinds.count("replicated_softmax") > 1:
        raise ValueError("there is one block of counts at most: its draws are those that the hidden biases are taken for")
    if labels and (not visible or tuple(visible[-1]) != ("softmax", labels)):
        raise ValueError("the labels are the last visible block, a softmax of as many")
