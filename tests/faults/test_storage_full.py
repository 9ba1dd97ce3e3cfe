"""A full disk, a limit on the size of files, a disk that turns read-only: said in a sentence, and nothing is harmed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import workbench

BEGIN = """
import asyncio, errno, os, resource, subprocess, sys
from datetime import UTC, datetime
from pathlib import Path
from workbench.adapters.catalogue import Catalogue
from workbench.adapters.clock import new_id
from workbench.adapters.home import open_home
from workbench.adapters.journal import Journal
from workbench.adapters.vault import Vault
from workbench.errors import CannotWrite
from workbench.models.journal import Entry, EntryFilter

folder = Path(sys.argv[1])
home = open_home(folder / "home")
catalogue, vault, journal = Catalogue(home), Vault.open(home), Journal.open(None, home)

def entry():
    made = {"kind": "send", "mode": "rehearsal", "who": "x", "detail": "y" * 20_000}
    return Entry(id=new_id("ent"), at=datetime.now(UTC), **made)

def refusal(work):
    try:
        work()
    except CannotWrite as error:
        return str(error)
    raise AssertionError("it was written")

def fill_up(work):
    for _ in range(10_000):
        try:
            work()
        except CannotWrite as error:
            return str(error)
    raise AssertionError("it never became full")

def kept():
    documents = [document["n"] for document in Catalogue(home).all("things")]
    reader = Vault.open(home)
    opened = [reader.open_text(handle) for handle in reader.handles()]
    entries = asyncio.run(journal.entries(EntryFilter(limit=100_000)))
    assert catalogue.notices == journal.notices == []
    assert not [path for path in home.folder.iterdir() if path.suffix == ".tmp"], "nothing half is left"
    return documents, opened, [one.id for one in entries]

catalogue.put("things", "a", {"n": 1})
ref = vault.seal_text("the first secret")
asyncio.run(journal.append(entry()))
"""

SIZE_LIMIT = """
size = home.path("things.json").stat().st_size
before = kept(), home.path("things.json").read_bytes(), home.path("vault.json").read_bytes()
largest = max(path.stat().st_size for path in home.folder.iterdir())
for limit in range(size, size + 2000, 250):
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    said = refusal(lambda: catalogue.put("things", "b", {"text": "x" * 3000}))
    assert "things.json would become larger than this account may write" in said, said
    said = refusal(lambda: vault.seal_text("x" * 3000))
    assert "vault.json would become larger than this account may write" in said, said
    said = refusal(lambda: asyncio.run(journal.append(entry())))
    assert "journal.sqlite did not do what was asked (SQLITE_IOERR" in said, said
    assert (kept(), home.path("things.json").read_bytes(), home.path("vault.json").read_bytes()) == before
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
catalogue.put("things", "b", {"n": 2})
asyncio.run(journal.append(entry()))
assert kept()[0] == [1, 2]
assert len(kept()[2]) == 2
asyncio.run(journal.close())
"""

FULL_THEN_READ_ONLY = """
home.check_writable()
asyncio.run(journal.check_writable())
before = kept()

ballast = folder / "ballast"
with ballast.open("wb", buffering=0) as file:
    try:
        while True:
            file.write(bytes(4096))
    except OSError as error:
        assert error.errno == errno.ENOSPC
full = "o room left"
said = refusal(home.check_writable)
assert full in said or "kB are left" in said, said
assert full in fill_up(lambda: catalogue.update("things", "a", lambda old: {**old, "more": "x" * 9000}))
assert full in fill_up(lambda: vault.seal_text("x" * 9000))
assert full in fill_up(lambda: asyncio.run(journal.append(entry())))
said = refusal(lambda: asyncio.run(journal.check_writable()))
assert full in said or "kB are left" in said, said
now = kept()
assert now[0] == before[0]
assert "the first secret" in now[1]
assert set(before[2]) <= set(now[2])

ballast.unlink()
home.check_writable()
asyncio.run(journal.check_writable())
catalogue.put("things", "b", {"n": 2})
vault.seal_text("the second secret")
asyncio.run(journal.append(entry()))
before = kept()
asyncio.run(journal.close())

subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)
check = lambda: asyncio.run(journal.check_writable())
for work in (home.check_writable, check, lambda: catalogue.put("things", "c", {}), lambda: vault.seal_text("x")):
    assert "is on a disk that is read-only" in refusal(work)
assert "cannot be written: you may only read it" in refusal(lambda: asyncio.run(journal.append(entry())))
assert Catalogue(open_home(home.folder)).get("things", "b") == {"n": 2}
assert Vault.open(home).open_text(ref.handle) == "the first secret"

subprocess.run(["mount", "-o", "remount,rw", str(folder)], check=True)
assert kept() == before
asyncio.run(journal.close())
"""

PRIVATE_DISK = 'mount -t tmpfs -o size=3m none "$1" && shift && exec "$@"'


def on_a_small_disk(folder: Path) -> tuple[str, ...]:
    """Return the words before a command that give it a disk of 3 MB at ``folder``; skip the test where there is none."""
    private = ("unshare", "--user", "--map-root-user", "--mount", "sh", "-c", PRIVATE_DISK, "sh", str(folder))
    tried = shutil.which("unshare") and subprocess.run([*private, "true"], capture_output=True, check=False)
    if not tried or tried.returncode:
        pytest.skip("this system gives no private mounts (unshare)")
    return private


def run(program: str, folder: Path, *before: str) -> None:
    environ = {**os.environ, "PYTHONPATH": str(Path(workbench.__file__).parents[1])}
    arguments = [*before, sys.executable, "-c", BEGIN + program, str(folder)]
    done = subprocess.run(arguments, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]


def test_cut_off_by_a_limit_on_the_size_of_files(tmp_path: Path) -> None:
    run(SIZE_LIMIT, tmp_path)


def test_a_disk_that_becomes_full_and_then_read_only(tmp_path: Path) -> None:
    """On a small disk of its own, in a mount namespace: no other process sees it, and it ends with this one."""
    run(FULL_THEN_READ_ONLY, tmp_path, *on_a_small_disk(tmp_path))
