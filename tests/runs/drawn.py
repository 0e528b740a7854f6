"""Machines trained on made-up rows, to be asked for features, reconstructions and samples."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from specc.runs.run import Run
from tests.runs.made import trained

TRAIN = "train {{ optimizer = sgd({rate}, momentum = 0.5); epochs = {epochs}; batch = 20 }}"


def frauds(folder: Path) -> Path:
    """Payments, one in ten a fraud: those are large, at night and by card."""
    draw = np.random.default_rng(2)
    lines = ["amount,hour,how,share,fraud"]
    for row in range(400):
        fraud = row % 10 == 0
        amount = np.exp(draw.normal(6.0 if fraud else 3.0, 0.5))
        hour = draw.normal(2.0 if fraud else 13.0, 1.5)
        how = "card" if fraud or draw.random() < 0.3 else "cash"
        lines.append(f"{amount:.2f},{hour:.3f},{how},{draw.uniform(20, 60):.2f},{'yes' if fraud else 'no'}")
    (folder / "payments.csv").write_text("\n".join(lines) + "\n")
    path = folder / "payments.dn"
    path.write_text(
        """data {
  source = csv("payments.csv")
  columns {
    amount = number(transform = log1p, scale = standard)
    hour   = number(scale = standard)
    how    = category
    share  = number(scale = minmax)
    fraud  = category
  }
  target = fraud
}
rbm { visible(features); visible(fraud); hidden(8) }
"""
        + TRAIN.format(rate=0.02, epochs=60)
    )
    return path


def weather(folder: Path) -> Path:
    """Three labels that hang together: few states, all of which can be counted."""
    draw = np.random.default_rng(4)
    lines = ["sky,wind,mood"]
    for _ in range(600):
        sky = draw.choice(["clear", "cloudy", "rain"], p=[0.5, 0.3, 0.2])
        wind = draw.choice(["calm", "storm"], p=[0.3, 0.7] if sky == "rain" else [0.85, 0.15])
        lines.append(f"{sky},{wind},{'bad' if draw.random() < (0.8 if sky == 'rain' else 0.25) else 'good'}")
    (folder / "weather.csv").write_text("\n".join(lines) + "\n")
    path = folder / "weather.dn"
    path.write_text(
        'data { source = csv("weather.csv")\n  columns { sky = category; wind = category; mood = category }\n  target = mood\n}\n'
        "rbm { visible(features); visible(mood); hidden(3) }\n" + TRAIN.format(rate=0.1, epochs=30)
    )
    return path


def bars(folder: Path, model: str, target: str = "") -> Path:
    """Pictures of 4×4 pixels with one bright row or column, the label telling which of the two."""
    draw = np.random.default_rng(6)
    rows = draw.integers(0, 8, 320)
    images = np.zeros((320, 4, 4), np.uint8)
    for image, bar in zip(images, rows):
        if bar < 4:
            image[bar] = 255
        else:
            image[:, bar - 4] = 255
    labels = np.where(rows < 4, 0, 1).astype(np.uint8)
    np.savez_compressed(folder / "bars.npz", images=images, labels=labels)
    path = folder / "bars.dn"
    columns = "image = image([1, 4, 4], scale = unit); label = category" if target else "image = image([1, 4, 4], scale = unit)"
    path.write_text(
        f'data {{ source = npz("bars.npz")\n  columns {{ {columns} }}\n  {f"target = {target}" if target else ""}\n}}\n{model}\n'
        + TRAIN.format(rate=0.1, epochs=20)
    )
    return path


def documents(folder: Path) -> Path:
    """How often each of four words stands in a text: those of football, or those of space."""
    draw = np.random.default_rng(9)
    shares = np.array([[0.45, 0.45, 0.05, 0.05], [0.05, 0.05, 0.45, 0.45]])
    rows = [draw.multinomial(draw.integers(5, 30), shares[row % 2]) for row in range(200)]
    lines = [",".join(map(str, row)) for row in rows]
    (folder / "documents.csv").write_text("\n".join(["goal,ball,orbit,moon", *lines]) + "\n")
    path = folder / "documents.dn"
    path.write_text(
        'data { source = csv("documents.csv")\n  columns { goal = number; ball = number; orbit = number; moon = number }\n}\n'
        "rbm { visible(features, units = replicated_softmax); hidden(3) }\n" + TRAIN.format(rate=0.001, epochs=5)
    )
    return path


def trained_on(path: Path, **options: object) -> Run:
    return trained(path, "cpu", **options)  # type: ignore[arg-type]
