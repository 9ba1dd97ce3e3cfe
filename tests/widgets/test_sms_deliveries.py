"""Deliveries in pictures, as a list and one by one; by the real services and in each role, without a browser."""

from __future__ import annotations

import re

import pytest

from tests.callback_room import NUMBER, Room, report, room
from tests.widgets.conftest import Connected
from tests.widgets.faces import field, markup, offered, press, read
from workbench import Workbench
from workbench.errors import Unreachable
from workbench.models.message import STATES, Delivery, DeliveryCount
from workbench.sentence import say
from workbench.widgets.page import Frame
from workbench.widgets.sms_callback_words import STATES as SHOWN
from workbench.widgets.sms_deliveries import CALM_S, LIVELY_S, DeliveryBoard, chart
from workbench.widgets.spawn import settle


async def board(bench: Workbench) -> DeliveryBoard:
    """Return the deliveries of a workbench as the page shows them."""
    frame = Frame("sms", "SMS", lambda _: None, bench)  # type: ignore[arg-type,return-value]
    frame._facts = await bench.about.facts()
    made = DeliveryBoard(frame)
    await made.refresh()
    return made


@pytest.fixture
async def twilio(house: Workbench) -> Room:
    return await room(house, "twilio", name="Twilio, Sweden")


async def failed(at: Room) -> Delivery:
    """Return a text that went out and did not arrive."""
    sent = await at.sent(provider_id="SM1", body="Hello <b>there</b>")
    await at.call(at.reports(report("undelivered", "SM1", code="30003")))
    return await at.bench.callbacks.delivery(sent.id)


async def test_nothing_has_been_sent_yet(connected: Connected) -> None:
    page = await board(connected("viewer"))
    assert "No text has been sent yet" in read(page.widget)
    assert "<svg" not in markup(page.widget)
    assert await page.look() == CALM_S


async def test_deliveries_are_drawn_and_listed_as_reports_come_in(connected: Connected, twilio: Room) -> None:
    page = await board(connected("viewer"))
    infobip = await room(twilio.bench, "infobip", name="Infobip")
    await infobip.sent(provider_id="a1")
    await twilio.sent(provider_id="SM2")
    await failed(twilio)
    assert await page.look() == LIVELY_S
    assert "3 texts: 0 reported as delivered, 1 failed, 2 without an end yet." in read(page.widget)
    assert "Twilio: Undelivered" in markup(page.widget)
    assert page.list.rows[0]["state"] == {"text": "Undelivered", "kind": "error"}
    assert len(page.list.rows[0]["reason"]) > 20
    await infobip.call(infobip.reports(report("delivered", "a1")))
    await page.look()
    assert "3 texts: 1 reported as delivered" in read(page.widget)
    field(page.widget, "Provider").value = "infobip"
    await settle()
    assert [row["account"] for row in page.list.rows] == ["Infobip"]
    field(page.widget, "State").value = "failed"
    await settle()
    assert "Nothing fits this filter" in read(page.widget)
    page.shown = False
    assert await page.look() is None


async def test_one_delivery_is_shown_with_its_steps_and_its_reason(
    connected: Connected, twilio: Room
) -> None:
    sent = await failed(twilio)
    page = await board(connected("viewer"))
    page.list.selected = sent.id
    await settle()
    shown = read(page.detail.widget)
    assert page.place == f"delivery={sent.id}"
    assert str(sent.reason) in shown
    assert "it may be wrong" in shown
    assert "Report" in shown
    assert "30003" in shown
    assert "Hello <b>there</b>" in shown
    assert "<b>there" not in markup(page.detail.widget)
    assert NUMBER[1:] not in read(page.widget) + markup(page.widget)
    await twilio.call(twilio.reports(report("queued", "SM1")))
    await page.look()
    assert "late: changed nothing" in read(page.detail.widget)
    await twilio.call(twilio.reports(report("delivered", "SM1")))
    await page.look()
    assert "The provider reports that it arrived." in read(page.detail.widget)


async def test_who_may_asks_the_provider_for_the_status(connected: Connected, twilio: Room) -> None:
    sent = await failed(twilio)
    viewer, operator = await board(connected("viewer")), await board(connected("operator"))
    await viewer.go(f"delivery={sent.id}")
    await operator.go(f"delivery={sent.id}")
    assert "Fetch status" not in offered(viewer.widget)
    await press(operator.widget, "Fetch status")
    entries = await twilio.bench.activity.entries()
    assert entries[0].detail == "asked for the status of a text"


async def test_a_provider_without_a_status_call_is_not_asked(connected: Connected, house: Workbench) -> None:
    azure = await room(house, "azure_communication_services")
    sent = await azure.sent(provider_id="Out_1")
    page = await board(connected("operator"))
    await page.go(f"delivery={sent.id}")
    assert "Fetch status" not in offered(page.widget)
    assert "has not reported yet" in read(page.detail.widget)


async def test_a_server_that_does_not_answer_is_said_above_what_was_there(
    connected: Connected, twilio: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    await failed(twilio)
    page = await board(connected("viewer"))

    async def gone(*_: object) -> None:
        raise Unreachable(say("The server does not answer."))

    with monkeypatch.context() as patch:
        patch.setattr(page.frame.bench.callbacks, "deliveries", gone)
        assert await page.look() == CALM_S
    assert "The server does not answer." in read(page.widget)
    assert len(page.list.rows) == 1
    await page.look()
    assert "The server does not answer." not in read(page.widget)


async def test_the_list_grows(connected: Connected, twilio: Room) -> None:
    for n in range(27):
        await twilio.sent(provider_id=f"SM{n}")
    page = await board(connected("viewer"))
    assert len(page.list.rows) == 25
    await press(page.widget, "Show older")
    assert len(page.list.rows) == 27
    assert "Show older" not in offered(page.widget)


def test_the_picture_counts_each_provider_and_state_once() -> None:
    counts = [
        DeliveryCount(provider="twilio", account_id=account, state="delivered", count=2)
        for account in ("a", "b")
    ]
    drawn = chart([*counts, DeliveryCount(provider="gone", account_id="c", state="unknown", count=1)])
    assert len(re.findall(r'class="wb-c-bar', drawn)) == 2
    assert "Twilio: Delivered" in drawn
    assert "gone: Unknown" in drawn


def test_every_state_has_words() -> None:
    assert set(SHOWN) == set(STATES)
