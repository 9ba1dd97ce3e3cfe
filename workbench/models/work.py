"""Work: a job and its rows. Every long task (a gate batch, a run over a table, an import, many messages) is one.

A row waits, its intent is put on the disk (in flight), it is attempted, and its end is put on the disk. So after a crash each row is
either as it was, or known to have been under way.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from workbench.sentence import Sentence

from .base import JsonValue, Noun
from .journal import Entry
from .request import Mode

JobState = Literal[
    "filling",  # rows are being added; nothing is attempted yet
    "running",  # to be worked on by any process that can
    "paused",  # a person stopped it; what was under way was brought to its end
    "stopped",  # the workbench stopped it: ``reason`` says why and what to do
    "cancelled",  # a person ended it; what waited stays undone
    "done",  # nothing waits any more
]
RowState = Literal[
    "waiting",  # not attempted yet
    "retrying",  # attempted, and due again at ``due_at``
    "in_flight",  # its intent is on the disk: it may be at the provider
    "accepted",  # the provider took it
    "failed",  # a dead letter: refused, or out of attempts
    "uncertain",  # sent, and no answer: never repeated by itself unless the call is idempotent
    "invalid",  # it could not be made into a request; nothing was sent
    "cancelled",  # left undone when the job was cancelled
]
ROW_STATES: tuple[RowState, ...] = (
    "waiting", "retrying", "in_flight", "accepted", "failed", "uncertain", "invalid", "cancelled",
)  # fmt: skip
OPEN: frozenset[RowState] = frozenset({"waiting", "retrying", "in_flight"})
"""The states of rows that are not at their end."""
LIVE: frozenset[JobState] = frozenset({"filling", "running", "paused", "stopped"})
"""The states of jobs that are not at their end."""


class Counts(Noun):
    """How many rows are in each state. They always add up to ``total``."""

    waiting: int = 0
    retrying: int = 0
    in_flight: int = 0
    accepted: int = 0
    failed: int = 0
    uncertain: int = 0
    invalid: int = 0
    cancelled: int = 0

    @property
    def total(self) -> int:
        """All rows."""
        return sum(getattr(self, state) for state in ROW_STATES)

    @property
    def open(self) -> int:
        """The rows that are not at their end."""
        return self.waiting + self.retrying + self.in_flight


class JobOptions(Noun):
    """How a job is worked on.

    ``repeat`` says what becomes of a row whose end is not known (no answer, or a crash under way): ``idempotent``: it goes again,
    under its id, if the call takes each id only once, else it is kept apart as uncertain; ``always``: it goes again, under its id:
    at least once; ``never``: it is kept apart: at most once.
    ``record`` says what the journal keeps of an accepted row: the whole exchange, or its outcome alone.
    ``ask_consent``: before a row goes, the hub's consent ledger is asked whether its contact may get messages of this kind; one that may
    not is left out, and the row keeps why. Empty: nobody is asked.
    """

    title: Annotated[str, Field(max_length=120)] = ""
    at_once: Annotated[int, Field(ge=1, le=1024)] = 64
    repeat: Literal["idempotent", "always", "never"] = "idempotent"
    record: Literal["exchange", "outcome"] = "exchange"
    ask_consent: Literal["", "commercial", "transactional"] = ""
    guard_min: Annotated[int, Field(ge=0, le=10_080)] = 0


class Job(Noun):
    """One job as the ledger keeps it. ``spec`` is what its kind needs to do a row, frozen when the job was made; it holds no secret.

    ``account`` names whose pace it keeps to. ``repeatable`` says whether a row of unknown end goes again by itself.
    """

    id: str
    kind: str
    title: str
    state: JobState = "filling"
    reason: Sentence | None = None
    mode: Mode
    who: str
    account: str
    host: str = ""
    integration_id: str | None = None
    spec: dict[str, JsonValue] = Field(default_factory=dict)
    options: JobOptions = JobOptions()
    repeatable: bool = False
    counts: Counts = Counts()
    created_at: AwareDatetime
    changed_at: AwareDatetime


class Progress(Noun):
    """A job and how it goes now: rows a second lately, seconds that are left, when the next row is due.

    ``workers`` counts the processes that work on it; a job that runs with none was interrupted and can be resumed. ``notice`` says what
    holds it up at the moment, such as a full disk or a provider that asks to wait.
    """

    job: Job
    rate_per_s: float = 0.0
    left_s: float | None = None
    next_due_at: datetime | None = None
    workers: int = 0
    notice: Sentence | None = None

    @property
    def interrupted(self) -> bool:
        """Whether it should run, and no process works on it."""
        return self.job.state == "running" and self.workers == 0


class JobFilter(Noun):
    """Which jobs are wanted, the newest first."""

    state: JobState | None = None
    live: bool = False
    limit: Annotated[int, Field(ge=1, le=500)] = 50


class RowFilter(Noun):
    """Which rows of a job are wanted, in their order: in these states (all, when empty), last changed in this time; after row ``after``."""

    states: tuple[RowState, ...] = ()
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    after: int = 0
    limit: Annotated[int, Field(ge=1, le=1000)] = 50


class Row(Noun):
    """One row as it may be shown. Rows are numbered from 1; ``key`` is the id under which each attempt is made.

    ``recipient`` is masked; ``outcome`` is the kind of the last outcome and ``sentence`` what is said of it. ``entry_id`` leads to the
    journal.
    """

    number: int
    key: str
    state: RowState
    attempts: int = 0
    recipient: str = ""
    outcome: str = ""
    sentence: Sentence | None = None
    entry_id: str | None = None
    due_at: AwareDatetime | None = None
    changed_at: AwareDatetime


class ReplayPreview(Noun):
    """Who would get what again. Nothing was changed; ``token`` stands for exactly this, and is what a replay is confirmed by.

    ``never_taken`` rows were refused or never sent, ``perhaps_twice`` may have been taken already, ``surely_twice`` were accepted.
    ``held_back`` rows fit but have been replayed too often. ``sample`` shows the first rows that would get it twice, or perhaps twice.
    """

    job_id: str
    never_taken: int = 0
    perhaps_twice: int = 0
    surely_twice: int = 0
    held_back: int = 0
    sample: tuple[Row, ...] = ()
    token: str = ""

    @property
    def total(self) -> int:
        """How many rows would be attempted again."""
        return self.never_taken + self.perhaps_twice + self.surely_twice


class JobConfirmation(Noun):
    """The deliberate second step of a live job: the host and the number of rows, as the person read them."""

    host: str
    rows: int


# What the ledger and the runner hand each other for every row; plain and light, for there may be thousands a second.


@dataclass(frozen=True, slots=True)
class Claimed:
    """A row whose intent is on the disk. ``data`` is its JSON as it was added; ``attempts`` counts this one too."""

    number: int
    key: str
    attempts: int
    data: str


@dataclass(frozen=True, slots=True)
class Settled:
    """How an attempt ended, ready for the ledger. ``due_at`` is given with ``retrying`` alone.

    ``released`` says that the attempt was never made: it does not count.
    """

    number: int
    state: RowState
    outcome: str = ""
    sentence: Sentence | None = None
    recipient: str = ""
    due_at: datetime | None = None
    entry: Entry | None = None
    released: bool = False


@dataclass(frozen=True, slots=True)
class Worker:
    """A process that works on jobs: its host, its number there and when it began, by which another can tell that it died.

    ``beat`` is counted up while it lives.
    """

    id: str
    host: str
    pid: int
    began: float
    beat: int = 0
    jobs: frozenset[str] = field(default_factory=frozenset)
