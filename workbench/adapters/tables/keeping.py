"""TABLES: the tables that runs are made of: files in the workbench's keeping, sealed, and files that lie on this machine.

What is kept about a table (its name, its columns, its first rows) is sealed as its rows are, and each table has a key of its own: a
deleted one cannot be opened by anybody.
"""

from __future__ import annotations

import asyncio
import bisect
import io
import json
import threading
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain, islice
from pathlib import Path
from typing import Any, Final

import orjson

from workbench.adapters.blobs import Blobs
from workbench.adapters.clock import new_id
from workbench.adapters.home import Home
from workbench.adapters.sealed_rows import RowKey
from workbench.engine.strict_json import clip
from workbench.engine.table_layout import (
    ENCODINGS,
    Content,
    content_of,
    empty,
    encoding_of,
    json_columns,
    layout_of,
    refusal,
)
from workbench.engine.table_ranges import WHOLE, Block, TableRange, cuts, joined_rows
from workbench.engine.table_rows import Mark, Piece, TableRow, cells_of, csv_rows, json_rows
from workbench.errors import NotFound, Refused
from workbench.models.base import Problem
from workbench.models.run import Table, TableFormat
from workbench.sentence import Sentence, say

from . import frames
from .look import BlockLook, Look, look_at
from .ranges import NO_PLACE, first_row, read_block
from .sealed import SealedWriter
from .shelf import Kept, Sealer, TableShelf, changed_at, unreadable
from .text import PIECE, pieces

SAMPLE_ROWS: Final = 20
LINES_LOOKED_AT: Final = 2_000
MOST_KEPT: Final = 4 << 30
"""Bytes of an upload."""
MOST_IN_MEMORY: Final = 256 << 20
"""Bytes of a kept Parquet file, or of a JSON list: they are opened in memory, since their end has to be read first."""


class Tables:
    """The tables of one home. What a file holds is told by its content, never by its name.

    What is wrong with a table stands in ``Table.problems``, what is wrong with a row in ``TableRow.problem``: a bad file raises nothing.
    Every method may raise StorageFault and CannotWrite.
    """

    def __init__(self, home: Home, vault: Sealer, blobs: Blobs | None = None) -> None:
        """Take where files are kept: by default the home's folder."""
        self._shelf = TableShelf(home, vault, blobs)
        self._marks: dict[str, list[Mark]] = {}
        self._turn = threading.Lock()

    # -- taking tables in --------------------------------------------------------------------------------------------

    async def keep(
        self, name: str, chunks: Iterable[bytes] | AsyncIterable[bytes], *, encoding: str = "", delimiter: str = ""
    ) -> Table:  # fmt: skip
        """Keep an upload, sealed chunk by chunk as it comes, and return what it is. Raises Refused over 4 GB."""
        _check_choice(encoding, delimiter)
        id, key, look = new_id("tab"), RowKey.new(), Look()
        path = await asyncio.to_thread(self._shelf.path, id, "rows")
        with SealedWriter(path, key) as writer:
            async for chunk in _each(chunks):
                look.take(chunk)
                if look.size > MOST_KEPT:
                    raise Refused(say("The file is larger than {most} GB. Split it into several.", most=MOST_KEPT >> 30))  # fmt: skip
                await asyncio.to_thread(writer.write, chunk)
        look.end()
        kept = Kept(
            Table(id=id, name=name[:200], size=look.size, digest=look.digest), key.text, is_utf8=look.is_utf8
        )
        return await asyncio.to_thread(self._taken, kept, look.start, encoding, delimiter)

    async def paste(self, text: str) -> Table:
        """Keep rows that were pasted (from a spreadsheet, a CSV, or JSON lines), sealed."""
        data = text.encode("utf-8", "surrogatepass").decode("utf-8", "replace").encode()
        return await self.keep("", [data])

    async def place(
        self, path: Path | str, *, encoding: str = "", delimiter: str = "", seen: Sequence[BlockLook] = ()
    ) -> Table:
        """Take a file of this machine where it lies. For an embedded workbench only: never from a route. Raises NotFound.

        ``seen`` is what was found in each block of it; without, all of it is looked at here.
        """
        _check_choice(encoding, delimiter)
        return await asyncio.to_thread(self._placed, Path(path), encoding, delimiter, seen)

    @staticmethod
    def look_at(path: Path, at: int, until: int) -> BlockLook:
        """Return what stands in one block of a file. It blocks. Raises StorageFault."""
        try:
            return look_at(path, at, until)
        except OSError as error:
            raise unreadable(str(path), error) from None

    async def from_frame(self, frame: Any, name: str = "") -> Table:
        """Keep the rows of a DataFrame (polars, pandas, or whatever gives Arrow), or of a list of dicts, sealed. Raises Refused."""
        rows = frames.rows_of_frame(frame)
        return await self.keep(name, _json_lines(rows))

    async def change(self, id: str, *, encoding: str = "", delimiter: str = "") -> Table:
        """Read a table in another encoding or with another delimiter from now on, and return it as it is then."""
        _check_choice(encoding, delimiter)

        def work() -> Table:
            kept = self._shelf.get(id)
            with self._shelf.source(kept) as source:
                start = source.read(PIECE)
            self._marks.pop(id, None)
            return self._taken(kept, start, encoding or kept.encoding.name, delimiter or kept.table.delimiter)

        return await asyncio.to_thread(work)

    # -- the tables that are here ------------------------------------------------------------------------------------

    async def get(self, id: str) -> Table:
        """Return one table. Raises NotFound."""
        return (await asyncio.to_thread(self._shelf.get, id)).table

    async def all(self) -> list[Table]:
        """Return every table, in no order."""

        def work() -> list[Table]:
            return [self._shelf.get(id).table for id in self._shelf.ids()]

        return await asyncio.to_thread(work)

    async def delete(self, id: str) -> None:
        """Delete a table and its key; a file that lies elsewhere stays there. Raises NotFound."""

        def work() -> None:
            self._shelf.delete(id)
            self._marks.pop(id, None)

        await asyncio.to_thread(work)

    def rows(
        self, id: str, *, after: int = 0, limit: int | None = None, within: TableRange = WHOLE
    ) -> Iterator[TableRow]:
        """Give the rows after row ``after``, ``limit`` of them at most, read as they are asked for, in constant memory.

        With ``within`` those of one of the table's ranges alone, and nothing before it is read. It blocks for the disk: take it in a
        thread, or use ``batches``. A place that was read before is found again at once. Raises Refused when a file that lies elsewhere
        was changed meanwhile, and for a range of a table that is read in another way by now.
        """
        kept = self._shelf.get(id)
        if within != WHOLE and within not in kept.ranges:
            raise Refused(_read_otherwise(kept.table))
        rows = self._read(kept, after, within) if kept.readable else iter(())
        return rows if limit is None else islice(rows, limit)

    async def batches(
        self, id: str, *, after: int = 0, size: int = 1000, within: TableRange = WHOLE
    ) -> AsyncIterator[list[TableRow]]:
        """Give the rows after row ``after`` in lists of ``size``, read in a thread; with ``within`` those of a range alone."""
        rows = await asyncio.to_thread(self.rows, id, after=after, within=within)
        while batch := await asyncio.to_thread(lambda: list(islice(rows, size))):
            yield batch

    # -- its ranges --------------------------------------------------------------------------------------------------

    def ranges(self, id: str) -> tuple[TableRange, ...]:
        """Return the ranges that a table's rows were cut into, in their order; none while nobody looked for them. It blocks."""
        return self._shelf.get(id).ranges

    def blocks(self, id: str, size: int = 0) -> list[tuple[int, int]]:
        """Return the blocks of bytes by which a text table's ranges are looked for; none where they are known otherwise. It blocks."""
        kept = self._shelf.get(id)
        text = kept.readable and kept.table.format != "parquet"
        return cuts(kept.encoding.skip, kept.table.size, size) if text else []

    def read_block(self, id: str, at: int, until: int, row: int = NO_PLACE) -> Block:
        """Return how the block from byte ``at`` to byte ``until`` reads; with ``row`` as it does from that byte. It blocks."""
        kept = self._shelf.get(id)
        with self._shelf.source(kept) as source:
            return read_block(source, kept, at, until, row)

    def first_row(self, id: str) -> Mark:
        """Return the place where a text table's rows begin. It blocks."""
        kept = self._shelf.get(id)
        with self._shelf.source(kept) as source:
            return first_row(source, kept)

    def cut(self, table: Table, ranges: Sequence[TableRange]) -> None:
        """Keep the ranges of a table's rows, and with them how many rows there are. It blocks.

        Raises Refused where the table is read in another way by now than ``table`` says.
        """
        kept = self._shelf.get(table.id)
        if _reading(kept.table) != _reading(table):
            raise Refused(_read_otherwise(table))
        rows = ranges[-1].last if ranges else 0
        self._shelf.put(
            replace(kept, ranges=tuple(ranges), table=kept.table.model_copy(update={"rows": rows}))
        )

    # -- reading -----------------------------------------------------------------------------------------------------

    def _read(self, kept: Kept, after: int, within: TableRange = WHOLE) -> Iterator[TableRow]:
        if within != WHOLE:
            after = max(after, within.number)
            rows = self._rows_of(kept, after, within)
            yield from rows if within.last is None else islice(rows, max(0, within.last - after))
            return
        number = after
        for row in self._rows_of(kept, after):
            number = row.number
            yield row
        if kept.table.rows is None:
            self._counted(kept.table.id, number, after)

    def _rows_of(self, kept: Kept, after: int, within: TableRange = WHOLE) -> Iterator[TableRow]:
        table = kept.table
        if table.format == "parquet":
            last = within.last
            rows = frames.parquet_rows(self._parquet(kept), after, None if last is None else last - after)
            yield from rows
            return
        at = self._mark(kept, after) if within == WHOLE else within.mark
        with self._shelf.source(kept) as source:
            found = pieces(source, kept.encoding, at.offset)
            if within == WHOLE:
                found = _without_header(found, kept)

            def marked(mark: Mark) -> None:
                if within == WHOLE:
                    self._note(table.id, mark)

            if table.format == "jsonl":
                yield from json_rows(found, at=at, after=after, marked=marked)
            else:
                yield from csv_rows(found, table.columns, table.delimiter, at=at, after=after, marked=marked)

    def _mark(self, kept: Kept, after: int) -> Mark:
        """Return the place nearest before the row after ``after`` that was passed already."""
        with self._turn:
            marks = self._marks.get(kept.table.id, [])
            index = bisect.bisect_right(marks, after, key=lambda mark: mark.number)
            return marks[index - 1] if index else Mark(0, kept.skip, kept.encoding.skip)

    def _note(self, id: str, mark: Mark) -> None:
        with self._turn:
            marks = self._marks.setdefault(id, [])
            if not marks or mark.number > marks[-1].number:
                marks.append(mark)

    def _counted(self, id: str, number: int, after: int) -> None:
        """Keep how many rows there are, once somebody read them all."""
        kept = self._shelf.get(id)
        if kept.table.rows is None and (number > after or not after):
            self._shelf.put(replace(kept, table=kept.table.model_copy(update={"rows": number})))

    def _parquet(self, kept: Kept) -> frames.Source:
        with self._shelf.source(kept) as source:
            if kept.table.path:
                return Path(kept.table.path)
            return io.BytesIO(b"".join(iter(lambda: source.read(PIECE) or b"", b"")))

    # -- what a table is ---------------------------------------------------------------------------------------------

    def _placed(self, path: Path, encoding: str, delimiter: str, seen: Sequence[BlockLook]) -> Table:
        try:
            if not path.is_file():
                raise NotFound(say("There is no file {file}.", file=str(path)))
            size, changed = changed_at(path)
            with path.open("rb") as source:
                if seen:
                    look = Look.joined(source.read(PIECE), size, seen)
                else:
                    look = Look()
                    for chunk in iter(lambda: source.read(PIECE), b""):
                        look.take(chunk)
                    look.end()
        except OSError as error:
            raise unreadable(str(path), error) from None
        table = Table(id=new_id("tab"), name=path.name, path=str(path.resolve()), size=size, digest=look.digest)  # fmt: skip
        return self._taken(Kept(table, changed=changed, is_utf8=look.is_utf8), look.start, encoding, delimiter)  # fmt: skip

    def _taken(self, kept: Kept, start: bytes, encoding: str, delimiter: str) -> Table:
        """Find out how a table is read, keep that, and return it."""
        content = content_of(start)
        try:
            if sentence := refusal(content):
                kept = self._refused(kept, sentence)
            elif content == "parquet":
                kept = self._as_parquet(kept)
            else:
                kept = self._as_text(kept, content, start, encoding, delimiter)
        except Refused as refused:
            kept = self._refused(kept, refused.sentence)
        self._shelf.put(kept)
        return kept.table

    @staticmethod
    def _refused(kept: Kept, sentence: Sentence) -> Kept:
        problem = Problem(field="table", sentence=sentence)
        return replace(
            kept, readable=False, table=kept.table.model_copy(update={"problems": (problem,), "rows": 0})
        )

    def _as_parquet(self, kept: Kept) -> Kept:
        if not kept.table.path and kept.table.size > MOST_IN_MEMORY:
            raise Refused(say(
                "An uploaded Parquet file may have up to {most} MB. Save it as CSV, or name its path in a workbench on the machine "
                "where it lies.",
                most=MOST_IN_MEMORY >> 20,
            ))  # fmt: skip
        source = self._parquet(kept)
        columns, rows = frames.parquet_shape(source)
        kept = replace(kept, ranges=tuple(joined_rows(frames.parquet_groups(source, rows))))
        return self._sampled(kept, "parquet", columns=columns, rows=rows)

    def _as_text(self, kept: Kept, content: Content, start: bytes, encoding: str, delimiter: str) -> Kept:
        if content == "json":
            kept, start = self._as_json_lines(kept)
            content, encoding = "jsonl", ""
        found = encoding_of(start, is_utf8=kept.is_utf8, chosen=encoding)
        kept = replace(kept, encoding=found, skip=0, ranges=())
        lines = next(pieces(io.BytesIO(start), found, found.skip), Piece(())).lines[:LINES_LOOKED_AT]
        if content == "jsonl":
            return self._sampled(kept, "jsonl", columns=json_columns(lines), encoding=found.name)
        layout = layout_of(lines, delimiter)
        mixed = () if encoding or kept.is_utf8 or not _begins_as_utf8(start) else (_mixed(found.name),)
        return self._sampled(
            replace(kept, skip=layout.skip), "csv", columns=layout.columns, encoding=found.name, delimiter=layout.delimiter,
            problems=(*layout.problems, *mixed),
        )  # fmt: skip

    def _as_json_lines(self, kept: Kept) -> tuple[Kept, bytes]:
        """Return a JSON list, kept as JSON lines, and their start."""
        none = say("This is not a list of JSON objects. Write one object on each line, or a list of objects.")
        if kept.table.size > MOST_IN_MEMORY:
            raise Refused(say(
                "A JSON list may have up to {most} MB. Write one object on each line instead.", most=MOST_IN_MEMORY >> 20
            ))  # fmt: skip
        with self._shelf.source(kept) as source:
            text = b"".join(iter(lambda: source.read(PIECE) or b"", b""))
        try:
            rows = json.loads(text)
        except (ValueError, RecursionError):
            raise Refused(none) from None
        if not all(isinstance(row, dict) for row in rows):
            raise Refused(none)
        key, look = RowKey.new(), Look()
        with SealedWriter(self._shelf.path(kept.table.id, "rows"), key) as writer:
            for chunk in _json_lines(rows):
                look.take(chunk)
                writer.write(chunk)
        table = kept.table.model_copy(update={"path": "", "size": look.size})
        return replace(kept, table=table, key=key.text, is_utf8=True), look.start

    def _sampled(self, kept: Kept, kind: TableFormat, **found: Any) -> Kept:
        """Return the table with what was found out and its first rows."""
        kept = replace(kept, table=kept.table.model_copy(update={"format": kind, "problems": (), **found}))
        rows = list(islice(self._rows_of(kept, 0), SAMPLE_ROWS))
        table = kept.table
        problems = list(table.problems)
        if not rows and not problems:
            problems.append(Problem(field="table", sentence=empty()))
        problems += [Problem(field="table", sentence=row.problem, line=row.line) for row in rows if row.problem]  # fmt: skip
        sample = tuple(cells_of(row.cells, table.columns) for row in rows)
        return replace(kept, table=table.model_copy(update={"sample": sample, "problems": tuple(problems)}))


def _without_header(found: Iterator[Piece], kept: Kept) -> Iterator[Piece]:
    """Give the pieces without the lines before the first row, which the piece at the file's start holds."""
    first = next(found, None)
    if first is None:
        return iter(())
    if first.offset == kept.encoding.skip and not first.cut:
        first = first._replace(lines=first.lines[kept.skip :])
    return chain([first], found)


def _reading(table: Table) -> tuple[str, ...]:
    return table.digest, table.format, table.encoding, table.delimiter


def _read_otherwise(table: Table) -> Sentence:
    return say(
        "{table} is read in another way since its rows were looked at. Look at them again.",
        table=table.name or table.id,
    )


def _check_choice(encoding: str, delimiter: str) -> None:
    if encoding and encoding not in ENCODINGS:
        raise Refused(say(
            "The encoding “{encoding}” is not read here. Choose one of {known}.", encoding=clip(encoding), known=", ".join(ENCODINGS)
        ))  # fmt: skip
    if delimiter and (len(delimiter) != 1 or delimiter in '"\r\n\0'):
        raise Refused(say("A delimiter is one character: a comma, a semicolon, a tab or a bar."))


async def _each(chunks: Iterable[bytes] | AsyncIterable[bytes]) -> AsyncIterator[bytes]:
    if isinstance(chunks, AsyncIterable):
        async for chunk in chunks:
            yield chunk
    else:
        for chunk in chunks:
            yield chunk


def _json_lines(rows: Iterable[dict[str, Any]]) -> Iterator[bytes]:
    """Give rows as JSON lines, some thousand at a time."""
    waiting = iter(rows)
    while batch := list(islice(waiting, 2_000)):
        yield b"".join(_json_line(row) for row in batch)


def _json_line(row: dict[str, Any]) -> bytes:
    try:
        return orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE)
    except TypeError:  # an integer above 64 bits
        return json.dumps(row, allow_nan=False).encode() + b"\n"


def _begins_as_utf8(start: bytes) -> bool:
    """Return whether a file's first signs beyond ASCII are UTF-8: then what follows was meant so too."""
    try:
        valid = start.decode("utf-8")
    except UnicodeDecodeError as error:
        return not start[: error.start].isascii()
    return not valid.isascii()


def _mixed(encoding: str) -> Problem:
    sentence = say(
        "This file begins as UTF-8 and is not to its end, so it is read as {encoding}. Look at the accents; save it in one encoding.",
        encoding=encoding,
    )
    return Problem(field="encoding", sentence=sentence, level="warning")
