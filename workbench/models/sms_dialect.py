"""The dialect of an SMS provider: what its file declares beside credential and endpoints, each a value or a pure function.

Form, request, reading, receiver, stand-in, callback studio and instructions are derived from it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Literal

from workbench.sentence import Sentence

from .answer import Answer
from .base import JsonValue, Noun
from .callback import Acknowledgement, Callback, CallbackItem, DeliveryReport, InboundMessage
from .message import DeliveryState, Message, SenderType, Taken
from .pace import Rate
from .request import Headers, Reply, Request

Values = Mapping[str, str]
"""An account's credential fields with their secrets opened, and beside them ``topic`` (what its events must come from) where it is set."""

Write = Callable[[Message, Values], JsonValue]
"""Gives the tree of the request's body; the endpoint's encoding writes it (XML: one root, ``@attribute``, ``#text``)."""
ReadSent = Callable[[Message, Reply, JsonValue], tuple[Taken, ...]]
"""Gives what an answer of 2xx says of each recipient, from the reply and its parsed body (None where it cannot be parsed)."""
ReadReports = Callable[[JsonValue], tuple[DeliveryReport, ...]]
"""Gives the reports in the answer of a status call."""
ReadCallback = Callable[[Callback], tuple[CallbackItem, ...]]
"""Gives the items of a call, in its order; a part that cannot be read becomes a ``BadItem``. Never raises."""
Prove = Callable[[Callback, Values], Sentence | None]
"""Gives why a call is not genuine, or None. Compares in constant time."""
WriteReports = Callable[[tuple[DeliveryReport, ...], str, Values, datetime], Callback]
"""Makes the call that the provider would make with these reports, to this URL, rightly signed. For stand-in and studio."""
WriteInbound = Callable[[tuple[InboundMessage, ...], str, Values, datetime], Callback]
"""Makes the call that the provider would make with these inbound messages, to this URL, rightly signed."""
WriteHandshake = Callable[[str, Values, datetime], Callback]
"""Makes the call by which the provider asks whether we want its calls at this URL."""


class Heard(Noun):
    """What a stand-in understood of a send request: the same words as ``Message``."""

    to: tuple[str, ...]
    sender: str = ""
    body: str = ""
    report_url: str = ""
    tag: str = ""
    scheduled: bool = False


class Held(Noun):
    """A message as a stand-in holds it: to one recipient, with its reports so far, newest last."""

    provider_id: str
    to: str
    heard: Heard
    reports: tuple[DeliveryReport, ...] = ()
    at: datetime


class Asked(Noun):
    """A call of a stand-in's other routes: the names in its path, its query and its parsed body."""

    names: Mapping[str, str]
    query: Mapping[str, str]
    body: JsonValue = None
    now: datetime


class StandInRoute(Noun):
    """One more route of the stand-in (status, list, cancel, inbox). ``path`` names what it takes in braces.

    ``answer`` is given what was asked and the messages held (newest first) and inbound ones, and says what to answer; ``states`` says which
    messages change to which state by it (a cancel), by provider id.
    """

    method: str
    path: str
    answer: Callable[[Asked, tuple[Held, ...], tuple[InboundMessage, ...]], Answer]
    states: Callable[[Asked], Mapping[str, DeliveryState]] | None = None


class SmsEmulation(Noun):
    """How a stand-in hears a send request, and its other routes. ``hear`` is given the parsed body."""

    hear: Callable[[JsonValue], Heard]
    routes: tuple[StandInRoute, ...] = ()
    states: tuple[tuple[DeliveryState, str], ...]
    """The course of a good delivery after the answer, each with the provider's own code, such as ``(("sent", "sent"), ...)``."""
    failures: tuple[tuple[DeliveryState, str, str], ...] = ()
    """Ends to rehearse: state, the provider's own code, its own words."""
    lets_in: Callable[[Request, Values | None], bool] | None = None
    """Whether a request carries the signature that the credential's ``Signature`` makes: with values the very one, without them one of
    the right shape. None where requests are not signed."""


class CallbackSetup(Noun):
    """How the callback URLs are told to the provider. ``by`` says who sets them.

    ``letter`` asks its support, with the places ``{delivery}``, ``{inbound}`` and ``{account}``.
    """

    by: Literal["you", "support"]
    delivery: tuple[str, ...]
    inbound: tuple[str, ...]
    contact: str = ""
    letter: str = ""
    per_message: bool = False
    """Whether each send names its own report URL, so that nothing need be set for reports."""
    source_url: str = ""


class ErrorWord(Noun):
    """What a provider's code means, and what to do: sentences marked with ``N_``. ``retry`` says whether the same may work later."""

    meaning: str
    advice: str = ""
    retry: bool = False
    opted_out: bool = False


class SmsDialect(Noun):
    """See the module. ``spelling`` is how the provider wants numbers; ``regions`` the only countries it serves (ISO 3166, empty: all).

    ``statuses`` maps the provider's words and codes to our states; what is not there is ``unknown``. ``rates`` are a sender's, by its type.
    ``status`` is the URL of the status call with ``{message_id}``, empty where the provider has none. ``authenticate`` is a call that only
    reads and says whether the credential is let in, empty where there is none.
    """

    spelling: Literal["plus", "digits"]
    write: Write
    read_sent: ReadSent
    read_callback: ReadCallback
    prove: Prove | None = None
    """None: the provider signs nothing, and the secret URL alone lets it in."""
    signs: bool = True
    """False where ``prove`` looks at something weaker than a signature (Event Grid's topic): such a call is let in by the secret URL."""
    handshake_methods: tuple[str, ...] = ()
    """Methods beside POST that a handshake comes by (CloudEvents: OPTIONS)."""
    callback_methods: tuple[str, ...] = ("POST",)
    write_reports: WriteReports
    write_inbound: WriteInbound
    write_handshake: WriteHandshake | None = None
    most_reports: int = 1
    """How many reports, or inbound messages, one call of the provider may carry: more are several calls."""
    acknowledgement: Acknowledgement = Acknowledgement()
    setup: CallbackSetup
    statuses: Mapping[str, DeliveryState]
    errors: Mapping[str, ErrorWord] = {}
    sender_types: tuple[SenderType, ...]
    sender_types_source: str = ""
    regions: tuple[str, ...] = ()
    most_recipients: int = 1
    most_characters: int = 1600
    takes_wide: bool = True
    """Whether it takes characters beyond U+FFFF, of four bytes in UTF-8 (emoji)."""
    tag_of: Callable[[Message], str] | None = None
    """What its reports hand back in the tag's place, where it is made of the message; None: the message's own tag."""
    rates: Mapping[SenderType, Rate] = {}
    batch: str = ""
    """The key of the endpoint for several recipients, where it is another than the first one."""
    status: str = ""
    status_headers: Headers = ()
    read_status: ReadReports | None = None
    authenticate: str = ""
    let_in: tuple[int, ...] = ()
    """Statuses of that call, beside 2xx, that also say that the credential is let in (Telesign: 404, there is no such message)."""
    loses: tuple[str, ...] = ()
    """What a message loses with this provider beside another: sentences marked with ``N_``."""
    emulation: SmsEmulation
