"""The `forward` of a composite: its parts one after the other, as they are used."""

from __future__ import annotations

from specc.composites import IN_USE, entering, giving
from specc.door import identifier
from specc.ir import Spec


def whole_forward(spec: Spec) -> list[str]:
    """The method as lines of source; noise and columns that several parts take are taken once."""
    given: dict[str, str] = {}
    arguments: dict[str, None] = {}
    lines: list[str] = []
    for name in (part for part in IN_USE[spec.model.word] if part in spec.graphs):
        graph = spec.graphs[name]
        taken, (end, *more) = entering(spec, graph), giving(spec, graph)
        arguments |= {one.name: None for one in taken if one.reference not in given}
        call = ", ".join(given.get(one.reference, one.name) for one in taken)
        given[end] = identifier(end)
        lines.append(f"{given[end]} = self.{identifier(name)}({call}){'[0]' if more else ''}")
    head = f"def forward(self, {', '.join(f'{name}: Tensor' for name in arguments)}) -> Tensor:"
    return [head, *(f"    {line}" for line in lines), f"    return {list(given.values())[-1]}"]
