"""That every target is answered, once, by an output that can."""

from __future__ import annotations

from specc.checking.places import inputs_of, label_count, outputs_of
from specc.checking.wording import article_of
from specc.diagnostics import Label, Report, listing
from specc.ir import Node, Spec
from specc.vocabulary.columns import Category, Number
from specc.vocabulary.layers.boltzmann import Label as VisibleLabel
from specc.vocabulary.layers.output import Output


def targets_and_outputs_agree(spec: Spec, report: Report) -> None:
    assert spec.data is not None
    outputs: dict[str, Node] = {}
    misplaced = {error.span for error in report.errors if error.code == "E0113"}
    for node in outputs_of(spec):
        assert isinstance(node.layer, Output)
        column = node.layer.column
        if isinstance(node.layer, VisibleLabel) and spec.model.word != "rbm":
            continue  # that it stands there was already reported
        if column in outputs:
            labels = (Label(outputs[column].span, "first here"),)
            report.error("E0106", f"`{column}` is answered twice", node.span, labels=labels)
        outputs[column] = node
        if spec.model.parts and node.span in misplaced:
            continue  # where it stands is the mistake
        if column not in spec.data.target:
            way_out = (
                f"write `target = {column}` in `data`"
                if not spec.data.target
                else f"the target is {listing(spec.data.target, 'and')}"
            )
            report.error("E0505", f"the output `{column}` is not a target", node.span, help=way_out)
        elif not isinstance(spec.data.columns.get(column), Number | Category):
            kind = spec.data.columns[column].word if column in spec.data.columns else "pattern"
            report.error("E0505", f"`output` answers numbers and categories; `{column}` is an {kind}", node.span)
    rebuilt = f"{article_of(spec.model.word)} `{spec.model.word}` learns without one: take `target` away"
    ways = {"rbm": "make it visible, `visible({})`, or take `target` away", "autoencoder": rebuilt, "vae": rebuilt}
    ways["gan"] = "answer it in the discriminator, `output({})`, or take `target` away"
    way_out_of = ways.get(spec.model.word)
    way_out_of = way_out_of or f"end the {spec.model.word} with `output({{}})`"
    seen = {name for node in inputs_of(spec) for name in node.layer.columns if spec.model.word == "rbm"}  # type: ignore[attr-defined]
    seen |= {node.layer.column for node in outputs_of(spec) if isinstance(node.layer, VisibleLabel)}
    astray = [column for column in outputs if column not in spec.data.target]
    for column in outputs:
        if not astray and label_count(spec, column) == 1:
            report.error("E0502", f"`{column}` has one label only: there is nothing to tell apart", outputs[column].span)
    for column in spec.data.target if not astray else ():
        if column not in outputs and column not in seen:  # what is seen was already spoken of
            span, way_out = spec.spans.get("data.target"), way_out_of.format(column)
            report.error("E0107", f"nothing answers the target `{column}`", span, help=way_out)
    if len(set(spec.data.target)) < len(spec.data.target):
        report.error("E0205", "a target is named twice", spec.spans.get("data.target"))
