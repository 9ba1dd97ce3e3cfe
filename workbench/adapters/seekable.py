"""SEEKABLE: a file that is kept in pieces, read and sought like any other."""

from __future__ import annotations

import io
from abc import abstractmethod


class SeekableFile(io.RawIOBase):
    """The ``size`` bytes of something that is kept in pieces."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self._size, self._at = size, 0

    def readable(self) -> bool:
        """Return that it can be read."""
        return True

    def seekable(self) -> bool:
        """Return that it can be read from any place."""
        return True

    def seek(self, offset: int, whence: int = 0, /) -> int:
        """Go to a place and return it."""
        self._at = max(0, offset + (0, self._at, self._size)[whence])
        return self._at

    def tell(self) -> int:
        """Return the place it is at."""
        return self._at

    def readinto(self, buffer: bytearray | memoryview, /) -> int:  # type: ignore[override]  # typeshed's Buffer is not in 3.11
        """Read what follows of the piece at hand, and return how much that was; 0 at the end."""
        if self._at >= self._size:
            return 0
        piece, start = self._piece_at(self._at)
        part = piece[start : start + len(buffer)]
        buffer[: len(part)] = part
        self._at += len(part)
        return len(part)

    @abstractmethod
    def _piece_at(self, at: int) -> tuple[bytes, int]:
        """Return bytes that hold byte ``at``, and where in them that is."""
