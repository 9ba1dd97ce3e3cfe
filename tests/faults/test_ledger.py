"""Many processes at one job, killed at any moment, on a disk that becomes full: no row is lost, held twice or counted wrong."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import workbench
from tests.databases import own_schema
from tests.faults.test_storage_full import on_a_small_disk

BEGIN = """
import asyncio, json, os, random, signal, sys, time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
import sqlalchemy as sa
from workbench.adapters.clock import SystemClock, new_id
from workbench.adapters.database import Database
from workbench.adapters.home import open_home
from workbench.adapters.journal import Journal
from workbench.adapters.ledger import Ledger
from workbench.errors import CannotWrite, StorageFault
from workbench.models.journal import Entry, EntryFilter
from workbench.models.work import Job, RowFilter, Settled, Worker

folder, url = Path(sys.argv[1]), sys.argv[2] or None

def opened():
    database = Database.open(url, open_home(folder / "home"))
    return database, Journal(database), Ledger(database, SystemClock())

def new_job(**fields):
    now = datetime.now(UTC)
    made = {"kind": "send", "title": "x", "mode": "rehearsal", "who": "a", "account": "a", "created_at": now, "changed_at": now}
    return Job(id=new_id("job"), **made, **fields)

def entry(row):
    return Entry(id=new_id("ent"), at=datetime.now(UTC), kind="send", mode="rehearsal", who=row.key, detail="y" * 500)

def counted(database, job):
    query = sa.text(
        "SELECT r.state, count(*) FROM workbench_rows r JOIN workbench_jobs j ON j.no = r.job WHERE j.id = :id GROUP BY r.state"
    )
    found = database.read_now(lambda connection: connection.execute(query, {"id": job}).all())
    return {row[0]: row[1] for row in found}

async def check(database, ledger, job):
    counts = (await ledger.job(job)).job.counts
    assert counts.model_dump(exclude_defaults=True) == counted(database, job), (counts, counted(database, job))
    return counts
"""

SHARE = """
job, name = sys.argv[3], sys.argv[4]

async def main():
    database, journal, ledger = opened()
    await ledger.join(Worker(name, "here", os.getpid(), 1.0))
    mine, settled = [], []
    print("ready", flush=True)
    sys.stdin.readline()
    while True:
        claimed = await ledger.turn(name, job, settled, 7)
        mine += [row.key for row in claimed]
        settled = [Settled(row.number, "accepted", entry=entry(row)) for row in claimed]
        if not claimed:
            break
    await ledger.leave(name)
    await database.close()
    print(json.dumps(mine))

asyncio.run(main())
"""

KILLED = """
kills, chance = int(sys.argv[3]), random.Random(11)

async def work(job, name, acknowledge):
    database, journal, ledger = opened()
    await ledger.join(Worker(name, "here", os.getpid(), 1.0))
    dice, settled = random.Random(name), []
    while True:
        claimed = await ledger.turn(name, job, settled, dice.randrange(1, 40))
        os.write(acknowledge, f"{len(settled)}\\n".encode())
        ends = ("accepted", "accepted", "failed", "retrying", "waiting")
        settled = []
        for row in claimed:
            end = dice.choice(ends)
            due = datetime.now(UTC) if end == "retrying" else None
            settled.append(Settled(row.number, end, due_at=due, entry=entry(row), released=end == "waiting"))

async def prepare(job):
    database, journal, ledger = opened()
    await ledger.create(job)
    for _ in range(3):
        await ledger.add(job.id, ["{}"] * 1000)
    await ledger.change(job.id, "running", {"filling"})
    await database.close()

async def after(job, name):
    database, journal, ledger = opened()
    assert database.notices == []
    counts = await check(database, ledger, job)
    assert counts.total == 3000
    assert await ledger.take_over(name) == counts.in_flight
    assert (await check(database, ledger, job)).in_flight == 0
    entries = await journal.count(EntryFilter())
    await database.close()
    return counts, entries

jobs, ended, deaths, acknowledged = 0, True, 0, 0
while deaths < kills:
    if ended:
        job, jobs = new_job(repeatable=bool(jobs % 2)), jobs + 1
        asyncio.run(prepare(job))
    name = f"wrk_{deaths}"
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        asyncio.run(work(job.id, name, writing))
    os.close(writing)
    with os.fdopen(reading) as acks:
        for _ in range(chance.randrange(1, 4)):
            acknowledged += int(acks.readline())
        time.sleep(chance.random() / 50)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        acknowledged += sum(int(line) for line in acks if line.endswith("\\n"))
    deaths += 1
    counts, entries = asyncio.run(after(job.id, name))
    assert entries >= acknowledged, "what was acknowledged is there"
    ended = counts.open == 0
print(json.dumps(deaths))
"""

FULL = """
async def main():
    database, journal, ledger = opened()
    await ledger.join(Worker("wrk_1", "here", 1, 1.0))
    job = new_job()
    await ledger.create(job)
    await ledger.add(job.id, [json.dumps("x" * 100)] * 2000)
    await ledger.change(job.id, "running", {"filling"})
    later = new_job()
    await ledger.create(later)
    ballast = (folder / "ballast").open("wb", buffering=0)
    try:
        while True:
            ballast.write(bytes(4096))
    except OSError:
        pass
    settled, said, done = [], "", 0
    while not said:
        try:
            claimed = await ledger.turn("wrk_1", job.id, settled, 50)
        except CannotWrite as error:
            said = str(error)
            break
        done += len(settled)
        settled = [Settled(row.number, "accepted", sentence=None, recipient="y" * 200, entry=entry(row)) for row in claimed]
        assert claimed, "it never became full"
    assert "o room left" in said, said
    before = await check(database, ledger, job.id)
    assert before.accepted == done and before.in_flight == len(settled) and before.total == 2000, before
    try:
        await ledger.add(later.id, [json.dumps("x" * 20_000)] * 200)
    except CannotWrite as error:
        assert "o room left" in str(error), error
    else:
        raise AssertionError("it was written")
    assert (await check(database, ledger, later.id)).total == 0
    (folder / "ballast").unlink()
    ballast.close()
    while settled:
        claimed = await ledger.turn("wrk_1", job.id, settled, 50)
        settled = [Settled(row.number, "accepted", entry=entry(row)) for row in claimed]
    counts = await check(database, ledger, job.id)
    assert counts.total == 2000 and counts.in_flight == 0, counts
    assert await journal.count(EntryFilter()) == counts.accepted
    await database.close()

asyncio.run(main())
"""


def start(program: str, *arguments: str, before: tuple[str, ...] = ()) -> subprocess.Popen[str]:
    environ = {**os.environ, "PYTHONPATH": str(Path(workbench.__file__).parents[1])}
    words = [*before, sys.executable, "-c", BEGIN + program, *arguments]
    pipe = subprocess.PIPE
    return subprocess.Popen(words, env=environ, stdin=pipe, stdout=pipe, stderr=pipe, text=True)


def run(program: str, *arguments: str, before: tuple[str, ...] = ()) -> str:
    said, failed = (process := start(program, *arguments, before=before)).communicate()
    assert process.returncode == 0, failed[-3000:]
    return said


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    return "" if request.param == "sqlite" else own_schema(request.getfixturevalue("postgres_url"))


def test_eight_processes_with_one_job_never_get_the_same_row(tmp_path: Path, url: str) -> None:
    prepare = """
async def main():
    database, journal, ledger = opened()
    job = new_job()
    await ledger.create(job)
    assert await ledger.add(job.id, ["{}"] * 4000) == 4000
    await ledger.change(job.id, "running", {"filling"})
    await database.close()
    print(job.id)
asyncio.run(main())
"""
    job = run(prepare, str(tmp_path), url).strip()
    processes = [start(SHARE, str(tmp_path), url, job, f"wrk_{n}") for n in range(8)]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    ended = [
        (*process.communicate(), process.returncode) for process in processes
    ]  # all, before anything is asserted
    parts: list[list[str]] = []
    for said, failed, code in ended:
        assert code == 0, failed[-3000:]
        parts.append(json.loads(said))
    assert sum(map(bool, parts)) >= 2, (
        "they shared it; one that came late on a busy machine may have found nothing left"
    )
    keys = [key for part in parts for key in part]
    assert len(keys) == 4000
    assert set(keys) == {f"{job}-{n}" for n in range(1, 4001)}
    check = """
async def main():
    database, journal, ledger = opened()
    counts = await check(database, ledger, sys.argv[3])
    assert counts.accepted == counts.total == 4000, counts
    assert await journal.count(EntryFilter()) == 4000
    assert await ledger.workers() == []
    assert await ledger.finish(sys.argv[3])
    await database.close()
asyncio.run(main())
"""
    run(check, str(tmp_path), url, job)


@pytest.mark.parametrize("kills", [25, pytest.param(200, marks=pytest.mark.soak)])
def test_killed_at_any_moment_its_counts_stay_true(tmp_path: Path, url: str, kills: int) -> None:
    assert int(run(KILLED, str(tmp_path), url, str(kills))) == kills


def test_a_disk_that_becomes_full_in_the_midst_of_a_run(tmp_path: Path) -> None:
    """On a small disk of its own, in a mount namespace: no other process sees it, and it ends with this one."""
    run(FULL, str(tmp_path), "", before=on_a_small_disk(tmp_path))
