"""What a spec names lies in its own folder, or below `--root`, symbolic links resolved."""

from __future__ import annotations

from pathlib import Path

import pytest

from specc.diagnostics import Source, SpecError
from specc.loading import check_source, load_spec

SPEC = """
data {{ source = csv("{path}"); columns {{ x = number; y = number }}; target = y }}
network {{ input(features); output(y) }}
train {{ epochs = 1 }}
"""


def stays_inside(path: str, folder: Path, root: Path | None = None) -> bool:
    try:
        check_source(Source("a.dn", SPEC.format(path=path)), folder, root=root)
    except SpecError as error:
        assert [d.code for d in error.report.diagnostics] == ["E0410"]
        return False
    return True


@pytest.mark.parametrize("path", ["a.csv", "data/a.csv", "data/../a.csv", "./a.csv", "not/there/yet.csv", "..a/b.csv"])
def test_paths_in_the_folder(path: str, tmp_path: Path) -> None:
    assert stays_inside(path, tmp_path)


@pytest.mark.parametrize(
    "path", ["../a.csv", "data/../../a.csv", "/etc/passwd", "~/a.csv", "https://a.b/c.csv", "", "a\\\\b.csv", ".."]
)
def test_paths_that_leave_it(path: str, tmp_path: Path) -> None:
    assert not stays_inside(path, tmp_path)


def test_root_widens_what_a_spec_may_name(tmp_path: Path) -> None:
    folder = tmp_path / "specs"
    folder.mkdir()
    assert not stays_inside("../data/a.csv", folder)
    assert stays_inside("../data/a.csv", folder, tmp_path)
    assert stays_inside(f"{tmp_path}/data/a.csv", folder, tmp_path)
    assert not stays_inside("../../a.csv", folder, tmp_path)


def test_a_link_out_of_the_folder_leads_out(tmp_path: Path) -> None:
    folder, secret = tmp_path / "specs", tmp_path / "secret"
    folder.mkdir()
    secret.mkdir()
    (folder / "data").symlink_to(secret)
    assert not stays_inside("data/a.csv", folder)
    assert stays_inside("data/a.csv", folder, tmp_path)


def test_a_link_to_the_folder_itself_is_no_way_out(tmp_path: Path) -> None:
    real = tmp_path / "real"
    (real / "data").mkdir(parents=True)
    (real / "inner").symlink_to(real / "data")
    (tmp_path / "link").symlink_to(real)
    assert stays_inside("data/a.csv", tmp_path / "link")
    assert stays_inside("inner/a.csv", tmp_path / "link")


def test_the_folder_is_that_of_the_spec_not_of_the_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "specs").mkdir()
    spec = tmp_path / "specs" / "a.dn"
    spec.write_text(SPEC.format(path="../a.csv"))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SpecError):
        load_spec(Path("specs/a.dn"))
    spec.write_text(SPEC.format(path="a.csv"))
    load_spec(Path("specs/a.dn"))
    monkeypatch.chdir(tmp_path / "specs")
    load_spec(Path("a.dn"))
