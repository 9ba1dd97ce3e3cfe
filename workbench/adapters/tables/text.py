"""TABLE TEXT: the bytes of a table, given as decoded lines, piece by piece, each piece with the byte it begins at."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from typing import Final

from workbench.engine.table_layout import Encoding
from workbench.engine.table_rows import Piece

PIECE: Final = 1 << 20
"""Bytes that are read at once."""
LONGEST_LINE: Final = 4 << 20
"""Bytes of one line; what is longer is no table."""
_SHOWN: Final = 200
_HALF: Final = "\ufffd"


def pieces(
    source: io.RawIOBase | io.BufferedIOBase, encoding: Encoding, offset: int, until: int | None = None
) -> Iterator[Piece]:
    """Give the lines of ``source`` from byte ``offset`` on, up to byte ``until``; a line begins at both. Never raises for what it reads.

    What is a line, and which one is too long, does not depend on where the reading begins.
    """
    codec, rest = encoding.codec, b""
    chunks = _chunks(source, offset, until)
    for data in chunks:
        rest += data
        while len(rest) > LONGEST_LINE and not 0 < _first(rest, codec) <= LONGEST_LINE:
            yield Piece(lines(rest[:_SHOWN], encoding)[:1], offset, cut=True)
            passed, rest = _behind_line(rest, chunks, codec)
            offset += passed
        cut = _end(rest, codec)
        if cut:
            yield Piece(lines(rest[:cut], encoding), offset)
            rest, offset = rest[cut:], offset + cut
    if rest:
        yield Piece(lines(rest, encoding), offset)


def line_start(source: io.RawIOBase | io.BufferedIOBase, codec: str, offset: int, begins: int) -> int:
    """Return the first byte from ``offset`` on at which a line begins; ``begins`` is where the first one does. The end counts as one."""
    if offset <= begins:
        return begins
    unit = len("\n".encode(codec))
    at = offset + (begins - offset) % unit - unit  # the sign before it may end a line
    passed, _ = _behind_line(b"", _chunks(source, at, None), codec)
    return at + passed


def size_of(found: Sequence[str], codec: str) -> int:
    """Return how many bytes lines are that were decoded here."""
    return len("".join(found).encode(codec, _errors(codec)))


def _chunks(source: io.RawIOBase | io.BufferedIOBase, offset: int, until: int | None) -> Iterator[bytes]:
    source.seek(offset)
    while data := source.read(PIECE if until is None else min(PIECE, until - offset)):
        offset += len(data)
        yield data


def lines(data: bytes, encoding: Encoding) -> list[str]:
    """Return the lines of a text with their ends: LF, CR or CRLF, and nothing else ends one."""
    return list(io.StringIO(_decoded(data, encoding.codec), newline=""))


def _decoded(data: bytes, codec: str) -> str:
    odd = codec.startswith("utf-16") and len(data) % 2  # half a character at the end
    return f"{data[: len(data) - odd].decode(codec, _errors(codec))}{_HALF * odd}"


def _errors(codec: str) -> str:
    return "surrogatepass" if codec.startswith("utf-16") else "surrogateescape"


def _end(data: bytes, codec: str) -> int:
    """Return where the last whole line ends; 0 where there is none. Old files end their lines with CR alone."""
    return _last(data, "\n".encode(codec)) or _last(data[: -2 if "16" in codec else -1], "\r".encode(codec))


def _last(data: bytes, sign: bytes) -> int:
    """Return the place behind the last ``sign`` that stands where a character begins."""
    at = data.rfind(sign)
    while at > 0 and at % len(sign):
        at = data.rfind(sign, 0, at + len(sign) - 1)
    return at + len(sign) if at >= 0 else 0


def _first(data: bytes, codec: str) -> int:
    """Return where the first line ends; 0 where it does not end in ``data``, or may go on behind it: a CR at the end waits for its LF."""
    line_feed, carriage_return = "\n".encode(codec), "\r".encode(codec)
    unit = len(line_feed)
    found = [at for sign in (line_feed, carriage_return) if (at := _find(data, sign)) >= 0]
    if not found:
        return 0
    end = min(found) + unit
    if data[end - unit : end] == line_feed:
        return end
    if end == len(data):
        return 0
    return end + unit if data[end : end + unit] == line_feed else end


def _find(data: bytes, sign: bytes) -> int:
    """Return the place of the first ``sign`` that stands where a character begins; -1 where there is none."""
    at = data.find(sign)
    while at > 0 and at % len(sign):
        at = data.find(sign, at + 1)
    return at


def _behind_line(data: bytes, chunks: Iterator[bytes], codec: str) -> tuple[int, bytes]:
    """Pass over a line that ``data`` begins with; return how many bytes it has, and what of the following ones was read."""
    passed, unit = 0, len("\n".encode(codec))
    while not (end := _first(data, codec)):
        more = next(chunks, b"")
        if not more:
            return passed + len(data), b""
        kept = data[-unit:]  # it may be a CR
        passed += len(data) - len(kept)
        data = kept + more
    return passed + end, data[end:]
