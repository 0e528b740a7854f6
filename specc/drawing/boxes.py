"""The pieces of a drawing: boxes with their texts and sizes, items that hold them, lines between items."""

from __future__ import annotations

from dataclasses import dataclass, field

from specc.costs import tensors_of
from specc.door import Answer
from specc.ir import Node
from specc.phrases import Phrase, phrase_of, text_of
from specc.shapes import Shape
from specc.showing.derived import derived_phrase
from specc.showing.layers import BELOW, note_of, shortened
from specc.vocabulary.layers.boltzmann import Hidden, Label, Visible

CHARACTER = 6.65
"""Width of a character of the drawing's typeface, 11 pixels and monospaced."""
SMALL = 0.91
"""Size of the second line of a box, to the first."""
TALL, FLAT, CHIP = 42, 23, 22
LONGEST = 54
"""Characters of a line; a longer one is cut, and whole in the box's tooltip."""


@dataclass
class Box:
    """One layer, column or answer. `kind` decides its colour; `right` stands at the right end of the first line."""

    name: str
    kind: str
    first: str
    right: str = ""
    second: str = ""
    tooltip: str = ""
    look: str = ""
    """What it says beside its name: boxes of one look may be folded."""
    is_side: bool = False
    """Whether it is the visible or the hidden side of a machine: between two sides weights lead both ways."""
    x: float = 0.0
    y: float = 0.0
    width: float = 0.0
    height: float = FLAT


@dataclass
class Line:
    """From one item to another by a tensor each; an empty key is the frame's own border. `output`: one of several."""

    source: str
    source_tensor: str
    target: str
    target_tensor: str
    output: str = ""


@dataclass(eq=False)
class Item:
    """What the layout places: a stack of boxes, a panel of columns, or a frame of further items.

    `entries` and `exits` are the tensors that cross the border of a frame; `ports` say where, from its left, once placed.
    """

    key: str
    boxes: list[Box] = field(default_factory=list)
    label: str = ""
    is_frame: bool = False
    is_panel: bool = False
    times: int = 1
    children: list[Item] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    entries: list[str] = field(default_factory=list)
    exits: list[str] = field(default_factory=list)
    ports: dict[tuple[str, str], float] = field(default_factory=dict)
    x: float = 0.0
    y: float = 0.0
    width: float = 0.0
    height: float = 0.0
    paths: list[Path] = field(default_factory=list)

    def take(self, tensor: str) -> None:
        """Lets a tensor enter the frame, once."""
        if tensor not in self.entries:
            self.entries.append(tensor)

    def child_with(self, name: str) -> Item:
        """The item among the children that has a layer's box."""
        return next(child for child in self.children if any(box.name == name for box in child.boxes))

    def holder_of(self, name: str) -> Item | None:
        """The frame, this one or one inside it, that holds a layer's box directly."""
        if any(box.name == name for child in self.children for box in child.boxes):
            return self
        found = (child.holder_of(name) for child in self.children if child.is_frame)
        return next((holder for holder in found if holder is not None), None)


@dataclass
class Path:
    """A drawn line: points from top to bottom; curves between them unless `square`, then rounded corners."""

    points: list[tuple[float, float]]
    arrow: bool = True
    both: bool = False
    """Whether the line leads up as well."""
    square: bool = False
    between: bool = False
    label: str = ""


def node_box(node: Node, inputs: tuple[Shape, ...], is_light: bool) -> Box:
    """The box of a layer: its name and shape, below them its word and what the spec wrote of it."""
    phrase = _phrase(node)
    note = note_of(node)
    text = text_of(phrase) + (f": {note}" if note else "")
    name = node.name.rpartition(".")[2]
    shape = node.outputs.get("") or next(iter(node.outputs.values()), None)
    flat = is_light or node.layer.merges or (text == phrase.word and name.startswith(phrase.word))
    first = _one_line(name, phrase.word, text) if flat else name
    tooltip = f"{node.name}: {text}" + "".join(f"\n{output or 'gives'} {s}" for output, s in node.outputs.items())
    box = Box(node.name, _kind(node, inputs, is_light), cut(first), str(shape) if shape is not None else "", tooltip=tooltip)
    box.second, box.look = "" if flat else cut(text), f"{text} {' '.join(map(str, inputs))} {shape}"
    box.is_side = isinstance(node.layer, Visible | Hidden | Label)
    return _sized(box, flat)


def _one_line(name: str, word: str, text: str) -> str:
    """Name and word in one: `dropout_1 (0.2)`, `stem: relu`."""
    if not name.startswith(word):
        return f"{name}: {text}"
    return f"{name} {text[len(word) :]}".strip()


def _phrase(node: Node) -> Phrase:
    if (derived := derived_phrase(node)) is not None:
        return derived
    layer = node.layer
    part = getattr(layer, "activation", layer) if layer.word == "activate" else layer
    phrase = phrase_of(part, leave_out=BELOW + (("tensors",) if layer.merges else ()))
    return Phrase(phrase.word, tuple(shortened(a) for a in phrase.arguments if not a.default))


def _kind(node: Node, inputs: tuple[Shape, ...], is_light: bool) -> str:
    if node.layer.merges:
        return "merge"
    if not node.inputs or isinstance(node.layer, Label):
        return "source"
    parameters = tensors_of(node, inputs)
    if any(name.endswith("weight") for name in parameters):
        return "weights"
    return "light" if is_light or inputs[0] in node.outputs.values() else "shape"


def answer_box(answer: Answer) -> Box:
    """The answer that leaves the graph."""
    heads = {"linear": "a number", "sigmoid": "two labels", "softmax": f"{answer.units} labels"}
    return _sized(Box(answer.column, "answer", cut(f"{answer.column}: {heads.get(answer.head, 'a label')}")), True)


def column_boxes(columns: list[tuple[str, str]], most: int = 14) -> list[Box]:
    """A chip for each column that an input joins; of very many the first, and how many there are."""
    shown = columns if len(columns) <= most else columns[: most - 1]
    boxes = [_chip(name, word) for name, word in shown]
    return boxes + ([_chip(f"… {len(columns) - len(shown)} more", "")] if len(shown) < len(columns) else [])


def _chip(name: str, word: str) -> Box:
    box = Box(name, "column", cut(name, 24), tooltip=f"{name}: {word}" if word else "")
    box.width, box.height = len(box.first) * CHARACTER + 18, CHIP
    return box


def cut(text: str, longest: int = LONGEST) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"


def _sized(box: Box, flat: bool) -> Box:
    first = len(box.first) + (len(box.right) + 3 if box.right else 0)
    box.width = max(first, len(box.second) * SMALL) * CHARACTER + 24
    box.height = FLAT if flat else TALL
    return box
