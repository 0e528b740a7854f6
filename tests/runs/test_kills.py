"""Runs of random specs that are killed by SIGKILL at random instants end with the bits of runs that never were."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.conftest import REPOSITORY


@pytest.mark.skipif(not hasattr(__import__("os"), "fork"), reason="the script forks its runs")
def test_killed_runs_end_as_if_they_never_had_been() -> None:
    """`python -m benchmarks.kills` with a smaller number; its specs walk the registry of procedures."""
    command = [sys.executable, "-m", "benchmarks.kills", "--count", "3", "--steps", "60", "--seed", "3"]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "never killed: yes" in done.stdout
