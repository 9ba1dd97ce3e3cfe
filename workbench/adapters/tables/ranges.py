"""TABLE READING: the blocks of a table's bytes, each read for itself, wherever its lines end."""

from __future__ import annotations

import io
from functools import partial
from itertools import chain
from typing import Final

from workbench.engine.table_ranges import Block, Reading, read_csv_block, read_json_block
from workbench.engine.table_rows import Mark

from .shelf import Kept
from .text import line_start, pieces, size_of

Source = io.RawIOBase | io.BufferedIOBase
NO_PLACE: Final = -1


def first_row(source: Source, kept: Kept) -> Mark:
    """Return the place behind the lines that come before the first row."""
    begins, left = kept.encoding.skip, kept.skip
    for piece in pieces(source, kept.encoding, begins):
        if left < len(piece.lines):
            return Mark(0, kept.skip, piece.offset + size_of(piece.lines[:left], kept.encoding.codec))
        left -= len(piece.lines)
    return Mark(0, kept.skip, kept.table.size)


def read_block(source: Source, kept: Kept, at: int, until: int, row: int = NO_PLACE) -> Block:
    """Return the block whose first line begins at byte ``at`` or later, and its last before ``until``.

    With ``row``, the byte at which a row is known to begin in it, it is read from there.
    """
    table, encoding = kept.table, kept.encoding
    first = first_row(source, kept).offset
    if table.format == "csv":
        until = line_start(source, encoding.codec, until, first)
        begins = row if row >= 0 else line_start(source, encoding.codec, at, first)
        own, behind = pieces(source, encoding, begins, until), pieces(source, encoding, until)
        sizes = partial(size_of, codec=encoding.codec)
        sure = row >= 0 or begins == first
        found: tuple[Reading, ...] = ()
        if begins < until:
            found = read_csv_block(chain(own, behind), until, table.size, table.delimiter, sizes, sure=sure)
        return Block(begins, until, found)
    begins, until = (line_start(source, encoding.codec, byte, first) for byte in (at, until))
    return Block(begins, until, read_json_block(pieces(source, encoding, begins, until), until))
