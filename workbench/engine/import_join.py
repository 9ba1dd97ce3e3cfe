"""IMPORT JOIN: which row of the table a line of an error report is about: by the record's key, else by the line (R-SYNC-15).

What a report's numbers count is documented nowhere: lines of the file (a row with line breaks has several), records with the header or
without it, or from 0. The way that agrees with the keys is taken, else the first that all numbers fit.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from typing import Final, Literal

from .import_report_words import ReportLine

Counting = Literal["line", "record", "row", "index"]
"""``line`` counts lines of the file and ``record`` records, the header is 1; ``row`` and ``index`` rows alone, from 1 and from 0."""
_ORDER: Final[dict[str, tuple[Counting, ...]]] = {
    "line": ("line", "record", "row", "index"),
    "row": ("record", "row", "line", "index"),
    "index": ("index", "row", "record", "line"),
}


class PartRows:
    """The rows of one part's file, in its order. A million of them take some 100 MB with their keys, 16 without."""

    def __init__(self) -> None:
        self._rows = array("Q")
        self._lines = array("Q")
        self._next = 2
        self._places: dict[int, int] = {}
        self._several: set[int] = set()

    def add(self, row: int, cells: Sequence[str]) -> None:
        """Take the next row of the file: its number in the table and its cells, the key first."""
        key = _key(cells[0]) if cells else 0
        if key and self._places.setdefault(key, len(self._rows)) != len(self._rows):
            self._several.add(key)
        self._rows.append(row)
        self._lines.append(self._next)
        self._next += 1 + sum(_breaks(cell) for cell in cells)

    def __len__(self) -> int:
        return len(self._rows)

    def counting(self, said: Sequence[ReportLine]) -> Counting:
        """Return what the numbers of a report count, by as many of its lines as were read so far."""
        numbered = [one for one in said if one.line is not None]
        hint = Counter(one.counts for one in numbered).most_common(1)
        order = _ORDER[hint[0][0] if hint else "line"]
        keyed = [(one.line or 0, place) for one in numbered if (place := self._by_key(one.key)) is not None]
        if keyed:
            return max(order, key=lambda way: sum(self._by_line(way, line) == place for line, place in keyed))
        return next(
            (way for way in order if all(self._by_line(way, one.line or 0) is not None for one in numbered)),
            order[0],
        )

    def joined(self, said: ReportLine, way: Counting) -> tuple[int, int]:
        """Return the row of the table that a line is about, and its line in the file; 0 and what was said where it fits none."""
        place = self._by_key(said.key)
        if place is None and said.line is not None:
            place = self._by_line(way, said.line)
        if place is None:
            return 0, said.line or 0
        return self._rows[place], self._lines[place]

    def _by_key(self, key: str) -> int | None:
        """Return the place of a key that stands once in the file."""
        known = _key(key)
        return None if not known or known in self._several else self._places.get(known)

    def _by_line(self, way: Counting, line: int) -> int | None:
        count = len(self._rows)
        match way:
            case "record":
                place = line - 2
            case "row":
                place = line - 1
            case "index":
                place = line
            case "line":
                if not 2 <= line < self._next:
                    return None
                place = bisect_right(self._lines, line) - 1
        return place if 0 <= place < count else None


def _key(text: str) -> int:
    """Return what stands for a key, whatever the case of its letters; 0 for none."""
    bare = text.strip().casefold()
    return hash(bare) if bare else 0


def _breaks(cell: str) -> int:
    """Return how many line breaks are in a cell: LF, CR or CR LF."""
    if "\n" not in cell and "\r" not in cell:
        return 0
    return cell.count("\n") + cell.count("\r") - cell.count("\r\n")
