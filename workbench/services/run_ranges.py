"""RUN RANGES: the rows of a run's table in ranges, each of which a process of its own can work on.

Where one process does all the work the table is one range, read once from its beginning to its end. Where several do, a text table's
ranges are looked for block by block, by all of them, and kept with the table.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from workbench.engine.table_ranges import WHOLE, Block, Joiner, Reading, TableRange
from workbench.errors import Refused
from workbench.models.base import JsonValue
from workbench.models.run import Table
from workbench.models.spread import Done, Piece
from workbench.sentence import say

from .spread import Spread

if TYPE_CHECKING:  # a page that connects reads the services' signatures, and loads no door
    from workbench.adapters.tables import Tables
    from workbench.adapters.tables.look import BlockLook

BLOCK: Final = 16 << 20
"""Bytes of a file that are looked at together: those that have a digest of their own."""
SERVICE: Final = "runs"
"""The service that does the pieces of runs."""


@asynccontextmanager
async def done_by(spread: Spread, pieces: Sequence[Piece]) -> AsyncIterator[AsyncIterator[Done]]:
    """Let pieces be done, and give each once it is; what is not done at the end of the ``with`` is let go of at once."""
    found = spread.each(pieces)
    try:
        yield found
    finally:
        if isinstance(found, AsyncGenerator):
            await found.aclose()


class Ranges:
    """Cuts tables into ranges."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def of(self, table: Table, spread: Spread) -> tuple[TableRange, ...]:
        """Return the ranges of a table, in their order; one, ``WHOLE``, for a single process, which reads it once."""
        return await self.all(table, spread) if spread.workers > 1 else (WHOLE,)

    async def all(self, table: Table, spread: Spread) -> tuple[TableRange, ...]:
        """Return the ranges of a table, in their order, however many processes there are."""
        known = await asyncio.to_thread(self._tables.ranges, table.id)
        if not known:
            blocks = await asyncio.to_thread(self._tables.blocks, table.id)
            known = await self._found(table, blocks, spread) if len(blocks) > 1 else ()
        return known if len(known) > 1 else (WHOLE,)

    async def place(self, path: Path, spread: Spread, *, encoding: str = "", delimiter: str = "") -> Table:
        """Take a file where it lies; a large one is looked at by all who work, block by block. Raises NotFound."""
        size, whole = await asyncio.to_thread(_found, path)
        if spread.workers <= 1 or size <= BLOCK:
            return await self._tables.place(path, encoding=encoding, delimiter=delimiter)
        pieces = [
            Piece(
                service=SERVICE,
                method="look_at_block",
                arguments={"path": whole, "at": at, "until": min(at + BLOCK, size)},
            )
            for at in range(0, size, BLOCK)
        ]
        seen: dict[int, BlockLook] = {}
        async with done_by(spread, pieces) as found:
            async for done in found:
                seen[done.place] = _look_of(done.result)
        if (await asyncio.to_thread(_found, path))[0] != size:
            raise Refused(say("{file} was changed since it was looked at. Choose it again.", file=path.name))
        return await self._tables.place(
            path, encoding=encoding, delimiter=delimiter, seen=[seen[place] for place in sorted(seen)]
        )

    async def look_at_block(self, path: str, at: int, until: int) -> JsonValue:
        """Return what stands in one block of a file."""
        found = await asyncio.to_thread(self._tables.look_at, Path(path), at, until)
        return [found.digest, found.is_utf8, found.head.hex(), found.tail.hex()]

    async def read_block(self, table: str, at: int, until: int) -> JsonValue:
        """Return how a block of a table reads: where it begins and ends, and its readings."""
        block = await asyncio.to_thread(self._tables.read_block, table, at, until)
        return [block.begins, block.ends, [list(one) for one in block.readings]]

    async def _found(
        self, table: Table, blocks: list[tuple[int, int]], spread: Spread
    ) -> tuple[TableRange, ...]:
        """Look for a table's ranges, and keep them with it."""
        joiner = Joiner(await asyncio.to_thread(self._tables.first_row, table.id))
        pieces = [
            Piece(
                service=SERVICE, method="read_block", arguments={"table": table.id, "at": at, "until": until}
            )
            for at, until in blocks
        ]
        early: dict[int, Block] = {}
        place = 0
        async with done_by(spread, pieces) as found:
            async for done in found:
                early[done.place] = block_of(done.result)
                while place in early:
                    again = joiner.take(early.pop(place))
                    if again is not None:
                        # quotes that do not fit: what comes before the block says where its rows begin
                        block = await asyncio.to_thread(
                            self._tables.read_block, table.id, *blocks[place], again
                        )
                        joiner.take(block)
                    place += 1
        await asyncio.to_thread(self._tables.cut, table, joiner.ranges)
        return tuple(joiner.ranges)


def block_of(told: JsonValue) -> Block:
    """Return the block that ``read_block`` told of."""
    match told:
        case [int(begins), int(ends), list(readings)]:
            return Block(begins, ends, tuple(_reading(one) for one in readings))
    raise ValueError("no block of a table")


def range_of(told: JsonValue) -> TableRange:
    """Return a range that came as plain JSON. Raises ValueError for what is none."""
    match told:
        case [int(number), int(line), int(offset), (int() | None) as rows]:
            return TableRange(number, line, offset, rows)
    raise ValueError("no range of a table")


def plain(one: TableRange) -> JsonValue:
    """Return a range as plain JSON."""
    return [one.number, one.line, one.offset, one.rows]


def _look_of(told: JsonValue) -> BlockLook:
    from workbench.adapters.tables.look import BlockLook

    match told:
        case [str(digest), bool(is_utf8), str(head), str(tail)]:
            return BlockLook(digest, is_utf8, bytes.fromhex(head), bytes.fromhex(tail))
    raise ValueError("no look at a block")


def _found(path: Path) -> tuple[int, str]:
    """Return how many bytes a file has, 0 where it is none, and its whole path."""
    return (path.stat().st_size if path.is_file() else 0), str(path.absolute())


def _reading(told: JsonValue) -> Reading:
    match told:
        case [int(begins), int(rows), int(lines), int(ends)]:
            return Reading(begins, rows, lines, ends)
    raise ValueError("no reading of a block")
