"""STANDING: what the states of jobs and rows are called, and how long something takes, in words. One wording for every face."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from workbench.models.work import JobState, RowState
from workbench.sentence import N_, Sentence, say

JOB_NAMES: Final[Mapping[JobState, str]] = {
    "filling": N_("Being filled"),
    "running": N_("Running"),
    "paused": N_("Paused"),
    "stopped": N_("Stopped"),
    "cancelled": N_("Cancelled"),
    "done": N_("Done"),
}
INTERRUPTED: Final = N_("Interrupted")
ROW_NAMES: Final[Mapping[RowState, str]] = {
    "accepted": N_("Accepted"),
    "in_flight": N_("Under way"),
    "waiting": N_("Waiting"),
    "retrying": N_("Due again"),
    "failed": N_("Failed"),
    "uncertain": N_("Uncertain"),
    "invalid": N_("Invalid"),
    "cancelled": N_("Left undone"),
}
"""In the order in which they are told, and in which a bar shows them."""


def lasting(seconds: float) -> Sentence:
    """Return a time to wait as a person would say it."""
    whole = max(round(seconds), 1)
    if whole < 90:
        return say("{seconds} s", seconds=whole)
    minutes = round(whole / 60)
    if minutes < 90:
        return say("{minutes} min", minutes=minutes)
    hours, rest = divmod(minutes, 60)
    if hours < 48:
        return say("{hours} h {minutes} min", hours=hours, minutes=rest)
    return say("{days} days", days=round(hours / 24))
