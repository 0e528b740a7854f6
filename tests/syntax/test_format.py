"""The canonical layout: a fixed point that changes space only."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from specc.diagnostics import Source, SpecError
from specc.syntax.format import format_text
from tests.syntax.texts import EXAMPLES, comments_of, other_layouts, specs, tree_of


def formatted(text: str) -> str:
    return format_text(Source("test.dn", text))


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_examples_are_canonical(name: str) -> None:
    assert formatted(EXAMPLES[name]) == EXAMPLES[name]


@settings(max_examples=50, deadline=None)
@given(st.sampled_from(sorted(EXAMPLES)).flatmap(lambda name: other_layouts(EXAMPLES[name])))
def test_other_layouts_of_the_examples_keep_tree_and_comments(text: str) -> None:
    result = formatted(text)
    assert formatted(result) == result
    assert tree_of(result) == tree_of(text)
    assert comments_of(result) == comments_of(text)


@pytest.mark.parametrize("name", ["iris", "titanic", "fashion_cnn", "fashion_gan"])
@settings(max_examples=10, deadline=None)
@given(data=st.data())
def test_space_within_lines_is_no_information(name: str, data: st.DataObject) -> None:
    """Whatever the space in a line and before it: the example comes back byte for byte."""
    text = data.draw(other_layouts(EXAMPLES[name], blank_lines=False))
    assert formatted(text) == EXAMPLES[name]


@settings(max_examples=60, deadline=None)
@given(specs)
def test_random_specs_keep_tree_and_comments(text: str) -> None:
    try:
        tree = tree_of(text)
    except SpecError:
        return  # a generated end of line stands where none may; `test_random_specs_are_mostly_valid` holds the share
    result = formatted(text)
    assert formatted(result) == result
    assert tree_of(result) == tree
    assert comments_of(result) == comments_of(text)


def test_random_specs_are_mostly_valid() -> None:
    seen = []

    @settings(max_examples=60, deadline=None, derandomize=True, database=None)
    @given(specs)
    def collect(text: str) -> None:
        try:
            seen.append(bool(tree_of(text)[1]))
        except SpecError:
            seen.append(False)

    collect()
    assert sum(seen) > 0.6 * len(seen)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", ""),
        ("\n\n  # only\n\n\n", "# only\n"),
        ("a=1", "a = 1\n"),
        ("a=1;", "a = 1\n"),
        ("a=1;;b=2", "a = 1; b = 2\n"),
        ("a=1\nlong=2", "a    = 1\nlong = 2\n"),
        ("a=1\n\nlong=2", "a = 1\n\nlong = 2\n"),
        ("a=1\n# why\nlong=2", "a = 1\n# why\nlong = 2\n"),
        ("a=1\nrelu\nlong=2", "a = 1\nrelu\nlong = 2\n"),
        ("a=1;b=2\nlong=3", "a = 1; b = 2\nlong = 3\n"),
        ("a=[1,\n2]\nlong=3", "a = [1,\n  2]\nlong = 3\n"),
        ("n{}", "n { }\n"),
        ("n{\n\n}", "n { }\n"),
        ("n{m{;\n}}", "n {\n  m { }\n}\n"),
        ("n{\n# c\n\n}", "n {\n  # c\n}\n"),
        ("n{a;b\n}", "n {\n  a; b\n}\n"),
        ("n{a\nb}#c", "n {\n  a\n  b\n}                                        # c\n".replace("# c", "#c")),
        ("n { # why\n\na }", "n {                                      # why\n  a\n}\n"),
        ("f (a ,b,)", "f(a, b)\n"),
        ("f(\n\na,\nb,\n\n)", "f(\n  a,\n\n  b,\n)\n".replace("\n\n", "\n")),
        ("f(g([\n1\n]))", "f(g([\n  1\n]))\n"),
        ("f(- 1,2- -x,3*-$y)", "f(-1, 2 - -x, 3 * -$y)\n"),
        ("f(1e-4..1e-1)", "f(1e-4 .. 1e-1)\n"),
        ('"*"=number( scale=standard )', '"*" = number(scale = standard)\n'),
        ("a . b=c . d", "a.b = c.d\n"),
        ("x = 1 # at 42", f"{'x = 1':<41}# at 42\n"),
        (f"x = {'1' * 36} # late", f"x = {'1' * 36}  # late\n"),
        ("a = 1 \t\n", "a = 1\n"),
    ],
)
def test_layout(text: str, wanted: str) -> None:
    assert formatted(text) == wanted
    assert formatted(wanted) == wanted


def test_a_syntax_error_is_reported_and_nothing_is_formatted() -> None:
    with pytest.raises(SpecError) as error:
        formatted("network { dense(3 }")
    assert [d.code for d in error.value.report.errors] == ["E0004"]


def test_a_wrong_spec_is_formatted() -> None:
    assert formatted("netwrk{dens( -3)}") == "netwrk { dens(-3) }\n"
