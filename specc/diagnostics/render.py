"""Diagnostics for people (with the lines they point at), as JSON, and for CI annotations."""

from __future__ import annotations

import json

from specc.diagnostics.model import Diagnostic, Report, Span

COLORS = {"error": "\x1b[1;31m", "warning": "\x1b[1;33m", "mark": "\x1b[1;34m", "bold": "\x1b[1m", "off": "\x1b[0m"}
WIDEST = 400
"""Characters that are shown of a line."""
PLAIN = dict.fromkeys(COLORS, "")


def visible(text: str) -> str:
    """`text` with control and direction-changing characters escaped, so that a spec cannot repaint a terminal."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text.replace("\t", " "))


def render(report: Report, color: bool = False) -> str:
    """Every diagnostic of the report as text, in reading order."""
    return "\n".join(render_diagnostic(diagnostic, report, color) for diagnostic in report)


def render_diagnostic(diagnostic: Diagnostic, report: Report, color: bool = False) -> str:
    """One diagnostic as text: message, place, the lines it speaks of with marks under them, notes, help."""
    paint = COLORS if color else PLAIN
    head = f"{paint[diagnostic.severity]}{diagnostic.severity}[{diagnostic.code}]{paint['off']}"
    lines = [f"{head}{paint['bold']}: {visible(diagnostic.message)}{paint['off']}"]
    gutter = 1
    if diagnostic.span is not None:
        source = report.source_of(diagnostic.span)
        place = source.place(diagnostic.span.start)
        excerpt, gutter = _excerpt(diagnostic, report, paint)
        lines.append(f"{' ' * gutter}{paint['mark']}-->{paint['off']} {visible(source.name)}:{place.line}:{place.column}")
        lines.extend(excerpt)
    tail = f"{' ' * gutter} {paint['mark']}={paint['off']} "
    for note in diagnostic.notes:
        lines.append(_indented(tail + "note: ", visible_lines(note)))
    if diagnostic.help:
        lines.append(_indented(tail + "help: ", visible_lines(diagnostic.help)))
    return "\n".join(lines) + "\n"


def visible_lines(text: str) -> list[str]:
    return [visible(line) for line in text.split("\n")]


def _indented(head: str, lines: list[str]) -> str:
    return head + ("\n" + " " * 9).join(lines)


def _excerpt(diagnostic: Diagnostic, report: Report, paint: dict[str, str]) -> tuple[list[str], int]:
    """The marked lines of the primary span's own text, with elisions between far ones."""
    assert diagnostic.span is not None
    source = report.source_of(diagnostic.span)
    marks = [(diagnostic.span, "^", diagnostic.label)]
    marks += [(label.span, "-", label.text) for label in diagnostic.labels if label.span.origin == diagnostic.span.origin]
    marks.sort(key=lambda mark: mark[0])
    gutter = len(str(max(source.place(span.start).line for span, _, _ in marks)))
    bar = f"{' ' * gutter} {paint['mark']}|{paint['off']}"
    lines, last = [bar], 0
    for span, character, text in marks:
        number, column = source.place(span.start)
        line, column, cut = _window(source.line(number), column)
        if number != last or cut:
            if last and number > last + 1:
                lines.append("...")
            lines.append(f"{paint['mark']}{number:>{gutter}} |{paint['off']} {visible(line)}")
        width = max(1, min(span.end - span.start, len(line.rstrip()) - column + 1))
        tint = paint[diagnostic.severity] if character == "^" else paint["mark"]
        before = len(visible(line[: column - 1]))
        marked = len(visible(line[column - 1 : column - 1 + width])) or 1
        lines.append(f"{bar} {' ' * before}{tint}{character * marked} {visible(text)}".rstrip() + paint["off"])
        last = number
    return lines, gutter


def _window(line: str, column: int) -> tuple[str, int, bool]:
    """Of a line that would fill the screen the part around a column, the column in it, and whether something is left out."""
    if len(line) <= WIDEST:
        return line, column, False
    first = max(0, column - 1 - WIDEST // 4)
    before, after = "…" * (first > 0), "…" * (first + WIDEST < len(line))
    return before + line[first : first + WIDEST] + after, column - first + len(before), True


def as_data(report: Report) -> list[dict[str, object]]:
    """The report as JSON values; offsets count characters, lines and columns count from 1."""
    return [
        {
            "code": d.code,
            "severity": d.severity,
            "message": d.message,
            "span": _span_data(d.span, report),
            "label": d.label,
            "labels": [{"span": _span_data(label.span, report), "text": label.text} for label in d.labels],
            "notes": list(d.notes),
            "help": d.help,
            "edits": [{"span": _span_data(edit.span, report), "text": edit.text} for edit in d.edits],
        }
        for d in report
    ]


def _span_data(span: Span | None, report: Report) -> dict[str, object] | None:
    if span is None:
        return None
    source = report.source_of(span)
    start, end = source.place(span.start), source.place(span.end)
    return {
        "file": source.name,
        "text": span.origin or None,
        "start": {"offset": span.start, "line": start.line, "column": start.column},
        "end": {"offset": span.end, "line": end.line, "column": end.column},
    }


def render_github(report: Report) -> str:
    """The report as workflow commands that annotate a pull request's lines."""
    lines = []
    for d in report:
        place = report.source_of(d.span).place(d.span.start) if d.span else None
        name = _escaped(report.source.name).replace(":", "%3A").replace(",", "%2C")
        where = f"file={name}" + (f",line={place.line},col={place.column}" if place else "")
        text = d.message + (f"\nhelp: {d.help}" if d.help else "")
        lines.append(f"::{d.severity} {where},title={d.code}::{_escaped(text)}")
    return "\n".join(lines)


def _escaped(text: str) -> str:
    """A text as a workflow command takes it: what would end the command or repaint the log is escaped."""
    return "\n".join(visible_lines(text)).replace("%", "%25").replace("\n", "%0A")


def render_json(reports: list[Report]) -> str:
    """One JSON document for all reports of a `check`."""
    files = [
        {"file": r.source.name, "valid": not r.has_errors, "errors": len(r.errors), "diagnostics": as_data(r)} for r in reports
    ]
    return json.dumps({"format_version": 1, "valid": all(f["valid"] for f in files), "files": files}, indent=2)
