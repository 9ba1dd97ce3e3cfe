"""Deliveries and callbacks, on a real SQLite and a real PostgreSQL: kept once, moved forward only, found again after a crash."""

from __future__ import annotations

import asyncio
import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from workbench.adapters import deliveries_callbacks as callbacks_module
from workbench.adapters.clock import VirtualClock, new_id
from workbench.adapters.database import DATABASE_FILE, Database
from workbench.adapters.deliveries import Deliveries, NewDelivery
from workbench.adapters.home import Home
from workbench.adapters.journal import Journal
from workbench.errors import NotFound, Refused, StorageFault
from workbench.models.callback import (
    BadItem,
    CallbackFilter,
    CallbackItem,
    DeliveryReport,
    InboundMessage,
    ReceivedCallback,
)
from workbench.models.journal import Entry, EntryFilter
from workbench.models.message import Delivery, DeliveryFilter, Step
from workbench.sentence import say

START = datetime(2026, 3, 1, tzinfo=UTC)


def a_delivery(**fields: Any) -> Delivery:
    given = {
        "id": new_id("dlv"), "message_id": "msg_1", "account_id": "sms_1", "provider": "twilio", "sender": "+46701", "to": "+46***67 #1",
        "mode": "rehearsal", "state": "accepted", "sent_at": START, "changed_at": START,
    }  # fmt: skip
    return Delivery(**{**given, **fields})


def a_callback(**fields: Any) -> ReceivedCallback:
    given = {
        "id": new_id("cbk"), "at": START, "account_id": "sms_1", "provider": "twilio", "route": "delivery", "genuine": "signed",
        "status": 200,
    }  # fmt: skip
    return ReceivedCallback(**{**given, **fields})


def a_report(state: str, **fields: Any) -> DeliveryReport:
    return DeliveryReport.model_validate({"provider_id": "SM1", "state": state, **fields})


@pytest.fixture
def journal(database: Database) -> Journal:
    return Journal(database)


@pytest.fixture
def deliveries(database: Database, journal: Journal) -> Deliveries:
    return Deliveries(database, VirtualClock(START))


# -- deliveries --------------------------------------------------------------------------------------------------------


async def test_deliveries_are_found_by_what_they_are(deliveries: Deliveries) -> None:
    one, two, three = (
        a_delivery(),
        a_delivery(account_id="sms_2", provider="infobip"),
        a_delivery(state="failed"),
    )
    await deliveries.add([NewDelivery(one, "n1", "sealed 1"), NewDelivery(two), NewDelivery(three)])
    assert await deliveries.delivery(one.id) == one
    found = await deliveries.deliveries(DeliveryFilter())
    assert [item.id for item in found] == [three.id, two.id, one.id]
    assert [item.id for item in await deliveries.deliveries(DeliveryFilter(provider="infobip"))] == [two.id]
    assert [item.id for item in await deliveries.deliveries(DeliveryFilter(account_id="sms_2"))] == [two.id]
    assert [item.id for item in await deliveries.deliveries(DeliveryFilter(state="failed"))] == [three.id]
    assert len(await deliveries.deliveries(DeliveryFilter(message_id="msg_1"))) == 3
    page = await deliveries.deliveries(DeliveryFilter(limit=1, before=three.id))
    assert [item.id for item in page] == [two.id]
    assert (await deliveries.sealed_number(one.id), await deliveries.number_of(one.id)) == ("sealed 1", "n1")
    assert await deliveries.sender_counts("sms_1") == {"+46701": 2}
    counts = {(item.provider, item.state): item.count for item in await deliveries.counts()}
    assert counts == {("twilio", "accepted"): 1, ("twilio", "failed"): 1, ("infobip", "accepted"): 1}
    assert await deliveries.counts(START + timedelta(seconds=1)) == []


async def test_all_new_deliveries_are_kept_or_none(deliveries: Deliveries) -> None:
    one = a_delivery()
    await deliveries.add([NewDelivery(one)])
    with pytest.raises(Refused, match="already"):
        await deliveries.add([NewDelivery(a_delivery()), NewDelivery(one)])
    assert len(await deliveries.deliveries(DeliveryFilter())) == 1
    await deliveries.add([])


async def test_what_is_not_there_is_said(deliveries: Deliveries) -> None:
    for asked in (
        deliveries.delivery("x"), deliveries.steps("x"), deliveries.sealed_number("x"), deliveries.callback("x"),
        deliveries.stored("x"), deliveries.finish("x", 200, [], []), deliveries.report("x", a_report("sent"), START),
    ):  # fmt: skip
        with pytest.raises(NotFound):
            await asked
    assert await deliveries.by_provider_id("sms_1", "") == await deliveries.by_tag("sms_1", "") == []


async def test_a_send_names_the_message_and_its_steps_are_told(deliveries: Deliveries) -> None:
    one = a_delivery()
    await deliveries.add([NewDelivery(one)])
    step = Step(at=START, state="queued", origin="send", code="0", words="Queued")
    sent = await deliveries.step(
        one.id, step, provider_id="SM1", price="0.05", currency="EUR", raw_state="queued"
    )
    assert (sent.state, sent.provider_id, sent.price, sent.raw_state) == ("queued", "SM1", "0.05", "queued")
    assert await deliveries.by_provider_id("sms_1", "SM1") == [sent] == [await deliveries.delivery(one.id)]
    assert await deliveries.by_provider_id("sms_2", "SM1") == []
    assert await deliveries.steps(one.id) == [step]


async def test_a_report_that_is_faster_than_the_answer_is_not_taken_back(deliveries: Deliveries) -> None:
    one = a_delivery(tag="msg_1")
    await deliveries.add([NewDelivery(one, "n1")])
    assert [item.id for item in await deliveries.by_tag("sms_1", "msg_1", "n1")] == [one.id]
    assert await deliveries.by_tag("sms_1", "msg_1", "n2") == []
    did = await deliveries.report(one.id, a_report("delivered"), START)
    assert (did.before, did.delivery.state, did.delivery.provider_id) == ("accepted", "delivered", "SM1")
    assert await deliveries.by_tag("sms_1", "msg_1", "n1") == []
    after = await deliveries.step(one.id, Step(at=START, state="queued", origin="send"), provider_id="SM1")
    assert (after.state, after.reported) == ("delivered", True)
    assert [(item.state, item.late) for item in await deliveries.steps(one.id)] == [
        ("delivered", False),
        ("queued", True),
    ]


async def test_a_send_without_an_answer_leaves_the_word_to_the_reports(deliveries: Deliveries) -> None:
    one = a_delivery(state="unknown")
    await deliveries.add([NewDelivery(one)])
    await deliveries.step(one.id, Step(at=START, state="unknown", origin="send"))
    assert (await deliveries.delivery(one.id)).state == "unknown"
    assert (await deliveries.report(one.id, a_report("sent"), START)).delivery.state == "sent"


async def test_the_same_report_again_has_no_second_effect(deliveries: Deliveries) -> None:
    one = a_delivery(provider_id="SM1")
    await deliveries.add([NewDelivery(one)])
    told = a_report("failed", code="30003", words="Unreachable")
    first = await deliveries.report(one.id, told, START, reason=say("The handset is switched off."))
    again = await deliveries.report(one.id, told, START + timedelta(hours=1), reason=say("Something else."))
    assert (first.repeated, again.repeated) == (False, True)
    assert again.delivery == first.delivery == await deliveries.delivery(one.id)
    assert again.delivery.reason == say("The handset is switched off.")
    assert len(await deliveries.steps(one.id)) == 1
    late = await deliveries.report(one.id, a_report("sent"), START + timedelta(hours=2))
    assert (late.late, late.delivery.state, late.delivery.code) == (True, "failed", "30003")


async def test_reports_at_the_same_time_end_as_they_would_in_order(deliveries: Deliveries) -> None:
    told = [
        a_report(state, at=START + timedelta(seconds=at), code=str(at))
        for at, state in enumerate(["queued", "sending", "sent", "delivered", "read", "sent"])
    ]
    ends = set()
    for seed in range(3):
        one = a_delivery(provider_id=f"SM{seed}")
        await deliveries.add([NewDelivery(one)])
        shuffled = told * 2
        random.Random(seed).shuffle(shuffled)
        await asyncio.gather(*(deliveries.report(one.id, item, START) for item in shuffled))
        kept = await deliveries.delivery(one.id)
        ends.add((kept.state, kept.code))
        assert len(await deliveries.steps(one.id)) == len(told)
    assert ends == {("read", "4")}


async def test_the_parts_of_a_long_text_are_counted(deliveries: Deliveries) -> None:
    one = a_delivery(provider_id="SM1", segments=2)
    await deliveries.add([NewDelivery(one)])
    first = await deliveries.report(one.id, a_report("delivered", part="0"), START)
    second = await deliveries.report(one.id, a_report("delivered", part="1"), START)
    assert (first.delivery.state, second.delivery.state) == ("sent", "delivered")


async def test_what_no_database_takes_is_kept_as_a_question_mark(deliveries: Deliveries) -> None:
    one = a_delivery(provider_id="SM1", sender="Shop\0\udcff")
    await deliveries.add([NewDelivery(one)])
    await deliveries.report(one.id, a_report("failed", words="nul \0 and half \ud800"), START)
    assert (await deliveries.delivery(one.id)).sender.startswith("Shop")
    await deliveries.keep(a_callback(reason=say("x {y}", y="\0\ud800")), "d", None)
    assert len(await deliveries.callbacks(CallbackFilter())) == 1


# -- callbacks ---------------------------------------------------------------------------------------------------------


async def test_a_callback_is_kept_once_and_worked_on_once(deliveries: Deliveries, journal: Journal) -> None:
    one = a_callback()
    assert (await deliveries.keep(one, "digest", "sealed")).new
    again = await deliveries.keep(a_callback(), "digest", "sealed")
    assert (bool(again), again.id, again.at) == (False, one.id, START)
    assert await deliveries.unfinished() == [one.id]
    assert await deliveries.stored(one.id) == "sealed"
    items: list[CallbackItem] = [a_report("sent"), BadItem(sentence=say("No id."))]
    entry = Entry(id=new_id("ent"), at=START, kind="callback", mode="rehearsal", who="twilio", detail="came")
    assert await deliveries.finish(one.id, 200, items, [say("Done.")], entry)
    assert not await deliveries.finish(one.id, 400, [], [])
    assert await deliveries.unfinished() == []
    kept = await deliveries.callback(one.id)
    assert (kept.items, kept.effects, kept.status, kept.duplicate) == (
        tuple(items),
        (say("Done."),),
        200,
        True,
    )
    await deliveries.add_effects(one.id, [say("And more.")])
    assert (await deliveries.callback(one.id)).effects == (say("Done."), say("And more."))
    assert len(await journal.entries(EntryFilter())) == 1


async def test_a_callback_changed_by_another_hand_is_what_its_columns_tell_and_is_worked_on(
    deliveries: Deliveries, database: Database
) -> None:
    one, other = a_callback(items=(a_report("sent"),)), a_callback()
    for callback in (one, other):
        await deliveries.keep(callback, callback.id, "sealed")
    spoilt = "UPDATE workbench_callbacks SET callback = '{\"id\": 1' WHERE id = :id"
    await database.write(lambda connection: connection.execute(sa.text(spoilt), {"id": one.id}))
    found = await deliveries.callbacks(CallbackFilter())
    assert [(item.id, item.status) for item in found] == [(other.id, 200), (one.id, 0)]
    assert found[1].at == START
    assert "cannot be read" in str(found[1].effects[0])
    assert await deliveries.finish(one.id, 200, [a_report("sent")], [say("Done.")])
    assert (await deliveries.callback(one.id)).effects == (say("Done."),)


async def test_callbacks_are_found_by_what_they_are(deliveries: Deliveries) -> None:
    inbound = InboundMessage(provider_id="MM1", sender="+46***", to="123", body="")
    given = [
        a_callback(items=(a_report("sent"), inbound)),
        a_callback(account_id="sms_2", provider="infobip", genuine="token"),
        a_callback(genuine="refused", reason=say("Not signed."), status=403),
    ]
    for one in given:
        await deliveries.keep(one, one.id, None, done=True)
    one, two, three = given

    async def found(**wanted: Any) -> list[str]:
        return [item.id for item in await deliveries.callbacks(CallbackFilter(**wanted))]

    assert await found() == [three.id, two.id, one.id]
    assert await found(genuine="refused") == [three.id]
    assert await found(account_id="sms_2") == await found(provider="infobip") == [two.id]
    assert await found(kind="report") == await found(kind="inbound") == [one.id]
    assert await found(kind="bad") == []
    assert await found(before=three.id, limit=1) == [two.id]
    assert await deliveries.unfinished() == []


async def test_many_callbacks_at_once_share_their_transactions(
    deliveries: Deliveries, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    writes: list[object] = []
    write_now = database.write_now

    def counted(*args: Any) -> Any:
        writes.append(args)
        return write_now(*args)

    monkeypatch.setattr(database, "write_now", counted)
    kept = await asyncio.gather(*(deliveries.keep(a_callback(), f"d{n % 100}", "s") for n in range(200)))
    assert sum(one.new for one in kept) == 100
    assert len(await deliveries.callbacks(CallbackFilter(limit=500))) == 100
    assert len(writes) <= 3


async def test_a_disk_that_takes_nothing_is_told_to_everybody_who_waits(
    deliveries: Deliveries, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise StorageFault(say("The disk is full."))

    with monkeypatch.context() as patch:
        patch.setattr(callbacks_module.journal, "insert", full)
        told = await asyncio.gather(
            *(deliveries.keep(a_callback(), f"d{n}", "s") for n in range(3)), return_exceptions=True
        )
    assert [type(one) for one in told] == [StorageFault] * 3
    assert (await deliveries.keep(a_callback(), "d0", "s")).new


async def test_reports_that_came_before_their_message_are_called_for_when_it_is_named(
    deliveries: Deliveries,
) -> None:
    told: list[list[str]] = []

    async def known(ids: list[str]) -> None:
        told.append(ids)

    deliveries.on_known = known
    one = a_delivery()
    for id in ("cbk_1", "cbk_2"):
        await deliveries.wait(id, "sms_1", "SM1")
    await deliveries.wait("cbk_1", "sms_1", "SM1")  # once more has no effect
    await deliveries.wait("cbk_3", "sms_1", "SM2")
    await deliveries.wait("cbk_4", "sms_2", "SM1")
    await deliveries.add([NewDelivery(one)])
    assert (told, await deliveries.known()) == ([], [])
    await deliveries.step(one.id, Step(at=START, state="queued", origin="send"), provider_id="SM1")
    assert [sorted(ids) for ids in told] == [["cbk_1", "cbk_2"]]
    assert sorted(await deliveries.known()) == ["cbk_1", "cbk_2"]
    await deliveries.waited("cbk_1", "SM2")
    await deliveries.waited("cbk_2")
    assert await deliveries.known() == ["cbk_1"]
    await deliveries.add([NewDelivery(a_delivery(provider_id="SM2"))])
    assert told[1:] == [["cbk_3"]]


async def test_calls_are_forgotten_and_what_they_did_stays(
    deliveries: Deliveries, home: Home, url: str | None
) -> None:
    old, new, undone = a_callback(), a_callback(at=START + timedelta(days=2)), a_callback()
    for one in (old, new, undone):
        await deliveries.keep(one, one.id, "kept-here-until-forgotten", done=one is not undone)
    assert await deliveries.forget_calls(START + timedelta(days=1)) == 1
    assert await deliveries.stored(old.id) is None
    assert (
        await deliveries.stored(new.id) == await deliveries.stored(undone.id) == "kept-here-until-forgotten"
    )
    assert (await deliveries.callback(old.id)).id == old.id
    assert not (await deliveries.keep(a_callback(), old.id, "s")).new
    if url is None:
        assert home.path(DATABASE_FILE).read_bytes().count(b"kept-here-until-forgotten") == 2


async def test_the_tables_are_there_again_the_next_time(deliveries: Deliveries, database: Database) -> None:
    one = a_delivery()
    await deliveries.add([NewDelivery(one)])
    assert await Deliveries(database).delivery(one.id) == one
