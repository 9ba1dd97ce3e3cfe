"""WINDOWS: what was granted lately, so that no stretch of time ever holds more than its limit.

A window keeps its permits as a short list of segments (stamp, count). Permits of the same hundredth of a window are one segment that
carries the latest stamp: none is ever forgotten too early, and a window of a million calls costs a hundred segments. A permit counts for
the window and a little longer, for calls do not arrive in exactly the distances in which they were granted.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from workbench.models.pace import Rate

GUARD: Final = 0.02
"""The part of a window for which a permit counts longer. With 3 % of head-room a provider was never heard to complain (measured)."""
GUARD_MOST_S: Final = 2.0
"""How late a call is depends on the network, not on the length of the window."""
PARTS: Final = 100
"""Segments in a window."""
SMOOTH_FROM_S: Final = 10.0
SMOOTH_PARTS: Final = 10
SMOOTH_MOST_S: Final = 6.0
SMOOTH_LEAST: Final = 10
"""A window from ten seconds on is not emptied in its first instant: at most a tenth of the limit, but never fewer than ten calls, go in a
tenth of the window, at most six seconds. So a minute's calls are spread over the minute, and a provider that counts in smaller steps than
it says has no reason to complain; a few rows go at once; and the quota of an hour or a day, which nobody wants spread, can be used up
within a minute. Such a stretch has no guard, so ten of them are over before their window is: none of it is lost."""


@dataclass(frozen=True, slots=True)
class Window:
    """At most ``limit`` permits count at any time; each counts ``lasts_s``. Kept since ``since_s``; segments from the oldest on."""

    limit: int
    lasts_s: float
    since_s: float = 0.0
    segments: tuple[tuple[float, int], ...] = ()

    @property
    def used(self) -> int:
        """The permits in its segments."""
        return sum(count for _, count in self.segments)

    def pruned(self, now_s: float) -> Window:
        """Return the window without what counts no longer."""
        if not self.segments or self.segments[0][0] + self.lasts_s > now_s:
            return self
        kept = itertools.dropwhile(lambda segment: segment[0] + self.lasts_s <= now_s, self.segments)
        return replace(self, segments=tuple(kept))

    def free_at(self) -> float:
        """Return when so many permits will have run out that there is room for one; 0 when there is."""
        over = self.used - self.limit + 1
        for stamp, count in self.segments:
            if over <= 0:
                break
            over -= count
            if over <= 0:
                return stamp + self.lasts_s
        return 0.0

    def plus(self, now_s: float, count: int) -> Window:
        """Return the window with permits that are granted now."""
        segments, part_s = self.segments, self.lasts_s / PARTS
        if segments and segments[-1][0] // part_s == now_s // part_s:
            return replace(self, segments=(*segments[:-1], (now_s, segments[-1][1] + count)))
        return replace(self, segments=(*segments, (now_s, count)))

    def minus(self, now_s: float, count: int, stamp_s: float) -> Window:
        """Return the window without ``count`` of the permits that were granted at ``stamp_s``.

        The first segment that is not older holds them. Those that ran out, or were granted before the window was kept, are not in it:
        what is there is somebody else's.
        """
        if stamp_s < self.since_s or stamp_s + self.lasts_s <= now_s:
            return self
        segments = list(self.segments)
        for place, (stamp, held) in enumerate(segments):
            if stamp >= stamp_s:
                segments[place] = (stamp, held - min(count, held))
                break
        return replace(self, segments=tuple(segment for segment in segments if segment[1]))

    def moved(self, by_s: float) -> Window:
        """Return the window on a clock that differs by ``by_s``."""
        segments = tuple((stamp + by_s, count) for stamp, count in self.segments)
        return replace(self, since_s=self.since_s + by_s, segments=segments)


def fitted(old: tuple[Window, ...], rates: tuple[Rate, ...], now_s: float) -> tuple[Window, ...]:
    """Return the windows of ``rates``, in their order, and after them those that smooth.

    What the old ones know of the past is carried over. What was granted before there was any window is not known.
    """
    wanted = [(rate.limit, rate.per_s + min(rate.per_s * GUARD, GUARD_MOST_S)) for rate in rates]
    wanted += [smooth for rate in rates if (smooth := _smooth(rate))]
    return tuple(_filled(old, limit, lasts_s, now_s).pruned(now_s) for limit, lasts_s in wanted)


def tighter(rates: Iterable[Rate], than: tuple[Rate, ...]) -> tuple[Rate, ...]:
    """Return those of ``rates`` that forbid something which ``than`` allows."""
    return tuple(rate for rate in rates if not any(_most(other, rate.per_s) <= rate.limit for other in than))


def _most(rate: Rate, in_s: float) -> int:
    """Return how many calls a rate allows in so many seconds, at the most."""
    return rate.limit * math.ceil(in_s / rate.per_s)


def _smooth(rate: Rate) -> tuple[int, float] | None:
    limit = max(SMOOTH_LEAST, math.ceil(rate.limit / SMOOTH_PARTS))
    if rate.per_s < SMOOTH_FROM_S or limit >= rate.limit:
        return None
    return limit, min(rate.per_s / SMOOTH_PARTS, SMOOTH_MOST_S)


def _filled(old: tuple[Window, ...], limit: int, lasts_s: float, now_s: float) -> Window:
    """Return a window: as it was, if there was one that lasts as long, else filled from the one that knows best what was granted."""
    for window in old:
        if window.lasts_s == lasts_s:
            return replace(window, limit=limit)
    # one that lasts longer knows it all, the shortest of them the most exactly; else the longest knows the most
    best = min(old, key=lambda w: (w.lasts_s < lasts_s, abs(w.lasts_s - lasts_s)), default=None)
    return Window(limit, lasts_s, now_s, best.segments if best else ())
