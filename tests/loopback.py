"""A listening socket for a test that counts who comes: on a port that the kernel gives to nobody by itself.

A port asked for as 0 comes from the range that Jupyter's kernels get theirs from. Seen in CI: a client of a kernel that ended knocked
at its old port, and its ZeroMQ greeting was counted as a request; a port found free for a server was a kernel's when the server began.
Below that range no such stranger comes.
"""

from __future__ import annotations

import errno
import os
import random
import socket

BELOW_THE_EPHEMERAL = range(15_000, 30_000)
WORKERS = 16
_MINE = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:]) % WORKERS
MINE = BELOW_THE_EPHEMERAL[_MINE::WORKERS]
"""The ports of this one of the processes that test side by side: none of them takes what another has just found free."""


def listener(host: str = "127.0.0.1", port: int | None = None) -> socket.socket:
    """Return a bound socket for ``asyncio.start_server(sock=...)``: on ``port``, else on a free one below the ephemeral range."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for candidate in [port] if port else random.sample(MINE, 100):
        bound = socket.socket(family)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            bound.bind((host, candidate))
        except OSError as why:
            bound.close()
            if port or why.errno != errno.EADDRINUSE:
                raise
        else:
            return bound
    raise AssertionError("no free port on loopback in 100 tries")


def quiet_port(host: str = "127.0.0.1") -> int:
    """Return the number of a free port below the ephemeral range, for what opens its socket itself."""
    with listener(host) as bound:
        return int(bound.getsockname()[1])
