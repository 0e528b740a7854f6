"""What a model takes: that there is data, and that an input can be made of the columns it names."""

from __future__ import annotations

from collections import Counter

from specc.checking.places import inputs_of, outputs_of
from specc.diagnostics import Report, listing
from specc.door import input_columns
from specc.ir import Spec
from specc.vocabulary.columns import Array
from specc.vocabulary.layers.boltzmann import Visible
from specc.vocabulary.layers.composite import Condition
from specc.vocabulary.layers.sources import Input


def the_data_is_there(spec: Spec, report: Report) -> None:
    if spec.data is None:
        report.error(
            "E0208",
            "the spec has no `data`",
            outputs_of(spec)[0].span if outputs_of(spec) else None,
            help="write `data { source = …; columns { … }; target = … }`",
        )
        report.raise_errors()  # every other rule reads the data


def inputs_can_be_joined(spec: Spec, report: Report) -> None:
    assert spec.data is not None
    for node in inputs_of(spec):
        assert isinstance(node.layer, Input)
        for name in set(node.layer.columns) & set(spec.data.target):
            if isinstance(node.layer, Condition):
                continue  # what a row is made for may be what is told of it
            if spec.model.word != "rbm":
                way_out = "no model may see what it is to predict"
                report.error("E0505", f"the input `{name}` is the target", node.span, help=way_out)
            elif len(node.layer.columns) > 1:  # alone it is a label, and its units say what is wrong with it
                others = ", ".join(other for other in node.layer.columns if other != name)
                way_out = f"give it one of its own: `visible({others}); visible({name})`"
                report.error("E0505", f"the target `{name}` shares a `visible` with other columns", node.span, help=way_out)
        columns = [n for n in input_columns(spec, node) if n not in spec.data.target]
        if isinstance(node.layer, Visible):
            seen = [n for other in inputs_of(spec) if isinstance(other.layer, Visible) for n in input_columns(spec, other)]
            again = sorted(name for name in set(columns) if seen.count(name) > 1 and columns.count(name) == 1)
            if again and not report.has_errors:
                message = f"{listing(again, 'and')} {'is' if len(again) == 1 else 'are'} visible twice"
                report.error("E0205", message, node.span, help="name each column once; of `features` the target is no part")
        twice = sorted(name for name, times in Counter(columns).items() if times > 1)
        if twice:
            report.error("E0205", f"the input takes {listing(twice, 'and')} twice", node.span, help="name each column once")
        if not columns and "features" in node.layer.columns and not report.has_errors:
            report.error("E0505", "`features` has no columns: none is a number or category beside the target", node.span)
        others = [name for name in columns if not spec.data.columns[name].joins_features]
        if len(columns) > 1 and others:
            message = f"`{others[0]}` cannot be joined with other columns"
            report.error("E0301", message, node.span, help=f"take it by its own name: `{node.layer.word}({others[0]})`")


def array_inputs_are_known(spec: Spec, report: Report) -> None:
    assert spec.data is not None
    for name, column in spec.data.columns.items():
        if isinstance(column, Array) and len(column.size) not in (1, 3):
            way_out = "`[features]`, or `[channels, height, width]` with 1 for a single channel"
            report.error(
                "E0203", f"`{name}`: an array has one size or three", spec.spans.get(f"data.columns.{name}"), help=way_out
            )
