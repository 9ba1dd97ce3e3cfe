"""SCHEDULE: what becomes of a row after an attempt: done, due again, kept apart, a dead letter, or the whole job stops."""

from __future__ import annotations

import hashlib
import itertools
from dataclasses import dataclass
from typing import Final

from workbench.models.request import Outcome
from workbench.models.work import RowState
from workbench.sentence import Sentence, say

OFFSETS_S: Final = (0, 5, 305, 2105, 9305, 27305, 63305, 99305)
"""Seconds from a row's first attempt to each one after it, as Svix publishes them: https://docs.svix.com/retries"""
WAITS_S: Final = tuple(later - earlier for earlier, later in itertools.pairwise(OFFSETS_S))
JITTER: Final = 0.1
"""A wait is up to this part longer or shorter, so that rows that failed together do not come back together."""
LONGEST_HOLD_S: Final = 86_400.0
"""A provider that asks for a longer pause than a day is asked again after a day."""

_RETRIED: Final = frozenset({"unreachable", "throttled", "server_error"})
_RETRIED_STATUS: Final = frozenset({408, 425})


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of the row: its state, the seconds until it is due again, and why the whole job stops, if it does.

    ``released`` says that the attempt had no effect and does not count.
    """

    state: RowState
    wait_s: float | None = None
    stop: Sentence | None = None
    released: bool = False


def judge(outcome: Outcome, status: int | None, *, attempts: int, key: str, repeatable: bool) -> Verdict:
    """Return what becomes of a row after its attempt number ``attempts`` (from 1).

    ``status`` is the reply's HTTP status, None without a reply. ``repeatable`` says whether a row of unknown end goes again.
    A 410 says that the endpoint wants nothing more (https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md);
    a 401 that the credentials are wrong for every row, and what the wire blocks is blocked for every row: the job stops.
    """
    kind = outcome.kind
    if kind == "accepted":
        return Verdict("accepted")
    if status == 410:
        return Verdict(
            "waiting",
            stop=say(
                "The endpoint answered 410: it is gone and wants nothing more. Check the integration's URL, then resume."
            ),
            released=True,
        )
    if status == 401:
        return Verdict(
            "waiting",
            stop=say(
                "The provider rejected the credentials (401), so no further row was sent. Renew them in the integration, then resume."
            ),
            released=True,
        )
    if kind == "blocked":
        return Verdict("waiting", stop=outcome.sentence, released=True)
    if kind == "unconfirmed":  # taken, as far as can be told: never repeated by itself
        return Verdict("uncertain")
    if kind == "uncertain":
        return _again(outcome, attempts, key) if repeatable else Verdict("uncertain")
    if kind in _RETRIED or status in _RETRIED_STATUS:
        return _again(outcome, attempts, key)
    return Verdict("failed")


def _again(outcome: Outcome, attempts: int, key: str) -> Verdict:
    if attempts >= len(OFFSETS_S):
        return Verdict("uncertain" if outcome.kind == "uncertain" else "failed")
    wait = WAITS_S[attempts - 1] * (1 + JITTER * spread(key, attempts))
    if outcome.retry_after_s is not None:
        wait = max(wait, min(outcome.retry_after_s, LONGEST_HOLD_S))
    return Verdict("retrying", wait_s=wait)


def spread(key: str, attempts: int) -> float:
    """Return a number from -1 to 1 that is always the same for this attempt of this row, and even over many rows."""
    digest = hashlib.blake2b(f"{key}/{attempts}".encode(), digest_size=4).digest()
    return int.from_bytes(digest, "big") / 0x7FFFFFFF - 1


def rest_s(strikes: int) -> float:
    """Return the seconds that a job rests when its provider fails row after row: 1, 2, 4 ... 60."""
    return float(min(60, 2 ** min(strikes - 1, 6)))
