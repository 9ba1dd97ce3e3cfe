"""Runs over ranges of their tables: looked at and filled by several workbenches, they are what one of them would have made."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.services.conftest import ENVIRON
from tests.services.test_runs import MAPPING, PAYLOAD, looked
from tests.services.test_work import saved
from tests.spreads import Shuffled
from workbench import Settings, Workbench
from workbench.adapters.tables import look
from workbench.engine import table_ranges
from workbench.errors import NotFound, Refused, Unreachable
from workbench.models.run import CheckedFilter, Run, RunPlan
from workbench.models.work import RowFilter
from workbench.services import run_checking, run_filling, run_look, run_ranges
from workbench.services.run_look import Look

URL = "https://esp.example.com/s"


@pytest.fixture
async def benches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[list[Workbench]]:
    """Two workbenches on one home; blocks of tables are small."""
    monkeypatch.setattr(table_ranges, "BLOCK", 500)
    monkeypatch.setattr(run_checking, "BATCH", 9)
    monkeypatch.setattr(run_filling, "BATCH", 7)
    async with contextlib.AsyncExitStack() as stack:
        yield [
            await stack.enter_async_context(Workbench.open(tmp_path / "home", environ=ENVIRON))
            for _ in range(2)
        ]


def table(rows: int = 90) -> str:
    """Return a CSV in which rows repeat others from far away, cells hold line ends, and some rows cannot go."""
    lines = ['mail,n,"a\nnote"']
    for number in range(1, rows + 1):
        mail, note = f"ana{number}@example.com", f'"said\n""{number}"", and\r\nmore"'
        if number % 11 == 0:
            mail = "no address"
        if number % 17 == 0:
            mail, number = f"ana{number // 17}@example.com", number // 17
        if number == 41:
            note = '"never closed'
        lines.append(f"{mail},{number},{note}")
        if number % 13 == 0:
            lines.append(",,")
    return "\n".join(lines) + "\n"


async def made(bench: Workbench, text: str) -> Run:
    integration = await saved(bench, Settings(name=f"S {text[:8]}", url=URL, payload=PAYLOAD))
    return await again(bench, integration, text)


async def again(bench: Workbench, integration: str, text: str) -> Run:
    kept = await bench.runs.paste(text)
    return await bench.runs.plan(
        RunPlan(integration_id=integration, table_id=kept.id, mapping=MAPPING, on_bad="skip")
    )


async def all_rows(bench: Workbench, id: str) -> list[Any]:
    states = ("ready", "bad", "left_out")
    found: list[Any] = []
    while page := await bench.runs.rows(
        id, CheckedFilter(states=states, limit=500, after=found[-1].number if found else 0)
    ):
        found += page
    return found


async def filled(bench: Workbench, run: Run) -> list[tuple[int, bytes]]:
    """Return what the ledger was given of a run: each row's number and data, opened."""
    from workbench.services.run_keeping import key_of

    key = await key_of(bench.house, await bench.runs._store.run(run.id))
    rows = await bench.house.ledger.rows(run.job_id or "", RowFilter(limit=500))
    return [(row.number, key.open(await bench.house.ledger.row_data(run.job_id or "", row.number))) for row in rows]  # fmt: skip


@pytest.mark.parametrize("seen", [300_000, 20], ids=["all", "few"])
async def test_a_run_over_ranges_is_the_run_of_one_process(
    benches: list[Workbench], seen: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_look, "MOST_SEEN", seen)
    monkeypatch.setattr(run_checking, "MOST_SEEN", seen)
    bench = benches[0]
    alone = await looked(bench, (await made(bench, table())).id)
    bench.runs.spread = spread = Shuffled(benches, seed=seen)
    run = await looked(bench, (await again(bench, alone.plan.integration_id, table())).id)
    assert {piece.method for piece in spread.done} == {"read_block", "look_over"}
    assert len(bench.runs.tables.ranges(run.plan.table_id)) > 5
    assert alone.preflight is not None
    assert alone.preflight.ready < alone.preflight.total == 90
    assert run.preflight == alone.preflight
    assert await all_rows(bench, run.id) == await all_rows(bench, alone.id)

    bench.runs.spread = Shuffled(benches, seed=seen + 1)
    await bench.runs.start(run.id)
    run = await bench.runs.wait(run.id)
    bench.runs.spread = Shuffled(benches[:1])
    await bench.runs.start(alone.id)
    alone = await bench.runs.wait(alone.id)
    assert (run.state, alone.state) == ("started", "started")
    assert await filled(bench, run) == await filled(bench, alone)
    assert len(await filled(bench, run)) == run.preflight.ready  # type: ignore[union-attr]


@pytest.mark.parametrize("several", [True, False], ids=["by several", "by one"])
async def test_filling_goes_on_after_all_workers_died(benches: list[Workbench], several: bool) -> None:
    bench = benches[0]
    bench.runs.spread = Shuffled(benches, seed=5)
    run = await looked(bench, (await made(bench, table())).id)
    assert run.preflight is not None
    bench.runs.spread = Shuffled(benches, seed=6, most=3)
    with contextlib.suppress(Unreachable):  # in the first moment it is raised, later kept with the run
        await bench.runs.start(run.id)
    run = await bench.runs.wait(run.id)
    assert run.state == "starting"
    assert "The workers are gone" in str(run.preflight and run.preflight.problems[0].sentence)
    counts = (await bench.work.job(run.job_id or "")).job.counts
    assert 0 < counts.total < run.preflight.ready  # type: ignore[union-attr]
    told = [one.row for one in await bench.runs.outcomes(run.id, limit=500) if one.state == "waiting"]
    assert told == sorted(told)
    bench.runs.spread = Shuffled(benches if several else benches[:1], seed=7)
    await bench.runs.start(run.id)
    run = await bench.runs.wait(run.id)
    assert run.state == "started"
    assert [number for number, _ in await filled(bench, run)] == list(range(1, run.preflight.ready + 1))  # type: ignore[union-attr]


async def test_a_turn_that_is_over_keeps_nothing(benches: list[Workbench]) -> None:
    bench = benches[0]
    run = await looked(bench, (await made(bench, table())).id)
    before = await all_rows(bench, run.id)
    told = await bench.runs.look_over(run.id, "trn_old", [0, 1, 8, 10], 100, False)
    assert told is None
    assert await all_rows(bench, run.id) == before
    with pytest.raises(Refused, match="changed since"):
        await bench.runs.fill_over(run.id, [0, 1, 8, 10])


async def test_rows_that_a_person_mended_are_looked_at_as_mended_in_each_range(benches: list[Workbench]) -> None:  # fmt: skip
    bench = benches[0]
    bench.runs.spread = Shuffled(benches, seed=8)
    run = await looked(bench, (await made(bench, table())).id)
    await bench.runs.fix(run.id, 22, {"mail": "ana80@example.com", "n": "80"})
    await bench.runs.leave_out(run.id, [30])
    run = await looked(bench, run.id)
    rows = {row.number: row for row in await all_rows(bench, run.id)}
    assert rows[22].state == "ready"
    assert rows[80].state == "left_out"
    assert "Row 22 says the same" in str(rows[80].problems[-1].sentence)
    assert rows[30].state == "left_out"


def test_a_look_remembers_nothing_it_has_no_use_for() -> None:
    class Unguarded(Look):
        guard_min = 0
        host = account = ""
        rates = decides = ()

        def look(self, row: Any, fixes: Any = None) -> Any: ...
        def body(self, looked: Any) -> str: ...  # type: ignore[empty-body]
        def recipient(self, looked: Any) -> str: ...  # type: ignore[empty-body]
        def hidden(self, looked: Any) -> dict[str, str]: ...  # type: ignore[empty-body]
        async def new_job(self, run: Any, sealed_key: str) -> Any: ...

    assert not Unguarded(None, RunPlan(), None, ()).remember(())  # type: ignore[arg-type]


async def test_a_file_that_several_look_at_is_the_file_one_looked_at(
    benches: list[Workbench], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(look, "BLOCK", 1_000)
    monkeypatch.setattr(run_ranges, "BLOCK", 1_000)
    path = tmp_path / "people.csv"
    path.write_bytes(table().replace("said", "é").encode())
    alone = await benches[0].runs.place(path)
    benches[0].runs.spread = spread = Shuffled(benches, seed=9)
    several = await benches[0].runs.place(path)
    assert len(spread.done) > 3
    assert several.model_copy(update={"id": alone.id}) == alone
    path.write_bytes(path.read_bytes()[:-8] + b"\xff\xff\xff\xff\n")
    assert (await benches[0].runs.place(path)).encoding == "cp1252"
    with pytest.raises(NotFound):
        await benches[0].runs.place(tmp_path / "none.csv")
