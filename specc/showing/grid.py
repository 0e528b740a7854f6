"""Aligned columns of text without rules: lines where all fits, folded cells on a narrow terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rich.table import Table
from rich.text import Text

INDENT, GAP = 2, 2


class Grid:
    """Rows of cells under heads (none where all are empty). `>` in front of a head sets its column to the right."""

    def __init__(self, *heads: str) -> None:
        self.heads = [head.lstrip(">") for head in heads]
        self.to_the_right = [head.startswith(">") for head in heads]
        self.rows: list[list[Text]] = []
        if any(self.heads):
            self.add(*(Text(head, "dim") for head in self.heads))

    def add(self, *cells: Text | str) -> None:
        """A row; cells may have several lines, missing ones at its end are empty."""
        self.rows.append([Text(cell) if isinstance(cell, str) else cell for cell in cells])

    def fits(self, width: int) -> bool:
        """Whether nothing has to fold."""
        return INDENT + sum(self._widths()) + GAP * (len(self.heads) - 1) <= width

    def lines(self, width: int) -> Iterable[Text | Table]:
        """What is to be printed: a line a row, or a table that folds the cells of every left-aligned column but the first."""
        return self._plain_lines() if self.fits(width) else [self._folding()]

    def _widths(self) -> list[int]:
        widths = [0] * len(self.heads)
        for row in self.rows:
            for column, cell in enumerate(row):
                widths[column] = max([widths[column], *(line.cell_len for line in cell.split())])
        return widths

    def _plain_lines(self) -> Iterator[Text]:
        widths = self._widths()
        for row in self.rows:
            split = [list(cell.split()) for cell in row]
            for number in range(max(map(len, split))):
                line = Text(" " * INDENT, end="")
                for column, cell in enumerate(split):
                    piece = cell[number] if number < len(cell) else Text()
                    room = " " * (widths[column] - piece.cell_len)
                    line.append_text(Text(room) + piece if self.to_the_right[column] else piece + Text(room))
                    line.append(" " * GAP)
                line.rstrip()
                yield line

    def _folding(self) -> Table:
        table = Table(box=None, show_header=False, pad_edge=False, padding=(0, GAP, 0, 0))
        table.add_column(width=0)
        for column in range(len(self.heads)):
            folds = not self.to_the_right[column] and (column == len(self.heads) - 1 or column == 0)
            table.add_column(justify="right" if self.to_the_right[column] else "left", no_wrap=not folds, overflow="fold")
        for row in self.rows:
            table.add_row("", *row)
        return table
