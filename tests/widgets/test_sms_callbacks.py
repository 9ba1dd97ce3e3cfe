"""The list of callbacks as they come in, and one of them whole; by the real services, in the role of a viewer, without a browser."""

from __future__ import annotations

import json

import pytest

from tests.callback_room import NUMBER, Room, report, room, text
from tests.widgets.conftest import Connected
from tests.widgets.faces import field, markup, of, offered, press, read
from workbench import Workbench
from workbench.errors import Unreachable
from workbench.sentence import say
from workbench.widgets.page import Frame
from workbench.widgets.sms_callbacks import CALM_S, LIVELY_S, CallbackLog
from workbench.widgets.spawn import settle

HOSTILE = "<img src=x onerror=alert(1)>"


async def log(bench: Workbench) -> CallbackLog:
    """Return the callbacks of a workbench as the page shows them."""
    frame = Frame("sms", "SMS", lambda _: None, bench)  # type: ignore[arg-type,return-value]
    frame._facts = await bench.about.facts()
    made = CallbackLog(frame)
    await made.refresh()
    return made


@pytest.fixture
async def twilio(house: Workbench) -> Room:
    return await room(house, "twilio", name="Twilio, Sweden")


@pytest.fixture
async def infobip(house: Workbench) -> Room:
    return await room(house, "infobip", name="Infobip")


async def test_nothing_has_come_yet(connected: Connected) -> None:
    page = await log(connected("viewer"))
    assert "No callback has come yet" in read(page.widget)
    assert await page.look() == CALM_S
    assert "Show older" not in offered(page.widget)


async def test_what_comes_in_shows_by_itself_with_what_it_was_and_did(
    connected: Connected, twilio: Room
) -> None:
    page = await log(connected("viewer"))
    await twilio.sent(provider_id="SM1")
    await twilio.call(twilio.reports(report("delivered", "SM1")))
    assert await page.look() == LIVELY_S
    [row] = page.list.rows
    assert row["account"] == "Twilio, Sweden"
    assert row["what"] == "Delivery report"
    assert row["genuine"] == {"text": "Signed", "kind": "ok"}
    assert "now delivered" in row["did"]
    await twilio.call(twilio.reports(report("delivered", "SM1")), headers=())
    await page.look()
    assert [one["genuine"]["kind"] for one in page.list.rows] == ["error", "ok"]
    assert "2 callbacks" in page.pulse.news
    page.shown = False
    assert await page.look() is None


async def test_one_call_is_shown_with_its_parts_and_the_providers_own_words(
    connected: Connected, infobip: Room
) -> None:
    await infobip.call(infobip.inbound(text(f"STOP {HOSTILE} 0709876543", "mo1")))
    page = await log(connected("viewer"))
    page.list.selected = page.list.rows[0]["id"]
    await settle()
    assert page.place == f"callback={page.list.selected}"
    shown = read(page.detail.widget)
    assert "A call of Infobip" in shown
    assert "This provider signs nothing" in shown
    assert "Inbound text" in shown
    assert HOSTILE in shown
    assert HOSTILE not in markup(page.detail.widget)
    await press(page.detail.widget, "▸ The provider's own words, numbers masked")
    assert "smsCount" in read(page.detail.widget)
    for hidden in (NUMBER[1:], "0709876543", infobip.token):
        assert hidden not in read(page.widget) + markup(page.widget) + json.dumps(page.list.rows)


async def test_a_refused_call_says_why(connected: Connected, twilio: Room) -> None:
    await twilio.call(twilio.reports(report()), headers=())
    page = await log(connected("viewer"))
    await page.go(f"callback={page.found[0].id}")
    assert "Refused" in read(page.detail.widget)
    assert "X-Twilio-Signature" in read(page.detail.widget)
    assert "403" in read(page.detail.widget)


async def test_the_list_is_narrowed_and_grows(connected: Connected, twilio: Room, infobip: Room) -> None:
    await twilio.call(twilio.reports(report()))
    await twilio.call(twilio.reports(report()), headers=())
    for n in range(27):
        await infobip.call(infobip.inbound(text("Hello", f"mo{n}")))
    page = await log(connected("viewer"))
    assert len(page.list.rows) == 25
    await press(page.widget, "Show older")
    assert len(page.list.rows) == 29
    field(page.widget, "Genuine").value = "refused"
    await settle()
    assert [row["account"] for row in page.list.rows] == ["Twilio, Sweden"]
    field(page.widget, "Genuine").value = ""
    field(page.widget, "What came").value = "report"
    await settle()
    assert len(page.list.rows) == 1
    field(page.widget, "Account").value = infobip.account.id
    await settle()
    assert "Nothing fits this filter" in read(page.widget)
    field(page.widget, "What came").value = ""
    await page.go(f"account={twilio.account.id}")
    await settle()
    assert len(page.list.rows) == 2


async def test_a_server_that_does_not_answer_is_said_above_what_was_there(
    connected: Connected, twilio: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    await twilio.call(twilio.reports(report()))
    page = await log(connected("viewer"))

    async def gone(*_: object) -> None:
        raise Unreachable(say("The server does not answer."))

    with monkeypatch.context() as patch:
        patch.setattr(page.frame.bench.callbacks, "callbacks", gone)
        assert await page.look() == CALM_S
    assert "The server does not answer." in read(page.widget)
    assert len(page.list.rows) == 1
    await page.look()
    assert "The server does not answer." not in read(page.widget)


async def test_the_reprs_say_nothing_that_changes(connected: Connected, twilio: Room) -> None:
    page = await log(connected("viewer"))
    assert repr(page) == "<CallbackLog of 0>"
    assert len(of(page.widget, "RowList")) == 1


async def test_a_stop_tells_in_the_list_that_it_opted_somebody_out(
    connected: Connected, twilio: Room
) -> None:
    await twilio.call(twilio.inbound(text("STOP", "mo1")))
    page = await log(connected("viewer"))
    [row] = page.list.rows
    assert row["did"].startswith("A text came from")
    assert "opted out of everything commercial" in row["did"]
