"""Faults on purpose: what a network and a tired provider do, by header or by setting, seeded and repeatable (R-CMN-08)."""

from __future__ import annotations

import asyncio
import random
from collections import OrderedDict
from collections.abc import Callable
from typing import Final, Literal, get_args

from pydantic import Field
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from workbench.errors import Refused
from workbench.models.base import Noun
from workbench.models.provider import Emulation
from workbench.sentence import say

from .answers import Rendered, render, respond, written

FaultKind = Literal[
    "latency",  # answers late
    "reset",  # the connection breaks before the request is taken
    "lost",  # the request is taken, the answer is lost
    "unauthorized_once",  # 401, then fine
    "unauthorized",  # 401 always
    "throttled",  # 429 with Retry-After
    "throttled_bare",  # 429 without it
    "server_error",  # 500
    "unavailable",  # 503
    "malformed",  # 200 with half a JSON text
    "html",  # 200 with a page instead of JSON
    "redirect",  # 302 to another host
    "huge",  # 2 MB
]
HEADER: Final = "X-Workbench-Fault"
CUT: Final = "workbench.cut"
"""The ASGI extension under which a server offers a function that breaks the connection for real."""

REMEMBERED: Final = 1000


class Fault(Noun):
    """One fault: ``share`` of the requests get it (decided by ``seed``), at most ``times`` of them; ``seconds`` is the latency or wait."""

    kind: FaultKind
    share: float = Field(default=1.0, ge=0, le=1)
    times: int | None = Field(default=None, ge=1)
    seconds: float = Field(default=1.0, ge=0, le=120)
    seed: int = 0

    @property
    def most(self) -> int | None:
        """How many requests get it in all; None for no end."""
        return 1 if self.kind == "unauthorized_once" else self.times


def parse_fault(text: str) -> Fault:
    """Return the fault of a text like ``throttled`` or ``latency;seconds=0.2;share=0.5;seed=7``; Refused names what is wrong."""
    kind, *options = [part.strip() for part in text.split(";") if part.strip()] or [""]
    if kind not in get_args(FaultKind):
        raise Refused(
            say(
                "“{kind}” is not a known fault. Known are: {known}.",
                kind=kind[:40],
                known=", ".join(get_args(FaultKind)),
            )
        )
    try:
        named = dict(option.split("=", 1) for option in options)
        return Fault.model_validate(
            {"kind": kind, **{name.strip(): value.strip() for name, value in named.items()}}
        )
    except ValueError:
        raise Refused(
            say(
                "The fault “{text}” cannot be read. Write it like latency;seconds=0.2;share=0.5;seed=7.",
                text=text[:80],
            )
        ) from None


class Drawing:
    """One fault and its luck: the same seed draws the same sequence."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        self.used = 0
        self.chance = random.Random(fault.seed)  # noqa: S311 - repeatable, not secret

    def draw(self) -> bool:
        """Return whether the next request gets the fault."""
        if self.fault.most is not None and self.used >= self.fault.most:
            return False
        hit = self.chance.random() < self.fault.share
        self.used += hit
        return hit


class Faults:
    """ASGI middleware in front of a stand-in: ``faults`` are the settings, and the header ``X-Workbench-Fault`` names one for its request.

    A header that is sent again with the same text continues its sequence, so ``throttled;times=2`` throttles twice and then
    lets through. Where the server offers the extension ``workbench.cut`` the connection is broken for real (``sandbox/port.py``);
    elsewhere a ConnectionResetError is raised, which the in-process wire reads alike.
    """

    def __init__(self, app: ASGIApp, emulation: Emulation, faults: tuple[Fault, ...] = ()) -> None:
        self.app = app
        self.emulation = emulation
        self.drawings = [Drawing(fault) for fault in faults]
        self.by_header: OrderedDict[str, Drawing] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let one request through, or do to it what the drawn fault says."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        try:
            fault = self._draw(Headers(scope=scope).get(HEADER))
        except Refused as refused:
            await _drain(receive)
            await respond(send, written(400, [], {"message": str(refused)}))
            return
        await self._do(fault, scope, receive, send)

    async def _do(self, fault: Fault | None, scope: Scope, receive: Receive, send: Send) -> None:
        if fault is None:
            await self.app(scope, receive, send)
        elif fault.kind == "latency":
            await asyncio.sleep(fault.seconds)
            await self.app(scope, receive, send)
        elif fault.kind == "reset":
            await _break(scope, receive)
        elif fault.kind == "lost":
            await self.app(scope, receive, _discard)
            await _break(scope, receive)
        else:
            await _drain(receive)
            await respond(send, self._response(fault))

    def _draw(self, header: str | None) -> Fault | None:
        drawings = [self._remembered(header)] if header else self.drawings
        return next((drawing.fault for drawing in drawings if drawing.draw()), None)

    def _remembered(self, header: str) -> Drawing:
        """Return the drawing that belongs to exactly this text; the oldest of a thousand is forgotten."""
        drawing = self.by_header.pop(header, None) or Drawing(parse_fault(header))
        self.by_header[header] = drawing
        if len(self.by_header) > REMEMBERED:
            self.by_header.popitem(last=False)
        return drawing

    def _response(self, fault: Fault) -> Rendered:
        if fault.kind in _CANNED:
            return _CANNED[fault.kind]
        answers = {
            "unauthorized": self.emulation.unauthorized,
            "unauthorized_once": self.emulation.unauthorized,
            "throttled": self.emulation.throttled,
            "throttled_bare": self.emulation.throttled,
            "server_error": self.emulation.server_error,
        }
        reply = render(answers[fault.kind], {}, None)
        if fault.kind == "throttled":
            return reply._replace(
                headers=[*reply.headers, ("Retry-After", str(max(1, round(fault.seconds))))]
            )
        if fault.kind == "throttled_bare":
            return reply._replace(headers=[item for item in reply.headers if not _says_when(item[0])])
        return reply


_CANNED: dict[str, Rendered] = {
    "unavailable": Rendered(
        503, [("Content-Type", "text/plain"), ("Retry-After", "1")], b"Service Unavailable"
    ),
    "malformed": Rendered(200, [("Content-Type", "application/json")], b'{"id": "abc", "status": '),
    "html": Rendered(
        200,
        [("Content-Type", "text/html")],
        b"<!doctype html><title>Sign in</title><script>document.title='ran'</script><p>Please sign in.",
    ),
    "redirect": Rendered(302, [("Location", "https://elsewhere.example/send")], b""),
    "huge": Rendered(200, [("Content-Type", "application/json")], b'{"filler": "' + b"x" * 2_000_000 + b'"}'),
}


def _says_when(header: str) -> bool:
    return "ratelimit" in header.lower() or header.lower() == "retry-after"


async def _break(scope: Scope, receive: Receive) -> None:
    """Break the connection: for real where the server can, and then wait until it is gone, so that nothing is answered."""
    cut: Callable[[], None] | None = (scope.get("extensions") or {}).get(CUT)
    if cut is None:
        raise ConnectionResetError("the rehearsal broke this connection on purpose")
    cut()
    while (await receive())["type"] != "http.disconnect":
        continue


async def _drain(receive: Receive) -> None:
    while (message := await receive()).get("more_body"):
        if message["type"] == "http.disconnect":
            return


async def _discard(message: Message) -> None:
    """Take a part of the answer that the fault loses."""
