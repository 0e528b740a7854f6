"""What must hold of the declared columns, as far as the file of the data need not be opened for it."""

from __future__ import annotations

from collections import Counter

from specc.diagnostics import Report, listing
from specc.ir import Data, Graph, Spec
from specc.vocabulary.columns import Category, Constant, Image, Mean, Median, Number, fits_pattern, is_pattern
from specc.vocabulary.layers.sources import Input
from specc.vocabulary.splits import Column as ColumnSplit


def with_named_columns(data: Data, graphs: dict[str, Graph]) -> Data:
    """The data with a line of its own for each column that the spec names and only a pattern declares."""
    layers = [node.layer for graph in graphs.values() for node in graph.nodes]
    named = [*data.target, *(name for layer in layers if isinstance(layer, Input) for name in layer.columns)]
    columns = {}
    for declared, column in data.columns.items():
        if is_pattern(declared):
            own = [name for name in named if name not in data.columns and name != "features" and fits_pattern(name, declared)]
            columns |= {name: column for name in own if name not in columns}
        columns[declared] = column
    return data.model_copy(update={"columns": columns})


def columns_have_one_way(spec: Spec, report: Report) -> None:
    """What would leave a setting of a column without effect is said."""
    assert spec.data is not None
    for name, column in spec.data.columns.items():
        span = spec.spans.get(f"data.columns.{name}")
        if isinstance(column, Number | Category) and column.impute is not None and column.missing != "error":
            message = f"`{name}` says both how to impute a missing value and `missing = {column.missing}`"
            report.error("E0505", message, span, help="keep one of them")
        if isinstance(column, Number) and column.indicator and column.impute is None:
            message = f"`{name}` has an `indicator` of missing values, and no `impute` that would let one through"
            report.error("E0505", message, span, help="as in `number(impute = median, indicator = true)`")
        if isinstance(column, Category) and column.missing == "keep" and name not in spec.data.target:
            message = f"`missing = keep` keeps rows without a target, and `{name}` is none"
            report.error("E0505", message, span, help="`impute = mode` fills it in, `missing = drop` leaves the row out")
        if isinstance(column, Image) and column.size[0] not in (1, 3):
            message = f"`{name}`: an image has one channel (grey) or three (colour), not {column.size[0]}"
            report.error(
                "E0203", message, span, help="the order is channels, height, width; other blocks of numbers are `array([…])`"
            )


def imputed_values_fit_their_columns(spec: Spec, report: Report) -> None:
    assert spec.data is not None
    for name, column in spec.data.columns.items():
        if not isinstance(column, Number | Category) or column.impute is None:
            continue
        span, impute = spec.spans.get(f"data.columns.{name}"), column.impute
        if isinstance(column, Number) and isinstance(impute, Constant) and isinstance(impute.value, str):
            report.error(
                "E0202", f'`{name}` is a number, and `constant("{impute.value}")` is a text', span, help="write a number"
            )
        if isinstance(column, Category) and isinstance(impute, Mean | Median):
            report.error(
                "E0502", f"`{name}` is a category: labels have no {impute.word}", span, help="take `mode` or `constant(…)`"
            )
        if isinstance(column, Category) and isinstance(impute, Constant):
            if not isinstance(impute.value, str) or not impute.value:
                report.error(
                    "E0202",
                    f"`{name}` is a category, and the constant is no label",
                    span,
                    help='write it in quotes: `constant("none")`',
                )
            elif column.labels is not None and impute.value not in column.labels:
                report.error("E0406", f"`{impute.value}` is not among the `labels` of `{name}`", span, help="add it to `labels`")


def labels_are_a_list_of_their_own(spec: Spec, report: Report) -> None:
    assert spec.data is not None
    for name, column in spec.data.columns.items():
        if not isinstance(column, Category) or column.labels is None:
            continue
        span = spec.spans.get(f"data.columns.{name}")
        twice = sorted(label for label, times in Counter(column.labels).items() if times > 1)
        if not column.labels:
            report.error("E0203", f"`labels` of `{name}` is empty", span, help="leave it out, and the data says which there are")
        elif twice:
            report.error("E0205", f"`labels` of `{name}` lists {listing(twice, 'and')} twice", span)
        elif "" in column.labels:
            report.error("E0203", f"`labels` of `{name}` lists the empty text, which is a missing value", span)


def targets_stay_as_they_are(spec: Spec, report: Report) -> None:
    """A target is one column; it is never made up, and its labels are always counted one by one."""
    assert spec.data is not None
    for name in spec.data.target:
        span, column = spec.spans.get(f"data.columns.{name}"), spec.data.columns.get(name)
        if is_pattern(name):
            report.error("E0505", f"the target `{name}` is a pattern", spec.spans.get("data.target"), help="name one column")
        if isinstance(column, Number | Category) and column.impute is not None and span is not None:
            message = f"`{name}` is the target, and a made-up target teaches nothing"
            report.error("E0505", message, span, help="take `impute` away; `missing = drop` leaves such rows out")
        if isinstance(column, Category) and column.written("encode") and span is not None:
            report.error("E0505", f"`{name}` is the target: its `encode` would change nothing", span, help="take `encode` away")


def values_name_one_set(spec: Spec, report: Report) -> None:
    assert spec.data is not None
    split, span = spec.data.split, spec.spans.get("data.split")
    if not isinstance(split, ColumnSplit):
        return
    values = [str(value) for value in (*split.train, *split.validation, *split.test)]
    twice = sorted(value for value, times in Counter(values).items() if times > 1)
    if twice:
        report.error(
            "E0407", f"{listing(twice, 'and')} of `{split.name}` stands twice in the split", span, help="a row is in one set only"
        )
    if not split.train:
        report.error("E0407", "the split has no training rows", span, help="name values: `train = [0, 1, 2]`")
