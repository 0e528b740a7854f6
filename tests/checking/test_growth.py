"""A spec of any size: checked in work linear in its length, refused above the limits, never a traceback."""

from __future__ import annotations

import json
from collections.abc import Callable
from cProfile import Profile

import pytest

from tests.checking.specs import checked, messages

HEAD = 'data { source = csv("a.csv"); columns { x = number; y = number }; target = y }\ntrain { epochs = 1 }\n'


def network(body: str, head: str = "") -> str:
    return f"{head}{HEAD}network {{\ninput(features)\n{body}output(y)\n}}\n"


FORMS: dict[str, Callable[[int], str]] = {
    "lines": lambda n: network("dense(8, relu)\n" * n),
    "names": lambda n: network("".join(f"dense layer{i}(8, relu)\n" for i in range(n))),
    "rounds": lambda n: network(f"repeat({n}) {{ dense(8, relu) }}\n"),
    "rounds with names": lambda n: network(f"repeat({n}) {{ dense a(8, relu) }}\n"),
    "uses of a block": lambda n: network("dense(8)\n" + "b(8)\n" * n, "block b(k) { add { dense($k); it }; relu }\n"),
    "branches": lambda n: network("add {\n" + "dense(8)\n" * n + "}\n"),
    "shortcuts": lambda n: network("add {\ndense(1)\n" + "shortcut\n" * n + "}\n"),
    "inherited settings": lambda n: network("init = he_normal\n" + "dense(8)\n" * n),
    "hyperparameters": lambda n: network(
        "".join(f"dense($h{i})\n" for i in range(n)), "hyper {\n" + "".join(f"h{i} = int(8, 4 .. 12)\n" for i in range(n)) + "}\n"
    ),
    "labels": lambda n: network("").replace("y = number", f"y = category(labels = {json.dumps([str(i) for i in range(n)])})"),
    "mistakes": lambda n: network("".join(f"dense a{i}(0)\n" for i in range(n))),
    "unused layers": lambda n: network("dense t(8)\n" + "dense(8, of = t)\n" * n),
    "columns": lambda n: (
        'data { source = csv("a.csv"); target = y; columns { y = number\n'
        + "".join(f"x{i} = category\n" for i in range(n))
        + "} }\nnetwork { input(features); output(y) }\n"
    ),
}


def calls(text: str) -> int:
    """How many functions a check calls, built-in ones included."""
    profile = Profile()
    profile.runcall(messages, text)
    return sum(entry.callcount for entry in profile.getstats())


@pytest.mark.parametrize("form", FORMS)
def test_work_is_linear_in_the_length(form: str) -> None:
    messages(FORMS[form](3))  # the grammar is loaded and words are imported once
    small, middle, large = (calls(FORMS[form](n)) for n in (100, 200, 400))
    # With a constant, a linear and a quadratic share, the second difference is the quadratic one alone.
    quadratic = (large - middle) - 2 * (middle - small)
    assert quadratic <= 0.02 * large


def test_ten_thousand_layers_are_checked() -> None:
    assert len(checked(FORMS["rounds"](9_998)).graph.nodes) == 10_000


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("repeat(9_990) { }\n", "E0204"),
        ("repeat(10_001) { dense(8) }\n", "E0603"),
        ("repeat(400) { repeat(400) { dense(8) } }\n", "E0603"),
        ("dense(" + "1 + " * 150 + "1)\n", "E0602"),
        ("dense(" + "(" * 70 + "8" + ")" * 70 + ")\n", "E0602"),
        ("dense(" + "9" * 500 + ")\n", "E0203"),
        ("dropout(1e-400)\n", ""),
    ],
)
def test_what_is_too_much_is_said(body: str, code: str) -> None:
    found = messages(network("dense(8)\n" + body))
    assert [message[:5] for message in found] == ([code] if code else [])


def test_blocks_that_use_blocks_have_a_depth() -> None:
    chain = "block b0 { dense(8) }\n" + "".join(f"block b{i} {{ b{i - 1} }}\n" for i in range(1, 400))
    assert messages(network("b20\n", "".join(f"{line}\n" for line in chain.splitlines()[:21]))) == []
    assert [m[:5] for m in messages(network("b399\n", chain))] == ["E0602"]


def test_blocks_that_double_are_counted_before_they_are_put_in() -> None:
    chain = "block b0 { dense(8) }\n" + "".join(f"block b{i} {{ b{i - 1}; b{i - 1} }}\n" for i in range(1, 31))
    assert [m[:5] for m in messages(network("b30\n", chain))] == ["E0603"]


def test_a_text_that_is_too_long_is_refused() -> None:
    assert [m[:5] for m in messages("# " + "x" * (1 << 20))] == ["E0601"]
    assert [m[:5] for m in messages(network("relu\n" * 150_000))] == ["E0601"]
