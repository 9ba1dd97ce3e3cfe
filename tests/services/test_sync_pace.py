"""The pace of a shop's account: one for all processes that work for it, learned from the first answers."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.sync_room import ENVIRON, Room, purchase, sync_room
from workbench import Workbench
from workbench.models.run import Run
from workbench.models.work import RowFilter
from workbench.sandbox.app import Sandbox
from workbench.sandbox.connectif.settings import StandInSettings
from workbench.services import crew, sync_turns
from workbench.services.sync_calling import ShopLine

ROWS = 30


def people(first: int) -> str:
    return "_email\n" + "".join(f"ana{n}@example.com\n" for n in range(first, first + ROWS))


async def called(box: Sandbox, calls: int) -> None:
    """Wait until so many calls came."""
    for _ in range(3_000):
        if len(box.shops.received) >= calls:
            return
        await asyncio.sleep(0.01)
    raise AssertionError(f"only {len(box.shops.received)} calls came")


async def used(bench: Workbench, account: str) -> int:
    """Return how many permits of the running minute were taken, by whatever process."""
    return (await bench.house.budgets.budget(account)).used[0]


async def cancelled(room: Room, runs: list[Run]) -> None:
    for run in runs:
        id = (await room.runs.get(run.id)).job_id or ""
        await room.work.cancel(id)
        await room.work.crew.wait(id)


async def test_two_processes_share_one_pace(tmp_path: Path) -> None:
    box = Sandbox()
    box.shops.settings = StandInSettings(calls_per_min=20)  # one more would be told by a 429
    async with (
        sync_room(tmp_path / "home", box, calls_per_min=20) as room,
        Workbench.open(tmp_path / "home", sandbox=box, environ=ENVIRON) as other,
    ):
        account = (await ShopLine.open(room.bench.house, room.shop)).account
        runs = [await room.looked(people(1), at_once=2), await room.looked(people(101), at_once=2)]
        await asyncio.gather(room.runs.start(runs[0].id), other.runs.start(runs[1].id))
        await called(box, 6)
        await cancelled(room, runs)
        await other.work.crew.wait((await room.runs.get(runs[1].id)).job_id or "")
        assert await used(room.bench, account) == await used(other, account) == len(box.shops.received) <= 20
        assert {one["status"] for one in box.shops.received} == {201}


async def test_a_limit_that_the_first_answers_state_holds_for_every_process(tmp_path: Path) -> None:
    box = Sandbox()
    box.shops.settings = StandInSettings(calls_per_min=8)
    async with (
        sync_room(tmp_path / "home", box) as room,
        Workbench.open(tmp_path / "home", sandbox=box, environ=ENVIRON) as other,
    ):
        line = await ShopLine.open(room.bench.house, room.shop)
        assert (await other.house.budgets.budget(line.account)).rates[0].limit == 100, "assumed at first"
        run = await room.looked(people(1), at_once=1)
        await room.runs.start(run.id)
        await called(box, 4)
        assert (await other.house.budgets.budget(line.account)).rates[0].limit == 8
        await cancelled(room, [run])
        assert {one["status"] for one in box.shops.received} == {201}, "no call was one too many"


async def test_what_a_purchase_needs_beside_itself_takes_its_permits_too(tmp_path: Path) -> None:
    box = Sandbox()
    box.shops.settings = StandInSettings(calls_per_min=0)
    box.shops.contacts["ana@example.com"] = {"id": "c", "_email": "ana@example.com"}
    async with sync_room(tmp_path / "home", box, calls_per_min=600) as room:
        account = (await ShopLine.open(room.bench.house, room.shop)).account
        await room.sent([purchase(1)], "purchase")
        assert [one["call"] for one in box.shops.received] == ["purchase", "product", "product", "purchase"]
        assert await used(room.bench, account) == 4


async def test_a_row_that_waits_for_its_turn_makes_room_when_its_job_is_cancelled(tmp_path: Path) -> None:
    box = Sandbox()
    box.shops.settings = StandInSettings(calls_per_min=0)
    box.shops.contacts["ana@example.com"] = {"id": "c", "_email": "ana@example.com"}
    async with sync_room(tmp_path / "home", box, calls_per_min=2) as room:
        run = await room.looked([purchase(1)], "purchase")
        await room.runs.start(run.id)
        await called(box, 1)
        await cancelled(room, [run])
        [row] = await room.runs.outcomes(run.id)
        assert row.state == "cancelled"
        assert not box.shops.purchases


async def test_a_row_that_waits_for_its_turn_makes_room_when_its_process_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sync_turns, "PATIENCE_S", 3_600.0)
    monkeypatch.setattr(crew, "GRACE_S", 8.0)  # so long a row is waited for that nobody tells
    box = Sandbox()
    box.shops.settings = StandInSettings(calls_per_min=0)
    box.shops.contacts["ana@example.com"] = {"id": "c", "_email": "ana@example.com"}
    async with sync_room(tmp_path / "home", box, calls_per_min=2) as room:
        run = await room.looked([purchase(1)], "purchase")
        async with Workbench.open(tmp_path / "home", sandbox=box, environ=ENVIRON) as other:
            await other.runs.start(run.id)
            await called(box, 2)
        [row] = await room.work.rows((await room.runs.get(run.id)).job_id or "", RowFilter())
        assert (row.state, row.attempts) == ("retrying", 0), (
            "it was brought to its end, and counts as not attempted"
        )
        assert not box.shops.purchases
