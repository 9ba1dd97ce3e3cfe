"""The run store: what a person did stays, what nobody looks at any more is not kept, and no one's turn goes over another's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from workbench.adapters.database import Database
from workbench.adapters.run_store import RunStore
from workbench.errors import NotFound, Refused
from workbench.models.run import CheckedFilter, CheckState, Preflight, Run, RunPlan, RunState
from workbench.models.run_kept import KeptRow, KeptRun

AT = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture
async def store(database: Database) -> RunStore:
    made = RunStore(database)
    for id in ("run_1", "run_2"):
        await made.add(Run(id=id, plan=RunPlan(title=id), created_at=AT, changed_at=AT), f"key of {id}")
    return made


def to(state: RunState, turn: str = "t", basis: str = "") -> Callable[[KeptRun], KeptRun]:
    return lambda kept: KeptRun(kept.run.model_copy(update={"state": state}), kept.key, turn, basis)


def row(number: int, state: CheckState = "bad", *fields: str) -> KeptRow:
    return KeptRow(number, state, fields, detail=f"sealed {number}")


def same(kept: KeptRun) -> KeptRun:
    return kept


async def looking(store: RunStore, *rows: KeptRow, id: str = "run_1") -> None:
    """Let a run be looked through, with these rows found."""
    await store.begin(id, {"planned", "checked"}, to("checking"))
    assert await store.put(id, "t", rows, same)
    await store.change(id, {"checking"}, to("checked", basis="b"), turn="t")


async def test_runs_are_kept_the_newest_first(store: RunStore) -> None:
    assert [run.id for run in await store.runs()] == ["run_2", "run_1"]
    kept = await store.run("run_1")
    assert (kept.key, kept.turn, kept.run.state) == ("key of run_1", "", "planned")
    assert "key of" not in repr(kept)
    with pytest.raises(NotFound):
        await store.run("run_3")


async def test_what_was_found_of_rows_is_found_by_state_and_field(store: RunStore) -> None:
    await looking(
        store, row(1, "bad", "email", "n"), row(3, "left_out", "consent"), row(7, "bad", "first name")
    )
    await looking(store, row(2, "bad", "email"), id="run_2")

    async def numbers(**wanted: object) -> list[int]:
        return [one.number for one in await store.page("run_1", CheckedFilter.model_validate(wanted))]

    assert await numbers() == [1, 3, 7]
    assert await numbers(states=("bad",)) == [1, 7]
    assert await numbers(states=("bad", "left_out"), after=1, limit=1) == [3]
    assert await numbers(field="email") == [1]
    assert await numbers(field="first name") == [7]
    assert await numbers(field="emai_") == [], "a field is a word, not a pattern"
    assert set(await store.between("run_1", 2, 7)) == {3, 7}
    assert [await store.kept_back("run_1", until) for until in (0, 1, 6, 7, 100)] == [0, 1, 2, 3, 3]
    assert await store.kept_back("run_1", 100, "left_out") == 1


async def test_looking_again_forgets_what_was_found_and_keeps_what_a_person_did(store: RunStore) -> None:
    await looking(store, row(1), row(2), row(3))
    mended = replace(row(2, "ready"), fixes="sealed cells")
    await store.mend("run_1", [mended, replace(row(3, "left_out"), by_hand=True)], same)
    await store.begin("run_1", {"checked"}, to("checking"))
    left = await store.page("run_1", CheckedFilter())
    assert [(one.number, one.fixes, one.by_hand) for one in left] == [
        (2, "sealed cells", False),
        (3, None, True),
    ]
    assert await store.put("run_1", "t", [row(2, "bad"), row(3, "bad")], same)
    again = await store.between("run_1", 1, 9)
    assert (again[2].state, again[2].fixes, again[3].by_hand) == ("bad", "sealed cells", True)


async def test_who_was_overtaken_writes_nothing(store: RunStore) -> None:
    await store.begin("run_1", {"planned"}, to("checking", "first"))
    await store.begin("run_1", {"checking"}, to("checking", "second"))
    assert not await store.put("run_1", "first", [row(1)], same)
    assert await store.page("run_1", CheckedFilter()) == []
    left = await store.change("run_1", {"checking"}, to("checked"), turn="first")
    assert left.state == "checking"
    assert await store.put("run_1", "second", [row(1)], same)


@pytest.mark.parametrize("state", ["planned", "checking", "starting", "started", "cancelled"])
async def test_only_a_run_that_was_looked_through_is_mended(store: RunStore, state: RunState) -> None:
    await store.change("run_1", {"planned"}, to(state))
    with pytest.raises(Refused):
        await store.mend("run_1", [row(1)], same)
    assert await store.page("run_1", CheckedFilter()) == []
    with pytest.raises(Refused):
        await store.begin("run_1", {"checked"}, same)


async def test_a_deleted_run_takes_its_rows_along_and_no_others(store: RunStore) -> None:
    await looking(store, *(row(number) for number in range(1, 6_000)))
    await looking(store, row(4), id="run_2")
    await store.delete("run_1")
    assert [run.id for run in await store.runs()] == ["run_2"]
    assert [one.number for one in await store.page("run_2", CheckedFilter())] == [4]
    with pytest.raises(NotFound):
        await store.page("run_1", CheckedFilter())


async def test_what_is_told_so_far_is_kept_with_the_rows(store: RunStore) -> None:
    await store.begin("run_1", {"planned"}, to("checking"))
    seen = Preflight(total=5, bad=1, ready=4)
    await store.put(
        "run_1", "t", [row(5)],
        lambda kept: KeptRun(kept.run.model_copy(update={"preflight": seen}), kept.key, kept.turn, kept.basis),
    )  # fmt: skip
    assert (await store.run("run_1")).run.preflight == seen
