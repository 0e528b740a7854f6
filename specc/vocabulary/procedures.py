"""Procedures: what one training step does."""

from __future__ import annotations

from typing import ClassVar

from specc.vocabulary.families import Procedure, VaryingCount
from specc.vocabulary.numbers import PositiveInt
from specc.vocabulary.part import Flag


class Supervised(Procedure):
    """Gradient descent on the loss between the answers and the targets of a batch.

    Example: `procedure = supervised`
    """


class _OfMachines(Procedure):
    """Trains restricted Boltzmann machines by the gradient of their likelihood, one after the other where there are several.

    `steps`: Gibbs steps between the data and the model's own samples; it may change in time. `centered`: gradients of units
    less their means, which do not depend on how the data is coded (Montavon and Müller 2012; Melchior, Fischer and Wiskott 2016).
    """

    of_machines: ClassVar[bool] = True

    steps: VaryingCount = 1
    centered: Flag = False


class ContrastiveDivergence(_OfMachines):
    """The statistics of the data less those of chains that start at the data, `steps` Gibbs steps away (Hinton 2002).

    `centered`: gradients of units less their means, so that it does not matter how the data is coded (Montavon and Müller 2012).
    Quick, and good for features; with few steps the likelihood itself gets worse after a while.

    Example: `procedure = contrastive_divergence(steps = 1)`
    """


class PersistentContrastiveDivergence(_OfMachines):
    """The statistics of the data less those of `chains` that go on from update to update (Tieleman 2008).

    Closer to the likelihood than contrastive divergence; the rate is best brought to zero: `schedule = linear(to = 0)`.

    Example: `procedure = persistent_contrastive_divergence(steps = 1, chains = 100)`
    """

    chains: PositiveInt = 100


class ParallelTempering(_OfMachines):
    """Persistent chains at several temperatures that change places, so that they leave one mode for another.

    From the model itself to its visible biases alone in `temperatures` steps (Desjardins et al. 2010; Cho et al. 2010).

    Example: `procedure = parallel_tempering(temperatures = 10)`
    """

    chains: PositiveInt = 100
    temperatures: PositiveInt = 10


class UpDown(Procedure):
    """Trains a pretrained deep belief network as one model of its data: wake and sleep, with `steps` in its top machine.

    Up: the features are drawn, and the weights for the way down learn to give back each layer. Down: from the top machine's
    chain a row is dreamt, and the weights for the way up learn to find its features (Hinton, Osindero and Teh 2006).

    Example: `procedure = up_down(steps = 3)`
    """

    of_stacks: ClassVar[bool] = True

    steps: VaryingCount = 1


class Reconstruction(Procedure):
    """Gradient descent on the loss between what the decoder makes of a row's code and the row itself, as the data has it.

    Noise layers of the encoder change what it sees, and not what is to be rebuilt (Vincent et al. 2008).

    Example: `procedure = reconstruction`
    """

    of_composites: ClassVar[tuple[str, ...]] = ("autoencoder",)


class Variational(Procedure):
    """Gradient descent on the negative evidence lower bound, with one draw of each code by the reparametrization
    `z = mean + deviation · ε` (Kingma and Welling 2014).

    Example: `procedure = variational`
    """

    of_composites: ClassVar[tuple[str, ...]] = ("vae",)


class Adversarial(Procedure):
    """In each step the discriminator learns to tell the batch from rows that the generator makes, then the generator learns to
    make rows that it takes for real (Goodfellow et al. 2014). Real and generated rows pass through the discriminator apart.

    Example: `procedure = adversarial`
    """

    of_composites: ClassVar[tuple[str, ...]] = ("gan",)


class Layerwise(Procedure):
    """Trains the layers of an autoencoder one after another, from the lowest up, each with its mirrored way back to give again
    what it sees of the rows: features of the layers below, which rest (Bengio et al. 2007; Vincent et al. 2010).

    Noise in front of a layer changes what it sees, and not what is to be given back. Each layer trains for the phase's `epochs`,
    or for its own (`dense_1.epochs = 5`), by the phase's loss where that fits what it gives back: for features that no sigmoid
    made `binary_cross_entropy` is replaced by `mean_squared_error`.

    Example: `procedure = layerwise`
    """

    of_composites: ClassVar[tuple[str, ...]] = ("autoencoder",)

    @property
    def layer_by_layer(self) -> bool:
        return True
