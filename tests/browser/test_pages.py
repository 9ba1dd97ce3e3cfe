"""The dashboards as visitors get them: real Voila, a real server process, a real browser; each role, theme, width and mode."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from workbench import Contact, Workbench
from workbench.models.integration import Header, Settings
from workbench.models.person import Role
from workbench.models.work import JobOptions
from workbench.widgets import page as shown
from workbench.widgets import voila

from .conftest import ROOT, OpenPage, Server, Watched, _answers, _start, free_port

PLANTED = "pl4nted-S3cret/value+99=="
HOSTILE = "<img src=x onerror=\"document.title='ran'\">"
PAGES = tuple(shown.PAGES)
ANA = Contact(identifiers={"email": "ana@example.com"}, variables={"subject": HOSTILE})
ENVIRON = {"WORKBENCH_KEYRING": "off"}


@dataclass
class Stage:
    """A home with one integration and what was sent through it, a server process over it, and the published pages of a role."""

    folder: Path
    home: Path
    started: dict[str, Server] = field(default_factory=dict)

    async def server(self, live: bool = False) -> Server:
        """Return the server process, started once for each mode."""
        key = f"server-{live}"
        if key not in self.started:
            people = {
                sha256(f"token-{role}".encode()).hexdigest(): {"name": "Ada Lovelace", "role": role}
                for role in ("viewer", "operator", "admin")
            }
            given = {
                **os.environ,
                **ENVIRON,
                "WORKBENCH_HOME": str(self.home),
                "WORKBENCH_PEOPLE": json.dumps(people),
            }
            given |= {"WORKBENCH_LIVE": "1"} if live else {}
            port = free_port()
            command = [sys.executable, "-m", "uvicorn", "--factory", "workbench.server:app_from_environment"]
            await self._begin(
                key, [*command, "--port", str(port)], given, f"http://127.0.0.1:{port}/", "/health"
            )
        return self.started[key]

    async def pages(self, role: Role, live: bool = False) -> str:
        """Return the address of the published pages, in a role; started once for each role and mode."""
        return await self.connected_to((await self.server(live)).url, f"token-{role}")

    async def connected_to(self, server: str, token: str) -> str:
        """Return the address of published pages that connect to a server with a token."""
        key = f"pages-{server}-{token}"
        if key not in self.started:
            shown = {name: value for name, value in os.environ.items() if not name.startswith("WORKBENCH_")}
            shown |= {"WORKBENCH_URL": server, "WORKBENCH_TOKEN": token}
            port = free_port()
            command = [sys.executable, "-m", "voila", *voila.arguments(ROOT / "dashboards", port=port)]
            at = f"http://127.0.0.1:{port}/"
            await self._begin(key, command, voila.environment(shown), at, "/voila/static/none")
        return f"{self.started[key].url}voila/render"

    async def _begin(self, key: str, command: list[str], env: dict[str, str], url: str, sign: str) -> None:
        folder = self.folder / str(len(self.started))
        folder.mkdir()
        self.started[key] = _start(command, folder, env, url)
        await _answers(self.started[key], sign)


async def furnish(home: Path) -> None:
    """Keep an integration with a locked header whose stand-in answers with a page full of script, tested and used."""
    async with Workbench.open(home, environ=ENVIRON) as bench:
        secret = bench.house.vault.seal_text(PLANTED)
        settings = Settings(
            name=f"Cart reminders {HOSTILE}",
            url="https://esp.example.com/v1/send",
            allow_several=True,
            headers=(Header(name="X-Key", value=secret), Header(name="X-Workbench-Fault", value="html")),
            payload='{"to": "${User Identifier}", "subject": "{{ subject }}"}',
        )
        draft = (await bench.integrations.start()).model_copy(update={"settings": settings})
        await bench.integrations.test(draft, ANA)
        saved = await bench.integrations.save(await bench.integrations.draft(draft.id))
        await bench.delivery.send(saved.id, ANA)
        await bench.integrations.start("sendgrid")
        job = (await bench.work.create(saved.id, JobOptions(title=f"Spring sale {HOSTILE}"))).job
        await bench.work.add(job.id, [ANA, ANA, Contact(identifiers={"email": "bo@example.com"})])
        await bench.work.start(job.id)
        await bench.work.crew.wait(job.id)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    folder = tmp_path_factory.mktemp("stage")
    made = Stage(folder, folder / "home")
    await furnish(made.home)
    yield made
    for server in made.started.values():
        server.end()


Visit = Callable[..., Awaitable[Watched]]


@pytest.fixture
def visit(stage: Stage, open_page: OpenPage) -> Visit:
    """Open a page: ``await visit("activity", role="viewer", live=False, width=800, theme="dark")``."""

    async def go(
        name: str, *, role: Role = "admin", live: bool = False, place: str = "", **more: object
    ) -> Watched:
        watched = await open_page(**more)
        await watched.page.goto(f"{await stage.pages(role, live)}/{name}.ipynb{place}")
        await watched.ready()
        return watched

    return go


async def press(page: Page, name: str) -> None:
    await page.get_by_role("button", name=name, exact=True).click()


async def choose(page: Page, text: str, number: int = 0) -> None:
    """Choose a row of the list and wait until it is open below."""
    await page.locator(".wb-rowlist tbody tr", has_text=text).nth(number).click()
    await page.locator(".wb-rowlist tr[aria-selected=true]").wait_for()


async def ran(page: Page) -> bool:
    """Return whether a script of a provider's answer has run: each of them would change the title."""
    return await page.title() == "ran"


# -- drawn, alone, readable --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("width", "theme"), [(1280, "light"), (800, "dark")])
@pytest.mark.parametrize("name", PAGES)
async def test_a_page_is_drawn_without_complaint_fits_its_width_and_reads_well(
    name: str, width: int, theme: str, visit: Visit
) -> None:
    watched = await visit(name, width=width, theme=theme)
    page = watched.page
    assert await watched.axe() == []
    assert watched.complaints == []
    assert await page.evaluate("document.documentElement.scrollWidth") <= width
    assert await page.locator("h1").count() == 1
    assert await page.locator("[aria-current=page]").inner_text() == shown.PAGES[name]
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
