"""The README shows what is there: its spec, its diagnostics, its commands, its pictures."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from specc.cli.main import COMMANDS, specc
from specc.diagnostics import Source
from specc.syntax.format import format_text


@pytest.fixture
def readme(repository: Path) -> str:
    return (repository / "README.md").read_text("utf-8")


def test_its_spec_is_the_shipped_one(readme: str, repository: Path) -> None:
    shown = re.findall(r"^```\n(# specs/iris.dn.*?)^```", readme, re.S | re.M)[0]
    shipped = (repository / "specs" / "iris.dn").read_text("utf-8")
    assert shown.partition("\n")[2] == shipped.partition("\n")[2]


def test_its_diagnostics_are_what_check_prints(readme: str, repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(repository)
    shown = re.findall(r"^```console\n\$ specc (check \S+)\n(.*?)^```", readme, re.S | re.M)
    assert shown
    for command, output in shown:
        result = CliRunner().invoke(specc, command.split())
        assert result.stderr == output and result.exit_code == 1


def test_it_has_two_commands_and_names_every_other(readme: str) -> None:
    assert len(re.findall(r"^```sh\n", readme, re.M)) == 2
    assert {re.split(r"\W", word)[0] for word in re.findall(r"`specc (\w+)", readme)} == set(COMMANDS)


def test_its_links_and_pictures_are_there(readme: str, repository: Path) -> None:
    paths = re.findall(r"\]\(([^)]+)\)", readme) + re.findall(r'src="([^"]+)"', readme)
    assert [path for path in paths if not (repository / path).exists()] == []


def test_the_examples_of_the_language_page_are_canonical(repository: Path) -> None:
    text = (repository / "docs" / "language.md").read_text("utf-8")
    prose = re.split(r"^```.*\n", text, flags=re.M)
    for block in prose[1::2]:
        if not block.startswith("kind "):
            assert format_text(Source("docs/language.md", block)) == block
