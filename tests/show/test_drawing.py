"""Drawings: well formed, a box a layer, nothing over anything else, repetitions folded."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Iterator
from itertools import combinations
from pathlib import Path

import pytest
from click.testing import Result

from specc.drawing import draw_svg
from specc.drawing.boxes import Item
from specc.drawing.canvas import arrange
from specc.drawing.outline import outline_of
from specc.ir import Graph, Node, Spec
from specc.loading import load_spec
from specc.shapes import Shape
from specc.vocabulary.families import Layer, Model
from specc.vocabulary.part import REGISTRY

SVG = "{http://www.w3.org/2000/svg}"
HEAD = 'data { source = csv("t.csv"); columns { x = number; y = number }; target = y }\ntrain { epochs = 1 }\n'
LAYERS = ("weights", "light", "shape", "merge", "source")


class Draw(Layer, word="draw_of_the_tests"):
    """A layer that this package does not know.

    Example: `draw_of_the_tests(3)`
    """

    size: int


class Both(Layer, word="both_of_the_tests"):
    """Gives two tensors.

    Example: `both_of_the_tests`
    """


class Pair(Model, word="pair_of_the_tests"):
    """Two graphs.

    Example: `pair_of_the_tests`
    """


for _word in (Draw, Both, Pair):  # no other test is to meet them in the registry
    del REGISTRY[_word.family][_word.word]


def node(name: str, layer: Layer, *inputs: str, **more: Shape) -> Node:
    return Node(name=name, layer=layer, inputs=inputs, outputs={"": Shape.vector(3), **more})


def composite() -> Spec:
    """Two graphs, of which one takes a tensor of the other."""
    draw = Draw(size=3)
    first = (node("first.a", draw), node("first.b", Both(), "first.a", state=Shape.vector(5)), node("first.c", draw, "first.b"))
    second = (node("second.d", draw, "first.b.state"), node("second.e", draw), node("second.f", draw, "second.d"))
    graphs = {"first": Graph(name="first", nodes=first), "second": Graph(name="second", nodes=second)}
    return Spec(name="<pair> & 'more'", model=Pair(), graphs=graphs)


def boxes(text: str) -> list[str]:
    """The names of the layers' boxes of a drawing."""
    root = ElementTree.fromstring(text)
    return [r.attrib["data-name"] for r in root.iter(f"{SVG}rect") if r.attrib.get("class") in LAYERS]


def placed(item: Item, left: float = 0.0, top: float = 0.0) -> Iterator[tuple[Item, float, float]]:
    yield item, left + item.x, top + item.y
    for child in item.children:
        yield from placed(child, left + item.x, top + item.y)


@pytest.mark.parametrize("name", ["iris", "residual", "titanic"])
def test_every_layer_has_one_box(name: str, request: pytest.FixtureRequest) -> None:
    spec = load_spec(request.getfixturevalue(name))[0]
    assert sorted(boxes(draw_svg(spec))) == sorted(n.name for n in spec.graph.nodes)


def test_every_column_read_has_a_chip_and_every_answer_its_box(titanic: Path) -> None:
    root = ElementTree.fromstring(draw_svg(load_spec(titanic)[0]))
    named = [(r.attrib.get("class"), r.attrib.get("data-name")) for r in root.iter(f"{SVG}rect")]
    chips = sorted(name for kind, name in named if kind == "column" and name is not None)
    assert chips == ["age", "embarked", "fare", "parch", "pclass", "sex", "sibsp"]
    assert [name for kind, name in named if kind == "answer"] == ["survived"]


@pytest.mark.parametrize(
    ("model", "between", "labels"),
    [
        ("rbm { visible(x); hidden(4) }", 1, 0),
        ("rbm { visible(x); visible(c); hidden(4) }", 2, 1),
        ("dbn { visible(x); rbm(4); rbm(3); output(c) }", 2, 1),
    ],
)
def test_weights_between_two_sides_of_a_machine_lead_both_ways(model: str, between: int, labels: int, tmp_path: Path) -> None:
    target = "; target = c" if labels else ""
    columns = f"columns {{ x = number(scale = standard){'; c = category' if labels else ''} }}"
    (tmp_path / "m.dn").write_text(f'data {{ source = csv("t.csv"); {columns}{target} }}\n{model}\ntrain {{ epochs = 1 }}\n')
    spec = load_spec(tmp_path / "m.dn")[0]
    root = ElementTree.fromstring(draw_svg(spec))
    lines = [p.attrib["d"] for p in root.iter(f"{SVG}path") if p.attrib.get("fill") == "none"]
    heads = [p for p in root.iter(f"{SVG}path") if p.attrib.get("fill") != "none"]
    assert sorted(boxes(draw_svg(spec))) == sorted(n.name for n in spec.graph.nodes)
    assert len(lines) == len(spec.graph.nodes) - 1 + 1 + labels, "one to each layer, from the columns, to the answer"
    assert len(heads) == len(lines) + between


def test_layers_that_this_package_does_not_know_are_drawn() -> None:
    text = draw_svg(composite())
    assert sorted(boxes(text)) == ["first.a", "first.b", "first.c", "second.d", "second.e", "second.f"]
    root = ElementTree.fromstring(text)
    assert next(t.text for t in root.iter(f"{SVG}text")) == "<pair> & 'more'"
    between = [p for p in root.iter(f"{SVG}path") if "stroke-dasharray" in p.attrib]
    assert len(between) == 1  # the state of `b` to `d`


@pytest.mark.parametrize("name", ["residual", "titanic", "composite"])
def test_nothing_lies_over_anything_else_and_all_is_inside(name: str, request: pytest.FixtureRequest) -> None:
    spec = composite() if name == "composite" else load_spec(request.getfixturevalue(name))[0]
    canvas = arrange(outline_of(spec))
    for item in (inner for outer in canvas.items for inner, _, _ in placed(outer) if inner.is_frame):
        for child in item.children:
            assert child.x >= 0 and child.x + child.width <= item.width
            assert child.y >= 0 and child.y + child.height <= item.height
        for a, b in combinations(item.children, 2):
            apart = a.x + a.width <= b.x or b.x + b.width <= a.x or a.y + a.height <= b.y or b.y + b.height <= a.y
            assert apart, (a.key, b.key)
    for item in canvas.items:
        assert item.x + item.width <= canvas.width and item.y + item.height <= canvas.height


def test_repetitions_of_a_long_network_are_drawn_once_and_counted(tmp_path: Path) -> None:
    path = tmp_path / "long.dn"
    path.write_text(HEAD + "network { input(x); repeat(100) { dense(8, relu); batch_norm }; output(y) }")
    text = draw_svg(load_spec(path)[0])
    # The first dense layer has another input than the 99 behind it.
    assert boxes(text) == ["input_1", "dense_1", "batch_norm_1", "dense_2", "batch_norm_2", "output_1"]
    assert "× 99" in text and "dense_2 … dense_100" in text


def test_repeated_blocks_are_folded_as_frames(tmp_path: Path) -> None:
    path = tmp_path / "blocks.dn"
    block = "block cell(n) { add { sequence { dense($n, relu); dense($n) }; shortcut }; relu }\n"
    body = "input(x); dense(8); repeat(6) { cell(8) }; dense(4); repeat(2) { cell(4) }; output(y)"
    path.write_text(HEAD + block + f"network {{ {body} }}")
    text = draw_svg(load_spec(path)[0])
    assert "× 6" in text and "cell_1 … cell_6" in text and "× 2" in text and "cell_7 … cell_8" in text
    assert len(boxes(text)) == 2 + 5 + 1 + 5 + 1


def test_a_long_network_without_repetitions_is_broken_into_columns(tmp_path: Path) -> None:
    path = tmp_path / "long.dn"
    widths = ", ".join(map(str, range(100, 0, -1)))
    path.write_text(HEAD + f"network {{ input(x); each(k = [{widths}]) {{ dense($k) }}; output(y) }}")
    canvas = arrange(outline_of(load_spec(path)[0]))
    assert 0.5 < canvas.width / canvas.height < 2.0
    assert len({round(item.x + item.width / 2) for item in canvas.items[0].children}) == 5


def test_the_command_writes_the_drawing(iris: Path, show: Callable[..., Result], tmp_path: Path) -> None:
    result = show(iris, "--graph", tmp_path / "iris.svg")
    assert result.exit_code == 0 and result.stdout == ""
    assert "species: 3 labels" in (tmp_path / "iris.svg").read_text(encoding="utf-8")
