"""NumPy arrays in one file, never unpickled."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable

import numpy as np

from specc.data.sources import Request, present_columns, reads
from specc.data.sources.blocks import as_array, as_images, as_labels, as_numbers, as_texts
from specc.data.table import SETS, Table, texts
from specc.diagnostics import SpecError
from specc.vocabulary.columns import Array, Category, Image, Number, is_pattern
from specc.vocabulary.families import Column
from specc.vocabulary.sources import Npz

PREFIXES = {"train_": "train", "validation_": "validation", "val_": "validation", "test_": "test"}


@reads(Npz)
def read_npz(source: Npz, request: Request) -> Table:
    """A column takes the array of its name, or of its plural (`image`: `images`). Failing that, the only image column
    takes `images`, the only category column `labels`. `label_names`, where it is there, names the labels 0, 1, ….

    `train_`, `validation_` or `val_`, and `test_` before a name make the sets: all columns have them, or none.
    """
    arrays = open_npz(source.path, request)
    prefixed = any(array.startswith("train_") for array in arrays)  # otherwise `test_score` is a name like any other
    sets = [name for name in SETS if prefixed and any(PREFIXES.get(_prefix(array)) == name for array in arrays)]
    bases = list(
        dict.fromkeys(array.removeprefix(_prefix(array) if sets else "") for array in arrays if not array.endswith("_names"))
    )
    taken = {name: base for name in request.columns if not is_pattern(name) for base in [_base(name, bases, request)] if base}
    own = {base: name for name, base in taken.items()}
    names = [own.get(base, base) for base in bases]
    present = present_columns(source.path, names, request, "array", bases)
    request.report.raise_errors()
    parts = {name: _parts(source, taken.get(name, name), arrays, sets, request) for name in [*present, *request.fields]}
    counts = _row_counts(source, parts, request)
    ends = np.cumsum(counts)

    def place(row: int) -> str:
        index = int(np.searchsorted(ends, row, side="right"))
        where = f" of the set `{sets[index]}`" if sets else ""
        return f"row {row - (int(ends[index - 1]) if index else 0) + 1}{where} of {source.path}"

    table = Table(sum(counts), {}, present, place, left_out=tuple(base for base in bases if own.get(base, base) not in present))
    table.sets = np.repeat(np.array(sets, dtype=object), counts) if sets else None
    for name, column in present.items():
        base = taken.get(name, name)
        label_names = arrays.get(f"{base.removesuffix('s')}_names", arrays.get(f"{base}_names"))
        values = _values(name, column, parts[name], label_names, request, place)
        if values is not None:
            table.columns[name] = values
    for name in request.fields:
        block = np.concatenate(parts[name])
        if block.ndim != 1:
            request.refuse("E0404", f"`{name}` of `{source.path}` is no column of single values")
        table.fields[name] = texts(as_texts(block))
    return table


def open_npz(path: str, request: Request) -> dict[str, np.ndarray]:
    """The arrays of a file by name."""
    content = request.files.read(path)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            request.files.unpacks_within_bounds(path, len(content), sum(entry.file_size for entry in archive.infolist()))
        with np.load(io.BytesIO(content), allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        stray = next((name for name, array in arrays.items() if not isinstance(array, np.ndarray)), None)
        if stray is not None:
            request.refuse("E0402", f"`{path}` holds `{stray}`, which is no array", help="it is a zip file of more than arrays")
        return arrays
    except zipfile.BadZipFile:
        way_out = "`numpy.savez_compressed(path, images=…, labels=…)` writes one"
        request.refuse("E0402", f"`{path}` is no npz file, or it is cut off", help=way_out)
    except ValueError as error:
        if "pickle" in str(error).lower():
            request.refuse(
                "E0402",
                f"`{path}` holds Python objects, which are not read",
                help="save arrays of numbers or of texts (`dtype=str`)",
            )
        request.refuse("E0402", f"`{path}` is damaged: {error}", help="copy it again")
    except SpecError:
        raise
    except Exception as error:  # a damaged file can break the reader in any way
        request.refuse("E0402", f"`{path}` is damaged: {error}", help="copy it again")


def _prefix(array: str) -> str:
    return next((prefix for prefix in PREFIXES if array.startswith(prefix)), "")


def _base(name: str, bases: list[str], request: Request) -> str | None:
    """The array that a column takes, without the prefix of its set; None where there is none."""
    column = request.columns[name]
    candidates = [name, f"{name}s"]
    for kind, usual in ((Image, "images"), (Category, "labels")):
        of_kind = [other for other, declared in request.columns.items() if isinstance(declared, kind)]
        if isinstance(column, kind) and len(of_kind) == 1 and usual not in request.columns:
            candidates.append(usual)
    return next((base for base in candidates if base in bases), None)


def _parts(source: Npz, base: str, arrays: dict[str, np.ndarray], sets: list[str], request: Request) -> list[np.ndarray]:
    """A column's arrays: one, or one for each set."""
    if not sets:
        return [arrays[base]]
    found: dict[str, np.ndarray] = {}
    for array in arrays:
        if _prefix(array) and array.removeprefix(_prefix(array)) == base:
            found[PREFIXES[_prefix(array)]] = arrays[array]
    absent = [name for name in sets if name not in found]
    if absent:
        request.refuse(
            "E0404",
            f"`{source.path}` has no `{base}` of the set `{absent[0]}`",
            help="each column has an array in each set: "
            + ", ".join(f"`{'val' if n == 'validation' else n}_{base}`" for n in sets),
        )
    return [found[name] for name in sets]


def _row_counts(source: Npz, parts: dict[str, list[np.ndarray]], request: Request) -> list[int]:
    first: tuple[str, list[int]] | None = None
    for name, blocks in parts.items():
        if any(block.ndim == 0 for block in blocks):
            request.refuse("E0402", f"`{name}` of `{source.path}` is a single value, not one a row")
        counts = [len(block) for block in blocks]
        if first is None:
            first = (name, counts)
        elif counts != first[1]:
            differ = f"`{first[0]}` {sum(first[1]):,}, `{name}` {sum(counts):,}"
            request.refuse(
                "E0402",
                f"the arrays of `{source.path}` have different numbers of rows: {differ}",
                help="each has one entry a row",
            )
    return first[1] if first else []


def _values(
    name: str,
    column: Column,
    blocks: list[np.ndarray],
    label_names: np.ndarray | None,
    request: Request,
    place: Callable[[int], str],
) -> np.ndarray | None:
    if isinstance(column, Image):
        return as_images(name, column, blocks, request)
    block = np.concatenate(blocks) if len(blocks) > 1 else blocks[0]
    match column:
        case Number():
            return as_numbers(name, block, request, place)
        case Category():
            return as_labels(name, block, label_names, request)
        case Array():
            return as_array(name, column, block, request)
        case _:
            request.wrong(name, f"`npz` has no {column.word} columns")
            return None
