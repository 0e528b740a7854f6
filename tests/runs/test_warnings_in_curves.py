"""What went wrong in training stands in the curves, after the epoch that told it."""

from __future__ import annotations

import json
from pathlib import Path

from specc.runs.pictures.curves import curves_figure
from specc.runs.run import Run
from tests.runs.makers import made_run


def codes_of(run: Run) -> list[tuple[str, float]]:
    """The codes that stand in the first panel, and at which epoch."""
    figure = curves_figure(run)
    assert figure is not None
    texts = [(text.get_text(), text) for text in figure.axes[0].texts]
    return [(words, float(text.xy[0])) for words, text in texts if words.startswith("W")]  # type: ignore[attr-defined]


def test_a_failure_is_marked_at_its_epoch(tmp_path: Path) -> None:
    run = made_run(tmp_path, "plain", "train { epochs = 3; batch = 20 }")
    assert codes_of(run) == []
    log = run.path / "metrics.jsonl"
    first, *others = log.read_text("utf-8").splitlines()
    told = [json.dumps({"event": code, "message": "…", "phase": "train", "epoch": 1, "line": 3}) for code in ("W2101", "W2102")]
    log.write_text("\n".join([first, *told, *others]) + "\n", "utf-8")
    again = Run(run.path)
    assert codes_of(again) == [("W2101\nW2102", 1.0)]
    figure = curves_figure(again)
    assert figure is not None
    marked = [
        sum(line.get_linestyle() == "--" and list(line.get_xdata()) == [1, 1] for line in axes.lines) for axes in figure.axes
    ]
    assert marked == [1] * len(figure.axes)
