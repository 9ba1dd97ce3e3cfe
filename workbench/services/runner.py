"""Runner: one process's work on one job. A bounded crew of workers over rows whose intent is on the disk.

One loop turns the ledger: it settles what has ended and claims what is next, both in one transaction, while the workers attempt what was
claimed before. So a row is claimed at most two rounds ahead, memory does not grow with the job, and what was under way when the process
died is exactly what the ledger holds as in flight.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, Protocol, runtime_checkable

from workbench.engine.pace import Learned
from workbench.engine.schedule import Verdict, judge, rest_s
from workbench.errors import NotFound, Refused, StorageFault, WorkbenchError
from workbench.models.journal import Entry
from workbench.models.request import Outcome
from workbench.models.work import Claimed, Job, Settled
from workbench.sentence import Sentence, say

from .house import House

if TYPE_CHECKING:
    from workbench.adapters.clock import Clock

TURN_S: Final = 0.25
"""Seconds after which what has ended is settled, however little it is."""
IDLE_S: Final = 1.0
"""Seconds between two looks at a job that has nothing due: another process may pause it, or add to it."""
FAULT_S: Final = 2.0
"""Seconds between two tries to write to a disk or database that does not take it. Nothing is begun meanwhile."""
TOLD_S: Final = 2.0
"""Seconds of waiting from which on it is said what for."""
RATE_OVER_S: Final = 5.0
RATE_LEAST_S: Final = 1.0
"""Seconds over which the rate is told, and the least: what went in the first instant says little about the next minute."""
IN_A_ROW: Final = 10
"""Failures without a success between them after which the job rests and tries with one row at a time."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """How one attempt of a row ended. ``problem`` says why no request could be made of it: nothing was sent.

    ``learned`` is what the answer says about the account's pace. ``verdict`` is the handler's own word on what becomes of the row, in
    place of the general schedule's; with it and without an outcome, the row was not attempted after all.
    """

    outcome: Outcome | None = None
    status: int | None = None
    recipient: str = ""
    entry: Entry | None = None
    problem: Sentence | None = None
    learned: Learned | None = None
    verdict: Verdict | None = None


@dataclass(frozen=True, slots=True)
class Answered:
    """A row after its call, not read yet. ``plain``: it can wait to be read with others, for it surely holds nothing up."""

    row: Claimed
    what: Any
    plain: bool


class Handler(Protocol):
    """How one kind of job does its rows: made ready in a batch, called one by one, read in a batch.

    Batches keep one stage's code and data at hand (measured: a third less than row by row). A WorkbenchError that is raised concerns
    every row: the job stops with its sentence.
    """

    async def prepare(self, rows: Sequence[Claimed]) -> list[Any]:
        """Return each row made ready for its call; what cannot be made ready is told by ``conclude``."""
        ...

    async def attempt(self, row: Claimed, ready: Any) -> Answered:
        """Make the call of one row. Never raises for what a network or a provider can do."""
        ...

    def conclude(self, answered: Answered) -> Attempt:
        """Return how the attempt ended."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...


@runtime_checkable
class Hurrying(Protocol):
    """A handler whose attempts may wait for something before they call anybody, and which can be told to wait no longer."""

    def hurry(self) -> None:
        """Let attempts that wait end as not made; nothing more is begun."""
        ...


class Run:
    """One process's work on one job, from ``work()`` to its end or the job's pause. ``notice`` says what holds it up now."""

    def __init__(self, house: House, worker_id: str, job: Job, handler: Handler, clock: Clock) -> None:
        self.house = house
        self.job = job
        self.notice: Sentence | None = None
        self._worker_id = worker_id
        self._handler = handler
        self._clock = clock
        self._queue: asyncio.Queue[tuple[Claimed, Any]] = asyncio.Queue()
        self._answered: list[Answered] = []
        self._ended: list[Settled] = []
        self._under_way = 0
        self._learned: dict[Learned, None] = {}
        self._wake = asyncio.Event()
        self._stopping: Sentence | None = None
        self._defect: Exception | None = None
        self._closing = False
        self._throttled = False
        self._failures = 0
        self._strikes = 0
        self._rest_until = 0.0
        self._dry_until = 0.0
        self._lately = deque([(clock.monotonic(), 0)])
        self._told_rate = 0.0

    @property
    def closing(self) -> bool:
        """Whether nothing more is begun."""
        return self._closing

    @property
    def rate_per_s(self) -> float:
        """The rows a second that were told last."""
        return self._told_rate

    def close(self) -> None:
        """Begin nothing more; what is under way is brought to its end."""
        self._closing = True
        self._wake.set()
        if isinstance(self._handler, Hurrying):
            self._handler.hurry()

    async def work(self) -> None:
        """Work until the job is at its end, rests, or ``close`` is called. Raises what was a defect of the handler."""
        workers = [asyncio.create_task(self._attempt_rows()) for _ in range(self.job.options.at_once)]
        try:
            # what is done once, such as fetching a token, would make the first calls later than their permits
            await self._prepared(())
            await self._turns()
        finally:
            for worker in workers:
                worker.cancel()
            await asyncio.gather(*workers, return_exceptions=True)
            await self._handler.close()
        if self._defect is not None:
            raise self._defect

    # -- the ledger's side ---------------------------------------------------------------------------------------------

    async def _turns(self) -> None:
        while True:
            try:
                wait = await self._turn()
            except StorageFault as fault:  # nothing is begun, and nothing forgotten, until it can be written
                self.notice = fault.sentence
                await self._clock.sleep(FAULT_S)
                continue
            if wait is None:
                return
            await self._pause(wait)

    async def _turn(self) -> float | None:
        """Settle and claim once. Returns the seconds until the next look at the latest, None at the end."""
        self._conclude()
        if self._held_back():
            self._put_back()
        await self._learn()
        granted, wait = await self._permits(self._room())
        if self._ended or granted or self._is_rate_stale():
            claimed = await self._write(granted)
            if claimed:
                return wait if self._room() < self.job.options.at_once else 0.0
        if self._under_way or self._ended:
            return min(wait, TURN_S)
        return await self._idle(wait)

    async def _learn(self) -> None:
        """Take over what the answers said of the account's pace, before anything more is begun."""
        while self._learned:
            news = next(iter(self._learned))
            await self.house.budgets.learn(self.job.account, news)
            self._learned.pop(news, None)
        self._throttled = False

    async def _write(self, granted: int) -> list[Claimed]:
        """Turn the ledger: settle what has ended, claim what may go, and hand that to the workers."""
        settled, self._ended = self._ended, []
        try:
            claimed = await self.house.ledger.turn(
                self._worker_id, self.job.id, settled, granted, self._rate(len(settled))
            )
        except StorageFault:
            self._ended[:0] = settled
            raise
        if len(claimed) < granted:
            await self.house.budgets.give_back(self.job.account, granted - len(claimed))
            self._dry_until = self._clock.monotonic() + IDLE_S
        self._under_way += len(claimed)
        ready = await self._prepared(claimed) if claimed else []
        if ready is None:
            for row in claimed:
                self._end(Settled(row.number, "waiting", released=True))
        else:
            for one in zip(claimed, ready, strict=True):
                self._queue.put_nowait(one)
        return claimed

    async def _prepared(self, rows: Sequence[Claimed]) -> list[Any] | None:
        """Return the rows made ready for their calls; None where that stops the job, or holds it up."""
        try:
            return await self._handler.prepare(rows)
        except StorageFault as fault:
            self._hold_up(fault)
            return None
        except Exception as error:  # noqa: BLE001 - a defect is raised again by work(), once the ledger knows
            if isinstance(error, WorkbenchError):
                self._stop(error.sentence)
            else:
                self._defect = error
                self._stop(say("The workbench met a defect of its own ({name}).", name=type(error).__name__))
            return None

    def _hold_up(self, fault: StorageFault) -> None:
        """Begin nothing for a moment: what a row needs cannot be read just now, by no fault of the row or the job."""
        self.notice = fault.sentence
        self._dry_until = self._clock.monotonic() + FAULT_S

    async def _idle(self, wait: float) -> float | None:
        """Return when to look again while nothing is under way; None when there is nothing left to do here."""
        if self._stopping:
            with contextlib.suppress(Refused, NotFound):  # somebody else ended it meanwhile
                await self.house.ledger.change(self.job.id, "stopped", {"running"}, self._stopping)
            return None
        if self._closing:
            return None
        progress = await self.house.ledger.job(self.job.id)
        if progress.job.state != "running" or await self.house.ledger.finish(self.job.id):
            return None
        if progress.next_due_at is not None:
            due_in = (progress.next_due_at - self._clock.now()).total_seconds()
            if due_in <= 0 and self._clock.monotonic() < self._dry_until:
                self._dry_until = wait = 0.0  # it ran dry before this one was due, and that alone held it up
            return min(max(wait if due_in <= 0 else due_in, 0.01), IDLE_S)
        return min(wait or IDLE_S, IDLE_S)

    def _room(self) -> int:
        """Return how many rows may be claimed: two rounds are under way at most."""
        if self._stopping or self._closing or self._clock.monotonic() < self._dry_until:
            return 0
        at_once = self.job.options.at_once
        if self._strikes:
            return 0 if self._under_way else 1
        room = 2 * at_once - self._under_way
        return room if room >= at_once or self._queue.empty() else 0

    async def _permits(self, room: int) -> tuple[int, float]:
        """Return how many rows may go now by the account's pace, and the seconds until more may."""
        if room <= 0:
            return 0, IDLE_S
        resting = self._rest_until - self._clock.monotonic()
        if resting > 0:
            self.notice = say(
                "The provider fails row after row. The job rests and tries again with one row in {seconds} s.",
                seconds=math.ceil(resting),
            )
            return 0, resting
        granted, wait = await self.house.budgets.take(self.job.account, room)
        self.notice = None
        if not granted and wait >= TOLD_S:
            self.notice = say(
                "The account's pace, or the provider itself, lets the next row go in {seconds} s.",
                seconds=math.ceil(wait),
            )
        return granted, IDLE_S if granted == room else wait

    def _held_back(self) -> bool:
        """Return whether nothing more may be begun, not even what was claimed: a 429 holds for every row behind it."""
        return self._stopping is not None or self._closing or self._throttled

    def _put_back(self) -> None:
        """Give back what was claimed and not begun."""
        while not self._queue.empty():
            row, _ = self._queue.get_nowait()
            self._end(Settled(row.number, "waiting", released=True))

    async def _pause(self, seconds: float) -> None:
        """Wait for the time, or for news."""
        if seconds <= 0 or self._wake.is_set():
            self._wake.clear()
            await asyncio.sleep(0)
            return
        waiting = (
            asyncio.ensure_future(self._wake.wait()),
            asyncio.ensure_future(self._clock.sleep(seconds)),
        )
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        for one in waiting:
            one.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        self._wake.clear()

    def _rate(self, ended: int) -> float:
        """Return the rows a second over the last few seconds, these included."""
        now = self._clock.monotonic()
        self._lately.append((now, ended))
        while len(self._lately) > 2 and self._lately[1][0] < now - RATE_OVER_S:
            self._lately.popleft()
        passed = max(now - self._lately[0][0], RATE_LEAST_S)
        self._told_rate = sum(count for _, count in list(self._lately)[1:]) / passed
        return self._told_rate

    def _is_rate_stale(self) -> bool:
        """Return whether the ledger tells a rate that is not kept any more, because nothing has ended for a while."""
        return self._told_rate > 0 and self._clock.monotonic() - self._lately[-1][0] >= IDLE_S

    # -- the provider's side -------------------------------------------------------------------------------------------

    async def _attempt_rows(self) -> None:
        while True:
            row, ready = await self._queue.get()
            if self._ended or self._answered:  # this one may wait for what has ended to be on the disk
                self._wake_if_needed()
            if self._held_back():
                self._end(Settled(row.number, "waiting", released=True))
                continue
            try:
                answered = await self._handler.attempt(row, ready)
            except StorageFault as fault:
                self._hold_up(fault)
                self._end(Settled(row.number, "waiting", released=True))
            except WorkbenchError as error:
                self._stop(error.sentence)
                self._end(Settled(row.number, "waiting", released=True))
            except Exception as defect:  # noqa: BLE001 - raised again by work(), once the ledger knows
                self._end(self._met(row, defect))
            else:
                self._answered.append(answered)
                if not answered.plain:
                    self._conclude()
                self._wake_if_needed()

    def _conclude(self) -> None:
        """Read the answers that have come, all at once."""
        answers, self._answered = self._answered, []
        for answered in answers:
            try:
                settled = self._settled(answered.row, self._handler.conclude(answered))
            except Exception as defect:  # noqa: BLE001 - raised again by work(), once the ledger knows
                settled = self._met(answered.row, defect)
            self._end(settled)

    def _met(self, row: Claimed, defect: Exception) -> Settled:
        """Stop for a defect of the workbench's own; of its row nobody knows whether it was sent."""
        self._defect = defect
        sentence = say(
            "The workbench met a defect of its own ({name}). It is not known whether this row was sent.",
            name=type(defect).__name__,
        )
        self._stop(sentence)
        return Settled(row.number, "uncertain", outcome="uncertain", sentence=sentence)

    def _settled(self, row: Claimed, attempt: Attempt) -> Settled:
        """Return what the ledger is told of an attempt."""
        outcome = attempt.outcome
        if attempt.learned is not None:
            self._learned[attempt.learned] = None
        if outcome is None and attempt.verdict is None:
            return Settled(
                row.number,
                "invalid",
                outcome="invalid",
                sentence=attempt.problem,
                recipient=attempt.recipient,
            )
        if outcome is not None:
            if outcome.kind == "throttled":
                self._throttled = True
            self._feel(outcome)
        verdict = attempt.verdict
        if verdict is None:
            assert outcome is not None, "without both it was told above"
            verdict = judge(
                outcome, attempt.status, attempts=row.attempts, key=row.key, repeatable=self.job.repeatable
            )
        if verdict.stop is not None:
            self._stop(verdict.stop)
        due_at = None if verdict.wait_s is None else self._clock.now() + timedelta(seconds=verdict.wait_s)
        kind, sentence = ("", attempt.problem) if outcome is None else (outcome.kind, outcome.sentence)
        return Settled(
            row.number, verdict.state, kind, sentence, attempt.recipient, due_at, attempt.entry, verdict.released
        )  # fmt: skip

    def _feel(self, outcome: Outcome) -> None:
        """Note whether the provider is well: after many failures in a row the job rests, and tries with one row."""
        if outcome.kind in ("unreachable", "server_error", "uncertain"):
            self._failures += 1
            if self._failures >= IN_A_ROW and self._clock.monotonic() >= self._rest_until:
                self._strikes += 1
                self._rest_until = self._clock.monotonic() + rest_s(self._strikes)
        elif outcome.kind != "throttled":
            self._failures = self._strikes = 0
            self._rest_until = 0.0

    def _stop(self, reason: Sentence) -> None:
        if self._stopping is None:
            self._stopping = reason

    def _end(self, settled: Settled) -> None:
        self._ended.append(settled)
        self._under_way -= 1
        self._wake_if_needed()

    def _wake_if_needed(self) -> None:
        """Turn the ledger when a round has ended, when the workers run dry, or when something holds all rows up."""
        come = len(self._ended) + len(self._answered)
        if come >= self.job.options.at_once or self._queue.empty() or self._held_back():
            self._wake.set()
