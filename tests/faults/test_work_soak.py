"""A job of very many rows: memory stays flat, the counts add up, and no task is made for a row."""

from __future__ import annotations

import asyncio
import gc
import os
import tracemalloc
from collections.abc import Sequence
from pathlib import Path

import pytest

from workbench import Workbench
from workbench.adapters.clock import new_id
from workbench.models.request import Outcome
from workbench.models.work import Claimed, Job, JobOptions
from workbench.sentence import say
from workbench.services.crew import Crew
from workbench.services.house import House
from workbench.services.runner import Answered, Attempt

ENVIRON = {"WORKBENCH_KEYRING": "off"}
TAKEN = Outcome(kind="accepted", sentence=say("taken"))
MANY = int(os.environ.get("WORKBENCH_SOAK_ROWS", "300000"))
AT_ONCE = 64


class Counting:
    """Takes every row at once; one in a hundred is bad."""

    tasks = 0
    rows = 0
    memory: list[int]

    @classmethod
    async def open(cls, _: House, __: Job) -> Counting:
        return cls()

    async def prepare(self, rows: Sequence[Claimed]) -> list[None]:
        return [None] * len(rows)

    async def attempt(self, row: Claimed, _: None) -> Answered:
        Counting.rows += 1
        if Counting.rows % 5000 == 0:
            Counting.tasks = max(Counting.tasks, len(asyncio.all_tasks()))
        if Counting.rows % 10_000 == 0:
            gc.collect()
            Counting.memory.append(tracemalloc.get_traced_memory()[0])
        await asyncio.sleep(0)
        return Answered(row, None, plain=True)

    def conclude(self, answered: Answered) -> Attempt:
        return Attempt(problem=say("a bad row")) if answered.row.number % 100 == 0 else Attempt(TAKEN, 200)

    async def close(self) -> None:
        """Nothing is kept open."""


async def many(home: Path, rows: int) -> list[int]:
    """Work on a job of so many rows; return the traced bytes at every ten thousandth row."""
    Counting.rows = Counting.tasks = 0
    Counting.memory = []
    async with Workbench.open(home, environ=ENVIRON) as bench:
        crew = Crew(bench.house, {"count": Counting.open})
        now = bench.house.clock.now()
        job = Job(
            id=new_id("job"), kind="count", title="Many", mode="rehearsal", who="x", account="none", created_at=now, changed_at=now,
            options=JobOptions(at_once=AT_ONCE, record="outcome"),
        )  # fmt: skip
        ledger = bench.house.ledger
        await ledger.create(job)
        for start in range(0, rows, 5000):
            await ledger.add(
                job.id, ['{"identifiers":{"email":"ana@example.com"}}'] * min(5000, rows - start)
            )
        await ledger.change(job.id, "running", {"filling"})
        tracemalloc.start()
        await crew.start(job.id)
        await crew.wait(job.id)
        tracemalloc.stop()
        await crew.close()
        done = (await ledger.job(job.id)).job
        assert done.state == "done"
        assert (done.counts.accepted, done.counts.invalid) == (rows - rows // 100, rows // 100)
    assert Counting.rows == rows, "each row was attempted once"
    assert Counting.tasks <= AT_ONCE + 20, "workers, and no task for a row"
    return Counting.memory


async def test_memory_does_not_grow_with_the_rows(tmp_path: Path) -> None:
    memory = await many(tmp_path / "home", 30_000)
    assert max(memory) - memory[0] < 2_000_000


@pytest.mark.soak
async def test_memory_is_flat_over_very_many_rows(tmp_path: Path) -> None:
    memory = await many(tmp_path / "home", MANY)
    print(f"{MANY:,} rows: {memory[0]:,} bytes at ten thousand, {memory[-1]:,} at the end")
    assert max(memory) - memory[0] < 2_000_000
