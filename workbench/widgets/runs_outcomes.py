"""RUNS OUTCOMES: what became of each row of a run's table, and the file of it, for machines and for spreadsheets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from workbench.engine.outcome_file import outcome_lines
from workbench.engine.standing import ROW_NAMES
from workbench.models.run import RowOutcome, Run
from workbench.models.work import RowState
from workbench.sentence import N_, say

from . import look
from .download import Download
from .fields import ChoiceField
from .language import number
from .messages import Messages
from .page import Frame
from .paged import Paged
from .piece import said
from .runs_words import outcome_badge
from .tables import RowList

__all__ = ["RunOutcomes"]

STEP: Final = 25
PAGE: Final = 1_000
MOST_ROWS: Final = 200_000
"""Rows of a file that a page hands over; for more there is the command line."""
COLUMNS: list[Mapping[str, str]] = [
    {"key": "row", "label": N_("Row"), "kind": "number"},
    {"key": "state", "label": N_("What became of it")},
    {"key": "recipient", "label": N_("Recipient"), "kind": "strong"},
    {"key": "sentence", "label": N_("What was said")},
    {"key": "attempts", "label": N_("Attempts"), "kind": "number"},
]


class RunOutcomes(Paged):
    """The outcomes of a run that was started, page by page."""

    def __init__(self, frame: Frame, run: Run) -> None:
        self.frame, self.run = frame, run
        self.found: list[RowOutcome] = []
        super().__init__(frame, Messages(), STEP, N_("Earlier rows"), N_("Later rows"))
        states = [(state, said(text)) for state, text in ROW_NAMES.items()]
        self.which = ChoiceField(N_("Which rows"), [("", said(N_("All rows of the table"))), *states])
        self.list = RowList(N_("Outcomes"), columns=COLUMNS, empty=N_("No row is in this state."))
        again = look.button(N_("Look again"), "quiet")
        self.count = look.show("", "wb-count")
        self.which.observe(lambda _: frame.start(self.first(), self.messages), "value")
        frame.click(again, self.read, self.messages)
        files = [
            Download(N_("Outcome file (CSV for machines)"), f"{run.id}.csv", self._machines, self.messages.guard, "text/csv"),
            Download(N_("Outcome file (for a spreadsheet)"), f"{run.id}-spreadsheet.csv", self._sheets, self.messages.guard, "text/csv"),
        ]  # fmt: skip
        self.widget = look.card(
            N_("Outcomes by row"), self.which, self.messages.widget, self.list,
            look.buttons(self.count, self.earlier, self.later, again, align="start"), look.buttons(*files, align="start"),
            subtitle=N_("Every row of the table is here once, with what became of it. Contacts are masked."),
        )  # fmt: skip

    @property
    def _last(self) -> int:
        return self.found[-1].row

    async def read(self) -> None:
        """Read this page anew."""
        state: RowState | None = self.which.value or None  # type: ignore[assignment]  # one of the options
        found = list(await self.frame.bench.runs.outcomes(self.run.id, self._behind, STEP + 1, state))
        self.found = found[:STEP]
        self.list.rows = [_cells(one) for one in self.found]
        self._turned(len(found))
        shown = say("Rows on this page: {count}", count=number(len(self.found)))
        self.count.value = look.escape(said(shown)) if self.found else ""

    async def _machines(self) -> str:
        return await self._file(spreadsheet=False)

    async def _sheets(self) -> str:
        return await self._file(spreadsheet=True)

    async def _file(self, *, spreadsheet: bool) -> str:
        """Return the outcome file; where it ends before the table does, the page says so."""
        rows = await outcomes_of(self.frame, self.run.id)
        if len(rows) > MOST_ROWS:
            self.messages.show(
                "warn",
                say(
                    "The file holds the first {count} rows. The command line writes them all: workbench run … --outcomes FILE.",
                    count=number(MOST_ROWS),
                ),
            )
        return "".join(outcome_lines(rows[:MOST_ROWS], spreadsheet=spreadsheet, words=said))


async def outcomes_of(frame: Frame, run_id: str) -> list[RowOutcome]:
    """Return the outcomes of a run in the table's order, at most a page more than a file holds."""
    rows: list[RowOutcome] = []
    while len(rows) <= MOST_ROWS:
        page = list(await frame.bench.runs.outcomes(run_id, rows[-1].row if rows else 0, PAGE))
        rows += page
        if len(page) < PAGE:
            break
    return rows


def _cells(one: RowOutcome) -> dict[str, Any]:
    return {
        "id": str(one.row), "row": one.row, "state": outcome_badge(one), "recipient": one.recipient, "sentence": one.sentence,
        "attempts": one.attempts or "",
    }  # fmt: skip
