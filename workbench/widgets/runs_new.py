"""RUNS NEW: a run of messages is planned: an event, or a message through an integration, for each row of a table."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from workbench.models.event import Event
from workbench.models.integration import Listed
from workbench.models.run import Run, RunPlan, Target
from workbench.sentence import N_, say

from . import look
from .bar import PageLinks
from .fields import ChoiceField, SwitchField, TextField
from .headline import Headline
from .page import Frame
from .piece import said
from .runs_form import Made, RunForm
from .wizard.step import CHANNELS

__all__ = ["NewRun"]

ASK = (
    ("", N_("As the event says, else nobody is asked"), ""),
    ("commercial", N_("For commercial messages"), ""),
    ("transactional", N_("For transactional messages"), ""),
)


class NewRun(RunForm):
    """The form of a run that sends messages."""

    def __init__(
        self, frame: Frame, events: Sequence[Event], listed: Sequence[Listed], on_made: Made,
        on_closed: Callable[[], Awaitable[object]], run: Run | None = None,
    ) -> None:  # fmt: skip
        self.events = {event.id: event for event in events}
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
        self.guard = SwitchField(
            N_("Guard against doubles"),
            value=True,
            hint=N_("Leaves out what went to the same contact with the same content a short while ago."),
        )
        self.guard_min = TextField(N_("Minutes of the guard"), value="10", input_type="number")
        self.ask = ChoiceField(N_("Ask for consent"), [(key, said(text)) for key, text, _ in ASK])
        head = Headline(
            N_("Change the run") if run else N_("New run"),
            N_(
                "A table, one row for each contact. Every row is looked at before the first one goes; nothing is sent from here."
            ),
        )
        super().__init__(
            frame, on_made, on_closed, run, head, what=[self.what], more=[[self.guard, self.guard_min], [self.ask]],
            invitation=None if options else _invitation(),
        )  # fmt: skip
        self.what.observe(lambda _: frame.start(self._other(), self.messages), "value")
        self._draw()

    async def open(self, event_id: str = "") -> None:
        """Show the plan of the run that is changed; for a new one the event that a link names is chosen."""
        if self.run is not None:
            await self.show(self.run)
            return
        wanted = f"event={event_id}"
        if any(wanted == option[0] for option in self.what.options):
            self.what.value = wanted

    async def _other(self) -> None:
        self.what.error = ""
        await self._remap()

    def _wanting(self) -> bool:
        if not self.what.value:
            self.what.error = N_("Choose what goes out.")
            self.what.focus()
        return not self.what.value

    @property
    def _chosen(self) -> bool:
        return bool(self.what.value)

    async def _targets(self) -> Sequence[Target]:
        kind, _, id = self.what.value.partition("=")
        runs = self.frame.bench.runs
        return list(await (runs.targets("", id) if kind == "event" else runs.targets(id)))

    def _own(self) -> dict[str, Any]:
        kind, _, id = self.what.value.partition("=")
        return {
            "event_id": id if kind == "event" else None, "integration_id": id if kind == "integration" else "",
            "guard": self.guard.value, "guard_min": self.guard_min.value.strip(), "ask_consent": self.ask.value,
        }  # fmt: skip

    def _take(self, plan: RunPlan) -> None:
        self.what.value = f"event={plan.event_id}" if plan.event_id else f"integration={plan.integration_id}"
        self.guard.value, self.guard_min.value, self.ask.value = (
            plan.guard,
            str(plan.guard_min),
            plan.ask_consent,
        )

    def _marks(self) -> Sequence[tuple[str, TextField, str]]:
        guard = ("guard_min", self.guard_min, N_("Type a whole number of minutes, up to 10080 (a week)."))
        return (guard, *super()._marks())


def _invitation() -> look.Stack:
    link = {
        "page": "integrations", "place": "new", "label": said(N_("Create an integration")), "code": "await integrations_page(bench)",
    }  # fmt: skip
    text = N_(
        "A run sends an event or a message through a saved integration, and there is none yet. Create one first."
    )
    return look.stack(look.banner("info", text), PageLinks([link], label=said(N_("Create an integration"))))
