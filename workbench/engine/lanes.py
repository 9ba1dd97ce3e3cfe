"""LANES: when calls end that a crew makes in order, a fixed number of them at a time: the first lane that is free takes the next call."""

from __future__ import annotations

from heapq import heapreplace

import numpy as np

from .draws import Whole

BLOCK = 65_536
"""Calls that are turned into Python's own numbers at a time."""


def ends_of(durations: Whole, lanes: int) -> Whole:
    """Return the end of each call, in their order, from a beginning at 0.

    Calls begin in their order, so those of a shorter list end as the first of a longer one do. Where the lanes' turns cannot be told
    beforehand, they are played one after the other; else NumPy does all at once.
    """
    if lanes >= durations.size:
        return durations
    if lanes == 1:
        return np.cumsum(durations)
    if durations.min() == durations.max():
        rounds: Whole = np.arange(durations.size, dtype=np.int64) // lanes + 1
        return rounds * int(durations[0])
    return _played(durations, lanes)


def _played(durations: Whole, lanes: int) -> Whole:
    free = [0] * lanes  # a heap: when each lane is free again
    ends = np.empty_like(durations)
    for start in range(0, durations.size, BLOCK):
        block = []
        for taken in durations[start : start + BLOCK].tolist():
            end = free[0] + taken
            heapreplace(free, end)
            block.append(end)
        ends[start : start + BLOCK] = block
    return ends
