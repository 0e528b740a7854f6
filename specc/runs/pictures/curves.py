"""The curves of a run: every measure over the epochs, training beside validation, phases and the kept epoch marked."""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from specc.runs.run import Run

Events = list[dict[str, Any]]
RATE = "learning rate"
FEW = 8
"""Epochs that have a tick each."""
LARGEST = 1e300
"""What can still be drawn."""


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
    events = [event for event in events if "train" in event]
    names = list(dict.fromkeys(n for event in events for n, value in event["train"].items() if not isinstance(value, list)))
    if not events:
        return None
    rates = [float(event["rate"]) for event in events]
    drawn = [*names, *([RATE] if len(set(rates)) > 1 else [])]
    columns = min(3, len(drawn))
    figure, axes_of = panels(len(drawn), columns, 3.3, 2.0, Margins())
    for index, (name, axes) in enumerate(zip(drawn, axes_of)):
        quiet(axes, name.replace("_", " ").replace(".", ": "), "epoch" if index >= len(drawn) - columns else "")
        few_ticks(axes)
        if name == RATE:
            axes.plot(range(1, len(events) + 1), rates, color=MARK, linewidth=1.5, marker=_marker(events))
        else:
            _draw_measure(axes, name, events)
        if len(events) <= FEW:
            axes.set_xticks(range(1, len(events) + 1))
        axes.set_xlim(0.5 if len(events) <= FEW else 0, len(events) + 0.5)
        _mark_phases(axes, events)
        if index == 0:
            axes.legend(fontsize=8, frameon=True, framealpha=0.85, edgecolor="none", borderpad=0.2)
    return figure


def _is_epoch(event: dict[str, Any]) -> bool:
    """Whether a line of the log is one that a run writes, not one that was damaged."""
    splits = [event["train"], event.get("validation", {})]
    measured = all(
        isinstance(s, dict) and all(v is None or isinstance(v, list) or _is_number(v) for v in s.values()) for s in splits
    )
    return measured and "epoch" in event and _is_number(event.get("rate")) and isinstance(event.get("phase"), str)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and abs(value) < LARGEST


def _draw_measure(axes: Axes, name: str, events: Events) -> None:
    from specc.runs.pictures.style import COLORS

    kept = _kept_epoch(events)
    for split in ("train", "validation"):
        points = [(i, value) for i, event in enumerate(events, 1) if _is_number(value := event.get(split, {}).get(name))]
        if not points:
            continue
        axes.plot(*zip(*points), color=COLORS[split], linewidth=1.5, label=split, marker=_marker(points))
        if kept is not None and (split == "validation" or not any("validation" in event for event in events)):
            x, y = zip(*([point for point in points if point[0] == kept] or [(float("nan"), float("nan"))]))
            axes.plot(x, y, "o", color=COLORS[split], markersize=6, fillstyle="none", label="kept")


def _marker(points: list[Any]) -> str | None:
    """Dots where a line of a single point would not be seen."""
    return "o" if len(points) == 1 else None


def _mark_phases(axes: Axes, events: Events) -> None:
    """A line where a phase begins, with its name, where there are several."""
    begins = [i for i in range(len(events)) if i == 0 or events[i]["phase"] != events[i - 1]["phase"]]
    if len(begins) == 1:
        return
    for index in begins:
        if index:
            axes.axvline(index + 0.5, color="#bbbbbb", linewidth=1, linestyle=":")
        axes.annotate(
            events[index]["phase"],
            (index + 0.5, 1),
            (3, -2),
            xycoords=("data", "axes fraction"),
            textcoords="offset points",
            fontsize=7,
            va="top",
            color="#777777",
        )


def _kept_epoch(events: Events) -> int | None:
    """The place of the epoch whose weights the last phase kept, where that is not its last one."""
    last = [i for i, event in enumerate(events, 1) if event["phase"] == events[-1]["phase"]]
    best = [i for i in last if events[i - 1].get("best")]
    return best[-1] if best and best[-1] != last[-1] else None
