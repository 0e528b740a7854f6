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
    """The content of a file by its suffix: PNG the means of pictures, npz draws and means, CSV a line a row."""
    match path.suffix.lower():
        case ".png":
            return png(samples)
        case ".npz":
            return npz(samples)
    return samples.frame.write_csv().encode()


def png(samples: Samples) -> bytes:
    """The mean of each row's last draw, as near to a square of pictures as their number allows. Raises `CannotSample`."""
    from PIL import Image

    name = samples.pictures
    if name is None:
        raise CannotSample("nothing that is drawn is a picture: write the rows to a .csv or .npz file")
    pictures = samples.means[name].round().astype(np.uint8).transpose(0, 2, 3, 1)
    count, height, width, channels = pictures.shape
    scale = max(1, SMALL // max(height, width))
    pictures = pictures.repeat(scale, axis=1).repeat(scale, axis=2)
    across = math.ceil(math.sqrt(count))
    down = math.ceil(count / across)
    step = np.array([height, width]) * scale + GAP
    grid = np.full((*(step * (down, across) + GAP), channels), 255, np.uint8)
    for place, picture in enumerate(pictures):
        top, left = step * divmod(place, across) + GAP
        grid[top : top + picture.shape[0], left : left + picture.shape[1]] = picture
    content = io.BytesIO()
    Image.fromarray(grid.squeeze(-1) if channels == 1 else grid).save(content, "PNG", optimize=True)
    return content.getvalue()


def npz(samples: Samples) -> bytes:
    """Each column's draws under its name, and beside them the means, `image_mean`; labels as texts."""
    arrays: dict[str, np.ndarray] = {}
    for name, values in samples.draws.items():
        is_label = values.dtype == object
        arrays[name] = values.astype(str) if is_label else values
        if not is_label:
            arrays[f"{name}_mean"] = samples.means[name]
    content = io.BytesIO()
    np.savez_compressed(content, **arrays)  # type: ignore[arg-type]
    return content.getvalue()
