"""What a layer keeps of the batches that it saw: one side's layers keep nothing of an update of the other side."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from torch import nn

from specc.door import attributes_of
from specc.ir import Graph
from specc.pytorch.nn.normalized import Spectral


@contextmanager
def at_rest(layers: Iterable[nn.Module]) -> Iterator[None]:
    """Within it the layers compute as they do in training, and their running statistics and directions stay as they are."""
    resting = list(layers)
    batch_norms = [layer for layer in resting if isinstance(layer, nn.modules.batchnorm._BatchNorm)]
    directions = [layer for layer in resting if isinstance(layer, Spectral) and layer.training]
    for layer in batch_norms:
        layer.track_running_stats = False  # a batch that trains goes by its own statistics then, and leaves none
    for layer in directions:
        layer.training = False  # the same largest singular value, whose direction is not looked for further
    try:
        yield
    finally:
        for layer in batch_norms:
            layer.track_running_stats = True
        for layer in directions:
            layer.training = True


def layers_of(module: nn.Module, graph: Graph | None) -> list[nn.Module]:
    """The layers of a part, as far as they have tensors of their own; of no part none."""
    named = dict(module.named_children())
    nodes = graph.nodes if graph is not None else ()
    return [named[name] for node in nodes for name in attributes_of(node) if name in named]
