"""Arrays of a file as the images, blocks, numbers and labels that columns declare."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from specc.data.sources import Request
from specc.data.table import count_of, first_rows, texts
from specc.vocabulary.columns import Array, Image


def as_images(name: str, column: Image, blocks: list[np.ndarray], request: Request) -> np.ndarray | None:
    """Pictures as uint8 `[rows, channels, height, width]` of the declared size, or None after a report.

    What comes in is `[rows, height, width]`, channels first or channels last.
    """
    fitted = [_image_block(name, block, column.size, request) for block in blocks]
    whole = [block for block in fitted if block is not None]
    if len(whole) < len(fitted):
        return None
    return np.concatenate(whole) if len(whole) > 1 else whole[0]


def _image_block(name: str, block: np.ndarray, size: tuple[int, int, int], request: Request) -> np.ndarray | None:
    channels, height, width = size
    if block.dtype.kind not in "iu":
        message = f"an image has whole numbers 0…255, and `{name}` has {block.dtype}"
        request.wrong(name, message, help=f"declare it as `array([{channels}, {height}, {width}])`")
        return None
    if block.dtype != np.uint8 and block.size and (block.min() < 0 or block.max() > 255):
        message = f"an image has whole numbers 0…255, and `{name}` goes from {block.min()} to {block.max()}"
        request.wrong(name, message, help=f"declare it as `array([{channels}, {height}, {width}])`")
        return None
    block = block.astype(np.uint8, copy=False)
    if block.shape[1:] == size:
        return block
    if block.shape[1:] == (height, width) and channels == 1:
        return block[:, None]
    if block.shape[1:] == (height, width, channels):
        return np.ascontiguousarray(block.transpose(0, 3, 1, 2))
    _report_size(name, block, size, request)
    return None


def _report_size(name: str, block: np.ndarray, size: tuple[int, int, int], request: Request) -> None:
    found = block.shape[1:]
    if len(found) == 2:
        found = (1, *found)
    elif len(found) == 3 and found[2] in (1, 3) and found[0] not in (1, 3):
        found = (found[2], found[0], found[1])
    message = (
        f"`{name}` is declared {'×'.join(map(str, size))}, and the file's are {'×'.join(map(str, found)) or 'single numbers'}"
    )
    way_out = f"write `image([{', '.join(map(str, found))}])`" if len(found) == 3 else "an image has channels, height and width"
    request.wrong(name, message, help=way_out)


def as_array(name: str, column: Array, block: np.ndarray, request: Request) -> np.ndarray | None:
    """Blocks of numbers as float32 `[rows, …]` of the declared size, or None after a report."""
    if block.dtype.kind not in "iufb":
        request.wrong(name, f"`{name}` is array, and the file has {_kind(block.dtype)} in it", help="it takes numbers")
        return None
    if block.shape[1:] == column.size or (block.ndim == 1 and column.size == (1,)):
        return block.reshape(len(block), *column.size).astype(np.float32)
    found = ", ".join(map(str, block.shape[1:]))
    theirs = found.replace(", ", "×") or "single numbers"
    message = f"`{name}` is declared {'×'.join(map(str, column.size))}, and the file's are {theirs}"
    request.wrong(name, message, help=f"write `array([{found}])`" if found else "declare it as `number`")
    return None


def as_numbers(name: str, block: np.ndarray, request: Request, place: Callable[[int], str]) -> np.ndarray | None:
    """One number a row as float64, NaN where missing, or None after a report."""
    if block.dtype.kind not in "iufb" or block.ndim != 1:
        found = "×".join(map(str, block.shape[1:]))
        what = f"blocks of {found} numbers" if block.ndim > 1 else _kind(block.dtype)
        way_out = f"declare it as `array([{found.replace('×', ', ')}])`" if block.ndim > 1 else "declare it as `category`"
        request.wrong(name, f"`{name}` is a number, and the file has {what} in it", help=way_out)
        return None
    numbers = block.astype(np.float64)
    infinite = np.flatnonzero(np.isinf(numbers))
    if len(infinite):
        message = f"`{name}` is infinite in {count_of(len(infinite), 'row')}"
        request.wrong(name, message, notes=first_rows(place, infinite), help="write such a value as NaN: missing")
    return numbers


def as_labels(name: str, block: np.ndarray, names: np.ndarray | None, request: Request) -> np.ndarray | None:
    """One label a row as text, or None after a report. `names` gives the texts of whole numbers counted from 0."""
    if block.ndim != 1 or block.dtype.kind not in "iubUS":
        what = (
            "fractional numbers"
            if block.dtype.kind == "f"
            else f"blocks of {'×'.join(map(str, block.shape[1:]))} numbers"
            if block.ndim > 1
            else _kind(block.dtype)
        )
        way_out = "declare it as `number`" if block.dtype.kind == "f" else "a category is one text or whole number a row"
        request.wrong(name, f"`{name}` is a category, and the file has {what} in it", help=way_out)
        return None
    if names is not None and block.dtype.kind in "iu":
        if block.size and (block.min() < 0 or block.max() >= len(names)):
            request.wrong(
                name,
                f"`{name}` goes from {block.min()} to {block.max()}, and there are {len(names)} label names",
                help="labels count from 0",
            )
            return None
        return texts(as_texts(names))[block]
    return texts(as_texts(block))


def as_texts(block: np.ndarray) -> list[str]:
    """The items of a one-dimensional array as texts."""
    if block.dtype.kind == "S":
        return [item.decode("utf-8", "replace") for item in block.tolist()]
    return [str(item).lower() if isinstance(item, bool) else str(item) for item in block.tolist()]


def _kind(dtype: np.dtype) -> str:
    """What an array holds, in words."""
    words = {"U": "text", "S": "text", "O": "mixed values", "M": "dates", "m": "durations", "c": "complex numbers"}
    return words.get(dtype.kind, str(dtype))
