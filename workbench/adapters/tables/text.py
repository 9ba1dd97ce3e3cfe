"""TABLE TEXT: the bytes of a table, given as decoded lines, piece by piece, each piece with the byte it begins at."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Final

from workbench.engine.table_layout import Encoding
from workbench.engine.table_rows import Piece

PIECE: Final = 1 << 20
"""Bytes that are read at once."""
LONGEST_LINE: Final = 4 << 20
"""Bytes of one line; what is longer is no table."""
_SHOWN: Final = 200


def pieces(source: io.RawIOBase | io.BufferedIOBase, encoding: Encoding, offset: int) -> Iterator[Piece]:
    """Give the whole lines of ``source`` from byte ``offset`` on. Never raises for bytes that are not in the encoding."""
    source.seek(offset)
    rest = b""
    while data := source.read(PIECE):
        buffer = rest + data
        cut = _end(buffer, encoding.codec)
        if cut:
            yield Piece(lines(buffer[:cut], encoding), offset)
            rest, offset = buffer[cut:], offset + cut
        elif len(buffer) <= LONGEST_LINE:
            rest = buffer
        else:
            yield Piece(lines(buffer[:_SHOWN], encoding)[:1], offset, cut=True)
            rest, offset = _after_line(source, encoding.codec, offset + len(buffer))
    if rest:
        yield Piece(lines(rest, encoding), offset)


def lines(data: bytes, encoding: Encoding) -> list[str]:
    """Return the lines of a text with their ends: LF, CR or CRLF, and nothing else ends one."""
    return list(io.StringIO(_decoded(data, encoding.codec), newline=""))


def _decoded(data: bytes, codec: str) -> str:
    try:
        return data.decode(codec, "surrogatepass" if codec.startswith("utf-16") else "surrogateescape")
    except UnicodeDecodeError:  # half a character of UTF-16 at the end
        return data.decode(codec, "replace")


def _end(data: bytes, codec: str) -> int:
    """Return where the last whole line ends; 0 where there is none. Old files end their lines with CR alone."""
    return _last(data, "\n".encode(codec)) or _last(data[: -2 if "16" in codec else -1], "\r".encode(codec))


def _last(data: bytes, sign: bytes) -> int:
    """Return the place behind the last ``sign`` that stands where a character begins."""
    at = data.rfind(sign)
    while at > 0 and at % len(sign):
        at = data.rfind(sign, 0, at + len(sign) - 1)
    return at + len(sign) if at >= 0 else 0


def _after_line(source: io.RawIOBase | io.BufferedIOBase, codec: str, offset: int) -> tuple[bytes, int]:
    """Read to the end of a line that is too long; return what follows it and where that begins."""
    sign = "\n".encode(codec)
    while data := source.read(PIECE):
        at = data.find(sign)
        while at > 0 and at % len(sign):
            at = data.find(sign, at + 1)
        if at >= 0:
            return data[at + len(sign) :], offset + at + len(sign)
        offset += len(data)
    return b"", offset
