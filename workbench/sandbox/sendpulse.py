"""The stand-in of SendPulse: the token URL, the three tabs of an event, who one is, the flows; and it remembers what arrived.

It is stricter than what the vendor documents where a mistake would be silent there: an event without email and phone is refused, and so
are a phone that is a number and an ``automation_id`` that is a text (https://sendpulse.com/knowledge-base/email-service/automation360/send-events).
An event whose name or URL holds “unknown” does not exist.
"""

from __future__ import annotations

import re
from collections import deque
from datetime import datetime
from typing import Final
from urllib.parse import unquote

from starlette.requests import Request as AsgiRequest
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from workbench.adapters.clock import Clock, SystemClock
from workbench.engine.event_urls import masked_address
from workbench.models.base import JsonValue, Noun
from workbench.models.event import AUTOMATION_ID, IDENTIFIERS, Flow
from workbench.models.provider import Answer, Endpoint, Provider
from workbench.models.request import Request
from workbench.sandbox.answers import Rendered, render, respond, written
from workbench.sandbox.bodies import read_body

from .keys import Expected, lets_in
from .providers import BODY_BYTES, Emulator, seen, too_large
from .tokens import TokenServer

KEPT: Final = 200_000
"""Events that are remembered; of more the oldest are forgotten."""
FLOWS: Final = (
    Flow(id=12345, name="Welcome"),
    Flow(id=12346, name="Cart reminder"),
    Flow(id=12347, name="Old newsletter", active=False),
)
"""The flows that a fresh stand-in has."""

TOKEN_PATH: Final = "/oauth/access_token"  # noqa: S105 - a path, not a secret
_NAMED: Final = re.compile(r"/events/name/(?P<event>[^/]+)/?")
_BY_URL: Final = re.compile(r"/events/id/(?P<event>[0-9A-Za-z_-]+(?:/[0-9]+)?)/?")
_FLOW: Final = re.compile(r"/a360/autoresponders/(?P<id>[0-9]{1,18})/?")
_BY_KIND: Final = {"multipart/form-data": "form", "application/x-www-form-urlencoded": "urlencoded"}
_QUESTIONS: Final = ("/user/info", "/a360/autoresponders/list")
_NO_FLOW: Final = Answer(status=404, body={"message": "Not found", "error_code": 404})
_NO_EVENT: Final = Answer(status=400, body={"message": "Event not exists", "error_code": 102})


class Arrived(Noun):
    """One event that was taken: when, by which endpoint, its name (of a secret URL the mask), and its body as it was read."""

    at: datetime
    endpoint: str
    event: str
    body: dict[str, JsonValue]


class SendPulseStandIn(Emulator):
    """SendPulse's stand-in. ``received`` holds the events that were taken, the oldest first; ``flows`` those that can be asked for."""

    def __init__(
        self,
        provider: Provider,
        tokens: TokenServer,
        expected: Expected | None = None,
        *,
        clock: Clock | None = None,
    ) -> None:
        super().__init__(provider, tokens, expected)
        self.clock = clock or SystemClock()
        self.received: deque[Arrived] = deque(maxlen=KEPT)
        self.flows: dict[int, Flow] = {flow.id: flow for flow in FLOWS}
        if "api_key" in (expected or {}):  # else any text would do for a token
            rest = self._keyed["rest"]
            by_key = tuple(model for model in rest.credentials if "api_key" in model.model_fields)
            self._keyed["rest"] = rest.model_copy(update={"credentials": by_key})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one call: a token, an event, or a question."""
        path = _single(_raw_path(scope))
        if path.rstrip("/") == TOKEN_PATH:
            await self.tokens(scope, receive, send)
            return
        body = await read_body(receive, BODY_BYTES)
        request = seen(scope, body or b"", self.provider)
        found = self.endpoint_at(path)
        if body is None:
            reply = too_large(self.provider, BODY_BYTES)
        elif found and request.method == "POST":
            reply = self._event(request, *_by_kind(found, request))
        elif not found and request.method == "GET" and self._is_question(path):
            reply = self._asked(request, path)
        else:
            reply = self._unknown(request.method, path, found)
        await respond(send, reply)

    def endpoint_at(self, path: str) -> list[tuple[Endpoint, dict[str, str]]]:
        """Return the endpoint of a named event, or those of an event's URL, with the event as it is told."""
        named, by_url = _NAMED.fullmatch(path), _BY_URL.fullmatch(path)
        if named is not None:
            return [(self.provider.endpoint("rest"), {"event": unquote(named["event"])})]
        names = {"event": by_url["event"]} if by_url else {}
        return [(endpoint, names) for endpoint in self.provider.endpoints[1:]] if by_url else []

    def shown_path(self, endpoint: Endpoint) -> str:
        """Return an endpoint's path as it is told to whom looked for another one."""
        return (
            super().shown_path(endpoint)
            if endpoint.key == "rest"
            else f"/events/id/HASH/ACCOUNT ({endpoint.encoding})"
        )

    def owns(self, path: str) -> bool:
        """Return whether a path is one of SendPulse's."""
        path = _single(path)
        return path == TOKEN_PATH or self._is_question(path) or bool(self.endpoint_at(path))

    def _event(self, request: Request, endpoint: Endpoint, names: dict[str, str]) -> Rendered:
        event = names["event"]
        if endpoint.key != "rest":
            wanted = (self.expected or {}).get("event_url")
            if wanted is not None and not wanted.rstrip("/").endswith(f"/{event}"):
                return render(_NO_EVENT, {}, None)
            names = {"event": masked_address(f"https://events.sendpulse.com/events/id/{event}")}
        if "unknown" in event:
            return render(_NO_EVENT, {}, None)
        return self._answer(request, endpoint, names)

    def given(
        self, request: Request, endpoint: Endpoint, names: dict[str, str], parsed: JsonValue
    ) -> Rendered:
        """Return the answer to a body that can be read; what is taken is remembered."""
        wrong = _mistyped(endpoint, parsed)
        if wrong:
            return written(422, [], {"message": wrong, "error_code": 422})
        before = self.taken
        reply = super().given(request, endpoint, names, parsed)
        if self.taken > before:
            self.received.append(
                Arrived(at=self.clock.now(), endpoint=endpoint.key, event=names["event"], body=parsed)
            )
        return reply

    def _asked(self, request: Request, path: str) -> Rendered:
        """Return the answer to a question, of somebody with a token or a key."""
        if not lets_in(self._keyed["rest"], request, self.tokens, self.expected):
            return render(self.provider.emulation.unauthorized, {}, None)
        if flow := _FLOW.fullmatch(path):
            known = self.flows.get(int(flow["id"]))
            return written(200, [], _told(known)) if known else render(_NO_FLOW, {}, None)
        if path.rstrip("/") == _QUESTIONS[0]:
            return written(200, [], {"id": 7043663, "email": "analyst@example.com", "name": "Rehearsal"})
        return written(
            200, [], {"data": [_told(one) for one in self.flows.values()], "total": len(self.flows)}
        )

    def _is_question(self, path: str) -> bool:
        return path.rstrip("/") in _QUESTIONS or _FLOW.fullmatch(path) is not None

    async def control(self, request: AsgiRequest) -> JSONResponse:
        """Answer ``GET /sendpulse/received`` of a sandbox on a port: what arrived, the newest last; ``?event=`` names one event."""
        wanted = request.query_params.get("event")
        found = [one.model_dump(mode="json") for one in self.received if wanted in (None, one.event)]
        return JSONResponse({"count": len(found), "received": found[-1000:]})


def _single(path: str) -> str:
    """Return a path that begins with one slash: the official Python SDK writes two (``//events/name/…``)."""
    return "/" + path.lstrip("/")


def _raw_path(scope: Scope) -> str:
    """Return the path as it was sent, so that an encoded slash in an event's name is none; without what the stand-in is mounted under."""
    raw = (scope.get("raw_path") or scope["path"].encode()).decode("latin-1").partition("?")[0]
    return raw.removeprefix(scope.get("root_path", "")) or "/"


def _by_kind(
    found: list[tuple[Endpoint, dict[str, str]]], request: Request
) -> tuple[Endpoint, dict[str, str]]:
    """Return the endpoint that the body's Content-Type is for: one URL takes all three."""
    kind = (request.header("Content-Type") or "").partition(";")[0].strip().lower()
    return next((one for one in found if one[0].key == _BY_KIND.get(kind)), found[0])


def _mistyped(endpoint: Endpoint, parsed: JsonValue) -> str:
    """Return what is wrong with the types of the system's own variables; a form knows texts alone."""
    if not isinstance(parsed, dict):
        return "The body must be an object"
    if endpoint.encoding != "json":
        return ""
    for name in IDENTIFIERS:
        if name in parsed and parsed[name] is not None and not isinstance(parsed[name], str):
            return f"{name} must be a string"
    if AUTOMATION_ID in parsed and (
        not isinstance(parsed[AUTOMATION_ID], int) or isinstance(parsed[AUTOMATION_ID], bool)
    ):
        return f"{AUTOMATION_ID} must be a number"
    return ""


def _told(flow: Flow) -> dict[str, JsonValue]:
    """Return a flow as the API tells it."""
    return {"id": flow.id, "name": flow.name, "status": 1 if flow.active else 0}
