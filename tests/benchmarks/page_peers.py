"""PAGE PEERS: the same small form as a page of ours and as Panel, Streamlit and Solara make it; each a server in a process of its own."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.benchmarks.npm_tools import FOLDER, Missing
from tests.browser.conftest import notebook
from tests.loopback import quiet_port

ROOT = Path(__file__).parents[2]
FORMS = Path(__file__).parent / "peers"
PANEL, STREAMLIT, SOLARA = "Panel", "Streamlit", "Solara"
WARM, COLD, PLAIN = "preheated", "cold", "cold, each kernel loads by itself"
ASSETS = ("@widgetti/solara-vuetify3-app@5.2.0", "requirejs@2.3.6", "font-awesome@4.5.0")
"""What Solara asks a CDN for; it has a folder for those who have none."""


Start = Callable[[int], tuple[list[str], dict[str, str]]]


@dataclass(frozen=True)
class Form:
    """A form's page: where it is, how its field and its preview are found, and the server behind it."""

    url: str
    field: str
    preview: str
    server: psutil.Process
    enter: bool = False
    """Whether a text reaches the server with the Enter key alone."""

    def family(self) -> list[psutil.Process]:
        """Return the server's processes as they are now."""
        return [self.server, *self.server.children(recursive=True)]

    def seconds(self) -> dict[int, float]:
        """Return the processor time of each of its processes by its number."""
        found = {}
        for process in self.family():
            try:
                times = process.cpu_times()
            except psutil.Error:  # it ended meanwhile
                continue
            found[process.pid] = times.user + times.system
        return found

    def spent(self, before: Mapping[int, float]) -> float:
        """Return the seconds of processor time since ``before``."""
        return sum(now - before.get(pid, 0.0) for pid, now in self.seconds().items())

    def megabytes(self) -> float:
        """Return its memory; what processes share is counted once."""
        return sum(process.memory_full_info().pss for process in self.family()) / 1e6

    def calm(self) -> None:
        """Wait until it does next to nothing: a preheated kernel is there again."""
        quiet = 0
        while quiet < 4:
            before = self.seconds()
            time.sleep(0.5)
            quiet = quiet + 1 if self.spent(before) < 0.03 else 0


def ways(folder: Path) -> dict[str, Start]:
    """Return the command and the environment of each form's server, by its port."""
    (folder / "form").mkdir(exist_ok=True)
    source = (FORMS / "workbench_form.py").read_text(encoding="utf-8").partition('"""\n\n')[2]
    (folder / "form" / "form.ipynb").write_text(notebook(source, title="Form"), encoding="utf-8")
    python = [sys.executable, "-m"]

    def ours(warm: int, mother: str) -> Start:
        def made(port: int) -> tuple[list[str], dict[str, str]]:
            settings = {"page": str(folder / "form"), "token": "", "port": port, "warm": warm}
            more = {"WORKBENCH_PAGES": json.dumps(settings), "WORKBENCH_MOTHER": mother}
            return [*python, "workbench.widgets.voila"], more

        return made

    def panel(port: int) -> tuple[list[str], dict[str, str]]:
        words = [
            "panel",
            "serve",
            str(FORMS / "panel_form.py"),
            "--port",
            str(port),
            "--address",
            "127.0.0.1",
        ]
        return [*python, *words, "--allow-websocket-origin", f"127.0.0.1:{port}"], {}

    def streamlit(port: int) -> tuple[list[str], dict[str, str]]:
        words = ["streamlit", "run", str(FORMS / "streamlit_form.py"), "--server.port", str(port)]
        words += [
            "--server.address",
            "127.0.0.1",
            "--server.headless",
            "true",
            "--server.fileWatcherType",
            "none",
        ]
        return [*python, *words, "--browser.gatherUsageStats", "false"], {}

    def solara(port: int) -> tuple[list[str], dict[str, str]]:
        program = str(Path(sys.executable).parent / "solara")
        words = [program, "run", str(FORMS / "solara_form.py"), "--port", str(port), "--host", "127.0.0.1"]
        words += ["--no-open", "--production"]
        return words, {"SOLARA_ASSETS_PROXY_CACHE_DIR": str(assets())}

    return {
        WARM: ours(1, "on"), COLD: ours(0, "on"), PLAIN: ours(0, "off"), PANEL: panel, STREAMLIT: streamlit, SOLARA: solara,
    }  # fmt: skip


def assets() -> Path:
    """Return the folder with what Solara asks a CDN for, brought by npm once for all runs. Raises Missing."""
    npm = shutil.which("npm")
    if npm is None:
        raise Missing("npm is not installed")
    for package in ASSETS:
        name = package.rpartition("@")[0]
        target, source = FOLDER / "cdn" / package, FOLDER / "node_modules" / name
        if target.exists():
            continue
        words = [npm, "install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(FOLDER), package]  # fmt: skip
        FOLDER.mkdir(parents=True, exist_ok=True)
        try:
            subprocess.run(words, check=True, capture_output=True, timeout=300)
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
            raise Missing(f"npm could not install {package}") from None
        shutil.copytree(source, target)
    return FOLDER / "cdn"


PAGES = {
    PANEL: ("panel_form", ".bk-input[type=text]", "pre, .bk-panel-models-markup-HTML", False),
    STREAMLIT: ("", "input[aria-label=Name]", "[data-testid=stText]", True),
    SOLARA: ("", "input[type=text]", "pre", False),
}
OURS = ("voila/render/form.ipynb", ".widget-text input", "main pre", False)


@contextmanager
def served(name: str, folder: Path) -> Iterator[Form]:
    """Serve a form. Raises Missing where its server is not installed."""
    if name in PAGES and importlib.util.find_spec(name.lower()) is None:
        raise Missing(f"{name} is not installed")
    port = quiet_port()
    command, more = ways(folder)[name](port)
    shared = {key: value for key, value in os.environ.items() if not key.startswith("WORKBENCH_")}
    with (folder / f"{port}.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, env={**shared, **more}, stdout=log, stderr=log)
    try:
        path, field, preview, enter = PAGES.get(name, OURS)
        url = f"http://127.0.0.1:{port}/"
        _answers(url, process, folder / f"{port}.log")
        yield Form(url + path, field, preview, psutil.Process(process.pid), enter)
    finally:
        process.terminate()
        process.wait(30)


def _answers(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(600):
        if process.poll() is not None:
            break
        try:
            urllib.request.urlopen(url, timeout=5)
            return
        except OSError as error:
            if getattr(error, "code", None):
                return
            time.sleep(0.1)
    raise Missing(f"it did not start: {log.read_text(errors='replace')[-300:]}")
