"""Every page is drawn without complaint, fits its width, and reads well: by axe, in both themes and widths."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from workbench.widgets import page as shown

from .stage import PAGES, PLANTED, Visit, choose, press, ran, stage, visit  # noqa: F401 - two are fixtures


@pytest.mark.parametrize("name", PAGES)
async def test_a_page_is_drawn_without_complaint_fits_its_width_and_reads_well(
    name: str, visit: Visit
) -> None:
    watched = await visit(name)
    page = watched.page
    papers = set()
    for width, theme in ((1280, "light"), (800, "dark")):
        await watched.wear(width, theme)
        papers.add(await page.evaluate("getComputedStyle(document.body).backgroundColor"))
        assert await watched.axe() == []
        assert await page.evaluate("document.documentElement.scrollWidth") <= width
    assert len(papers) == 2, "the page follows the machine's theme"
    assert watched.complaints == []
    assert await page.locator("h1").count() == 1
    assert await page.locator("[aria-current=page]").text_content() == shown.PAGES[name]
    await expect(page.locator(".wb-mode")).to_have_text("REHEARSAL")
    assert not await page.locator(".wb-live-banner").count()
    assert not await ran(page)
    assert PLANTED.encode() not in watched.frames()
    assert b"token-admin" not in watched.frames()


@pytest.mark.parametrize(("width", "theme"), [(800, "light"), (1280, "dark")])
async def test_what_opens_on_the_integrations_page_reads_well_too(
    width: int, theme: str, visit: Visit
) -> None:
    watched = await visit("integrations", width=width, theme=theme)
    page = watched.page
    await choose(page, "Cart reminders")
    for opens, title in (("Test again", "Test again"), ("Rename", "Rename"), ("Export", "Export")):
        await press(page, opens)
        await page.locator("h2", has_text=title).wait_for()
        assert await watched.axe() == []
        assert await page.evaluate("document.documentElement.scrollWidth") <= width
    await press(page, "Delete")
    await page.locator("h2", has_text="Delete “Cart").wait_for()
    assert await watched.axe() == []
    await press(page, "Cancel")
    await press(page, "Import")
    await page.locator("h1", has_text="Import an integration").wait_for()
    assert await watched.axe() == []
    assert watched.complaints == []


@pytest.mark.parametrize(("width", "theme"), [(1280, "light"), (800, "dark")])
async def test_what_opens_on_the_activity_page_reads_well_too(width: int, theme: str, visit: Visit) -> None:
    watched = await visit("activity", width=width, theme=theme)
    page = watched.page
    await choose(page, "Send")
    await page.locator("h2", has_text="Send,").wait_for()
    await press(page, "Compare: take it as A")
    await page.locator("h2", has_text="Compare two exchanges").wait_for()
    await choose(page, "Test")
    await page.locator("h2", has_text="Test,").wait_for()
    await press(page, "Compare: take it as B")
    await page.get_by_role("button", name="Swap A and B").wait_for()
    assert await watched.axe() == []
    assert await page.evaluate("document.documentElement.scrollWidth") <= width
    assert watched.complaints == []


@pytest.mark.parametrize(("width", "theme"), [(1280, "light"), (800, "dark")])
async def test_what_opens_on_the_work_page_reads_well_too(width: int, theme: str, visit: Visit) -> None:
    watched = await visit("work", width=width, theme=theme)
    page = watched.page
    await choose(page, "Spring sale")
    await page.locator("h2", has_text="Spring sale").wait_for()
    assert await watched.axe() == []
    await press(page, "Open the failed rows")
    await page.locator("h2", has_text="Rows").wait_for()
    await page.locator(".wb-panel .wb-rowlist tbody tr").first.click()
    await page.locator("h3", has_text="Row ").wait_for()
    await press(page, "Send rows again")
    await page.get_by_label("Invalid (1)").check()
    await press(page, "Show who would get it again")
    await page.get_by_role("button", name="rows again").last.wait_for()
    assert await watched.axe() == []
    for opens, title in (("Erase the contacts", "Erase the contacts?"), ("Delete", "Delete the job?")):
        await press(page, opens)
        await page.locator("h2", has_text=title).wait_for()
        assert await watched.axe() == []
        await press(page, "Leave it")
    await press(page, "New job")
    await page.locator("h2", has_text="New job").wait_for()
    await page.get_by_label("Contacts").fill("email,subject\nana@example.com,Hello\nnobody,Hello")
    await press(page, "Read the contacts")
    await page.get_by_text("1 cannot be read").wait_for()
    for fold in ("▸ Options", "▸ Pace of the account"):
        await press(page, fold)
    await press(page, "Add a window")
    await page.get_by_label("Calls (window 1)").wait_for()
    assert await watched.axe() == []
    assert await page.evaluate("document.documentElement.scrollWidth") <= width
    assert watched.complaints == []
    assert not await ran(page)


# -- by keyboard alone -------------------------------------------------------------------------------------------------
