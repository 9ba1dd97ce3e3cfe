"""SYNC RUNS FACE: one sync as it stands: its rows looked at, compared and mended, started; then its job, by rows or by files."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any

import ipywidgets

from workbench.models.run import CheckedRow, Run
from workbench.models.work import JobConfirmation, Progress
from workbench.sentence import N_, say
from workbench.services.import_failed import REASON

from . import look
from .bar import PageLinks
from .confirming import records_question
from .fold import visible
from .page import Frame
from .piece import said
from .runs_face import Proof, RunFace, RunJob, Work
from .runs_mend import CheckedRows
from .shown import Seen
from .sync_changes import ChangesCard
from .sync_import import ImportBoard
from .sync_options import LOUD
from .sync_waiting import SyncOutcomes

__all__ = ["SyncFace"]


class FilesJob(RunJob):
    """The job of an import: its rows are files, so the board below it tells of the table's rows, and of what became of them."""

    def show(self, progress: Progress) -> None:
        """Show what is to be done with the job, and its state where the board does not say it."""
        super().show(progress)
        state = progress.job.state
        for part in (self.bar, self.pace):
            visible(part, False)
        visible(self.state, progress.interrupted or state not in ("running", "done"))
        visible(self.steering.widget, state != "done")


class SyncRows(CheckedRows):
    """The rows that were looked at. Where none is bad, those that can go are shown; what an import refused before says why."""

    aside = frozenset({REASON})

    def __init__(self, frame: Frame, run: Run, on_changed: Work) -> None:
        super().__init__(frame, run, on_changed)
        if run.plan.sync is not None and run.plan.sync.how == "import":
            self.body_kind = "CSV"
        if run.preflight is not None and not run.preflight.bad:
            self.which.value = "ready"

    def told_of(self, row: CheckedRow) -> Sequence[ipywidgets.Widget]:
        """Return why an import refused the row before."""
        reason = row.cells.get(REASON)
        return (look.banner("warn", str(reason), N_("Refused before:")),) if reason else ()

    def _cells(self, row: CheckedRow) -> dict[str, Any]:
        cells = super()._cells(row)
        reason = row.cells.get(REASON)
        if row.state == "ready" and reason:
            told = say("Refused before: {reason}", reason=str(reason))
            cells |= {"sentence": told} | (
                {} if row.fixed else {"state": {"text": said(N_("Mend this")), "kind": "warn"}}
            )
        return cells


class SyncFace(RunFace):
    """One sync. ``opened`` is given a new run that was made from this one."""

    START = N_("Start the sync")

    def __init__(
        self, frame: Frame, run: Run, changed: Work, edit: Callable[[Run], Awaitable[object]], gone: Work,
        opened: Callable[[Run], Awaitable[object]],
    ) -> None:  # fmt: skip
        super().__init__(frame, run, changed, edit, gone)
        self._opened = opened
        self._warned = False

    def _within(self) -> Iterable[Seen]:
        yield from super()._within()
        if isinstance(self.outcomes, ImportBoard):
            yield self.outcomes

    async def again(self) -> None:
        """Read the run at once, and look again by itself from now on."""
        await super().again()
        if isinstance(self.outcomes, ImportBoard):
            await self.outcomes.read()

    async def start(self) -> None:
        """Start it; where old purchases would start automations, that is said first (R-SYNC-06)."""
        sync = self.run.plan.sync
        loud = (
            sync is not None
            and sync.entity == "purchase"
            and sync.fire == "yes"
            and not self.run.plan.dry_run
        )
        if loud and not self._warned and self.run.state == "checked":
            go, stay = (
                look.button(N_("Start it, and the automations with it"), "danger"),
                look.button(N_("Leave it")),
            )
            self.frame.click(go, self._start_loud, self.messages)
            stay.on_click(lambda _: self.asked.put())
            self.asked.put(look.banner("warn", LOUD), look.buttons(stay, go, align="start"))
            return
        self._warned = False
        await super().start()

    async def _start_loud(self) -> None:
        self._warned = True
        await self.start()

    # -- what differs --------------------------------------------------------------------------------------------------

    @property
    def _by_file(self) -> bool:
        return self.run.plan.sync is not None and self.run.plan.sync.how == "import"

    async def _open_pace(self) -> bool:
        return False  # the shop says how fast its platform may be called

    def _question(self, confirmation: JobConfirmation) -> tuple[ipywidgets.Widget, ipywidgets.Button]:
        return records_question(confirmation, self.asked.put)

    def _beside_rows(self, run: Run) -> Sequence[ipywidgets.Widget]:
        return (ChangesCard(self.frame, run).widget,)

    def _proof(self, run: Run) -> Proof:
        return ImportBoard(self.frame, run, self._opened) if self._by_file else SyncOutcomes(self.frame, run)

    def _onward(self, run: Run) -> Sequence[ipywidgets.Widget]:
        label = said(N_("See every call in the activity"))
        link = {
            "page": "activity",
            "place": f"job={run.job_id}",
            "label": label,
            "code": "await activity_page(bench)",
        }
        return (PageLinks([link], label=said(N_("More"))),)

    def _job_of(self, progress: Progress) -> RunJob:
        kind = FilesJob if self._by_file else RunJob
        return kind(self.frame, progress, changed=self._went_on, gone=self._changed)

    def _rows_of(self, run: Run) -> CheckedRows:
        return SyncRows(self.frame, run, self.again)
