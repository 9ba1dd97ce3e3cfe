"""Callbacks as they come: proved, stored, acknowledged, worked on once; and nothing that a stranger sends does any harm."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.callback_room import KEYS, NUMBER, OURS, PUBLIC, Room, report, room, text
from workbench import Workbench
from workbench.adapters.clock import VirtualClock
from workbench.errors import StorageFault
from workbench.models.callback import Acknowledgement, CallbackFilter, Handshake, ReceivedCallback
from workbench.models.journal import EntryFilter
from workbench.models.message import DeliveryFilter
from workbench.models.sms_account import SMS_ACCOUNTS
from workbench.sentence import say
from workbench.services import callback_receiving
from workbench.services.callback_receiving import BODY_BYTES
from workbench.services.told import MOST_A_MINUTE

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = 86_400.0
TOPIC = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Communication/CommunicationServices/shop"


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(START)


@pytest.fixture
async def bench(tmp_path: Path, clock: VirtualClock) -> AsyncIterator[Workbench]:
    environ = {"WORKBENCH_KEYRING": "off"}
    async with Workbench.open(tmp_path / "home", clock=clock, environ=environ, public_at=PUBLIC) as made:
        yield made


@pytest.fixture
async def twilio(bench: Workbench) -> Room:
    return await room(bench, "twilio")


@pytest.fixture
async def azure(bench: Workbench) -> Room:
    return await room(bench, "azure_communication_services", topic=TOPIC)


async def kept(bench: Workbench, **wanted: Any) -> list[ReceivedCallback]:
    return await bench.callbacks.callbacks(CallbackFilter(**wanted))


@contextmanager
def told_defects() -> Iterator[list[dict[str, Any]]]:
    """Collect what is told to the log as an error of the program."""
    loop, told = asyncio.get_running_loop(), []
    before = loop.get_exception_handler()
    loop.set_exception_handler(lambda _, context: told.append(context))
    yield told
    loop.set_exception_handler(before)


# -- what it does ------------------------------------------------------------------------------------------------------


@pytest.fixture
async def rooms(bench: Workbench) -> list[Room]:
    """An account at every provider, in one workbench: opening one for each costs more than all their calls."""
    return [await room(bench, key) for key in KEYS]


async def test_a_report_of_every_provider_moves_its_delivery(bench: Workbench, rooms: list[Room]) -> None:
    for at in rooms:
        await a_report_moves(bench, at)


async def a_report_moves(bench: Workbench, at: Room) -> None:
    sent = await at.sent(provider_id="a1b2c3")
    answered = await at.call(at.reports(report("delivered", "a1b2c3")))
    assert (answered.status, answered) == (200, at.dialect.acknowledgement)
    after = await bench.callbacks.delivery(sent.id)
    assert (after.state, after.reported) == ("delivered", True)
    [one] = await kept(bench, account_id=at.account.id)
    assert one.genuine == ("signed" if at.dialect.prove and at.dialect.signs else "token")
    assert one.items[0].kind == "report"
    assert "now delivered" in str(one.effects[0])
    [step] = await bench.callbacks.steps(sent.id)
    assert (step.state, step.origin, step.late) == ("delivered", "report", False)
    [entry] = await bench.activity.entries(EntryFilter(kind="callback", integration_id=at.account.id))
    assert (entry.integration_id, "1 reports" in (entry.detail or "")) == (at.account.id, True)


async def test_a_text_of_every_provider_is_heard_once(bench: Workbench, rooms: list[Room]) -> None:
    for n, at in enumerate(rooms):
        call = at.inbound(text("STOP", "a1b2c3", sender=f"+4670123456{n}"))
        assert (await at.call(call)).status == (await at.call(call)).status == 200
        [one] = await kept(bench, kind="inbound", account_id=at.account.id)
        assert one.duplicate
        assert len(one.effects) >= 2
    records = await bench.consent.records()
    assert len({item.point for item in records}) == len(rooms)
    assert {item.status for item in records} == {"opted_out"}


async def test_the_same_call_again_is_acknowledged_and_has_no_second_effect(twilio: Room) -> None:
    sent = await twilio.sent(provider_id="SM1")
    call = twilio.reports(report("sent", "SM1"))
    answers = await asyncio.gather(*(twilio.call(call) for _ in range(10)))
    assert {one.status for one in answers} == {200}
    assert len(await kept(twilio.bench)) == 1
    assert len(await twilio.bench.callbacks.steps(sent.id)) == 1


async def test_reports_out_of_order_end_as_in_order(twilio: Room) -> None:
    sent = await twilio.sent(provider_id="SM1")
    for state in ("delivered", "sent", "queued"):
        await twilio.call(twilio.reports(report(state, "SM1")))
    assert (await twilio.bench.callbacks.delivery(sent.id)).state == "delivered"
    assert [step.late for step in await twilio.bench.callbacks.steps(sent.id)] == [False, True, True]
    assert "came late" in str((await kept(twilio.bench))[0].effects[0])


async def test_a_failure_says_what_it_means(twilio: Room) -> None:
    sent = await twilio.sent(provider_id="SM1")
    await twilio.call(
        twilio.reports(report("undelivered", "SM1", code="30003", words=f"No route to {NUMBER}"))
    )
    after = await twilio.bench.callbacks.delivery(sent.id)
    assert (after.state, after.code) == ("undelivered", "30003")
    assert after.reason is not None
    assert len(str(after.reason)) > 20
    await twilio.sent(provider_id="SM2")
    await twilio.call(twilio.reports(report("failed", "SM2", code="99999", words=f"No route to {NUMBER}")))
    [unknown] = await twilio.deliveries.by_provider_id(twilio.account.id, "SM2")
    assert "99999" in str(unknown.reason)
    assert NUMBER not in str(unknown.reason)


async def test_a_bad_part_does_not_stop_the_rest_and_unknown_events_are_kept(azure: Room) -> None:
    sent = await azure.sent(provider_id="Outgoing_1")
    call = azure.reports(report("delivered", "Outgoing_1"))
    [good] = json.loads(call.body)
    unknown = {**good, "eventType": "Microsoft.Communication.Somewhere\nElse", "data": {"about": NUMBER}}
    body = json.dumps([{"eventType": good["eventType"], "topic": good["topic"]}, unknown, 5, good]).encode()
    assert (await azure.call(call, body=body)).status == 200
    [one] = await kept(azure.bench)
    assert sorted(item.kind for item in one.items) == ["bad", "bad", "other", "report"]
    assert (await azure.bench.callbacks.delivery(sent.id)).state == "delivered"
    assert not any("\n" in str(effect) for effect in one.effects)


async def test_an_item_that_cannot_be_worked_on_does_not_stop_the_rest(
    azure: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = await azure.sent(provider_id="Out_1"), await azure.sent(provider_id="Out_2")
    effects = azure.receiving.work.effects
    real = effects.report

    async def broken(account: Any, provider: Any, told: Any, *args: Any, **more: Any) -> Any:
        if told.provider_id == "Out_1":
            raise ZeroDivisionError(NUMBER)
        return await real(account, provider, told, *args, **more)

    monkeypatch.setattr(effects, "report", broken)
    with told_defects() as told:
        await azure.call(azure.reports(report("delivered", "Out_1"), report("delivered", "Out_2")))
    assert [type(item["exception"]) for item in told] == [ZeroDivisionError]
    assert (await azure.bench.callbacks.delivery(one.id)).state == "accepted"
    assert (await azure.bench.callbacks.delivery(two.id)).state == "delivered"
    [received] = await kept(azure.bench)
    assert "ZeroDivisionError" in str(received.effects[0])


# -- messages that are not known yet -----------------------------------------------------------------------------------


async def test_a_report_that_is_faster_than_the_send_counts_when_that_is_recorded(twilio: Room) -> None:
    await twilio.call(twilio.reports(report("delivered", "SM1")))
    [one] = await kept(twilio.bench)
    assert "not known here" in str(one.effects[0])
    sent = await twilio.sent(provider_id="SM1")
    assert (await twilio.bench.callbacks.delivery(sent.id)).state == "delivered"
    [one] = await kept(twilio.bench)
    assert "now delivered" in str(one.effects[1])
    assert await twilio.deliveries.known() == []


async def test_a_report_is_matched_by_our_tag_while_the_answer_is_under_way(bench: Workbench) -> None:
    azure = await room(bench, "azure_communication_services")
    mine, other = await azure.sent(tag="msg_1"), await azure.sent("+46709999999", tag="msg_1")
    await azure.call(azure.reports(report("delivered", "Outgoing_1", tag="msg_1")))
    after = await bench.callbacks.delivery(mine.id)
    assert (after.state, after.provider_id) == ("delivered", "Outgoing_1")
    assert (await bench.callbacks.delivery(other.id)).state == "accepted"


async def test_the_parts_of_a_long_text_are_reported_one_by_one(bench: Workbench) -> None:
    link = await room(bench, "link_mobility")
    sent = await link.sent(provider_id="abc", segments=2)
    for part, state in (("abc$1", "sent"), ("abc$1", "sent"), ("abc$0", "delivered")):
        body = json.dumps({"id": part, "resultCode": 1001, "segments": 1}).encode()
        await link.call(link.reports(report()), body=body)
        assert (await bench.callbacks.delivery(sent.id)).state == state


# -- a process that ends -----------------------------------------------------------------------------------------------


async def test_what_was_stored_and_not_worked_on_is_caught_up(
    twilio: Room, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = await twilio.sent(provider_id="SM1")
    monkeypatch.setattr(
        twilio.receiving.work, "add", lambda *_: None
    )  # the process ended right after its answer
    for call in (twilio.reports(report("delivered", "SM1")), twilio.inbound(text("STOP"))):
        assert (await twilio.call(call)).status == 200
    assert (await twilio.bench.callbacks.delivery(sent.id)).state == "accepted"
    environ = {"WORKBENCH_KEYRING": "off"}
    async with Workbench.open(tmp_path / "home", environ=environ, public_at=PUBLIC) as later:
        assert await later.callback_receiving.catch_up() == 2
        assert await later.callback_receiving.catch_up() == 0
        assert (await later.callbacks.delivery(sent.id)).state == "delivered"
        assert {one.status for one in await later.consent.records()} == {"opted_out"}
        assert all(one.effects for one in await kept(later))


async def test_a_crash_in_the_middle_of_the_work_has_no_second_effect(
    azure: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = await azure.sent(provider_id="Out_1")

    async def no_more(*_: Any) -> bool:
        raise StorageFault(say("The disk is full."))

    with monkeypatch.context() as patch:
        patch.setattr(azure.deliveries, "finish", no_more)
        assert (await azure.call(azure.reports(report("delivered", "Out_1")))).status == 200
    assert len(await azure.deliveries.unfinished()) == 1
    assert (
        await azure.call(azure.reports(report("delivered", "Out_2")))
    ).status == 200  # the next call takes it along
    assert await azure.deliveries.unfinished() == []
    assert len(await azure.bench.callbacks.steps(sent.id)) == 1


async def test_what_cannot_be_worked_on_any_more_is_said_and_not_tried_for_ever(
    twilio: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(twilio.receiving.work, "add", lambda *_: None)
    await twilio.call(twilio.reports(report("delivered", "SM1")))
    await asyncio.to_thread(twilio.bench.house.catalogue.delete, SMS_ACCOUNTS, twilio.account.id)
    assert await twilio.receiving.catch_up() == 1
    assert await twilio.deliveries.unfinished() == []
    [one] = await kept(twilio.bench)
    assert "deleted" in str(one.effects[0])


async def test_a_call_that_breaks_the_workbench_is_not_tried_for_ever(
    twilio: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> Any:
        raise ZeroDivisionError

    with monkeypatch.context() as patch, told_defects() as told:
        patch.setattr("workbench.services.callback_work.provider_of", broken)
        await twilio.call(twilio.reports(report("delivered", "SM1")))
    assert [type(item["exception"]) for item in told] == [ZeroDivisionError]
    assert await twilio.deliveries.unfinished() == []
    assert "ZeroDivisionError" in str((await kept(twilio.bench))[0].effects)


async def test_a_disk_that_is_full_at_the_start_is_no_reason_not_to_start(
    twilio: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(*_: Any, **__: Any) -> Any:
        raise StorageFault(say("The disk is full."))

    with monkeypatch.context() as patch:
        patch.setattr(twilio.deliveries, "finish", full)
        await twilio.call(twilio.reports(report("delivered", "SM1")))
        assert await twilio.receiving.catch_up() == 0
    assert await twilio.receiving.catch_up() == 1


async def test_many_at_once_wait_on_the_disk_and_are_all_worked_on(
    twilio: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workbench.services.callback_work.WAITING_WORK", 2)
    for n in range(6):
        await twilio.sent(provider_id=f"SM{n}")
    await asyncio.gather(*(twilio.call(twilio.reports(report("delivered", f"SM{n}"))) for n in range(6)))
    assert {one.state for one in await twilio.bench.callbacks.deliveries()} == {"delivered"}


async def test_a_disk_that_takes_nothing_lets_the_provider_call_again(
    twilio: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(*_: Any, **__: Any) -> Any:
        raise StorageFault(say("The disk is full."))

    call = twilio.reports(report("delivered", "SM1"))
    with monkeypatch.context() as patch:
        patch.setattr(twilio.deliveries, "keep", full)
        assert (await twilio.call(call)).status == 503
    assert (await twilio.call(call)).status == 200
    assert len(await kept(twilio.bench)) == 1


# -- strangers ---------------------------------------------------------------------------------------------------------


async def test_a_wrong_signature_is_refused_and_does_not_shut_out_the_right_one(twilio: Room) -> None:
    sent = await twilio.sent(provider_id="SM1")
    call = twilio.reports(report("delivered", "SM1"))
    forged = tuple((name, value[::-1] if "Signature" in name else value) for name, value in call.headers)
    assert (await twilio.call(call, headers=forged)).status == 403
    assert (await twilio.bench.callbacks.delivery(sent.id)).state == "accepted"
    [refused] = await kept(twilio.bench)
    assert (refused.genuine, refused.status, refused.items) == ("refused", 403, ())
    assert refused.reason is not None
    assert (await twilio.call(call)).status == 200
    assert (await twilio.bench.callbacks.delivery(sent.id)).state == "delivered"


async def test_the_signature_is_over_the_public_address_and_the_query_as_it_came(twilio: Room) -> None:
    now = twilio.bench.house.clock.now()
    url = f"{twilio.url()}?b=2&a=%41+%2f&b=1"
    call = twilio.dialect.write_reports((report("delivered", "SM1"),), url, twilio.values, now)
    assert (await twilio.call(call)).status == 200
    assert (await twilio.call(call, url=url.replace("%2f", "%2F"))).status == 403
    assert (await twilio.call(call, url=url.replace("b=2&a=%41+%2f", "a=%41+%2f&b=2"))).status == 403


async def test_unknown_addresses_are_not_told_from_one_another_and_leave_one_line(twilio: Room) -> None:
    answers = [
        await twilio.receiving.admits(token, "delivery", "POST")
        for token in ("", "x", "x" * 100_000, twilio.token[:-1], f"{twilio.token}x", "\0", "\ud800", "é")
    ]
    assert {(one.status, one.body, one.headers) for one in answers if one} == {
        (404, '{"received": false}', ())
    }
    assert len([one for one in answers if one]) == 8
    for _ in range(50):
        assert (
            await twilio.receiving.taken("x", "delivery", "POST", "/sms/x/delivery", (), b"{}")
        ).status == 404
    assert await kept(twilio.bench) == []
    assert len(await twilio.bench.activity.entries()) == 1


async def test_refused_calls_cannot_fill_the_disk(twilio: Room, clock: VirtualClock) -> None:
    call = twilio.reports(report("delivered", "SM1"))
    for _ in range(MOST_A_MINUTE + 20):
        assert (await twilio.call(call, headers=())).status == 403
    assert len(await kept(twilio.bench, limit=500)) == MOST_A_MINUTE
    await clock.advance(61)
    await twilio.call(call, headers=())
    [entry, *_] = await twilio.bench.activity.entries()
    assert "20 more" in (entry.detail or "")


async def test_what_is_too_large_is_not_read_or_kept(twilio: Room) -> None:
    call = twilio.reports(report("delivered", "SM1"))
    assert (await twilio.call(call, body=b"x" * (BODY_BYTES + 1))).status == 413
    assert (await twilio.call(call, url=f"{twilio.url()}?{'x' * 20_000}")).status == 414
    assert await kept(twilio.bench) == []


async def test_only_the_methods_of_the_provider_are_taken(rooms: list[Room]) -> None:
    methods = ("POST", "GET", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH")
    for at, method in itertools.product(rooms, methods):
        allowed = {*at.dialect.callback_methods, *at.dialect.handshake_methods}
        answered = await at.receiving.admits(at.token, "delivery", method)
        assert (answered is None) == (method in allowed)
        if answered is not None:
            assert (answered.status, answered.headers[0][0]) == (405, "Allow")
            taken = await at.receiving.taken(
                at.token, "delivery", method, f"/sms/{at.token}/delivery", (), b""
            )
            assert taken.status == 405


async def test_an_account_whose_secret_is_gone_lets_the_provider_call_again(twilio: Room) -> None:
    call = twilio.reports(report("delivered", "SM1"))
    for handle in await asyncio.to_thread(twilio.bench.house.vault.handles):
        await asyncio.to_thread(twilio.bench.house.vault.forget, handle)
    assert (await twilio.call(call)).status == 503
    [entry] = await twilio.bench.activity.entries()
    assert "could not be checked" in (entry.detail or "")


async def test_a_gap_in_a_providers_reading_lets_nobody_in_and_is_told(
    twilio: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> Any:
        raise RecursionError

    with told_defects() as told:
        with monkeypatch.context() as patch:
            patch.setattr(callback_receiving, "proof", broken)
            assert (await twilio.call(twilio.reports(report("delivered", "SM1")))).status == 403
        monkeypatch.setattr("workbench.services.callback_work.items_of", broken)
        assert (await twilio.call(twilio.reports(report("delivered", "SM1")))).status == 200
    assert len(told) == 2
    assert [one.genuine for one in await kept(twilio.bench)] == ["signed", "refused"]


# -- replays -----------------------------------------------------------------------------------------------------------


async def test_a_signed_call_of_three_days_ago_is_refused(bench: Workbench, clock: VirtualClock) -> None:
    telesign = await room(bench, "telesign", api_key="MTIzNDU2Nzg5MDEyMzQ1Njc4OTA=")
    call = telesign.reports(report("delivered", "A" * 32, at=START))
    await clock.advance(3 * DAY + 60)
    assert (await telesign.call(call)).status == 403
    fresh = telesign.reports(report("delivered", "A" * 32, at=clock.now() - timedelta(hours=71)))
    assert (await telesign.call(fresh)).status == 200


async def test_the_very_same_call_after_three_days_is_a_replay_and_before_a_repetition(
    twilio: Room, clock: VirtualClock
) -> None:
    call = twilio.reports(report("delivered", "SM1"))
    assert (await twilio.call(call)).status == 200
    await clock.advance(3 * DAY - 60)
    assert (await twilio.call(call)).status == 200
    await clock.advance(120)
    assert (await twilio.call(call)).status == 403
    assert [one.genuine for one in await kept(twilio.bench)] == ["refused", "signed"]


async def test_the_same_signature_in_other_bytes_is_the_same_call(twilio: Room, clock: VirtualClock) -> None:
    """Twilio signs names and values in a row: other escapes, another order or a value that swallows a name keep the signature right."""
    call = twilio.inbound(text("START", "SM" + "0" * 32))
    form = dict(call.pairs)
    swallowed = {**form, "MessageSid": f"{form['MessageSid']}NumMedia{form['NumMedia']}"}
    del swallowed["NumMedia"]
    others = [
        call.body.replace(b"%2B", b"%2b"), urlencode(call.pairs[::-1]).encode(), urlencode(swallowed).encode(), call.body + b"&&",
    ]  # fmt: skip
    assert (await twilio.call(call)).status == 200
    for body in others:
        assert body != call.body
        assert (await twilio.call(call, body=body)).status == 200
    [one] = await kept(twilio.bench)
    assert one.duplicate
    await clock.advance(3 * DAY + 60)
    for body in others:
        assert (await twilio.call(call, body=body)).status == 403


async def test_an_old_report_without_a_signature_is_taken_by_its_address(bench: Workbench) -> None:
    infobip = await room(bench, "infobip")
    old = report("delivered", "a1", at=START - timedelta(days=5))
    assert (await infobip.call(infobip.reports(old))).status == 200


# -- handshakes (R-SMS-13) ---------------------------------------------------------------------------------------------


async def test_event_grids_question_is_answered_each_time(azure: Room, clock: VirtualClock) -> None:
    assert azure.dialect.write_handshake is not None
    call = azure.dialect.write_handshake(azure.url(), azure.values, clock.now())
    for _ in range(2):
        answered = await azure.call(call)
        assert (answered.status, answered.content_type) == (200, "application/json")
        assert json.loads(answered.body) == {
            "validationResponse": json.loads(call.body)[0]["data"]["validationCode"]
        }
    one, two = await kept(azure.bench, kind="handshake")
    assert one.id != two.id
    [shown] = one.items
    assert isinstance(shown, Handshake)
    assert (shown.code, shown.validation_url, shown.answer, shown.raw) == ("***", "***", None, None)


async def test_cloud_events_question_is_answered_in_headers(azure: Room) -> None:
    asked = azure.reports(report()).model_copy(
        update={
            "method": "OPTIONS",
            "body": b"",
            "headers": (("WebHook-Request-Origin", "eventgrid.azure.net"),),
        }
    )
    answered = await azure.call(asked)
    assert (answered.status, answered.body) == (200, "")
    assert dict(answered.headers)["WebHook-Allowed-Origin"] == "eventgrid.azure.net"


WRONG = ("old", "to come", "another topic", "no topic", "not alone", "no code", "endless code", "no origin")


async def test_a_handshake_that_is_none_is_refused_and_its_address_never_called(
    azure: Room, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[object] = []
    monkeypatch.setattr(type(azure.bench.house.wire), "send", lambda *given, **_: sent.append(given))
    for wrong in WRONG:
        answered = await wrongly_asked(azure, clock, wrong)
        assert (answered.status in (400, 403), answered.body) == (True, '{"received": false}'), wrong
    assert [one.genuine for one in await kept(azure.bench)] == ["refused"] * len(WRONG)
    assert sent == []


async def wrongly_asked(azure: Room, clock: VirtualClock, wrong: str) -> Acknowledgement:
    assert azure.dialect.write_handshake is not None
    call = azure.dialect.write_handshake(azure.url(), azure.values, clock.now())
    [event] = json.loads(call.body)
    events: list[Any] = [event]
    match wrong:
        case "old":
            event["eventTime"] = (clock.now() - timedelta(seconds=31)).isoformat()
        case "to come":
            event["eventTime"] = (clock.now() + timedelta(hours=1)).isoformat()
        case "another topic":
            event["topic"] = "/subscriptions/other"
        case "no topic":
            del event["topic"]
        case "not alone":
            events.append(json.loads(azure.reports(report()).body)[0])
        case "no code":
            del event["data"]["validationCode"]
        case "endless code":
            event["data"]["validationCode"] = "x" * 10_000
    changed: dict[str, Any] = {"body": json.dumps(events).encode()}
    if wrong == "no origin":
        changed = {"method": "OPTIONS", "body": b"", "headers": ()}
    return await azure.call(call, **changed)


# -- what lies on the disk ---------------------------------------------------------------------------------------------


async def test_no_number_text_or_token_lies_plainly_on_the_disk_or_is_shown(
    bench: Workbench, tmp_path: Path, rooms: list[Room]
) -> None:
    said = "A secret-of-Anna, call 0709876543 or anna@example.com"
    for at in rooms:
        await at.sent(provider_id="a1b2c3")
        await at.call(at.reports(report("undelivered", "a1b2c3", words=f"refused by {NUMBER}")))
        await at.call(at.inbound(text(said, "a1b2c4")))
        await at.call(at.reports(report("delivered", "never-sent")))
        await at.call(at.inbound(text(said)), body=f'{{"broken {NUMBER} {said}'.encode(), headers=())
    shown = [await bench.callbacks.callback(one.id) for one in await kept(bench, limit=500)]
    told = "".join([
        *(one.model_dump_json() for one in shown), *(str(effect) for one in shown for effect in one.effects),
        *(one.model_dump_json() for one in await bench.callbacks.deliveries()),
    ])  # fmt: skip
    tokens = [at.token for at in rooms]
    for digits in (NUMBER[1:], "0709876543", "anna@example.com", *tokens):
        assert digits not in told
    assert "secret-of-Anna" in told  # the page shows what was written
    files = [path for path in (tmp_path / "home").rglob("*") if path.is_file()]
    lying = b"".join(path.read_bytes() for path in files)
    for secret in (NUMBER[1:], "secret-of-Anna", "0709876543", "anna@example.com", *tokens):
        assert secret.encode() not in lying
    assert OURS.encode() in lying


async def test_a_strangers_line_ends_forge_no_line(bench: Workbench) -> None:
    infobip = await room(bench, "infobip")
    forged = "ok\r\n2026-03-01 admin logged in\x1b[2J\u202e"
    await infobip.sent(provider_id="a1")
    await infobip.call(infobip.reports(report("failed", "a1", words=forged, raw_state=forged, code="77\n1")))
    await infobip.call(infobip.reports(report("failed", "un\nknown", words=forged)))
    for entry in await bench.activity.entries():
        assert (entry.detail or "").isprintable()
    for one in await kept(bench):
        assert all(str(effect).isprintable() for effect in one.effects)
    for delivery in await bench.callbacks.deliveries(DeliveryFilter()):
        assert str(delivery.reason).isprintable()
