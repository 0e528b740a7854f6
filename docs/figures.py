"""Makes the pictures that the README and the pages show, from the shipped specs: `python docs/figures.py`."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import specc
from specc.drawing import draw_svg

REPOSITORY = Path(__file__).parents[1]
IMAGES = REPOSITORY / "docs" / "images"


def main() -> None:
    """Trains some of the shipped specs into folders that are thrown away, and keeps some of their pictures."""
    spec = specc.load(REPOSITORY / "specs" / "iris.dn")
    (IMAGES / "iris.svg").write_text(draw_svg(spec.bound), "utf-8")
    with tempfile.TemporaryDirectory() as folder:
        run = specc.train(spec, Path(folder) / "run", device="cpu")
        for name in ("curves", "confusion_matrix"):
            shutil.copy(run.path / "pictures" / f"{name}.png", IMAGES / f"iris_{name}.png")
        machine = specc.train(specc.load(REPOSITORY / "specs" / "digits_rbm.dn"), Path(folder) / "machine", device="cpu")
        for name in ("filters", "fantasies"):
            shutil.copy(machine.path / "pictures" / f"{name}.png", IMAGES / f"digits_rbm_{name}.png")
        for name in ("digits_gan", "ring"):
            maker = specc.train(specc.load(REPOSITORY / "specs" / f"{name}.dn"), Path(folder) / name, device="cpu")
            shutil.copy(maker.path / "pictures" / "samples.png", IMAGES / f"{name}_samples.png")
        for spec, name in (("digits_map", "map"), ("digits_denoising", "reconstructions"), ("penguins_anomalies", "errors")):
            coded = specc.train(specc.load(REPOSITORY / "specs" / f"{spec}.dn"), Path(folder) / spec, device="cpu")
            shutil.copy(coded.path / "pictures" / f"{name}.png", IMAGES / f"{spec}_{name}.png")


if __name__ == "__main__":
    main()
