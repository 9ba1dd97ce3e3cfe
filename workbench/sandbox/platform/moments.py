"""The platform's clock: whole milliseconds since it began, which stand still until they are moved, or pass with another clock."""

from __future__ import annotations

from typing import Final

from workbench.adapters.clock import Clock

MINUTE_MS: Final = 60_000
MOST_MINUTES: Final = 1_000_000
"""The furthest that one step may move the clock: nearly two years."""


class Moments:
    """A clock in milliseconds. Without ``clock`` only ``advance`` moves it; ``flow`` lets it pass with one from then on."""

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock: Clock | None = None
        self._began = 0.0
        self._ms = 0
        if clock is not None:
            self.flow(clock)

    def now_ms(self) -> int:
        """Return the milliseconds since the platform began; they never go back."""
        passed = 0 if self._clock is None else round((self._clock.monotonic() - self._began) * 1000)
        return self._ms + passed

    def advance(self, minutes: float) -> None:
        """Move the clock on by ``minutes``, from 0 to ``MOST_MINUTES``."""
        if not 0 <= minutes <= MOST_MINUTES:
            raise ValueError("a clock is moved on, and not further than a lifetime")
        self._ms += round(minutes * MINUTE_MS)

    def flow(self, clock: Clock) -> None:
        """Let the time pass with ``clock`` from now on; one that it already passes with is kept."""
        if self._clock is None:
            self._clock, self._began = clock, clock.monotonic()
