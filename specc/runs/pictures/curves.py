"""The curves of a run: every measure over the epochs, training beside validation, phases and the kept epoch marked."""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from specc.runs.run import Run

Events = list[dict[str, Any]]
Points = list[tuple[int, float]]
RATE = "learning rate"
FEW = 8
"""Epochs that have a tick each."""
LARGEST = 1e300
"""What can still be drawn."""
LIKELIHOOD, REVERSE, ERROR = "log_likelihood", "log_likelihood_reverse", "log_likelihood_error"
TOGETHER = {
    "discriminator_loss": ("losses", "discriminator", "generator_loss", "generator"),
    "real_score": ("scores", "real", "generated_score", "generated"),
}
"""Two measures that mean something beside each other: the first, the name of their panel, its own in it, and the other."""
WIDTH, HEIGHT = 3.3, 2.0
"""Inches of a panel."""
WARNED = "#c03030"
CHARACTER = 0.058
"""Inches that a character of a phase's name takes."""


def draw_curves(run: Run) -> None:
    """`pictures/curves.png`."""
    from specc.runs.pictures.style import keep

    figure = curves_figure(run)
    if figure is not None:
        keep(run, "curves", figure)


def curves_svg(run: Run) -> str | None:
    """The curves as SVG, for a notebook; None before the first epoch."""
    from specc.runs.pictures.style import svg

    figure = curves_figure(run)
    return svg(figure) if figure is not None else None


def curves_figure(run: Run) -> Figure | None:
    """A panel for the loss and each further measure, and one for the learning rate where it changes."""
    from specc.runs.pictures.style import MARK, Margins, few_ticks, panels, quiet

    events = list(takewhile(lambda event: "train" not in event or _is_epoch(event), run.history))
    warned = _warnings(events)
    events = [event for event in events if "train" in event]
    if not events:
        return None
    layers = {phase.name: phase.layer for phase in run.spec.phases}
    rates = [float(event["rate"]) for event in events]
    drawn = [*_measures(events), *([RATE] if len(set(rates)) > 1 else [])]
    columns = 2 if len(drawn) == 4 else min(3, len(drawn))
    several = len({event["phase"] for event in events}) > 1
    figure, axes_of = panels(len(drawn), columns, WIDTH, HEIGHT, Margins(top=0.52 if several else 0.36))
    for index, (name, axes) in enumerate(zip(drawn, axes_of)):
        quiet(axes, _spoken(name), "epoch" if index >= len(drawn) - columns else "")
        counts = all(isinstance(value, int) for split in ("train", "validation") for _, value in _points(name, split, events))
        few_ticks(axes, counted=(True, counts and name != RATE))
        first, last = 1, len(events)
        if name == RATE:
            for line in _lines(list(enumerate(rates, 1)), events, {event["phase"]: event["phase"] for event in events}):
                axes.plot(*zip(*line), color=MARK, linewidth=1.5, marker=_marker(line, len(line)))
        else:
            first, last = _stretch(name, events)
            _draw_measure(axes, name, events, layers)
        if last - first < FEW:
            axes.set_xticks(range(first, last + 1))
        axes.set_xlim(first - 0.5 if last - first < FEW or first > 1 else 0, last + 0.5)
        if several:
            axes.set_title(axes.get_title(loc="left"), fontsize=10, loc="left", fontweight="bold", pad=15)
            _mark_phases(axes, events, first, last)
        _mark_warnings(axes, {place: codes for place, codes in warned.items() if first <= place <= last}, index == 0)
        if index == 0 or name == LIKELIHOOD or name in TOGETHER:
            axes.legend(fontsize=8, frameon=True, framealpha=0.85, edgecolor="none", borderpad=0.2)
    return figure


def _measures(events: Events) -> list[str]:
    """Those that have a panel of their own. What is known of a measure's error is drawn in its own."""
    measured = [split for event in events for split in (event["train"], event.get("validation", {}))]
    names = dict.fromkeys(name for split in measured for name, value in split.items() if not isinstance(value, list))
    beside = [other for first, (_, _, other, _) in TOGETHER.items() if first in names]
    return [name for name in names if name not in (REVERSE, ERROR, *beside)]


def _spoken(name: str) -> str:
    """What stands above a panel."""
    return TOGETHER[name][0] if name in TOGETHER else name.replace("_", " ").replace(".", ": ")


def _is_epoch(event: dict[str, Any]) -> bool:
    """Whether a line of the log is one that a run writes, not one that was damaged."""
    splits = [event["train"], event.get("validation", {})]
    measured = all(
        isinstance(s, dict) and all(v is None or isinstance(v, list) or _is_number(v) for v in s.values()) for s in splits
    )
    return measured and "epoch" in event and _is_number(event.get("rate")) and isinstance(event.get("phase"), str)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and abs(value) < LARGEST


def _stretch(name: str, events: Events) -> tuple[int, int]:
    """The first and the last epoch of the phases that take a measure."""
    phases = {event["phase"] for event in events if any(name in event.get(split, {}) for split in ("train", "validation"))}
    places = [index for index, event in enumerate(events, 1) if event["phase"] in phases]
    return places[0], places[-1]


def _points(name: str, split: str, events: Events) -> Points:
    return [(i, value) for i, event in enumerate(events, 1) if _is_number(value := event.get(split, {}).get(name))]


def _lines(points: Points, events: Events, parts: dict[str, str | None]) -> list[Points]:
    """Points in runs of phases that train the same part: what is measured of another is no continuation."""
    lines: list[Points] = []
    before: tuple[str | None] | None = None
    for point in points:
        part = (parts.get(events[point[0] - 1]["phase"]),)
        if part != before:
            lines.append([])
        lines[-1].append(point)
        before = part
    return lines


def _draw_measure(axes: Axes, name: str, events: Events, layers: dict[str, str | None]) -> None:
    from specc.runs.pictures.style import COLORS

    kept = _kept_epoch(events)
    if not any(value for split in COLORS for _, value in _points(name, split, events)):
        axes.set_ylim(0, 1)  # shares that are all zero: less is none
    for split in ("train", "validation"):
        points = _points(name, split, events)
        for number, line in enumerate(_lines(points, events, layers)):
            label = split if number == 0 else None
            label = f"{TOGETHER[name][1]}, {split}" if label and name in TOGETHER else label
            places = sum(line[0][0] <= i <= line[-1][0] for i in range(1, len(events) + 1))
            axes.plot(*zip(*line), color=COLORS[split], linewidth=1.5, label=label, marker=_marker(line, places), markersize=4)
        if name in TOGETHER:
            _draw_other(axes, name, split, events, layers)
        if name == LIKELIHOOD:
            _draw_reverse(axes, split, points, events, layers)
        if points and kept is not None and (split == "validation" or not any("validation" in event for event in events)):
            x, y = zip(*([point for point in points if point[0] == kept] or [(float("nan"), float("nan"))]))
            axes.plot(x, y, "o", color=COLORS[split], markersize=6, fillstyle="none", label="kept")


def _draw_other(axes: Axes, name: str, split: str, events: Events, layers: dict[str, str | None]) -> None:
    """The measure that stands beside another, dashed."""
    from specc.runs.pictures.style import COLORS

    _, _, other, label = TOGETHER[name]
    for number, line in enumerate(_lines(_points(other, split, events), events, layers)):
        marker = "o" if len(line) == 1 else None
        axes.plot(*zip(*line), "--", color=COLORS[split], linewidth=1.2, marker=marker, markersize=4,
                  label=f"{label}, {split}" if number == 0 else None)  # fmt: skip


def _draw_reverse(axes: Axes, split: str, points: Points, events: Events, layers: dict[str, str | None]) -> None:
    """The estimate from the other side, and between the two where the likelihood is likely to be."""
    from specc.runs.pictures.style import COLORS

    forward = dict(points)
    for number, line in enumerate(_lines(_points(REVERSE, split, events), events, layers)):
        places, values = [place for place, _ in line], [value for _, value in line]
        axes.plot(places, values, "--", color=COLORS[split], linewidth=1.2, label="reverse" if number == 0 else None)
        axes.fill_between(places, values, [forward.get(place, value) for place, value in line], color=COLORS[split], alpha=0.15)


def _marker(line: Points, places: int) -> str | None:
    """Dots where a line of a single point would not be seen, and where not every epoch is measured."""
    return "o" if len(line) == 1 or len(line) < places else None


def _mark_phases(axes: Axes, events: Events, first: int, last: int) -> None:
    """A line where a phase begins, and above the panel its name, as much of it as there is room for."""
    begins = [i for i in range(first - 1, last) if i == first - 1 or events[i]["phase"] != events[i - 1]["phase"]]
    for index, end in zip(begins, [*begins[1:], last]):
        if index >= first:
            axes.axvline(index + 0.5, color="#bbbbbb", linewidth=1, linestyle=":")
        name, most = events[index]["phase"], int(WIDTH * (end - index) / (last - first + 1) / CHARACTER)
        name = name if len(name) <= most else name.rpartition(".")[2]
        axes.annotate(
            name if len(name) <= most else "",
            (index + 0.5, 1),
            (2, 2),
            xycoords=("data", "axes fraction"),
            textcoords="offset points",
            fontsize=7,
            va="bottom",
            color="#777777",
        )


def _warnings(history: Events) -> dict[int, list[str]]:
    """The codes of what went wrong in training, by the place of the epoch after which they were told."""
    found: dict[int, list[str]] = {}
    place = 0
    for event in history:
        place += "train" in event
        if place and isinstance(event.get("epoch"), int) and isinstance(event.get("event"), str):
            found.setdefault(place, []).append(event["event"])
    return found


def _mark_warnings(axes: Axes, warned: dict[int, list[str]], named: bool) -> None:
    """A line where something went wrong, and its code where that is to be `named`."""
    for place, codes in warned.items():
        axes.axvline(place, color=WARNED, linewidth=1, linestyle="--", zorder=0)
        if named:
            foot = {"xycoords": ("data", "axes fraction"), "textcoords": "offset points"}
            axes.annotate("\n".join(codes), (place, 0), (-2, 2), **foot, fontsize=6, ha="right", va="bottom", color=WARNED)  # type: ignore[arg-type]


def _kept_epoch(events: Events) -> int | None:
    """The place of the epoch whose weights the last phase kept, where that is not its last one."""
    last = [i for i, event in enumerate(events, 1) if event["phase"] == events[-1]["phase"]]
    best = [i for i in last if events[i - 1].get("best")]
    return best[-1] if best and best[-1] != last[-1] else None
