"""The payload page: another provider brings its own payloads, the contact's values fill the slots at once, nothing is kept or sent."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from tests.widgets.faces import field, markup, of, read
from workbench import Workbench
from workbench.models.person import Role
from workbench.providers import every
from workbench.widgets import payload_page, settle

Connected = Callable[[Role], Workbench]


async def test_the_values_of_the_contact_fill_the_payload_at_once(connected: Connected) -> None:
    page = await payload_page(connected("viewer"))
    assert "ana.lima@example.com" in markup(page)
    assert "Spring sale" in markup(page)
    field(page, "Plain text email").value = "eve@example.com"
    field(page, "Campaign name").value = "Winter sale"
    field(page, "Variables").value = json.dumps({"first_name": "Eve", "subject": 'Say "hi" </pre><script>'})
    await settle()
    shown = markup(page)
    for part in ("eve@example.com", "Winter sale", "Hello Eve", "&lt;/pre&gt;&lt;script&gt;"):
        assert part in shown
    assert "ana.lima@example.com" not in shown
    assert "<script" not in shown


@pytest.mark.parametrize("key", [key for key, provider in every().items() if provider.templates])
async def test_each_provider_brings_a_ready_payload_that_has_no_error(key: str, connected: Connected) -> None:
    page = await payload_page(connected("viewer"))
    field(page, "Written for").value = key
    editor = field(page, "JSON payload")
    assert editor.value == every()[key].templates[0].text
    assert [problem for problem in editor.problems if problem["level"] == "error"] == []
    assert len(of(page, "JsonEditor")) == 2  # the one before is gone


async def test_a_mistake_is_marked_and_nothing_is_kept_or_sent(
    connected: Connected, house: Workbench
) -> None:
    page = await payload_page(connected("viewer"))
    field(page, "JSON payload").value = '{"to": "${User Identifer}",}'
    assert any("Did you mean" in one["message"] for one in field(page, "JSON payload").problems)
    assert "as soon as the payload has no errors" in read(page)
    assert await house.integrations.drafts() == []
    assert await house.activity.entries() == []
