"""Small autoencoders with made-up rows: of a table whose numbers go together, and of pictures."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.data.binding import npz_file, write
from tests.runs.made import csv_text, draws

TABLE = """data {
  source = csv("rows.csv")
  columns {
    long = number(scale = standard)
    wide = number(scale = minmax)
    town = category
    kind = category
  }
}
autoencoder {
  encoder { input(long, wide, town); dense(6, tanh); dense code(2) }
  decoder = mirror(activation = linear)
}
train { optimizer = adam(0.02); epochs = 30; batch = 16 }
"""
PICTURES = """data {
  source = npz("rows.npz")
  columns { image = image([1, 4, 5], scale = unit); shade = category }
}
MODEL
train { loss = LOSS; optimizer = adam(0.01); epochs = 3; batch = 16 }
"""
AUTOENCODER = """autoencoder {
  encoder { input(image); masking_noise(0.2); flatten; dense(8, relu); dense squeezed(3) }
  decoder { dense(20, sigmoid); reshape([1, 4, 5]) }
}"""
VAE = """vae {
  encoder { input(image); flatten; dense(8, tanh) }
  latent(2)
  decoder { dense(20, sigmoid); reshape([1, 4, 5]) }
}"""
GAN = """gan {
  latent(3)
  generator { dense(20, sigmoid); reshape([1, 4, 5]) }
  discriminator { input(image); flatten; dense(6); leaky_relu(0.2); dense below(5, tanh); dropout(0.1); dense(1) }
}"""
LOSSES = {"autoencoder": "binary_cross_entropy", "vae": "elbo(binary_cross_entropy)", "gan": "non_saturating"}


def write_table(folder: Path) -> Path:
    """60 rows whose width follows from their length and town."""
    draw = draws()
    rows = []
    for index in range(60):
        long, town = draw.normal(50, 8), ["Bern", "Ulm"][index % 2]
        wide = long / 2 + (5 if town == "Ulm" else 0) + draw.normal(0, 0.3)
        rows.append({"long": f"{long:.3f}", "wide": f"{wide:.3f}", "town": town, "kind": "ab"[index % 3 % 2]})
    write(folder, {"rows.csv": csv_text(rows), "table.dn": TABLE})
    return folder / "table.dn"


def write_pictures(folder: Path, kind: str = "autoencoder") -> Path:
    """50 pictures of 4 × 5 pixels, dark above or below."""
    draw = draws()
    images = draw.integers(0, 120, (50, 1, 4, 5)).astype(np.uint8)
    shades = np.arange(50) % 2
    images[shades == 0, :, :2] += 120
    images[shades == 1, :, 2:] += 120
    content = npz_file(image=images, shade=np.array(["low", "high"])[shades])
    model = {"autoencoder": AUTOENCODER, "vae": VAE, "gan": GAN}[kind]
    write(folder, {"rows.npz": content, f"{kind}.dn": PICTURES.replace("MODEL", model).replace("LOSS", LOSSES[kind])})
    return folder / f"{kind}.dn"
