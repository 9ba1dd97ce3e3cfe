"""How fast the journal is: python -m tests.benchmarks.bench_journal. Ways take turns, and what is told is on the disk when it is counted.

- append: entries of about a kilobyte in batches of 500, as a running job writes them; beside ours in SQLite, ours in a PostgreSQL of its
  own (where one is here), and batches by the sqlite3 module alone, of rows that are made already, into the same table with the same
  promises (write-ahead log, synchronous=FULL), which is the ceiling.
- one by one: beside TinyDB, which rewrites its file each time and therefore gets fewer of them.
- last: the newest 50 entries, as the page asks for them.
"""

from __future__ import annotations

import asyncio
import sqlite3
import tempfile
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter

from tinydb import TinyDB

from tests.benchmarks.figures import Role, Sheet
from tests.databases import own_schema
from tests.postgres import NoPostgres, server
from workbench.adapters.clock import new_id
from workbench.adapters.home import open_home
from workbench.adapters.journal import Journal, rows_of
from workbench.models.journal import Entry, EntryFilter
from workbench.models.request import Outcome, ReplyView, RequestView
from workbench.sentence import say

ROUNDS = 5
BATCH, BATCHES = 500, 20
SINGLE, TINY_SINGLE = 400, 60
TINY_BEFORE = 1_000
"""Entries that TinyDB holds before it is measured: it is slower with each one."""
ROLES: Mapping[str, Role] = {
    "ours, SQLite": "ours", "ours, PostgreSQL": "part", "sqlite3 alone": "ceiling", "TinyDB": "peer",
}  # fmt: skip
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)


def entry(number: int) -> Entry:
    """Return an entry as a sent message makes it, a little over a kilobyte long."""
    headers = tuple((f"X-Header-{n}", f"value {n} of entry {number}") for n in range(8))
    return Entry(
        id=new_id("ent"), at=BEGAN + timedelta(seconds=number), kind="send", mode="rehearsal", who="ana", integration_id="int_1",
        integration_name="Shop mail", provider="sendgrid", recipient=f"a***@example.com #{number:06x}",
        request=RequestView(method="POST", url="https://api.sendgrid.com/v3/mail/send", headers=headers, body="x" * 300, size=300),
        reply=ReplyView(status=202, headers=headers[:3], body='{"id":"m-1"}', elapsed_ms=12.0),
        outcome=Outcome(kind="accepted", sentence=say("It was taken."), ids=("m-1",)),
    )  # fmt: skip


def batches() -> list[list[Entry]]:
    return [[entry(batch * BATCH + n) for n in range(BATCH)] for batch in range(BATCHES)]


async def rate(count: int, work: Callable[[], Awaitable[object]]) -> float:
    began = perf_counter()
    await work()
    return count / (perf_counter() - began)


async def by_batches(journal: Journal) -> float:
    made = batches()

    async def work() -> None:
        for batch in made:
            await journal.append_many(batch)

    return await rate(BATCH * BATCHES, work)


def by_sqlite3(path: Path, columns: Sequence[str]) -> float:
    made = [rows_of(batch) for batch in batches()]
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    text = f"INSERT INTO workbench_entries ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"
    began = perf_counter()
    for rows in made:
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany(text, rows)
        connection.execute("COMMIT")
    took = perf_counter() - began
    connection.close()
    return BATCH * BATCHES / took


async def singly(journal: Journal) -> float:
    made = [entry(n) for n in range(SINGLE)]

    async def work() -> None:
        for one in made:
            await journal.append(one)

    return await rate(SINGLE, work)


def by_tinydb(tiny: TinyDB) -> float:
    made = [entry(n).model_dump(mode="json") for n in range(TINY_SINGLE)]
    began = perf_counter()
    for one in made:
        tiny.insert(one)
    return TINY_SINGLE / (perf_counter() - began)


async def last(journal: Journal) -> float:
    async def work() -> None:
        assert len(await journal.entries(EntryFilter(limit=50))) == 50

    return 1000 / await rate(1, work)


def last_of_tinydb(tiny: TinyDB) -> float:
    began = perf_counter()
    found = sorted(tiny.all(), key=lambda one: str(one["at"]))[-50:]
    assert len(found) == 50
    return (perf_counter() - began) * 1000


async def measure(folder: Path, url: str | None) -> None:
    home = open_home(folder / "home")
    ours, team = Journal.open(None, home), Journal.open(url, home) if url else None
    ceiling = open_home(folder / "ceiling")
    await Journal.open(None, ceiling).close()
    with sqlite3.connect(ceiling.path("journal.sqlite")) as looking:
        columns = [
            row[1] for row in looking.execute("PRAGMA table_info(workbench_entries)") if row[1] != "unit"
        ]
    tiny = TinyDB(folder / "tiny.json")
    tiny.insert_multiple([entry(n).model_dump(mode="json") for n in range(TINY_BEFORE)])
    many = Sheet("journal", f"Journal: entries of a kilobyte in batches of {BATCH}", "entries/s")
    single = Sheet("journal", f"Journal: entries one by one (TinyDB holds {TINY_BEFORE:,})", "entries/s")
    newest = Sheet("journal", "Journal: the newest 50 entries", "ms", less=True)
    told: dict[tuple[int, str], list[float]] = {}
    for _ in range(ROUNDS):
        told.setdefault((0, "ours, SQLite"), []).append(await by_batches(ours))
        if team is not None:
            told.setdefault((0, "ours, PostgreSQL"), []).append(await by_batches(team))
        told.setdefault((0, "sqlite3 alone"), []).append(by_sqlite3(ceiling.path("journal.sqlite"), columns))
        told.setdefault((1, "ours, SQLite"), []).append(await singly(ours))
        told.setdefault((1, "TinyDB"), []).append(by_tinydb(tiny))
        told.setdefault((2, "ours, SQLite"), []).append(await last(ours))
        told.setdefault((2, "TinyDB"), []).append(last_of_tinydb(tiny))
    for sheet, at in ((many, 0), (single, 1), (newest, 2)):
        for (where, name), rounds in told.items():
            if where == at:
                sheet.add(name, rounds, ROLES[name])
        sheet.tell()
    await ours.close()
    if team is not None:
        await team.close()


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="wb-bench") as folder, ExitStack() as stack:
        try:
            url: str | None = own_schema(stack.enter_context(server()))
        except NoPostgres as why:
            print(f"without PostgreSQL: {why}")
            url = None
        asyncio.run(measure(Path(folder), url))


if __name__ == "__main__":
    main()
