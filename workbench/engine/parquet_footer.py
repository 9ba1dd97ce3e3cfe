"""PARQUET FOOTER: how many rows each row group of a Parquet file has, read from the file's last bytes.

The footer is one struct in Thrift's compact protocol; all of it but the row groups' counts is passed over.
https://parquet.apache.org/docs/file-format/ and https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md
"""

from __future__ import annotations

from typing import Final

MAGIC: Final = b"PAR1"
TAIL: Final = 8
"""Bytes at the end: the footer's length, and the magic."""

_STOP, _TRUE, _FALSE, _BYTE, _I16, _I32, _I64, _DOUBLE, _BINARY, _LIST, _SET, _MAP, _STRUCT = range(13)
_ROW_GROUPS: Final = 4
_NUM_ROWS: Final = 3
_DEEPEST: Final = 32


class NoFooter(ValueError):
    """These bytes are no footer that can be read here: an encrypted one, or a damaged one."""


def footer_bytes(tail: bytes) -> int:
    """Return how many bytes before the last eight the footer has. Raises NoFooter."""
    if len(tail) != TAIL or tail[4:] != MAGIC:
        raise NoFooter
    return int.from_bytes(tail[:4], "little")


def row_groups(footer: bytes) -> list[int]:
    """Return how many rows each row group has, in their order. Raises NoFooter."""
    try:
        return _Footer(footer).row_groups()
    except IndexError:
        raise NoFooter from None


class _Footer:
    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def row_groups(self) -> list[int]:
        field = 0
        while True:
            field, kind = self._field(field)
            if kind == _STOP:
                return []
            if field == _ROW_GROUPS and kind == _LIST:
                count, inner = self._list()
                if inner != _STRUCT:
                    raise NoFooter
                return [self._rows() for _ in range(count)]
            self._skip(kind)

    def _rows(self) -> int:
        field, rows = 0, -1
        while True:
            field, kind = self._field(field)
            if kind == _STOP:
                break
            if field == _NUM_ROWS and kind == _I64:
                rows = self._signed()
            else:
                self._skip(kind)
        if rows < 0:
            raise NoFooter
        return rows

    def _field(self, before: int) -> tuple[int, int]:
        """Return the number and the kind of the next field of a struct."""
        head = self._byte()
        kind, step = head & 0x0F, head >> 4
        if kind == _STOP:
            return before, _STOP
        return (before + step if step else self._signed()), kind

    def _list(self) -> tuple[int, int]:
        head = self._byte()
        count = head >> 4
        return self._fits(self._number() if count == 0x0F else count), head & 0x0F

    def _skip(self, kind: int, depth: int = 0) -> None:
        if depth > _DEEPEST:
            raise NoFooter
        match kind:
            case 1 | 2:  # a truth is its kind
                return
            case 3:
                self._at += 1
            case 4 | 5 | 6:
                self._number()
            case 7:
                self._at += 8
            case 8:
                length = self._number()
                self._at += length
            case 9 | 10:
                count, inner = self._list()
                for _ in range(count):
                    self._skip_element(inner, depth)
            case 11:
                count = self._fits(self._number())
                kinds = self._byte() if count else 0
                for _ in range(count):
                    self._skip_element(kinds >> 4, depth)
                    self._skip_element(kinds & 0x0F, depth)
            case 12:
                field = 0
                while True:
                    field, inner = self._field(field)
                    if inner == _STOP:
                        return
                    self._skip(inner, depth + 1)
            case _:
                raise NoFooter

    def _skip_element(self, kind: int, depth: int) -> None:
        """Pass over an element of a list: there, a truth is a byte."""
        if kind in (_TRUE, _FALSE):
            self._at += 1
            return
        self._skip(kind, depth + 1)

    def _fits(self, count: int) -> int:
        """Return a count of elements, each of which is a byte at the least."""
        if count > len(self._data):
            raise NoFooter
        return count

    def _byte(self) -> int:
        self._at += 1
        return self._data[self._at - 1]

    def _number(self) -> int:
        value = shift = 0
        while True:
            byte = self._byte()
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value
            if shift > 63:
                raise NoFooter

    def _signed(self) -> int:
        number = self._number()
        return (number >> 1) ^ -(number & 1)
