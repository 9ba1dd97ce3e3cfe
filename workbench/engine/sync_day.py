"""SYNC DAY: a day of single calls played on a virtual clock: workers that share one account's pace, and a platform that counts its calls.

No clock runs: what happens next is the earliest of what is to come. The pace is the very one that a job keeps to (``engine.pace``); the
platform counts by itself, so that a pace which is too fast is refused, and shows.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import cycle
from typing import Final, Literal

from workbench.models.pace import Rate
from workbench.models.sync_estimate import SyncDay

from .draws import UNIT, Draws
from .pace import TAKEN, Learned, State, grant, learn, with_rates

__all__ = ["DAY_S", "MINUTE", "Counting", "play_day"]

DAY_S: Final = 86_400.0
MINUTE: Final = Rate(limit=100, per_s=60.0)
"""The limit of which the platform's answers were seen to tell; it writes down none."""
HOUR_S: Final = 3_600.0
SPREAD: Final = 0.5
"""How much calls differ in the time they take: the logarithm's deviation."""
DRAWN: Final = 4_096

Counting = Literal["sliding", "minutes"]


def play_day(
    rows: int, *, workers: int = 1, at_once: int = 8, rate: Rate = MINUTE, truly: Rate | None = None, call_s: float = 0.3,
    seconds: float = DAY_S, counting: Counting = "sliding", tells: bool = True, seed: int = 7,
) -> SyncDay:  # fmt: skip
    """Return what the workers get through in ``seconds``, each with ``at_once`` calls under way.

    ``rate`` is what the pace is set to, ``truly`` what the platform really allows (the same where it is None), counted in any window of its
    length or from minute to minute; with ``tells`` its answers say what is left. The same seed plays the same day.
    """
    day = _Day(
        rows, workers, at_once, with_rates(State(), 0.0, (rate,), "provider"), truly or rate, counting, tells
    )
    day.play(seconds, [call_s * drawn / UNIT for drawn in Draws(seed, DRAWN).calls(SPREAD).tolist()])
    return day.told(seconds)


@dataclass(slots=True)
class _Worker:
    """One worker: its free places, and until when it waits for permits."""

    free: int
    waits_until: float = -1.0


class _Platform:
    """Counts the calls as they arrive, and refuses those over its limit; a call that is refused is not counted."""

    def __init__(self, rate: Rate, counting: Counting, tells: bool) -> None:
        self._rate, self._sliding, self._tells = rate, counting == "sliding", tells
        self._lately: deque[float] = deque()
        self.most = self.refused = 0

    def answer(self, now_s: float) -> Learned:
        """Return what the answer to a call that arrives now teaches."""
        lately, rate = self._lately, self._rate
        since = now_s - rate.per_s if self._sliding else now_s // rate.per_s * rate.per_s
        while lately and (lately[0] <= since if self._sliding else lately[0] < since):
            lately.popleft()
        taken = len(lately) < rate.limit
        if taken:
            lately.append(now_s)
            self.most = max(self.most, len(lately))
        else:
            self.refused += 1
        if not self._tells:
            return TAKEN if taken else Learned(throttled=True)
        reset_s = max(0.001, (lately[0] if self._sliding else since) + rate.per_s - now_s)
        return Learned(
            throttled=not taken, taken=taken, hold_s=None if taken else reset_s, remaining=rate.limit - len(lately), reset_s=reset_s,
            limit=rate.limit,
        )  # fmt: skip


class _Day:
    """The day as far as it was played: the events to come, what is left to do, and what was done in each hour."""

    def __init__(
        self,
        rows: int,
        workers: int,
        at_once: int,
        state: State,
        truly: Rate,
        counting: Counting,
        tells: bool,
    ) -> None:
        self.rows, self.left, self.done, self.last_s = rows, rows, 0, 0.0
        self.state, self.truly, self.platform = state, truly, _Platform(truly, counting, tells)
        self.workers = [_Worker(at_once) for _ in range(workers)]
        self.hours: list[int] = []
        self._events: list[tuple[float, int, int, Learned | None, float]] = []
        self._number = 0

    def play(self, seconds: float, times: list[float]) -> None:
        """Play until the time is over or every row is done.

        What comes is a look of a worker (it has no half of a call's time), a call's arrival (it has no answer yet), or its end.
        """
        took = cycle(times)
        for at in range(len(self.workers)):
            self._look(at, 0.0, took)
        while self._events and self._events[0][0] <= seconds:
            now_s, _, worker, answer, half_s = heappop(self._events)
            if half_s < 0:
                if now_s >= self.workers[worker].waits_until:
                    self._look(worker, now_s, took)
            elif answer is None:
                self._put(now_s + half_s, worker, self.platform.answer(now_s), half_s)
            else:
                self._end(worker, now_s, answer)
                self._look(worker, now_s, took)

    def told(self, seconds: float) -> SyncDay:
        """Return what became of it."""
        passed = seconds if self.done < self.rows else self.last_s
        return SyncDay(
            rows=self.rows, workers=len(self.workers), seconds=passed, done=self.done, refused=self.platform.refused,
            allowed=int(passed * self.truly.limit / self.truly.per_s), most=self.platform.most, hours=tuple(self.hours),
        )  # fmt: skip

    def _look(self, at: int, now_s: float, took: cycle[float]) -> None:
        """Let a worker begin as many calls as it has places and is given permits for."""
        worker = self.workers[at]
        wanted = min(worker.free, self.left)
        if wanted <= 0 or now_s < worker.waits_until:
            return
        given = grant(self.state, now_s, wanted)
        self.state = given.state
        for _ in range(given.granted):
            half_s = next(took) / 2
            self._put(now_s + half_s, at, None, half_s)
        worker.free -= given.granted
        self.left -= given.granted
        if given.granted < wanted:
            worker.waits_until = now_s + given.wait_s
            self._put(worker.waits_until, at, None, -1.0)

    def _end(self, at: int, now_s: float, answer: Learned) -> None:
        self.workers[at].free += 1
        self.state = learn(self.state, now_s, answer)
        if not answer.taken:
            self.left += 1  # the row goes again
            return
        self.done, self.last_s = self.done + 1, now_s
        hour = int(now_s // HOUR_S)
        self.hours += [0] * (hour + 1 - len(self.hours))
        self.hours[hour] += 1

    def _put(self, at_s: float, worker: int, answer: Learned | None, half_s: float) -> None:
        self._number += 1  # events of one moment happen in the order in which they were made
        heappush(self._events, (at_s, self._number, worker, answer, half_s))
