"""The sections of a spec: which there are, each once, the model one of its kinds."""

from __future__ import annotations

from dataclasses import dataclass, field

from specc.diagnostics import Label, Report, did_you_mean, listing
from specc.syntax.tree import Body, Part, Setting
from specc.vocabulary.elsewhere import meant_elsewhere
from specc.vocabulary.part import words_of

SECTIONS = ("hyper", "data", "block", "train", "sweep")


@dataclass
class Sections:
    """The statements of a spec by what they are."""

    hyper: Part | None = None
    data: Part | None = None
    blocks: dict[str, Part] = field(default_factory=dict)
    model: Part | None = None
    train: Part | None = None
    sweep: Part | None = None


def sort_sections(tree: Body, report: Report) -> Sections:
    """Sorts the statements of a spec into its sections; what belongs nowhere is reported."""
    sections = Sections()
    kinds = words_of("model")
    for statement in tree.statements:
        if isinstance(statement, Setting):
            way_out = f"put it into a section: `train {{ {statement.key} = … }}`"
            report.error(
                "E0102", f"the setting `{statement.key}` stands outside of every section", statement.key_span, help=way_out
            )
        elif statement.kind == "block":
            _block(statement, sections, report)
        elif statement.kind in kinds:
            _once("model", statement, sections, report)
        elif statement.kind in SECTIONS:
            _once(statement.kind, statement, sections, report)
        else:
            meant = meant_elsewhere(statement.kind, kinds) or did_you_mean(statement.kind, [*SECTIONS, *kinds])
            way_out = f"did you mean `{meant}`?" if meant else f"a spec has {listing([*SECTIONS, *kinds], 'and')}"
            if statement.kind in words_of("layer") or statement.kind in words_of("activation"):
                way_out = f"`{statement.kind}` is a layer: it stands in the model, as in `network {{ {statement.kind} }}`"
            report.error("E0102", f"there is no section called `{statement.kind}`", statement.kind_span, help=way_out)
    if sections.model is None and not report.has_errors:
        end = tree.statements[-1].span if tree.statements else None
        what = "the spec is empty" if not tree.statements else "the spec has no model"
        report.error("E0208", what, end, help="write one: `network { input(features); dense(16, relu); output(species) }`")
    for part in (sections.hyper, sections.data, sections.model, sections.train, sections.sweep, *sections.blocks.values()):
        if part is None:
            continue
        if part.kind in SECTIONS and part.kind != "block" and (part.name or part.arguments):
            report.error("E0205", f"`{part.kind}` has a body only", part.span, help=f"write `{part.kind} {{ … }}`")
        elif part.body is None:
            head = f"block {part.name}" if part.kind == "block" else part.kind
            report.error("E0204", f"`{head}` needs a body", part.span, help=f"write `{head} {{ … }}`")
        elif part.kind == "block" and not part.body.statements:
            report.error("E0204", f"the block `{part.name}` is empty", part.span, help="write its layers between the braces")
    return sections


def _once(slot: str, part: Part, sections: Sections, report: Report) -> None:
    first = getattr(sections, slot)
    if first is None:
        setattr(sections, slot, part)
        return
    what = f"a second model, `{part.kind}`: a spec has one" if slot == "model" else f"`{part.kind}` is given twice"
    report.error("E0110", what, part.kind_span, labels=(Label(first.kind_span, "first here"),))


def _block(part: Part, sections: Sections, report: Report) -> None:
    if part.name is None:
        report.error("E0204", "a block needs a name", part.span, help="as in `block residual(channels) { … }`")
        return
    if part.name in sections.blocks:
        first = sections.blocks[part.name]
        report.error(
            "E0110", f"the block `{part.name}` is given twice", part.name_span, labels=(Label(first.name_span, "first here"),)
        )
        return
    seen: set[str] = set()
    for argument in part.arguments:
        name = argument.name or getattr(argument.value, "text", None)
        if name is None or "." in name:
            report.error("E0202", "a block's parameters are names, with or without a default", argument.span)
        elif name in seen:
            report.error("E0106", f"the parameter `{name}` is given twice", argument.span)
        else:
            seen.add(name)
    sections.blocks[part.name] = part
