"""The wizard for SendPulse: the endpoint decides which method is offered, and both kinds of key lead to a tested integration."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.providers.filled import EVENT_URL
from workbench import Workbench
from workbench.adapters.sealed_box import seal_box
from workbench.models.event import EVENT_PAYLOAD
from workbench.widgets.spawn import settle
from workbench.widgets.wizard import Wizard

HASH = EVENT_URL.split("/")[-2]


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Workbench]:
    async with Workbench.open(tmp_path / "home", environ={"WORKBENCH_KEYRING": "off"}) as one:
        yield one


async def started(bench: Workbench, endpoint: str = "rest") -> Wizard:
    """Return the wizard at step 2 of an integration for this endpoint."""
    wizard = Wizard(bench, await bench.integrations.start("sendpulse"), pause_s=0.001)
    await wizard.open()
    wizard.step.endpoint.value = endpoint
    wizard.step.name.value = "Purchase"
    await press(wizard)
    assert wizard.draft.stage == "authenticate"
    return wizard


async def press(wizard: Wizard) -> None:
    wizard.next_button.click()
    await settle()


async def lock(wizard: Wizard, field: Any, text: str) -> None:
    field._receive({"sealed": seal_box(wizard.desk.public_key, text)})
    await settle()


def shown(widget: Any) -> str:
    """All that HTML widgets show below ``widget``."""
    own = str(widget.value) if type(widget).__name__ == "Markup" else ""
    return " ".join([own, *(shown(child) for child in getattr(widget, "children", ()))])


async def test_step_1_offers_the_three_tabs_and_says_where_the_address_comes_from(bench: Workbench) -> None:
    wizard = Wizard(bench, await bench.integrations.start("sendpulse"), pause_s=0.001)
    await wizard.open()
    step = wizard.step
    assert [option[0] for option in step.endpoint.options] == ["rest", "raw", "form", "urlencoded"]
    assert (step.channel.value, step.channel.disabled) == ("event", True)
    assert step.url.value == "https://api.sendpulse.com/events/name/{event}"
    step.endpoint.value = "form"
    assert step.url.value == "{event_url}"
    assert "filled from step 2" in str(step.url.hint)


async def test_id_and_secret_lead_to_a_tested_integration(bench: Workbench) -> None:
    wizard = await started(bench)
    step = wizard.step
    assert [option[0] for option in step.method.options] == ["oauth2", "sendpulse_api_key"]
    assert step.preset.layout.display == "none"  # SendPulse's token request is set as it wants it
    fields = step.form.inputs
    assert next(iter(fields)) == "event"
    assert fields["token_url"].widget.value == "https://api.sendpulse.com/oauth/access_token"
    fields["event"].widget.value = ".."
    fields["client_id"].widget.value = "id-1"
    await lock(wizard, fields["client_secret"].widget, "secret-1")
    await press(wizard)
    assert wizard.draft.stage == "authenticate"
    assert "another folder" in str(fields["event"].widget.error)
    fields["event"].widget.value = "purchase"
    await press(wizard)
    assert wizard.draft.stage == "test"
    trial = wizard.step
    assert trial.composer.text == EVENT_PAYLOAD
    assert "order_total" in trial.composer.preview.value
    trial.button.click()
    await settle()
    assert "Accepted" in shown(trial.result.widget)


async def test_the_events_name_is_kept_when_the_method_changes(bench: Workbench) -> None:
    wizard = await started(bench)
    wizard.step.form.inputs["event"].widget.value = "purchase"
    wizard.step.method.value = "sendpulse_api_key"
    fields = wizard.step.form.inputs
    assert list(fields) == ["event", "api_key"]
    assert fields["event"].widget.value == "purchase"


@pytest.mark.parametrize("endpoint", ["form", "urlencoded"])
async def test_an_events_url_is_the_only_way_of_the_other_tabs(bench: Workbench, endpoint: str) -> None:
    wizard = await started(bench, endpoint)
    fields = wizard.step.form.inputs
    assert list(fields) == ["event_url"]
    await lock(wizard, fields["event_url"].widget, EVENT_URL.replace("https", "http"))
    await press(wizard)
    assert wizard.draft.stage == "authenticate"
    assert "https://" in str(fields["event_url"].widget.error)
    await lock(wizard, fields["event_url"].widget, EVENT_URL)
    await press(wizard)
    assert wizard.draft.stage == "test"
    trial = wizard.step
    assert "a form with 7 fields" in trial.composer.preview.value
    assert "products[0][name] = Blue scarf" in trial.composer.preview.value
    assert "**** 3663" in trial.request.value
    trial.button.click()
    await settle()
    assert "Accepted" in shown(trial.result.widget)
    assert HASH not in shown(wizard.body.widget)


async def test_the_payload_written_by_hand_is_ready_too(bench: Workbench) -> None:
    wizard = await started(bench, "raw")
    await lock(wizard, wizard.step.form.inputs["event_url"].widget, EVENT_URL)
    await press(wizard)
    trial = wizard.step
    assert [option[0] for option in trial.composer.picker.options] == [
        "sendpulse-event",
        "sendpulse-variables",
    ]
    trial.composer.picker.value = "sendpulse-variables"
    trial.button.click()
    await settle()
    assert "Accepted" in shown(trial.result.widget)
    assert "number_of_items" in trial.composer.preview.value
