"""HOLD: how one contact of a held sendout ends: its path, whether its message leaves, and which rule of the sheet says so.

The rules are those of https://help.symplify.com/hc/en-us/articles/6238097514386-Send-Gate-Plus (facts A7); what that page leaves open is
one switch each in ``models.platform.Switches``. Minutes count from the moment the hook is fired. Of equal times a cancel comes before the
finish, and an answer before the next step.
"""

from __future__ import annotations

from math import inf
from typing import Literal, NamedTuple

from workbench.models.gate import CAMPAIGN_MANAGER_LIMIT_MIN
from workbench.models.platform import Ending, Path, Switches, Timing

Answer = Literal["accept", "reject"]

DOCUMENTED = "D A7"
"""What ``decided_by`` says where the vendor's own page decides."""


class Window(NamedTuple):
    """How long answers count for the contacts of one branch: to the end of the hour, and to the next step (None: there is none)."""

    hour_ends: float
    next_step: float | None
    on_the_limit: bool
    step_on_the_limit: bool

    def in_the_hour(self, minute: float) -> bool:
        """Return whether an answer comes before the limit is over (A-2 decides the limit itself)."""
        return minute < self.hour_ends or (minute == self.hour_ends and self.on_the_limit)

    def takes(self, minute: float) -> bool:
        """Return whether an answer comes in the hour and before the next step runs."""
        return self.in_the_hour(minute) and (self.next_step is None or minute <= self.next_step)

    @property
    def step_runs_first(self) -> bool:
        """Whether the next step runs before the hour is over (A-3 decides the limit itself)."""
        if self.next_step is None:
            return False
        return self.next_step < self.hour_ends or (
            self.next_step == self.hour_ends and self.step_on_the_limit
        )


def settle(
    timing: Timing,
    switches: Switches,
    *,
    answer: Answer | None,
    answer_min: float | None,
    finish_min: float | None = None,
    single: bool = False,
    hook_failed: bool = False,
) -> Ending:
    """Return how one contact ends.

    Args:
        timing: the hold's limit, next steps and schedule.
        switches: the open questions, as they are played.
        answer: what was called for this contact; None where nothing was, or only a finish (``finish_min``), which accepts it.
        answer_min: when its cancel came; for an accept when the finish came.
        finish_min: when the batch's finish came, for a contact that was also cancelled; None: never.
        single: the hook was that of one contact, whose reject needs no finish.
        hook_failed: the hook was not acknowledged.
    """
    if answer is None and finish_min is not None:
        answer, answer_min = "accept", finish_min
    if hook_failed and switches.failed_hook == "released_unsent":
        return _unsent(timing, "timed_out", 0.0, "A-11", _answer_after(switches, answer))
    if answer is None:
        left = _left_alone(timing, switches)
        return left.model_copy(update={"decided_by": "A-11"}) if hook_failed else left
    if answer_min is None:
        raise ValueError("an answer has a time")
    if answer == "accept":
        return _accepted(timing, switches, answer_min)
    if finish_min is not None and finish_min < answer_min:
        finished = _accepted(timing, switches, finish_min)
        if finished.sent:
            return _cancelled_after_finish(timing, switches, finished, answer_min)
    return _rejected(timing, switches, answer_min, finish_min, single)


def window(timing: Timing, switches: Switches, branch: Path) -> Window:
    """Return how long answers count on one branch; ``timed_out`` is the branch of those who have none."""
    steps = timing.next_steps_min if timing.flow == "campaign_manager" else ()
    return Window(
        hour_ends=hour_ends(timing, switches),
        next_step=_step(timing, switches, steps, branch),
        on_the_limit=switches.on_the_limit == "in_time",
        step_on_the_limit=switches.next_step_on_the_limit == "left_flow",
    )


def hour_ends(timing: Timing, switches: Switches) -> float:
    """Return the minute in which the platform stops waiting (A-1, A-10); infinite where it never does."""
    if timing.flow == "journey":
        limit = timing.limit_min
    elif not timing.next_steps_min and switches.last_step == "nothing":
        return inf
    else:
        limit = CAMPAIGN_MANAGER_LIMIT_MIN
    starts = {"hook": 0.0, "generation": timing.generated_min, "scheduled": timing.scheduled_min}
    return starts[switches.hour_starts] + limit


_BRANCHES: tuple[Path, ...] = ("accepted", "rejected", "timed_out")


def _step(timing: Timing, switches: Switches, steps: tuple[float, ...], branch: Path) -> float | None:
    """Return the date of the next step that counts (A-8). Without split control there is one path, and one date."""
    if not steps:
        return None
    if switches.next_step == "earliest" or not timing.split:
        return min(steps)
    return _own(steps, branch)


def _own(steps: tuple[float, ...], branch: Path) -> float:
    return steps[min(_BRANCHES.index(branch), len(steps) - 1)]


def _accepted(timing: Timing, switches: Switches, minute: float) -> Ending:
    open_for = window(timing, switches, "accepted")
    if open_for.takes(minute):
        return _sent(timing, switches, minute, _why(timing, switches, "accepted", minute))
    if open_for.step_runs_first and open_for.in_the_hour(minute):
        if switches.accept_after_next_step == "sent":
            return _unsent(timing, "left_flow", open_for.next_step, "A-4", 200).model_copy(
                update={"sent": True, "sent_min": max(minute, timing.scheduled_min)}
            )
        return _unsent(timing, "left_flow", open_for.next_step, "A-4", _late(switches))
    return _too_late(timing, switches, "accept", minute)


def _rejected(
    timing: Timing, switches: Switches, minute: float, finish_min: float | None, single: bool
) -> Ending:
    open_for = window(timing, switches, "rejected")
    if open_for.takes(minute):
        finished = single or (finish_min is not None and _accepted(timing, switches, finish_min).sent)
        if not finished and switches.cancels_without_finish == "timed_out":
            left = _left_alone(timing, switches)
            return left.model_copy(update={"decided_by": "A-9", "answer": 200})
        why = _why(timing, switches, "rejected", minute)
        if why == DOCUMENTED and not finished:
            why = "A-9"
        moved = _moves_on(timing, switches, "rejected", minute) if timing.split else minute
        return _unsent(timing, "rejected", moved, why, 200)
    if open_for.step_runs_first:
        # The message is still held where an accept would send it, so the reject is taken; the contact is gone all the same.
        held = switches.accept_after_next_step == "sent" and open_for.in_the_hour(minute)
        return _unsent(
            timing, "left_flow", open_for.next_step, _why_left(open_for), 200 if held else _late(switches)
        )
    return _too_late(timing, switches, "reject", minute)


def _cancelled_after_finish(timing: Timing, switches: Switches, finished: Ending, minute: float) -> Ending:
    """Return how a contact ends that is cancelled after the finish (A-6): honoured only while its message has not left."""
    ahead = finished.sent_min is not None and minute < finished.sent_min
    if switches.cancel_after_finish == "refused_409" or not ahead:
        return finished.model_copy(update={"decided_by": "A-6", "answer": 409})
    if finished.path == "left_flow":
        return finished.model_copy(
            update={"sent": False, "sent_min": None, "decided_by": "A-6", "answer": 200}
        )
    moved = _moves_on(timing, switches, "rejected", minute) if timing.split else minute
    return _unsent(timing, "rejected", moved, "A-6", 200)


def _left_alone(timing: Timing, switches: Switches) -> Ending:
    """Return how a contact ends that nobody answered for."""
    open_for = window(timing, switches, "timed_out")
    if open_for.step_runs_first:
        return _unsent(timing, "left_flow", open_for.next_step, _why_left(open_for), 0)
    if open_for.hour_ends == inf:
        return Ending(
            path="timed_out", sent=False, words="stays at the gate (no time limit)", decided_by="A-10"
        )
    why = DOCUMENTED
    if timing.flow == "campaign_manager" and open_for.next_step is None:
        why = "A-10"
    elif open_for.next_step == open_for.hour_ends:
        why = "A-3"
    moved = open_for.next_step
    if timing.flow == "journey":
        moved = max(0.0, open_for.hour_ends)  # an hour that was over before the hook ends with it
    return _unsent(timing, "timed_out", moved, why, 0)


def _too_late(timing: Timing, switches: Switches, answer: Answer, minute: float) -> Ending:
    """Return how a contact ends whose answer came after the limit: as if there were none, and the call is told so (A-5)."""
    left = _left_alone(timing, switches)
    status = _late(switches)
    refused = "refused 410" if status == 410 else "ignored 200"
    words = left.words
    if left.path == "timed_out":
        words = f"{words} ; late {answer} at {figure(minute)} {refused} [P]"
    exactly = minute == hour_ends(timing, switches)
    return left.model_copy(
        update={"words": words, "answer": status, "decided_by": "A-2" if exactly else "A-5"}
    )


def _sent(timing: Timing, switches: Switches, minute: float, why: str) -> Ending:
    return Ending(
        path="accepted",
        sent=True,
        sent_min=max(minute, timing.scheduled_min),
        moved_min=_moves_on(timing, switches, "accepted", minute),
        words="accepted path" if timing.split else "continues (single path)",
        decided_by=why,
        answer=200,
    )


def _unsent(timing: Timing, path: Path, moved_min: float | None, why: str, status: int) -> Ending:
    return Ending(
        path=path,
        sent=False,
        moved_min=moved_min,
        words=_words(timing, path, moved_min),
        decided_by=why,
        answer=status,
    )


def _words(timing: Timing, path: Path, moved_min: float | None) -> str:
    if path == "left_flow":
        return "leaves the flow (next step ran first)"
    name = {"rejected": "rejected", "timed_out": "timed out"}[path]
    if not timing.split:
        return f"leaves the flow ({name})"
    waits = path == "timed_out" and timing.flow == "campaign_manager" and timing.next_steps_min
    told = f", moved at minute {figure(moved_min)}" if waits and moved_min is not None else ""
    return f"{name.replace(' ', '-')} path{told}"


def _moves_on(timing: Timing, switches: Switches, branch: Path, minute: float) -> float | None:
    """Return when an answered contact goes on: in a journey at once, in a campaign when its branch's next step runs."""
    if timing.flow == "journey":
        return minute
    if not timing.next_steps_min:
        return None
    return _own(timing.next_steps_min, branch) if timing.split else min(timing.next_steps_min)


def _why(timing: Timing, switches: Switches, branch: Path, minute: float) -> str:
    """Return the rule by which an answer counts as in time: the switch without whose setting it would not, else the documented one."""
    open_for = window(timing, switches, branch)
    if minute == open_for.hour_ends:
        return "A-2"
    for number, switch, default in _WIDENING:
        if getattr(switches, switch) == default:
            continue
        if not window(timing, switches.model_copy(update={switch: default}), branch).takes(minute):
            return number
    return DOCUMENTED


_WIDENING = (
    ("A-8", "next_step", "earliest"),
    ("A-1", "hour_starts", "hook"),
    ("A-10", "last_step", "timed_out"),
)
"""The switches whose other settings can keep a hold open for longer, with their defaults."""


def _why_left(open_for: Window) -> str:
    return "A-3" if open_for.next_step == open_for.hour_ends else DOCUMENTED


def _late(switches: Switches) -> int:
    return 410 if switches.late_answer == "refused_410" else 200


def _answer_after(switches: Switches, answer: Answer | None) -> int:
    return _late(switches) if answer is not None else 0


def figure(minute: float) -> str:
    """Return a minute as the vectors write it: whole ones without a point."""
    return f"{minute:.10g}"
