"""Decoders that follow from the encoder."""

from __future__ import annotations

from specc.vocabulary.families import Activation, Decoder
from specc.vocabulary.part import Flag


class Mirror(Decoder):
    """The encoder's layers backwards, with their widths and activations; what it flattened or pooled is laid out again.

    `tied`: each weight is that of the encoder's layer, transposed, and stored once; biases are its own. `activation` is that of
    the last layer: without it `sigmoid` where the columns lie between 0 and 1, otherwise `linear`. Dropout, noise and
    normalization are left out. The way back of a vae's `latent` is a dense layer of its own, whatever is tied.

    Example: `decoder = mirror(tied = true)`
    """

    tied: Flag = False
    activation: Activation | None = None
