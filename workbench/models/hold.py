"""Holds: a sendout that waits at the gate, from the hook that said so to its end."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from workbench.sentence import Sentence

from .base import Noun
from .gate import Action, HookKind
from .request import Mode
from .rules import Verdict
from .work import Counts

HoldState = Literal[
    "received",  # stored and acknowledged; nothing was done yet
    "deciding",  # the contacts are read and decided
    "ready",  # decided; waits for a person to say go
    "answering",  # write-backs, rejects and the finish call are on their way
    "held_back",  # the workbench stopped before the finish: ``notice`` says why and what a person can do
    "finished",  # the platform took the finish
    "expired",  # the time limit passed, or the platform says that the hold is closed
    "failed",  # the contacts cannot be had: the file is gone or cannot be read
]
WAITING: frozenset[HoldState] = frozenset({"received", "deciding", "ready", "answering", "held_back"})
"""The states of holds that the platform still waits for."""


class Tally(Noun):
    """What was decided of a hold's contacts. ``bad`` are rows of the file that are no contact; ``doubles`` repeat a contact's id."""

    contacts: int = 0
    accepted: int = 0
    rejected: int = 0
    bad: int = 0
    doubles: int = 0


class Outlook(Noun):
    """Whether the answer comes in time. ``calls`` are still to be made, ``rate_per_s`` is how many go lately or are expected to.

    ``needs_s`` are the seconds they take, ``left_s`` the seconds until the platform's limit, ``latest_start_at`` the last moment to begin.
    """

    calls: int = 0
    rate_per_s: float = 0.0
    needs_s: float = 0.0
    left_s: float = 0.0
    latest_start_at: datetime | None = None
    in_time: bool = True


class Hold(Noun):
    """One hold as it may be shown: no address of the platform is in it, only ``host`` and the last four characters of the finish address.

    ``opened_at`` is when the hook came, ``limit_at`` when the platform stops waiting. ``answer`` holds the states of the calls.
    ``duplicates`` counts hooks that came again for the same finish address. ``unknown_actions`` have no meaning here.
    """

    id: str
    gate_id: str
    kind: HookKind
    state: HoldState
    notice: Sentence | None = None
    mode: Mode
    via: Literal["http", "sqs", "hand"] = "http"
    host: str = ""
    finish: str = ""
    project_name: str = ""
    journey_name: str = ""
    sendout_name: str = ""
    actions: tuple[Action, ...] = ()
    unknown_actions: tuple[str, ...] = ()
    tally: Tally = Tally()
    answer: Counts = Counts()
    outlook: Outlook | None = None
    job_id: str | None = None
    duplicates: int = 0
    opened_at: AwareDatetime
    limit_at: AwareDatetime
    changed_at: AwareDatetime
    ended_at: AwareDatetime | None = None


class HoldEvent(Noun):
    """One step of a hold, for its timeline: received, acknowledged, downloaded, decided, answered, finished, refused ... by whom."""

    at: AwareDatetime
    step: str
    sentence: Sentence
    who: str = ""


class Decided(Noun):
    """One contact of a hold, as it may be shown: its masked id, what was decided, by which rule and for which reason.

    ``by_hand`` says that a person changed it. ``sentence`` tells a row of the file that is no contact.
    """

    number: int
    contact: str = ""
    verdict: Verdict | None = None
    rule: str = ""
    reason: str = ""
    by_hand: str = ""
    code: bool = False
    sentence: Sentence | None = None


class DecidedFilter(Noun):
    """Which contacts of a hold are wanted, in the order of the file, after number ``after``."""

    verdict: Verdict | None = None
    bad: bool = False
    rule: str = ""
    after: int = 0
    limit: Annotated[int, Field(ge=1, le=1000)] = 50


class HoldFilter(Noun):
    """Which holds are wanted, the newest first."""

    gate_id: str | None = None
    waiting: bool = False
    limit: Annotated[int, Field(ge=1, le=500)] = 50


class HoldConfirmation(Noun):
    """The deliberate second step of an answer by hand: the sendout's name and the number of contacts, as the person read them."""

    sendout_name: str
    contacts: int
