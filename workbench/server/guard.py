"""The guard before every route: the name the server is called by, the size of the call, and headers that no answer goes without.

Written to the ASGI interface itself: as a function around each request it would cost a hook as much as all the rest (measured).
"""

from __future__ import annotations

from collections.abc import Collection

from fastapi.responses import JSONResponse
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from workbench.adapters.remote import write_error
from workbench.errors import Forbidden
from workbench.sentence import say


class Guard:
    """Lets a call through that names one of ``hosts`` and is at most ``most`` bytes long, as far as it says so itself."""

    def __init__(self, app: ASGIApp, hosts: Collection[str], most: int) -> None:
        self.app = app
        self._hosts = frozenset(hosts)
        self._most = most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a call that may not come in; pass every other on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        refused = self._refused(Headers(scope=scope))
        if refused is not None:
            await refused(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["Cache-Control"] = "no-store"
                headers["X-Content-Type-Options"] = "nosniff"
            await send(message)

        await self.app(scope, receive, guarded)

    def _refused(self, headers: Headers) -> JSONResponse | None:
        host = host_of(headers.get("host", "").lower())
        if host not in self._hosts:
            error = Forbidden(say("This server does not answer to the name “{host}”.", host=host[:80]))
            return JSONResponse(write_error(error), status_code=421)
        if int(headers.get("content-length") or 0) > self._most:
            error = Forbidden(say("The call is larger than {most} bytes.", most=self._most))
            return JSONResponse(write_error(error), status_code=413)
        return None


def host_of(header: str) -> str:
    """Return the name of a Host header without its port; an IPv6 address keeps its brackets."""
    name, colon, port = header.rpartition(":")
    return name if colon and port.isdigit() else header
