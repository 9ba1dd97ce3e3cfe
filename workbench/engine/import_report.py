"""IMPORT REPORT: the error report of an import, read as its bytes come: CSV, lines of JSON, a JSON list, or plain sentences; also gzipped.

Its shape is documented nowhere, so everything that makes sense is taken (``import_report_words`` says which column says what). However long
it is, one piece of it and one record are held.
"""

from __future__ import annotations

import codecs
import zlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from workbench.models.base import JsonValue
from workbench.sentence import Sentence, say

from .import_report_forms import Elements, Form, Objects, Table
from .import_report_words import ReportLine, bare_line, line_of

MOST_BYTES: Final = 2 << 30
"""Bytes of a report as it is unpacked: a part has 50 MB, so what is longer is none of its reports."""
MOST_LINES_OF_ROW: Final = 50
"""Lines that a report may have for each row of the file: one for each field that is wrong, and to spare."""
MOST_LINES: Final = 1_000
"""Lines that it may have beside these."""
PIECE: Final = 1 << 20
_UTF16: Final = (b"\xff\xfe", b"\xfe\xff")

_EMPTY = say("The report is empty.")
_NO_REPORT = say("What came in place of the report is a web page. Its address may have run out; ask again.")
_DAMAGED = say("The report is damaged and cannot be read to its end. Ask for it again.")
_TOO_LONG = say("The report is much longer than the file it is about, so it is not read to its end.")


class ReportReader:
    """Reads a report that is pushed into it; never raises for what it reads. ``problem`` says why it could not be read, or not to its end.

    ``columns`` are those of the uploaded file, its key first; ``rows`` is how many it has (None: not known).
    """

    def __init__(self, columns: Sequence[str], rows: int | None = None) -> None:
        self.problem: Sentence | None = None
        self._columns = tuple(columns)
        self._left = None if rows is None else MOST_LINES + MOST_LINES_OF_ROW * rows
        self._start = b""
        self._gzip: zlib._Decompress | None = None
        self._decoder: codecs.IncrementalDecoder | None = None
        self._form: Form | None = None
        self._head = ""
        self._bytes = 0

    def feed(self, chunk: bytes) -> list[ReportLine]:
        """Return what the report's next bytes say."""
        if self._decoder is None:
            chunk = self._start + chunk
            if len(chunk) < 4:
                self._start = chunk
                return []
        return self._take(chunk, ended=False)

    def close(self) -> list[ReportLine]:
        """Return what its end says, and set ``problem`` where it ended too early, or said nothing."""
        found = self._take(self._start if self._decoder is None else b"", ended=True)
        if self.problem is None and self._form is None:
            self.problem = _EMPTY
        if self.problem is None and self._gzip is not None and not self._gzip.eof:
            self.problem = _DAMAGED
        return found

    def _take(self, chunk: bytes, *, ended: bool) -> list[ReportLine]:
        if self.problem is not None:
            return []
        if self._decoder is None:
            self._start = b""
            if chunk.startswith(b"\x1f\x8b"):
                self._gzip = zlib.decompressobj(wbits=31)
            plain = self._gzip is None
            self._decoder = _decoder_of(chunk if plain else b"")
        found: list[ReportLine] = []
        try:
            for part in self._unpacked(chunk):
                found += self._within(self._read(part, ended=False))
        except zlib.error:
            self.problem = _DAMAGED
        if ended and self.problem is None:
            found += self._within(self._read(b"", ended=True))
        return found

    def _within(self, found: list[ReportLine]) -> list[ReportLine]:
        """Return the lines that so many rows can have; a report without end would fill the disk."""
        if self._left is None:
            return found
        self._left -= len(found)
        if self._left < 0:
            self.problem = _TOO_LONG
            return found[: self._left]
        return found

    def _unpacked(self, chunk: bytes) -> Iterator[bytes]:
        if self._gzip is None:
            yield from self._counted(chunk)
            return
        while not self._gzip.eof and self.problem is None:
            part = self._gzip.decompress(chunk, PIECE)
            yield from self._counted(part)
            chunk = self._gzip.unconsumed_tail
            if not chunk and len(part) < PIECE:  # else all was taken in, and not all was given out
                return

    def _counted(self, part: bytes) -> Iterator[bytes]:
        self._bytes += len(part)
        if self._bytes > MOST_BYTES:
            self.problem = _TOO_LONG
        else:
            yield part

    def _read(self, part: bytes, *, ended: bool) -> list[ReportLine]:
        assert self._decoder is not None, "made with the first bytes"
        text = self._decoder.decode(part, ended)
        if self._form is None:
            self._head = (self._head + text).removeprefix("\ufeff")
            bare = self._head.lstrip()
            if not bare or (not ended and "\n" not in bare and len(bare) < PIECE):
                return []
            if bare.startswith("<"):
                self.problem = _NO_REPORT
                return []
            self._form = (
                Elements()
                if bare.startswith("[")
                else Objects()
                if bare.startswith("{")
                else Table(self._columns)
            )
            text, self._head = bare, ""
        found = [*self._form.feed(text), *(self._form.close() if ended else ())]
        if self._form.cut:
            self.problem = _DAMAGED
        return [one for record in found if (one := self._told(record)) is not None]

    def _told(self, record: Mapping[str, JsonValue] | Sequence[str]) -> ReportLine | None:
        if isinstance(record, Mapping):
            return line_of(record, self._columns)
        return bare_line(record, self._columns)


def _decoder_of(start: bytes) -> codecs.IncrementalDecoder:
    name = "utf-16" if start.startswith(_UTF16) else "utf-8"
    return codecs.getincrementaldecoder(name)("replace" if name == "utf-16" else "surrogateescape")
