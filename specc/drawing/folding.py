"""Repetitions in a chain of items, drawn once in a frame that says how often."""

from __future__ import annotations

from dataclasses import replace

from specc.drawing.boxes import Item, Line

LONGEST_UNIT = 12


def fold_repetitions(frame: Item) -> None:
    """Folds the chains of a frame and of the frames inside it: twice is enough for frames, single stacks need three."""
    for child in frame.children:
        if child.is_frame:
            fold_repetitions(child)
    for chain in _chains(frame):
        signatures, frames = [_signature(item) for item in chain], [item.is_frame for item in chain]
        position = 0
        while position < len(chain):
            unit, times = _repetition(signatures, frames, position)
            if times > 1:
                _fold(frame, chain[position : position + unit * times], unit, times)
            position += unit * times


def _chains(frame: Item) -> list[list[Item]]:
    """The items of a frame in runs; in a run each alone takes what the one before gives."""
    outgoing: dict[str, list[str]] = {}
    incoming: dict[str, list[str]] = {}
    for line in frame.lines:
        outgoing.setdefault(line.source, []).append(line.target)
        incoming.setdefault(line.target, []).append(line.source)
    chains: list[list[Item]] = []
    for item in frame.children:
        before = chains[-1][-1] if chains else None
        if before is not None and outgoing.get(before.key) == [item.key] and incoming.get(item.key) == [before.key]:
            chains[-1].append(item)
        else:
            chains.append([item])
    return chains


def _repetition(signatures: list[tuple], frames: list[bool], start: int) -> tuple[int, int]:
    """The unit at `start` that is repeated, and how often; the one that covers most, the shortest of those."""
    best = (1, 1)
    for unit in range(1, min(LONGEST_UNIT, (len(signatures) - start) // 2) + 1):
        first, times = signatures[start : start + unit], 1
        while signatures[start + times * unit : start + (times + 1) * unit] == first:
            times += 1
        enough = 2 if any(frames[start : start + unit]) else 3
        if times >= enough and unit * times > best[0] * best[1]:
            best = (unit, times)
    return best


def _signature(item: Item) -> tuple:
    """What makes two items look alike: everything but their names."""
    boxes = tuple((box.kind, box.look or box.name) for box in item.boxes)
    places = {child.key: str(index) for index, child in enumerate(item.children)}
    lines = sorted((places.get(line.source, ""), places.get(line.target, ""), line.output) for line in item.lines)
    return (item.times, boxes, tuple(_signature(child) for child in item.children), tuple(lines))


def _fold(frame: Item, run: list[Item], unit: int, times: int) -> None:
    """Draws the first unit of a run alone: a single frame says how often itself, anything else is put into a frame."""
    start, shown, last = frame.children.index(run[0]), run[:unit], run[-1]
    inside, gone = {item.key for item in shown}, {item.key for item in run[unit:]}
    onward = next((line.source_tensor for line in frame.lines if line.source == shown[-1].key), "")
    if unit == 1 and shown[0].is_frame and shown[0].times == 1:
        fold = shown[0]
        fold.label, fold.times = _label(run, unit), times
    else:
        fold = Item(key=f"{shown[0].key} × {times}", label=_label(run, unit), is_frame=True, times=times, children=shown)
        fold.exits, fold.lines = [onward], [Line(shown[-1].key, onward, "", onward)]
    lines: list[Line] = []
    for line in frame.lines:
        if line.source in inside and line.target in inside:
            fold.lines.append(line)
        elif line.source == last.key:
            lines.append(replace(line, source=fold.key, source_tensor=onward))
        elif line.target in inside and fold is not shown[0]:
            fold.take(line.target_tensor)
            fold.lines.append(replace(line, source="", source_tensor=line.target_tensor))
            lines.append(replace(line, target=fold.key))
        elif line.source not in gone | inside and line.target not in gone:
            lines.append(line)
    frame.lines = lines
    frame.children[start : start + unit * times] = [fold]


def _label(run: list[Item], unit: int) -> str:
    """`residual_2 … residual_5`: the first and the last of what is folded."""
    first, last = run[0], run[-unit]
    names = [item.label if item.is_frame else item.boxes[0].name.rpartition(".")[2] for item in (first, last)]
    return f"{names[0]} … {names[1]}"
