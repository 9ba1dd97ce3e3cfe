"""The gate lab as a viewer has it: the result follows the slider, the newest last; a run is found again by its address."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path

import pytest_asyncio
from playwright.async_api import Page, expect

from tests.loopback import quiet_port
from workbench import Answering, Timing
from workbench.services.lab import Lab
from workbench.widgets import voila
from workbench.widgets.gate_lab import BEGIN

from .conftest import ROOT, OpenPage, _answers, _start

TOKEN = "lab-viewer-token"


@pytest_asyncio.fixture(loop_scope="session")
async def address(tmp_path: Path) -> AsyncIterator[str]:
    """The page of the lab, published, beside the server process that plays."""
    port, page_port = quiet_port(), quiet_port()
    people = {sha256(TOKEN.encode()).hexdigest(): {"name": "Ada", "role": "viewer"}}
    given = {**os.environ, "WORKBENCH_KEYRING": "off", "WORKBENCH_HOME": str(tmp_path / "home")}
    given["WORKBENCH_PEOPLE"] = json.dumps(people)
    for name in ("server", "pages"):
        (tmp_path / name).mkdir()
    command = [sys.executable, "-m", "uvicorn", "--factory", "workbench.server:app_from_environment"]
    server = _start([*command, "--port", str(port)], tmp_path / "server", given, f"http://127.0.0.1:{port}/")
    connected = {"WORKBENCH_URL": server.url.rstrip("/"), "WORKBENCH_TOKEN": TOKEN}
    pages = _start(
        [sys.executable, "-m", "voila", *voila.arguments(ROOT / "dashboards", port=page_port)],
        tmp_path / "pages",
        voila.environment({**os.environ, **connected}),
        f"http://127.0.0.1:{page_port}/",
    )
    await _answers(server, "/health")
    await _answers(pages, "/voila/static/none")
    yield f"{pages.url}voila/render/gate.ipynb"
    pages.end()
    server.end()


async def shows(page: Page, words: str, count: int) -> None:
    """Wait until the headline number of this name is this."""
    tile = page.locator(".wb-lab-figures > div", has_text=words).locator("dd")
    await expect(tile).to_have_text(f"{count:,}")


async def test_a_run_follows_the_sliders_and_is_found_again(
    address: str, open_page: OpenPage, tmp_path: Path
) -> None:
    watched = await open_page()
    page = watched.page
    await page.goto(address)
    await watched.ready()
    lab = Lab()
    await shows(page, "Messages sent", (await lab.run(BEGIN)).sent)
    await page.get_by_role("button", name="Keep this run").click()

    # Campaign Manager: an hour, and no field for it; the next step in half of that
    await page.get_by_label("Campaign Manager", exact=True).check()
    await expect(page.get_by_label("Limit (minutes)").and_(page.locator(":visible"))).to_be_disabled()
    await page.get_by_label("Next step at (minutes)").fill("30")

    # dragged there and back, faster than it is played: what stands there at the end is the end
    slider = page.get_by_label("One call takes")
    await slider.focus()
    for key in [*["ArrowRight"] * 9, *["ArrowLeft"] * 3]:
        await page.keyboard.press(key)
    await expect(slider).to_have_attribute("aria-valuetext", "1.5 s")
    await expect(page.get_by_label("Calls at once")).to_have_attribute("aria-valuetext", "4")
    await page.get_by_label("Consent").last.press("ArrowLeft")
    timing = Timing(flow="campaign_manager", next_steps_min=(30,))
    segments = (BEGIN.segments[0], BEGIN.segments[1].model_copy(update={"consent": 0.85}))
    scenario = BEGIN.model_copy(
        update={"timing": timing, "answering": Answering(call_ms=1500), "segments": segments}
    )
    result = await lab.run(scenario)
    assert result.left_flow
    await shows(page, "Left the flow", result.left_flow)
    await shows(page, "Messages sent", result.sent)
    await expect(page.locator(".wb-lab-todo").first).to_be_visible()

    # beside the run that was kept
    moved = page.get_by_role("region", name="Contacts that changed path")
    await expect(moved).to_contain_text("Left the flow")
    assert await watched.axe() == []

    # the questions, as a file; nothing of it is cut off on a narrow page
    await page.get_by_label("Open questions", exact=True).check()
    await expect(page.get_by_text("change how this run ends")).to_contain_text("A-4")
    async with page.expect_download() as downloading:
        await page.get_by_role("button", name="Download them").click()
    file = tmp_path / "questions.txt"
    await (await downloading.value).save_as(file)
    assert "A-11" in file.read_text(encoding="utf-8")
    await page.set_viewport_size({"width": 800, "height": 900})
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    clipped = await page.evaluate(
        """() => [...document.querySelectorAll(".wb-chart svg")].flatMap((svg) => {
            const box = svg.getBoundingClientRect();
            return [...svg.querySelectorAll("text")].filter((text) => {
                const own = text.getBoundingClientRect();
                return own.left < box.left - 1 || own.right > box.right + 1 || own.bottom > box.bottom + 1;
            }).map((text) => text.textContent);
        })"""
    )
    assert clipped == []

    # the same run, by its address, in the dark
    found = page.url
    assert "#scenario=" in found
    again = await open_page(theme="dark")
    await again.page.goto(found)
    await again.ready()
    await shows(again.page, "Left the flow", result.left_flow)
    assert await again.axe() == []
    assert watched.complaints == again.complaints == []
