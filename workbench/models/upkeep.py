"""Upkeep: whether a server is ready, and how long what it holds is kept."""

from __future__ import annotations

from typing import Annotated

from pydantic import AwareDatetime, Field

from workbench.sentence import N_, Sentence

from .base import Noun

Days = Annotated[int, Field(ge=1, le=36_500)] | None
"""Days that something is kept; none: for good."""


class Readiness(Noun):
    """Whether a server can do its work now, and what is wrong where it cannot. ``draining``: it is about to stop."""

    ready: bool
    draining: bool = False
    wrong: tuple[Sentence, ...] = ()


class Retention(Noun):
    """How long what a workbench holds is kept, in days from when it ended or came; none: for good, until somebody says otherwise."""

    journal_days: Annotated[
        Days, Field(title=N_("Journal"), description=N_("Days that entries of the journal are kept."))
    ] = None
    contents_days: Annotated[
        Days,
        Field(
            title=N_("Contents of ended jobs"),
            description=N_(
                "Days after its end that a job's rows still say whom they were for. Counts and reasons stay."
            ),
        ),
    ] = None
    calls_days: Annotated[
        Days,
        Field(
            title=N_("Calls from outside"),
            description=N_("Days that callbacks, and the contacts of ended sendouts, are kept."),
        ),
    ] = None


class Due(Noun):
    """What is older than it is to be kept now: entries of the journal, jobs and their rows, callbacks, sendouts."""

    entries: int = 0
    jobs: int = 0
    rows: int = 0
    callbacks: int = 0
    holds: int = 0

    @property
    def total(self) -> int:
        """How many things would go, jobs counted by their rows."""
        return self.entries + self.rows + self.callbacks + self.holds


class UpkeepState(Noun):
    """How long things are kept, what is due to go by that, when it was done last, and what went then."""

    retention: Retention
    due: Due
    done_at: AwareDatetime | None = None
    done: Due | None = None
