"""One walk in a real browser: an import with errors is read, mended and imported again; three ways say the same; red turns green."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio
from playwright.async_api import Page, expect

from tests.cli.running import ask
from workbench import ShopSettings, Workbench

from .conftest import OpenPage
from .world import ENVIRON, World, press, seen, text, turn, world_in

KEY = "pl4nted-shop-key-00815x:pl4nted-shop-key-00815y"
SEARCH = '<div class="cn_search" style="display:none"><span class="search_text">{words}</span></div>'


@pytest_asyncio.fixture(loop_scope="session")
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with world_in(tmp_path) as made:
        async with Workbench.open(made.home, environ=ENVIRON) as bench:
            await bench.shops.save(
                ShopSettings(
                    name="Boutique", api_key=bench.secrets.keep_text(KEY), domains=("www.boutique.example",),
                    site="https://www.boutique.example",
                )
            )  # fmt: skip
        yield made


async def import_and_mend(page: Page, folder: Path) -> None:
    """Import a table of which one row cannot go and one is refused; mend both, the refused one from the joined report."""
    await press(page, "New sync")
    file = folder / "contacts.csv"
    file.write_text("_email,_name\nana@example.com,Ana\nnot-an-address,Bo\ne0101-eve@example.com,Eve\n")
    await page.locator("input[type=file]").first.set_input_files(file)
    await seen(page.get_by_role("columnheader", name="_email", exact=True).first)
    await page.get_by_role("radio", name=re.compile("^Import")).check(force=True)
    await press(page, "Look at every row")
    await seen(page.get_by_role("button", name="Start the sync", exact=True))
    rows = page.get_by_role("grid", name="Rows", exact=True).get_by_role("row")
    await expect(rows).to_have_count(2, timeout=30_000)  # the head, and the one that cannot go
    await rows.nth(1).click()
    await text(page, "_email").last.fill("bo@example.com")
    await press(page, "Save and look again")
    await seen(page.locator("p:visible", has_text="No row is in this state."))
    await press(page, "Start the sync")
    await seen(page.get_by_text("Partly taken: 2 of 3 rows.").first)
    await seen(page.get_by_role("gridcell", name="E0101 on purpose").first)

    await press(page, "Mend and import again")
    await seen(page.get_by_role("button", name="Start the sync", exact=True))
    await turn(page, "Ready")
    await expect(rows).to_have_count(2, timeout=30_000)
    await rows.nth(1).click()
    await text(page, "_email").last.fill("eve@example.com")
    await press(page, "Save and look again")
    await press(page, "Start the sync")
    await seen(page.get_by_text("Every row was taken (1)").first)


async def test_an_import_is_mended_three_ways_say_the_same_and_red_turns_green(
    world: World, open_page: OpenPage, tmp_path: Path
) -> None:
    watched = await open_page()
    page = watched.page
    await page.goto(world.url("sync"))
    await watched.ready()
    await import_and_mend(page, tmp_path)
    assert await watched.axe(".wb-page") == []

    await page.goto(world.url("shop_tags"))
    await watched.ready()
    await turn(page, "All ways the same")
    await seen(page.get_by_role("heading", name="One and the same"))
    await seen(page.get_by_text("Tag, JavaScript and API say the same.").first)

    await page.goto(world.url("readiness"))
    await watched.ready()
    await press(page, "Begin a validation")
    await press(page, "Check all that needs nothing from me")
    tile = page.locator("button.wb-ready-tile", has_text="Search")
    await tile.click()
    source = page.get_by_role("textbox", name="Page, or what the browser posted").locator("visible=true")
    for words, state in (("", "failed"), ("blue shirt", "passed")):
        await source.fill(SEARCH.format(words=words))
        await page.get_by_role("button", name="Read the page", exact=True).locator("visible=true").click()
        await expect(tile).to_have_class(re.compile(f"wb-ready-{state}"), timeout=30_000)
    await seen(page.get_by_text("blue shirt").first)
    assert KEY.encode() not in watched.frames()
    for kept in world.home.rglob("*"):
        if kept.is_file():
            held = kept.read_bytes()
            assert KEY.encode() not in held, kept
            assert b"bo@example.com" not in held, kept
            assert b"eve@example.com" not in held, kept
    status, _ = ask(f"{world.address}/health")
    assert status == 200
