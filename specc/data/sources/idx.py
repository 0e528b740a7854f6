"""MNIST's format: a folder of idx files, images and labels of each set."""

from __future__ import annotations

import math
import re
from pathlib import Path

import numpy as np

from specc.data.files import Files
from specc.data.sources import Request, present_columns, reads
from specc.data.sources.blocks import as_images
from specc.data.table import SETS, Table, texts
from specc.vocabulary.columns import Category, Image
from specc.vocabulary.families import Column
from specc.vocabulary.sources import Idx

NAME = re.compile(r"(?:.*-)?(train|t10k|test|validation|val)-(images|labels)[-.]idx\d-ubyte(\.gz)?")
SET_OF = {"train": "train", "t10k": "test", "test": "test", "validation": "validation", "val": "validation"}
UNSIGNED_BYTE = 8
AGAIN = "copy or download it again"


@reads(Idx)
def read_idx(source: Idx, request: Request) -> Table:
    """The image column takes the images, the category column the labels; each needs no other name than its own.

    Sets are those that there are: `train-…`, `t10k-…` or `test-…`, `validation-…`.
    """
    image, label = _roles(source, request)
    found = _find_files(source.path, request)
    sets = [name for name in SETS if (name, "images") in found or (name, "labels") in found]
    images: list[np.ndarray] = []
    labels: list[np.ndarray] = []
    for name in sets:
        for role, column, blocks in (("images", image, images), ("labels", label, labels)):
            if column is None:
                continue
            if (name, role) not in found:
                request.refuse(
                    "E0401",
                    f"`{source.path}` has no {role} of the set `{name}`",
                    help=f"they lie in `{name}-{role}-idx{3 if role == 'images' else 1}-ubyte`",
                )
            blocks.append(parse_idx(request.files, found[name, role]))
        if images and labels and len(images[-1]) != len(labels[-1]):
            message = f"the set `{name}` of `{source.path}` has {len(images[-1]):,} images and {len(labels[-1]):,} labels"
            request.refuse("E0402", message, help="are both files of the same set?")
    return _table(source, request, image, label, sets, images, labels)


def _roles(source: Idx, request: Request) -> tuple[str | None, str | None]:
    """The column that takes the images, and the one that takes the labels."""
    for kind, what in ((Image, "image"), (Category, "category")):
        several = [name for name, column in request.columns.items() if isinstance(column, kind)]
        if len(several) > 1:
            request.wrong(several[1], f"`idx` has one {what} column, and `{several[0]}` is it", help="take this one away")
    for name, column in request.columns.items():
        if not isinstance(column, Image | Category):
            request.wrong(
                name,
                f"`idx` has images and labels, and `{name}` is {column.word}",
                help="as in `columns { image = image([1, 28, 28]); label = category }`",
            )
    request.report.raise_errors()
    image = next((name for name, column in request.columns.items() if isinstance(column, Image)), None)
    label = next((name for name, column in request.columns.items() if isinstance(column, Category)), None)
    return image, label


def _find_files(path: str, request: Request) -> dict[tuple[str, str], str]:
    folder = request.files.folder_at(path)
    found: dict[tuple[str, str], str] = {}
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        match = NAME.fullmatch(entry.name)
        if match is None:
            continue
        key = (SET_OF[match[1]], match[2])
        first = found.get(key)
        if first is None:
            found[key] = f"{path.rstrip('/')}/{entry.name}"
        elif first.rpartition("/")[2] + ".gz" != entry.name:  # beside its own gzipped form the plain file is read
            request.refuse(
                "E0402",
                f"`{path}` has two files of one role: `{first.rpartition('/')[2]}` and `{entry.name}`",
                help="keep one set of files in the folder",
            )
    if not found:
        request.refuse(
            "E0401",
            f"`{path}` has no idx files",
            help="they are called `train-images-idx3-ubyte`, `train-labels-idx1-ubyte`, `t10k-…`, each with or without `.gz`",
        )
    return found


def parse_idx(files: Files, path: str) -> np.ndarray:
    """The array in an idx file of unsigned bytes, gzipped or not."""
    content = files.unpacked(path)
    if len(content) < 4 or content[:2] != b"\x00\x00":
        files.refuse("E0402", f"`{path}` is no idx file", help="its first two bytes are zero")
    if content[2] != UNSIGNED_BYTE:
        message = f"`{path}` holds numbers of the kind 0x{content[2]:02x}; images and labels are unsigned bytes, 0x08"
        files.refuse("E0402", message, help="save such numbers as npz")
    start = 4 + 4 * content[3]
    if content[3] == 0 or len(content) < start:
        files.refuse("E0402", f"`{path}` is cut off: it ends before its first number", help=AGAIN)
    sizes = [int.from_bytes(content[i : i + 4], "big") for i in range(4, start, 4)]
    expected = start + math.prod(sizes)
    if len(content) != expected:
        fault = "cut off" if len(content) < expected else "damaged"
        shape = "×".join(map(str, sizes))
        files.refuse("E0402", f"`{path}` is {fault}: it says {shape} bytes and has {len(content) - start:,}", help=AGAIN)
    return np.frombuffer(content, dtype=np.uint8, offset=start).reshape(sizes)


def _table(
    source: Idx,
    request: Request,
    image: str | None,
    label: str | None,
    sets: list[str],
    images: list[np.ndarray],
    labels: list[np.ndarray],
) -> Table:
    counts = [len(block) for block in images or labels]
    ends = np.cumsum(counts)
    known: dict[str, Column] = {name: request.columns[name] for name in (image, label) if name is not None}
    present_columns(source.path, list(known), request)

    def place(row: int) -> str:
        index = int(np.searchsorted(ends, row, side="right"))
        return f"picture {row - (int(ends[index - 1]) if index else 0) + 1} of the set `{sets[index]}` of {source.path}"

    declared = {name: column for name, column in request.columns.items() if name in known}
    table = Table(sum(counts), {}, declared, place, sets=np.repeat(np.array(sets, dtype=object), counts))
    if image is not None:
        column = known[image]
        assert isinstance(column, Image)
        blocks = as_images(image, column, images, request)
        if blocks is not None:
            table.columns[image] = blocks
    if label is not None:
        if any(block.ndim != 1 for block in labels):
            request.refuse("E0402", f"the labels of `{source.path}` are not one number a picture")
        words = np.array([str(number) for number in range(256)], dtype=object)
        table.columns[label] = words[np.concatenate(labels)] if labels else texts([])
    return table


def holds_idx_files(folder: Path) -> bool:
    """Whether a folder is one that `idx` reads."""
    return any(NAME.fullmatch(entry.name) for entry in folder.iterdir())
