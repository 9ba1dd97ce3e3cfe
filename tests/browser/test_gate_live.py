"""One walk in a real browser: codes, a gate, its rules tried, a sendout of the stand-in fired at it, answered, and seen to its end."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio
from playwright.async_api import Page, expect

from workbench import Workbench

from .conftest import OpenPage
from .world import ENVIRON, World, press, text, turn, world_in

PLANTED = "pl4nted-S3cret/value+99=="


@pytest_asyncio.fixture(loop_scope="session")
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with world_in(tmp_path, sandbox=True) as made:
        yield made


async def fire(page: Page, gate: str, sendout: str) -> None:
    """Fire a sendout of the stand-in at a gate."""
    await turn(page, "Rehearse")
    await page.get_by_role("combobox", name="Gate", exact=True).select_option(label=gate)
    await text(page, "Sendout").fill(sendout)
    await press(page, "Fire the sendout")
    await expect(page.get_by_text(f"“{sendout}” was fired at the gate")).to_be_visible()


async def open_hold(page: Page, sendout: str) -> None:
    """Open a sendout that waits, or has waited, at a gate."""
    await turn(page, "Sendouts")
    await (
        page.get_by_role("grid", name="Sendouts at the gates")
        .get_by_role("row")
        .filter(has_text=sendout)
        .click()
    )


async def ended(page: Page, sendout: str) -> None:
    """See how it ended at the platform: its clock may go on, all have their path."""
    await turn(page, "Rehearse")
    row = (
        page.get_by_role("grid", name="Sendouts of the stand-in").get_by_role("row").filter(has_text=sendout)
    )
    await expect(row).to_contain_text("ended")
    await row.click()
    await press(page, "See how each contact ended")
    await expect(page.get_by_text("rejected path").first).to_be_visible()


async def test_both_walks_from_nothing_to_the_end_by_http_and_by_queue(
    world: World, open_page: OpenPage
) -> None:
    watched = await open_page()
    page = watched.page
    await page.goto(world.url("gate_live"))
    await watched.ready()
    await expect(page.get_by_text("No sendout has come yet")).to_be_visible()

    # codes are pasted, counted, and leave the page
    await turn(page, "Codes and lists")
    await page.get_by_label("Name of the pool").fill("spring")
    await text(page, "Codes").fill("\n".join(f"SPRING-{n}" for n in range(60)))
    await press(page, "Add the codes")
    await expect(page.get_by_text("holds 60 codes that nobody has")).to_be_visible()
    await expect(text(page, "Codes")).to_have_value("")

    # a gate, whose rules are tried before it is saved
    await turn(page, "Gates")
    await press(page, "New gate")
    await text(page, "Name").fill("Front gate")
    await text(page, "Key").fill("front")
    await page.get_by_label("How the platform is let in").select_option("none")
    await a_rule(page)
    await press(page, "▸ How a sendout is answered")
    await page.get_by_role("radio", name="when a person says so", exact=True).check(force=True)
    await press(page, "▸ Try the rules on contacts")
    await text(page, "Contacts to try").fill("id,consent\nc-1001,yes\nc-1002,no\n")
    await press(page, "Try the rules")
    await expect(page.get_by_text("1 would be accepted, 1 rejected")).to_be_visible()
    assert await watched.axe() == []
    await press(page, "Save the gate")
    await expect(page.get_by_text("The gate “Front gate” is saved.")).to_be_visible()

    # a sendout waits, with its time counting down; a person says go
    await fire(page, "Front gate", "Day 1 mail")
    await open_hold(page, "Day 1 mail")
    await expect(page.locator(".wb-job-state")).to_contain_text("Waits for you")
    clock = page.locator(".wb-gate-clock strong")
    before = await clock.inner_text()
    await expect(clock).not_to_have_text(before)
    assert await watched.axe() == []
    await press(page, "Answer now")
    await page.get_by_role("button", name="Release ").last.click()
    await expect(page.locator(".wb-job-state")).to_contain_text("Released", timeout=30_000)
    assert "#hold=" in page.url
    await ended(page, "Day 1 mail")
    assert await watched.axe() == []

    # the same over a queue, with a locked key; it answers by itself
    await turn(page, "Gates")
    await press(page, "New gate")
    await page.get_by_role("radio", name="SQS queue", exact=True).check(force=True)
    await text(page, "Name").fill("Queue gate")
    await text(page, "Key").fill("queue")
    assert world.sandbox is not None
    await page.get_by_label("Queue URL").fill(f"{world.sandbox.url}sqs/000000000000/send-gate")
    await page.get_by_label("Access key id").fill("AKIAEXAMPLE")
    await page.get_by_label("Secret access key").fill(PLANTED)
    await page.get_by_role("button", name="Lock").first.click()
    await expect(page.locator(".wb-kept:visible").first).to_be_visible()
    await a_rule(page)
    await press(page, "Save the gate")
    await expect(page.get_by_text("The gate “Queue gate” is saved.")).to_be_visible()
    await fire(page, "Queue gate", "Day 2 mail")
    await open_hold(page, "Day 2 mail")
    await expect(page.locator(".wb-job-state")).to_contain_text("Released", timeout=30_000)
    await ended(page, "Day 2 mail")

    assert watched.complaints == []
    frames = watched.frames()
    assert PLANTED.encode() not in frames
    async with Workbench.open(world.home, environ=ENVIRON) as bench:
        for hold in await bench.holds.holds():
            hook = (await bench.holds.gates.opened(hold.id)).hook
            for uri in (hook.finish_uri, hook.item_download_uri or ""):
                assert uri.partition("://")[2].partition("/")[2].encode() not in frames


async def a_rule(page: Page) -> None:
    """Add the rule that rejects whoever has no consent."""
    await press(page, "Add a rule")
    await text(page, "Field").fill("consent")
    await page.get_by_label("Operator").select_option("not_equals")
    await text(page, "Value").fill("yes")
    await text(page, "Name of the rule").fill("consent")
    await text(page, "Reason").fill("No consent to e-mail")
