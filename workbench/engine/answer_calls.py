"""ANSWER CALLS: what becomes of one call to the platform, when the finish may be called, and whether all of it comes in time.

The platform waits for minutes, not days, so a call is tried again much sooner than a message is. What a status means is the fact sheet's
table A5; https://help.symplify.com/hc/en-us/articles/6238097514386-Send-Gate-Plus leaves it open.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final, Literal

from workbench.models.base import trusted
from workbench.models.gate import AnswerOptions
from workbench.models.hold import Outlook
from workbench.models.pace import Rate
from workbench.models.provider import Provider
from workbench.models.request import Failure, Outcome, Reply
from workbench.models.work import Counts
from workbench.sentence import N_, Sentence, say

from .read import read
from .schedule import JITTER, Verdict, spread

Call = Literal["write", "send", "cancel", "finish"]
"""A write-back, a message through an integration, a reject, and the one call that releases the rest."""

WAITS_S: Final = (1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0)
"""Seconds between attempts, the last again and again."""
SLOW_AFTER: Final = 60
SLOW_S: Final = 600.0
"""After so many attempts it is tried every ten minutes: a journey may wait 30 days."""
USUAL_CALL_S: Final = 0.15
"""Seconds that a call takes where nothing was measured yet (facts A8)."""

CLOSED: Final = N_("The platform says that this hold is closed (410). Nothing more was called.")
LATE: Final = N_("The platform's time limit has passed. Nothing more was called.")
LEAK: Final = N_(
    "{count} rejects were not taken: these contacts would have been sent although they were rejected. The sendout was not "
    "finished. Answer again to repeat the rejects, or finish anyway."
)
UNWRITTEN: Final = N_(
    "{count} write-backs were not taken: these contacts would have been sent without their code, tag or property. The "
    "sendout was not finished. Answer again to repeat them, or finish anyway."
)
DENIED: Final = N_(
    "The platform rejected the account's token (401). Renew it in the gate's settings, then answer again."
)

_RETRIED: Final = frozenset({"unreachable", "throttled", "server_error", "uncertain"})
_RETRIED_STATUS: Final = frozenset({408, 425})


def read_answer(plain: Provider, answer: Reply | Failure, now: datetime) -> Outcome:
    """Return what became of a call, read as ``plain`` says (the custom provider's reading: the platform documents none).

    A web page with status 200 is no answer of a platform: it counts as not taken.
    """
    outcome = read(plain, answer, now)
    if isinstance(answer, Failure):
        return outcome
    words = outcome.errors[0].message[:300] if outcome.errors else ""
    return trusted(
        Outcome,
        {
            "kind": outcome.kind,
            "sentence": _said(answer.status, outcome, words),
            "ids": outcome.ids,
            "errors": outcome.errors,
            "retry_after_s": outcome.retry_after_s,
        },
    )


def judge_answer(
    call: Call, outcome: Outcome, status: int | None, *, attempts: int, key: str, left_s: float
) -> Verdict:
    """Return what becomes of a call after its attempt number ``attempts`` (from 1).

    ``left_s`` are the seconds in which another attempt makes sense. A call is not uncertain before they are over: each may be made again
    without a second effect. A 410 of the platform closes the hold for all calls; of a write-back it only says that the contact is gone.
    """
    if outcome.ok:
        return Verdict("accepted")
    if status == 410 and call in ("cancel", "finish"):
        return Verdict("waiting", stop=Sentence(CLOSED), released=True)
    if status == 401:
        return Verdict("waiting", stop=Sentence(DENIED), released=True)
    if outcome.kind == "blocked":
        return Verdict("waiting", stop=outcome.sentence, released=True)
    if outcome.kind in _RETRIED or status in _RETRIED_STATUS:
        wait_s = wait_after(attempts, key, outcome.retry_after_s)
        if wait_s < left_s:
            return Verdict("retrying", wait_s=wait_s)
        return Verdict("uncertain" if outcome.kind == "uncertain" else "failed")
    return Verdict("failed")


def wait_after(attempts: int, key: str, asked_s: float | None) -> float:
    """Return the seconds to the next attempt: never sooner than the platform asked for."""
    usual_s = SLOW_S if attempts > SLOW_AFTER else WAITS_S[min(attempts, len(WAITS_S)) - 1]
    return max(usual_s * (1 + JITTER * spread(key, attempts)), asked_s or 0.0)


def leak_guard(cancels: Counts, writes: Counts, options: AnswerOptions) -> Sentence | None:
    """Return why the finish may not be called, or None: every reject has to be taken, and every write-back unless it does not matter."""
    missing = cancels.total - cancels.accepted
    if options.leak_guard and missing:
        return Sentence(LEAK, {"count": missing})
    unwritten = writes.total - writes.accepted
    if options.on_failed_write == "hold_back" and unwritten:
        return Sentence(UNWRITTEN, {"count": unwritten})
    return None


def tries_until(limit_at: datetime, now: datetime, margin_min: float) -> datetime:
    """Return until when calls are tried again: so early that a person still has the margin to decide, if there is that much time."""
    early = limit_at - timedelta(minutes=margin_min)
    return early if now < early else limit_at


def expected_rate(options: AnswerOptions, call_s: float | None) -> float:
    """Return the calls a second to expect, from the seconds that one took lately (None: nobody knows)."""
    free = options.at_once / max(call_s or USUAL_CALL_S, 0.0005)
    return min(free, options.per_second) if options.per_second is not None else free


def outlook_of(calls: int, rate_per_s: float, now: datetime, limit_at: datetime) -> Outlook:
    """Return whether so many calls can be made at this rate before the limit."""
    left_s = max(0.0, (limit_at - now).total_seconds())
    needs_s = calls / rate_per_s if rate_per_s > 0 else 0.0
    return Outlook(
        calls=calls,
        rate_per_s=rate_per_s,
        needs_s=needs_s,
        left_s=left_s,
        latest_start_at=limit_at - timedelta(seconds=needs_s),
        in_time=calls == 0 or needs_s <= left_s,
    )


def pace_of(per_second: float | None) -> tuple[Rate, ...]:
    """Return the window that lets so many calls begin a second; none where there is no limit."""
    if per_second is None:
        return ()
    limit = max(1, int(per_second))
    return (Rate(limit=limit, per_s=max(0.1, limit / per_second)),)


def _said(status: int, outcome: Outcome, words: str) -> Sentence:
    """Return the sentence for a person; the platform's own words are beside it."""
    if outcome.ok:
        return say("The platform took the call (HTTP {status}).", status=status)
    if status == 410:
        return say("The platform says that this hold is closed (HTTP 410). {words}", words=words)
    if status == 409:
        return say("The platform says that this was decided already (HTTP 409). {words}", words=words)
    if status == 404:
        return say("The platform does not know this address (HTTP 404). {words}", words=words)
    if outcome.kind == "throttled":
        return say("The platform asks to slow down (HTTP {status}). {words}", status=status, words=words)
    if outcome.kind == "server_error":
        return say("The platform has a fault of its own (HTTP {status}). {words}", status=status, words=words)
    if outcome.kind == "redirected":
        return say("The platform points elsewhere (HTTP {status}). That is never followed.", status=status)
    if outcome.kind == "check_body":
        return say(
            "The platform answered {status}, but not as a platform does. {words}", status=status, words=words
        )
    return say("The platform refused the call (HTTP {status}). {words}", status=status, words=words)
