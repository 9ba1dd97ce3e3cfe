"""Backups: everything that a workbench holds, written to one archive while it goes on working; and whether an archive is whole.

Secrets are in an archive as they are kept: locked. Their key is not in it. An archive made through the server stays on its machine.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from workbench.adapters.clock import new_id
from workbench.errors import NotFound, WorkbenchError
from workbench.models.backup import Backup, DatabaseKind, Manifest
from workbench.sentence import Sentence, say

from .house import House
from .roles import admin
from .visibility import require_all_units

if TYPE_CHECKING:
    from workbench.adapters.holdings import Holdings
    from workbench.adapters.holdings_parts import Given

FOLDER: Final = "backups"
LEFT_BEHIND_S: Final = 86_400
SUFFIX: Final = ".workbench.zip"
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,80}\.workbench\.zip")

Told = Callable[[str, int], None]
"""Hears which part is on its way, and how many lines of it have come."""
T = TypeVar("T")


def quiet(name: str, count: int) -> None:
    """Tell nobody."""


class Backups:
    """The backups of a workbench: made, listed, looked at, deleted. They are brought back by ``workbench restore``, never by a route."""

    def __init__(self, house: House, version: str) -> None:
        self.house = house
        self.version = version

    @admin
    async def create(self) -> Backup:
        """Write everything to an archive in the workbench's folder, and return it. Others go on working meanwhile.

        The key of the secrets is not in it: without the key, secrets have to be typed again.
        """
        require_all_units()
        now = self.house.clock.now()
        name = f"{now:%Y%m%d-%H%M%S}-{new_id('backup')[-6:]}{SUFFIX}"
        path = await asyncio.to_thread(self._path, name)
        return _listed(path, await self.write(path))

    @admin
    async def list_all(self) -> list[Backup]:
        """Return the archives in the workbench's folder, the newest first. One that cannot be read is left out."""
        require_all_units()
        return await asyncio.to_thread(self._all)

    @admin
    async def verify(self, name: str) -> Backup:
        """Read all of an archive, compare every part with its count and hash, and return it. Raises NotFound, Damaged and TooNew."""
        require_all_units()

        def work() -> Backup:
            path = self._path(name)
            return _listed(path, checked(path))

        return await asyncio.to_thread(work)

    @admin
    async def delete(self, name: str) -> None:
        """Delete an archive of the workbench's folder. Raises NotFound."""
        require_all_units()

        def work() -> None:
            try:
                self._path(name).unlink()
            except FileNotFoundError:
                raise _none(name) from None

        await asyncio.to_thread(work)

    async def write(self, path: Path, told: Told = quiet) -> Manifest:
        """Write everything to an archive at ``path`` and return its manifest. Embedded only. Raises CannotWrite."""
        from workbench.adapters import archive
        from workbench.adapters.holdings_parts import heard

        house, made_at = self.house, self.house.clock.now()
        holdings = holdings_of(house)
        kind: DatabaseKind = "postgresql" if house.database.shared else "sqlite"

        def work(told: Told) -> Manifest:
            def write(parts: Iterator[Given]) -> Manifest:
                return archive.write(path, heard(parts, told), house.home.id, kind, self.version, made_at)

            return holdings.read(write)

        return await in_thread(work, told)

    def key_note(self) -> Sentence:
        """Return where the key of the secrets is, which no backup holds, and how to keep it."""
        return key_note(self.house)

    def _all(self) -> list[Backup]:
        found = []
        for left in self._folder().glob(".*.tmp"):  # of a process that was killed while it wrote
            with contextlib.suppress(FileNotFoundError):
                if time.time() - left.stat().st_mtime > LEFT_BEHIND_S:
                    left.unlink()
        for path in sorted(self._folder().glob(f"*{SUFFIX}"), reverse=True):
            try:
                found.append(_listed(path, manifest_of(path)))
            except WorkbenchError:  # what it is wrong with is said where it is looked at by its name
                continue
        return found

    def _path(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise _none(name)
        return self._folder() / name

    def _folder(self) -> Path:
        from workbench.adapters.files import cannot_write

        folder = self.house.home.path(FOLDER)
        try:
            folder.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise cannot_write(folder, error) from None
        return folder


class _Stopped(Exception):
    """Nobody waits for it any more."""


async def in_thread(work: Callable[[Told], T], told: Told) -> T:
    """Return what ``work`` does in a thread. Where the caller is cancelled it ends at the next batch, and leaves nothing behind."""
    stop = threading.Event()

    def heard(name: str, count: int) -> None:
        if stop.is_set():
            raise _Stopped
        told(name, count)

    try:
        return await asyncio.to_thread(work, heard)
    finally:
        stop.set()


def holdings_of(house: House) -> Holdings:
    """Return everything that a workbench holds, whoever asks."""
    from workbench.adapters.holdings import Holdings

    return Holdings(house.home, house.database, house.vault.everything)


def manifest_of(path: Path) -> Manifest:
    """Return what an archive says of itself. Raises NotFound, Damaged and TooNew."""
    from workbench.adapters.archive import Archive

    with Archive(path) as archive:
        return archive.manifest


def checked(path: Path, told: Told = quiet) -> Manifest:
    """Return an archive's manifest after all of it was read and compared. Raises NotFound, Damaged and TooNew."""
    from workbench.adapters.archive import Archive

    with Archive(path) as archive:
        archive.check(told)
        return archive.manifest


def key_note(house: House) -> Sentence:
    """Return where the key of the secrets is, which no backup holds, and how to keep it."""
    match house.vault.key_source:
        case "environment":
            return say(
                "The key to the secrets is not in it: it is what WORKBENCH_KEY holds. Keep that where your other passwords are, apart from "
                "the backup; without it the secrets have to be typed again."
            )
        case "keyring":
            return say(
                "The key to the secrets is not in it: it is in this system's keyring. {command} shows it: keep it where your other "
                "passwords are, apart from the backup, and put it into WORKBENCH_KEY where you restore.",
                command=f"keyring get integration-workbench {house.home.id}",
            )
        case _:
            return say(
                "The key to the secrets is not in it: it is in the file {file}. Keep a copy of that apart from the backup; put its "
                "line into WORKBENCH_KEY where you restore.",
                file=str(house.home.path("vault.key")),
            )


def _listed(path: Path, manifest: Manifest) -> Backup:
    return Backup(
        name=path.name, size=path.stat().st_size, made_at=manifest.made_at, version=manifest.version, home=manifest.home,
        database=manifest.database, totals=manifest.totals,
    )  # fmt: skip


def _none(name: str) -> NotFound:
    return NotFound(say("There is no backup “{name}”. It may have been deleted meanwhile.", name=name[:100]))
