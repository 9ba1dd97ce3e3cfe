"""NPM TOOLS: Newman and Bruno's command line, as npm installs them, and wrk as Debian does: what they send, a second."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

NEWMAN, BRUNO = "newman@6.2.2", "@usebruno/cli@4.1.0"
SECONDS = 300
BODY = "x" * 400
FOLDER = Path(os.environ.get("WORKBENCH_BENCH_NPM") or Path(tempfile.gettempdir()) / "workbench-bench-npm")
"""Where npm puts them, once for all runs of a machine."""


class Missing(Exception):
    """A tool is not here; the text says why."""


def tool(word: str, package: str) -> str:
    """Return the program of an npm package, installed if need be. Raises Missing."""
    npm = shutil.which("npm")
    if npm is None:
        raise Missing("npm is not installed")
    program = FOLDER / "node_modules" / ".bin" / word
    if not program.exists():
        FOLDER.mkdir(parents=True, exist_ok=True)
        words = [npm, "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(FOLDER), package]
        try:
            subprocess.run(words, check=True, capture_output=True, timeout=SECONDS)
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
            raise Missing(f"npm could not install {package}") from None
    return str(program)


def newman(url: str, rows: int) -> float:
    """Return Newman's requests a second, the start of Node left out. Raises Missing."""
    program = tool("newman", NEWMAN)
    with tempfile.TemporaryDirectory() as folder:
        collection = {
            "info": {"name": "bench", "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"},
            "item": [{"name": "send", "request": {
                "method": "POST", "url": url, "header": [{"key": "Content-Type", "value": "application/json"}],
                "body": {"mode": "raw", "raw": BODY},
            }}],
        }  # fmt: skip
        path = Path(folder) / "collection.json"
        path.write_text(json.dumps(collection))
        return _without_start(lambda count: [program, "run", str(path), "-n", str(count), "--silent"], folder, rows)  # fmt: skip


def bruno(url: str, rows: int, *, parallel: bool) -> float:
    """Return Bruno's requests a second, one after the other or in parallel, the start of Node left out. Raises Missing."""
    program = tool("bru", BRUNO)
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "bruno.json").write_text(json.dumps({"version": "1", "name": "bench", "type": "collection"}))  # fmt: skip
        (Path(folder) / "send.bru").write_text(
            "meta {\n  name: send\n  type: http\n  seq: 1\n}\n\n"
            f"post {{\n  url: {url}\n  body: text\n  auth: none\n}}\n\nbody:text {{\n  {BODY}\n}}\n"
        )
        more = ["--parallel"] if parallel else []
        return _without_start(
            lambda count: [program, "run", "send.bru", "--iteration-count", str(count), *more], folder, rows
        )


def wrk(url: str, at_once: int, seconds: int) -> float:
    """Return wrk's requests a second: a program in C that keeps nothing and reads little. Raises Missing."""
    program = shutil.which("wrk")
    if program is None:
        raise Missing("wrk is not installed (Debian: wrk)")
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "post.lua"
        script.write_text(
            f'wrk.method = "POST"\nwrk.body = string.rep("x", {len(BODY)})\nwrk.headers["Content-Type"] = "application/json"\n'
        )
        words = [program, "-t", "1", "-c", str(at_once), "-d", f"{seconds}s", "-s", str(script), url]
        told = subprocess.run(words, check=True, capture_output=True, text=True, timeout=SECONDS).stdout
    found = re.search(r"Requests/sec:\s+([\d.]+)", told)
    assert found is not None, told
    return float(found[1])


def _without_start(words: Callable[[int], list[str]], folder: str, rows: int) -> float:
    took = []
    for count in (1, rows + 1):  # the difference is what the requests took
        began = perf_counter()
        subprocess.run(words(count), check=True, capture_output=True, timeout=SECONDS, cwd=folder)
        took.append(perf_counter() - began)
    return rows / (took[1] - took[0])
