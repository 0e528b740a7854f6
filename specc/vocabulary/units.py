"""What units can be. x is what a unit receives: its bias and the weighted sum of the units on the other side."""

from __future__ import annotations

from typing import ClassVar, Literal

from specc.vocabulary.families import Units


class Bernoulli(Units):
    """A 0 or a 1: `p(1) = σ(x)`. Data between 0 and 1 counts as the chance of a 1.

    Example: `visible(x, units = bernoulli)`
    """

    hidden: ClassVar[bool] = True


class Gaussian(Units):
    """A real number, normal around x; of visible units with a variance that is 1 or, with `learned`, trained for each unit.

    Energy `(v − b)² / 2σ² − Σ v w h / σ²` (Cho, Ilin and Raiko 2011; Liao et al. 2022). The data is best scaled to mean 0
    and deviation 1 (`scale = standard`), and the learning rate ten to a hundred times smaller than for bernoulli units.

    Example: `visible(x, units = gaussian)`
    """

    hidden: ClassVar[bool] = True

    variance: Literal["fixed", "learned"] = "fixed"


class Relu(Units):
    """A number of at least 0: a normal distribution around x of variance 1, cut off below 0. Its mode is `max(0, x)`.

    The exact relative of the noisy rectified linear units of Nair and Hinton (2010): energy `h²/2 − x h`, `h ≥ 0`.

    Example: `hidden(64, units = relu)`
    """

    visible: ClassVar[bool] = False
    hidden: ClassVar[bool] = True


class Softmax(Units):
    """One of several labels: `p(k) = exp(xₖ) / Σ exp(x)`. An unknown label is all zeros.

    Example: `visible(c, units = softmax)`
    """


class ReplicatedSoftmax(Units):
    """Counts of the words of a document: each of its D words is drawn from one softmax over all of them.

    The hidden biases count D times, so that long and short documents are told by the same weights (Salakhutdinov and
    Hinton 2009). The columns hold whole numbers of at least 0.

    Example: `visible(features, units = replicated_softmax)`
    """
