"""The catalogue page: find, create, resume, test again, rename, delete, export and import; each role sees what it may do."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.widgets.conftest import PLANTED
from tests.widgets.faces import button, field, lock, markup, of, offered, press, read, tell
from workbench import Contact, Workbench
from workbench.errors import Invalid, NotFound
from workbench.models.integration import Draft, Integration
from workbench.models.person import Role
from workbench.widgets import integrations_page, settle
from workbench.widgets.carry import file_name, read_document, secret_label

Connected = Callable[[Role], Workbench]
BUILD = {"Create an integration", "Import"}
OPERATE = {"Test again", "Edit", "Rename"}
GOVERN = {"Export", "Delete"}


def rows(page: Any) -> list[dict[str, Any]]:
    [listed] = of(page, "RowList")
    return list(listed.rows)


async def choose(page: Any, id: str) -> None:
    [listed] = of(page, "RowList")
    listed.selected = id
    await settle()


# -- the catalogue -----------------------------------------------------------------------------------------------------


async def test_an_empty_catalogue_invites(connected: Connected) -> None:
    page = await integrations_page(connected("operator"))
    assert "Create your first integration" in read(page)
    assert offered(page) >= BUILD
    assert of(page, "RowList") == []
    viewed = await integrations_page(connected("viewer"))
    assert "No integration has been saved here yet." in read(viewed)
    assert offered(viewed) == set()


async def test_a_row_says_name_channel_provider_authorization_state_and_last_test(
    connected: Connected, saved: Integration
) -> None:
    [row] = rows(await integrations_page(connected("viewer")))
    assert (row["name"], row["channel"], row["provider"], row["auth"]) == (
        "Cart reminders",
        "Email",
        "Custom endpoint",
        "Basic Auth",
    )
    assert row["badge"] == {"text": "Tested", "kind": "ok"}
    assert row["tested"]


async def test_the_search_looks_in_what_the_rows_say(connected: Connected, saved: Integration) -> None:
    page = await integrations_page(connected("viewer"))
    for text, found in (("CART", 1), ("basic", 1), ("tested", 1), ("zebra", 0), ("", 1)):
        field(page, "Search").value = text
        assert len(rows(page)) == found, text
    field(page, "Search").value = "<b>"
    assert of(page, "RowList")[0].empty == "Nothing is called “<b>” here."


@pytest.mark.parametrize(
    ("role", "may"), [("viewer", set()), ("operator", OPERATE), ("admin", OPERATE | GOVERN)]
)
async def test_each_role_is_offered_what_it_may_do_and_nothing_else(
    role: Role, may: set[str], connected: Connected, saved: Integration
) -> None:
    page = await integrations_page(connected(role))
    await choose(page, saved.id)
    assert offered(page) & (OPERATE | GOVERN) == may
    assert bool(offered(page) & BUILD) == (role != "viewer")
    assert "https://esp.example.com/v1/send" in read(page)
    assert PLANTED not in str([one.get_state() for one in of(page, "Markup")])


async def test_hiding_is_no_protection_so_the_server_refuses_and_the_page_says_it(
    connected: Connected, saved: Integration
) -> None:
    page = await integrations_page(connected("viewer"))
    await tell(of(page, "TopBar")[0], {"place": "new"})  # a visitor can send any message
    assert "Your role is viewer; this needs operator." in read(page)
    await tell(of(page, "TopBar")[0], {"place": "import"})
    assert [one.id for one in await connected("admin").integrations.drafts()] == []


async def test_a_secret_that_is_not_in_the_vault_comes_before_every_other_state(
    connected: Connected, house: Workbench, saved: Integration
) -> None:
    for ref in saved.settings.secrets():
        house.house.vault.forget(ref.handle)
    page = await integrations_page(connected("viewer"))
    assert rows(page)[0]["badge"] == {"text": "Needs a secret", "kind": "warn"}
    await choose(page, saved.id)
    assert "is not in this vault" in read(page)


# -- drafts and the wizard ---------------------------------------------------------------------------------------------


async def test_a_new_integration_opens_the_wizard_and_finish_later_leads_back_to_its_draft(
    connected: Connected,
) -> None:
    page = await integrations_page(connected("operator"))
    await press(page, "Create an integration")
    assert "New integration" in read(page)
    assert not offered(page) & BUILD
    await press(page, "Finish later")
    assert "Without a name yet" in read(page)
    await press(page, "Resume")
    assert "New integration" in read(page)
    await press(page, "Finish later")
    await press(page, "Discard")
    await press(page, "Keep it")
    await press(page, "Discard")
    await press(page, "Really discard")
    assert "The draft “Without a name yet” is gone." in read(page)
    assert await connected("operator").integrations.drafts() == []


async def test_a_draft_that_nobody_touched_is_put_away_by_the_next_one(connected: Connected) -> None:
    bench = connected("operator")
    page = await integrations_page(bench)
    [bar] = of(page, "TopBar")
    await tell(bar, {"place": "new"})
    [first] = await bench.integrations.drafts()
    await bench.integrations.keep(
        first.model_copy(update={"settings": first.settings.model_copy(update={"name": "Begun"})})
    )
    await tell(bar, {"place": "new"})
    await tell(bar, {"place": "new"})
    assert [one.settings.name for one in await bench.integrations.drafts()] == ["", "Begun"]


async def test_edit_and_save_comes_back_to_the_integration(connected: Connected, saved: Integration) -> None:
    page = await integrations_page(connected("operator"))
    await choose(page, saved.id)
    await press(page, "Edit")
    assert "Change “Cart reminders”" in read(page)
    for _ in range(3):
        await press(page, "Next")
    await press(page, "Save")
    assert "“Cart reminders” is saved." in read(page)
    assert of(page, "RowList")[0].selected == saved.id


async def test_links_begin_resume_and_show(connected: Connected, saved: Integration) -> None:
    bench = connected("operator")
    page = await integrations_page(bench)
    [bar] = of(page, "TopBar")
    await tell(bar, {"place": f"integration={saved.id}"})
    assert button(page, "Rename")
    await tell(bar, {"place": "new"})
    [draft] = await bench.integrations.drafts()
    page = await integrations_page(bench)
    await tell(of(page, "TopBar")[0], {"place": f"draft={draft.id}"})
    assert "New integration" in read(page)


# -- test again, rename, delete ----------------------------------------------------------------------------------------


async def test_test_again_shows_the_answer_and_the_list_its_new_state(
    connected: Connected, saved: Integration
) -> None:
    page = await integrations_page(connected("operator"))
    await choose(page, saved.id)
    before = rows(page)[0]["tested"]
    await press(page, "Test again")
    await press(page, "Test")
    await press(page, "▸ Request, as it was sent")
    text = read(page)
    assert "Accepted" in text
    assert "POST https://esp.example.com/v1/send" in text
    assert PLANTED not in text
    [entry, *_] = await connected("viewer").activity.entries()
    assert (entry.kind, entry.integration_id) == ("test", saved.id)
    assert rows(page)[0]["tested"] >= before
    assert " ".join(rows(page)[0]["tested"].split()) + " · Accepted" in text
    await press(page, "Close")
    assert "One message to one contact" not in read(page)


async def test_a_contact_without_a_good_address_is_said_beside_its_field(
    connected: Connected, saved: Integration
) -> None:
    page = await integrations_page(connected("operator"))
    await choose(page, saved.id)
    await press(page, "Test again")
    address = field(page, "Plain text email")
    address.value = "nobody"
    await press(page, "Test")
    assert "nobody" in address.error
    assert len(await connected("viewer").activity.entries()) == 2


async def test_in_live_mode_nobody_is_proposed_and_host_and_recipient_are_asked_first(tmp_path: Path) -> None:
    environ = {"WORKBENCH_KEYRING": "off"}
    async with Workbench.open(tmp_path, environ=environ) as bench:
        draft = await bench.integrations.start()
        settings = draft.settings.model_copy(
            update={
                "name": "Real",
                "url": "https://esp.invalid/send",
                "payload": '{"to": "${User Identifier}"}',
            }
        )
        saved = await bench.integrations.save(draft.model_copy(update={"settings": settings}))
    async with Workbench.open(tmp_path, live=True, environ=environ) as bench:
        page = await integrations_page(bench)
        await choose(page, saved.id)
        await press(page, "Test again")
        assert field(page, "Plain text email").value == ""
        field(page, "Plain text email").value = "ana@example.com"
        await press(page, "Test")
        assert "Send to ana@example.com through esp.invalid" in offered(page)
        await press(page, "Do not send")
        assert "Send to ana@example.com through esp.invalid" not in offered(page)
        assert [entry.kind for entry in await bench.activity.entries()] == ["change"]


async def test_rename_keeps_the_id_and_a_taken_name_is_said_beside_the_field(
    connected: Connected, saved: Integration
) -> None:
    bench = connected("operator")
    other = await bench.integrations.edit(saved.id)
    taken = other.settings.model_copy(update={"name": "Taken", "allow_several": True})
    await bench.integrations.save(
        other.model_copy(update={"settings": taken, "integration_id": None, "id": "dra_other"})
    )
    page = await integrations_page(bench)
    await choose(page, saved.id)
    await press(page, "Rename")
    name = field(page, "New name")
    name.value = " taken "
    await _rename(page)
    assert name.error
    name.value = "Cart reminders 2"
    await _rename(page)
    assert "It is called “Cart reminders 2” now." in read(page)
    assert (await bench.integrations.get(saved.id)).name == "Cart reminders 2"


async def _rename(page: Any) -> None:
    """Press the panel's own button, not the one that opened it."""
    next(
        one for one in of(page, "Button") if one.description == "Rename" and "wb-primary" in one._dom_classes
    ).click()
    await settle()


async def test_delete_names_what_goes_and_cancel_keeps_it(connected: Connected, saved: Integration) -> None:
    bench = connected("admin")
    page = await integrations_page(bench)
    await choose(page, saved.id)
    await press(page, "Delete")
    assert "the integration “Cart reminders” with its settings and payload" in read(page)
    assert "locked in it (2)" in read(page)
    await press(page, "Cancel")
    assert (await bench.integrations.get(saved.id)).name == "Cart reminders"
    await press(page, "Delete")
    await press(page, "Delete “Cart reminders”")
    assert "“Cart reminders” is deleted." in read(page)
    assert "Create your first integration" in read(page)
    with pytest.raises(NotFound):
        await bench.integrations.get(saved.id)


# -- export and import -------------------------------------------------------------------------------------------------


async def _exported(bench: Workbench, saved: Integration) -> str:
    page = await integrations_page(bench)
    await choose(page, saved.id)
    await press(page, "Export")
    [download] = [one for one in of(page, "Download") if one.label == "Download"]
    given: list[dict[str, str]] = []
    download.send = lambda content, buffers=None: given.append(content)
    await tell(download, {"wanted": True})
    assert given[0]["name"] == "cart-reminders.json"
    assert given[0]["text"] in [one.text for one in of(page, "CopyButton")]
    return given[0]["text"]


async def test_an_export_holds_no_secret_and_an_import_asks_for_each(
    connected: Connected, saved: Integration
) -> None:
    bench = connected("admin")
    text = await _exported(bench, saved)
    assert PLANTED not in text
    assert "sec_" not in text
    renamed = text.replace("Cart reminders", "Carried over")
    page = await integrations_page(connected("operator"))
    await press(page, "Import")
    field(page, "Exported integration").value = renamed
    await press(page, "Read it")
    assert [one.label for one in of(page, "SecretField")] == ["Header X-Key", "Password"]
    await press(page, "Go on with it")
    assert [one.error for one in of(page, "SecretField")] == ["Type this secret and lock it."] * 2
    field(page, "Exported integration").value = renamed + " "
    assert of(page, "SecretField") == []
    await press(page, "Read it")
    for one in of(page, "SecretField"):
        await lock(one, PLANTED)
        assert one.masked.startswith("****")
    await press(page, "Go on with it")
    assert "New integration" in read(page)
    [draft] = [one for one in await bench.integrations.drafts() if one.settings.name == "Carried over"]
    assert await _opens(bench, draft)


async def _opens(bench: Workbench, draft: Draft) -> bool:
    return (
        all(await bench.secrets.present(list(draft.settings.secrets())))
        and len(draft.settings.secrets()) == 2
    )


async def test_an_import_without_secrets_goes_straight_on(connected: Connected, house: Workbench) -> None:
    draft = await house.integrations.start()
    settings = draft.settings.model_copy(
        update={"name": "Open", "url": "https://a.example.com/", "payload": "{}"}
    )
    saved = await house.integrations.save(draft.model_copy(update={"settings": settings}))
    document = await house.integrations.export(saved.id)
    page = await integrations_page(connected("operator"))
    await press(page, "Import")
    field(page, "Exported integration").value = json.dumps(document)
    await press(page, "Read it")
    assert "New integration" in read(page)


@pytest.mark.parametrize(
    ("pasted", "said"),
    [
        ("", "Nothing is pasted yet"),
        ('{"format": ', "line 1, column 12"),
        ("[1]", "must begin with a brace"),
        ("{}", "is not an exported integration"),
        ('{"format": "integration-workbench/integration", "version": 99, "settings": {}}', "version 99"),
        (
            '{"format": "integration-workbench/integration", "version": 1, "settings": {"provider": 3}}',
            "provider",
        ),
        ("[" * 100_000, "is not an exported integration"),
        ("x" * 1_000_001, "1,000,001 characters"),
    ],
)
async def test_what_is_no_exported_integration_is_said_in_a_sentence(
    pasted: str, said: str, connected: Connected
) -> None:
    page = await integrations_page(connected("operator"))
    await press(page, "Import")
    pasted_into = field(page, "Exported integration")
    pasted_into.value = pasted
    await press(page, "Read it")
    assert said in pasted_into.error + read(page)
    assert "Import an integration" in read(page)
    await press(page, "Cancel")
    assert "Create your first integration" in read(page)


def test_a_document_is_an_object_and_a_secret_has_a_name_a_person_knows() -> None:
    with pytest.raises(Invalid):
        read_document("null")
    document = {
        "settings": {"provider": "custom", "credential_kind": "basic", "headers": [{"name": "X-Key"}]}
    }
    assert str(secret_label(document, "headers.0.value")) == "Header X-Key"
    assert secret_label(document, "credential.password") == "Password"
    assert str(secret_label(document, "credential.odd")) == "Secret credential.odd"
    assert str(secret_label({}, "headers.9.value")) == "Secret headers.9.value"


@pytest.mark.parametrize(
    ("name", "file"),
    [("Cart reminders", "cart-reminders.json"), ("../../etc", "etc.json"), ("!!!", "integration.json")],
)
def test_a_download_is_named_after_the_integration(name: str, file: str) -> None:
    assert file_name(name) == file


async def test_names_and_answers_are_text(connected: Connected, saved: Integration, ana: Contact) -> None:
    bench = connected("operator")
    await bench.integrations.rename(saved.id, "<svg onload=alert(1)>")
    page = await integrations_page(bench)
    await choose(page, saved.id)
    await press(page, "Test again")
    await press(page, "Test")
    assert "<svg" not in markup(page)
