"""ITEM FORMS: the three forms an item file has, told by how it begins, and cut into rows as its bytes come."""

from __future__ import annotations

import csv
import re
from typing import Final, Protocol

from workbench.models.base import JsonValue
from workbench.sentence import Sentence, say

from .item_rows import (
    MAX_LINE,
    NO_UTF8,
    TOO_LONG,
    BadRow,
    Item,
    Row,
    is_json,
    item_of,
    read_lines,
    read_row,
    read_rows,
)

DELIMITERS: Final = (",", ";", "\t", "|")
_MARK = b"\xef\xbb\xbf"
_KNOWN = frozenset({"id", "contactid", "originalid", "canceluri", "rejecturi"})

_EMPTY = say("There is nothing between two commas. Remove one of them.")
_BEHIND = say("Something stands behind the end of the array. An item file is one array.")
_QUOTE = say("The quotes of this row are not right. A quote within a cell is written twice.")
_TWICE = say("The header names two columns alike, so it is not sure which one counts. Rename one.")


class Form(Protocol):
    """Cuts bytes into rows. ``cut`` is set by ``close`` where the file ended in the middle of one.

    ``addressed``: each row needs the address that rejects it.
    """

    cut: bool
    addressed: bool

    def feed(self, part: bytes) -> list[Row]:
        """Return the rows that this part completes."""

    def close(self) -> list[Row]:
        """Return the rows that the end completes."""


def form_of(start: bytes, *, ended: bool) -> Form | None:
    """Return the form of a file that begins with ``start``; None where that cannot be told yet, or the file is empty."""
    skipped = len(start) - len(start.removeprefix(_MARK))
    bare = start[skipped:].lstrip()
    if not bare:
        return Lines(skipped) if len(start) > MAX_LINE else None
    if not ended and len(start) < len(_MARK):
        return None
    if bare[:1] == b"[":
        return Elements(len(start) - len(bare) + 1)
    if bare[:1] == b"{":
        return Lines(skipped)
    end = bare.find(b"\n")
    if end < 0 and not ended and len(bare) <= MAX_LINE:
        return None
    return _table(bare[: end if end >= 0 else len(bare)], len(start) - len(bare)) or Lines(skipped)


# -- Lines of JSON -----------------------------------------------------------------------------------------------------


class _ByLine:
    """Cuts at line feeds; a line beyond ``MAX_LINE`` is passed over without being kept."""

    addressed = True

    def __init__(self, skip: int) -> None:
        self.cut = False
        self._skip = skip  # bytes at the file's start that belong to no row
        self._rest = bytearray()
        self._over = False
        self._number = 1

    def feed(self, part: bytes) -> list[Row]:
        """Return the rows of the lines that end in this part."""
        if self._skip:
            part, self._skip = part[self._skip :], 0
        end = part.rfind(b"\n") + 1
        if not end:
            self._keep(part)
            return []
        rows: list[Row] = []
        if self._over:
            rows.append(BadRow(self._number, TOO_LONG))
            self._number += 1
            self._over = False
            start = part.find(b"\n") + 1
            block = part[start:end]
        else:
            block = bytes(self._rest) + part[:end] if self._rest else part[:end]
        self._rest.clear()
        self._keep(part[end:])
        if block:
            rows += self._rows(block)
        return rows

    def _keep(self, part: bytes) -> None:
        if not self._over:
            self._rest += part
            if len(self._rest) > MAX_LINE:
                self._over = True
                self._rest.clear()

    def _rows(self, block: bytes) -> list[Row]:
        raise NotImplementedError

    def close(self) -> list[Row]:
        """Return the row of a last line that is too long; its end never came."""
        self.cut = self._over
        return [BadRow(self._number, TOO_LONG)] if self._over else []


class Lines(_ByLine):
    """One JSON object a line."""

    def _rows(self, block: bytes) -> list[Row]:
        first, count = self._number, block.count(b"\n")
        self._number += count
        return read_lines(block, first, count, addressed=self.addressed)

    def close(self) -> list[Row]:
        """Return the row of a last line that has no end. One that is no JSON was cut."""
        line = bytes(self._rest)
        if self._over or not line.strip():
            return super().close()
        self._rest.clear()
        self.cut = not is_json(line)
        return read_rows([line], self._number, addressed=self.addressed)


# -- A JSON array ------------------------------------------------------------------------------------------------------

_TOKEN = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"|["\[\]{},]', re.DOTALL)
_FLAT = rb'\{(?:[^{}\[\]"]++|"[^"\\]*+(?:\\.[^"\\]*+)*+")*+\}'
_WHOLE = re.compile(
    rb'\s*+(\{(?:[^{}\[\]"]++|"[^"\\]*+(?:\\.[^"\\]*+)*+"|' + _FLAT + rb")*+\})\s*+,", re.DOTALL
)
"""An object with no more than objects of scalars in it, and the comma behind it: what nearly all elements are."""


class Elements:
    """The elements of one JSON array."""

    addressed = True

    def __init__(self, skip: int) -> None:
        self.cut = False
        self._skip = skip
        self._rest = bytearray()
        self._at = 0  # how far the rest was looked through
        self._wait = 0  # how long the rest must be before it is worth looking again
        self._depth = 0
        self._number = 1
        self._ended = False
        self._over = False

    def feed(self, part: bytes) -> list[Row]:
        """Return the rows of the elements that end in this part."""
        if self._skip:
            part, self._skip = part[self._skip :], 0
        if self._ended:
            return self._behind(part)
        self._rest += part
        if len(self._rest) < self._wait:
            return []
        elements: list[bytes] = []
        rows: list[Row] = []
        start = self._cut_up(elements, rows)
        self._read(elements, rows)
        behind = bytes(self._rest[start:]) if self._ended else b""
        del self._rest[:start]
        self._at -= start
        if self._ended:
            self._rest.clear()
            return rows + self._behind(behind)
        if len(self._rest) > MAX_LINE:
            self._pass_over()
        return rows

    def _pass_over(self) -> None:
        """Forget an element that is too long, all but how deep in brackets it is and whether it is within a text."""
        self._over = True
        rest = self._rest[self._at :]
        if len(rest) > MAX_LINE:  # a text: an open escape belongs to what comes
            escapes = len(rest) - len(rest.rstrip(b"\\"))
            rest = bytearray(b'"' + b"\\" * (escapes % 2))
        self._rest = rest
        self._at = self._wait = 0

    def _cut_up(self, elements: list[bytes], rows: list[Row]) -> int:
        """Move the elements that are whole out of the rest, and return where the first that is not begins."""
        rest, start, at = self._rest, 0, self._at
        self._wait = 0
        while True:
            if not self._depth and at == start and not self._over:
                while (whole := _WHOLE.match(rest, start)) is not None:
                    elements.append(whole[1])
                    start = whole.end()
                at = start
            token = _TOKEN.search(rest, at)
            if token is None:
                at = len(rest)
                break
            sign = token[0]
            if sign == b'"':
                # A text whose end has not come. It is read again when it is twice as long, so that tiny chunks cost no more.
                at = token.start()
                self._wait = at + 2 * (len(rest) - at)
                break
            at = token.end()
            if sign in (b"{", b"["):
                self._depth += 1
            elif self._depth and sign in (b"}", b"]"):
                self._depth -= 1
            elif not self._depth and sign in (b",", b"]"):
                self._ended = sign == b"]"
                self._element(bytes(rest[start : at - 1]), elements, rows)
                start = at
                if self._ended:
                    break
        self._at = at
        return start

    def _element(self, element: bytes, elements: list[bytes], rows: list[Row]) -> None:
        if self._over or not element.strip():
            self._read(elements, rows)
            if self._over or not self._ended:
                rows.append(BadRow(self._number, TOO_LONG if self._over else _EMPTY))
                self._number += 1
            self._over = False
            return
        elements.append(element)

    def _read(self, elements: list[bytes], rows: list[Row]) -> None:
        block = b"\n".join(elements) + b"\n"
        if elements and block.count(b"\n") == len(elements):  # as lines they are read faster
            rows += read_lines(block, self._number, len(elements), addressed=self.addressed)
        else:
            rows += read_rows(elements, self._number, addressed=self.addressed)
        self._number += len(elements)
        elements.clear()

    def _behind(self, part: bytes) -> list[Row]:
        if self._over or not part.strip():
            return []
        self._over = True  # said once
        return [BadRow(self._number, _BEHIND)]

    def close(self) -> list[Row]:
        """Return a row for what the array broke off in; it was cut where its end never came."""
        self._wait = 0
        rows = self.feed(b"")
        self.cut = not self._ended
        if self.cut and (self._over or self._rest.strip()):
            found = TOO_LONG if self._over else read_row(bytes(self._rest), addressed=self.addressed)
            rows.append((self._number, found) if isinstance(found, Item) else BadRow(self._number, found))
        return rows


# -- A table with a header ---------------------------------------------------------------------------------------------


def _table(header: bytes, skip: int) -> Table | None:
    try:
        text = header.decode().strip("\r\n")
    except UnicodeDecodeError:
        return None
    for delimiter in DELIMITERS:
        try:
            names = [name.strip() for name in next(csv.reader([text], delimiter=delimiter, strict=True), [])]
        except csv.Error:
            continue
        if len(names) > 1 and _KNOWN & {name.lower() for name in names}:
            return Table(skip + len(header) + 1, names, delimiter)
    return None


class Table(_ByLine):
    """Rows of cells under a header. A cell in quotes may hold line ends, and quotes written twice."""

    def __init__(self, skip: int, names: list[str], delimiter: str) -> None:
        super().__init__(skip)
        self._names = names
        self._delimiter = delimiter
        self._twice = len(set(names)) < len(names)
        self._held: list[bytes] = []  # lines of a row whose quotes are not closed yet
        self._length = 0
        self._quotes = 0

    def _rows(self, block: bytes) -> list[Row]:
        rows: list[Row] = []
        for line in block.split(b"\n")[:-1]:
            self._push(line, rows)
        return rows

    def _push(self, line: bytes, rows: list[Row]) -> None:
        self._held.append(line)
        self._length += len(line) + 1
        self._quotes += line.count(b'"')
        if self._quotes % 2 == 0 or self._length > MAX_LINE:
            self._release(rows)

    def _release(self, rows: list[Row]) -> None:
        """Read the lines that are held as one row. Where they are none, a quote was only a sign of a cell: each line is a row then."""
        held = self._held
        self._held, self._length, self._quotes = [], 0, 0
        line = b"\n".join(held)
        if not line or line.isspace():
            return
        found = self._item(line)
        if len(held) > 1 and not isinstance(found, Item):
            found = self._item(held[0])
        else:
            held = []
        rows.append((self._number, found) if isinstance(found, Item) else BadRow(self._number, found))
        self._number += 1
        for other in held[1:]:
            self._push(other, rows)

    def _item(self, line: bytes) -> Item | Sentence:
        if self._twice:
            return _TWICE
        if len(line) > MAX_LINE:
            return TOO_LONG
        try:
            text = line.removesuffix(b"\r").decode()
            lines = [part + "\n" for part in text.split("\n")]  # other line ends are signs of a cell
            reader = csv.reader(lines, delimiter=self._delimiter, strict=True)
            cells = next(reader, [])
            if reader.line_num < len(lines):  # several rows, which a quote within a cell seemed to join
                return _QUOTE
        except UnicodeDecodeError:
            return NO_UTF8
        except csv.Error:
            return _QUOTE
        if len(cells) != len(self._names):
            return say(
                "This row has {cells} cells, the header names {columns}. Put a cell that holds “{delimiter}” in double quotes.",
                cells=len(cells),
                columns=len(self._names),
                delimiter=self._delimiter,
            )
        document: dict[str, JsonValue] = dict(zip(self._names, cells, strict=True))
        return item_of(document, addressed=self.addressed)

    def close(self) -> list[Row]:
        """Return the row of a last line that has no end. One whose quotes are open, or that is none, was cut."""
        if self._over:
            return super().close()
        rows: list[Row] = []
        if self._rest or self._held:
            self._held.append(bytes(self._rest))
            self._rest.clear()
            self._release(rows)
        self.cut = bool(rows) and isinstance(rows[-1], BadRow)
        return rows
