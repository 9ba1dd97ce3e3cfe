"""Upkeep: what is due is said before it goes, goes each day by itself, and what is under way or younger stays."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from tests.services.conftest import ENVIRON
from workbench import EntryFilter, Workbench
from workbench.adapters.clock import VirtualClock, new_id
from workbench.errors import Forbidden
from workbench.models.journal import Entry
from workbench.models.person import Person, Role
from workbench.models.upkeep import Due, Retention, UpkeepState
from workbench.models.work import Job
from workbench.services.roles import caller

DAY_S = 86_400.0


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
async def kept(tmp_path: Path, clock: VirtualClock) -> AsyncIterator[Workbench]:
    async with Workbench.open(tmp_path / "home", environ=ENVIRON, clock=clock) as bench:
        yield bench


async def filled(bench: Workbench) -> str:
    """Let there be two entries and an ended job of three rows."""
    house = bench.house
    now = house.clock.now()
    for _ in range(2):
        await house.journal.append(Entry(id=new_id("ent"), at=now, kind="send", mode="rehearsal", who="ana"))
    job = Job(
        id=new_id("job"), kind="send", title="Winter", mode="rehearsal", who="ana", account="acc", created_at=now, changed_at=now
    )  # fmt: skip
    await house.ledger.create(job)
    await house.ledger.add(job.id, ['{"to": "ada@example.com"}'] * 3)
    await house.ledger.cancel(job.id)
    return job.id


async def done(bench: Workbench) -> UpkeepState:
    """Return how it stands once the upkeep was done."""
    async with asyncio.timeout(30):
        while True:
            state = await bench.upkeep.state()
            if state.done_at is not None:
                return state
            await asyncio.sleep(0.01)


async def test_a_server_that_is_about_to_stop_says_so_to_its_pages_too(kept: Workbench) -> None:
    assert (await kept.upkeep.health()).ready
    kept.upkeep.draining = True
    found = await kept.upkeep.health()
    assert (found.ready, found.draining) == (False, True)
    assert "about to stop" in str(found.wrong[0])


async def test_nothing_goes_until_somebody_says_how_long(kept: Workbench, clock: VirtualClock) -> None:
    await filled(kept)
    await clock.advance(5_000 * DAY_S)
    assert (await kept.upkeep.state()).due == Due()
    assert await kept.upkeep.clean_now() == Due()
    assert await kept.house.journal.count(EntryFilter(kind="send")) == 2


async def test_what_is_due_is_said_first_and_goes_when_it_is_told_to(
    kept: Workbench, clock: VirtualClock
) -> None:
    job = await filled(kept)
    await clock.advance(10 * DAY_S)
    await filled(kept)
    await clock.advance(25 * DAY_S)
    state = await kept.upkeep.set_retention(Retention(journal_days=30, contents_days=30))
    assert state.due == Due(entries=2, jobs=1, rows=3)
    assert await kept.house.journal.count(EntryFilter(kind="send")) == 4, "nothing goes at once"
    assert await kept.upkeep.clean_now() == state.due
    assert (await kept.upkeep.state()).due == Due()
    assert await kept.house.journal.count(EntryFilter(kind="send")) == 2
    assert (await kept.house.ledger.job(job)).job.counts.cancelled == 3, "the counts stay"
    told = [entry.detail for entry in await kept.activity.entries(EntryFilter(kind="change"))]
    assert "upkeep: 2 entries deleted, the contents of 1 jobs (3 rows)" in (told[0] or "")
    assert "journal 30, contents 30, calls for good" in (told[1] or "")


async def test_the_server_does_it_each_day_by_itself_and_once(kept: Workbench, clock: VirtualClock) -> None:
    await filled(kept)
    await kept.upkeep.set_retention(Retention(journal_days=1))
    await clock.advance(2 * DAY_S)
    await kept.upkeep.serve()
    state = await done(kept)
    assert not await kept.house.journal.count(EntryFilter(kind="send"))
    assert state.done is not None
    assert state.done.entries >= 2
    (entry,) = [
        one
        for one in await kept.activity.entries(EntryFilter(kind="change"))
        if "upkeep" in (one.detail or "")
    ]
    assert entry.who == "upkeep"
    assert not await kept.upkeep._is_my_turn(), "another process of the same day"
    await clock.advance(DAY_S)
    assert await kept.upkeep._is_my_turn()
    await kept.upkeep.close()


async def test_the_days_are_a_range(kept: Workbench) -> None:
    for wrong in (0, -1, 36_501):
        with pytest.raises(ValueError, match="journal_days"):
            Retention(journal_days=wrong)


async def test_a_viewer_sees_it_and_an_admin_changes_it(connected: Callable[[Role], Workbench]) -> None:
    viewer, operator, admin = connected("viewer"), connected("operator"), connected("admin")
    assert (await viewer.upkeep.state()).retention == Retention()
    assert (await viewer.upkeep.health()).ready
    for bench in (viewer, operator):
        with pytest.raises(Forbidden):
            await bench.upkeep.set_retention(Retention(journal_days=1))
        with pytest.raises(Forbidden):
            await bench.upkeep.clean_now()
    assert (await admin.upkeep.set_retention(Retention(calls_days=7))).retention.calls_days == 7


async def test_who_sees_some_units_only_decides_nothing_for_all(kept: Workbench) -> None:
    token = caller.set(Person(name="Eve", role="admin", units=("north",)))
    try:
        for call in (kept.upkeep.state(), kept.upkeep.clean_now(), kept.upkeep.set_retention(Retention())):
            with pytest.raises(Forbidden, match="all units"):
                await call
    finally:
        caller.reset(token)
