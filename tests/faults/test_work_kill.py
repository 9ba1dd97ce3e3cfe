"""Killed at random points of a 1,000-row job: no row is lost, and only rows that were in flight are sent twice, under the same id."""

from __future__ import annotations

import asyncio
import os
import random
import signal
from collections import Counter
from pathlib import Path

import pytest

from tests.faults.forked import worker
from tests.sink import Sink, sink
from workbench import Contact, Settings, Workbench
from workbench.models.work import Counts, JobOptions, RowFilter

ENVIRON = {"WORKBENCH_KEYRING": "off"}
ROWS = 1000


async def new_job(bench: Workbench, taking: Sink, repeat: str) -> str:
    """Return a running job of 1,000 rows that nobody works on yet."""
    settings = Settings(
        name=f"Killed {random.random()}", local_test=True, allow_several=True, url=taking.url, payload='{"to": "${User Identifier}"}',
        idempotency_header="Idempotency-Key",
    )  # fmt: skip
    draft = await bench.integrations.start()
    saved = await bench.integrations.save(draft.model_copy(update={"settings": settings}))
    job = (await bench.work.create(saved.id, JobOptions(repeat=repeat, at_once=32))).job  # type: ignore[arg-type]
    await bench.work.add(job.id, [Contact(identifiers={"email": f"a{n}@example.com"}) for n in range(ROWS)])
    await bench.house.ledger.change(job.id, "running", {"filling"})
    return job.id


async def counts(bench: Workbench, job: str) -> Counts:
    found = (await bench.work.job(job)).job.counts
    assert found.total == ROWS, "the counts always add up"
    return found


async def killed(home: Path, kills: int, repeat: str, seed: int) -> tuple[int, int]:
    """Kill the worker so often, over as many jobs as that takes; return how many rows went twice and how many were in flight."""
    dice = random.Random(seed)
    doubles = in_flight = 0
    async with sink() as taking, worker("worker") as victim:
        allowed = [taking.host]
        async with Workbench.open(home, live=True, allowed_hosts=allowed, environ=ENVIRON) as bench:
            while kills > 0:
                job = await new_job(bench, taking, repeat)
                perhaps: Counter[str] = Counter()
                while (await counts(bench, job)).open:
                    before = taking.count
                    pid = await victim.begin(home, taking.host, job)
                    ending = asyncio.create_task(victim.ended())
                    point = asyncio.create_task(taking.reach(before + dice.randrange(1, 120)))
                    await asyncio.wait([ending, point], return_when=asyncio.FIRST_COMPLETED)
                    point.cancel()
                    await asyncio.sleep(dice.random() * 0.01)
                    if not ending.done() and kills > 0:
                        os.kill(pid, signal.SIGKILL)
                        kills -= 1
                    status = await ending
                    assert status in (0, signal.SIGKILL), "it ends by itself only well"
                    left = await bench.work.rows(job, RowFilter(states=("in_flight",), limit=1000))
                    perhaps.update(row.key for row in left)
                    in_flight += len(left)
                end = await counts(bench, job)
                if repeat == "always":
                    assert end.accepted == ROWS
                else:
                    assert end.accepted + end.uncertain == ROWS
                for number in range(1, ROWS + 1):
                    key = f"{job}-{number}"
                    times = taking.keys[key]
                    assert times <= 1 + perhaps[key], "only what was in flight goes twice"
                    if repeat == "always":
                        assert times >= 1, "none is lost"
                    doubles += max(0, times - 1)
    return doubles, in_flight


@pytest.mark.parametrize("repeat", ["always", "never"])
async def test_killed_a_few_times(tmp_path: Path, repeat: str) -> None:
    doubles, in_flight = await killed(tmp_path / "home", 6, repeat, seed=6)
    assert doubles <= in_flight
    if repeat == "never":
        assert doubles == 0


@pytest.mark.soak
@pytest.mark.parametrize("repeat", ["always", "never"])
async def test_killed_at_two_hundred_random_points(tmp_path: Path, repeat: str) -> None:
    doubles, in_flight = await killed(tmp_path / "home", 200, repeat, seed=20261122)
    print(f"200 kills ({repeat}): {doubles} rows went twice of {in_flight} that were in flight")
    assert doubles <= in_flight
    if repeat == "never":
        assert doubles == 0
