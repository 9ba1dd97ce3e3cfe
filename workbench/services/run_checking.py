"""RUN CHECKING: every row of a run is looked at before the first one goes: streamed, a thousand at a time, beside everything else."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from workbench.engine.table_rows import TableRow
from workbench.models.base import Problem
from workbench.models.run import CheckedFilter, CheckState, Preflight
from workbench.models.run_kept import KeptRow, KeptRun
from workbench.sentence import Sentence, say

from .consent_asking import Ledger, decided
from .double_send import went
from .house import House
from .run_keeping import fixes_of, kept_row, masked
from .run_look import Look, Looked
from .run_tally import Tally

if TYPE_CHECKING:  # a page that connects reads the services' signatures, and loads no door
    from workbench.adapters.run_store import RunStore
    from workbench.adapters.sealed_rows import RowKey
    from workbench.adapters.send_marks import SendMarks
    from workbench.adapters.tables import Tables

BATCH: Final = 1_000
TOLD_EVERY_S: Final = 0.5
MOST_SEEN: Final = 300_000
"""Marks that are remembered within one table; a double behind them is found when it is about to go."""
MOST_DETAILED: Final = 20_000
"""Rows whose cells and problems are kept for a person to mend; nobody mends more by hand."""


@dataclass(slots=True)
class Checking:
    """One walk over a run's table."""

    house: House
    store: RunStore
    tables: Tables
    marks: SendMarks | None
    consent: Ledger | None

    async def run(self, id: str, turn: str, look: Look, key: RowKey) -> None:
        """Look at every row and keep what was found; ends early once somebody else's turn began."""
        tally, walk = Tally(functools.partial(masked, self.house)), _Walk(self, id, look, key)
        clock = asyncio.get_running_loop().time
        told_at, waiting = clock(), list[KeptRow]()
        walk.touched = bool(await self.store.page(id, CheckedFilter(limit=1)))
        async for batch in self.tables.batches(look.table.id, size=BATCH):
            waiting += await walk.piece(batch, tally)
            if clock() - told_at >= TOLD_EVERY_S or len(waiting) >= BATCH:
                told_at = clock()
                found, waiting = waiting, []
                if not await self.store.put(id, turn, found, _so_far(tally.preflight)):
                    return
        tally.seconds = await self.seconds(look, tally.ready)
        tally.done = True
        if await self.store.put(id, turn, waiting, _so_far(tally.preflight)):
            await self.store.change(
                id, {"checking"}, functools.partial(_done, look.basis, self.house), turn=turn
            )

    async def seconds(self, look: Look, rows: int) -> float | None:
        """Return the time that so many rows take at the account's pace, None where nobody limits it."""
        rates = (await self.house.budgets.budget(look.account)).rates or look.rates
        return max((look.calls(rows) / rate.limit * rate.per_s for rate in rates), default=None)

    async def outside(self, look: Look, ready: Sequence[Looked]) -> list[tuple[str, Sentence] | None]:
        """Return for each row why consent or the guard keeps it back: the field's name and the reason; None for one that may go."""
        found = await look.left_out(ready)
        channel, designation = look.channel, look.designation
        if self.consent is not None and channel is not None and designation is not None and ready:
            answers = await decided(self.consent, channel, designation, [one.identifiers for one in ready])
            found = [
                own or (None if answer is None else ("consent", answer[1]))
                for own, answer in zip(found, answers, strict=True)
            ]
        if self.marks is not None and look.guard_min and ready:
            now = self.house.clock.now()
            since = now - timedelta(minutes=look.guard_min)
            known = await self.marks.first([one.mark for one in ready], since)
            for at, one in enumerate(ready):
                if found[at] is None and one.mark in known:
                    found[at] = ("guard", went(known[one.mark], now))
        return found


class _Walk:
    """What is remembered from one thousand rows to the next."""

    def __init__(self, checking: Checking, id: str, look: Look, key: RowKey) -> None:
        self.checking, self.id, self.look, self.key = checking, id, look, key
        self.touched = True
        self._seen: dict[str, int] = {}
        self._detailed = 0

    async def piece(self, batch: Sequence[TableRow], tally: Tally) -> list[KeptRow]:
        """Look at some rows, count them, and return what is to be kept of them."""
        if not batch:
            return []
        kept: Mapping[int, KeptRow] = {}
        if self.touched:
            kept = await self.checking.store.between(self.id, batch[0].number, batch[-1].number)
        looked = await asyncio.to_thread(self._looked, batch, kept)
        ready = [one for one in looked if one.data is not None and not _by_hand(kept, one.number)]
        outside = dict(
            zip((one.number for one in ready), await self.checking.outside(self.look, ready), strict=True)
        )
        return await asyncio.to_thread(self._counted, looked, kept, outside, tally)

    def _looked(self, batch: Sequence[TableRow], kept: Mapping[int, KeptRow]) -> list[Looked]:
        look = self.look.look
        if not kept:
            return [look(row) for row in batch]
        return [look(row, fixes_of(self.key, kept.get(row.number))) for row in batch]

    def _counted(
        self, looked: Sequence[Looked], kept: Mapping[int, KeptRow], outside: Mapping[int, tuple[str, Sentence] | None], tally: Tally
    ) -> list[KeptRow]:  # fmt: skip
        found: list[KeptRow] = []
        for one in looked:
            before = kept.get(one.number)
            state, problems = verdict(one, before, outside.get(one.number), self._double(one))
            tally.add(one.number, state, problems, one.cells, one.size)
            if state == "ready" and before is None:
                continue
            self._detailed += 1
            row = kept_row(self.key, self.look, one, state, problems, before)
            if self._detailed > MOST_DETAILED and before is None:
                row = KeptRow(row.number, row.state, row.fields)
            found.append(row)
        return found

    def _double(self, one: Looked) -> int | None:
        """Return the row before this one that says the same to the same contact."""
        if not one.mark:
            return None
        first = self._seen.get(one.mark)
        if first is None and len(self._seen) < MOST_SEEN:
            self._seen[one.mark] = one.number
        return first


def verdict(
    looked: Looked, before: KeptRow | None, outside: tuple[str, Sentence] | None, double: int | None
) -> tuple[CheckState, tuple[Problem, ...]]:
    """Return what becomes of a row by all that is known of it, and what is to be said of it."""
    if before is not None and before.by_hand:
        return "left_out", (*looked.problems, _note("left_out", say("Left out by hand.")))
    if looked.data is None:
        return "bad", looked.problems
    if outside is not None:
        return "left_out", (*looked.problems, _note(*outside))
    if double is not None:
        same = say("Row {row} says the same to the same contact. This one is left out.", row=double)
        return "left_out", (*looked.problems, _note("guard", same))
    return "ready", looked.problems


def _note(field: str, sentence: Sentence) -> Problem:
    return Problem(field=field, sentence=sentence, level="warning")


def _by_hand(kept: Mapping[int, KeptRow], number: int) -> bool:
    one = kept.get(number)
    return one is not None and one.by_hand


def _so_far(preflight: Preflight) -> functools.partial[KeptRun]:
    return functools.partial(_with, preflight)


def _with(preflight: Preflight, kept: KeptRun) -> KeptRun:
    return KeptRun(kept.run.model_copy(update={"preflight": preflight}), kept.key, kept.turn, kept.basis)


def _done(basis: str, house: House, kept: KeptRun) -> KeptRun:
    run = kept.run.model_copy(update={"state": "checked", "changed_at": house.clock.now()})
    return KeptRun(run, kept.key, kept.turn, basis)
