"""Outcomes in pictures, over time and by integration, by the real services and without a browser."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.widgets.conftest import Connected
from tests.widgets.faces import markup, read
from workbench import Contact, Workbench
from workbench.models.journal import OutcomeCount
from workbench.models.request import OutcomeKind
from workbench.widgets.events_outcomes import OutcomeBoard, over_time, span_of, stack_of, tally
from workbench.widgets.exchange import OUTCOMES
from workbench.widgets.page import Frame

AT = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)


async def board(bench: Workbench) -> OutcomeBoard:
    """Return the outcomes of a workbench as the page shows them."""
    frame = Frame("events", "Events", lambda _: None, bench)  # type: ignore[arg-type,return-value]
    frame._facts = await bench.about.facts()
    made = OutcomeBoard(frame)
    await made.refresh()
    return made


async def integration(bench: Workbench, name: str) -> str:
    """Return the id of a saved integration that posts JSON."""
    draft = await bench.integrations.start("custom")
    settings = draft.settings.model_copy(
        update={
            "name": name, "allow_several": True, "url": "https://esp.example.com/v1/send", "credential_kind": "none",
            "payload": '{"to": "${User Identifier}"}',
        }
    )  # fmt: skip
    person = Contact(identifiers={"email": "ana@example.com"})
    await bench.integrations.test(draft.model_copy(update={"settings": settings}), person)
    return (await bench.integrations.save(await bench.integrations.draft(draft.id))).id


async def test_nothing_was_sent(connected: Connected) -> None:
    page = await board(connected("viewer"))
    assert "Nothing was sent in this time." in read(page.widget)
    assert "wb-c-bar" not in markup(page.widget)


async def test_what_was_sent_is_drawn_over_time_and_by_integration(
    house: Workbench, connected: Connected
) -> None:
    id = await integration(house, "Shop <b>")
    for _ in range(3):
        await house.delivery.send(id, Contact(identifiers={"email": "ana@example.com"}))
    page = await board(connected("viewer"))
    assert "4 sent: 4 accepted, 0 not sure, 0 not taken." in read(page.widget)
    assert "Shop &lt;b&gt;: Accepted" in markup(page.widget)
    other = await integration(house, "Another")
    await house.delivery.send(other, Contact(identifiers={"email": "ana@example.com"}))
    await page.refresh()
    await page.go(f"integration={other}")
    assert page.integration.value == other
    assert "1 sent: 1 accepted" in read(page.widget)


async def test_it_rests_while_it_is_off_the_page(connected: Connected) -> None:
    page = await board(connected("viewer"))
    page.shown = False
    assert await page.look() is None
    assert await page.jobs.look() is None
    page.shown = True
    assert await page.jobs.look() is not None


@pytest.mark.parametrize("kind", OUTCOMES)
def test_every_outcome_belongs_somewhere(kind: OutcomeKind) -> None:
    count = OutcomeCount(at=AT, outcome=kind, mode="rehearsal", count=2)
    assert stack_of(kind) in (0, 1, 2)
    assert "2 sent" in str(tally([count]))
    assert "08:00" in over_time([count], AT, AT + timedelta(hours=3), timedelta(hours=1))


@pytest.mark.parametrize("span", [timedelta(minutes=5), timedelta(hours=1), timedelta(days=1)])
def test_spans_are_those_of_the_journal(span: timedelta) -> None:
    begin = span_of(datetime(2026, 3, 1, 8, 17, 23, 5, tzinfo=UTC), span)
    assert begin.timestamp() % span.total_seconds() == 0
    assert begin <= datetime(2026, 3, 1, 8, 17, 23, tzinfo=UTC) < begin + span
