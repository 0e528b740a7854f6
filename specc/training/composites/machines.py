"""A dense layer of an autoencoder and its mirrored way back as a restricted Boltzmann machine, and the rows as it sees them."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from specc.door import identifier
from specc.ir import Spec
from specc.memory import MOST_HELD
from specc.pytorch.nn import RestrictedBoltzmann
from specc.training.boltzmann.rows import VisibleRows
from specc.training.composites.parts import made_tensor
from specc.training.rows import Batch, Rows
from specc.unrolled import Stage, hidden_units, stages, visible_blocks
from specc.vocabulary.layers.mirrored import Mirrored


class UnrolledMachine:
    """The machine of a stage. Its weight and hidden biases are those of the encoder's layer, its visible biases those of the
    mirrored one: the very parameters, which the phase trains where they are. A weight of the mirrored layer's own follows.
    """

    def __init__(self, spec: Spec, stage: Stage, module: nn.Module) -> None:
        self.machine = machine_of(spec, stage, module)
        mirror = stage.mirror.layer
        assert isinstance(mirror, Mirrored)
        back = getattr(module, identifier(stage.mirror.name))
        self.own_weight: nn.Parameter | None = None if mirror.tied else back.weight

    @torch.no_grad()
    def give_back(self) -> None:
        """Lets a mirrored layer that is not tied go the same way: its weight is the machine's, transposed."""
        if self.own_weight is not None:
            self.own_weight.copy_(self.machine.weight.t())


def machine_of(spec: Spec, stage: Stage, module: nn.Module) -> RestrictedBoltzmann:
    """The machine whose parameters are the module's."""
    layer, back = (getattr(module, identifier(name)) for name in (stage.name, stage.mirror.name))
    visible = visible_blocks(spec, stage)
    assert visible is not None
    blocks = [(word, size) for word, size in visible if isinstance(size, int)]
    with torch.random.fork_rng(devices=[]):  # what it draws for itself is not kept
        machine = RestrictedBoltzmann(blocks, layer.weight.shape[0], hidden_units(stage) or "").to(layer.weight.device)
    machine.weight, machine.hidden_bias, machine.visible_bias = (
        layer.weight,
        layer.bias,
        back["bias"] if _is_tied(back) else back.bias,
    )
    return machine


def _is_tied(back: nn.Module) -> bool:
    return isinstance(back, nn.ParameterDict)


class EncodedRows(VisibleRows):
    """The visible units of a stage's machine: the rows, or the features of the machines below, made once."""

    def __init__(self, spec: Spec, stage: Stage, rows: Rows, module: nn.Module, machine: RestrictedBoltzmann) -> None:
        self.spec, self.rows, self.device = spec, rows, rows.device
        self.node, self.machine, self.label = stage.layer, machine, None
        every = stages(spec)
        self.below = tuple(machine_of(spec, one, module) for one in every[: every.index(stage)])
        self.entry = made_tensor(spec).name
        self.order: Tensor | None = None
        self.ordered = torch.empty(0)
        self.held: Tensor | None = None
        count = len(next(iter(rows.inputs.values())))
        if not rows.augment and not rows.intensities and count * len(machine.visible_bias) <= MOST_HELD:
            self.held = self._all(count)

    def lowest(self, batch: Batch) -> Tensor:
        return batch.inputs[self.entry].flatten(1)
