"""SEND MARKS: that something went to a contact, when, and under which key: the memory of the double-send guard (R-EVT-19).

A mark is a salted fingerprint of what went to whom; the key is that of the send (a job's row, a journal's entry). The same key again is the
same send: a row that is attempted twice, or goes on after a crash, is no double of itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

import sqlalchemy as sa

from .database import Database, microseconds, moment
from .send_marks_tables import SCHEMA, marks, new_mark

T = TypeVar("T")

NAMED = 500
"""Marks that one statement names."""
_LOCK = 0x6D61726B73
"""PostgreSQL's advisory lock under which marks are claimed: the letters of "marks"."""


@dataclass(frozen=True, slots=True)
class Mark:
    """When something went, under which key, and the journal's entry of it where it is known."""

    at: datetime
    key: str
    entry_id: str | None = None


class SendMarks:
    """The marks of a home, or of a team that shares a database. Its methods raise StorageFault."""

    def __init__(self, database: Database) -> None:
        """Take the database; the table is made or brought up to date. Raises TooNew and StorageFault."""
        self._database = database
        database.prepare(SCHEMA)

    async def first(self, wanted: Sequence[str], since: datetime) -> dict[str, Mark]:
        """Return for each mark that was kept at ``since`` or later the first time that it was; one that was not is left out."""
        return await self._database.read(lambda connection: _first(connection, wanted, since))

    async def keep(
        self, new: Sequence[tuple[str, str]], at: datetime, *, entry_id: str | None = None
    ) -> None:
        """Keep marks, each with its key; the same mark with the same key keeps its first time. On return they are on the disk."""
        rows = [(mark, key, microseconds(at), entry_id) for mark, key in sorted(set(new))]
        if rows:
            await self._database.write(lambda connection: new_mark.run(connection, rows))

    async def claim(
        self, wanted: Sequence[tuple[str, str]], at: datetime, since: datetime
    ) -> dict[str, Mark]:
        """Keep each mark unless another key has it since ``since``; return by key what was in its way.

        Of two that ask at the same moment one alone gets a mark; so it is within one call, where the first one gets it.
        """

        def work(connection: sa.Connection) -> dict[str, Mark]:
            if connection.dialect.name == "postgresql":
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
            known = _all(connection, [mark for mark, _ in wanted], since)
            taken: dict[str, Mark] = {}
            new: list[tuple[str, str, int, str | None]] = []
            for mark, key in wanted:
                found = known.setdefault(mark, [])
                if any(one.key == key for one in found):
                    continue
                if found:
                    taken[key] = found[0]
                    continue
                found.append(Mark(at, key))
                new.append((mark, key, microseconds(at), None))
            if new:
                _renew(connection, new)
            return taken

        return await self._database.write(work) if wanted else {}

    async def let_go(self, keys: Sequence[str]) -> None:
        """Take back the marks of sends that did not go after all."""

        def work(connection: sa.Connection) -> None:
            for piece in _pieces(keys):
                connection.execute(sa.delete(marks).where(marks.c.key.in_(piece)))

        if keys:
            await self._database.write(work)

    async def forget(self, before: datetime) -> int:
        """Forget what was kept before; return how many marks that were."""
        query = sa.delete(marks).where(marks.c.at < microseconds(before))
        return await self._database.write(lambda connection: connection.execute(query).rowcount)


def _first(connection: sa.Connection, wanted: Sequence[str], since: datetime) -> dict[str, Mark]:
    return {mark: found[0] for mark, found in _all(connection, wanted, since).items()}


def _all(connection: sa.Connection, wanted: Sequence[str], since: datetime) -> dict[str, list[Mark]]:
    """Return each mark that is there since ``since`` with all of its keys, the oldest first."""
    found: dict[str, list[Mark]] = {}
    for piece in _pieces(sorted(set(wanted))):
        query = sa.select(marks).where(marks.c.mark.in_(piece), marks.c.at >= microseconds(since))
        for row in connection.execute(query.order_by(marks.c.at, marks.c.key)):
            found.setdefault(row.mark, []).append(Mark(moment(row.at), row.key, row.entry_id))
    return found


def _renew(connection: sa.Connection, new: Sequence[tuple[str, str, int, str | None]]) -> None:
    """Put marks down, in place of what the same key left before the window began."""
    for piece in _pieces([key for _, key, _, _ in new]):
        connection.execute(sa.delete(marks).where(marks.c.key.in_(piece)))
    new_mark.run(connection, new)


def _pieces(values: Sequence[str]) -> Iterator[Sequence[str]]:
    return (values[first : first + NAMED] for first in range(0, len(values), NAMED))
