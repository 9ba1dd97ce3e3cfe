"""GUARD: what the wire connects to.

A name is resolved, every address judged, and the connection goes to a judged address itself, never to the name a
second time: an answer of the DNS that changes in between (rebinding) changes nothing. TLS still asks for the name.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from typing import Any, Final, TypeVar

import httpcore

from workbench.engine.addresses import verdict
from workbench.errors import AddressRefused
from workbench.sentence import say

from .lookups import Resolve, remembered, system_resolve

ATTEMPTS: Final = 4
"""Addresses of one host that are tried, one after the other, each with its share of the time."""

T = TypeVar("T")
Dial = Callable[[str, float | None], Awaitable[T]]
"""Opens a connection to an IP address within so many seconds."""


class Guard(httpcore.AsyncNetworkBackend):
    """Lets connections be made to public addresses, and to hosts that were allowed by their exact name.

    ``allowed`` holds hosts as they stand in a URL (lower case, punycode, no brackets), each alone or as ``host:port``.
    It is also what opens TCP connections for httpcore.
    """

    def __init__(self, allowed: Collection[str] = (), resolve: Resolve = system_resolve) -> None:
        self._allowed = frozenset(allowed)
        self._resolve = resolve
        self._inner = httpcore.AnyIOBackend()

    def remembering(self) -> Guard:
        """Return a guard with the same rule that does not look up a name for each of many connections."""
        return Guard(self._allowed, remembered(self._resolve))

    async def reached(
        self,
        host: str,
        port: int,
        dial: Dial[T],
        *,
        seconds: float | None,
        unreachable: tuple[type[Exception], ...],
    ) -> T:
        """Return what ``dial`` makes of the first address of ``host`` that answers.

        Raises AddressRefused when any of the addresses is refused, and ``unreachable`` of the last that was tried.
        """
        now = asyncio.get_running_loop().time
        end = None if seconds is None else now() + seconds
        addresses = await self._judged(host, port)
        for number, address in enumerate(addresses[:-1]):
            share = None if end is None else max(0.0, end - now()) / (len(addresses) - number)
            try:
                return await dial(address, share)
            except unreachable:
                continue  # the next address may answer, and the last one's error is told
        return await dial(addresses[-1], None if end is None else max(0.0, end - now()))

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's interface
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Return a connection to ``host``; raises AddressRefused when any of its addresses is refused."""
        options = None if socket_options is None else tuple(socket_options)

        async def dial(address: str, share: float | None) -> _Stream:
            return _Stream(await self._inner.connect_tcp(address, port, share, local_address, options))

        unreachable = (httpcore.ConnectError, httpcore.ConnectTimeout)
        return await self.reached(host, port, dial, seconds=timeout, unreachable=unreachable)

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's interface
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Refuse: a request never goes to a socket file."""
        raise AddressRefused(say("A request goes to a host on the network, never to a file of this machine."))

    async def _judged(self, host: str, port: int) -> Sequence[str]:
        """Return the first addresses of ``host``, once all of them were judged: one refused address refuses the host."""
        addresses = await self._resolve(host, port)
        if not addresses:
            raise socket.gaierror(socket.EAI_NONAME, "no address")
        private_ok = host in self._allowed or f"{host}:{port}" in self._allowed
        for address in addresses:
            refusal = verdict(address, private_ok=private_ok)
            if refusal is not None:
                raise AddressRefused(refusal)
        return addresses[:ATTEMPTS]


class _Stream(httpcore.AsyncNetworkStream):
    """A connection that is closed when its handshake is given up: httpcore closes it after errors only."""

    def __init__(self, inner: httpcore.AsyncNetworkStream) -> None:
        self.read = inner.read  # type: ignore[method-assign]
        self.write = inner.write  # type: ignore[method-assign]
        self.aclose = inner.aclose  # type: ignore[method-assign]
        self.get_extra_info = inner.get_extra_info  # type: ignore[method-assign]
        self._inner = inner

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's interface
    ) -> httpcore.AsyncNetworkStream:
        try:
            return await self._inner.start_tls(ssl_context, server_hostname, timeout)
        except asyncio.CancelledError:
            await self._inner.aclose()
            raise
