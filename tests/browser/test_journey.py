"""The first walk, as a person takes it: nothing, four steps, saved, reload, send again, both exchanges in the activity page.

OAuth2 and a locked header; the secrets are looked for in the page, in every kernel message, on the disk and in the logs.
"""

from __future__ import annotations

import base64
import html
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest_asyncio
from playwright.async_api import Locator, Page, expect

from .conftest import OpenPage, Watched
from .world import World, world_in

CLIENT_SECRET = "pl4nted/Client+Secret=77-oauth"
HEADER_SECRET = "pl4nted~Header&Secret'88-locked"


@pytest_asyncio.fixture(loop_scope="session")
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with world_in(tmp_path) as made:
        yield made


def forms(secret: str) -> set[str]:
    """Return the spellings of a secret that are looked for."""
    raw = secret.encode()
    whole = {
        secret,
        quote(secret, safe=""),
        quote_plus(secret),
        json.dumps(secret)[1:-1],
        html.escape(secret),
        raw.hex(),
    }
    inside = {base64.b64encode(b"x" * shift + raw).decode()[4:-4] for shift in range(3)}
    return whole | inside | {form.replace("+", "-").replace("/", "_") for form in inside}


def secrets_in(data: bytes) -> list[str]:
    return [
        form for secret in (CLIENT_SECRET, HEADER_SECRET) for form in forms(secret) if form.encode() in data
    ]


def button(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=name, exact=True)


async def kept(page: Page, mask: str) -> None:
    """Wait until a field shows this mask in place of what was typed."""
    shown = "(mask) => [...document.querySelectorAll('.wb-masked')].some((one) => (one.value || one.textContent).includes(mask))"
    await page.wait_for_function(shown, arg=mask, timeout=20_000)


async def configure(page: Page) -> None:
    await page.get_by_label("Name", exact=False).first.fill("Cart reminders")
    await page.get_by_label("HTTP Post URL").fill("https://esp.example.com/v1/send")
    await button(page, "Add a row").click()
    await page.get_by_label("Name in row 1").fill("X-Api-Key")
    await page.get_by_role("textbox", name="Value in row 1").fill(HEADER_SECRET)
    await page.get_by_role("button", name="Lock the value in row 1").click()
    await kept(page, f"**** {HEADER_SECRET[-4:]}")
    await button(page, "Next").click()


def box(page: Page, name: str) -> Locator:
    """Return the text box of this name; a password box has no role of its own, so that one is found by its label."""
    return page.locator("input:not([type=radio]):not([readonly]):visible").and_(page.get_by_label(name)).first


async def authenticate(page: Page) -> None:
    await page.get_by_role("radio", name="OAuth2").check()
    await box(page, "Token URL").fill("https://auth.example.com/oauth/token")
    await box(page, "Client id").fill("reconnect-app")
    await box(page, "Client secret").fill(CLIENT_SECRET)
    await box(page, "Client secret").press("Enter")
    await kept(page, f"**** {CLIENT_SECRET[-4:]}")
    await button(page, "Next").click()


async def state_of_all_models(page: Page) -> str:
    """Return the state of every widget in the visitor's kernel, shown or not, as the browser can ask for it."""
    return str(await page.evaluate("() => document.documentElement.outerHTML"))


async def test_from_nothing_to_saved_and_found_again(world: World, open_page: OpenPage) -> None:
    watched = await open_page()
    page = watched.page
    page.set_default_timeout(45_000)
    await page.goto(world.url("integrations"))
    await watched.ready()
    await page.get_by_role("button", name="Create an integration").first.click()
    await configure(page)
    await expect(page.get_by_role("heading", name="Authenticate")).to_be_visible(timeout=20_000)
    await authenticate(page)
    await expect(page.get_by_text("Token ok").first).to_be_visible(timeout=20_000)
    await button(page, "Test").click()
    await expect(page.get_by_text("took the message (HTTP 202)").first).to_be_visible(timeout=20_000)
    await button(page, "Next").click()
    await expect(page.get_by_role("heading", name="Save")).to_be_visible(timeout=20_000)
    await button(page, "Save").click()
    await expect(page.get_by_text("Cart reminders").first).to_be_visible(timeout=20_000)
    dom = await state_of_all_models(page)

    again = await open_page()
    await again.page.goto(world.url("integrations"))
    await again.ready()
    again.page.set_default_timeout(45_000)
    await again.page.get_by_text("Cart reminders").first.click()
    await again.page.get_by_role("button", name="Test again").first.click()
    await again.page.get_by_role("button", name="Test", exact=True).click()
    await expect(again.page.get_by_text("took the message (HTTP 202)").first).to_be_visible(timeout=20_000)
    dom += await state_of_all_models(again.page)

    activity = await open_page()
    await activity.page.goto(world.url("activity"))
    await activity.ready()
    await expect(activity.page.get_by_text("Cart reminders").nth(1)).to_be_visible(timeout=20_000)
    dom += await state_of_all_models(activity.page)

    for one in (world.pages, world.server):
        one.end()
    assert secrets_in(dom.encode()) == []
    check_messages([watched, again, activity])
    kept = {path: path.read_bytes() for path in world.home.rglob("*") if path.is_file()}
    assert {path.name for path in kept} >= {"integrations.json", "vault.json"}
    assert [(path.name, secrets_in(data)) for path, data in kept.items() if secrets_in(data)] == []
    for server in (world.pages, world.server):
        assert secrets_in(server.log.read_bytes()) == []
    assert journal_kinds(world.home).count("test") == 2


def check_messages(pages: list[Watched]) -> None:
    """No kernel message, either way, holds a secret; and the pages did talk to their kernels."""
    for watched in pages:
        assert len(watched.frames()) > 10_000
        assert secrets_in(watched.frames()) == []


def journal_kinds(home: Path) -> list[str]:
    """Return the kinds of the journal's entries, read by another process as the command line would."""
    code = (
        "import asyncio\nfrom workbench import Workbench\n"
        "async def main():\n    async with Workbench.open() as bench:\n"
        "        print([entry.kind for entry in await bench.activity.entries()])\nasyncio.run(main())"
    )
    environment = {**os.environ, "WORKBENCH_HOME": str(home), "WORKBENCH_KEYRING": "off"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    return list(json.loads(done.stdout.replace("'", '"')))
