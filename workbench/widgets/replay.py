"""REPLAY: rows of a job once more: which, then who would get what twice, then one button that names the number."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import ipywidgets

from workbench.engine.standing import ROW_NAMES
from workbench.models.work import Job, ReplayPreview, RowFilter, RowState
from workbench.sentence import N_, Sentence, say

from . import look
from .around import Around
from .fields import SwitchField, TextField
from .fold import Place
from .headline import Headline
from .language import number
from .messages import Messages
from .piece import Said, said
from .standing import ROW_KINDS
from .tables import table

__all__ = ["Replay"]

HINTS: dict[RowState, str] = {
    "failed": N_("The provider refused them, or they ran out of attempts."),
    "uncertain": N_("They were sent, and no answer came or none that says yes: some may have arrived."),
    "invalid": N_("They could not be made into a request. Nothing was sent."),
    "cancelled": N_("They were left undone when the job was cancelled."),
    "accepted": N_("They were taken: every one of them would arrive twice."),
}
"""The states that can be replayed, in the order in which people want them."""
FORM = "%Y-%m-%d %H:%M"


class Replay:
    """The form. ``on_sent`` is called when rows go again, ``on_closed`` when the person is done."""

    def __init__(
        self,
        around: Around,
        job: Job,
        on_sent: Callable[[], Awaitable[object]],
        on_closed: Callable[[], Awaitable[object]],
    ) -> None:
        self.around, self.job = around, job
        self._on_sent = on_sent
        self.messages = Messages()
        self.asked = Place()
        counts = {state: int(getattr(job.counts, state)) for state in HINTS}
        self.states = {
            state: SwitchField(
                say("{state} ({count})", state=said(ROW_NAMES[state]), count=number(count)),
                hint=HINTS[state],
                value=state == "failed",
            )
            for state, count in counts.items()
            if count
        }
        hint = N_("UTC, as 2026-11-22 14:05. Empty sets no limit.")
        self.since = TextField(N_("Last changed from"), hint=hint)
        self.until = TextField(N_("Last changed until"), hint=hint)
        show, close = (
            look.button(N_("Show who would get it again"), "primary"),
            look.button(N_("Close"), "quiet"),
        )
        for field in (*self.states.values(), self.since, self.until):
            field.observe(lambda _: self._edited(), "value")
        around.click(show, self.preview, self.messages)
        around.click(close, on_closed, self.messages)
        self.widget = look.stack(
            Headline(N_("Send rows again"), N_("Each goes again under its own id. Nothing is sent before you have seen who it is.")),
            *self.states.values(),
            look.columns(self.since, self.until),
            look.buttons(show, close, align="start"),
            self.messages.widget,
            self.asked.widget,
        )  # fmt: skip
        self.widget.add_class("wb-panel")

    async def preview(self) -> None:
        """Show who would get what again; nothing is sent."""
        self.asked.put()
        wanted = self._wanted()
        if wanted is not None:
            found = await self.around.bench.work.preview_replay(self.job.id, wanted)
            self.asked.put(*self._question(wanted, found))

    async def send(self, wanted: RowFilter, preview: ReplayPreview) -> None:
        """Send again exactly what the preview showed."""
        self.asked.put()
        await self.around.bench.work.replay(self.job.id, wanted, preview.token)
        await self._on_sent()

    def _question(self, wanted: RowFilter, preview: ReplayPreview) -> list[ipywidgets.Widget]:
        parts = [_shares(preview)]
        if preview.sample:
            parts.append(_sample(preview))
        if not preview.total:
            nothing = N_("No row fits that may be sent again. Choose other states, or another time.")
            return [*parts, look.banner("info", nothing)]
        go = look.button(say("Send {count} rows again", count=preview.total), "danger")
        stay = look.button(N_("Do not send"))
        stay.on_click(lambda _: self.asked.put())
        self.around.click(go, lambda: self.send(wanted, preview), self.messages)
        return [*parts, *self._warnings(preview), look.buttons(stay, go, align="start")]

    def _warnings(self, preview: ReplayPreview) -> list[ipywidgets.Widget]:
        found: list[Sentence] = []
        if preview.surely_twice:
            found.append(
                say("{count} rows were taken already: they arrive twice.", count=preview.surely_twice)
            )
        if self.job.mode == "live":
            found.append(
                say(
                    "This is no rehearsal: {count} real messages leave this computer through {host}.",
                    count=preview.total,
                    host=self.job.host,
                )
            )
        return [look.banner("warn", text) for text in found]

    def _wanted(self) -> RowFilter | None:
        """Return what is chosen, or None when something has to be put right first; that is said beside the field."""
        states = tuple(state for state, switch in self.states.items() if switch.value)
        since, until = _time(self.since), _time(self.until)
        wrong = [field for field in (self.since, self.until) if field.error]
        if wrong:
            wrong[0].focus()
            return None
        if not states:
            self.messages.show("warn", N_("Choose at least one kind of rows."))
            return None
        return RowFilter(states=states, since=since, until=until)

    def _edited(self) -> None:
        self.since.error = self.until.error = ""
        self.asked.put()


def _time(field: TextField) -> datetime | None:
    """Return the moment that is typed, or None without one; what cannot be read is said beside the field."""
    typed = field.value.strip().replace("T", " ")
    if not typed:
        return None
    try:
        return datetime.strptime(typed, FORM).replace(tzinfo=UTC)
    except ValueError:
        field.error = say("“{typed}” is no time. Write it as 2026-11-22 14:05, in UTC.", typed=typed)
        return None


def _shares(preview: ReplayPreview) -> ipywidgets.Widget:
    rows: list[tuple[Said, int]] = [
        (N_("Never taken: refused, or never sent"), preview.never_taken),
        (N_("Perhaps twice: sent, and no answer came that says yes"), preview.perhaps_twice),
        (N_("Surely twice: taken already"), preview.surely_twice),
        (N_("Held back: replayed too often, not sent again"), preview.held_back),
    ]
    shown = [[said(text), number(count)] for text, count in rows]
    return table([N_("Who"), N_("Rows")], shown, N_("Who would get it again"), numeric=(1,))


def _sample(preview: ReplayPreview) -> ipywidgets.Widget:
    rows = [
        [str(row.number), row.recipient, look.badge(ROW_NAMES[row.state], ROW_KINDS[row.state]), row.sentence]
        for row in preview.sample
    ]
    columns = [N_("Row"), N_("Recipient"), N_("State"), N_("What was said")]
    return table(columns, rows, N_("The first who get it twice, or perhaps twice"), numeric=(0,))
