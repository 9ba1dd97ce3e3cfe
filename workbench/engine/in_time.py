"""IN TIME: until when the platform still takes an answer, and from when on the next step leaves it time: by bisection of the rules."""

from __future__ import annotations

from collections.abc import Callable
from math import floor, isfinite

from workbench.models.platform import Switches, Timing
from workbench.models.scenario import Scenario

from .hold import hour_ends, settle
from .scenario_answer import MINUTE

NEVER = -1
"""No moment at all: what would have to be before the hook."""


def answered_by(timing: Timing, switches: Switches, ms: int) -> bool:
    """Return whether a last reject and the finish that both come at ``ms`` lead everybody to the path that was meant."""
    at = ms / MINUTE
    accepted = settle(timing, switches, answer="accept", answer_min=at)
    rejected = settle(timing, switches, answer="reject", answer_min=at, finish_min=at)
    return accepted.path == "accepted" and rejected.path == "rejected"


def latest_ms(scenario: Scenario) -> int | None:
    """Return the last millisecond at which the finish is in time; ``NEVER`` where none is, None where every one is."""
    timing, switches = scenario.timing, scenario.switches
    if _released(scenario):
        return NEVER
    dates = (hour_ends(timing, switches), *timing.next_steps_min)
    past = floor(max((0.0, *filter(isfinite, dates))) * MINUTE) + 2
    if answered_by(timing, switches, past):
        return None
    return last_that(lambda ms: answered_by(timing, switches, ms), past)


def smallest_gap_ms(scenario: Scenario, finish_ms: int) -> int | None:
    """Return the earliest next step, in milliseconds after the hook, that leaves time for this finish.

    None where no next step does (the hour is over before) or where none counts (a journey).
    """
    if scenario.timing.flow == "journey" or _released(scenario):
        return None

    def too_early(ms: int) -> bool:
        timing = scenario.timing.model_copy(update={"next_steps_min": (ms / MINUTE,)})
        return not answered_by(timing, scenario.switches, finish_ms)

    past = finish_ms + 2
    return None if too_early(past) else last_that(too_early, past) + 1


def _released(scenario: Scenario) -> bool:
    """Return whether the hold ends with its hook (A-11)."""
    return not scenario.answering.acknowledged and scenario.switches.failed_hook == "released_unsent"


def last_that(fits: Callable[[int], bool], past: int) -> int:
    """Return the largest whole number from 0 to below ``past`` that fits, where all below one that fits do; ``NEVER`` without one."""
    low, high = NEVER, past
    while high - low > 1:
        middle = (low + high) // 2
        if fits(middle):
            low = middle
        else:
            high = middle
    return low
