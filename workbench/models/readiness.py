"""Readiness: whether a shop's integration is right, as a run of steps that each rest on evidence, never on a tick."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from workbench.sentence import Sentence

from .base import JsonValue, Noun
from .request import Mode, ReplyView, RequestView

READINESS = "readiness"
"""The catalogue's folder of validations."""
MOST_EVIDENCE = 5
"""How much evidence a validation keeps of one check; the oldest goes first."""
MOST_RUNS = 100
"""How many validations of one shop are kept; the oldest goes first."""

Source = Literal[
    "answer",  # the platform, or its stand-in, said it
    "page",  # a page's tags were read as the platform's script reads them
    "call",  # the platform called here
    "run",  # an import of this workbench ended
    "settings",  # the shop's settings say it
    "browser",  # a browser said it
    "word",  # a person looked and said it, by name
]
State = Literal["open", "passed", "failed", "left_out", "live_only"]
Needs = Literal["nothing", "key", "page", "pages", "text", "word"]
"""What a person gives for a check: nothing, the key of a record, a page, a page and the one before it, a text, or a word."""


class CheckPlan(Noun):
    """One thing to be proven. ``points`` is what it counts, ``how`` says what to do, ``missing`` what to do where it is not so.

    ``word`` says that a person's word is taken too; it counts half where the workbench could look itself (``source`` is no ``word``).
    ``rehearsed`` is false for what only the platform itself can show: in a rehearsal it does not count.
    """

    key: str
    title: str
    how: str
    missing: str
    source: Source
    needs: Needs = "nothing"
    points: int = 2
    word: bool = False
    rehearsed: bool = True


class StepPlan(Noun):
    """One step of a validation: why it matters, where to look in the platform's own pages, and what has to be proven."""

    key: str
    title: str
    about: str
    look: str = ""
    checks: tuple[CheckPlan, ...]


class Evidence(Noun):
    """What a check rests on: what was found, by whom, when, in which mode. Contacts and secrets in it are masked.

    ``check`` is the check's key (``cart.page``). ``next_step`` is set where it failed. ``calls`` names the API calls that were answered.
    """

    id: str
    check: str
    source: Source
    state: Literal["passed", "failed", "left_out"]
    sentence: Sentence
    next_step: Sentence | None = None
    at: AwareDatetime
    who: str
    mode: Mode
    note: Annotated[str, Field(max_length=2000)] = ""
    request: RequestView | None = None
    reply: ReplyView | None = None
    body: JsonValue = None
    """The payload that was looked at."""
    notes: tuple[Sentence, ...] = ()
    entries: tuple[str, ...] = ()
    """Ids of the journal's entries."""
    calls: tuple[str, ...] = ()


class Validation(Noun):
    """One run of the checklist over a shop. ``evidence`` is in the order it came; the newest of a check counts."""

    id: str
    shop_id: str
    shop_name: str = ""
    mode: Mode
    by: str
    begun_at: AwareDatetime
    changed_at: AwareDatetime
    evidence: tuple[Evidence, ...] = ()


class CheckStanding(Noun):
    """How a check stands: its newest evidence, what it counts of what it could, and why."""

    plan: CheckPlan
    state: State
    points: float
    of: int
    why: Sentence
    evidence: tuple[Evidence, ...] = ()
    """Newest first."""


class StepStanding(Noun):
    """How a step stands. ``failed`` where any check failed, ``passed`` where all that count did, ``partly`` where some did."""

    plan: StepPlan
    state: Literal["open", "partly", "passed", "failed", "left_out", "live_only"]
    points: float
    of: int
    checks: tuple[CheckStanding, ...]


class Standing(Noun):
    """How a validation stands. ``percent`` is whole and rounded down, so that 100 is said of a whole proof alone."""

    steps: tuple[StepStanding, ...]
    points: float
    of: int
    percent: int
    proven: int
    failed: int
    open: int
    left_out: int
    """Checks that do not count: left out by somebody, or not to be rehearsed."""
    words: int
    """Checks that rest on a person's word."""
    sentence: Sentence

    @property
    def ready(self) -> bool:
        """Whether everything that counts is proven."""
        return self.of > 0 and self.percent == 100


class ValidationLine(Noun):
    """A validation in the list of a shop's runs."""

    id: str
    shop_id: str
    shop_name: str
    mode: Mode
    by: str
    begun_at: AwareDatetime
    changed_at: AwareDatetime
    percent: int
    proven: int
    failed: int
    open: int
    states: tuple[tuple[str, str], ...] = ()
    """Each step's key and state, so that two runs can be laid side by side."""


class Ask(Noun):
    """What a check will do before it is done: ``recipient`` and ``host`` are to be confirmed where it is live (``live``)."""

    check: str
    sentence: Sentence
    host: str = ""
    recipient: str = ""
    live: bool = False


class Given(Noun):
    """What a person gives for a check. ``key`` names a record (a contact's address, a product's or purchase's id).

    ``write``: a test record is written first; ``email`` is the buyer of a test purchase. ``page`` is a page's source or what a browser
    posted, ``before`` the one before it; ``text`` is what a browser gave. ``rehearse``: in a rehearsal the platform's call is made here.
    """

    key: Annotated[str, Field(max_length=320)] = ""
    write: bool = False
    email: Annotated[str, Field(max_length=320)] = ""
    page: Annotated[str, Field(max_length=2_000_000)] = ""
    before: Annotated[str, Field(max_length=2_000_000)] = ""
    url: Annotated[str, Field(max_length=2000)] = ""
    text: Annotated[str, Field(max_length=20_000)] = ""
    rehearse: bool = False
