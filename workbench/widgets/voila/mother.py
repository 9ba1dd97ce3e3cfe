"""MOTHER: a process that has loaded once what every page's workspace needs; each workspace is born of it by a fork.

Loading Python's modules is nine tenths of a workspace's start, and most of its memory. What is loaded before the fork costs the next
visitor neither: the pages of memory are shared until one of the two writes to them. The mother does nothing else: she has no thread,
no event loop, no connection and no page, and she knows what a workspace may know: an address and a pass for dashboards, no key.

Only on Linux: macOS does not let a process go on that forked after its system libraries were loaded. There, and when the mother is
gone, workspaces start as Jupyter starts them.
"""

from __future__ import annotations

import array
import contextlib
import gc
import json
import os
import select
import signal
import socket
import struct
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

LOADED = (
    "ipykernel.kernelapp", "ipykernel.ipkernel", "ipykernel.debugger", "ipykernel.zmqshell", "IPython.core.completerlib",
    "IPython.core.debugger", "IPython.core.oinspect", "IPython.extensions.storemagic", "sqlite3", "tornado.platform.asyncio", "ipywidgets",
    "anywidget", "workbench.bench",
    *(
        f"workbench.widgets.{name}"
        for name in (
            "page", "home", "integrations", "journal", "work_desk", "gate_lab", "gate_live", "sms", "events", "sync", "tags", "readiness",
            "operations",
        )
    ),
)  # fmt: skip
ASKED_TO_END = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_SIZE = struct.Struct("!I")


class Gone(OSError):
    """The mother is not there any more."""


@dataclass
class Born:
    """A process that the mother made, as ``subprocess.Popen`` shows one: it is no child of this process, so a handle stands for it."""

    pid: int
    handle: int
    stdin: None = None
    stdout: None = None
    stderr: None = None
    _ended: bool = False

    def poll(self) -> int | None:
        """Return None while it runs, then 0: how it ended only its mother knows."""
        if not self._ended and select.select([self.handle], [], [], 0)[0]:
            self._ended = True
            os.close(self.handle)
        return 0 if self._ended else None

    def wait(self) -> int:
        """Return 0 once it has ended."""
        if not self._ended:
            select.select([self.handle], [], [])
        return self.poll() or 0

    def send_signal(self, number: int) -> None:
        """Send it a signal, which cannot reach another process that has its number by now."""
        if self.poll() is None:
            signal.pidfd_send_signal(self.handle, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self.send_signal(signal.SIGKILL)


class Mother:
    """The mother as Voila's process sees her."""

    def __init__(self, door: socket.socket, pid: int) -> None:
        self.pid = pid
        self._door = door
        self._turn = threading.Lock()

    def close(self) -> None:
        """Let her end, and wait for it."""
        self._door.close()
        with contextlib.suppress(ChildProcessError):  # somebody waited for her already
            os.waitpid(self.pid, 0)

    def bear(self, command: Sequence[str], environ: dict[str, str], folder: str) -> Born:
        """Return a new workspace. Blocks while the mother still loads.

        Raises Gone when there is no mother any more, ChildProcessError when the workspace ended as it was born.
        """
        order = json.dumps([list(command), environ, folder]).encode()
        with self._turn:
            try:
                self._door.sendall(_SIZE.pack(len(order)) + order)
                answer, handles, _, _ = socket.recv_fds(self._door, _SIZE.size, 1)
            except OSError as error:
                raise Gone(str(error)) from error
        if not answer:
            raise Gone("the mother has closed the door")
        if not handles:
            raise ChildProcessError("the workspace ended at once")
        return Born(_SIZE.unpack(answer)[0], handles[0])


def begin() -> Mother | None:
    """Start the mother of this process's workspaces, or return None where that cannot be, or WORKBENCH_MOTHER says ``off``.

    She ends when this process does.
    """
    if (
        sys.platform != "linux"
        or not hasattr(os, "pidfd_open")
        or os.environ.get("WORKBENCH_MOTHER") == "off"
    ):
        return None
    ours, hers = socket.socketpair()
    with hers:
        hers.set_inheritable(True)
        # Not by a fork: what this process holds in its memory is not for the pages' workspaces.
        words = [sys.executable, "-Xfrozen_modules=off", "-m", __name__, str(hers.fileno())]
        return Mother(ours, os.posix_spawn(sys.executable, words, os.environ))


def main() -> None:
    """Be the mother: load, then bear workspaces until the process that began this one has ended."""
    for number in (
        ASKED_TO_END
    ):  # a Ctrl-C reaches all processes of a terminal; she ends when Voila has closed its workspaces
        signal.signal(number, signal.SIG_IGN)
    with socket.socket(fileno=int(sys.argv[1])) as door:
        door.set_inheritable(False)
        _serve(door)


def _serve(door: socket.socket) -> None:
    for name in LOADED:
        import_module(name)
    _warm()
    gc.collect()
    gc.freeze()  # what is here lives for ever: collections in the children leave its pages alone
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the children: they leave no zombies
    while (order := _taken(door)) is not None:
        command, environ, folder = json.loads(order)
        pid = os.fork()  # noqa: TID251 - a fork of what is loaded is the point: no other program is started
        if not pid:
            door.close()
            _live(command, environ, folder)
        _answer(door, pid)


def _warm() -> None:
    """Make what every visitor's workspace would make: the services' routes, and the names by which the browser asks for widgets."""
    import ipywidgets

    from workbench.bench import SERVICES
    from workbench.engine.operations import operations

    for service in SERVICES.values():
        operations(service)
    ipywidgets.register_comm_target()  # its import does so in a kernel alone


def _taken(door: socket.socket) -> bytes | None:
    """Return the next order, or None when Voila has ended."""
    head = _exactly(door, _SIZE.size)
    return _exactly(door, _SIZE.unpack(head)[0]) if head else None


def _exactly(door: socket.socket, count: int) -> bytes | None:
    parts = bytearray()
    while len(parts) < count:
        part = door.recv(count - len(parts))
        if not part:
            return None
        parts += part
    return bytes(parts)


def _answer(door: socket.socket, pid: int) -> None:
    number = _SIZE.pack(pid)
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:  # it ended at once
        door.sendall(number)
        return
    door.sendmsg([number], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [handle]))])
    os.close(handle)


def _live(command: Sequence[str], environ: dict[str, str], folder: str) -> None:
    """Become a workspace, as ``python -m ipykernel_launcher`` would, and never come back."""
    os.setsid()
    for number in (*ASKED_TO_END, signal.SIGCHLD):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.environ.clear()
    os.environ.update(environ)
    os.chdir(folder)
    # It ends when its mother does; this setting is read from the environment when the module is loaded, which was long ago
    given = command[command.index("ipykernel_launcher") + 1 :]
    words = [*given, f"--IPKernelApp.parent_handle={os.getppid()}"]
    sys.argv = ["ipykernel_launcher", *words]
    application: Any = import_module("ipykernel.kernelapp")
    code = 1
    try:
        application.launch_new_instance(words)
        code = 0
    finally:
        with contextlib.suppress(OSError, ValueError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    main()
