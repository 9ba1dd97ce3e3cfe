"""Compose: the meter answers by itself, the checks are words, consent is shown for each recipient, and a live send asks first."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.widgets.faces import field, markup, of, offered, press, read
from workbench import Workbench
from workbench.adapters.wire import Wire
from workbench.models.message import DeliveryFilter
from workbench.models.message_draft import Price, PriceTable
from workbench.models.person import Role
from workbench.models.request import Reply, Request
from workbench.models.sms_account import Sender, SmsAccount, SmsSettings
from workbench.providers import every
from workbench.widgets import settle
from workbench.widgets.page import Frame
from workbench.widgets.sms_compose import Compose
from workbench.widgets.sms_compose_meter import SegmentMeter
from workbench.widgets.sms_compose_words import numbers_of, pairs_of, recipients_of, rows_of, with_prices

NUMBER, OTHER = "+46701740605", "+46701740606"
TEXT = "Sale! Reply STOP to opt out"
HOSTILE = "<script>alert(1)</script>"
Connected = Callable[[Role], Workbench]


async def account_of(bench: Workbench, name: str = "Shop", *senders: Sender) -> SmsAccount:
    credential = {
        "account_sid": "AC" + "0" * 31 + "1",
        "auth_token": bench.house.vault.seal_text("a1" * 16).model_dump(),
    }
    settings = SmsSettings(
        name=name, provider="twilio", credential_kind="twilio_token", credential=credential, consent_at_provider=True,
        senders=senders or (Sender(value="+46701740699", name="Main", type="long_code"),),
    )  # fmt: skip
    draft = await bench.sms_accounts.draft()
    await bench.sms_accounts.draft(draft.model_copy(update={"settings": settings}))
    return await bench.sms_accounts.save(draft.id)


async def compose(bench: Workbench) -> Compose:
    async def nothing(_frame: Frame) -> Any:
        raise AssertionError

    frame = Frame("sms", "Text messages", nothing, bench)
    frame._facts = await bench.about.facts()
    page = Compose(frame)
    await page.refresh()
    await settle()
    return page


@pytest.fixture
async def page(house: Workbench) -> Compose:
    await account_of(house)
    await house.consent.record(point=NUMBER, status="opted_in", reason="asked for in a test")
    return await compose(house)


async def write(page: Compose, label: str, value: Any) -> None:
    field(page.widget, label).value = value
    await settle()


# The meter -----------------------------------------------------------------------------------------------------------


def test_the_meter_answers_without_a_workbench_and_names_the_character() -> None:
    meter = SegmentMeter()
    meter.measure("a" * 160, [], False)
    assert (
        "GSM-7, segments: 1 (of up to 160). Characters: 160, units: 160, left in the last segment: 0."
        in read(meter.widget)
    )
    meter.measure("a" * 69 + "ãã", [], False)
    shown = read(meter.widget)
    assert "UCS-2, segments: 2 (of up to 67). Characters: 71, units: 71" in shown
    assert (
        "“ã” (latin small letter a with tilde (U+00E3)), first at place 70, 2 in all: in GSM-7 “a”." in shown
    )
    assert "The segments of the longest text" in shown


def test_the_meter_tells_what_was_changed_and_what_cannot_be() -> None:
    meter = SegmentMeter()
    meter.measure("Promoção\u200b", [], True)
    assert "“ç” became “c” (1)" in read(meter.widget)
    assert "left out (1)" in read(meter.widget)
    assert "Characters: 8, units: 8" in read(meter.widget)
    meter.measure("Promoção 🙂", [], True)
    assert "stays UCS-2" in read(meter.widget)
    assert "became" not in read(meter.widget)
    assert "🙂" in read(meter.widget)


def test_the_meter_measures_over_sample_rows() -> None:
    meter = SegmentMeter()
    meter.measure("Hi {{ name }}", [{"name": "Ann"}, {"name": "x" * 200}, {"name": "Bo"}, {}], False)
    shown = read(meter.widget)
    assert "Shortest" in shown
    assert "Typical" in shown
    assert "Characters: 203" in shown
    assert "1 of 4 rows lack a value" in shown
    meter.measure("Hi {{ name }}", [], False)
    assert "give sample values" in read(meter.widget)


def test_what_is_typed_never_becomes_markup() -> None:
    meter = SegmentMeter()
    meter.measure(HOSTILE * 20 + "ã", [], False)
    assert "<script>" not in markup(meter.widget)


# The page ------------------------------------------------------------------------------------------------------------


async def test_an_empty_page_invites_and_offers_what_there_is(house: Workbench) -> None:
    page = await compose(house)
    assert "There is no account yet" in read(page.widget)
    assert "Write a text and name who gets it" in read(page.widget)
    await account_of(house)
    await page.refresh()
    assert "There is no account yet" not in read(page.widget)
    assert field(page.widget, "Account").chosen_label == "Shop"
    assert field(page.widget, "Sender").chosen_label == "Main · +46701740699 (Long code)"


async def test_checks_and_consent_follow_what_is_typed(page: Compose) -> None:
    await write(page, "Recipients", f"{NUMBER}\n{OTHER}, 12")
    await write(page, "Text", "Sale at bit.ly/x")
    shown = read(page.widget)
    assert "Look here bit.ly is a public short link." in shown
    assert "does not say how to opt out" in shown
    assert "1 of 3 recipients would get it" in shown
    assert "Will not send" in shown
    assert "Will send" in shown
    assert "too few digits" in shown
    assert "An example to be edited" in shown
    assert NUMBER not in markup(page.widget)


async def test_a_toll_free_sender_preselects_transactional_until_somebody_chooses(house: Workbench) -> None:
    await account_of(
        house,
        "Main",
        Sender(value="+46701740699", name="Long", type="long_code"),
        Sender(value="+18335550100", name="Free", type="toll_free"),
    )
    page = await compose(house)
    kind, sender = field(page.widget, "Kind of text"), field(page.widget, "Sender")
    assert kind.value == "commercial"
    sender.value = next(value for value, label, _ in sender.options if "Free" in label)
    assert kind.value == "transactional"
    sender.value = next(value for value, label, _ in sender.options if "Long" in label)
    assert kind.value == "commercial"
    kind.value = "transactional"
    sender.value = next(value for value, label, _ in sender.options if "Free" in label)
    sender.value = next(value for value, label, _ in sender.options if "Long" in label)
    assert kind.value == "transactional"
    assert page.draft().designation == "transactional"


async def test_what_cannot_be_read_is_said_beside_its_field(page: Compose) -> None:
    await write(page, "Sample values", "name,name\nAna,Bo")
    assert "each name once" in field(page.widget, "Sample values").error
    await write(page, "Recipients", ",".join(f"+4670174{number:04}" for number in range(201)))
    assert "more than the 200" in field(page.widget, "Recipients").error


async def test_the_exact_request_is_shown_masked(page: Compose) -> None:
    await write(page, "Recipients", NUMBER)
    await write(page, "Text", TEXT)
    await press(page.widget, "Show the exact request")
    shown = read(page.widget)
    assert "api.twilio.com/2010-04-01/Accounts" in shown
    assert "Body=Sale%21" in shown
    assert NUMBER[1:] not in shown
    await write(page, "Text", TEXT + "!")
    assert "Body=Sale%21" not in read(page.widget)


async def test_a_text_is_sent_in_rehearsal_and_what_became_of_it_is_told(
    page: Compose, house: Workbench
) -> None:
    await write(page, "Recipients", f"{NUMBER}\n{OTHER}")
    await write(page, "Text", "Hi {{ name }}, " + TEXT)
    await write(page, "Sample values", "name\nAna")
    await press(page.widget, "Send")
    shown = read(page.send.widget)
    assert "The provider took 1 of 2." in shown
    assert "Accepted" in shown
    assert "Blocked" in shown
    assert "opted in" in shown
    assert len(await house.callbacks.deliveries(DeliveryFilter())) == 1


async def test_a_draft_that_is_not_ready_is_not_sent_and_says_why(page: Compose, house: Workbench) -> None:
    await write(page, "Recipients", NUMBER)
    await write(page, "Text", "Hi {{ name }}")
    await press(page.widget, "Send")
    assert "There is no value for {{ name }}" in read(page.send.widget)
    assert not await house.callbacks.deliveries(DeliveryFilter())


async def test_a_live_send_asks_for_host_and_recipient_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Request] = []

    async def answered(_wire: Wire, request: Request, **_limits: float) -> Reply:
        asked.append(request)
        return Reply(
            status=201,
            headers=(("content-type", "application/json"),),
            body=b'{"sid": "SM1", "status": "queued"}',
        )

    async with Workbench.open(tmp_path / "live", live=True, environ={"WORKBENCH_KEYRING": "off"}) as bench:
        await account_of(bench)
        await bench.consent.record(point=NUMBER, status="opted_in", reason="asked for in a test")
        monkeypatch.setattr(Wire, "send", answered)
        page = await compose(bench)
        await write(page, "Recipients", OTHER)
        await write(page, "Text", TEXT)
        await press(page.widget, "Send")
        assert "Nobody would get it" in read(page.send.widget)
        await write(page, "Recipients", NUMBER)
        await press(page.widget, "Send")
        question = f"Send to {NUMBER} through api.twilio.com"
        assert question in offered(page.widget)
        await write(page, "Text", TEXT + "!")
        assert question not in offered(page.widget)
        assert not asked
        await press(page.widget, "Send")
        await press(page.widget, question)
        assert len(asked) == 1
        assert "The provider took 1 of 1." in read(page.send.widget)


async def test_all_providers_stand_side_by_side(page: Compose) -> None:
    await write(page, "Recipients", NUMBER)
    await write(page, "Text", "Hello 🙂 STOP")
    await press(page.widget, "Compare all providers")
    shown = read(page.compare.widget)
    for provider in every().values():
        if provider.sms is not None:
            assert provider.name in shown
            assert f"The request to {provider.name}" in shown
    assert "beyond U+FFFF" in shown
    assert "The United States and Canada only." in shown
    assert NUMBER not in shown


async def test_a_failover_is_rehearsed_step_by_step(page: Compose, house: Workbench) -> None:
    await account_of(house, "Second", Sender(value="+46701740698", name="Second", type="long_code"))
    await page.refresh()
    await write(
        page,
        "Second account",
        next(value for value, label, _ in field(page.widget, "Second account").options if label == "Second"),
    )
    await write(
        page,
        "Account",
        next(value for value, label, _ in field(page.widget, "Account").options if label == "Shop"),
    )
    await write(page, "Recipients", NUMBER)
    await write(page, "Text", TEXT)
    await press(page.widget, "Rehearse the failover")
    shown = read(page.failover.widget)
    assert "Sent by the second sender One text" in shown
    assert "Texts that arrived: 1." in shown
    assert shown.count("The same again") == 3
    await write(page, "The first provider", "uncertain")
    await press(page.widget, "Rehearse the failover")
    assert "nobody sends it again" in read(page.failover.widget)


async def test_cost_and_time_with_a_chart_and_prices_of_ones_own(page: Compose, house: Workbench) -> None:
    await write(page, "Text", "a" * 161)
    await write(page, "Audience", "SE 1 000 000\nUS: 500,000\n* 10")
    await press(page.widget, "Estimate")
    shown = read(page.estimate.widget)
    assert "no provider's prices" in shown
    assert "1,500,010" in shown
    assert "<svg" in markup(page.estimate.widget)
    page.estimate.prices.value, page.estimate.currency.value = "SE 0.5\nUS 0,25", "sek"
    await press(page.widget, "Estimate")
    assert "No price is known for *, so the cost stays open." in read(page.estimate.widget)
    page.estimate.audience.value = "SE 1 000 000\nUS: 500,000"
    await press(page.widget, "Estimate")
    assert "1,250,000" in read(page.estimate.widget)
    page.estimate.audience.value = "Sweden many"
    await press(page.widget, "Estimate")
    assert "Line 1 cannot be read" in page.estimate.audience.error
    await page.estimate.save()
    assert [(one.region, one.amount) for one in (await house.messages.prices()).prices] == [
        ("SE", Decimal("0.5")), ("US", Decimal("0.25"))
    ]  # fmt: skip


async def test_a_viewer_looks_and_does_not_send(connected: Connected, house: Workbench) -> None:
    await account_of(house)
    page = await compose(connected("viewer"))
    await write(page, "Recipients", NUMBER)
    await write(page, "Text", TEXT)
    assert "0 of 1 recipients would get it" in read(page.widget)
    assert not {"Send", "Rehearse the failover", "Save the prices"} & offered(page.widget)
    assert "needs the role of an operator" in read(page.widget)
    await press(page.widget, "Compare all providers")
    assert "Twilio" in read(page.compare.widget)


async def test_a_link_chooses_an_account(house: Workbench) -> None:
    await account_of(house, "One")
    second = await account_of(house, "Two", Sender(value="+46701740698", name="Other", type="long_code"))
    page = await compose(house)
    await page.go(f"account={second.id}")
    assert field(page.widget, "Account").chosen_label == "Two"
    assert page.place == "compose"


# What is pasted ------------------------------------------------------------------------------------------------------


def test_numbers_are_read_as_people_paste_them() -> None:
    assert numbers_of(" +46 70 1\n\n+46 70 2; +46 70 3,\t12 ") == ["+46 70 1", "+46 70 2", "+46 70 3", "12"]
    people, wrong = recipients_of("+46 70 1\n+46 70 2\n+46 70 3", [{"a": "1"}, {"a": "2"}])
    assert wrong is None
    assert [one.values for one in people] == [{"a": "1"}, {"a": "2"}, {"a": "2"}]


@pytest.mark.parametrize("apart", [",", ";", "\t"])
def test_sample_rows_are_a_table_with_names(apart: str) -> None:
    found = rows_of(f'name{apart}order\n"Ana{apart} B"{apart}12\n\nBo')
    assert found.rows == [{"name": f"Ana{apart} B", "order": "12"}, {"name": "Bo"}]
    assert rows_of("").rows == []
    assert "Line 2" in str(rows_of("a\n1,2").problem or rows_of("a,b\n1,2,3").problem)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("SE 120000", ("SE", 120000)), ("se: 1,000", ("SE", 1000)), ("se=1 000 000", ("SE", 1000000)), ("* 5", ("", 5)),
        ("SE 0.055", ("SE", Decimal("0.055"))), ("SE 0,055", ("SE", Decimal("0.055"))), ("BR;1.000", ("BR", 1000)),
    ],
)  # fmt: skip
def test_a_country_and_a_figure(text: str, wanted: Any) -> None:
    assert pairs_of(text).pairs == [wanted]


@pytest.mark.parametrize("text", ["Sweden 5", "SE", "SE -5", "SE 1e9", "SE 1.2.3"])
def test_a_line_that_is_neither_is_named(text: str) -> None:
    assert "Line 2" in str(pairs_of(f"NO 1\n{text}").problem)


def test_prices_of_one_provider_are_kept_when_others_are_edited() -> None:
    table = PriceTable(
        prices=(Price(region="SE", provider="twilio", amount=Decimal("0.3")), Price(amount=Decimal(1)))
    )
    found = with_prices(table, [("SE", Decimal("0.2"))], "sek")
    assert [(one.region, one.provider, one.amount) for one in found.prices] == [
        ("SE", "", Decimal("0.2")), ("SE", "twilio", Decimal("0.3"))
    ]  # fmt: skip
    assert found.currency == "SEK"
    assert found.note != table.note


def test_pieces_have_calm_names(page: Compose) -> None:
    assert repr(page) == "<Compose>"
    assert all(len(repr(one)) < 80 for one in of(page.widget, "Stack"))


async def test_a_later_time_and_how_long_it_is_wanted_are_part_of_the_draft(
    page: Compose, house: Workbench
) -> None:
    await press(page.widget, "▸ More settings")
    await write(page, "Send at (UTC)", "tomorrow")
    await write(page, "Wanted for so many minutes", "10081")
    assert "This is no moment" in field(page.widget, "Send at (UTC)").error
    assert "from 1 to 10080" in field(page.widget, "Wanted for so many minutes").error
    assert (page.draft().send_at, page.draft().valid_s) == (None, None)
    await write(page, "Recipients", NUMBER)
    await write(page, "Text", TEXT)
    await press(page.widget, "Send")
    assert "Nothing was sent: correct “Send at (UTC)”" in read(page.send.widget)
    assert not await house.callbacks.deliveries(DeliveryFilter())
    await write(page, "Send at (UTC)", "2031-03-01 09:30")
    await write(page, "Wanted for so many minutes", "90")
    assert page.draft().send_at == datetime(2031, 3, 1, 9, 30, tzinfo=UTC)
    assert page.draft().valid_s == 5400
    await write(page, "Send at (UTC)", "2001-03-01 09:30")
    assert "has passed" in field(page.widget, "Send at (UTC)").error
    for wrong in ("0", "-5", "1.5", "½", "9" * 50):
        await write(page, "Wanted for so many minutes", wrong)
        assert page.draft().valid_s is None


async def test_another_account_takes_over_than_the_one_the_text_goes_through(
    page: Compose, house: Workbench
) -> None:
    await account_of(house, "Second", Sender(value="+46701740698", name="Second", type="long_code"))
    await page.refresh()
    for _, label, _ in list(field(page.widget, "Account").options):
        id = next(value for value, name, _ in field(page.widget, "Account").options if name == label)
        await write(page, "Account", id)
        assert field(page.widget, "Second account").value != id
