"""SYNC PURCHASES: a purchase goes once: one that may be there already is looked up, and what it waits for is created first.

- R-SYNC-09: after a timeout, a crash, or where it was sent before, the platform is asked for the purchase by the shop's id. The same
  content is accepted, another one is a conflict and stays as it is there.
- R-SYNC-08: where contact or product are unknown there (E0101, E0102), they are created if they are known here, and the purchase goes
  once more; else the row is listed as waiting (``sync_lacking``).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from workbench.engine.read import json_of
from workbench.engine.schedule import Verdict, judge
from workbench.engine.sync_read import Decoded, decoded
from workbench.engine.sync_same import differences
from workbench.errors import NotFound
from workbench.models.base import JsonValue
from workbench.models.journal import Entry
from workbench.models.request import Outcome, Reply
from workbench.models.sync_platform import Entity
from workbench.models.work import OPEN, Claimed, Job, RowFilter
from workbench.sentence import say

from .sync_calling import ShopLine
from .sync_known import Known
from .sync_lacking import Lacking
from .sync_looking import SyncDoors
from .sync_memory import Memory, Outgoing
from .sync_ready import UNTAKEN, Done, Ready
from .sync_turns import LATER, Turns

if TYPE_CHECKING:
    from workbench.adapters.sync_marks import SyncMark

SETTLE_S: Final = 2.0
"""Seconds that a purchase is left alone whose sender died: what was on its way then has arrived, or is lost."""
AGAIN_S: Final = 5.0
"""Seconds after which a row looks again that waits for the same purchase of another row."""
MOST_WAITS: Final = 5
"""Attempts after which the other row is not waited for any more."""
ALONE_S: Final = 120.0
"""Seconds after which a purchase that was sent by hand is surely not under way any more."""
ENDED: Final = "ended"
"""The owner of a mark that nobody is sending any more, though it is not known whether it arrived."""
LOOK_UP: Final = "purchase_by_store_id"


class Purchases:
    """Sends the purchases of one job. ``line`` is open; what is missing is looked for in ``known``."""

    def __init__(
        self, doors: SyncDoors, job: Job | None, line: ShopLine, memory: Memory, known: Known, wire: Any = None
    ) -> None:  # fmt: skip
        self._doors, self._house, self._job = doors, doors.house, job
        self._line, self._memory, self._wire = line, memory, wire
        self._job_id = job.id if job else None
        self._turns = Turns(line, job)
        self._lacking = Lacking(doors, job, line, memory, known, self._turns, wire)
        self._begun_at = self._house.clock.now()

    def hurry(self) -> None:
        """Let rows that wait for a turn make room: nothing more is begun."""
        self._turns.close()

    async def send(self, row: Claimed, ready: Ready) -> Done:
        """Bring one purchase to the platform, or find out why not. ``ready`` holds its request, and what was known of it before.

        The permit for the first call was taken with the row.
        """
        self._turns.begin(ready.owner)
        try:
            return await self._sent(row, ready)
        finally:
            self._turns.end(ready.owner)

    async def _sent(self, row: Claimed, ready: Ready) -> Done:
        if ready.before is not None:
            done = await self._looked_up_first(row, ready)
            if done is not None:
                return done
        if not await self._turns.take(ready.owner):
            return Done(verdict=LATER, untaken=ready.before is None)
        done, answer = await self._post(ready)
        if answer is None or done.outcome is None:
            return done
        if answer.status == 409 or done.outcome.kind == "unconfirmed":
            await self._note(done.entry)
            return await self._looked_up(row, ready) or done
        told = decoded(self._line.platform, answer)
        if answer.status >= 400 and told.waits_for:
            return await self._after_what_lacks(row, ready, done, told)
        return done

    # -- looking first -------------------------------------------------------------------------------------------------

    async def _looked_up_first(self, row: Claimed, ready: Ready) -> Done | None:
        """Return what became of a purchase that was marked before; None where it is not there, and this row may send it."""
        before, one = ready.before, ready.one
        assert before is not None, "only what was marked comes here"
        assert one is not None, "it has a request"
        if before.state == "going":
            left_s = self._unsettled_s(before)
            if left_s > 0:
                return Done(verdict=Verdict("retrying", wait_s=left_s, released=True))
            if before.owner != ready.owner and await self._is_open(ready, before.owner):
                return self._elsewhere(row)
        done = await self._looked_up(row, ready)
        if done is not None:
            return done
        mine = self._memory.mark("purchase", one, "going", ready.owner)
        if await self._doors.marks.take(self._memory.of("purchase"), before, mine):
            return None
        return Done(verdict=Verdict("retrying", wait_s=AGAIN_S))  # somebody else took it meanwhile

    def _unsettled_s(self, before: SyncMark) -> float:
        """Return for how long what another process sent may still be on its way: it was alive until this one took its job over."""
        if before.owner == ENDED:
            return 0.0
        since = max(before.at, self._begun_at) if self._job is not None else before.at
        return (since - self._house.clock.now()).total_seconds() + SETTLE_S

    async def _looked_up(self, row: Claimed, ready: Ready) -> Done | None:
        """Return what the platform has of a purchase; None where it surely has none."""
        assert ready.one is not None, "it has a request"
        if not await self._turns.take(ready.owner):
            return Done(verdict=LATER)
        outcome, answer, entry = await self._line.call(
            LOOK_UP, {"id": ready.one.key}, job_id=self._job_id, record=False, wire=self._wire, paced=False
        )
        status = answer.status if isinstance(answer, Reply) else None
        if isinstance(answer, Reply) and status == 404 and not _is_page(answer):
            await self._note(entry)
            return None
        found = json_of(answer) if isinstance(answer, Reply) and outcome.ok else None
        if isinstance(found, dict):
            return self._compared(ready.one, found, outcome, entry)
        verdict = judge(outcome, status, attempts=row.attempts, key=row.key, repeatable=True)
        if verdict.state != "failed":
            return Done(outcome, status, entry, verdict)
        unsure = outcome.model_copy(update={"kind": "uncertain", "sentence": say(
            "It is not known whether the purchase arrived, and it could not be looked up, so it was not sent again. {why}",
            why=outcome.sentence,
        )})  # fmt: skip
        return Done(unsure, status, entry.model_copy(update={"outcome": unsure}), Verdict("uncertain"))

    def _compared(self, one: Outgoing, found: Mapping[str, JsonValue], read: Outcome, entry: Entry) -> Done:
        different = differences(one.body, found)
        if different:
            outcome = Outcome(kind="refused", ids=read.ids, sentence=say(
                "Conflict: {platform} has a purchase with this id that says something else in: {fields}. It was not overwritten. Compare "
                "the two, and correct the row or give it an id of its own.",
                platform=self._line.platform.name, fields=", ".join(different),
            ))  # fmt: skip
            return Done(outcome, 200, entry.model_copy(update={"outcome": outcome}), Verdict("failed"))
        outcome = Outcome(kind="accepted", ids=read.ids, sentence=say(
            "{platform} has this purchase already, with the same content. It was not sent a second time.", platform=self._line.platform.name
        ))  # fmt: skip
        return Done(
            outcome, 200, entry.model_copy(update={"outcome": outcome, "request": None, "reply": None})
        )

    async def _is_open(self, ready: Ready, owner: str) -> bool:
        """Return whether whoever marked a purchase may still send it."""
        if owner == ENDED:
            return False
        job_id, _, number = owner.rpartition("-")
        try:
            rows = await self._house.ledger.rows(job_id, RowFilter(after=int(number) - 1, limit=1))
        except (NotFound, ValueError):
            assert ready.before is not None, "only what was marked comes here"
            return self._house.clock.now() < ready.before.at + timedelta(seconds=ALONE_S)
        return bool(rows) and rows[0].state in OPEN

    def _elsewhere(self, row: Claimed) -> Done:
        if row.attempts < MOST_WAITS:
            return Done(verdict=Verdict("retrying", wait_s=AGAIN_S))
        return Done(Outcome(kind="refused", sentence=say(
            "Another row has a purchase with the same id under way. Let that end, then send this one again."
        )), verdict=Verdict("failed"))  # fmt: skip

    # -- sending -------------------------------------------------------------------------------------------------------

    async def _post(self, ready: Ready) -> tuple[Done, Reply | None]:
        assert ready.request is not None, "it was made ready"
        assert ready.one is not None, "it was made ready"
        answer = await self._line.send(ready.request, self._wire)
        outcome, entry = self._line.record(
            ready.one.call, ready.request, answer, job_id=self._job_id, exchange=self._job is None
        )
        reply = answer if isinstance(answer, Reply) else None
        done = Done(
            outcome, reply.status if reply else None, entry, learned=self._line.learned(answer), untaken=outcome.kind in UNTAKEN
        )  # fmt: skip
        return done, reply

    async def _note(self, entry: Entry | None) -> None:
        """Write down a call that did not decide what becomes of the row."""
        if entry is not None:
            await self._house.journal.append(entry)

    # -- what lacks ----------------------------------------------------------------------------------------------------

    async def _after_what_lacks(self, row: Claimed, ready: Ready, done: Done, told: Decoded) -> Done:
        """Create what a purchase waits for, and send it once more; where that cannot be, it waits."""
        tried: set[Entity] = set()
        while told.waits_for and (entity := told.waits_for[0]) not in tried:
            tried.add(entity)
            created = await self._lacking.create(entity, ready, told)
            if created is False:
                break
            await self._note(done.entry)
            await self._learn(done)
            if created is None or not await self._turns.take(ready.owner):
                return Done(verdict=LATER, untaken=True)
            done, answer = await self._post(ready)
            told = (
                decoded(self._line.platform, answer)
                if answer is not None and answer.status >= 400
                else Decoded()
            )
        if told.waits_for:
            await self._lacking.list(row, ready, done, told.waits_for[0], told)
        return done

    async def _learn(self, done: Done) -> None:
        if done.learned is not None:
            await self._house.budgets.learn(self._line.account, done.learned)
            done.learned = None


def _is_page(answer: Reply) -> bool:
    """Return whether a web page answers in place of the platform: its 404 says nothing of a purchase."""
    return answer.body.lstrip()[:1] == b"<"
