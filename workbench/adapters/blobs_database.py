"""BLOBS DATABASE: the files of a team's workbench, in pieces in its database."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from workbench.errors import NotFound
from workbench.sentence import say

from .blobs import Blob, Blobs, checked
from .blobs_folder import FolderBlobs
from .blobs_tables import SCHEMA, new_piece, pieces, some_pieces, versions
from .clock import new_id
from .database import microseconds
from .seekable import SeekableFile

if TYPE_CHECKING:
    from .database import Database

PIECE: Final = 256 * 1024
"""Bytes of a file in one row of the database."""
AHEAD: Final = 4
"""Pieces that are read at once."""

Read = Callable[[Callable[[sa.Connection], Any]], Any]


def blobs_of(folder: Path, database: Database) -> Blobs:
    """Return where this workbench keeps its files: in its folder beside a SQLite file, else in the database that a team shares."""
    return FolderBlobs(folder) if database.kind == "sqlite" else DatabaseBlobs.of(database)


class DatabaseBlobs:
    """Files in the database, in pieces. A new version has its name once all of it is there; then the old one goes.

    ``read`` and ``write`` run a piece of work in a transaction: one of its own each, or all of them in the same.
    """

    def __init__(self, read: Read, write: Read) -> None:
        self._read, self._write = read, write

    @classmethod
    def of(cls, database: Database) -> DatabaseBlobs:
        """Return the files of a database, whose tables are made. Raises TooNew."""
        database.prepare(SCHEMA)
        return cls(database.read_now, database.write_now)

    @classmethod
    def within(cls, connection: sa.Connection) -> DatabaseBlobs:
        """Return the files as the transaction of a connection sees and changes them."""

        def work(work: Callable[[sa.Connection], Any]) -> Any:
            return work(connection)

        return cls(work, work)

    def all(self, start: str = "") -> list[Blob]:
        """Return every file, by name."""
        named = versions.c.name.is_not(None)
        query = sa.select(versions).where(named, sa.func.substr(versions.c.name, 1, len(start)) == start)

        def work(connection: sa.Connection) -> list[Blob]:
            return [_blob(row) for row in connection.execute(query.order_by(versions.c.name))]

        found: list[Blob] = self._read(work)
        return found

    def get(self, name: str) -> Blob | None:
        """Return one file, or None."""
        query = sa.select(versions).where(versions.c.name == checked(name))

        def work(connection: sa.Connection) -> Blob | None:
            row = connection.execute(query).first()
            return None if row is None else _blob(row)

        found: Blob | None = self._read(work)
        return found

    def open(self, name: str) -> io.RawIOBase:
        """Return its bytes, those of the version that is there now."""
        found = self.get(name)
        if found is None:
            raise FileNotFoundError(2, "No such file", name)
        return PiecesFile(self._read, str(found.mark), found.size)

    def read(self, name: str) -> bytes | None:
        """Return all of it, or None."""
        query = (
            sa.select(pieces.c.data)
            .join(versions, versions.c.version == pieces.c.version)
            .where(versions.c.name == checked(name))
            .order_by(pieces.c.number)
        )

        def work(connection: sa.Connection) -> bytes | None:
            found = connection.scalars(query).all()
            if found or connection.scalar(sa.select(versions.c.size).where(versions.c.name == name)) == 0:
                return b"".join(found)
            return None

        data: bytes | None = self._read(work)
        return data

    def writer(self, name: str) -> PiecesWriter:
        """Return what writes it."""
        return PiecesWriter(self._write, checked(name))

    def put(self, name: str, data: bytes) -> None:
        """Write all of it."""
        with self.writer(name) as writer:
            writer.write(data)

    def delete(self, name: str) -> bool:
        """Delete it."""

        def work(connection: sa.Connection) -> bool:
            _take_turn(connection, name)
            return _drop(connection, versions.c.name == checked(name)) > 0

        gone: bool = self._write(work)
        return gone

    def sweep(self, after_s: float) -> None:
        """Delete what killed writers left."""
        old = microseconds(datetime.now(UTC)) - round(after_s * 1_000_000)
        self._write(
            lambda connection: _drop(connection, sa.and_(versions.c.name.is_(None), versions.c.at < old))
        )


class PiecesWriter:
    """Writes a file piece by piece, each kept at once; the file is there from its end on."""

    def __init__(self, write: Read, name: str) -> None:
        self._write, self._name = write, name
        self._version = new_id("blob")
        self._waiting = bytearray()
        self._size = self._number = 0

    def __enter__(self) -> PiecesWriter:
        return self

    def write(self, data: bytes) -> None:
        """Take bytes."""
        rest = memoryview(data)
        self._size += len(rest)
        while rest:
            room = PIECE - len(self._waiting)
            self._waiting += rest[:room]
            rest = rest[room:]
            if len(self._waiting) == PIECE:
                self._write(partial(self._keep, bytes(self._waiting)))
                self._waiting.clear()

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self._write(self._finish)
        elif self._number:
            self._write(lambda connection: _drop(connection, versions.c.version == self._version))

    def _keep(self, piece: bytes, connection: sa.Connection) -> None:
        if not self._number:
            made = microseconds(datetime.now(UTC))
            connection.execute(sa.insert(versions).values(version=self._version, size=0, at=made))
        new_piece.run(connection, [(self._version, self._number, piece)])
        self._number += 1

    def _finish(self, connection: sa.Connection) -> None:
        _take_turn(connection, self._name)
        if self._waiting or not self._number:
            self._keep(bytes(self._waiting), connection)
        _drop(connection, versions.c.name == self._name)
        mine = sa.update(versions).where(versions.c.version == self._version)
        connection.execute(mine.values(name=self._name, size=self._size, at=microseconds(datetime.now(UTC))))


class PiecesFile(SeekableFile):
    """The bytes of a version in the database, read some pieces at a time. Raises NotFound where it was deleted meanwhile."""

    def __init__(self, read: Read, version: str, size: int) -> None:
        super().__init__(size)
        self._read, self._version = read, version
        self._from, self._data = 0, b""

    def _piece_at(self, at: int) -> tuple[bytes, int]:
        if not self._from <= at < self._from + len(self._data):
            first = at // PIECE
            found = self._read(
                lambda connection: some_pieces.rows(connection, self._version, first, first + AHEAD)
            )
            self._from, self._data = first * PIECE, b"".join(row[0] for row in found)
            if at >= self._from + len(self._data):
                raise NotFound(say("The file was deleted or replaced while it was read. Open it again."))
        return self._data, at - self._from


def _blob(row: sa.Row[Any]) -> Blob:
    return Blob(row.name, row.size, row.at / 1_000_000, row.version)


def _drop(connection: sa.Connection, which: sa.ColumnElement[bool]) -> int:
    """Delete the versions that the condition names, with their pieces; return how many."""
    gone = connection.scalars(sa.select(versions.c.version).where(which)).all()
    for table in (pieces, versions):
        connection.execute(sa.delete(table).where(table.c.version.in_(gone)))
    return len(gone)


def _take_turn(connection: sa.Connection, name: str) -> None:
    """Hold a name against other writers until the end of the transaction; on SQLite a write holds all of the file."""
    if connection.dialect.name == "postgresql":
        number = int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), "big", signed=True)
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(number)))
