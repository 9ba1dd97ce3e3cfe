"""KEPT CALLBACKS: the providers' calls, on the disk before they are acknowledged; and what waits for a message that is not known yet.

Callbacks that come at the same time go to the disk in one transaction: two hundred of them cost about as much as one.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, NamedTuple

import sqlalchemy as sa

from workbench.errors import NotFound
from workbench.models.callback import CallbackFilter, CallbackItem, ReceivedCallback
from workbench.models.journal import Entry
from workbench.sentence import Sentence, say

from . import journal, seeing
from .database import Database, microseconds, moment
from .deliveries_tables import (
    callback_of,
    callbacks,
    deliveries,
    json_of,
    kinds_of,
    new_callback,
    new_waiting,
    waiting,
)
from .together import Together

__all__ = ["Kept", "KeptCallbacks", "older_than", "row_found"]

PIECE: Final = 500
"""Rows that are changed at a time."""


class Kept(NamedTuple):
    """Whether a callback is new (its truth); else the id and the time of the one that had the same digest."""

    new: bool
    id: str
    at: datetime

    def __bool__(self) -> bool:
        return self.new


@dataclass(slots=True)
class _Arrival:
    """One callback on its way to the disk."""

    digest: str
    account: str
    values: tuple[Any, ...] = field(repr=False)
    entry: Entry | None


class KeptCallbacks:
    """The callbacks' half of ``Deliveries``. ``on_known`` is given the ids of callbacks that waited for a message that is known now.

    It must not raise.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._arrivals = Together(database, _keep_all, lambda one: one.digest, "callbacks to the disk")
        self.on_known: Callable[[list[str]], Awaitable[object]] | None = None

    # -- callbacks that come -------------------------------------------------------------------------------------------

    async def keep(
        self, callback: ReceivedCallback, digest: str, stored: str | None, entry: Entry | None = None, *, done: bool = False
    ) -> Kept:  # fmt: skip
        """Keep a callback, and return whether its digest is new; a known one is only counted. On return it is on the disk.

        ``stored`` is the call itself, sealed; ``entry`` goes to the journal with a new one. ``done``: nothing is left to be worked on.
        """
        values = (
            callback.id, digest, callback.account_id, callback.provider, callback.genuine, kinds_of(callback),
            microseconds(callback.at), done, stored, json_of(callback),
        )  # fmt: skip
        return await self._arrivals.keep(_Arrival(digest, callback.account_id, values, entry))

    async def finish(
        self,
        id: str,
        status: int,
        items: Sequence[CallbackItem],
        effects: Sequence[Sentence],
        entry: Entry | None = None,
    ) -> bool:
        """Write down what came of a callback; return whether nobody had before. ``items`` are masked."""

        def work(connection: sa.Connection) -> bool:
            row = row_found(
                connection.execute(sa.select(callbacks).where(callbacks.c.id == id).with_for_update()).first()
            )
            if row.done:
                return False
            changed = {"status": status, "items": tuple(items), "effects": tuple(effects)}
            callback = callback_of(row).model_copy(update={**changed, "duplicate": False})
            values = {"done": True, "kinds": kinds_of(callback), "callback": json_of(callback)}
            connection.execute(sa.update(callbacks).where(callbacks.c.no == row.no).values(values))
            if entry is not None:
                journal.insert(connection, journal.rows_of([entry]))
            return True

        return await self._database.write(work)

    async def add_effects(self, id: str, effects: Sequence[Sentence]) -> None:
        """Add to what came of a callback: what it told of a message became known later."""

        def work(connection: sa.Connection) -> None:
            row = row_found(
                connection.execute(sa.select(callbacks).where(callbacks.c.id == id).with_for_update()).first()
            )
            callback = callback_of(row)
            more = {"effects": (*callback.effects, *effects), "duplicate": False}
            text = json_of(callback.model_copy(update=more))
            connection.execute(sa.update(callbacks).where(callbacks.c.no == row.no).values(callback=text))

        await self._database.write(work)

    async def callbacks(self, wanted: CallbackFilter) -> list[ReceivedCallback]:
        """Return the callbacks that fit, the newest first."""
        query = sa.select(callbacks).where(*self._seen(callbacks))
        query = query.order_by(callbacks.c.no.desc()).limit(wanted.limit)
        for column, value in (
            (callbacks.c.account, wanted.account_id),
            (callbacks.c.provider, wanted.provider),
            (callbacks.c.genuine, wanted.genuine),
        ):
            if value:
                query = query.where(column == value)
        if wanted.kind:
            query = query.where(callbacks.c.kinds.contains(f" {wanted.kind} "))
        query = older_than(query, callbacks, wanted.before)
        return await self._database.read(
            lambda connection: [callback_of(row) for row in connection.execute(query)]
        )

    async def callback(self, id: str) -> ReceivedCallback:
        """Return a callback."""
        return callback_of(await self._callback_row(id))

    async def stored(self, id: str) -> str | None:
        """Return the call itself as it was sealed; None where it was not kept, or was forgotten."""
        sealed: str | None = (await self._callback_row(id)).sealed
        return sealed

    async def unfinished(self, limit: int = 500) -> list[str]:
        """Return the ids of callbacks that were stored and not worked on yet, the oldest first."""
        undone = callbacks.c.done.is_(sa.false())
        query = sa.select(callbacks.c.id).where(undone).order_by(callbacks.c.no).limit(limit)
        return await self._database.read(lambda connection: list(connection.scalars(query)))

    # -- reports that came before their message ------------------------------------------------------------------------

    async def wait(self, callback_id: str, account_id: str, provider_id: str) -> None:
        """Remember that a callback tells of a message that is not known yet."""
        row = (callback_id, account_id, provider_id)
        await self._database.write(lambda connection: new_waiting.run(connection, [row]))

    async def waited(self, callback_id: str, provider_id: str | None = None) -> None:
        """Forget that a callback waited for a message (None: for any)."""
        query = sa.delete(waiting).where(waiting.c.callback == callback_id)
        if provider_id is not None:
            query = query.where(waiting.c.provider_id == provider_id)
        await self._database.write(lambda connection: connection.execute(query))

    async def known(self, limit: int = 500) -> list[str]:
        """Return the ids of callbacks that waited for a message that is known now."""
        query = (
            sa.select(waiting.c.callback)
            .join(deliveries, sa.and_(deliveries.c.account == waiting.c.account, deliveries.c.provider_id == waiting.c.provider_id))
            .distinct().limit(limit)
        )  # fmt: skip
        return await self._database.read(lambda connection: list(connection.scalars(query)))

    async def _now_known(self, names: Collection[tuple[str, str]]) -> None:
        """Let those who work on callbacks know which of them waited for these messages. Looked for after the messages are on the disk."""
        if self.on_known is None or not names:
            return
        wanted = sa.tuple_(waiting.c.account, waiting.c.provider_id).in_(list(names))
        query = sa.select(waiting.c.callback).where(wanted).distinct()
        found = await self._database.read(lambda connection: list(connection.scalars(query)))
        if found:
            await self.on_known(found)

    # -- what is forgotten ---------------------------------------------------------------------------------------------

    async def forget_calls(self, before: datetime) -> int:
        """Forget the sealed calls from before a time, and return how many there were. That they came, and what they did, stays."""
        old = sa.and_(callbacks.c.at < microseconds(before), *seeing.changed(self._database.sight, callbacks))
        some = sa.select(callbacks.c.no).where(
            old, callbacks.c.sealed.is_not(None), callbacks.c.done.is_(sa.true())
        )
        query = sa.update(callbacks).where(callbacks.c.no.in_(some.limit(PIECE))).values(sealed=None)

        def work(connection: sa.Connection) -> int:
            return connection.execute(query).rowcount

        total = 0
        while count := await self._database.write(work):
            total += count
        await self._database.empty_log()
        return total

    # ------------------------------------------------------------------------------------------------------------------

    def _seen(self, table: sa.Table) -> list[sa.ColumnElement[bool]]:
        return seeing.seen(self._database.sight, table)

    async def _callback_row(self, id: str) -> sa.Row[Any]:
        query = sa.select(callbacks).where(callbacks.c.id == id, *self._seen(callbacks))
        return row_found(await self._database.read(lambda connection: connection.execute(query).first()))


def _keep_all(together: Sequence[_Arrival], connection: sa.Connection) -> list[Kept]:
    """Keep every callback that is new with its line in the journal, count every other."""
    results = [_keep(connection, one) for one in together]
    entries = [
        one.entry for one, kept in zip(together, results, strict=True) if one.entry is not None and kept.new
    ]
    journal.insert(connection, journal.rows_of(entries))
    return results


def _keep(connection: sa.Connection, arrival: _Arrival) -> Kept:
    unit = seeing.sight_of(connection).unit_for(
        arrival.account
    )  # here, in the thread that writes: a call waits for no other
    is_new = new_callback.run(connection, [(*arrival.values, unit)]) == 1
    query = sa.select(callbacks.c.no, callbacks.c.id, callbacks.c.at).where(
        callbacks.c.digest == arrival.digest
    )
    row = connection.execute(query).one()
    if not is_new:
        count = sa.update(callbacks).where(callbacks.c.no == row.no)
        connection.execute(count.values(duplicates=callbacks.c.duplicates + 1))
    return Kept(is_new, row.id, moment(row.at))


def older_than(query: sa.Select[Any], table: sa.Table, id: str) -> sa.Select[Any]:
    """Return the query for what is older than the row of this id."""
    if not id:
        return query
    return query.where(table.c.no < sa.select(table.c.no).where(table.c.id == id).scalar_subquery())


def row_found(row: sa.Row[Any] | None) -> sa.Row[Any]:
    """Return a row that has to be there. Raises NotFound."""
    if row is None:
        raise NotFound(say("There is no such delivery or callback. It may have been deleted."))
    return row
