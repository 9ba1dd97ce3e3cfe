"""A whole workbench for a walk in the browser: the server process, the published pages, and where it is wanted the sandbox on a port."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from playwright.async_api import Locator, Page, expect

from tests.loopback import quiet_port
from workbench.widgets import voila

from .conftest import ROOT, Server, _answers, _start

ENVIRON = {"WORKBENCH_KEYRING": "off"}
TOKEN = "walk-operator-token"


@dataclass
class World:
    """The programs and their home. ``token`` is that of an operator called Ada; ``begun`` counts the servers there were."""

    folder: Path
    token: str
    port: int = field(default_factory=quiet_port)
    sandbox: Server | None = None
    begun: int = 0

    def __post_init__(self) -> None:
        self.home = self.folder / "home"
        self.address = f"http://127.0.0.1:{self.port}"
        self.programs: list[Server] = []

    def url(self, page: str) -> str:
        """Return the address of a published page."""
        return f"{self.pages.url}voila/render/{page}.ipynb"

    async def serve(self) -> None:
        """Start the server process; again, where it was killed: at the same address, over the same home."""
        self.begun += 1
        people = {sha256(self.token.encode()).hexdigest(): {"name": "Ada", "role": "operator"}}
        own = {
            "WORKBENCH_HOME": str(self.home), "WORKBENCH_PEOPLE": json.dumps(people), "WORKBENCH_SERVER": self.address,
            **({"WORKBENCH_SANDBOX": self.sandbox.url.rstrip("/")} if self.sandbox else {}),
        }  # fmt: skip
        words = ["uvicorn", "--factory", "workbench.server:app_from_environment", "--port", str(self.port)]
        self.server = self._started(
            f"server{self.begun}", words, {**os.environ, **ENVIRON, **own}, self.address
        )
        await _answers(self.server, "/health")

    async def kill(self) -> None:
        """End the server process as a power cut does."""
        self.server.process.kill()
        self.server.process.wait(20)

    def _started(self, name: str, words: list[str], environ: dict[str, str], url: str) -> Server:
        (self.folder / name).mkdir()
        started = _start([sys.executable, "-u", "-m", *words], self.folder / name, environ, f"{url}/")
        self.programs.append(started)
        return started

    async def begin(self, *, sandbox: bool) -> None:
        """Start everything, and wait until it answers."""
        if sandbox:
            port = quiet_port()
            at = f"http://127.0.0.1:{port}"
            words = ["workbench", "sandbox", "--port", str(port)]
            self.sandbox = self._started("sandbox", words, {**os.environ, **ENVIRON}, at)
        shown = {name: value for name, value in os.environ.items() if not name.startswith("WORKBENCH_")}
        shown |= {"WORKBENCH_URL": self.address, "WORKBENCH_TOKEN": self.token}
        port = quiet_port()
        words = ["voila", *voila.arguments(ROOT / "dashboards", port=port)]
        self.pages = self._started("pages", words, voila.environment(shown), f"http://127.0.0.1:{port}")
        await self.serve()
        if self.sandbox:
            await _answers(self.sandbox, "/health")
        await _answers(self.pages, "/voila/static/none")

    def end(self) -> None:
        """End every program that was started, by its id."""
        for program in self.programs:
            program.end()


@asynccontextmanager
async def world_in(folder: Path, *, sandbox: bool = False, token: str = TOKEN) -> AsyncIterator[World]:
    """Give a whole workbench in a folder of its own; at the end every program of it is ended."""
    world = World(folder, token)
    try:
        await world.begin(sandbox=sandbox)
        yield world
    finally:
        world.end()


async def seen(what: Locator) -> None:
    """Wait until it is to be seen; the machine may have other things to do."""
    await expect(what).to_be_visible(timeout=30_000)


async def press(page: Page, name: str) -> None:
    """Press a button."""
    await page.get_by_role("button", name=name, exact=True).click()


async def turn(page: Page, part: str) -> None:
    """Turn to a part of the page, or choose one of a few."""
    await page.get_by_role("radio", name=part, exact=True).check(force=True)


def text(page: Page, label: str) -> Locator:
    """Return a field of text."""
    return page.get_by_role("textbox", name=label, exact=True)


async def lock(page: Page, label: str, secret: str) -> None:
    """Type a secret and lock it, and see that the field shows its mask instead."""
    field_ = page.locator(".wb-piece-secret").filter(has=page.get_by_text(label, exact=True))
    await field_.locator("input").first.fill(secret)
    await field_.get_by_role("button", name="Lock").click()
    await seen(field_.locator(".wb-kept"))
