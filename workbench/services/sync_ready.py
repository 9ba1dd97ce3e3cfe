"""SYNC READY: what the steps of a sync hand each other: a row made ready for its call, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from workbench.engine.pace import Learned
from workbench.engine.schedule import Verdict
from workbench.engine.shop_records import Record
from workbench.models.journal import Entry
from workbench.models.request import Failure, Outcome, Reply, Request
from workbench.sentence import Sentence

from .sync_memory import Outgoing

if TYPE_CHECKING:
    from workbench.adapters.sync_marks import SyncMark

UNTAKEN: Final = frozenset({"refused", "throttled", "redirected", "unreachable", "blocked"})
"""Outcomes after which it is certain that the platform took nothing."""


class Ready(NamedTuple):
    """A row made ready. ``row`` is its number in the table; ``before`` is what was known of a purchase before this row marked it.

    ``owner`` names the row among those that mark purchases; ``problem`` is why nothing can be sent of it.
    """

    row: int
    owner: str
    one: Outgoing | None = None
    request: Request | None = None
    before: SyncMark | None = None
    problem: Sentence | None = None
    recipient: str = ""


@dataclass(slots=True)
class Done:
    """What became of a row's calls. ``answer`` is one that is not read yet; ``entry`` is the journal's, of the call that decided.

    ``verdict`` is this kind's own word on what becomes of the row; with it and without an outcome it was not attempted after all.
    ``untaken``: it is certain that the platform has no purchase of it.
    """

    outcome: Outcome | None = None
    status: int | None = None
    entry: Entry | None = None
    verdict: Verdict | None = None
    learned: Learned | None = None
    answer: Reply | Failure | None = None
    untaken: bool = False


def as_record(one: Outgoing) -> Record:
    """Return what the rules know a record by."""
    return Record(
        key=one.key,
        call=one.call,
        parts=one.parts,
        query=one.query,
        body=one.body,
        identifiers=one.identifiers,
    )
