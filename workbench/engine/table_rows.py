"""TABLE ROWS: the rows of a table, read from its text piece by piece: CSV as spreadsheets write it, and JSON lines.

A row that cannot be read becomes a row with a problem that names the line and one fix; the rows around it are read as if it were not
there. However long the table is, no more than one piece of it and one row is held.
CSV: https://www.rfc-editor.org/rfc/rfc4180; JSON lines: https://jsonlines.org/.
"""

from __future__ import annotations

import csv
import json
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple, NoReturn

import orjson

from workbench.models.base import JsonValue
from workbench.sentence import Sentence, say

from .strict_json import clip

MOST_COLUMNS: Final = 2_000
LONGEST_CELL: Final = 131_072
"""Characters: the limit of the standard library's reader, which this process leaves as it is."""

_HALF = re.compile("[\ud800-\udfff]")
_BIG = re.compile(r"[0-9]{19}")
_FORMULA = re.compile(r"\s*=(?!\s*$)")


class TableRow(NamedTuple):
    """One row: its number (from 1, the header not counted), the line it begins on, its cells by column, and what is wrong with it.

    Cells of a CSV are the texts as they are written. A row with a problem holds what could be read of it, so that a person can mend it.
    """

    number: int
    line: int
    cells: dict[str, JsonValue]
    problem: Sentence | None = None


class Piece(NamedTuple):
    """Whole lines of a table with their ends, and the byte they begin at. ``cut``: its one line is too long, and only its start is here."""

    lines: Sequence[str]
    offset: int = 0
    cut: bool = False


class Mark(NamedTuple):
    """A place in a table from which it can be read on: after row ``number`` and line ``line``, at byte ``offset``."""

    number: int = 0
    line: int = 0
    offset: int = 0


Marked = Callable[[Mark], object]


def csv_rows(
    pieces: Iterable[Piece], columns: Sequence[str], delimiter: str, *, at: Mark, after: int = 0, marked: Marked | None = None
) -> Iterator[TableRow]:  # fmt: skip
    """Give the rows after row ``after`` of a CSV without its header, in their order; never raises for what it reads.

    Args:
        pieces: its lines from ``at`` on; bytes that are not in its encoding decoded by ``surrogateescape``.
        columns: the names of its columns, all different.
        delimiter: what separates its cells.
        at: the place where the first piece begins.
        after: rows up to this one are counted and left out.
        marked: is told each place from which one can read on later.
    """
    return _CsvRows(pieces, columns, delimiter, at, after, marked).rows()


def json_rows(
    pieces: Iterable[Piece], *, at: Mark, after: int = 0, marked: Marked | None = None
) -> Iterator[TableRow]:
    """Give the rows after row ``after`` of JSON lines, in their order; never raises for what it reads. See ``csv_rows``."""
    number, line = at.number, at.line
    for piece in pieces:
        if marked is not None:
            marked(Mark(number, line, piece.offset))
        for text in piece.lines:
            line += 1
            if not text.strip():
                continue
            number += 1
            if number > after:
                cells = _too_long() if piece.cut else _object(text)
                yield (
                    TableRow(number, line, {}, cells)
                    if isinstance(cells, Sentence)
                    else TableRow(number, line, cells)
                )


def _object(text: str) -> dict[str, JsonValue] | Sentence:
    """Return the object that a line is, or what is wrong with it."""
    if _HALF.search(text):
        return _not_in_encoding()
    try:
        # orjson makes a float of an integer above 64 bits: such a line is read by the slower reader, which keeps it
        value = json.loads(text, parse_constant=_no_constant) if _BIG.search(text) else orjson.loads(text)
    except (ValueError, RecursionError):
        return say(
            "This line is not JSON. Write one object in braces on each line, such as {example}.",
            example='{"email": "ada@example.com"}',
        )
    if not isinstance(value, dict):
        return say("This line is JSON, but no object. Put its values in braces, each with its column's name.")
    return value


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


class _TooLong(Exception):
    """The line at hand is too long to be read."""


class _CsvRows:
    """One walk over a CSV. ``number`` and ``line`` are those of the row that was read last."""

    def __init__(
        self, pieces: Iterable[Piece], columns: Sequence[str], delimiter: str, at: Mark, after: int, marked: Marked | None
    ) -> None:  # fmt: skip
        self.number, self.line = at.number, at.line
        self._pieces, self._columns, self._delimiter = iter(pieces), tuple(columns), delimiter
        self._after, self._marked = after, marked
        self._fresh: Iterator[str] = iter(())
        self._back: deque[str] = deque()
        self._taken: list[str] = []
        self._careful = False
        self._cut = False

    def rows(self) -> Iterator[TableRow]:
        while True:  # once more after each row that cannot be read
            try:
                yield from self._read()
            except csv.Error:
                yield from self._broken()
            except _TooLong:
                self.number, line, self.line = (
                    self.number + 1,
                    self.line + 1,
                    self.line + len(self._taken) + 1,
                )
                self._taken.clear()
                if self.number > self._after:
                    yield TableRow(self.number, line, {}, _too_long())
            else:
                return

    def _read(self) -> Iterator[TableRow]:
        columns, taken, width, after = self._columns, self._taken, len(self._columns), self._after
        for cells in csv.reader(self._lines(), delimiter=self._delimiter, strict=True):
            line = self.line + 1
            self.line += len(taken)
            taken.clear()
            if not any(cells):
                continue  # a spreadsheet writes its empty rows too
            self.number += 1
            if self.number <= after:
                continue
            problem = self._wrong(cells) if self._careful or len(cells) != width else None
            yield TableRow(self.number, line, dict(zip(columns, cells)), problem)  # noqa: B905 - a ragged row is told

    def _broken(self) -> Iterator[TableRow]:
        """Give the row whose quotes do not fit; the lines that an open quote took in are read again on their own."""
        first, rest = self._taken[0], self._taken[1:]
        self._back.extendleft(reversed(rest))
        self._taken.clear()
        self.number += 1
        self.line += 1
        if self.number > self._after:
            start = dict(zip(self._columns, first.rstrip("\r\n").split(self._delimiter)))  # noqa: B905 - as far as it goes
            yield TableRow(self.number, self.line, start, _unreadable(first, alone=not rest))

    def _lines(self) -> Iterator[str]:
        """Give the lines from here on, and note them in ``taken``."""
        taken, back = self._taken, self._back
        while True:
            while back:
                line = back.popleft()
                taken.append(line)
                yield line
            if self._cut:
                self._cut = False
                raise _TooLong
            for line in self._fresh:
                taken.append(line)
                yield line
            if not self._next_piece():
                return

    def _next_piece(self) -> bool:
        piece = next(self._pieces, None)
        if piece is None:
            return False
        if not self._taken and self._marked is not None:
            self._marked(Mark(self.number, self.line, piece.offset))
        self._cut = piece.cut
        self._fresh = iter(() if piece.cut else piece.lines)
        # Most pieces hold nothing that has to be looked at cell by cell; the row at hand may have begun in one that does.
        before = self._careful and bool(self._taken)
        self._careful = before or _is_odd("".join(piece.lines), self._delimiter)
        return True

    def _wrong(self, cells: Sequence[str]) -> Sentence | None:
        """Return what is wrong with the cells of a row, or None."""
        width = len(self._columns)
        if len(cells) < width:
            return say(
                "This row has {cells} cells, the first row {columns}. Add the separators that lack, also for empty cells.",
                cells=len(cells), columns=width,
            )  # fmt: skip
        if any(cell.strip() for cell in cells[width:]):
            return say(
                "This row has {cells} cells, the first row {columns}. Put a text that holds the separator in double quotes.",
                cells=len(cells), columns=width,
            )  # fmt: skip
        for name, cell in zip(self._columns, cells, strict=False):
            if "\0" in cell:
                return say(
                    "“{column}” holds a NUL character, which nobody can read. Save the file again as CSV in UTF-8.", column=clip(name)
                )  # fmt: skip
            if _HALF.search(cell):
                return _not_in_encoding()
            if _FORMULA.match(cell):
                return say(
                    "“{column}” holds a formula instead of its result. Copy the column in the spreadsheet, paste it as values, "
                    "and save again.",
                    column=clip(name),
                )  # fmt: skip
        return None


def _is_odd(text: str, delimiter: str) -> bool:
    """Return whether a piece may hold a formula, a NUL, or bytes that are not in the table's encoding."""
    if "\0" in text or (not text.isascii() and _HALF.search(text) is not None):
        return True
    if "=" not in text:
        return False
    return re.search(rf'(?:^|[{re.escape(delimiter)}\r\n])[ \t]*"?\s*=', text) is not None


def _unreadable(line: str, *, alone: bool) -> Sentence:
    if alone and len(line) > LONGEST_CELL and '"' not in line:
        return say(
            "A cell of this row has more than {most} characters. Shorten it, or leave its column out.", most=LONGEST_CELL
        )  # fmt: skip
    return say(
        "The double quotes of this row do not fit. Close each text, and write a quote inside of one twice."
    )


def _too_long() -> Sentence:
    return say("This line is too long to be a row of a table. Check that each row ends with a line break.")


def _not_in_encoding() -> Sentence:
    return say(
        "This row holds characters of another encoding. Choose the encoding the file was saved in, or save it as UTF-8."
    )


def cells_of(row: Mapping[str, JsonValue], columns: Sequence[str]) -> tuple[JsonValue, ...]:
    """Return a row's cells in the order of ``columns``; None where it has none."""
    return tuple(row.get(name) for name in columns)
