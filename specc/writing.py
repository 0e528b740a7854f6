"""Writes files so that a kill at any instant leaves the old one or the new one, never half of one."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from pathlib import Path


def write_atomically(place: Path, content: bytes, previous: Path | None = None) -> None:
    """Writes beside the place and renames; a file that was there before hands on its mode. Raises `OSError`.

    With `previous` that file is kept there, so that at any instant one of the two is whole.
    """
    make_folder(place.parent)
    beside = place.with_name(f".{place.name}.writing")
    try:
        with open(beside, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if place.exists():
            os.chmod(beside, stat.S_IMODE(place.stat().st_mode))
            if previous is not None:
                os.replace(place, previous)
        os.replace(beside, place)
    except OSError as error:
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)
        raise OSError(error.errno, error.strerror or str(error), str(place)) from error  # a failed write does not say where


def make_folder(path: Path) -> None:
    """A folder and those above it, where they are not there yet."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except FileExistsError:  # what Python says where a file stands in the way
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(path)) from None


def write_output(place: Path, content: bytes) -> None:
    """Writes a file of the user's choice: a link's target, and what is no regular file (`/dev/null`, a pipe) as it is."""
    place = place.resolve()
    if place.exists() and not place.is_file():
        place.write_bytes(content)
    else:
        write_atomically(place, content)
