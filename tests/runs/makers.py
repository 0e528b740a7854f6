"""Small models that make rows of noise: gans and vaes of pictures, of tables, for conditions and with codes."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from specc.runs.run import Run
from tests.data.binding import npz_file, write
from tests.runs.made import trained

PICTURES = """data {
  source = npz("rows.npz")
  columns { image = image([1, 6, 6], scale = symmetric); digit = category; light = number(scale = standard) }
}
"""
MADE = "dense(16, relu); dense(36, tanh); reshape([1, 6, 6])"
JUDGED = "discriminator { input(image); flatten; dense(8); leaky_relu(0.2); dense(1) }"
MODELS = {
    "plain": f"gan {{\n latent(5)\n generator {{ {MADE} }}\n {JUDGED}\n}}\n",
    "conditional": f"""gan {{
  latent(5)
  condition(digit)
  generator {{ concat(latent, condition); {MADE} }}
  discriminator {{ input(image); flatten; concat(it, condition); dense(8); leaky_relu(0.2); dense(1) }}
}}
""",
    "lit": f"""gan {{
  latent(5, uniform)
  condition(digit, light)
  generator {{ concat(latent, condition); {MADE} }}
  discriminator {{ input(image); flatten; concat(it, condition); dense(8); leaky_relu(0.2); dense(1) }}
}}
""",
    "codes": f"""gan {{
  latent(5)
  code kind(4, category)
  code style(2, uniform)
  generator {{ concat(latent, kind, style); {MADE} }}
  discriminator {{ input(image); flatten; dense features(8); leaky_relu(0.2); dense(1) }}
  recognizer {{ input(discriminator.features); dense(8); leaky_relu(0.1) }}
}}
""",
    "vae": """vae {
  encoder { input(image); flatten; dense(8, tanh) }
  latent(2)
  decoder { dense(16, tanh); dense(36, tanh); reshape([1, 6, 6]) }
}
""",
    "autoencoder": """autoencoder {
  encoder { input(image); flatten; dense(4, tanh) }
  decoder { dense(36, tanh); reshape([1, 6, 6]) }
}
""",
}
TABLE = """data {
  source = csv("rows.csv")
  columns { size = number(transform = log1p, scale = standard); year = number(scale = minmax); kind = category; town = category }
}
gan {
  latent(4)
  condition(town)
  generator { concat(latent, condition); dense(12, relu); dense(4) }
  discriminator { input(features); concat(it, condition); dense(8); leaky_relu(0.2); dense(1) }
}
train { epochs = 3; batch = 20 }
"""


def picture_rows() -> dict[str, np.ndarray]:
    """Rows of light on darkness: label 0 half of all rows, 1 a third, 2 a sixth, each with a brightness of its own."""
    draw = np.random.default_rng(3)
    labels = np.repeat([0, 0, 0, 1, 1, 2], 40)
    images = draw.integers(0, 60, (240, 6, 6))
    images[np.arange(240), 2 * labels] += 150
    return {"image": images.astype(np.uint8), "digit": labels, "light": labels * 10.0 + draw.uniform(0, 1, 240)}


def write_pictures(folder: Path, kind: str, train: str = "train { epochs = 2; batch = 20 }") -> Path:
    """The spec of a kind, with its data."""
    write(folder, {"rows.npz": npz_file(**picture_rows()), f"{kind}.dn": PICTURES + MODELS[kind] + train + "\n"})
    return folder / f"{kind}.dn"


def write_table(folder: Path) -> Path:
    draw = np.random.default_rng(6)
    lines = ["size,year,kind,town"]
    for row in range(120):
        size, year = np.exp(draw.normal(3, 0.5)), draw.integers(1950, 2020)
        lines.append(f"{size:.3f},{year},{['house', 'flat'][row % 2]},{['Ulm', 'Bonn', 'Bonn'][row % 3]}")
    write(folder, {"rows.csv": "\n".join(lines) + "\n", "table.dn": TABLE})
    return folder / "table.dn"


def made_run(folder: Path, kind: str, train: str = "train { epochs = 2; batch = 20 }") -> Run:
    """A run on the CPU, where every test of bits is at home."""
    folder.mkdir(parents=True, exist_ok=True)
    return trained(write_table(folder) if kind == "table" else write_pictures(folder, kind, train), "cpu")
