"""What visitors do on the dashboards: by keyboard alone, in each role, live and in rehearsal; hostile texts run no script."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from workbench import Workbench

from .conftest import OpenPage
from .stage import ENVIRON, PLANTED, Stage, Visit, choose, press, ran, stage, visit  # noqa: F401 - two are fixtures


async def focused(page: Page) -> str:
    """Return the name of what has the focus, as it is seen."""
    return await page.evaluate(
        "() => { const one = document.activeElement; return one.getAttribute('aria-label') || one.innerText || one.value || ''; }"
    )


async def tab_to(page: Page, name: str, most: int = 60) -> None:
    """Go on by Tab until what has the focus is called ``name``; every stop on the way must be visible."""
    for _ in range(most):
        await page.keyboard.press("Tab")
        assert await page.evaluate("document.activeElement.checkVisibility()"), await focused(page)
        now = await focused(page)
        if now.strip().startswith(name):
            return
    raise AssertionError(f"Tab never came to {name!r}")


async def test_from_home_to_a_test_and_its_exchange_by_keyboard_alone(visit: Visit) -> None:
    page = (await visit("home")).page
    await page.keyboard.press("Tab")
    assert await focused(page) == "Skip to the content"
    await tab_to(page, "Integrations")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/integrations.ipynb*")
    await page.wait_for_selector("body[data-wb-ready=true]")
    await tab_to(page, "Cart reminders")  # the list is one stop; arrows move in it
    await page.keyboard.press("Enter")
    await expect(page.locator("h2", has_text="Cart reminders")).to_be_focused()
    await tab_to(page, "Test again")
    await page.keyboard.press("Enter")
    await expect(page.locator("h2", has_text="Test again")).to_be_focused()
    await page.get_by_label("Plain text email").wait_for()
    await tab_to(page, "Test")
    await page.keyboard.press("Space")
    await page.get_by_text("HTTP status 200").first.wait_for()
    await page.keyboard.press("Shift+Tab")
    await tab_to(page, "See what was sent through it")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/activity.ipynb*")
    await page.wait_for_selector("body[data-wb-ready=true]")
    await tab_to(page, await page.locator(".wb-rowlist tbody td").first.inner_text())
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    await expect(page.locator("h2", has_text=" UTC")).to_be_focused()


# -- hostile answers ---------------------------------------------------------------------------------------------------


async def test_hostile_html_in_names_values_and_answers_runs_no_script(visit: Visit) -> None:
    watched = await visit("integrations")
    page = watched.page
    await choose(page, "Cart reminders")
    await press(page, "Test again")
    await page.get_by_role("button", name="Test", exact=True).click()
    await page.get_by_text("HTTP status 200").first.wait_for()
    await expect(page.locator("pre", has_text="<script>document.title='ran'</script>").first).to_be_visible()
    await press(page, "Delete")
    await page.locator("h2", has_text="Delete “Cart").wait_for()
    assert not await ran(page)
    await page.goto(page.url.replace("integrations.ipynb", "activity.ipynb"))
    await watched.ready()
    await choose(page, "Test")
    await expect(page.locator("pre", has_text="<script>document.title='ran'</script>").first).to_be_visible()
    assert not await ran(page)
    assert await page.locator(".wb-page img").count() == 0
    assert await page.locator(".wb-page :is(script, iframe, object, embed)").count() == 0


# -- modes and roles ---------------------------------------------------------------------------------------------------


async def test_a_live_workbench_says_so_and_nothing_is_sent(stage: Stage, visit: Visit) -> None:
    for name in ("home", "gate_live"):  # the bar and the banner are one for all pages
        watched = await visit(name, role="operator", live=True)
        page = watched.page
        await expect(page.locator(".wb-live-banner")).to_contain_text("reach real people")
        await expect(page.locator(".wb-mode")).to_have_text("LIVE")
        assert await watched.axe() == []
    async with Workbench.open(stage.home, environ=ENVIRON) as bench:
        assert {entry.mode for entry in await bench.activity.entries()} == {"rehearsal"}


async def test_a_viewer_is_offered_nothing_to_change_and_the_server_refuses_what_he_sends_anyway(
    visit: Visit,
) -> None:
    page = (await visit("integrations", role="viewer", place="#new")).page
    await expect(page.get_by_role("alert")).to_contain_text("Your role is viewer; this needs operator.")
    await choose(page, "Cart reminders")
    await page.locator("h2", has_text="Cart reminders").wait_for()
    for name in (
        "Create an integration",
        "Import",
        "Test again",
        "Edit",
        "Rename",
        "Export",
        "Delete",
        "Resume",
    ):
        assert await page.get_by_role("button", name=name, exact=True).count() == 0, name
    home = (await visit("home", role="viewer")).page
    assert await home.get_by_role("link", name="Create an integration").count() == 0
    work = (await visit("work", role="viewer", place="#new")).page
    await expect(work.get_by_role("alert")).to_contain_text("Your role is viewer; this needs operator.")
    await choose(work, "Spring sale")
    await work.get_by_role("button", name="Open the failed rows").wait_for()
    for name in (
        "New job",
        "Start",
        "Pause",
        "Resume",
        "Cancel",
        "Send rows again",
        "Erase the contacts",
        "Delete",
    ):
        assert await work.get_by_role("button", name=name, exact=True).count() == 0, name
    activity = (await visit("activity", role="viewer")).page
    assert await activity.get_by_role("button", name="Download as CSV").count() == 0


# -- what the browser does ---------------------------------------------------------------------------------------------


async def test_a_way_in_opens_the_wizard_once_and_keeps_the_query(visit: Visit) -> None:
    watched = await visit("home", role="operator", place="?look=dark")
    page = watched.page
    await page.get_by_role("link", name="Create an integration").click()
    await page.locator(".wb-stepper").wait_for(timeout=60_000)
    assert page.url.endswith("/integrations.ipynb?look=dark")  # a reload does not begin another one
    await expect(page.get_by_role("heading", level=1)).to_have_text("New integration")
    await watched.ready()
    await press(page, "Finish later")
    await expect(page.get_by_role("heading", level=1)).to_be_focused()
    await page.get_by_text("Without a name yet").first.wait_for()


async def test_the_chosen_language_is_kept_in_the_browser(visit: Visit) -> None:
    watched = await visit("home", locale="fr-FR")
    page = watched.page
    await expect(page.locator("html")).to_have_attribute("lang", "fr")
    await page.locator("select.wb-language").select_option("pt")
    await expect(page.locator("html")).to_have_attribute("lang", "pt")
    await page.reload()
    await watched.ready()
    await expect(page.locator("html")).to_have_attribute("lang", "pt")
    await expect(page.locator("select.wb-language")).to_have_value("pt")
    assert await watched.axe() == []


async def test_a_dismissed_notice_stays_away(visit: Visit) -> None:
    watched = await visit("home")
    page = watched.page
    await page.get_by_text("vault.key").wait_for()
    await press(page, "Dismiss")
    await expect(page.get_by_text("vault.key")).to_have_count(0)
    await page.reload()
    await watched.ready()
    await expect(page.get_by_text("vault.key")).to_have_count(0)


async def test_the_activity_is_downloaded_as_a_file(visit: Visit, tmp_path: Path) -> None:
    page = (await visit("activity")).page
    async with page.expect_download() as coming:
        await press(page, "Download as CSV")
    file = await coming.value
    assert file.suggested_filename == "activity.csv"
    await file.save_as(tmp_path / "activity.csv")
    text = (tmp_path / "activity.csv").read_text(encoding="utf-8")
    assert text.startswith("id,at,kind,mode")
    assert PLANTED not in text


async def test_an_integration_is_carried_over_and_its_secret_leaves_the_browser_sealed(visit: Visit) -> None:
    watched = await visit("integrations")
    page = watched.page
    await choose(page, "Cart reminders")
    await press(page, "Export")
    document = await page.locator("pre", has_text="integration-workbench/integration").inner_text()
    await press(page, "Import")
    await page.get_by_label("Exported integration").fill(document.replace("Cart reminders", "Carried over"))
    await press(page, "Read it")
    await page.locator("input[type=password]").fill("another-Secret-7788")
    await page.locator("input[type=password]").press("Enter")
    await page.get_by_role("button", name="Replace").wait_for()
    await press(page, "Go on with it")
    await page.locator(".wb-stepper").wait_for()
    assert b"another-Secret-7788" not in watched.frames()
    assert "another-Secret-7788" not in await page.content()


@pytest.mark.parametrize(
    ("server", "token", "title"),
    [
        ("http://127.0.0.1:9", "any", "The workbench cannot be reached"),
        ("", "nobody", "This page may not be opened with this token"),
    ],
    ids=["server gone", "token wrong"],
)
async def test_a_page_that_cannot_work_says_so_and_what_to_do(
    server: str, token: str, title: str, stage: Stage, open_page: OpenPage
) -> None:
    watched = await open_page()
    base = await stage.connected_to(server or (await stage.server()).url, token)
    await watched.page.goto(f"{base}/integrations.ipynb")
    await watched.ready()
    await expect(watched.page.get_by_role("heading", level=1)).to_have_text(title)
    assert await watched.page.get_by_role("listitem").filter(has_text="workbench up").count() >= 1
    assert "Traceback" not in await watched.page.content()
    assert await watched.axe() == []
