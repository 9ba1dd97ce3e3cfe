"""LANE: the fast way out for jobs of many requests, and the only importer of aiohttp.

aiohttp keeps the connections and reads the answers; what is written is the frozen request's own bytes. Its
``ClientSession`` stays out: it drops a lone ``?`` from the target, sends some requests a second time when a kept
connection turns out to be dead, and costs a third of a call. pyreqwest is faster still, but it tidies up the path,
changes the case of header names, and looks a name up by itself, so neither the exact bytes nor the address rule hold.
"""

from __future__ import annotations

import asyncio
import select
import socket
import ssl
from collections.abc import AsyncGenerator, Callable
from typing import Any, Final, NamedTuple, cast

import aiohttp
from aiohttp.client_proto import ResponseHandler
from aiohttp.connector import Connection
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.http_parser import RawResponseMessage

from workbench.errors import WorkbenchError

from .download import Opened
from .guard import Guard
from .incoming import Answer, collected, shortened
from .outgoing import Origin, Ready
from .trip import Kinds, Trip

LINE_LIMIT: Final = 32 * 1024
"""Bytes of the longest header that is read."""
HEADERS_LIMIT: Final = 256
"""Headers of an answer that are read."""
JOINED: Final = 64 * 1024
"""Bytes of a body up to which it is written together with the headers, in one packet where it fits."""


class _NoConnection(ConnectionError):
    """The TCP connection did not come about."""


class Lane:
    """Carries many requests over few connections, each opened by the guard, kept for ``keep_s`` idle seconds."""

    kinds = Kinds(
        ((WorkbenchError,), "blocked"),
        ((socket.gaierror,), "dns"),
        ((TimeoutError,), "timeout"),
        ((ssl.SSLError,), "tls"),
        ((ConnectionRefusedError, _NoConnection), "connect"),
        ((OSError, aiohttp.ClientConnectionError, aiohttp.ClientPayloadError, aiohttp.EofStream), "reset"),
        ((HttpProcessingError, aiohttp.ClientError, UnicodeError), "protocol"),
    )

    def __init__(self, guard: Guard, tls: ssl.SSLContext, *, keep_s: float) -> None:
        self._guard = guard
        self._tls = tls
        self._keep_s = keep_s
        self._pool: _Pool | None = None

    async def carry(self, ready: Ready, trip: Trip) -> Answer:
        """Return what the server answered to the request, which is written once."""
        connection = await self._connection(ready.head.origin, trip)
        try:
            answer = await _exchanged(cast(_Line, connection.protocol), ready, trip)
        except BaseException:
            connection.close()
            raise
        connection.release()
        return answer

    async def open(self, ready: Ready, trip: Trip) -> Opened:
        """Return the head of what the server answered; the connection is used again once all of the body was taken."""
        connection = await self._connection(ready.head.origin, trip)
        line = cast(_Line, connection.protocol)
        whole = False

        async def parts() -> AsyncGenerator[bytes, None]:
            nonlocal whole
            async for part in payload.iter_any():
                yield part
            whole = True

        async def close() -> None:
            if whole:
                line.answered(whole=True)
                connection.release()
            else:
                connection.close()

        try:
            message, payload = await _begun(line, ready, trip)
        except BaseException:
            connection.close()
            raise
        return Opened(message.code, message.raw_headers, parts(), close)

    def bulk(self) -> Lane:
        """Return a lane with connections of its own."""
        return Lane(self._guard, self._tls, keep_s=self._keep_s)

    async def close(self) -> None:
        """Close all connections."""
        if self._pool is not None:
            pool, self._pool = self._pool, None
            await pool.close()

    async def _connection(self, origin: Origin, trip: Trip) -> Connection:
        """Return a kept connection on which nothing stirs, or a new one."""
        if self._pool is None:
            self._pool = _Pool(self._guard, self._tls, self._keep_s)
        call = cast(
            aiohttp.ClientRequest, _Call(_Key(origin.name, origin.port, origin.scheme == "https"), trip)
        )
        while True:
            connection = await self._pool.connect(call, [], _NO_TIMES)
            line = cast(_Line, connection.protocol)
            if not line.kept:
                line.kept = True
                return connection
            if not line.stirs():
                return connection
            connection.close()


async def _exchanged(line: _Line, ready: Ready, trip: Trip) -> Answer:
    """Write the request and return the answer; the line may be used again unless ``should_close`` says otherwise."""
    message, payload = await _begun(line, ready, trip)
    # Mostly all of it is there by now.
    body, cut = shortened(payload.read_nowait()) if payload.is_eof() else await collected(payload.iter_any())
    line.answered(whole=not cut)
    return Answer(message.code, message.raw_headers, body, cut)


async def _begun(line: _Line, ready: Ready, trip: Trip) -> tuple[RawResponseMessage, aiohttp.StreamReader]:
    """Write the request and return the head of the answer, and what gives its body."""
    line.set_response_params(
        skip_payload=ready.request.method == "HEAD",
        read_until_eof=True,
        auto_decompress=False,
        max_line_size=LINE_LIMIT,
        max_field_size=LINE_LIMIT,
        max_headers=HEADERS_LIMIT,
    )
    trip.sending()
    line.write(ready.written, ready.request.body)
    message, payload = await line.read()
    while 100 <= message.code < 200 and message.code != 101:  # the answer is still to come
        message, payload = await line.read()
    if message.code < 200:
        raise HttpProcessingError(code=message.code, message="no status of an answer")
    return message, payload


class _Line(ResponseHandler):
    """One connection, with aiohttp's reading of what comes in."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(loop)
        self.kept = False
        self._asked = False
        self._ear: Callable[[], bool] = bool

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        super().connection_made(transport)
        self._ear = _ear(transport.get_extra_info("socket").fileno())

    def data_received(self, data: bytes) -> None:
        """Read the answer's head by itself: what follows it may be broken without it.

        Servers that send a body with a 204, or more than they announced, did answer. aiohttp's parser would drop the
        answer with the rest, and would not tell who is reading a body that goes wrong.
        """
        if not self._asked:
            self.force_close()  # what is said unasked answers no request
        start = 0
        while (end := data.find(b"\r\n\r\n", start)) >= 0 and (
            self._payload is None or self._payload.is_eof()
        ):
            super().data_received(data[start : end + 4])
            start = end + 4
        if start < len(data):
            super().data_received(data[start:])
        error = self.exception()
        if (
            isinstance(error, HttpProcessingError)
            and self._payload is not None
            and not self._payload.is_eof()
        ):
            self._payload.set_exception(error)

    def write(self, head: bytes, body: bytes) -> None:
        """Hand the request to the connection; where that is gone, ``read`` says so."""
        self._asked = True
        if self.transport is None:
            return
        if len(body) <= JOINED:
            self.transport.write(head + body)
        else:
            self.transport.write(head)
            self.transport.write(body)

    def answered(self, *, whole: bool) -> None:
        """Note the end of an answer. The connection ends with it where a part of it or of the request is still under way."""
        self._asked = False
        if not whole or (self.transport is not None and self.transport.get_write_buffer_size() > 0):
            self.force_close()

    def stirs(self) -> bool:
        """Return whether anything came in since the last answer: its end, or bytes that answer no request."""
        return self.should_close or self.transport is None or self._ear()

    def close(self) -> None:
        """Close at once: a TLS farewell would wait for the server's. Who reads a body is told."""
        if self._payload is not None and not self._payload.is_eof():
            self._payload.set_exception(aiohttp.ClientConnectionError("closed"))
        self.abort()


def _ear(number: int) -> Callable[[], bool]:
    """Return what tells whether the server closed its side, or said something, that the event loop has yet to hear."""
    if not hasattr(select, "poll"):  # Windows
        return lambda: bool(select.select([number], [], [], 0)[0])
    waiting = select.poll()
    waiting.register(number, select.POLLIN)
    return lambda: bool(waiting.poll(0))


# How aiohttp gets its connections --------------------------------------------------------------------------------

_NO_TIMES: Final = aiohttp.ClientTimeout(total=None, connect=None, sock_read=None, sock_connect=None)


class _Key(NamedTuple):
    """What connections are shared by."""

    name: str
    port: int
    is_ssl: bool


class _Call(NamedTuple):
    """What aiohttp's pool wants to know of a request."""

    connection_key: _Key
    trip: Trip
    proxy: None = None


class _Pool(aiohttp.BaseConnector):
    """aiohttp's pool, whose connections go to addresses that the guard has judged."""

    def __init__(self, guard: Guard, tls: ssl.SSLContext, keep_s: float) -> None:
        super().__init__(limit=0, keepalive_timeout=keep_s)  # the wire bounds how many are under way
        self._guard = guard
        self._tls = tls

    async def _create_connection(self, req: Any, traces: Any, timeout: Any) -> _Line:  # noqa: ASYNC109 - aiohttp's
        call = cast(_Call, req)
        name, port, secure = call.connection_key
        call.trip.opening()
        sock = await self._guard.reached(
            name,
            port,
            lambda address, share: dialled(address, port, share),
            seconds=call.trip.connect_s,
            unreachable=(_NoConnection, TimeoutError),
        )
        loop = asyncio.get_running_loop()
        tls: dict[str, Any] = {"ssl": self._tls, "server_hostname": name} if secure else {}
        if secure:
            call.trip.securing()
        _, line = await loop.create_connection(lambda: _Line(loop), sock=sock, **tls)
        return line


async def dialled(address: str, port: int, seconds: float | None) -> socket.socket:
    """Return a socket that is connected to ``address``."""
    sock = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        async with asyncio.timeout(seconds):
            await asyncio.get_running_loop().sock_connect(sock, (address, port))
    except BaseException as error:
        sock.close()
        if isinstance(error, OSError) and not isinstance(error, TimeoutError):
            raise _NoConnection from error
        raise
    return sock
