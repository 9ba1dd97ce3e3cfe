"""IMPORT CSV: a file looked at before it is uploaded: what the platform would refuse, or take and read wrongly (R-SYNC-12)."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator
from datetime import datetime
from hashlib import blake2b
from itertools import chain
from typing import Final

from workbench.models.base import Level, Noun, Problem
from workbench.models.run import ProblemCount
from workbench.models.shop import ShopSettings
from workbench.models.sync import SyncPlan
from workbench.models.sync_platform import SyncPlatform
from workbench.sentence import Sentence, say

from .import_header import FIELD, Header, header_of
from .import_text import Opened, opened, text_pieces
from .shop_fields import key_field
from .shop_records import Records
from .table_layout import refusal
from .table_rows import Mark, Piece, TableRow, csv_rows

LINES_LOOKED_AT: Final = 2_000
MOST_GROUPS: Final = 200
"""Kinds of problems that are told one by one; a file that has more is not the right file."""


class CsvCheck(Noun):
    """What a look at a whole file found. ``encoding`` is how it was read, ``offered`` the same where the platform cannot read it so.

    ``problems`` are the file's, ``rows_with`` those of its rows, counted by what they say (``first``: the first row, from 1). ``bad`` rows
    would be refused. ``parts``: the files that it is split into.
    """

    encoding: str = "utf-8"
    offered: str = ""
    delimiter: str = ","
    columns: tuple[str, ...] = ()
    rows: int = 0
    bad: int = 0
    size: int = 0
    parts: int = 0
    problems: tuple[Problem, ...] = ()
    rows_with: tuple[ProblemCount, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether it can be uploaded (a byte order mark is removed on the way)."""
        return not self.bad and not any(one.blocks for one in self.problems)


def check_csv(
    chunks: Iterable[bytes], platform: SyncPlatform, shop: ShopSettings, sync: SyncPlan, *, now: datetime, encoding: str = ""
) -> CsvCheck:  # fmt: skip
    """Return what a look at a file's bytes found, in one walk and bounded memory; never raises for what it reads.

    ``encoding`` is a person's choice among ``table_layout.ENCODINGS``. What is remembered of each row are 16 bytes, to find double keys.
    """
    return _Walk(platform, shop, sync, now).run(chunks, encoding)


class _Walk:
    """One walk over one file."""

    def __init__(self, platform: SyncPlatform, shop: ShopSettings, sync: SyncPlan, now: datetime) -> None:
        self.platform, self.shop, self.sync, self.now = platform, shop, sync, now
        self.size = self.rows = self.bad = 0
        self.problems: list[Problem] = []
        self.groups: dict[tuple[str, str, Level], ProblemCount] = {}
        self.keys, self.numbers = array("Q"), array("Q")
        self.other_encoding = False

    def run(self, chunks: Iterable[bytes], encoding: str) -> CsvCheck:
        file = opened(self._counted(chunks), encoding)
        if self._is_no_csv(file):
            return CsvCheck(encoding=file.encoding.name, size=self._rest(file), problems=tuple(self.problems))
        pieces = self._watched(text_pieces(file.chunks, file.encoding))
        first, whole = _first_lines(pieces)
        header = header_of(first, self.platform, self.shop, self.sync)
        self.problems += header.problems
        if header.mapping:
            self._read(_without(chain(whole, pieces), header.layout.skip), header)
        else:
            self._rest(file)
        self._encoded(file)
        self._doubles()
        return self._found(file, header)

    # -- the bytes -----------------------------------------------------------------------------------------------------

    def _counted(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            self.size += len(chunk)
            yield chunk

    def _rest(self, file: Opened) -> int:
        for _ in file.chunks:
            pass
        return self.size

    def _watched(self, pieces: Iterator[Piece]) -> Iterator[Piece]:
        """Give the pieces, and note whether one holds what is not in its encoding."""
        for piece in pieces:
            if not self.other_encoding:
                self.other_encoding = any(not line.isascii() and _has_half(line) for line in piece.lines)
            yield piece

    def _is_no_csv(self, file: Opened) -> bool:
        if wrong := refusal(file.content):
            self._wrong(wrong)
        elif file.content != "csv":
            self._wrong(
                say("This is no CSV. Give it as a table, and the workbench makes the import's file of it.")
            )
        return bool(self.problems)

    def _encoded(self, file: Opened) -> None:
        """Say in which encoding the file is, where it is not the one that the platform reads."""
        name = file.encoding.name
        if name == "utf-8-sig":
            self._wrong(
                say(
                    "The file begins with a byte order mark, which would become a part of the first name. It is removed."
                ),
                "note",
            )
        elif name != "utf-8":
            self._wrong(say(
                "The file is in {encoding}, and the platform reads UTF-8 alone. Save it as UTF-8, or let the workbench convert it.",
                encoding=name,
            ))  # fmt: skip
        elif self.other_encoding:
            self._wrong(say(
                "The file is not in UTF-8 from its beginning to its end; most likely it is in {encoding}. Choose that, and the workbench "
                "converts it, or save it as UTF-8.",
                encoding="cp1252",
            ))  # fmt: skip

    # -- the rows ------------------------------------------------------------------------------------------------------

    def _read(self, pieces: Iterator[Piece], header: Header) -> None:
        layout = header.layout
        records = Records(
            self.platform, self.shop, self.sync.model_copy(update={"how": "import"}), header.mapping
        )
        before: TableRow | None = None
        for row in csv_rows(pieces, layout.columns, layout.delimiter, at=Mark(0, layout.skip)):
            self.rows += 1
            if before is not None and row.line - before.line > 1:
                self._broken_lines(before)
            before = row
            if row.problem is not None:
                self.bad += 1
                self._told(row.number, "row", row.problem, "error")
                continue
            record = records.row(row.cells, now=self.now)
            self.bad += not record.ok
            for one in record.problems:
                self._told(row.number, one.field, one.sentence, one.level)
            if record.key and record.ok:
                self.keys.append(_short(record.key))
                self.numbers.append(row.number)
        if before is not None:
            self._broken_lines(before)

    def _broken_lines(self, row: TableRow) -> None:
        if any(isinstance(cell, str) and ("\n" in cell or "\r" in cell) for cell in row.cells.values()):
            self._told(
                row.number,
                "row",
                say("A cell of this row has several lines. They belong to their row, and arrive so."),
                "note",
            )

    def _doubles(self) -> None:
        """Find the keys that stand in several rows: sorted, equal ones are neighbours."""
        import numpy  # takes a tenth of a second: only who looks at a file pays it

        keys, numbers = numpy.array(self.keys, dtype="uint64"), numpy.array(self.numbers, dtype="uint64")
        order = numpy.argsort(keys, kind="stable")
        again = numpy.flatnonzero(keys[order][1:] == keys[order][:-1]) + 1
        if not len(again):
            return
        found = numbers[order]
        at = int(again[numpy.argmin(found[again])])
        key = key_field(self.platform, self.sync.entity, self.sync.by)
        sentence = say(
            "“{field}” is the same in row {first} and row {second}, and nobody knows which one is taken last. Remove one of the two.",
            field=key, first=int(found[at - 1]), second=int(found[at]),
        )  # fmt: skip
        self.bad += len(again)
        self.groups[key, sentence.text, "error"] = ProblemCount(
            field=key, sentence=sentence, rows=len(again), first=int(found[at])
        )

    def _told(self, number: int, field: str, sentence: Sentence, level: Level) -> None:
        group = field, sentence.text, level
        known = self.groups.get(group)
        if known is not None:
            self.groups[group] = known.model_copy(update={"rows": known.rows + 1})
        elif len(self.groups) < MOST_GROUPS:
            self.groups[group] = ProblemCount(field=field, sentence=sentence, level=level, first=number)

    # -- what is said --------------------------------------------------------------------------------------------------

    def _found(self, file: Opened, header: Header) -> CsvCheck:
        if header.mapping and not self.rows:
            self._wrong(say("The file has a header and no row below it. Export it again, with its rows."))
        limit = self.platform.imports.part_bytes
        parts = -(-self.size // limit) if self.rows else 0
        if self.size > self.platform.imports.bytes:
            self._wrong(say(
                "The file has {size} MB, and the platform takes {most}. It is split into about {parts} parts.",
                size=self.size // 1_000_000, most=self.platform.imports.bytes // 1_000_000, parts=parts,
            ), "note")  # fmt: skip
        name = file.encoding.name
        offered = name if name not in ("utf-8", "utf-8-sig") else "cp1252" if self.other_encoding else ""
        order: dict[Level, int] = {"error": 0, "warning": 1, "note": 2}
        told = sorted(self.groups.values(), key=lambda one: (order[one.level], -one.rows, one.first))
        return CsvCheck(
            encoding=name, offered=offered, delimiter=header.layout.delimiter, columns=header.layout.columns, rows=self.rows,
            bad=self.bad, size=self.size, parts=parts, problems=tuple(self.problems), rows_with=tuple(told),
        )  # fmt: skip

    def _wrong(self, sentence: Sentence, level: Level = "error") -> None:
        self.problems.append(Problem(field=FIELD, sentence=sentence, level=level))


def _first_lines(pieces: Iterator[Piece]) -> tuple[list[str], list[Piece]]:
    """Return the first lines of a file, and the pieces that were taken for it."""
    lines: list[str] = []
    taken: list[Piece] = []
    for piece in pieces:
        taken.append(piece)
        lines += piece.lines[: LINES_LOOKED_AT - len(lines)]
        if len(lines) >= LINES_LOOKED_AT:
            break
    return lines, taken


def _without(pieces: Iterable[Piece], skip: int) -> Iterator[Piece]:
    """Give the pieces without the first lines, those of the header."""
    for piece in pieces:
        if skip:
            skip, piece = max(0, skip - len(piece.lines)), piece._replace(lines=piece.lines[skip:])
        yield piece


def _has_half(line: str) -> bool:
    try:
        line.encode()
    except UnicodeEncodeError:
        return True
    return False


def _short(key: str) -> int:
    return int.from_bytes(blake2b(key.encode("utf-8", "surrogatepass"), digest_size=8).digest())
