"""IMPORT REPORT FORMS: the three forms that an error report may have, cut into records as its text comes."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from typing import Final, Protocol

from workbench.models.base import JsonValue

from .import_report_words import knows

MOST_RECORD: Final = 4 << 20
"""Characters of one record; a quote that is never closed would take in the rest of the file."""
MOST_WHOLE: Final = 64 << 20
"""Characters of a report that is one JSON object, and can only be read as a whole."""
_DELIMITERS: Final = (",", ";", "\t", "|")

Record = Mapping[str, JsonValue] | Sequence[str]
"""What a report says of one row: values by name, or cells without a header."""


class Form(Protocol):
    """Cuts text into records. ``cut``: it ended, or cannot be read on, in the middle of one."""

    cut: bool

    def feed(self, text: str) -> list[Record]:
        """Return the records that this text completes."""
        ...

    def close(self) -> list[Record]:
        """Return the records that the end completes."""
        ...


class Table:
    """Lines with cells, under a header or without one. A record ends where its quotes do, so that line breaks within a cell are its own."""

    def __init__(self, columns: Sequence[str]) -> None:
        self.cut = False
        self._columns = columns
        self._rest = ""
        self._lines: list[str] = []
        self._quotes = self._length = 0
        self._delimiter = ""
        self._header: list[str] | None = None
        self._begun = False

    def feed(self, text: str) -> list[Record]:
        """Return the records that this text completes."""
        *lines, self._rest = (self._rest + text).split("\n")
        self.cut = len(self._rest) > MOST_RECORD
        return [record for one in lines for record in self._line(one + "\n")]

    def close(self) -> list[Record]:
        """Return the records that the end completes; of a quote that is still open, line by line."""
        found = self._line(self._rest) if self._rest else []
        self._rest = ""
        return found + self._given_up()

    def _line(self, line: str) -> list[Record]:
        self._lines.append(line)
        self._quotes += line.count('"')
        self._length += len(line)
        if self._quotes % 2 == 0:
            record = self._record("".join(self._lines))
            self._forget()
            return [] if record is None else [record]
        return self._given_up() if self._length > MOST_RECORD else []

    def _given_up(self) -> list[Record]:
        """Return what was begun by a quote that is never closed, line by line."""
        lines = list(self._lines)
        self._forget()
        found = [self._record(one.replace('"', "")) for one in lines]
        return [one for one in found if one is not None]

    def _forget(self) -> None:
        self._lines, self._quotes, self._length = [], 0, 0

    def _record(self, text: str) -> Record | None:
        text = _mended(text.rstrip("\r\n"))
        if not text.strip():
            return None
        if not self._begun:
            return self._first(text)
        cells = _cells(text, self._delimiter)
        if self._header is None:
            return cells
        return dict(zip(self._header, [*cells, *[""] * (len(self._header) - len(cells))], strict=False))

    def _first(self, text: str) -> Record | None:
        """Find out the delimiter, and whether the first record is a header."""
        self._begun = True
        if (
            text.lower().startswith("sep=") and len(text) == 5
        ):  # a spreadsheet's own line in front of the header
            self._begun = False
            return None
        self._delimiter = max(_DELIMITERS, key=lambda one: len(_cells(text, one)))
        cells = _cells(text, self._delimiter)
        if knows(cells, self._columns):
            self._header = [cell.strip() for cell in cells]
            return None
        return cells


class Objects:
    """One JSON object a line, or one object that holds the list."""

    def __init__(self) -> None:
        self.cut = False
        self._rest = ""
        self._whole = False

    def feed(self, text: str) -> list[Record]:
        """Return the records of the lines that end in this text; none once an object goes over several lines."""
        self._rest += text
        self.cut = len(self._rest) > MOST_WHOLE
        if self._whole:
            return []
        *lines, self._rest = self._rest.split("\n")
        found: list[Record] = []
        for at, line in enumerate(lines):
            value = _json(_mended(line)) if line.strip() else {}
            if value is None:  # an object over several lines
                self._rest, self._whole = "\n".join([*lines[at:], self._rest]), True
                return found
            found += _records(value)
        return found

    def close(self) -> list[Record]:
        """Return the records of the last line, or of the one object."""
        text, self._rest = self._rest, ""
        value = _json(_mended(text)) if text.strip() else {}
        self.cut = value is None
        return _records(value)


class Elements:
    """The elements of one JSON list."""

    def __init__(self) -> None:
        self.cut = False
        self._rest = ""
        self._decoder = json.JSONDecoder()
        self._wait = 0
        self._begun, self._open = False, True

    def feed(self, text: str) -> list[Record]:
        """Return the elements that end in this text."""
        self._rest += text
        found: list[Record] = []
        if not self._open or len(self._rest) < self._wait:
            return found
        at, rest = 0 if self._begun else 1, self._rest
        self._begun = True
        while True:
            while at < len(rest) and rest[at] in " \t\r\n,":
                at += 1
            if at < len(rest) and rest[at] == "]":
                self._open = False
                break
            try:
                value, at = self._decoder.raw_decode(rest, at)
            except (ValueError, RecursionError):
                break
            found += _records(value)
        self._rest = "" if not self._open else rest[at:]
        self._wait = 2 * len(
            self._rest
        )  # read again when it is twice as long, so that small chunks cost no more
        self.cut = len(self._rest) > MOST_RECORD
        return found

    def close(self) -> list[Record]:
        """Return the last elements; a list that was not closed was cut."""
        self._wait = 0
        found = self.feed("")
        self.cut = self._open
        return found


def _records(value: JsonValue) -> list[Record]:
    """Return the records in a JSON value: itself, or those of the first list of objects within it that it holds beside nothing of a row."""
    if isinstance(value, str):
        return [[value]]
    if isinstance(value, list):
        return [[str(one) for one in value]] if value else []
    if not isinstance(value, dict) or not value:
        return []
    for name, inner in value.items():
        plural = name.casefold() in (
            "rows",
            "results",
            "items",
            "records",
            "failures",
            "failed",
            "errors",
            "lines",
            "data",
        )
        if (
            plural
            and isinstance(inner, list)
            and inner
            and not knows([other for other in value if other != name], ())
        ):
            return [record for one in inner for record in _records(one)]
    return [value]


def _json(text: str) -> JsonValue:
    try:
        value: JsonValue = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else {}


def _cells(text: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([text], delimiter=delimiter), [])
    except csv.Error:
        return text.split(delimiter)


def _mended(text: str) -> str:
    """Return text whose bytes are no UTF-8 as old spreadsheets meant them."""
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogateescape").decode("cp1252", "replace")
    return text
