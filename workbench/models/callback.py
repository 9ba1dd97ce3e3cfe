"""Callbacks: what a provider calls us with. One normalised model over all of them; the provider's own words are kept in ``raw``."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from workbench.sentence import Sentence

from .base import JsonValue, Noun
from .message import DeliveryState
from .request import Headers, header

BodyKind = Literal["json", "form", "xml", "empty", "unreadable"]


class Callback(Noun):
    """One call as it came. ``url`` is the whole public URL that the provider called, as it signs it.

    ``tree`` is the parsed body (JSON; a form as an object whose values are texts; XML as objects with ``@attribute`` and ``#text``),
    ``pairs`` a form's names and values in their order, with the query's for a GET. ``tree`` is None where the body is unreadable.
    """

    method: str
    url: str
    headers: Headers
    body: bytes = b""
    kind: BodyKind = "empty"
    tree: JsonValue = None
    pairs: tuple[tuple[str, str], ...] = ()
    at: datetime

    def header(self, name: str) -> str | None:
        """Return the first value of the header ``name`` (any case), or None."""
        return header(self.headers, name)

    def __repr__(self) -> str:
        return f"<Callback {self.method} {self.kind} {len(self.body)} bytes>"

    __str__ = __repr__


class DeliveryReport(Noun):
    """What a provider reports of one message. ``state`` is ours, ``raw_state`` and ``code`` are its own; unknown stays unknown.

    ``provider_id`` is the provider's id of the message, ``part`` the part of a long one that it speaks of. ``at`` is the provider's time.
    """

    kind: Literal["report"] = "report"
    provider_id: str
    state: DeliveryState
    raw_state: str = ""
    code: str = ""
    words: str = ""
    to: str = ""
    sender: str = ""
    tag: str = ""
    part: str = ""
    at: datetime | None = None
    segments: int | None = None
    price: str = ""
    currency: str = ""
    opted_out: bool = False
    """Whether it says that the recipient is opted out or blocked at the provider."""
    raw: JsonValue = None


class InboundMessage(Noun):
    """A text that somebody sent to one of our numbers: ``to`` is ours, ``sender`` theirs. ``opt_out`` is the provider's own verdict."""

    kind: Literal["inbound"] = "inbound"
    provider_id: str
    sender: str
    to: str
    body: str
    at: datetime | None = None
    segments: int | None = None
    opt_out: Literal["", "stop", "start", "help"] = ""
    raw: JsonValue = None


class Handshake(Noun):
    """The provider asks whether we want its calls. ``answer`` is what it wants to hear, ``headers`` as which; nothing is fetched by itself.

    ``problem`` says why it is not answered so.
    """

    kind: Literal["handshake"] = "handshake"
    code: str = ""
    topic: str = ""
    validation_url: str = ""
    at: datetime | None = None
    answer: JsonValue = None
    headers: Headers = ()
    problem: Sentence | None = None
    raw: JsonValue = None


class OtherEvent(Noun):
    """An event of a type that is not known here: kept and acknowledged."""

    kind: Literal["other"] = "other"
    name: str = ""
    raw: JsonValue = None


class BadItem(Noun):
    """A part of a call that cannot be read; the rest of the call is worked on."""

    kind: Literal["bad"] = "bad"
    index: int = 0
    sentence: Sentence
    raw: JsonValue = None


CallbackItem = Annotated[
    DeliveryReport | InboundMessage | Handshake | OtherEvent | BadItem, Field(discriminator="kind")
]

CallbackRoute = Literal["delivery", "inbound"]


class Acknowledgement(Noun):
    """What a provider is answered when its call was stored."""

    status: int = 200
    content_type: str = "application/json"
    body: str = "{}"
    headers: Headers = ()


class ReceivedCallback(Noun):
    """A callback as it is kept and shown: what it was, whether it was genuine, and what came of it. Numbers and secrets are masked.

    ``genuine``: ``signed`` its signature fits, ``token`` the secret URL alone lets it in (the provider signs nothing), ``refused``.
    """

    id: str
    at: datetime
    account_id: str
    provider: str
    route: CallbackRoute
    genuine: Literal["signed", "token", "refused"]
    reason: Sentence | None = None
    status: int
    duplicate: bool = False
    items: tuple[CallbackItem, ...] = ()
    effects: tuple[Sentence, ...] = ()
    """What it did: a delivery's new state, a consent recorded."""


class CallbackFilter(Noun):
    """Which callbacks are wanted, newest first."""

    account_id: str = ""
    provider: str = ""
    genuine: Literal["", "signed", "token", "refused"] = ""
    kind: Literal["", "report", "inbound", "handshake", "other", "bad"] = ""
    before: str = ""
    limit: Annotated[int, Field(ge=1, le=500)] = 50
