"""The callback studio: which calls a provider is played with, how they come, and what came of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Final, Literal, get_args

from pydantic import Field

from workbench.sentence import Sentence

from .base import Noun
from .callback import CallbackItem, CallbackRoute
from .message import DeliveryState
from .request import Headers

StudioHow = Literal[
    "in_order",  # as the provider would send them
    "late",  # signed and dated some hours ago
    "twice",  # the same bytes two times, as after an answer that was lost
    "out_of_order",  # the last one first
    "wrongly_signed",  # with another key; where nothing is signed, to another secret address
    "bad_item",  # one call of several items, of which one cannot be read
    "unknown_type",  # a word or event type that nobody knows
]
HOWS: Final[tuple[StudioHow, ...]] = get_args(StudioHow)
MOST_DELIVERIES: Final = 100
MOST_CALLS: Final = 400
"""Calls of one play; a page waits for all of them."""


StudioKind = Literal["report", "inbound", "handshake"]


class StudioCourse(Noun):
    """One course that can be played with an account. ``key`` is what a plan names, ``code`` and ``words`` are the provider's own.

    A handshake is what Event Grid asks before it calls for the first time: in its own schema, or as CloudEvents does.
    """

    key: str
    kind: StudioKind
    route: CallbackRoute
    state: DeliveryState
    code: str = ""
    words: str = ""
    hows: tuple[StudioHow, ...] = ()
    """How it can come with this provider."""


class RehearsedNumber(Noun):
    """What a stand-in does with a text to a number that ends with these digits: a failure with its ``state``, else what ``about`` says.

    ``code`` and ``words`` are the provider's own; ``about`` is an English sentence that is translated where it is shown.
    """

    digits: str
    state: DeliveryState | None = None
    code: str = ""
    words: str = ""
    about: str = ""


class StudioPlan(Noun):
    """What is to be played. Reports are of ``delivery_ids``; a text comes from ``sender``, or from whom the deliveries went to.

    ``to`` is the number of ours that it is sent to (empty: the one that the delivery came from), ``late_h`` how late the calls come.
    """

    account_id: str
    course: str
    how: StudioHow = "in_order"
    delivery_ids: Annotated[tuple[str, ...], Field(max_length=MOST_DELIVERIES)] = ()
    sender: Annotated[str, Field(max_length=40)] = ""
    to: Annotated[str, Field(max_length=40)] = ""
    body: Annotated[str, Field(max_length=1600)] = ""
    late_h: Annotated[float, Field(ge=0, le=1000)] = 6.0


class StudioCall(Noun):
    """One call as it would be made, for a person to read: secrets and numbers are masked."""

    route: CallbackRoute
    method: str
    url: str
    headers: Headers
    body: str
    size: int
    """Bytes of the real body."""
    says: tuple[str, ...] = ()
    """What it reports, in our states: ``delivered``, or ``inbound``, ``handshake``, ``bad``, ``other``."""


class Played(Noun):
    """What came of one call. ``status`` is 0 where nobody answered, and ``reason`` says why.

    ``genuine`` is what the receiver found, empty where it kept nothing; ``effects`` are what it did.
    """

    call: StudioCall
    at: datetime
    status: int
    answer: str = ""
    reason: Sentence | None = None
    genuine: Literal["", "signed", "token", "refused"] = ""
    duplicate: bool = False
    items: tuple[CallbackItem, ...] = ()
    effects: tuple[Sentence, ...] = ()


@dataclass(frozen=True, slots=True)
class Subscribed:
    """Where the provider of an account calls, and the opened values that it signs with: never shown, never kept."""

    delivery: str
    inbound: str
    values: Mapping[str, str] = field(default_factory=dict, repr=False)
