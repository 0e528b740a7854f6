"""What is wrong with a part of another run, or with the run, is said where the spec names it."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from specc.diagnostics import SpecError
from specc.diagnostics.render import render
from tests.runs.made import trained
from tests.runs.pretrained.specs import MIXED, bound


def change_record(folder: Path, change: Callable[[dict], None]) -> None:
    path = folder / "runs" / "mixed" / "0001" / "run.json"
    record = json.loads(path.read_text("utf-8"))
    change(record)
    path.write_text(json.dumps(record), "utf-8")


MISTAKES: dict[str, tuple[Callable[[Path], object], tuple[str, str], str]] = {
    "no such run": (lambda f: None, ('"runs/mixed"', '"runs/mixd"'), "E0401: there is no `runs/mixd`"),
    "never trained": (lambda f: shutil.rmtree(f / "runs"), ("", ""), "E0401: there is no `runs/mixed`"),
    "a spec": (lambda f: None, ('"runs/mixed"', '"mixed.dn"'), "E0411: `mixed.dn` is a spec, not a run"),
    "a file": (lambda f: None, ('"runs/mixed"', '"rows.csv"'), "E0411: `rows.csv` is a file; a run is a folder"),
    "an empty folder": (
        lambda f: (f / "runs" / "none").mkdir(),
        ('"runs/mixed"', '"runs/none"'),
        "E0411: `runs/none` holds no run",
    ),
    "runs of one group": (
        lambda f: shutil.copytree(f / "runs/mixed/0001", f / "runs/seeds/0001/seed_1"),
        ('"runs/mixed"', '"runs/seeds"'),
        "E0411: `runs/seeds` holds runs that belong together, and none is the newest",
    ),
    "an unfinished run": (
        lambda f: change_record(f, lambda record: record.update(status="interrupted")),
        ('"runs/mixed"', '"runs/mixed/0001"'),
        "E0411: the run runs/mixed/0001 is not finished (interrupted)",
    ),
    "unfinished runs": (
        lambda f: change_record(f, lambda record: record.update(status="running")),
        ("", ""),
        "E0411: `runs/mixed` has no finished run",
    ),
    "a record cut off": (
        lambda f: (f / "runs/mixed/0001/run.json").write_text('{"status": "finished"'),
        ('"runs/mixed"', '"runs/mixed/0001"'),
        "E0411: the run runs/mixed/0001 is damaged: its `run.json` does not hold a bound spec",
    ),
    "no weights": (
        lambda f: (f / "runs/mixed/0001/weights.safetensors").unlink(),
        ("", ""),
        "E0401: there is no `runs/mixed/0001/weights.safetensors`",
    ),
    "weights cut off": (
        lambda f: (f / "runs/mixed/0001/weights.safetensors").write_bytes(b"\x10"),
        ("", ""),
        "E0411: the run runs/mixed/0001 is damaged: its `weights.safetensors` cannot be read",
    ),
    "other weights": (
        lambda f: change_record(f, lambda record: record["ir"]["graphs"]["network"]["nodes"][1]["layer"].update(units=9)),
        ("", ""),
        "E0411: the run runs/mixed/0001 is damaged: its weights are not those of its layer `dense_1`",
    ),
    "no such part": (lambda f: None, ("part = last", "part = lost"), "E0411: the run runs/mixed/0001 has no layer `lost`"),
    "the answer": (
        lambda f: None,
        ("part = last", "part = output_1"),
        "E0505: `output_1` is the answer of runs/mixed/0001, and stays with it",
    ),
    "the input": (
        lambda f: None,
        ("part = last", "part = input_1"),
        "E0505: `input_1` is where runs/mixed/0001 begins: it has no layers to bring",
    ),
    "another order": (
        lambda f: None,
        ("input(age, year, seen, town)", "input(year, age, seen, town)"),
        "E0412: this part reads other columns in runs/mixed/0001 than here",
    ),
    "a column less": (
        lambda f: None,
        ("input(age, year, seen, town)", "input(age, year, seen)"),
        "E0412: this part reads other columns in runs/mixed/0001 than here",
    ),
    "declared otherwise": (
        lambda f: None,
        ("year = number(scale = standard)", "year = number(scale = minmax)"),
        "E0412: `year` is declared otherwise in runs/mixed/0001, whose part reads it",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_each_mistake_is_said_where_it_stands(mistake: str, home: Callable[[str], Path]) -> None:
    prepare, (before, after), expected = MISTAKES[mistake]
    folder = home("mixed")
    prepare(folder)
    with pytest.raises(SpecError) as error:
        bound(folder / "next.dn", MIXED.replace(before, after))
    (fault,) = error.value.report
    assert f"{fault.code}: {fault.message}" == expected
    assert fault.span is not None and fault.help, render(error.value.report)


def test_a_run_behind_a_link_stays_inside(home: Callable[[str], Path], tmp_path: Path) -> None:
    folder = home("mixed")
    (folder / "runs" / "mixed").rename(tmp_path / "elsewhere")
    (folder / "runs" / "mixed").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(SpecError) as error:
        bound(folder / "next.dn")
    assert [fault.code for fault in error.value.report] == ["E0410"]


def test_two_runs_that_disagree_on_a_column_are_refused(home: Callable[[str], Path], device: str) -> None:
    folder = home("mixed")
    one = MIXED.replace('pretrained("runs/mixed", part = last)', "dense first(5)")
    (folder / "other.dn").write_text(one, "utf-8")
    trained(folder / "other.dn", device, overrides=["train.epochs=1"])
    both = 'concat { pretrained("runs/mixed", part = last); pretrained("runs/other", part = first) }'
    with pytest.raises(SpecError) as error:
        bound(folder / "next.dn", MIXED.replace('pretrained("runs/mixed", part = last)', both))
    (fault,) = error.value.report
    assert (fault.code, "runs/mixed/0001 and in runs/other/0001" in fault.message) == ("E0412", True)
    same = both.replace("runs/other", "runs/mixed").replace("part = first", "part = dense_1")
    spec, _ = bound(folder / "next.dn", MIXED.replace('pretrained("runs/mixed", part = last)', same))
    assert {"pretrained_1.last", "pretrained_2.dense_1"} <= set(spec.graph.by_name)


def test_labels_that_the_run_never_saw_are_told(home: Callable[[str], Path]) -> None:
    folder = home("mixed")
    rows = folder / "more.csv"
    rows.write_text(rows.read_text("utf-8").replace("Ulm", "Bonn"), "utf-8")
    spec, report = bound(folder / "next.dn")
    assert spec.bound is not None and "Bonn" not in spec.bound.fits["town"].labels  # type: ignore[union-attr]
    (advice,) = report
    assert advice.code == "W1004"
    assert advice.message.startswith("runs/mixed/0001 never saw `Bonn` of `town`, which ")


def test_damaged_runs_are_refused_with_a_message(home: Callable[[str], Path]) -> None:
    """Bytes changed, cut out or doubled: whatever is read then, nothing but a diagnostic comes of it."""
    folder, draw = home("mixed"), random.Random(4)
    for file in ("run.json", "weights.safetensors"):
        path = folder / "runs" / "mixed" / "0001" / file
        content = path.read_bytes()
        for _ in range(25):
            start = draw.randrange(len(content)) if draw.random() < 0.5 else draw.randrange(400)
            end = start + draw.choice([1, 1, 8, 300])
            patch = draw.choice([b"", content[start:end] * 2, draw.randbytes(end - start), b"null", b'"', b"-1"])
            path.write_bytes(content[:start] + patch + content[end:])
            try:
                bound(folder / "next.dn")
            except SpecError as error:
                assert {fault.code for fault in error.report} <= {"E0401", "E0411", "E0412", "E0505"}
        path.write_bytes(content)
