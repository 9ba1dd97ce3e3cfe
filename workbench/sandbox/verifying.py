"""Verifying: plays the platform against somebody's own endpoint, and tells what it did right and wrong, check by check.

The endpoint gets real hooks over HTTP or a queue, fetches real item files from the stand-in's port and calls its decision addresses. All
sendouts are fired at once; then it is waited until those that should be answered are, and those that must not be finished were left alone.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from workbench.models.gate import Action
from workbench.models.platform import Breaker, Mischief, Sendout, Standing, Target, Timing
from workbench.models.verification import Check, Sheet
from workbench.sentence import N_, Sentence, say

from .app import Sandbox
from .platform.app import Platform
from .platform.course import Course
from .platform.delivery import Courier, Deliver, Taken
from .port import served

ACK_S: Final = 1.0
"""Seconds in which the platform wants its hook acknowledged: https://help.symplify.com/hc/en-us/articles/360011230659-Webhooks"""
PATIENCE_S: Final = 5.0
"""Seconds that a hook's acknowledgement is waited for here, so that a late one can be told from none."""
LOOK_S: Final = 0.1
QUIET_S: Final = 3.0

Expected = Literal["answered", "answered_or_held", "not_finished", "refused"]


@dataclass(frozen=True, slots=True)
class Trial:
    """One sendout and what the endpoint has to do with it."""

    key: str
    title: str
    expected: Expected
    sendout: Sendout


@dataclass(slots=True)
class Ran:
    """A trial on its way: how its hook was taken, after how many milliseconds, and how many seconds its answer took."""

    trial: Trial
    course: Course
    taken: Taken
    ack_ms: float
    answered_s: float | None = None


async def verify(
    target: Target,
    *,
    rows: int = 1000,
    wait_s: float = 20.0,
    actions: Sequence[Action] = (),
    reach: Collection[str] = (),
    base_url: str | None = None,
    port: int = 0,
    quiet_s: float = QUIET_S,
) -> Sheet:
    """Return the sheet of an endpoint, with a stand-in of its own on a port of this machine.

    Args:
        target: its address or queue, and the key it expects.
        rows: contacts of the large sendout.
        wait_s: seconds that it may take for its answers.
        actions: the actions of every sendout, which it has to know.
        reach: hosts beyond this machine that may be called.
        base_url: the address by which the endpoint reaches the stand-in, where that is not its port on this machine.
        port: the port of the stand-in; 0 takes any free one.
        quiet_s: seconds without any call after which what was not finished counts as left alone.
    """
    sandbox = Sandbox()
    async with served(sandbox, port) as address:
        sandbox.platform.base_url = base_url or f"{address}/platform"
        sandbox.platform.reach = frozenset(reach)
        courier = Courier()
        try:
            return await play(
                sandbox.platform, courier.deliver, target, rows, wait_s, tuple(actions), quiet_s
            )
        finally:
            await courier.close()


async def play(
    platform: Platform,
    deliver: Deliver,
    target: Target,
    rows: int,
    wait_s: float,
    actions: tuple[Action, ...] = (),
    quiet_s: float = QUIET_S,
) -> Sheet:
    """Return the sheet of what takes the hooks of this platform by ``deliver``."""
    before = platform.deliver
    try:
        running = [await _fire(platform, deliver, trial) for trial in _trials(target, rows, actions)]
    finally:
        platform.deliver = before
    await _wait(platform, running, wait_s)
    await _quiet(platform, running, quiet_s, wait_s)
    judged = [_judged(platform, ran) for ran in running]
    return Sheet(url=target.url, checks=(_acknowledged(running), *judged, _consistent(platform, running)))


def _trials(target: Target, rows: int, actions: tuple[Action, ...]) -> list[Trial]:
    def sendout(
        name: str, size: int, *mischief: Mischief, single: bool = False, limit_min: float = 60.0
    ) -> Sendout:
        return Sendout(
            name=name, size=size, single=single, mischief=mischief, target=target, sendout_actions=actions,
            timing=Timing(limit_min=limit_min), breaker=Breaker(ack_s=PATIENCE_S, failures=1000),
        )  # fmt: skip

    trials = [
        Trial("batch", N_("A batch is answered"), "answered", sendout("batch", 50)),
        Trial("single", N_("A single message is answered"), "answered", sendout("single", 1, single=True)),
        Trial("twice", N_("A hook that comes twice has one effect"), "answered", sendout("twice", 50, "hook_twice")),
        Trial("empty", N_("A batch of nobody is finished"), "answered", sendout("empty", 0)),
        Trial("bad_rows", N_("Rows that are no contact do no harm"), "answered_or_held", sendout("bad rows", 100, "bad_rows")),
        Trial("double_rows", N_("Contacts that stand twice do no harm"), "answered", sendout("double rows", 100, "double_rows")),
        Trial("large", N_("A large batch is answered"), "answered", sendout("large", rows)),
        Trial("broken", N_("A hook that is no JSON is refused"), "refused", sendout("broken", 10, "broken_hook")),
        Trial("cut", N_("A file that breaks off is not finished"), "not_finished", sendout("cut", 200, "file_cut")),
        Trial("expired", N_("A link that expired is survived"), "not_finished", sendout("expired", 10, "expired_link")),
        Trial("leak", N_("Nobody is sent to whose reject failed"), "not_finished", sendout("leak", 200, "rejects_fail")),
    ]  # fmt: skip
    if target.auth in ("basic", "header"):
        wrong = sendout("wrong key", 10).model_copy(
            update={"target": target.model_copy(update={"token": f"{target.token}-wrong"})}
        )
        trials.append(Trial("key", N_("A wrong key is refused"), "refused", wrong))
    trials.append(Trial("after", N_("It still answers after all that"), "answered", sendout("after", 20)))
    return trials


async def _fire(platform: Platform, deliver: Deliver, trial: Trial) -> Ran:
    """Fire a trial's hook, and take the time of its acknowledgement."""
    taken, took_s = Taken("nowhere"), 0.0

    async def timed(target: Target, body: bytes, ack_s: float) -> Taken:
        nonlocal taken, took_s
        began = time.perf_counter()
        taken = await deliver(target, body, ack_s)
        took_s = max(took_s, time.perf_counter() - began)
        return taken

    platform.deliver = timed
    course = await platform.fire(trial.sendout)
    await platform.delivered()
    return Ran(trial, course, taken, took_s * 1000)


async def _wait(platform: Platform, running: Sequence[Ran], wait_s: float) -> None:
    """Wait until what should be answered is."""
    began = time.perf_counter()
    open_ = [
        ran
        for ran in running
        if ran.trial.expected.startswith("answered") and ran.taken.how == "acknowledged"
    ]
    while any(ran.trial.expected == "answered" for ran in open_) and time.perf_counter() - began < wait_s:
        await asyncio.sleep(LOOK_S)
        for ran in open_:
            standing = _standing(platform, ran)
            if standing.closed or (standing.size and not standing.waiting):
                ran.answered_s = time.perf_counter() - began
        open_ = [ran for ran in open_ if ran.answered_s is None]


async def _quiet(platform: Platform, running: Sequence[Ran], quiet_s: float, wait_s: float) -> None:
    """Wait until nothing has been called for a while: what comes late to its finish would else look as if it had left it alone."""
    began = moved = time.perf_counter()
    seen: list[tuple[int, ...]] = []
    while time.perf_counter() - moved < quiet_s and time.perf_counter() - began < wait_s:
        await asyncio.sleep(LOOK_S)
        each = [_standing(platform, ran) for ran in running]
        now: list[tuple[int, ...]] = [
            (one.waiting, one.accepted, one.rejected, len(one.timeline)) for one in each
        ]
        if now != seen:
            seen, moved = now, time.perf_counter()


def _standing(platform: Platform, ran: Ran) -> Standing:
    return ran.course.standing(platform.moments.now_ms())


# What is said of each ------------------------------------------------------------------------------------------------


def _acknowledged(running: Sequence[Ran]) -> Check:
    hooks = [ran for ran in running if ran.trial.expected != "refused"]
    missed = [ran for ran in hooks if ran.taken.how != "acknowledged"]
    slowest = max((ran.ack_ms for ran in hooks), default=0.0)
    if missed:
        status = missed[0].taken.status
        count, status = len(missed), missed[0].taken.status
        told = say(
            "{count} of {all} hooks were not acknowledged: no answer came.", count=count, all=len(hooks)
        )
        if status:
            told = say(
                "{count} of {all} hooks were not acknowledged; the first was answered with {status}.",
                count=count, all=len(hooks), status=status,
            )  # fmt: skip
    elif slowest > ACK_S * 1000:
        told = say(
            "The slowest acknowledgement took longer than a second: the platform would count the hook as lost."
        )
    else:
        told = say("Every hook was acknowledged within a second.")
    passed = not missed and slowest <= ACK_S * 1000
    return _check(
        "acknowledged", N_("Hooks are acknowledged within a second"), passed, told, f"{slowest:.0f} ms"
    )


def _judged(platform: Platform, ran: Ran) -> Check:
    standing = _standing(platform, ran)
    match ran.trial.expected:
        case "refused":
            return _refusal(ran)
        case "not_finished":
            return _left_alone(ran, standing)
        case _:
            return _answer(ran, standing)


def _answer(ran: Ran, standing: Standing) -> Check:
    trial = ran.trial
    if ran.taken.how != "acknowledged":
        return _check(trial.key, trial.title, False, say("Its hook was not acknowledged."))
    if ran.answered_s is None and trial.expected == "answered_or_held":
        return _check(
            trial.key, trial.title, True, say("It held the sendout back: nobody is sent to undecided.")
        )
    if ran.answered_s is None:
        told = say(
            "No finish came; {waiting} of {size} contacts still wait.",
            waiting=standing.waiting,
            size=standing.size,
        )
        return _check(trial.key, trial.title, False, told)
    told = say(
        "{accepted} accepted, {rejected} rejected.", accepted=standing.accepted, rejected=standing.rejected
    )
    passed = standing.accepted + standing.rejected == standing.size and standing.sent_although_rejected == 0
    return _check(trial.key, trial.title, passed, told, f"{ran.answered_s:.1f} s")


def _refusal(ran: Ran) -> Check:
    trial, status = ran.trial, ran.taken.status
    if ran.taken.how == "acknowledged":
        return _check(trial.key, trial.title, False, say("It was acknowledged with {status}.", status=status))
    if 400 <= status < 500:
        return _check(trial.key, trial.title, True, say("It was answered with {status}.", status=status))
    told = (
        say("It was answered with {status}; a 4xx was expected.", status=status)
        if status
        else say("No answer came.")
    )
    return _check(trial.key, trial.title, False, told)


def _left_alone(ran: Ran, standing: Standing) -> Check:
    trial = ran.trial
    if ran.taken.how != "acknowledged":
        return _check(trial.key, trial.title, False, say("Its hook was not acknowledged."))
    if trial.key == "leak":
        return _leak(trial, standing)
    if standing.accepted:
        return _check(
            trial.key,
            trial.title,
            False,
            say("It was finished all the same: {sent} messages left.", sent=standing.sent),
        )
    return _check(trial.key, trial.title, True, say("No finish came."))


def _leak(trial: Trial, standing: Standing) -> Check:
    if standing.sent_although_rejected:
        told = say(
            "It was finished: {count} were sent to although they had been rejected.",
            count=standing.sent_although_rejected,
        )
        return _check(trial.key, trial.title, False, told)
    if standing.accepted:
        told = say(
            "Nobody whose reject failed was rejected by the endpoint, so this could not be seen. Reject who has no “consent”."
        )
        return Check(key=trial.key, title=Sentence(trial.title), state="left_out", sentence=told)
    return _check(
        trial.key, trial.title, True, say("No finish came, so nobody was sent to against a rejection.")
    )


def _consistent(platform: Platform, running: Sequence[Ran]) -> Check:
    """The same contacts, decided the same way, whether their hook came once or twice."""
    by = {ran.trial.key: _standing(platform, ran) for ran in running}
    once, twice = by["batch"], by["twice"]
    title = N_("The same contacts are decided the same way")
    if once.waiting or twice.waiting:
        return Check(
            key="alike",
            title=Sentence(title),
            state="left_out",
            sentence=say("Not both of them were answered."),
        )
    same = (once.accepted, once.rejected) == (twice.accepted, twice.rejected)
    told = say(
        "{one} and {two} of {size} were accepted.", one=once.accepted, two=twice.accepted, size=once.size
    )
    return _check("alike", title, same, told)


def _check(key: str, title: str, passed: bool, sentence: Sentence, measured: str = "") -> Check:
    return Check(
        key=key,
        title=Sentence(title),
        state="passed" if passed else "failed",
        sentence=sentence,
        measured=measured,
    )
