"""The import desk as a person uses it: paste, look through, pick, type the secrets, go on; by the real services, without a browser."""

from __future__ import annotations

import json
from typing import Any

from tests.widgets.conftest import Connected
from tests.widgets.faces import field, kernel_state, lock, of, press, read
from workbench import Workbench
from workbench.widgets.imports import ImportDesk
from workbench.widgets.page import Frame
from workbench.widgets.spawn import settle

KEY = "xkeysib-0123456789abcdef-planted"
TEXT = f"""curl -k https://api.brevo.com/v3/smtp/email -H 'api-key: {KEY}' --json '{{"to": [{{"email": "eva@recipient.example"}}]}}'
curl https://api.example.com/list
"""


async def desk(bench: Workbench) -> ImportDesk:
    """Return the desk of a workbench as the page shows it."""
    frame = Frame("events", "Events", lambda _: None, bench)  # type: ignore[arg-type,return-value]
    frame._facts = await bench.about.facts()
    made = ImportDesk(frame)
    await made.refresh()
    return made


async def paste(page: ImportDesk, text: str) -> None:
    field(page.widget, "cURL commands, or a document").value = text
    await settle()
    await press(page.widget, "Read it")


async def test_a_command_becomes_a_draft_with_its_secret_locked(
    connected: Connected, house: Workbench
) -> None:
    page = await desk(connected("operator"))
    await paste(page, TEXT)
    shown = read(page.widget)
    assert "Requests that were read: 2. Can become integrations: 1." in shown
    assert "An integration sends a message" in shown or "an integration sends a message" in shown
    await lock(field(page.widget, "API key (Brevo)"), KEY)
    await press(page.widget, "Make drafts (1)")
    (draft,) = await house.integrations.drafts()
    assert draft.settings.provider == "brevo"
    assert house.house.open_secrets(draft.settings.secrets())[0].popitem()[1] == KEY
    (links,) = of(page.widget, "PageLinks")
    assert [(item["page"], item["place"]) for item in links.items] == [("integrations", f"draft={draft.id}")]
    assert page.read_text == ""


async def test_nothing_of_the_secret_is_left_in_the_kernels_state(connected: Connected) -> None:
    page = await desk(connected("operator"))
    await paste(page, TEXT)
    states = kernel_state()
    assert KEY not in states
    assert page.text.value == ""


async def test_what_is_left_out_is_shown_with_the_reason(connected: Connected) -> None:
    page = await desk(connected("operator"))
    await paste(page, TEXT)
    fold = next(button for button in of(page.widget, "Button") if "What became of" in button.description)
    fold.click()
    await settle()
    assert "--insecure switches the check" in read(page.widget)
    assert "${User Identifier}" in " ".join(str(one.value) for one in of(page.widget, "Markup"))


async def test_a_text_that_cannot_be_read_is_told_at_the_field(connected: Connected) -> None:
    page = await desk(connected("operator"))
    await press(page.widget, "Read it")
    assert page.text.error
    await paste(page, "hello")
    assert "cURL command" in page.text.error
    assert page.text.value == "hello"  # so that it can be put right


async def test_a_viewer_looks_and_takes_nothing(connected: Connected) -> None:
    page = await desk(connected("viewer"))
    await paste(page, TEXT)
    assert "Can become integrations: 1." in read(page.widget)
    assert not of(page.widget, "SwitchField")
    assert not of(page.widget, "SecretField")
    assert not [button for button in of(page.widget, "Button") if "draft" in button.description.lower()]


def collection(count: int) -> dict[str, Any]:
    items = [
        {
            "name": f"Send {number}",
            "request": {
                "method": "POST",
                "url": "https://{{host}}/send",
                "auth": {"type": "bearer", "bearer": {"token": "{{token}}"}},
            },
        }
        for number in range(1, count + 1)
    ]
    return {"info": {"name": "Shop", "schema": "v2.1.0"}, "item": items}


async def test_many_requests_are_searched_and_picked_and_ask_once_for_their_secret(
    connected: Connected, house: Workbench
) -> None:
    page = await desk(connected("operator"))
    await page.take_file(json.dumps(collection(30)))
    assert len(of(page.widget, "SwitchField")) == 20
    await press(page.widget, "Show more")
    assert len(of(page.widget, "SwitchField")) == 30
    field(page.widget, "Search").value = "send 2"
    await settle()
    assert len(of(page.widget, "SwitchField")) == 11
    for switch in of(page.widget, "SwitchField")[:2]:
        switch.value = True
    await settle()
    assert len(of(page.widget, "SecretField")) == 1
    await press(page.widget, "Make drafts (2)")
    assert len(await house.integrations.drafts()) == 2


async def test_an_environment_is_joined_to_the_collection_before_it(connected: Connected) -> None:
    page = await desk(connected("operator"))
    await page.take_file(json.dumps(collection(1)))
    assert "{{host}}" in page.found.requests[0].settings.url
    await page.take_file(json.dumps({"name": "dev", "values": [{"key": "host", "value": "api.example.com"}]}))
    assert page.found.requests[0].settings.url == "https://api.example.com/send"
    assert page.found.title == "Shop"


async def test_a_secret_that_went_missing_is_told_beside_its_field(
    connected: Connected, house: Workbench
) -> None:
    page = await desk(connected("operator"))
    await paste(page, TEXT)
    secret = field(page.widget, "API key (Brevo)")
    await lock(secret, KEY)
    kept = next(iter(page.secrets.values()))
    assert kept.ref is not None
    house.house.vault.forget(kept.ref.handle)
    await press(page.widget, "Make drafts (1)")
    assert "not in this vault" in secret.error
