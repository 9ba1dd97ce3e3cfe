"""The one database of a home: several schemas in it, each with its version; what was written before the ledger opens unchanged."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.databases import own_schema
from workbench.adapters import database as module
from workbench.adapters.clock import VirtualClock
from workbench.adapters.database import EPOCH, Database, Schema, microseconds, moment, storable
from workbench.adapters.home import Home, open_home
from workbench.adapters.journal import Journal
from workbench.adapters.ledger import Ledger
from workbench.adapters.statement import Statement
from workbench.errors import CannotWrite, Damaged, Refused, TooNew
from workbench.models.journal import EntryFilter
from workbench.models.work import JobFilter
from workbench.sentence import say

FORMAT_1 = """
CREATE TABLE workbench_journal (name TEXT NOT NULL, value BIGINT NOT NULL, PRIMARY KEY (name));
CREATE TABLE workbench_entries (
    id TEXT NOT NULL, at BIGINT NOT NULL, kind TEXT NOT NULL, mode TEXT NOT NULL, outcome TEXT, integration_id TEXT, provider TEXT,
    host TEXT, recipient TEXT, search TEXT NOT NULL, entry TEXT NOT NULL, PRIMARY KEY (id)
);
CREATE INDEX ix_workbench_entries_at ON workbench_entries (at);
CREATE INDEX workbench_entries_integration ON workbench_entries (integration_id, id);
CREATE INDEX workbench_entries_kind ON workbench_entries (kind, id);
CREATE INDEX workbench_entries_outcome ON workbench_entries (outcome, id);
INSERT INTO workbench_journal VALUES ('schema', 1);
INSERT INTO workbench_entries VALUES (
    'ent_01', 1772323200000000, 'send', 'live', 'accepted', 'int_1', 'brevo', 'api.brevo.com', 'a***', 'news', '{"id":"ent_01","at":
    "2026-03-01T00:00:00Z","kind":"send","mode":"live","who":"ana","integration_id":"int_1","integration_name":"News","provider":"brevo",
    "outcome":{"kind":"accepted","sentence":{"text":"It took it ({status}).","values":{"status":201}},"ids":[],"errors":[],
    "retry_after_s":null}}'
);
"""
"""What version 0.1.0 made, before there was a ledger."""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return open_home(tmp_path / "home")


@pytest.fixture(params=["sqlite", "postgresql"])
async def database(request: pytest.FixtureRequest, home: Home) -> AsyncIterator[Database]:
    url = None if request.param == "sqlite" else own_schema(request.getfixturevalue("postgres_url"))
    made = Database.open(url, home)
    yield made
    await made.close()


def things(version: int = 1) -> tuple[Schema, sa.Table]:
    tables = sa.MetaData()
    table = sa.Table(
        "things", tables, sa.Column("name", sa.Text, primary_key=True), sa.Column("n", sa.Integer)
    )
    grow = {
        step: lambda connection: connection.execute(sa.update(table).values(n=table.c.n + 1))
        for step in range(1, version)
    }
    return Schema("things", tables, grow), table


def about(database: Database, name: str) -> int:
    query = sa.text(f"SELECT value FROM workbench_{name} WHERE name = 'schema'")
    found: int = database.read_now(lambda connection: connection.scalar(query))
    return found


async def test_a_journal_from_before_the_ledger_opens_unchanged(home: Home) -> None:
    path = home.path("journal.sqlite")
    with sqlite3.connect(path, isolation_level=None) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.executescript(FORMAT_1)
        before = connection.execute("SELECT * FROM workbench_entries").fetchall()
        made = connection.execute("SELECT name, sql FROM sqlite_master ORDER BY name").fetchall()
    connection.close()
    database = Database.open(None, home)
    journal, ledger = Journal(database), Ledger(database, VirtualClock())
    assert database.notices == []
    (entry,) = await journal.entries(EntryFilter(integration_id="int_1", text="NEWS"))
    assert str(entry.outcome and entry.outcome.sentence) == "It took it (201)."
    assert await ledger.jobs(JobFilter()) == []
    assert about(database, "journal") == about(database, "ledger") == 2
    await database.close()
    with sqlite3.connect(path) as connection:
        kept = connection.execute("SELECT * FROM workbench_entries").fetchall()
        assert kept == [(*row, "") for row in before]  # of no unit in particular
        now = dict(connection.execute("SELECT name, sql FROM sqlite_master").fetchall())
    connection.close()
    assert {name: now[name] for name, _ in made if name != "workbench_entries"} == {
        name: text for name, text in made if name != "workbench_entries"
    }


async def test_each_part_has_a_version_of_its_own(database: Database) -> None:
    Journal(database)
    first, table = things()
    database.prepare(first)
    await database.write(lambda connection: connection.execute(sa.insert(table).values(name="a", n=1)))
    later, _ = things(3)
    database.prepare(later)
    database.prepare(later)
    assert await database.read(lambda connection: connection.scalar(sa.select(table.c.n))) == 3
    assert (about(database, "things"), about(database, "journal")) == (3, 2)
    with pytest.raises(TooNew, match="format 3, this one knows 1"):
        database.prepare(first)
    assert about(database, "things") == 3


async def test_a_transaction_is_done_whole_or_not_at_all(database: Database) -> None:
    schema, table = things()
    database.prepare(schema)

    def half(connection: sa.Connection) -> None:
        connection.execute(sa.insert(table).values(name="a"))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await database.write(half)
    await database.write(lambda connection: connection.execute(sa.insert(table).values(name="b")))
    assert await database.read(lambda connection: connection.scalars(sa.select(table.c.name)).all()) == ["b"]


async def test_what_is_there_already_is_refused_in_the_words_of_whom_it_concerns(database: Database) -> None:
    schema, table = things()
    database.prepare(schema)
    query = sa.insert(table).values(name="a")
    await database.write(lambda connection: connection.execute(query), taken=say("There is an a."))
    with pytest.raises(Refused, match="There is an a") as caught:
        await database.write(lambda connection: connection.execute(query), taken=say("There is an a."))
    assert caught.value.__context__ is None
    with pytest.raises(CannotWrite, match="did not do what was asked"):
        await database.write(lambda connection: connection.execute(query))


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_a_write_asks_for_its_turn_before_it_reads(
    home: Home, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else two that read first and then write could not both go on: SQLite would refuse one at once."""
    schema, table = things()
    database.prepare(schema)
    other = Database.open(None, home)
    other.prepare(schema)
    await database.write(lambda connection: connection.execute(sa.insert(table).values(name="a", n=0)))
    reading = threading.Barrier(1)

    def count_up(connection: sa.Connection) -> None:
        n = connection.scalar(sa.select(table.c.n)) or 0
        reading.wait()
        connection.execute(sa.update(table).values(n=n + 1))

    await asyncio.gather(*(one.write(count_up) for _ in range(20) for one in (database, other)))
    assert await other.read(lambda connection: connection.scalar(sa.select(table.c.n))) == 40
    await other.close()


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_what_was_written_is_on_the_disk_and_what_was_deleted_is_not(database: Database) -> None:
    schema, _ = things()
    database.prepare(schema)

    def asked(connection: sa.Connection) -> dict[str, object]:
        names = ("journal_mode", "synchronous", "secure_delete", "page_size", "busy_timeout")
        return {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in names}

    assert await database.write(asked) == {
        "journal_mode": "wal", "synchronous": 2, "secure_delete": 1, "page_size": 8192, "busy_timeout": 10_000
    }  # fmt: skip


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_after_damage_every_part_begins_anew(database: Database, home: Home) -> None:
    journal, ledger = Journal(database), Ledger(database, VirtualClock())
    await database.close()
    path = home.path("journal.sqlite")
    content = path.read_bytes()
    path.write_bytes(content[:8192] + b"\xa5" * (len(content) - 8192))
    with pytest.raises(Damaged, match="set aside"):
        await ledger.jobs(JobFilter())
    assert len(journal.notices) == 1
    assert await ledger.jobs(JobFilter()) == []
    assert await journal.entries(EntryFilter()) == []


async def test_nothing_is_made_before_it_is_asked_for(home: Home) -> None:
    database = Database.open(None, home)
    assert not home.path("journal.sqlite").exists()
    await database.close()


async def test_a_database_that_takes_more_says_nothing(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    database.prepare(things()[0])
    await database.check_writable()
    monkeypatch.setattr("workbench.adapters.home.ROOM_NEEDED", 1 << 62)
    if database.kind == "sqlite":
        with pytest.raises(CannotWrite, match="Free at least"):
            await database.check_writable()


@pytest.mark.parametrize(
    "us", [0, 1, -1, 1_772_323_200_000_001, 253_402_300_799_999_999, -62_135_596_800_000_000]
)
def test_times_come_back_as_they_were(us: int) -> None:
    assert microseconds(moment(us)) == us
    assert microseconds(EPOCH) == 0


@pytest.mark.parametrize(
    ("text", "kept"),
    [("plain", "plain"), ("a\0b", "a?b"), ("\ud83d!", "?!"), ("ä\0\N{SNOWMAN}", "ä?\N{SNOWMAN}")],
)
def test_every_text_can_be_kept(text: str, kept: str) -> None:
    assert storable(text) == kept


async def test_a_statement_takes_its_values_in_the_order_of_its_names(database: Database) -> None:
    schema, table = things()
    database.prepare(schema)
    insert = Statement(sa.insert(table), "n", "name")
    rename = Statement(
        sa.update(table).where(table.c.name == sa.bindparam("before")).values(name=sa.bindparam("after"), n=sa.bindparam("new_n")),
        "before", "new_n", "after",
    )  # fmt: skip
    first = Statement(
        sa.select(table.c.name, table.c.n).order_by(table.c.name).limit(sa.bindparam("most")), "most"
    )

    def work(connection: sa.Connection) -> None:
        assert insert.run(connection, [(1, "a"), (2, "b"), (3, "c")]) == 3
        assert insert.run(connection, []) == 0
        assert rename.run(connection, [("a", 10, "z"), ("nobody", 0, "x"), ("b", 20, "y")]) == 2
        assert [tuple(row) for row in first.rows(connection, 2)] == [("c", 3), ("y", 20)]

    await database.write(work)


def test_the_patience_of_a_write_is_said(monkeypatch: pytest.MonkeyPatch, home: Home) -> None:
    monkeypatch.setattr(module, "BUSY_S", 0.02)
    database = Database.open(None, home)
    schema, table = things()
    database.prepare(schema)
    other = sqlite3.connect(database.where, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(CannotWrite, match="in use by another process for 0 seconds"):
        database.write_now(lambda connection: connection.execute(sa.insert(table).values(name="a")))
    other.close()
    asyncio.run(database.close())


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_opening_again_in_one_process_takes_nothing_from_under_it(
    home: Home, database: Database
) -> None:
    """Closing any descriptor of the file drops the locks that this process holds on it.

    Then another process would think that it is the last one, and take away the log into which this one goes on writing.
    """
    schema, table = things()
    database.prepare(schema)
    again = Database.open(None, home)
    again.prepare(schema)
    await again.close()
    program = (
        "import sqlite3, sys\n"
        "connection = sqlite3.connect(sys.argv[1])\n"
        "print(connection.execute('SELECT count(*) FROM things').fetchone()[0])\n"
        "connection.close()\n"
    )

    def seen_by_another() -> int:
        words = [sys.executable, "-c", program, database.where]
        return int(subprocess.run(words, capture_output=True, text=True, check=True).stdout)

    for count in range(3):
        assert await asyncio.to_thread(seen_by_another) == count
        row = sa.insert(table).values(name=str(count))
        await database.write(lambda connection, row=row: connection.execute(row))
