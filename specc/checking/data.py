"""The `data` section: source, columns, target, split, augmentation."""

from __future__ import annotations

import os

from specc.checking.reading import Reader, Unreadable
from specc.checking.values import NotConstant, Scope
from specc.diagnostics import Label, Report, Span, did_you_mean
from specc.ir import Data
from specc.syntax.tree import Argument, Call, Part, Setting, Statement
from specc.vocabulary.columns import RatingLevels
from specc.vocabulary.families import Augmentation, Column
from specc.vocabulary.part import find_word
from specc.vocabulary.sections import Data as DataSection
from specc.vocabulary.sources import Ratings
from specc.vocabulary.splits import Random

PARTS = ("columns", "augment")
COLUMN_OF_RATINGS = "ratings"


def read_data(section: Part | None, scope: Scope, reader: Reader) -> Data | None:
    """The data as declared, or None after a mistake."""
    if section is None or section.body is None:
        return None
    report = reader.report
    settings = [s for s in section.body.statements if isinstance(s, Setting) and s.key not in PARTS]
    for statement in section.body.statements:
        if isinstance(statement, Setting) and statement.key in PARTS:
            report.error("E0102", f"`{statement.key}` is written `{statement.key} {{ … }}`, without `=`", statement.span)
    parts: dict[str, Part] = {}
    misplaced = False
    for part in section.body.statements:
        if not isinstance(part, Part):
            continue
        if part.kind in parts:
            labels = (Label(parts[part.kind].kind_span, "first here"),)
            report.error("E0110", f"`{part.kind}` is given twice", part.kind_span, labels=labels)
            continue
        if part.kind not in PARTS or part.body is None or part.arguments or part.name:
            _unknown_part(part, reader)
        if part.kind in DataSection.model_fields:
            misplaced = True
        parts[part.kind] = part
    columns = _columns(parts.get("columns"), scope, reader)
    body = parts["columns"].body if "columns" in parts else None
    if columns:  # otherwise that is the mistake, and no column's name is another one
        reader.columns = tuple(name for s in (body.statements if body else []) for name in _names_of(s))
    augment = _augment(parts.get("augment"), scope, reader)
    arguments = [Argument(s.key, s.value, s.span, s.key_span) for s in settings]
    split_is_meant = any(path.startswith("data.split.") for path in reader.overrides)
    resolved = {}
    if split_is_meant and not any(a.name == "split" for a in arguments):
        try:
            resolved["split"] = reader.call(Random, [], scope, section.kind_span, "data.split")
        except Unreadable:
            return None
    if misplaced:
        return None
    try:
        read = reader.call(DataSection, arguments, scope, section.kind_span, "data", noun="setting", resolved=resolved)
    except Unreadable:
        return None
    assert isinstance(read, DataSection)
    if isinstance(read.source, Ratings):
        return _of_ratings(read, parts, augment, reader)
    if not columns and not report.has_errors:
        report.error(
            "E0208", "`data` declares no `columns`", section.kind_span, help="as in `columns { age = number; label = category }`"
        )
    return Data(source=read.source, columns=columns, target=read.target, split=read.split, augment=augment)


def _of_ratings(read: DataSection, parts: dict[str, Part], augment: tuple[Augmentation, ...], reader: Reader) -> Data:
    """Ratings are one column, which the source gives and no line declares; they are what is learnt and what is answered."""
    columns = parts["columns"].span if "columns" in parts else None
    for name, span in (("columns", columns), ("target", reader.spans.get("data.target"))):
        if span is not None:
            way_out = "take it away: the source names the columns, and `ratings` are what is seen and what is answered"
            reader.report.error("E0505", f"ratings have no `{name}`", span, help=way_out)
    reader.columns = (COLUMN_OF_RATINGS,)
    return Data(source=read.source, columns={COLUMN_OF_RATINGS: RatingLevels()}, split=read.split, augment=augment)


def _names_of(statement: Statement) -> tuple[str, ...]:
    """The column that a statement declares, or tried to: a part in its place was reported already."""
    return (statement.key,) if isinstance(statement, Setting) else (statement.kind, statement.name or statement.kind)


def _unknown_part(part: Part, reader: Reader) -> None:
    fields = [*DataSection.model_fields, *PARTS]
    if part.kind in PARTS or part.kind in DataSection.model_fields:
        form = f"`{part.kind} {{ … }}`" if part.kind in PARTS else f"`{part.kind} = …`"
        reader.report.error("E0102", f"`{part.kind}` is written {form}", part.span)
        return
    meant = did_you_mean(part.kind, fields)
    way_out = f"did you mean `{meant}`?" if meant else f"it has {', '.join(fields)}"
    reader.report.error("E0102", f"`data` has no part `{part.kind}`", part.kind_span, help=way_out)


def _columns(part: Part | None, scope: Scope, reader: Reader) -> dict[str, Column]:
    columns: dict[str, Column] = {}
    places = {}
    for statement in part.body.statements if part and part.body else []:
        if isinstance(statement, Part):
            reader.report.error("E0102", "a column is written `name = type`", statement.span, help="as in `age = number`")
            continue
        key = statement.key
        if key in places:
            reader.report.error(
                "E0110", f"the column `{key}` is declared twice", statement.key_span, labels=(Label(places[key], "first here"),)
            )
            continue
        places[key] = statement.key_span
        if key == "features":
            reader.report.error("E0106", "`features` means all feature columns and cannot name one", statement.key_span)
            continue
        if "." in key and not statement.quoted:
            reader.report.error(
                "E0202", "a column's name with a dot is written in quotes", statement.key_span, help=f'`"{key}" = …`'
            )
            continue
        column = _column(statement, scope, reader)
        if column is not None:
            columns[key] = column
        reader.spans[f"data.columns.{key}"] = statement.span
    return columns


def _column(statement: Setting, scope: Scope, reader: Reader) -> Column | None:
    override = reader.override(f"data.columns.{statement.key}")
    if override is not None:
        reader.evaluator.use(statement.value, scope)
    try:
        value = reader.evaluator.evaluate(override.value if override is not None else statement.value, scope)
        word = value.word if isinstance(value, Call) else getattr(value, "text", None)
        if word is None:
            reader.report.error(
                "E0202", f"`{statement.key}` takes a column's type", value.span, help="as in `number` or `category`"
            )
            return None
        if find_word("column", word) is None:
            reader.unknown_word("column", word, getattr(value, "word_span", value.span))
            return None
        return reader.part(Column, value, scope, f"data.columns.{statement.key}")  # type: ignore[return-value]
    except (Unreadable, NotConstant):
        return None


def _augment(part: Part | None, scope: Scope, reader: Reader) -> tuple[Augmentation, ...]:
    augment = []
    for index, statement in enumerate(part.body.statements if part and part.body else []):
        if isinstance(statement, Setting) or statement.body is not None or statement.name:
            reader.report.error(
                "E0102", "`augment` holds a list of changes", statement.span, help="as in `crop(28, padding = 3); flip`"
            )
            continue
        call = Call(statement.kind, statement.arguments, statement.span, statement.kind_span)
        path = f"data.augment.{statement.kind}"
        try:
            augment.append(reader.part(Augmentation, call, scope, path))
            reader.spans[f"data.augment.{index}"] = statement.span
        except (Unreadable, NotConstant):
            continue
    return tuple(augment)


def source_stays_inside(data: Data, folder: str, root: str | None, reader: Reader) -> None:
    """The path of the source leads into the spec's folder, or into `--root`, symbolic links resolved."""
    for setting in ("path", "titles"):
        path = getattr(data.source, setting, None)
        if path is not None:
            span = reader.spans.get(f"data.source.{setting}", reader.spans.get("data.source"))
            path_stays_inside(path, folder, root, span, reader.report, 'as in `"data/table.csv"`')


def path_stays_inside(path: str, folder: str, root: str | None, span: Span | None, report: Report, example: str) -> None:
    """A path of the spec leads into its folder, or into `--root`, symbolic links resolved."""
    if path == "" or "\x00" in path:
        report.error("E0410", "this is no path", span, help=example)
    elif "\\" in path:
        report.error("E0410", "a path has `/` between its folders, not `\\`", span, help=example)
    elif "://" in path:
        report.error("E0410", "a spec names files, not addresses", span, help="download it, and name the file")
    elif path.startswith("~") or not _lies_inside(os.path.join(folder, path), root or folder):
        way_out = "put it beside the spec, or allow more with `--root DIR`"
        report.error("E0410", f"`{path}` leads out of the spec's folder", span, help=way_out)


def _lies_inside(path: str, folder: str) -> bool:
    inside = os.path.realpath(folder)
    return os.path.commonpath([inside, os.path.realpath(path)]) == inside
