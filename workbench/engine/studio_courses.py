"""Studio courses: what can be played with a provider, and the stops that each course makes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final, NamedTuple

from workbench.models.callback import DeliveryReport
from workbench.models.message import FINAL, DeliveryState
from workbench.models.provider import Provider
from workbench.models.studio import StudioCourse, StudioHow

from .sms import dialect, items_of

TEXTS: Final[Mapping[str, str]] = {"stop": "STOP", "start": "START", "help": "HELP", "text": ""}
"""The courses of inbound texts, with what they say; the last one says what the plan does."""
GOOD: Final = "good"
HANDSHAKE: Final = "handshake"
CLOUD_HANDSHAKE: Final = "handshake_cloud_events"

AFTER_SENDING: Final[frozenset[DeliveryState]] = frozenset({"undelivered", "expired", "unknown"})
"""Ends that come from the carrier or the handset: the message was handed on before."""


class Stop(NamedTuple):
    """One stop of a delivery's course: our state, and the provider's own word, code and words for it."""

    state: DeliveryState
    raw_state: str = ""
    code: str = ""
    words: str = ""


UNHEARD_OF: Final = "98765"
"""A word or code that no provider has: digits, for some have numbers alone."""
_KEY: Final = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="


def courses(provider: Provider) -> tuple[StudioCourse, ...]:
    """Return the courses that can be played with a provider, a good delivery first."""
    emulation, several = dialect(provider).emulation, dialect(provider).most_reports > 1
    events = dialect(provider).write_handshake is not None
    unheard = events or says_unheard_of(provider)
    good = StudioCourse(
        key=GOOD, kind="report", route="delivery", state=emulation.states[-1][0],
        hows=_hows(several, out_of_order=len(emulation.states) > 1, unknown=unheard),
    )  # fmt: skip
    failures = [
        StudioCourse(
            key=f"{state}:{code}", kind="report", route="delivery", state=state, code=code, words=words,
            hows=_hows(several, out_of_order=bool(before_failure(provider, state)), unknown=unheard),
        )
        for state, code, words in emulation.failures
    ]  # fmt: skip
    texts = [
        StudioCourse(
            key=key, kind="inbound", route="inbound", state="received", words=words,
            hows=_hows(several, out_of_order=False, unknown=events),
        )
        for key, words in TEXTS.items()
    ]  # fmt: skip
    return (good, *failures, *texts, *(_handshakes(provider) if events else ()))


def stops_of(provider: Provider, course: StudioCourse) -> tuple[Stop, ...]:
    """Return the stops of a course of reports, in their order."""
    if course.key == GOOD:
        return tuple(Stop(state, own) for state, own in dialect(provider).emulation.states)
    return failing(provider, course.state, course.code, course.words)


def failing(provider: Provider, state: DeliveryState, code: str, words: str) -> tuple[Stop, ...]:
    """Return the stops of a delivery that fails so. A code that is one of the provider's statuses is its word for the state too."""
    word = code if code in dialect(provider).statuses else ""
    return (*before_failure(provider, state), Stop(state, word, code, words))


def before_failure(provider: Provider, state: DeliveryState) -> tuple[Stop, ...]:
    """Return the stops before an end: those on the way to the carrier, where the end comes from there; else none."""
    if state not in AFTER_SENDING:
        return ()
    return tuple(Stop(each, own) for each, own in dialect(provider).emulation.states if each not in FINAL)


def says_unheard_of(provider: Provider) -> bool:
    """Return whether the provider's calls can hold a word that nobody knows: tried, by writing one and reading it."""
    at = datetime(2026, 1, 5, 9, tzinfo=UTC)
    names = {name for credential in provider.credentials for name in credential.model_fields}
    report = DeliveryReport(
        provider_id="1", state="unknown", raw_state=UNHEARD_OF, code=UNHEARD_OF, to="+15005550006", at=at
    )
    try:
        made = dialect(provider).write_reports(
            (report,), "https://example.com/", dict.fromkeys(names, _KEY), at
        )
    except (KeyError, ValueError):
        return False
    items = items_of(provider, made)
    return bool(items) and all(
        item.kind == "other" or (item.kind == "report" and item.state == "unknown") for item in items
    )


def _hows(several: bool, *, out_of_order: bool, unknown: bool) -> tuple[StudioHow, ...]:
    offered: tuple[tuple[StudioHow, bool], ...] = (
        ("in_order", True), ("late", True), ("twice", True), ("out_of_order", out_of_order), ("wrongly_signed", True),
        ("bad_item", several), ("unknown_type", unknown),
    )  # fmt: skip
    return tuple(how for how, can in offered if can)


def _handshakes(provider: Provider) -> tuple[StudioCourse, ...]:
    """Return the handshakes of Event Grid: in its own schema, and as CloudEvents, where the provider knows those."""
    hows: tuple[StudioHow, ...] = ("in_order", "late", "twice", "wrongly_signed")
    clouds = [CLOUD_HANDSHAKE] if "OPTIONS" in dialect(provider).handshake_methods else []
    return tuple(
        StudioCourse(key=key, kind="handshake", route="delivery", state="accepted", hows=hows)
        for key in (HANDSHAKE, *clouds)
    )
