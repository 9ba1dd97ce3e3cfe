"""Endpoints: one method a path, as the table of facts A5 has it, and the plain answers of the platform."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from starlette.datastructures import Headers, QueryParams
from starlette.types import Receive, Scope, Send

from workbench.models.base import JsonValue
from workbench.sandbox.answers import Rendered, respond, written
from workbench.sandbox.bodies import Unreadable, parse_body, read_body

from .addresses import Call
from .hold import Situation

STATUS: Final[Mapping[Call, Mapping[Situation, int]]] = {
    "finish": {"first": 200, "again": 200, "closed": 410, "unknown": 404},
    "cancel": {"first": 200, "again": 200, "opposite": 409, "closed": 410, "unknown": 404},
    "reject": {"first": 200, "again": 200, "opposite": 409, "closed": 410, "unknown": 404},
    "items": {"first": 200, "closed": 410, "unknown": 404},
}
"""What a call is answered in each situation (facts A5, proposed: the vendor's page is silent). The switches A-5 and A-6 change it."""

METHODS: Final[Mapping[Call, str]] = {"finish": "POST", "cancel": "POST", "reject": "POST", "items": "GET"}
"""A GET never decides, so that no link scanner can accept."""

TOLD: Final[Mapping[Situation, str]] = {
    "first": "taken",
    "again": "already so",
    "opposite": "the batch is finished: the contact is accepted",
    "closed": "the hold is closed",
    "unknown": "there is no such address",
}

BODY_BYTES: Final = 1_000_000


class Asked:
    """One request as an endpoint sees it: the names of its path, its headers, query and body."""

    def __init__(self, scope: Scope, body: bytes) -> None:
        self.scope = scope
        self.names: Mapping[str, str] = scope.get("path_params", {})
        self.headers = Headers(scope=scope)
        self.query = QueryParams(scope["query_string"])
        self.body = body

    def json(self) -> JsonValue:
        """Return the body as JSON, an object or an array; raises Unreadable."""
        return parse_body(self.body, "application/json", "json")


Handler = Callable[[Asked], Awaitable[Rendered]]


class Endpoint:
    """An ASGI app for one path: a handler for each method, 405 with ``Allow`` for every other, 413 for a body too long."""

    def __init__(self, most: int = BODY_BYTES, **handlers: Handler) -> None:
        self.handlers = handlers
        self.most = most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        body = await read_body(receive, self.most)
        handler = self.handlers.get(scope["method"])
        if handler is None:
            await respond(send, wrong_method(*self.handlers))
        elif body is None:
            await respond(send, written(413, [], {"message": f"At most {self.most} bytes are taken."}))
        else:
            try:
                reply = await handler(Asked(scope, body))
            except Unreadable:
                reply = written(400, [], {"message": "The body is no JSON."})
            await respond(send, reply)


def wrong_method(*allowed: str) -> Rendered:
    """Return the refusal of a method: 405, and which ones are taken."""
    return written(
        405, [("Allow", ", ".join(allowed))], {"message": f"Only {' or '.join(allowed)} is taken here."}
    )


def decided(call: Call, situation: Situation, *, late_ignored: bool = False) -> Rendered:
    """Return the answer to a decision; ``late_ignored`` plays the other answer to A-5: a call that comes too late gets a 200."""
    status = STATUS[call][situation]
    if late_ignored and situation == "closed" and METHODS[call] == "POST":
        status = 200
    return written(status, [], {"result": TOLD[situation]})
