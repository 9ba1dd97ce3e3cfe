"""A real browser on a real page: what every browser test starts from.

``open_page`` opens a page that records requests, complaints and websocket frames, and fails the test when anything
but loopback was asked; ``serve`` starts a real Voila over a notebook given as text. Both live in one event loop for
the whole session (``loop_scope="session"``), beside the loops of the other tests.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import nbformat
import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, Playwright, async_playwright

from tests.loopback import quiet_port
from workbench.widgets import voila

ROOT = Path(__file__).parents[2]
HOW_TO_GET_ONE = (
    "no browser found: install Chromium or Chrome, or run `python -m playwright install chromium`"
)
NAMES = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "microsoft-edge",
    "msedge",
)
PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "C:/Program Files/Google/Chrome/Application/chrome.exe",
    "C:/Program Files (x86)/Google/Chrome/Application/chrome.exe",
    "C:/Program Files (x86)/Microsoft/Edge/Application/msedge.exe",
    "/snap/bin/chromium",
)
LAUNCH = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
LOCAL = {"127.0.0.1", "localhost", "::1", ""}
READY = 90_000


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give every test of this folder its marks: a browser test, in the session's own event loop."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)
            if isinstance(item, pytest.Function) and asyncio.iscoroutinefunction(item.obj):
                item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@dataclass
class Watched:
    """A page and what it did: where it asked, what it complained of, what went over its websockets."""

    page: Page
    outside: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    sent: list[str | bytes] = field(default_factory=list)
    received: list[str | bytes] = field(default_factory=list)

    def watch(self) -> None:
        """Start recording."""
        self.page.on("request", lambda request: self._asked(request.url))
        self.page.on("console", self._said)
        self.page.on("pageerror", lambda error: self.complaints.append(f"page error: {error}"))
        self.page.on("websocket", self._socket)

    def _asked(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme in {"http", "https", "ws", "wss"} and parts.hostname not in LOCAL:
            self.outside.append(url)

    def _said(self, message: Any) -> None:
        if message.type == "error":
            self.complaints.append(f"console: {message.text}")

    def _socket(self, socket: Any) -> None:
        self._asked(socket.url)
        socket.on("framesent", lambda frame: self.sent.append(frame))
        socket.on("framereceived", lambda frame: self.received.append(frame))

    def frames(self) -> bytes:
        """Return all that went over the websockets, both ways, as one row of bytes."""
        return b"\n".join(f.encode() if isinstance(f, str) else f for f in [*self.sent, *self.received])

    async def ready(self) -> None:
        """Wait until the page of our template has drawn its widgets."""
        await self.page.wait_for_selector("body[data-wb-ready=true]", timeout=READY)

    async def wear(self, width: int, theme: str) -> None:
        """Give the window another width, and the machine another theme; the page follows."""
        await self.page.set_viewport_size({"width": width, "height": 900})
        await self.page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
        dark = "matchMedia('(prefers-color-scheme: dark)').matches"
        assert await self.page.evaluate(dark) == (theme == "dark")
        await self.page.wait_for_timeout(400)  # colours change over a moment, and half of one is no colour

    async def axe(self, within: str = "") -> list[str]:
        """Return what axe-core finds serious or critical, one line for each."""
        await self.page.evaluate((Path(__file__).parent / "axe.min.js").read_text(encoding="utf-8"))
        found = await self.page.evaluate("(within) => axe.run(within || document)", within)
        return [
            f"{rule['id']} ({rule['impact']}): {node['html'][:200]} {node['failureSummary'][:300]}"
            for rule in found["violations"]
            if rule["impact"] in {"serious", "critical"}
            for node in rule["nodes"]
        ]


def _installed() -> str | None:
    on_path = next((found for name in NAMES if (found := shutil.which(name))), None)
    return on_path or next((place for place in PLACES if _is_file(place)), None)


def _is_file(path: str) -> str | None:
    return path if Path(path).is_file() else None


async def _fetched(playwright: Playwright) -> str | None:
    """Return the browser of Playwright's own, asking for it once when it is not there."""
    own = playwright.chromium.executable_path
    if _is_file(own) is None:
        command = [sys.executable, "-m", "playwright", "install", "chromium"]
        process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.DEVNULL)
        try:
            await asyncio.wait_for(process.wait(), 300)
        except TimeoutError:
            process.kill()
            await process.wait()
    return _is_file(own)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """A real browser, started once; without one the tests are skipped, on CI they fail."""
    async with async_playwright() as playwright:
        path = _installed() or await _fetched(playwright)
        if path is None:
            (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(HOW_TO_GET_ONE)
        started = await playwright.chromium.launch(executable_path=path, args=LAUNCH)
        yield started
        await started.close()


OpenPage = Callable[..., Awaitable[Watched]]


@pytest_asyncio.fixture(loop_scope="session")
async def open_page(browser: Browser) -> AsyncIterator[OpenPage]:
    """Open pages: ``await open_page(width=800, theme="dark")``; at the end nothing outside may have been asked."""
    opened: list[Watched] = []

    async def make(
        *, width: int = 1280, height: int = 900, theme: str = "light", script: str = "", **more: Any
    ) -> Watched:
        context = await browser.new_context(
            viewport={"width": width, "height": height}, color_scheme=theme, **more
        )
        if script:
            await context.add_init_script(script)
        watched = Watched(await context.new_page())
        watched.watch()
        opened.append(watched)
        return watched

    yield make
    for watched in opened:
        await watched.page.context.close()
    assert [url for watched in opened for url in watched.outside] == []


@pytest_asyncio.fixture(loop_scope="session")
async def browser_page(open_page: OpenPage) -> Watched:
    """One page, 1280 wide, light."""
    return await open_page()


def notebook(*cells: str, title: str = "Test page") -> str:
    """Return the text of a notebook with these code cells."""
    book = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(cell, id=f"c{at}") for at, cell in enumerate(cells)],
        metadata={
            "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
            "title": title,
        },
    )
    return nbformat.writes(book)


@dataclass
class Server:
    """A process that serves pages: its address, and what it wrote."""

    url: str
    process: subprocess.Popen[bytes]
    log: Path

    def end(self) -> None:
        """End the process, by its id, and wait for it."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(20)


async def _answers(server: Server, path: str) -> None:
    """Wait until the server answers, at most a minute; say what it wrote when it does not."""
    parts = urlsplit(server.url)
    for _ in range(600):
        if server.process.poll() is not None:
            break
        try:
            reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
            writer.write(f"GET {path} HTTP/1.0\r\nHost: {parts.netloc}\r\n\r\n".encode())
            status = await asyncio.wait_for(reader.readline(), 5)
            writer.close()
            if status.startswith(b"HTTP/"):
                return
        except (OSError, TimeoutError):
            pass
        await asyncio.sleep(0.1)
    pytest.fail(f"the server did not start:\n{server.log.read_text()[-3000:]}")


def _start(command: list[str], folder: Path, environment: dict[str, str], url: str) -> Server:
    log = folder / "server.log"
    environment["PYTHONPATH"] = os.pathsep.join(
        p for p in (str(ROOT), environment.get("PYTHONPATH", "")) if p
    )
    with log.open("wb") as out:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=out, stderr=out)
    return Server(url, process, log)


Serve = Callable[..., Awaitable[str]]


@pytest.fixture(scope="session")
def _servers() -> Iterator[dict[str, Server]]:
    started: dict[str, Server] = {}
    yield started
    for server in started.values():
        server.end()


@pytest_asyncio.fixture(loop_scope="session")
async def serve(_servers: dict[str, Server], tmp_path_factory: pytest.TempPathFactory) -> Serve:
    """Serve notebooks by the real Voila and our template: ``url = await serve("cell", "cell", title="...")``.

    The same notebook with the same options is served by one process for the whole session; ``as_folder`` serves the
    folder it is in, as the published dashboards are. Further options are those of ``workbench.widgets.voila.arguments``.
    """

    async def start(
        *cells: str,
        title: str = "Test page",
        env: dict[str, str] | None = None,
        as_folder: bool = False,
        **options: Any,
    ) -> str:
        key = json.dumps([cells, title, env, as_folder, options], default=str)
        if key not in _servers:
            folder = tmp_path_factory.mktemp("voila")
            page = folder / "page.ipynb"
            page.write_text(notebook(*cells, title=title), encoding="utf-8")
            port = quiet_port()
            command = [
                sys.executable,
                "-m",
                "voila",
                *voila.arguments(folder if as_folder else page, port=port, **options),
            ]
            environment = voila.environment({**os.environ, **(env or {})})
            _servers[key] = _start(command, folder, environment, f"http://127.0.0.1:{port}/")
            await _answers(_servers[key], "/voila/static/none")
        return _servers[key].url

    return start


@pytest_asyncio.fixture(loop_scope="session")
async def serve_lab(tmp_path: Path) -> AsyncIterator[Serve]:
    """Open notebooks in the real JupyterLab: ``url = await serve_lab("cell")`` is the address of the notebook."""
    started: list[Server] = []

    async def start(*cells: str) -> str:
        (tmp_path / "page.ipynb").write_text(notebook(*cells), encoding="utf-8")
        port = quiet_port()
        command = [sys.executable, "-m", "jupyterlab", "--no-browser", f"--port={port}", "--ip=127.0.0.1"]
        command += ["--ServerApp.port_retries=0", "--IdentityProvider.token=", "--allow-root"]
        command += ["--LabApp.news_url=", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]
        environment = {
            **os.environ,
            "JUPYTER_CONFIG_DIR": str(tmp_path),
            "JUPYTERLAB_WORKSPACES_DIR": str(tmp_path),
        }
        server = _start(command, tmp_path, environment, f"http://127.0.0.1:{port}/lab/tree/page.ipynb")
        started.append(server)
        await _answers(server, "/api")
        return server.url

    yield start
    for server in started:
        server.end()
