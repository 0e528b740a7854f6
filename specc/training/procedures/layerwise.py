"""One layer of an autoencoder with its way back, trained to give again what it sees: a denoising autoencoder of its own."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from specc.ir import Phase, Spec
from specc.parts import part_of
from specc.pytorch.source import build_module
from specc.training.composites.parts import made_tensor
from specc.training.evaluate import in_use
from specc.training.procedures.procedure import Step
from specc.training.procedures.reconstruction import Reconstruction
from specc.training.rows import Batch, Rows
from specc.unrolled import stage_of, stage_spec
from specc.vocabulary.families import LossTerm
from specc.vocabulary.losses import BinaryCrossEntropy, CrossEntropy, MeanSquaredError


class Layerwise(Reconstruction):
    """The step of `reconstruction` on a spec of the layer alone, whose module has the very layers of the whole.

    What it sees are the features of the layers below, which are in use: without noise, by running statistics.
    """

    def __init__(self, spec: Spec, phase: Phase, rows: Rows) -> None:
        stage = stage_of(spec, phase.layer or "")
        assert stage is not None
        self.below = part_of(spec, stage.below) if stage.below else None
        self.entry = made_tensor(spec).name
        super().__init__(stage_spec(spec, stage), phase, rows)
        self.terms = fitting(phase.settings.loss, self.head)
        self.modules: tuple[nn.Module, nn.Module, nn.Module | None] | None = None

    def _measured(self, module: nn.Module, batch: Batch) -> Step:
        if self.modules is None or self.modules[0] is not module:
            self.modules = module, sharing(self.spec, module), sharing(self.below, module) if self.below is not None else None
        _, own, below = self.modules
        own.train(module.training)
        return super()._measured(own, batch if below is None else Batch({self.made: self._features(below, batch)}, {}))

    @torch.no_grad()
    def _features(self, below: nn.Module, batch: Batch) -> Tensor:
        with in_use(below):
            return below(batch.inputs[self.entry])


def sharing(spec: Spec, whole: nn.Module) -> nn.Module:
    """The module of a part of a composite, with the layers of the whole one in place of its own."""
    module = build_module(spec)
    for name, _ in list(module.named_children()):
        setattr(module, name, getattr(whole, name))
    return module


def fitting(terms: tuple[LossTerm, ...], head: str) -> tuple[LossTerm, ...]:
    """The losses where each that is of chances stands only where a sigmoid or softmax gives them; else the squares."""
    needs = {BinaryCrossEntropy: "sigmoid", CrossEntropy: "softmax"}
    squares = MeanSquaredError()
    return tuple(t if needs.get(type(t.loss), head) == head else LossTerm(weight=t.weight, loss=squares) for t in terms)
