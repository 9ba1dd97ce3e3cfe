"""Killed at random points of a run over a table, also while its rows are being added: each row that was taken arrived exactly once."""

from __future__ import annotations

import asyncio
import json
import random
from collections import Counter
from pathlib import Path

import pytest

from tests.faults.forked import worker
from tests.sink import Received, Sink, sink
from workbench import Settings, Workbench
from workbench.models.event import EVENT_PAYLOAD, Event, EventVariable
from workbench.models.run import Mapped, Run, RunPlan
from workbench.models.work import RowFilter

ENVIRON = {"WORKBENCH_KEYRING": "off"}
ROWS = 400
MAPPING = (Mapped(target="email", column="mail"), Mapped(target="n", column="n"))


async def integration(bench: Workbench, taking: Sink, kind: str) -> str:
    """Return an integration that sends to the sink and whose calls may not be repeated."""
    settings = Settings(
        name=f"Killed {kind}", local_test=True, allow_several=True, url=taking.url, channel="event" if kind == "event" else "email",
        payload=EVENT_PAYLOAD if kind == "event" else '{"email": "${User Identifier}", "n": "{{ n }}"}',
    )  # fmt: skip
    draft = await bench.integrations.start()
    return (await bench.integrations.save(draft.model_copy(update={"settings": settings}))).id


async def looked_through(bench: Workbench, integration_id: str, kind: str, numbers: range) -> Run:
    """Return a run whose rows were looked at: every so many of them are bad, and one of those is mended."""
    lines = ["mail,n"] + [f"{'bad' if n % 57 == 0 else f'ana{n}@example.com'},{n}" for n in numbers]
    table = await bench.runs.paste("\n".join(lines) + "\n")
    event_id = None
    if kind == "event":
        event = Event(
            name="bought", integration_id=integration_id, variables=(EventVariable(name="n", type="number"),)
        )
        known = {one.name: one for one in await bench.events.list()}
        event_id = (known.get("bought") or await bench.events.save(event)).id
    run = await bench.runs.plan(RunPlan(
        integration_id=integration_id, event_id=event_id, table_id=table.id, mapping=MAPPING, on_bad="skip", at_once=8,
    ))  # fmt: skip
    await bench.runs.check(run.id)
    run = await bench.runs.wait(run.id)
    assert run.preflight is not None
    assert run.preflight.bad == sum(n % 57 == 0 for n in numbers)
    return run


async def killed(home: Path, kills: int, kind: str, seed: int) -> Counter[str]:
    """Kill the worker so often, over as many runs as that takes; check each run, and return what the deaths met."""
    dice = random.Random(seed)
    met: Counter[str] = Counter()
    arrived: Counter[int] = Counter()

    def count(received: Received, number: int) -> None:
        arrived[int(json.loads(received.body)["n"])] += 1

    def behave(received: Received, number: int) -> float:
        count(received, number)
        return 0.002

    first = 1
    async with (
        sink(behave) as taking,
        worker("run_worker") as victim,
        Workbench.open(home, live=True, allowed_hosts=[taking.host], environ=ENVIRON) as bench,
    ):
        saved = await integration(bench, taking, kind)
        while kills > 0:
            numbers = range(first, first + ROWS)
            first += ROWS
            run = await looked_through(bench, saved, kind, numbers)
            assert run.preflight is not None
            wanted = run.preflight.ready
            async for turn in victim.turns(home, taking.host, run.id):
                await _point(dice, bench, run.id, taking, taking.count, turn.ending)
                if not turn.ending.done() and kills > 0:
                    turn.kill()
                    kills -= 1
                    met[(await bench.runs.get(run.id)).state] += 1
            found = await bench.runs.get(run.id)
            assert found.state == "started"
            job_id = found.job_id or ""
            await _accounted(bench, run.id, job_id, wanted, numbers, arrived)
            met["uncertain"] += (await bench.work.job(job_id)).job.counts.uncertain
    return met


async def _point(
    dice: random.Random, bench: Workbench, run_id: str, taking: Sink, before: int, ending: asyncio.Task[int]
) -> None:  # fmt: skip
    """Wait for a point to kill at: while rows are being added, or after some have arrived."""
    if (await bench.runs.get(run_id)).state != "started" and dice.random() < 0.7:
        enough = dice.randrange(ROWS)
        while not ending.done() and (await bench.runs.get(run_id)).state != "started":
            summary = await bench.runs.summary(run_id)
            if summary.progress is not None and summary.progress.job.counts.total >= enough:
                return
            await asyncio.sleep(0.001)
        return
    reached = asyncio.create_task(taking.reach(before + dice.randrange(1, ROWS // 3)))
    await asyncio.wait([ending, reached], return_when=asyncio.FIRST_COMPLETED)
    reached.cancel()


async def _accounted(
    bench: Workbench, run_id: str, job_id: str, wanted: int, numbers: range, arrived: Counter[int]
) -> None:
    """Check that every row of the table is in one count, and arrived as its outcome says."""
    counts = (await bench.work.job(job_id)).job.counts
    assert counts.total == wanted, "each row that can go is in the ledger once"
    assert counts.accepted + counts.uncertain == wanted
    summary = await bench.runs.summary(run_id)
    assert summary.total == summary.bad + summary.left_out + counts.total == len(numbers)
    outcomes = [*await bench.runs.outcomes(run_id, limit=1000)]
    assert [one.row for one in outcomes] == list(range(1, len(numbers) + 1))
    for one in outcomes:
        times = arrived[numbers[one.row - 1]]
        match one.state:
            case "accepted":
                assert times == 1, "what was taken arrived exactly once"
            case "uncertain":
                assert times <= 1, "what is uncertain is never repeated by itself"
            case _:
                assert (one.state, times) == ("bad", 0)
    apart = await bench.work.rows(job_id, RowFilter(states=("uncertain",), limit=1000))
    assert len(apart) == counts.uncertain


@pytest.mark.parametrize(("kind", "kills"), [("event", 2), ("email", 1)])
async def test_killed_a_few_times(tmp_path: Path, kind: str, kills: int) -> None:
    met = await killed(tmp_path / "home", kills, kind, seed=3)
    assert met["checked"] + met["starting"] + met["started"] == kills


@pytest.mark.soak
@pytest.mark.parametrize("kind", ["event", "email"])
async def test_killed_at_a_hundred_random_points(tmp_path: Path, kind: str) -> None:
    met = await killed(tmp_path / "home", 100, kind, seed=20261122)
    print(f"100 kills ({kind}): {dict(met)}")
    assert met["starting"]
    assert met["started"]
