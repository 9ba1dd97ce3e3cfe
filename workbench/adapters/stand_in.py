"""STAND-IN: an ASGI app in this process that is asked once and gives its answer part by part, as a server would.

httpx's transport for such apps gathers the whole answer before it gives any of it, which a file of a million contacts is too long for.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, MutableMapping
from typing import Any, cast
from urllib.parse import unquote

from .download import Opened
from .outgoing import Ready
from .trip import Trip

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
ASGIApp = Callable[
    [Scope, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Awaitable[None]
]


async def opened(app: ASGIApp, ready: Ready, trip: Trip) -> Opened:
    """Return the answer of the app, which runs on only as its parts are taken. What it raises is raised to who takes them."""
    played = _Played(app, ready)
    trip.sending()
    try:
        start = await played.message("http.response.start")
    except BaseException:
        await played.close()
        raise
    headers = [(bytes(name), bytes(value)) for name, value in start.get("headers", ())]
    return Opened(start["status"], headers, played.parts(), played.close)


class _Played:
    """One request at an app, which runs in a task of its own."""

    def __init__(self, app: ASGIApp, ready: Ready) -> None:
        self._said: asyncio.Queue[Message | Exception | None] = asyncio.Queue(1)
        self._gone = asyncio.Event()
        self._asked = False
        self._body = ready.request.body
        self._task = asyncio.create_task(self._play(app, _scope(ready)))

    async def message(self, kind: str) -> Message:
        """Return what the app says next. ConnectionResetError where it ended instead, as a server breaks off then."""
        said = await self._said.get()
        if isinstance(said, Exception):
            raise said
        if said is None or said["type"] != kind:
            raise ConnectionResetError("the stand-in ended before its answer did")
        return said

    async def parts(self) -> AsyncGenerator[bytes, None]:
        """Give the body, and wait for the app's end."""
        more = True
        while more:
            said = await self.message("http.response.body")
            more = said.get("more_body", False)
            yield bytes(said.get("body", b""))
        self._gone.set()
        if isinstance(last := await self._said.get(), Exception):
            raise last

    async def close(self) -> None:
        """End the app where it has not ended."""
        self._gone.set()
        self._task.cancel()
        await asyncio.wait({self._task})

    async def _play(self, app: ASGIApp, scope: Scope) -> None:
        end: Exception | None = None
        try:
            await app(scope, self._receive, self._said.put)
        except Exception as error:  # noqa: BLE001 - it is raised to who takes the answer
            end = error
        await self._said.put(end)

    async def _receive(self) -> Message:
        if self._asked:
            await self._gone.wait()
            return {"type": "http.disconnect"}
        self._asked = True
        return {"type": "http.request", "body": self._body, "more_body": False}


def _scope(ready: Ready) -> Scope:
    """Return the request as https://asgi.readthedocs.io/en/latest/specs/www.html#http-connection-scope has it."""
    origin = ready.head.origin
    path, _, query = ready.head.target.partition("?")
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": ready.request.method,
        "headers": [(name.lower().encode("ascii"), value.encode("ascii")) for name, value in ready.headers],
        "scheme": origin.scheme,
        "path": unquote(path),
        "raw_path": path.encode("ascii"),
        "query_string": query.encode("ascii"),
        "server": (origin.name, origin.port),
        "client": ("127.0.0.1", 123),
        "root_path": "",
    }
    return cast(Scope, scope)
