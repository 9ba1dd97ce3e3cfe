"""The callback studio on the page: what is chosen is shown, played and told; by the real services, without a browser."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.callback_room import NUMBER, Room, room
from tests.widgets.conftest import Connected
from tests.widgets.faces import field, markup, of, offered, press, read
from workbench import Workbench
from workbench.models.person import Role
from workbench.widgets.page import Frame
from workbench.widgets.sms_studio import Studio
from workbench.widgets.sms_studio_words import HOWS, tally
from workbench.widgets.spawn import settle


async def studio(bench: Workbench) -> Studio:
    """Return the studio of a workbench as the page shows it."""
    frame = Frame("sms", "SMS", lambda _: None, bench)  # type: ignore[arg-type,return-value]
    frame._facts = await bench.about.facts()
    made = Studio(frame)
    await made.refresh()
    return made


@pytest.fixture
async def twilio(house: Workbench) -> Room:
    return await room(house, "twilio", name="Twilio, Sweden")


async def choose(page: Studio, label: str, value: str) -> None:
    field(page.widget, label).value = value
    await settle()


def unfold(page: Studio) -> None:
    """Open every call that is folded."""
    for one in of(page.result.widget, "Button"):
        if one.description.startswith("▸"):
            one.click()


async def test_without_an_account_it_says_what_to_do(connected: Connected) -> None:
    page = await studio(connected("operator"))
    assert "There is no account yet" in read(page.widget)
    assert offered(page.widget) == set()


@pytest.mark.parametrize(("role", "plays"), [("viewer", False), ("operator", True)])
async def test_a_viewer_looks_and_an_operator_plays(
    connected: Connected, twilio: Room, role: Role, plays: bool
) -> None:
    page = await studio(connected(role))
    assert ("Play the calls" in offered(page.widget)) is plays
    await press(page.widget, "Show the calls")
    assert "MessageStatus=sending" in markup(page.result.widget)
    unfold(page)
    shown = markup(page.result.widget)
    assert "3 calls, as they would be made" in shown
    assert "MessageStatus=delivered" in shown.replace("&amp;", "&")
    assert twilio.token not in shown
    assert "/****/delivery" in shown


async def test_a_course_is_played_and_its_effect_is_told(connected: Connected, twilio: Room) -> None:
    sent = await twilio.sent(provider_id="SM1")
    page = await studio(connected("operator"))
    assert page.delivery.value == sent.id
    await choose(page, "What happens", "undelivered:30003")
    assert "30003" in field(page.widget, "What happens").chosen_label
    await press(page.widget, "Play the calls")
    told = read(page.widget)
    assert "3 calls were made, and all were taken" in told
    assert "now undelivered" in told
    assert "Signed" in told
    unfold(page)
    assert NUMBER not in markup(page.widget)
    assert (await connected("viewer").callbacks.delivery(sent.id)).state == "undelivered"


async def test_who_chooses_an_account_and_plays_at_once_plays_what_that_account_has(
    connected: Connected, house: Workbench, twilio: Room
) -> None:
    azure = await room(house, "azure_communication_services", name="Azure")
    await twilio.sent(provider_id="SM1")
    page = await studio(connected("operator"))
    await choose(page, "Account", azure.account.id)
    await choose(page, "What happens", "handshake")
    field(page.widget, "Account").value = twilio.account.id  # its courses are on their way
    await press(page.widget, "Play the calls")
    assert "3 calls were made, and all were taken" in read(page.widget)


async def test_what_is_wrongly_signed_is_told_as_refused(connected: Connected, twilio: Room) -> None:
    await twilio.sent(provider_id="SM1")
    page = await studio(connected("operator"))
    await choose(page, "How it comes", "wrongly_signed")
    await press(page.widget, "Play the calls")
    told = read(page.widget)
    assert "3 calls were made, and 3 were not taken" in told
    assert "403" in told


async def test_a_text_comes_from_whom_is_named(connected: Connected, twilio: Room) -> None:
    page = await studio(connected("operator"))
    await choose(page, "What happens", "text")
    field(page.widget, "Text").value = "  "
    await press(page.widget, "Play the calls")
    assert field(page.widget, "Text").error == "Write what somebody texts."
    field(page.widget, "Text").value = "<b>YES</b>"
    field(page.widget, "From the number").value = "+15005550009"
    await press(page.widget, "Play the calls")
    unfold(page)
    assert "<b>YES" not in markup(page.widget)
    assert "Inbound text" in read(page.widget)
    await choose(page, "What happens", "stop")
    assert "Text" not in {one.label for one in of(page.widget, "TextField")}
    await press(page.widget, "Play the calls")
    assert "inbound text" in read(page.widget)


async def test_the_fields_are_those_that_the_course_needs(
    connected: Connected, twilio: Room, house: Workbench
) -> None:
    azure = await room(house, "azure_communication_services", name="Azure")
    page = await studio(connected("operator"))
    labels = {one.label for one in of(page.widget, "TextField")}
    assert labels == set()
    await choose(page, "How it comes", "late")
    assert {one.label for one in of(page.widget, "TextField")} == {"Hours late"}
    for wrong in ("many", "-1", "1e9", "nan"):
        field(page.widget, "Hours late").value = wrong
        await press(page.widget, "Show the calls")
        assert "from 0 to 1000" in field(page.widget, "Hours late").error
    await choose(page, "Account", azure.account.id)
    await choose(page, "What happens", "handshake")
    assert "Deliveries" not in {one.label for one in of(page.widget, "ChoiceField")}
    assert {value for value, _, _ in page.how.options} == {"in_order", "late", "twice", "wrongly_signed"}
    await choose(page, "How it comes", "in_order")
    await press(page.widget, "Play the calls")
    unfold(page)
    assert "validationResponse" in markup(page.widget)


async def test_several_deliveries_are_played_at_once_and_a_link_chooses_one(
    connected: Connected, twilio: Room
) -> None:
    sent = [await twilio.sent(provider_id=f"SM{number}") for number in range(3)]
    page = await studio(connected("operator"))
    await choose(page, "Deliveries", "newest:10")
    await press(page.widget, "Play the calls")
    assert "9 calls were made" in read(page.widget)
    await page.go(f"delivery={sent[0].id}")
    assert page.delivery.value == sent[0].id
    await page.go(f"account={twilio.account.id}")
    await page.go("account=sms_unknown")
    assert page.account.value == twilio.account.id
    await page.refresh()
    assert page.delivery.value == sent[0].id
    await choose(page, "Deliveries", "")
    await press(page.widget, "Play the calls")
    assert "3 calls were made" in read(page.widget)


async def test_the_numbers_that_end_otherwise_are_listed(connected: Connected, twilio: Room) -> None:
    page = await studio(connected("viewer"))
    await press(page.widget, "▸ Numbers that end a rehearsed text otherwise")
    shown = read(page.widget)
    for words in (
        "…99400",
        "refuses it at once",
        "…99001",
        "30003 Unreachable destination handset",
        "Undelivered",
    ):
        assert words in shown


async def test_in_live_mode_it_is_only_looked_at(tmp_path: Path) -> None:
    async with Workbench.open(tmp_path / "live", live=True, environ={"WORKBENCH_KEYRING": "off"}) as live:
        await room(live, "telesign")
        page = await studio(live)
        assert offered(page.widget) >= {"Show the calls"}
        assert "Play the calls" not in offered(page.widget)
        assert "plays in a rehearsal only" in read(page.widget)


def test_every_way_has_words() -> None:
    from workbench.models.studio import HOWS as WAYS

    assert set(HOWS) == set(WAYS)


@pytest.mark.parametrize(
    ("count", "refused", "told"),
    [
        (1, 0, "One call was made, and it was taken."),
        (1, 1, "One call was made, and it was not taken."),
        (3, 0, "3 calls were made, and all were taken."),
        (3, 1, "3 calls were made, and one was not taken."),
        (3, 2, "3 calls were made, and 2 were not taken."),
    ],
)
def test_how_many_calls_were_made_is_said_in_good_grammar(count: int, refused: int, told: str) -> None:
    assert str(tally(count, refused)) == told
