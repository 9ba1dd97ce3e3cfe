"""A command that goes on running, in a process of its own, as a person starts it; and what can be seen of it from outside."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from http.client import HTTPConnection
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

PATIENCE_S = 180.0


class Running:
    """``workbench WORDS --json``; ``said`` is the document it printed once everything answered."""

    def __init__(
        self,
        *words: str,
        environ: Mapping[str, str],
        command: Sequence[str | Path] = (sys.executable, "-m", "workbench"),
        cwd: Path | None = None,
    ) -> None:
        self.process = subprocess.Popen(
            [*command, *words, "--json"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=dict(environ), cwd=cwd,
        )  # fmt: skip
        self.told: list[str] = []
        self._lines: queue.Queue[str | None] = queue.Queue()
        self._readers = [threading.Thread(target=work, daemon=True) for work in (self._read, self._hear)]
        for reader in self._readers:
            reader.start()

    def __enter__(self) -> Self:
        line = self._lines.get(timeout=PATIENCE_S)
        if line is None or line == "{\n":  # an error, written over several lines
            self.wait()
            raise AssertionError("".join(self.told))
        self.said: dict[str, Any] = json.loads(line)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.end(signal.SIGTERM)

    def end(self, number: signal.Signals) -> int:
        """Send a signal and return the exit code."""
        self.process.send_signal(number)
        return self.wait()

    def wait(self) -> int:
        """Return the exit code once it has ended."""
        code = self.process.wait(PATIENCE_S)
        for reader in self._readers:
            reader.join(PATIENCE_S)
        assert self.process.stdout is not None
        assert self.process.stderr is not None
        self.process.stdout.close()
        self.process.stderr.close()
        return code

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(line)
        self._lines.put(None)

    def _hear(self) -> None:
        assert self.process.stderr is not None
        self.told.extend(self.process.stderr)


def family(pid: int) -> list[int]:
    """The process and all that come from it."""
    parents = {}
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            try:
                parents[int(process.name)] = int((process / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
    found = [pid]
    for one in found:
        found += [child for child, parent in parents.items() if parent == one]
    return found


def command_line(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


def environment(pid: int) -> dict[str, str]:
    pairs = Path(f"/proc/{pid}/environ").read_bytes().decode().split("\0")
    return dict(pair.split("=", 1) for pair in pairs if "=" in pair)


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def until(what: Any) -> Any:
    """Return what the question gives as soon as it gives something."""
    deadline = time.monotonic() + PATIENCE_S
    while not (found := what()):
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.05)
    return found


def ask(
    url: str, method: str = "GET", body: bytes | None = None, headers: Mapping[str, str] | None = None
) -> tuple[int, bytes]:
    """Ask a server on the loopback address; redirects are not followed."""
    parts = urlsplit(url)
    connection = HTTPConnection(parts.hostname or "", parts.port, timeout=PATIENCE_S)
    try:
        connection.request(method, f"{parts.path or '/'}?{parts.query}", body, dict(headers or {}))
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def clean(**more: str) -> dict[str, str]:
    """This environment without any setting of the workbench."""
    return (
        {name: value for name, value in os.environ.items() if not name.startswith("WORKBENCH_")}
        | {"WORKBENCH_KEYRING": "off"}
        | more
    )
