"""SYNC MARKS: what was last sent of each record of a shop, what is on its way at this moment, and what waits for something else.

A mark's key and hash are salted digests, its body is sealed: who reads the file learns of no contact. The mark of a record that must not go
twice is put down before it goes, with its owner (a job's row): after a crash it says that somebody has to look first.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from workbench.sentence import Sentence

from .database import Database, microseconds, moment
from .ledger_tables import sentence_of, sentence_text
from .sync_marks_tables import SCHEMA, begin_mark, keys, marks, put_mark, waiting

T = TypeVar("T")

NAMED: Final = 500
"""Keys that one statement names."""
MOST_WAITING: Final = 500
_LOCK: Final = 0x73796E63
"""PostgreSQL's advisory lock under which marks are begun: the letters of "sync"."""

MarkState = Literal["going", "taken"]


@dataclass(frozen=True, slots=True)
class SyncMark:
    """What is known of one record: ``going`` before anybody said that it was taken, ``taken`` after."""

    key: str
    hash: str
    state: MarkState
    owner: str
    at: datetime
    body: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class KeptWaiting:
    """A row that waits. ``keys`` are pairs of what is shown of a key and its digest."""

    job: str
    row: int
    entity: str
    run: str
    keys: tuple[tuple[str, str], ...] = ()
    known: bool = False
    tried: int = 0
    sentence: Sentence | None = None


class SyncMarks:
    """The marks of a home, or of a team that shares a database. Its methods raise StorageFault.

    ``scope`` names mode, shop and entity; for keys and waiting rows mode and shop.
    """

    def __init__(self, database: Database) -> None:
        """Take the database; the tables are made or brought up to date. Raises TooNew and StorageFault."""
        self._database = database
        database.prepare(SCHEMA)

    # -- what was sent -------------------------------------------------------------------------------------------------

    async def find(self, scope: str, wanted: Sequence[str]) -> dict[str, SyncMark]:
        """Return the marks of these keys; one that there is not is left out."""
        return await self._database.read(lambda connection: _found(connection, scope, wanted)) if wanted else {}  # fmt: skip

    async def keep(self, scope: str, new: Sequence[SyncMark]) -> None:
        """Put marks in the place of what was there. On return they are on the disk."""
        rows = [
            (scope, one.key, one.hash, one.state, one.owner, microseconds(one.at), one.body) for one in new
        ]
        if rows:
            await self._database.write(lambda connection: put_mark.run(connection, rows))

    async def begin(self, scope: str, wanted: Sequence[SyncMark]) -> dict[str, SyncMark]:
        """Put each mark down unless its key has one; return by owner what was there before.

        Of two that begin the same key one alone gets it; so it is within one call, where the first one does.
        """

        def work(connection: sa.Connection) -> dict[str, SyncMark]:
            if connection.dialect.name == "postgresql":
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
            known = _found(connection, scope, [one.key for one in wanted])
            before: dict[str, SyncMark] = {}
            new: list[tuple[Any, ...]] = []
            for one in wanted:
                if one.key in known:
                    before[one.owner] = known[one.key]
                    continue
                known[one.key] = one
                new.append((scope, one.key, one.hash, one.state, one.owner, microseconds(one.at), one.body))  # fmt: skip
            begin_mark.run(connection, new)
            return before

        return await self._database.write(work) if wanted else {}

    async def take(self, scope: str, before: SyncMark, new: SyncMark) -> bool:
        """Put a mark in the place of the one that was seen; False where somebody else changed that meanwhile."""
        query = sa.update(marks).where(
            marks.c.scope == scope, marks.c.key == before.key, marks.c.owner == before.owner, marks.c.state == before.state,
            marks.c.at == microseconds(before.at),
        )  # fmt: skip
        values = {
            "hash": new.hash, "state": new.state, "owner": new.owner, "at": microseconds(new.at), "body": new.body,
        }  # fmt: skip
        return (
            await self._database.write(lambda connection: connection.execute(query.values(values)).rowcount)
            == 1
        )

    async def let_go(self, scope: str, owners: Sequence[tuple[str, str]]) -> None:
        """Take back the marks, each named by key and owner, of what did not go after all; what was taken stays."""

        def work(connection: sa.Connection) -> None:
            for key, owner in owners:
                connection.execute(sa.delete(marks).where(
                    marks.c.scope == scope, marks.c.key == key, marks.c.owner == owner, marks.c.state == "going",
                ))  # fmt: skip

        if owners:
            await self._database.write(work)

    async def leave(self, scope: str, key: str, owner: str, heir: str) -> None:
        """Give a mark that is still going to another owner."""
        mine = (marks.c.scope == scope, marks.c.key == key, marks.c.owner == owner, marks.c.state == "going")
        query = sa.update(marks).where(*mine).values(owner=heir)
        await self._database.write(lambda connection: connection.execute(query))

    async def count(self, scope: str) -> int:
        """Return how many records were taken."""
        query = sa.select(sa.func.count()).select_from(marks)
        query = query.where(marks.c.scope == scope, marks.c.state == "taken")
        return await self._database.read(lambda connection: int(connection.scalar(query) or 0))

    async def page(self, scope: str, after: str = "", limit: int = NAMED) -> list[SyncMark]:
        """Return what was taken, in the order of the keys, behind the key ``after``."""
        query = sa.select(marks).where(marks.c.scope == scope, marks.c.key > after, marks.c.state == "taken")
        query = query.order_by(marks.c.key).limit(limit)
        return await self._database.read(lambda connection: [_mark(row) for row in connection.execute(query)])

    async def forget(self, scope: str, wanted: Sequence[str]) -> None:
        """Forget records: nothing is known of them any more."""

        def work(connection: sa.Connection) -> None:
            for piece in _pieces(wanted):
                connection.execute(sa.delete(marks).where(marks.c.scope == scope, marks.c.key.in_(piece)))

        if wanted:
            await self._database.write(work)

    async def forget_shop(self, scope: str) -> None:
        """Forget everything of a shop, its key too: what was sealed cannot be opened any more."""

        def work(connection: sa.Connection) -> None:
            connection.execute(sa.delete(keys).where(keys.c.scope == scope))
            connection.execute(sa.delete(waiting).where(waiting.c.scope == scope))
            connection.execute(sa.delete(marks).where(marks.c.scope.startswith(f"{scope}/", autoescape=True)))  # fmt: skip

        await self._database.write(work)
        await self._database.empty_log()

    # -- the key of what was sent --------------------------------------------------------------------------------------

    async def sealed_key(self, scope: str, make: Callable[[], str]) -> str:
        """Return a shop's sealed key; the first one that is made stays."""
        query = sa.select(keys.c.sealed).where(keys.c.scope == scope)
        found = await self._database.read(lambda connection: connection.scalar(query))
        if found is not None:
            return str(found)
        made = make()

        def work(connection: sa.Connection) -> str:
            insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
            connection.execute(insert(keys).values(scope=scope, sealed=made).on_conflict_do_nothing())
            return str(connection.scalar(query))

        return await self._database.write(work)

    # -- what waits ----------------------------------------------------------------------------------------------------

    async def wait(self, scope: str, rows: Sequence[KeptWaiting], at: datetime) -> None:
        """Keep rows that wait, in place of what was kept of the same rows and entities."""

        def work(connection: sa.Connection) -> None:
            for one in rows:
                connection.execute(_of(one.job, one.row).where(waiting.c.entity == one.entity))
                connection.execute(sa.insert(waiting).values(
                    job=one.job, row=one.row, entity=one.entity, scope=scope, run=one.run, keys=json.dumps(one.keys), known=one.known,
                    tried=one.tried, sentence=sentence_text(one.sentence), at=microseconds(at),
                ))  # fmt: skip

        if rows:
            await self._database.write(work)

    async def done(self, rows: Sequence[tuple[str, int]]) -> None:
        """Forget that rows (job and number) waited."""

        def work(connection: sa.Connection) -> None:
            for job, row in rows:
                connection.execute(_of(job, row))

        if rows:
            await self._database.write(work)

    async def waiting(self, scope: str, limit: int = MOST_WAITING) -> list[KeptWaiting]:
        """Return the rows that wait, the newest first."""
        query = sa.select(waiting).where(waiting.c.scope == scope)
        query = query.order_by(waiting.c.at.desc(), waiting.c.job, waiting.c.row).limit(limit)

        def work(connection: sa.Connection) -> list[KeptWaiting]:
            return [
                KeptWaiting(
                    row.job, row.row, row.entity, row.run, tuple((shown, digest) for shown, digest in json.loads(row.keys)),
                    bool(row.known), row.tried, sentence_of(row.sentence),
                )
                for row in connection.execute(query)
            ]  # fmt: skip

        return await self._database.read(work)


def _of(job: str, row: int) -> sa.Delete:
    return sa.delete(waiting).where(waiting.c.job == job, waiting.c.row == row)


def _found(connection: sa.Connection, scope: str, wanted: Sequence[str]) -> dict[str, SyncMark]:
    found: dict[str, SyncMark] = {}
    for piece in _pieces(sorted(set(wanted))):
        query = sa.select(marks).where(marks.c.scope == scope, marks.c.key.in_(piece))
        found |= {row.key: _mark(row) for row in connection.execute(query)}
    return found


def _mark(row: Any) -> SyncMark:
    return SyncMark(row.key, row.hash, row.state, row.owner, moment(row.at), row.body)


def _pieces(values: Sequence[str]) -> Iterator[Sequence[str]]:
    return (values[first : first + NAMED] for first in range(0, len(values), NAMED))
