"""Wrong usage ends with 2 and a line that helps; help and version end with 0."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from specc.about import specc_version
from specc.cli.main import COMMANDS
from tests.cli.conftest import Cli


def test_the_version(cli: Cli) -> None:
    assert cli("--version") == (0, f"specc {specc_version()}\n", "")


@pytest.mark.parametrize("arguments", [["--help"], ["-h"]])
def test_help_lists_every_command_with_its_whole_sentence(arguments: list[str], cli: Cli) -> None:
    status, out, err = cli(*arguments)
    assert (status, err) == (0, "")
    assert all(f"\n  {name} " in out for name in COMMANDS)
    assert "..." not in out.partition("Commands:")[2]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(name: str, cli: Cli) -> None:
    status, out, err = cli(name, "--help")
    assert (status, err) == (0, "")
    assert out.startswith(f"Usage: specc {name} ")


def test_no_command_shows_them_all(cli: Cli) -> None:
    status, out, err = cli()
    assert (status, out) == (2, "")
    assert "Commands:" in err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["trian", "a.dn"], "error: there is no command `trian`: did you mean `train`?\nsee `specc --help`\n"),
        (["frobnicate"], "error: there is no command `frobnicate`\nsee `specc --help`\n"),
        (["--verson"], "error: there is no option `--verson`: did you mean `--version`?\nsee `specc --help`\n"),
        (
            ["train", "--sed", "3", "a.dn"],
            "error: there is no option `--sed`: did you mean `--seed`?\nsee `specc train --help`\n",
        ),
        (
            ["train", "a.dn", "--epochs", "3"],
            "error: there is no option `--epochs`\n"
            "a setting of the spec is changed by its path, as in `--set train.epochs=5`\nsee `specc train --help`\n",
        ),
        (["train"], "error: missing argument 'SPEC'\nsee `specc train --help`\n"),
        (["predict", "run"], "error: missing argument 'INPUT'\nsee `specc predict --help`\n"),
        (["train", "a.dn", "b.dn"], "error: got unexpected extra argument (b.dn)\nsee `specc train --help`\n"),
        (["train", "a.dn", "--seed"], "error: option '--seed' requires an argument\n"),
    ],
)
def test_wrong_usage_is_told_with_the_way_out(arguments: list[str], said: str, cli: Cli) -> None:
    assert cli(*arguments) == (2, "", said)


@pytest.mark.parametrize(
    "arguments",
    [
        ["train", "a.dn", "--threads", "0"],
        ["train", "a.dn", "--seed", "-1"],
        ["train", "a.dn", "--seed", "many"],
        ["train", "a.dn", "--device", "tpu"],
        ["train", "a.dn", "--root", "nowhere"],
        ["evaluate", "run", "--split", "tset"],
    ],
)
def test_a_value_that_an_option_cannot_take(arguments: list[str], cli: Cli) -> None:
    status, out, err = cli(*arguments)
    assert (status, out) == (2, "")
    assert err.startswith(f"error: invalid value for '{arguments[-2]}'")


@pytest.mark.parametrize("command", ["check", "fmt", "show", "compile", "train"])
def test_a_spec_that_cannot_be_opened(command: str, cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "iris.dn").write_text("")
    (tmp_path / "folder.dn").mkdir()
    assert cli(command, tmp_path / "irs.dn") == (
        2,
        "",
        f"error: there is no file {tmp_path / 'irs.dn'}: did you mean {tmp_path / 'iris.dn'}?\n",
    )
    assert cli(command, tmp_path / "no" / "iris.dn") == (2, "", f"error: there is no file {tmp_path / 'no' / 'iris.dn'}\n")
    assert cli(command, tmp_path / "folder.dn") == (2, "", f"error: {tmp_path / 'folder.dn'} is a folder, not a spec\n")


def test_the_module_is_the_command(repository: Path) -> None:
    command = [sys.executable, "-m", "specc", "check", "specs/iris.dn"]
    done = subprocess.run(command, cwd=repository, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "specs/iris.dn: ok\n", "")
