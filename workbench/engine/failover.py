"""FAILOVER: what is done after an attempt to send a text: the same again, another sender, or nothing more (R-CMN-04, 05, R-SMS-34).

One rule stands above the others: where a text may have arrived, nobody sends it a second time. So an uncertain end is the end, and another
sender is only asked once the first one is known not to have taken it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, Literal, NamedTuple

from workbench.models.message import Taken
from workbench.models.message_draft import FailoverEnd, FailoverStep, Fault
from workbench.models.provider import Provider
from workbench.models.request import Failure, FailureKind, Outcome, OutcomeKind, Reply
from workbench.models.sms_dialect import SmsDialect
from workbench.sentence import Sentence, say

from .read import read
from .schedule import JITTER, spread

ATTEMPTS: Final = 4
"""The first attempt and three repetitions (R-CMN-04)."""
FIRST_WAIT_S: Final = 1.0
LONGEST_WAIT_S: Final = 20.0
"""Somebody waits for the answer: a provider that asks for a longer pause is not asked again."""

_AGAIN: Final[frozenset[OutcomeKind]] = frozenset({"unreachable", "throttled", "server_error"})


Fate = Literal["taken", "not_taken", "opted_out", "unknown"]
"""What is known of one text after an attempt. ``opted_out``: it was not taken, because the recipient wants nothing more."""


class Tried(NamedTuple):
    """One attempt: through which sender (0 the primary), how the request ended, and what is known of the text."""

    sender: int
    outcome: Outcome
    fate: Fate


class Move(NamedTuple):
    """What is done next, after how many seconds, and why."""

    next: Literal["again", "secondary", "stop"]
    sentence: Sentence
    wait_s: float = 0.0


def wait_before(outcome: Outcome, attempts: int, key: str) -> float | None:
    """Return the seconds after which the same request goes out again after its attempt number ``attempts``; None where it must not.

    Only what is known not to have been taken is repeated: 429, 5xx, no connection. ``key`` gives each text its own part of the jitter.
    """
    if outcome.kind not in _AGAIN or attempts >= ATTEMPTS:
        return None
    wait = FIRST_WAIT_S * 2 ** (attempts - 1) * (1 + JITTER * spread(key, attempts))
    if outcome.retry_after_s is not None:
        wait = max(wait, outcome.retry_after_s)
    return wait if wait <= LONGEST_WAIT_S else None


def fate_of(dialect: SmsDialect, outcome: Outcome, taken: Sequence[Taken]) -> Fate:
    """Return what is known of a text to one recipient, from the request's outcome and the provider's word on the recipient."""
    if any(one.accepted for one in taken):
        return "taken"
    if outcome.kind in ("uncertain", "unconfirmed") or not taken:
        return "unknown"
    if outcome.kind in ("accepted", "check_body") and any(one.state == "unknown" for one in taken):
        return "unknown"
    known = [dialect.errors[one.code] for one in taken if one.code in dialect.errors]
    return "opted_out" if any(word.opted_out for word in known) else "not_taken"


def next_move(tried: Sequence[Tried], secondary: Sentence | None, key: str) -> Move:
    """Return what is done after the last of the attempts. ``secondary`` says why the second sender may not be used, or is None."""
    last = tried[-1]
    if last.fate == "unknown":
        return Move(
            "stop",
            say(
                "Nobody knows whether the text arrived, so it is not sent again: a second one could arrive too."
            ),
        )
    if last.fate == "taken":
        return Move("stop", say("The provider took it. It is done."))
    if last.fate == "opted_out":
        return Move(
            "stop", say("The recipient opted out at the provider. Another sender would not change that.")
        )
    if last.outcome.kind in ("blocked", "redirected"):
        return Move("stop", last.outcome.sentence)
    wait = wait_before(last.outcome, sum(1 for one in tried if one.sender == last.sender), key)
    if wait is not None:
        return Move("again", say("It was not taken. The same request goes out again."), wait)
    if last.sender > 0:
        return Move("stop", say("The second sender's provider did not take it either. It was not sent."))
    if secondary is not None:
        return Move("stop", say("The second sender is not used: {reason}", reason=secondary))
    return Move(
        "secondary", say("The first provider did not take it, that is certain. The second sender takes over.")
    )


# The rehearsal -------------------------------------------------------------------------------------------------------


class Side(NamedTuple):
    """A sender in a rehearsal: its account's name, its provider, and how its attempts end; the last word lasts."""

    account: str
    provider: Provider
    sender: str
    faults: Sequence[Fault]


class Played(NamedTuple):
    """How a rehearsal went: each step, how it ended, and how many texts in truth arrived."""

    steps: tuple[FailoverStep, ...]
    end: FailoverEnd
    arrived: int


def play(
    sides: tuple[Side, Side],
    secondary: Sentence | None,
    request_id: str,
    now: datetime,
    *,
    arrives: bool = True,
) -> Played:
    """Return how a failover goes by the rules that real sends keep. All attempts carry one ``request_id``; it never sends twice.

    ``arrives`` is whether a request without an answer reached the handset all the same: the rules do not see it.
    """
    tried: list[Tried] = []
    steps: list[FailoverStep] = []
    arrived = at = 0
    while True:
        side = sides[at]
        count = sum(1 for one in tried if one.sender == at)
        fault = side.faults[min(count, len(side.faults) - 1)] if side.faults else "accepted"
        status, outcome, fate = _met(side.provider, fault, now)
        arrived += fate == "taken" or (fate == "unknown" and arrives)
        tried.append(Tried(at, outcome, fate))
        move = next_move(tried, secondary, request_id)
        steps.append(
            FailoverStep(
                number=len(tried), request_id=request_id, account=side.account, provider=side.provider.key, sender=side.sender,
                outcome=outcome.kind, status=status, waits_s=round(move.wait_s, 1), next=move.next, sentence=move.sentence,
            )
        )  # fmt: skip
        if move.next == "stop":
            return Played(tuple(steps), _end(tried[-1]), arrived)
        at = 1 if move.next == "secondary" else at


_STATUS: Final[Mapping[Fault, int]] = {
    "accepted": 200, "throttled": 429, "server_error": 500, "not_sent": 200, "opted_out": 200, "refused": 400,
}  # fmt: skip


def _met(provider: Provider, fault: Fault, now: datetime) -> tuple[int | None, Outcome, Fate]:
    """Return what an attempt meets, read as a real answer is read."""
    status = _STATUS.get(fault)
    if status is None:
        kind: FailureKind = "connect" if fault == "unreachable" else "timeout"
        words = (
            say("No connection to {provider}: nothing was sent.", provider=provider.name)
            if fault == "unreachable"
            else say("{provider} got the request and did not answer in time.", provider=provider.name)
        )
        outcome = read(provider, Failure(kind=kind, sentence=words, sent=fault == "uncertain"), now)
        return None, outcome, "unknown" if fault == "uncertain" else "not_taken"
    if status != 200:
        return status, read(provider, Reply(status=status), now), "not_taken"
    taken = say("{provider} took the message (HTTP {status}).", provider=provider.name, status=status)
    if fault == "accepted":
        return status, Outcome(kind="accepted", sentence=taken), "taken"
    refused = say(
        "{provider} answered {status}, and says that it will not send it.",
        provider=provider.name,
        status=status,
    )
    return (
        status,
        Outcome(kind="accepted", sentence=refused),
        "opted_out" if fault == "opted_out" else "not_taken",
    )


def _end(last: Tried) -> FailoverEnd:
    if last.fate == "unknown":
        return "uncertain"
    if last.fate != "taken":
        return "not_sent"
    return "sent_by_secondary" if last.sender else "sent"
