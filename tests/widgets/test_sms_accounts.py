"""SMS accounts as a person sets them up: five steps, senders, callback addresses, the list; by the real services, without a browser."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.widgets.conftest import Connected
from tests.widgets.faces import button, field, kernel_state, lock, markup, of, offered, press, read
from workbench import Workbench
from workbench.errors import NotFound
from workbench.models.message_draft import MessageDraft, Recipient
from workbench.models.sms_account import ACCOUNT_STEPS, Sender, SmsAccount, SmsSettings
from workbench.widgets.around import Around
from workbench.widgets.page import Frame
from workbench.widgets.sms_accounts import SmsShelf
from workbench.widgets.sms_accounts_carry import Carry
from workbench.widgets.sms_accounts_wizard import SmsWizard
from workbench.widgets.sms_accounts_words import STEPS, SUBTITLES
from workbench.widgets.sms_accounts_words import offered as providers
from workbench.widgets.spawn import settle

SID = "AC" + "0" * 31 + "1"
TOKEN = "0123456789abcdef0123456789abcdef"
NUMBER = "+12065550123"


async def shelf(bench: Workbench) -> SmsShelf:
    """Return the accounts of a workbench as the page shows them."""
    frame = Frame("sms", "SMS", lambda _: None, bench)  # type: ignore[arg-type,return-value]
    frame._facts = await bench.about.facts()
    made = SmsShelf(frame)
    await made.refresh()
    return made


async def to_credentials(page: Any, name: str = "Twilio, Sweden", provider: str = "twilio") -> None:
    """Begin an account and go on to its credentials."""
    await press(page.widget, "New account")
    field(page.widget, "Provider").value = provider
    field(page.widget, "Name").value = name
    await settle()
    await press(page.widget, "Next")


async def to_senders(page: Any, **more: str) -> None:
    """Type the credentials of a Twilio account and go on to its senders."""
    await to_credentials(page, **more)
    field(page.widget, "Account SID").value = SID
    await lock(field(page.widget, "Auth token"), TOKEN)
    await press(page.widget, "Next")


async def type_sender(widget: Any, value: str = NUMBER, kind: str = "long_code", name: str = "Shop") -> None:
    field(widget, "Type").value = kind
    field(widget, "Number or sender id").value = value
    field(widget, "Friendly name").value = name
    await settle()


async def to_review(page: Any, **more: str) -> None:
    await to_senders(page, **more)
    await press(page.widget, "Add a sender")
    await type_sender(page.widget)
    await press(page.widget, "Add it")
    await press(page.widget, "Next")


async def saved(bench: Workbench, house: Workbench, **more: Any) -> SmsAccount:
    """Return a saved Twilio account with one sender."""
    token = house.secrets.keep_text(TOKEN).model_dump()
    settings = SmsSettings(**{
        "name": "Twilio, Sweden", "provider": "twilio", "credential_kind": "twilio_token",
        "credential": {"account_sid": SID, "auth_token": token}, "senders": (Sender(value=NUMBER, name="Shop"),), **more,
    })  # fmt: skip
    draft = await bench.sms_accounts.draft()
    await bench.sms_accounts.draft(draft.model_copy(update={"settings": settings}))
    return await bench.sms_accounts.save(draft.id)


def step_of(page: SmsShelf) -> str:
    """Return the step that the wizard is at, by what its stepper says."""
    [here] = [one for one in of(page.widget, "Markup") if 'aria-current="step"' in one.value]
    return here.value.split('aria-current="step"')[1].split('wb-step-name">')[1].split("<")[0]


# -- the wizard --------------------------------------------------------------------------------------------------------


def test_every_step_has_a_title_and_a_line_and_every_provider_is_offered() -> None:
    assert list(STEPS) == list(SUBTITLES) == list(ACCOUNT_STEPS)
    keys = [one.key for one in providers()]
    assert {"azure_communication_services", "infobip", "link_mobility", "telesign", "twilio", "vibes"} <= set(
        keys
    )
    assert "custom_channel" not in keys[:-1]


async def test_an_account_is_made_in_five_steps_and_its_callback_addresses_are_shown_to_copy(
    connected: Connected, house: Workbench
) -> None:
    bench = connected("operator")
    page = await shelf(bench)
    assert "Set up your first SMS account" in read(page.widget)
    await to_review(page)
    text = read(page.widget)
    for words in (
        "Twilio, Sweden",
        SID,
        "**** cdef",
        "the whole company",
        NUMBER,
        "Twilio itself blocks whoever texts STOP",
    ):
        assert words in text
    states = kernel_state()
    assert SID in states
    assert TOKEN not in states
    assert await house.sms_accounts.list() == []  # nothing half-saved is active
    await press(page.widget, "Save the account")
    assert step_of(page) == "Callback addresses"
    told = await bench.sms_accounts.addresses((await bench.sms_accounts.list())[0].account.id)
    assert [one.text for one in of(page.widget, "CopyButton")] == [told.delivery, told.inbound]
    assert "A MESSAGE COMES IN" in read(page.widget)
    assert await house.sms_accounts.drafts() == []
    await press(page.widget, "Done")
    assert [row["name"] for row in page.list.rows] == ["Twilio, Sweden"]
    assert page.list.rows[0]["state"] == {"text": "Not ready yet", "kind": "warn"}
    assert page.place.startswith("account=sms_")


async def test_back_and_next_keep_what_was_typed_and_the_draft_is_resumed_where_it_was_left(
    connected: Connected, house: Workbench
) -> None:
    page = await shelf(connected("operator"))
    await to_senders(page)
    await press(page.widget, "Back")
    assert field(page.widget, "Account SID").value == SID
    assert field(page.widget, "Auth token").masked == "**** cdef"
    await press(page.widget, "Back")
    assert field(page.widget, "Name").value == "Twilio, Sweden"
    field(page.widget, "Description").value = "Typed on the way back"
    await press(page.widget, "Next")
    await press(page.widget, "Finish later")
    assert "Drafts" in read(page.widget)
    [draft] = await house.sms_accounts.drafts()
    assert (draft.step, draft.settings.description) == ("credentials", "Typed on the way back")

    other = await shelf(connected("operator"))  # another day, another browser
    await press(other.widget, "Resume")
    assert step_of(other) == "Credentials"
    assert field(other.widget, "Auth token").masked == "**** cdef"


async def test_what_is_typed_is_kept_without_any_button(connected: Connected, house: Workbench) -> None:
    bench = connected("operator")
    around = Around(bench, await bench.about.facts())

    async def nothing(*_: object) -> None: ...

    wizard = SmsWizard(around, await bench.sms_accounts.draft(), nothing, nothing, pause_s=0)
    await wizard.open()
    field(wizard.widget, "Name").value = "Half a na"
    await settle()
    assert [one.settings.name for one in await house.sms_accounts.drafts()] == ["Half a na"]


async def test_two_people_in_one_draft_lose_nothing(connected: Connected, house: Workbench) -> None:
    bench = connected("operator")
    around, draft = Around(bench, await bench.about.facts()), await bench.sms_accounts.draft()

    async def nothing(*_: object) -> None: ...

    wizards = [SmsWizard(around, draft, nothing, nothing, pause_s=0) for _ in range(2)]
    for wizard, name in zip(wizards, ("Ana's", "Bo's"), strict=True):
        await wizard.open()
        field(wizard.widget, "Name").value = name
        await settle()
    assert ["Somebody else changed" in markup(one.apart.widget) for one in wizards] == [False, True]
    assert {one.settings.name for one in await house.sms_accounts.drafts()} == {"Ana's", "Bo's"}


async def test_each_error_stands_beside_its_field(connected: Connected) -> None:
    page = await shelf(connected("operator"))
    await press(page.widget, "New account")
    await press(page.widget, "Next")
    assert "Choose the provider" in field(page.widget, "Provider").error
    assert "Give the account a name" in field(page.widget, "Name").error
    field(page.widget, "Provider").value = "twilio"
    field(page.widget, "Name").value = "Twilio"
    await settle()
    await press(page.widget, "Next")
    field(page.widget, "Account SID").value = "f" * 32  # swapped: the token where the SID belongs
    await press(page.widget, "Next")
    assert step_of(page) == "Credentials"
    assert field(page.widget, "Account SID").error
    assert field(page.widget, "Auth token").error


async def test_another_provider_has_other_credentials_and_the_page_says_what_is_put_away(
    connected: Connected, house: Workbench
) -> None:
    page = await shelf(connected("operator"))
    await to_senders(page)
    await press(page.widget, "Back")
    await press(page.widget, "Back")
    field(page.widget, "Provider").value = "infobip"
    await settle()
    assert "those of Twilio are put away" in read(page.widget)
    await press(page.widget, "Next")
    assert "Account SID" not in read(page.widget)
    await press(page.widget, "Back")
    field(page.widget, "Provider").value = "twilio"
    await settle()
    await press(page.widget, "Next")
    assert field(page.widget, "Account SID").value == SID
    await press(page.widget, "Back")
    field(page.widget, "Provider").value = "vibes"
    await settle()
    assert "in the United States and Canada only" in read(page.widget)
    assert "Reconnect" not in read(page.widget)
    field(page.widget, "Provider").value = "azure_communication_services"
    await settle()
    await press(page.widget, "Next")
    assert "Event Grid topic" in read(page.widget)
    await press(page.widget, "▸ Only in some accounts")
    assert not field(page.widget, "Host name").required, "it stands in the connection string"
    field(page.widget, "Event Grid topic").value = "/subscriptions/1/topic"
    await press(page.widget, "Finish later")
    [draft] = await house.sms_accounts.drafts()
    assert (draft.settings.provider, draft.settings.topic) == (
        "azure_communication_services",
        "/subscriptions/1/topic",
    )


# -- senders -----------------------------------------------------------------------------------------------------------


async def test_a_sender_is_checked_then_in_the_list_changed_and_deleted(connected: Connected) -> None:
    page = await shelf(connected("operator"))
    await to_senders(page)
    await press(page.widget, "Next")
    assert "Add at least one sender" in read(page.widget)
    await press(page.widget, "Add a sender")
    await type_sender(page.widget, "12345")
    assert "country code" in field(page.widget, "Number or sender id").hint
    await press(page.widget, "Add it")
    assert "is a short code" in field(page.widget, "Number or sender id").error
    await type_sender(page.widget, "12345", "short_code")
    assert "digits alone" in field(page.widget, "Number or sender id").hint
    field(page.widget, "Country").value = "se"
    await press(page.widget, "Add it")
    await press(page.widget, "Add a sender")
    await type_sender(page.widget, " 1 2345", "short_code", "Other")
    await press(page.widget, "Add it")
    assert "in this account twice" in field(page.widget, "Number or sender id").error
    await press(page.widget, "Cancel")
    [rows] = of(page.widget, "RowList")
    assert [(row["value"], row["type"], row["name"]) for row in rows.rows] == [
        ("12345", "Short code", "Shop")
    ]
    rows.selected = "0"
    await press(page.widget, "Change sender")
    await type_sender(page.widget, "ACME News", "alphanumeric")
    await press(page.widget, "Take the change")
    assert rows.rows[0]["value"] == "ACME News"
    rows.selected = "0"
    await press(page.widget, "Delete sender")
    assert rows.rows == []
    assert "No sender yet" in read(page.widget)
    await press(page.widget, "Add a sender")
    await type_sender(
        page.widget, "12"
    )  # half typed: it is there again after a step back, and Next does not lose it
    await press(page.widget, "Back")
    await press(page.widget, "Next")
    assert field(page.widget, "Number or sender id").value == "12"
    await press(page.widget, "Next")
    assert field(page.widget, "Number or sender id").error
    field(page.widget, "Number or sender id").value = NUMBER
    await press(page.widget, "Next")
    assert step_of(page) == "Review"
    assert NUMBER in read(page.widget)


async def test_senders_of_a_saved_account_are_added_changed_and_deleted(
    connected: Connected, house: Workbench
) -> None:
    bench = connected("operator")
    account = await saved(bench, house)
    page = await shelf(bench)
    page.list.selected = account.id
    await press(page.widget, "Add a sender")
    await type_sender(page.widget, "555", "short_code", "Alerts")
    await press(page.widget, "Add it")
    assert "no short code" in field(page.widget, "Number or sender id").error
    await type_sender(page.widget, "54321", "short_code", "Alerts")
    await press(page.widget, "Add it")
    kept = (await house.sms_accounts.get(account.id)).settings.senders
    assert [one.value for one in kept] == [NUMBER, "54321"]
    assert all(one.id for one in kept)
    [senders] = [one for one in of(page.widget, "RowList") if one.label == "Senders"]
    senders.selected = "1"
    await press(page.widget, "Change sender")
    await type_sender(page.widget, "54322", "short_code", "Alerts")
    await press(page.widget, "Take the change")
    assert [row["value"] for row in senders.rows] == [NUMBER, "54322"]
    senders.selected = "1"
    await press(page.widget, "Delete sender")
    assert [row["value"] for row in senders.rows] == [NUMBER]
    assert "“54322” is deleted." in read(page.widget)


async def test_what_is_in_use_is_named_before_it_is_changed_or_deleted(
    connected: Connected, house: Workbench
) -> None:
    bench = connected("operator")
    account = await saved(bench, house)
    await house.messages.send(
        MessageDraft(
            account=account.id, text="Your code is 1234.", designation="transactional",
            recipients=(Recipient(number="+14255550147"),),
        )
    )  # fmt: skip
    page = await shelf(bench)
    page.list.selected = account.id
    [senders] = [one for one in of(page.widget, "RowList") if one.label == "Senders"]
    senders.selected = "0"
    await press(page.widget, "Change sender")
    await type_sender(page.widget, "+12065550199")
    await press(page.widget, "Take the change")
    assert "is in use" in read(page.widget)
    assert senders.rows[0]["value"] == NUMBER
    await press(page.widget, "Change it all the same")
    assert senders.rows[0]["value"] == "+12065550199"
    await press(page.widget, "Delete")
    text = read(page.widget)
    assert "Where it is in use" in text
    assert "Messages sent" in text
    await press(page.widget, "Cancel")
    await house.sms_accounts.edit_sender(
        account.id, (await house.sms_accounts.get(account.id)).settings.senders[0].model_copy(update={"value": NUMBER}), True
    )  # fmt: skip
    await page.refresh()

    await press(page.widget, "Change")  # the same by the wizard: nothing is saved before it is confirmed
    await press(page.widget, "Next")
    await press(page.widget, "Next")
    [rows] = of(page.widget, "RowList")
    rows.selected = "0"
    await press(page.widget, "Change sender")
    await type_sender(page.widget, "+12065550177")
    await press(page.widget, "Take the change")
    await press(page.widget, "Next")
    await press(page.widget, "Save the account")
    assert "is in use" in read(page.widget)
    assert (await house.sms_accounts.get(account.id)).settings.senders[0].value == NUMBER
    await press(page.widget, "Save it all the same")
    assert step_of(page) == "Callback addresses"
    assert (await house.sms_accounts.get(account.id)).settings.senders[0].value == "+12065550177"


# -- one account -------------------------------------------------------------------------------------------------------


async def test_the_tick_for_stop_makes_an_account_ready_and_its_authentication_is_tried_without_sending(
    connected: Connected, house: Workbench
) -> None:
    bench = connected("operator")
    account = await saved(bench, house)
    page = await shelf(bench)
    page.list.selected = account.id
    assert "Tick the box when that is done" in read(page.widget)
    field(page.widget, "Consent (STOP) is set up at Twilio").value = True
    await settle()
    assert (await house.sms_accounts.get(account.id)).settings.consent_at_provider
    assert page.list.rows[0]["state"] == {"text": "Ready", "kind": "ok"}
    assert "Tick the box" not in read(page.widget)
    await press(page.widget, "Test the authentication")
    assert "No message was sent." in read(page.widget)
    [entry] = [one for one in await house.activity.entries() if one.detail == "authenticate"]
    assert entry.kind == "test"
    assert entry.request is not None
    assert entry.request.method == "GET"
    await press(page.widget, "Close")
    assert "No message was sent." not in read(page.widget)


async def test_the_addresses_are_replaced_and_the_old_ones_go_on_for_a_while(
    connected: Connected, house: Workbench
) -> None:
    bench = connected("operator")
    account = await saved(bench, house)
    page = await shelf(bench)
    page.list.selected = account.id
    await press(page.widget, "Callback addresses")
    before = [one.text for one in of(page.widget, "CopyButton")]
    await press(page.widget, "Replace the addresses")
    assert "New ones have to be set at the provider" in read(page.widget)
    await press(page.widget, "Replace them now")
    after = [one.text for one in of(page.widget, "CopyButton")]
    assert set(before).isdisjoint(after)
    assert "The addresses before these work until" in read(page.widget)
    for address in (before[0], after[0]):
        found = await house.sms_accounts.by_token(address.split("/")[-2])
        assert found is not None
        assert found.id == account.id


async def test_an_account_is_changed_in_the_wizard_and_keeps_its_addresses(
    connected: Connected, house: Workbench
) -> None:
    bench = connected("operator")
    account = await saved(bench, house)
    told = await bench.sms_accounts.addresses(account.id)
    page = await shelf(bench)
    page.list.selected = account.id
    await press(page.widget, "Change")
    assert "Change “Twilio, Sweden”" in read(page.widget)
    field(page.widget, "Name").value = "Twilio, Norway"
    for _ in range(3):
        await press(page.widget, "Next")
    await press(page.widget, "Save the account")
    assert [one.text for one in of(page.widget, "CopyButton")] == [told.delivery, told.inbound]
    await press(page.widget, "Done")
    assert [(row["id"], row["name"]) for row in page.list.rows] == [(account.id, "Twilio, Norway")]


async def test_an_account_is_deleted_after_a_question(connected: Connected, house: Workbench) -> None:
    bench = connected("operator")
    account = await saved(bench, house)
    page = await shelf(bench)
    page.list.selected = account.id
    button(page.widget, "Delete").click()
    await settle()
    assert "What was sent and received stays" in read(page.widget)
    await press(page.widget, "Delete “Twilio, Sweden”")
    with pytest.raises(NotFound):
        await house.sms_accounts.get(account.id)
    assert "Set up your first SMS account" in read(page.widget)
    assert page.face is None


async def test_a_viewer_sees_the_accounts_and_is_offered_nothing(
    connected: Connected, house: Workbench
) -> None:
    account = await saved(connected("operator"), house)
    page = await shelf(connected("viewer"))
    page.list.selected = account.id
    assert offered(page.widget) == set()
    assert NUMBER in read(page.widget)
    assert "/sms/" not in read(page.widget)


# -- carried elsewhere -------------------------------------------------------------------------------------------------


async def test_an_export_holds_no_secret_and_an_import_asks_for_it(
    connected: Connected, house: Workbench
) -> None:
    bench = connected("operator")
    await saved(bench, house)
    around = Around(bench, await bench.about.facts())

    async def nothing() -> None: ...

    carrying = Carry(around, nothing)
    await carrying.open()
    [code] = of(carrying.widget, "CopyButton")
    assert TOKEN not in code.text
    assert "/sms/" not in code.text
    document = json.loads(code.text)
    text = (
        json.dumps(document).replace("Twilio, Sweden", "Twilio <b>North</b>").replace(NUMBER, "+12065550199")
    )
    field(carrying.widget, "Exported accounts").value = text
    await press(carrying.widget, "Import them")
    assert "type its secrets (1)" in read(carrying.widget)
    assert "<b>" not in markup(carrying.widget)
    [draft] = await house.sms_accounts.drafts()
    assert draft.settings.name == "Twilio <b>North</b>"
    unknown = (
        json.dumps(document)
        .replace('"provider": "twilio"', '"provider": "pigeon"')
        .replace("Twilio, Sweden", "Pigeons")
    )
    field(carrying.widget, "Exported accounts").value = unknown
    await press(carrying.widget, "Import them")
    assert "does not know the provider pigeon" in read(carrying.widget)
    page = await shelf(bench)
    page.list.selected = next(row["id"] for row in page.list.rows if row["name"] == "Pigeons")
    assert page.face is not None
    assert "nothing is sent through it" in read(page.face.widget)
    assert offered(page.face.widget) == {"Delete"}
    field(carrying.widget, "Exported accounts").value = "{"
    await press(carrying.widget, "Import them")
    assert "damaged at line 1" in field(carrying.widget, "Exported accounts").error
