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


class Autoencoder(Model):
    """An encoder that makes a code of each row, and a decoder that makes the row of its code again (Rumelhart, Hinton and
    Williams 1986).

    Noise layers in the encoder make it a denoising one, whose target is the clean row (Vincent et al. 2008); a
    `discriminator` tells codes from noise of the `latent`, so that the codes become like it (Makhzani et al. 2015).

    Example: `autoencoder { encoder { input(features); dense(2) }; decoder { dense(4) } }`
    """

    procedure: ClassVar[str] = "reconstruction"
    parts: ClassVar[tuple[str, ...]] = ("encoder", "decoder", "discriminator")
    may_lack: ClassVar[frozenset[str]] = frozenset({"discriminator"})
    components: ClassVar[tuple[str, ...]] = ("latent", "condition")


class Vae(Model):
    """A variational autoencoder: the code of a row is a normal distribution, and rows are made of codes drawn from N(0, 1)
    (Kingma and Welling 2014; Rezende, Mohamed and Wierstra 2014).

    Example: `vae { encoder { input(features); dense(8, tanh) }; latent(2); decoder { dense(8, tanh); dense(4) } }`
    """

    procedure: ClassVar[str] = "variational"
    parts: ClassVar[tuple[str, ...]] = ("encoder", "decoder", "discriminator")
    may_lack: ClassVar[frozenset[str]] = frozenset({"discriminator"})
    components: ClassVar[tuple[str, ...]] = ("latent", "condition")


class Gan(Model):
    """Two networks in tandem: a generator makes rows of noise, a discriminator tells them from real ones.

    The one learns to be taken for real, the other not to be deceived (Goodfellow et al. 2014). A `recognizer` finds again in a
    row the codes that it was made of (InfoGAN).

    Example: `gan { latent(4); generator { dense(8, relu); dense(4) }; discriminator { input(features); dense(8); dense(1) } }`
    """

    procedure: ClassVar[str] = "adversarial"
    parts: ClassVar[tuple[str, ...]] = ("generator", "discriminator", "recognizer")
    may_lack: ClassVar[frozenset[str]] = frozenset({"recognizer"})
    components: ClassVar[tuple[str, ...]] = ("latent", "condition", "code")
