"""Opens a spec's file as text."""

from __future__ import annotations

from pathlib import Path

from specc.diagnostics import Diagnostic, Source, fail
from specc.syntax.parse import MAXIMUM_CHARACTERS

MAXIMUM_BYTES = 4 * MAXIMUM_CHARACTERS + 1


def read_source(path: Path) -> Source:
    """The text of a spec. Raises `OSError` where it cannot be opened, `SpecError` where it is no text."""
    if not path.is_file() and path.exists():
        raise IsADirectoryError(f"{path} is no file")
    with open(path, "rb") as file:
        return decode_source(str(path), file.read(MAXIMUM_BYTES))


def decode_source(name: str, content: bytes) -> Source:
    """The text that the bytes of a spec are: UTF-8, every line ended by `\\n`. Raises `SpecError` where they are no text."""
    if b"\x00" in content:
        message = f"{name} is no text: it holds zero bytes"
        raise fail(Source(name, ""), Diagnostic("E0005", message, help="a spec is a UTF-8 text file"))
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        message = f"{name} is not UTF-8: the byte 0x{content[error.start]:02x} in line {line}"
        raise fail(Source(name, ""), Diagnostic("E0005", message, help="save it as UTF-8")) from None
    return Source(name, text.replace("\r\n", "\n").replace("\r", "\n"))
