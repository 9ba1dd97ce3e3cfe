"""STANDING: how a job stands, in words, as a bar and as counts. Only what is read; nothing here asks or changes anything."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.engine.standing import INTERRUPTED, JOB_NAMES, ROW_NAMES, lasting
from workbench.models.work import Counts, Job, JobState, Progress, RowState
from workbench.sentence import N_, Sentence, say

from . import look
from .language import hour, number
from .look import Html
from .piece import Said, said
from .segments import Segment, segmented

__all__ = [
    "ROW_KINDS",
    "bar",
    "counted",
    "explained",
    "pace_line",
    "parts",
    "rate_of",
    "row_badge",
    "state_badge",
]

JOB_KINDS: Mapping[JobState, look.Kind] = {
    "filling": "info",
    "running": "info",
    "paused": "warn",
    "stopped": "error",
    "cancelled": "quiet",
    "done": "ok",
}
ROW_KINDS: Mapping[RowState, look.Kind] = {
    "accepted": "ok",
    "in_flight": "info",
    "waiting": "quiet",
    "retrying": "info",
    "failed": "error",
    "uncertain": "warn",
    "invalid": "error",
    "cancelled": "quiet",
}
PARTLY = N_("Partly done")
DRY_RUN, FILES = "dry_run", "import"
"""Where a job's spec says that nothing is sent; the kind of the jobs whose rows are files, of which one may be taken in part."""
RARE: frozenset[RowState] = frozenset({"cancelled"})
"""States that are named only when there are rows in them."""


def state_badge(progress: Progress) -> dict[str, str]:
    """Return a job's state as a badge; one that nobody works on says so, and one is green only where every row was taken."""
    if progress.interrupted:
        return {"text": said(INTERRUPTED), "kind": "warn"}
    text, kind = _ending(progress.job) or (JOB_NAMES[progress.job.state], JOB_KINDS[progress.job.state])
    return {"text": said(text), "kind": kind}


def _ending(job: Job) -> tuple[str, look.Kind] | None:
    """Return what is said of a job at its end that not every row was taken of; None for every other."""
    counts = job.counts
    if job.state != "done" or job.spec.get(DRY_RUN) or counts.accepted == counts.total:
        return None
    if counts.accepted or job.kind == FILES:
        return PARTLY, "warn"
    state: RowState = "uncertain" if counts.uncertain else "failed"
    return ROW_NAMES[state], ROW_KINDS[state]


def row_badge(state: RowState) -> dict[str, str]:
    """Return a row's state as a badge."""
    return {"text": said(ROW_NAMES[state]), "kind": ROW_KINDS[state]}


def explained(progress: Progress) -> Said:
    """Return what a job's state means, and what may be done."""
    job = progress.job
    if progress.interrupted:
        return N_("No process works on it. Nothing is lost: resume it, and it goes on where it was.")
    match job.state:
        case "filling":
            return N_("Contacts are being added. Nothing is sent before it is started.")
        case "running" if job.counts.waiting == job.counts.in_flight == 0 and job.counts.retrying:
            return N_("Every row was attempted. Some are tried again later, by themselves.")
        case "running":
            return N_("It goes on by itself, whether this page is open or not.")
        case "paused":
            return N_("Nothing more is begun until it is resumed. What was under way was brought to its end.")
        case "stopped":
            return N_("Put right what is said below, then resume it: it goes on where it was.")
        case "cancelled":
            return N_("What had not been sent stays undone. It can be sent later, from below.")
        case "done":
            return _ended(job.counts)


def _ended(counts: Counts) -> Said:
    if counts.accepted == counts.total:
        return N_("The provider has taken every row.")
    return N_("Not every row was taken. Open the failed rows to see why.")


def pace_line(progress: Progress) -> list[Sentence]:
    """Return how fast a job goes, how long it still takes, and when rows are due again; nothing of it when it rests."""
    job, line = progress.job, []
    if job.state != "running" or progress.interrupted:
        return []
    if progress.rate_per_s > 0:
        line.append(say("{rate} rows a second", rate=number(_rounded(progress.rate_per_s))))
    if progress.left_s is not None and job.counts.open:
        line.append(say("about {time} left", time=lasting(progress.left_s)))
    if job.counts.retrying and progress.next_due_at is not None:
        line.append(
            say(
                "{count} due again, the next at {at} UTC",
                count=number(job.counts.retrying),
                at=hour(progress.next_due_at),
            )
        )
    return line


def rate_of(progress: Progress) -> str:
    """Return how many rows a second a job makes, the empty text when it makes none."""
    goes = progress.job.state == "running" and not progress.interrupted and progress.rate_per_s > 0
    return number(_rounded(progress.rate_per_s)) if goes else ""


def _rounded(rate: float) -> float:
    return round(rate) if rate >= 10 else round(rate, 1)


# -- the bar and the counts --------------------------------------------------------------------------------------------


def parts(counts: Counts) -> list[dict[str, Any]]:
    """Return the parts of a bar: for each state that has rows, its share in percent."""
    total = counts.total or 1
    found = [(state, getattr(counts, state)) for state in ROW_NAMES]
    return [{"state": state, "share": round(100 * count / total, 3)} for state, count in found if count]


def counted(counts: Counts) -> Sentence:
    """Return how many rows are at their end, of how many."""
    ended = counts.total - counts.open
    return say("{ended} of {total}", ended=number(ended), total=number(counts.total))


def bar(job: Job) -> Html:
    """Return a job's bar with every count beside it; states that are rare are named only when there are rows in them."""
    counts = [(state, int(getattr(job.counts, state))) for state in ROW_NAMES]
    shown = [Segment(ROW_NAMES[state], state, count) for state, count in counts if count or state not in RARE]
    return segmented(shown, N_("All rows"), job.counts.total)
