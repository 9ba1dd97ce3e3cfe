"""PROCESSES: other programs of this machine, started, watched and ended together. The one door to other processes.

Each program is a Python module and runs on a lifeline: its standard input is a pipe that this process holds. When this
process ends, in whatever way, the pipe closes and the program ends itself, so that not even ``kill -9`` leaves an orphan.

``run`` runs any other program to its end, for at most so many seconds: a snippet that is tried.
"""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import os
import runpy
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import PIPE, STDOUT
from typing import Self
from urllib.parse import urlsplit

import psutil

from workbench.errors import Unreachable
from workbench.sentence import Sentence, say

LAST_LINES = 12
"""So many of a program's last lines are kept, to be shown when it ends by itself."""
READY_S = 90.0
"""How long a program may take until it answers: a first start compiles and reads from a cold disk."""
STOP_S = 10.0
"""How long a program may take to end after it was asked to."""
ASK_EVERY_S = 0.15
SAME_S = 0.5
"""Two times of a beginning that are this close are the same: a number is not given to another process so soon."""
ANSWER_S = 5.0


@dataclass(frozen=True, slots=True)
class Ran:
    """How a program ended that was run to its end: its exit code (None: it took too long and was killed), and its last words."""

    code: int | None
    words: str


async def run(
    words: Sequence[str], text: str, *, environ: Mapping[str, str], folder: Path, patience_s: float
) -> Ran:
    """Run a program to its end with ``text`` as its standard input, and return how it ended; no child of it is left.

    ``environ`` is its whole environment, ``folder`` where it works. It is killed with all its children after ``patience_s`` seconds, and
    when the caller is cancelled. FileNotFoundError: there is no such program.
    """
    process = await asyncio.create_subprocess_exec(
        *words, env=dict(environ), cwd=folder, stdin=PIPE, stdout=PIPE, stderr=STDOUT, start_new_session=True
    )
    said: deque[bytes] = deque(maxlen=64)
    try:
        async with asyncio.timeout(patience_s):
            await asyncio.gather(
                _told(process, text.encode("utf-8", "surrogateescape")), _listened(process, said)
            )
            await process.wait()
    except TimeoutError:
        return Ran(None, _last(said))
    finally:
        _kill_group(process)
        await process.wait()
    return Ran(process.returncode, _last(said))


async def _told(process: asyncio.subprocess.Process, data: bytes) -> None:
    assert process.stdin is not None
    with contextlib.suppress(ConnectionError):  # it ended without reading all of it
        process.stdin.write(data)
        await process.stdin.drain()
    process.stdin.close()


async def _listened(process: asyncio.subprocess.Process, said: deque[bytes]) -> None:
    assert process.stdout is not None
    while piece := await process.stdout.read(4096):
        said.append(piece)


def _last(said: deque[bytes]) -> str:
    return "\n".join(b"".join(said).decode("utf-8", "replace").splitlines()[-LAST_LINES:])


def _kill_group(process: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()


@dataclass(frozen=True, slots=True)
class Program:
    """What to start. ``words`` follow ``python -m``; ``environ`` is the program's whole environment.

    ``url`` answers with a status below 400 as soon as the program is ready; ``headers`` go with that question.
    """

    name: Sentence
    words: Sequence[str]
    url: str
    environ: Mapping[str, str] = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    folder: Path | None = None
    told: Callable[[str], None] | None = None
    """Takes each line that the program says as it comes, beside the last ones that are kept."""
    stop_s: float = STOP_S
    """How long it may take to end after it was asked to."""


class Processes:
    """The programs that were started here. ``hidden`` are secrets that no shown line may hold.

    Used with ``async with``: at its end all of them are stopped, the youngest first.
    """

    def __init__(self, hidden: Collection[str] = ()) -> None:
        self._hidden = tuple(hidden)
        self._running: list[_Running] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    @property
    def pids(self) -> dict[str, int]:
        """The process id of each program that was started, by its name."""
        return {str(one.program.name): one.process.pid for one in self._running}

    async def start(self, program: Program) -> None:
        """Start a program in a process group of its own, so that a Ctrl-C reaches it through this process only."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-u", "-m", __name__, str(program.stop_s), *program.words,  # what it says last comes before it ends
            env=dict(program.environ), cwd=program.folder, stdin=PIPE, stdout=PIPE, stderr=STDOUT, start_new_session=True,
        )  # fmt: skip
        self._running.append(_Running(program, process, self._shown))

    async def until_ready(self, patience_s: float = READY_S) -> None:
        """Return once every program answers. Raises Unreachable, with its last lines, for one that ends or stays silent."""
        asking = [asyncio.create_task(self._until_ready(one, patience_s)) for one in self._running]
        try:
            await asyncio.gather(*asking)
        finally:
            for task in asking:
                task.cancel()
            await asyncio.gather(*asking, return_exceptions=True)

    async def until_one_ends(self) -> None:
        """Wait until a program ends by itself, then raise Unreachable with its last lines."""
        waiting = {asyncio.create_task(one.process.wait()): one for one in self._running}
        try:
            done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waiting:
                task.cancel()
        raise await self._ended(waiting[done.pop()])

    async def stop(self, patience_s: float | None = None) -> None:
        """Ask every program to end, wait, and kill the group of one that does not; then nothing of them is left.

        Each has as long as it was given when it was started, or ``patience_s``.
        """
        self.ask_to_end()
        for one in reversed(self._running):
            await one.end(one.program.stop_s if patience_s is None else patience_s)
        self._running.clear()

    def ask_to_end(self) -> None:
        """Ask every program to end, the youngest first; who was asked already is asked to hurry."""
        for one in reversed(self._running):
            one.ask_to_end()

    async def _until_ready(self, one: _Running, patience_s: float) -> None:
        deadline = asyncio.get_running_loop().time() + patience_s
        while one.process.returncode is None:
            status = await asyncio.to_thread(_status, one.program.url, one.program.headers)
            if status is not None and status < 400:
                return
            if asyncio.get_running_loop().time() > deadline:
                raise Unreachable(
                    say(
                        "{program} does not answer after {seconds} seconds. Its last lines:\n{lines}",
                        program=one.program.name, seconds=round(patience_s), lines=self._lines(one),
                    )
                )  # fmt: skip
            await asyncio.sleep(ASK_EVERY_S)
        raise await self._ended(one)

    async def _ended(self, one: _Running) -> Unreachable:
        await one.reader  # what it said last is still on its way
        return Unreachable(
            say(
                "{program} ended by itself (exit code {code}). Its last lines:\n{lines}",
                program=one.program.name, code=one.process.returncode, lines=self._lines(one),
            )
        )  # fmt: skip

    def _lines(self, one: _Running) -> str:
        return self._shown("\n".join(f"  | {line}" for line in one.lines) or "  | -")

    def _shown(self, text: str) -> str:
        for secret in self._hidden:
            text = text.replace(secret, "****")
        return text


class _Running:
    """One program at work: its process, and the reader of what it says."""

    def __init__(
        self, program: Program, process: asyncio.subprocess.Process, shown: Callable[[str], str]
    ) -> None:
        self.program = program
        self._shown = shown
        self.process = process
        self.lines: deque[str] = deque(maxlen=LAST_LINES)
        self.reader = asyncio.create_task(self._read())

    async def _read(self) -> None:
        """Keep the last lines. Read in pieces, not in lines: a line may have any length."""
        assert self.process.stdout is not None
        rest = ""
        while piece := await self.process.stdout.read(65_536):
            *whole, rest = (rest + piece.decode("utf-8", "replace")).splitlines(keepends=True)
            if rest.endswith("\n"):
                whole, rest = [*whole, rest], ""
            self._keep(whole)
            rest = rest[-65_536:]
        self._keep([rest])

    def _keep(self, lines: Sequence[str]) -> None:
        for line in lines:
            if line.strip():
                self.lines.append(line.rstrip())
                if self.program.told is not None:
                    self.program.told(self._shown(line.rstrip()))

    def ask_to_end(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            self.process.terminate()

    async def end(self, patience_s: float) -> None:
        try:
            await asyncio.wait_for(self.process.wait(), patience_s)
        except TimeoutError:
            _kill_group(self.process)
            await self.process.wait()
        # what is left of the group (a grandchild that does not listen) goes with it; a group is its leader's own
        _kill_group(self.process)
        self.reader.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self.reader
        assert self.process.stdin is not None
        self.process.stdin.close()


def began_at(pid: int) -> float:
    """Return when the process began, by which it is told from a later one of the same number. Raises ProcessLookupError.

    In Linux the seconds since the machine's own start, which no change of the time of day moves; elsewhere since 1970.
    """
    try:
        began: float = psutil.Process(pid).create_time()
    except psutil.NoSuchProcess:
        raise ProcessLookupError(pid) from None
    since: float = psutil.boot_time() if psutil.LINUX else 0.0
    return began - since


def is_running(pid: int, began: float) -> bool:
    """Return whether the process of this number that began then is alive. One that may not be looked at counts as alive."""
    try:
        if psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            return False
        return abs(began_at(pid) - began) < SAME_S
    except (psutil.NoSuchProcess, ProcessLookupError):
        return False
    except psutil.AccessDenied:
        return True


def _status(url: str, headers: Mapping[str, str]) -> int | None:
    """Return the status that a program of ours answers with on the loopback address; None while it does not."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=ANSWER_S)
    try:
        connection.request("GET", parts.path or "/", headers=dict(headers))
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def main(given: Sequence[str]) -> None:
    """Run the module ``given[1]`` with the rest as its arguments, and end with the process that holds our standard input.

    ``given[0]`` is how many seconds it may take to end then.
    """
    patience_s, words = float(given[0]), given[1:]
    lifeline = os.dup(0)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)  # the program and its own children see an empty standard input
    os.close(nothing)
    os.set_inheritable(lifeline, False)
    threading.Thread(target=_hold, args=(lifeline, patience_s), name="lifeline", daemon=True).start()
    sys.argv = [words[0], *words[1:]]
    runpy.run_module(words[0], run_name="__main__", alter_sys=True)


def _hold(lifeline: int, patience_s: float) -> None:
    """Wait until the other end of the lifeline is gone, then end this process: politely, and soon after for good."""
    while os.read(lifeline, 1024):
        continue
    os.kill(os.getpid(), signal.SIGTERM)
    threading.Event().wait(patience_s)
    os._exit(1)


if __name__ == "__main__":
    main(sys.argv[1:])
