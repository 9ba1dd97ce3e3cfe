"""ITEMS: the item file of a sendout, read as its bytes come: lines of JSON, a JSON array or a table with a header, each also gzipped.

What is kept is one block of bytes, never the file: a million contacts take no more memory than a thousand.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Final

from workbench.sentence import Sentence, say

from .item_forms import Form, form_of
from .item_rows import BadRow, Item, Row

__all__ = ["BadRow", "Item", "ItemReader", "Row"]

PIECE: Final = 64 * 1024
"""Bytes that are worked on at a time."""
SWELL: Final = 256
"""Times its size to which a piece of gzip may swell; item files swell about 20 times."""
SWELL_ROWS: Final = 100_000
"""Rows that may come of one piece of gzip: what is smaller than an empty contact can only be a bomb."""

_GZIP = b"\x1f\x8b"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_NO_UTF8 = say("The file is UTF-16, so nothing of it was read. Have it sent as UTF-8.")
_CUT = say(
    "The file ends in the middle: it was cut off on its way. Have it sent again, or fetch it once more."
)
_DAMAGED = say("The gzip file is damaged and cannot be read on from here. Have it sent again.")
_BOMB = say(
    "The gzip file swells to more than {times} times its size. No item file does, so it is not read any further.",
    times=SWELL,
)


class ItemReader:
    """Reads an item file that is pushed into it chunk by chunk; never raises for what it reads.

    Rows are numbered from 1: lines of JSON by their line, elements by their place in the array, a table's rows without its header.
    Ids that come twice are not looked for here. ``cut`` says, after ``close``, why the file was not whole; such a file must not lead to a
    finish, since that would let through everybody who was in the missing part. Memory: one chunk, what it swells to, and one row.
    """

    def __init__(self, *, addressed: bool = True) -> None:
        """Take whether each row needs the address that rejects it."""
        self.cut: Sentence | None = None
        self._addressed = addressed
        self._start = b""
        self._form: Form | None = None
        self._gzip: _Gzip | None = None
        self._known = False  # whether the first two bytes were seen

    def feed(self, chunk: bytes) -> list[Row]:
        """Return the rows that this chunk completes: a contact with its number, or a bad row. Nothing comes after a cut."""
        if not self._known:
            chunk = self._start + chunk
            self._start = b""
            if len(chunk) < len(_GZIP):
                self._start = chunk
                return []
            self._known = True
            if chunk.startswith(_GZIP):
                self._gzip = _Gzip()
        rows: list[Row] = []
        for at in range(0, len(chunk), PIECE):
            if self.cut is not None:
                break
            self._take(chunk[at : at + PIECE], rows)
        return rows

    def close(self) -> list[Row]:
        """Return the rows that the end of the file completes, and set ``cut`` where it ended too early. An empty file is whole."""
        rows: list[Row] = []
        start, self._start = self._start, b""
        if self.cut is None and self._gzip is not None and not self._gzip.whole:
            self.cut = _CUT
        if self.cut is not None:
            return rows  # what was begun may lack its end
        if self._form is None and (form := form_of(start, ended=True)) is not None:
            form.addressed = self._addressed
            self._form = form
            rows += form.feed(start)
        if self._form is not None:
            rows += self._form.close()
            self.cut = _CUT if self._form.cut else None
        return rows

    def _take(self, piece: bytes, rows: list[Row]) -> None:
        if self._gzip is None:
            self._read(piece, rows)
            return
        most = len(rows) + SWELL_ROWS
        left = max(len(piece), 1024) * SWELL
        try:
            for part in self._gzip.feed(piece):
                left -= len(part)
                if left < 0 or len(rows) > most:
                    self.cut = _BOMB
                    return
                self._read(part, rows)
        except zlib.error:
            self.cut = _DAMAGED

    def _read(self, part: bytes, rows: list[Row]) -> None:
        if self._form is None:
            part = self._start + part
            if part.startswith(_UTF16):
                self.cut = _NO_UTF8
                return
            self._form = form_of(part, ended=False)
            if self._form is None:
                self._start = part
                return
            self._form.addressed = self._addressed
            self._start = b""
        rows += self._form.feed(part)


class _Gzip:
    """Opens gzip piece by piece, also where several files were put one behind the other."""

    def __init__(self) -> None:
        self._open = zlib.decompressobj(wbits=31)
        self._padding = False

    @property
    def whole(self) -> bool:
        """Whether the file may end here."""
        return self._open.eof

    def feed(self, piece: bytes) -> Iterator[bytes]:
        """Give what the piece holds, in parts of at most ``PIECE`` bytes; raises zlib.error where it is damaged."""
        while piece:
            if self._open.eof:
                if self._padding or not piece.strip(b"\0"):
                    self._padding = True
                    if piece.strip(b"\0"):
                        raise zlib.error
                    return
                self._open = zlib.decompressobj(wbits=31)
            part = self._open.decompress(piece, PIECE)
            yield part
            if self._open.eof:
                piece = self._open.unused_data
                continue
            piece = self._open.unconsumed_tail
            while not piece and len(part) == PIECE:  # all was taken in, but not all was given out
                part = self._open.decompress(b"", PIECE)
                yield part
