"""Consent: of contact points, not of people. Profiles hold purposes, purposes hold topics; every change is an event that stays."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from workbench.sentence import Sentence

from .base import Noun, Problem

ConsentChannel = Literal["sms", "email", "custom"]
ConsentStatus = Literal["opted_in", "opted_out", "not_set"]
Enforcement = Literal["restrictive", "non_restrictive", "disabled"]
"""Restrictive: only who opted in. Non-restrictive: all but who opted out. Disabled: everybody."""
PurposeKind = Literal["commercial", "transactional", "tracking"]
ConsentSource = Literal["inbound", "report", "form", "import", "person", "provider", "replay"]
StopScope = Literal["sender", "purpose", "commercial", "all"]
"""How far a STOP reaches: this sender, its purpose, everything commercial, or all. Default: everything commercial to that number."""

PROFILES = "compliance_profiles"
"""The catalogue's folder of compliance profiles."""
KEYWORD_SETTINGS = "consent_settings"


class Topic(Noun):
    """A finer subject within a purpose, such as a newsletter."""

    key: str
    name: str


class Purpose(Noun):
    """Why a contact is written to. ``enforcement`` says by channel how consent is asked for."""

    key: str
    name: str
    kind: PurposeKind = "commercial"
    enforcement: dict[ConsentChannel, Enforcement] = Field(default_factory=dict)
    topics: tuple[Topic, ...] = ()


class ComplianceProfile(Noun):
    """A set of purposes of one business unit. A deactivated profile's records still count."""

    key: str
    name: str
    business_unit: str = ""
    purposes: tuple[Purpose, ...] = ()
    active: bool = True


class ConsentSettings(Noun):
    """The hub's consent settings: the keyword lists, how far STOP reaches, and the rule of 2023 (SMS and custom: always restrictive)."""

    opt_out: tuple[str, ...] = ()
    opt_in: tuple[str, ...] = ()
    help: tuple[str, ...] = ()
    scope: StopScope = "commercial"
    strict_2023: bool = False
    profile: str = "default"
    """The profile that inbound words count for."""


class ConsentEvent(Noun):
    """One change of consent, as it happened; nothing takes it back but a later one. ``point`` is masked wherever it is shown.

    ``purpose`` and ``topic`` empty: all of them in scope. ``sender`` is set where it holds for one sender only. ``at`` is our time,
    ``provider_at`` the provider's, which orders what came in the same second; then ``message_id``. ``carrier`` marks a block that the
    carrier keeps, which only the recipient's own handset lifts. ``word`` says that it is a STOP or a START, as somebody texted it,
    and ``to`` which of our senders they texted: a START takes back what a STOP to the same one did, and nothing else.
    """

    id: str
    at: AwareDatetime
    provider_at: AwareDatetime | None = None
    channel: ConsentChannel = "sms"
    point: str
    status: ConsentStatus
    profile: str = "default"
    purpose: str = ""
    topic: str = ""
    sender: str = ""
    scope: StopScope = "purpose"
    source: ConsentSource
    who: str = ""
    words: str = ""
    message_id: str = ""
    provider: str = ""
    carrier: bool = False
    word: Literal["", "stop", "start"] = ""
    to: str = ""


class ConsentAsk(Noun):
    """May this contact point be written to? ``point`` is an E.164 number or an e-mail address, in any spelling."""

    channel: ConsentChannel = "sms"
    point: str
    profile: str = ""
    purpose: str = ""
    """A purpose's key; empty: the first of the kind of ``designation``."""
    designation: PurposeKind = "commercial"
    topic: str = ""
    sender: str = ""


class ConsentDecision(Noun):
    """Will send, or will not, and why: the rule and the record it hangs on. The point is masked."""

    send: bool
    point: str
    status: ConsentStatus
    enforcement: Enforcement
    reason: Sentence
    rule: str
    """A key: restrictive, non_restrictive, disabled, strict_2023, carrier, sender, stop_all, topic."""
    event_id: str = ""
    since: datetime | None = None
    topic_status: ConsentStatus | None = None


class ConsentRecord(Noun):
    """The present consent of one contact point, as the consent centre lists it. ``key`` names the point without saying it."""

    key: str
    point: str
    channel: ConsentChannel
    profile: str = "default"
    purpose: str = ""
    topic: str = ""
    sender: str = ""
    scope: StopScope = "purpose"
    word: Literal["", "stop", "start"] = ""
    status: ConsentStatus
    source: ConsentSource
    carrier: bool = False
    changed_at: datetime
    event_id: str = ""


class ConsentFilter(Noun):
    """Which records or events are wanted. ``point`` searches for one contact point, in any spelling."""

    point: str = ""
    key: str = ""
    channel: ConsentChannel | None = None
    status: ConsentStatus | None = None
    source: ConsentSource | None = None
    until: AwareDatetime | None = None
    before: str = ""
    limit: Annotated[int, Field(ge=1, le=500)] = 50


class KeywordVerdict(Noun):
    """What the keyword engine makes of an inbound text. ``likely``: it only sounds like an opt-out, for a person to look at."""

    meaning: Literal["stop", "start", "help", "keyword", "none"]
    word: str = ""
    likely: bool = False


class Review(Noun):
    """An inbound text that sounds like an opt-out and waits for a person. Never decided by itself."""

    id: str
    at: datetime
    point: str
    sender: str
    words: str
    account_id: str = ""
    done: Literal["", "opted_out", "left"] = ""


class ConsentImport(Noun):
    """What became of a file of consent events: how many were kept, how many had been known, and the rows that could not be read."""

    kept: int = 0
    known: int = 0
    problems: tuple[Problem, ...] = ()


class ConsentReplay(Noun):
    """A file of inbound texts and consent events played through, in memory alone: what stood at the moment, and why.

    ``audit`` holds every event of it as JSON lines, points masked.
    """

    events: int = 0
    moment: datetime | None = None
    records: tuple[ConsentRecord, ...] = ()
    decisions: tuple[ConsentDecision, ...] = ()
    reviews: int = 0
    """Texts that only sounded like an opt-out: a person would look at them."""
    problems: tuple[Problem, ...] = ()
    audit: str = ""
