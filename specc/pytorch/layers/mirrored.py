"""The layers of a mirrored decoder."""

from __future__ import annotations

from specc.door import identifier
from specc.ir import Node
from specc.pytorch.activations import activated
from specc.pytorch.initializers import started, started_layer
from specc.pytorch.layers.convolution import short
from specc.pytorch.written import Place, Written, arguments, unless, writer_of, writes
from specc.vocabulary.initializers import Zeros
from specc.vocabulary.layers.convolution import Conv2d
from specc.vocabulary.layers.dense import Dense
from specc.vocabulary.layers.mirrored import Mirrored
from specc.vocabulary.layers.pooling import AveragePool2d, MaxPool2d


@writes(Mirrored)
def mirrored(layer: Mirrored, place: Place) -> Written:
    match layer.layer:
        case Dense():
            return _dense(layer, place)
        case Conv2d():
            return _convolution(layer, place)
        case MaxPool2d() | AveragePool2d():
            return Written(f"F.interpolate({place.x}, size={layer.before.dimensions()[1:]}, mode='nearest')")
    return Written(f"{place.x}.reshape(-1, {', '.join(map(str, layer.before.dimensions()))})")


def _own_bias(layer: Mirrored, place: Place) -> tuple[dict[str, str], list[str]]:
    """What a tied layer has for itself; where its part stands alone, also the layer that it is tied to."""
    tied: dict[str, str] = {}
    if layer.alone:
        of = Node(name=layer.of, layer=layer.layer, outputs={"": place.shape})
        tied = writer_of(type(layer.layer))(layer.layer, Place(of, ("",), (layer.before,))).attributes
    attributes = {place.name: f"nn.ParameterDict({{'bias': torch.zeros({layer.before.dimensions()[0]})}})"}
    return tied | attributes, [started(layer.bias_init or Zeros(), f"self.{place.name}.bias")]


def _dense(layer: Mirrored, place: Place) -> Written:
    width = layer.before.size("features")
    if layer.tied:
        attributes, start = _own_bias(layer, place)
        product = f"F.linear({place.x}, self.{identifier(layer.of)}.weight.t(), self.{place.name}.bias)"
        return Written(activated(layer.activation, product), attributes, start)
    forward = activated(layer.activation, f"self.{place.name}({place.x})")
    return Written(forward, {place.name: f"nn.Linear({place.shape.size('features')}, {width})"}, started_layer(place, True))


def _convolution(layer: Mirrored, place: Place) -> Written:
    """Padding that differs between two sides is cut off behind it."""
    conv = layer.layer
    assert isinstance(conv, Conv2d)
    top, left, bottom, right = conv.pads
    lacking, even = layer.lacking(place.shape), (top, left) == (bottom, right)
    if not even:
        lacking = max(0, lacking[0] - bottom), max(0, lacking[1] - right)
    settings = {
        "stride": unless(1, short(conv.stride)),
        "padding": unless(0, short((top, left))) if even else None,
        "output_padding": unless(0, short(lacking)),
        "groups": unless(1, conv.groups),
        "dilation": unless(1, short(conv.dilation)),
    }
    channels, height, width = layer.before.dimensions()
    if layer.tied:
        attributes, start = _own_bias(layer, place)
        of = f"self.{identifier(layer.of)}.weight, self.{place.name}.bias"
        call = f"F.conv_transpose2d({place.x}, {of}{''.join(f', {n}={v!r}' for n, v in settings.items() if v is not None)})"
    else:
        constructor = arguments(place.shape.size("channels"), channels, short(conv.kernel), **settings)
        attributes, start = {place.name: f"nn.ConvTranspose2d({constructor})"}, started_layer(place, True)
        call = f"self.{place.name}({place.x})"
    if not even:
        call = f"{call}[:, :, {top}:{top + height}, {left}:{left + width}]"
    return Written(activated(layer.activation, call), attributes, start)
