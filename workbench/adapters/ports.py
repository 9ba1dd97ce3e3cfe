"""PORTS: which ports of this machine are free for a server of ours, and who has one that is not. Loopback only."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
from pathlib import Path

LOOPBACK = "127.0.0.1"
PATIENCE_S = 0.5
_LISTENS = "0A"  # https://www.kernel.org/doc/html/latest/networking/proc_net_tcp.html


def free_port() -> int:
    """Return a port that nobody has at this moment."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def is_free(port: int) -> bool:
    """Return whether a server may listen on ``port`` of the loopback address. PermissionError: this account may not."""
    with socket.socket() as caller:
        caller.settimeout(PATIENCE_S)
        if caller.connect_ex((LOOPBACK, port)) == 0:  # some systems let two listen side by side
            return False
    with socket.socket() as probe:
        if os.name == "posix":  # as the servers do it: a port that was left a moment ago is free
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return False
            raise
    return True


def holder(port: int) -> str | None:
    """Return who listens on ``port``: ``python3 (process 4711)``; None where this machine does not tell."""
    process = _process(port)
    return None if process is None else f"{_name(process)} (process {process.name})"


def command(port: int) -> list[str]:
    """Return the words of the command line of who listens on ``port``; none where this machine does not tell."""
    process = _process(port)
    if process is None:
        return []
    try:
        return (process / "cmdline").read_bytes().decode("utf-8", "replace").rstrip("\0").split("\0")
    except OSError:
        return []


def _process(port: int) -> Path | None:
    sockets = {f"socket:[{inode}]" for inode in _listening(port)}
    if not sockets:
        return None
    found = (one for one in Path("/proc").iterdir() if one.name.isdigit() and sockets & _open_files(one))
    return next(found, None)


def _listening(port: int) -> list[str]:
    """Return the inodes of the sockets that listen on the port, as Linux lists them."""
    found = []
    for table in (Path("/proc/net/tcp"), Path("/proc/net/tcp6")):
        try:
            lines = table.read_text().splitlines()[1:]
        except OSError:
            continue
        for fields in map(str.split, lines):
            if fields[3] == _LISTENS and int(fields[1].rpartition(":")[2], 16) == port:
                found.append(fields[9])
    return found


def _open_files(process: Path) -> set[str]:
    """Return where the process's descriptors lead; empty for one that ended meanwhile or belongs to somebody else."""
    found = set()
    with contextlib.suppress(OSError):
        for file in (process / "fd").iterdir():
            with contextlib.suppress(FileNotFoundError):  # closed between the listing and the look
                found.add(os.readlink(file))  # noqa: PTH115 - socket:[1] is no path
    return found


def _name(process: Path) -> str:
    try:
        return (process / "comm").read_text().strip()
    except OSError:
        return "a process"
