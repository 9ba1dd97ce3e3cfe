"""The shelf of snippets: an integration and a contact become code, an entry does, and a proof is shown as what it is."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.events_room import event_of
from tests.widgets.faces import field, markup, of, offered, press, read
from workbench import Contact, Settings, Workbench
from workbench.models.base import SecretRef
from workbench.models.event import Event, EventVariable
from workbench.models.integration import Integration
from workbench.models.person import Role
from workbench.models.snippet import Proof, Snippet
from workbench.sentence import say
from workbench.widgets import settle
from workbench.widgets.events import events
from workbench.widgets.highlight import highlighted
from workbench.widgets.page import Frame
from workbench.widgets.snippet_view import SnippetView, proof_markup
from workbench.widgets.snippets import SnippetShelf

PLANTED = "pl4nted-S3cret/value+99=="
HOSTILE = "<script>alert(1)</script>"
Connected = Callable[[Role], Workbench]


async def framed(bench: Workbench) -> Frame:
    async def nothing(_frame: Frame) -> Any:
        raise AssertionError

    frame = Frame("events", "Events", nothing, bench)
    frame._facts = await bench.about.facts()
    return frame


async def shelf(bench: Workbench) -> SnippetShelf:
    made = SnippetShelf(await framed(bench))
    await made.refresh()
    await settle()
    return made


def code_of(part: SnippetShelf) -> str:
    """Return the shown code as text, as a person copies it."""
    [found] = [one.value for one in of(part.widget, "Markup") if 'class="wb-code wb-lit"' in one.value]
    return html.unescape(re.sub(r"<[^>]+>", "", found))


async def test_without_an_integration_it_says_what_to_do(house: Workbench) -> None:
    part = await shelf(house)
    assert "there is none yet" in read(part.widget)
    assert "Show the code" not in offered(part.widget)


async def test_the_request_is_shown_in_the_language_of_ones_choice(
    house: Workbench, saved: Integration
) -> None:
    part = await shelf(house)
    assert part.integration.value == saved.id  # the only one there is
    await press(part.widget, "Show the code")
    assert part.place == f"integration={saved.id}"
    assert [key for key, _, _ in part.dialect.options][:2] == ["curl", "python_httpx"]
    text = read(part.widget)
    assert "Same bytes" in text
    assert "CUSTOM_X_KEY" in text
    assert "X-Key" in text
    assert "It needs: curl" in text
    assert code_of(part).strip().startswith("# Set these variables first:")
    assert PLANTED not in markup(part.widget)
    field(part.widget, "Language").value = "python_httpx"
    await settle()
    assert "import httpx" in code_of(part)
    assert part.snippets[1].text.strip() == code_of(part).strip()
    assert "Download send_httpx.py" in offered(part.widget)
    [copy] = of(part.widget, "CopyButton")
    assert copy.text == part.snippets[1].text
    await press(part.widget, "Show the code")  # the language stays
    assert part.dialect.value == "python_httpx"


async def test_what_is_wrong_with_the_contact_stands_beside_its_field(
    house: Workbench, saved: Integration
) -> None:
    part = await shelf(house)
    assert part.form is not None
    part.form.identifier.value = "no address"
    await press(part.widget, "Show the code")
    assert part.form.identifier.error
    assert of(part.result, "Markup") == []
    part.form.identifier.value = "ana@example.com"
    part.form.variables.value = "{"
    await press(part.widget, "Show the code")
    assert part.form.variables.error == "Correct this first."


async def test_a_proof_is_run_and_its_verdict_shown(house: Workbench, saved: Integration) -> None:
    part = await shelf(house)
    await press(part.widget, "Show the code")
    field(part.widget, "Language").value = "python_httpx"
    await settle()
    await press(part.widget, "Prove it")
    assert "Proven: same bytes." in read(part.widget)


async def test_a_language_that_is_not_here_has_a_sentence_and_no_button(
    house: Workbench, saved: Integration, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    part = await shelf(house)
    await press(part.widget, "Show the code")
    assert "cURL cannot be run here. Install it first: curl." in read(part.widget)
    assert "Prove it" not in offered(part.widget)


async def test_a_viewer_is_offered_no_proof(saved: Integration, connected: Connected) -> None:
    part = await shelf(connected("viewer"))
    await press(part.widget, "Show the code")
    assert "Same bytes" in read(part.widget)
    assert "Prove it" not in offered(part.widget)


async def test_a_link_leads_to_an_entry_and_to_an_integration(
    house: Workbench, saved: Integration, ana: Contact
) -> None:
    sent = await house.delivery.send(saved.id, ana)
    part = await shelf(house)
    await part.go(f"entry={sent.entry.id}")
    assert part.place == f"entry={sent.entry.id}"
    text = read(part.widget)
    assert "as the activity kept it" in text
    assert "the recipient" in text
    assert "Prove it" not in offered(part.widget)
    assert "To prove it, choose its integration" in text
    assert "ana@example.com" not in code_of(part)
    await part.go(f"integration={saved.id}")
    await press(part.widget, "Show the code")
    assert part.entry == ""
    assert "as the activity kept it" not in read(part.widget)
    await part.go("integration=none")
    await part.go("entry=")
    assert part.integration.value == saved.id


async def test_refreshing_keeps_what_is_typed(house: Workbench, saved: Integration) -> None:
    part = await shelf(house)
    assert part.form is not None
    part.form.identifier.value = "bela@example.com"
    await part.refresh()
    assert part.form.identifier.value == "bela@example.com"


async def test_nothing_chosen_is_said_at_the_field(
    house: Workbench, saved: Integration, secret: SecretRef
) -> None:
    settings = saved.settings.model_copy(update={"name": "Another"})
    draft = (await house.integrations.start()).model_copy(update={"settings": settings})
    await house.integrations.save(await house.integrations.keep(draft))
    part = await shelf(house)
    assert part.integration.value == ""
    await press(part.widget, "Show the code")
    assert part.integration.error == "Choose the integration whose request it is."


async def event_integration(house: Workbench) -> Integration:
    key = house.house.vault.seal_text(PLANTED)
    settings = Settings(
        name="Registration", channel="event", provider="sendpulse", endpoint="rest", credential_kind="sendpulse_api_key",
        credential={"api_key": key.model_dump(), "event": "registration"}, payload='"{{ event }}"',
    )  # fmt: skip
    draft = (await house.integrations.start("sendpulse")).model_copy(update={"settings": settings})
    return await house.integrations.save(await house.integrations.keep(draft))


async def test_an_event_starts_with_its_sample(house: Workbench) -> None:
    await event_integration(house)
    part = await shelf(house)
    assert "Plain text email" not in read(part.widget)  # whom it is for stands in the event
    await press(part.widget, "Show the code")
    assert [key for key, _, _ in part.dialect.options][-2:] == ["php_sendpulse", "python_sendpulse"]
    field(part.widget, "Language").value = "python_sendpulse"
    await settle()
    assert "client.send_event('registration', body)" in code_of(part)
    text = read(part.widget)
    assert "Differs: see below" in text
    assert "two slashes" in text


async def test_an_event_with_a_contract_starts_with_the_sample_of_that(house: Workbench) -> None:
    saved = await event_integration(house)
    variables = (
        EventVariable(name="order_total", type="number", sample=12.5),
        EventVariable(name="note", sample="a'b"),
    )
    kept = await house.events.save(Event(name="registration", integration_id=saved.id, variables=variables))
    part = await shelf(house)
    assert field(part.widget, "Event").value == kept.id
    assert part.form is not None
    body = json.loads(part.form.variables.value)["event"]
    assert {"order_total", "note"} <= set(body)
    await press(part.widget, "Show the code")
    assert "order_total" in code_of(part)
    assert part._asked is not None
    assert part._asked[1].identifiers == {name: body[name] for name in ("email", "phone") if name in body}
    part.form.variables.value = '{"event": {"email": "new@example.com"}}'
    await press(part.widget, "Show the code")
    assert part._asked[1].identifiers == {"email": "new@example.com"}
    assert "new@example.com" in code_of(part)
    field(part.widget, "Event").value = ""
    await settle()
    assert "Blue scarf" in part.form.variables.value


def snippet(**more: Any) -> Snippet:
    given = {
        "dialect": "curl",
        "title": "cURL",
        "language": "shell",
        "file": "send.sh",
        "text": HOSTILE,
        **more,
    }
    return Snippet.model_validate(given)


async def test_hostile_text_stays_text(house: Workbench) -> None:
    made = snippet(differences=(say("{text}", text=HOSTILE),))
    view = SnippetView(await framed(house), made, None, HOSTILE)
    assert "<script" not in markup(view.widget)
    assert "<script" not in proof_markup(Proof(dialect="curl", ran=True, reason=say("{text}", text=HOSTILE)))
    assert "<script" not in proof_markup(
        Proof(dialect="curl", ran=True, differences=(say("{text}", text=HOSTILE),))
    )


def test_each_verdict_has_its_words() -> None:
    assert "byte for byte" in proof_markup(Proof(dialect="curl", ran=True, same=True))
    assert "not here" in proof_markup(Proof(dialect="curl", reason=say("It is not here.")))
    differing = proof_markup(
        Proof(dialect="curl", ran=True, differences=(say("Header x: it did not arrive."),))
    )
    assert "what arrived differs" in differing
    assert "did not arrive" in differing


@pytest.mark.parametrize("language", ["python", "php", "javascript", "shell", "other"])
@pytest.mark.parametrize(
    "text",
    [
        "",
        "'unended",
        '"a\\"b" # no comment',
        "// c\n# d\n<?php <b>&amp;",
        "x = os.environ[\"A_B\"] + '\\'' + `a`",
        "--header 'A: '\"$KEY\" 12",
    ],
)
def test_highlighting_changes_no_letter(language: str, text: str) -> None:
    shown = highlighted(text, language)
    assert html.unescape(re.sub(r"</?span[^>]*>", "", shown)) == text
    assert "<b>" not in shown


def test_comments_strings_and_variables_are_told_apart() -> None:
    shown = highlighted("# c\nimport os\nx = 'a' + os.environ[\"KEY\"]\n", "python")
    assert '<span class="wb-lit-comment"># c</span>' in shown
    assert '<span class="wb-lit-word">import</span>' in shown
    assert '<span class="wb-lit-string">&#x27;a&#x27;</span>' in shown
    assert '<span class="wb-lit-variable">os.environ[&quot;KEY&quot;]</span>' in shown


async def test_an_event_that_was_composed_elsewhere_on_the_page_is_shown_as_code(house: Workbench) -> None:
    event = await event_of(house)
    assert event.integration_id is not None
    page = await events(await framed(house))
    await page.go(f"compose=event={event.id}")
    [composer] = page.made["compose"]
    await press(composer.widget, "Fill in an example")
    field(composer.widget, "E-mail").value = "very.this@example.com"
    await press(composer.widget, "Show it as code")
    assert page.part.value == "code"
    [part] = page.made["code"]
    assert isinstance(part, SnippetShelf)
    assert "very.this@example.com" in code_of(part)
    assert "very.this" not in part.place, "an address names nobody"
    await page.go(f"code=event={event.id}")
    assert "very.this@example.com" not in code_of(part), "the contract's own sample"
    await page.go("event=evt_none")
    assert "There is no event of this id" in read(page.widget)
