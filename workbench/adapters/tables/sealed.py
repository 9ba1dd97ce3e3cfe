"""TABLE FILES: the bytes of a table, sealed chunk by chunk, and read again from any place in them.

Each chunk is sealed with the table's own key, and its number is sealed with it: chunks can be neither opened, nor swapped, nor left out.
A chunk has a fixed length, so that the one that holds a byte is found without reading the others.
"""

from __future__ import annotations

import io
from types import TracebackType
from typing import Final

from workbench.adapters.blobs import Place
from workbench.adapters.sealed_rows import NONCE_BYTES, RowKey
from workbench.adapters.seekable import SeekableFile
from workbench.errors import Damaged
from workbench.sentence import say

CHUNK: Final = 192 * 1024
"""Bytes of a table in one sealed chunk."""
_NUMBER: Final = 8
_TAG: Final = 16
_SEALED: Final = 4 * -(-(NONCE_BYTES + _NUMBER + CHUNK + _TAG) // 3) + 1


class SealedWriter:
    """Writes a sealed file: whole or not at all. Use it in a ``with``; an exception inside leaves nothing behind."""

    def __init__(self, place: Place, key: RowKey) -> None:
        self._out, self._key = place.blobs.writer(place.name), key
        self._waiting = bytearray()
        self._chunks = 0

    def __enter__(self) -> SealedWriter:
        self._out.__enter__()
        return self

    def write(self, data: bytes) -> None:
        """Take bytes of any length. Raises CannotWrite."""
        self._waiting += data
        while len(self._waiting) >= CHUNK:
            self._seal(bytes(self._waiting[:CHUNK]))
            del self._waiting[:CHUNK]

    def _seal(self, chunk: bytes) -> None:
        sealed = self._key.seal(self._chunks.to_bytes(_NUMBER, "big") + chunk)
        self._chunks += 1
        self._out.write(sealed.encode() + b"\n")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None and self._waiting:
                self._seal(bytes(self._waiting))
        except BaseException as fault:
            self._out.__exit__(type(fault), fault, fault.__traceback__)
            raise
        self._out.__exit__(kind, error, trace)


class SealedFile(SeekableFile):
    """The ``size`` bytes of a sealed file, to be read and sought. Raises Damaged where it is not as it was written."""

    def __init__(self, place: Place, key: RowKey, size: int) -> None:
        """Open it. Raises FileNotFoundError."""
        super().__init__(size)
        self._key = key
        self._file = io.BufferedReader(place.blobs.open(place.name))
        self._number, self._chunk = -1, b""

    def close(self) -> None:
        """Close the file."""
        self._file.close()
        super().close()

    def _piece_at(self, at: int) -> tuple[bytes, int]:
        number, start = divmod(at, CHUNK)
        if number != self._number:
            self._chunk, self._number = self._open(number), number
        return self._chunk, start

    def _open(self, number: int) -> bytes:
        self._file.seek(number * _SEALED)
        opened = self._key.open(self._file.read(_SEALED).rstrip(b"\n").decode("ascii", "replace"))
        wanted = min(CHUNK, self._size - number * CHUNK)
        if opened[:_NUMBER] != number.to_bytes(_NUMBER, "big") or len(opened) != _NUMBER + wanted:
            raise Damaged(say("A part of this table was changed on the disk. Choose the file again."))
        return opened[_NUMBER:]
