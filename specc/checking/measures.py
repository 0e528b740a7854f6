"""What must hold of what is measured: metrics, and what stopping, keeping, a plateau or a sweep looks at."""

from __future__ import annotations

from specc.checking.data import COLUMN_OF_RATINGS
from specc.checking.places import answered_columns, called, kind_of, label_count, outputs_of, plural, span_of
from specc.checking.wording import article_of
from specc.defaults import procedure_of
from specc.diagnostics import Report, Span, did_you_mean, listing
from specc.ir import Phase, Spec
from specc.machines import machines
from specc.vocabulary.adversarial import Wasserstein
from specc.vocabulary.columns import Category
from specc.vocabulary.families import Metric
from specc.vocabulary.quality import ModesCovered
from specc.vocabulary.splits import Column, Folds, Provided, Random

OF_NUMBERS = ("root_mean_squared_error", "mean_absolute_error", "r2")
"""What is always measured of a number."""
OF_MACHINES = ("reconstruction_error", "free_energy_gap", "log_likelihood")
"""What can be measured of a machine, the first of it always."""
OF_ROWS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "reconstruction": (("loss", "reconstruction_error"), ("sum_squared_error",)),
    "layerwise": (("loss", "reconstruction_error"), ("sum_squared_error",)),
    "variational": (("loss", "reconstruction", "kl"), ("log_likelihood",)),
    "adversarial": (
        ("discriminator_loss", "generator_loss", "real_score", "generated_score", "discriminator_accuracy"),
        ("pairwise_distance", "classifier_score", "modes_covered"),
    ),
}
"""What a procedure of composites always measures, and what more it can."""
BESIDE = {"pairwise_distance": "duplicates", "modes_covered": "high_quality"}
"""What stands beside a measure that is named."""
OF_VALIDATION = ("log_likelihood", *OF_ROWS["adversarial"][1], *BESIDE.values())
"""What is measured in each epoch of the validation rows alone, where there are some."""


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
            elif spec.model.parts and not (kinds and metric.target in ("number", "category", "any")):
                _measures_rows(spec, phase, metric, span, report)
            elif metric.target == "rows":
                message = f"`{metric.word}` measures whole rows, which a `{spec.model.word}` does not make"
                of_generated = metric.word in OF_ROWS["adversarial"][1]
                report.error(
                    "E0502", message, span, help=f"it is for {'a `gan`' if of_generated else 'an `autoencoder` or a `vae`'}"
                )
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
    elif procedure.of_machines:
        message = f"`{metric.word}` measures no machines, and {called(phase)} trains those"
        way_out = f"put it into the phase that trains the whole; of machines there are {listing(OF_MACHINES, 'and')}"
        report.error("E0502", message, span, help=way_out)
    elif metric.word in (*always, *named):
        if metric.output is not None:
            message = f"`{metric.word}` is of whole rows, and no output `{metric.output}`"
            report.error("E0503", message, span, help="take `output` away")
        elif isinstance(metric, ModesCovered):
            _modes_are_labels(spec, metric, span, report)
    else:
        of = {"machine": "machines, and {} trains none", "rows": "rows that are rebuilt, and {} rebuilds none"}
        if metric.word in OF_ROWS["adversarial"][1]:
            of["rows"] = "what a generator makes, and {} has none"
        message = f"`{metric.word}` measures {of.get(metric.target, 'answers, and {} gives none').format(whole)}"
        there_is = listing([*(word for word in always if word != "loss"), *named], "and")
        part = "discriminator" if procedure.word == "adversarial" else "encoder"
        way_out = f"of its rows there is {there_is}; `pretrained` takes its {part} into a `network`, which answers"
        report.error("E0502", message, span, help=way_out)


def _modes_are_labels(spec: Spec, metric: ModesCovered, span: Span | None, report: Report) -> None:
    assert spec.data is not None
    column = spec.data.columns[metric.labels]
    if isinstance(column, Category):
        return
    categories = [name for name, other in spec.data.columns.items() if isinstance(other, Category)]
    way_out = f"there {'is' if len(categories) == 1 else 'are'} {listing(categories, 'and')}" if categories else "declare one"
    kind = f"{article_of(column.word)} `{column.word}`"
    report.error("E0502", f"modes are the labels of a category, and `{metric.labels}` is {kind}", span, help=way_out)


def measured_of_rows(spec: Spec, phase: Phase) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What is always measured of the rows that a composite makes in a phase, and what more may be named."""
    always, named = OF_ROWS.get(procedure_of(spec, phase).word, ((), ())) if spec.model.parts else ((), ())
    if any(isinstance(term.loss, Wasserstein) for term in phase.settings.loss):
        always = tuple(name for name in always if name != "discriminator_accuracy")
    return always, named


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
    names = {"loss"} if kinds and not spec.model.parts else set()
    always, named = measured_of_rows(spec, phase)
    of_rows = [metric.word for metric in phase.settings.metrics if metric.word in named]
    names |= {*always, *of_rows, *(BESIDE[word] for word in of_rows if word in BESIDE)}
    if not spec.is_of_ratings and procedure_of(spec, phase).of_energies:
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
    elif split == "train" and name in OF_VALIDATION and _surely_has_validation(spec):
        message = f"in each epoch `{name}` is measured of the validation rows alone, where there are some"
        report.error("E0504", message, span, help=f"take `validation.{name}`")
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
    of_machines = name in OF_MACHINES and procedure_of(spec, phase).of_machines and not spec.is_of_ratings
    if of_machines or name in measured_of_rows(spec, phase)[1]:
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
