"""Event methods: one occurrence as each of SendPulse's three tabs takes it: the call, what is lost, what is at risk (R-EVT-01, 11, 25)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from workbench.engine.event_methods import compare_methods
from workbench.engine.event_urls import event_segment
from workbench.models.base import JsonValue
from workbench.models.event import Event, EventMethod
from workbench.models.event_look import MethodLook
from workbench.models.request import Headers
from workbench.providers import provider as provider_of
from workbench.sentence import Sentence, say

PROVIDER: Final = "sendpulse"
MASKED_URL: Final = "https://events.sendpulse.com/events/id/****/****"
"""The address of the tabs without authorization, its secret parts masked; facts/events-sync-sms.md A1."""
_TITLES: Final[Mapping[EventMethod, Sentence]] = {
    "rest": say("REST API POST"),
    "raw": say("POST raw"),
    "form": say("POST form-data (multipart)"),
    "urlencoded": say("POST form-data (urlencoded)"),
}
_TYPES: Final[Mapping[EventMethod, str]] = {
    "rest": "application/json",
    "raw": "application/json",
    "form": "multipart/form-data; boundary=…",
    "urlencoded": "application/x-www-form-urlencoded",
}
_SLOT: Final = re.compile(r"\{[^{}]*\}")


def methods_of(event: Event, body: Mapping[str, JsonValue], chosen: str) -> list[MethodLook]:
    """Return the body by each method; ``chosen`` is the endpoint of the event's own integration, empty where it has none."""
    return [
        MethodLook(
            method=made.method,
            title=_TITLES[made.method],
            url=_url(event, made.method),
            headers=_headers(made.method),
            body=made.text,
            size=made.size,
            problems=made.lost,
            auth=_auth(made.method),
            risk=_risk(made.method),
            chosen=made.method == chosen,
        )
        for made in compare_methods(body)
    ]


def _url(event: Event, method: EventMethod) -> str:
    if method != "rest":
        return MASKED_URL
    segment = event_segment(event.name)
    name = segment if isinstance(segment, str) else "{event}"
    return _SLOT.sub(lambda _: name, provider_of(PROVIDER).endpoint("rest").url)


def _headers(method: EventMethod) -> Headers:
    authorization: Headers = (("Authorization", "Bearer ****"),) if method == "rest" else ()
    return (*authorization, ("Content-Type", _TYPES[method]))


def _auth(method: EventMethod) -> Sentence:
    if method == "rest":
        return say("A token or an API key in a header.")
    return say("None: who knows the address may send.")


def _risk(method: EventMethod) -> Sentence:
    if method == "rest":
        return say("Id and secret of the account are kept in the vault; the address may be shown to anybody.")
    return say(
        "The address itself is the secret. It stands in the logs of proxies and servers; keep it out of pages and tickets."
    )
