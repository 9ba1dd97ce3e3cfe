"""RUN CHECKING: every row of a run is looked at before the first one goes: streamed, a thousand at a time, beside everything else.

A table that several processes look at is looked at range by range. What each finds is joined in the table's order, and is what one of
them would have found: what rows before a range said is looked up before it is begun.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from workbench.engine.table_ranges import WHOLE, TableRange
from workbench.engine.table_rows import TableRow
from workbench.models.base import JsonValue, Problem
from workbench.models.run import CheckedFilter, CheckState, Preflight
from workbench.models.run_kept import KeptRow, KeptRun
from workbench.models.spread import Piece
from workbench.sentence import Sentence, say

from .consent_asking import Ledger, decided
from .double_send import went
from .house import House
from .run_keeping import fixes_of, kept_row, masked
from .run_look import MOST_SEEN, Look, Looked
from .run_ranges import SERVICE, Ranges, done_by, plain
from .run_tally import Tally
from .spread import Spread

if TYPE_CHECKING:  # a page that connects reads the services' signatures, and loads no door
    from workbench.adapters.run_store import RunStore
    from workbench.adapters.sealed_rows import RowKey
    from workbench.adapters.send_marks import SendMarks
    from workbench.adapters.tables import Tables

BATCH: Final = 1_000
TOLD_EVERY_S: Final = 0.5
MOST_DETAILED: Final = 20_000
"""Rows whose cells and problems are kept for a person to mend; nobody mends more by hand."""
LEAST_DETAILED: Final = 20
"""Such rows of each range at the least."""


@dataclass(slots=True)
class Before:
    """What was said by the rows of a turn up to one of them; ``full`` where no more is remembered."""

    turn: str = ""
    until: int = 0
    seen: dict[str, Any] = field(default_factory=dict, repr=False)
    full: bool = False


@dataclass(slots=True)
class Checking:
    """One walk over a run's table, or several over its ranges."""

    house: House
    store: RunStore
    tables: Tables
    marks: SendMarks | None
    consent: Ledger | None
    before: Before = field(default_factory=Before)

    async def run(self, id: str, turn: str, look: Look, key: RowKey, spread: Spread) -> None:
        """Look at every row and keep what was found; ends early once somebody else's turn began."""
        touched = bool(await self.store.page(id, CheckedFilter(limit=1)))
        ranges = await Ranges(self.tables).of(look.table, spread)
        if len(ranges) > 1:
            tally, waiting = await self._spread(id, turn, look, ranges, touched, spread), list[KeptRow]()
        else:
            tally, waiting = await self._walk(_Walk(self, id, look, key, touched), turn)
        if tally is None:
            return
        tally.seconds = await self.seconds(look, tally.ready)
        tally.done = True
        if await self.store.put(id, turn, waiting, _so_far(tally.preflight)):
            await self.store.change(
                id, {"checking"}, functools.partial(_done, look.basis, self.house), turn=turn
            )

    async def piece(
        self, id: str, turn: str, look: Look, key: RowKey, within: TableRange, detailed: int, *, touched: bool
    ) -> JsonValue:  # fmt: skip
        """Look at the rows of one range and keep what was found; return it as plain JSON, None once somebody else's turn began."""
        walk = _Walk(self, id, look, key, touched, detailed)
        await self._remember(walk, turn, within.number)
        tally, waiting = await self._walk(walk, turn, within)
        if tally is None or not await self.store.put(id, turn, waiting, _as_it_is):
            return None
        full, last = not look.remember(()), within.last or 0
        if full or self.before.turn != turn or self.before.until <= last:
            self.before = Before(turn, last, look.seen, full)
        return {"preflight": tally.preflight.model_dump(mode="json"), "weight": look.weight}

    async def _walk(
        self, walk: _Walk, turn: str, within: TableRange = WHOLE
    ) -> tuple[Tally | None, list[KeptRow]]:
        """Look at the rows of one range; return what was found, and what of it is not kept yet. None once somebody else's turn began.

        Of the whole table it is told how far it is.
        """
        id, tally = walk.id, Tally(functools.partial(masked, self.house))
        clock = asyncio.get_running_loop().time
        told_at, waiting = clock(), list[KeptRow]()
        async for batch in self.tables.batches(walk.look.table.id, size=BATCH, within=within):
            waiting += await walk.piece(batch, tally)
            if clock() - told_at >= TOLD_EVERY_S or len(waiting) >= BATCH:
                told_at = clock()
                found, waiting = waiting, []
                told = _so_far(tally.preflight) if within == WHOLE else _as_it_is
                if not await self.store.put(id, turn, found, told):
                    return None, []
        return tally, waiting

    async def _spread(
        self, id: str, turn: str, look: Look, ranges: Sequence[TableRange], touched: bool, spread: Spread
    ) -> Tally | None:  # fmt: skip
        """Let all ranges be looked at, and return what was found, joined; None once somebody else's turn began."""
        told: dict[str, JsonValue] = {
            "id": id, "turn": turn, "touched": touched, "detailed": max(LEAST_DETAILED, MOST_DETAILED // len(ranges)),
        }  # fmt: skip
        pieces = [
            Piece(service=SERVICE, method="look_over", arguments={**told, "within": plain(one)})
            for one in ranges
        ]
        found: dict[int, Preflight] = {}
        async with done_by(spread, pieces) as ended:
            async for done in ended:
                if not isinstance(done.result, dict):
                    return None
                look.weight += int(str(done.result["weight"]))
                found[done.place] = Preflight.model_validate(done.result["preflight"])
                if not await self.store.put(id, turn, [], _so_far(self._joined(found).preflight)):
                    return None
        return self._joined(found)

    def _joined(self, found: Mapping[int, Preflight]) -> Tally:
        tally = Tally(functools.partial(masked, self.house))
        for place in sorted(found):
            tally.join(found[place])
        return tally

    async def _remember(self, walk: _Walk, turn: str, until: int) -> None:
        """Let a look know what the rows up to this one say: from the range before, where this process looked at it, else from the table."""
        look = walk.look
        if not until or not look.remember(()):
            return
        known, after = self.before, 0
        if known.turn == turn and (known.full or known.until <= until):
            look.seen = known.seen if known.full else dict(known.seen)
            after = until if known.full else known.until
        if after < until:
            async for batch in self.tables.batches(look.table.id, after=after, size=BATCH):
                ours = [row for row in batch if row.number <= until]
                if not ours or not await walk.remember(ours) or len(ours) < len(batch):
                    break
        look.weight = 0

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

    def __init__(
        self, checking: Checking, id: str, look: Look, key: RowKey, touched: bool, most: int | None = None
    ) -> None:
        self.checking, self.id, self.look, self.key, self.touched = checking, id, look, key, touched
        self._most = MOST_DETAILED if most is None else most
        self._detailed = 0

    async def piece(self, batch: Sequence[TableRow], tally: Tally) -> list[KeptRow]:
        """Look at some rows, count them, and return what is to be kept of them."""
        if not batch:
            return []
        kept = await self._kept(batch)
        looked = await asyncio.to_thread(self._looked, batch, kept)
        ready = [one for one in looked if one.data is not None and not _by_hand(kept, one.number)]
        outside = dict(
            zip((one.number for one in ready), await self.checking.outside(self.look, ready), strict=True)
        )
        return await asyncio.to_thread(self._counted, looked, kept, outside, tally)

    async def remember(self, batch: Sequence[TableRow]) -> bool:
        """Let the look know what rows say that come before those to be looked at; return whether it wants more of them."""
        kept = await self._kept(batch)
        looked = await asyncio.to_thread(self._looked, batch, kept)
        return self.look.remember([one for one in looked if not _by_hand(kept, one.number) or one.mark])

    async def _kept(self, batch: Sequence[TableRow]) -> Mapping[int, KeptRow]:
        """Return what is kept of rows that a person mended or left out."""
        if not self.touched:
            return {}
        return await self.checking.store.between(self.id, batch[0].number, batch[-1].number)

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
            if self._detailed > self._most and before is None:
                row = KeptRow(row.number, row.state, row.fields)
            found.append(row)
        return found

    def _double(self, one: Looked) -> int | None:
        """Return the row before this one that says the same to the same contact."""
        if not one.mark:
            return None
        seen = self.look.seen
        first: int | None = seen.get(one.mark)
        if first is None and len(seen) < MOST_SEEN:
            seen[one.mark] = one.number
        return None if first == one.number else first  # what is known may reach further than this row


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


def _as_it_is(kept: KeptRun) -> KeptRun:
    return kept


def _so_far(preflight: Preflight) -> functools.partial[KeptRun]:
    return functools.partial(_with, preflight)


def _with(preflight: Preflight, kept: KeptRun) -> KeptRun:
    return KeptRun(kept.run.model_copy(update={"preflight": preflight}), kept.key, kept.turn, kept.basis)


def _done(basis: str, house: House, kept: KeptRun) -> KeptRun:
    run = kept.run.model_copy(update={"state": "checked", "changed_at": house.clock.now()})
    return KeptRun(run, kept.key, kept.turn, basis)
