"""BLOBS: named files of a workbench, each whole or not at all: in the home's folder, or for a team in pieces in its database.

A name is like ``tables/tab_1.rows`` or ``consent-news.list``; in a home that is also where the file lies.
"""

from __future__ import annotations

import io
import re
from collections.abc import Hashable
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self

_NAME = re.compile(r"(?:[a-z][a-z0-9_-]*/)?[a-z0-9][a-z0-9_-]*\.[a-z]+")


class Writer(Protocol):
    """A file that is being written. Use it in a ``with``; an exception inside leaves everything as it was."""

    def __enter__(self) -> Self:
        """Begin."""
        ...

    def write(self, data: bytes) -> None:
        """Take bytes of any length. Raises CannotWrite."""
        ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Put the file in its place, or leave nothing behind."""
        ...


@dataclass(frozen=True, slots=True)
class Blob:
    """A file that is there: its size in bytes, when it was put there (seconds since 1970), and a mark that changes with it."""

    name: str
    size: int
    at: float
    mark: Hashable


class Blobs(Protocol):
    """The files of one workbench. Every method blocks, and may raise StorageFault and CannotWrite."""

    def all(self, start: str = "") -> list[Blob]:
        """Return every file whose name begins with ``start``, by name."""
        ...

    def get(self, name: str) -> Blob | None:
        """Return one file, or None."""
        ...

    def open(self, name: str) -> io.RawIOBase:
        """Return its bytes, to be read from any place and closed. Raises FileNotFoundError."""
        ...

    def read(self, name: str) -> bytes | None:
        """Return all of a small file, or None."""
        ...

    def writer(self, name: str) -> Writer:
        """Return what writes a file, in place of one that is there."""
        ...

    def put(self, name: str, data: bytes) -> None:
        """Write all of a small file."""
        ...

    def delete(self, name: str) -> bool:
        """Delete a file, and return whether it was there."""
        ...

    def sweep(self, after_s: float) -> None:
        """Delete what killed writers left more than ``after_s`` seconds ago."""
        ...


@dataclass(frozen=True, slots=True)
class Place:
    """Where one file lies, or will."""

    blobs: Blobs
    name: str


def checked(name: str) -> str:
    """Return a name that is one. Raises ValueError for what could lead out of the folder."""
    if not is_name(name):
        raise ValueError("a file's name is like tables/tab_1.rows")
    return name


def is_name(name: str) -> bool:
    """Return whether this can be a file's name."""
    return _NAME.fullmatch(name) is not None
