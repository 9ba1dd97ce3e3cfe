"""RUNS WORDS: how runs, their rows and their outcomes are called, and how they stand in a list."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from workbench.engine.standing import ROW_NAMES, lasting
from workbench.models.run import CheckedRow, CheckState, Preflight, RowOutcome, Run, RunState
from workbench.models.work import Progress
from workbench.sentence import N_, Sentence, say

from . import look
from .language import number, when
from .look import Html
from .piece import Said, said
from .segments import Segment, segmented
from .standing import ROW_KINDS, state_badge

RUN_STATES: Mapping[RunState, tuple[str, look.Kind]] = {
    "planned": (N_("Planned"), "quiet"),
    "checking": (N_("Rows are looked at"), "info"),
    "checked": (N_("Looked through"), "info"),
    "starting": (N_("Rows are added"), "info"),
    "started": (N_("Started"), "ok"),
    "cancelled": (N_("Cancelled"), "quiet"),
}
CHECK_STATES: Mapping[CheckState, tuple[str, look.Kind]] = {
    "ready": (N_("Ready"), "ok"),
    "bad": (N_("Cannot be sent"), "error"),
    "left_out": (N_("Left out"), "warn"),
}
FIELDS: Mapping[str, str] = {
    "row": N_("The row itself"),
    "run": N_("The whole run"),
    "consent": N_("Consent"),
    "guard": N_("Guard against doubles"),
    "left_out": N_("By hand"),
    "identifier": N_("Contact"),
    "payload": N_("Payload"),
    "body": N_("Body"),
}
"""What a problem is about, where it is no field of the event or the payload."""
DRY_RUN = N_("Dry run: not sent")
_SHARES: Final[tuple[tuple[CheckState, str], ...]] = (
    ("ready", "accepted"),
    ("bad", "failed"),
    ("left_out", "cancelled"),
)


def run_row(run: Run, job: Progress | None = None) -> dict[str, Any]:
    """Return a run as a row of the list; once it is a job, its state is the job's."""
    text, kind = RUN_STATES[run.state]
    state = state_badge(job) if job and run.state == "started" else {"text": said(text), "kind": kind}
    seen = run.preflight
    counts = "" if seen is None else said(_counted(seen))
    return {
        "id": run.id, "title": run.plan.title, "state": state, "counts": counts,
        "kind": said(N_("Dry run")) if run.plan.dry_run else "", "made": when(run.created_at), "who": run.who,
    }  # fmt: skip


def checked_cells(row: CheckedRow) -> dict[str, Any]:
    """Return a looked-at row as a row of the list."""
    text, kind = CHECK_STATES[row.state]
    told = [problem for problem in row.problems if problem.level != "note"] or list(row.problems)
    said_of = said(told[0].sentence) if told else ""
    if len(told) > 1:
        said_of = said(say("{first} And {more} more.", first=said_of, more=len(told) - 1))
    return {
        "id": str(row.number), "number": row.number, "state": {"text": said(text), "kind": kind}, "recipient": row.recipient,
        "field": said(field_name(told[0].field)) if told else "", "sentence": said_of,
    }  # fmt: skip


def outcome_badge(outcome: RowOutcome) -> dict[str, str]:
    """Return what became of a row as a badge."""
    text, kind = outcome_words(outcome)
    return {"text": said(text), "kind": kind}


def outcome_words(outcome: RowOutcome) -> tuple[str, look.Kind]:
    """Return what became of a row in words."""
    if outcome.outcome == "dry_run":
        return DRY_RUN, "quiet"
    for states in (CHECK_STATES, {state: (ROW_NAMES[state], ROW_KINDS[state]) for state in ROW_NAMES}):
        if outcome.state in states:
            return states[outcome.state]  # type: ignore[index]  # it is one of both kinds
    return outcome.state, "quiet"


def field_name(field: str) -> str:
    """Return what a problem is about, as a person calls it; names of fields are their own."""
    return FIELDS.get(field, field)


def preflight_markup(seen: Preflight) -> Html:
    """Return what looking at the rows found: a bar with every count beside it in words."""
    counts: dict[CheckState, int] = {"ready": seen.ready, "bad": seen.bad, "left_out": seen.left_out}
    segments = [Segment(CHECK_STATES[state][0], tone, counts[state]) for state, tone in _SHARES]
    return segmented(segments, N_("All rows"), seen.total)


def preflight_facts(seen: Preflight) -> list[tuple[Said, object]]:
    """Return what else is to be known before a run is started."""
    return [
        (N_("Time the sending takes"), _takes(seen)),
        (N_("Largest body"), say("{size} bytes", size=number(seen.largest))),
        (N_("Rows with a warning"), number(seen.warned)),
    ]


def _takes(seen: Preflight) -> Said:
    if seen.seconds is None:
        return N_("No pace is set for this account.")
    return say("about {time} at the account's pace", time=lasting(seen.seconds))


def _counted(seen: Preflight) -> Sentence:
    return say(
        "{ready} ready, {bad} cannot be sent, {left_out} left out",
        ready=number(seen.ready), bad=number(seen.bad), left_out=number(seen.left_out),
    )  # fmt: skip
