"""The control API: sendouts are fired and looked at, and the clock is moved, in JSON under ``/sendouts`` and ``/clock``.

A page of another origin cannot use it: what changes something is asked for as ``application/json``, which a browser does not send to a
stranger without asking first, and the platform allows nobody. A page that gives this machine's address a name of its own is refused.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Final
from urllib.parse import urlsplit

from pydantic import ValidationError
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from workbench.errors import Refused
from workbench.models.base import JsonValue
from workbench.models.platform import Sendout
from workbench.sandbox.answers import Rendered, respond, written
from workbench.sandbox.bodies import read_body

from .course import Course
from .delivery import on_this_machine
from .endpoints import BODY_BYTES, Asked
from .moments import MINUTE_MS, MOST_MINUTES, Moments

Fire = Callable[[Sendout, str], Awaitable[Course]]
"""Holds a sendout, whose addresses begin with the text, and delivers its hooks; may raise Refused."""

MOST_ENDINGS: Final = 1000
MOST_HOOKS: Final = 100


class Control:
    """What a tester asks of the platform."""

    def __init__(self, courses: Mapping[str, Course], moments: Moments, fire: Fire) -> None:
        self._courses = courses
        self._moments = moments
        self._fire = fire

    async def fire(self, asked: Asked) -> Rendered:
        """Answer ``POST /sendouts`` with the sendout's standing: 201 once its hook was taken or failed, 422 with what is wrong in it."""
        refusal = _not_json(asked)
        if refusal is not None:
            return refusal
        try:
            sendout = Sendout.model_validate_json(asked.body)
        except ValidationError as error:
            return written(422, [], {"message": "The sendout cannot be played.", "errors": _errors(error)})
        try:
            course = await self._fire(sendout, _base(asked))
        except Refused as refused:
            return written(422, [], {"message": str(refused), "errors": []})
        return written(201, [], self._standing(course))

    async def list(self, asked: Asked) -> Rendered:
        """Answer ``GET /sendouts``: the newest first."""
        courses = reversed(list(self._courses.values()))
        return written(200, [], {"sendouts": [self._standing(course) for course in courses]})

    async def one(self, asked: Asked) -> Rendered:
        """Answer ``GET /sendouts/{id}``."""
        course = self._courses.get(asked.names["id"])
        return _unknown() if course is None else written(200, [], self._standing(course))

    async def endings(self, asked: Asked) -> Rendered:
        """Answer ``GET /sendouts/{id}/endings?after=&limit=``: how the contacts after that number ended; null for one that waits."""
        course = self._courses.get(asked.names["id"])
        after, limit = _number(asked, "after", 0), _number(asked, "limit", 50)
        if course is None:
            return _unknown()
        if after is None or limit is None or limit > MOST_ENDINGS:
            return written(
                400,
                [],
                {"message": f"after and limit are whole numbers, and limit is at most {MOST_ENDINGS}."},
            )
        ended = course.ended(self._moments.now_ms(), after, limit)
        return written(200, [], {"endings": [item.model_dump(mode="json") for item in ended]})

    async def hooks(self, asked: Asked) -> Rendered:
        """Answer ``GET /sendouts/{id}/hooks?after=&limit=`` with the hooks as they went out, for who works without an endpoint."""
        course = self._courses.get(asked.names["id"])
        after, limit = _number(asked, "after", 0), _number(asked, "limit", 1)
        if course is None:
            return _unknown()
        if after is None or limit is None or limit > MOST_HOOKS:
            return written(
                400, [], {"message": f"after and limit are whole numbers, and limit is at most {MOST_HOOKS}."}
            )
        numbers = range(len(course.holds))[after : after + limit]
        return written(200, [], {"hooks": [course.hook(number).decode() for number in numbers]})

    async def clock(self, asked: Asked) -> Rendered:
        """Answer ``GET /clock``."""
        return written(200, [], {"now_min": self._moments.now_ms() / MINUTE_MS})

    async def advance(self, asked: Asked) -> Rendered:
        """Answer ``POST /clock`` with ``{"advance_min": n}``: the clock is moved on, and where every sendout stands then."""
        refusal = _not_json(asked)
        if refusal is not None:
            return refusal
        parsed = asked.json()
        minutes = parsed.get("advance_min") if isinstance(parsed, dict) else None
        if (
            isinstance(minutes, bool)
            or not isinstance(minutes, (int, float))
            or not 0 <= minutes <= MOST_MINUTES
        ):
            return written(400, [], {"message": f"advance_min is a number from 0 to {MOST_MINUTES}."})
        self._moments.advance(minutes)
        courses = reversed(list(self._courses.values()))
        now_min = self._moments.now_ms() / MINUTE_MS
        return written(
            200, [], {"now_min": now_min, "sendouts": [self._standing(course) for course in courses]}
        )

    def _standing(self, course: Course) -> JsonValue:
        return course.standing(self._moments.now_ms()).model_dump(mode="json")


def from_this_machine(app: ASGIApp) -> ASGIApp:
    """Return the app for who addresses this machine as such: a page that gave the address a name of its own is refused."""

    async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            host = urlsplit(f"//{Headers(scope=scope).get('host', '')}").hostname or ""
        except ValueError:
            host = ""
        if on_this_machine(host):
            await app(scope, receive, send)
            return
        await read_body(receive, BODY_BYTES)
        message = "The platform is controlled from this machine, by its address 127.0.0.1."
        await respond(send, written(403, [], {"message": message}))

    return guarded


def _base(asked: Asked) -> str:
    """Return the platform's own address as the caller sees it."""
    scheme, host = asked.scope.get("scheme", "http"), asked.headers.get("host", "")
    return f"{scheme}://{host}{asked.scope.get('root_path', '')}"


def _not_json(asked: Asked) -> Rendered | None:
    if asked.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        return written(415, [], {"message": "Say Content-Type: application/json."})
    return None


def _number(asked: Asked, name: str, default: int) -> int | None:
    text = asked.query.get(name, str(default))
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 9 else None


def _errors(error: ValidationError) -> list[JsonValue]:
    """Return what is wrong and where; what was sent is not repeated, for it may hold a key."""
    found = error.errors(include_url=False, include_context=False, include_input=False)
    return [
        {"field": ".".join(str(part) for part in item["loc"]), "message": item["msg"]} for item in found[:20]
    ]


def _unknown() -> Rendered:
    return written(404, [], {"message": "There is no such sendout. The oldest ones are forgotten."})
