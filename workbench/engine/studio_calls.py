"""Studio calls: the calls that a provider would make with a course, rightly signed, and all the ways in which they can come wrong.

Everything is derived from the provider's dialect: what it writes is read back by it, so that nothing is offered that it cannot do.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple, TypeVar
from urllib.parse import urlsplit, urlunsplit

from workbench.models.base import JsonValue
from workbench.models.callback import Callback, CallbackRoute, DeliveryReport, InboundMessage
from workbench.models.provider import Provider
from workbench.models.studio import StudioCourse, StudioHow, StudioPlan, Subscribed

from .sms import dialect
from .studio_courses import CLOUD_HANDSHAKE, TEXTS, UNHEARD_OF, Stop, stops_of

UNHEARD_OF_EVENT: Final = "Microsoft.Communication.NobodyHeardOfThis"
ORIGIN: Final = "eventgrid.azure.net"
ORIGIN_HEADER: Final = "WebHook-Request-Origin"
Item = TypeVar("Item")


class Subject(NamedTuple):
    """The message that a report is of, or the phone that a text comes from: its number, and ours."""

    provider_id: str
    to: str
    sender: str
    tag: str = ""


class RealCall(NamedTuple):
    """One call with its real bytes: never shown as it is."""

    route: CallbackRoute
    callback: Callback


class Writing(NamedTuple):
    """Who writes the calls of a play: the provider, where it calls and with what it signs, which values are secret, and when."""

    provider: Provider
    at: Subscribed
    secrets: tuple[str, ...]
    now: datetime


def calls(
    writing: Writing, plan: StudioPlan, course: StudioCourse, subjects: Sequence[Subject]
) -> tuple[RealCall, ...]:
    """Return the calls of a play in the order in which they are made. Raises ValueError where the provider cannot write one."""
    right = writing
    if plan.how == "late":
        writing = writing._replace(now=writing.now - timedelta(hours=plan.late_h))
    if plan.how == "wrongly_signed":
        writing = writing._replace(at=_other_key(writing))
    if course.kind == "handshake":
        made: tuple[RealCall, ...] = (RealCall("delivery", _handshake(writing, course.key)),)
    elif course.kind == "inbound":
        made = _texts(writing, plan, course, subjects)
    else:
        made = _reports(writing, plan.how, course, subjects)
    if plan.how == "wrongly_signed":
        return tuple(_misaddressed(right, call) for call in made)
    if plan.how == "twice":
        return tuple(call for call in made for _ in range(2))
    return made[::-1] if plan.how == "out_of_order" else made


# -- what is written ---------------------------------------------------------------------------------------------------


def _reports(
    writing: Writing, how: StudioHow, course: StudioCourse, subjects: Sequence[Subject]
) -> tuple[RealCall, ...]:
    stops = stops_of(writing.provider, course)
    if how in ("bad_item", "unknown_type"):
        stops = stops[-1:]
    if how == "unknown_type" and dialect(writing.provider).write_handshake is None:
        stops = (Stop("unknown", UNHEARD_OF, UNHEARD_OF),)
    write, made = dialect(writing.provider).write_reports, list[RealCall]()
    for turn, stop in enumerate(stops):
        at = writing.now + timedelta(seconds=turn)
        reports = [_report(subject, stop, at) for subject in subjects]
        for some in _shared(writing.provider, reports):
            callback = write(some, writing.at.delivery, writing.at.values, at)
            made.append(RealCall("delivery", _spoiled(how, callback)))
    return tuple(made)


def _texts(
    writing: Writing, plan: StudioPlan, course: StudioCourse, subjects: Sequence[Subject]
) -> tuple[RealCall, ...]:
    texts = [
        InboundMessage(
            provider_id=f"MO{writing.now:%Y%m%d%H%M%S%f}{turn}", sender=subject.to, to=subject.sender,
            body=TEXTS[course.key] or plan.body, at=writing.now, segments=1,
        )
        for turn, subject in enumerate(subjects)
    ]  # fmt: skip
    write = dialect(writing.provider).write_inbound
    made = [
        write(some, writing.at.inbound, writing.at.values, writing.now)
        for some in _shared(writing.provider, texts)
    ]
    return tuple(RealCall("inbound", _spoiled(plan.how, callback)) for callback in made)


def _shared(provider: Provider, items: Sequence[Item]) -> list[tuple[Item, ...]]:
    """Return the items as they share calls: as many in one as the provider puts there."""
    most = dialect(provider).most_reports
    return [tuple(items[at : at + most]) for at in range(0, len(items), most)]


def _report(subject: Subject, stop: Stop, at: datetime) -> DeliveryReport:
    return DeliveryReport(
        provider_id=subject.provider_id, state=stop.state, raw_state=stop.raw_state, code=stop.code, words=stop.words,
        to=subject.to, sender=subject.sender, tag=subject.tag, at=at, segments=1,
    )  # fmt: skip


def _handshake(writing: Writing, key: str) -> Callback:
    """Return what Event Grid asks before it calls: in its own schema, or an OPTIONS request with its origin as CloudEvents wants it.

    https://github.com/cloudevents/spec/blob/v1.0/http-webhook.md#4-abuse-protection
    """
    if key == CLOUD_HANDSHAKE:
        headers = ((ORIGIN_HEADER, ORIGIN), ("WebHook-Request-Rate", "120"))
        return Callback(method="OPTIONS", url=writing.at.delivery, headers=headers, at=writing.now)
    write = dialect(writing.provider).write_handshake
    if write is None:
        raise ValueError("the provider asks for no handshake")
    return write(writing.at.delivery, writing.at.values, writing.now)


# -- what is made wrong ------------------------------------------------------------------------------------------------


def _spoiled(how: StudioHow, callback: Callback) -> Callback:
    """Return the call with an item that cannot be read, or of an event type that nobody knows, where that is wanted."""
    if how == "bad_item":
        return _json_call(callback, _with_bad_item(callback.tree))
    if how == "unknown_type" and _are_events(callback.tree):
        return _json_call(callback, [{**event, "eventType": UNHEARD_OF_EVENT} for event in callback.tree])
    return callback


def _with_bad_item(tree: JsonValue) -> JsonValue:
    """Return a body whose list of items begins with one that is none. Raises ValueError for a body without a list."""
    if isinstance(tree, list):
        return ["this is no event", *tree]
    if isinstance(tree, dict):
        for name, value in tree.items():
            if isinstance(value, list):
                return {**tree, name: ["this is no report", *value]}
    raise ValueError("the call holds one item alone")


def _are_events(tree: JsonValue) -> bool:
    return (
        isinstance(tree, list)
        and bool(tree)
        and all(isinstance(one, dict) and "eventType" in one for one in tree)
    )


def _json_call(callback: Callback, tree: JsonValue) -> Callback:
    body = json.dumps(tree, ensure_ascii=False).encode()
    return callback.model_copy(update={"body": body, "kind": "json", "tree": tree, "pairs": ()})


def _other_key(writing: Writing) -> Subscribed:
    """Return where the calls go, with other secrets of the same shape: what is signed with them is signed by somebody else."""
    values = {
        name: _other(value) if name in writing.secrets else value for name, value in writing.at.values.items()
    }
    return Subscribed(writing.at.delivery, writing.at.inbound, values)


def _other(secret: str) -> str:
    return next((one for one in (secret.swapcase(), secret[::-1]) if one != secret), f"{secret}0")


def _misaddressed(right: Writing, call: RealCall) -> RealCall:
    """Return a call that must not be let in: where the signature does not keep it out, the secret part of its address is another."""
    prove = dialect(right.provider).prove
    if prove is not None and prove(call.callback, right.at.values) is not None:
        return call
    parts = urlsplit(call.callback.url)
    before, token, last = parts.path.rsplit("/", 2)
    url = urlunsplit(parts._replace(path=f"{before}/{_other(token)}/{last}"))
    return RealCall(call.route, call.callback.model_copy(update={"url": url}))
