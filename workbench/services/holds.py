"""Holds: the sendouts that wait at the gates: watched, decided by hand, answered; and the keeper that moves them on by itself.

A hold's life: received -> deciding -> (ready ->) answering -> finished, or held_back, expired, failed. Each step is one compare-and-set on
the disk; whoever comes after a crash goes on from the last one.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from functools import partial
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakValueDictionary

from workbench.engine.answer_calls import outlook_of
from workbench.errors import Refused, StorageFault
from workbench.models.hold import (
    WAITING,
    Decided,
    DecidedFilter,
    Hold,
    HoldConfirmation,
    HoldEvent,
    HoldFilter,
    HoldState,
    Outlook,
)
from workbench.models.person import Person
from workbench.models.rules import Verdict
from workbench.sentence import say

from .crew import Crew
from .defects import tell_defect
from .gate_house import GateHouse
from .roles import admin, caller, operator, viewer
from .visibility import in_background

if TYPE_CHECKING:
    from .keeping import Keeping

LOOK_S: Final = 1.0
"""Seconds between two looks for holds that nobody woke the keeper for."""
BREATH_S: Final = 0.05
"""Seconds between two looks at the least, however many hooks come."""
MOST_AT_A_TIME: Final = 256
"""Holds that this process moves on at a time; the others wait, those with the least time left first."""
BY_HAND: Final[tuple[HoldState, ...]] = ("ready", "held_back")
"""The states in which a person decides."""


class Holds:
    """What a person can do with the sendouts that wait, and the keeper of those that go on by themselves."""

    def __init__(self, gates: GateHouse, crew: Crew) -> None:
        self.gates = gates
        self.crew = crew
        self._keeping: Keeping | None = None
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._keeper: asyncio.Task[None] | None = None
        self._news = asyncio.Event()

    # -- watching ------------------------------------------------------------------------------------------------------

    @viewer
    async def holds(self, wanted: HoldFilter | None = None) -> list[Hold]:
        """Return the holds that fit and how they stand now, the newest first."""
        return [await self._told(one) for one in await self.gates.holds.holds(wanted or HoldFilter())]

    @viewer
    async def hold(self, id: str) -> Hold:
        """Return one hold and how it stands now: the time left, the calls made and to be made; NotFound when there is none of this id."""
        return await self._told(await self.gates.holds.hold(id))

    @viewer
    async def events(self, id: str) -> list[HoldEvent]:
        """Return a hold's timeline, the first step first."""
        return await self.gates.holds.events(id)

    @viewer
    async def decided(self, id: str, wanted: DecidedFilter | None = None) -> list[Decided]:
        """Return the contacts of a hold that fit, ids masked, in the order of the file; the next page is ``after`` the last number."""
        return await self.gates.holds.items(id, wanted or DecidedFilter())

    # -- answering by hand ---------------------------------------------------------------------------------------------

    @operator
    async def answer(self, id: str, confirmation: HoldConfirmation | None = None) -> Hold:
        """Let a hold that is ready or held back go on. What was not taken is tried again; what was not decided is decided first."""
        hold = await self._for_a_person(id, confirmation)
        async with self._turn(id):
            await (await self._kept()).go_on(hold, self._who)
        return await self._begun(id)

    @operator
    async def finish_anyway(self, id: str, confirmation: HoldConfirmation | None = None) -> Hold:
        """Call the finish although rejects or write-backs were not taken: these contacts are sent. The journal names who said so."""
        hold = await self._for_a_person(id, confirmation)
        async with self._turn(id):
            await (await self._kept()).go_on(hold, self._who, anyway=True)
        return await self._begun(id)

    @operator
    async def decide(self, id: str, numbers: list[int], verdict: Verdict) -> Hold:
        """Decide contacts by hand, by their numbers in the file. Nothing is called; ``answer`` does that.

        Refused once rejects went out and some of these were rejected: the platform takes no reject back.
        """
        hold = await self._for_a_person(id, None, confirmed=True)
        async with self._turn(id):
            await (await self._kept()).decide(hold, numbers, verdict, self._who)
        return await self.hold(id)

    @operator
    async def accept_all(self, id: str, confirmation: HoldConfirmation | None = None) -> Hold:
        """Accept every contact by hand, and answer. Refused once rejects went out."""
        return await self._all(id, "accept", confirmation)

    @operator
    async def reject_all(self, id: str, confirmation: HoldConfirmation | None = None) -> Hold:
        """Reject every contact by hand, and answer: each is rejected, then the sendout is finished with nobody in it."""
        return await self._all(id, "reject", confirmation)

    @admin
    async def forget(self, id: str) -> Hold:
        """Forget the addresses and contacts of a hold that has ended, for good; its counts, reasons and timeline stay."""
        hold = await self.gates.holds.hold(id)
        if hold.state in WAITING:
            raise Refused(
                say(
                    "This sendout still waits for its answer. Answer it, or let its time pass, then forget it."
                )
            )
        await (await self._kept()).forget(hold, self._who)
        return await self.hold(id)

    # -- the keeper ----------------------------------------------------------------------------------------------------

    async def serve(self) -> None:
        """From now on move every hold on that can go on by itself. For the one long-lived process."""
        if self._keeper is None or self._keeper.done():
            await self._kept()
            self._keeper = asyncio.create_task(self._keep_watch(), name="keeper of the holds")
            self._keeper.add_done_callback(_told)

    def wake(self, id: str = "") -> None:
        """Look for holds at once: one has come, or somebody changed one."""
        self._news.set()

    async def close(self) -> None:
        """Begin nothing more. Holds go on where another process takes them up; the crew brings the calls under way to their end."""
        tasks = [task for task in (self._keeper, *self._tasks.values()) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._keeping is not None:
            with contextlib.suppress(StorageFault):  # then they are freed as those of a process that died
                await self.gates.holds.free(self.crew.worker_id)

    async def settle(self, id: str) -> Hold:
        """Work on one hold until it rests: ended, ready for a person, or held back. For notebooks and tests.

        Where another process works on it, that is waited for.
        """
        hold = await self.gates.holds.hold(id)
        if hold.mode != self.gates.house.mode:
            raise Refused(
                say(
                    "This sendout was received live, and this workbench rehearses. Nothing was called. Start it with --live."
                )
                if hold.mode == "live"
                else say(
                    "This sendout was received in a rehearsal, and this workbench is live. Nothing was called."
                )
            )
        keeping = await self._kept()
        while True:
            task = self._work_on(id)
            await asyncio.wait([task])
            task.result()
            hold = await self.gates.holds.hold(id)
            if not keeping.moves(hold) or await keeping.rests(hold):
                return await self._told(hold)
            await self.gates.house.clock.sleep(LOOK_S)

    async def _keep_watch(self) -> None:
        caller.set(Person(name=self.gates.house.owner.name, role="operator"))
        in_background()
        while True:
            self._news.clear()
            # What the disk does not take is tried again in a moment; the hold stays as it was.
            with contextlib.suppress(StorageFault):
                keeping = await self._kept()
                for hold in await self.gates.holds.due(unclaimed=True):
                    if len(self._tasks) >= MOST_AT_A_TIME:
                        break
                    if hold.mode == self.gates.house.mode and not await keeping.rests(hold):
                        self._work_on(hold.id)
            await asyncio.sleep(BREATH_S)  # hooks that come together are looked at together
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_S):
                    await self._news.wait()

    # ------------------------------------------------------------------------------------------------------------------

    @property
    def _who(self) -> str:
        return self.gates.house.person.name

    async def _kept(self) -> Keeping:
        """Return what moves holds on; this process is among the workers then, and what the dead held is free."""
        if self._keeping is None:
            from .keeping import Keeping  # loads the doors, which a connected page has no use for

            self._keeping = Keeping(self.gates, self.crew)
        await self._keeping.free_the_dead()
        return self._keeping

    @contextlib.asynccontextmanager
    async def _turn(self, id: str) -> AsyncIterator[None]:
        """Give one hold to one task of this process at a time."""
        turn = self._turns.setdefault(id, asyncio.Lock())
        async with turn:
            yield

    def _work_on(self, id: str) -> asyncio.Task[None]:
        task = self._tasks.get(id)
        if task is None or task.done():
            task = self._tasks[id] = asyncio.create_task(self._work(id), name=f"hold {id}")
            task.add_done_callback(self._ended)
        return task

    async def _work(self, id: str) -> None:
        assert self._keeping is not None, "work begins after the keeper was made"
        in_background(await self.gates.holds.unit(id))
        async with self._turn(id):
            await self._keeping.work(id)

    def _ended(self, task: asyncio.Task[None]) -> None:
        """Forget a task that ended, and look for what waited for its place."""
        if len(self._tasks) >= MOST_AT_A_TIME:
            self._news.set()
        for id in [id for id, one in self._tasks.items() if one is task]:
            del self._tasks[id]
        _told(task)

    async def _begun(self, id: str) -> Hold:
        self._work_on(id)
        return await self.hold(id)

    async def _all(self, id: str, verdict: Verdict, confirmation: HoldConfirmation | None) -> Hold:
        hold = await self._for_a_person(id, confirmation)
        async with self._turn(id):
            keeping = await self._kept()
            hold = await keeping.decide(hold, None, verdict, self._who)
            await keeping.begin(hold, BY_HAND, self._who)
        return await self._begun(id)

    async def _for_a_person(
        self, id: str, confirmation: HoldConfirmation | None, *, confirmed: bool = False
    ) -> Hold:
        """Return the hold if a person may decide it now, and live has confirmed what will happen."""
        hold = await self.gates.holds.hold(id)
        if hold.mode != self.gates.house.mode:
            raise Refused(
                say(
                    "This sendout belongs to a workbench in the other mode (live or rehearsal). Nothing was called."
                )
            )
        if hold.state not in BY_HAND:
            raise Refused(_NOT_NOW[hold.state])
        if self.gates.house.clock.now() >= hold.limit_at:
            await (await self._kept()).expire(hold)
            raise Refused(say("The platform's time limit for this sendout has passed. Nothing was called."))
        if not confirmed:
            confirm_hold(hold, confirmation)
        return hold

    async def _told(self, hold: Hold) -> Hold:
        """Return the hold with what moves by the second: the calls, the rate, the time that is left."""
        if hold.state not in WAITING:
            return hold
        now = self.gates.house.clock.now()
        progress = await self.gates.progress(hold)
        before = hold.outlook or Outlook()
        if progress is None:
            outlook = outlook_of(before.calls, before.rate_per_s, now, hold.limit_at)
            return hold.model_copy(update={"outlook": outlook})
        counts = progress.job.counts
        rate = progress.rate_per_s or before.rate_per_s
        update: dict[str, Any] = {
            "answer": counts,
            "outlook": outlook_of(counts.open, rate, now, hold.limit_at),
        }
        notice = self.crew.notice(progress.job.id) or progress.notice
        if hold.state == "answering" and notice is None and counts.retrying and not counts.waiting:
            notice = say(
                "{count} calls were not taken yet; they are tried again while there is time.",
                count=counts.retrying,
            )
        if hold.state == "answering" and notice is not None:
            update["notice"] = notice
        return hold.model_copy(update=update)


_NOT_NOW: Final = {
    "received": say("The contacts of this sendout are not decided yet. Wait a moment."),
    "deciding": say("The contacts of this sendout are being decided. Wait a moment."),
    "answering": say("This sendout is being answered already. Wait until that has ended."),
    "finished": say("This sendout is finished; nothing of it can be changed any more."),
    "expired": say("The platform has closed this sendout; nothing of it can be changed any more."),
    "failed": say("The contacts of this sendout could not be had, so that it cannot be answered."),
}


def confirm_hold(hold: Hold, confirmation: HoldConfirmation | None) -> None:
    """Let a live answer go only if the person named the sendout and the number of its contacts. A rehearsal needs no word."""
    if hold.mode == "rehearsal":
        return
    if confirmation is None:
        raise Refused(say(
            "This really answers the platform. Confirm it by naming the sendout “{name}” and its number of contacts, {contacts}.",
            name=hold.sendout_name, contacts=hold.tally.contacts,
        ))  # fmt: skip
    if (
        confirmation.sendout_name.strip() != hold.sendout_name.strip()
        or confirmation.contacts != hold.tally.contacts
    ):
        raise Refused(say(
            "The confirmation does not fit: it would answer the sendout “{name}” with {contacts} contacts. Nothing was called.",
            name=hold.sendout_name, contacts=hold.tally.contacts,
        ))  # fmt: skip


_told = partial(tell_defect, but=(StorageFault,))
"""What a disk does not take is tried again."""
