"""How fast `specc check` is: the processor time of one ordinary spec, and how it grows: `python -m benchmarks.check_speed`.

A spec of sixty lines is checked in turn with a Python that does nothing, so that a busy machine slows both alike. Then specs of
1,000 to 10,000 layers, written out a line each, and repeated by a loop. All modules are compiled to bytecode once before, as they
are where specc is installed.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks.results import table, write_section
from benchmarks.subjects import SPECS

SPEC = SPECS / "sixty_lines.dn"
MOST_SECONDS = 0.30
LAYERS = (1_000, 2_000, 5_000, 10_000)
FORMS: dict[str, Callable[[int], str]] = {
    "a line each": lambda layers: "  dense(8, relu)\n" * layers,
    "by a loop": lambda layers: f"  repeat({layers}) {{ dense(8, relu) }}\n",
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.check_speed", description="How fast a check is.")
    parser.add_argument("--rounds", type=int, default=15, help="how often each command runs (15)")
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        os.environ["PYTHONPYCACHEPREFIX"] = folder
        processor_seconds(["-m", "specc", "check", str(SPEC)])  # compiles
        lines = [*ordinary(rounds), "", *growing()]
    write_section("Speed of a check", f"python -m benchmarks.check_speed --rounds {rounds}", lines)


def ordinary(rounds: int) -> list[str]:
    """The spec of sixty lines beside a Python that does nothing."""
    commands = {"`python -c pass`": ["-c", "pass"], f"`specc check {SPEC.name}`": ["-m", "specc", "check", str(SPEC)]}
    found: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(rounds):
        for name, arguments in commands.items():
            found[name].append(processor_seconds(arguments))
    rows = [[name, f"{min(times):.3f}", f"{statistics.median(times):.3f}"] for name, times in found.items()]
    median = statistics.median(list(found.values())[-1])
    verdict = "reached" if median <= MOST_SECONDS else "MISSED"
    lines = len(SPEC.read_text("utf-8").splitlines())
    return [
        f"Seconds of processor time, start included, of a spec of {lines} lines; {rounds} runs of each in turn:",
        "",
        *table(["command", "best", "median"], rows),
        "",
        f"Asked for: at most {MOST_SECONDS:.2f} s (the median: {verdict}).",
    ]


def growing() -> list[str]:
    """Specs of more and more layers; what remains of a short one is the start."""
    start = min(processor_seconds(["-m", "specc", "check", str(SPEC)]) for _ in range(3))
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for form, body in FORMS.items():
            for layers in LAYERS:
                spec = Path(folder) / f"{layers}.dn"
                spec.write_text(long_spec(body(layers)), "utf-8")
                seconds = min(processor_seconds(["-m", "specc", "check", str(spec)]) for _ in range(3))
                each = (seconds - start) / layers * 1e6
                rows.append([form, f"{layers:,}", f"{seconds:.2f}", f"{each:.0f}"])
    told = "Seconds of processor time of a generated spec, the best of 3; behind them the microseconds a layer, less the start:"
    return [told, "", *table(["layers", "how many", "seconds", "µs a layer"], rows)]


def long_spec(body: str) -> str:
    data = 'data { source = csv("a.csv"); columns { x = number; y = number }; target = y }\n'
    return f"{data}network {{\n  input(x)\n{body}  output(y)\n}}\ntrain {{ epochs = 1 }}\n"


def processor_seconds(arguments: list[str]) -> float:
    """What a Python command used of the processor, user and system together."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *arguments], check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    main()
