"""What a person sees of callbacks and deliveries in each role, and the status call to a provider through a real wire."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.callback_room import NUMBER, PUBLIC, Room, report, room, text
from workbench import Workbench
from workbench.adapters.wire import Wire
from workbench.errors import Invalid, NotFound, Refused
from workbench.models.callback import CallbackFilter, InboundMessage
from workbench.models.journal import EntryFilter
from workbench.models.message import DeliveryFilter
from workbench.services.callbacks import Callbacks
from workbench.services.roles import role_of


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Workbench]:
    environ = {"WORKBENCH_KEYRING": "off"}
    async with Workbench.open(tmp_path / "home", environ=environ, public_at=PUBLIC) as made:
        yield made


@pytest.fixture
async def twilio(bench: Workbench) -> Room:
    return await room(bench, "twilio")


def asking(at: Room, answer: Any, status: int = 200) -> tuple[Callbacks, list[str]]:
    """Return the service with a wire whose other end answers so, and what it was asked for."""
    asked: list[str] = []

    async def answered(request: Request) -> Response:
        asked.append(f"{request.method} {request.url.path} {request.headers.get('authorization', '')[:6]}")
        return JSONResponse(answer, status_code=status)

    app = Starlette(routes=[Route("/{path:path}", answered)])
    house = at.bench.house
    wired = type(house)(
        **{
            **{name: getattr(house, name) for name in house.__slots__},
            "wire": Wire.rehearsal(lambda _: app),
        }
    )
    return Callbacks(wired, at.deliveries, at.bench.sms_accounts, at.bench.consent), asked


def twilio_message(**fields: Any) -> dict[str, Any]:
    return {
        "sid": "SM1",
        "status": "delivered",
        "to": NUMBER,
        "from": "+15557122661",
        "error_code": None,
        **fields,
    }


def test_reading_is_for_viewers_and_asking_for_operators() -> None:
    reading = ("callbacks", "callback", "deliveries", "delivery", "steps", "counts")
    assert {role_of(getattr(Callbacks, name)) for name in reading} == {"viewer"}
    assert role_of(Callbacks.fetch) == "operator"


async def test_the_list_is_without_texts_and_the_detail_has_them(twilio: Room) -> None:
    await twilio.call(twilio.inbound(text("I am Anna, call 0701112233")))
    [listed] = await twilio.bench.callbacks.callbacks()
    whole = await twilio.bench.callbacks.callback(listed.id)
    [short], [long] = listed.items, whole.items
    assert isinstance(short, InboundMessage)
    assert isinstance(long, InboundMessage)
    assert (short.body, short.raw) == ("", None)
    assert long.body == "I am Anna, call ***33"
    assert long.raw["Body"] == "I am Anna, call ***33"
    assert short.sender == long.sender == long.raw["From"]
    assert NUMBER not in json.dumps(long.raw)


async def test_a_call_that_was_forgotten_is_shown_as_it_was_kept(twilio: Room) -> None:
    await twilio.call(twilio.inbound(text("Hello")))
    [listed] = await twilio.bench.callbacks.callbacks()
    await twilio.deliveries.forget_calls(twilio.bench.house.clock.now())
    assert await twilio.bench.callbacks.callback(listed.id) == listed
    with pytest.raises(NotFound):
        await twilio.bench.callbacks.callback("cbk_none")


async def test_old_calls_are_forgotten_by_an_admin(twilio: Room) -> None:
    assert role_of(Callbacks.forget_calls) == "admin"
    await twilio.call(twilio.inbound(text("Hello")))
    for days in (2, -1, 10**9):
        with pytest.raises(Invalid):
            await twilio.bench.callbacks.forget_calls(days)
    assert await twilio.bench.callbacks.forget_calls() == 0
    [listed] = await twilio.bench.callbacks.callbacks()
    assert (await twilio.bench.callbacks.callback(listed.id)).items != listed.items


async def test_deliveries_are_counted_and_found(twilio: Room) -> None:
    one = await twilio.sent(provider_id="SM1")
    await twilio.sent(provider_id="SM2", state="failed")
    service = twilio.bench.callbacks
    assert [item.id for item in await service.deliveries(DeliveryFilter(state="accepted"))] == [one.id]
    assert {(item.state, item.count) for item in await service.counts()} == {("accepted", 1), ("failed", 1)}
    assert await service.steps(one.id) == []


async def test_the_status_call_moves_the_delivery_and_is_in_the_journal(twilio: Room) -> None:
    sent = await twilio.sent(provider_id="SM1")
    service, asked = asking(twilio, twilio_message())
    after = await service.fetch(sent.id)
    assert (after.state, after.reported) == ("delivered", True)
    assert asked == [f"GET /2010-04-01/Accounts/{twilio.values['account_sid']}/Messages/SM1.json Basic "]
    [step] = await service.steps(sent.id)
    assert (step.origin, step.state) == ("fetch", "delivered")
    assert (await service.fetch(sent.id)).state == "delivered"
    assert len(await service.steps(sent.id)) == 1
    entries = await twilio.bench.activity.entries(EntryFilter(kind="callback"))
    assert len(entries) == 2
    told = entries[0].model_dump_json()
    assert entries[0].outcome is not None
    assert NUMBER[1:] not in told
    assert twilio.values["auth_token"] not in told


async def test_an_opt_out_in_a_status_is_told_to_the_consent_log(twilio: Room) -> None:
    sent = await twilio.sent(provider_id="SM1")
    service, _ = asking(twilio, twilio_message(status="undelivered", error_code=21610))
    assert (await service.fetch(sent.id)).code == "21610"
    assert {one.status for one in await twilio.bench.consent.records()} == {"opted_out"}


NOTHING: tuple[tuple[Any, int, str], ...] = (
    (twilio_message(sid="SM2"), 200, "says nothing of this text"),
    (twilio_message(to="+46709999999"), 200, "says nothing of this text"),
    ({}, 200, "says nothing of this text"),
    ([[[]]], 200, "says nothing of this text"),
    ({"code": 20404, "message": "not found"}, 404, r"\w"),
    ({"code": 20003, "message": "no"}, 401, r"\w"),
    ("x", 500, r"\w"),
)


async def test_an_answer_that_tells_nothing_changes_nothing(twilio: Room) -> None:
    sent = await twilio.sent(provider_id="SM1")
    for count, (answer, status, words) in enumerate(NOTHING, 1):
        service, _ = asking(twilio, answer, status)
        with pytest.raises(Refused, match=words):
            await service.fetch(sent.id)
        assert (await service.delivery(sent.id)).state == "accepted"
        assert len(await twilio.bench.activity.entries(EntryFilter(kind="callback"))) == count


async def test_what_cannot_be_asked_for_is_said(twilio: Room) -> None:
    azure = await room(twilio.bench, "azure_communication_services")
    with pytest.raises(Refused, match="no status call"):
        await twilio.bench.callbacks.fetch((await azure.sent(provider_id="Out_1")).id)
    with pytest.raises(Refused, match="no id"):
        await twilio.bench.callbacks.fetch((await twilio.sent()).id)
    with pytest.raises(NotFound):
        await twilio.bench.callbacks.fetch("dlv_none")


async def test_the_filter_goes_through(twilio: Room) -> None:
    await twilio.call(twilio.reports(report()), headers=())
    await twilio.call(twilio.reports(report()))
    found = await twilio.bench.callbacks.callbacks(CallbackFilter(genuine="refused"))
    assert [one.status for one in found] == [403]
