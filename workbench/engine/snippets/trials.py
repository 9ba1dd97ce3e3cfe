"""TRIALS: a snippet made ready to be run against a recorder on this machine, what has to arrive there, and what arrived instead."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from workbench.models.request import Headers, Request
from workbench.models.snippet import Dialect
from workbench.sentence import Sentence, say

from .dialects import EMITTERS, snippet
from .pieces import FORMS, HeaderLine, Piece, Pieces
from .sendpulse_event import KEYS

TOKEN_PATH: Final = "/oauth/access_token"  # noqa: S105 - a path, not a token
MOST_SHOWN: Final = 60

_ORIGIN = re.compile(r"https?://[^/?#]*", re.IGNORECASE)
_DUMMIES: Final = {
    "_URL": "dummy%20{name}%2F%2B1",
    "_JSON": 'dummy \\"{name}\\" \\u00e9 1',
    "_HTML": "dummy &lt;{name}&gt; &#x27;1",
    "_ENCODED": "ZHVtbXk{name}",
}
"""Values that a reader might put in, by the form in which they are wanted."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """A request as the recorder got it: the raw target, and the headers in the order in which they came."""

    method: str
    target: str
    headers: Headers
    body: bytes


@dataclass(frozen=True, slots=True, repr=False)
class Trial:
    """What to run: the program's text, its environment (dummies in place of every secret), and what has to arrive.

    ``token`` is what the recorder has to give to a client that signs in first.
    """

    text: str
    environ: dict[str, str]
    expected: Request
    token: str = ""


def trial(request: Request, dialect: Dialect, placeholders: Collection[str], at: str) -> Trial:
    """Return the trial of a request in one dialect. Only its origin is another one: the recorder's.

    Args:
        request: A request whose secrets were replaced by placeholders.
        dialect: The dialect that is tried; SendPulse's SDKs have their address inside, and whoever runs them sets it.
        placeholders: As ``Pieces`` takes them.
        at: The recorder's origin, like ``http://127.0.0.1:8123``.
    """
    moved = request.model_copy(update={"url": _ORIGIN.sub(lambda _: at, request.url, count=1)})
    pieces = Pieces(placeholders)
    url = pieces.split(moved.url)
    in_address = {one.variable for one in url}
    body, headers = pieces.body(moved), pieces.headers(moved)
    environ = {one.name: _dummy(one.name, in_address) for one in pieces.met()}
    if url and url[0].variable:
        environ[url[0].variable] = f"{at}/dummy/address/1"
    environ |= {one.name: f"dummy-{one.name.lower()}" for one in KEYS if EMITTERS[dialect].events_only}
    expected = moved.model_copy(
        update={
            "url": _filled(url, environ),
            "headers": tuple((line.name, _value(line, environ)) for line in headers),
            "body": _filled(body, environ).encode("utf-8", "surrogateescape"),
        }
    )
    shown = snippet(request if EMITTERS[dialect].events_only else moved, dialect, placeholders)
    bearer = (expected.header("authorization") or "").removeprefix("Bearer ")
    return Trial(shown.text, environ, expected, bearer)


def compared(expected: Request, arrived: Arrived) -> tuple[Sentence, ...]:
    """Return where what arrived differs from what had to: method, target, each of our headers, body. Nothing: the same bytes."""
    found: list[Sentence] = []
    if arrived.method != expected.method:
        found.append(
            say("Method: {sent} arrived, {wanted} was meant.", sent=arrived.method, wanted=expected.method)
        )
    target = _ORIGIN.sub("", expected.url.partition("#")[0], count=1)
    wanted = target if target.startswith("/") else f"/{target}"
    if arrived.target != wanted:
        found.append(
            say(
                "Address: {sent} arrived, {wanted} was meant.",
                sent=_clip(arrived.target),
                wanted=_clip(wanted),
            )
        )
    for name in dict.fromkeys(name.lower() for name, _ in expected.headers):
        ours, theirs = _values(expected.headers, name), _values(arrived.headers, name)
        if not theirs:
            found.append(say("Header {name}: it did not arrive.", name=name))
        elif ours != theirs:
            sent, meant = _clip(" | ".join(theirs)), _clip(" | ".join(ours))
            found.append(
                say("Header {name}: {sent} arrived, {wanted} was meant.", name=name, sent=sent, wanted=meant)
            )
    if arrived.body != expected.body:
        found.append(_body_difference(expected.body, arrived.body))
    return tuple(found)


def _body_difference(expected: bytes, arrived: bytes) -> Sentence:
    sizes = {"sent": len(arrived), "wanted": len(expected)}
    if _json(expected) is not None and _json(expected) == _json(arrived):
        return say(
            "Body: the same JSON values in other bytes ({sent} bytes arrived, {wanted} were meant).", **sizes
        )
    pairs = enumerate(zip(expected, arrived, strict=False))
    at = next((at for at, (one, two) in pairs if one != two), min(len(expected), len(arrived)))
    return say(
        "Body: it differs from byte {at} on ({sent} bytes arrived, {wanted} were meant).", at=at + 1, **sizes
    )


def _json(data: bytes) -> object:
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None


def _values(headers: Headers, name: str) -> list[str]:
    return [value for key, value in headers if key.lower() == name]


def _dummy(name: str, in_address: Collection[str]) -> str:
    for suffix, form in _DUMMIES.items():
        if name.endswith(suffix) and suffix in FORMS:
            return form.format(name=name.lower())
    plain = f"dummy-{name.lower()}-1"
    return plain if name in in_address else f"{plain} 'a' \"b\" $HOME `c` \\d"


def _filled(pieces: tuple[Piece, ...], environ: dict[str, str]) -> str:
    return "".join(environ[one.variable] if one.variable else one.text for one in pieces)


def _value(line: HeaderLine, environ: dict[str, str]) -> str:
    value = _filled(line.value, environ)
    return "Basic " + base64.b64encode(value.encode()).decode() if line.basic else value


def _clip(text: str) -> str:
    return text if len(text) <= MOST_SHOWN else text[: MOST_SHOWN - 1] + "…"
