"""STAGE: the dashboards as visitors get them: real Voila, a real server process, a real browser; each role, theme, width and mode."""

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
from playwright.async_api import Page

from tests.loopback import quiet_port
from workbench import Contact, Workbench
from workbench.models.integration import Header, Settings
from workbench.models.person import Role
from workbench.models.work import JobOptions
from workbench.widgets import page as shown
from workbench.widgets import voila

from .conftest import ROOT, OpenPage, Server, Watched, _answers, _start

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
            port = quiet_port()
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
            port = quiet_port()
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
