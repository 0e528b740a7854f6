"""Averages of the weights of a phase: what each averaging of the vocabulary does, and their place in the module."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from specc.training.changing import at_moment
from specc.training.clock import Clock
from specc.vocabulary.averaging import Ema, Swa
from specc.vocabulary.families import Averaging


class Average:
    """The averages of a module's weights and batch statistics, as far as there are any: `count` says of how many.

    `weights` are views of them all, or where two play against each other of the generator's: `layers` are the attributes of
    its layers.
    """

    def __init__(
        self, part: Averaging | None, weights: Sequence[Tensor], module: nn.Module, layers: frozenset[str] | None = None
    ) -> None:
        self.part = part
        buffers = [
            buffer
            for name, buffer in module.named_buffers()
            if buffer.is_floating_point() and (layers is None or name.partition(".")[0] in layers)
        ]
        self.tensors = [*weights, *buffers] if part else []
        self.values: list[Tensor] = []
        self.count = 0

    def after_step(self, clock: Clock) -> None:
        if isinstance(self.part, Ema):
            decay = at_moment(self.part, clock).decay
            self._move(1.0 - min(decay, (1 + self.count) / (10 + self.count)))

    def after_epoch(self, clock: Clock) -> None:
        if isinstance(self.part, Swa) and clock.progress >= self.part.start:
            self._move(1.0 / (self.count + 1))

    @torch.no_grad()
    def _move(self, share: float) -> None:
        """`a ← a + share · (w − a)`; the first average is the weights themselves."""
        if not self.count:
            self.values = [tensor.clone() for tensor in self.tensors]
        else:
            for value, tensor in zip(self.values, self.tensors, strict=True):
                value.lerp_(tensor, share)
        self.count += 1

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """The module has the averages, where there are any, inside the block, and then its own numbers again."""
        own = [tensor.clone() for tensor in self.tensors] if self.count else []
        self.put()
        try:
            yield
        finally:
            self._put(own)

    def put(self) -> None:
        """Gives the module the averages for good, where there are any."""
        self._put(self.values)

    @torch.no_grad()
    def _put(self, values: list[Tensor]) -> None:
        for tensor, value in zip(self.tensors, values):
            tensor.copy_(value)

    def state(self) -> dict[str, Tensor]:
        """Everything that the average is, by name."""
        return {"count": torch.tensor(self.count)} | {str(index): value for index, value in enumerate(self.values)}

    def load(self, state: dict[str, Tensor]) -> None:
        """Takes over what `state` gave."""
        self.count = int(state["count"])
        self.values = [state[str(i)].to(tensor.device).clone() for i, tensor in enumerate(self.tensors)] if self.count else []
