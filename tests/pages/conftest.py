"""A real server process for the pages: on a free port of loopback, with a home of its own and a token for each role."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.loopback import quiet_port
from tests.pages.fresh import ROOT, environment
from workbench.models.person import Role

ROLES: tuple[Role, ...] = ("viewer", "operator", "admin")


@dataclass(frozen=True)
class RunningServer:
    """The server's address; ``token(role)`` lets a page in, ``environment(role)`` is what its kernel gets."""

    url: str
    home: Path

    def token(self, role: Role) -> str:
        return f"token-of-a-{role}"

    def environment(self, role: Role, home: Path) -> dict[str, str]:
        return environment(home) | {"WORKBENCH_URL": self.url, "WORKBENCH_TOKEN": self.token(role)}


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    folder = tmp_path_factory.mktemp("server")
    port = quiet_port()
    started = RunningServer(f"http://127.0.0.1:{port}", folder / "home")
    people = {
        hashlib.sha256(started.token(role).encode()).hexdigest(): {"name": "Ana Lima", "role": role}
        for role in ROLES
    }
    command = [sys.executable, "-m", "uvicorn", "--factory", "workbench.server:app_from_environment"]
    command += ["--host", "127.0.0.1", "--port", str(port), "--log-level", "warning"]
    env = environment(started.home) | {"WORKBENCH_PEOPLE": json.dumps(people)}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=log, stderr=log)
    try:
        _wait(started.url, process, folder / "log")
        yield started
    finally:
        process.terminate()
        process.wait(20)


def _wait(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until the server answers, at most a minute; say what it wrote when it does not."""
    for _ in range(600):
        if process.poll() is not None:
            break
        try:
            if httpx.get(f"{url}/health", timeout=5).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    pytest.fail(f"the server did not start:\n{log.read_text()[-3000:]}")
