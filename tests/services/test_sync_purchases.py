"""Purchases by single calls: once each, after what they wait for, looked up where they may be there already."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from starlette.responses import HTMLResponse
from starlette.types import Receive, Scope, Send

from tests.sync_room import Room, line, product, purchase, sync_room
from workbench.adapters.run_store import RunStore
from workbench.engine import schedule
from workbench.errors import Refused
from workbench.models.journal import EntryFilter
from workbench.models.work import RowFilter
from workbench.sandbox.app import Sandbox
from workbench.sandbox.connectif.settings import StandInSettings
from workbench.sandbox.faults import Fault, Faults
from workbench.services import sync_lacking, sync_purchases
from workbench.services.sync_known import Known
from workbench.services.sync_memory import Memory
from workbench.services.sync_rows import SyncRows


@pytest.fixture
def box(monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    """Stand-ins that count no calls, and retries that come at once."""
    monkeypatch.setattr(schedule, "WAITS_S", (0.01,) * 7)
    monkeypatch.setattr(sync_purchases, "SETTLE_S", 0.0)
    return unlimited(Sandbox())


def unlimited(box: Sandbox) -> Sandbox:
    box.shops.settings = StandInSettings(calls_per_min=0)
    return box


def knows(box: Sandbox, *emails: str, products: tuple[str, ...] = ("A-1", "B-2")) -> None:
    """Let the platform have contacts and products."""
    for email in emails:
        box.shops.contacts[email] = {"id": f"c-{email}", "_email": email}
    for id in products:
        box.shops.products[id] = {"id": f"p-{id}", "productId": id}


@pytest.fixture
async def room(tmp_path: Path, box: Sandbox) -> AsyncIterator[Room]:
    async with sync_room(tmp_path / "home", box) as made:
        yield made


def calls(box: Sandbox) -> list[str]:
    return [str(one["call"]) for one in box.shops.received]


async def test_known_products_are_created_from_the_purchases_own_lines(room: Room, box: Sandbox) -> None:
    knows(box, "ana@example.com", products=())
    run = await room.sent([purchase(1)], "purchase")
    [row] = await room.runs.outcomes(run.id)
    assert (row.state, row.attempts) == ("accepted", 1)
    assert calls(box) == ["purchase", "product", "product", "purchase"]
    assert box.shops.posts == {"P-1": 1}
    assert set(box.shops.products) == {"A-1", "B-2"}
    assert "quantity" not in box.shops.products["A-1"]


async def test_a_contact_of_another_table_of_the_shop_is_created_and_the_purchase_goes_once_more(
    room: Room, box: Sandbox
) -> None:
    knows(box)
    await room.looked("_email,_name\nOther@example.com,X\nAna@Example.com,Ana\n")  # looked through, not sent
    run = await room.sent([purchase(1), purchase(2)], "purchase")
    assert [row.state for row in await room.runs.outcomes(run.id)] == ["accepted", "accepted"]
    assert box.shops.contacts["ana@example.com"]["_name"] == "Ana"
    assert "other@example.com" not in box.shops.contacts, "only what is missing is created"
    assert calls(box).count("contact_by_email") == 1, "of two rows that lack it, one creates it"
    assert await room.sync.waiting(room.shop.id) == []


async def test_a_contact_that_was_sent_before_is_created_again_from_memory(room: Room, box: Sandbox) -> None:
    knows(box)
    await room.sent("_email,_name\nana@example.com,Ana\n")
    del box.shops.contacts["ana@example.com"]
    run = await room.sent([purchase(1)], "purchase")
    assert [row.state for row in await room.runs.outcomes(run.id)] == ["accepted"]
    assert box.shops.contacts["ana@example.com"]["_name"] == "Ana"


async def test_what_is_created_for_a_purchase_subscribes_nobody_who_unsubscribed_since(
    room: Room, box: Sandbox
) -> None:
    knows(box)
    agreed = {"_newsletterSubscriptionStatus": "subscribed", "where": "form", "when": "2026-01-01"}
    rows = [{"_email": "ana@example.com", "_name": "Ana", **agreed}]
    await room.sent(rows, proof=("where", "when"))
    assert box.shops.contacts["ana@example.com"]["_newsletterSubscriptionStatus"] == "subscribed"
    await opted_out(room, "ana@example.com")
    del box.shops.contacts["ana@example.com"]
    await room.sent([purchase(1)], "purchase")
    assert box.shops.contacts["ana@example.com"]["_name"] == "Ana"
    assert "_newsletterSubscriptionStatus" not in box.shops.contacts["ana@example.com"]


async def opted_out(room: Room, email: str) -> None:
    await room.consent.record(email, "opted_out", "she asked for it", "email")


async def test_a_row_whose_contact_nobody_knows_waits_and_is_listed_and_goes_when_it_is_there(
    room: Room, box: Sandbox
) -> None:
    knows(box)
    run = await room.sent([purchase(1, "Cy@example.com")], "purchase")
    [row] = await room.runs.outcomes(run.id)
    assert (row.state, row.outcome) == ("failed", "refused")
    assert "E0101" in str(row.sentence)
    [waiting] = await room.sync.waiting(room.shop.id)
    assert (waiting.run_id, waiting.row, waiting.entity, waiting.known) == (run.id, 1, "contact", False)
    assert "cy@" not in str(waiting).lower()
    assert "***@example.com" in waiting.keys[0]
    knows(box, "cy@example.com")
    wanted = RowFilter(states=("failed",))
    preview = await room.work.preview_replay(run.job_id or "", wanted)
    await room.work.replay(run.job_id or "", wanted, preview.token)
    await room.ended(run)
    assert box.shops.posts == {"P-1": 1}
    assert await room.sync.waiting(room.shop.id) == []


async def test_a_missing_product_that_the_lines_do_not_describe_waits(room: Room, box: Sandbox) -> None:
    knows(box, "ana@example.com", products=("A-1",))
    bare = [line("A-1", 1, "20.10"), {"productId": "B-2", "quantity": 1, "price": 5}]
    await room.sent([purchase(1, products=bare, totalQuantity=2, totalPrice=25.1)], "purchase")
    [waiting] = await room.sync.waiting(room.shop.id)
    assert (waiting.entity, waiting.keys, waiting.known) == ("product", ("B-2",), False)
    assert not box.shops.purchases
    await room.sent([product("B-2")], "product")
    [waiting] = await room.sync.waiting(room.shop.id)
    assert waiting.known, "now it could be created"


async def test_a_purchase_waits_while_another_job_brings_its_contact(
    room: Room, box: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sync_lacking, "LATER_S", 0.02)
    knows(box)
    people = await room.looked("_email\ncy@example.com\n")
    job = await (await room.looks.open(await room.runs.table(people.plan.table_id), people.plan)).new_job(
        people, ""
    )
    await room.bench.house.ledger.create(job)  # its rows are being added
    monkeypatch.setattr(Known, "find", nothing)
    run = await room.looked([purchase(1, "cy@example.com")], "purchase")
    await room.runs.start(run.id)
    for _ in range(2_000):
        if await room.sync.waiting(room.shop.id):
            break
        await asyncio.sleep(0.005)
    knows(box, "cy@example.com")
    progress = await room.ended(await room.runs.wait(run.id))
    assert progress.job.counts.accepted == 1
    assert await room.sync.waiting(room.shop.id) == []


async def nothing(*_: object) -> dict[str, Any]:
    return {}


async def test_a_row_of_a_job_that_was_deleted_waits_no_more(room: Room, box: Sandbox) -> None:
    knows(box)
    run = await room.sent([purchase(1, "cy@example.com")], "purchase")
    assert len(await room.sync.waiting(room.shop.id)) == 1
    await room.work.delete(run.job_id or "")
    assert await room.sync.waiting(room.shop.id) == []


async def test_it_is_retried_once_and_no_more(room: Room, box: Sandbox) -> None:
    """The platform goes on saying that the contact is unknown, whatever is created."""
    knows(box)
    await room.sent("_email\nana@example.com\n")
    box.shops.plant("E0101", call="purchase", times=9)
    run = await room.sent([purchase(1)], "purchase")
    [row] = await room.runs.outcomes(run.id)
    assert row.state == "failed"
    assert calls(box)[1:] == ["purchase", "contact_by_email", "purchase"]
    [waiting] = await room.sync.waiting(room.shop.id)
    assert waiting.known


# -- the same purchase again -------------------------------------------------------------------------------------------


async def test_a_purchase_whose_answer_was_lost_is_looked_up_and_accepted(
    tmp_path: Path, box: Sandbox
) -> None:
    box = unlimited(Sandbox(faults={"connectif": (Fault(kind="lost", times=1),)}))
    knows(box, "ana@example.com")
    async with sync_room(tmp_path / "home", box) as room:
        run = await room.sent([purchase(1)], "purchase")
        [row] = await room.runs.outcomes(run.id)
        assert (row.state, row.attempts) == ("accepted", 2)
        assert "already" in str(row.sentence)
        assert box.shops.posts == {"P-1": 1}
        assert calls(box) == ["purchase", "purchase_by_store_id"]
        assert row.provider_id == box.shops.purchases["P-1"]["id"]


async def test_a_purchase_that_did_not_arrive_is_looked_up_and_sent(tmp_path: Path, box: Sandbox) -> None:
    box = unlimited(Sandbox(faults={"connectif": (Fault(kind="reset", times=1),)}))
    knows(box, "ana@example.com")
    async with sync_room(tmp_path / "home", box) as room:
        run = await room.sent([purchase(1)], "purchase")
        assert [row.state for row in await room.runs.outcomes(run.id)] == ["accepted"]
        assert calls(box) == ["purchase_by_store_id", "purchase"]
        assert box.shops.posts == {"P-1": 1}


async def test_a_purchase_that_cannot_be_looked_up_is_never_sent_again(tmp_path: Path, box: Sandbox) -> None:
    box = unlimited(Sandbox(faults={"connectif": (Fault(kind="lost", times=1),)}))
    knows(box, "ana@example.com")
    box.shops.plant("http403", call="purchase_by_store_id", times=99)
    async with sync_room(tmp_path / "home", box) as room:
        run = await room.sent([purchase(1)], "purchase")
        [row] = await room.runs.outcomes(run.id)
        assert row.state == "uncertain"
        assert "could not be looked up" in str(row.sentence)
        assert box.shops.posts == {"P-1": 1}


async def test_a_page_that_answers_404_in_place_of_the_platform_says_nothing(
    tmp_path: Path, box: Sandbox
) -> None:
    box = unlimited(Sandbox(faults={"connectif": (Fault(kind="lost", times=1),)}))
    knows(box, "ana@example.com")
    faults = box.apps["connectif"]
    assert isinstance(faults, Faults)

    async def proxy(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] == "GET":
            await HTMLResponse("<h1>Nothing here</h1>", 404)(scope, receive, send)
        else:
            await box.shops(scope, receive, send)

    faults.app = proxy
    async with sync_room(tmp_path / "home", box) as room:
        run = await room.sent([purchase(1)], "purchase")
        assert [row.state for row in await room.runs.outcomes(run.id)] == ["uncertain"]
        assert box.shops.posts == {"P-1": 1}


async def test_a_409_is_looked_up_at_once(room: Room, box: Sandbox) -> None:
    knows(box, "ana@example.com")
    await room.sent([purchase(1)], "purchase")
    await room.sync.forget(room.shop.id)
    box.shops.plant("http409", call="purchase", times=2)
    run = await room.sent([purchase(1), purchase(2)], "purchase", at_once=1)
    there, missing = await room.runs.outcomes(run.id)
    assert (there.state, there.attempts) == ("accepted", 1)
    assert "already" in str(there.sentence)
    assert missing.state == "failed"
    assert "409" in str(missing.sentence)
    assert box.shops.posts == {"P-1": 1}


async def test_the_same_table_again_sends_no_purchase_twice(room: Room, box: Sandbox) -> None:
    knows(box, "ana@example.com")
    await room.sent([purchase(1), purchase(2)], "purchase")
    run = await room.sent([purchase(1), purchase(2), purchase(3)], "purchase")
    assert [row.state for row in await room.runs.outcomes(run.id)] == ["accepted"] * 3
    assert box.shops.posts == {"P-1": 1, "P-2": 1, "P-3": 1}


async def test_another_content_under_the_same_id_is_a_conflict_and_stays(room: Room, box: Sandbox) -> None:
    knows(box, "ana@example.com")
    await room.sent([purchase(1)], "purchase")
    before = dict(box.shops.purchases["P-1"])
    changed = purchase(1, products=[line("A-1", 3, "20.10")], totalPrice=60.3, paymentMethod="cash")
    for _ in range(2):  # and again: a conflict is not forgotten
        run = await room.sent([changed], "purchase")
        [row] = await room.runs.outcomes(run.id)
        assert (row.state, row.outcome) == ("failed", "refused")
        assert "Conflict" in str(row.sentence)
        assert "paymentMethod, products" in str(row.sentence)
        assert box.shops.posts == {"P-1": 1}
        assert box.shops.purchases["P-1"] == before
    entries = await room.bench.activity.entries(EntryFilter(kind="sync"))
    shown = next(entry for entry in entries if entry.outcome is not None and entry.outcome.kind == "refused")
    assert shown.reply is not None, "what the platform has is shown"
    assert "ana@" not in shown.model_dump_json()


async def test_a_conflict_after_a_lost_answer_is_looked_up_the_next_time_too(
    tmp_path: Path, box: Sandbox
) -> None:
    box = unlimited(Sandbox(faults={"connectif": (Fault(kind="reset", times=1),)}))
    knows(box, "ana@example.com")
    box.shops.purchases["P-1"] = {
        "id": "x",
        "purchaseId": "P-1",
        "totalPrice": 1,
        "contactEmail": "ana@example.com",
    }
    async with sync_room(tmp_path / "home", box) as room:
        for _ in range(2):
            run = await room.sent([purchase(1)], "purchase")
            [row] = await room.runs.outcomes(run.id)
            assert row.state == "failed"
            assert "totalPrice" in str(row.sentence)
        assert not box.shops.posts


async def test_two_rows_of_one_purchase_that_says_two_things_are_told_at_once(
    room: Room, box: Sandbox
) -> None:
    knows(box, "ana@example.com")
    run = await room.looked([purchase(1), purchase(1, paymentMethod="cash"), purchase(1)], "purchase")
    assert run.preflight is not None
    assert (run.preflight.ready, run.preflight.left_out) == (1, 2)
    said = [str(one.sentence) for one in run.preflight.problems]
    assert any("says something else" in one for one in said)
    assert any("Row 1 says the same" in one for one in said)


async def test_a_purchase_that_another_row_has_under_way_waits_for_it(room: Room, box: Sandbox) -> None:
    knows(box, "ana@example.com")
    memory = await Memory.open(room.bench.house, room.doors.marks, room.shop.id)
    run = await room.looked([purchase(1)], "purchase")
    [row] = await rows(room, run.id)
    mark = memory.mark("purchase", memory.outgoing("purchase", row.record), "going", "one_somebody")
    await room.doors.marks.begin(memory.of("purchase"), [mark])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sync_purchases, "AGAIN_S", 0.01)
        await room.done(run)
    [found] = await room.runs.outcomes(run.id)
    assert found.state == "failed"
    assert "under way" in str(found.sentence)
    assert not box.shops.posts


async def rows(room: Room, run_id: str) -> list[Any]:
    store = RunStore(room.bench.house.journal.database)
    found = await SyncRows.open(room.doors, room.looks, store, await room.runs.get(run_id))
    assert found is not None
    return [one async for batch in found.batches() for one in batch]


# -- automations, by hand, a dry run -----------------------------------------------------------------------------------


async def test_an_old_purchase_starts_automations_only_on_purpose_and_one_of_today_does(
    room: Room, box: Sandbox
) -> None:
    knows(box, "ana@example.com")
    for number, (fire, wanted) in enumerate((("auto", "false"), ("yes", "true"), ("no", "false"))):
        run = await room.sent([purchase(number)], "purchase", fire=fire)
        assert box.shops.received[-1]["query"] == {"triggerPurchaseEvent": wanted}
        assert run.preflight is not None
        assert run.preflight.warned == (fire == "yes")
    at = room.bench.house.clock.now().isoformat()
    await room.sent([purchase(9, purchaseDate=at)], "purchase")
    assert box.shops.received[-1]["query"] == {"triggerPurchaseEvent": "true"}


async def test_a_purchase_by_hand_keeps_to_the_same_rules(room: Room, box: Sandbox) -> None:
    knows(box, "ana@example.com", products=())
    sent = await room.sync.send(room.shop.id, "purchase", purchase(1))
    assert sent.outcome.ok
    assert sent.entry.reply is not None
    again = await room.sync.send(room.shop.id, "purchase", purchase(1))
    assert again.outcome.ok
    assert "already" in str(again.outcome.sentence)
    other = await room.sync.send(room.shop.id, "purchase", purchase(1, paymentMethod="cash"))
    assert "Conflict" in str(other.outcome.sentence)
    assert box.shops.posts == {"P-1": 1}
    waits = await room.sync.send(room.shop.id, "purchase", purchase(2, "nobody@example.com"))
    assert "E0101" in str(waits.outcome.sentence)
    knows(box, "nobody@example.com")
    assert (await room.sync.send(room.shop.id, "purchase", purchase(2, "nobody@example.com"))).outcome.ok
    assert box.shops.posts == {"P-1": 1, "P-2": 1}


async def test_a_purchase_by_hand_whose_answer_was_lost_is_looked_up_the_next_time(
    tmp_path: Path, box: Sandbox
) -> None:
    box = unlimited(Sandbox(faults={"connectif": (Fault(kind="lost", times=1),)}))
    knows(box, "ana@example.com")
    async with sync_room(tmp_path / "home", box) as room:
        lost = await room.sync.send(room.shop.id, "purchase", purchase(1))
        assert lost.outcome.kind == "uncertain"
        found = await room.sync.send(room.shop.id, "purchase", purchase(1))
        assert "already" in str(found.outcome.sentence)
        assert box.shops.posts == {"P-1": 1}


async def test_a_purchase_by_hand_that_is_on_its_way_is_not_sent_a_second_time(
    room: Room, box: Sandbox
) -> None:
    knows(box, "ana@example.com")
    memory = await Memory.open(room.bench.house, room.doors.marks, room.shop.id)
    run = await room.looked([purchase(1)], "purchase")
    [row] = await rows(room, run.id)
    mark = memory.mark("purchase", memory.outgoing("purchase", row.record), "going", "one_somebody")
    await room.doors.marks.begin(memory.of("purchase"), [mark])
    with pytest.raises(Refused, match="on its way"):
        await room.sync.send(room.shop.id, "purchase", purchase(1))
    assert not box.shops.posts


async def test_a_dry_run_calls_nobody_and_marks_nothing(room: Room, box: Sandbox) -> None:
    run = await room.looked([purchase(1)], "purchase", dry_run=True)
    await room.done(run)
    [row] = await room.runs.outcomes(run.id)
    assert row.outcome == "dry_run"
    assert not box.shops.received
    memory = await Memory.open(room.bench.house, room.doors.marks, room.shop.id)
    assert await memory.find("purchase", ["P-1"]) == {}
