"""Few units of a layer answer to each row: the penalty `cost · Σⱼ KL(target ‖ qⱼ)` on the means qⱼ of its units over a batch."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from specc.door import identifier
from specc.ir import Phase, Spec
from specc.members import ways
from specc.training.changing import at_moment
from specc.training.clock import Clock
from specc.training.parameters import regularizers_of
from specc.vocabulary.layers.dense import Dense
from specc.vocabulary.regularizers import Sparsity

LEAST = 1e-6
"""How near to 0 or 1 a mean may come."""


def divergence(target: float, means: Tensor) -> Tensor:
    """`Σⱼ KL(p ‖ qⱼ) = Σⱼ p ln(p/qⱼ) + (1−p) ln((1−p)/(1−qⱼ))` of bernoulli units with the means q."""
    q, p = means.clamp(LEAST, 1 - LEAST), torch.as_tensor(target, dtype=means.dtype, device=means.device)
    return (p * (p / q).log() + (1 - p) * ((1 - p) / (1 - q)).log()).sum()


class Sparse:
    """The layers of an encoder that a phase wants sparse, by their names in the module."""

    def __init__(self, spec: Spec, phase: Phase) -> None:
        of_layers = ways(spec, phase)
        self.parts: dict[str, Sparsity] = {}
        for node in spec.nodes:
            found = regularizers_of(node, phase, of_layers[node.name]) if isinstance(node.layer, Dense) else ()
            self.parts |= {identifier(node.name): part for part in found if isinstance(part, Sparsity)}

    @contextmanager
    def watching(self, module: nn.Module) -> Iterator[dict[str, Tensor]]:
        """What these layers give before their sigmoid, by name, filled in while the module computes."""
        seen: dict[str, Tensor] = {}

        def keep(name: str, given: Any) -> None:
            seen[name] = given

        layers = [(name, module.get_submodule(name)) for name in self.parts]
        hooks = [layer.register_forward_hook(lambda _, __, given, name=name: keep(name, given)) for name, layer in layers]
        try:
            yield seen
        finally:
            for hook in hooks:
                hook.remove()

    def penalty(self, seen: dict[str, Tensor], clock: Clock) -> Tensor | None:
        """The penalty of a batch; None where nothing is to be sparse."""
        total: Tensor | None = None
        for name, part in self.parts.items():
            now = at_moment(part, clock)
            value = now.cost * divergence(now.target, torch.sigmoid(seen[name]).mean(0))
            total = value if total is None else total + value
        return total
