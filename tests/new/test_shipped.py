"""`specc new KIND`: the shipped spec and its data, nothing overwritten."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from specc.cli.new import command
from specc.diagnostics import Source
from specc.loading import bind_spec, load_spec
from specc.new.shipped import SHIPPED, shipped_folder
from specc.syntax.format import format_text
from specc.vocabulary.index import INDEX


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(command, [str(a) for a in arguments])


def test_every_kind_of_model_ships_a_spec() -> None:
    assert set(SHIPPED) == set(INDEX["model"])


@pytest.mark.parametrize("kind", sorted(SHIPPED))
def test_a_new_spec_is_the_shipped_one_and_reads_its_data(kind: str, tmp_path: Path) -> None:
    file = tmp_path / "folder" / "mine.dn"
    result = run(kind, file)
    assert result.exit_code == 0
    assert file.read_bytes() == (shipped_folder() / SHIPPED[kind]).read_bytes()
    spec, report = load_spec(file)
    bind_spec(spec, report, file.parent)
    assert list(report) == []
    text = file.read_text()
    assert format_text(Source("mine.dn", text)) == text


def test_a_name_without_an_ending_gets_it(tmp_path: Path) -> None:
    assert run("network", tmp_path / "mine").exit_code == 0
    assert (tmp_path / "mine.dn").is_file()


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    file = tmp_path / "mine.dn"
    file.write_text("# mine\n")
    result = run("network", file)
    assert result.exit_code == 2
    assert "exists already" in result.stderr
    assert [p.name for p in tmp_path.iterdir()] == ["mine.dn"]
    assert file.read_text() == "# mine\n"


def test_other_data_of_that_name_is_not_overwritten_and_the_same_is_used(tmp_path: Path) -> None:
    data = tmp_path / "data" / "iris.csv"
    assert run("network", tmp_path / "one.dn").exit_code == 0
    assert run("network", tmp_path / "two.dn").exit_code == 0
    data.write_text("mine\n")
    assert run("network", tmp_path / "three.dn").exit_code == 2
    assert data.read_text() == "mine\n"
    assert not (tmp_path / "three.dn").exists()


def test_an_unknown_kind_is_refused(tmp_path: Path) -> None:
    result = run("netwrk", tmp_path / "a.dn")
    assert result.exit_code == 2
    assert "did you mean `network`?" in result.stderr
    assert run("network", tmp_path / "a.dn", "--target", "x").exit_code == 2
