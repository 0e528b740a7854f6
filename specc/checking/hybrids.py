"""What must hold of a discriminator in an autoencoder: what it judges, and what is played for beside the rows."""

from __future__ import annotations

from specc.checking.places import called, span_of
from specc.composites import end_of
from specc.defaults import procedure_of
from specc.diagnostics import Label, Report, listing
from specc.door import input_columns
from specc.ir import Node, Spec
from specc.shapes import differ
from specc.vocabulary.adversarial import AdversarialLoss, FeatureMatching, MutualInformation
from specc.vocabulary.columns import Category
from specc.vocabulary.layers.composite import Latent
from specc.vocabulary.layers.sources import Input

HYBRIDS = ("autoencoder", "vae")
GAMES = ("minimax", "non_saturating", "least_squares", "hinge", "wasserstein")


def hybrids_judge_codes_or_rows(spec: Spec, report: Report) -> None:
    """The discriminator of an `autoencoder` takes codes, that of a `vae` rows."""
    if spec.model.word not in HYBRIDS or "discriminator" not in spec.graphs:
        return
    nodes, place = spec.graphs["discriminator"].nodes, spec.spans.get("discriminator", spec.spans.get("model"))
    inputs = [node for node in nodes if type(node.layer) is Input]
    if spec.model.word == "autoencoder" and inputs:
        way_out = "take its `input` away, and it begins with the code; rows are judged in a `vae` or a `gan`"
        message = "the discriminator of an `autoencoder` judges codes, and takes no columns"
        report.error("E0505", message, inputs[0].span, help=way_out)
    elif spec.model.word == "vae" and not inputs:
        made = next((node.layer.columns for node in spec.nodes if type(node.layer) is Input), ("features",))  # type: ignore[attr-defined]
        way_out = f"begin it with `input({made[0]})`"
        report.error("E0505", "the discriminator of a `vae` judges rows, and takes no columns", place, help=way_out)
    _takes_the_same_columns(spec, inputs, report)


def _takes_the_same_columns(spec: Spec, inputs: list[Node], report: Report) -> None:
    """A discriminator of rows takes what the encoder takes."""
    made = next((node for node in spec.graphs["encoder"].nodes if type(node.layer) is Input), None)
    if spec.model.word != "vae" or made is None:
        return
    assert spec.data is not None
    labels_of = [n for n in input_columns(spec, made) if isinstance(spec.data.columns.get(n), Category)]
    if inputs and labels_of:
        message = f"the decoder makes `{labels_of[0]}` as logits, which a discriminator tells from labels at once"
        way_out = "take the category out of what is made, or make it a `condition`"
        report.error("E0505", message, inputs[0].span, help=way_out)
        return
    for node in inputs:
        if node.layer.columns != made.layer.columns:  # type: ignore[attr-defined]
            labels = (Label(made.span, "what the decoder makes"),)
            message = f"the discriminator takes {listing(node.layer.columns, 'and')}, which the decoder does not make"  # type: ignore[attr-defined]
            way_out = f"write `input({', '.join(made.layer.columns)})`"  # type: ignore[attr-defined]
            report.error("E0505", message, node.span, labels=labels, help=way_out)


def codes_are_as_large_as_the_latent(spec: Spec, report: Report) -> None:
    """Codes and the noise that they should be like have one shape."""
    if spec.model.word != "autoencoder" or "discriminator" not in spec.graphs or report.has_errors:
        return
    latent = next((node for node in spec.graphs["discriminator"].nodes if isinstance(node.layer, Latent)), None)
    code = spec.graphs["encoder"].node(end_of(spec.graphs["encoder"]))
    if latent is None:
        return
    if not code.shape.is_vector or differ(code.shape.sizes[0], latent.shape.sizes[0]):
        labels = (Label(code.span, f"gives {code.shape}"),)
        way_out = f"write `latent({code.shape.sizes[0]})`" if code.shape.is_vector else "end the encoder with `flatten; dense(8)`"
        message = f"codes are {code.shape}, and the latent that they should be like is {latent.shape}"
        report.error("E0302", message, latent.span, labels=labels, help=way_out)


def hybrids_play_one_game(spec: Spec, report: Report) -> None:
    """One adversarial loss stands beside the loss of the rows in each phase that trains both."""
    if spec.model.word not in HYBRIDS or "discriminator" not in spec.graphs or report.has_errors:
        return
    for phase in spec.phases:
        losses = [term.loss for term in phase.settings.loss]
        games = [loss.word for loss in losses if isinstance(loss, AdversarialLoss)]
        span = span_of(spec, phase, "loss")
        if procedure_of(spec, phase).layer_by_layer:
            if games:
                message = f"{called(phase)} trains layer by layer, and its codes are told from nothing"
                way_out = f"take `{games[0]}` away, or put it into the phase that trains the whole"
                report.error("E0505", message, span, help=way_out)
            continue
        for loss in losses:
            if isinstance(loss, MutualInformation):
                report.error("E0505", "`mutual_information` is for codes of a `gan`", span, help="take it away")
            if isinstance(loss, FeatureMatching) and spec.model.word == "autoencoder":
                message = "`feature_matching` compares rows, and this discriminator judges codes"
                report.error("E0505", message, span, help="take it away")
        if losses and len(games) != 1 and not report.has_errors:
            names = "names several adversarial losses" if games else "names no adversarial loss"
            message = f"{called(phase)} {names}, and there is one discriminator"
            own = losses[0].word
            way_out = f"as in `loss = [{own}, 0.1 * non_saturating]`" if not games else f"keep one of {listing(games, 'and')}"
            report.error("E0505", message, span, help=way_out)
