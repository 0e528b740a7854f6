"""Where everything stands: layers of items from top to bottom, each item under what it takes (Sugiyama et al. 1981).

A frame is laid out on its own first and is then one item of its parent. Positions are relative to the frame.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from specc.drawing.boxes import CHARACTER, Box, Item, Path

GAP = 26.0
"""Between two ranks, and between neighbours."""
PADDING, HEAD = 14.0, 24.0
"""Inside a frame: around its items, and above them for its label."""
PANEL = 360.0
TALLEST = 1250.0
"""A graph that would be taller is broken into columns."""
GUTTER = 46.0


@dataclass(eq=False)
class Slot:
    """A place in a rank: an item, a bend of a long line, or a port of the frame. `x` is its centre."""

    item: Item | None
    rank: int
    width: float
    height: float = 0.0
    x: float = 0.0
    y: float = 0.0
    above: list[Tie] = field(default_factory=list)
    below: list[Tie] = field(default_factory=list)

    @property
    def is_bend(self) -> bool:
        return self.item is None


@dataclass(eq=False)
class Tie:
    """A stretch of a line between two neighbouring ranks; offsets are from the slots' centres. `last`: it ends in an item."""

    upper: Slot
    lower: Slot
    upper_offset: float
    lower_offset: float
    last: bool
    label: str = ""


def place(item: Item, wrap: bool = False) -> None:
    """Gives an item its size, and everything in it its place."""
    if item.is_frame:
        for child in item.children:
            place(child)
        _Layers(item, wrap).place()
    elif item.is_panel:
        _place_panel(item)
    else:
        item.width = max(box.width for box in item.boxes)
        for box in item.boxes:
            box.x, box.y, box.width = 0.0, item.height, item.width
            item.height += box.height


def _place_panel(item: Item) -> None:
    """Chips in as few rows as fit, the rows about equally full."""
    longest = sum(box.width + 6.0 for box in item.boxes)
    count = math.ceil(longest / PANEL)
    limit = max([longest / count, *(box.width for box in item.boxes)])
    rows: list[list[Box]] = [[]]
    for box in item.boxes:
        if rows[-1] and _row_width([*rows[-1], box]) > limit + 40.0:
            rows.append([])
        rows[-1].append(box)
    item.width = max(map(_row_width, rows)) + 16.0
    y = 8.0
    for row in rows:
        x = (item.width - _row_width(row)) / 2
        for box in row:
            box.x, box.y = x, y
            x += box.width + 6.0
        y += row[0].height + 6.0
    item.height = y + 2.0


def _row_width(row: list[Box]) -> float:
    return sum(box.width + 6.0 for box in row) - 6.0


class _Layers:
    """The ranks of one frame."""

    def __init__(self, frame: Item, wrap: bool) -> None:
        self.frame, self.wrap = frame, wrap
        self.slots = {child.key: Slot(child, 0, child.width, child.height) for child in frame.children}
        self.entries = {tensor: Slot(None, 0, 12.0) for tensor in frame.entries}
        self.exits = {tensor: Slot(None, 0, 12.0) for tensor in frame.exits}
        self.ranks: list[list[Slot]] = []

    def place(self) -> None:
        self._rank()
        self._tie()
        self._order()
        self._align()
        self._stack()
        self._finish(self._columns())

    def _rank(self) -> None:
        """Every item below all that it takes; the frame's ports in ranks of their own."""
        first = 1 if self.entries else 0
        order = {key: index for index, key in enumerate(self.slots)}
        incoming: dict[str, list[str]] = {}
        for line in self.frame.lines:
            if line.source and line.target and order[line.source] < order[line.target]:
                incoming.setdefault(line.target, []).append(line.source)
        for key, slot in self.slots.items():
            slot.rank = max((self.slots[source].rank + 1 for source in incoming.get(key, ())), default=first)
        last = max((slot.rank for slot in self.slots.values()), default=first)
        for slot in self.slots.values():
            if slot.item is not None and slot.item.boxes and slot.item.boxes[0].kind == "answer":
                slot.rank = last
        for slot in self.exits.values():
            slot.rank = last + 1
        self.ranks = [[] for _ in range(last + 2 if self.exits else last + 1)]
        for slot in (*self.entries.values(), *self.slots.values(), *self.exits.values()):
            self.ranks[slot.rank].append(slot)

    def _tie(self) -> None:
        """Ties slots of neighbouring ranks, with bends where a line passes ranks."""
        for line in self.frame.lines:
            upper = self.slots[line.source] if line.source else self.entries[line.source_tensor]
            lower = self.slots[line.target] if line.target else self.exits[line.target_tensor]
            if upper.rank >= lower.rank:
                continue  # against the order: only names that are no scopes give this
            at, offset = upper, _offset(upper.item, "exit", line.source_tensor)
            label = line.output
            for rank in range(upper.rank + 1, lower.rank):
                bend = Slot(None, rank, 10.0)
                self.ranks[rank].append(bend)
                self._add(at, bend, offset, 0.0, False, label)
                at, offset, label = bend, 0.0, ""
            self._add(at, lower, offset, _offset(lower.item, "entry", line.target_tensor), bool(line.target), label)

    def _add(self, upper: Slot, lower: Slot, upper_offset: float, lower_offset: float, last: bool, label: str) -> None:
        tie = Tie(upper, lower, upper_offset, lower_offset, last, label)
        upper.below.append(tie)
        lower.above.append(tie)

    def _order(self) -> None:
        """Puts each slot near the middle of its neighbours in the rank before, down and up again, so that few lines cross."""
        if all(len(rank) == 1 for rank in self.ranks):
            return
        for rank in self.ranks:
            _number(rank)
        for sweep in range(8):
            downward = sweep % 2 == 0
            for rank in self.ranks if downward else reversed(self.ranks):
                places = [[t.upper.x for t in slot.above] if downward else [t.lower.x for t in slot.below] for slot in rank]
                keys = {id(slot): _middle(near, slot.x) for slot, near in zip(rank, places)}
                rank.sort(key=lambda slot: keys[id(slot)])
                _number(rank)

    def _align(self) -> None:
        """Moves the slots of each rank as near to straight lines as their widths allow."""
        for rank in self.ranks:
            _spread(rank, {id(slot): 0.0 for slot in rank})
        for sweep in range(3 if all(len(rank) == 1 for rank in self.ranks) else 13):  # the last one goes down
            downward = sweep % 2 == 0
            for rank in self.ranks if downward else reversed(self.ranks):
                wanted = {}
                for slot in rank:
                    above = [t.upper.x + t.upper_offset - t.lower_offset for t in slot.above]
                    below = [t.lower.x + t.lower_offset - t.upper_offset for t in slot.below]
                    near = (above or below) if downward else (below or above)
                    wanted[id(slot)] = sum(near) / len(near) if near else slot.x
                _spread(rank, wanted)
        self._straighten()

    def _straighten(self) -> None:
        """What is alone in its rank and all but under the last one that was, comes under it exactly."""
        line: float | None = None
        for rank in self.ranks:
            if len(rank) != 1:
                continue
            (slot,) = rank
            enter = slot.above[0].lower_offset if len(slot.above) == 1 else 0.0
            if line is not None and abs(slot.x + enter - line) < 16.0:
                slot.x = line - enter
            line = slot.x + (slot.below[0].upper_offset if len(slot.below) == 1 else 0.0)

    def _stack(self) -> None:
        """Gives every rank its height."""
        y = HEAD if self.frame.label else PADDING
        for rank in self.ranks:
            height = max((slot.height for slot in rank), default=0.0)
            for slot in rank:
                slot.y = y + (height - slot.height) / 2 if not slot.is_bend else y
                slot.height = height if slot.is_bend else slot.height
            y += height + GAP

    def _columns(self) -> list[tuple[int, int]]:
        """The ranks of each column: one, unless the graph is very tall; a column ends where a single line leads on."""
        last = len(self.ranks)
        bottom = [max((slot.y + slot.height for slot in rank), default=0.0) for rank in self.ranks]
        if not self.wrap or bottom[-1] <= TALLEST:
            return [(0, last)]
        left = min(slot.x - slot.width / 2 for rank in self.ranks for slot in rank)
        right = max(slot.x + slot.width / 2 for rank in self.ranks for slot in rank)
        count = max(2, round(math.sqrt(bottom[-1] / (1.1 * (right - left + GUTTER)))))
        breaks = [index for index in range(last - 1) if sum(len(slot.below) for slot in self.ranks[index]) == 1]
        wanted = [bottom[-1] * part / count for part in range(1, count) if breaks]
        starts = [0, *sorted({_nearest(breaks, bottom, y) + 1 for y in wanted})]
        return list(zip(starts, [*starts[1:], last]))

    def _finish(self, columns: list[tuple[int, int]]) -> None:
        """Sets the columns side by side, and turns slots and ties into places and paths of the frame."""
        frame, column_of = self.frame, {}
        left, tallest = PADDING, 0.0
        for index, (start, end) in enumerate(columns):
            slots = [slot for rank in self.ranks[start:end] for slot in rank]
            x = min(slot.x - slot.width / 2 for slot in slots)
            y = min(slot.y for slot in slots) - (HEAD if frame.label else PADDING) - (GUTTER / 2 if index else 0.0)
            for slot in slots:
                slot.x += left - x
                slot.y -= y
                column_of[id(slot)] = (index, left - GUTTER / 2)
            left = max(slot.x + slot.width / 2 for slot in slots) + GUTTER
            tallest = max(tallest, *(slot.y + slot.height for slot in slots))
        frame.width = left - GUTTER + PADDING
        self._widen_for_label()
        frame.height = tallest + (0.0 if self.exits else PADDING)
        for slot in self.slots.values():
            assert slot.item is not None
            slot.item.x, slot.item.y = slot.x - slot.width / 2, slot.y
        frame.ports = {("entry", tensor): slot.x for tensor, slot in self.entries.items()}
        frame.ports |= {("exit", tensor): slot.x for tensor, slot in self.exits.items()}
        self._draw(column_of)

    def _widen_for_label(self) -> None:
        """A label stands at the left of the head and must not meet a line that enters there."""
        frame = self.frame
        if not frame.label:
            return
        label = len(frame.label) * CHARACTER + 26.0 + (36.0 if frame.times > 1 else 0.0)
        entry = min((slot.x for slot in self.entries.values()), default=frame.width)
        shift = max(0.0, label - max(entry, 0.0)) if self.entries else 0.0
        for rank in self.ranks if shift else ():
            for slot in rank:
                slot.x += shift
        frame.width = max(frame.width + 2 * shift, label)

    def _draw(self, column_of: dict[int, tuple[int, float]]) -> None:
        for rank in self.ranks:
            for slot in rank:
                ends = {} if slot.is_bend or _is_frame(slot) else _ends(slot)
                for tie in slot.above:
                    start = (tie.upper.x + tie.upper_offset, tie.upper.y + tie.upper.height)
                    if tie.upper in self.entries.values():
                        start = (start[0], 0.0)
                    end = (slot.x + ends.get(id(tie), tie.lower_offset), slot.y)
                    (before, _), (after, gutter) = column_of[id(tie.upper)], column_of[id(slot)]
                    if before == after:
                        both = _is_side(tie.upper) and _is_side(slot)
                        self.frame.paths.append(Path([start, end], tie.last and not _is_frame(slot), both, label=tie.label))
                    else:
                        low, high = start[1] + 14.0, end[1] - 18.0
                        points = [start, (start[0], low), (gutter, low), (gutter, high), (end[0], high), end]
                        self.frame.paths.append(Path(points, tie.last and not _is_frame(slot), square=True, label=tie.label))
                if slot.is_bend and slot.above and slot.below and slot.height:
                    self.frame.paths.append(Path([(slot.x, slot.y), (slot.x, slot.y + slot.height)], arrow=False))


def _nearest(breaks: list[int], bottom: list[float], y: float) -> int:
    return min(breaks, key=lambda index: abs(bottom[index] - y))


def _is_frame(slot: Slot) -> bool:
    return slot.item is not None and slot.item.is_frame


def _is_side(slot: Slot) -> bool:
    return slot.item is not None and bool(slot.item.boxes) and slot.item.boxes[-1].is_side


def _offset(item: Item | None, side: str, tensor: str) -> float:
    """Where on an item's border a line ends, from the item's centre: a frame has ports, everything else its middle."""
    if item is None or not item.is_frame:
        return 0.0
    return item.ports[side, tensor] - item.width / 2


def _ends(slot: Slot) -> dict[int, float]:
    """Where lines meet the top of a box: side by side, in the order in which they come."""
    ties = sorted(slot.above, key=lambda tie: tie.upper.x + tie.upper_offset)
    step = min(26.0, (slot.width - 24.0) / max(1, len(ties) - 1))
    return {id(tie): (index - (len(ties) - 1) / 2) * step for index, tie in enumerate(ties)}


def _number(rank: list[Slot]) -> None:
    for index, slot in enumerate(rank):
        slot.x = index - (len(rank) - 1) / 2


def _middle(values: list[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise


def _spread(rank: list[Slot], wanted: dict[int, float]) -> None:
    """The places nearest to those wanted (least squares, bends counting more) that keep order and distance.

    With the distances taken off this is isotonic regression, solved by pooling neighbours that would cross.
    """
    shifts, total = [], 0.0
    for index, slot in enumerate(rank):
        if index:
            before = rank[index - 1]
            total += (before.width + slot.width) / 2 + (12.0 if before.is_bend or slot.is_bend else GAP)
        shifts.append(total)
    pools: list[list[float]] = []  # sum of weights, weighted sum, members
    for slot, shift in zip(rank, shifts):
        weight = 6.0 if slot.is_bend else 1.0
        pools.append([weight, weight * (wanted[id(slot)] - shift), 1])
        while len(pools) > 1 and pools[-2][1] / pools[-2][0] > pools[-1][1] / pools[-1][0]:
            last = pools.pop()
            pools[-1] = [a + b for a, b in zip(pools[-1], last)]
    places = [value / weight for weight, value, members in pools for _ in range(int(members))]
    for slot, shift, x in zip(rank, shifts, places):
        slot.x = x + shift
