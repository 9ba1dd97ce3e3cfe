"""SENDPULSE EVENT: the event in a frozen request, which SendPulse's own SDKs can send too."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

from workbench.models.base import JsonValue
from workbench.models.request import Request
from workbench.models.snippet import Placeholder
from workbench.sentence import N_, Sentence, say

from .pieces import Pieces

KEYS: Final = (
    Placeholder(name="SENDPULSE_ID", title=N_("REST API ID, from SendPulse's account settings, tab API")),
    Placeholder(name="SENDPULSE_SECRET", title=N_("REST API secret, from the same place")),
)
"""What the SDKs sign in with."""

_ADDRESS = re.compile(r"https://api\.sendpulse\.com/events/name/([^/?#]+)")
_OWN = frozenset({"content-type", "content-length", "authorization"})


@dataclass(frozen=True, slots=True)
class SentEvent:
    """The name of an event and its body."""

    name: str
    segment: str
    body: dict[str, JsonValue]


def event_in(request: Request) -> SentEvent | None:
    """Return the event that a request sends by SendPulse's REST API, or None where it is another request."""
    found = _ADDRESS.fullmatch(request.url)
    if found is None or request.method != "POST":
        return None
    try:
        body = json.loads(request.body, object_pairs_hook=_once_each, parse_constant=_refused)
    except (ValueError, RecursionError):
        return None
    return SentEvent(unquote(found[1]), found[1], body) if isinstance(body, dict) and body else None


def shared_differences(request: Request, pieces: Pieces) -> list[Sentence]:
    """Return what both SDKs do otherwise."""
    found = [
        say(
            "The SDK signs in by itself: it sends ID and secret to /oauth/access_token first, and takes no API key and no token of yours."
        )
    ]
    for line in pieces.headers(request):
        if line.name.lower() not in _OWN:
            found.append(say("The SDK cannot send the header {name}: it is left out.", name=line.name))
    return found


def _once_each(pairs: list[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key stands twice")
    return found


def _refused(name: str) -> JsonValue:
    raise ValueError(name)
