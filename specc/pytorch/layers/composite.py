"""What stands between the parts of a composite."""

from __future__ import annotations

from specc.pytorch.initializers import started
from specc.pytorch.layers.dense import dense
from specc.pytorch.layers.sources import input
from specc.pytorch.written import Place, Written, writes
from specc.vocabulary.initializers import GlorotUniform, Zeros
from specc.vocabulary.layers.composite import Condition, Found, Latent, Made

writes(Condition)(input)
writes(Found)(dense)


@writes(Latent)
def latent(layer: Latent, place: Place) -> Written:
    """The two heads of an encoder; the mean is what goes on."""
    width, name = place.shape.size("features"), f"self.{place.name}"
    head = f"nn.Linear({width}, {layer.size})"
    attributes = {place.name: f"nn.ModuleDict({{'mean': {head}, 'log_variance': {head}}})"}
    start = []
    for head in ("mean", "log_variance"):
        start += [started(GlorotUniform(), f"{name}['{head}'].weight"), started(Zeros(), f"{name}['{head}'].bias")]
    return Written(f"{name}['mean']({place.x})", attributes, start, more={"log_variance": f"{name}['log_variance']({place.x})"})


@writes(Made)
def made(layer: Made, place: Place) -> Written:
    """Logits, or numbers as they were scaled: a sigmoid or softmax belongs to the loss, and to what is read of them."""
    return Written(place.x)
