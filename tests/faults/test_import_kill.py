"""Killed at random points of an import: it goes on from the store, no file is uploaded twice and none is forgotten."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from pathlib import Path

import pytest

from tests.faults.forked import worker
from tests.import_room import contacts
from tests.sandbox.running import running
from tests.sync_room import ENVIRON, shop_of
from workbench import Workbench
from workbench.models.run import Mapped, Run, RunPlan
from workbench.models.sync import SyncPlan
from workbench.sandbox.app import Sandbox
from workbench.sandbox.connectif.settings import StandInSettings
from workbench.sandbox.faults import Fault

ROWS = 300
PARTS = 11


async def looked(bench: Workbench, shop_id: str) -> Run:
    table = await bench.runs.paste(contacts(ROWS))
    mapping = tuple(Mapped(target=name, column=name) for name in table.columns)
    plan = SyncPlan(shop_id=shop_id, how="import", part_bytes=1_000)
    run = await bench.runs.plan(RunPlan(table_id=table.id, sync=plan, mapping=mapping))
    await bench.runs.check(run.id)
    return await bench.runs.wait(run.id)


async def killed(home: Path, kills: int, seed: int) -> Counter[str]:
    """Kill the worker so often, over as many imports as that takes; check each, and return what the deaths met."""
    dice, met = random.Random(seed), Counter[str]()
    box = Sandbox(faults={"connectif": (Fault(kind="latency", seconds=0.01),)})
    box.shops.settings = StandInSettings(calls_per_min=0, starts_s=0, import_s=0.05)
    async with running(box) as address, worker("import_worker") as victim:
        host = address.removeprefix("http://")
        async with Workbench.open(home, live=True, allowed_hosts=[host], environ=ENVIRON) as bench:
            shop = await shop_of(
                bench, bench.shops, base_url=f"{address}/connectif", local_test=True, calls_per_min=60_000
            )
            while kills > 0:
                run, before = await looked(bench, shop.id), set(box.shops.imports)
                async for turn in victim.turns(home, host, run.id):
                    if kills > 0 and await _point(box, dice, turn.ending):
                        turn.kill()
                        kills -= 1
                        met[(await bench.runs.get(run.id)).state] += 1
                report = await bench.sync_imports.report(run.id)
                assert report.clean, report
                assert report.rows == ROWS
                there = {id: one for id, one in box.shops.imports.items() if id not in before}
                assert {part.import_id: part.rows for part in report.parts} == {
                    id: one["total"] for id, one in there.items()
                }, "each part was uploaded once, and is known by its own id"
    met["looked for"] = box.shops.counts["imports"]
    return met


async def _point(box: Sandbox, dice: random.Random, ending: asyncio.Task[int]) -> bool:
    """Wait until some more calls began; False where the worker ended before."""
    enough = len(box.shops.received) + dice.randrange(0, 2 * PARTS)
    while len(box.shops.received) < enough and not ending.done():
        await asyncio.wait([ending], timeout=0.001)
    await asyncio.wait([ending], timeout=dice.random() * 0.02)
    return not ending.done()


@pytest.mark.soak
async def test_killed_at_forty_random_points(tmp_path: Path) -> None:
    met = await killed(tmp_path / "home", 40, seed=20261122)
    print(f"40 kills: {dict(met)}")
    assert met["started"]
    assert met["looked for"], "some uploads were on their way"
