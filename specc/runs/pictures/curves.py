"""The curves of a run: every measure over the epochs, training beside validation, phases marked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from specc.runs.run import Run


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
    from specc.runs.pictures.style import COLORS, MARK, new_figure, quiet

    events = [event for event in run.history if "epoch" in event and "train" in event]
    if not events:
        return None
    names = [name for name, value in events[0]["train"].items() if isinstance(value, float | int)]
    rates = [event.get("rate") for event in events]
    panels = [*names, *(["learning rate"] if len(set(rates)) > 1 else [])]
    columns = min(3, len(panels))
    rows = -(-len(panels) // columns)
    figure = new_figure(4.2 * columns, 2.8 * rows)
    epochs = range(1, len(events) + 1)
    for index, name in enumerate(panels):
        axes = figure.add_subplot(rows, columns, index + 1)
        quiet(axes, name.replace("_", " "), "epoch" if index >= len(panels) - columns else "")
        if name == "learning rate":
            axes.plot(epochs, rates, color=MARK, linewidth=1.5)
        for split in ("train", "validation") if name != "learning rate" else ():
            values = [_number(event.get(split, {}).get(name)) for event in events]
            if any(value == value for value in values):
                axes.plot(epochs, values, color=COLORS[split], linewidth=1.5, label=split, marker="o" if len(values) == 1 else None)
        _mark_phases(axes, events)
        _mark_kept(axes, events)
        if index == 0:
            axes.legend(fontsize=8, frameon=False)
    return figure


def _number(value: Any) -> float:
    return float(value) if isinstance(value, int | float) else float("nan")


def _mark_phases(axes: Any, events: list[dict[str, Any]]) -> None:
    """A line where a phase begins, with its name."""
    begins = [i for i in range(1, len(events)) if events[i]["phase"] != events[i - 1]["phase"]]
    for index in begins:
        axes.axvline(index + 0.5, color="#cccccc", linewidth=1, linestyle=":")
        axes.annotate(events[index]["phase"], (index + 0.6, 1), xycoords=("data", "axes fraction"), fontsize=7, va="top", color="#888888")


def _mark_kept(axes: Any, events: list[dict[str, Any]]) -> None:
    """A line at the epoch whose weights were kept, where that is not the last one."""
    best = [i for i, event in enumerate(events, 1) if event.get("best")]
    if best and best[-1] != len(events):
        axes.axvline(best[-1], color="#bbbbbb", linewidth=1, linestyle="--")
        axes.annotate("kept", (best[-1], 0.02), xycoords=("data", "axes fraction"), fontsize=7, color="#888888", ha="right", rotation=90)
