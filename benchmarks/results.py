"""`RESULTS.md`: a section a subject, written anew by the command that measures it."""

from __future__ import annotations

import os
import platform
import re
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

FILE = Path(__file__).parent / "RESULTS.md"
HEAD = """# Results

What the commands of this folder measured. Each writes its own section; the full data sets are those that `SPECC_DATA` names.
± is the standard error of a mean over split seeds.
"""


def machine() -> str:
    """The machine in a line: processor, cores, GPU, versions."""
    import torch

    gpu = torch.cuda.get_device_name() if torch.cuda.is_available() else "no GPU"
    return f"{processor()}, {os.cpu_count()} cores, {gpu}; Python {platform.python_version()}, torch {version('torch')}"


def processor() -> str:
    """The model of the processor, as Linux tells it, else as Python does."""
    try:
        found = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text("utf-8"), re.M)
    except OSError:
        found = None
    return found.group(1).strip() if found else platform.processor() or platform.machine()


def write_section(title: str, command: str, lines: list[str]) -> None:
    """Puts the lines under their title, in the place of those that an earlier run of the command left."""
    today = datetime.now(UTC).date().isoformat()
    section = "\n".join([f"## {title}", "", f"`{command}`, {today}, {machine()}", "", *lines, ""])
    sections = sections_of(FILE.read_text("utf-8")) if FILE.exists() else {}
    sections[title] = section
    FILE.write_text("\n".join([HEAD, *sections.values()]), "utf-8")
    print(section)


def sections_of(text: str) -> dict[str, str]:
    """The sections of the file by title, in order."""
    parts = re.split(r"^(?=## )", text, flags=re.M)[1:]
    return {part.splitlines()[0].removeprefix("## "): part.rstrip("\n") + "\n" for part in parts}


def table(head: list[str], rows: list[list[str]]) -> list[str]:
    """A Markdown table."""
    return [f"| {' | '.join(cells)} |" for cells in [head, ["---"] * len(head), *rows]]
