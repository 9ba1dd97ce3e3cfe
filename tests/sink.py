"""An endpoint on loopback that takes messages as fast as Python can, notes their ids, and misbehaves as it is told."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import cast

from tests.loopback import listener

ACCEPTED = b'{"id":"m-1","status":"queued"}'


def reply(status: str = "200 OK", body: bytes = ACCEPTED, *headers: str) -> bytes:
    """Return an answer's bytes."""
    lines = [
        f"HTTP/1.1 {status}",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        *headers,
        "",
        "",
    ]
    return "\r\n".join(lines).encode() + body


TAKEN = reply()


@dataclass(frozen=True)
class Received:
    """One request: its headers (small letters) and its body."""

    headers: dict[str, str]
    body: bytes

    @property
    def key(self) -> str:
        return self.headers.get("idempotency-key", "")


Behave = Callable[[Received, int], bytes | float | None]
"""Gives the answer to a request and its number (from 1): bytes, None to break off, or seconds to stay silent."""


@dataclass
class Sink:
    """What came in. ``behave`` decides about the answers; without one all is taken."""

    behave: Behave | None = None
    port: int = 0
    count: int = 0
    keys: Counter[str] = field(default_factory=Counter)
    news: asyncio.Event = field(default_factory=asyncio.Event)
    open: set[asyncio.Transport] = field(default_factory=set)
    most_open: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/send"

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    async def reach(self, count: int) -> None:
        """Return when so many requests have come."""
        while self.count < count:
            self.news.clear()
            await self.news.wait()


class _Connection(asyncio.Protocol):
    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._read = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's are of a class of their own
        self._sink.open.add(self._transport)
        self._sink.most_open = max(self._sink.most_open, len(self._sink.open))

    def connection_lost(self, exc: Exception | None) -> None:
        self._sink.open.discard(self._transport)

    def data_received(self, data: bytes) -> None:
        self._read += data
        while (end := self._read.find(b"\r\n\r\n")) >= 0:
            _, *lines = self._read[:end].decode("latin-1").split("\r\n")
            headers = {
                name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)
            }
            whole = end + 4 + int(headers.get("content-length", "0"))
            if len(self._read) < whole:
                return
            body, self._read = self._read[end + 4 : whole], self._read[whole:]
            self._answer(Received(headers, body))

    def _answer(self, received: Received) -> None:
        sink = self._sink
        sink.count += 1
        sink.keys[received.key] += 1
        sink.news.set()
        answer = TAKEN if sink.behave is None else sink.behave(received, sink.count)
        if isinstance(answer, bytes):
            self._transport.write(answer)
        elif answer is None:
            self._transport.abort()
        else:
            asyncio.get_running_loop().call_later(answer, self._late)

    def _late(self) -> None:
        if not self._transport.is_closing():
            self._transport.write(TAKEN)


@asynccontextmanager
async def sink(behave: Behave | None = None) -> AsyncIterator[Sink]:
    """Serve a sink for the length of a block."""
    made = Sink(behave)
    bound = listener()
    made.port = bound.getsockname()[1]
    server = await asyncio.get_running_loop().create_server(lambda: _Connection(made), sock=bound)
    try:
        yield made
    finally:
        server.close()
        for transport in list(made.open):
            transport.abort()
        await server.wait_closed()
