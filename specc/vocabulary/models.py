"""The kinds of models: the parts each must have, and its default procedure."""

from __future__ import annotations

from typing import ClassVar

from specc.vocabulary.families import Model


class Network(Model):
    """Layers from inputs to outputs, trained on targets.

    Example: `network { input(features); dense(8, relu); output(y) }`
    """


class Rbm(Model):
    """A restricted Boltzmann machine: visible units that hold the data, hidden units that hold its features, and all weights
    between the two sides (Smolensky 1986; Hinton 2002). It learns what its data is like, without labels or with them.

    Example: `rbm { visible(features); hidden(64) }`
    """

    procedure: ClassVar[str] = "contrastive_divergence"


class Dbn(Model):
    """A deep belief network: restricted Boltzmann machines one upon the other, each on the features of the one below, then an
    output layer (Hinton, Osindero and Teh 2006).

    Its phases are `pretrain`, which trains one machine after the other without labels, and `finetune`, which trains the
    unrolled network on the targets.

    Example: `dbn { visible(features); rbm(64); rbm(32); output(y) }`
    """
