"""Watch: start programs together, say where they are once all of them answer, and end them together."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator, Callable, Collection, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workbench.adapters import ports
from workbench.adapters.processes import Processes, Program
from workbench.errors import Refused
from workbench.sentence import Sentence, say

from .codes import OK
from .session import Session

LAST_PORT = 65_535
KEPT = (
    "HOME", "LOGNAME", "PATH", "SHELL", "TEMP", "TERM", "TMP", "TMPDIR", "TZ", "USER", "LANG", "LC_", "NO_COLOR", "XDG_",
    "PYTHONDONTWRITEBYTECODE", "PYTHONHOME", "PYTHONPATH", "PYTHONPYCACHEPREFIX", "PYTHONUTF8", "PYTHONWARNINGS",
    "CONDA_", "VIRTUAL_ENV", "JUPYTER_PATH", "LD_LIBRARY_PATH", "SSL_CERT_",
    "APPDATA", "COMSPEC", "LOCALAPPDATA", "NUMBER_OF_PROCESSORS", "PATHEXT", "PROGRAMDATA", "SYSTEMROOT", "USERPROFILE", "WINDIR",
)  # fmt: skip
"""What a process without secrets needs of the environment: names, or how they start when they end with ``_``."""


@dataclass(frozen=True, slots=True)
class Place:
    """A port that is wanted: for whom, and the option that names another one."""

    what: Sentence
    option: str
    port: int


def reserve(places: Sequence[Place]) -> list[int]:
    """Return the ports, each of them free; 0 is replaced by any free one. Refused names all that are taken, and by whom."""
    taken = [sentence for place in places if (sentence := _trouble(place, places)) is not None]
    if taken:
        raise Refused(
            taken[0] if len(taken) == 1 else say("{one}\n{others}", one=taken[0], others=_joined(taken[1:]))
        )
    found: list[int] = []
    for place in places:
        port = place.port or ports.free_port()
        while not place.port and (port in found or any(port == other.port for other in places)):
            port = ports.free_port()
        found.append(port)
    return found


def _trouble(place: Place, places: Sequence[Place]) -> Sentence | None:
    """Return what is wrong with a wanted port, or None."""
    port, option = place.port, place.option
    if port == 0:
        return None
    if not 0 < port <= LAST_PORT:
        return say(
            "{port} is no port. Use a number from 1024 to 65535 with {option}, or 0 for any free one.",
            port=str(port),
            option=option,
        )
    if any(other is not place and other.port == port for other in places):
        return say(
            "Port {port} is wanted twice. Choose another one with {option}.", port=str(port), option=option
        )
    try:
        free = ports.is_free(port)
    except OSError:
        return say(
            "This account may not use port {port}. Choose one above 1023 with {option}.",
            port=str(port),
            option=option,
        )
    if free:
        return None
    who = ports.holder(port)
    if who is None:
        return say(
            "Port {port}, wanted for {what}, is taken by another program. Stop that one, or choose another port with {option}.",
            port=str(port), what=place.what, option=option,
        )  # fmt: skip
    return say(
        "Port {port}, wanted for {what}, is taken by {who}. Stop that one, or choose another port with {option}.",
        port=str(port), what=place.what, who=who, option=option,
    )  # fmt: skip


def _joined(sentences: Sequence[Sentence]) -> Sentence:
    if len(sentences) == 1:
        return sentences[0]
    return say("{one}\n{others}", one=sentences[0], others=_joined(sentences[1:]))


def without_secrets(environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the part of the environment that a process without secrets needs: no key, no home, no password of a database."""
    return {
        name: value
        for name, value in environ.items()
        if any(name == kept or (kept.endswith("_") and name.startswith(kept)) for kept in KEPT)
    }


async def together(
    session: Session,
    programs: Sequence[Program],
    announce: Callable[[Processes], None],
    hidden: Collection[str] = (),
) -> int:
    """Run the programs until Ctrl-C or SIGTERM, and stop them all; a second one hurries. Raises Unreachable when one ends by itself.

    ``announce`` is called once all of them answer; ``hidden`` are secrets that no shown line may hold.
    """
    async with asked_to_stop() as asked, Processes(hidden) as processes:
        for program in programs:
            await processes.start(program)
        if await _unless(asked, processes.until_ready()):
            announce(processes)
            await _unless(asked, processes.until_one_ends())
        session.tell(say("Stopping …"))
        asked.clear()
        hurrying = asyncio.create_task(_hurry(asked, processes))
        try:
            await processes.stop()
        finally:
            hurrying.cancel()
            await asyncio.gather(hurrying, return_exceptions=True)
    return OK


async def _hurry(asked: asyncio.Event, processes: Processes) -> None:
    """Ask the programs that are about to end once more when a person does so: they leave what is under way then."""
    while await asked.wait():
        asked.clear()
        processes.ask_to_end()


async def until_asked(work: Coroutine[Any, Any, None]) -> int:
    """Run one piece of work in this process until it ends or Ctrl-C or SIGTERM ends it."""
    async with asked_to_stop() as asked:
        await _unless(asked, work)
    return OK


async def _unless(asked: asyncio.Event, work: Coroutine[Any, Any, None]) -> bool:
    """Return whether the work was done before somebody asked to stop; it is cancelled then. Its errors are raised."""
    working, waiting = asyncio.create_task(work), asyncio.create_task(asked.wait())
    try:
        await asyncio.wait({working, waiting}, return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            working.result()
            return not asked.is_set()
        return False
    finally:
        for task in (working, waiting):
            task.cancel()
        await asyncio.gather(working, waiting, return_exceptions=True)


@contextlib.asynccontextmanager
async def asked_to_stop() -> AsyncIterator[asyncio.Event]:
    """Give an event that Ctrl-C, SIGTERM and a closed terminal set; cleared, it is set again by the next."""
    asked, loop, caught = asyncio.Event(), asyncio.get_running_loop(), []
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None:
            with contextlib.suppress(NotImplementedError):  # Windows: Ctrl-C cancels the task instead
                loop.add_signal_handler(number, asked.set)
                caught.append(number)
    try:
        yield asked
    finally:
        for number in caught:
            loop.remove_signal_handler(number)
