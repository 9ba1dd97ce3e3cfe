"""Exit codes: what the command's end tells the next program. They are a promise: scripts rely on them."""

from __future__ import annotations

from collections.abc import Mapping

from workbench.errors import (
    Invalid,
    MissingSecret,
    MissingVariable,
    NotFound,
    Refused,
    StorageFault,
    TokenRefused,
    Unreachable,
    WorkbenchError,
)
from workbench.models.request import OutcomeKind
from workbench.models.work import Job
from workbench.sentence import N_

OK = 0
REFUSED_THERE = 1
INPUT = 2
NOT_FOUND = 3
STORAGE = 4
NETWORK = 5
REFUSED_HERE = 6
STOPPED = 130

MEANINGS: Mapping[int, str] = {
    OK: N_("done"),
    REFUSED_THERE: N_("the provider did not take it, or a check found something"),
    INPUT: N_("the command or what it was given is not valid"),
    NOT_FOUND: N_("nothing of this name is kept here"),
    STORAGE: N_("the disk, the database or a secret is not available"),
    NETWORK: N_("no connection, or no answer: it may or may not have arrived"),
    REFUSED_HERE: N_("a rule of the workbench forbids it; nothing was sent"),
    STOPPED: N_("stopped with Ctrl-C"),
}
"""What each code means; the help shows it."""

_OF_ERRORS: tuple[tuple[type[WorkbenchError], int], ...] = (
    (Invalid, INPUT),
    (MissingVariable, INPUT),
    (NotFound, NOT_FOUND),
    (StorageFault, STORAGE),
    (MissingSecret, STORAGE),
    (TokenRefused, REFUSED_THERE),
    (Unreachable, NETWORK),
    (Refused, REFUSED_HERE),
)

_OF_OUTCOMES: Mapping[OutcomeKind, int] = {
    "accepted": OK,
    "unreachable": NETWORK,
    "uncertain": NETWORK,
    "unconfirmed": NETWORK,
    "blocked": REFUSED_HERE,
}


def code_of(error: WorkbenchError) -> int:
    """Return the exit code that stands for an error."""
    return next((code for kind, code in _OF_ERRORS if isinstance(error, kind)), INPUT)


def code_of_outcome(kind: OutcomeKind) -> int:
    """Return the exit code that stands for what became of a request."""
    return _OF_OUTCOMES.get(kind, REFUSED_THERE)


def code_of_job(job: Job) -> int:
    """Return the exit code that stands for a job as it is left: 0 only when every row was accepted.

    Rows of unknown end count most, then refused ones, then those of which no message could be made.
    """
    if job.state in ("filling", "running", "paused"):
        return STOPPED
    if job.counts.uncertain:
        return NETWORK
    if job.state != "done" or job.counts.failed:
        return REFUSED_THERE
    return INPUT if job.counts.invalid else OK
