"""Many processes at one home: nothing is lost, and nobody ever sees half a file."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

import workbench
from workbench.adapters.catalogue import Catalogue
from workbench.adapters.home import open_home
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
folder, name, count = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
home = open_home(folder)
"""
PUT = """
from concurrent.futures import ThreadPoolExecutor
catalogue = Catalogue(home)
with ThreadPoolExecutor(4) as threads:
    put = lambda n: catalogue.put('integrations', f'{name}_{n:04}', {'n': n})
    assert len(list(threads.map(put, range(count)))) == count
"""
COUNT = """
catalogue = Catalogue(home)
for _ in range(count):
    catalogue.update('counters', 'all', lambda document: {'n': (document or {'n': 0})['n'] + 1})
"""
SEAL = """
vault = Vault.open(home)
for n in range(count):
    vault.seal_text(f'{name} {n}')
    if n % 10 == int(name): vault.rotate()
"""
APPEND = """
from workbench.adapters.journal import Journal
from workbench.models.journal import Entry
async def main():
    journal = Journal.open(sys.argv[4] or None, home)
    for n in range(count):
        made = {'id': new_id('ent'), 'at': datetime.now(UTC), 'who': f'{name} {n}'}
        await journal.append(Entry(kind='send', mode='rehearsal', **made))
    await journal.close()
asyncio.run(main())
"""


def start(program: str, folder: Path, name: int, count: int, *more: str) -> subprocess.Popen[str]:
    environ = {**os.environ, "PYTHONPATH": str(Path(workbench.__file__).parents[1])}
    arguments = [sys.executable, "-c", START + program, str(folder), str(name), str(count), *more]
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
