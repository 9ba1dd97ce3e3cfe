"""Killed at every step and at any moment: what was acknowledged is there, and every file can be read.

Catalogue, vault and home touch the disk through ``files.py`` alone: to die before each of its lines is to die in every
state that the disk can be in.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import workbench

AT_EVERY_LINE = """
import json, os, shutil, signal, sys
from pathlib import Path
from workbench.adapters import files
from workbench.adapters.catalogue import Catalogue
from workbench.adapters.home import open_home
from workbench.adapters.vault import Vault

def die_at(fatal):
    count = 0
    def line(frame, event, argument):
        nonlocal count
        if event == "line":
            count += 1
            if count == fatal:
                os.kill(os.getpid(), signal.SIGKILL)
        return line
    sys.settrace(lambda frame, event, argument: line if frame.f_code.co_filename == files.__file__ else None)

def killed_everywhere(folder, work, check):
    fatal, deaths = 0, 0
    while True:
        fatal += 1
        shutil.rmtree(folder, ignore_errors=True)
        prepare(folder)
        child = os.fork()
        if child == 0:
            die_at(fatal)
            work(folder)
            sys.settrace(None)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        survived = os.WIFEXITED(status)
        assert survived or os.WTERMSIG(status) == signal.SIGKILL, status
        check(folder, survived)
        assert not [path.name for path in folder.iterdir() if path.suffix == ".tmp"], "what was left is swept"
        if survived:
            return deaths
        deaths += 1
"""

PUT = """
def prepare(folder):
    Catalogue(open_home(folder)).put("things", "a", {"n": 1, "text": "x" * 5000})

def work(folder):
    Catalogue(open_home(folder)).update("things", "b", lambda before: {"n": 2})

def check(folder, survived):
    kept = Catalogue(open_home(folder))
    assert kept.get("things", "a") == {"n": 1, "text": "x" * 5000}
    assert kept.all("things")[1:] in ([[{"n": 2}]] if survived else [[], [{"n": 2}]])
    kept.put("things", "c", {"n": 3})
    assert Catalogue(open_home(folder)).get("things", "c") == {"n": 3}
    assert kept.notices == [] == open_home(folder).notices
"""

MIGRATE = """
STEPS = {"things": {1: lambda document: {"two": document["one"]}, 2: lambda document: {"three": document["two"]}}}
OLD = b'{"schema": 1, "documents": {"a": {"one": 1}}}'

def prepare(folder):
    open_home(folder).path("things.json").write_bytes(OLD)

def work(folder):
    Catalogue(open_home(folder), STEPS).all("things")

def check(folder, survived):
    kept = Catalogue(open_home(folder), STEPS)
    assert kept.all("things") == [{"three": 1}]
    assert kept.notices == []
    assert OLD in [path.read_bytes() for path in folder.glob("things.json.version-1-*")]
    kept.put("things", "b", {"three": 2})
"""

SET_ASIDE = """
def prepare(folder):
    open_home(folder).path("things.json").write_bytes(b"{")

def work(folder):
    Catalogue(open_home(folder)).put("things", "a", {"n": 1})

def check(folder, survived):
    kept = Catalogue(open_home(folder))
    assert kept.all("things") in ([[{"n": 1}]] if survived else [[], [{"n": 1}]])
    kept.put("things", "a", {"n": 1})
    assert b"{" in [path.read_bytes() for path in folder.glob("things.json.damaged-*")]
"""

SEAL = """
def prepare(folder):
    ref = Vault.open(open_home(folder)).seal_text("the first")
    (folder / "handle").write_text(ref.handle)

def work(folder):
    Vault.open(open_home(folder)).seal_text("the second")

def check(folder, survived):
    vault = Vault.open(open_home(folder))
    assert vault.open_text((folder / "handle").read_text()) == "the first"
    opened = sorted(vault.open_text(handle) for handle in vault.handles())
    assert opened in ([["the first", "the second"]] if survived else [["the first"], ["the first", "the second"]])
    assert vault.open_text(vault.seal_text("the third").handle) == "the third"
"""

FIRST_SEAL = """
def prepare(folder):
    folder.mkdir()

def work(folder):
    Vault.open(open_home(folder)).seal_text("the first")

def check(folder, survived):
    home = open_home(folder)
    vault = Vault.open(home)
    opened = [vault.open_text(handle) for handle in vault.handles()]
    assert opened in ([["the first"]] if survived else [[], ["the first"]])
    assert vault.open_text(vault.seal_text("the second").handle) == "the second"
    assert open_home(folder) == home
"""

ROTATE = """
def prepare(folder):
    vault = Vault.open(open_home(folder))
    for number in range(3):
        vault.seal_text(f"secret {number}")

def work(folder):
    Vault.open(open_home(folder)).rotate()

def check(folder, survived):
    for _ in range(2):
        vault = Vault.open(open_home(folder))
        assert sorted(vault.open_text(handle) for handle in vault.handles()) == [f"secret {n}" for n in range(3)]
        assert not survived or len((folder / "vault.key").read_text().split()) == 1
        vault.rotate()
        survived = True
"""

AT_ANY_MOMENT = """
import asyncio, json, os, random, signal, sys, time
from datetime import UTC, datetime
from pathlib import Path
from workbench.adapters.catalogue import Catalogue
from workbench.adapters.clock import new_id
from workbench.adapters.home import open_home
from workbench.adapters.journal import Journal
from workbench.models.journal import Entry, EntryFilter

folder, rounds, url = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3] or None
chance = random.Random(7)
made = {"kind": "send", "mode": "rehearsal", "who": "x", "detail": "y" * 3000}

async def write(acknowledge):
    home = open_home(folder)
    catalogue, journal = Catalogue(home), Journal.open(url, home)
    while True:
        id = new_id("ent")
        catalogue.put("things", id, {"id": id})
        await journal.append(Entry(id=id, at=datetime.now(UTC), **made))
        os.write(acknowledge, (id + "\\n").encode())

async def kept():
    home = open_home(folder)
    catalogue, journal = Catalogue(home), Journal.open(url, home)
    found = [{document["id"] for document in catalogue.all("things")}]
    found.append({entry.id for entry in await journal.entries(EntryFilter(limit=100_000))})
    assert home.notices == catalogue.notices == journal.notices == []
    await journal.close()
    return found

acknowledged = set()
for _ in range(rounds):
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        asyncio.run(write(writing))
    os.close(writing)
    with os.fdopen(reading) as acks:
        for _ in range(chance.randrange(1, 6)):
            acknowledged.add(acks.readline().strip())
        time.sleep(chance.random() / 100)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        acknowledged |= {line.strip() for line in acks if line.endswith("\\n")}
    for found in asyncio.run(kept()):
        assert acknowledged <= found, acknowledged - found
print(json.dumps(len(acknowledged)))
"""


def run(program: str, *arguments: str) -> int:
    environ = {**os.environ, "PYTHONPATH": str(Path(workbench.__file__).parents[1])}
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments], env=environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return int(json.loads(done.stdout))


@pytest.fixture
def quick_folder() -> Iterator[Path]:
    """A folder in memory, where there is one: a kill loses nothing that was handed to the system."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None) as name:
        yield Path(name)


@pytest.mark.parametrize(
    "program",
    [PUT, MIGRATE, SET_ASIDE, SEAL, FIRST_SEAL, ROTATE],
    ids=["put", "migrate", "set_aside", "seal", "first_seal", "rotate"],
)
def test_killed_at_every_step_of_a_write(program: str, quick_folder: Path) -> None:
    end = f"\nprint(killed_everywhere(Path({str(quick_folder / 'home')!r}), work, check))"
    assert run(AT_EVERY_LINE + program + end) > 20, "the places where it died"


@pytest.mark.parametrize("kills", [25, pytest.param(200, marks=pytest.mark.soak)])
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_killed_at_any_moment_of_a_long_run(
    database: str, kills: int, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url = request.getfixturevalue("postgres_url") if database == "postgresql" else ""
    assert run(AT_ANY_MOMENT, str(tmp_path / "home"), str(kills), url) >= kills
