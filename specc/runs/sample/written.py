"""Drawn rows as a file: a grid of pictures, arrays, or a table."""

from __future__ import annotations

import io
import math
from pathlib import Path

import numpy as np

from specc.runs.sample.given import CannotSample
from specc.runs.sample.samples import Samples

SUFFIXES = (".png", ".npz", ".csv")
GAP = 2
"""Pixels between two pictures of a grid."""
SMALL = 64
"""Pictures narrower than this are drawn larger, a whole number of times."""


def file_of(samples: Samples, path: Path) -> bytes:
    """The content of a file by its suffix: PNG the pictures, npz all arrays, CSV a line a row."""
    match path.suffix.lower():
        case ".png":
            return png(samples)
        case ".npz":
            return npz(samples)
    return samples.frame.write_csv().encode()


def png(samples: Samples) -> bytes:
    """The mean of each row's last draw, or what was made of noise. Raises `CannotSample`."""
    name = samples.pictures
    if name is None:
        raise CannotSample("nothing that is drawn is a picture: write the rows to a .csv or .npz file")
    pictures = samples.draws[name] if name in samples.made else samples.means[name]
    given = [v for n, v in samples.draws.items() if n not in samples.made and v.shape == pictures.shape]
    if not given or not samples.made:
        return grid(pictures, samples.across)
    pairs = np.stack([given[0], pictures], axis=1).reshape(-1, *pictures.shape[1:])  # each beside what it was made for
    return grid(pairs, 2 * (samples.across or math.ceil(math.sqrt(len(pictures) / 2))))


def grid(pictures: np.ndarray, across: int | None = None) -> bytes:
    """A PNG of pictures `[rows, channels, height, width]`, 0…255, as near to a square as their number allows, or so many
    `across`.
    """
    from PIL import Image

    pictures = pictures.round().astype(np.uint8).transpose(0, 2, 3, 1)
    count, height, width, channels = pictures.shape
    scale = max(1, SMALL // max(height, width))
    pictures = pictures.repeat(scale, axis=1).repeat(scale, axis=2)
    across = across or math.ceil(math.sqrt(count))
    down = math.ceil(count / across)
    step = np.array([height, width]) * scale + GAP
    whole = np.full((*(step * (down, across) + GAP), channels), 255, np.uint8)
    for place, picture in enumerate(pictures):
        top, left = step * divmod(place, across) + GAP
        whole[top : top + picture.shape[0], left : left + picture.shape[1]] = picture
    content = io.BytesIO()
    Image.fromarray(whole.squeeze(-1) if channels == 1 else whole).save(content, "PNG", optimize=True)
    return content.getvalue()


def npz(samples: Samples) -> bytes:
    """Each column's draws under its name, and beside them the means, `image_mean`, or the noise; labels as texts."""
    arrays: dict[str, np.ndarray] = dict(samples.noise)
    for name, values in samples.draws.items():
        is_label = values.dtype == object
        arrays[name] = values.astype(str) if is_label else values
        if not is_label and name in samples.means:
            arrays[f"{name}_mean"] = samples.means[name]
    content = io.BytesIO()
    np.savez_compressed(content, **arrays)  # type: ignore[arg-type]
    return content.getvalue()
