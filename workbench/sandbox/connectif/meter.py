"""Meter: the calls of each key in the running minute, and the headers that tell of them."""

from __future__ import annotations

from datetime import datetime

from .settings import StandInSettings

MINUTE_S = 60


class Meter:
    """Counts calls by key. A minute begins with its first call."""

    def __init__(self) -> None:
        self._minutes: dict[str, tuple[float, int]] = {}

    def count(self, key: str, settings: StandInSettings, now: datetime) -> tuple[bool, list[tuple[str, str]]]:
        """Count one call. Return whether it is one too many, and the headers of its answer."""
        limit = settings.calls_per_min
        if not limit:
            return False, []
        at = now.timestamp()
        begun, used = self._minutes.get(key, (at, 0))
        if not 0 <= at - begun < MINUTE_S:
            begun, used = at, 0
        over = used >= limit
        self._minutes[key] = (begun, used + (not over))
        if not settings.states_limit:
            return over, []
        end = begun + MINUTE_S
        reset = -int(-end // 1) if settings.reset == "epoch" else -int(-(end - at) // 1)
        left = max(0, limit - used - 1)
        headers = [
            ("X-RateLimit-Limit", str(limit)),
            ("X-RateLimit-Remaining", str(left)),
            ("X-RateLimit-Reset", str(reset)),
        ]
        return over, headers  # fmt: skip
