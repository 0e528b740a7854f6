"""What must hold of a variational autoencoder: what its bound compares, where its decoder ends, and what it is measured by."""

from __future__ import annotations

from specc.checking.autoencoders import ended
from specc.checking.losses import sound_losses
from specc.checking.places import called, span_of
from specc.checking.units import leads_out_of_the_unit_range
from specc.checking.wording import article_of
from specc.composites import entering, made_node
from specc.defaults import procedure_of
from specc.diagnostics import Label, Report, Span, listing
from specc.door import input_columns
from specc.ends import last_working
from specc.ir import Node, Phase, Spec
from specc.observing import Observed, observed
from specc.vocabulary.families import Column
from specc.vocabulary.layers.composite import Condition, Latent, Made
from specc.vocabulary.layers.sources import Input
from specc.vocabulary.metrics import LogLikelihood
from specc.vocabulary.variational import Elbo

OF_MACHINES = ("chains", "temperatures")
"""The arguments of `log_likelihood` that are for machines; `samples` is for codes."""


def bounds_are_what_is_learnt(spec: Spec, report: Report) -> None:
    """A variational autoencoder is trained by `elbo`, whose distributions its columns and the end of its decoder give."""
    for phase in spec.phases:
        if procedure_of(spec, phase).word == "variational" and spec.model.word == "vae":
            _losses_of(spec, phase, report)


def _losses_of(spec: Spec, phase: Phase, report: Report) -> None:
    span = span_of(spec, phase, "loss")
    losses = [term.loss for term in phase.settings.loss]
    for loss in sound_losses(phase, span, "it is `elbo`", report):
        if isinstance(loss, Elbo):
            _bound_holds(spec, loss, span, report)
        elif "discriminator" not in spec.graphs:
            compared = loss.word in ("binary_cross_entropy", "mean_squared_error", "cross_entropy")
            way_out = f"take `elbo(reconstruction = {loss.word})`, which adds what the code costs" if compared else "take `elbo`"
            report.error("E0502", f"`{loss.word}` is no bound, which {called(phase)} of a `vae` learns by", span, help=way_out)
    if losses and not any(isinstance(loss, Elbo) for loss in losses) and not report.has_errors:
        report.error("E0502", f"{called(phase)} of a `vae` has no `elbo`", span, help="put it first: `loss = [elbo, …]`")
    if not losses:
        _bound_holds(spec, Elbo(), span, report)


def _bound_holds(spec: Spec, loss: Elbo, span: Span | None, report: Report) -> None:
    node = made_of(spec)
    if loss.output is not None:
        message = f"`elbo` is of whole rows, and no output `{loss.output}`"
        report.error("E0503", message, span, help="take it away: what the encoder takes is what is made")
    if loss.free_bits and loss.beta == 0:
        message = "`free_bits` changes nothing: with `beta = 0` no code costs anything"
        report.error("E0505", message, span, help="take one of them away")
    if node is None or spec.data is None or report.has_errors:
        return
    columns = {name: spec.data.columns[name] for name in input_columns(spec, node)}
    kinds: dict[str, Observed] = {name: observed(column, loss) for name, column in columns.items()}
    if loss.written("variance") and "gaussian" not in kinds.values():
        message = "`variance` changes nothing: it is of numbers that are normal, and the decoder makes none"
        report.error("E0505", message, span, help="take it away")
    for name, column in columns.items():
        if not report.has_errors:
            _column_is_of_its_kind(spec, name, column, kinds[name], span, report)
    if not report.has_errors:
        _the_end_gives(spec, kinds, loss, span, report)


def _column_is_of_its_kind(spec: Spec, name: str, column: Column, kind: Observed, span: Span | None, report: Report) -> None:
    declared = spec.spans.get(f"data.columns.{name}")
    labels = (Label(declared, "declared here"),) if declared is not None else ()
    if kind == "categorical" and column.word != "category":
        message = f"`cross_entropy` compares labels, and `{name}` is {article_of(column.word)} {column.word}"
        way_out = "leave `reconstruction` out: each column then has the comparison that fits it"
        report.error("E0502", message, span, labels=labels, help=way_out)
    elif kind == "bernoulli" and (reason := leads_out_of_the_unit_range(column)):
        message = f"`binary_cross_entropy` compares numbers from 0 to 1, and `{name}` {reason}"
        fitting = "`scale = unit`" if column.word == "image" else "`scale = minmax`"
        way_out = f"{fitting} brings it there; or take `reconstruction = mean_squared_error`"
        report.error("E0502", message, span, labels=labels, help=way_out)


def _the_end_gives(spec: Spec, kinds: dict[str, Observed], loss: Elbo, span: Span | None, report: Report) -> None:
    """Bits want a sigmoid, labels their logits."""
    made = made_node(spec)
    if made is None or not isinstance(made.layer, Made):
        return
    head, end = made.layer.head, last_working(spec.graphs["decoder"])
    labels = (Label(end.span, "the decoder ends here"),)
    bits = [name for name, kind in kinds.items() if kind == "bernoulli"]
    categories = [name for name, kind in kinds.items() if kind == "categorical"]
    if bits and head != "sigmoid":
        message = f"{_named(bits)} {_is(bits)} compared by `binary_cross_entropy`, and the decoder does not end with a sigmoid"
        way_out = f"end it with {ended(end, 'sigmoid')}; or take `elbo(reconstruction = mean_squared_error)`"
        asked = loss.reconstruction is not None
        report.error("E0502", message, span if asked else end.span, labels=labels if asked else (), help=way_out)
    elif categories and (head == "sigmoid" or (head == "softmax" and len(kinds) > 1)):
        message = f"of {_named(categories)} the decoder gives a logit for each label, and it ends with a {head}"
        way_out = f"end it without: {ended(end, 'linear')}; a softmax over the labels of each category is part of `elbo`"
        report.error("E0502", message, end.span, help=way_out)


def _named(columns: list[str]) -> str:
    return listing(columns, "and") if len(columns) < 4 else f"{listing(columns[:2])} and {len(columns) - 2} more"


def _is(columns: list[str]) -> str:
    return "is" if len(columns) == 1 else "are"


def made_of(spec: Spec) -> Node | None:
    """What is made again: the input of the encoder."""
    return next((node for node in spec.graphs["encoder"].nodes if type(node.layer) is Input), None)


def codes_are_all_that_is_known(spec: Spec, report: Report) -> None:
    """The decoder makes a row of its code and of a condition: what else it knew of the row, the bound would not count."""
    if spec.model.word != "vae" or "decoder" not in spec.graphs:
        return
    for node in spec.graphs["encoder"].nodes:
        if isinstance(node.layer, Latent) and node.layer.distribution != "normal":
            message = "the code of a `vae` is normal, and `latent` says `uniform`"
            report.error("E0505", message, node.span, help=f"write `latent({node.layer.size})`; in a `gan` noise may be uniform")
    _conditions_are_not_made(spec, report)
    for one in entering(spec, spec.graphs["decoder"]):
        if one.reference and one.reference != "encoder.latent":
            taker = next(node for node in spec.graphs["decoder"].nodes if one.reference in node.inputs)
            message = f"the decoder takes `{one.reference}`, which knows more of the row than its code"
            way_out = "take it away: the bound counts what the code says, and nothing beside it"
            report.error("E0505", message, taker.span, help=way_out)


def _conditions_are_not_made(spec: Spec, report: Report) -> None:
    made = made_of(spec)
    given = next((node for node in spec.nodes if isinstance(node.layer, Condition)), None)
    both = (
        [n for n in input_columns(spec, given) if n in input_columns(spec, made)]
        if given is not None and made is not None
        else []
    )
    if given is not None and made is not None and both:
        message = f"{listing(both, 'and')} {_is(both)} known by the condition, and {_is(both)} to be made of the code"
        way_out = "name the columns that are made without it; `input(features)` leaves a condition out by itself"
        report.error("E0505", message, given.span, labels=(Label(made.span, "made again"),), help=way_out)


def likelihoods_are_estimated_by_what_there_is(spec: Spec, report: Report) -> None:
    """Chains and temperatures estimate the likelihood of machines, samples that of variational autoencoders."""
    for phase in spec.phases:
        of_codes = procedure_of(spec, phase).word == "variational"
        for metric in phase.settings.metrics:
            if not isinstance(metric, LogLikelihood):
                continue
            vain = [name for name in (OF_MACHINES if of_codes else ("samples",)) if metric.written(name)]
            if vain:
                other = "codes, of which it draws `samples`" if of_codes else "machines, which it runs in `chains`"
                message = f"{listing(vain, 'and')} change{'s' if len(vain) == 1 else ''} nothing here"
                way_out = f"take {'it' if len(vain) == 1 else 'them'} away: the likelihood is that of {other}"
                report.error("E0505", message, span_of(spec, phase, "metrics"), help=way_out)
