"""Memory: refused before anything is allocated where it surely is too little, and said what would fit where it ran out."""

from __future__ import annotations

import errno
import re

import torch

from specc.costs import cost_of
from specc.data.dataset import Dataset
from specc.diagnostics import Diagnostic, Report, Source, Span
from specc.infer import infer_shapes
from specc.ir import Node, Phase, Spec
from specc.machines import machines
from specc.memory import Need, fitting_batch, free_memory, need_of, spoken_bytes, used_memory
from specc.training.device import free_on

ASKED = re.compile(r"tried to allocate ([\d.]+) (bytes|[KMGT]iB)|Unable to allocate ([\d.]+) ([KMGT]?i?B|bytes)", re.IGNORECASE)
RAN_OUT = ("out of memory", "not enough memory", "allocate memory", "bad_alloc", "create a memory object", "alloc_cpu")
"""What torch and its libraries say; a sentence that only speaks of memory is another fault."""


class Budget:
    """What a run may take, and what each of its phases needs at the least."""

    def __init__(self, spec: Spec, dataset: Dataset, device: torch.device, most: int | None = None) -> None:
        assert spec.bound is not None
        self.spec, self.device, self.most = spec, device, most
        own = free_on(device)
        rows = spec.bound.rows["train"]
        copied = sum(values.nbytes for values in (*dataset.inputs.values(), *dataset.targets.values()))
        self.needs = {phase.name: need_of(spec, phase, rows, copied if device.type != "cpu" else None) for phase in spec.phases}
        self.room = own if own is not None else free_memory() if device.type == "cpu" else None
        self.limited = most is not None and (self.room is None or most - used_memory() < self.room)
        """Whether it is `--max-memory` that counts."""
        if self.limited and most is not None:
            self.room = most - (used_memory() if device.type == "cpu" else 0)

    def refusal(self) -> Diagnostic | None:
        """Why the run cannot be trained here; None where it may well be."""
        for phase in self.spec.phases:
            need = self.needs[phase.name]
            if self.room is not None and need.total > self.room:
                return self._refusal(phase, need, self.room)
        return None

    def _refusal(self, phase: Phase, need: Need, room: int) -> Diagnostic:
        what = f"the phase `{phase.name}`" if len(self.spec.phases) > 1 else "training"
        where = f" on {self.device}" if self.device.type != "cpu" else ""
        there = f"{spoken_bytes(max(0, room))} are free{where}"
        if self.limited:
            there = f"`--max-memory` leaves {spoken_bytes(max(0, room))} beside the {spoken_bytes(used_memory())} in use"
        if self.limited and room <= 0:
            message = f"`--max-memory` is less than the {spoken_bytes(used_memory())} that specc itself has in use"
            return Diagnostic("E0507", message, help="give it more, or leave it out")
        message = f"{what} needs at least {spoken_bytes(need.total)} of memory, and {there}"
        batch = fitting_batch(need, room)
        if 0 < batch < need.batch:
            label = f"a batch of {need.batch:,} rows takes {spoken_bytes(need.row * need.batch)} in all layers together"
            return Diagnostic("E0507", message, _batch_span(self.spec, phase), label, help=f"`batch = {batch}` would fit")
        if need.row * need.answered > need.standing + need.saving:
            node, count = _widest(self.spec)
            label = f"`{node.name}` gives {count:,} numbers a row, and {need.answered:,} rows are answered at once"
            return Diagnostic(
                "E0507", message, node.span, label, help="take fewer channels or units, or a larger stride before it"
            )
        if 2 * need.held > need.standing + need.saving:
            node = next(node for node in machines(self.spec) if node.name == phase.layer)
            label = f"`{node.name}` holds what it sees of every row: {spoken_bytes(need.held)}"
            return Diagnostic("E0507", message, node.span, label, help="take fewer columns, smaller pictures or fewer rows")
        node, count = _heaviest(self.spec)
        taken = spoken_bytes(need.standing + need.saving)
        label = f"`{node.name}` has {count:,} weights; with gradients and copies all of them take {taken}"
        return Diagnostic("E0507", message, node.span, label, help=_fewer_units(self.spec, phase, node, room))

    def ran_out(self, error: BaseException, phase: Phase) -> Diagnostic:
        """Memory ran out while training: what was asked for, what was free, what would fit."""
        need = self.needs[phase.name]
        own = free_on(self.device)
        free = own if own is not None else free_memory()
        asked = _asked(error)
        said = f": {asked} more were asked for" if asked else ""
        said += f"{', and' if asked else ':'} {spoken_bytes(max(0, free))} were free" if free is not None else ""
        rows = f"batches of {need.batch:,} rows" if need.batch > 1 else "batches of a single row"
        # The need is a lower bound, and this batch was too much: half of it is the most that may be hoped for.
        batch = min(fitting_batch(need, self.room) if self.room is not None else need.batch, need.batch // 2)
        way_out = f"`batch = {batch}` would fit" if batch else "take fewer units or channels, or a machine with more memory"
        return Diagnostic("E0507", f"out of memory with {rows}{said}", _batch_span(self.spec, phase), help=way_out)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether a fault of Python, torch or the system says that memory ran out."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    if isinstance(error, OSError):
        return error.errno == errno.ENOMEM
    return isinstance(error, RuntimeError) and any(words in str(error).lower() for words in RAN_OUT)


def _asked(error: BaseException) -> str | None:
    found = ASKED.search(str(error))
    if found is None:
        return None
    amount, unit = (found[1], found[2]) if found[1] else (found[3], found[4])
    return spoken_bytes(int(float(amount))) if unit.lower() == "bytes" else f"{amount} {unit}"


def _batch_span(spec: Spec, phase: Phase) -> Span | None:
    paths = (f"train.{phase.name}.batch", "train.batch", f"train.{phase.name}", "train")
    return next((spec.spans[path] for path in paths if path in spec.spans), None)


def _heaviest(spec: Spec) -> tuple[Node, int]:
    """The layer with the most weights."""
    counted = ((node, cost_of(node, spec.shapes).parameters) for node in spec.nodes)
    found = [(node, count) for node, count in counted if isinstance(count, int)]
    return max(found, key=lambda layer: layer[1])


def _widest(spec: Spec) -> tuple[Node, int]:
    """The layer that gives the most numbers."""
    nodes = [node for graph in spec.graphs.values() for node in graph.nodes]
    sizes = [(node, sum(c for shape in node.outputs.values() if isinstance(c := shape.count, int))) for node in nodes]
    return max(sizes, key=lambda layer: layer[1])


def _fewer_units(spec: Spec, phase: Phase, heaviest: Node, room: int) -> str:
    """How many units of one layer would fit: tried by halves, since a layer changes what those behind it have."""
    assert spec.bound is not None
    field = next((name for name in ("units", "channels") if isinstance(getattr(heaviest.layer, name, None), int)), None)
    way_out = "take fewer units or channels"
    if field is None or heaviest.layer.word == "output":
        return way_out
    given, units = getattr(heaviest.layer, field), getattr(heaviest.layer, field)
    rows = spec.bound.rows["train"]
    while units > 1:
        units = 1 << ((units - 1).bit_length() - 1)
        smaller = _with_units(spec, heaviest, field, units)
        if smaller is None:
            return way_out
        if need_of(smaller, phase, rows).total <= room:
            return f"with {units:,} {field} instead of {given:,} it would fit"
    return way_out


def _with_units(spec: Spec, changed: Node, field: str, units: int) -> Spec | None:
    """The spec with another size of one layer; None where it no longer fits together."""
    assert spec.bound is not None
    graphs = {}
    for name, graph in spec.graphs.items():
        layer = changed.layer.model_copy(update={field: units})
        nodes = tuple(node.model_copy(update={"layer": layer}) if node is changed else node for node in graph.nodes)
        graphs[name] = graph.model_copy(update={"nodes": nodes})
    report = Report(Source("", ""))
    smaller = infer_shapes(spec.model_copy(update={"graphs": graphs}), report, spec.bound.sizes)
    return None if report.has_errors else smaller
