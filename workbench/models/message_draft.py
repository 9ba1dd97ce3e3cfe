"""A text on its way to be written: the draft, its segments and checks, what it costs, and what a rehearsed failover did."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from workbench.sentence import N_, Sentence

from .base import JsonValue, Noun, Problem
from .consent import ConsentDecision
from .message import Designation, SenderType
from .request import OutcomeKind, RequestView

SmsEncoding = Literal["gsm7", "ucs2"]
MOST_RECIPIENTS = 200
"""Recipients of one draft: who writes to more sends a job."""
MESSAGE_PRICES = "sms_prices"
"""The catalogue's folder of the edited price table."""
LONGEST_TEXT = 10_000
"""Characters of a draft's text."""


class Recipient(Noun):
    """Somebody a text is for: a number in any spelling, and the values that its slots are filled with."""

    number: Annotated[str, Field(max_length=100)]
    values: dict[str, JsonValue] = Field(default_factory=dict)


class MessageDraft(Noun):
    """A text as it is composed. May be incomplete: the checks say what is missing.

    ``account`` is an account's id or name, ``sender`` a sender's id or value; empty: the account's first. Without a ``designation`` it
    follows the sender's type. ``region`` is the country of numbers that are written without one. ``samples`` are the rows whose lengths
    the meter tells; without them the recipients' own values are.
    """

    account: str = ""
    sender: str = ""
    recipients: Annotated[tuple[Recipient, ...], Field(max_length=MOST_RECIPIENTS)] = ()
    text: Annotated[str, Field(max_length=LONGEST_TEXT)] = ""
    designation: Designation | None = None
    profile: str = ""
    purpose: str = ""
    topic: str = ""
    region: str = ""
    transliterate: bool = False
    samples: Annotated[tuple[dict[str, JsonValue], ...], Field(max_length=10_000)] = ()
    valid_s: Annotated[int, Field(ge=1, le=604_800)] | None = None
    send_at: AwareDatetime | None = None
    local_test: bool = False
    """Whether a custom channel's own address may lie in a private network (only on a person's own workbench)."""


# Segments ------------------------------------------------------------------------------------------------------------


class Forcing(Noun):
    """A character that GSM-7 does not have, with its first place (counted from 1) and how often it stands there.

    ``instead`` is what transliteration would write (empty: nothing, as the character is invisible); None where nothing is like it.
    """

    character: str
    name: str
    place: int
    count: int = 1
    instead: str | None = None


class Meter(Noun):
    """How long a text is on the wire. ``units`` are septets (GSM-7) or UTF-16 code units (UCS-2), ``left`` those free in the last segment.

    ``parts`` are the texts of the segments; joined they are the text. ``extended`` counts the characters that take two septets.
    """

    encoding: SmsEncoding
    characters: int
    units: int
    segments: int
    per_segment: int
    left: int
    extended: int = 0
    forcing: tuple[Forcing, ...] = ()
    parts: tuple[str, ...] = ()


class Lengths(Noun):
    """What a text with slots becomes over sample rows: the shortest, the typical (median) and the longest.

    ``shares`` says which part of the rows takes how many segments; ``unfilled`` counts rows that lack a value.
    """

    rows: int
    least: Meter
    typical: Meter
    most: Meter
    shares: tuple[tuple[int, float], ...]
    unfilled: int = 0
    longest_row: int = 0
    """The longest one's number, counted from 1."""


class Transliterated(Noun):
    """A text brought into GSM-7, and what was changed: each character once, with what stands for it and how often.

    Where some character is like nothing in GSM-7 the text is left as it was: changing the others would gain nothing.
    """

    text: str
    changes: tuple[Forcing, ...] = ()
    before: Meter
    after: Meter


# Cost and time -------------------------------------------------------------------------------------------------------


class Price(Noun):
    """What one segment costs to a country (ISO 3166; empty: any other), by one provider (empty: any)."""

    region: str = ""
    provider: str = ""
    amount: Annotated[Decimal, Field(ge=0, le=1000, max_digits=12, decimal_places=6)]


class PriceTable(Noun):
    """Prices of segments, to be edited: put in what your own contract says."""

    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] = "EUR"
    prices: Annotated[tuple[Price, ...], Field(max_length=2000)] = ()
    note: str = N_("An example to be edited: these are no provider's prices. Put in those of your contract.")


class AudiencePart(Noun):
    """How many people there are in a country (ISO 3166; empty: not known)."""

    region: str = ""
    count: Annotated[int, Field(ge=0, le=1_000_000_000)]


class EstimateAsk(Noun):
    """What it would cost, and how long it would take, to send a draft's text to an audience. ``prices`` None: the example table."""

    draft: MessageDraft
    audience: Annotated[tuple[AudiencePart, ...], Field(max_length=300)]
    prices: PriceTable | None = None
    senders: Annotated[int, Field(ge=1, le=1000)] = 1
    """Senders of this type that share the work."""


class CostLine(Noun):
    """One country's part. ``segments`` is the sum over its people, ``amount`` None where no price is known."""

    region: str
    people: int
    segments: int
    price: Decimal | None = None
    amount: Decimal | None = None
    seconds: float | None = None


class Estimate(Noun):
    """Cost and time. ``least`` and ``most`` are what it costs where everybody's text is as short or as long as it can be.

    ``seconds`` is None where no rate is known. ``shares`` says which part of the people takes how many segments.
    """

    provider: str
    sender_type: SenderType
    currency: str
    note: str
    lines: tuple[CostLine, ...]
    people: int
    segments: int
    amount: Decimal | None
    least: Decimal | None
    most: Decimal | None
    seconds: float | None
    rate: Sentence | None = None
    shares: tuple[tuple[int, float], ...] = ()
    problems: tuple[Problem, ...] = ()


# Answers of the service ----------------------------------------------------------------------------------------------


class RecipientChecked(Noun):
    """One recipient of a draft: the number as it would go out (masked), its country, the consent decision, and what is wrong with it."""

    number: str
    region: str = ""
    decision: ConsentDecision | None = None
    problem: Problem | None = None
    segments: int = 0

    @property
    def goes(self) -> bool:
        """Whether a text would go out to it."""
        hindered = self.problem is not None and self.problem.blocks
        return not hindered and self.decision is not None and self.decision.send

    @property
    def why_not(self) -> Sentence | None:
        """Why it does not go out to it; None where it does."""
        if self.problem is not None and self.problem.blocks:
            return self.problem.sentence
        return self.decision.reason if self.decision is not None and not self.decision.send else None


class MessageChecked(Noun):
    """Everything the workbench has to say of a draft before it goes: problems that block and others, lengths, decisions, cost."""

    designation: Designation
    problems: tuple[Problem, ...]
    lengths: Lengths | None = None
    recipients: tuple[RecipientChecked, ...] = ()
    requests: int = 0
    cost: Estimate | None = None
    host: str = ""
    recipient: str = ""
    """What a live send is confirmed by, beside the host: the number, and how many more there are."""

    @property
    def ready(self) -> bool:
        """Whether nothing blocks it, and somebody gets it."""
        return not any(problem.blocks for problem in self.problems) and any(
            one.goes for one in self.recipients
        )


class Compared(Noun):
    """The message as one provider would get it. ``own`` says that an account of yours is shown, not an example one.

    ``to`` is how the provider wants the number, ``segments`` and ``requests`` are for the draft's recipients, ``amount`` by the price
    table. ``loses`` says what the message loses here beside others.
    """

    provider: str
    name: str
    own: bool
    account: str = ""
    sender: str = ""
    sender_type: SenderType = "long_code"
    to: str = ""
    request: RequestView | None = None
    requests: int = 0
    meter: Meter | None = None
    amount: Decimal | None = None
    currency: str = ""
    seconds: float | None = None
    loses: tuple[Sentence, ...] = ()
    problems: tuple[Problem, ...] = ()


# Failover ------------------------------------------------------------------------------------------------------------

Fault = Literal[
    "accepted", "throttled", "server_error", "not_sent", "opted_out", "refused", "unreachable", "uncertain"
]
"""What an attempt meets: ``not_sent`` is a provider's own word that it will not send, ``opted_out`` that the recipient wants nothing more,
``uncertain`` a request without an answer."""


class FailoverPlan(Noun):
    """A failover to rehearse. Each list says how the attempts through that sender end, one after the other; the last word lasts."""

    draft: MessageDraft
    secondary_account: str
    secondary_sender: str = ""
    primary: Annotated[tuple[Fault, ...], Field(max_length=20)] = ("server_error",)
    secondary: Annotated[tuple[Fault, ...], Field(max_length=20)] = ("accepted",)
    arrives: bool = True
    """Whether an uncertain request in truth arrived: the rehearsal's own secret, which the sender cannot see."""


class FailoverStep(Noun):
    """One attempt, or the decision that there is none: who, through whom, how it ended, and what is done next, in a sentence."""

    number: int
    request_id: str
    account: str
    provider: str
    sender: str
    outcome: OutcomeKind | None = None
    status: int | None = None
    waits_s: float = 0.0
    next: Literal["again", "secondary", "stop"]
    sentence: Sentence


FailoverEnd = Literal["sent", "sent_by_secondary", "not_sent", "uncertain"]


class FailoverRun(Noun):
    """What a rehearsed failover did for one recipient. ``arrived`` counts the texts that in truth arrived: never more than one."""

    recipient: str
    request_id: str
    end: FailoverEnd
    steps: tuple[FailoverStep, ...]
    arrived: int
    sentence: Sentence
