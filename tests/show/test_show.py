"""What `specc show` prints, with the data and without it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from specc.ir import Spec
from specc.loading import bind_spec, load_spec
from specc.showing import as_html, facts_of
from specc.showing.text import render

GOLDEN = Path(__file__).parent / "golden"
Show = Callable[..., Result]


def agrees_with_golden(text: str, name: str) -> None:
    """`UPDATE_GOLDEN=1` writes what is shown; a person reads the difference."""
    path = GOLDEN / name
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


def test_iris_with_its_data(show: Show, iris: Path) -> None:
    result = show(iris)
    assert result.exit_code == 0
    agrees_with_golden(result.stdout, "iris.txt")


def test_iris_without_its_data_keeps_the_symbols(show: Show, iris: Path) -> None:
    (iris.parent / "data" / "iris.csv").unlink()
    result = show(iris)
    assert result.exit_code == 1
    assert "error[E0401]" in result.stderr
    agrees_with_golden(result.stdout, "iris_without_data.txt")


def test_titanic_without_its_data(show: Show, titanic: Path) -> None:
    result = show(titanic)
    assert result.exit_code == 1
    agrees_with_golden(result.stdout, "titanic_without_data.txt")


def test_titanic_with_its_data(show: Show, titanic: Path, real_data: Path) -> None:
    (titanic.parent / "data").mkdir()
    shutil.copy(real_data / "tabular" / "titanic3.csv", titanic.parent / "data" / "titanic3.csv")
    result = show(titanic)
    assert result.exit_code == 0
    agrees_with_golden(result.stdout, "titanic.txt")


def test_a_residual_network_on_pictures(show: Show, residual: Path) -> None:
    result = show(residual)
    assert result.exit_code == 0
    agrees_with_golden(result.stdout, "residual.txt")


RBM = """data {
  source = npz("digits.npz")
  columns { image = image([1, 8, 8], scale = unit, binarize = static); digit = category }
  target = digit
}
rbm { visible(image); visible(digit); hidden(30) }
train {
  procedure  = persistent_contrastive_divergence(steps = 2)
  regularize = sparsity(target = 0.1, cost = 1e-3)
  metrics    = [log_likelihood(every = 5)]
  epochs     = 10
}
"""
DBN = """data {
  source = npz("digits.npz")
  columns { image = image([1, 8, 8], scale = standard); digit = category }
  target = digit
}
dbn { visible(image, units = gaussian(learned)); rbm(30, units = relu); rbm(20); rbm(10); output(digit) }
train {
  batch = 50
  phase pretrain { epochs = 10; rbm_1.epochs = 40 }
  phase finetune { epochs = 5; freeze = until(epoch = 1, parts = [rbm]) }
}
"""


@pytest.mark.parametrize(("name", "text"), [("rbm", RBM), ("dbn", DBN)])
def test_machines(show: Show, name: str, text: str, tmp_path: Path, repository: Path) -> None:
    shutil.copy(repository / "specs" / "data" / "digits.npz", tmp_path / "digits.npz")
    (tmp_path / f"{name}.dn").write_text(text)
    result = show(tmp_path / f"{name}.dn")
    assert result.exit_code == 0
    agrees_with_golden(result.stdout, f"{name}.txt")


def test_stages_that_differ_are_one_phase_that_says_where(show: Show, tmp_path: Path, repository: Path) -> None:
    shutil.copy(repository / "specs" / "data" / "digits.npz", tmp_path / "digits.npz")
    (tmp_path / "dbn.dn").write_text(DBN)
    text = show(tmp_path / "dbn.dn").stdout
    assert "layers        rbm_1, rbm_2, rbm_3  one after the other" in text
    assert text.count("train: phase") == 2
    (epochs,) = (line for line in text.splitlines() if line.startswith("  epochs        rbm_1"))
    assert epochs.split(maxsplit=1)[1].replace(" steps)", "").replace("(", "").split(", ") == [
        "rbm_1 40 1,040",
        "rbm_2 10 260",
        "rbm_3 10 260",
    ]
    document = json.loads(show(tmp_path / "dbn.dn", "--json").stdout)
    assert [(phase["name"], phase["layer"]) for phase in document["phases"]] == [
        ("pretrain.rbm_1", "rbm_1"),
        ("pretrain.rbm_2", "rbm_2"),
        ("pretrain.rbm_3", "rbm_3"),
        ("finetune", None),
    ]


def test_what_is_filled_in_is_marked_and_what_is_written_is_not(show: Show, iris: Path) -> None:
    document = json.loads(show(iris, "--json").stdout)
    (phase,) = document["phases"]
    settings = {setting["name"]: setting for setting in phase["settings"]}
    assert {name for name, setting in settings.items() if not setting["default"]} == {"optimizer", "epochs", "batch"}
    arguments = settings["optimizer"]["value"]["arguments"]
    assert {name: a["default"] for name, a in arguments.items()} == {"learning_rate": False, "betas": True, "epsilon": True}
    dense = next(layer for layer in document["graphs"][0]["layers"] if layer["name"] == "dense_1")
    marks = {name: a["default"] for name, a in dense["phrase"]["arguments"].items()}
    assert marks == {"units": False, "activation": False, "bias": True, "init": True, "bias_init": True}


def test_an_override_counts_as_written(show: Show, iris: Path) -> None:
    document = json.loads(show(iris, "--json", "--set", "train.optimizer.epsilon=1e-6", "--set", "width=32").stdout)
    settings = {setting["name"]: setting for setting in document["phases"][0]["settings"]}
    assert settings["optimizer"]["value"]["arguments"]["epsilon"] == {"value": 1e-6, "default": False}
    assert document["hyper"][0]["value"] == 32


def test_json_has_the_facts_of_the_table(show: Show, iris: Path) -> None:
    document = json.loads(show(iris, "--json").stdout)
    assert document["cost"] == {"parameters": 403, "multiply_adds": 368, "parameter_bytes": 1612, "activation_bytes": 156}
    assert document["data"]["rows"] == {"train": 105, "validation": 23, "test": 22}
    assert document["profile"]["columns"]["species"]["labels"] == {"setosa": 50, "versicolor": 50, "virginica": 50}
    assert document["diagnostics"] == []


def test_json_of_a_wrong_spec_and_of_absent_data_says_why(show: Show, titanic: Path) -> None:
    result = show(titanic, "--json")
    assert result.exit_code == 1 and result.stderr == ""
    assert [d["code"] for d in json.loads(result.stdout)["diagnostics"]] == ["E0401"]
    titanic.write_text(titanic.read_text().replace("relu", "rellu"))
    result = show(titanic, "--json")
    assert result.exit_code == 1
    assert [d["code"] for d in json.loads(result.stdout)["diagnostics"]] == ["E0101"]


def test_the_ir_round_trips_with_data_and_without(show: Show, iris: Path, titanic: Path) -> None:
    spec, report = load_spec(iris)
    bound, _ = bind_spec(spec, report, iris.parent)
    assert Spec.model_validate_json(show(iris, "--ir").stdout) == bound
    assert Spec.model_validate_json(show(titanic, "--ir").stdout) == load_spec(titanic)[0]


def test_a_pipe_gets_neither_colours_nor_wrapped_lines(iris: Path) -> None:
    environment = {**os.environ, "COLUMNS": "40", "FORCE_COLOR": "1", "TERM": "xterm-256color"}
    command = [sys.executable, "-m", "specc", "show", str(iris)]
    found = subprocess.run(command, capture_output=True, env=environment, cwd=Path(__file__).parents[2], check=True)
    assert found.stdout.decode() == (GOLDEN / "iris.txt").read_text(encoding="utf-8")


def test_show_does_not_import_torch(iris: Path) -> None:
    code = f"import sys; from specc.cli.show import command; command([{str(iris)!r}], standalone_mode=False)"
    code += "; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, cwd=Path(__file__).parents[2]).returncode == 0


@pytest.mark.parametrize("width", [72, 80, 100, 140])
def test_no_line_is_wider_than_the_terminal(iris: Path, residual: Path, width: int) -> None:
    for path in (iris, residual):
        text = render(facts_of(load_spec(path)[0]), width=width)
        assert max(map(len, text.splitlines())) <= width
        assert all(line == line.rstrip() for line in text.splitlines())


def test_a_terminal_shows_defaults_dimly(iris: Path) -> None:
    text = render(facts_of(load_spec(iris)[0]), width=120, color=True)
    assert "\x1b[2msupervised\x1b[0m" in text
    assert "  60" in text and "\x1b[2m60" not in text


@pytest.mark.parametrize("arguments", [("--ir", "--json"), ("--graph", "drawing.png"), ("--graph", "no/such/folder/drawing.svg")])
def test_wrong_usage_ends_with_2_and_says_so(show: Show, iris: Path, arguments: tuple[str, ...]) -> None:
    result = show(iris, *arguments)
    assert result.exit_code == 2
    assert result.stderr.startswith("error: ")
    assert result.stdout == ""


def test_a_spec_that_is_not_there_ends_with_2(show: Show, tmp_path: Path) -> None:
    assert show(tmp_path / "none.dn").exit_code == 2


def test_a_notebook_gets_a_table_with_every_layer_and_nothing_unescaped(iris: Path) -> None:
    iris.write_text(iris.read_text().replace("petal_width ", '"a <b> & c"'))
    spec = load_spec(iris)[0]
    html = as_html(spec.model_copy(update={"name": "<script>"}))
    assert "<script>" not in html and "&lt;script&gt;" in html
    assert html.count("<tr>") == len(spec.graph.nodes) + 2


def test_an_input_of_very_many_columns_is_shortened(show: Show, tmp_path: Path) -> None:
    columns = "".join(f"x{i} = number; " for i in range(40))
    names = ", ".join(f"x{i}" for i in range(40))
    text = f'data {{ source = csv("t.csv"); columns {{ {columns}y = number }}; target = y }}\n'
    path = tmp_path / "wide.dn"
    path.write_text(text + f"network {{ input({names}); output(y) }}\ntrain {{ epochs = 1 }}\n")
    assert "input(x0, x1, …, x39) " in show(path).stdout
