"""RUNS NEW: a run is planned: what goes out, the table, which column fills what, how; then every row is looked at."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from pydantic import ValidationError

from workbench.models.event import Event
from workbench.models.integration import Listed
from workbench.models.run import Run, RunPlan, Table, Target
from workbench.sentence import N_, say

from . import look
from .bar import PageLinks
from .exchange import findings
from .fields import ChoiceField, SwitchField, TextField
from .fold import Fold, Place, visible
from .headline import Headline
from .messages import Messages
from .page import Frame
from .piece import said
from .runs_mapping import MappingForm
from .runs_table import TableChooser
from .wizard.step import CHANNELS

__all__ = ["NewRun"]

ON_BAD = (
    ("stop", N_("All or nothing"), N_("With one row that cannot be sent, no row is sent.")),
    (
        "skip",
        N_("Skip them"),
        N_("The rows that can be sent go out; the others stay in the list with their reasons."),
    ),
)
ASK = (
    ("", N_("As the event says, else nobody is asked"), ""),
    ("commercial", N_("For commercial messages"), ""),
    ("transactional", N_("For transactional messages"), ""),
)


class NewRun:
    """The form. ``on_made`` is given the run once its rows are being looked at; ``on_closed`` is called when the person gives up.

    ``run`` is the one that is changed, if any.
    """

    def __init__(
        self, frame: Frame, events: Sequence[Event], listed: Sequence[Listed],
        on_made: Callable[[Run], Awaitable[object]], on_closed: Callable[[], Awaitable[object]], run: Run | None = None,
    ) -> None:  # fmt: skip
        self.frame, self.events, self.run = frame, {event.id: event for event in events}, run
        self._on_made, self._on_closed = on_made, on_closed
        self.messages, self.told = Messages(), Place()
        options = [
            (f"event={one.id}", said(say("Event: {name}", name=one.name)))
            for one in events
            if one.integration_id
        ]
        options += [
            (
                f"integration={one.integration.id}",
                f"{one.integration.name} ({said(CHANNELS[one.integration.settings.channel])})",
            )
            for one in listed
            if one.integration.settings.channel != "event"
        ]
        self.what = ChoiceField(
            N_("What goes out"), options, value=options[0][0] if len(options) == 1 else "", required=True,
            hint=N_("An event, or a message through a saved integration. One row of the table is one of them."),
        )  # fmt: skip
        self.table = TableChooser(frame, self._remap)
        self.mapping = MappingForm(self._edited)
        self.title = TextField(
            N_("Title"), hint=N_("How the run is called in the lists. Empty: the table's name.")
        )
        self.on_bad = ChoiceField(N_("Rows that cannot be sent"), ON_BAD, value="stop", style="radio")
        self.dry_run = SwitchField(
            N_("Dry run"),
            hint=N_("Everything but the sending: each request is made, and no provider is called."),
        )
        self.guard = SwitchField(
            N_("Guard against doubles"),
            value=True,
            hint=N_("Leaves out what went to the same contact with the same content a short while ago."),
        )
        self.guard_min = TextField(N_("Minutes of the guard"), value="10", input_type="number")
        self.ask = ChoiceField(N_("Ask for consent"), [(key, said(text)) for key, text, _ in ASK])
        self.at_once = TextField(
            N_("Rows at once"),
            value="64",
            input_type="number",
            hint=N_("Calls under way at a time, from 1 to 1024."),
        )
        self.more = Fold(
            N_("More about how it is sent"),
            self.title,
            look.columns(self.guard, self.guard_min),
            look.columns(self.ask, self.at_once),
        )
        self.go = look.button(N_("Look at every row"), "primary")
        close = look.button(N_("Close"), "quiet")
        self.what.observe(lambda _: frame.start(self._remap(), self.messages), "value")
        frame.click(self.go, self.make, self.messages)
        frame.click(close, self.give_up, self.messages)
        self.rest = look.stack(
            look.heading(N_("Which column fills what"), 3),
            self.mapping.widget,
            self.on_bad,
            self.dry_run,
            self.more.widget,
        )
        head = Headline(
            N_("Change the run") if run else N_("New run"),
            N_(
                "A table, one row for each contact. Every row is looked at before the first one goes; nothing is sent from here."
            ),
        )
        form = [
            self.what,
            look.heading(N_("Table"), 3),
            self.table.widget,
            self.rest,
            self.told.widget,
            self.messages.widget,
        ]
        ways = [self.go, close] if options else [close]
        self.widget = look.card(
            "", head, *(form if options else [_invitation()]), look.buttons(*ways, align="start")
        )
        self._draw()

    async def open(self, event_id: str = "") -> None:
        """Show the plan of the run that is changed; for a new one the event that a link names is chosen."""
        if self.run is None:
            wanted = f"event={event_id}"
            if any(wanted == option[0] for option in self.what.options):
                self.what.value = wanted
            return
        plan = self.run.plan
        self.what.value = f"event={plan.event_id}" if plan.event_id else f"integration={plan.integration_id}"
        self.title.value, self.on_bad.value, self.dry_run.value = plan.title, plan.on_bad, plan.dry_run
        self.guard.value, self.guard_min.value = plan.guard, str(plan.guard_min)
        self.ask.value, self.at_once.value = plan.ask_consent, str(plan.at_once)
        await self.table.take(await self.frame.bench.runs.table(plan.table_id))
        self.mapping.open(await self._targets(), self._columns, plan.mapping)

    async def make(self) -> None:
        """Keep the plan, and let every row be looked at."""
        plan = self._plan()
        if plan is None:
            return
        runs = self.frame.bench.runs
        run = await (runs.change(self.run.id, plan) if self.run else runs.plan(plan))
        self.run = run  # should looking at the rows fail, the same run is changed
        await self._on_made(await runs.check(run.id))

    async def give_up(self) -> None:
        """Close the form; a table that no run needs goes with it."""
        await self.table.drop()
        await self._on_closed()

    def _plan(self) -> RunPlan | None:
        """Return what is decided, or None when something has to be put right first; that is said beside its field."""
        self.told.put()
        self.guard_min.error = self.at_once.error = self.title.error = ""
        if not self.what.value:
            self.what.error = N_("Choose what goes out.")
            self.what.focus()
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
        kind, _, id = self.what.value.partition("=")
        try:
            return RunPlan.model_validate({
                "title": self.title.value.strip(), "table_id": table.id, "mapping": self.mapping.mapping,
                "event_id": id if kind == "event" else None, "integration_id": id if kind == "integration" else "",
                "on_bad": self.on_bad.value, "dry_run": self.dry_run.value, "guard": self.guard.value,
                "guard_min": self.guard_min.value.strip(), "ask_consent": self.ask.value, "at_once": self.at_once.value.strip(),
            })  # fmt: skip
        except ValidationError as error:
            wrong = {item["loc"][0] for item in error.errors(include_input=False, include_url=False)}
        self.more.open()
        for name, field, sentence in (
            ("at_once", self.at_once, N_("Type a whole number from 1 to 1024.")),
            ("guard_min", self.guard_min, N_("Type a whole number of minutes, up to 10080 (a week).")),
            ("title", self.title, N_("Write 120 letters at most.")),
        ):
            if name in wrong:
                field.error = sentence
                field.focus()
        return None

    @property
    def _columns(self) -> Sequence[str]:
        return self.table.table.columns if self.table.table else ()

    async def _targets(self) -> Sequence[Target]:
        kind, _, id = self.what.value.partition("=")
        runs = self.frame.bench.runs
        return list(await (runs.targets("", id) if kind == "event" else runs.targets(id)))

    async def _remap(self) -> None:
        """Offer the table's columns for the fields of what goes out."""
        self.what.error = ""
        if self.what.value and self.table.table is not None:
            self.mapping.open(await self._targets(), self._columns)
        self._draw()

    def _edited(self) -> None:
        self.told.put()

    def _draw(self) -> None:
        ready = bool(self.what.value and self.table.table is not None)
        visible(self.rest, ready)
        visible(self.go, ready)
        blocked = [
            problem for problem in (self.table.table.problems if self.table.table else ()) if problem.blocks
        ]
        if blocked and not self._columns:
            self.told.put(*findings(blocked))


def _invitation() -> look.Stack:
    link = {
        "page": "integrations", "place": "new", "label": said(N_("Create an integration")), "code": "await integrations_page(bench)",
    }  # fmt: skip
    text = N_(
        "A run sends an event or a message through a saved integration, and there is none yet. Create one first."
    )
    return look.stack(look.banner("info", text), PageLinks([link], label=said(N_("Create an integration"))))
