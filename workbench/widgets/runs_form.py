"""RUNS FORM: what planning any run asks for: the table, which column fills what, what becomes of bad rows; then every row is looked at."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, ClassVar

import ipywidgets
from pydantic import ValidationError

from workbench.models.run import Run, RunPlan, Table, Target
from workbench.sentence import N_

from . import look
from .exchange import findings
from .fields import ChoiceField, SwitchField, TextField
from .fold import Fold, Place, visible
from .headline import Headline
from .messages import Messages
from .page import Frame
from .runs_mapping import MappingForm
from .runs_table import TableChooser

__all__ = ["Made", "RunForm"]

Made = Callable[[Run], Awaitable[object]]
ON_BAD = (
    ("stop", N_("All or nothing"), N_("With one row that cannot be sent, no row is sent.")),
    (
        "skip",
        N_("Skip them"),
        N_("The rows that can be sent go out; the others stay in the list with their reasons."),
    ),
)


class RunForm(ABC):
    """The form. ``on_made`` is given the run once its rows are being looked at; ``on_closed`` is called when the person gives up.

    ``run`` is the one that is changed, if any. ``what`` are the fields that say what goes out, above the table, ``more`` the rows of those
    that few people need, the last of which the number of rows at once joins; without anything that could go out ``invitation`` stands in
    place of the form.
    """

    MOST_EMPTY: ClassVar[int | None] = None

    def __init__(
        self, frame: Frame, on_made: Made, on_closed: Callable[[], Awaitable[object]], run: Run | None, head: Headline, *,
        what: Sequence[ipywidgets.Widget], more: Sequence[Sequence[ipywidgets.Widget]], invitation: ipywidgets.Widget | None = None,
    ) -> None:  # fmt: skip
        self.frame, self.run = frame, run
        self._on_made, self._on_closed = on_made, on_closed
        self.messages, self.told = Messages(), Place()
        self.table = TableChooser(frame, self._remap)
        self.mapping = MappingForm(self._edited, self.MOST_EMPTY)
        self.title = TextField(
            N_("Title"), hint=N_("How the run is called in the lists. Empty: the table's name.")
        )
        self.on_bad = ChoiceField(N_("Rows that cannot be sent"), ON_BAD, value="stop", style="radio")
        self.dry_run = SwitchField(
            N_("Dry run"),
            hint=N_("Everything but the sending: each request is made, and no provider is called."),
        )
        self.at_once = TextField(
            N_("Rows at once"),
            value="64",
            input_type="number",
            hint=N_("Calls under way at a time, from 1 to 1024."),
        )
        *rows, last = more or [()]
        self.more = Fold(
            N_("More about how it is sent"),
            self.title,
            *(look.columns(*fields) for fields in rows),
            look.columns(*last, self.at_once),
        )
        self.go = look.button(N_("Look at every row"), "primary")
        close = look.button(N_("Close"), "quiet")
        frame.click(self.go, self.make, self.messages)
        frame.click(close, self.give_up, self.messages)
        self.rest = look.stack(
            look.heading(N_("Which column fills what"), 3),
            self.mapping.widget,
            self.on_bad,
            self.dry_run,
            self.more.widget,
        )
        form = [
            *what,
            look.heading(N_("Table"), 3),
            self.table.widget,
            self.rest,
            self.told.widget,
            self.messages.widget,
        ]
        ways = [close] if invitation else [self.go, close]
        self.widget = look.card(
            "", head, *([invitation] if invitation else form), look.buttons(*ways, align="start")
        )

    # -- what differs --------------------------------------------------------------------------------------------------

    @abstractmethod
    def _wanting(self) -> bool:
        """Say beside its field what has to be chosen before anything else; returns whether something has."""

    @property
    @abstractmethod
    def _chosen(self) -> bool:
        """Whether it is known what goes out."""

    @abstractmethod
    async def _targets(self) -> Sequence[Target]:
        """Return the fields that a table's columns can fill."""

    @abstractmethod
    def _own(self) -> dict[str, Any]:
        """Return the plan's fields that this form alone asks for."""

    @abstractmethod
    def _take(self, plan: RunPlan) -> None:
        """Show those fields of the plan that is changed."""

    def _marks(self) -> Sequence[tuple[str, TextField, str]]:
        """Return which typed field of the plan may be wrong: its name, its field, and what to do then."""
        return (
            ("at_once", self.at_once, N_("Type a whole number from 1 to 1024.")),
            ("title", self.title, N_("Write 120 letters at most.")),
        )

    # ------------------------------------------------------------------------------------------------------------------

    async def show(self, run: Run) -> None:
        """Show the plan of the run that is changed."""
        plan = run.plan
        self._take(plan)
        self.title.value, self.on_bad.value, self.dry_run.value = plan.title, plan.on_bad, plan.dry_run
        self.at_once.value = str(plan.at_once)
        await self.table.take(await self.frame.bench.runs.table(plan.table_id))
        self.mapping.open(await self._targets(), self._columns, plan.mapping)

    async def make(self) -> None:
        """Keep the plan, and let every row be looked at."""
        plan = self._plan()
        if plan is None:
            return
        runs = self.frame.bench.runs
        run = await (runs.change(self.run.id, plan, self.run.plan) if self.run else runs.plan(plan))
        self.run = run  # should looking at the rows fail, the same run is changed
        await self._on_made(await runs.check(run.id))

    async def give_up(self) -> None:
        """Close the form; a table that no run needs goes with it."""
        await self.table.drop()
        await self._on_closed()

    def _plan(self) -> RunPlan | None:
        """Return what is decided, or None when something has to be put right first; that is said beside its field."""
        self.told.put()
        for _, field, _ in self._marks():
            field.error = ""
        if self._wanting():
            return None
        table = self.table.table
        if table is None:
            self.messages.show("warn", N_("Choose a table first."))
            return None
        wrong = self.mapping.check()
        if wrong:
            self.told.put(*(look.banner("error", sentence) for sentence in wrong))
            return None
        return self._read(table)

    def _read(self, table: Table) -> RunPlan | None:
        try:
            return RunPlan.model_validate({
                "title": self.title.value.strip(), "table_id": table.id, "mapping": self.mapping.mapping, "on_bad": self.on_bad.value,
                "dry_run": self.dry_run.value, "at_once": self.at_once.value.strip(), **self._own(),
            })  # fmt: skip
        except ValidationError as error:
            wrong = {item["loc"][0] for item in error.errors(include_input=False, include_url=False)}
        self.more.open()
        for name, field, sentence in self._marks():
            if name in wrong:
                field.error = sentence
                field.focus()
        return None

    @property
    def _columns(self) -> Sequence[str]:
        return self.table.table.columns if self.table.table else ()

    async def _remap(self) -> None:
        """Offer the table's columns for the fields of what goes out."""
        if self._chosen and self.table.table is not None:
            self.mapping.open(await self._targets(), self._columns)
        self._draw()

    def _edited(self) -> None:
        self.told.put()

    def _draw(self) -> None:
        ready = self._chosen and self.table.table is not None
        visible(self.rest, ready)
        visible(self.go, ready)
        blocked = [
            problem for problem in (self.table.table.problems if self.table.table else ()) if problem.blocks
        ]
        if blocked and not self._columns:
            self.told.put(*findings(blocked))
