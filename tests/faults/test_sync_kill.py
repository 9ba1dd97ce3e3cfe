"""Killed at random points of a sync of purchases: it goes on from the ledger, and no purchase goes to the platform twice."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from pathlib import Path

import pytest

from tests.faults.forked import worker
from tests.sandbox.running import running
from tests.sync_room import ENVIRON, Room, purchase, room_of
from workbench import Workbench
from workbench.models.run import Run
from workbench.sandbox.app import Sandbox
from workbench.sandbox.connectif.settings import StandInSettings
from workbench.sandbox.faults import Fault

ROWS = 80
PER_MIN = 60_000
CONTACTS = 20


def platform() -> Sandbox:
    """A platform that takes its time, and knows no contact and no product at first."""
    made = Sandbox(faults={"connectif": (Fault(kind="latency", seconds=0.003),)})
    made.shops.settings = StandInSettings(calls_per_min=0)
    return made


async def planned(room: Room, first: int) -> Run:
    """Return a run of purchases that was looked at: their contacts are in a table of the shop that was not sent."""
    people = "".join(f"ana{first}-{n}@example.com,Ana {n}\n" for n in range(CONTACTS))
    await room.looked(f"_email,_name\n{people}")
    rows = [purchase(n, f"Ana{first}-{n % CONTACTS}@example.com") for n in range(first, first + ROWS)]
    run = await room.looked(rows, "purchase", at_once=8)
    assert run.preflight is not None
    assert run.preflight.ready == ROWS
    return run


async def killed(home: Path, kills: int, seed: int) -> Counter[str]:
    """Kill the worker so often, over as many runs as that takes; check each run, and return what the deaths met."""
    dice, met, box, first = random.Random(seed), Counter[str](), platform(), 1
    async with running(box) as address, worker("sync_worker") as victim:
        host = address.removeprefix("http://")
        async with Workbench.open(home, live=True, allowed_hosts=[host], environ=ENVIRON) as bench:
            room = await room_of(
                bench, base_url=f"{address}/connectif", local_test=True, calls_per_min=PER_MIN
            )
            while kills > 0:
                run = await planned(room, first)
                async for turn in victim.turns(home, host, run.id):
                    if kills > 0 and await _point(box, dice, turn.ending):
                        turn.kill()
                        kills -= 1
                        met[(await room.runs.get(run.id)).state] += 1
                await _accounted(room, await room.runs.get(run.id), box, range(first, first + ROWS))
                first += ROWS
    met["looked up"] = box.shops.counts["purchase_by_store_id"]
    return met


async def _point(box: Sandbox, dice: random.Random, ending: asyncio.Task[int]) -> bool:
    """Wait until some more calls came; False where the worker ended before."""
    enough = len(box.shops.received) + dice.randrange(1, ROWS)
    while len(box.shops.received) < enough and not ending.done():
        await asyncio.wait([ending], timeout=0.001)
    return not ending.done()


async def _accounted(room: Room, run: Run, box: Sandbox, numbers: range) -> None:
    """Check that each purchase is there, was taken once, and that its row says so."""
    counts = (await room.work.job(run.job_id or "")).job.counts
    assert counts.accepted == counts.total == ROWS, "none is lost, and none is left in doubt"
    outcomes = await room.runs.outcomes(run.id, limit=1000)
    assert [one.state for one in outcomes] == ["accepted"] * ROWS
    for number in numbers:
        assert box.shops.posts[f"P-{number}"] == 1, "no purchase goes twice"
        assert (
            box.shops.purchases[f"P-{number}"]["contactEmail"].lower()
            == f"ana{numbers[0]}-{number % CONTACTS}@example.com"
        )
    assert await room.sync.waiting(room.shop.id) == []


async def test_killed_a_few_times(tmp_path: Path) -> None:
    met = await killed(tmp_path / "home", 2, seed=5)
    assert met["checked"] + met["starting"] + met["started"] == 2


@pytest.mark.soak
async def test_killed_at_a_hundred_random_points(tmp_path: Path) -> None:
    met = await killed(tmp_path / "home", 100, seed=20261122)
    print(f"100 kills: {dict(met)}")
    assert met["started"]
    assert met["looked up"], "some were on their way"
