"""Makes the pictures that the README shows, from the shipped spec: `python docs/figures.py`."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import specc
from specc.drawing import draw_svg

REPOSITORY = Path(__file__).parents[1]
IMAGES = REPOSITORY / "docs" / "images"


def main() -> None:
    """Trains `specs/iris.dn` into a folder that is thrown away, and keeps its curves, its confusion matrix and its drawing."""
    spec = specc.load(REPOSITORY / "specs" / "iris.dn")
    (IMAGES / "iris.svg").write_text(draw_svg(spec.bound), "utf-8")
    with tempfile.TemporaryDirectory() as folder:
        run = specc.train(spec, Path(folder) / "run", device="cpu")
        for name in ("curves", "confusion_matrix"):
            shutil.copy(run.path / "pictures" / f"{name}.png", IMAGES / f"iris_{name}.png")


if __name__ == "__main__":
    main()
