"""SYNC IMPORT: one import as it goes: its rows and files, what the platform says of each, and at its end the rows that it refused."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from workbench.errors import NotFound, WorkbenchError
from workbench.models.run import Run
from workbench.models.sync import ImportPart, ImportReport
from workbench.sentence import N_

from . import look
from .fold import Fold, Place, visible
from .messages import Messages
from .page import Frame
from .piece import said
from .pulse import Pulse
from .runs_outcomes import RunOutcomes
from .shown import Shown
from .sync_import_view import PART_COLUMNS, part_row, report_banner, rows_markup, strip_markup
from .sync_refused import RefusedRows
from .tables import RowList

__all__ = ["ImportBoard"]

LIVELY_S, CALM_S = 2.0, 6.0
"""Seconds between two looks: while files are under way; after the workbench did not answer."""
FEW: Final = 12
"""So many files are listed openly; more of them in a fold, under their strip."""


class ImportBoard(Shown):
    """An import. ``opened`` is given the new run when refused rows are to be mended; ``shown`` is false while it is off the page."""

    def __init__(self, frame: Frame, run: Run, opened: Callable[[Run], Awaitable[object]]) -> None:
        self.frame, self.run, self._opened = frame, run, opened
        self.report: ImportReport | None = None
        self.messages, self.banner = Messages(), Place()
        self.rows, self.strip = look.show(""), look.show("")
        self.parts = RowList(N_("Files"), columns=PART_COLUMNS)
        self.listed = Fold(N_("File by file"), self.parts, opened=True)
        self.again = look.button(N_("Ask again"))
        frame.click(self.again, self.ask_again, self.messages)
        self.ways = look.buttons(self.again, align="start")
        self.refused = RefusedRows(frame, run, self.mend)
        self.outcomes = RunOutcomes(frame, run)
        self.pulse = Pulse(self.look)
        self.widget = look.stack(
            look.card(
                N_("Import"), self.banner.widget, self.rows, self.strip, self.listed.widget, self.ways, self.messages.widget,
                self.pulse,
            ),
            self.refused.widget,
            self.outcomes.widget,
        )  # fmt: skip
        visible(self.ways, False)
        visible(self.refused.widget, False)
        visible(self.outcomes.widget, False)
        self._folded = False

    async def read(self) -> None:
        """Read how the import stands, and go on looking while it goes."""
        await self._read()
        self.pulse.again()

    async def look(self) -> float | None:
        """Read and show how the import stands; returns the seconds until the next look, None at its end."""
        if not self._shown:
            return None
        try:
            await self._read()
        except NotFound:
            return None
        except WorkbenchError:
            return CALM_S
        return LIVELY_S if self.report is not None and not self.report.done else None

    async def ask_again(self) -> None:
        """Ask the platform once more for files that were still being read, and for reports that could not be."""
        await self._show(await self.frame.bench.sync_imports.look_again(self.run.id))
        self.pulse.again()

    async def mend(self) -> None:
        """Begin a new run over the refused rows, let them be looked at, and open it."""
        run = await self.frame.bench.sync_imports.mend(self.run.id)
        await self._opened(await self.frame.bench.runs.check(run.id))

    async def _read(self) -> None:
        report = await self.frame.bench.sync_imports.report(self.run.id)
        if report != self.report:
            await self._show(report)

    async def _show(self, report: ImportReport) -> None:
        before, self.report = self.report, report
        kind, words = report_banner(report)
        if before is None or report_banner(before) != (
            kind,
            words,
        ):  # drawn anew only where it says something else
            self.banner.put(look.banner(kind, words))
            self.pulse.news = said(words) if report.done else ""
        self.rows.value, self.strip.value = rows_markup(report), strip_markup(report) if report.parts else ""
        self.parts.rows = [part_row(part) for part in report.parts]
        if not self._folded and len(report.parts) > FEW:
            self._folded = True
            self.listed.open(False)
        visible(self.listed.widget, bool(report.parts))
        asked = report.done and any(_without_a_word(part) for part in report.parts)
        visible(self.ways, asked and self.frame.may("operator"))
        if before is None or (before.errors, before.joined, before.done) != (
            report.errors,
            report.joined,
            report.done,
        ):
            await self.refused.show(report)
            visible(self.outcomes.widget, report.done)
            if report.done:
                await self.outcomes.read()


def _without_a_word(part: ImportPart) -> bool:
    """Return whether the platform may say more of a file if it is asked again."""
    lost = part.state == "failed" and not part.import_id
    return part.state == "still_running" or lost or part.report == "unreadable"
