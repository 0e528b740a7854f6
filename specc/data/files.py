"""Opens what a spec names: inside its folder or `--root`, regular files only, each with its fingerprint."""

from __future__ import annotations

import gzip
import hashlib
import io
import stat
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

from specc.diagnostics import Report, Span, SpecError, did_you_mean
from specc.memory import free_memory, spoken_bytes

MAXIMUM_BYTES = 8 << 30
"""What a packed file may unpack to."""
LARGE, PACKED = 128 << 20, 200
"""What unpacks to more bytes than the first, and to as many times its size as the second, is made to fill the memory."""
CHUNK = 1 << 20
GZIP = b"\x1f\x8b"
SMALLER = "data is read whole: take fewer rows or columns of it, or a machine with more memory"


@dataclass
class Files:
    """The files of one binding. `folder` is the spec's own; `root` what may be read (None: everything).

    `span` is where the spec names them; without one, messages name the file only.
    """

    folder: Path
    root: Path | None
    report: Report
    span: Span | None = None
    fingerprints: dict[str, str] = field(default_factory=dict)

    def refuse(self, code: str, message: str, notes: tuple[str, ...] = (), help: str = "") -> NoReturn:
        """Reports what stops the reading and ends it."""
        self.report.error(code, message, self.span, notes=notes, help=help)
        raise SpecError(self.report)

    def find(self, path: str) -> Path:
        """Where a path leads after symbolic links, inside what may be read."""
        try:
            found = (self.folder / path).resolve()
        except (OSError, ValueError, RuntimeError):
            self.refuse("E0401", f"`{path}` cannot be opened: its symbolic links lead nowhere")
        if self.root is not None and not found.is_relative_to(self.root.resolve()):
            way_out = "put the data beside the spec, or allow more with `--root DIR`"
            self.refuse("E0410", f"`{path}` leads out of the spec's folder", help=way_out)
        if not found.exists():
            near = [entry.name for entry in found.parent.iterdir()] if found.parent.is_dir() else []
            meant = did_you_mean(found.name, near)
            parent = str(Path(path).parent)
            if meant:
                way_out = f"did you mean `{Path(parent, meant).as_posix()}`?"
            elif not found.parent.is_dir():
                way_out = f"there is no folder `{parent}` either"
            else:
                way_out = "paths are relative to the spec's own folder" if self.span else ""
            self.refuse("E0401", f"there is no `{path}`", help=way_out)
        return found

    def read(self, path: str) -> bytes:
        """The bytes of a regular file."""
        found = self.find(path)
        try:
            status = found.stat()
            if stat.S_ISDIR(status.st_mode):
                self.refuse("E0401", f"`{path}` is a folder, not a file", help=_what_the_folder_is(found))
            if not stat.S_ISREG(status.st_mode):
                self.refuse("E0401", f"`{path}` is no regular file")
            self.fits_into_memory(path, status.st_size)
            content = found.read_bytes()
        except MemoryError:
            self.refuse("E0507", f"there is no memory for `{path}`", help=SMALLER)
        except OSError as error:
            self.refuse("E0401", f"`{path}` cannot be opened: {(error.strerror or str(error)).lower()}")
        self.fingerprints[path] = hashlib.sha256(content).hexdigest()
        return content

    def fits_into_memory(self, path: str, size: int) -> None:
        """Refuses a file that memory surely does not hold, before it is read."""
        free = free_memory()
        if free is not None and size > free:
            message = f"`{path}` has {spoken_bytes(size)}, and {spoken_bytes(max(0, free))} of memory are free"
            self.refuse("E0507", message, help=SMALLER)

    def unpacked(self, path: str) -> bytes:
        """The bytes of a file, unpacked where its content is gzipped."""
        content = self.read(path)
        if not content.startswith(GZIP):
            return content
        parts: list[bytes] = []
        size, packed = 0, io.BytesIO(content)
        try:
            with gzip.GzipFile(fileobj=packed) as file:
                while part := file.read(CHUNK):  # the size in one piece would be reserved at once, whatever the file holds
                    parts.append(part)
                    size += len(part)
                    self.unpacks_within_bounds(path, packed.tell(), size)
            return b"".join(parts)
        except EOFError:
            self.refuse("E0402", f"`{path}` is cut off: its gzip data ends early", help="copy or download it again")
        except MemoryError:
            del parts
            self.refuse("E0603", f"`{path}` unpacks to more than there is memory for")
        except (OSError, zlib.error):
            self.refuse("E0402", f"`{path}` is damaged: its gzip data does not unpack", help="copy or download it again")

    def unpacks_within_bounds(self, path: str, packed: int, unpacked: int) -> None:
        """Refuses what unpacks to more than a data file may, or to so much more than its size that it is made to do harm."""
        if unpacked > MAXIMUM_BYTES:
            self.refuse("E0603", f"`{path}` unpacks to more than {MAXIMUM_BYTES >> 30} GiB")
        if unpacked > LARGE and unpacked > PACKED * packed:
            message = f"`{path}` unpacks to more than {PACKED} times its size, as files do that are made to fill the memory"
            self.refuse(
                "E0603", message, help="where it is what you mean it to be, unpack it yourself and name the unpacked file"
            )

    def text(self, path: str) -> str:
        """A file as text: UTF-8, with or without a byte order mark, gzipped or not."""
        content = self.unpacked(path)
        if content.startswith((b"\xff\xfe", b"\xfe\xff")):
            self.refuse("E0402", f"`{path}` is UTF-16, not UTF-8", help="save it as UTF-8")
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = content[: error.start].count(b"\n") + 1
            message = f"`{path}` is not UTF-8: the byte 0x{content[error.start]:02x} in line {line}"
            if b"\x00" in content[:4096]:
                self.refuse(
                    "E0402", f"`{path}` is no text", help="a table in a binary format has a source of its own, as `parquet(…)`"
                )
            self.refuse(
                "E0402",
                message,
                help=f"save it as UTF-8, as `iconv -f cp1252 -t UTF-8 {Path(path).name}` does for a Windows text",
            )
        if "\x00" in text:
            self.refuse("E0402", f"`{path}` is no text: it holds zero bytes")
        return text

    def folder_at(self, path: str) -> Path:
        """A folder that a source reads as a whole."""
        found = self.find(path)
        if not found.is_dir():
            self.refuse("E0401", f"`{path}` is a file, not a folder", help="name the folder that it lies in")
        return found


def _what_the_folder_is(folder: Path) -> str:
    names = [entry.name for entry in folder.iterdir()]
    if any("idx" in name and "ubyte" in name for name in names):
        return "it holds idx files: the source `idx` reads them"
    if any((folder / name).is_dir() for name in names):
        return "a folder of pictures is read by the source `images`"
    return "name the file in it"
