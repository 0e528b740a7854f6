"""Every word of the language has a page, made from its class."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from specc.cli.explain import command
from specc.diagnostics import Source
from specc.explain.codes import find_structure_word, structure_words
from specc.explain.words import PLACES, arguments_of, classes_of, doc_of, find_classes, known_words, page_of
from specc.loading import check_source
from specc.syntax.format import format_text
from specc.vocabulary.index import INDEX

WORDS = [(family, word) for family, words in INDEX.items() for word in words]


def run(*arguments: str) -> Result:
    return CliRunner().invoke(command, list(arguments))


def test_every_family_says_where_its_words_stand() -> None:
    assert set(PLACES) == set(INDEX)


@pytest.mark.parametrize(("family", "word"), WORDS)
def test_a_words_page_says_what_its_class_says(family: str, word: str) -> None:
    page = page_of(word) or ""
    for part in find_classes(word):
        text, example = doc_of(part)
        assert text and text in page
        assert example and example in page
        assert PLACES[part.family] in page
        for argument in arguments_of(part):
            assert f"- `{argument.name}`: {argument.sentence}" in page
    assert family in {part.family for part in find_classes(word)}


def test_a_word_of_several_families_shows_them_all() -> None:
    assert [part.family for part in find_classes("constant")] == ["initializer", "imputation", "schedule"]
    page = page_of("constant") or ""
    assert page.count("# constant") == 3


def test_an_argument_leads_to_its_words() -> None:
    page = page_of("nesterov") or ""
    assert "# sgd (optimizer)" in page
    momentum = page_of("momentum") or ""
    assert momentum.index("# sgd") < momentum.index("# rmsprop") < momentum.index("# batch_norm")


def test_an_argument_of_many_words_lists_them() -> None:
    page = page_of("padding") or ""
    assert all(f"- `{word}`: " in page for word in ("conv2d", "max_pool2d", "crop"))


def test_a_fixed_value_leads_to_its_arguments() -> None:
    assert "- `padding` of `conv2d`" in (page_of("same") or "")


def test_a_familys_page_lists_its_words() -> None:
    page = page_of("optimizer") or ""
    assert all(f"- `{part.word}`: " in page for part in classes_of("optimizer"))


def test_limits_and_defaults_are_those_of_the_declaration() -> None:
    (sgd,) = find_classes("sgd")
    sentences = {a.name: a.sentence for a in arguments_of(sgd)}
    assert sentences["learning_rate"] == "a number, greater than 0; required"
    assert sentences["momentum"] == "a number or a schedule, at least 0 and less than 1; default `0`"


@pytest.mark.parametrize("word", structure_words())
def test_the_specs_of_structure_words_are_right(word: str) -> None:
    page = find_structure_word(word)
    assert page is not None
    (snippet,) = page.snippets
    assert word in snippet.text
    _, report = check_source(Source("page.dn", snippet.text), Path())
    assert list(report) == []
    assert format_text(Source("page.dn", snippet.text)) == snippet.text


@pytest.mark.parametrize("word", ["hyper", "data", "columns", "block", "network", "train", "phase", "sweep", "repeat", "each"])
def test_structure_words_have_pages(word: str) -> None:
    assert page_of(word)


def test_everything_known_has_a_page_and_its_json() -> None:
    for word in known_words():
        assert page_of(word), word
    for word in ("momentum", "constant", "E0301", "repeat", "same", "loss"):
        assert json.loads(run(word, "--json").stdout)["format_version"] == 1


def test_json_holds_the_arguments() -> None:
    data = json.loads(run("dense", "--json").stdout)
    (dense,) = data["words"]
    assert [a["name"] for a in dense["arguments"]][:3] == ["units", "activation", "bias"]
    assert dense["arguments"][0]["required"] is True


def test_an_unknown_word_is_refused_with_a_suggestion() -> None:
    result = run("dens")
    assert result.exit_code == 2
    assert "did you mean `dense`?" in result.stderr
    assert "did you mean `E0301`?" in run("E0310").stderr
    assert run("qqqqqqqq").exit_code == 2


def test_a_code_is_found_in_either_case() -> None:
    assert run("e0301").stdout == run("E0301").stdout


def test_a_pipe_gets_no_colors() -> None:
    assert "\x1b" not in run("E0301").stdout


def test_explaining_imports_no_back_end() -> None:
    code = (
        "import sys; from click.testing import CliRunner; from specc.cli.explain import command;"
        "r = CliRunner().invoke(command, ['momentum']); assert r.exit_code == 0;"
        "sys.exit(sum(name in sys.modules for name in ('torch', 'numpy', 'onnx', 'polars')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
