"""Folders of pictures, one folder a class."""

from __future__ import annotations

import hashlib
import io
import warnings
from pathlib import Path

import numpy as np
from PIL import Image as Pillow
from PIL import ImageOps

from specc.data.sources import Request, present_columns, reads
from specc.data.table import Table, count_of, texts
from specc.vocabulary.columns import Category, Image
from specc.vocabulary.sources import Images

SUFFIXES = frozenset((".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm", ".pgm", ".pbm"))
FORMATS = ("PNG", "JPEG", "BMP", "GIF", "WEBP", "TIFF", "PPM")
"""What is decoded, whatever a file is called: Pillow knows formats that start other programs."""
SET_OF = {
    "train": "train",
    "training": "train",
    "validation": "validation",
    "val": "validation",
    "valid": "validation",
    "test": "test",
}
Found = tuple[Path, str, str]
"""A picture's path, its set (empty where there are none), its class (empty for a picture in no folder)."""


@reads(Images)
def read_images(source: Images, request: Request) -> Table:
    """Pictures are put to the column's size (bilinear) and to grey or colour; files that are no pictures are left out.

    Where all folders are called `train`, `validation` (or `val`), `test`, they are the sets and hold the classes.
    """
    image, label = _roles(request)
    folder = request.files.folder_at(source.path)
    found = find_pictures(folder)
    if not found:
        request.refuse("E0403", f"`{source.path}` has no pictures", help=f"they end in {', '.join(sorted(SUFFIXES))}")
    _classes_are_folders(source, request, folder, found, label)
    names = [path.relative_to(folder).as_posix() for path, _, _ in found]
    present = present_columns(source.path, [name for name in (image, label) if name is not None], request)

    def place(row: int) -> str:
        return f"{source.path.rstrip('/')}/{names[row]}"

    sets = np.array([group for _, group, _ in found], dtype=object)
    table = Table(len(found), {}, present, place, sets=sets if sets[0] else None)
    if label is not None:
        table.columns[label] = texts(name for _, _, name in found)
    if image is not None:
        column = request.columns[image]
        assert isinstance(column, Image)
        paths = [place(row) for row in range(len(found))]
        table.columns[image] = load_pictures(paths, column.size, request, source.path)
    return table


def _roles(request: Request) -> tuple[str | None, str | None]:
    for kind, what in ((Image, "image"), (Category, "category")):
        several = [name for name, column in request.columns.items() if isinstance(column, kind)]
        if len(several) > 1:
            request.wrong(several[1], f"`images` has one {what} column, and `{several[0]}` is it", help="take this one away")
    for name, column in request.columns.items():
        if not isinstance(column, Image | Category):
            request.wrong(
                name, f"`images` has pictures and the folders they are in, and `{name}` is {column.word}", help="take it away"
            )
    request.report.raise_errors()
    image = next((name for name, column in request.columns.items() if isinstance(column, Image)), None)
    label = next((name for name, column in request.columns.items() if isinstance(column, Category)), None)
    return image, label


def find_pictures(folder: Path) -> list[Found]:
    """The pictures below a folder in the order of their paths; hidden files and folders are passed over."""
    found: list[Found] = []
    top = [entry for entry in folder.iterdir() if entry.is_dir() and not entry.name.startswith(".")]
    has_sets = bool(top) and all(entry.name.lower() in SET_OF for entry in top)
    for path in sorted(folder.rglob("*"), key=lambda path: path.relative_to(folder).as_posix()):
        parts = path.relative_to(folder).parts
        if path.suffix.lower() not in SUFFIXES or any(part.startswith(".") for part in parts) or not path.is_file():
            continue
        group = SET_OF[parts[0].lower()] if has_sets and len(parts) > 1 else ""
        found.append((path, group, "/".join(parts[1:-1] if group else parts[:-1])))
    return found


def _classes_are_folders(source: Images, request: Request, folder: Path, found: list[Found], label: str | None) -> None:
    """Every picture lies in the folder of its class, no deeper and no higher."""
    if {bool(group) for _, group, _ in found} == {True, False}:
        request.refuse("E0402", f"`{source.path}` has pictures beside the folders of its sets")
    if label is None:
        return
    loose = [path for path, _, name in found if not name]
    deep = [path for path, _, name in found if "/" in name]
    for paths, what, way_out in (
        (loose, "in no folder of a class", "put each in a folder that is called as its label"),
        (deep, "in folders inside the folder of a class", "one level of folders is read: a folder a class"),
    ):
        if paths:
            note = "\n".join(path.relative_to(folder).as_posix() for path in paths[:3])
            count = count_of(len(paths), "picture")
            request.refuse(
                "E0402", f"{count} of `{source.path}` {'lies' if len(paths) == 1 else 'lie'} {what}", notes=(note,), help=way_out
            )


def load_pictures(paths: list[str], size: tuple[int, int, int], request: Request, folder: str | None = None) -> np.ndarray:
    """Pictures as uint8 `[rows, channels, height, width]`. Those that cannot be read are reported together.

    With `folder`, its fingerprint is one of all their names and contents, not one a picture.
    """
    pictures = np.zeros((len(paths), *size), dtype=np.uint8)
    broken: list[tuple[str, str]] = []
    digest = hashlib.sha256()
    for row, path in enumerate(paths):
        content = request.files.read(path)
        if folder is not None:
            digest.update(f"{path}\n{request.files.fingerprints.pop(path)}\n".encode())
        try:
            pictures[row] = decode_picture(content, size)
        except Exception as error:  # a damaged picture can break a decoder in any way
            broken.append((path, _explained(error)))
    if folder is not None:
        request.files.fingerprints[folder] = digest.hexdigest()
    if broken:
        note = "\n".join(f"{path}: {reason}" for path, reason in broken[:3])
        note += f"\nand {len(broken) - 3:,} more" if len(broken) > 3 else ""
        request.refuse("E0402", f"{count_of(len(broken), 'picture')} cannot be read", notes=(note,), help="mend or delete them")
    return pictures


def decode_picture(content: bytes, size: tuple[int, int, int]) -> np.ndarray:
    """One picture as uint8 `[channels, height, width]`, upright, grey or in colour, scaled bilinearly to its size."""
    channels, height, width = size
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", Pillow.DecompressionBombWarning)
        with Pillow.open(io.BytesIO(content), formats=FORMATS) as file:
            picture = ImageOps.exif_transpose(file)
            if picture.mode.startswith("I"):  # 16 bits a pixel; Pillow would cut them off at 255
                picture = Pillow.fromarray((np.asarray(picture, dtype=np.int64) >> 8).clip(0, 255).astype(np.uint8))
            picture = picture.convert("L" if channels == 1 else "RGB")
    if picture.size != (width, height):
        picture = picture.resize((width, height), Pillow.Resampling.BILINEAR)
    pixels = np.asarray(picture)
    return pixels[None] if channels == 1 else pixels.transpose(2, 0, 1)


def _explained(error: BaseException) -> str:
    if isinstance(error, Pillow.UnidentifiedImageError):
        return "it is no picture"
    if isinstance(error, Pillow.DecompressionBombError | Pillow.DecompressionBombWarning):
        return f"it has more than {Pillow.MAX_IMAGE_PIXELS or 0:,} pixels"
    return str(error).lower()
