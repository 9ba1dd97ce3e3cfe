"""Text messages: what goes out, what became of it for each recipient, and the states a delivery goes through."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final, Literal, get_args

from pydantic import AwareDatetime, Field

from workbench.sentence import Sentence

from .base import Noun
from .request import Mode, Outcome

Designation = Literal["commercial", "transactional"]
SenderType = Literal["toll_free", "short_code", "long_code", "mobile", "alphanumeric"]
SENDER_TYPES: Final[tuple[SenderType, ...]] = get_args(SenderType)

DeliveryState = Literal[
    "accepted",  # the provider took the request
    "scheduled",  # held for a later time
    "queued",  # waiting inside the provider
    "sending",  # being handed to the carrier
    "sent",  # handed to the carrier; no report of the handset yet
    "delivered",  # the handset, or the provider's best knowledge, confirms
    "read",
    "undelivered",  # the carrier or the handset refused it after it was sent
    "failed",  # the provider could not send it
    "rejected",  # the provider refused before sending: blocked, opted out, bad number, no credit
    "expired",  # its validity ended
    "canceled",  # by the customer
    "unknown",  # its end cannot be known: never counted as delivered
    "received",  # an inbound message
]
STATES: Final[tuple[DeliveryState, ...]] = get_args(DeliveryState)
FINAL: Final[frozenset[DeliveryState]] = frozenset(
    {"delivered", "read", "undelivered", "failed", "rejected", "expired", "canceled"}
)
"""States that no later or late report takes back, except ``delivered`` to ``read``."""


class Message(Noun):
    """One text on its way out, to one or several recipients. Numbers are E.164 with ``+``; a short code has no ``+``.

    ``id`` is ours, the same for every attempt. ``report_url`` is where the provider is asked to report, ``tag`` what it hands back with it.
    ``valid_s`` are the seconds after which it is no longer wanted.
    """

    id: str
    sender: str
    sender_type: SenderType = "long_code"
    to: tuple[str, ...]
    body: str
    designation: Designation = "commercial"
    report_url: str = ""
    tag: str = ""
    valid_s: Annotated[int, Field(ge=1, le=604_800)] | None = None
    send_at: AwareDatetime | None = None
    now: AwareDatetime
    """When it is made: some providers want the time of the first attempt."""


class Taken(Noun):
    """What a provider answered for one recipient. ``words`` are its own, ``code`` its own code."""

    to: str
    accepted: bool
    message_id: str = ""
    state: DeliveryState = "accepted"
    code: str = ""
    words: str = ""
    segments: int | None = None


class Sent(Noun):
    """What became of one send: the whole answer, and each recipient's part of it. ``entry_id`` is its line in the journal."""

    message: Message
    account_id: str
    provider: str
    outcome: Outcome
    taken: tuple[Taken, ...] = ()
    entry_id: str = ""


class Step(Noun):
    """One step of a delivery: a report, or our own doing. ``late`` says that it came too late to change the state."""

    at: datetime
    provider_at: datetime | None = None
    state: DeliveryState
    origin: Literal["send", "report", "fetch", "person"]
    code: str = ""
    words: str = ""
    late: bool = False


class Delivery(Noun):
    """One message to one recipient, as it is kept and shown. ``to`` is masked; ``reported`` says that a report made the state.

    ``raw_state`` and ``code`` are the provider's own. ``reason`` says in a sentence what a failure means and what to do.
    """

    id: str
    message_id: str
    """Ours: ``Message.id``."""
    provider_id: str = ""
    """The provider's id of it."""
    account_id: str
    provider: str
    sender: str
    to: str
    region: str = ""
    body: str = ""
    """Masked where it holds personal data; the whole text is not kept."""
    designation: Designation = "commercial"
    mode: Mode
    state: DeliveryState
    raw_state: str = ""
    code: str = ""
    reason: Sentence | None = None
    reported: bool = False
    segments: int = 1
    price: str = ""
    currency: str = ""
    tag: str = ""
    sent_at: datetime
    changed_at: datetime


class DeliveryFilter(Noun):
    """Which deliveries are wanted, newest first. ``before`` is the id after which the next page begins."""

    account_id: str = ""
    provider: str = ""
    state: DeliveryState | None = None
    message_id: str = ""
    before: str = ""
    limit: Annotated[int, Field(ge=1, le=500)] = 50


class DeliveryCount(Noun):
    """How many deliveries of a provider are in a state: what the charts are drawn from."""

    provider: str
    account_id: str
    state: DeliveryState
    count: int
