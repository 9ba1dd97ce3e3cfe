"""VERDICTS: what was decided of the contacts of a file, as lines of JSON or CSV, and counted by verdict, rule and reason.

A line holds a row's number, the contact's id and what was decided, and nothing else that the file says of anybody.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Literal

import orjson

from workbench.models.base import JsonValue
from workbench.models.decided import DecidedFile, ReasonCount
from workbench.models.rules import Decision

from .item_rows import BadRow, Item, Row, item_of
from .spreadsheet import csv_line
from .table_rows import TableRow

Form = Literal["ndjson", "csv"]
COLUMNS: Final = ("row", "id", "verdict", "rule", "reason")
BAD: Final = "bad"
"""The verdict of a row that is no contact."""


def contacts_of(rows: Iterable[TableRow]) -> list[Row]:
    """Return the contacts that a table's rows are; the column ``id`` (or ``contactId``, ``originalId``) names each."""
    found: list[Row] = []
    for row in rows:
        item = row.problem or item_of(row.cells, addressed=False)
        found.append((row.number, item) if isinstance(item, Item) else BadRow(row.number, item))
    return found


class Verdicts:
    """Writes down what was decided by one set of rules, and counts it."""

    def __init__(self, decisions: Sequence[Decision], form: Form) -> None:
        """Take everything that can be decided, in the order of the places that ``lines`` is given."""
        self._decisions, self._csv = decisions, form == "csv"
        self._ends = [self._end(one.verdict, one.rule, one.reason) for one in decisions]
        self._counts: Counter[int] = Counter()
        self._bad = 0

    @property
    def head(self) -> bytes:
        """What a file begins with."""
        return csv_line(COLUMNS).encode() if self._csv else b""

    def lines(self, rows: Sequence[Row], places: Sequence[int]) -> bytes:
        """Return the lines of rows; ``places`` are those of the decisions on the ones that are contacts."""
        self._counts.update(places)
        ends, written, decided = self._ends, [], iter(places)
        for row in rows:
            if isinstance(row, BadRow):
                self._bad += 1
                written.append(self._start(row.number, "") + self._end(BAD, "", str(row.sentence)))
            else:
                number, item = row
                written.append(self._start(number, item.id) + ends[next(decided)])
        return b"".join(written)

    def tally(self) -> DecidedFile:
        """Return what was decided so far, counted."""
        reasons = [
            ReasonCount(verdict=one.verdict, rule=one.rule, reason=one.reason, rows=self._counts[place])
            for place, one in enumerate(self._decisions)
            if self._counts[place]
        ]
        return total([DecidedFile(bad=self._bad, reasons=tuple(reasons))])

    def _start(self, number: int, id: str) -> bytes:
        if self._csv:
            return csv_line((str(number), id)).encode("utf-8", "replace")[:-2]
        return b'{"row":%d,"id":%b' % (number, orjson.dumps(id))

    def _end(self, verdict: str, rule: str, reason: str) -> bytes:
        if self._csv:
            return b"," + csv_line((verdict, rule, reason)).encode("utf-8", "replace")
        told: Mapping[str, JsonValue] = {"verdict": verdict, "rule": rule, "reason": reason}
        return b"," + orjson.dumps(told, option=orjson.OPT_APPEND_NEWLINE)[1:]


def total(parts: Iterable[DecidedFile]) -> DecidedFile:
    """Return the counts of all parts of a file together, the most frequent reason first."""
    bad = fell_back = 0
    counts: Counter[tuple[str, str, str]] = Counter()
    files: list[str] = []
    for part in parts:
        bad, fell_back = bad + part.bad, fell_back + part.fell_back
        files += part.files
        for one in part.reasons:
            counts[one.verdict, one.rule, one.reason] += one.rows
    accepted = sum(rows for (verdict, _, _), rows in counts.items() if verdict == "accept")
    reasons = [
        ReasonCount.model_validate({"verdict": verdict, "rule": rule, "reason": reason, "rows": rows})
        for (verdict, rule, reason), rows in sorted(counts.items(), key=lambda one: (-one[1], one[0]))
    ]
    contacts = counts.total()
    return DecidedFile(
        rows=contacts + bad, accepted=accepted, rejected=contacts - accepted, bad=bad, fell_back=fell_back,
        reasons=tuple(reasons), files=tuple(files),
    )  # fmt: skip
