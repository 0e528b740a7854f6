"""No damaged file of any kind makes a traceback: it binds, or what is wrong is said."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from specc.diagnostics import SpecError
from tests.data.binding import bound, halves, idx_folder, npz_file, parquet_file, png_file, spec_of

PICTURES = np.random.default_rng(0).integers(0, 256, (20, 4, 4), dtype=np.uint8)
LABELS = np.arange(20) % 2
IMAGE = "image = image([1, 4, 4]); y = category"
XY = spec_of("x = number; y = category")
KINDS = {
    "csv": (XY, "t.csv", {"t.csv": halves(20).encode()}),
    "csv.gz": (XY, "t.csv", {"t.csv": gzip.compress(halves(20).encode(), mtime=0)}),
    "parquet": (
        spec_of("x = number; y = category", 'parquet("t.parquet")'),
        "t.parquet",
        {"t.parquet": parquet_file(x=list(range(20)), y=["a", "b"] * 10)},
    ),
    "npz": (spec_of(IMAGE, 'npz("n.npz")', takes="image"), "n.npz", {"n.npz": npz_file(images=PICTURES, labels=LABELS)}),
    "idx": (spec_of(IMAGE, 'idx("m")', takes="image"), "m/t10k-images-idx3-ubyte.gz", idx_folder(PICTURES, LABELS)),
    "png": (
        spec_of(IMAGE, 'images("f")', takes="image"),
        "f/a/0.png",
        {f"f/{name}/{i}.png": png_file(PICTURES[i]) for name in "ab" for i in range(3)},
    ),
}


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("kind", KINDS)
def test_damage_is_told(tmp_path: Path, kind: str, seed: int) -> None:
    text, damaged, files = KINDS[kind]
    generator = np.random.default_rng(seed)
    content = bytearray(files[damaged])
    for place in generator.integers(0, len(content), 1 + seed // 2):
        content[place] = generator.integers(256)
    if seed % 4 == 3:
        del content[int(generator.integers(len(content))) :]
    try:
        _, dataset = bound(tmp_path, text, files | {damaged: bytes(content)})
    except SpecError as error:
        assert error.report.has_errors
    else:
        assert dataset.table.rows > 0
