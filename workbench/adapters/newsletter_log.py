"""NEWSLETTER LOG: the subscribe and unsubscribe calls that came in, and what was last heard of each person.

The latest calls of a shop are kept, so that nobody can fill the disk by calling; what was last heard of somebody stays.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import sqlalchemy as sa

from workbench.models.journal import Entry
from workbench.models.shop import NewsletterCall

from . import journal
from .database import Database
from .newsletter_log_tables import SCHEMA, call_of, calls, new_person, people

MOST_CALLS: Final = 1_000
"""Calls of a shop that are kept."""


class Last(NamedTuple):
    """What was last heard of a person (empty: nothing yet), and how often that has changed."""

    what: str = ""
    turns: int = 0


class NewsletterLog:
    """The newsletter calls of a home, or of a team that shares a database. Its methods raise StorageFault."""

    def __init__(self, database: Database) -> None:
        """Take the database; the tables are made or brought up to date. Raises TooNew and StorageFault."""
        self._database = database
        database.prepare(SCHEMA)

    async def last(self, shop_id: str, person: str) -> Last:
        """Return what was last heard of a person, who is named by a digest."""
        query = sa.select(people.c.what, people.c.turns).where(
            people.c.shop == shop_id, people.c.person == person
        )

        def work(connection: sa.Connection) -> Last:
            row = connection.execute(query).first()
            return Last(row.what, row.turns) if row is not None else Last()

        return await self._database.read(work)

    async def keep(self, call: NewsletterCall, entry: Entry | None = None) -> None:
        """Keep a call that changes nothing, with its line in the journal where it has one."""
        await self._database.write(lambda connection: _keep(connection, call, entry))

    async def turn(self, call: NewsletterCall, person: str, before: Last, entry: Entry | None = None) -> bool:
        """Keep a call and that it changed what was last heard of a person; return False, and keep nothing, where that is not ``before``
        any more: another call came in between.
        """  # noqa: D205 - one sentence

        def work(connection: sa.Connection) -> bool:
            if not _turned(connection, call, person, before):
                return False
            _keep(connection, call, entry)
            return True

        return await self._database.write(work)

    async def calls(self, shop_id: str, after: str, limit: int) -> list[NewsletterCall]:
        """Return a shop's calls, the newest first; those older than the call ``after``, where one is named."""
        query = (
            sa.select(calls.c.call).where(calls.c.shop == shop_id).order_by(calls.c.no.desc()).limit(limit)
        )
        if after:
            query = query.where(
                calls.c.no < sa.select(calls.c.no).where(calls.c.id == after).scalar_subquery()
            )
        return await self._database.read(
            lambda connection: [call_of(row) for row in connection.execute(query)]
        )


def _turned(connection: sa.Connection, call: NewsletterCall, person: str, before: Last) -> bool:
    if not before.turns:
        return new_person.run(connection, [(call.shop_id, person, call.what, 1)]) == 1
    same = (people.c.shop == call.shop_id, people.c.person == person, people.c.turns == before.turns)
    query = sa.update(people).where(*same).values(what=call.what, turns=before.turns + 1)
    return connection.execute(query).rowcount == 1


def _keep(connection: sa.Connection, call: NewsletterCall, entry: Entry | None) -> None:
    values = {"id": call.id, "shop": call.shop_id, "call": call.model_dump_json()}
    connection.execute(sa.insert(calls).values(values))
    own = sa.select(calls.c.no).where(calls.c.shop == call.shop_id).order_by(calls.c.no.desc())
    oldest = own.offset(MOST_CALLS - 1).limit(1).scalar_subquery()
    connection.execute(sa.delete(calls).where(calls.c.shop == call.shop_id, calls.c.no < oldest))
    if entry is not None:
        journal.insert(connection, journal.rows_of([entry]))
