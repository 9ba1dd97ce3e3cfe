"""The home page: what this is, how things stand, the ways in; it offers nobody what he may not do."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.widgets.faces import markup, of, read
from workbench import Workbench
from workbench.models.integration import Integration
from workbench.models.person import Role
from workbench.widgets import home_page, settle
from workbench.widgets.home import LATEST, SANDBOX

Connected = Callable[[Role], Workbench]


def links(page: object) -> list[dict[str, str]]:
    return [item for one in of(page, "PageLinks") for item in one.items]


async def test_an_empty_workbench_says_what_it_is_and_offers_the_ways_in(connected: Connected) -> None:
    page = await home_page(connected("operator"))
    text = read(page)
    for part in (
        "in four steps",
        "None yet",
        "Nothing has gone out yet.",
        "Rehearsal and live",
        "this workbench",
        "workbench sandbox --port",
    ):
        assert part in text
    assert "Drafts to resume" not in text
    cards = next(one for one in of(page, "PageLinks") if one.kind == "cards").items
    assert [(item["page"], item["place"]) for item in cards] == [
        ("integrations", "new"),
        ("integrations", ""),
        ("work", ""),
        ("gate", ""),
        ("gate_live", ""),
        ("sms", ""),
        ("events", ""),
        ("sync", ""),
        ("shop_tags", ""),
        ("readiness", ""),
        ("activity", ""),
        ("operations", ""),
    ]
    assert all(item["text"] and item["code"] for item in cards)


async def test_a_viewer_is_offered_no_new_integration_and_no_draft(connected: Connected) -> None:
    await connected("operator").integrations.start()
    page = await home_page(connected("viewer"))
    assert {item["place"] for item in links(page)} == {""}
    assert "Drafts to resume" not in read(page)


async def test_the_state_at_a_glance(connected: Connected, saved: Integration) -> None:
    operator = connected("operator")
    draft = await operator.integrations.edit(saved.id)
    page = await home_page(operator)
    text = read(page)
    assert "Integrations (1)" in text
    assert "Cart reminders Custom endpoint Tested" in text
    assert "Accepted" in text
    resume = next(item for item in links(page) if item["place"] == f"draft={draft.id}")
    assert resume["label"] == "Resume “Cart reminders”"
    assert "at the step Configure" in resume["text"]
    await settle()


async def test_only_the_latest_are_shown_and_changes_are_no_exchanges(
    connected: Connected, saved: Integration
) -> None:
    operator = connected("operator")
    for _ in range(LATEST + 2):
        await operator.integrations.start()
    page = await home_page(operator)
    assert len([item for item in links(page) if item["place"].startswith("draft=")]) == LATEST
    assert "Saved" not in read(page)


async def test_the_address_of_the_sandbox_that_was_started_along_is_shown(
    connected: Connected, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(SANDBOX, "http://127.0.0.1:4711")
    text = read(await home_page(connected("viewer")))
    assert 'host="http://127.0.0.1:4711/sendgrid"' in text
    assert "workbench sandbox" not in text


async def test_names_are_shown_and_never_run(
    connected: Connected, house: Workbench, saved: Integration
) -> None:
    draft = await house.integrations.start()
    hostile = draft.settings.model_copy(update={"name": "<img src=x onerror=alert(1)>"})
    await house.integrations.keep(draft.model_copy(update={"settings": hostile}))
    page = await home_page(connected("operator"))
    assert "<img" not in markup(page)
    assert any(
        "<img src=x" in item["label"] for item in links(page)
    )  # a text trait: set as text, never as markup
