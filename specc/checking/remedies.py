"""What must hold of the remedies of adversarial training: each stands where it changes something, and what is seldom meant."""

from __future__ import annotations

from specc.checking.places import span_of
from specc.checking.units import leads_out_of_the_unit_range
from specc.checking.wording import article_of
from specc.diagnostics import Label, Report, Span
from specc.door import input_columns
from specc.ends import last_working
from specc.ir import Node, Phase, Spec
from specc.vocabulary.adversarial import AdversarialLoss, Wasserstein
from specc.vocabulary.columns import Image
from specc.vocabulary.layers.composite import Made
from specc.vocabulary.layers.normalization import VirtualBatchNorm
from specc.vocabulary.layers.sources import Input
from specc.vocabulary.part import Interval
from specc.vocabulary.remedies import Drawn, TwoSided

REMEDIES = ("label_smoothing", "noisy_labels", "instance_noise", "penalty")


def remedies_have_a_disease(spec: Spec, report: Report) -> None:
    """Settings of adversarial training stand where it is, and change something there."""
    adversarial = "discriminator" in spec.graphs
    for phase in spec.phases:
        for name in (*REMEDIES, "sample"):
            makes = adversarial or (name == "sample" and spec.model.word == "vae")
            if getattr(phase.settings, name) is None or not phase.settings.written(name) or makes:
                continue
            needed = "there is a generator or a decoder of codes" if name == "sample" else "there is a discriminator"
            message = f"`{name}` changes nothing in {article_of(spec.model.word)} `{spec.model.word}`: it is for where {needed}"
            report.error("E0505", message, span_of(spec, phase, name), help=_in_its_place(name))
        for part, settings in phase.parts.items():
            if settings.updates is not None and (part != "discriminator" or not adversarial):
                message = f"`{part}` has no updates of its own in a step"
                way_out = "it is the discriminator of a `gan` that may have several: `discriminator.updates = 5`"
                report.error("E0505", message, span_of(spec, phase, f"{part}.updates"), help=way_out)
        if adversarial and not report.has_errors:
            _labels_are_told(spec, phase, report)
            _labels_differ(spec, phase, report)
            _noise_does_not_grow(spec, phase, report)
            _penalties_are_one(spec, phase, report)
            _rows_stand_apart(spec, phase, report)


def _in_its_place(name: str) -> str:
    if name == "label_smoothing":
        return "take it away; of a classifier it is the loss: `cross_entropy(label_smoothing = 0.1)`"
    if name == "noisy_labels":
        return "take it away; labels of the data are made wrong by `label_noise`"
    if name == "instance_noise":
        return "take it away; noise on what a network sees is a layer: `gaussian_noise(0.1)`"
    return "take it away"


def _labels_are_told(spec: Spec, phase: Phase, report: Report) -> None:
    """Only losses that compare scores with labels have labels to be smoothed or wrong."""
    game = next((term.loss for term in phase.settings.loss if isinstance(term.loss, AdversarialLoss)), None)
    for name in ("label_smoothing", "noisy_labels"):
        if getattr(phase.settings, name) is not None and game is not None and game.tells_by == "scores":
            message = f"`{game.word}` tells rows apart without labels: `{name}` has nothing to change"
            way_out = "take it away, or take `non_saturating`, `minimax` or `least_squares`"
            report.error("E0505", message, span_of(spec, phase, name), help=way_out)
    if phase.settings.accumulate > 1:
        message = "the discriminator and the generator take a batch in turn: there is nothing to `accumulate`"
        report.error("E0505", message, span_of(spec, phase, "accumulate"), help="take a larger `batch`")


def _noise_does_not_grow(spec: Spec, phase: Phase, report: Report) -> None:
    """Its deviation says how large it is at its largest."""
    decay = getattr(phase.settings.instance_noise, "decay", None)
    if decay is not None and not all(0 <= factor <= 1 for factor in decay.reach()):
        message = f"the `decay` of the noise is a factor from 0 to 1, and `{decay.word}` leaves that range"
        way_out = "as in `decay = linear(to = 0)` or `exponential(0.5)`; how large it is at first is said in front of it"
        report.error("E0203", message, span_of(spec, phase, "instance_noise"), help=way_out)


def _labels_differ(spec: Spec, phase: Phase, report: Report) -> None:
    """Real rows are told higher labels than generated ones, and most of them the right one."""
    smoothing, noisy = phase.settings.label_smoothing, phase.settings.noisy_labels
    real, generated = getattr(smoothing, "real", 1.0), getattr(smoothing, "generated", 0.0)
    ends = [value.low + value.high if isinstance(value, Interval) else 2 * value for value in (real, generated)]
    if ends[0] <= ends[1]:
        way_out = "as in `two_sided(0.9, 0.1)`"
        if isinstance(smoothing, Drawn):
            way_out = "as in `drawn(0.7 .. 1.2, 0.0 .. 0.3)`"
        elif not isinstance(smoothing, TwoSided):
            way_out = "as in `one_sided(0.9)`"
        message = "the label of real rows is no higher than that of generated ones: there is nothing to tell apart"
        report.error("E0203", message, span_of(spec, phase, "label_smoothing"), help=way_out)
    if noisy is not None and noisy >= 0.5:
        message = f"`noisy_labels = {noisy:g}` makes half of the labels wrong or more: there is nothing to tell apart"
        report.error("E0203", message, span_of(spec, phase, "noisy_labels"), help="as in `noisy_labels = 0.05`")


def _penalties_are_one(spec: Spec, phase: Phase, report: Report) -> None:
    """A penalty is written once, and something bounds the slope of a Wasserstein critic."""
    loss = next((term.loss for term in phase.settings.loss if isinstance(term.loss, Wasserstein)), None)
    penalty = phase.settings.penalty
    if loss is None:
        return
    if penalty is not None and loss.written("gradient_penalty") and loss.gradient_penalty:
        message = f"the penalty is given twice: `{penalty.word}`, and the `gradient_penalty` of `wasserstein`"
        place = span_of(spec, phase, "loss")
        labels = (Label(place, "its own is given here"),) if place is not None else ()
        report.error("E0110", message, span_of(spec, phase, "penalty"), labels=labels, help="keep one of them")
    normed = any(getattr(node.layer, "norm", None) == "spectral" for node in spec.graphs["discriminator"].nodes)
    if penalty is None and not loss.gradient_penalty and not normed:
        message = "nothing bounds how steep the discriminator is: `wasserstein` then has no end"
        way_out = "leave `gradient_penalty` at 10, or take `norm = spectral` in its layers"
        report.error("E0505", message, span_of(spec, phase, "loss"), help=way_out)


def _rows_stand_apart(spec: Spec, phase: Phase, report: Report) -> None:
    """A penalty on the gradient at each row has no meaning where rows depend on one another."""
    settings = phase.settings
    weight = next((t.loss.gradient_penalty for t in settings.loss if isinstance(t.loss, Wasserstein)), 0.0)
    penalty = settings.penalty.word if settings.penalty is not None else "gradient_penalty" if weight else ""
    mixing = next((node for node in spec.graphs["discriminator"].nodes if node.layer.batch_statistics), None)
    if not penalty or mixing is None:
        return
    message = f"`{penalty}` is of the gradient at each row by itself, and `{mixing.layer.word}` mixes the rows of a batch"
    labels = (Label(mixing.span, "in the discriminator"),)
    way_out = "take `layer_norm`, `instance_norm` or `norm = spectral` there (Gulrajani et al. 2017)"
    place = span_of(spec, phase, "penalty" if settings.written("penalty") else "loss")
    report.error("E0505", message, place, labels=labels, help=way_out)


def virtual_batches_have_a_reference(spec: Spec, report: Report) -> None:
    """Virtual batch norm goes by a batch that adversarial training keeps for the generator and the discriminator."""
    for node in (node for node in spec.nodes if isinstance(node.layer, VirtualBatchNorm)):
        word, part = spec.model.word, node.name.partition(".")[0]
        if word != "gan" or part == "recognizer":
            where = f"this is a `{word}`" if word != "gan" else "a recognizer has none"
            message = f"`virtual_batch_norm` goes by the reference batch of adversarial training, and {where}"
            report.error("E0505", message, node.span, help="take `batch_norm` or `layer_norm`")
        for phase in spec.phases if word == "gan" else ():
            name = next((name for name in ("batch", "rows") if getattr(phase.settings, name) == 1), None)
            if name is not None:
                labels = (Label(node.span, "needs the statistics of a batch"),)
                way_out = f"take `{name} = 2` or more, or `layer_norm`"
                message = "a reference batch of one row has no statistics"
                report.error("E0505", message, span_of(spec, phase, name), labels=labels, help=way_out)
                return


def discriminators_have_gradients(spec: Spec, report: Report) -> None:
    """ReLU and max pooling let no gradient through for most of what they see (W1007)."""
    if "discriminator" not in spec.graphs:
        return
    told: set[Span] = set()
    for node in spec.graphs["discriminator"].nodes:
        activation = getattr(node.layer, "activation", None)
        relu = activation is not None and activation.word == "relu"
        if node.span in told or not (relu or node.layer.word in ("max_pool2d", "global_max_pool2d")):
            continue
        told.add(node.span)
        word = "relu" if relu else node.layer.word
        better = "`leaky_relu(0.2)`" if relu else "`average_pool2d`, or a `conv2d` with `stride = 2`"
        message = f"`{word}` in a discriminator lets the generator learn little: its gradient is zero at most places"
        report.warn("W1007", message, node.span, help=f"take {better}")


def what_is_made_reaches_the_data(spec: Spec, report: Report) -> None:
    """A last tanh gives −1…1, a sigmoid 0…1: columns in another range are never made (W1008)."""
    end = bounded_end(spec)
    if end is None or spec.data is None or report.has_errors:
        return
    word: str = end.layer.activation.word  # type: ignore[attr-defined]
    node = next(node for node in spec.graphs["discriminator"].nodes if type(node.layer) is Input)
    for name in input_columns(spec, node):
        column = spec.data.columns[name]
        wanted = {"tanh": "symmetric", "sigmoid": "unit"}[word] if isinstance(column, Image) else "minmax"
        out = column.scale != wanted if isinstance(column, Image) else bool(leads_out_of_the_unit_range(column))
        if not out:
            continue
        gives, scale = {"tanh": "−1…1", "sigmoid": "0…1"}[word], getattr(column, "scale", None)
        is_at = {"unit": "0…1", "symmetric": "−1…1", None: "0…255"}.get(scale, "any number")
        message = f"the generator ends with `{word}`, which gives {gives}, and `{name}` is {is_at}"
        brings = f"`scale = {wanted}` brings {'the images' if isinstance(column, Image) else 'it'} there"
        way_out = brings if isinstance(column, Image) else f"end it with a linear layer; or {brings.replace('there', 'to 0…1')}"
        report.warn("W1008", message, spec.spans.get(f"data.columns.{name}", end.span), help=way_out)


def bounded_end(spec: Spec) -> Node | None:
    """The last layer of a generator where it ends with a tanh or sigmoid."""
    graph = spec.graphs.get("generator")
    if graph is None or not any(isinstance(node.layer, Made) for node in graph.nodes):
        return None
    end = last_working(graph)
    activation = getattr(end.layer, "activation", None)
    return end if activation is not None and activation.word in ("tanh", "sigmoid") else None
