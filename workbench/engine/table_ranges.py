"""TABLE RANGES: a text table cut into ranges that can be read each for itself, and give together exactly the rows of one reading.

A quoted cell may hold line ends, so a block of a CSV that begins in the middle of the file cannot know whether its first line begins a
row. But where a row ends depends on nothing that stands before it. So each block is read from both places at which a row may begin: from
its first line, and from behind the quoted cell that its first line may lie in. Joined in their order, the end of one block's last row
says which of the two was right; where neither was (quotes that do not fit), the block is read once more from there.
The idea: https://www.microsoft.com/en-us/research/publication/speculative-distributed-csv-data-parsing-for-big-data-analytics/
"""

from __future__ import annotations

import csv
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, pairwise
from typing import Final, NamedTuple

from .table_rows import Mark, Piece

BLOCK: Final = 16 << 20
"""Bytes of a block: some seconds of work on its rows."""
MOST_BLOCKS: Final = 2_000
"""Blocks of a table at the most: of a longer table they are larger."""


class TableRange(NamedTuple):
    """Rows of a table that lie together: how many rows, and lines, come before them, the byte they begin at, and how many they are.

    Without ``rows`` it reaches to the table's end.
    """

    number: int = 0
    line: int = 0
    offset: int = 0
    rows: int | None = None

    @property
    def mark(self) -> Mark:
        """The place at which its reading begins."""
        return Mark(self.number, self.line, self.offset)

    @property
    def last(self) -> int | None:
        """The number of its last row; None where it reaches to the end."""
        return None if self.rows is None else self.number + self.rows


WHOLE: Final = TableRange()
"""All rows of a table."""


class Reading(NamedTuple):
    """A block read from one place: the byte where that is, the rows that begin in the block, their lines, and the byte behind them."""

    begins: int
    rows: int
    lines: int
    ends: int


class Block(NamedTuple):
    """A block of a table, from the byte at which a line begins to the byte at which another does, as it was read."""

    begins: int
    ends: int
    readings: tuple[Reading, ...] = ()


def cuts(begins: int, ends: int, block: int = 0) -> list[tuple[int, int]]:
    """Return the blocks of bytes that a table is read in, wherever its lines end."""
    size = block or max(BLOCK, -(-(ends - begins) // MOST_BLOCKS))
    return list(pairwise([*range(begins, ends, size), ends])) if ends > begins else []


def joined_rows(pieces: Sequence[int], number: int = 0) -> list[TableRange]:
    """Return the ranges of a table whose pieces are known by their rows: the row groups of a Parquet file."""
    found: list[TableRange] = []
    for rows in pieces:
        if rows:
            found.append(TableRange(number, number, 0, rows))
        number += rows
    return found


class Joiner:
    """Joins blocks in their order. ``ranges`` are those of the blocks so far."""

    def __init__(self, at: Mark) -> None:
        """Take the place where the first row begins."""
        self._at = at
        self.ranges: list[TableRange] = []

    @property
    def rows(self) -> int:
        """The rows so far."""
        return self._at.number

    def take(self, block: Block) -> int | None:
        """Take the next block; return the byte from which it has to be read once more, and given again, or None."""
        number, line, offset = self._at
        if offset >= block.ends:  # a row that began before takes up all of it
            return None
        reading = next((one for one in block.readings if one.begins == offset), None)
        if reading is None:
            return offset
        if reading.rows:
            self.ranges.append(TableRange(number, line, offset, reading.rows))
        self._at = Mark(number + reading.rows, line + reading.lines, reading.ends)
        return None


def read_csv_block(
    pieces: Iterable[Piece], ends: int, size: int, delimiter: str, size_of: Callable[[Sequence[str]], int], *, sure: bool = False
) -> tuple[Reading, ...]:  # fmt: skip
    """Return a block of a CSV, read from each place at which its first row may begin.

    Args:
        pieces: the table's lines from the block's first on, cut at ``ends`` and going on behind it: its last row may end there.
        ends: the byte behind the block's last line.
        size: the bytes of the whole table.
        delimiter: what separates cells.
        size_of: returns how many bytes lines are.
        sure: its first line does begin a row.
    """
    return _CsvBlock(pieces, ends, size, delimiter, size_of).readings(sure=sure)


def read_json_block(pieces: Iterable[Piece], ends: int) -> tuple[Reading, ...]:
    """Return a block of JSON lines: each line begins for itself. ``pieces`` are its lines and no others."""
    begins = rows = lines = 0
    for place, piece in enumerate(pieces):
        begins = begins if place else piece.offset
        lines += len(piece.lines)
        rows += sum(1 for line in piece.lines if line.strip())
    return (Reading(begins, rows, lines, ends),) if lines else ()


class _TooLong(Exception):
    """The line at this place is too long to be read."""

    def __init__(self, place: int) -> None:
        super().__init__(place)
        self.place = place


class _CsvBlock:
    """The lines of a block, and those behind it as far as they are needed. A line that is too long is None."""

    def __init__(
        self, pieces: Iterable[Piece], ends: int, size: int, delimiter: str, size_of: Callable[[Sequence[str]], int]
    ) -> None:  # fmt: skip
        self._size, self._delimiter, self._size_of = size, delimiter, size_of
        self._lines: list[str | None] = []
        self._firsts: list[int] = []  # of each piece, the place of its first line
        self._offsets: list[int] = []
        self._more = iter(pieces)
        own = 0
        for piece in self._more:
            if piece.offset >= ends:
                own = len(self._lines)
                self._hold(piece)
                break
            self._hold(piece)
            own = len(self._lines)
        self._own, self._ends = own, ends
        own_lines = self._lines[:own]
        self._plain = None not in own_lines and '"' not in "".join(filter(None, own_lines))

    def readings(self, *, sure: bool) -> tuple[Reading, ...]:
        if not self._own:
            return ()
        other = None if sure else self._behind_a_quote()
        found, there = self._read(0, other)
        if other is None:
            return (found,)
        return found, there or self._read(other)[0]

    def _behind_a_quote(self) -> int | None:
        """Return the line that begins a row if the block's first line lies in a quoted cell; None if then none in this block does."""
        first = self._lines[0]
        if first is None:
            return None
        reader = csv.reader(chain([f'"{first}'], self._from(1)), delimiter=self._delimiter, strict=True)
        try:
            next(reader)
        except (csv.Error, _TooLong):
            return None
        return reader.line_num if reader.line_num < self._own else None

    def _read(self, place: int, watched: int | None = None) -> tuple[Reading, Reading | None]:
        """Read the rows from a line on; also return what reading from the ``watched`` line is, where a row begins there too."""
        begins, rows, at, before = place, 0, place, -1
        if self._plain:  # as most tables are: each line is a row, and an empty one is none
            empty = f"{self._delimiter}\r\n"
            rows = sum(1 for line in self._lines[place : self._own] if line and line.strip(empty))
            at = self._own
        while at < self._own:
            reader, base = csv.reader(self._from(at), delimiter=self._delimiter, strict=True), at
            try:
                while at < self._own:
                    if at == watched:
                        before = rows
                    cells = next(reader)
                    at = base + reader.line_num
                    if any(cells):
                        rows += 1
            except csv.Error:
                # its first line is a row that cannot be read, and the others are read for themselves
                rows, at = rows + 1, at + 1
            except _TooLong as error:
                rows, at = rows + 1, error.place + 1
            except StopIteration:
                at = len(self._lines)
        ends = self._offset(at)
        found = Reading(self._offset(begins), rows, at - begins, ends)
        if watched is None or before < 0:
            return found, None
        return found, Reading(self._offset(watched), rows - before, at - watched, ends)

    def _from(self, place: int) -> Iterator[str]:
        """Give the lines from this one on."""
        lines = self._lines
        while True:
            while place < len(lines):
                line = lines[place]
                if line is None:
                    raise _TooLong(place)
                yield line
                place += 1
            piece = next(self._more, None)
            if piece is None:
                return
            self._hold(piece)

    def _hold(self, piece: Piece) -> None:
        self._firsts.append(len(self._lines))
        self._offsets.append(piece.offset)
        self._lines += [None] if piece.cut else piece.lines

    def _offset(self, place: int) -> int:
        """Return the byte at which a line begins; for one that was not read yet, the byte at which it will."""
        if place == self._own:
            return self._ends
        if place >= len(self._lines):
            piece = next(self._more, None)
            if piece is None:
                return self._size
            self._hold(piece)
        at = bisect_right(self._firsts, place) - 1
        first = self._firsts[at]
        return self._offsets[at] + self._size_of([line or "" for line in self._lines[first:place]])
