"""JOURNAL: what went out and what came of it, entry by entry, never changed afterwards.

SQLAlchemy Core on SQLite (write-ahead log) in the home, or on PostgreSQL for a team. An entry is kept whole,
as JSON; beside it stand the columns that people look for.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sqlite3
import threading
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

import sqlalchemy as sa
from pydantic_core import PydanticSerializationError
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError

from workbench.errors import CannotWrite, Damaged, NotFound, Refused, StorageFault, TooNew
from workbench.models.journal import Entry, EntryFilter
from workbench.sentence import Sentence, say

from . import files
from .home import Home

T = TypeVar("T")
Migration = Callable[[sa.Connection], None]

JOURNAL_FILE = "journal.sqlite"
BATCH = 500
"""Entries in one statement: more gain nothing (measured)."""
BUSY_S = 10.0
"""How long a write waits for another process's write."""
LOCK_NUMBER = 0x776F726B62656E63
"""PostgreSQL's advisory lock under which the tables are made: the letters of "workbenc"."""

MAGIC = b"SQLite format 3\0"
"""How a SQLite file begins: https://www.sqlite.org/fileformat.html#the_database_header"""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

MIGRATIONS: Final[Mapping[int, Migration]] = {}
"""For each version of the tables that was ever released: how to leave it."""

# Ids sort by time in the order of their bytes, whatever language the database sorts in.
_Id = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")

_tables = sa.MetaData()
_about = sa.Table(
    "workbench_journal",
    _tables,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("value", sa.BigInteger, nullable=False),
)
_entries = sa.Table(
    "workbench_entries",
    _tables,
    sa.Column("id", _Id, primary_key=True),
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
    sa.Index("workbench_entries_kind", "kind", "id"),
    sa.Index("workbench_entries_outcome", "outcome", "id"),
    sa.Index("workbench_entries_integration", "integration_id", "id"),
)


class Journal:
    """The entries of one home, or of a team that shares a database: added to, and emptied from the far end only.

    ``kind`` is ``sqlite`` or ``postgresql``; ``notices`` says what had to be repaired. Every method may raise
    StorageFault: CannotWrite, Damaged (it was set aside, and a new journal begun), or that nothing answers.
    """

    def __init__(self, url: sa.URL, home: Home | None, migrations: Mapping[int, Migration]) -> None:
        """Connect to ``url``; ``home`` is given when the journal is a file in it."""
        self._engine = _engine(url)
        self._home = home
        self._path = path = home.path(JOURNAL_FILE) if home else None
        self._where = str(path) if path else _without_credentials(url)
        self._migrations = migrations
        self._turn: contextlib.AbstractContextManager[object] = (
            threading.Lock() if path else contextlib.nullcontext()  # SQLite's own waiting is by naps
        )
        self.kind = self._engine.dialect.name
        self.notices: list[Sentence] = []

    @classmethod
    def open(cls, url: str | None, home: Home, migrations: Mapping[int, Migration] = MIGRATIONS) -> Journal:
        """Return the journal at ``url`` (``postgresql://...``), by default in a SQLite file of the home.

        Tables are made or brought up to date; a file that is no database is set aside and a new one begun.
        Raises TooNew, Refused (the URL, or the driver is not installed) and StorageFault. Close it when done.
        """
        if url:
            journal = cls(_postgresql(url), None, migrations)
        else:
            url_of_file = sa.URL.create("sqlite", database=str(home.path(JOURNAL_FILE)))
            journal = cls(url_of_file, home, migrations)
        try:
            journal._prepare(thorough=False)
        except BaseException:
            journal._engine.dispose()
            raise
        return journal

    async def append(self, entry: Entry) -> None:
        """Add the entry; after a return it is kept. Raises Refused when its id is taken."""
        await self.append_many([entry])

    async def append_many(self, entries: Iterable[Entry]) -> None:
        """Add the entries, all of them or none."""
        wanted = list(entries)

        def work(connection: sa.Connection) -> None:
            rows = [_row(entry) for entry in wanted]
            for start in range(0, len(rows), BATCH):
                connection.execute(sa.insert(_entries), rows[start : start + BATCH])

        if wanted:
            await asyncio.to_thread(self._write, work)

    async def entries(self, wanted: EntryFilter) -> list[Entry]:
        """Return the entries that fit, the newest first, at most ``limit``; the next page is ``before`` the last id.

        ``since`` is included, ``until`` is not. ``text`` is found anywhere in name, host, recipient and
        outcome, in any case.
        """
        query = sa.select(_entries.c.entry).where(*_conditions(wanted))
        if wanted.before is not None:
            query = query.where(_entries.c.id < wanted.before)
        query = query.order_by(_entries.c.id.desc()).limit(max(0, wanted.limit))

        def work(connection: sa.Connection) -> list[Entry]:
            return [Entry.model_validate_json(text) for text in connection.scalars(query)]

        return await asyncio.to_thread(self._read, work)

    async def entry(self, id: str) -> Entry:
        """Return one entry. Raises NotFound when there is none of this id."""
        query = sa.select(_entries.c.entry).where(_entries.c.id == id)
        text = await asyncio.to_thread(self._read, lambda connection: connection.scalar(query))
        if text is None:
            raise NotFound(say("This entry is not in the journal. It may be older than entries are kept."))
        return Entry.model_validate_json(text)

    async def last(self, integration_id: str) -> Entry | None:
        """Return the integration's newest entry, or None."""
        found = await self.entries(EntryFilter(integration_id=integration_id, limit=1))
        return found[0] if found else None

    async def count(self, wanted: EntryFilter) -> int:
        """Return how many entries fit in all, whatever ``limit`` and ``before`` say."""
        query = sa.select(sa.func.count()).select_from(_entries).where(*_conditions(wanted))
        return await asyncio.to_thread(self._read, lambda connection: connection.scalar(query) or 0)

    async def purge(self, older_than: datetime) -> int:
        """Delete the entries from before ``older_than`` for good, and return how many there were."""
        query = sa.delete(_entries).where(_entries.c.at < _microseconds(older_than))
        gone: int = await asyncio.to_thread(
            self._write, lambda connection: connection.execute(query).rowcount
        )
        if self._path:
            await asyncio.to_thread(self._empty_log)
        return gone

    async def check_writable(self) -> None:
        """Raise CannotWrite, with reason and fix, unless the journal takes entries. Before anything is sent."""
        if self._home:
            await asyncio.to_thread(self._home.check_writable)
        query = sa.update(_about).values(value=_about.c.value)
        await asyncio.to_thread(self._write, lambda connection: connection.execute(query))

    async def close(self) -> None:
        """Close the connections."""
        await asyncio.to_thread(self._engine.dispose)

    def _read(self, work: Callable[[sa.Connection], T]) -> T:
        return self._do(work, contextlib.nullcontext())

    def _write(self, work: Callable[[sa.Connection], T]) -> T:
        return self._do(work, self._turn)

    def _do(self, work: Callable[[sa.Connection], T], turn: contextlib.AbstractContextManager[object]) -> T:
        """Do the work in one transaction; what the database raises becomes a sentence, and only that.

        When SQLite finds its file damaged, a new one is begun.
        """
        try:
            with turn, self._engine.begin() as connection:
                return work(connection)
        except IntegrityError:
            fault: Exception = Refused(say("This entry is in the journal already."))
        except DBAPIError as error:
            fault = _fault(error, self._where)
        if isinstance(fault, Damaged):
            self._prepare(thorough=True)
        raise fault

    def _empty_log(self) -> None:
        """Write SQLite's log into the file, for it still holds what was deleted; a reader may put that off."""
        connection = self._engine.raw_connection()
        try:
            connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
        finally:
            connection.close()

    def _prepare(self, thorough: bool) -> None:
        """Make the tables, or bring them up to date, with no other process doing the same."""
        try:
            if self._path is None:
                with self._engine.begin() as connection:
                    connection.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK_NUMBER)))
                    self._make_tables(connection)
                return
            with files.lock(self._path):
                self._engine.dispose()
                self._set_aside_if_damaged(self._path, thorough)
                with self._engine.begin() as connection:
                    self._make_tables(connection)
        except DBAPIError as error:
            fault = _fault(error, self._where)
        else:
            return
        raise fault

    def _set_aside_if_damaged(self, path: Path, thorough: bool) -> None:
        try:
            path.touch(mode=0o600)
            with path.open("rb") as file:
                head = file.read(len(MAGIC))
        except OSError as error:
            raise files.cannot_write(path, error) from None
        # The head is looked at without SQLite, which deletes the log beside a file that it does not know.
        if head in {MAGIC, b""} and self._is_sound(thorough):
            return
        self._engine.dispose()
        self.notices.append(files.was_set_aside(path, files.set_aside(path)))
        for rest in (path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")):
            if rest.exists():  # an old log must not be played into the new file
                files.set_aside(rest)
        path.touch(mode=0o600)

    def _is_sound(self, thorough: bool) -> bool:
        try:
            with self._engine.begin() as connection:
                connection.exec_driver_sql("SELECT count(*) FROM sqlite_master")
                return not thorough or connection.exec_driver_sql("PRAGMA quick_check(1)").scalar() == "ok"
        except DBAPIError as error:
            if isinstance(_fault(error, self._where), Damaged):
                return False
            raise

    def _make_tables(self, connection: sa.Connection) -> None:
        newest = max(self._migrations, default=0) + 1
        _tables.create_all(connection)
        found = connection.scalar(sa.select(_about.c.value).where(_about.c.name == "schema"))
        if found is None:
            connection.execute(sa.insert(_about).values(name="schema", value=newest))
        elif found > newest:
            raise TooNew(
                say(
                    "The journal {journal} was written by a newer version of the workbench (format {found}, this one "
                    "knows {known}). Update the workbench; the journal was not touched.",
                    journal=self._where,
                    found=found,
                    known=newest,
                )
            )
        elif found < newest:
            for version in range(found, newest):
                self._migrations[version](connection)
            connection.execute(sa.update(_about).where(_about.c.name == "schema").values(value=newest))


def _postgresql(text: str) -> sa.URL:
    """Return the URL with the driver we use. Raises Refused without repeating it: it may hold a password."""
    url = _parse(text)
    if url is None or url.get_backend_name() not in {"postgresql", "postgres"}:
        raise Refused(
            say(
                "The journal's address is not understood. It looks like {example}.",
                example="postgresql://user@host/database",
            )
        )
    return url.set(drivername="postgresql+psycopg")


def _without_credentials(url: sa.URL) -> str:
    return sa.URL.create("postgresql", host=url.host, port=url.port, database=url.database).render_as_string()


def _parse(text: str) -> sa.URL | None:
    try:
        return sa.make_url(text)
    except (ArgumentError, ValueError):  # their words may hold parts of a password
        return None


def _engine(url: sa.URL) -> sa.Engine:
    if url.get_backend_name() == "sqlite":
        engine = sa.create_engine(url, connect_args={"timeout": BUSY_S}, hide_parameters=True)
        sa.event.listen(engine, "connect", _set_up_sqlite)
        sa.event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
        return engine
    patience = {} if "connect_timeout" in url.query else {"connect_timeout": round(BUSY_S)}
    try:
        return sa.create_engine(url, connect_args=patience, pool_pre_ping=True, hide_parameters=True)
    except ModuleNotFoundError:
        raise Refused(
            say(
                "The driver for PostgreSQL is not installed. Install the workbench with its extra: {command}.",
                command='pip install "integration-workbench[postgres]"',
            )
        ) from None


def _set_up_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    """Set what SQLite is to do; see https://www.sqlite.org/pragma.html.

    The transactions are SQLAlchemy's, not the driver's:
    https://docs.sqlalchemy.org/en/20/dialects/sqlite.html#pysqlite-transactional-ddl
    """
    connection.isolation_level = None
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA secure_delete = ON")  # what retention deletes is gone from the file too


def _row(entry: Entry) -> dict[str, Any]:
    outcome = entry.outcome
    host = _host(entry)
    words = (
        entry.integration_name,
        host,
        entry.recipient,
        outcome and outcome.kind,
        outcome and str(outcome.sentence),
    )
    return {
        "id": entry.id,
        "at": _microseconds(entry.at),
        "kind": entry.kind,
        "mode": entry.mode,
        "outcome": outcome.kind if outcome else None,
        "integration_id": entry.integration_id,
        "provider": entry.provider,
        "host": host,
        "recipient": _storable(entry.recipient) if entry.recipient else None,
        "search": _storable("\n".join(word for word in words if word).lower()),
        "entry": _json(entry),
    }


def _json(entry: Entry) -> str:
    try:
        return entry.model_dump_json(warnings=False)
    except (
        PydanticSerializationError
    ):  # half a character, in a reply's parsed JSON: it is kept as a question mark
        value = entry.model_dump(mode="json", warnings=False)
        return json.dumps(value, ensure_ascii=False).encode("utf-8", "replace").decode()


def _storable(text: str) -> str:
    """Return the text with question marks for what PostgreSQL cannot keep: zeros, and halves of characters."""
    return text.replace("\0", "?").encode("utf-8", "replace").decode()


def _host(entry: Entry) -> str | None:
    if entry.request is None:
        return None
    try:
        host = urlsplit(entry.request.url).hostname
    except ValueError:  # a URL that could not be sent, kept as it was typed
        return None
    return _storable(host) if host else None


def _microseconds(at: datetime) -> int:
    return (at - EPOCH) // timedelta(microseconds=1)


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
        conditions.append(columns.search.contains(_storable(wanted.text.strip().lower()), autoescape=True))
    if wanted.since is not None:
        conditions.append(columns.at >= _microseconds(wanted.since))
    if wanted.until is not None:
        conditions.append(columns.at < _microseconds(wanted.until))
    return conditions


def _fault(error: DBAPIError, journal: str) -> StorageFault:
    """Return what happened, for a person. The database's own words may hold data: only its code is shown."""
    if isinstance(error.orig, sqlite3.Error):
        code, name = (
            getattr(error.orig, "sqlite_errorcode", 0) & 0xFF,
            getattr(error.orig, "sqlite_errorname", ""),
        )
    else:
        code, name = 0, getattr(error.orig, "sqlstate", None) or ""
    if code in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}:
        return Damaged(
            say(
                "The journal {journal} was damaged. It was set aside and a new one begun; try again.",
                journal=journal,
            )
        )
    if code == sqlite3.SQLITE_FULL or name.startswith("53"):
        return CannotWrite(
            say(
                "There is no room left for the journal {journal}. Free some space, then try again.",
                journal=journal,
            )
        )
    if code in {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_CANTOPEN} or name in {
        "25006",
        "42501",
    }:
        return CannotWrite(
            say(
                "The journal {journal} cannot be written: you may only read it. Ask its owner for the right to write.",
                journal=journal,
            )
        )
    if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED} or name == "55P03":
        return CannotWrite(
            say(
                "The journal {journal} has been in use by another process for {seconds} seconds. Close that one, or "
                "wait until it is done, then try again.",
                journal=journal,
                seconds=round(BUSY_S),
            )
        )
    if not code and (not name or name.startswith(("08", "57P", "28", "3D"))):
        return StorageFault(
            say(
                "The database of the journal, {journal}, does not let us in or does not answer. Check its address, "
                "your name and password, and that it runs.",
                journal=journal,
            )
        )
    return CannotWrite(
        say(
            "The journal {journal} did not do what was asked ({code}). Check its disk, then try again.",
            journal=journal,
            code=name,
        )
    )
