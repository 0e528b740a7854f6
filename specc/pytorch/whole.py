"""The `forward` of a composite: its parts one after the other, as they are used."""

from __future__ import annotations

from specc.composites import IN_USE, entering, giving
from specc.door import identifier
from specc.ir import Spec


def whole_forward(spec: Spec) -> list[str]:
    """The method as lines of source; noise and columns that several parts take are taken once."""
    order = [name for name in IN_USE[spec.model.word] if name in spec.graphs]
    given: dict[str, str] = {}
    arguments: dict[str, None] = {}
    lines: list[str] = []
    for name in order:
        graph = spec.graphs[name]
        call: list[str] = []
        for one in entering(spec, graph):
            own = given.get(one.reference, one.name)
            if one.reference not in given:
                arguments[one.name] = None
            call.append(own if own == one.name else f"{one.name}={own}")
        results = giving(spec, graph)
        names = {tensor: identifier(tensor) for tensor in results}
        written = f"self.{identifier(name)}({', '.join(_positional(call))})"
        if name == order[-1]:
            lines.append(f"return {written}" + ("[0]" if len(results) > 1 else ""))
        else:
            first = names[results[0]]
            lines.append(f"{first} = {written}" + ("[0]" if len(results) > 1 else ""))
            given[results[0]] = first
    head = f"def forward(self, {', '.join(f'{name}: Tensor' for name in arguments)}) -> Tensor:"
    return [head, *(f"    {line}" for line in lines)]


def _positional(call: list[str]) -> list[str]:
    """Arguments in the order in which the part takes them: names say nothing more there."""
    return [argument.partition("=")[2] or argument for argument in call]
