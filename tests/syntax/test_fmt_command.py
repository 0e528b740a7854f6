"""`specc fmt`: what it writes, what it leaves, and how it ends."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from specc.cli.fmt import command

WRONG_LAYOUT = "network{input(features)\noutput( y) # end\n}\n"
RIGHT_LAYOUT = "network {\n  input(features)\n  output(y)                              # end\n}\n"


def run(*arguments: str | Path, text: str | bytes = "") -> Result:
    return CliRunner().invoke(command, [str(a) for a in arguments], input=text)


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    path = tmp_path / "a.dn"
    path.write_text(WRONG_LAYOUT)
    return path


def test_it_writes_the_layout_and_keeps_the_mode(spec: Path) -> None:
    os.chmod(spec, 0o640)
    assert run(spec).exit_code == 0
    assert spec.read_text() == RIGHT_LAYOUT
    assert stat.S_IMODE(spec.stat().st_mode) == 0o640
    assert os.listdir(spec.parent) == ["a.dn"]


def test_a_canonical_spec_is_not_written_again(spec: Path) -> None:
    spec.write_text(RIGHT_LAYOUT)
    before = spec.stat()
    result = run(spec)
    assert (result.exit_code, result.output) == (0, "")
    assert (spec.stat().st_ino, spec.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_a_link_stays_a_link(spec: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.dn"
    link.symlink_to(spec)
    assert run(link).exit_code == 0
    assert link.is_symlink()
    assert spec.read_text() == RIGHT_LAYOUT


@pytest.mark.parametrize("flag", ["--check", "--diff"])
def test_check_and_diff_write_nothing(spec: Path, flag: str) -> None:
    result = run(flag, spec)
    assert result.exit_code == 1
    assert spec.read_text() == WRONG_LAYOUT
    assert "a.dn" in result.output
    spec.write_text(RIGHT_LAYOUT)
    assert run(flag, spec).exit_code == 0


def test_diff_shows_both_layouts(spec: Path) -> None:
    lines = run("--diff", spec).stdout.splitlines()
    assert "-network{input(features)" in lines
    assert "+  input(features)" in lines


@pytest.mark.parametrize("content", [b"\xef\xbb\xbf" + RIGHT_LAYOUT.encode(), RIGHT_LAYOUT.replace("\n", "\r\n").encode()])
def test_line_ends_and_byte_order_marks_are_layout(spec: Path, content: bytes) -> None:
    spec.write_bytes(content)
    assert run("--check", spec).exit_code == 1
    assert "line ends" in run("--diff", spec).stdout
    assert run(spec).exit_code == 0
    assert spec.read_bytes() == RIGHT_LAYOUT.encode()


def test_a_syntax_error_leaves_its_file_and_no_other(spec: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.dn"
    broken.write_text("network { dense(3 }")
    result = run(broken, spec)
    assert result.exit_code == 1
    assert "error[E0004]" in result.stderr
    assert broken.read_text() == "network { dense(3 }"
    assert spec.read_text() == RIGHT_LAYOUT


def test_standard_input_is_printed() -> None:
    result = run("-", text=WRONG_LAYOUT)
    assert (result.exit_code, result.stdout) == (0, RIGHT_LAYOUT), (result.exception, result.output)
    assert run("--check", "-", text=WRONG_LAYOUT).exit_code == 1
    broken = run("-", text="a = ")
    assert (broken.exit_code, broken.stdout) == (1, "")


def test_what_is_no_file_or_no_text_is_refused(spec: Path, tmp_path: Path) -> None:
    assert run(tmp_path / "none.dn").exit_code == 2
    assert run(tmp_path).exit_code == 2
    spec.write_bytes(b"\xff\xfe")
    result = run(spec)
    assert result.exit_code == 1
    assert "E0005" in result.stderr
    assert spec.read_bytes() == b"\xff\xfe"
