"""What must hold of an autoencoder that is trained layer by layer: each layer has its way back, and can be what it becomes."""

from __future__ import annotations

from collections.abc import Iterator

from specc.diagnostics import Label, Report, Span, listing
from specc.ends import last_working
from specc.ir import Node, Spec
from specc.unrolled import NOISE, UNITS, Stage, hidden_units, is_mirrored, stages, visible_blocks
from specc.vocabulary.families import Procedure
from specc.vocabulary.layers.activating import Activate
from specc.vocabulary.layers.dense import Dense
from specc.vocabulary.layers.mirrored import LAID_OUT
from specc.vocabulary.layers.sources import Input

Reason = tuple[str, Span | None, str]
"""Why a layer cannot be trained so, where it stands, and the way out."""
OTHERWISE = "`procedure = layerwise` pretrains such layers, as denoising autoencoders"


def layers_can_be_trained_alone(spec: Spec, procedure: Procedure, span: Span | None, report: Report) -> None:
    """Says why a phase cannot train the encoder's layers one after another."""
    if not is_mirrored(spec):
        labels = (Label(place, "written by itself"),) if (place := spec.spans.get("decoder")) is not None else ()
        message = f"`{procedure.word}` trains each layer together with its way back, which the decoder does not have"
        report.error("E0505", message, span, labels=labels, help="let it be the encoder backwards: `decoder = mirror`")
        return
    found = stages(spec)
    if not found:
        message = f"`{procedure.word}` trains layers with weights, and the encoder has none"
        report.error("E0505", message, span, help="give it some: `dense(64, sigmoid)`")
        return
    reason = next((reason for stage in found for reason in _no_machine(spec, stage)), None) if procedure.of_machines else None
    if reason is not None:
        message, place, way_out = reason
        labels = (Label(place, "this one"),) if place is not None else ()
        report.error("E0505", f"`{procedure.word}` trains layers as machines: {message}", span, labels=labels, help=way_out)


def _no_machine(spec: Spec, stage: Stage) -> Iterator[Reason]:
    """Why a layer cannot be one side of a machine, with those around it."""
    layer, name = stage.layer.layer, stage.layer.local_name
    if not isinstance(layer, Dense):
        yield f"`{name}` is a `{layer.word}`, whose weights are shared between places", stage.layer.span, OTHERWISE
        return
    if not layer.bias:
        yield f"`{name}` has no bias, and hidden units have", stage.layer.span, "leave `bias = false` out"
    if layer.norm is not None:
        yield f"`{name}` normalizes its weights", stage.layer.span, "leave `norm` out"
    astray = next((node for node in stage.nodes if not _may_stand_there(node)), None)
    if astray is not None:
        yield f"`{astray.local_name}` works on the features between two of them", astray.span, OTHERWISE
    if hidden_units(stage) is None and stage.activation is not None:
        known = listing((f"{activation} ({units})" for activation, units in UNITS.items()), "and").replace("`", "")
        message = f"`{name}` ends with `{stage.activation.word}`, which no hidden units do"
        yield message, stage.layer.span, f"there are {known}; or `procedure = layerwise`, which takes any"
    elif visible_blocks(spec, stage) is None:
        activation = getattr(last_working(spec.graphs["decoder"]).layer, "activation", None)
        ends = f"`{activation.word}`" if activation is not None else "this"
        message = f"the decoder ends with {ends}, and rows that are given back are"
        message += " bernoulli units (sigmoid) or gaussian ones (linear)"
        yield message, spec.spans.get("decoder"), "say which: `mirror(activation = sigmoid)`"


def _may_stand_there(node: Node) -> bool:
    return isinstance(node.layer, (Input, Dense, Activate, *NOISE)) or node.layer.word in LAID_OUT
