"""IMPORT TEXT: the bytes of a file as they come, given as decoded lines, piece by piece, and what its first bytes tell of it.

No more than one piece and one line is held. ``adapters.tables`` does the same for files that it can go back in; a stream cannot.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Final, NamedTuple

from .table_layout import Content, Encoding, content_of, encoding_of
from .table_rows import Piece

START: Final = 1 << 16
"""Bytes by which a file's kind and encoding are told."""
LONGEST_LINE: Final = 4 << 20
"""Characters of one line; what is longer is no table."""
_SHOWN: Final = 200
_LINE: Final = re.compile(r"[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+")


class Opened(NamedTuple):
    """A file of which the start was read: what it is, how its bytes are read, and all of its bytes, the start too."""

    content: Content
    encoding: Encoding
    chunks: Iterator[bytes]


def opened(chunks: Iterable[bytes], encoding: str = "") -> Opened:
    """Return what the first bytes tell. ``encoding`` is a person's choice among ``table_layout.ENCODINGS``."""
    walk = iter(chunks)
    start = b""
    for chunk in walk:
        start += chunk
        if len(start) >= START:
            break
    looked_at = start[:START]
    found = encoding_of(looked_at, is_utf8=_is_utf8(looked_at), chosen=encoding)
    return Opened(content_of(looked_at), found, chain([start], walk))


def _is_utf8(start: bytes) -> bool:
    try:
        codecs.getincrementaldecoder("utf-8")().decode(start)
    except UnicodeDecodeError:
        return False
    return True


def text_pieces(chunks: Iterable[bytes], encoding: Encoding) -> Iterator[Piece]:
    """Give whole lines with their ends, as they come. Bytes that are not in the encoding become lone surrogates; nothing is raised."""
    errors = "surrogatepass" if encoding.codec.startswith("utf-16") else "surrogateescape"
    decoder = codecs.getincrementaldecoder(encoding.codec)(errors)
    skip, rest, cutting = encoding.skip, "", False
    for chunk in chunks:
        skip, chunk = max(0, skip - len(chunk)), chunk[skip:]
        rest += _decoded(decoder, chunk)
        if cutting:
            rest, cutting = _behind_line(rest)
        end = rest.rfind("\n") + 1 or rest.rfind("\r", 0, -1) + 1
        if end:
            yield Piece(_lines(rest[:end]))
            rest = rest[end:]
        if len(rest) > LONGEST_LINE:
            yield Piece([rest[:_SHOWN]], cut=True)
            rest, cutting = "", True
    rest += _decoded(decoder, b"", final=True)
    if rest and not cutting:
        yield Piece(_lines(rest))


def _decoded(decoder: codecs.IncrementalDecoder, chunk: bytes, *, final: bool = False) -> str:
    try:
        return decoder.decode(chunk, final)
    except UnicodeDecodeError:  # half a character of UTF-16 at the end
        decoder.reset()
        return "\ufffd"


def _behind_line(text: str) -> tuple[str, bool]:
    """Return what follows the line that is too long, and whether its end is still to come."""
    at = text.find("\n")
    return (text[at + 1 :], False) if at >= 0 else ("", True)


def _lines(text: str) -> list[str]:
    """Return the lines with their ends: LF, CR or CRLF, and nothing else ends one."""
    return _LINE.findall(text)
