"""The run: a table of contacts sent through one integration, row by row, after every row was looked at.

A run is planned (source, mapping, options), looked through (preflight), mended, and started: from then on it is a job of the work engine,
and its rows are the ledger's.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from workbench.sentence import Sentence

from .base import JsonValue, Noun, Problem
from .sync import SyncPlan
from .work import Counts, Progress

TableFormat = Literal["csv", "parquet", "jsonl"]
RunState = Literal["planned", "checking", "checked", "starting", "started", "cancelled"]
CheckState = Literal[
    "ready",  # it will go out as shown
    "bad",  # a problem keeps it back
    "left_out",  # a person, consent or the double-send guard leaves it out; ``problems`` say why
]


class Table(Noun):
    """A table as it was given: a file in the workbench's keeping (sealed), or one that lies on this machine and is read where it is.

    ``encoding`` and ``delimiter`` were found out (a person may set others); ``rows`` is None before it was read to its end.
    ``sample`` holds the first rows as they are written, column by column.
    """

    id: str = ""
    name: str = ""
    format: TableFormat = "csv"
    path: str = ""
    encoding: str = "utf-8"
    delimiter: str = ","
    columns: tuple[str, ...] = ()
    rows: int | None = None
    size: int = 0
    digest: str = ""
    sample: tuple[tuple[JsonValue, ...], ...] = ()
    problems: tuple[Problem, ...] = ()


class Target(Noun):
    """One field that a run can fill: an identifier, a variable of the payload or of the event's contract.

    ``key`` is ``email``, ``phone``, ``automation_id``, a variable's name, or an array's field (``products[].id``).
    ``type`` is the contract's (``any`` where there is none).
    """

    key: str
    kind: Literal["identifier", "variable", "flow"] = "variable"
    type: Literal["any", "string", "number", "date", "boolean", "array"] = "any"
    required: bool = False
    about: str = ""


class Mapped(Noun):
    """Where a target's value comes from: a column, or else one constant for all rows."""

    target: str
    column: str = ""
    constant: JsonValue = None


class RunPlan(Noun):
    """What a person decides before a run. With ``event_id`` rows become that event's bodies; else they fill the integration's payload.

    ``on_bad``: with bad rows nothing is sent at all, or they are skipped. ``dry_run``: everything but the sending; each row's request is
    made, and its outcome says so. ``guard``: rows that went the same way within the guard's time are left out. With ``sync`` the rows are a
    shop's contacts, products, purchases or coupons, and there is neither integration nor event.
    """

    title: Annotated[str, Field(max_length=120)] = ""
    integration_id: str = ""
    event_id: str | None = None
    sync: SyncPlan | None = None
    table_id: str = ""
    mapping: tuple[Mapped, ...] = ()
    on_bad: Literal["stop", "skip"] = "stop"
    dry_run: bool = False
    guard: bool = True
    guard_min: Annotated[int, Field(ge=0, le=10_080)] = 10
    ask_consent: Literal["", "commercial", "transactional"] = ""
    at_once: Annotated[int, Field(ge=1, le=1024)] = 64


class ProblemCount(Noun):
    """A problem that several rows have: the field, what is said of it (of the first row), how many rows, and the first of them."""

    field: str
    sentence: Sentence
    level: Literal["error", "warning", "note"] = "error"
    rows: int = 1
    first: int = 1


class Preflight(Noun):
    """What looking at every row found. ``total = ready + bad + left_out`` once it is ``done``; ``seconds`` is the time the sending takes at
    the account's pace.
    """  # noqa: D205 - one sentence

    total: int = 0
    ready: int = 0
    bad: int = 0
    left_out: int = 0
    warned: int = 0
    largest: int = 0
    seconds: float | None = None
    problems: tuple[ProblemCount, ...] = ()
    done: bool = False


class CheckedRow(Noun):
    """One row as it was looked at: its number in the table (from 1), its cells as they stand now, and what would go out, masked.

    ``fixed`` names the cells that a person changed. ``body`` is the request's body, with the contact masked.
    """

    number: int
    state: CheckState
    cells: dict[str, JsonValue] = Field(default_factory=dict)
    fixed: tuple[str, ...] = ()
    recipient: str = ""
    body: str = ""
    problems: tuple[Problem, ...] = ()


class Run(Noun):
    """One run: its plan, how far it is, and what looking at its rows found. ``job_id`` is there once it started."""

    id: str
    plan: RunPlan
    state: RunState = "planned"
    preflight: Preflight | None = None
    job_id: str | None = None
    who: str = ""
    created_at: AwareDatetime
    changed_at: AwareDatetime


class CheckedFilter(Noun):
    """Which looked-at rows are wanted, in their order, after row ``after``."""

    states: tuple[CheckState, ...] = ()
    field: str = ""
    after: int = 0
    limit: Annotated[int, Field(ge=1, le=500)] = 50


class RowOutcome(Noun):
    """What became of one row of the table, for the outcome file: its number in the table, and its state in the ledger or the check."""

    row: int
    recipient: str = ""
    state: str
    outcome: str = ""
    sentence: Sentence | None = None
    provider_id: str = ""
    attempts: int = 0
    changed_at: AwareDatetime | None = None


class RunSummary(Noun):
    """How a run stands: every row of its table in exactly one count. ``counts`` are those that its job has by now, by their states.

    ``total = left_out + bad + not_added + counts.total``. Of a dry run ``rehearsed`` were made and not sent. ``progress`` is the job's,
    whose own counts are of files where the rows go in files.
    """

    run: Run
    progress: Progress | None = None
    total: int = 0
    bad: int = 0
    left_out: int = 0
    not_added: int = 0
    counts: Counts = Counts()
    rehearsed: int = 0


class Upload(Noun):
    """A table on its way here, slice by slice: how many bytes have arrived; once all have, the table."""

    id: str
    have: int = 0
    table: Table | None = None
