"""What goes wrong around a job: the provider, the disk, the database, the clock. Each ends in a stated state that goes on."""

from __future__ import annotations

import asyncio
import random
import resource
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.sink import Behave, Received, Sink, reply, sink
from workbench import Contact, Settings, Workbench
from workbench.adapters.clock import Clock, SystemClock
from workbench.models.work import JobConfirmation, JobOptions, Progress

ENVIRON = {"WORKBENCH_KEYRING": "off"}
PAYLOAD = '{"to": "${User Identifier}"}'


@asynccontextmanager
async def going(
    folder: Path,
    behave: Behave | None = None,
    *,
    total_s: float = 2.0,
    clock: Clock | None = None,
    key: bool = True,
) -> AsyncIterator[tuple[Workbench, Sink, str]]:
    async with sink(behave) as taking:
        opened = Workbench.open(
            folder / "home", live=True, allowed_hosts=[taking.host], environ=ENVIRON, clock=clock
        )
        async with opened as bench:
            settings = Settings(
                name="Sink", local_test=True, url=taking.url, payload=PAYLOAD, total_s=total_s, connect_s=1.0,
                idempotency_header="Idempotency-Key" if key else "",
            )  # fmt: skip
            draft = await bench.integrations.start()
            yield (
                bench,
                taking,
                (await bench.integrations.save(draft.model_copy(update={"settings": settings}))).id,
            )


async def begin(bench: Workbench, integration: str, count: int, bad: int = 0, **options: object) -> str:
    job = (await bench.work.create(integration, JobOptions(**options))).job  # type: ignore[arg-type]
    rows = [Contact(identifiers={"email": f"a{n}@example.com"} if n >= bad else {}) for n in range(count)]
    await bench.work.add(job.id, rows)
    await bench.work.start(job.id, JobConfirmation(host="127.0.0.1", rows=count))
    return job.id


async def when(bench: Workbench, id: str, fits: Callable[[Progress], bool]) -> Progress:
    """Return the job's progress once it fits."""
    async with asyncio.timeout(60):
        while True:
            progress = await bench.work.job(id)
            assert progress.job.counts.total == sum(progress.job.counts.model_dump().values())
            if fits(progress):
                return progress
            await asyncio.sleep(0.02)


def done(progress: Progress) -> bool:
    return progress.job.state == "done"


def quiet(progress: Progress) -> bool:
    """Nothing is under way any more: what is left waits for its next attempt."""
    return not progress.job.counts.in_flight and not progress.job.counts.waiting


# -- the provider ------------------------------------------------------------------------------------------------------

GARBAGE: dict[str, Behave] = {
    "stalls": lambda received, number: 60.0 if number % 5 == 0 else reply(),
    "resets": lambda received, number: None if number % 5 == 0 else reply(),
    "garbage": lambda received, number: b"\x00\xff not http\r\n\r\n" if number % 5 == 0 else reply(),
    "half a body": lambda received, number: reply("200 OK", b"{}").replace(b": 2", b": 9") if number % 5 == 0 else reply(),
    "not json": lambda received, number: reply("200 OK", b"<html>sign in") if number % 5 == 0 else reply(),
    "refuses": lambda received, number: reply("422 Unprocessable Entity", b"[]") if number % 5 == 0 else reply(),
}  # fmt: skip


@pytest.mark.parametrize("kind", GARBAGE)
@pytest.mark.parametrize("repeat", ["never", "always"])
async def test_a_sink_that_misbehaves_costs_no_row_its_known_end(
    tmp_path: Path, kind: str, repeat: str
) -> None:
    async with going(tmp_path, GARBAGE[kind], total_s=1.0, key=False) as (bench, taking, integration):
        id = await begin(bench, integration, 40, repeat=repeat, at_once=10)
        progress = await when(bench, id, quiet)
        counts = progress.job.counts
        first = taking.count
        assert first == 40, "each was attempted once; what goes again waits for its time"
        assert counts.accepted + counts.uncertain + counts.retrying + counts.failed == 40
        if kind in ("not json", "refuses"):
            assert counts.retrying == counts.uncertain == 0
        elif repeat == "never":
            assert counts.uncertain == 8
            assert progress.job.state == "done" or counts.retrying == 0
        else:
            assert counts.retrying == 8
            assert progress.next_due_at is not None


@pytest.mark.parametrize("headers", [["Retry-After: 1"], []], ids=["with a time", "without a word"])
async def test_a_storm_of_429_is_waited_out(tmp_path: Path, headers: list[str]) -> None:
    """While the storm lasts only what was under way, and then single rows, knock."""
    until = [0.0]

    def storm(received: Received, number: int) -> bytes:
        now = asyncio.get_running_loop().time()
        until[0] = until[0] or now + 2.5
        return reply("429 Too Many Requests", b"{}", *headers) if now < until[0] else reply()

    async with going(tmp_path, storm) as (bench, taking, integration):
        id = await begin(bench, integration, 60, at_once=4)
        progress = await when(
            bench, id, lambda one: done(one) or (quiet(one) and one.job.counts.accepted > 30)
        )
        assert progress.job.counts.failed == 0
        assert progress.job.counts.accepted + progress.job.counts.retrying == 60
        assert taking.count <= 60 + 2 * 4 + 6, "what was under way, and a few that asked whether it is over"


async def test_a_provider_that_is_down_is_asked_with_one_row_at_a_time(tmp_path: Path) -> None:
    well: list[bool] = []
    async with going(
        tmp_path, lambda received, number: reply() if well else reply("503 Service Unavailable", b"{}")
    ) as (bench, taking, integration):
        id = await begin(bench, integration, 500, at_once=16)
        await when(bench, id, lambda one: one.job.counts.retrying >= 17)
        assert taking.count <= 2 * 16 + 8, "the rest waits instead of burning its attempts"
        well.append(True)
        progress = await when(bench, id, lambda one: one.job.counts.accepted >= 400)
        assert progress.job.counts.failed == 0


# -- the disk and the database -----------------------------------------------------------------------------------------


@contextmanager
def full_disk(home: Path) -> Iterator[None]:
    """No file of this process may grow beyond what the database's log has now."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    size = max(path.stat().st_size for path in home.iterdir() if path.is_file())
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


async def test_a_disk_that_is_full_in_mid_run_stops_the_sending_and_nothing_is_lost(tmp_path: Path) -> None:
    async with going(tmp_path, lambda received, number: 0.003) as (bench, taking, integration):
        id = await begin(bench, integration, 800, at_once=8)
        await taking.reach(60)
        with full_disk(tmp_path / "home"):
            progress = await when(bench, id, lambda one: one.notice is not None)
            assert "disk" in str(progress.notice)
            held = taking.count
            await asyncio.sleep(0.5)
            assert taking.count <= held + 2 * 8, "only what was under way still ended"
        assert (await when(bench, id, done)).job.counts.accepted == 800
        assert taking.count == 800


async def test_a_database_that_is_locked_by_another_holds_the_job_up_and_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workbench.adapters.database.BUSY_S", 0.2)
    async with going(tmp_path, lambda received, number: 0.003) as (bench, taking, integration):
        id = await begin(bench, integration, 400, at_once=8)
        await taking.reach(40)
        other = sqlite3.connect(tmp_path / "home" / "journal.sqlite", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        progress = await when(bench, id, lambda one: one.notice is not None)
        assert progress.job.state == "running"
        other.execute("ROLLBACK")
        other.close()
        assert (await when(bench, id, done)).job.counts.accepted == 400
        assert taking.count == 400


# -- the clock ---------------------------------------------------------------------------------------------------------


class SteppingClock(SystemClock):
    """The machine's clock, whose time of day jumps by hours each time it is read."""

    def __init__(self) -> None:
        self.dice = random.Random(7)

    def now(self) -> datetime:
        return super().now() + timedelta(hours=self.dice.randrange(-30, 30))


async def test_a_clock_that_steps_back_and_forth_moves_no_deadline(tmp_path: Path) -> None:
    def once(received: Received, number: int) -> bytes:
        return reply("503 Service Unavailable", b"{}") if number == 3 else reply()

    async with going(tmp_path, once, clock=SteppingClock()) as (bench, taking, integration):
        id = await begin(bench, integration, 100, at_once=4)
        progress = await when(bench, id, done)
        assert progress.job.counts.accepted == 100
        assert taking.count == 101, "the one that failed came back after its five seconds, not hours off"


# -- rows and their end ------------------------------------------------------------------------------------------------


async def test_one_row_in_a_hundred_is_bad_and_all_others_go(tmp_path: Path) -> None:
    async with going(tmp_path) as (bench, taking, integration):
        id = await begin(bench, integration, 5000, bad=50)
        counts = (await when(bench, id, done)).job.counts
        assert (counts.accepted, counts.invalid) == (4950, 50)
        assert taking.count == 4950


async def test_a_defect_of_the_workbench_stops_the_job_and_is_not_swallowed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with going(tmp_path) as (bench, _, integration):
        job = (await bench.work.create(integration, JobOptions(at_once=1))).job
        await bench.work.add(job.id, [Contact(identifiers={"email": f"a{n}@example.com"}) for n in range(5)])

        async def broken(*_: object) -> Awaitable[None]:
            raise ZeroDivisionError

        monkeypatch.setattr("workbench.services.sending.Sending.attempt", broken)
        heard: list[BaseException | None] = []
        asyncio.get_running_loop().set_exception_handler(
            lambda _, context: heard.append(context.get("exception"))
        )
        await bench.work.start(job.id, JobConfirmation(host="127.0.0.1", rows=5))
        progress = await when(bench, job.id, lambda one: one.job.state == "stopped")
        assert "ZeroDivisionError" in str(progress.job.reason)
        assert progress.job.counts.uncertain == 1
        assert progress.job.counts.waiting == 4
        await bench.work.crew.wait(job.id)
        await asyncio.sleep(0)
        assert [type(error) for error in heard] == [ZeroDivisionError]
