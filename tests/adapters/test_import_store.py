"""The import store: what is kept stays, a shop's queue is kept to by all, and a deleted run leaves nothing."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from workbench.adapters.database import Database
from workbench.adapters.import_store import Change, ImportStore, KeptPart, KeptRefusal
from workbench.adapters.run_store import RunStore
from workbench.errors import NotFound
from workbench.models.run import Run, RunPlan
from workbench.models.sync import ImportPart, PartState

AT = datetime(2026, 11, 22, 12, tzinfo=UTC)
WITHIN = timedelta(minutes=10)
SHOP, OTHER = "rehearsal/shop_1", "rehearsal/shop_2"


def part(number: int, state: PartState = "waiting") -> ImportPart:
    return ImportPart(number=number, first=10 * number, last=10 * number + 9, rows=10, size=100, state=state)


def refusal(part: int, number: int, row: int) -> KeptRefusal:
    return KeptRefusal(part, number, row, row + 1, f"sealed {part} {number}")


def now(state: PartState, id: str = "") -> Change:
    return lambda kept: replace(
        kept, part=kept.part.model_copy(update={"state": state, "import_id": id, "changed_at": AT})
    )


@pytest.fixture
async def store(database: Database) -> ImportStore:
    made = ImportStore(database)
    await made.add("run_1", SHOP, [part(number) for number in range(1, 6)])
    return made


async def test_a_part_is_kept_changed_and_never_begun_anew_by_adding_it_again(store: ImportStore) -> None:
    await store.change("run_1", 2, now("queued", "imp"))
    await store.change("run_1", 2, lambda kept: replace(kept, asked=3, missed=1, asked_since=AT))
    await store.add("run_1", SHOP, [part(2), part(6)])
    kept = await store.parts("run_1")
    assert [one.part.number for one in kept] == [1, 2, 3, 4, 5, 6]
    assert kept[1] == KeptPart(
        part(2, "queued").model_copy(update={"import_id": "imp", "changed_at": AT}), None, AT, 3, 1
    )
    assert await store.part("run_1", 2) == kept[1]
    assert await store.known_ids(SHOP) == {"imp"}
    assert await store.known_ids(OTHER) == set()
    for missing in (("run_1", 9), ("run_2", 1)):
        with pytest.raises(NotFound):
            await store.part(*missing)


async def test_no_more_are_begun_than_the_queue_takes(store: ImportStore) -> None:
    """Those of the shop's other imports count too; what nobody asks for any more does not."""
    await store.add("run_2", SHOP, [part(1)])
    await store.add("run_3", OTHER, [part(1)])
    assert await store.begin("run_1", 1, 2, AT, WITHIN) is None
    assert (await store.part("run_1", 1)).begun_at == AT
    await store.change("run_1", 1, now("queued", "a"))
    assert await store.begin("run_2", 1, 2, AT, WITHIN) is None
    await store.change("run_2", 1, now("queued", "b"))
    assert await store.begin("run_1", 4, 2, AT, WITHIN) == 2, "two of the run wait in front of it"
    assert (await store.part("run_1", 4)).begun_at is None
    assert await store.begin("run_3", 1, 2, AT, WITHIN) is None, "another shop has a queue of its own"
    await store.change("run_1", 1, now("in_progress", "a"))
    assert await store.begin("run_1", 2, 2, AT, WITHIN) is None
    await store.change("run_1", 2, now("queued", "c"))
    assert await store.begin("run_1", 3, 2, AT, WITHIN) == 0
    assert await store.begin("run_1", 3, 2, AT + 2 * WITHIN, WITHIN) is None, (
        "nobody has asked for those for long"
    )


async def test_one_alone_is_on_its_way_unknown(store: ImportStore) -> None:
    await store.add("run_2", SHOP, [part(1)])
    assert await store.begin("run_1", 1, 10, AT, WITHIN) is None
    assert await store.begin("run_1", 2, 10, AT, WITHIN) == 0
    assert await store.begin("run_2", 1, 10, AT + WITHIN, WITHIN) == 0
    await store.change("run_1", 1, lambda kept: replace(kept, begun_at=None))
    assert await store.begin("run_2", 1, 10, AT, WITHIN) is None, "it did not arrive"
    assert await store.begin("run_1", 1, 10, AT + 2 * WITHIN, WITHIN) is None, (
        "nobody has looked for the other one for long"
    )


async def test_two_at_once_do_not_lose_a_word(store: ImportStore) -> None:
    def more(kept: KeptPart) -> KeptPart:
        return replace(kept, asked=kept.asked + 1)

    await asyncio.gather(*(store.change("run_1", 1, more) for _ in range(8)))
    assert (await store.part("run_1", 1)).asked == 8


async def test_what_reports_say_is_kept_once_and_read_in_two_orders(store: ImportStore) -> None:
    lines = [refusal(1, 1, 15), refusal(1, 2, 12), refusal(1, 3, 0), refusal(2, 1, 21), refusal(1, 4, 12)]
    await store.put_refused("run_1", lines)
    await store.put_refused("run_1", lines)
    await store.put_refused("run_2", [refusal(1, 1, 15)])
    told = await store.refused("run_1", 0, 10)
    assert [(one.part, one.number) for one in told] == [(1, 1), (1, 2), (1, 3), (1, 4), (2, 1)]
    assert await store.refused("run_1", 3, 1) == [told[3]]
    assert [(one.row, one.number) for one in await store.refused_from("run_1", 0, 20)] == [
        (12, 2),
        (12, 4),
        (15, 1),
    ]
    assert await store.refused_counts("run_1") == (3, 1)
    assert await store.refused_counts("run_1", 2) == (1, 0)
    await store.clear_refused("run_1", 1)
    assert await store.refused_counts("run_1") == (1, 0)
    assert await store.refused_counts("run_2") == (1, 0)


async def test_what_belongs_to_no_run_is_swept_away(store: ImportStore, database: Database) -> None:
    runs = RunStore(database)
    await runs.add(Run(id="run_1", plan=RunPlan(), created_at=AT, changed_at=AT), "key")
    await store.add("run_2", SHOP, [part(1), part(2)])
    for run in ("run_1", "run_2"):
        await store.put_refused(run, [refusal(1, 1, 15), refusal(1, 9_000, 0), refusal(2, 1, 21)])
    await store.sweep()
    assert len(await store.parts("run_1")) == 5
    assert await store.refused_counts("run_1") == (2, 1)
    assert await store.parts("run_2") == []
    assert await store.refused_counts("run_2") == (0, 0)
