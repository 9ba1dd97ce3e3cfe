"""Keeping: what moves a hold from one state to the next. Whatever is killed when, the next one goes on from what is on the disk."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Collection
from typing import Any, Final

from workbench.adapters.clock import new_id
from workbench.engine.answer_calls import CLOSED, LATE, expected_rate, outlook_of
from workbench.engine.effects import effects_of
from workbench.errors import MissingSecret, NotFound, Refused, StorageFault, WorkbenchError
from workbench.models.gate import GateSettings
from workbench.models.hold import WAITING, Hold, HoldFilter, HoldState, Outlook
from workbench.models.rules import Verdict
from workbench.models.work import Job, Progress, RowFilter
from workbench.sentence import Sentence, say

from .calls import fill, finishes, job_for
from .crew import Crew
from .deciding import Deciding
from .gate_house import ANYWAY, GateHouse

MOVED: Final[frozenset[HoldState]] = frozenset({"received", "deciding", "answering"})
"""The states from which a hold goes on by itself."""
BY_HAND: Final[tuple[HoldState, ...]] = ("ready", "held_back")
LOOK_S: Final = 1.0
TELLING: Final = 20
"""Calls of an earlier answer from which on its rate says something about the next."""


class Keeping:
    """Moves holds on, one step after the other."""

    def __init__(self, gates: GateHouse, crew: Crew) -> None:
        self.gates = gates
        self.crew = crew
        self._joined = False

    def moves(self, hold: Hold) -> bool:
        """Return whether the hold goes on by itself now."""
        return hold.state in MOVED or (hold.state in WAITING and self._is_late(hold))

    async def rests(self, hold: Hold) -> bool:
        """Return whether the hold waits for somebody to let its job go on."""
        if hold.state != "answering" or self._is_late(hold):
            return False
        progress = await self.gates.progress(hold)
        return progress is not None and progress.job.state == "paused"

    async def free_the_dead(self) -> None:
        """Be among the workers, and let go of the holds of those that are not any more."""
        if not self._joined:
            await self.crew.join()
            self._joined = True
        await self.crew.take_over_the_dead()
        claimants = await self.gates.holds.claimants()
        if claimants - {self.crew.worker_id}:
            listed = {worker.id for worker in await self.gates.house.ledger.workers()}
            for gone in claimants - listed:
                await self.gates.holds.free(gone)

    async def work(self, id: str) -> None:
        """Move one hold on until it rests; nothing, where another process does. Raises StorageFault."""
        if not await self.gates.holds.claim(id, self.crew.worker_id):
            return
        try:
            while self.moves(hold := await self.gates.holds.hold(id)):
                try:
                    if not await self._step(hold):
                        return
                except StorageFault:
                    raise
                except WorkbenchError as error:
                    await self._rest(hold, error.sentence)
                except Exception as defect:
                    name = type(defect).__name__
                    await self._rest(hold, say("The workbench met a defect of its own ({name}).", name=name))
                    raise
        finally:
            with contextlib.suppress(StorageFault):  # then it is freed with the others of this process
                await self.gates.holds.release(id, self.crew.worker_id)

    # -- by hand -------------------------------------------------------------------------------------------------------

    async def go_on(self, hold: Hold, who: str, *, anyway: bool = False) -> None:
        """Let a hold that rests go on: repeat what was not taken, or decide it, or make its calls."""
        progress = await self.gates.progress(hold)
        again = (
            progress is not None
            and progress.job.state in ("stopped", "done")
            and progress.job.counts.total > 0
        )
        if again:
            assert progress is not None, "it was looked at"
            await self._repeat(hold, progress.job, who, anyway=anyway)
        elif anyway:
            raise Refused(
                say(
                    "Nothing of this sendout was called yet, so there is nothing to finish over. Answer it first."
                )
            )
        elif await self._wants_deciding(hold):
            await self.gates.move(hold, "received", BY_HAND, say("It is decided anew."), who=who)
        else:
            await self.begin(hold, BY_HAND, who)

    async def decide(self, hold: Hold, numbers: Collection[int] | None, verdict: Verdict, who: str) -> Hold:
        """Give contacts (None: all) a verdict by hand. Refused for an accept once rejects went out, for the platform takes none back."""
        if not await self._is_decided(hold):
            raise Refused(
                say(
                    "The contacts of this sendout were not read to their end. Answer it: then they are read anew."
                )
            )
        progress = await self.gates.progress(hold)
        if progress is not None:
            counts = progress.job.counts
            if verdict == "accept" and counts.total > counts.waiting + counts.cancelled:
                raise Refused(say(
                    "Calls of this sendout went out already: a contact that was rejected cannot be accepted any more. Reject more, answer "
                    "again, or finish anyway."
                ))  # fmt: skip
            await self._drop(hold)
        if not await self.gates.holds.claim(hold.id, self.crew.worker_id):
            raise Refused(say("Another process works on this sendout just now. Try again in a moment."))
        try:
            await self.gates.holds.change(hold.id, None, BY_HAND)
            changed = await self.gates.holds.set_verdict(hold.id, numbers, verdict, who)
        finally:
            await self.gates.holds.release(hold.id, self.crew.worker_id)
        sentence = (
            say("{count} contacts were accepted by hand.", count=changed)
            if verdict == "accept"
            else say("{count} contacts were rejected by hand.", count=changed)
        )
        hold = await self.gates.holds.hold(hold.id)
        await self.gates.tell(hold, "by_hand", sentence, who=who)
        return hold

    async def begin(self, hold: Hold, among: Collection[HoldState], who: str = "") -> Hold:
        """Let the calls of a decided hold begin, and say before whether they can be made in time."""
        await self._drop(hold)
        outlook = await self._outlook(hold)
        margin_s = (await self._settings(hold)).answering.margin_min * 60
        return await self.gates.move(
            hold, "answering", among, _expected(outlook), who=who, notice=_warned(outlook, margin_s), outlook=outlook, job_id=new_id("job")
        )  # fmt: skip

    async def expire(self, hold: Hold) -> None:
        """Close a hold whose time is over: nothing more is begun. One whose finish was taken just then is finished."""
        if hold.job_id is not None:
            self.crew.rest(hold.job_id)
            with contextlib.suppress(NotFound, Refused):  # it is at its end already
                await self.gates.house.ledger.cancel(hold.job_id)
            await self.crew.wait(hold.job_id)
            if await self._is_taken(hold):
                await self._end(hold, {hold.state})
                return
        await self._expired(hold, {hold.state})

    async def forget(self, hold: Hold, who: str) -> None:
        """Forget what is secret of an ended hold."""
        if hold.job_id is not None:
            with contextlib.suppress(NotFound):
                job = (await self.gates.house.ledger.job(hold.job_id)).job
                if job.state not in ("done", "cancelled"):
                    await self.gates.house.ledger.cancel(job.id)
                await self.gates.house.ledger.forget(job.id)
        await self.gates.holds.forget_secrets(hold.id)
        await self.gates.tell(
            hold, "forgotten", say("The addresses and contacts of this sendout were forgotten."), who=who
        )

    # -- steps ---------------------------------------------------------------------------------------------------------

    async def _step(self, hold: Hold) -> bool:
        """Move the hold one step on; return whether it may go on after that."""
        if self._is_late(hold):
            await self.expire(hold)
        elif hold.state == "answering":
            return await self._answer(hold)
        else:
            hold = await Deciding.decide(self.gates, hold)
            if hold.state == "deciding":
                await self._route(hold)
        return True

    async def _rest(self, hold: Hold, why: Sentence) -> None:
        """Hold the sendout back, unless somebody else moved it on meanwhile."""
        with contextlib.suppress(Refused):
            await self.gates.move(hold, "held_back", MOVED, why, notice=why)

    async def _route(self, hold: Hold) -> None:
        """Begin, or wait for a person."""
        options = (await self._settings(hold)).answering
        outlook = await self._outlook(hold)
        if options.start == "person":
            waits = say("Decided. It waits for a person to answer it.")
        elif not outlook.in_time and options.when_late == "hold_back":
            waits = _warned(outlook, 0.0) or _expected(outlook)
        else:
            await self.begin(hold, {"deciding"})
            return
        await self.gates.move(hold, "ready", {"deciding"}, waits, notice=waits, outlook=outlook)

    async def _answer(self, hold: Hold) -> bool:
        progress = await self.gates.progress(hold)
        if progress is None or progress.job.state == "filling":
            await self._fill(hold, progress)
            return True
        if progress.job.state == "paused":
            return False
        if progress.job.state == "running":
            return await self._attend(hold, progress.job.id)
        await self._end(hold, {"answering"})
        return True

    async def _fill(self, hold: Hold, before: Progress | None) -> None:
        """Make the job of a hold and let it run. One that a crash left half filled is made anew, under another id."""
        ledger = self.gates.house.ledger
        if before is not None:
            hold = await self.gates.holds.change(hold.id, None, {"answering"}, job_id=new_id("job"))
            await ledger.cancel(before.job.id)
        assert hold.job_id is not None, "it was given when the answer began"
        settings = await self._settings(hold)
        opened = await self.gates.opened(hold.id)
        who = self.gates.house.person.name
        job = job_for(self.gates, hold, settings, hold.job_id, who)
        try:
            filled = await fill(self.gates, hold, opened, settings, job)
        except (Refused, NotFound, MissingSecret):
            with contextlib.suppress(NotFound):
                await ledger.cancel(job.id)
            raise
        if (
            filled.cancels != hold.tally.rejected
        ):  # two processes decided it at once, each thinking the other dead
            await ledger.cancel(job.id)
            again = say(
                "What was kept of its contacts is not what was decided. They are read and decided anew."
            )
            await self.gates.move(hold, "received", {"answering"}, again)
            return
        await ledger.change(job.id, "running", {"filling"})

    async def _attend(self, hold: Hold, job_id: str) -> bool:
        """Let the crew work on the job, and come back when it has ended, rests, or the time is over."""
        await self.crew.start(job_id)
        clock = self.gates.house.clock
        while not self._is_late(hold):
            left_s = (hold.limit_at - clock.now()).total_seconds()
            both = [
                asyncio.create_task(self.crew.wait(job_id)),
                asyncio.create_task(clock.sleep(min(left_s, LOOK_S))),
            ]
            try:
                await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
                left = both[0].done()
            finally:
                for one in both:
                    one.cancel()
                await asyncio.gather(*both, return_exceptions=True)
            state = (await self.gates.house.ledger.job(job_id)).job.state
            if state != "running":
                return True
            if left:  # this process ends, and another one goes on
                return False
        return True

    async def _end(self, hold: Hold, among: Collection[HoldState]) -> None:
        """Bring a hold to where its ended job leads."""
        progress = await self.gates.progress(hold)
        assert progress is not None, "an ended job is there"
        job = progress.job
        known: dict[str, Any] = {"answer": job.counts, "outlook": self._measured(hold, job)}
        if await self._is_taken(hold):
            done = (
                say("The contact was rejected; nothing is left to be released.")
                if hold.kind == "single" and not hold.tally.accepted
                else say(
                    "Finished: {accepted} released, {rejected} rejected.",
                    accepted=hold.tally.accepted,
                    rejected=hold.tally.rejected,
                )
            )
            await self.gates.move(hold, "finished", among, done, **known)
            return
        if job.state == "stopped" and job.reason is not None and job.reason.text in (CLOSED, LATE):
            await self._expired(hold, among)
            return
        why = await self._why(job)
        await self.gates.move(hold, "held_back", among, why, notice=why, **known)

    async def _why(self, job: Job) -> Sentence:
        """Return why a job has ended without its finish."""
        if job.state == "stopped" and job.reason is not None:
            return job.reason
        if job.state == "cancelled":
            return say("The job that answered this sendout was cancelled. Answer again to go on.")
        last = await self.gates.house.ledger.rows(job.id, RowFilter(after=job.counts.total - 1, limit=1))
        if last and last[0].state != "accepted" and last[0].sentence is not None:
            return last[0].sentence
        return say(
            "Every contact that can be rejected was rejected. The finish was left out, for it would have sent the rows of the file "
            "that are no contact; they time out, unsent."
        )  # fmt: skip

    async def _expired(self, hold: Hold, among: Collection[HoldState]) -> None:
        progress = await self.gates.progress(hold)
        if progress is None:
            over = say(
                "The platform's time limit passed before this sendout was answered: its messages are not sent."
            )
            await self.gates.move(hold, "expired", among, over, notice=over)
            return
        counts = progress.job.counts
        over = say(
            "The platform closed this sendout before its answer was complete: {taken} of {calls} calls were taken, and the finish was not. "
            "What was not rejected times out, unsent.",
            taken=counts.accepted, calls=counts.total,
        )  # fmt: skip
        await self.gates.move(
            hold,
            "expired",
            among,
            over,
            notice=over,
            answer=counts,
            outlook=self._measured(hold, progress.job),
        )
        if progress.job.state in ("stopped", "paused"):
            await self.gates.house.ledger.cancel(progress.job.id)

    async def _repeat(self, hold: Hold, job: Job, who: str, *, anyway: bool) -> None:
        """Let an ended job go on with what was not taken; ``anyway`` with nothing but the finish, where that is what is left."""
        ledger = self.gates.house.ledger
        said = say("What was not taken is called again.")
        if anyway:
            said = say("It is finished although not everything was taken, because {who} says so.", who=who)
        hold = await self.gates.move(hold, "answering", BY_HAND, said, who=who, step=ANYWAY if anyway else "")
        if job.state == "stopped":
            await ledger.change(job.id, "running", {"stopped"})
        if not anyway or job.state == "done":
            wanted = RowFilter(states=("failed", "uncertain", "invalid", "cancelled"))
            preview = await ledger.replay_preview(job.id, wanted)
            if preview.total:
                await ledger.replay(job.id, wanted, preview.token)

    # -- what is known -------------------------------------------------------------------------------------------------

    def _is_late(self, hold: Hold) -> bool:
        return self.gates.house.clock.now() >= hold.limit_at

    async def _settings(self, hold: Hold) -> GateSettings:
        return (await self.gates.gate(hold.gate_id)).settings

    async def _drop(self, hold: Hold) -> None:
        """End the job of an earlier answer: what is called from now on is in another one."""
        if hold.job_id is not None:
            with contextlib.suppress(NotFound, Refused):
                await self.gates.house.ledger.cancel(hold.job_id)

    async def _is_decided(self, hold: Hold) -> bool:
        """Return whether the contacts were read and decided to their end."""
        steps = [event.step for event in await self.gates.holds.events(hold.id)]
        return "decided" in steps and "deciding" not in steps[len(steps) - steps[::-1].index("decided") :]

    async def _wants_deciding(self, hold: Hold) -> bool:
        """Return whether a hold that rests has to be decided anew. Refused while an action has no meaning."""
        if hold.unknown_actions:
            unknown = effects_of(await self._settings(hold), hold.actions).unknown
            if unknown:
                raise Refused(say(
                    "Nobody said what the action “{action}” means. Give it a meaning in the gate, or accept or reject all by hand.",
                    action=unknown[0],
                ))  # fmt: skip
            return True
        return not await self._is_decided(hold)

    async def _is_taken(self, hold: Hold) -> bool:
        """Return whether the platform took what ends the hold: the finish, or the reject of a single."""
        progress = await self.gates.progress(hold)
        if progress is None or not (total := progress.job.counts.total):
            return False
        last = await self.gates.house.ledger.counts_between(progress.job.id, total, total)
        return bool(last.accepted) and (finishes(hold) or hold.kind == "single")

    async def _outlook(self, hold: Hold) -> Outlook:
        """Return whether the calls can be made in time, by the rate of this gate's earlier answers where there were any."""
        settings = await self._settings(hold)
        each = effects_of(settings, hold.actions).calls_each
        calls = hold.tally.accepted * each + hold.tally.rejected + 1
        rate = expected_rate(settings.answering, None)
        for earlier in await self.gates.holds.holds(HoldFilter(gate_id=hold.gate_id, limit=10)):
            seen = earlier.outlook.rate_per_s if earlier.outlook is not None else 0.0
            if earlier.state == "finished" and earlier.answer.total >= TELLING and seen:
                rate = min(seen, settings.answering.per_second or seen)
                break
        return outlook_of(calls, rate, self.gates.house.clock.now(), hold.limit_at)

    def _measured(self, hold: Hold, job: Job) -> Outlook:
        """Return how fast an answer went, as a measure for the next."""
        now = self.gates.house.clock.now()
        took_s = max(0.05, (job.changed_at - job.created_at).total_seconds())
        return outlook_of(job.counts.open, job.counts.accepted / took_s, now, hold.limit_at)


def _expected(outlook: Outlook) -> Sentence:
    return say(
        "{calls} calls begin; at {rate} a second they take {needs} s, and {left} s are left.",
        calls=outlook.calls, rate=round(outlook.rate_per_s, 1), needs=round(outlook.needs_s), left=round(outlook.left_s),
    )  # fmt: skip


def _warned(outlook: Outlook, margin_s: float) -> Sentence | None:
    """Return the warning before the first call: not in time, or with less than the gate's margin to spare (R-GATE-25)."""
    if outlook.in_time and outlook.left_s - outlook.needs_s >= margin_s:
        return None
    if outlook.in_time:
        return say(
            "The answer will be just in time: {calls} calls take {needs} s at {rate} a second, and {left} s are left.",
            calls=outlook.calls, rate=round(outlook.rate_per_s, 1), needs=round(outlook.needs_s), left=round(outlook.left_s),
        )  # fmt: skip
    return say(
        "The answer will not be complete in time: {calls} calls take {needs} s at {rate} a second, and {left} s are left. Let more "
        "calls go at a time, or ask for more time on the platform.",
        calls=outlook.calls, rate=round(outlook.rate_per_s, 1), needs=round(outlook.needs_s), left=round(outlook.left_s),
    )  # fmt: skip
