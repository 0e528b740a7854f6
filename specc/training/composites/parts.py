"""The parts of a composite's module, called with what the spec says that they take."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from torch import Tensor, nn

from specc.composites import Entering, end_of, entering, giving
from specc.door import DoorTensor, entries, identifier
from specc.ir import Spec
from specc.vocabulary.layers.sources import Input


class Call(NamedTuple):
    """How a part is called: the method, what it takes, and the references of the tensors that it gives."""

    method: str
    takes: tuple[Entering, ...]
    gives: tuple[str, ...]


class Parts:
    """The calls of all parts of a spec."""

    def __init__(self, spec: Spec) -> None:
        self.calls = {
            name: Call(identifier(name), entering(spec, graph), giving(spec, graph)) for name, graph in spec.graphs.items()
        }
        self.ends = {name: end_of(graph) for name, graph in spec.graphs.items()}

    def __contains__(self, part: str) -> bool:
        return part in self.calls

    def __call__(
        self, module: nn.Module, part: str, columns: Mapping[str, Tensor], given: Mapping[str, Tensor] | None = None
    ) -> dict[str, Tensor]:
        """What a part gives, by reference. `columns` are tensors of the door by name, `given` noise and others' by theirs."""
        call = self.calls[part]
        arguments = [columns[one.tensor.name] if one.tensor is not None else _given(one, given or {}) for one in call.takes]
        result = getattr(module, call.method)(*arguments)
        return dict(zip(call.gives, result if isinstance(result, tuple) else (result,)))


def _given(one: Entering, given: Mapping[str, Tensor]) -> Tensor:
    return given[one.reference or one.name]


def made_tensor(spec: Spec) -> DoorTensor:
    """The tensor of the door that a composite makes: what its encoder or discriminator takes of the data."""
    node = next(node for node in spec.nodes if type(node.layer) is Input)
    (tensor,) = entries(spec, node)
    return tensor


def seen_by(spec: Spec) -> str:
    """The name of the tensor that an encoder takes and a decoder makes again: of the door, or features of another encoder."""
    encoder = spec.graphs["encoder"]
    given = next((one for one in entering(spec, encoder) if one.node is not None), None)
    return made_tensor(spec).name if given is None else given.name
