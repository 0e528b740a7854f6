"""What must hold of a whole spec: one function a rule, named after the sentence it holds."""

from __future__ import annotations

from specc.check.columns import (
    columns_have_one_way,
    imputed_values_fit_their_columns,
    labels_are_a_list_of_their_own,
    targets_stay_as_they_are,
    values_name_one_set,
)
from specc.diagnostics import Label, Report, Span, did_you_mean, listing
from specc.door import input_columns
from specc.ir import CategoryFit, Node, Phase, Spec
from specc.vocabulary.augmentations import Crop
from specc.vocabulary.columns import Array, Category, Image, Number
from specc.vocabulary.families import Metric
from specc.vocabulary.layers.output import Output
from specc.vocabulary.layers.sources import Input
from specc.vocabulary.losses import BinaryCrossEntropy, CrossEntropy
from specc.vocabulary.optimizers import Sgd
from specc.vocabulary.splits import Column as ColumnSplit
from specc.vocabulary.splits import Provided, Random


def outputs_of(spec: Spec) -> list[Node]:
    return [node for graph in spec.graphs.values() for node in graph.nodes if isinstance(node.layer, Output)]


def inputs_of(spec: Spec) -> list[Node]:
    return [node for graph in spec.graphs.values() for node in graph.nodes if isinstance(node.layer, Input)]


def the_data_is_there(spec: Spec, report: Report) -> None:
    if spec.data is None:
        report.error("E0208", "the spec has no `data`", outputs_of(spec)[0].span if outputs_of(spec) else None, help="write `data { source = …; columns { … }; target = … }`")


def inputs_can_be_joined(spec: Spec, report: Report) -> None:
    assert spec.data is not None
    for node in inputs_of(spec):
        assert isinstance(node.layer, Input)
        for name in node.layer.columns:
            if name in spec.data.target:
                report.error("E0505", f"the input `{name}` is the target", node.span, help="a network may not see what it is to predict")
        columns = [n for n in input_columns(spec, node) if n not in spec.data.target]
        if not columns and not report.has_errors:
            report.error("E0505", "`features` has no columns: none is a number or category beside the target", node.span)
        others = [name for name in columns if not spec.data.columns[name].joins_features]
        if len(columns) > 1 and others:
            message = f"`{others[0]}` cannot be joined with other columns"
            report.error("E0301", message, node.span, help=f"take it by its own name: `input({others[0]})`")


def targets_and_outputs_agree(spec: Spec, report: Report) -> None:
    assert spec.data is not None
    outputs: dict[str, Node] = {}
    for node in outputs_of(spec):
        assert isinstance(node.layer, Output)
        column = node.layer.column
        if column in outputs:
            labels = (Label(outputs[column].span, "first here"),)
            report.error("E0106", f"`{column}` is answered twice", node.span, labels=labels)
        outputs[column] = node
        if column not in spec.data.target:
            way_out = f"write `target = {column}` in `data`" if not spec.data.target else f"the target is {listing(spec.data.target, 'and')}"
            report.error("E0505", f"the output `{column}` is not a target", node.span, help=way_out)
        elif not isinstance(spec.data.columns.get(column), Number | Category):
            kind = spec.data.columns[column].word if column in spec.data.columns else "pattern"
            report.error("E0505", f"`output` answers numbers and categories; `{column}` is {kind}", node.span)
    for column in spec.data.target:
        if column not in outputs:
            report.error("E0107", f"nothing answers the target `{column}`", spec.spans.get("data.target"), help=f"end the network with `output({column})`")
    if len(set(spec.data.target)) < len(spec.data.target):
        report.error("E0205", "a target is named twice", spec.spans.get("data.target"))


def the_split_can_be_made(spec: Spec, report: Report) -> None:
    assert spec.data is not None
    split, span = spec.data.split, spec.spans.get("data.split")
    if isinstance(split, Random):
        total = sum(split.shares())
        if abs(total - 1.0) > 1e-9:
            report.error("E0407", f"the shares of the split sum to {total:g}, not 1", span)
        if split.stratify is not None and split.group is not None:
            report.error("E0407", "a split keeps either the shares of labels or groups together", span, help="take `stratify` or `group` away")
    if isinstance(split, Provided) and spec.data.source.word in ("csv", "parquet"):
        message = f"`{spec.data.source.word}` provides no sets of its own"
        report.error("E0407", message, span, help="write `random(…)`, or `column(fold, …)` where a column names the sets")


def augmentation_changes_images(spec: Spec, report: Report) -> None:
    assert spec.data is not None
    images = {name: c for name, c in spec.data.columns.items() if isinstance(c, Image)}
    for index, change in enumerate(spec.data.augment):
        span = spec.spans.get(f"data.augment.{index}")
        if not images:
            report.error("E0505", f"`{change.word}` changes images, and `columns` has none", span)
        for name, image in images.items():
            if isinstance(change, Crop) and (image.size[1], image.size[2]) != (change.size, change.size):
                message = f"`crop({change.size})` gives another size than `{name}` has, {image.size[1]} × {image.size[2]}"
                report.error("E0203", message, span, help=f"as in `crop({image.size[1]}, padding = 3)`")
            if isinstance(change, Crop) and change.padding == 0 and image.size[1] == image.size[2] == change.size:
                report.error("E0203", "`crop` of the whole image changes nothing", span, help="give it a `padding`")


def phases_end(spec: Spec, report: Report) -> None:
    for phase in spec.phases:
        span = span_of(spec, phase)
        if phase.settings.epochs is None and phase.settings.steps is None:
            report.error("E0501", f"how long does {_the(phase)} run?", span, help="say `epochs = 20` or `steps = 1_000`")
        if phase.settings.epochs is not None and phase.settings.steps is not None:
            report.error("E0501", f"{_the(phase)} has both `epochs` and `steps`", span, help="keep one of them")


def losses_fit_their_outputs(spec: Spec, report: Report) -> None:
    outputs = {node.layer.column: node for node in outputs_of(spec) if isinstance(node.layer, Output)}
    for phase in spec.phases:
        span = span_of(spec, phase, "loss")
        named: set[str] = set()
        for term in phase.settings.loss:
            loss = term.loss
            column = loss.output or (next(iter(outputs)) if len(outputs) == 1 else None)
            if term.weight <= 0:
                report.error("E0203", f"the weight of a loss must be greater than 0, got {term.weight:g}", span)
            if column is None:
                message = f"which output does `{loss.word}` mean?"
                report.error("E0503", message, span, help=f"name it: `{loss.word}({next(iter(outputs), 'price')})`")
                continue
            if column not in outputs:
                report.error("E0503", f"`{loss.word}` names `{column}`, which is no output", span, help=f"outputs are {listing(outputs, 'and')}")
                continue
            named.add(column)
            _loss_fits(spec, report, loss, column, outputs[column], span)
        missing = [column for column in outputs if column not in named]
        if phase.settings.loss and missing and not report.has_errors:
            report.error("E0503", f"no loss trains the output {listing(missing, 'and')}", span, help="name one for each output")


def _loss_fits(spec: Spec, report: Report, loss, column: str, node: Node, span: Span | None) -> None:  # noqa: ANN001
    assert spec.data is not None
    declared = spec.data.columns[column]
    kind = "category" if isinstance(declared, Category) else "number"
    labels = (Label(node.span, f"answers the {kind} `{column}`"),)
    if loss.target != kind:
        better = "`mean_squared_error`" if kind == "number" else "`cross_entropy`"
        report.error("E0502", f"`{loss.word}` compares {_plural(loss.target)}, and `{column}` is a {kind}", span, labels=labels, help=f"take {better}")
        return
    fit = spec.bound.fits[column] if spec.bound is not None else None
    known = fit.labels if isinstance(fit, CategoryFit) else declared.labels if isinstance(declared, Category) else None
    if known is None:
        return
    if isinstance(loss, BinaryCrossEntropy) and len(known) != 2:
        message = f"`binary_cross_entropy` tells two labels apart, and `{column}` has {len(known)}"
        report.error("E0502", message, span, labels=labels, help="take `cross_entropy`")
    weights = getattr(loss, "class_weights", None)
    if isinstance(weights, tuple) and len(weights) != len(known):
        report.error("E0502", f"`class_weights` has {len(weights)} numbers for {len(known)} labels", span)
    if isinstance(loss, CrossEntropy) and len(known) < 2:
        report.error("E0502", f"`{column}` has one label only: there is nothing to tell apart", span)


def metrics_fit_an_output(spec: Spec, report: Report) -> None:
    assert spec.data is not None
    outputs = {n.layer.column for n in outputs_of(spec) if isinstance(n.layer, Output)}
    kinds = {c: "category" if isinstance(spec.data.columns[c], Category) else "number" for c in outputs}
    for phase in spec.phases:
        span = span_of(spec, phase, "metrics")
        seen: set[tuple[str, str | None]] = set()
        for metric in phase.settings.metrics:
            if (metric.word, metric.output) in seen:
                report.error("E0205", f"the metric `{metric.word}` is named twice", span)
            seen.add((metric.word, metric.output))
            if metric.output is not None and metric.output not in outputs:
                report.error("E0503", f"`{metric.word}` names `{metric.output}`, which is no output", span)
            elif not _fitting(metric, kinds):
                known = "`accuracy`, `auroc` or `f1`" if "category" in kinds.values() else "`root_mean_squared_error` or `r2`"
                report.error("E0502", f"`{metric.word}` measures {_plural(metric.target)}, and no output is one", span, help=f"take {known}")


def _fitting(metric: Metric, kinds: dict[str, str]) -> list[str]:
    meant = [metric.output] if metric.output else list(kinds)
    return [c for c in meant if metric.target in ("any", kinds[c])]


def measures(spec: Spec, phase: Phase) -> set[str]:
    """The names under which a phase's measurements can be had, without the split: `loss`, `accuracy`, `price.r2`."""
    assert spec.data is not None
    kinds = {
        n.layer.column: "category" if isinstance(spec.data.columns[n.layer.column], Category) else "number"
        for n in outputs_of(spec)
        if isinstance(n.layer, Output)
    }
    names = {"loss"}
    for column, kind in kinds.items():
        defaults = ("accuracy", "auroc") if kind == "category" else ("root_mean_squared_error", "mean_absolute_error", "r2")
        named = [m.word for m in phase.settings.metrics if column in _fitting(m, kinds) and m.word != "confusion_matrix"]
        names |= {word if len(kinds) == 1 else f"{column}.{word}" for word in (*defaults, *named)}
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
        wanted.append((spec.sweep.objective.measure, spec.spans.get("sweep.objective"), spec.phases[-1]))  # type: ignore[attr-defined]
    for measure, span, phase in wanted:
        split, _, name = measure.partition(".")
        known = sorted(measures(spec, phase))
        if split not in ("train", "validation") or not name:
            way_out = "it begins with a split, as in `validation.loss`"
            if split == "test":
                way_out = "what is tested on may not choose: take `validation`"
            report.error("E0504", f"`{measure}` is no measure of training", span, help=way_out)
        elif name not in known:
            meant = did_you_mean(name, known)
            way_out = f"did you mean `{split}.{meant}`?" if meant else f"there are {listing(known, 'and')}; name others in `metrics`"
            report.error("E0504", f"nothing measures `{measure}`", span, help=way_out)
        elif split == "validation" and not _has_validation(spec):
            way_out = "give it some: `split = random(train = 0.7, validation = 0.15, test = 0.15)`"
            if spec.bound is not None and not isinstance(spec.data.split, Random | ColumnSplit):
                way_out = "take some of the training rows: `split = provided(validation = 0.1)`"
            report.error("E0504", f"`{measure}` needs validation rows, and the split has none", span, help=way_out)


def _has_validation(spec: Spec) -> bool:
    assert spec.data is not None
    if spec.bound is not None:
        return spec.bound.rows.get("validation", 0) > 0
    split = spec.data.split
    if isinstance(split, Random):
        return split.shares()[1] > 0
    return bool(getattr(split, "validation", True)) if not isinstance(split, Provided) else True


def batches_serve_batch_statistics(spec: Spec, report: Report) -> None:
    normed = [n for g in spec.graphs.values() for n in g.nodes if n.layer.batch_statistics]
    for phase in spec.phases:
        if phase.settings.batch == 1 and normed:
            labels = (Label(normed[0].span, "needs the statistics of a batch"),)
            report.error("E0505", "a batch of one row has no statistics", span_of(spec, phase, "batch"), labels=labels, help="take `batch = 2` or more, or `layer_norm`")


def momentum_comes_before_nesterov(spec: Spec, report: Report) -> None:
    for phase in spec.phases:
        optimizer = phase.settings.optimizer
        if isinstance(optimizer, Sgd) and optimizer.nesterov and optimizer.momentum == 0:
            report.error("E0505", "`nesterov` looks ahead along the momentum, which is 0", span_of(spec, phase, "optimizer"), help="as in `sgd(0.1, momentum = 0.9, nesterov = true)`")


def sweeps_have_something_to_search(spec: Spec, report: Report) -> None:
    if spec.sweep is not None and not spec.hyper:
        report.error("E0505", "`sweep` has no hyperparameters to search", spec.spans.get("sweep.objective"), help="declare some in `hyper { … }`")


def span_of(spec: Spec, phase: Phase, setting: str = "") -> Span | None:
    """Where a phase's setting stands: in the phase, in `train`, or the phase itself."""
    paths = [f"train.{phase.name}.{setting}", f"train.{setting}"] if setting else []
    return next((spec.spans[p] for p in [*paths, f"train.{phase.name}", "train"] if p in spec.spans), None)


def _the(phase: Phase) -> str:
    return "training" if phase.name == "train" else f"the phase `{phase.name}`"


def _plural(kind: str) -> str:
    return {"number": "numbers", "category": "labels"}[kind]


def array_inputs_are_known(spec: Spec, report: Report) -> None:
    assert spec.data is not None
    for name, column in spec.data.columns.items():
        if isinstance(column, Array) and len(column.size) not in (1, 3):
            report.error("E0203", f"`{name}`: an array has one size or three", spec.spans.get(f"data.columns.{name}"))


BEFORE_SHAPES = (
    the_data_is_there,
    array_inputs_are_known,
    columns_have_one_way,
    imputed_values_fit_their_columns,
    labels_are_a_list_of_their_own,
    targets_stay_as_they_are,
    inputs_can_be_joined,
    targets_and_outputs_agree,
)
AFTER_SHAPES = (
    the_split_can_be_made,
    values_name_one_set,
    augmentation_changes_images,
    phases_end,
    losses_fit_their_outputs,
    metrics_fit_an_output,
    measures_are_taken,
    batches_serve_batch_statistics,
    momentum_comes_before_nesterov,
    sweeps_have_something_to_search,
)
WITH_DATA = (inputs_can_be_joined, losses_fit_their_outputs, measures_are_taken)
"""What depends on what the data says, asked again once it is bound."""
