"""JOURNAL: what went out and what came of it, entry by entry, never changed afterwards.

An entry is kept whole, as JSON, in the database of the home or team; beside it stand the columns that people look for.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from operator import attrgetter
from typing import Any, Final
from urllib.parse import urlsplit

import orjson
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from workbench.errors import NotFound
from workbench.models.journal import Entry, EntryFilter, OutcomeCount, OutcomeSpan
from workbench.sentence import Sentence, Value, say

from . import seeing
from .database import Database, Id, Migration, Schema, microseconds, moment, storable
from .home import Home
from .statement import Statement

_tables = sa.MetaData()
_entries = sa.Table(
    "workbench_entries",
    _tables,
    sa.Column("id", Id, primary_key=True),
    sa.Column("at", sa.BigInteger, nullable=False, index=True),  # microseconds since 1970
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("mode", sa.Text, nullable=False),
    sa.Column("outcome", sa.Text),
    sa.Column("integration_id", sa.Text),
    sa.Column("provider", sa.Text),
    sa.Column("host", sa.Text),
    sa.Column("recipient", sa.Text),
    sa.Column("search", sa.Text, nullable=False),
    sa.Column("entry", sa.Text, nullable=False),
    seeing.column(),
    sa.Index("workbench_entries_kind", "kind", "id"),
    sa.Index("workbench_entries_outcome", "outcome", "id"),
    sa.Index("workbench_entries_integration", "integration_id", "id"),
)
ENTRIES: Final = _entries
_of_units = seeing.index("workbench_entries_unit", _entries, _entries.c.id)
MIGRATIONS: Final[Mapping[int, Migration]] = {
    1: lambda connection: seeing.add_column(connection, _entries, _of_units)
}
"""For each version of the tables that was ever released: how to leave it."""

_columns = [column.name for column in _entries.columns]
_OWNER: Final = _columns.index("integration_id")
_insert = Statement(sa.insert(_entries), *_columns)
_insert_new = Statement(
    lambda kind: (sqlite if kind == "sqlite" else postgresql).insert(_entries).on_conflict_do_nothing(),
    *_columns,
)


class Journal:
    """The entries of one home, or of a team that shares a database: added to, and emptied from the far end only.

    ``kind`` is ``sqlite`` or ``postgresql``; ``notices`` says what had to be repaired. Every method may raise
    StorageFault: CannotWrite, Damaged (it was set aside, and a new journal begun), or that nothing answers.
    """

    def __init__(self, database: Database, migrations: Mapping[int, Migration] = MIGRATIONS) -> None:
        """Take the database; its tables are made or brought up to date. Raises TooNew and StorageFault."""
        self.database = database
        database.prepare(Schema("journal", _tables, migrations))

    @classmethod
    def open(cls, url: str | None, home: Home, migrations: Mapping[int, Migration] = MIGRATIONS) -> Journal:
        """Return the journal in a database of its own connections: see ``Database.open``. Close it when done."""
        return cls(Database.open(url, home), migrations)

    @property
    def kind(self) -> str:
        """The kind of database."""
        return self.database.kind

    @property
    def notices(self) -> list[Sentence]:
        """What had to be repaired."""
        return self.database.notices

    async def append(self, entry: Entry) -> None:
        """Add the entry; after a return it is kept. Raises Refused when its id is taken."""
        await self.append_many([entry])

    async def append_many(self, entries: Iterable[Entry]) -> None:
        """Add the entries, all of them or none."""
        rows = rows_of(entries)

        def keep() -> None:  # whose they are is asked in the same thread, before the transaction
            kept = with_units(self.database.sight, rows)
            taken = say("This entry is in the journal already.")
            self.database.write_now(lambda connection: _insert.run(connection, kept), taken)

        if rows:
            await asyncio.to_thread(keep)

    async def entries(self, wanted: EntryFilter) -> list[Entry]:
        """Return the entries that fit, the newest first, at most ``limit``; the next page is ``before`` the last id.

        ``since`` is included, ``until`` is not. ``text`` is found anywhere in name, host, recipient and
        outcome, in any case.
        """
        query = sa.select(_entries.c.entry).where(*self._conditions(wanted))
        if wanted.before is not None:
            query = query.where(_entries.c.id < wanted.before)
        query = query.order_by(_entries.c.id.desc()).limit(max(0, wanted.limit))

        def work(connection: sa.Connection) -> list[Entry]:
            return [Entry.model_validate_json(text) for text in connection.scalars(query)]

        return await self.database.read(work)

    async def entry(self, id: str) -> Entry:
        """Return one entry. Raises NotFound when there is none of this id."""
        query = sa.select(_entries.c.entry).where(_entries.c.id == id, *self._seen())
        text = await self.database.read(lambda connection: connection.scalar(query))
        if text is None:
            raise NotFound(say("This entry is not in the journal. It may be older than entries are kept."))
        return Entry.model_validate_json(text)

    async def last(self, integration_id: str) -> Entry | None:
        """Return the integration's newest entry, or None."""
        found = await self.entries(EntryFilter(integration_id=integration_id, limit=1))
        return found[0] if found else None

    async def count(self, wanted: EntryFilter) -> int:
        """Return how many entries fit in all, whatever ``limit`` and ``before`` say."""
        query = sa.select(sa.func.count()).select_from(_entries).where(*self._conditions(wanted))
        return await self.database.read(lambda connection: connection.scalar(query) or 0)

    async def outcomes(self, wanted: OutcomeSpan) -> list[OutcomeCount]:
        """Return how the messages of a time ended, span by span, the oldest first; ``since`` is included, ``until`` is not."""
        columns = _entries.c
        span: sa.ColumnElement[int] = sa.literal_column(str(wanted.span_s * 1_000_000), sa.BigInteger)
        at = (columns.at - columns.at % span).label("span")
        named = (at, columns.integration_id, columns.provider, columns.outcome, columns.mode)
        within = EntryFilter(since=wanted.since, until=wanted.until, integration_id=wanted.integration_id)
        query = (
            sa.select(*named, sa.func.count().label("count"))
            .where(
                *self._conditions(within), columns.kind.in_(("send", "test")), columns.outcome.is_not(None)
            )
            .group_by(*named)
            .order_by(*named)
        )

        def work(connection: sa.Connection) -> list[OutcomeCount]:
            return [
                OutcomeCount(
                    at=moment(row.span), integration_id=row.integration_id, provider=row.provider, outcome=row.outcome,
                    mode=row.mode, count=row.count,
                )
                for row in connection.execute(query)
            ]  # fmt: skip

        return await self.database.read(work)

    async def purge(self, older_than: datetime) -> int:
        """Delete the entries from before ``older_than`` that the caller may change for good, and return how many there were."""
        mine = seeing.changed(self.database.sight, _entries)
        query = sa.delete(_entries).where(_entries.c.at < microseconds(older_than), *mine)
        gone: int = await self.database.write(lambda connection: connection.execute(query).rowcount)
        await self.database.empty_log()
        return gone

    async def check_writable(self) -> None:
        """Raise CannotWrite, with reason and fix, unless the journal takes entries. Before anything is sent."""
        await self.database.check_writable()

    async def close(self) -> None:
        """Close the connections of the database."""
        await self.database.close()

    def _seen(self) -> list[sa.ColumnElement[bool]]:
        return seeing.seen(self.database.sight, _entries)

    def _conditions(self, wanted: EntryFilter) -> list[sa.ColumnElement[bool]]:
        return [*_conditions(wanted), *self._seen()]


def rows_of(entries: Iterable[Entry]) -> list[tuple[Any, ...]]:
    """Return the entries as rows of the table, ready for ``insert``: to be made before a transaction begins."""
    return [_row(entry) for entry in entries]


def insert(connection: sa.Connection, rows: Sequence[tuple[Any, ...]]) -> None:
    """Add rows within a transaction of another part of the database; one that is there already is left as it is."""
    _insert_new.run(connection, with_units(seeing.sight_of(connection), rows))


def with_units(sight: seeing.Sight, rows: Sequence[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Return the rows with whose they are: of what they name, or of whom the running call is made for. Those that have it stay."""
    if rows and len(rows[0]) == len(_columns):
        return list(rows)
    units = {owner: sight.unit_for(owner or "") for owner in {row[_OWNER] for row in rows}}
    return [(*row, units[row[_OWNER]]) for row in rows]


def _row(entry: Entry) -> tuple[Any, ...]:
    """Return the entry's values in the order of the columns, but its unit."""
    outcome = entry.outcome
    host = _host(entry.request.url) if entry.request else None
    words = [
        word
        for word in (entry.integration_name, host, entry.recipient, outcome and outcome.kind, outcome and _said(outcome.sentence))
        if word
    ]  # fmt: skip
    return (
        entry.id,
        microseconds(entry.at),
        entry.kind,
        entry.mode,
        outcome.kind if outcome else None,
        entry.integration_id,
        entry.provider,
        host,
        storable(entry.recipient) if entry.recipient else None,
        storable("\n".join(words).lower()),
        _json(entry),
    )


def _json(entry: Entry) -> str:
    """Return the entry as JSON. By orjson, noun by noun: two thirds of the time that pydantic takes (measured)."""
    try:
        return orjson.dumps(entry.__dict__, default=_fields).decode()
    except TypeError:  # whole numbers above 64 bits; half a character, which is kept as a question mark
        value = entry.model_dump(mode="json", warnings=False)
        return json.dumps(value, ensure_ascii=False).encode("utf-8", "replace").decode()


_fields = attrgetter("__dict__")


def _said(sentence: Sentence) -> str:
    """Return the sentence in English. A job's are mostly the same."""
    try:
        return _rendered(sentence.text, tuple(sentence.values), *sentence.values.values())
    except TypeError:  # a sentence within the sentence
        return str(sentence)


@lru_cache(maxsize=256, typed=True)
def _rendered(text: str, names: tuple[str, ...], *values: Value) -> str:
    return str(Sentence(text, dict(zip(names, values, strict=True))))


@lru_cache(maxsize=256)
def _host(url: str) -> str | None:
    try:
        host = urlsplit(url).hostname
    except ValueError:  # a URL that could not be sent, kept as it was typed
        return None
    return storable(host) if host else None


def _conditions(wanted: EntryFilter) -> list[sa.ColumnElement[bool]]:
    columns = _entries.c
    conditions = [
        column == value
        for column, value in (
            (columns.kind, wanted.kind),
            (columns.outcome, wanted.outcome),
            (columns.mode, wanted.mode),
            (columns.integration_id, wanted.integration_id),
        )
        if value is not None
    ]
    if wanted.text.strip():
        conditions.append(columns.search.contains(storable(wanted.text.strip().lower()), autoescape=True))
    if wanted.since is not None:
        conditions.append(columns.at >= microseconds(wanted.since))
    if wanted.until is not None:
        conditions.append(columns.at < microseconds(wanted.until))
    return conditions
