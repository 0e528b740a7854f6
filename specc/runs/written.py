"""Answers as a file: a table, arrays, or a grid of the pictures among them."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np

from specc.runs.predict import Predicted
from specc.runs.sample.written import grid

SUFFIXES = ("", ".csv", ".npz", ".png")


class NoPictures(Exception):
    """A PNG was asked for, and nothing that is answered is a picture; the message says what can be written."""


def file_of_answers(predicted: Predicted, path: Path) -> bytes:
    """The content of a file by its suffix: PNG the pictures, npz an array a column, CSV a line a row. Raises `NoPictures`."""
    match path.suffix.lower():
        case ".png":
            return _pictures(predicted)
        case ".npz":
            return _arrays(predicted)
    return predicted.frame.write_csv().encode()


def _pictures(predicted: Predicted) -> bytes:
    blocks = predicted.blocks or {}
    found = next(
        (block for block in blocks.values() if block.ndim == 4 and block.dtype == np.uint8 and block.shape[1] in (1, 3)), None
    )
    if found is None:
        raise NoPictures("nothing that is answered is a picture: write the rows to a .csv or .npz file")
    return grid(found)


def _arrays(predicted: Predicted) -> bytes:
    """Labels as texts; pictures and blocks in their own shape."""
    columns = predicted.blocks or {name: predicted.frame[name].to_numpy() for name in predicted.frame.columns}
    content = io.BytesIO()
    np.savez_compressed(content, **{n: v.astype(str) if v.dtype == object else v for n, v in columns.items()})  # type: ignore[arg-type]
    return content.getvalue()
