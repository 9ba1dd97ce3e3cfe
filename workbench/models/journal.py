"""The journal's nouns: one entry for each thing that went out or changed, already redacted."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from .base import Noun
from .request import Mode, Outcome, OutcomeKind, ReplyView, RequestView

EntryKind = Literal["test", "send", "token", "change", "gate", "callback", "sync"]


class Entry(Noun):
    """One line of the journal. Secrets are masked and identifiers pseudonymised before it is made.

    ``recipient`` is the masked identifier with a salted fingerprint (``a***@example.com #3f9a1c``): the same person has the
    same one within a workbench home, and it cannot be turned back. ``previous`` names the entry this one repeats,
    ``job_id`` the job whose row it is of.
    """

    id: str
    at: AwareDatetime
    kind: EntryKind
    mode: Mode
    who: str
    integration_id: str | None = None
    integration_name: str | None = None
    provider: str | None = None
    recipient: str | None = None
    fingerprint: str | None = None
    request: RequestView | None = None
    reply: ReplyView | None = None
    outcome: Outcome | None = None
    curl: str | None = None
    detail: str | None = None
    previous: str | None = None
    job_id: str | None = None


class EntryFilter(Noun):
    """Which entries are wanted. Empty fields do not narrow; ``text`` looks in name, host, recipient and outcome words."""

    kind: EntryKind | None = None
    outcome: str | None = None
    mode: Mode | None = None
    integration_id: str | None = None
    text: str = ""
    since: datetime | None = None
    until: datetime | None = None
    limit: int = 50
    before: str | None = None


class OutcomeSpan(Noun):
    """Which outcomes are to be counted: those of this time, in spans of so many seconds; of one integration, or of all."""

    since: AwareDatetime
    until: AwareDatetime
    span_s: Annotated[int, Field(ge=1, le=31_536_000)] = 3_600
    integration_id: str | None = None


class OutcomeCount(Noun):
    """How many messages of an integration ended in this way, in the span that begins ``at``."""

    at: AwareDatetime
    integration_id: str | None = None
    provider: str | None = None
    outcome: OutcomeKind
    mode: Mode
    count: int
