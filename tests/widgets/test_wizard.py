"""The wizard, without a browser: values are set, buttons clicked, and a real embedded workbench answers."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import ipywidgets
import pytest

from tests.loopback import listener
from workbench import Workbench
from workbench.adapters.sealed_box import seal_box
from workbench.errors import CannotWrite
from workbench.models.integration import Draft, Integration
from workbench.models.journal import EntryFilter
from workbench.sandbox.app import Sandbox
from workbench.sandbox.faults import Fault
from workbench.sentence import say
from workbench.widgets.spawn import settle
from workbench.widgets.wizard import Wizard

URL = "https://api.example.com/v1/send"
SECRET = "a-planted-secret-4711"
QUICK = 0.001
Open = Callable[..., Any]


def opened(tmp_path: Path, **more: Any) -> Workbench:
    return Workbench.open(tmp_path / "home", environ={"WORKBENCH_KEYRING": "off"}, **more)


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Workbench]:
    async with opened(tmp_path) as one:
        yield one


async def start(
    bench: Workbench, provider: str = "custom", draft: Draft | None = None, **more: Any
) -> Wizard:
    wizard = Wizard(bench, draft or await bench.integrations.start(provider), pause_s=QUICK, **more)
    await wizard.open()
    return wizard


async def click(button: ipywidgets.Button) -> None:
    button.click()
    await settle()


async def lock(wizard: Wizard, field: Any, text: str = SECRET, row: str = "") -> None:
    box = seal_box(wizard.desk.public_key, text)
    field._receive({"sealed": box, "row": row} if row else {"sealed": box})
    await settle()


def walk(widget: Any) -> Iterator[Any]:
    yield widget
    for child in getattr(widget, "children", ()):
        yield from walk(child)


def read(widget: Any) -> str:
    """All that HTML widgets show below ``widget``, as it stands in the markup."""
    return " ".join(one.value for one in walk(widget) if type(one).__name__ == "Markup")


async def configure(wizard: Wizard, name: str = "Spring news") -> None:
    wizard.step.name.value = name
    wizard.step.url.value = URL
    await click(wizard.next_button)
    assert wizard.draft.stage == "authenticate", read(wizard.banner.widget)


# -- from nothing to saved ---------------------------------------------------------------------------------------------


async def test_basic_auth_from_nothing_to_a_tested_integration(bench: Workbench) -> None:
    saved: list[Integration] = []
    wizard = await start(bench, on_saved=saved.append)
    await configure(wizard)
    wizard.step.method.value = "basic"
    fields = wizard.step.form.inputs
    fields["username"].widget.value = "reconnect"
    await lock(wizard, fields["password"].widget)
    await click(wizard.next_button)
    assert wizard.draft.stage == "test"

    trial = wizard.step
    assert "Basic ****" in trial.request.value
    assert "wb-secondary" in wizard.next_button._dom_classes
    trial.campaign.value = "Spring sale"
    await click(trial.button)
    response = read(trial.result.widget)
    assert "Accepted" in response
    assert "HTTP status 202" in response
    assert "answered_by" in response
    assert "$SECRET_1" in response
    assert wizard.draft.tested is not None
    assert "wb-primary" in wizard.next_button._dom_classes

    await click(wizard.next_button)
    review = read(wizard.body.widget)
    for part in ("Tested", "Spring news", URL, "reconnect", "**** 4711", "Basic Auth", "Spring sale"):
        assert part in review
    await click(wizard.save_button)
    assert [one.name for one in saved] == ["Spring news"]
    (listed,) = await bench.integrations.list_all()
    assert listed.badge == "tested"
    assert await bench.integrations.drafts() == []


async def test_no_auth_with_a_locked_header_untested(bench: Workbench) -> None:
    wizard = await start(bench)
    rows = wizard.step.headers.widget
    rows.rows = [
        {"id": "r1", "name": "X-Api-Key", "locked": True, "masked": "****"},
        {"id": "r2", "name": "Accept", "value": "application/json"},
    ]
    await lock(wizard, rows, row="r1")
    await configure(wizard)
    await click(wizard.next_button)
    assert "X-Api-Key" in wizard.step.request.value
    assert "**** 4711" in wizard.step.request.value
    await click(wizard.next_button)
    assert "Not tested" in read(wizard.body.widget)
    await click(wizard.save_button)
    (listed,) = await bench.integrations.list_all()
    assert listed.badge == "untested"
    (locked, plain) = listed.integration.settings.headers
    assert (locked.locked, plain.value) == (True, "application/json")
    assert bench.house.vault.open_text(locked.value.handle) == SECRET  # type: ignore[union-attr]


async def test_oauth2_is_asked_by_next_and_the_exchange_is_shown(bench: Workbench) -> None:
    wizard = await start(bench)
    await configure(wizard)
    wizard.step.method.value = "oauth2"
    form = wizard.step.form
    form.inputs["token_url"].widget.value = "https://auth.example.com/oauth/token"
    form.inputs["client_id"].widget.value = "reconnect-app"
    form.inputs["parameters"].widget.rows = [
        {"id": "r1", "name": "scope", "value": "mail"},
        {"id": "r2", "name": "pin", "locked": True, "masked": "****"},
    ]
    await lock(wizard, form.inputs["parameters"].widget, "another-planted-one", row="r2")
    await lock(wizard, form.inputs["client_secret"].widget, "wrong-secret-4711")

    await click(wizard.next_button)
    assert wizard.draft.stage == "authenticate"
    assert "refused the client id or secret" in form.inputs["token_url"].widget.error
    exchanged = read(wizard.step.token.widget)
    assert "invalid_client" in exchanged
    assert "wrong-secret" not in exchanged
    assert "another-planted-one" not in exchanged

    await lock(wizard, form.inputs["client_secret"].widget)
    assert wizard.step.token.widget.children == (), "an old answer does not stand beside new credentials"
    await click(wizard.next_button)
    assert wizard.draft.stage == "test"
    assert re.search(r"Token ok: \*\*\*\* \S{4}, valid for 3600 s\.", read(wizard.body.widget))
    assert "Bearer ****" in wizard.step.request.value
    await click(wizard.step.button)
    assert "Accepted" in read(wizard.step.result.widget)
    await click(wizard.next_button)
    await click(wizard.save_button)
    (listed,) = await bench.integrations.list_all()
    assert listed.badge == "tested"
    assert listed.integration.settings.credential["parameters"][0] == {"name": "scope", "value": "mail"}
    kinds = [entry.kind for entry in await bench.activity.entries(EntryFilter())]
    assert kinds.count("token") == 2


async def test_a_person_may_go_back_from_a_refused_token(bench: Workbench) -> None:
    wizard = await start(bench)
    await configure(wizard)
    wizard.step.method.value = "oauth2"
    wizard.step.form.inputs["token_url"].widget.value = "https://auth.example.com/oauth/token"
    wizard.step.form.inputs["client_id"].widget.value = "reconnect-app"
    await lock(wizard, wizard.step.form.inputs["client_secret"].widget, "wrong-secret-4711")
    await click(wizard.next_button)
    await click(wizard.back_button)
    assert wizard.draft.stage == "configure"
    assert wizard.step.name.value == "Spring news"
    await click(wizard.next_button)
    assert wizard.step.form.inputs["client_id"].widget.value == "reconnect-app"
    assert wizard.step.form.inputs["client_secret"].widget.masked == "**** 4711"


# -- errors ------------------------------------------------------------------------------------------------------------


async def test_each_error_of_step_1_stands_beside_its_field(bench: Workbench) -> None:
    wizard = await start(bench)
    step = wizard.step
    step.url.value = "ftp://example.com"
    step.identifier.value = "custom"
    step.connect_s.value = "soon"
    step.total_s.value = "61"
    step.headers.widget.rows = [
        {"id": "a", "name": "", "value": ""},
        {"id": "b", "name": "Bad Name", "value": "x"},
        {"id": "c", "name": "Accept", "value": "é"},
    ]
    await click(wizard.next_button)
    assert wizard.draft.stage == "configure"
    assert "name" in step.name.error
    assert "https://" in step.url.error
    assert "identifier" in step.identifier_name.error
    assert "Bad Name" in step.headers.widget.errors["b"]["name"]
    assert "Accept" in step.headers.widget.errors["c"]["value"]
    assert "a" not in step.headers.widget.errors
    assert "“soon”" in step.connect_s.error
    assert "from 1 to 60" in step.total_s.error
    assert step.advanced.opened
    assert wizard.banner.widget.children == ()
    step.name.value = "Now it has one"
    assert step.name.error == ""
    await settle()


async def test_each_error_of_step_2_stands_beside_its_field(bench: Workbench) -> None:
    wizard = await start(bench)
    await configure(wizard)
    wizard.step.method.value = "basic"
    wizard.step.form.inputs["username"].widget.value = "with:colon"
    await click(wizard.next_button)
    errors = {name: one.widget.error for name, one in wizard.step.form.inputs.items()}
    assert "User name" in errors["username"]
    assert "Password" in errors["password"]
    wizard.step.method.value = "oauth2"
    wizard.step.form.inputs["token_url"].widget.value = "http://auth.example.com"
    wizard.step.form.inputs["client_secret_key"].widget.value = "client_id"
    wizard.step.form.inputs["client_id"].widget.value = "app"
    await lock(wizard, wizard.step.form.inputs["client_secret"].widget)
    await click(wizard.next_button)
    fields = wizard.step.form.inputs
    assert "client_id" in fields["client_id_key"].widget.error
    assert wizard.step.form.fold.opened
    fields["client_secret_key"].widget.value = "client_secret"
    await click(wizard.next_button)
    assert "https://" in fields["token_url"].widget.error


async def test_each_error_of_step_3_stands_beside_its_field(bench: Workbench) -> None:
    wizard = await start(bench)
    await configure(wizard)
    await click(wizard.next_button)
    trial = wizard.step
    trial.contact.identifier.value = "nobody"
    await click(trial.button)
    assert "nobody" in trial.contact.identifier.error
    assert trial.result.widget.children == ()
    trial.contact.identifier.value = "ana@example.com"
    trial.contact.variables.value = '{"first_name": }'
    await click(trial.button)
    assert trial.contact.variables.problems[0]["line"] == 1
    assert trial.contact.variables.error
    assert trial.result.widget.children == ()
    trial.contact.variables.value = "{}"
    await click(trial.button)
    assert "subject" in read(wizard.banner.widget) + trial.composer.editor.error
    trial.composer.editor.value = "{"
    await click(wizard.next_button)
    assert wizard.draft.stage == "test"
    assert trial.composer.editor.error
    trial.composer.editor.value = '{"to": "${User Identifier}"}'
    await click(trial.button)
    assert "Accepted" in read(trial.result.widget)


async def test_what_the_payload_asks_for_and_nobody_gives_can_be_added(bench: Workbench) -> None:
    wizard = await start(bench)
    await configure(wizard)
    await click(wizard.next_button)
    trial = wizard.step
    assert trial.contact.fill.layout.display == "none"
    trial.composer.editor.value = '{"to": "${User Identifier}", "a": "${coupon}", "b": "{{ order.total }}", "c": "{{ x | default(1) }}"}'
    assert trial.contact.lacking == ("coupon", "order.total")
    assert trial.contact.fill.layout.display is None
    await click(trial.contact.fill)
    assert json.loads(trial.contact.variables.value) == {
        "first_name": "Ana", "subject": "Your cart is waiting", "number_of_items": 2, "coupon": "", "order.total": "",
    }  # fmt: skip
    assert trial.contact.fill.layout.display == "none"
    await click(trial.button)
    assert "Accepted" in read(trial.result.widget)


async def test_an_error_of_another_step_names_that_step(bench: Workbench) -> None:
    wizard = await start(bench)
    await configure(wizard)
    other = await start(bench)
    await configure(other)
    for one in (wizard, other):
        await click(one.next_button)
        await click(one.next_button)
        assert one.draft.stage == "save"
    await click(wizard.save_button)
    await click(other.save_button)
    said = read(other.banner.widget)
    assert "In step Configure:" in said
    assert "Spring news" in said
    assert len(await bench.integrations.list_all()) == 1


async def test_a_server_that_fails_is_a_sentence_and_nothing_is_lost(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    wizard = await start(bench)
    wizard.step.name.value = "Spring news"
    wizard.step.url.value = URL
    await settle()
    with monkeypatch.context() as patch:

        async def full(*_: Any) -> Draft:
            raise CannotWrite(say("The disk is full. Make room, then try once more."))

        patch.setattr(bench.integrations, "keep", full)
        await click(wizard.next_button)
        assert "The disk is full" in read(wizard.banner.widget)
        assert wizard.draft.stage == "configure"
        assert wizard.step.name.value == "Spring news"
        assert wizard.next_button.disabled is False
    await click(wizard.next_button)
    assert wizard.draft.stage == "authenticate"


async def test_a_fault_of_our_own_is_said_and_still_raised(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    wizard = await start(bench)

    async def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(bench.integrations, "check", broken)
    wizard.next_button.click()
    with pytest.raises(ZeroDivisionError):
        await settle()
    assert "ZeroDivisionError" in read(wizard.banner.widget)
    assert wizard.next_button.disabled is False


# -- the draft ---------------------------------------------------------------------------------------------------------


async def test_every_change_is_kept_and_a_closed_browser_finds_it_again(bench: Workbench) -> None:
    wizard = await start(bench)
    wizard.step.name.value = "Half done"
    wizard.step.url.value = "https://api.exam"
    wizard.step.headers.widget.rows = [{"id": "r1", "name": "X-Api-Key", "locked": True, "masked": "****"}]
    await lock(wizard, wizard.step.headers.widget, row="r1")
    (kept,) = await bench.integrations.drafts()
    again = await start(bench, draft=kept)
    assert again.draft.stage == "configure"
    assert (again.step.name.value, again.step.url.value) == ("Half done", "https://api.exam")
    assert again.step.headers.widget.rows[0]["masked"] == "**** 4711"


async def test_two_people_in_one_draft_lose_nothing(bench: Workbench) -> None:
    first = await start(bench)
    [draft] = await bench.integrations.drafts()
    went: list[Draft] = []
    second = await start(bench, draft=draft, on_apart=went.append)
    for wizard, name in ((first, "Ana's"), (second, "Bo's")):
        wizard.step.name.value = name
        await settle()
    assert "Somebody else changed this draft" in read(second.apart.widget)
    assert read(first.apart.widget) == ""
    assert first.draft.id != second.draft.id
    assert [one.id for one in went] == [second.draft.id], "the page's address follows it"
    first.step.name.value = "Ana's, once more"
    second.step.name.value = "Bo's, once more"
    await settle()
    kept = {one.id: one.settings.name for one in await bench.integrations.drafts()}
    assert kept == {first.draft.id: "Ana's, once more", second.draft.id: "Bo's, once more"}


async def test_a_test_says_nothing_of_what_somebody_else_made_of_the_draft_meanwhile(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    wizard = await start(bench)
    await configure(wizard)
    await click(wizard.next_button)
    sent = bench.integrations.dispatch.send

    async def slow(*args: Any) -> Any:
        theirs = await bench.integrations.draft(wizard.draft.id)
        other = theirs.settings.model_copy(update={"name": "Theirs"})
        await bench.integrations.keep(theirs.model_copy(update={"settings": other}))
        return await sent(*args)

    monkeypatch.setattr(bench.integrations.dispatch, "send", slow)
    await click(wizard.step.button)
    assert "Accepted" in read(wizard.step.result.widget)
    [theirs] = await bench.integrations.drafts()
    assert (theirs.settings.name, theirs.tested, wizard.draft.tested) == ("Theirs", None, None)
    await click(wizard.next_button)
    assert "Somebody else changed this draft" in read(wizard.apart.widget)
    names = {one.settings.name for one in await bench.integrations.drafts()}
    assert names == {"Theirs", "Spring news"}


@pytest.mark.parametrize("stage", ["configure", "authenticate", "test", "save"])
async def test_a_draft_opens_at_its_stage(bench: Workbench, stage: Any) -> None:
    draft = await bench.integrations.start()
    draft = await bench.integrations.keep(draft.model_copy(update={"stage": stage}))
    wizard = await start(bench, draft=draft)
    assert wizard.step.stage == stage
    assert 'wb-step-current" aria-current="step"' in wizard.steps.value
    assert (wizard.back_button.layout.display == "none") == (stage == "configure")
    assert (wizard.save_button.layout.display == "none") == (stage != "save")
    assert (wizard.next_button.layout.display == "none") == (stage == "save")


async def test_back_keeps_what_is_typed_right_or_wrong(bench: Workbench) -> None:
    wizard = await start(bench)
    await configure(wizard)
    await click(wizard.next_button)
    wizard.step.contact.identifier.value = "bo@example.com"
    wizard.step.contact.variables.value = '{"broken": '
    wizard.step.composer.editor.value = '{"half": '
    await click(wizard.back_button)
    assert wizard.draft.stage == "authenticate"
    await click(wizard.next_button)
    assert wizard.step.contact.identifier.value == "bo@example.com"
    assert wizard.step.contact.variables.value == '{"broken": '
    assert wizard.step.composer.text == '{"half": '


async def test_finish_later_keeps_the_draft_and_leaves(bench: Workbench) -> None:
    left: list[bool] = []

    async def gone() -> None:
        left.append(True)

    wizard = await start(bench, on_closed=gone)
    wizard.step.name.value = "Later"
    await click(wizard.later_button)
    assert left == [True]
    (kept,) = await bench.integrations.drafts()
    assert kept.settings.name == "Later"


async def test_a_change_after_the_test_says_so(bench: Workbench) -> None:
    wizard = await start(bench)
    await configure(wizard)
    await click(wizard.next_button)
    await click(wizard.step.button)
    wizard.step.composer.editor.value = '{"to": "${User Identifier}", "new": true}'
    await click(wizard.next_button)
    assert "Changed since test" in read(wizard.body.widget)
    await click(wizard.save_button)
    assert (await bench.integrations.list_all())[0].badge == "changed"


async def test_a_saved_integration_is_edited_in_the_same_wizard(bench: Workbench) -> None:
    wizard = await start(bench)
    await configure(wizard)
    await click(wizard.next_button)
    await click(wizard.next_button)
    await click(wizard.save_button)
    (listed,) = await bench.integrations.list_all()
    again = await start(bench, draft=await bench.integrations.edit(listed.integration.id))
    again.step.name.value = "Renamed"
    for _ in range(3):
        await click(again.next_button)
    await click(again.save_button)
    (renamed,) = await bench.integrations.list_all()
    assert (renamed.integration.id, renamed.integration.name) == (listed.integration.id, "Renamed")


async def test_a_secret_that_is_gone_is_asked_for_again(bench: Workbench) -> None:
    wizard = await start(bench)
    await configure(wizard)
    wizard.step.method.value = "basic"
    wizard.step.form.inputs["username"].widget.value = "reconnect"
    password = wizard.step.form.inputs["password"]
    await lock(wizard, password.widget)
    bench.house.vault.forget(password.ref.handle)
    (kept,) = await bench.integrations.drafts()
    again = await start(bench, draft=kept)
    field = again.step.form.inputs["password"].widget
    assert field.masked == ""
    assert "not in this vault" in field.error
    await click(again.next_button)
    assert again.draft.stage == "authenticate"


# -- providers ---------------------------------------------------------------------------------------------------------


async def test_choosing_a_provider_fills_in_what_it_declares(bench: Workbench) -> None:
    wizard = await start(bench)
    wizard.step.provider.value = "sendgrid"
    await settle()
    settings = wizard.draft.settings
    assert (settings.provider, settings.url) == ("sendgrid", "https://{host}/v3/mail/send")
    assert settings.credential_kind == "sendgrid_key"
    assert "personalizations" in settings.payload
    assert wizard.step.asked.widget.children == ()
    assert "step 2" in wizard.step.url.hint
    wizard.step.name.value = "SendGrid"
    await click(wizard.next_button)
    form = wizard.step.form
    assert form.inputs["host"].widget.value == "api.sendgrid.com"
    await lock(wizard, form.inputs["api_key"].widget, "SG.accepted-key-4711")
    await click(wizard.next_button)
    assert "https://api.sendgrid.com/v3/mail/send" in wizard.step.request.value
    await click(wizard.step.button)
    assert "Accepted" in read(wizard.step.result.widget)


async def test_what_was_typed_is_replaced_only_after_a_question(bench: Workbench) -> None:
    wizard = await start(bench)
    step = wizard.step
    step.url.value = URL
    step.provider.value = "postmark"
    assert "the HTTP Post URL" in read(step.asked.widget)
    assert wizard.draft.settings.provider == "custom"
    await click(wizard.next_button)
    assert "Say first" in step.provider.error
    stay = next(one for one in walk(step.asked.widget) if getattr(one, "description", "").startswith("Stay"))
    await click(stay)
    assert (step.provider.value, step.url.value) == ("custom", URL)
    step.provider.value = "postmark"
    change = next(
        one for one in walk(step.asked.widget) if getattr(one, "description", "").startswith("Change")
    )
    await click(change)
    assert wizard.draft.settings.provider == "postmark"
    assert step.url.value != URL
    assert step.asked.widget.children == ()


async def test_a_provider_with_several_endpoints_offers_them_and_keeps_a_typed_host(bench: Workbench) -> None:
    wizard = await start(bench, "salesforce_marketing_cloud")
    step = wizard.step
    assert step.endpoint.layout.display is None
    step.url.value = step.url.value.replace("YOUR_SUBDOMAIN", "mc123")
    step.endpoint.value = "event"
    assert step.url.value == "https://mc123.rest.marketingcloudapis.com/interaction/v1/events"
    await settle()
    assert wizard.draft.settings.endpoint == "event"
    assert (await start(bench, "brevo")).step.endpoint.layout.display == "none"


async def test_an_endpoint_of_ones_own_keeps_the_address_and_is_sent_as_chosen(bench: Workbench) -> None:
    wizard = await start(bench)
    assert wizard.step.endpoint.layout.display is None
    wizard.step.url.value = URL + "?key={key}"
    wizard.step.endpoint.value = "put"
    assert wizard.step.url.value == URL + "?key={key}"
    wizard.step.name.value = "By PUT"
    await click(wizard.next_button)
    assert wizard.draft.settings.endpoint == "put"
    wizard.step.method.value = "address_key"
    await lock(wizard, wizard.step.form.inputs["key"].widget)
    await click(wizard.next_button)
    assert wizard.draft.stage == "test", read(wizard.banner.widget)
    assert "PUT" in wizard.step.request.value
    await click(wizard.step.button)
    assert "Accepted" in read(wizard.step.result.widget)
    await click(wizard.next_button)
    assert "PUT, JSON" in read(wizard.body.widget)
    assert SECRET not in read(wizard.body.widget)


async def test_a_key_in_a_header_of_ones_own_is_checked(bench: Workbench) -> None:
    wizard = await start(bench)
    await configure(wizard)
    wizard.step.method.value = "header_key"
    fields = wizard.step.form.inputs
    fields["header"].widget.value = "Host"
    await lock(wizard, fields["key"].widget)
    await click(wizard.next_button)
    assert "set by the connection" in fields["header"].widget.error
    fields["header"].widget.value = "X-Shop"
    await click(wizard.next_button)
    assert wizard.draft.stage == "test", read(wizard.banner.widget)
    assert "X-Shop" in wizard.step.request.value
    assert SECRET not in wizard.step.request.value


async def test_an_address_without_a_place_for_its_key_is_said_in_step_2(bench: Workbench) -> None:
    wizard = await start(bench)
    await configure(wizard)
    wizard.step.method.value = "address_key"
    await lock(wizard, wizard.step.form.inputs["key"].widget)
    await click(wizard.next_button)
    assert wizard.draft.stage == "authenticate"
    assert "Write {key} where the key belongs" in wizard.step.method.error


async def test_looking_at_a_saved_endpoint_of_ones_own_changes_nothing(bench: Workbench) -> None:
    first = await start(bench)
    await configure(first)
    await click(first.next_button)
    await click(first.next_button)
    await click(first.save_button)
    (listed,) = await bench.integrations.list_all()
    assert listed.integration.settings.endpoint == ""
    again = await start(bench, draft=await bench.integrations.edit(listed.integration.id))
    again.step.endpoint.value = "form"
    await settle()
    assert again.draft.settings.endpoint == "form"
    again.step.endpoint.value = "post"
    await settle()
    assert again.draft.settings == listed.integration.settings


async def test_an_endpoint_that_is_found_again_keeps_its_typed_address(bench: Workbench) -> None:
    wizard = await start(bench, "salesforce_marketing_cloud")
    wizard.step.url.value = "https://mc123.rest.marketingcloudapis.com/messaging/v1/email/messages/x"
    await settle()
    (kept,) = await bench.integrations.drafts()
    assert (await start(bench, draft=kept)).step.url.value.endswith("/messages/x")


async def test_a_local_address_offers_the_local_test(bench: Workbench) -> None:
    step = (await start(bench)).step
    assert step.local_test.layout.display == "none"
    step.url.value = "http://127.0.0.1:8080/send"
    assert step.local_test.layout.display is None
    await settle()


async def test_a_second_integration_of_a_channel_needs_the_switch(bench: Workbench) -> None:
    first = await start(bench)
    await configure(first)
    await click(first.next_button)
    await click(first.next_button)
    await click(first.save_button)
    second = await start(bench)
    second.step.name.value, second.step.url.value = "Another", URL
    await click(second.next_button)
    assert "Allow several" in second.step.channel.error
    assert second.step.advanced.opened
    second.step.allow_several.value = True
    await click(second.next_button)
    assert second.draft.stage == "authenticate"


async def test_the_header_for_ids_is_checked_and_kept(bench: Workbench) -> None:
    wizard = await start(bench)
    wizard.step.idempotency_header.value = "two words"
    wizard.step.name.value, wizard.step.url.value = "Ids", URL
    await click(wizard.next_button)
    assert "two words" in wizard.step.idempotency_header.error
    assert wizard.step.advanced.opened
    wizard.step.idempotency_header.value = "Idempotency-Key"
    await configure(wizard)
    assert wizard.draft.settings.idempotency_header == "Idempotency-Key"
    await click(wizard.next_button)
    await click(wizard.next_button)
    assert "Idempotency-Key" in read(wizard.body.widget)


async def test_presets_rename_the_keys_and_say_which_one_it_is(bench: Workbench) -> None:
    wizard = await start(bench)
    await configure(wizard)
    wizard.step.method.value = "oauth2"
    assert wizard.step.preset.value == "Standard, form body"
    wizard.step.preset.value = "Salesforce Marketing Cloud, legacy"
    values = wizard.step.form.values()
    assert (values["client_id_key"], values["client_secret_key"], values["grant_type"]) == (
        "clientId",
        "clientSecret",
        "",
    )
    assert wizard.step.preset.value == "Salesforce Marketing Cloud, legacy"
    wizard.step.form.inputs["client_id_key"].widget.value = "other"
    assert wizard.step.preset.value == ""
    await settle()


async def test_another_method_and_back_loses_nothing(bench: Workbench) -> None:
    wizard = await start(bench)
    await configure(wizard)
    wizard.step.method.value = "basic"
    wizard.step.form.inputs["username"].widget.value = "reconnect"
    await lock(wizard, wizard.step.form.inputs["password"].widget)
    wizard.step.method.value = "none"
    await settle()
    assert wizard.draft.settings.credential == {}
    wizard.step.method.value = "basic"
    await settle()
    assert wizard.step.form.inputs["username"].widget.value == "reconnect"
    assert wizard.step.form.inputs["password"].widget.masked == "**** 4711"


# -- what deserves a look ----------------------------------------------------------------------------------------------


async def test_a_warning_is_said_and_does_not_block(bench: Workbench) -> None:
    wizard = await start(bench)
    wizard.step.headers.widget.rows = [{"id": "r1", "name": "X-Api-Key", "value": "typed in plain sight"}]
    await settle()
    assert "looks like a secret" in read(wizard.step.noted.widget)
    await configure(wizard)


async def test_the_custom_identifier_and_the_hash_have_their_own_sample(bench: Workbench) -> None:
    wizard = await start(bench)
    wizard.step.identifier.value = "custom"
    wizard.step.identifier_name.value = "customer_id"
    await configure(wizard)
    await click(wizard.next_button)
    assert wizard.step.contact.identifier.label == "customer_id"
    assert "customer-1001" in wizard.step.composer.preview.value
    await click(wizard.step.button)
    assert "Accepted" in read(wizard.step.result.widget)


# -- live --------------------------------------------------------------------------------------------------------------


class Endpoint:
    """A real server on loopback that takes anything and counts it."""

    def __init__(self) -> None:
        self.taken: list[bytes] = []

    async def __aenter__(self) -> Endpoint:
        self.server = await asyncio.start_server(self._answer, sock=listener())
        self.url = f"http://127.0.0.1:{self.server.sockets[0].getsockname()[1]}/send"
        return self

    async def __aexit__(self, *_: object) -> None:
        self.server.close()
        await self.server.wait_closed()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(re.search(rb"content-length: (\d+)", head, re.IGNORECASE)[1])  # type: ignore[index]
        self.taken.append(await reader.readexactly(length))
        writer.write(b'HTTP/1.1 202 Accepted\r\nContent-Length: 12\r\nConnection: close\r\n\r\n{"id":"m-1"}')
        await writer.drain()
        writer.close()


async def test_a_live_test_asks_first_naming_host_and_recipient(tmp_path: Path) -> None:
    async with Endpoint() as endpoint, opened(tmp_path, live=True, allowed_hosts={"127.0.0.1"}) as bench:
        wizard = await start(bench)
        assert "Live." in read(wizard.mode.widget)
        wizard.step.name.value = "Live"
        wizard.step.url.value = endpoint.url
        wizard.step.local_test.value = True
        await click(wizard.next_button)
        await click(wizard.next_button)
        assert wizard.draft.stage == "test", read(wizard.banner.widget)
        assert "Live." in read(wizard.mode.widget)
        trial = wizard.step
        assert trial.contact.identifier.value == "", "no sample address where messages are real"
        await click(trial.button)
        assert trial.asked.widget.children == ()
        trial.contact.identifier.value = "ana@example.com"

        await click(trial.button)
        question = read(trial.asked.widget)
        assert "127.0.0.1" in question
        assert "ana@example.com" in question
        assert endpoint.taken == []
        await click(_button(trial.asked.widget, "Do not send"))
        assert trial.asked.widget.children == ()

        await click(trial.button)
        trial.contact.identifier.value = "bo@example.com"
        assert trial.asked.widget.children == (), "an answer to an older question counts no more"
        await settle()
        await click(trial.button)
        await click(_button(trial.asked.widget, "Send to bo@example.com through 127.0.0.1"))
        assert "Accepted" in read(trial.result.widget)
        assert [json.loads(body)["to"] for body in endpoint.taken] == ["bo@example.com"]


def _button(widget: Any, words: str) -> ipywidgets.Button:
    return next(one for one in walk(widget) if getattr(one, "description", "") == words)


# -- safety ------------------------------------------------------------------------------------------------------------


async def test_hostile_html_in_a_reply_stays_text(tmp_path: Path) -> None:
    sandbox = Sandbox(faults={"custom": (Fault(kind="html"),)})
    async with opened(tmp_path, sandbox=sandbox) as bench:
        wizard = await start(bench)
        await configure(wizard)
        await click(wizard.next_button)
        await click(wizard.step.button)
        shown = read(wizard.step.result.widget)
        assert "&lt;script&gt;document.title" in shown
        assert "<script" not in shown


async def test_a_hostile_name_stays_text_in_the_review(bench: Workbench) -> None:
    wizard = await start(bench)
    await configure(wizard, name="<img src=x onerror=alert(1)>")
    await click(wizard.next_button)
    await click(wizard.next_button)
    assert "&lt;img src=x" in read(wizard.body.widget)
    assert "<img" not in read(wizard.body.widget)


async def test_no_widget_ever_holds_a_secret(tmp_path: Path) -> None:
    """What every widget of this kernel holds, displayed or not, a visitor can read (measured)."""
    sandbox = Sandbox()
    async with opened(tmp_path, sandbox=sandbox) as bench:
        seen = await _seen_on_the_way(await start(bench))
    assert "**** 4711" in seen, "the masks are there, so the states were read"
    assert sandbox.tokens.issued
    for secret in (SECRET, *sandbox.tokens.issued):
        assert secret not in seen


async def _seen_on_the_way(wizard: Wizard) -> str:
    """Return the state of every widget, shown or not, at each step on the way to Save."""
    instances = ipywidgets.widgets.widget._instances
    of_other_tests = set(instances) - {one.model_id for one in walk(wizard.widget)}
    seen: list[str] = []

    def look() -> None:
        for one in [one for id, one in list(instances.items()) if id not in of_other_tests]:
            seen.append(json.dumps(one.get_state(), default=lambda value: repr(value)))
            seen.append(repr(one))

    rows = wizard.step.headers.widget
    rows.rows = [{"id": "r1", "name": "X-Api-Key", "locked": True, "masked": "****"}]
    await lock(wizard, rows, row="r1")
    look()
    await configure(wizard)
    wizard.step.method.value = "oauth2"
    form = wizard.step.form
    form.inputs["token_url"].widget.value = "https://auth.example.com/oauth/token"
    form.inputs["client_id"].widget.value = "reconnect-app"
    await lock(wizard, form.inputs["client_secret"].widget)
    look()
    await click(wizard.next_button)
    assert wizard.draft.stage == "test"
    look()
    await click(wizard.step.button)
    assert "Accepted" in read(wizard.step.result.widget)
    look()
    await click(wizard.next_button)
    look()
    return " ".join(seen)


async def test_steps_that_are_left_leave_no_widgets_behind(bench: Workbench) -> None:
    wizard = await start(bench)
    first = wizard.step
    await configure(wizard)
    assert [one for one in walk(first.widget) if one.comm is not None] == []


async def test_reprs_carry_no_ids(bench: Workbench) -> None:
    wizard = await start(bench)
    await configure(wizard)
    await click(wizard.next_button)
    parts = [
        wizard,
        wizard.step,
        wizard.keeper,
        wizard.desk,
        wizard.heading,
        wizard.step.contact,
        wizard.step.composer,
    ]
    assert re.search(r"0x[0-9a-f]{6}", repr(parts)) is None


# -- through a server --------------------------------------------------------------------------------------------------


async def test_through_a_server_it_is_the_same_wizard(
    house: Workbench, connected: Callable[[str], Workbench]
) -> None:
    async with connected("operator") as bench:
        wizard = await start(bench)
        await configure(wizard)
        wizard.step.method.value = "basic"
        wizard.step.form.inputs["username"].widget.value = "reconnect"
        await lock(wizard, wizard.step.form.inputs["password"].widget)
        await click(wizard.next_button)
        await click(wizard.step.button)
        assert "Accepted" in read(wizard.step.result.widget)
        wizard.step.contact.identifier.value = "nobody"
        await click(wizard.step.button)
        assert "nobody" in wizard.step.contact.identifier.error, "problems cross the wire with their fields"
        await click(wizard.next_button)
        await click(wizard.save_button)
    (listed,) = await house.integrations.list_all()
    assert (listed.integration.name, listed.badge) == ("Spring news", "tested")


async def test_who_may_not_build_reads_why(house: Workbench, connected: Callable[[str], Workbench]) -> None:
    draft = await house.integrations.start()
    async with connected("viewer") as bench:
        wizard = await start(bench, draft=draft)
        wizard.step.name.value = "Not mine"
        await settle()
        await click(wizard.next_button)
        assert "viewer" in read(wizard.banner.widget)
        assert wizard.draft.stage == "configure"


async def test_without_a_server_the_page_says_so_and_tries_again(
    house: Workbench, connected: Callable[[str], Workbench]
) -> None:
    draft = await house.integrations.start()
    left: list[bool] = []
    wizard = Wizard(
        Workbench.connect("http://127.0.0.1:9", "token"),
        draft,
        on_closed=lambda: left.append(True),
        pause_s=QUICK,
    )
    assert await wizard.open() is wizard.widget
    assert "does not answer" in read(wizard.banner.widget)
    shown = {
        one.description for one in walk(wizard.widget) if isinstance(one, ipywidgets.Button) and visible(one)
    }
    assert shown == {"Finish later", "Try again"}
    await click(wizard.later_button)
    assert left == [True]
    await wizard.bench.close()

    async with connected("operator") as bench:
        wizard.bench, wizard.desk.secrets, wizard.keeper.integrations = (
            bench,
            bench.secrets,
            bench.integrations,
        )
        await click(wizard.again_button)
        assert wizard.step.stage == "configure"
        assert wizard.banner.widget.children == ()
        assert visible(wizard.next_button)
        assert not visible(wizard.again_button)


def visible(widget: ipywidgets.DOMWidget) -> bool:
    return bool(widget.layout.display != "none")
