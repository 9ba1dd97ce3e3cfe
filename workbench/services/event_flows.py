"""Event flows: is the flow there that an ``automation_id`` names, and does it run? Asked of the event's list, live of the account."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from pydantic_core import from_json

from workbench.errors import Invalid, MissingVariable, Refused, TokenRefused
from workbench.models.base import JsonValue
from workbench.models.event import Event
from workbench.models.event_look import FlowCheck
from workbench.models.integration import Integration
from workbench.models.request import Reply, Request
from workbench.sentence import Sentence, say

from .house import House
from .line import Line

READ_BACK: Final = "/a360/autoresponders/{id}"
"""Where SendPulse tells of one flow (https://github.com/sendpulse/n8n-nodes-sendpulse); facts/events-sync-sms.md A4."""
_ACTIVE: Final = frozenset({"1", "active", "started", "running", "true", "enabled"})


def listed(event: Event, id: int) -> FlowCheck:
    """Return what the event's own list of flows knows of an id."""
    flow = next((flow for flow in event.flows if flow.id == id), None)
    if flow is None:
        sentence = (
            say(
                "The flow {id} is not in this event's list of flows. Add it, or correct the number.",
                id=str(id),
            )
            if event.flows
            else say("This event lists no flows, so nobody here knows the flow {id}.", id=str(id))
        )
        return FlowCheck(id=id, state="unknown", sentence=sentence)
    named = say("“{name}” ({id})", name=flow.name, id=str(id)) if flow.name else say("{id}", id=str(id))
    if flow.active:
        return FlowCheck(
            id=id, name=flow.name, state="active", sentence=say("The flow {flow} runs.", flow=named)
        )
    sentence = say(
        "The flow {flow} does not run: an event starts nothing in it. Switch it on first.", flow=named
    )
    return FlowCheck(id=id, name=flow.name, state="inactive", sentence=sentence)


async def asked(house: House, saved: Integration, id: int) -> FlowCheck:
    """Ask the account for a flow with the integration's own key. Never raises for the network or for a missing key."""
    try:
        line = await Line.open(house, saved.settings, integration_id=saved.id)
        token = await line.token()
        sample = line.compose({"event": {"email": "ana@example.com"}}, token)
    except (Invalid, MissingVariable, TokenRefused) as error:
        return _not_asked(id, error.sentence)
    authorization = sample.header("authorization")
    if authorization is None:
        return _not_asked(
            id, say("This way of sending has no key for the account; only the REST API can ask for a flow.")
        )
    parts = urlsplit(sample.url)
    request = Request(
        method="GET",
        url=f"{parts.scheme}://{parts.netloc}{READ_BACK.format(id=id)}",
        headers=(("Authorization", authorization), ("Accept", "application/json")),
        provider=sample.provider,
    )
    wire = house.wire_for(request.url, local_test=saved.settings.local_test)
    try:
        answer = await wire.send(request, connect_s=saved.settings.connect_s, total_s=saved.settings.total_s)
    except Refused as error:
        return _not_asked(id, error.sentence)
    finally:
        if wire is not house.wire:
            await wire.close()
    return _read(id, answer) if isinstance(answer, Reply) else _not_asked(id, answer.sentence)


def _read(id: int, reply: Reply) -> FlowCheck:
    if reply.status == 404:
        sentence = say(
            "The account has no flow {id}. Copy the digits after /flow/id/ from the flow's address.",
            id=str(id),
        )
        return FlowCheck(id=id, state="unknown", where="account", sentence=sentence)
    if not 200 <= reply.status < 300:
        return _not_asked(id, say("The account answered with the HTTP status {status}.", status=reply.status))
    found = _flow(reply.body)
    if found is None:
        return _not_asked(id, say("The account's answer cannot be read."))
    name, state = str(found.get("name") or ""), found.get("status", found.get("active", found.get("state")))
    if state is None or str(state).lower() in _ACTIVE:
        sentence = say("The account has the flow {id}: “{name}”.", id=str(id), name=name)
        return FlowCheck(id=id, name=name, state="active", where="account", sentence=sentence)
    sentence = say(
        "The account has the flow {id}, “{name}”, but it does not run. Switch it on first.",
        id=str(id),
        name=name,
    )
    return FlowCheck(id=id, name=name, state="inactive", where="account", sentence=sentence)


def _flow(body: bytes) -> dict[str, JsonValue] | None:
    """Return the flow that an answer holds: the object itself, or what it holds under ``data`` or ``autoresponder``."""
    try:
        tree = from_json(body)
    except ValueError:
        return None
    for key in ("data", "autoresponder"):
        if isinstance(tree, dict) and isinstance(tree.get(key), dict):
            tree = tree[key]
    return tree if isinstance(tree, dict) else None


def _not_asked(id: int, why: Sentence) -> FlowCheck:
    sentence = say("The account could not be asked for the flow {id}. {why}", id=str(id), why=why)
    return FlowCheck(id=id, state="not_asked", where="account", sentence=sentence)
