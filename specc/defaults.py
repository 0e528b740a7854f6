"""Fills in what a spec leaves out, so that the bound IR says everything that is done."""

from __future__ import annotations

from specc.composites import end_of
from specc.door import Answer, answers
from specc.ir import Phase, Spec
from specc.machines import machines
from specc.members import members
from specc.observing import with_distribution
from specc.unrolled import hidden_units, stages, visible_blocks
from specc.vocabulary.adversarial import FeatureMatching, MutualInformation, NonSaturating, Wasserstein
from specc.vocabulary.families import Loss, LossTerm, Metric, Optimizer, Penalty, Procedure
from specc.vocabulary.layers.composite import Made
from specc.vocabulary.losses import BinaryCrossEntropy, CrossEntropy, MeanSquaredError
from specc.vocabulary.metrics import R2, Accuracy, Auroc, MeanAbsoluteError, RootMeanSquaredError
from specc.vocabulary.models import Dbn
from specc.vocabulary.optimizers import Adam, Sgd
from specc.vocabulary.part import find_word
from specc.vocabulary.remedies import GradientPenalty
from specc.vocabulary.sections import Train
from specc.vocabulary.stopping import Best, Early, Last
from specc.vocabulary.variational import Elbo

LOSS_OF_HEAD: dict[str, type[Loss]] = {"linear": MeanSquaredError, "sigmoid": BinaryCrossEntropy, "softmax": CrossEntropy}


def with_defaults(spec: Spec) -> Spec:
    """A spec whose phases name their procedure, losses, optimizer and which weights they keep.

    What was filled in is not `written`. Where only the data knows whether a category has two labels, `loss` stays open.
    """
    outputs = [answer for graph in spec.graphs.values() for answer in answers(graph)]
    completed = [_completed(spec, phase, outputs) for phase in spec.phases]
    return spec.model_copy(update={"phases": tuple(one for phase in completed for one in _one_by_one(spec, phase))})


def procedure_of(spec: Spec, phase: Phase) -> Procedure:
    """The procedure of a phase: its own, or the one that its model is trained by."""
    if phase.settings.procedure is not None:
        return phase.settings.procedure
    answers_nothing = not any(answers(graph) for graph in spec.graphs.values())
    pretrains = isinstance(spec.model, Dbn) and (phase.written_name == "pretrain" or answers_nothing)
    found = find_word("procedure", "contrastive_divergence" if pretrains else spec.model.procedure)
    assert found is not None and issubclass(found, Procedure)
    return found()


def needs_no_target(spec: Spec, phase: Phase) -> bool:
    """Whether a phase learns what the data is like, and of no labels."""
    labelled = any(node.layer.labels for node in machines(spec))  # type: ignore[attr-defined]
    return procedure_of(spec, phase).learns_the_data and not labelled


def trains_machines(spec: Spec) -> bool:
    """Whether some phase that is not left out trains machines as such. Without phases: they may be trained so."""
    procedures = [procedure_of(spec, phase) for phase in spec.phases if phase.is_run]
    return not procedures or any(procedure.of_energies for procedure in procedures)


def _one_by_one(spec: Spec, phase: Phase) -> tuple[Phase, ...]:
    """A phase that trains machines, or an autoencoder layer by layer, as a phase for each of them."""
    procedure = phase.settings.procedure
    if procedure is None or not procedure.layer_by_layer or phase.layer is not None:
        return (phase,)
    names = [node.name for node in machines(spec)] or [stage.name for stage in stages(spec)]
    return tuple(_of_layer(spec, phase, name, len(names) > 1) for name in names) or (phase,)


def _of_layer(spec: Spec, phase: Phase, layer: str, several: bool) -> Phase:
    """The phase of one machine, which may have a length of its own: `rbm_1.epochs`."""
    own = sorted(
        (len(members(spec, part)), settings.epochs)
        for part, settings in phase.parts.items()
        if settings.epochs is not None and any(node.name == layer for node in members(spec, part))
    )
    settings = phase.settings
    if own:
        values = {name: getattr(settings, name) for name in Train.model_fields} | {"epochs": own[0][1], "steps": None}
        settings = Train.model_construct(set(settings.model_fields_set), **values)
    name = f"{phase.name}.{layer.removeprefix('encoder.')}" if several else phase.name
    return phase.model_copy(update={"name": name, "layer": layer, "settings": settings})


def _completed(spec: Spec, phase: Phase, outputs: list[Answer]) -> Phase:
    settings = phase.settings
    filled: dict[str, object] = {}
    procedure = procedure_of(spec, phase)
    if settings.procedure is None:
        filled["procedure"] = procedure
    if settings.optimizer is None:
        filled["optimizer"] = _default_optimizer(spec, procedure)
    if not settings.loss and procedure.word in ("reconstruction", "layerwise"):
        filled["loss"] = (LossTerm(loss=_reconstruction_loss(spec)),)
    elif not settings.loss and procedure.word == "variational":
        filled["loss"] = (LossTerm(loss=with_distribution(spec, Elbo())), *_game(spec))
    elif procedure.word == "variational":
        filled["loss"] = tuple(LossTerm(weight=t.weight, loss=with_distribution(spec, t.loss)) for t in settings.loss)
    elif procedure.word == "adversarial" and not settings.loss:
        filled["loss"] = _adversarial_losses(spec)
    elif not settings.loss and outputs and all(answer.head in LOSS_OF_HEAD for answer in outputs):
        filled["loss"] = tuple(LossTerm(loss=_default_loss(answer, len(outputs) > 1)) for answer in outputs)
    if "discriminator" in spec.graphs and procedure.of_composites:
        filled["loss"] = _with_features(spec, filled.get("loss", settings.loss))  # type: ignore[arg-type]
        filled["penalty"] = _penalty(settings)
    if settings.keep is None:
        filled["keep"] = Best(measure=settings.stop.measure) if isinstance(settings.stop, Early) else Last()
    values = {name: getattr(settings, name) for name in Train.model_fields}
    # The set of fields that the spec gave stays as it was: `show` tells those that were filled in.
    return phase.model_copy(update={"settings": Train.model_construct(set(settings.model_fields_set), **(values | filled))})


def _default_optimizer(spec: Spec, procedure: Procedure) -> Optimizer:
    """Adam on losses; of machines plain gradient descent, ten times slower where some units are no labels and no bits."""
    if not procedure.of_energies:
        return Adam()
    words = {word for node in machines(spec) for word, _ in (*node.layer.visible, (node.layer.units.word, 0))}  # type: ignore[attr-defined]
    for stage in stages(spec):
        words |= {hidden_units(stage) or "", *(word for word, _ in visible_blocks(spec, stage) or ())}
    return Sgd(learning_rate=0.05 if words <= {"bernoulli", "softmax"} else 0.005)


def _game(spec: Spec) -> tuple[LossTerm, ...]:
    """What the discriminator of an autoencoder plays for, where it has one."""
    return (LossTerm(loss=NonSaturating()),) if "discriminator" in spec.graphs else ()


def _adversarial_losses(spec: Spec) -> tuple[LossTerm, ...]:
    """The non-saturating game, and that codes are found again."""
    return (*_game(spec), *([LossTerm(loss=MutualInformation())] if "recognizer" in spec.graphs else []))


def _with_features(spec: Spec, written: tuple[LossTerm, ...]) -> tuple[LossTerm, ...]:
    """The losses, in which features to be matched have their layer's full name: without one, what the last layer takes."""
    graph = spec.graphs["discriminator"]
    terms = []
    for term in written:
        if isinstance(term.loss, FeatureMatching):
            end = end_of(graph)
            is_read = any(answer.node for answer in answers(graph) if end in graph.node(answer.node).inputs)
            before = end if is_read else graph.node(end).inputs[0]
            name = term.loss.tensor or before
            full = name if name in graph.by_name else f"discriminator.{name}"
            loss = FeatureMatching.model_construct(term.loss.model_fields_set, output=None, tensor=full)
            term = term.model_copy(update={"loss": loss})
        terms.append(term)
    return tuple(terms)


def _penalty(settings: Train) -> Penalty | None:
    """What is written, else that of the Wasserstein loss."""
    if settings.penalty is not None:
        return settings.penalty
    weight = next((t.loss.gradient_penalty for t in settings.loss if isinstance(t.loss, Wasserstein)), 0.0)
    return GradientPenalty(weight=weight) if weight else None


def _reconstruction_loss(spec: Spec) -> Loss:
    """Of numbers between 0 and 1 the cross-entropy, which wants a decoder that ends with a sigmoid; of others the squares."""
    end = next(node.layer for node in spec.nodes if isinstance(node.layer, Made))
    return BinaryCrossEntropy() if end.head == "sigmoid" else MeanSquaredError()


def _default_loss(answer: Answer, several: bool) -> Loss:
    loss = LOSS_OF_HEAD[answer.head]
    return loss(output=answer.column) if several else loss()


def default_metrics(labels: int | None) -> list[Metric]:
    """What is always measured of an output: of a category with so many labels, or of a number (None)."""
    if labels is None:
        return [RootMeanSquaredError(), MeanAbsoluteError(), R2()]
    return [Accuracy(), *([Auroc()] if labels == 2 else [])]
