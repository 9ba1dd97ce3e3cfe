"""IMPORT PARTS: a table is cut into files that the platform takes: on row borders, the header in each, none above its size (R-SYNC-13).

A row is one record of CSV as https://www.rfc-editor.org/rfc/rfc4180 has it: quotes and line breaks within a cell belong to their row.
Sizes are counted as the rows come, so that nothing but a part's first and last row is held, however long the table is.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from workbench.errors import Refused
from workbench.models.base import Problem
from workbench.models.sync import SyncPlan
from workbench.models.sync_platform import ImportRules
from workbench.sentence import say

from .spreadsheet import csv_line

LEAST_BYTES: Final = 1_000
"""Bytes of a part at the least: a smaller one would be little but its header."""


class Cut(NamedTuple):
    """One part: its number (from 1), the table's rows it begins and ends with, how many of them are in it, its bytes with the header."""

    number: int
    first: int
    last: int
    rows: int
    size: int


def line(cells: Sequence[str], delimiter: str) -> bytes:
    """Return one line of the file, in UTF-8."""
    return csv_line(cells, delimiter).encode("utf-8", "replace")


def part_bytes(rules: ImportRules, sync: SyncPlan) -> int:
    """Return the most bytes of a part, its header included: the plan's, and never more than the platform takes, less its margin."""
    wanted = sync.part_bytes or rules.part_bytes
    return max(LEAST_BYTES, min(wanted, rules.part_bytes))


def too_long(header: int, size: int, limit: int) -> Problem | None:
    """Return why a row of so many bytes fits into no part, or None."""
    if header + size <= limit:
        return None
    sentence = say(
        "This row alone has {size} bytes, and a file of the import may have {limit}. Shorten its texts, or send it by a single call.",
        size=size,
        limit=limit - header,
    )
    return Problem(field="row", sentence=sentence)


class Cutter:
    """Cuts rows into parts as they come. With the last part that was cut before it goes on behind it, and cuts the same."""

    def __init__(self, header: int, limit: int, behind: Cut | None = None) -> None:
        """Take the header's bytes and the most that a part may have. Raises Refused for a header that leaves no room."""
        if header >= limit:
            raise Refused(
                say("The header alone has {header} bytes, which is more than a file may have.", header=header)
            )
        self._header, self._limit = header, limit
        self._done = behind.number if behind else 0
        self._first = self._last = self._rows = 0
        self._size = header

    def add(self, number: int, size: int) -> Cut | None:
        """Take row ``number`` of ``size`` bytes; return the part before it, if it does not fit into that. ``too_long`` rows are refused."""
        if self._header + size > self._limit:
            raise Refused(say("Row {row} is too long for a file of the import.", row=number))
        ended = self.end() if self._rows and self._size + size > self._limit else None
        if not self._rows:
            self._first = number
        self._last = number
        self._rows += 1
        self._size += size
        return ended

    def end(self) -> Cut | None:
        """Return the part that is begun, None where there is none; the next row begins another."""
        if not self._rows:
            return None
        self._done += 1
        cut = Cut(self._done, self._first, self._last, self._rows, self._size)
        self._rows, self._size = 0, self._header
        return cut
