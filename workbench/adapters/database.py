"""DATABASE: where the journal, the ledger of work and the budgets are kept together, in SQLite or PostgreSQL.

By default one SQLite file (write-ahead log) in the home, or a PostgreSQL that a team shares: that one holds all of its workbench.
Transactions whose faults are sentences, a damaged file set aside, and tables that are made and brought up to date by one process at a time.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import os
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import ArgumentError, DataError, DBAPIError, IntegrityError
from sqlalchemy.schema import CreateIndex, CreateTable

from workbench.errors import Damaged, Refused, StorageFault, TooNew
from workbench.sentence import Sentence, say

from . import files, seeing
from .database_faults import fault_of
from .home import Home

T = TypeVar("T")
Migration = Callable[[sa.Connection], None]
Turn = contextlib.AbstractContextManager[object]

DATABASE_FILE: Final = "journal.sqlite"
BUSY_S = 10.0
"""How long a write waits for another process's write."""
LOCK_NUMBER: Final = 0x776F726B62656E63
"""PostgreSQL's advisory lock under which the tables are made: the letters of "workbenc"."""
PAGE_SIZE: Final = 8192
"""Bytes of a page in a new file. Three entries of the journal fit in, of 4096 only one: a third less is written (measured)."""
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_FITS_NO_COLUMN: Final = say(
    "A number or a text of this call is larger than the workbench can keep or look for. Make it smaller."
)

Id = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
"""Ids sort by time in the order of their bytes, whatever language the database sorts in."""

Big = sa.BigInteger().with_variant(sa.Integer, "sqlite")
"""Large whole numbers; as a primary key an INTEGER is the table's own order in SQLite."""


@dataclass(frozen=True, slots=True)
class Schema:
    """Tables that are made and brought up to date together. ``migrations``: for each released version, how to leave it."""

    name: str
    tables: sa.MetaData
    migrations: Mapping[int, Migration] = field(default_factory=dict)

    @property
    def newest(self) -> int:
        """The version that this code makes."""
        return max(self.migrations, default=0) + 1

    @property
    def about(self) -> sa.Table:
        """The table that holds the version of the others."""
        name = f"workbench_{self.name}"
        if name in self.tables.tables:
            return self.tables.tables[name]
        return sa.Table(
            name,
            self.tables,
            sa.Column("name", sa.Text, primary_key=True),
            sa.Column("value", sa.BigInteger, nullable=False),
        )


class Database:
    """One database and its transactions, each of which runs in a thread.

    ``kind`` is ``sqlite`` or ``postgresql``; ``notices`` says what had to be repaired. Every method may raise StorageFault: CannotWrite,
    Damaged (the file was set aside, and a new one begun), or that nothing answers.
    """

    def __init__(self, url: sa.URL, home: Home | None) -> None:
        """Take the database at ``url``; ``home`` is given when it is a file in it."""
        self.sight: seeing.Sight = seeing.EVERYTHING
        self._engine = _engine(url).execution_options(**{seeing.OPTION: self})
        self._writing = self._engine.execution_options(begin="BEGIN IMMEDIATE")
        self._home = home
        self._path = path = home.path(DATABASE_FILE) if home else None
        self._schemas: dict[str, Schema] = {}
        self._turn: Turn = (
            threading.Lock() if path else contextlib.nullcontext()
        )  # SQLite's own waiting is by naps
        self.where = str(path) if path else _without_credentials(url)
        self.kind = self._engine.dialect.name
        self.notices: list[Sentence] = []

    @property
    def shared(self) -> bool:
        """Whether this is a team's: the documents, the vault and the files of its workbenches lie in it, not in a home."""
        return self._path is None

    @property
    def schemas(self) -> Mapping[str, Schema]:
        """The tables that were prepared, by the names of their schemas."""
        return dict(self._schemas)

    @classmethod
    def open(cls, url: str | None, home: Home) -> Database:
        """Return the database at ``url`` (``postgresql://...``), by default a SQLite file of the home. Close it when done.

        It is connected to with the first ``prepare``. Raises Refused: the URL is not understood, or the driver is not installed.
        """
        if url:
            return cls(_postgresql(url), None)
        return cls(sa.URL.create("sqlite", database=str(home.path(DATABASE_FILE))), home)

    def prepare(self, schema: Schema) -> None:
        """Make the tables or bring them up to date. A file that is no database is set aside and a new one begun.

        Raises TooNew when a newer workbench wrote them; they were not touched then.
        """
        self._schemas[schema.name] = schema
        try:
            self._prepare([schema], thorough=False)
        except BaseException:
            self._engine.dispose()
            raise

    async def read(self, work: Callable[[sa.Connection], T]) -> T:
        """Return what ``work`` finds, in one transaction that changes nothing."""
        return await asyncio.to_thread(self.read_now, work)

    async def write(self, work: Callable[[sa.Connection], T], taken: Sentence | None = None) -> T:
        """Return what ``work`` did, all of it or nothing; after a return it is on the disk.

        ``taken`` is what Refused says when a key that has to be unique is there already.
        """
        return await asyncio.to_thread(self.write_now, work, taken)

    def read_now(self, work: Callable[[sa.Connection], T]) -> T:
        """Do as ``read``, in this thread."""
        return self._do(work, self._engine, contextlib.nullcontext(), None)

    def write_now(self, work: Callable[[sa.Connection], T], taken: Sentence | None = None) -> T:
        """Do as ``write``, in this thread."""
        return self._do(work, self._writing, self._turn, taken)

    @contextlib.contextmanager
    def held(self) -> Iterator[sa.Connection]:
        """Give a connection for what is looked at and then changed in one go, in this thread: kept when the block ends well, all of it."""
        try:
            with self._turn, self._writing.begin() as connection:
                yield connection
        except DBAPIError as error:
            fault = self._fault(error)
            raise fault from None

    async def check_writable(self) -> None:
        """Raise CannotWrite, with reason and fix, unless the database takes more. Before anything is sent."""
        if self._home:
            await asyncio.to_thread(self._home.check_writable)

        def work(connection: sa.Connection) -> None:
            for schema in self._schemas.values():
                connection.execute(sa.update(schema.about).values(value=schema.about.c.value))

        await self.write(work)

    async def empty_log(self) -> None:
        """Write SQLite's log into the file, for it still holds what was deleted; a reader may put that off."""
        if self._path:
            await asyncio.to_thread(self._empty_log)

    async def close(self) -> None:
        """Close the connections."""
        await asyncio.to_thread(self._engine.dispose)

    def _do(
        self, work: Callable[[sa.Connection], T], engine: sa.Engine, turn: Turn, taken: Sentence | None
    ) -> T:
        """Do the work in one transaction; what the database raises becomes a sentence, and only that.

        When SQLite finds its file damaged, a new one is begun.
        """
        try:
            with turn, engine.begin() as connection:
                return work(connection)
        except (OverflowError, DataError):  # SQLite's driver, PostgreSQL: a value of the call fits no column
            raise Refused(_FITS_NO_COLUMN) from None
        except DBAPIError as error:
            fault: Exception = (
                Refused(taken) if taken and isinstance(error, IntegrityError) else self._fault(error)
            )
        if isinstance(fault, Damaged):
            self._prepare(self._schemas.values(), thorough=True)
        raise fault

    def _fault(self, error: DBAPIError) -> StorageFault:
        return fault_of(error, self.where, BUSY_S)

    def _empty_log(self) -> None:
        connection = self._engine.raw_connection()
        try:
            connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
        finally:
            connection.close()

    def _prepare(self, schemas: Iterable[Schema], thorough: bool) -> None:
        """Make the tables, or bring them up to date, with no other process doing the same."""
        try:
            if self._path is None:
                with self._engine.begin() as connection:
                    connection.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK_NUMBER)))
                    self._make_tables(connection, schemas)
                return
            with files.lock(self._path):
                if thorough:
                    self._engine.dispose()
                self._set_aside_if_damaged(self._path, thorough)
                with self._writing.begin() as connection:
                    self._make_tables(connection, schemas)
        except DBAPIError as error:
            fault = self._fault(error)
        else:
            return
        raise fault

    def _set_aside_if_damaged(self, path: Path, thorough: bool) -> None:
        try:
            if not path.exists():
                path.touch(mode=0o600)
        except OSError as error:
            raise files.cannot_write(path, error) from None
        if _is_database(path) and self._is_sound(thorough):
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
            if isinstance(self._fault(error), Damaged):
                return False
            raise

    def _make_tables(self, connection: sa.Connection, schemas: Iterable[Schema]) -> None:
        for schema in schemas:
            about, newest = schema.about, schema.newest
            _make_missing(connection, schema.tables)
            asked, begun = _version(about, newest)
            found = connection.exec_driver_sql(asked).scalar()
            if found is None:
                connection.exec_driver_sql(begun)
            elif found > newest:
                raise TooNew(
                    say(
                        "The database {database} was written by a newer version of the workbench (format {found}, this one "
                        "knows {known}). Update the workbench; nothing was touched.",
                        database=self.where,
                        found=found,
                        known=newest,
                    )
                )
            elif found < newest:
                for version in range(found, newest):
                    schema.migrations[version](connection)
                connection.execute(sa.update(about).where(about.c.name == "schema").values(value=newest))


def microseconds(at: datetime) -> int:
    """Return the time as the tables keep it: microseconds since 1970."""
    passed = at - EPOCH
    return (passed.days * 86_400 + passed.seconds) * 1_000_000 + passed.microseconds


def moment(at: int) -> datetime:
    """Return the time that the tables keep as ``at``, aware and in UTC."""
    return EPOCH + timedelta(microseconds=at)


def storable(text: str) -> str:
    """Return the text with question marks for what PostgreSQL cannot keep: zeros, and halves of characters."""
    if text.isascii() and "\0" not in text:
        return text
    return text.replace("\0", "?").encode("utf-8", "replace").decode()


def named_database(environ: Mapping[str, str] = os.environ) -> str | None:
    """Return the URL in WORKBENCH_DATABASE, None where it is not set. Raises Refused where only its old name is."""
    named = environ.get("WORKBENCH_DATABASE", "").strip()
    if not named and environ.get("WORKBENCH_JOURNAL", "").strip():
        raise Refused(
            say(
                "WORKBENCH_JOURNAL is now called {name}, for the database holds the whole workbench of a team. Set {name} instead. "
                "{command} brings over what is in this home.",
                name="WORKBENCH_DATABASE",
                command="workbench migrate",
            )
        )
    return named or None


def _postgresql(text: str) -> sa.URL:
    """Return the URL with the driver we use. Raises Refused without repeating it: it may hold a password."""
    url = _parse(text)
    if url is None or url.get_backend_name() not in {"postgresql", "postgres"}:
        raise Refused(
            say(
                "The address of the database is not understood. It looks like {example}.",
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
        sa.event.listen(engine, "begin", _begin_sqlite)
        return engine
    patience = {} if "connect_timeout" in url.query else {"connect_timeout": round(BUSY_S)}
    try:
        engine = sa.create_engine(
            url, connect_args=patience, pool_pre_ping=True, hide_parameters=True, paramstyle="format"
        )
    except ModuleNotFoundError:
        raise Refused(
            say(
                "The driver for PostgreSQL is not installed. Install the workbench with its extra: {command}.",
                command='pip install "integration-workbench[postgres]"',
            )
        ) from None
    sa.event.listen(engine, "connect", _set_up_postgresql)
    return engine


def _make_missing(connection: sa.Connection, tables: sa.MetaData) -> None:
    """Make the tables that are not there, each with its indexes; those that are there are left to their migrations.

    As ``create_all`` does, but SQLite is asked once, and the statements are written once in a process: a third of opening a home.
    """
    if connection.dialect.name != "sqlite":
        tables.create_all(connection)
        return
    found = set(connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'").scalars())
    for table in tables.sorted_tables:
        if table.name not in found:
            for statement in _statements_for(table):
                connection.exec_driver_sql(statement)


@functools.cache
def _statements_for(table: sa.Table) -> tuple[str, ...]:
    """Return SQLite's statements that make the table and its indexes."""
    indexes = sorted(table.indexes, key=lambda index: str(index.name))
    made: list[CreateTable | CreateIndex] = [CreateTable(table), *map(CreateIndex, indexes)]
    return tuple(str(statement.compile(dialect=sqlite.dialect())) for statement in made)


@functools.cache
def _version(about: sa.Table, newest: int) -> tuple[str, str]:
    """Return what asks for the version and what writes the first, as text: each home's own engine would compile them anew."""
    name: sa.ColumnElement[str] = sa.literal_column("'schema'")
    value: sa.ColumnElement[int] = sa.literal_column(str(newest))
    asked = sa.select(about.c.value).where(about.c.name == name)
    return str(asked), str(sa.insert(about).values(name=name, value=value).inline())


def _is_database(path: Path) -> bool:
    """Return whether SQLite knows the file, without touching the log beside it.

    Only SQLite may open it: closing any descriptor of a file drops all locks that this process holds on it
    (https://www.sqlite.org/howtocorrupt.html#_posix_advisory_locks_canceled_by_a_separate_thread_doing_close_).
    """
    looking = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)
    try:
        looking.execute("PRAGMA schema_version")
    except sqlite3.DatabaseError as error:
        return error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_NOTADB
    finally:
        looking.close()
    return True


def _set_up_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    """Set what SQLite is to do; see https://www.sqlite.org/pragma.html.

    The transactions are SQLAlchemy's, not the driver's:
    https://docs.sqlalchemy.org/en/20/dialects/sqlite.html#pysqlite-transactional-ddl
    """
    connection.isolation_level = None
    connection.execute(f"PRAGMA page_size = {PAGE_SIZE}")  # of a new file; others keep theirs
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")  # what is to be attempted is on the disk before it is
    connection.execute("PRAGMA secure_delete = ON")  # what retention deletes is gone from the file too


def _begin_sqlite(connection: sa.Connection) -> None:
    """Begin as the work needs it: a write asks for its turn at once, for one that began as a reader may not wait for it.

    https://www.sqlite.org/isolation.html; https://www.sqlite.org/lang_transaction.html#immediate
    """
    connection.exec_driver_sql(connection.get_execution_options().get("begin", "BEGIN"))


def _set_up_postgresql(connection: Any, _record: object) -> None:
    """Set what PostgreSQL is to do; see https://www.postgresql.org/docs/current/runtime-config-query.html.

    Another's lock is waited for no longer than with SQLite. Where an index has the order it is taken, even before the server has counted
    a table that grows by the million: it would sort all of it to find the first hundred (measured: 1.2 s instead of 0.2 ms).
    """
    connection.execute(f"SET lock_timeout = {round(BUSY_S * 1000)}")
    connection.execute("SET enable_sort = off")
    connection.execute("SET jit = off")
    connection.commit()
