"""The state of a phase: everything that its steps change, and nothing else, so that a checkpoint is whole by its making."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from specc.door import attributes_of, identifier
from specc.ir import Phase, Spec
from specc.members import Held, held_parts, side_of
from specc.pytorch.nn.normalized import Spectral
from specc.training.averaging import Average
from specc.training.clock import Clock
from specc.training.parameters import FlatParameters
from specc.training.streams import Streams


class State:
    """The module, its parameters in groups with what their optimizers remember, their average, and a procedure's own tensors.

    A step is a function of the state, a batch and the clock; it changes the state's tensors in place.
    """

    def __init__(self, spec: Spec, phase: Phase, module: nn.Module, streams: Streams) -> None:
        self.module, self.streams = module, streams
        self.parameters = FlatParameters(module, spec, phase)
        self.average = Average(phase.settings.average, *_averaged(spec, self.parameters, module))
        self.own: dict[str, Tensor] = {}
        """What the procedure itself keeps from one step to the next."""
        self._held = self._held_statistics(held_parts(spec, phase))

    def _held_statistics(self, held: tuple[Held, ...]) -> list[tuple[nn.Module, list[Held]]]:
        """The layers with batch statistics that something holds for a while, and what does."""
        layers = []
        for name, layer in self.module.named_children():
            holding = [part for part in held if name in map(identifier, part.names)]
            if holding and isinstance(layer, nn.modules.batchnorm._BatchNorm | Spectral):
                layers.append((layer, holding))
        return layers

    def settle(self, clock: Clock) -> None:
        """Takes what this moment says: costs that change, and which parts are frozen."""
        self.parameters.settle(clock)
        for layer, held in self._held:
            # In use its statistics stay as they are, and are what it normalizes by.
            layer.train(not any(part.holds(clock.epoch, clock.step) for part in held))

    def tensors(self) -> dict[str, Tensor]:
        """Everything by name."""
        named = {f"module/{name}": tensor for name, tensor in self.module.state_dict().items()}
        named |= {f"own/{name}": tensor for name, tensor in self.own.items()}
        named |= {f"average/{name}": tensor for name, tensor in self.average.state().items()}
        for index, group in enumerate(self.parameters.groups):
            named[f"group/{index}/updates"] = torch.tensor(group.updates)
            named |= {f"group/{index}/memory/{name}": tensor for name, tensor in group.memory.items()}
        return named

    def load(self, tensors: dict[str, Tensor]) -> None:
        """Takes over what `tensors` gave; the module's own tensors stay where they are. Raises `KeyError`, `RuntimeError`."""
        device = self.parameters.weights.device
        self.module.load_state_dict(below(tensors, "module/"))
        self.own = {name: tensor.to(device).clone() for name, tensor in below(tensors, "own/").items()}
        self.average.load(below(tensors, "average/"))
        for index, group in enumerate(self.parameters.groups):
            group.updates = int(tensors[f"group/{index}/updates"])
            group.memory = {n: t.to(device).clone() for n, t in below(tensors, f"group/{index}/memory/").items()}


def _averaged(spec: Spec, parameters: FlatParameters, module: nn.Module) -> tuple[list[Tensor], nn.Module, frozenset[str] | None]:
    """What an average is of: all weights, or the generator's, and the layers whose batch statistics go with them.

    A recognizer learns with the generator, and works on the discriminator's layers, which are not averaged: neither is it.
    """
    if "generator" not in parameters.sides:
        return [parameters.weights], module, None
    beside = spec.graphs["recognizer"].by_name if "recognizer" in spec.graphs else {}
    averaged = [node for node in spec.nodes if side_of(spec, node) == "generator" and node.name not in beside]
    layers = frozenset(name for node in averaged for name in attributes_of(node))
    if not beside:
        return [parameters.of("generator")[0]], module, layers
    return [p.data for name, p in module.named_parameters() if name.partition(".")[0] in layers], module, layers


def below(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """The tensors whose names begin so, by the rest of their names."""
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}
