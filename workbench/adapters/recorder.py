"""RECORDER: a server on the loopback address that keeps each request as it came: method, raw target, headers, body bytes.

It stands in for nobody: every request gets the same answer, and nothing is sent on. It is there to see what a program truly sends.
"""

from __future__ import annotations

import asyncio
import json
import re
import socket
from typing import Final, Self

from workbench.engine.snippets import Arrived

from .ports import LOOPBACK

MOST_HEAD: Final = 64 * 1024
MOST_BODY: Final = 32 * 1024 * 1024
MOST_KEPT: Final = 64
"""Requests that are kept: a client that calls without end fills no memory."""
PATIENCE_S: Final = 30.0

_LINE = re.compile(r"([!#$%&'*+\-.^_`|~0-9A-Za-z]+) (\S+) HTTP/1\.[01]")
_CONTINUE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"


class Recorder:
    """Used with ``async with``; ``origin`` is where it listens, ``arrived`` what came so far, the newest last.

    Args:
        token: what a client that signs in first is given as its access token.
        listener: a bound socket to listen on; else a free port of the loopback address.
        most: so many requests are kept, the newest.
    """

    def __init__(
        self, token: str = "", listener: socket.socket | None = None, *, most: int = MOST_KEPT
    ) -> None:
        self.arrived: list[Arrived] = []
        self.origin = ""
        self.token = token
        self._listener, self._most = listener, most
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.Task[None]] = set()

    def __repr__(self) -> str:
        return f"<Recorder of {len(self.arrived)} requests>"

    async def __aenter__(self) -> Self:
        if self._listener is None:
            self._server = await asyncio.start_server(self._serve, LOOPBACK, 0, limit=MOST_HEAD)
        else:
            self._server = await asyncio.start_server(self._serve, sock=self._listener, limit=MOST_HEAD)
        self.origin = f"http://{LOOPBACK}:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take one request of a connection, answer it, and close: whoever speaks no HTTP or stops in the middle leaves no trace."""
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            async with asyncio.timeout(PATIENCE_S):
                found = await _request(reader, writer)
                if found is not None:
                    self.arrived = [*self.arrived, found][-self._most :]
                    writer.write(self._answer(found.method))
                    await writer.drain()
        except (TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError):
            pass  # no whole request came: there is nothing to keep, and nobody to answer
        finally:
            self._open.discard(task)
            writer.close()

    def _answer(self, method: str) -> bytes:
        body = json.dumps(
            {"result": True, "access_token": self.token, "token_type": "Bearer", "expires_in": 3600}
        ).encode()
        head = (
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        return head.encode() + (b"" if method == "HEAD" else body)


async def _request(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Arrived | None:
    """Return the request that comes, or None where it is none of HTTP/1 or too large."""
    head = (await reader.readuntil(b"\r\n\r\n"))[:-4].decode("utf-8", "surrogateescape")
    first, *lines = head.split("\r\n")
    line = _LINE.fullmatch(first)
    if line is None:
        return None
    headers = tuple((name, value.strip(" \t")) for name, _, value in (one.partition(":") for one in lines))
    named = {name.lower(): value for name, value in headers}
    if named.get("expect", "").lower() == "100-continue":
        writer.write(_CONTINUE)
    if "chunked" in named.get("transfer-encoding", "").lower():
        body = await _chunked(reader)
    else:
        length = named.get("content-length", "0")
        if not re.fullmatch(r"[0-9]{1,9}", length) or int(length) > MOST_BODY:
            return None
        body = await reader.readexactly(int(length))
    return None if body is None else Arrived(line[1], line[2], headers, body)


async def _chunked(reader: asyncio.StreamReader) -> bytes | None:
    """Return a body that comes in chunks, https://www.rfc-editor.org/rfc/rfc9112#section-7.1; None where it is broken or too large."""
    found = bytearray()
    while True:
        size = (await reader.readuntil(b"\r\n")).partition(b";")[0].strip()
        if not re.fullmatch(rb"[0-9a-fA-F]{1,8}", size) or len(found) + int(size, 16) > MOST_BODY:
            return None
        if int(size, 16) == 0:
            while await reader.readuntil(b"\r\n") != b"\r\n":
                continue  # trailers
            return bytes(found)
        found += await reader.readexactly(int(size, 16))
        await reader.readexactly(2)
