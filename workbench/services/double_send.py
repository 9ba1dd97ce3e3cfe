"""Double send: whether the same message went to the same contact a short while ago, and what is said of it (R-EVT-19)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from pydantic_core import from_json

from workbench.engine.event_values import event_fingerprint
from workbench.models.request import OutcomeKind
from workbench.models.work import Claimed, Job
from workbench.sentence import Sentence, say

from .house import House

if TYPE_CHECKING:
    from workbench.adapters.send_marks import Mark, SendMarks

MARK: Final = "mark"
"""Where a row's data holds its mark."""
DID_NOT_GO: Final[frozenset[OutcomeKind]] = frozenset(
    {"refused", "throttled", "redirected", "unreachable", "blocked"}
)
"""Outcomes after which the same message may go again as if it had never been tried."""


def send_key(job_id: str, number: int) -> str:
    """Return the key of a job's row in the marks: the same for each attempt of it, also where a person sends it again on purpose."""
    return f"{job_id}-{number}"


def mark_of(house: House, integration_id: str, contact: Mapping[str, Any]) -> str:
    """Return the mark of what goes to a contact through an integration, whether by hand, as a job's row, or as a run's.

    A rehearsal reached nobody, so it keeps nothing back that is live: each mode has marks of its own.
    """
    variables = contact.get("variables") or {}
    body = variables.get("event")
    return event_fingerprint(
        f"{house.mode} {integration_id}",
        contact.get("identifiers") or {},
        body if isinstance(body, dict) else variables,
        house.home.salt,
    )


async def doubles(marks: SendMarks, house: House, job: Job, rows: Sequence[Claimed]) -> dict[int, Sentence]:
    """Mark the rows, and return by number what is said of those whose message went already, or is on its way."""
    now = house.clock.now()
    wanted = {send_key(job.id, row.number): row for row in rows}
    asked = [(_mark_of_row(house, job, row), key) for key, row in wanted.items()]
    taken = await marks.claim(asked, now, now - timedelta(minutes=job.options.guard_min))
    return {wanted[key].number: went(mark, now) for key, mark in taken.items()}


def went(mark: Mark, now: datetime) -> Sentence:
    """Return what is said of a message that went already."""
    return say(
        "Not sent: the same went to this contact at {at} UTC, {minutes} min ago. Wait, or switch off the guard against doubles.",
        at=mark.at.strftime("%Y-%m-%d %H:%M:%S"),
        minutes=max(0, int((now - mark.at).total_seconds() // 60)),
    )


def _mark_of_row(house: House, job: Job, row: Claimed) -> str:
    contact = from_json(row.data)
    known = contact.get(MARK)
    return (
        known
        if isinstance(known, str) and known
        else mark_of(house, job.integration_id or job.account, contact)
    )
