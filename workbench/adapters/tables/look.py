"""TABLE BYTES: what one walk over a table's bytes finds, while they are kept or read where they lie."""

from __future__ import annotations

import codecs
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

from .text import PIECE


@dataclass(slots=True)
class Look:
    """What one walk over a file's bytes found: its start, its length, its digest, and whether all of it is UTF-8."""

    start: bytes = b""
    size: int = 0
    is_utf8: bool = True
    _hash: Any = field(default_factory=lambda: blake2b(digest_size=16))
    _decoder: Any = field(default_factory=lambda: codecs.getincrementaldecoder("utf-8")())

    def take(self, chunk: bytes) -> None:
        """Look at the next bytes."""
        if len(self.start) < PIECE:
            self.start += chunk[: PIECE - len(self.start)]
        self.size += len(chunk)
        self._hash.update(chunk)
        if self.is_utf8:
            try:
                self._decoder.decode(chunk)
            except UnicodeDecodeError:
                self.is_utf8 = False

    def end(self) -> None:
        """Say that no more bytes follow."""
        if self.is_utf8:
            try:
                self._decoder.decode(b"", final=True)
            except UnicodeDecodeError:
                self.is_utf8 = False

    @property
    def digest(self) -> str:
        """The digest of all bytes so far."""
        return str(self._hash.hexdigest())
