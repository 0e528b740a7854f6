"""Layers of restricted Boltzmann machines."""

from __future__ import annotations

from specc.door import identifier
from specc.pytorch.initializers import started
from specc.pytorch.written import Place, Written, arguments, unless, writes
from specc.vocabulary.families import Initializer
from specc.vocabulary.initializers import GlorotUniform, Normal, Zeros
from specc.vocabulary.layers.boltzmann import Hidden, Label, Rbm, Visible


@writes(Visible)
def visible(layer: Visible, place: Place) -> Written:
    """The tensors of the door side by side, a picture flattened; `place.shapes` are those of the columns."""
    if place.shape.is_ratings:
        return Written(place.x)
    is_block = len(place.shapes) == 1 and not place.shape.is_vector  # a picture stands alone
    return Written(f"{place.x}.flatten(1)" if is_block else side_by_side(place.inputs))


@writes(Hidden, Rbm)
def hidden(layer: Hidden, place: Place) -> Written:
    if place.shape.is_ratings:
        return _of_ratings(layer, place)
    constructor = arguments(
        list(layer.visible),
        layer.count,
        layer.units.word,
        learned_variance=unless(False, layer.learned_variance),
        labels=unless(0, layer.labels),
        generative=unless(False, layer.generative),
    )
    start = [
        started(_start_of(layer), f"self.{place.name}.weight"),
        started(layer.bias_init or Zeros(), f"self.{place.name}.hidden_bias"),
        f"nn.init.zeros_(self.{place.name}.visible_bias)  # until training begins with the means of the data",
    ]
    if layer.generative:
        start.append(f"nn.init.zeros_(self.{place.name}.generative_weight)  # until the stack is trained as one")
    if layer.learned_variance:
        start.append(f"nn.init.zeros_(self.{place.name}.log_variance)")
    forward = f"self.{place.name}({side_by_side(place.inputs)})"
    attributes = {place.name: f"RestrictedBoltzmann({constructor})"}
    return Written(forward, attributes, start, ("RestrictedBoltzmann",))


def _of_ratings(layer: Hidden, place: Place) -> Written:
    constructor = arguments(*place.shape.sizes, layer.count)
    weights, biases = _start_of(layer), layer.bias_init or Zeros()
    start = [
        started(weights, f"self.{place.name}.weight"),
        started(weights, f"self.{place.name}.shared_weight"),
        started(biases, f"self.{place.name}.hidden_bias"),
        f"nn.init.zeros_(self.{place.name}.visible_bias)  # until training begins with the shares of the levels",
    ]
    attributes = {place.name: f"RatingsBoltzmann({constructor})"}
    return Written(f"self.{place.name}({place.x})", attributes, start, ("RatingsBoltzmann",))


@writes(Label)
def label(layer: Label, place: Place) -> Written:
    """The scores of the labels beside the other visible units; the last tensor it takes is the machine's."""
    machine = identifier(place.node.inputs[-1])
    return Written(f"self.{machine}.label_logits({side_by_side(place.inputs[:-1])})")


def side_by_side(parts: list[str] | tuple[str, ...]) -> str:
    return parts[0] if len(parts) == 1 else f"torch.cat([{', '.join(parts)}], 1)"


def _start_of(layer: Hidden) -> Initializer:
    """Where the weights of a machine start: small where it is trained as one, else as those of any layer."""
    return layer.init or (Normal(mean=0.0, deviation=0.01) if layer.pretrained else GlorotUniform())
