"""A job on the page as it goes: made from a file, watched, paused and resumed by keyboard, left alone, and found again."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import pytest_asyncio
from playwright.async_api import Page, expect

from tests.loopback import quiet_port
from workbench import JobFilter, Rate, Workbench
from workbench.models.integration import Settings
from workbench.widgets import voila

from .conftest import ROOT, OpenPage, Server, Watched, _answers, _start

TOKEN = "work-operator-token"
ENVIRON = {"WORKBENCH_KEYRING": "off"}
ROWS = 400


@dataclass
class World:
    """A server process, which works on the jobs, and the published pages."""

    home: Path
    server: Server
    pages: Server
    command: list[str]
    given: dict[str, str]

    def url(self, place: str = "") -> str:
        return f"{self.pages.url}voila/render/work.ipynb{place}"

    async def hurry(self) -> None:
        """Take the pace away: what was watched long enough comes to its end."""
        async with Workbench.open(self.home, environ=ENVIRON) as bench:
            [listed] = await bench.integrations.list_all()
            await bench.work.set_pace(listed.integration.id, [])

    async def restart(self) -> None:
        """End the server process and start it anew, on the same port."""
        self.server.end()
        self.server = _start(self.command, self.home.parent / "server", self.given, self.server.url)
        await _answers(self.server, "/health")


@pytest_asyncio.fixture(loop_scope="session")
async def world(tmp_path: Path) -> AsyncIterator[World]:
    home, port, page_port = tmp_path / "home", quiet_port(), quiet_port()
    async with Workbench.open(home, environ=ENVIRON) as bench:
        settings = Settings(
            name="Cart reminders",
            url="https://esp.example.com/v1/send",
            allow_several=True,
            payload='{"to": "${User Identifier}", "subject": "{{ subject }}"}',
        )
        draft = await bench.integrations.start()
        saved = await bench.integrations.save(draft.model_copy(update={"settings": settings}))
        await bench.work.set_pace(saved.id, [Rate(limit=5, per_s=1)])  # so that there is something to watch
    people = {sha256(TOKEN.encode()).hexdigest(): {"name": "Ada", "role": "operator"}}
    given = {**os.environ, **ENVIRON, "WORKBENCH_HOME": str(home), "WORKBENCH_PEOPLE": json.dumps(people)}
    command = [sys.executable, "-m", "uvicorn", "--factory", "workbench.server:app_from_environment"]
    command += ["--port", str(port)]
    for name in ("server", "pages"):
        (tmp_path / name).mkdir()
    server = _start(command, tmp_path / "server", given, f"http://127.0.0.1:{port}/")
    page_command = [sys.executable, "-m", "voila", *voila.arguments(ROOT / "dashboards", port=page_port)]
    connected = {"WORKBENCH_URL": server.url.rstrip("/"), "WORKBENCH_TOKEN": TOKEN}
    pages = _start(
        page_command, tmp_path / "pages", voila.environment({**os.environ, **connected}), f"http://127.0.0.1:{page_port}/"
    )  # fmt: skip
    made = World(home, server, pages, command, given)
    await _answers(server, "/health")
    await _answers(pages, "/voila/static/none")
    yield made
    made.server.end()
    made.pages.end()


async def press(page: Page, name: str) -> None:
    await page.get_by_role("button", name=name, exact=True).click()


async def visit(world: World, open_page: OpenPage, place: str = "") -> Watched:
    watched = await open_page()
    await watched.page.goto(world.url(place))
    await watched.ready()
    return watched


async def accepted(page: Page) -> int:
    """Return how many rows the progress says are accepted."""
    tile = page.locator(".wb-counts > div", has_text="Accepted").locator("dd")
    return int((await tile.inner_text()).replace(",", ""))


async def grows(page: Page) -> None:
    """Wait until the page itself shows more than now."""
    before = await accepted(page)
    await page.wait_for_function(
        """(before) => [...document.querySelectorAll(".wb-counts > div")].some((tile) =>
            tile.querySelector("dt").innerText.includes("Accepted")
            && Number(tile.querySelector("dd").innerText.replaceAll(",", "")) > before)""",
        arg=before,
    )


async def test_a_job_from_a_file_outlives_page_and_server_and_is_found_again(
    world: World, open_page: OpenPage, tmp_path: Path
) -> None:
    table = tmp_path / "contacts.csv"
    lines = "".join(f"ana{n}@example.com,Olá {n}\n" for n in range(ROWS))
    table.write_text(f"email,subject\n{lines}nobody,Hello\n", encoding="utf-8")
    watched = await visit(world, open_page, "#new")
    page = watched.page
    assert "#" not in page.url  # a reload does not begin another one
    async with page.expect_file_chooser() as choosing:
        await page.get_by_label("Choose a file").click()
    await (await choosing.value).set_files(table)
    await page.get_by_text("1 cannot be read").wait_for()
    await press(page, f"Start with {ROWS} contacts")

    # it goes, and the page follows by itself
    await expect(page.locator(".wb-job-state")).to_contain_text("Running")
    assert "#job=" in page.url
    await grows(page)
    assert await watched.axe() == []

    # so does the list; its line stays the same one, so that a click is not lost while it is drawn anew
    line = page.locator(".wb-rowlist tbody tr").first
    await expect(line).to_contain_text("Cart reminders")
    first, before = await line.element_handle(), await line.inner_text()
    await expect(line).not_to_have_text(before, use_inner_text=True, timeout=30_000)
    assert first is not None
    assert await first.evaluate("(line) => line.isConnected")

    # paused by keyboard: nothing more goes; the state is said to screen readers, the counts are not
    await page.get_by_role("button", name="Pause", exact=True).focus()
    await page.keyboard.press("Enter")
    await expect(page.locator(".wb-job-state")).to_contain_text("Paused")
    said = page.locator(".wb-card .wb-pulse [role=status]").last
    await expect(said).to_contain_text("Paused.")
    assert not any(letter.isdigit() for letter in await said.inner_text())

    # the browser is closed, the server started anew: the job is there as it was, by its address
    address = page.url
    await page.close()
    await world.restart()
    page = (await open_page()).page
    await page.goto(address)
    await page.wait_for_selector("body[data-wb-ready=true]")
    await expect(page.locator(".wb-job-state")).to_contain_text("Paused")
    await press(page, "Resume")
    await grows(page)

    # the browser is closed while it goes: the server goes on with it
    await page.close()
    await world.hurry()
    watched = await open_page()
    await watched.page.goto(address)
    await expect(watched.page.locator(".wb-job-state")).to_contain_text("Done", timeout=60_000)
    assert await accepted(watched.page) == ROWS
    assert watched.complaints == []
    async with Workbench.open(world.home, environ=ENVIRON) as bench:
        [job] = await bench.work.jobs(JobFilter())
        assert job.job.counts.accepted == job.job.counts.total == ROWS


async def test_a_server_that_is_gone_is_said_and_found_again_without_a_reload(
    world: World, open_page: OpenPage
) -> None:
    page = (await visit(world, open_page, "#new")).page
    await page.get_by_label("Contacts").fill(
        "email,subject\n" + "".join(f"ana{n}@example.com,Hi\n" for n in range(300))
    )
    await press(page, "Read the contacts")
    await press(page, "Start with 300 contacts")
    await grows(page)
    world.server.end()
    await page.get_by_text("What stands here is from before").wait_for()
    await world.restart()
    await expect(page.get_by_text("What stands here is from before")).to_have_count(0, timeout=30_000)
    await world.hurry()
    await expect(page.locator(".wb-job-state")).to_contain_text("Done", timeout=60_000)
    assert await accepted(page) == 300


COUNT = """
globalThis.beats = 0;
const send = WebSocket.prototype.send;
WebSocket.prototype.send = function (data) {
  const text = typeof data === "string" ? data : new TextDecoder().decode(data);
  if (text.includes('"beat"')) globalThis.beats += 1;
  return send.call(this, data);
};
Object.defineProperty(document, "hidden", { get: () => globalThis.away === true });
"""


async def test_a_page_in_the_background_asks_nothing_and_asks_again_when_it_is_seen(
    world: World, open_page: OpenPage
) -> None:
    watched = await open_page(script=COUNT)
    page = watched.page
    await page.clock.install()
    await page.goto(world.url())
    await watched.ready()
    await page.wait_for_function("globalThis.beats > 0")
    before = await page.evaluate("globalThis.away = true, globalThis.beats")
    for _ in range(3):
        await page.clock.fast_forward(60_000)
    assert await page.evaluate("globalThis.beats") == before
    await page.evaluate("globalThis.away = false, document.dispatchEvent(new Event('visibilitychange'))")
    await page.wait_for_function("(before) => globalThis.beats > before", arg=before)
