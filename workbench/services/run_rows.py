"""RUN ROWS: the rows of a run as a person looks at them, page by page; and one of them mended, or left out, and looked at again at once."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Final

from workbench.errors import Invalid, NotFound
from workbench.models.base import JsonValue, Problem
from workbench.models.run import CheckedFilter, CheckedRow, CheckState
from workbench.models.run_kept import KeptRow, KeptRun
from workbench.sentence import say

from .house import House
from .run_checking import Checking, verdict
from .run_keeping import checked_row, fixes_of, kept_row, key_of, masked, problems_of, sealed_fixes, shown
from .run_look import Look, Looked
from .run_tally import Tally

if TYPE_CHECKING:  # a page that connects reads the services' signatures, and loads no door
    from workbench.adapters.run_store import RunStore
    from workbench.adapters.sealed_rows import RowKey
    from workbench.adapters.tables import Tables

Open = Callable[[], Awaitable[Look]]
MOST: Final = 1_000
"""Rows that are left out in one call."""


class RunRows:
    """Reads rows, and mends them."""

    def __init__(self, house: House, store: RunStore, tables: Tables, checking: Checking) -> None:
        self.house, self._store, self.tables, self._checking = house, store, tables, checking

    async def page(self, kept: KeptRun, look: Open, wanted: CheckedFilter) -> list[CheckedRow]:
        """Return the rows that fit; ``look`` is asked for where what was kept of them does not do."""
        if "ready" in wanted.states:
            return await self._ready_rows(kept, await look(), wanted)
        states = wanted.states or ("bad", "left_out")
        return await self._checked_rows(
            kept, look, await self._store.page(kept.run.id, wanted.model_copy(update={"states": states}))
        )

    async def fix(self, kept: KeptRun, look: Look, row: int, cells: dict[str, JsonValue]) -> CheckedRow:
        """Change cells of a row and look at it again; no cells: it is as it came. One that was left out by hand comes in again."""
        unknown = next((name for name in cells if name not in look.table.columns), None)
        if unknown is not None:
            sentence = say("There is no column “{name}” in this table.", name=unknown)
            raise Invalid([Problem(field="cells", sentence=sentence)])
        key = await key_of(self.house, kept)
        before = (await self._store.between(kept.run.id, row, row)).get(row)
        fixes = {**fixes_of(key, before), **cells} if cells else {}
        return await self._again(kept, look, key, row, fixes, by_hand=False)

    async def leave_out(self, kept: KeptRun, look: Look, rows: Sequence[int], *, out: bool) -> None:
        """Leave rows out by hand, or let them in again if they can go."""
        key = await key_of(self.house, kept)
        for row in sorted(set(rows))[:MOST]:
            before = (await self._store.between(kept.run.id, row, row)).get(row)
            await self._again(kept, look, key, row, fixes_of(key, before), by_hand=out)

    async def _again(
        self, kept: KeptRun, look: Look, key: RowKey, number: int, fixes: dict[str, JsonValue], *, by_hand: bool
    ) -> CheckedRow:  # fmt: skip
        """Look at one row once more, and count it where it belongs now."""
        rows = await asyncio.to_thread(
            lambda: list(self.tables.rows(look.table.id, after=number - 1, limit=1))
        )
        if number < 1 or not rows:
            raise NotFound(say("There is no row {row} in this table.", row=number))
        looked = look.look(rows[0], fixes)
        [outside] = await self._checking.outside(look, [looked]) if looked.data is not None else [None]
        known = (await self._store.between(kept.run.id, number, number)).get(number)
        mine = KeptRow(number, looked.state, by_hand=by_hand, fixes=sealed_fixes(key, fixes))
        state, problems = verdict(looked, mine, outside, None)
        found = kept_row(key, look, looked, state, problems, mine)
        was: tuple[CheckState, Sequence[Problem]] = (
            known.state if known else "ready",
            problems_of(key, known) if known and known.detail else look.look(rows[0]).problems,
        )

        def counted(now: KeptRun) -> KeptRun:
            tally = Tally(functools.partial(masked, self.house), now.run.preflight)
            tally.again(number, was, (state, problems), looked.cells, looked.size)
            run = now.run.model_copy(
                update={"preflight": tally.preflight, "changed_at": self.house.clock.now()}
            )
            return KeptRun(run, now.key, now.turn, now.basis)

        await self._store.mend(kept.run.id, [found], counted)
        row = checked_row(self.house, key, found)
        return row.model_copy(update={"body": await asyncio.to_thread(look.body, looked)})

    async def _checked_rows(
        self, kept: KeptRun, open_look: Open, found: Sequence[KeptRow]
    ) -> list[CheckedRow]:
        """Return kept rows as they are shown; those whose cells were not kept are looked at again."""
        key = await key_of(self.house, kept)
        rows: list[CheckedRow] = []
        look: Look | None = None
        for one in found:
            if one.detail is not None:
                rows.append(checked_row(self.house, key, one))
                continue
            look = look or await open_look()
            looked = await self._one(look, one.number)
            row = CheckedRow(
                number=one.number, state=one.state, cells=looked.cells, recipient=look.recipient(looked), problems=looked.problems
            )  # fmt: skip
            rows.append(shown(self.house, row, look.hidden(looked)))
        return rows

    async def _one(self, look: Look, number: int) -> Looked:
        rows = await asyncio.to_thread(
            lambda: list(self.tables.rows(look.table.id, after=number - 1, limit=1))
        )
        return look.look(rows[0]) if rows else Looked(number, {})

    async def _ready_rows(self, kept: KeptRun, look: Look, wanted: CheckedFilter) -> list[CheckedRow]:
        """Return rows with the ready ones among them, read from the table again."""
        key = await key_of(self.house, kept)
        found: list[CheckedRow] = []
        async for batch in self.tables.batches(look.table.id, after=wanted.after, size=200):
            if not batch:
                break
            aside = await self._store.between(kept.run.id, batch[0].number, batch[-1].number)
            for row in batch:
                one = aside.get(row.number)
                if (one.state if one else "ready") not in wanted.states:
                    continue
                if one is not None and one.state != "ready":
                    found.append(checked_row(self.house, key, one))
                else:
                    found.append(
                        self._ready_row(look, look.look(row, fixes_of(key, one)), fixes_of(key, one))
                    )
                if len(found) >= wanted.limit:
                    return found
        return found

    def _ready_row(self, look: Look, looked: Looked, fixes: dict[str, JsonValue]) -> CheckedRow:
        row = CheckedRow(
            number=looked.number, state=looked.state, cells=looked.cells, fixed=tuple(fixes), recipient=look.recipient(looked),
            body=look.body(looked), problems=looked.problems,
        )  # fmt: skip
        return shown(self.house, row, look.hidden(looked))
