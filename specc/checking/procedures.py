"""What must hold of procedures: they train what the model has, and use every setting of their phase."""

from __future__ import annotations

from collections.abc import Iterator

from specc.checking.places import called, kind_of, outputs_of, span_of
from specc.checking.unrolled import layers_can_be_trained_alone
from specc.checking.wording import article_of
from specc.defaults import procedure_of
from specc.diagnostics import Label, Report, Span, listing
from specc.ir import Node, Phase, Spec
from specc.machines import machines
from specc.members import members, ways
from specc.unrolled import stages
from specc.vocabulary.activations import Sigmoid
from specc.vocabulary.families import Procedure, Regularizer
from specc.vocabulary.layers.boltzmann import Hidden
from specc.vocabulary.layers.boltzmann import Label as LabelUnits
from specc.vocabulary.layers.dense import Dense
from specc.vocabulary.layers.weighted import WeightedLayer
from specc.vocabulary.models import Dbn
from specc.vocabulary.models import Rbm as RbmModel
from specc.vocabulary.regularizers import Sparsity

UNUSED = {
    "loss": "take it away: what a machine learns by is its own energy",
    "freeze": "take it away: each machine is trained by itself, all others resting; `rbm_1.epochs = 0` leaves one out",
    "label_noise": "take it away: no label is visible to what it trains",
}
"""The settings that procedures of machines have no use for, each with what to do about it."""


def procedures_fit_the_model(spec: Spec, report: Report) -> None:
    """Machines are trained by procedures of machines, answers by `supervised`."""
    stack = machines(spec)
    answered = [node for node in outputs_of(spec) if not isinstance(node.layer, LabelUnits)]
    for phase in spec.phases:
        procedure, span = procedure_of(spec, phase), span_of(spec, phase, "procedure")
        if procedure.of_composites or spec.model.parts:
            _trains_its_model(spec, procedure, span, report)
        elif procedure.of_energies and not stack:
            message = f"`{procedure.word}` trains restricted Boltzmann machines, and a `{spec.model.word}` has none"
            report.error("E0505", message, span, help="leave `procedure` out; the models with machines are `rbm` and `dbn`")
        elif procedure.of_stacks and (not isinstance(spec.model, Dbn) or len(stack) < 2):
            is_rbm = isinstance(spec.model, RbmModel)
            way_out = "an `rbm` is trained by `contrastive_divergence`" if is_rbm else "put another `rbm` upon the first"
            report.error("E0505", f"`{procedure.word}` trains a `dbn` of at least two machines", span, help=way_out)
        elif not procedure.learns_the_data and not answered:
            way_out = "end with `output(…)`"
            if stack:
                way_out = f"leave it out: machines are trained by `contrastive_divergence`; answers need {_an_output(spec)}"
            report.error("E0505", f"`{procedure.word}` trains answers, and the `{spec.model.word}` has none", span, help=way_out)


def _trains_its_model(spec: Spec, procedure: Procedure, span: Span | None, report: Report) -> None:
    """A composite is trained by its own procedure, and by that alone; the layers of an autoencoder also one after another."""
    if spec.model.word == "autoencoder" and procedure.layer_by_layer:
        layers_can_be_trained_alone(spec, procedure, span, report)
        return
    if spec.model.word in procedure.of_composites:
        return
    if not spec.model.parts:
        what = f"{article_of(procedure.of_composites[0])} {listing(procedure.of_composites, 'or')}"
        message = f"`{procedure.word}` trains {what}, and this is a `{spec.model.word}`"
        report.error("E0505", message, span, help="leave `procedure` out: the model says how it is trained")
        return
    message = f"`{procedure.word}` does not train the `{spec.model.word}`"
    whole = f"{article_of(spec.model.word)} `{spec.model.word}`"
    report.error("E0505", message, span, help=f"leave it out: {whole} is trained by `{spec.model.procedure}`")


def _composites_use_it(spec: Spec, phase: Phase, procedure: Procedure, report: Report) -> None:
    if phase.settings.label_noise is not None and not outputs_of(spec) and _has_labels(spec):
        message = f"`{procedure.word}` has no use for `label_noise`"
        report.error("E0505", message, span_of(spec, phase, "label_noise"), help="take it away: no label is learnt")


def _an_output(spec: Spec) -> str:
    return "a `dbn` with an `output`" if isinstance(spec.model, RbmModel) else "an `output`"


def settings_fit_the_procedure(spec: Spec, report: Report) -> None:
    """What a procedure does not use is no setting of its phase."""
    for phase in spec.phases:
        procedure = procedure_of(spec, phase)
        if procedure.of_composites:
            _composites_use_it(spec, phase, procedure, report)
        elif procedure.of_energies:
            _machines_use_it(spec, phase, procedure, report)
        else:
            _answers_use_it(spec, phase, report)
        for part, settings in phase.parts.items():
            if settings.epochs is not None and not procedure.layer_by_layer:
                message = f"{called(phase)} trains all parts at once: `{part}` has no epochs of its own"
                way_out = "take it away, or put it into the phase that trains one machine after the other"
                report.error("E0505", message, span_of(spec, phase, f"{part}.epochs"), help=way_out)
        if procedure.of_energies:
            _parts_are_machines(spec, phase, report)


def _parts_are_machines(spec: Spec, phase: Phase, report: Report) -> None:
    """A phase that trains machines has no settings for what stands above them."""
    for part in phase.parts:
        span, nodes = spec.spans.get(f"train.{phase.written_name}.{part}"), members(spec, part)
        trained = {stage.name for stage in stages(spec)}
        if span is not None and nodes and not any(isinstance(node.layer, Hidden) or node.name in trained for node in nodes):
            message = f"{called(phase)} trains machines, and `{part}` has none"
            report.error("E0505", message, span, help="put it into the phase that trains the answers")


def _machines_use_it(spec: Spec, phase: Phase, procedure: Procedure, report: Report) -> None:
    labelled = any(isinstance(node.layer, LabelUnits) for node in outputs_of(spec))
    for name, way_out in UNUSED.items():
        of_another = len(spec.phases) > 1 and f"train.{phase.written_name}.{name}" not in spec.spans
        if not phase.settings.written(name) or of_another or (name == "label_noise" and (labelled or not _has_labels(spec))):
            continue
        message = f"`{procedure.word}` has no use for `{name}`"
        report.error("E0505", message, span_of(spec, phase, name), help=way_out)


def _has_labels(spec: Spec) -> bool:
    """Whether there are labels that could be wrong; where there are none, another rule says so."""
    assert spec.data is not None
    return any(kind_of(spec, name) == "category" for name in spec.data.target)


def _answers_use_it(spec: Spec, phase: Phase, report: Report) -> None:
    for metric in phase.settings.metrics:
        if metric.target == "machine":
            message = f"`{metric.word}` measures machines, and {called(phase)} trains answers"
            way_out = "put it into the phase that trains them" if machines(spec) else "it is for an `rbm` or a `dbn`"
            report.error("E0502", message, span_of(spec, phase, "metrics"), help=way_out)


def sparsity_is_for_hidden_units(spec: Spec, report: Report) -> None:
    """Few bernoulli hidden units answer to each row, where a phase that trains them asks for it."""
    told: set[Span | None] = set()
    for phase in spec.phases:
        procedure = procedure_of(spec, phase)
        for node, regularizers, span in _regularized(spec, phase):
            if span in told or not any(isinstance(part, Sparsity) for part in regularizers):
                continue
            message, labels, way_out = "", (), "`l1(1e-5)` and `l2(1e-4)` are for any weights"
            if spec.model.word == "autoencoder":
                if not _is_sigmoid_of_an_encoder(spec, node):
                    message = f"`sparsity` is for sigmoid units of an encoder, and `{node.name}` has none"
                    way_out = "say it of such a layer: `dense(64, sigmoid, regularize = sparsity(target = 0.1, cost = 0.01))`"
            elif not isinstance(node.layer, Hidden):
                message = f"`sparsity` is for the hidden units of machines, and `{node.name}` is none"
            elif not procedure.of_machines and span != node.span:
                message = f"`sparsity` is for phases that train machines, and {called(phase)} trains the whole"
                way_out = "put it into the phase that trains them; `l2(1e-4)` is for any weights"
            elif procedure.of_machines and isinstance(node.layer, Hidden) and node.layer.units.word != "bernoulli":
                message = f"`sparsity` is for bernoulli hidden units, and those of `{node.name}` are {node.layer.units.word}"
                labels = (Label(node.span, "these"),) if span != node.span else ()
            if message:
                told.add(span)
                report.error("E0505", message, span, labels=labels, help=way_out)


def _is_sigmoid_of_an_encoder(spec: Spec, node: Node) -> bool:
    layer = node.layer
    return node.name in spec.graphs["encoder"].by_name and isinstance(layer, Dense) and isinstance(layer.activation, Sigmoid)


def _regularized(spec: Spec, phase: Phase) -> Iterator[tuple[Node, tuple[Regularizer, ...], Span | None]]:
    """The layers whose weights a phase trains, what is asked of each, and where."""
    by_machine = procedure_of(spec, phase).of_machines
    found, alone = ways(spec, phase), {stage.name for stage in stages(spec)}
    for graph in spec.graphs.values():
        for node in graph.nodes:
            trained = isinstance(node.layer, Hidden) or node.name in alone
            if not isinstance(node.layer, WeightedLayer) or (by_machine and not trained):
                continue
            part = found[node.name].regularize
            if part is None:
                yield node, node.layer.regularize or (), node.span
            elif part:
                yield node, phase.parts[part].regularize or (), span_of(spec, phase, f"{part}.regularize")
            else:
                yield node, phase.settings.regularize, span_of(spec, phase, "regularize")


def machines_that_are_trained_have_a_length(spec: Spec, report: Report) -> None:
    """`rbm_1.epochs` in a phase that counts steps would be another kind of length."""
    for phase in spec.phases:
        own = [part for part, settings in phase.parts.items() if settings.epochs is not None]
        if own and phase.settings.steps is not None and procedure_of(spec, phase).layer_by_layer:
            names = listing([f"{part}.epochs" for part in own], "and")
            message = f"{called(phase)} counts `steps`, and {names} count{'s' if len(own) == 1 else ''} epochs"
            report.error("E0501", message, span_of(spec, phase, f"{own[0]}.epochs"), help="count epochs for all: `epochs = 20`")
