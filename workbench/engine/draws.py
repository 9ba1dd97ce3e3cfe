"""DRAWS: every chance of a scenario, drawn from its seed alone: the same contact draws the same, whatever else is set.

Each kind of chance has a stream of its own, and contact ``i`` takes the ``i``-th number of it: so two scenarios that differ in one
setting differ by that setting alone (common random numbers), and a smaller sendout is the beginning of a larger one.
NumPy keeps these streams from version to version: https://numpy.org/doc/stable/reference/random/compatibility.html
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]

UNIT = 1000
"""A call's time is told in thousandths of the median call: whole numbers, so that sums are exact in any order and on any machine."""

_SEGMENT, _CONSENT, _CALL, _CANCEL, _WRITE = range(5)


class Draws:
    """The chances of the first ``size`` contacts under one seed; each kind is drawn when it is first asked for."""

    def __init__(self, seed: int, size: int) -> None:
        self.seed = seed
        self.size = size
        self._uniform: dict[tuple[int, int], Floats] = {}
        self._calls: tuple[float, Whole] | None = None

    @property
    def segment(self) -> Floats:
        """Where each contact falls among the segments, from 0 to below 1."""
        return self._uniformly(_SEGMENT)

    @property
    def consent(self) -> Floats:
        """Against which each contact's chance of consent is held: below its segment's share it consents."""
        return self._uniformly(_CONSENT)

    def cancel(self, turn: int = 0) -> Floats:
        """Against which the failing share of cancels is held: below it the contact's cancel fails; a draw for each time it is answered."""
        return self._uniformly(_CANCEL, turn)

    def write(self, turn: int = 0) -> Floats:
        """The same for write-backs."""
        return self._uniformly(_WRITE, turn)

    def calls(self, spread: float) -> Whole:
        """How long each contact's call takes, in thousandths of the median call: lognormal, ``spread`` is the logarithm's deviation."""
        known = self._calls
        if known is None or known[0] != spread:
            normal = self._stream(_CALL, 0).standard_normal(self.size)
            known = spread, np.rint(np.exp(normal * spread) * UNIT).astype(np.int64)
            self._calls = known
        return known[1]

    def _uniformly(self, kind: int, turn: int = 0) -> Floats:
        if (kind, turn) not in self._uniform:
            self._uniform[kind, turn] = self._stream(kind, turn).random(self.size)
        return self._uniform[kind, turn]

    def _stream(self, kind: int, turn: int) -> np.random.Generator:
        entropy: list[Any] = [abs(self.seed), int(self.seed < 0)]
        return np.random.Generator(np.random.PCG64(np.random.SeedSequence(entropy, spawn_key=(kind, turn))))


def consent_of(seed: int, size: int, accepted: int) -> float:
    """Return the consent share by which exactly so many of the contacts of one segment are accepted."""
    if accepted >= size:
        return 1.0
    drawn = np.sort(Draws(seed, size).consent[:size])
    return float(drawn[accepted])
