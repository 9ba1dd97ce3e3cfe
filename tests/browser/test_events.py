"""One walk in a real browser: an event composed and sent; a table with good and bad rows looked through, mended, sent, killed, and resumed.

SendPulse's stand-in runs on a port of its own, so that it remembers what arrived while the server process dies and comes back.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio
from playwright.async_api import Page, expect

from tests.cli.running import ask
from workbench import Event, EventVariable, Rate, Workbench
from workbench.models.event import EVENT_PAYLOAD
from workbench.models.work import Counts, RowFilter

from .conftest import OpenPage
from .world import World, press, seen, text, turn, world_in

KEY = "pl4nted-sendpulse-key-0815"
GOOD = 90
BAD = 12
"""The row of the table that is mended, and then goes too; a second one is left out."""


@pytest_asyncio.fixture(loop_scope="session")
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with world_in(tmp_path, sandbox=True) as made:
        yield made


async def purchase(world: World) -> None:
    """Write the contract of an event that goes to the stand-in on its port, slowly enough to be killed half-way."""
    assert world.sandbox is not None
    async with Workbench.open(world.home, environ={"WORKBENCH_KEYRING": "off"}) as bench:
        draft = await bench.integrations.start("sendpulse")
        settings = draft.settings.model_copy(
            update={
                "name": "SendPulse purchase", "url": f"{world.sandbox.url}sendpulse/events/name/{{event}}", "local_test": True,
                "credential_kind": "sendpulse_api_key", "payload": EVENT_PAYLOAD,
                "credential": {"event": "purchase", "api_key": bench.secrets.keep_text(KEY)},
            }
        )  # fmt: skip
        saved = await bench.integrations.save(draft.model_copy(update={"settings": settings}))
        variables = (EventVariable(name="product", required=True), EventVariable(name="n", type="number"))
        await bench.events.save(Event(name="purchase", integration_id=saved.id, variables=variables))
        await bench.work.set_pace(saved.id, [Rate(limit=15, per_s=1)])


def table(file: Path) -> None:
    """Write a table with two rows that cannot go."""
    rows = [f"ana{n}@example.com;Shirt;{n}" for n in range(1, GOOD + 1)]
    rows[BAD - 1] = f"not-an-address;Shirt;{BAD}"
    rows.append(f"ana{GOOD + 1}@example.com;;{GOOD + 1}")
    file.write_text("\n".join(["E-mail;Product;N", *rows]) + "\n", encoding="cp1252")


def arrived(world: World) -> Counter[int]:
    """Return how often each row arrived at the stand-in."""
    assert world.sandbox is not None
    _, answer = ask(f"{world.sandbox.url}sendpulse/received")
    return Counter(one["body"]["n"] for one in json.loads(answer)["received"] if "n" in one["body"])


async def compose(page: Page) -> None:
    """Send one event by hand: first with a mistake, which one click mends."""
    await text(page, "E-mail").fill(" ada@example.com")
    await text(page, "product").fill("Hat")
    await seen(page.get_by_text("Blanks around the e-mail address").first)
    await press(page, "Send a test")
    await seen(page.get_by_text("SendPulse took the message").first)


async def until(world: World, least: int) -> None:
    """Wait until so many rows have arrived."""
    for _ in range(600):
        if len(arrived(world)) >= least:
            return
        await asyncio.sleep(0.1)
    raise AssertionError(f"{len(arrived(world))} rows arrived, and {least} were awaited")


async def ended(bench: Workbench, job_id: str) -> Counts:
    """Return a job's counts once it is done."""
    for _ in range(600):
        job = (await bench.work.job(job_id)).job
        if job.state == "done":
            return job.counts
        await asyncio.sleep(0.2)
    raise AssertionError(f"the job is {job.state}: {job.counts}")


async def test_a_table_is_mended_sent_killed_and_resumed(
    world: World, open_page: OpenPage, tmp_path: Path
) -> None:
    await purchase(world)
    watched = await open_page()
    page = watched.page
    await page.goto(world.url("events"))
    await watched.ready()
    await compose(page)

    await turn(page, "Runs")
    await press(page, "New run")
    file = tmp_path / "customers.csv"
    table(file)
    await page.locator("input[type=file]").first.set_input_files(file)
    await seen(page.get_by_role("columnheader", name="E-mail", exact=True).first)
    await press(page, "Look at every row")
    await seen(page.get_by_role("button", name="Start sending", exact=True))
    rows = page.get_by_role("grid", name="Rows", exact=True).get_by_role("row")
    await expect(rows).to_have_count(3, timeout=30_000)  # the head, and two that cannot go
    assert await watched.axe(".wb-page") == []

    await rows.nth(1).click()
    await text(page, "E-mail").last.fill("mended@example.com")
    await press(page, "Save and look again")
    await expect(rows).to_have_count(2, timeout=30_000)
    await rows.nth(1).click()
    await press(page, "Leave this row out")
    await seen(page.locator("p:visible", has_text="No row is in this state."))
    assert not arrived(world), "nothing goes before it is started"

    await press(page, "Start sending")
    await until(world, 20)
    await world.kill()
    at_death = arrived(world)
    assert 20 <= len(at_death) < GOOD
    await world.serve()

    async with Workbench.connect(world.address, world.token) as bench:
        [run] = await bench.runs.runs()
        assert run.job_id is not None
        counts = await ended(bench, run.job_id)
        summary = await bench.runs.summary(run.id)
        accepted = await bench.work.rows(run.job_id, RowFilter(states=("accepted",), limit=500))
    assert counts.accepted + counts.uncertain == GOOD == counts.total
    assert len(accepted) == counts.accepted
    assert (summary.left_out, summary.bad) == (1, 0)
    after = arrived(world)
    assert set(after.values()) == {1}, "nobody got it twice"
    assert after[BAD] == 1, "the mended row went"
    assert counts.accepted <= len(after) <= counts.accepted + counts.uncertain

    await page.reload()
    await watched.ready()
    await turn(page, "Outcomes")
    await seen(page.locator("p:visible, div:visible", has_text=" accepted, ").last)
    await turn(page, "Code")
    await seen(page.get_by_role("button", name="Show the code"))  # the part before has such a choice too
    await page.locator("select:visible", has_text="SendPulse purchase").select_option(
        label="SendPulse purchase"
    )
    await press(page, "Show the code")
    await seen(page.get_by_text("Same bytes").first)
    assert KEY.encode() not in watched.frames()
    for kept in world.home.rglob("*"):
        if kept.is_file():
            held = kept.read_bytes()
            assert KEY.encode() not in held, kept
            assert b"mended@example.com" not in held, kept
