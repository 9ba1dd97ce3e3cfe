"""Holds, on a real SQLite and a real PostgreSQL: hooks have one effect, states move as they may, contacts are found and forgotten."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from workbench.adapters import database as database_module
from workbench.adapters.clock import VirtualClock, new_id
from workbench.adapters.database import DATABASE_FILE, Database
from workbench.adapters.holds import Holds, KeptItem
from workbench.adapters.home import Home
from workbench.adapters.journal import Journal
from workbench.errors import NotFound, Refused, StorageFault
from workbench.models.gate import Action
from workbench.models.hold import DecidedFilter, Hold, HoldEvent, HoldFilter, Tally
from workbench.models.journal import Entry, EntryFilter
from workbench.models.work import Counts
from workbench.sentence import say

START = datetime(2026, 3, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


def a_hold(**fields: Any) -> Hold:
    given = {
        "id": new_id("hld"), "gate_id": "gat_1", "kind": "batch", "state": "received", "mode": "rehearsal", "host": "gate.example",
        "finish": "gate.example …nish", "sendout_name": "Day 1", "opened_at": START, "limit_at": START + HOUR, "changed_at": START,
    }  # fmt: skip
    return Hold(**{**given, **fields})


def an_item(number: int, **fields: Any) -> KeptItem:
    given = {
        "sealed": f"sealed {number}",
        "contact": f"c{number}***",
        "key": f"key {number}",
        "verdict": "accept",
    }
    return KeptItem(number, **{**given, **fields})


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(START)


@pytest.fixture
def holds(database: Database, clock: VirtualClock) -> Holds:
    return Holds(database, clock)


async def received(holds: Holds, **fields: Any) -> str:
    hold = a_hold(**fields)
    id, _ = await holds.receive(hold, "the hook, sealed", f"digest of {hold.id}", "its key, sealed")
    return id


# hooks that come


async def test_what_was_received_is_there_and_the_same(holds: Holds, url: str | None, home: Home) -> None:
    names = {
        "project_name": "Año \0 nuevo",
        "journey_name": "Ωmega 🎈",
        "actions": (Action(identifier="a", details='"\\'),),
    }
    hold = a_hold(**names, notice=say("The file is {state}.", state="gone"), unknown_actions=("b",))
    assert await holds.receive(hold, "sealed", "digest", "key") == (hold.id, False)
    other = Database.open(url, home)  # another process, as it were
    again = Holds(other)
    assert await again.hold(hold.id) == hold
    assert await again.sealed(hold.id) == "sealed"
    assert await again.key(hold.id) == "key"
    await other.close()


async def test_a_hook_that_comes_again_is_counted_and_nothing_else(holds: Holds) -> None:
    first = a_hold()
    event = HoldEvent(at=START, step="received", sentence=say("The hook came."))
    await holds.receive(first, "sealed", "digest", "key", events=[event])
    second = a_hold(sendout_name="another")
    assert await holds.receive(second, "other", "digest", "other", events=[event]) == (first.id, True)
    assert await holds.hold(first.id) == first.model_copy(update={"duplicates": 1})
    assert await holds.sealed(first.id) == "sealed"
    assert await holds.events(first.id) == [event]
    with pytest.raises(NotFound):
        await holds.hold(second.id)


async def test_many_hooks_at_once_of_which_each_comes_twice(holds: Holds, database: Database) -> None:
    journal = Journal(database)

    def entry(id: str, duplicate: bool) -> Entry:
        detail = f"{id} {duplicate}"
        return Entry(id=new_id("ent"), at=START, kind="gate", mode="rehearsal", who="platform", detail=detail)

    made = [a_hold() for _ in range(60)]
    coming = [holds.receive(one, "sealed", f"d{i % 30}", "key", entry=entry) for i, one in enumerate(made)]
    results = await asyncio.gather(*coming)
    assert sum(duplicate for _, duplicate in results) == 30
    assert all(results[i][0] == results[i + 30][0] for i in range(30))
    kept = await holds.holds(HoldFilter(limit=500))
    assert len(kept) == 30
    assert {hold.duplicates for hold in kept} == {1}
    entries = await journal.entries(EntryFilter(kind="gate", limit=500))
    assert sorted(str(one.detail) for one in entries) == sorted(
        f"{id} {duplicate}" for id, duplicate in results
    )


async def test_hooks_that_come_together_go_to_the_disk_together(
    holds: Holds, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    writes: list[int] = []
    before = database_module.Database.write_now

    def counted(self: Database, *arguments: Any) -> Any:
        writes.append(1)
        return before(self, *arguments)

    monkeypatch.setattr(database_module.Database, "write_now", counted)
    await asyncio.gather(*(holds.receive(a_hold(), "sealed", f"d{i}", "key") for i in range(200)))
    assert len(writes) == 1


async def test_two_processes_take_the_same_hooks(holds: Holds, url: str | None, home: Home) -> None:
    other = Database.open(url, home)
    both = [holds, Holds(other)]
    made = [[a_hold() for _ in range(100)] for _ in both]
    results = await asyncio.gather(
        *(
            one.receive(hold, "sealed", f"d{number if one is holds else 99 - number}", "key")
            for one, given in zip(both, made, strict=True)
            for number, hold in enumerate(given)
        )
    )
    assert sum(duplicate for _, duplicate in results) == 100
    assert len(await holds.holds(HoldFilter(limit=500))) == 100
    await other.close()


async def test_a_disk_that_takes_nothing_is_told_to_everybody_and_later_hooks_are_taken(
    holds: Holds, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise StorageFault(say("The disk is full."))

    with monkeypatch.context() as patch:
        patch.setattr(database_module.Database, "_do", refuse)
        coming = [holds.receive(a_hold(), "sealed", f"d{i}", "key") for i in range(5)]
        results = await asyncio.gather(*coming, return_exceptions=True)
    assert [type(one) for one in results] == [StorageFault] * 5
    assert (await holds.receive(a_hold(), "sealed", "d1", "key"))[1] is False


async def test_who_stops_waiting_takes_nobody_else_along(holds: Holds) -> None:
    tasks = [asyncio.create_task(holds.receive(a_hold(), "sealed", f"d{i}", "key")) for i in range(3)]
    await asyncio.sleep(0)
    tasks[0].cancel()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert [isinstance(one, tuple) for one in results] == [False, True, True]


# states


async def test_holds_are_found_by_gate_and_by_waiting(holds: Holds) -> None:
    one = await received(holds)
    two = await received(holds, gate_id="gat_2", state="finished")
    three = await received(holds, state="ready")
    assert [hold.id for hold in await holds.holds(HoldFilter())] == [three, two, one]
    assert [hold.id for hold in await holds.holds(HoldFilter(gate_id="gat_2"))] == [two]
    assert [hold.id for hold in await holds.holds(HoldFilter(waiting=True))] == [three, one]
    assert [hold.id for hold in await holds.holds(HoldFilter(waiting=True, limit=1))] == [three]


async def test_a_state_changes_only_from_where_it_may(holds: Holds, clock: VirtualClock) -> None:
    id = await received(holds)
    await clock.advance(60)
    fields = {"tally": Tally(contacts=3, accepted=3), "job_id": "job_1", "answer": Counts(waiting=3)}
    changed = await holds.change(id, "answering", {"received"}, **fields)
    assert (changed.state, changed.tally.contacts, changed.changed_at) == (
        "answering",
        3,
        START + timedelta(minutes=1),
    )
    assert await holds.hold(id) == changed
    with pytest.raises(Refused, match="answering"):
        await holds.change(id, "deciding", {"received"})
    assert (await holds.hold(id)).ended_at is None
    ended = await holds.change(id, "finished", {"answering"})
    assert ended.ended_at == START + timedelta(minutes=1)
    with pytest.raises(NotFound):
        await holds.change("hld_none", None, {"received"})


async def test_a_field_changes_without_the_state_and_only_to_what_it_may_be(holds: Holds) -> None:
    id = await received(holds)
    noticed = await holds.change(id, None, {"received"}, notice=say("Wait."))
    assert (noticed.state, str(noticed.notice)) == ("received", "Wait.")
    with pytest.raises(ValueError):
        await holds.change(id, None, {"received"}, no_such_field=1)
    assert await holds.hold(id) == noticed


async def test_two_who_change_the_same_hold_do_not_lose_each_others_change(holds: Holds) -> None:
    id = await received(holds)
    await asyncio.gather(
        holds.change(id, None, {"received"}, job_id="job_1"),
        holds.change(id, None, {"received"}, unknown_actions=("x",)),
        holds.receive(a_hold(), "", f"digest of {id}", ""),
    )
    hold = await holds.hold(id)
    assert (hold.job_id, hold.unknown_actions, hold.duplicates) == ("job_1", ("x",), 1)


async def test_due_are_those_that_go_on_and_those_past_their_limit(holds: Holds, clock: VirtualClock) -> None:
    moving = [await received(holds, state=state) for state in ("received", "deciding", "answering")]
    resting = [await received(holds, state=state) for state in ("ready", "held_back")]
    await received(holds, state="finished")
    soon = await received(holds, limit_at=START + timedelta(minutes=5))
    assert [hold.id for hold in await holds.due()] == [soon, *moving]
    await holds.claim(soon, "wrk_1")
    assert [hold.id for hold in await holds.due(unclaimed=True)] == moving
    await clock.advance(3600)  # on the limit is past it
    assert {hold.id for hold in await holds.due()} == {soon, *moving, *resting}
    assert len(await holds.due(limit=2)) == 2


async def test_only_one_has_a_hold(holds: Holds) -> None:
    id, other = await received(holds), await received(holds)
    claims = await asyncio.gather(*(holds.claim(id, f"wrk_{number}") for number in range(8)))
    assert claims.count(True) == 1
    owner = f"wrk_{claims.index(True)}"
    assert await holds.claim(id, owner)
    assert await holds.claim(other, "wrk_other")
    assert await holds.claimants() == {owner, "wrk_other"}
    await holds.release(id, "wrk_other")
    assert not await holds.claim(id, "wrk_other")
    assert await holds.free(owner) == 1
    assert await holds.claim(id, "wrk_other")
    await holds.release(id, "wrk_other")
    assert await holds.claim(id, owner)
    with pytest.raises(NotFound):
        await holds.claim("hld_none", owner)


# contacts


async def test_contacts_are_found_page_by_page(holds: Holds) -> None:
    id, other = await received(holds), await received(holds)
    await holds.add_items(other, [an_item(1), an_item(2)])
    bad = say("Row {number} is no contact.", number=4)
    rows = [
        an_item(1),
        an_item(2, verdict="reject", rule="r", reason="Ω no consent", code=False),
        an_item(3, code=True),
        KeptItem(4, "", sentence=bad),
        an_item(5, verdict="reject", rule="s", key="key 1"),
    ]
    await holds.add_items(id, rows)

    async def numbers(**wanted: Any) -> list[int]:
        return [one.number for one in await holds.items(id, DecidedFilter(**wanted))]

    assert await numbers() == [1, 2, 3, 4, 5]
    assert await numbers(after=2, limit=2) == [3, 4]
    assert await numbers(verdict="reject") == [2, 5]
    assert await numbers(verdict="reject", rule="s") == [5]
    assert await numbers(verdict="accept", after=1) == [3]
    assert await numbers(bad=True) == [4]
    assert await holds.kept_items(id, None) == rows
    assert await holds.kept_items(id, "reject", 2) == [rows[4]]
    shown = (await holds.items(id, DecidedFilter(bad=True)))[0]
    assert (shown.sentence, shown.verdict, shown.contact) == (bad, None, "")
    assert await holds.tally(id) == Tally(contacts=4, accepted=2, rejected=2, bad=1, doubles=1)
    assert await holds.tally(other) == Tally(contacts=2, accepted=2)


async def test_adding_again_after_a_crash_changes_nothing(holds: Holds) -> None:
    id = await received(holds)
    rows = [an_item(number) for number in range(1, 8)]
    await holds.add_items(id, rows[:5])
    await holds.add_items(id, rows)
    assert await holds.kept_items(id, None) == rows
    await holds.clear_items(id)
    assert await holds.kept_items(id, None) == []
    assert await holds.tally(id) == Tally()


async def test_a_person_changes_some_or_all(holds: Holds) -> None:
    id = await received(holds)
    await holds.add_items(id, [*(an_item(n) for n in range(1, 7)), KeptItem(7, "", sentence=say("Bad."))])
    assert await holds.set_verdict(id, [2, 3, 7, 99, -1], "reject", "Ada") == 2
    assert (await holds.hold(id)).tally == Tally(contacts=6, accepted=4, rejected=2, bad=1)
    assert [one.by_hand for one in await holds.items(id, DecidedFilter(verdict="reject"))] == ["Ada", "Ada"]
    assert await holds.set_verdict(id, None, "reject", "Bo") == 4
    assert [one.by_hand for one in await holds.items(id, DecidedFilter(verdict="reject"))] == [
        "Bo", "Ada", "Ada", "Bo", "Bo", "Bo",
    ]  # fmt: skip
    assert (await holds.hold(id)).tally == Tally(contacts=6, rejected=6, bad=1)


@pytest.mark.parametrize("number", [0, -1, 1 << 32])
async def test_a_number_that_would_be_another_holds_is_refused(holds: Holds, number: int) -> None:
    id = await received(holds)
    with pytest.raises(ValueError):
        await holds.add_items(id, [an_item(number)])


# what is secret


async def test_what_was_forgotten_is_gone_from_the_disk_too(
    holds: Holds, url: str | None, home: Home
) -> None:
    hold = a_hold()
    await holds.receive(hold, "pl4nted-hook", "digest", "pl4nted-key")
    await holds.forget_secrets(hold.id)
    for ask in (holds.sealed, holds.key):
        with pytest.raises(NotFound, match="forgotten"):
            await ask(hold.id)
    assert await holds.hold(hold.id) == hold
    if url is None:
        files = home.path(DATABASE_FILE).parent.glob(f"{DATABASE_FILE}*")
        assert all(b"pl4nted" not in file.read_bytes() for file in files)


async def test_the_timeline_is_in_order_and_its_holds_own(holds: Holds) -> None:
    id, other = await received(holds), await received(holds)
    steps = [
        HoldEvent(at=START, step=step, sentence=say("Step {n} \0.", n=n), who="Ada")
        for n, step in enumerate(("received", "acknowledged", "decided"))
    ]
    for step in steps:
        await holds.log(id, step)
    assert await holds.events(id) == steps
    assert await holds.events(other) == []
    with pytest.raises(NotFound):
        await holds.log("hld_none", steps[0])


def test_no_secret_is_in_a_representation() -> None:
    assert "pl4nted" not in repr(an_item(1, sealed="pl4nted", key="pl4nted"))
