"""What must hold of what is measured: metrics, and what stopping, keeping, a plateau or a sweep looks at."""

from __future__ import annotations

from specc.checking.data import COLUMN_OF_RATINGS
from specc.checking.places import answered_columns, called, kind_of, label_count, outputs_of, plural, span_of
from specc.checking.wording import article_of
from specc.defaults import procedure_of
from specc.diagnostics import Report, Span, did_you_mean, listing
from specc.ir import Phase, Spec
from specc.machines import machines
from specc.vocabulary.families import Metric
from specc.vocabulary.splits import Column, Folds, Provided, Random

OF_NUMBERS = ("root_mean_squared_error", "mean_absolute_error", "r2")
"""What is always measured of a number."""
OF_MACHINES = ("reconstruction_error", "free_energy_gap", "log_likelihood")
"""What can be measured of a machine, the first of it always."""
OF_ROWS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "reconstruction": (("loss", "reconstruction_error"), ("sum_squared_error",)),
    "layerwise": (("loss", "reconstruction_error"), ("sum_squared_error",)),
    "variational": (("loss", "reconstruction", "kl"), ("log_likelihood",)),
}
"""What a procedure of composites always measures, and what more it can."""


def metrics_fit_an_output(spec: Spec, report: Report) -> None:
    """Metrics of answers measure some that there are, each of its kind; those of machines are another rule's."""
    for phase in spec.phases:
        span = span_of(spec, phase, "metrics")
        seen: set[tuple[str, str | None]] = set()
        kinds = kinds_of(spec, phase)
        for metric in phase.settings.metrics:
            if (metric.word, metric.output) in seen:
                report.error("E0205", f"the metric `{metric.word}` is named twice", span)
            seen.add((metric.word, metric.output))
            if metric.target == "machine" and not spec.model.parts:
                _names_no_output(metric, span, report)
            elif spec.model.parts:
                _measures_rows(spec, phase, metric, span, report)
            elif metric.target == "rows":
                message = f"`{metric.word}` measures whole rows, which a `{spec.model.word}` does not make"
                report.error("E0502", message, span, help="it is for an `autoencoder` or a `vae`")
            elif not kinds and machines(spec):
                _nothing_is_answered(spec, phase, metric, report)
            elif metric.output is not None and metric.output not in kinds:
                way_out = f"outputs are {listing(kinds, 'and')}"
                report.error("E0503", f"`{metric.word}` names `{metric.output}`, which is no output", span, help=way_out)
            elif not _fitting(metric, kinds):
                meant = {metric.output: kinds[metric.output]} if metric.output else kinds
                answers = " and ".join(f"`{column}` is a {kind}" for column, kind in meant.items())
                of_labels = "category" in meant.values()
                way_out = f"take {'`accuracy`, `auroc` or `f1`' if of_labels else '`root_mean_squared_error` or `r2`'}"
                message = f"`{metric.word}` measures {plural(metric.target)}, and {answers}"
                report.error("E0502", message, span, help=way_out)


def _measures_rows(spec: Spec, phase: Phase, metric: Metric, span: Span | None, report: Report) -> None:
    """Of a composite the metrics are those of the rows that it makes, and of its machines while it trains these."""
    procedure, whole = procedure_of(spec, phase), f"{article_of(spec.model.word)} `{spec.model.word}`"
    always, named = measured_of_rows(spec, phase)
    if metric.target == "machine" and procedure.of_machines:
        _names_no_output(metric, span, report)
    elif metric.word in (*always, *named):
        if metric.output is not None:
            message = f"`{metric.word}` is of whole rows, and no output `{metric.output}`"
            report.error("E0503", message, span, help="take `output` away")
    else:
        of = {"machine": "machines, and {} trains none", "rows": "rows that are rebuilt, and {} rebuilds none"}
        message = f"`{metric.word}` measures {of.get(metric.target, 'answers, and {} gives none').format(whole)}"
        there_is = listing([*(word for word in always if word != "loss"), *named], "and")
        way_out = f"of its rows there is {there_is}; `pretrained` takes its encoder into a `network`, which answers"
        report.error("E0502", message, span, help=way_out)


def measured_of_rows(spec: Spec, phase: Phase) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What is always measured of the rows that a composite makes in a phase, and what more may be named."""
    return OF_ROWS.get(procedure_of(spec, phase).word, ((), ())) if spec.model.parts else ((), ())


def _names_no_output(metric: Metric, span: Span | None, report: Report) -> None:
    if metric.output is not None:
        message = f"`{metric.word}` measures a machine, and no output `{metric.output}`"
        report.error("E0503", message, span, help="take `output` away")


def _nothing_is_answered(spec: Spec, phase: Phase, metric: Metric, report: Report) -> None:
    """A metric of answers where machines are trained and nothing is answered."""
    span, of_themselves = span_of(spec, phase, "metrics"), f"of machines there are {listing(OF_MACHINES, 'and')}"
    way_out = f"put it into the phase that trains the answers; {of_themselves}"
    if spec.model.word == "rbm":
        way_out = f"a label is answered where it is visible: `target = digit` in `data`, `visible(digit)`; {of_themselves}"
    elif not outputs_of(spec):
        way_out = f"end with `output(…)`; {of_themselves}"
    report.error("E0502", f"{called(phase)} trains no answers that `{metric.word}` could measure", span, help=way_out)


def _fitting(metric: Metric, kinds: dict[str, str]) -> list[str]:
    meant = [metric.output] if metric.output else list(kinds)
    return [c for c in meant if metric.target in ("any", kinds[c])]


def kinds_of(spec: Spec, phase: Phase) -> dict[str, str]:
    """What a phase answers: the columns, and whether each is a `number` or a `category`. The machines of a stack answer none."""
    if spec.is_of_ratings:
        return {COLUMN_OF_RATINGS: "number"}
    procedure = procedure_of(spec, phase)
    if (procedure.of_machines and spec.model.word != "rbm") or procedure.of_stacks:
        return {}
    return {column: kind_of(spec, column) for column in answered_columns(spec)}


def measures(spec: Spec, phase: Phase) -> set[str]:
    """The names under which a phase's measurements can be had, without the split: `loss`, `accuracy`, `price.r2`."""
    kinds = kinds_of(spec, phase)
    names = {"loss"} if kinds else set()
    always, named = measured_of_rows(spec, phase)
    names |= {*always, *(metric.word for metric in phase.settings.metrics if metric.word in named)}
    if machines(spec) and not spec.is_of_ratings and procedure_of(spec, phase).of_energies:
        names |= {"reconstruction_error", *(m.word for m in phase.settings.metrics if m.target == "machine")}
    for column, kind in kinds.items():
        of_labels = ("accuracy", "auroc") if label_count(spec, column) in (2, None) else ("accuracy",)
        named = [m.word for m in phase.settings.metrics if column in _fitting(m, kinds) and m.word != "confusion_matrix"]
        words = (*(of_labels if kind == "category" else OF_NUMBERS), *named)
        names |= {word if len(kinds) == 1 else f"{column}.{word}" for word in words}
    return names


def measures_are_taken(spec: Spec, report: Report) -> None:
    """What `stop`, `keep`, a plateau or the sweep looks at is measured, on a split that there is."""
    wanted: list[tuple[str, Span | None, Phase]] = []
    for phase in spec.phases:
        for field in ("stop", "keep", "schedule"):
            measure = getattr(getattr(phase.settings, field), "measure", None)
            if measure is not None:
                wanted.append((measure, span_of(spec, phase, field), phase))
    if spec.sweep is not None and spec.phases:
        wanted.append((spec.sweep.objective.measure, spec.spans.get("sweep.objective"), spec.last_phase))  # type: ignore[attr-defined]
    for measure, span, phase in wanted:
        _measure_is_taken(measure, span, phase, spec, report)


def _measure_is_taken(measure: str, span: Span | None, phase: Phase, spec: Spec, report: Report) -> None:
    split, _, name = measure.partition(".")
    known = sorted(measures(spec, phase))
    if split not in ("train", "validation") or not name:
        way_out = "it begins with a split, as in `validation.loss`"
        if split == "test":
            way_out = "what is tested on may not choose: take `validation`"
        report.error("E0504", f"`{measure}` is no measure of training", span, help=way_out)
    elif name not in known:
        report.error("E0504", f"nothing measures `{measure}`", span, help=_way_to_a_measure(spec, phase, split, name, known))
    elif name == "reconstruction_error" and procedure_of(spec, phase).of_energies:
        message = "`reconstruction_error` falls as training goes on, even where the machine gets worse: nothing can be told by it"
        report.error("E0504", message, span, help=_by_the_likelihood(split))
    elif split == "train" and name == "free_energy_gap":
        message = "`free_energy_gap` compares other rows with those that are trained on: of these there is none"
        report.error("E0504", message, span, help="take `validation.free_energy_gap`")
    elif split == "train" and name == "log_likelihood" and _surely_has_validation(spec):
        message = "in each epoch `log_likelihood` is measured of the validation rows alone, where there are some"
        report.error("E0504", message, span, help="take `validation.log_likelihood`")
    elif split == "validation" and not _has_validation(spec):
        way_out = "give it some: `split = random(train = 0.7, validation = 0.15, test = 0.15)`"
        if spec.data is not None and isinstance(spec.data.split, Folds):
            way_out = f"give it some: `split = folds({spec.data.split.count}, validation = 0.15)`"
        elif spec.bound is not None and spec.data is not None and not isinstance(spec.data.split, Random | Column):
            way_out = "take some of the training rows: `split = provided(validation = 0.1)`"
        report.error("E0504", f"`{measure}` needs validation rows, and the split has none", span, help=way_out)


def _way_to_a_measure(spec: Spec, phase: Phase, split: str, name: str, known: list[str]) -> str:
    """What may be looked at in place of what nothing measures."""
    meant = did_you_mean(name, [other for other in known if other != "reconstruction_error" or spec.model.parts])
    if meant is not None:
        return f"did you mean `{split}.{meant}`?"
    if name in OF_MACHINES and procedure_of(spec, phase).of_machines and not spec.is_of_ratings:
        return f"name it: `metrics = [{name}]`"
    if name == "loss" and procedure_of(spec, phase).of_machines:
        return f"a machine has no loss; {_by_the_likelihood(split)}"
    return f"there {'is' if len(known) == 1 else 'are'} {listing(known, 'and')}; name others in `metrics`"


def _by_the_likelihood(split: str) -> str:
    return f"go by its likelihood: `metrics = [log_likelihood]` and `{split}.log_likelihood`"


def _has_validation(spec: Spec) -> bool:
    assert spec.data is not None
    if spec.bound is not None:
        return spec.bound.rows.get("validation", 0) > 0
    split = spec.data.split
    if isinstance(split, Random):
        return split.shares()[1] > 0
    return bool(getattr(split, "validation", True)) if not isinstance(split, Provided) else True


def _surely_has_validation(spec: Spec) -> bool:
    """Whether there are validation rows; of sets that the source itself may have that is known with the data only."""
    assert spec.data is not None
    return _has_validation(spec) and (spec.bound is not None or isinstance(spec.data.split, Random | Column | Folds))
