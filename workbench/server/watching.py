"""WATCHING: each call is counted and told to the log, has an id of its own, and is refused where the server is about to stop.

Written to the ASGI interface itself: see ``guard``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from time import perf_counter
from typing import Any, Final

from fastapi import FastAPI
from fastapi.responses import JSONResponse
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from workbench.adapters import logs
from workbench.adapters.clock import new_id
from workbench.adapters.metrics import Metrics, known_method
from workbench.adapters.remote import write_error
from workbench.errors import Unreachable
from workbench.models.person import Person
from workbench.sentence import say

from .drain import Drain

REQUEST_ID: Final = "x-request-id"
NOWHERE: Final = "none"
"""The route of a call that fits none."""
QUIET: Final = frozenset({"/health", "/ready", "/metrics"})
"""Routes that machines ask every few seconds: told only where everything is."""
AGAIN_S: Final = 5
"""Seconds after which a call that came while the server stops may be tried again: by then another one is there, or this one again."""
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{7,63}")
_NUMBER = re.compile(r"[0-9-]+|.*[0-9]{9}.*")


def name_caller(person: Person) -> None:
    """Let the lines about the running call say who makes it: a name that the journal has too."""
    logs.context.get()["who"] = person.name


class Watching:
    """Passes calls on to the app. ``reading`` are the paths that only read: they are answered to the end."""

    def __init__(
        self, app: ASGIApp, *, of: FastAPI, metrics: Metrics, drain: Drain, reading: Collection[str]
    ) -> None:
        self.app = app
        self._metrics, self._drain = metrics, drain
        self._route_of = _routes(of)
        self._reading = frozenset(reading)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the call, and tell what became of it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = _request_id(scope)
        said: dict[str, logs.Field] = {"request": request}
        logs.context.set(said)  # a server gives each call a task of its own: nothing is to be put back
        began, status = perf_counter(), 500

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[REQUEST_ID] = request
            await send(message)

        try:
            refused = self._refused(scope)
            await (refused or self.app)(scope, receive, watched)
        finally:
            seconds = perf_counter() - began
            route = self._route_of(scope)
            method = known_method(scope["method"])
            self._metrics.called(route, method, status, seconds)
            logs.tell(
                "call",
                _level(route, status),
                method=method,
                route=route,
                status=status,
                ms=round(seconds * 1000, 1),
            )

    def _refused(self, scope: Scope) -> JSONResponse | None:
        """Return the answer to a call that would begin something while the server stops. What comes from platforms is always taken."""
        path: str = scope["path"]
        if not self._drain.on or not path.startswith("/api/") or path in self._reading:
            return None
        error = Unreachable(
            say(
                "The server is about to stop and begins nothing new. Nothing was done. Try again in a moment."
            )
        )
        return JSONResponse(write_error(error), status_code=503, headers={"Retry-After": str(AGAIN_S)})


def _level(route: str, status: int) -> logs.Level:
    if route in QUIET:
        return "debug"
    return "error" if status == 500 else "info"


def _request_id(scope: Scope) -> str:
    """Return the id that the proxy gave the call, unless it looks like anything else; else a new one."""
    given = Headers(scope=scope).get(REQUEST_ID, "")
    return given if _ID.fullmatch(given) and not _NUMBER.fullmatch(given) else new_id("req")


def _routes(app: FastAPI) -> Callable[[Scope], str]:
    """Return what gives the route of a call that was answered, as it is declared: addresses may hold a secret."""

    def route_of(scope: Scope) -> str:
        endpoint = scope.get("endpoint")
        if endpoint is None:
            return NOWHERE
        for route in routes_by_endpoint().get(id(endpoint), ()):
            if route.path_regex.match(scope["path"]):
                return str(route.path)
        return NOWHERE

    found: dict[int, list[Any]] = {}

    def routes_by_endpoint() -> dict[int, list[Any]]:
        if not found:
            for route in app.routes:
                endpoint = getattr(route, "endpoint", None)
                if endpoint is not None:
                    found.setdefault(id(endpoint), []).append(route)
        return found

    return route_of
