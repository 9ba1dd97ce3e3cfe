"""CROWD: the contacts of a scenario and the calls that are made for them, before anything is timed or decided by a setting of the day.

What is here hangs on size, segments, seed, spread and lanes alone. A slider that moves another setting finds it made already.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from math import inf
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from workbench.models.scenario import Scenario, Segment

from .draws import Draws, Floats, Whole
from .lanes import ends_of

Numbers = NDArray[np.intp]
Fits = NDArray[np.bool_]


class Making(NamedTuple):
    """What a crowd hangs on: scenarios that are alike in it share one."""

    size: int
    segments: tuple[Segment, ...]
    codes: bool
    seed: int
    spread: float
    at_once: int


def making_of(scenario: Scenario) -> Making:
    """Return what the crowd of a scenario hangs on."""
    answering = scenario.answering
    return Making(
        scenario.size, scenario.segments, scenario.codes, scenario.seed, answering.spread, answering.at_once
    )


class Crowd:
    """The contacts by number from 0, and when their calls end if all are made: in thousandths of a median call, from the first one's start.

    ``segment`` and ``rejected`` are by contact; ``writes`` and ``cancels`` are the contacts of the write-backs, which come first, and of
    the cancels, in the order of the file; ``ends`` are the calls' ends in that order.
    """

    def __init__(self, making: Making, draws: Draws | None = None, whole: Crowd | None = None) -> None:
        """Make the crowd; ``draws`` saves drawing anew, ``whole`` is a crowd whose first contacts these are."""
        self.making = making
        self.draws = draws or Draws(making.seed, making.size)
        if self.draws.seed != making.seed or self.draws.size < making.size:
            raise ValueError("these draws belong to another crowd")
        size = making.size
        if whole is None:
            self.segment = _dealt(self.draws.segment[:size], making.segments)
            consent = np.array([segment.consent for segment in making.segments])
            self.rejected = self.draws.consent[:size] >= consent[self.segment]
            self.cancels = np.flatnonzero(self.rejected)
        else:
            self.segment, self.rejected = whole.segment[:size], whole.rejected[:size]
            self.cancels = whole.cancels[: np.searchsorted(whole.cancels, size)]
        self.writes = self.accepted() if making.codes else np.empty(0, dtype=np.intp)
        # without write-backs the calls are the first of the larger crowd's, and so are their ends
        self.ends: Whole = self._ends() if whole is None or making.codes else whole.ends[: self.cancels.size]
        self._chances: dict[tuple[str, int], Floats] = {}

    def first(self, size: int) -> Crowd:
        """Return the crowd of the first contacts."""
        return Crowd(self.making._replace(size=size), self.draws, self)

    def _ends(self) -> Whole:
        calls = self.draws.calls(self.making.spread)
        return ends_of(calls[np.concatenate((self.writes, self.cancels))], self.making.at_once)

    def lost_cancels(self, share: float, turn: int) -> Fits:
        """Return which cancels, by the order of their ends, failed in this turn of the crew and in every one before it."""
        return self._lost("cancel", self.draws.cancel, self.sorted_cancels, share, turn)

    def lost_writes(self, share: float, turn: int) -> Fits:
        """Return the same of the write-backs, by their own order."""
        return self._lost("write", self.draws.write, self.writes, share, turn)

    def _lost(
        self, kind: str, drawn: Callable[[int], Floats], contacts: Numbers, share: float, turn: int
    ) -> Fits:
        lost = np.full(contacts.size, share > 0, dtype=np.bool_)
        for one in range(turn + 1 if share else 0):
            if (kind, one) not in self._chances:
                self._chances[kind, one] = drawn(one)[contacts]
            lost &= self._chances[kind, one] < share
        return lost

    @property
    def calls(self) -> int:
        """How many calls one answer takes."""
        return int(self.ends.size)

    def last_end(self, calls: int | None = None) -> int:
        """Return when the last of the first ``calls`` calls has ended."""
        ends = self.ends[:calls]
        return int(ends.max()) if ends.size else 0

    @cached_property
    def order(self) -> Numbers:
        """The cancels' places, by their ends."""
        return np.argsort(self.cancel_ends, kind="stable")

    @cached_property
    def cancel_ends(self) -> Whole:
        """When each cancel ends."""
        return self.ends[self.writes.size :]

    @cached_property
    def write_ends(self) -> Whole:
        """When each write-back ends."""
        return self.ends[: self.writes.size]

    @cached_property
    def sorted_ends(self) -> Whole:
        """When the cancels end, the first one first."""
        return self.cancel_ends[self.order]

    @cached_property
    def sorted_cancels(self) -> Numbers:
        """Whose cancels they are."""
        return self.cancels[self.order]

    @cached_property
    def sorted_segments(self) -> NDArray[np.uint8]:
        """And their segments."""
        return self.segment[self.sorted_cancels]

    def accepted(self) -> Numbers:
        """Return the contacts that are to be accepted."""
        return np.flatnonzero(~self.rejected)

    @cached_property
    def accepted_by_segment(self) -> Numbers:
        """How many contacts of each segment are to be accepted."""
        return self.count(self.segment) - self.count(self.sorted_segments)

    def count(self, segments: NDArray[np.uint8], fits: Fits | None = None) -> Numbers:
        """Return how often each segment comes, among those that fit."""
        size = segments.size if fits is None else int(np.count_nonzero(fits))
        if len(self.making.segments) == 1:
            return np.array([size], dtype=np.intp)
        if fits is not None and size < segments.size:
            segments = segments[fits]
        return np.bincount(segments, minlength=len(self.making.segments))


def _dealt(chances: Floats, segments: tuple[Segment, ...]) -> NDArray[np.uint8]:
    """Return each contact's segment; shares are parts of their sum."""
    edges = np.cumsum([segment.share for segment in segments])
    if edges[-1] <= 0:
        raise ValueError("the segments' shares sum to nothing")
    edges = edges / edges[-1]
    edges[edges >= 1] = inf  # the last of them that has a share takes what is left
    return np.searchsorted(edges, chances, side="right").astype(np.uint8)
