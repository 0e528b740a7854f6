"""Pictures in black and white by lot, the intensity of a pixel being its chance of white."""

from __future__ import annotations

import numpy as np

ROWS = 1024
"""Pictures that are drawn at once."""


def drawn_once(images: np.ndarray) -> np.ndarray:
    """uint8 `[rows, …]` with 0 and 255 in place of 0…255; the same on every machine and for every seed."""
    bits = np.random.PCG64(0)
    drawn = np.empty_like(images)
    count = int(np.prod(images.shape[1:]))
    for start in range(0, len(images), ROWS):
        chunk = images[start : start + ROWS]
        # Sixteen bits a pixel: `u < 2¹⁶ · x / 255` in whole numbers. Their stream numpy keeps for ever.
        raw = bits.random_raw(-(-len(chunk) * count // 4)).view(np.uint16)[: len(chunk) * count].reshape(chunk.shape)
        drawn[start : start + ROWS] = np.where(raw.astype(np.uint32) * 255 < chunk.astype(np.uint32) << 16, 255, 0)
    return drawn
