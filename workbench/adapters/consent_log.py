"""CONSENT LOG: every change of consent, kept for good, and what stands of them: thousands of contact points are looked up in one query."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import Any, Final, Literal

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from workbench.engine.consent import Standing, as_of, fold
from workbench.errors import NotFound, Refused
from workbench.models.consent import ConsentEvent, ConsentFilter
from workbench.sentence import say

from .consent_log_tables import (
    SCHEMA,
    KeptEvent,
    KeptReview,
    event_of,
    event_values,
    events,
    keys,
    review_of,
    review_values,
    reviews,
    standing,
)
from .database import Database, microseconds

__all__ = ["ConsentLog", "KeptEvent", "KeptReview"]

TOGETHER: Final = 10_000
"""Values of one query: SQLite takes 32,766 (https://www.sqlite.org/limits.html#max_variable_number), PostgreSQL 65,535."""
PIECE: Final = 500
"""Events that one transaction keeps, and rows that are read at a time where all are wanted."""
LOCK_NUMBER: Final = 0x636F6E73656E74
"""PostgreSQL's advisory lock for changes: the letters of "consent". Else two processes could each fold without the other's event."""


_SHOWN: Final = (events.c.event, events.c.digest, events.c.sealed)


class ConsentLog:
    """The consent events of a home, or of a team that shares a database. Its methods raise StorageFault."""

    def __init__(self, database: Database) -> None:
        """Take the database; the tables are made or brought up to date. Raises TooNew and StorageFault."""
        self._database = database
        database.prepare(SCHEMA)

    async def keys(self) -> list[str]:
        """Return the sealed keys to what is sealed here, the oldest first."""
        query = sa.select(keys.c.sealed).order_by(keys.c.no)
        return await self._database.read(lambda connection: list(connection.scalars(query)))

    async def add_key(self, sealed: str, known: int) -> None:
        """Add a key, unless another process did so since ``known`` of them were read."""

        def work(connection: sa.Connection) -> None:
            self._lock(connection)
            if connection.scalar(sa.select(sa.func.count()).select_from(keys)) == known:
                connection.execute(sa.insert(keys).values(no=known + 1, sealed=sealed))

        await self._database.write(work)

    # -- keeping -------------------------------------------------------------------------------------------------------

    async def add(self, items: Sequence[KeptEvent]) -> list[bool]:
        """Keep events; return for each whether it is new: one whose id or ``once`` is known has no second effect."""
        kept: list[bool] = []
        for piece in _pieces(items, PIECE):
            kept += await self._database.write(partial(self._add, piece))
        return kept

    def _add(self, items: Sequence[KeptEvent], connection: sa.Connection) -> list[bool]:
        self._lock(connection)
        ids = [item.event.id for item in items]
        present = sa.select(events.c.id).where(events.c.id.in_(ids))
        before = set(connection.scalars(present))
        insert = (sqlite if self._database.kind == "sqlite" else postgresql).insert(events)
        connection.execute(insert.on_conflict_do_nothing(), [event_values(item) for item in items])
        new = set(connection.scalars(present)) - before
        _fold_anew(connection, {item.digest for item in items if item.event.id in new})
        fresh = []
        for id in ids:  # of two alike in one call, the first is the new one
            fresh.append(id in new)
            new.discard(id)
        return fresh

    async def rebuild(self) -> int:
        """Make what stands anew, of the events alone; return how many contact points there are."""
        count, after = 0, ""
        while digests := await self._database.write(partial(self._rebuild, after)):
            count, after = count + len(digests), digests[-1]
        return count

    def _rebuild(self, after: str, connection: sa.Connection) -> list[str]:
        self._lock(connection)
        query = sa.select(events.c.digest).where(events.c.digest > after).group_by(events.c.digest)
        digests = list(connection.scalars(query.order_by(events.c.digest).limit(PIECE)))
        _fold_anew(connection, digests)
        return digests

    # -- looking up ----------------------------------------------------------------------------------------------------

    async def standing(self, digests: Collection[str]) -> dict[str, Standing]:
        """Return what stands of contact points; one of which nothing is known is left out."""
        return await self._database.read(lambda connection: _standing(connection, digests))

    def standing_now(self, digests: Collection[str]) -> dict[str, Standing]:
        """Do as ``standing``, in this thread."""
        return self._database.read_now(lambda connection: _standing(connection, digests))

    async def records(self, wanted: ConsentFilter, digests: Collection[str] = ()) -> list[KeptEvent]:
        """Return the events that stand and fit, the newest first."""
        query = _fitting(sa.select(*_SHOWN), wanted, digests)
        query = query.join(
            standing, sa.and_(standing.c.no == events.c.no, standing.c.digest == events.c.digest)
        )
        return await self._found(query.order_by(events.c.no.desc()).limit(wanted.limit))

    async def events(self, wanted: ConsentFilter, digests: Collection[str] = ()) -> list[KeptEvent]:
        """Return the events that fit, the newest first; all that ever happened."""
        query = _fitting(sa.select(*_SHOWN), wanted, digests)
        return await self._found(query.order_by(events.c.no.desc()).limit(wanted.limit))

    async def history(self, digest: str) -> list[KeptEvent]:
        """Return all events of one contact point, in the order they came."""
        query = sa.select(*_SHOWN).where(events.c.digest == digest)
        return await self._found(query.order_by(events.c.no))

    async def each(self, until: datetime | None = None) -> AsyncIterator[list[KeptEvent]]:
        """Give all events in the order they came, some hundred at a time; with ``until`` those of that moment and before."""
        after = 0
        while True:
            query = sa.select(events.c.no, *_SHOWN).where(events.c.no > after)
            if until is not None:
                query = query.where(events.c.at <= microseconds(until))
            rows = await self._rows(query.order_by(events.c.no).limit(PIECE))
            if not rows:
                return
            after = rows[-1].no
            yield [event_of(row) for row in rows]

    async def at(
        self, moment: datetime, wanted: ConsentFilter, digests: Collection[str] = ()
    ) -> list[KeptEvent]:
        """Return what stood at a moment, as it was known then: of these contact points, or of those that changed last before it."""

        def work(connection: sa.Connection) -> list[KeptEvent]:
            points = list(digests) or _last_changed(connection, moment, wanted.limit)
            query: sa.Select[Any] = sa.select(*_SHOWN).where(events.c.digest.in_(points))
            of: dict[str, list[KeptEvent]] = {point: [] for point in points}
            for row in connection.execute(query.order_by(events.c.no)):
                of[row.digest].append(event_of(row))
            return [
                kept for known in of.values() for kept in _stood(known, moment) if _fits(kept.event, wanted)
            ]

        return (await self._database.read(work))[: wanted.limit]

    # -- texts that a person has to look at ----------------------------------------------------------------------------

    async def add_review(self, kept: KeptReview) -> bool:
        """Keep a text for a person to look at; return False where its ``once`` is known."""
        insert = (sqlite if self._database.kind == "sqlite" else postgresql).insert(reviews)

        def work(connection: sa.Connection) -> bool:
            connection.execute(insert.on_conflict_do_nothing(), [review_values(kept)])
            return (
                connection.scalar(sa.select(reviews.c.no).where(reviews.c.id == kept.review.id)) is not None
            )

        return await self._database.write(work)

    async def waiting(self, limit: int = 200) -> list[KeptReview]:
        """Return the texts that wait for a person, the oldest first."""
        query = sa.select(reviews).where(reviews.c.done == "").order_by(reviews.c.no).limit(limit)
        return [review_of(row) for row in await self._rows(query)]

    async def settle(self, id: str, done: Literal["opted_out", "left"]) -> KeptReview:
        """Note what a person decided of a text; return it. Raises NotFound; Refused where somebody decided it before."""

        def work(connection: sa.Connection) -> KeptReview:
            row = connection.execute(sa.select(reviews).where(reviews.c.id == id)).first()
            if row is None:
                raise NotFound(say("There is no such text to look at."))
            query = sa.update(reviews).where(reviews.c.no == row.no, reviews.c.done == "").values(done=done)
            if connection.execute(query).rowcount != 1:
                raise Refused(say("Somebody has decided this text already. Look at the list again."))
            kept = review_of(row)
            return KeptReview(kept.review.model_copy(update={"done": done}), kept.sealed)

        return await self._database.write(work)

    # ------------------------------------------------------------------------------------------------------------------

    def _lock(self, connection: sa.Connection) -> None:
        if self._database.kind != "sqlite":  # which has one writer at a time anyway
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK_NUMBER)))

    async def _found(self, query: sa.Select[Any]) -> list[KeptEvent]:
        return [event_of(row) for row in await self._rows(query)]

    async def _rows(self, query: sa.Select[Any]) -> Sequence[sa.Row[Any]]:
        return await self._database.read(lambda connection: connection.execute(query).all())


def _fold_anew(connection: sa.Connection, digests: Collection[str]) -> None:
    """Make what stands of these contact points anew, of all their events."""
    known: dict[str, list[tuple[int, ConsentEvent]]] = {}
    query = sa.select(events.c.no, *_SHOWN).where(events.c.digest.in_(sorted(digests)))
    for row in connection.execute(query):
        known.setdefault(row.digest, []).append((row.no, ConsentEvent.model_validate_json(row.event)))
    connection.execute(sa.delete(standing).where(standing.c.digest.in_(sorted(digests))))
    rows = []
    for digest, found in known.items():
        numbers = {event.id: no for no, event in found}
        rows += [{"digest": digest, "no": numbers[one.id]} for one in fold(event for _, event in found)]
    if rows:
        connection.execute(sa.insert(standing), rows)


def _standing(connection: sa.Connection, digests: Collection[str]) -> dict[str, Standing]:
    found: dict[str, list[ConsentEvent]] = {}
    joined = sa.join(standing, events, standing.c.no == events.c.no)
    for piece in _pieces(list(dict.fromkeys(digests)), TOGETHER):
        query = (
            sa.select(standing.c.digest, events.c.event)
            .select_from(joined)
            .where(standing.c.digest.in_(piece))
        )
        for row in connection.execute(query):
            found.setdefault(row.digest, []).append(ConsentEvent.model_validate_json(row.event))
    return {digest: fold(known) for digest, known in found.items()}  # which puts them in their order


def _last_changed(connection: sa.Connection, moment: datetime, limit: int) -> list[str]:
    last = sa.func.max(events.c.no)
    query = sa.select(events.c.digest).where(events.c.at <= microseconds(moment)).group_by(events.c.digest)
    return list(connection.scalars(query.order_by(last.desc()).limit(limit)))


def _stood(known: Sequence[KeptEvent], moment: datetime) -> list[KeptEvent]:
    by_id = {kept.event.id: kept for kept in known}
    return [by_id[event.id] for event in as_of((kept.event for kept in known), moment)]


def _fits(event: ConsentEvent, wanted: ConsentFilter) -> bool:
    return (
        wanted.channel in (None, event.channel)
        and wanted.status in (None, event.status)
        and wanted.source in (None, event.source)
    )


def _fitting(query: sa.Select[Any], wanted: ConsentFilter, digests: Collection[str]) -> sa.Select[Any]:
    if digests:
        query = query.where(events.c.digest.in_(digests))
    for column, value in (
        (events.c.channel, wanted.channel),
        (events.c.status, wanted.status),
        (events.c.source, wanted.source),
    ):
        if value is not None:
            query = query.where(column == value)
    if wanted.until is not None:
        query = query.where(events.c.at <= microseconds(wanted.until))
    if wanted.before:
        query = query.where(
            events.c.no < sa.select(events.c.no).where(events.c.id == wanted.before).scalar_subquery()
        )
    return query


def _pieces(values: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    for first in range(0, len(values), size):
        yield values[first : first + size]
