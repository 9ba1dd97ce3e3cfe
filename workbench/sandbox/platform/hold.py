"""One hold: the contacts that one hook was fired for, what was called for them, and how each ends at a given moment.

Nothing here waits for a time: how a contact ends is asked of ``engine.hold`` with the moments of the calls, so a hold of a million
contacts stands still until somebody looks.
"""

from __future__ import annotations

import math
from array import array
from typing import Final, Literal, NamedTuple

from workbench.engine.hold import settle, window
from workbench.models.platform import Ending, Sendout

from .moments import MINUTE_MS

Situation = Literal["first", "again", "opposite", "closed", "unknown"]
"""What a call meets: nothing yet, the same call, the opposite decision, or a hold that no longer waits."""

_NEVER: Final = -1


class Sums(NamedTuple):
    """How a hold's contacts stand; the first five add up to all of them."""

    waiting: int = 0
    accepted: int = 0
    rejected: int = 0
    timed_out: int = 0
    left_flow: int = 0
    sent: int = 0
    sent_without_code: int = 0
    sent_although_rejected: int = 0


class _Group:
    """Contacts whose cancels were taken alike: how many, the moment of one of them, and whether the finish came before."""

    def __init__(self, at_ms: int, after_finish: bool) -> None:
        self.count = 0
        self.at_ms = at_ms
        self.after_finish = after_finish


class Hold:
    """The hold of ``size`` contacts from index ``first`` of a sendout; it waits once its hook was fired (``open``)."""

    def __init__(self, sendout: Sendout, first: int, size: int) -> None:
        self.sendout = sendout
        self.first = first
        self.size = size
        self.opened_ms: int | None = None
        self.hook_failed = False
        self.finish_ms: int | None = None
        self.finished = False
        self.first_cancel_ms: int | None = None
        self.last_cancel_ms: int | None = None
        self._limit_switches = sendout.switches.model_copy(update={"late_answer": "refused_410"})
        self._cancelled: array[int] | None = None
        self._groups: dict[tuple[object, ...], _Group] = {}
        self._after_finish: set[int] = set()
        self._refused: dict[int, int] = {}
        self._failed: set[int] = set()
        self._written: array[int] | None = None
        self._writes = 0
        self._codes: tuple[tuple[int, int], int] | None = None

    def open(self, now_ms: int) -> None:
        """Begin to wait: the hook is fired."""
        self.opened_ms = now_ms

    # What is called ---------------------------------------------------------------------------------------------------

    def cancel(self, index: int, now_ms: int) -> Situation:
        """Reject the contact at ``index`` of this hold, and return what the call met."""
        at_ms = self._since(now_ms)
        seen = self._cancelled_ms(index)
        if seen is not None:
            return "again" if self._played(seen, index in self._after_finish).answer == 200 else "closed"
        ending = self._played(at_ms, self.finished)
        if ending.answer == 409:
            self._refused.setdefault(index, at_ms)
            return "opposite"
        self._keep(index, at_ms, ending)
        return "first" if ending.answer == 200 else "closed"

    def fail_cancel(self, index: int) -> None:
        """Note that a reject came for a contact and was not taken, for a reason of the platform's own."""
        self._failed.add(index)

    def finish(self, now_ms: int) -> Situation:
        """Accept every contact that was not cancelled, and return what the call met."""
        if self.finish_ms is not None:
            return "again" if self.finished else "closed"
        self.finish_ms = self._since(now_ms)
        ending = settle(
            self.sendout.timing,
            self._limit_switches,
            answer="accept",
            answer_min=self.finish_ms / MINUTE_MS,
            hook_failed=self.hook_failed,
        )
        self.finished = ending.answer == 200
        return "first" if self.finished else "closed"

    def write(self, index: int, now_ms: int) -> None:
        """Note that something was written back to a contact; only the first time counts."""
        if self.opened_ms is None:
            return
        if self._written is None:
            self._written = array("q", [_NEVER]) * self.size
        if self._written[index] == _NEVER:
            late = self._left_without_code(now_ms)
            self._written[index] = self._since(now_ms) + late
            self._writes += 1

    # How it stands ----------------------------------------------------------------------------------------------------

    def closed(self, now_ms: int) -> bool:
        """Return whether the platform no longer waits for an answer; the item file can be read until then."""
        if self.opened_ms is None:
            return False
        return self.finished or self._released or self._over(self._since(now_ms) / MINUTE_MS)

    def ending(self, index: int, now_ms: int) -> Ending | None:
        """Return how the contact at ``index`` of this hold ended, or None while it waits."""
        if self.opened_ms is None:
            return None
        seen = self._cancelled_ms(index)
        if seen is not None:
            ending = self._shown(seen, index in self._after_finish)
        elif index in self._refused:
            ending = self._shown(self._refused[index], after_finish=True)
        else:
            ending = self._unanswered()
        return ending if self._ended(ending, self._since(now_ms) / MINUTE_MS) else None

    def sums(self, now_ms: int) -> Sums:
        """Return how many contacts wait, ended on which path, and were sent, at this moment."""
        if self.opened_ms is None:
            return Sums(waiting=self.size)
        now_min = self._since(now_ms) / MINUTE_MS
        rest = self._unanswered()
        played = [
            (self._shown(group.at_ms, group.after_finish), group.count) for group in self._groups.values()
        ]
        answered = sum(count for _, count in played)
        counts = dict.fromkeys(("waiting", "accepted", "rejected", "timed_out", "left_flow", "sent"), 0)
        for ending, count in (*played, (rest, self.size - answered)):
            counts[ending.path if self._ended(ending, now_min) else "waiting"] += count
            counts["sent"] += count if _left(ending, now_min) else 0
        if not _left(rest, now_min):
            return Sums(**counts)
        return Sums(
            **counts,
            sent_without_code=self._without_code(rest, self.size - answered),
            sent_although_rejected=sum(
                1 for index in self._failed.union(self._refused) if self._cancelled_ms(index) is None
            ),
        )

    @property
    def written(self) -> bool:
        """Whether any contact of the hold was written back to."""
        return self._writes > 0

    # Inside -----------------------------------------------------------------------------------------------------------

    @property
    def _released(self) -> bool:
        return self.hook_failed and self.sendout.switches.failed_hook == "released_unsent"

    def _since(self, now_ms: int) -> int:
        return now_ms - (self.opened_ms or 0)

    def _cancelled_ms(self, index: int) -> int | None:
        if self._cancelled is None or self._cancelled[index] == _NEVER:
            return None
        return self._cancelled[index]

    def _keep(self, index: int, at_ms: int, ending: Ending) -> None:
        if self._cancelled is None:
            self._cancelled = array("q", [_NEVER]) * self.size
        self._cancelled[index] = at_ms
        alike = (ending.path, ending.answer, ending.decided_by, self.finished)
        self._groups.setdefault(alike, _Group(at_ms, self.finished)).count += 1
        if self.finished:
            self._after_finish.add(index)
        if ending.answer == 200:
            self.first_cancel_ms = at_ms if self.first_cancel_ms is None else self.first_cancel_ms
            self.last_cancel_ms = at_ms

    def _played(self, at_ms: int, after_finish: bool) -> Ending:
        """Return how a cancel at this moment is taken, with 410 for every one that comes too late, whatever is answered (A-5)."""
        return self._settled(at_ms, after_finish, late=True)

    def _shown(self, at_ms: int, after_finish: bool) -> Ending:
        return self._settled(at_ms, after_finish, late=False)

    def _settled(self, at_ms: int, after_finish: bool, *, late: bool) -> Ending:
        minute = at_ms / MINUTE_MS
        finish_min = None if self.finish_ms is None else self.finish_ms / MINUTE_MS
        if after_finish and finish_min is not None:  # calls of one millisecond have an order all the same
            minute = max(minute, math.nextafter(finish_min, math.inf))
        elif finish_min is not None:
            finish_min = max(minute, finish_min)
        return settle(
            self.sendout.timing,
            self._limit_switches if late else self.sendout.switches,
            answer="reject",
            answer_min=minute,
            finish_min=finish_min,
            single=self.sendout.single,
            hook_failed=self.hook_failed,
        )

    def _unanswered(self) -> Ending:
        return settle(
            self.sendout.timing,
            self.sendout.switches,
            answer=None,
            answer_min=None,
            finish_min=None if self.finish_ms is None else self.finish_ms / MINUTE_MS,
            single=self.sendout.single,
            hook_failed=self.hook_failed,
        )

    def _over(self, now_min: float) -> bool:
        """Return whether the hour is over: its last moment belongs to it where an answer then is in time (A-2)."""
        return not window(self.sendout.timing, self.sendout.switches, "timed_out").in_the_hour(now_min)

    def _ended(self, ending: Ending, now_min: float) -> bool:
        if ending.path in ("accepted", "rejected") or self._released:
            return True
        if ending.path == "left_flow":
            return ending.moved_min is not None and now_min > ending.moved_min
        return self._over(now_min)

    def _left_without_code(self, now_ms: int) -> bool:
        """Return whether the messages left before something is written now, though perhaps in this very millisecond."""
        return _left(self._unanswered(), self._since(now_ms) / MINUTE_MS)

    def _without_code(self, rest: Ending, unanswered: int) -> int:
        """Return how many of those who were sent had nothing written when their message was rendered (A-7)."""
        if self._written is None:
            return 0
        known = (self._writes, unanswered)
        if self._codes is None or self._codes[0] != known:
            rendered_ms = self._rendered_ms(rest)
            cancelled = self._cancelled
            in_time = sum(
                1
                for index, at_ms in enumerate(self._written)
                if _NEVER < at_ms <= rendered_ms and (cancelled is None or cancelled[index] == _NEVER)
            )
            self._codes = (known, unanswered - in_time)
        return self._codes[1]

    def _rendered_ms(self, rest: Ending) -> float:
        """Return the last moment whose write-backs are in the message."""
        if self.sendout.switches.properties_used == "at_release":
            return round((rest.sent_min or 0.0) * MINUTE_MS)
        if self.sendout.generation == "delayed":
            return round(self.sendout.timing.scheduled_min * MINUTE_MS)
        return _NEVER  # generated before the hook was fired


def _left(ending: Ending, now_min: float) -> bool:
    return ending.sent and ending.sent_min is not None and ending.sent_min <= now_min
