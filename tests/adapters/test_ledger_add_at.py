"""Rows added at their numbers, by several at once, on SQLite and PostgreSQL: each row once, whoever adds what how often."""

from __future__ import annotations

import asyncio
import random
from datetime import UTC, datetime

import pytest

from workbench.adapters.clock import VirtualClock
from workbench.adapters.database import Database
from workbench.adapters.ledger import Ledger
from workbench.errors import NotFound, Refused
from workbench.models.work import Job, JobOptions, RowFilter

START = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
async def ledger(database: Database) -> Ledger:
    made = Ledger(database, VirtualClock(START))
    for id in ("job_a", "job_b"):
        await made.create(
            Job(
                id=id, kind="send", title="t", mode="rehearsal", who="ana", account="a", host="h", options=JobOptions(),
                repeatable=True, created_at=START, changed_at=START,
            )
        )  # fmt: skip
    return made


async def test_spans_in_any_order_and_again_are_each_row_once(ledger: Ledger) -> None:
    chosen, data = random.Random(4), [f'{{"n": {n}}}' for n in range(1, 201)]
    spans = [(first, data[first - 1 : first + 19]) for first in range(1, 200, 10)]  # each overlaps the next
    chosen.shuffle(spans)
    await ledger.add_at("job_b", 1, ["{}"])
    added = await asyncio.gather(*(ledger.add_at("job_a", first, rows) for first, rows in [*spans, *spans]))
    assert sum(added) == 200
    assert (await ledger.job("job_a")).job.counts.waiting == 200
    assert [row.number for row in await ledger.rows("job_a", RowFilter(limit=500))] == list(range(1, 201))
    assert [await ledger.row_data("job_a", number) for number in (1, 57, 200)] == [data[0], data[56], data[199]]  # fmt: skip
    assert (await ledger.job("job_b")).job.counts.total == 1
    assert await ledger.add_at("job_a", 1, []) == 0


async def test_gaps_are_forgotten_and_deleted_to_the_last_row(ledger: Ledger) -> None:
    assert await ledger.add_at("job_a", 9_001, ["{}", '{"a": 1}']) == 2
    assert await ledger.add_at("job_a", 9_000, ['{"new": 1}', '{"other": 1}', '{"b": 2}', "{}"]) == 2
    assert await ledger.row_data("job_a", 9_001) == "{}", "what is there stays"
    await ledger.cancel("job_a")
    with pytest.raises(Refused):
        await ledger.add_at("job_a", 1, ["{}"])
    assert await ledger.forget("job_a") == 4
    for number in range(9_000, 9_004):
        with pytest.raises(NotFound, match="erased"):
            await ledger.row_data("job_a", number)
    await ledger.delete("job_a")
    with pytest.raises(NotFound):
        await ledger.job("job_a")
