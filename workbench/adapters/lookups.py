"""LOOKUPS: where the addresses of a host's name come from, and for how long an answer is good."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""Returns the IP addresses of a host name, the best first."""

GOOD_S: Final = 5.0
"""Seconds a remembered answer is good: many connections of a job share it, and a server that moves is found again."""
KEPT: Final = 64
"""Names whose answers are remembered."""


async def system_resolve(host: str, port: int) -> tuple[str, ...]:
    """Return the addresses the operating system knows for ``host``; raises ``socket.gaierror`` where it knows none."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(address[0]) for *_, address in found))


def remembered(resolve: Resolve, *, good_s: float = GOOD_S, kept: int = KEPT) -> Resolve:
    """Return a resolver that asks ``resolve`` once for all who want the same name, and again after ``good_s`` seconds.

    That a name is not known is remembered too: else a job's workers would wait for the same no one after the other.
    """
    names: dict[tuple[str, int], _Name] = {}

    async def asked(host: str, port: int) -> Sequence[str]:
        name = names.get((host, port))
        if name is None:
            if len(names) >= kept:
                names.clear()
            name = names[host, port] = _Name(resolve, host, port)
        return await name.addresses(good_s)

    return asked


class _Name:
    """One host and port, and what was last answered about it."""

    def __init__(self, resolve: Resolve, host: str, port: int) -> None:
        self._resolve = resolve
        self._host = host
        self._port = port
        self._one_asks = asyncio.Lock()
        self._until = float("-inf")
        self._known: Sequence[str] = ()
        self._refusal: tuple[object, ...] = ()

    async def addresses(self, good_s: float) -> Sequence[str]:
        now = asyncio.get_running_loop().time
        async with self._one_asks:
            if now() >= self._until:
                self._known, self._refusal = await self._answer()
                self._until = now() + good_s
        if self._refusal:
            raise socket.gaierror(*self._refusal)
        return self._known

    async def _answer(self) -> tuple[Sequence[str], tuple[object, ...]]:
        try:
            return await self._resolve(self._host, self._port), ()
        except socket.gaierror as error:
            return (), error.args
