"""IMPORT OUTCOMES: what became of each row of an imported table, in its order: the rows lie in parts, which end as one."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from workbench.engine.import_states import OPEN_STATES
from workbench.engine.personal import masking
from workbench.errors import NotFound
from workbench.models.run import RowOutcome, Run
from workbench.models.run_kept import KeptRow
from workbench.models.sync import PartState
from workbench.models.work import OPEN, Counts, Row, RowFilter, RowState
from workbench.sentence import Sentence

from .import_doors import ImportDoors
from .import_failed import Failed
from .run_keeping import fixes_of, reason_of, recipient_of
from .run_outcomes import REHEARSED

if TYPE_CHECKING:
    from workbench.adapters.import_store import KeptPart, KeptRefusal
    from workbench.engine.table_rows import TableRow

BATCH: Final = 1_000
_STATES: Final[dict[PartState, RowState]] = {
    "waiting": "waiting", "queued": "in_flight", "in_progress": "in_flight", "unknown": "in_flight", "still_running": "uncertain",
    "finished": "accepted", "failed": "failed", "cancelled": "failed",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Part:
    """A part as the store has it, and its row of the ledger (None: it is not there yet, or the job was deleted)."""

    kept: KeptPart
    row: Row | None
    rest: RowState = "waiting"
    """What became of those of its rows that no report names."""
    refused: int = 0
    """The rows that a report names."""

    @property
    def rehearsed(self) -> bool:
        """Whether its file was made in a dry run."""
        return (
            self.rest == "cancelled"
            and self.row is not None
            and self.row.attempts > 0
            and not self.row.outcome
        )


@dataclass(slots=True)
class _Asked:
    """One question: the run's parts and its rows, opened once."""

    failed: Failed
    parts: list[_Part] = field(default_factory=list)


class ImportTelling:
    """Reads what became of an import's rows. Contacts are masked for everybody: an outcome file is carried about."""

    def __init__(self, doors: ImportDoors, run: Run) -> None:
        self._doors, self._run = doors, run

    async def page(self, after: int, limit: int, state: RowState | None = None) -> list[RowOutcome]:
        """Return the outcomes of the rows behind row ``after`` of the table, in their order; of one ``state``, or all.

        A row of a part that was taken partly counts as taken only where the report names every refused one. Raises NotFound and Invalid
        where table or shop are gone.
        """
        asked = _Asked(await Failed.open(self._doors, self._run.id), await self._parts())
        found: list[RowOutcome] = []
        async for first, last in self._places(asked.parts, after, state):
            size = limit if state is None else BATCH
            async for batch in self._doors.tables.batches(asked.failed.table.id, after=first - 1, size=size):
                near = [row for row in batch if last is None or row.number <= last]
                found += await self._outcomes(asked, near, state) if near else ()
                if len(found) >= limit:
                    return found[:limit]
                if len(near) < len(batch):
                    break
        return found

    async def counts(self) -> Counts:
        """Return how many rows of the parts in the ledger are in each state."""
        found: Counter[str] = Counter()
        for part in await self._parts():
            if part.row is not None:
                refused = min(part.refused, part.kept.part.rows)
                found["failed"] += refused
                found[part.rest] += part.kept.part.rows - refused
        return Counts.model_validate(found)

    # -- parts ---------------------------------------------------------------------------------------------------------

    async def _parts(self) -> list[_Part]:
        rows = await self._ledger()
        return [
            await self._part(kept, rows.get(kept.part.number))
            for kept in await self._doors.imports.parts(self._run.id)
        ]

    async def _part(self, kept: KeptPart, row: Row | None) -> _Part:
        part, refused, others = kept.part, 0, 0
        if part.report != "none":
            refused, others = await self._doors.imports.refused_counts(self._run.id, part.number)
        # every row was told of, and the report names as many as were refused: what it does not name was surely taken
        told = part.success + part.errors >= part.rows
        sure = part.report == "joined" and told and not others and refused >= part.errors
        return _Part(kept, row, _rest(kept, row, sure=sure), refused)

    async def _ledger(self) -> dict[int, Row]:
        """Return the ledger's rows by their numbers, which are those of the parts."""
        found: dict[int, Row] = {}
        while self._run.job_id is not None:
            wanted = RowFilter(after=max(found, default=0), limit=1000)
            try:
                rows = await self._doors.house.ledger.rows(self._run.job_id, wanted)
            except NotFound:
                break
            found |= {row.number: row for row in rows}
            if len(rows) < wanted.limit:
                break
        return found

    async def _places(
        self, parts: Sequence[_Part], after: int, state: RowState | None
    ) -> AsyncIterator[tuple[int, int | None]]:
        """Give where rows of a state may be behind row ``after``, as the first and the last number; None: up to the end."""
        if state is None:
            yield after + 1, None
            return
        for part in parts:
            first, last = max(part.kept.part.first, after + 1), part.kept.part.last
            if part.rest == state and first <= last:
                yield first, last
            elif state == "failed" and part.refused:
                for at in range(first, last + 1, BATCH):
                    end = min(at + BATCH - 1, last)
                    named = await self._doors.imports.refused_from(self._run.id, at, end)
                    if named:
                        yield named[0].row, named[-1].row
        if state == "waiting":
            yield max([after, *(part.kept.part.last for part in parts)]) + 1, None

    # -- rows ----------------------------------------------------------------------------------------------------------

    async def _outcomes(
        self, asked: _Asked, batch: Sequence[TableRow], state: RowState | None
    ) -> list[RowOutcome]:
        first, last = batch[0].number, batch[-1].number
        aside = await self._doors.rows.between(self._run.id, first, last)
        parts = [one for one in asked.parts if one.kept.part.last >= first and one.kept.part.first <= last]
        refused: dict[int, list[KeptRefusal]] = {}
        for one in await self._doors.imports.refused_from(self._run.id, first, last):
            refused.setdefault(one.row, []).append(one)
        found: list[RowOutcome] = []
        for row in batch:
            kept = aside.get(row.number)
            if kept is not None and kept.state != "ready":
                found += [self._kept_back(asked, row.number, kept)] if state is None else []
                continue
            part = next(
                (one for one in parts if one.kept.part.first <= row.number <= one.kept.part.last), None
            )
            said = refused.get(row.number, [])
            its = "failed" if said else part.rest if part is not None else "waiting"
            if state in (None, its):
                found.append(self._sent(asked, row, kept, part, said))
        return found

    def _kept_back(self, asked: _Asked, number: int, kept: KeptRow) -> RowOutcome:
        key = asked.failed.key
        return RowOutcome(
            row=number, recipient=recipient_of(key, kept), state=kept.state, outcome=kept.state, sentence=reason_of(key, kept),
            changed_at=self._run.changed_at,
        )  # fmt: skip

    def _sent(
        self, asked: _Asked, row: TableRow, known: KeptRow | None, its: _Part | None, refused: Sequence[KeptRefusal]
    ) -> RowOutcome:  # fmt: skip
        failed = asked.failed
        looked = failed.look.look(row, fixes_of(failed.key, known))
        recipient = failed.look.recipient(looked)
        if its is None:
            return RowOutcome(row=row.number, recipient=recipient, state="waiting")
        part, state, sentence = its.kept.part, its.rest, its.kept.part.sentence
        if refused:
            mask = masking(failed.look.hidden(looked), self._doors.house.home.salt)
            state, sentence = "failed", _told([mask(failed.reason(one)) for one in refused])
        elif state == "accepted":
            sentence = None
        elif part.state in OPEN_STATES and its.row is not None:
            sentence = its.row.sentence
        return RowOutcome(
            row=row.number, recipient=recipient, state=state, outcome=REHEARSED if its.rehearsed else _OUTCOMES.get(state, ""),
            sentence=sentence, provider_id=part.import_id, attempts=int(its.kept.begun_at is not None),
            changed_at=part.changed_at or (its.row.changed_at if its.row else None),
        )  # fmt: skip


_OUTCOMES: Final[dict[RowState, str]] = {
    "accepted": "accepted",
    "failed": "refused",
    "uncertain": "uncertain",
}


def _rest(kept: KeptPart, row: Row | None, *, sure: bool) -> RowState:
    """Return the state of a part's rows that no report names. A part that goes on at the platform, but not here, is not known to end."""
    part = kept.part
    if part.state in OPEN_STATES and row is not None and row.state not in OPEN:
        return "uncertain" if kept.begun_at is not None or part.import_id else row.state
    if part.state == "partial":
        return "accepted" if sure else "uncertain"
    if part.state == "failed" and kept.begun_at is not None and not part.import_id:
        return "uncertain"  # nobody knows whether the file arrived
    return _STATES[part.state]


def _told(reasons: Sequence[str]) -> Sentence:
    return Sentence("{reason}", {"reason": "; ".join(dict.fromkeys(reasons))})
