"""Migration: a workbench goes to another place whole: out of a backup, or from a home to a team's database and back.

Everything is compared by counts and hashes before it counts as arrived. What it comes from is never changed. Embedded only: the ways
that are named here are ways on a machine, never a route.
"""

from __future__ import annotations

import asyncio
import json
import platform
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol, TypeVar

from workbench.errors import Damaged, Refused
from workbench.models.backup import Moved, Part, totals_of
from workbench.models.work import JobFilter
from workbench.sentence import Sentence, say

from .backups import Told, holdings_of, in_thread, quiet
from .house import House
from .visibility import require_all_units

if TYPE_CHECKING:
    from workbench.adapters.archive import Archive
    from workbench.adapters.holdings import Holdings
    from workbench.adapters.holdings_parts import Given

T = TypeVar("T")
Fill = Callable[["Holdings", Told], tuple[Part, ...]]
ALIVE_S: Final = 5.0
"""Seconds in which a worker that lives counts its beat up, twice over."""


class Opened(Protocol):
    """A workbench that is open."""

    @property
    def house(self) -> House:
        """Its doors."""
        ...


@dataclass(frozen=True, slots=True)
class Place:
    """Where a workbench is, or is to be: a home's folder, or with ``database`` a team's; and how it is opened there."""

    home: Path | None
    database: str | None
    open: Callable[[Path | None, str | None], AbstractAsyncContextManager[Opened]]


@dataclass(frozen=True, slots=True)
class _Arrived:
    """What is at the place now, and where that is; ``before``: it was there already, and nothing was written."""

    parts: tuple[Part, ...]
    where: str
    before: bool = False


async def restore(file: Path, target: Place, told: Told = quiet) -> Moved:
    """Put what an archive holds into an empty place, and return what that was.

    All of the archive is looked at before anything is written. Raises NotFound, Damaged and TooNew for the archive; Refused where the
    place is not empty. Interrupted, the same call goes on.
    """
    from workbench.adapters.archive import Archive

    def opened(told: Told) -> Archive:
        archive = Archive(file)
        try:
            archive.check(told)
        except BaseException:
            archive.__exit__()
            raise
        return archive

    archive = await in_thread(opened, told)
    with archive:
        about = _about(next(archive.parts()))

        def fill(there: Holdings, told: Told) -> tuple[Part, ...]:
            return there.fill(archive.parts(), told)

        arrived = await _arrive(target, about, fill, lambda: archive.manifest.parts, told)
    return await _moved(target, about["id"], str(file), arrived, archive.manifest.made_at)


async def migrate(source: House, target: Place, told: Told = quiet) -> Moved:
    """Put everything that a workbench holds into an empty place, and return what that was; the source stays as it is.

    Raises Refused where somebody works on the source's jobs, or the place is not empty. Interrupted, the same call goes on.
    """
    require_all_units()
    await _check_at_rest(source)
    holdings = holdings_of(source)
    about = {"id": source.home.id, "salt": source.home.salt.hex()}

    def fill(there: Holdings, told: Told) -> tuple[Part, ...]:
        return holdings.read(lambda parts: there.fill(parts, told))

    arrived = await _arrive(target, about, fill, holdings.tally, told)
    return await _moved(target, about["id"], source.database.where, arrived)


async def _arrive(
    target: Place, about: dict[str, str], fill: Fill, sent: Callable[[], tuple[Part, ...]], told: Told
) -> _Arrived:
    """Fill the place, and return what is there then. What arrived before, as it is ``sent``, is left as it is."""
    from workbench.adapters.new_home import NewHome

    if target.database is not None or target.home is None:
        async with target.open(target.home, target.database) as bench:
            there, where = holdings_of(bench.house), bench.house.database.where
            if found := await _found(bench.house, sent):
                return _Arrived(found, where, before=True)
            return _Arrived(await in_thread(partial(fill, there), told), where)
    new = NewHome(target.home)
    await asyncio.to_thread(new.finish)
    if target.home.is_dir() and any(target.home.glob("*.json")):
        async with target.open(target.home, None) as bench:
            if found := await _found(bench.house, sent):
                return _Arrived(found, str(target.home), before=True)
    folder = await asyncio.to_thread(new.begin, about["id"], about["salt"])
    async with target.open(folder, None) as bench:
        parts = await in_thread(partial(fill, holdings_of(bench.house)), told)
    await asyncio.to_thread(new.put_in_place)
    return _Arrived(parts, str(target.home))


async def _found(there: House, sent: Callable[[], tuple[Part, ...]]) -> tuple[Part, ...]:
    """Return what is there where that is what is sent: it had arrived, and only the report was missing. Nothing where nothing is there.

    Raises Refused where something else is there.
    """
    from workbench.adapters.holdings_parts import not_empty

    def work() -> tuple[Part, ...]:
        holdings = holdings_of(there)
        if holdings.is_empty():
            return ()
        parts = holdings.tally()
        if holdings.has_only_rows():  # a home's journal was there alone: its documents may come to it
            return ()
        if _hashes(parts) != _hashes(sent()):
            raise Refused(not_empty(there.database.where))
        return parts

    return await asyncio.to_thread(work)


async def _check_at_rest(source: House) -> None:
    """Raise Refused while a process works on jobs: what it does after this moment would be missing there."""
    from workbench.adapters.processes import is_running

    async def beats() -> dict[str, int]:
        return {
            one.id: one.beat
            for one in await source.ledger.workers()
            if one.host != platform.node() or is_running(one.pid, one.began)
        }

    before = await beats()
    if not before:
        return
    await asyncio.sleep(ALIVE_S)
    now = await beats()
    if any(now.get(id) != beat for id, beat in before.items() if id in now):
        raise Refused(
            say("Somebody works with this workbench now. Stop its server and its jobs (Ctrl-C, or the service), then repeat this.")
        )  # fmt: skip


async def _moved(
    target: Place, home: str, source: str, arrived: _Arrived, made_at: datetime | None = None
) -> Moved:
    """Return the report, after the place was opened once more as everybody will open it.

    Out of a backup, running jobs are stopped: who was written to since it was made would be written to again.
    """
    async with target.open(target.home, target.database) as bench:
        house = bench.house
        if house.home.id != home:
            raise Damaged(
                say(
                    "{where} does not open as the workbench that was put there. Look at its disk.",
                    where=arrived.where,
                )
            )
        vault = house.vault.everything
        locked = await asyncio.to_thread(lambda: sum(not vault.has(handle) for handle in vault.handles()))
        running = await house.ledger.jobs(JobFilter(state="running", limit=500))
        if made_at is not None:
            for one in running:
                await house.ledger.change(one.job.id, "stopped", {"running"}, _restored(made_at))
    stopped = len(running) if made_at is not None else 0
    return Moved(
        home=home, source=source, target=arrived.where, totals=totals_of(arrived.parts), parts=arrived.parts, locked=locked,
        under_way=len(running) - stopped, stopped=stopped, before=arrived.before,
    )  # fmt: skip


def _restored(made_at: datetime) -> Sentence:
    return say(
        "This workbench was restored from a backup of {day}. Who was written to since then stands here as not written to: resume this only "
        "if nobody would get it twice, else cancel it.",
        day=f"{made_at:%Y-%m-%d %H:%M} UTC",
    )


def _about(given: Given) -> dict[str, str]:
    """Return the id and the salt that an archive holds. Raises Damaged."""
    try:
        about = json.loads(b"".join(data for _, data in given.batches))
        return {"id": str(about["id"]), "salt": bytes.fromhex(about["salt"]).hex()}
    except (ValueError, KeyError, TypeError):
        raise Damaged(
            say("The backup does not say whose it is. Take another one; nothing was written.")
        ) from None


def _hashes(parts: tuple[Part, ...]) -> dict[str, str]:
    return {part.name: part.sha256 for part in parts if part.count}
