"""Four worker processes on one PostgreSQL: all of them help; whoever is killed loses nothing, and the pace is one for all."""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import psutil
import pytest
import pytest_asyncio

from tests.cluster.pieces import tell_permits
from tests.cluster.room import PIECES, Room, after_a_while, room
from tests.faults.test_pace_processes import Given, assert_no_window_is_over
from workbench.adapters.budgets import FRESH_S, Budgets
from workbench.engine import table_ranges
from workbench.errors import NotFound
from workbench.models.pace import Rate
from workbench.models.run import CheckedFilter, CheckedRow, Mapped, RunPlan
from workbench.models.spread import Piece
from workbench.models.work import JobConfirmation
from workbench.services import cluster
from workbench.services.spread import Here

pytestmark = pytest.mark.asyncio(loop_scope="module")
WORKERS = 4


@pytest.fixture(scope="module")
def with_pieces() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cluster, "ENTRY", PIECES)
        yield


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def four(
    tmp_path_factory: pytest.TempPathFactory, postgres_url: str, with_pieces: None
) -> AsyncIterator[Room]:
    async with room(tmp_path_factory.mktemp("four"), postgres_url, WORKERS) as made:
        yield made


# -- pieces ----------------------------------------------------------------------------------------------------------------


async def test_all_workers_do_pieces_each_once(four: Room) -> None:
    await four.state(ready=WORKERS)
    log = four.folder / "each once"
    pieces = [
        Piece(service="pieces", method="note", arguments={"path": str(log), "number": n, "seconds": 0.05})
        for n in range(24)
    ]
    done = [done async for done in four.bench.cluster.each(pieces)]
    assert sorted((one.place, one.result) for one in done) == [(n, n) for n in range(24)]
    begun = [line.split() for line in log.read_text().splitlines() if line.startswith("begun")]
    assert len(begun) == 24
    assert len({pid for _, _, pid in begun}) == WORKERS
    assert (await four.bench.cluster.state()).waiting == 0


async def test_what_a_piece_raises_is_raised_here_and_no_other_begins(four: Room) -> None:
    log = four.folder / "none begins"
    lack = Piece(service="pieces", method="lack", arguments={"what": "such table"})
    rest = [
        Piece(service="pieces", method="note", arguments={"path": str(log), "number": n, "seconds": 0.2})
        for n in range(200)
    ]
    with pytest.raises(NotFound, match="There is no such table"):
        async for _ in four.bench.cluster.each([lack, *rest]):
            pass
    log.touch()
    assert log.read_text().count("begun") <= 4 * WORKERS
    with pytest.raises(ZeroDivisionError):
        async for _ in four.bench.cluster.each([Piece(service="pieces", method="break_")]):
            pass


async def test_a_piece_whose_worker_is_killed_is_done_again(four: Room) -> None:
    await four.state(ready=WORKERS)
    log, dice, killed = four.folder / "killed", random.Random(1), 0
    log.touch()
    pieces = [
        Piece(service="pieces", method="note", arguments={"path": str(log), "number": n, "seconds": 0.5})
        for n in range(12)
    ]

    async def all_of_them() -> list[int]:
        return [done.place async for done in four.bench.cluster.each(pieces)]

    doing = asyncio.create_task(all_of_them())
    while "begun" not in log.read_text():
        await four.bench.house.clock.sleep(0.02)
    killed += await four.kill_one(dice)
    assert sorted(await doing) == list(range(12))
    done = Counter(line.split()[1] for line in log.read_text().splitlines() if line.startswith("done"))
    assert set(done) == {str(n) for n in range(12)}
    assert killed == 1


async def test_workers_that_are_killed_while_they_begin_come_back(
    four: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    """dask begins a worker again that is killed, and leaves alone one that is killed at its beginning."""
    monkeypatch.setattr("workbench.adapters.cluster.GONE_S", 5.0)
    await four.state(ready=WORKERS)
    last = time.monotonic()
    async with asyncio.timeout(60):
        while time.monotonic() - last < 2:  # until dask has given all of them up
            await asyncio.sleep(0.01)
            for process in four.worker_processes():
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.kill()
                last = time.monotonic()
    assert (await four.bench.cluster.state()).ready == 0
    async with asyncio.timeout(120):
        await four.state(ready=WORKERS)


# -- jobs ------------------------------------------------------------------------------------------------------------------


async def test_all_workers_help_with_a_job(four: Room) -> None:
    await four.state(ready=WORKERS)
    job = await four.new_job(700, "never")
    await four.begin(job)
    most = 0
    while (progress := await four.bench.work.job(job)).job.counts.open:
        most = max(most, progress.workers)
        await asyncio.sleep(0.05)
    progress = await four.ended(job)
    assert progress.job.state == "done"
    assert progress.job.counts.accepted == 700
    assert most == WORKERS + 1
    assert {four.taking.keys[f"{job}-{n}"] for n in range(1, 701)} == {1}


async def killed(four: Room, kills: int, rows: int, repeat: str, seed: int) -> tuple[int, int]:
    """Kill workers so often at random points, over as many jobs as that takes; return how many rows went twice, of how many begun twice."""
    dice = random.Random(seed)
    four.taking.behave = lambda _, __: 0.15
    doubles = begun_twice = done = 0
    at_once = 8
    while kills > 0:
        job = await four.new_job(rows, repeat, at_once)
        await four.begin(job)
        while kills > 0 and (await four.bench.work.job(job)).job.counts.open > rows / 10:
            count = four.taking.count
            await asyncio.sleep(dice.random() * 0.5)
            if four.taking.count > count and await four.kill_one(dice, job):
                kills, done = kills - 1, done + 1
        end = (await four.ended(job)).job.counts
        assert end.total == rows, "the counts always add up"
        for row in await four.rows(job):
            times = four.taking.keys[row.key]
            assert times <= row.attempts, "no row goes but by an attempt that the ledger knows"
            if repeat == "always":
                assert times >= 1, "none is lost"
                assert row.state == "accepted"
            else:
                assert row.state in ("accepted", "uncertain")
            doubles += max(0, times - 1)
            begun_twice += row.attempts > 1
        assert begun_twice <= done * 2 * at_once, "only what was in flight"
    four.taking.behave = after_a_while
    return doubles, begun_twice


@pytest.mark.parametrize("repeat", ["always", "never"])
async def test_workers_that_are_killed_lose_nothing(four: Room, repeat: str) -> None:
    await four.state(ready=2)
    doubles, begun_twice = await killed(four, 2, 900, repeat, seed=8)
    assert doubles <= begun_twice
    if repeat == "never":
        assert doubles == 0
    else:
        assert begun_twice > 0, "they were killed with rows in flight"


@pytest.mark.soak
@pytest.mark.parametrize("repeat", ["always", "never"])
async def test_killed_at_two_hundred_random_points(four: Room, repeat: str) -> None:
    doubles, begun_twice = await killed(four, 200, 5000, repeat, seed=20261122)
    print(
        f"200 kills of four workers ({repeat}): {doubles} rows went twice of {begun_twice} that were begun twice"
    )
    assert doubles <= begun_twice
    if repeat == "never":
        assert doubles == 0


# -- pace ------------------------------------------------------------------------------------------------------------------


async def paced(four: Room, rate: Rate, rows: int, patch: pytest.MonkeyPatch) -> float:
    """Let all of them send under one limit; return how much of it was used."""
    await four.state(ready=WORKERS)
    permits = four.folder / "permits"
    for file in permits.iterdir():
        file.write_text("")
    patch.setattr(Budgets, "take", Budgets.take)  # this process tells its permits too, for this test
    patch.setattr(Budgets, "give_back", Budgets.give_back)
    tell_permits(permits)
    job = await four.new_job(rows, "never")
    integration = (await four.bench.work.job(job)).job.integration_id
    assert integration is not None
    await four.bench.work.set_pace(integration, [rate])
    await asyncio.sleep(FRESH_S)  # so long a worker of the job before goes by what it knew of the account
    began = time.monotonic()
    await four.begin(job)
    end = await four.ended(job)
    took_s = time.monotonic() - began
    await four.bench.work.set_pace(integration, [])
    assert end.job.counts.accepted == rows
    lines = [line.split() for file in permits.iterdir() for line in file.read_text().splitlines()]
    given = [Given(float(a), float(b), float(c), int(d)) for a, b, c, d in lines]
    calls = sum(row.attempts for row in await four.rows(job))
    assert sum(one.count for one in given) == calls >= rows, "a permit for each call, and none besides"
    assert len([file for file in permits.iterdir() if file.read_text()]) >= 3, "several took permits"
    assert_no_window_is_over(given, (rate,))
    return rows / (rate.limit * took_s / rate.per_s)


async def test_one_pace_for_all(four: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    await paced(
        four, Rate(limit=100, per_s=2.0), 400, monkeypatch
    )  # how much of it they use is a matter of the soak below


@pytest.mark.soak
async def test_one_pace_for_all_over_minutes(four: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    used = await paced(four, Rate(limit=1200, per_s=60.0), 4800, monkeypatch)
    print(f"one limit over four workers and this process: {used:.1%} of it was used")
    assert used >= 0.95


# -- runs ------------------------------------------------------------------------------------------------------------------


def hostile_table(rows: int, more: str = "") -> str:
    """Return a table whose quoted cells hold line ends and quotes, with rows that are red and some that come twice."""
    lines = ["Mail;Note\n"]
    for n in range(rows):
        mail = "nobody" if n % 97 == 5 else f"a{n - n % 50 if n % 61 == 0 else n}@example.com"
        note = f'"one ""line"";\nand another{more}"' if n % 7 == 0 else f"n{n}{more}"
        lines.append(f"{mail};{note}\n")
    return "".join(lines)


async def gone_through(four: Room, integration: str, table: str) -> tuple[object, ...]:
    """Look at a table and send it; return all that was found, and what came of each row."""
    runs = four.bench.runs
    mapping = (Mapped(target="email", column="Mail"), Mapped(target="note", column="Note"))
    plan = RunPlan(
        title="T", integration_id=integration, table_id=table, mapping=mapping, on_bad="skip", guard=False
    )
    run = await runs.plan(plan)
    run = await runs.check(run.id)
    run = await runs.wait(run.id)
    assert run.preflight is not None
    found = [
        (row.number, row.state, row.problems, row.recipient) for row in await all_pages(runs.rows, run.id)
    ]
    host = four.taking.host.partition(":")[0]
    await runs.start(run.id, JobConfirmation(host=host, rows=run.preflight.ready))
    run = await runs.wait(run.id)
    assert run.job_id is not None
    ended = await four.ended(run.job_id)
    rows = [(row.number, row.recipient, row.state) for row in await four.rows(run.job_id)]
    preflight = run.preflight.model_dump(exclude={"checked_at", "seconds"}) if run.preflight else None
    return preflight, found, rows, ended.job.counts


async def all_pages(rows: Callable[..., Awaitable[list[CheckedRow]]], id: str) -> list[CheckedRow]:
    found: list[CheckedRow] = []
    while more := await rows(id, CheckedFilter(after=found[-1].number if found else 0, limit=200)):
        found += more
    return found


async def test_a_run_over_ranges_is_what_it_is_in_one_process(
    four: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table_ranges, "BLOCK", 1_000)  # so that a small table has many ranges
    await four.state(ready=WORKERS)
    bench, before = (
        four.bench,
        {worker.name: worker.pieces_done for worker in (await four.bench.cluster.state()).workers},
    )
    integration = await four.integration()
    table = await bench.runs.paste(hostile_table(400))
    spread = await gone_through(four, integration, table.id)
    after = {worker.name: worker.pieces_done for worker in (await bench.cluster.state()).workers}
    assert sum(after.values()) - sum(before.values()) >= 8, "the workers looked at the ranges"
    again = await bench.runs.paste(hostile_table(400) + "\n")
    monkeypatch.setattr(bench.runs, "spread", Here(lambda _, method: getattr(bench.runs, method)))
    assert await gone_through(four, integration, again.id) == spread


@pytest.mark.soak
async def test_a_run_over_ranges_of_their_true_size_while_workers_are_killed(four: Room) -> None:
    await four.state(ready=WORKERS)
    four.taking.behave = after_a_while
    rows, dice = 24_000, random.Random(8)
    four.folder.joinpath("large.csv").write_text(hostile_table(rows, "x" * 2_000))
    table = await four.bench.runs.place(four.folder / "large.csv")
    assert table.size > 2 * table_ranges.BLOCK
    going = asyncio.create_task(gone_through(four, await four.integration(), table.id))
    killed = 0
    while not going.done():
        await asyncio.sleep(5)
        killed += killed < 3 and await four.kill_one(dice)
    preflight, found, sent, counts = await going
    assert killed
    assert preflight["ready"] + preflight["bad"] + preflight["left_out"] == rows
    assert len(found) == preflight["bad"] > 0
    assert (counts.accepted, counts.failed, counts.open, counts.total) == (
        preflight["ready"],
        0,
        0,
        preflight["ready"],
    )
    assert len({row[0] for row in sent}) == len(sent) == preflight["ready"]
