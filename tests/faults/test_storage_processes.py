"""Many processes at one home, or at one team's database: nothing is lost, and nobody ever sees half of a change."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

import workbench
from tests.databases import own_schema
from workbench.adapters.catalogue import Catalogue
from workbench.adapters.database import Database
from workbench.adapters.documents import Documents
from workbench.adapters.home import Home, open_home
from workbench.adapters.journal import Journal
from workbench.adapters.vault import Vault
from workbench.models.journal import EntryFilter

START = """
import asyncio, sys
from datetime import UTC, datetime
from pathlib import Path
from workbench.adapters.catalogue import Catalogue
from workbench.adapters.clock import new_id
from workbench.adapters.home import open_home
from workbench.adapters.vault import Vault
folder, name, count, url = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), (sys.argv[4:] or [""])[0]
home = open_home(folder)
documents = None
if url:
    from workbench.adapters.database import Database
    from workbench.adapters.documents import Documents
    from workbench.adapters.team import team_home
    database = Database.open(url, home)
    home, documents = team_home(database, home), Documents(database)
"""
END = """
if url:
    asyncio.run(database.close())
"""
PUT = """
from concurrent.futures import ThreadPoolExecutor
catalogue = Catalogue(home, documents=documents)
with ThreadPoolExecutor(4) as threads:
    put = lambda n: catalogue.put('integrations', f'{name}_{n:04}', {'n': n})
    assert len(list(threads.map(put, range(count)))) == count
"""
COUNT = """
catalogue = Catalogue(home, documents=documents)
for _ in range(count):
    catalogue.update('counters', 'all', lambda document: {'n': (document or {'n': 0})['n'] + 1})
"""
TOGETHER = """
from concurrent.futures import ThreadPoolExecutor
catalogue = Catalogue(home, documents=documents)
vault = Vault.open(home, documents=documents)
def work(n):
    catalogue.put('integrations', f'{name}_{n:04}', {'n': n})
    catalogue.update('counters', 'all', lambda document: {'n': (document or {'n': 0})['n'] + 1})
    if n % 4 == 0:
        catalogue.delete('integrations', f'{name}_{n:04}')
    if n % 5 == 0:
        vault.seal_text(f'{name} {n}')
    if n % 10 == int(name):
        vault.rotate()
with ThreadPoolExecutor(4) as threads:
    assert len(list(threads.map(work, range(count)))) == count
"""
SEAL = """
vault = Vault.open(home, documents=documents)
for n in range(count):
    vault.seal_text(f'{name} {n}')
    if n % 10 == int(name): vault.rotate()
"""
APPEND = """
from workbench.adapters.journal import Journal
from workbench.models.journal import Entry
async def main():
    journal = Journal.open(url or None, home)
    for n in range(count):
        made = {'id': new_id('ent'), 'at': datetime.now(UTC), 'who': f'{name} {n}'}
        await journal.append(Entry(kind='send', mode='rehearsal', **made))
    await journal.close()
asyncio.run(main())
"""


@dataclass(frozen=True)
class Team:
    """A team's database, and what this process reads of it."""

    url: str
    home: Home
    documents: Documents


@pytest.fixture
def team(tmp_path: Path, postgres_url: str) -> Iterator[Team]:
    url, home = own_schema(postgres_url), open_home(tmp_path / "reader")
    database = Database.open(url, home)
    yield Team(url, home, Documents(database))
    asyncio.run(database.close())


def start(program: str, folder: Path, name: int, count: int, *more: str) -> subprocess.Popen[str]:
    environ = {**os.environ, "PYTHONPATH": str(Path(workbench.__file__).parents[1])}
    arguments = [sys.executable, "-c", START + program + END, str(folder), str(name), str(count), *more]
    return subprocess.Popen(arguments, env=environ, stderr=subprocess.PIPE, text=True)


def finish(processes: list[subprocess.Popen[str]]) -> None:
    for process in processes:
        _, said = process.communicate()
        assert process.returncode == 0, said


def test_eight_processes_with_500_writes_each_keep_4000(tmp_path: Path) -> None:
    """From four threads each, as services write: what waits in one process goes into one write."""
    home = open_home(tmp_path / "home")
    reader, path, seen, looks = Catalogue(home), home.path("integrations.json"), 0, 0
    processes = [start(PUT, home.folder, name, 500) for name in range(8)]
    while any(process.poll() is None for process in processes):
        time.sleep(0.05)
        if path.exists():
            json.loads(path.read_bytes())
        now = len(reader.all("integrations"))
        assert now >= seen, "what was there once stays there"
        seen, looks = now, looks + 1
    finish(processes)
    kept = Catalogue(home)
    assert len(kept.all("integrations")) == 4000
    assert all(
        kept.get("integrations", f"{name}_{n:04}") == {"n": n} for name in range(8) for n in range(0, 500, 50)
    )
    assert looks > 0
    assert reader.notices == kept.notices == []
    assert {entry.name for entry in home.folder.iterdir()} == {
        "home.json", ".home.json.lock", "integrations.json", ".integrations.json.lock"
    }  # fmt: skip


@pytest.mark.parametrize("each", [40, pytest.param(500, marks=pytest.mark.soak)])
def test_eight_processes_of_a_team_lose_nothing(
    each: int, tmp_path: Path, team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each from a home of its own, as many machines; half of them have the new key first already, the others the old one."""
    reader, marks = Catalogue(team.home, documents=team.documents), set()
    keys = [Fernet.generate_key().decode() for _ in range(2)]
    processes = []
    for name in range(8):
        monkeypatch.setenv("WORKBENCH_KEY", ",".join(keys[:: 1 if name % 2 else -1]))
        processes.append(start(TOGETHER, tmp_path / f"home{name}", name, each, team.url))
    while any(process.poll() is None for process in processes):
        time.sleep(0.05)
        kept = {one["n"] for one in reader.all("integrations")}
        assert kept <= set(range(each))
        marks.add(reader.mark("integrations"))
    finish(processes)
    assert [one["n"] for one in reader.all("integrations")] == [n for n in range(each) if n % 4] * 8
    assert reader.get("counters", "all") == {"n": 8 * each}
    assert len(marks) > 1
    vault = Vault.open(team.home, documents=team.documents)
    opened = sorted(vault.open_text(handle) for handle in vault.handles())
    assert opened == sorted(f"{name} {n}" for name in range(8) for n in range(0, each, 5))


def test_processes_that_change_one_document_count_right(tmp_path: Path) -> None:
    finish([start(COUNT, tmp_path / "home", name, 50) for name in range(4)])
    assert Catalogue(open_home(tmp_path / "home")).get("counters", "all") == {"n": 200}


def test_processes_that_seal_and_rotate_lose_no_secret(tmp_path: Path) -> None:
    finish([start(SEAL, tmp_path / "home", name, 20) for name in range(4)])
    vault = Vault.open(open_home(tmp_path / "home"))
    opened = sorted(vault.open_text(handle) for handle in vault.handles())
    assert opened == sorted(f"{name} {n}" for name in range(4) for n in range(20))


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
async def test_processes_that_write_one_journal_lose_no_entry(
    database: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url = request.getfixturevalue("postgres_url") if database == "postgresql" else ""
    home = open_home(tmp_path / "home")
    journal = Journal.open(url or None, home)
    before = await journal.count(EntryFilter())
    finish([start(APPEND, home.folder, name, 100, url) for name in range(4)])
    assert await journal.count(EntryFilter()) == before + 400
    newest = await journal.entries(EntryFilter(limit=400))
    assert {entry.who for entry in newest} == {f"{name} {n}" for name in range(4) for n in range(100)}
    await journal.close()
