"""What must hold of a spec whose source is `ratings`: one machine that sees them, and nothing that they cannot have."""

from __future__ import annotations

from specc.checking.data import COLUMN_OF_RATINGS
from specc.checking.places import inputs_of, span_of
from specc.defaults import procedure_of
from specc.diagnostics import Report
from specc.ir import Phase, Spec
from specc.machines import machines
from specc.vocabulary.columns import RatingLevels
from specc.vocabulary.models import Rbm
from specc.vocabulary.procedures import ContrastiveDivergence
from specc.vocabulary.regularizers import Sparsity
from specc.vocabulary.sources import Ratings

SPEC = "`rbm { visible(ratings, units = softmax); hidden(100) }`"


def ratings_come_from_their_source(spec: Spec, report: Report) -> None:
    """No column is declared as ratings."""
    assert spec.data is not None
    for name, column in spec.data.columns.items():
        if isinstance(column, RatingLevels) and not isinstance(spec.data.source, Ratings):
            way_out = 'as in `source = ratings("r.csv", user = u, item = i, rating = r)`, without `columns`'
            report.error(
                "E0202",
                f"`{name}` cannot be ratings: a source of its own gives them",
                spec.spans.get(f"data.columns.{name}"),
                help=way_out,
            )


def ratings_are_seen_by_one_machine(spec: Spec, report: Report) -> None:
    """Ratings have no row for a network to take: they are the softmax units of an `rbm` with bernoulli hidden units."""
    assert spec.data is not None
    if not isinstance(spec.data.source, Ratings):
        return
    span = spec.spans.get("data.source")
    if not isinstance(spec.model, Rbm):
        report.error("E0113", f"ratings are learnt by an `rbm`, and this is a `{spec.model.word}`", span, help=f"as in {SPEC}")
        report.raise_errors()  # what else is said of another model would not help
    if spec.data.augment:
        report.error(
            "E0505", "`augment` changes images, and ratings are none", spec.spans.get("data.augment.0", span), help="take it away"
        )
    visible = inputs_of(spec)
    if len(visible) > 1:
        report.error("E0205", "ratings are seen once", visible[1].span, help=f"as in {SPEC}")
    for node in visible:
        if node.layer.columns != (COLUMN_OF_RATINGS,):  # type: ignore[attr-defined]
            report.error("E0505", "the source gives `ratings`, and no features", node.span, help=f"as in {SPEC}")
        units = getattr(node.layer, "units", None)
        if units is not None and units.word != "softmax":
            message = f"`ratings` are levels, which `{units.word}` units do not hold"
            report.error("E0502", message, node.span, help="write `visible(ratings, units = softmax)`")
    for node in machines(spec):
        if node.layer.units.word != "bernoulli":  # type: ignore[attr-defined]
            message = f"hidden units beside ratings are bernoulli, and not `{node.layer.units.word}`"  # type: ignore[attr-defined]
            report.error("E0502", message, node.span, help="leave `units` out")


def ratings_are_learnt_by_contrastive_divergence(spec: Spec, report: Report) -> None:
    """Each case has visible units of its own, which no chain of other cases could go on with."""
    assert spec.data is not None
    if not isinstance(spec.data.source, Ratings):
        return
    for phase in spec.phases:
        procedure, span = procedure_of(spec, phase), span_of(spec, phase, "procedure")
        if not isinstance(procedure, ContrastiveDivergence):
            message = f"`{procedure.word}` does not train on ratings: each case has units of its own"
            report.error("E0505", message, span, help="write `procedure = contrastive_divergence(steps = 1)`")
        elif procedure.written("centered") and procedure.centered:
            message = "`centered` needs the mean of every unit, and most ratings are not there"
            report.error("E0505", message, span, help="take it away")
        _measures_fit(spec, phase, report)


def _measures_fit(spec: Spec, phase: Phase, report: Report) -> None:
    """Nothing is asked of the hidden units or of the likelihood that is worked out for whole rows only."""
    if any(isinstance(part, Sparsity) for part in phase.settings.regularize):
        message = "`sparsity` is asked of machines that see whole rows, and not of one that sees ratings"
        report.error("E0505", message, span_of(spec, phase, "regularize"), help="`l2(1e-3)` keeps the weights small")
    for metric in phase.settings.metrics:
        if metric.target == "machine":
            message = f"`{metric.word}` is measured of machines that see whole rows, and not of one that sees ratings"
            report.error("E0502", message, span_of(spec, phase, "metrics"), help="there are rmse, mae and r2")
