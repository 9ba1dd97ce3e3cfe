"""TABLE BYTES: what a walk over a table's bytes finds, while they are kept or read where they lie: one walk, or one for each block.

The digest of a table is that of its blocks' digests, so that it is the same however many processes looked at it.
"""

from __future__ import annotations

import codecs
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final, NamedTuple

from .text import PIECE

BLOCK: Final = 16 << 20
"""Bytes of a table that have a digest of their own. It decides the digest of a table, so it stays as it is."""
_CONTINUES: Final = range(0x80, 0xC0)
"""Bytes that go on with a character of UTF-8 that began before: https://www.rfc-editor.org/rfc/rfc3629#section-3"""


class BlockLook(NamedTuple):
    """What a walk over one block found: its digest, and whether it is UTF-8 between what of a character it begins and ends with."""

    digest: str
    is_utf8: bool
    head: bytes
    tail: bytes


@dataclass(slots=True)
class Look:
    """What a walk over a file's bytes found: its start, its length, its digest, and whether all of it is UTF-8."""

    start: bytes = b""
    size: int = 0
    is_utf8: bool = True
    _blocks: list[bytes] = field(default_factory=list)
    _hash: Any = field(default_factory=lambda: _new_hash())
    _decoder: Any = field(default_factory=lambda: codecs.getincrementaldecoder("utf-8")())

    @classmethod
    def joined(cls, start: bytes, size: int, blocks: Sequence[BlockLook]) -> Look:
        """Return what one walk would have found, of what was found in each block of ``BLOCK`` bytes."""
        look = cls(start, size, all(one.is_utf8 for one in blocks))
        tail = b""
        for one in blocks:
            look.is_utf8 = look.is_utf8 and _is_text(tail + one.head)
            look._blocks.append(bytes.fromhex(one.digest))
            tail = one.tail
        look.is_utf8 = look.is_utf8 and not tail
        return look

    def take(self, chunk: bytes) -> None:
        """Look at the next bytes."""
        if len(self.start) < PIECE:
            self.start += chunk[: PIECE - len(self.start)]
        left = memoryview(chunk)
        while left:
            part = left[: BLOCK - self.size % BLOCK]
            self._hash.update(part)
            self.size, left = self.size + len(part), left[len(part) :]
            if self.size % BLOCK == 0:
                self._blocks.append(self._hash.digest())
                self._hash = _new_hash()
        if self.is_utf8:
            try:
                self._decoder.decode(chunk)
            except UnicodeDecodeError:
                self.is_utf8 = False

    def end(self) -> None:
        """Say that no more bytes follow."""
        if self.size % BLOCK:
            self._blocks.append(self._hash.digest())
        if self.is_utf8:
            try:
                self._decoder.decode(b"", final=True)
            except UnicodeDecodeError:
                self.is_utf8 = False

    @property
    def digest(self) -> str:
        """The digest of all bytes, once they have ended."""
        return blake2b(b"".join(self._blocks), digest_size=16).hexdigest()


def look_at(path: Path, at: int, until: int) -> BlockLook:
    """Return what stands in the block of a file from byte ``at`` to byte ``until``. Raises OSError."""
    found, decoder, is_utf8 = _new_hash(), codecs.getincrementaldecoder("utf-8")(), True
    with path.open("rb") as file:
        file.seek(at)
        data = file.read(min(PIECE, until - at))
        begun = next((place for place, byte in enumerate(data[:3]) if byte not in _CONTINUES), 3)
        head = data[:begun]
        text = data[len(head) :]
        while data:
            found.update(data)
            at += len(data)
            try:
                decoder.decode(text)
            except UnicodeDecodeError:
                is_utf8 = False
                decoder.reset()
            data = text = file.read(min(PIECE, until - at))
    return BlockLook(found.hexdigest(), is_utf8, head, decoder.getstate()[0])


def _new_hash() -> Any:
    return blake2b(digest_size=16)


def _is_text(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
