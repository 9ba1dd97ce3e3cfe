"""One walk on the page Operations in a real browser: each part reads well, a token is shown once, a backup is made and read through."""

from __future__ import annotations

import re

from playwright.async_api import expect

from .stage import Stage, Visit, press, stage, visit  # noqa: F401 - two are fixtures
from .world import seen, text, turn

TOKEN = re.compile(r"^wbk_[\w-]{20,}$")


async def test_an_admin_looks_around_lets_somebody_in_and_makes_a_backup(stage: Stage, visit: Visit) -> None:  # noqa: F811
    watched = await visit("operations", width=800, theme="dark")
    page = watched.page
    await seen(page.get_by_text("The database answers, the disk takes files, the vault opens."))
    await turn(page, "Upkeep")
    await seen(page.get_by_role("button", name="Keep it this long"))
    await turn(page, "Backups")
    await press(page, "Make a backup")
    await press(page, "Read it through")
    await seen(page.get_by_text("is whole: every part has its count"))
    assert await watched.axe(".wb-page") == []
    await turn(page, "Publish")
    await press(page, "Look now")
    await seen(page.get_by_text("Nothing unsafe was found."))
    await turn(page, "People")
    await text(page, "Name").locator("visible=true").first.fill("Ana Lima")
    await press(page, "Make a token")
    shown = page.get_by_role("region", name="Token of Ana Lima")
    await expect(shown).to_have_text(TOKEN, timeout=30_000)
    token = await shown.inner_text()
    assert await watched.axe(".wb-page") == []
    assert await page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    for kept in stage.home.rglob("*"):
        assert not kept.is_file() or token.encode() not in kept.read_bytes(), kept
    await page.get_by_role("row", name="Ana Lima viewer").click()
    await press(page, "Take Ana Lima's tokens back…")
    await press(page, "Take them back")
    await expect(shown).to_have_count(0)
    await seen(page.get_by_text("Tokens of Ana Lima taken back: 1."))
