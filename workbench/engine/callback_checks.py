"""Callback checks: is a handshake one that may be answered, and is a call too old to be taken for a new one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from workbench.models.callback import CallbackItem, DeliveryReport, Handshake, InboundMessage
from workbench.sentence import Sentence, say

from .delivery_states import aware

REPLAY_WINDOW: Final = timedelta(hours=72)
"""So old may be what a signed call tells: providers try again for at most two days (LINK Mobility's gates: 48 hours)."""
HANDSHAKE_AGE: Final = timedelta(seconds=30)
"""Event Grid waits for the answer no longer: https://learn.microsoft.com/azure/event-grid/end-point-validation-event-grid-events-schema"""
AHEAD: Final = timedelta(minutes=5)
"""So far a provider's clock may be ahead of ours."""
LONGEST_CODE: Final = 200


def handshake_problem(items: Sequence[CallbackItem], topic: str, now: datetime) -> Sentence | None:
    """Return why a call that holds a handshake is not answered as one (R-SMS-13), or None. ``topic`` is what it must come from."""
    if len(items) != 1:
        return say(
            "A handshake comes alone, and this one came with {count} other parts.", count=len(items) - 1
        )
    (handshake,) = items
    if not isinstance(handshake, Handshake):
        return say("The call is no handshake.")
    if handshake.problem is not None:
        return handshake.problem
    asked = (
        handshake.answer is not None
    )  # the other kind, CloudEvents' OPTIONS, names no topic and wants headers alone
    if asked and topic.strip() and not _is_of(_plain(handshake.topic), _plain(topic)):
        return say(
            "The handshake is for another topic than the account's. Compare the topic in Event Grid with the one saved here."
        )
    at = aware(handshake.at)
    if at is not None and (now - at > HANDSHAKE_AGE or at - now > AHEAD):
        return say(
            "The handshake is not of this moment: it was made more than {seconds} seconds ago.", seconds=30
        )
    if not (handshake.code if asked else handshake.headers):
        return say("The handshake has no code to answer with.")
    if len(handshake.code) > LONGEST_CODE:
        return say("The handshake's code is longer than any real one.")
    return None


def is_stale(items: Sequence[CallbackItem], now: datetime) -> bool:
    """Return whether everything in a call is older than the replay window. What names no time is not old."""
    times = [aware(item.at) for item in items if isinstance(item, (DeliveryReport, InboundMessage))]
    return (
        bool(times) and len(times) == len(items) and all(at is not None and is_old(at, now) for at in times)
    )


def is_old(at: datetime, now: datetime) -> bool:
    """Return whether a time lies before the replay window."""
    return now - at > REPLAY_WINDOW


def _is_of(told: str, wanted: str) -> bool:
    """Return whether a handshake's topic is the account's, or the subscription it lies in: Microsoft's example names that alone."""
    parts = told.split("/")
    subscription = len(parts) == 2 and parts[0] == "subscriptions"
    return told == wanted or (subscription and wanted.startswith(f"{told}/"))


def _plain(topic: str) -> str:
    return topic.strip().strip("/").casefold()
