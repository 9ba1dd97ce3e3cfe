"""RUN OUTCOMES: what became of each row of a run's table, in the table's order: the ledger's word, or why it never went there.

The rows that went into the ledger lie there in the table's order, so the number of one follows from how many before it were kept back.
Where they went there in other pieces, the run's own ``Telling`` says what became of them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from workbench.errors import NotFound
from workbench.models.run import CheckedFilter, RowOutcome, Run, RunSummary
from workbench.models.work import Counts, Row, RowFilter, RowState

from .house import House
from .run_keeping import reason_of, recipient_of
from .run_look import Telling
from .work import Work

if TYPE_CHECKING:  # a page that connects reads the services' signatures, and loads no door
    from workbench.adapters.run_store import RunStore
    from workbench.adapters.sealed_rows import RowKey

REHEARSED: Final = "dry_run"
"""The outcome of a row of a dry run: made, and not sent."""


class Outcomes:
    """Reads what became of rows."""

    def __init__(self, house: House, store: RunStore, work: Work) -> None:
        self._house, self._store, self._work = house, store, work

    async def page(self, run: Run, key: RowKey, after: int, limit: int) -> list[RowOutcome]:
        """Return the outcomes of the rows behind row ``after`` of the table, in their order."""
        aside = await self._store.page(
            run.id, CheckedFilter(states=("bad", "left_out"), after=after, limit=min(limit, 500))
        )
        kept_back = await self._store.kept_back(run.id, after)
        behind = max(0, after - kept_back)
        rows = await self._rows(run, RowFilter(after=behind, limit=limit))
        # while several processes add rows there are gaps: what is behind one is told once it is closed
        sent = [row for place, row in enumerate(rows, behind + 1) if row.number == place]
        names = await self._provider_ids(sent)
        waiting, number, found = iter(sent), after, list[RowOutcome]()
        by_number = {one.number: one for one in aside}
        while len(found) < limit:
            number += 1
            one = by_number.pop(number, None)
            if one is not None:
                found.append(RowOutcome(
                    row=number, recipient=recipient_of(key, one), state=one.state, outcome=one.state, sentence=reason_of(key, one),
                    changed_at=run.changed_at,
                ))  # fmt: skip
                continue
            row = next(waiting, None)
            if row is not None:
                found.append(_outcome(row, number, names.get(row.number, "")))
            elif not by_number:
                break
            else:  # the ledger's rows are not there yet, or are at their end here
                number = min(by_number) - 1
        return found

    async def in_state(self, run: Run, state: RowState, after: int, limit: int) -> list[RowOutcome]:
        """Return the outcomes of the ledger's rows in one state, behind row ``after`` of the table."""
        kept_back = await self._store.kept_back(run.id, after)
        rows = await self._rows(run, RowFilter(states=(state,), after=max(0, after - kept_back), limit=limit))
        names = await self._provider_ids(rows)
        return [
            _outcome(row, await self._number(run.id, row.number), names.get(row.number, "")) for row in rows
        ]

    async def summary(self, run: Run, telling: Telling | None) -> RunSummary:
        """Return how a run stands; what ``telling`` says of its rows goes before the ledger's own counts."""
        seen = run.preflight
        if seen is None:
            return RunSummary(run=run)
        progress = None
        if run.job_id is not None:
            try:
                progress = await self._work.job(run.job_id)
            except NotFound:  # it is not made yet, or was deleted
                progress = None
        counts = progress.job.counts if progress else Counts()
        if progress is not None and telling is not None:
            counts = await telling.counts()
        return RunSummary(
            run=run, progress=progress, total=seen.total, bad=seen.bad, left_out=seen.left_out,
            not_added=max(0, seen.ready - counts.total), counts=counts, rehearsed=counts.cancelled if run.plan.dry_run else 0,
        )  # fmt: skip

    async def _rows(self, run: Run, wanted: RowFilter) -> list[Row]:
        if run.job_id is None:
            return []
        try:
            return await self._house.ledger.rows(run.job_id, wanted)
        except NotFound:
            return []

    async def _number(self, run_id: str, place: int) -> int:
        """Return the number in the table of the row that is the ledger's ``place``-th."""
        number = place
        while True:
            there = place + await self._store.kept_back(run_id, number)
            if there == number:
                return number
            number = there

    async def _provider_ids(self, rows: Sequence[Row]) -> dict[int, str]:
        """Return the provider's own ids of the rows that it took, where it gives any."""
        taken = [row for row in rows if row.state == "accepted" and row.entry_id]
        entries = await asyncio.gather(*(self._entry_ids(row.entry_id or "") for row in taken))
        return {row.number: ids for row, ids in zip(taken, entries, strict=True) if ids}

    async def _entry_ids(self, entry_id: str) -> str:
        try:
            entry = await self._house.journal.entry(entry_id)
        except NotFound:  # retention deleted it
            return ""
        return " ".join(entry.outcome.ids) if entry.outcome else ""


def _outcome(row: Row, number: int, provider_id: str) -> RowOutcome:
    rehearsed = row.state == "cancelled" and row.attempts > 0 and not row.outcome
    return RowOutcome(
        row=number, recipient=row.recipient, state=row.state, outcome=REHEARSED if rehearsed else row.outcome,
        sentence=row.sentence, provider_id=provider_id, attempts=0 if rehearsed else row.attempts, changed_at=row.changed_at,
    )  # fmt: skip
