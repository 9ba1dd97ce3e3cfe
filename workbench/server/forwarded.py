"""FORWARDED: from where a call comes that a proxy on this machine passes on, and from where the connection itself comes.

Both are needed: a gate's allowed addresses are those of the platform, in front of the proxy; a header that names a person is believed
by the address of the proxy itself. The server that runs this app must leave both alone (uvicorn's ``--no-proxy-headers``).
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from workbench.engine.identity import trusts

LOCAL: Final = ("127.0.0.0/8", "::1")
"""Where a proxy runs that may say from where a call comes: on this machine."""


class Forwarded:
    """Keeps the connection's own address as ``workbench.peer``, and makes ``client`` the one that a proxy on this machine names."""

    def __init__(self, app: ASGIApp, proxies: Collection[str] = LOCAL) -> None:
        self.app = app
        self._proxies = tuple(proxies)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the call on."""
        if scope["type"] == "http":
            client = scope.get("client")
            peer = client[0] if client else ""
            scope["workbench.peer"] = peer
            if trusts(self._proxies, peer):
                named = ",".join(Headers(scope=scope).getlist("x-forwarded-for"))
                scope["client"] = (first_stranger(named, self._proxies) or peer, 0) if named else client
        await self.app(scope, receive, send)


def first_stranger(forwarded: str, proxies: Collection[str]) -> str:
    """Return the last address in an X-Forwarded-For header that is none of the proxies': what stands before it a caller can write."""
    found = [part.strip() for part in forwarded.split(",")]
    return next((part for part in reversed(found) if part and not trusts(proxies, part)), "")
