"""The rows of a run as one machine sees them: its visible units, side by side."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from specc.door import entries, identifier
from specc.ir import Node, Spec
from specc.machines import machines
from specc.memory import MOST_HELD, rows_at_once
from specc.pytorch.nn import RestrictedBoltzmann
from specc.training.rows import Batch, Rows
from specc.training.streams import Streams
from specc.vocabulary.layers.boltzmann import Label, Visible

MOST_ORDERED = 2**24
"""Numbers that are copied into the order of an epoch; the rows of more are looked up batch by batch."""


class VisibleRows:
    """The visible units of the machine `layer`: the data, labels last, or the features of the machines below, made once."""

    def __init__(self, spec: Spec, layer: str, rows: Rows, module: nn.Module) -> None:
        self.spec, self.rows, self.device = spec, rows, rows.device
        self.node = next(node for node in machines(spec) if node.name == layer)
        self.machine: RestrictedBoltzmann = getattr(module, identifier(layer))
        self.below = tuple(getattr(module, identifier(name)) for name in _below(spec, self.node))
        self.label = next((n.layer for n in spec.graph.nodes if isinstance(n.layer, Label) and layer in n.inputs), None)
        self.order: Tensor | None = None
        """The order of the epoch under way, and the rows in it."""
        self.ordered = torch.empty(0)
        changes = bool(rows.augment) or bool(rows.intensities)
        self.held: Tensor | None = None
        count = len(next(iter(rows.inputs.values())))
        if not changes and count * len(self.machine.visible_bias) <= MOST_HELD:
            self.held = self._all(count)

    def _all(self, count: int) -> Tensor:
        held = torch.empty(count, len(self.machine.visible_bias), device=self.device)
        for numbers in torch.arange(count).split(rows_at_once(self.spec)):
            held[numbers] = self._seen(self.rows.batch(numbers))
        return held

    def batch(self, numbers: Tensor, streams: Streams | None = None) -> Batch:
        """Some rows by number, under the name `visible`, `[batch, visible units]`."""
        if self.held is not None:
            return Batch({"visible": self.held.index_select(0, numbers.to(self.device))}, {})
        return Batch({"visible": self._seen(self.rows.batch(numbers, streams))}, {})

    def stretch(self, order: Tensor, stretch: slice, streams: Streams) -> Batch:
        """A stretch of an epoch's rows. Where they are few numbers in all, they are put into their order once an epoch."""
        if self.held is None or self.held.numel() > MOST_ORDERED:
            return self.batch(order[stretch], streams)
        if self.order is not order:
            self.order, self.ordered = order, self.held.index_select(0, order.to(self.device))
        return Batch({"visible": self.ordered[stretch]}, {})

    def some(self, numbers: np.ndarray, most: int) -> Tensor:
        """At most so many of the rows, spread evenly over them."""
        chosen = torch.from_numpy(numbers[:: max(1, len(numbers) // most)][:most].copy())
        return self.batch(chosen).inputs["visible"]

    def lowest(self, batch: Batch) -> Tensor:
        """What the lowest machine sees of a batch, `[batch, units]`, without labels."""
        return visible_of(self.spec, batch)

    @torch.no_grad()
    def _seen(self, batch: Batch) -> Tensor:
        """What the machine sees of a batch as the door has it."""
        v = self.lowest(batch)
        for machine in self.below:
            v = machine(v)
        if self.label is None:
            return v
        known = batch.targets[self.label.column]
        labels = functional.one_hot(known.clamp(min=0), self.machine.labels).to(v.dtype)
        return torch.cat([v, labels * (known >= 0).unsqueeze(1)], 1)


def visible_of(spec: Spec, batch: Batch) -> Tensor:
    """The columns that the lowest machine sees, `[batch, units]`, without labels."""
    nodes = [node for node in spec.graph.nodes if isinstance(node.layer, Visible)]
    return torch.cat([batch.inputs[tensor.name].flatten(1) for node in nodes for tensor in entries(spec, node)], 1)


def _below(spec: Spec, node: Node) -> list[str]:
    """The machines below one, the lowest first."""
    names: list[str] = []
    known = {other.name: other for other in machines(spec)}
    while (under := next((name for name in node.inputs if name in known), None)) is not None:
        names.insert(0, under)
        node = known[under]
    return names
