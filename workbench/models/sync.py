"""Sync: what a person decides before a table goes to the platform, how an import's parts stand, and what it said of each row.

A sync of a table is a run (``models.run``) whose plan holds a ``SyncPlan``: uploaded, mapped, looked through, mended and started like any.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from workbench.sentence import Sentence

from .base import JsonValue, Noun, Problem
from .sync_platform import Entity

PartState = Literal[
    "waiting",  # not uploaded yet
    "queued",  # at the platform, not begun
    "in_progress",
    "finished",  # every row was taken
    "partial",  # finished, and rows were refused: never green
    "failed",
    "cancelled",
    "unknown",  # the platform says a word we do not know; it is shown, and asked again
    "still_running",  # asked for as long as we may; its id is kept
]
ReportState = Literal["none", "wanted", "joined", "unreadable"]


class SyncPlan(Noun):
    """How a table's rows go to the platform.

    ``how``: one call for each row, or files of many rows. ``by``: what names a contact. ``override_existing`` and ``update_only_empty`` are
    the import's (the second only with the first); ``coupon_set_id`` is for coupons alone. ``fire``: whether a purchase starts the
    platform's automations; ``auto`` is no for what is older than 24 hours. ``only_changes`` leaves out rows that went before and are the
    same. ``proof`` names the columns of source and time that let ``unsubscribed`` be raised to ``subscribed``.
    """

    shop_id: str
    entity: Entity = "contact"
    how: Literal["single", "import"] = "single"
    by: Literal["email", "external_id"] = "email"
    delimiter: Literal[",", ";"] = ","
    override_existing: bool = True
    update_only_empty: bool = False
    coupon_set_id: str = ""
    fire: Literal["auto", "yes", "no"] = "auto"
    only_changes: bool = False
    proof: tuple[str, ...] = ()
    decimals: Literal["point", "comma"] = "point"
    """What stands before the decimals in the table's texts, as a person said; amounts spelled otherwise are refused, never guessed."""
    part_bytes: Annotated[int, Field(ge=0, le=50_000_000)] = 0
    """Bytes of a part, header included; 0 is the platform's limit with its margin."""


class ImportPart(Noun):
    """One file of an import: the table's rows from ``first`` to ``last``, how many of them it holds, and how it stands at the platform.

    ``status`` is the platform's own word. ``success + errors`` may be less than ``rows`` while it runs.
    """

    number: int
    first: int
    last: int
    rows: int
    size: int
    state: PartState = "waiting"
    status: str = ""
    import_id: str = ""
    total: int | None = None
    success: int = 0
    errors: int = 0
    report: ReportState = "none"
    sentence: Sentence | None = None
    changed_at: AwareDatetime | None = None


class ImportReport(Noun):
    """All parts of an import as one. ``clean`` only when every part finished and every row was taken: a partial success is never green."""

    run_id: str
    parts: tuple[ImportPart, ...] = ()
    rows: int = 0
    success: int = 0
    errors: int = 0
    joined: int = 0
    """Refused rows that were found again in the table."""
    unjoined: int = 0
    """Lines of the report that fit no row of the table."""
    done: bool = False

    @property
    def clean(self) -> bool:
        """Whether everything was taken."""
        return self.done and not self.errors and all(part.state == "finished" for part in self.parts)


class RefusedRow(Noun):
    """One line of the platform's error report beside the row of the table it is about (``row`` 0: none was found)."""

    row: int
    part: int
    line: int
    """The line in the part's file, from 1 with the header."""
    field: str = ""
    message: str = ""
    recipient: str = ""
    cells: dict[str, JsonValue] = Field(default_factory=dict)


class RemoteImport(Noun):
    """An import as the platform lists it. ``status`` is its own word."""

    id: str
    type: str = ""
    origin: str = ""
    status: str = ""
    total: int | None = None
    success: int = 0
    errors: int = 0
    has_report: bool = False
    created_at: str = ""


class Change(Noun):
    """What a diff found of one row: new, changed or the same since it was last sent; ``fields`` are those that differ, where known."""

    row: int
    kind: Literal["create", "update", "unchanged", "gone"]
    key: str = ""
    """Masked where it names a contact."""
    fields: tuple[str, ...] = ()


class Diff(Noun):
    """A table against what was last sent of it. ``gone`` were sent once and are not in the table: never deleted by itself."""

    creates: int = 0
    updates: int = 0
    unchanged: int = 0
    gone: int = 0
    problems: tuple[Problem, ...] = ()
    sample: tuple[Change, ...] = ()


class Waiting(Noun):
    """A row that waits for something the platform does not know yet: which entity, and its key (masked where it names a contact)."""

    run_id: str
    row: int
    entity: Entity
    keys: tuple[str, ...] = ()
    known: bool = False
    """Whether what is missing is known here and can be created."""
    tried: int = 0
    sentence: Sentence | None = None


class BeforeAfter(Noun):
    """What an import would make of one existing contact or product: each field before, in the file, and after."""

    key: str
    fields: tuple[tuple[str, JsonValue, JsonValue, JsonValue], ...] = ()
    """(field, before, in the file, after)"""


class ConsentConflict(Noun):
    """A row that subscribes whom the workbench knows as unsubscribed: the field, since when, what the row proves, and whether it goes."""

    row: int
    recipient: str = ""
    """Masked."""
    field: str = ""
    since: AwareDatetime | None = None
    source: str = ""
    """Where the contact agreed, as the row says; empty without a proof."""
    agreed_at: AwareDatetime | None = None
    goes: bool = False
    sentence: Sentence | None = None
