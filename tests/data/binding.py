"""Small specs bound to small files, for the tests of the data."""

from __future__ import annotations

import gzip
import io
import struct
from pathlib import Path

import numpy as np
from PIL import Image

from specc.data.dataset import Dataset
from specc.diagnostics import Diagnostic, Source, SpecError
from specc.ir import Spec
from specc.loading import bind_spec, check_source

Files = dict[str, str | bytes]


def spec_of(
    columns: str,
    source: str = 'csv("t.csv")',
    target: str = "y",
    split: str = "",
    takes: str = "features",
    train: str = "epochs = 1",
) -> str:
    """The text of a spec with these columns; pictures and arrays are flattened."""
    flat = "" if takes == "features" else "flatten; "
    split = f"  split = {split}\n" if split else ""
    data = f"data {{\n  source = {source}\n  columns {{ {columns} }}\n  target = {target}\n{split}}}\n"
    return f"{data}network {{ input({takes}); {flat}dense(4); output({target}) }}\ntrain {{ {train} }}\n"


def write(folder: Path, files: Files) -> None:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)


def bound(folder: Path, text: str, files: Files | None = None, root: Path | None = None) -> tuple[Spec, Dataset]:
    write(folder, files or {})
    spec, report = check_source(Source("t.dn", text), folder, None, root)
    return bind_spec(spec, report, folder, root)


def mistakes(folder: Path, text: str, files: Files) -> list[Diagnostic]:
    """What is reported of a spec whose data does not fit; it does not bind."""
    try:
        bound(folder, text, files)
    except SpecError as error:
        return error.report.sorted()
    raise AssertionError("the spec was bound")


def table(count: int, row, header: str = "x,y") -> str:
    """A CSV file; `row` makes the text of a line from its number."""
    return "\n".join([header, *(row(i) for i in range(count))]) + "\n"


def halves(count: int) -> str:
    """`x` counts from 0, `y` is `a` and `b` in turn."""
    return table(count, lambda i: f"{i},{'ab'[i % 2]}")


def idx_file(array: np.ndarray) -> bytes:
    sizes = b"".join(struct.pack(">I", size) for size in array.shape)
    return bytes([0, 0, 8, array.ndim]) + sizes + array.astype(np.uint8).tobytes()


def idx_folder(images: np.ndarray, labels: np.ndarray) -> Files:
    """A folder `m` with a training set, and half of it again, gzipped, as test set."""
    half = len(images) // 2
    return {
        "m/train-images-idx3-ubyte": idx_file(images),
        "m/train-labels-idx1-ubyte": idx_file(labels),
        "m/t10k-images-idx3-ubyte.gz": gzip.compress(idx_file(images[:half])),
        "m/t10k-labels-idx1-ubyte.gz": gzip.compress(idx_file(labels[:half])),
    }


def npz_file(**arrays: np.ndarray) -> bytes:
    stream = io.BytesIO()
    np.savez_compressed(stream, **arrays)  # type: ignore[arg-type]
    return stream.getvalue()


def png_file(pixels: np.ndarray) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG")
    return stream.getvalue()


def parquet_file(**columns: list) -> bytes:
    import polars

    stream = io.BytesIO()
    polars.DataFrame(columns).write_parquet(stream)
    return stream.getvalue()
