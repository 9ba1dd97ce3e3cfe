"""NEW JOB: many messages through a saved integration: which one, to whom, how, how fast; then the job is made and filled."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

import ipywidgets
from pydantic import ValidationError

from workbench.errors import WorkbenchError
from workbench.models.integration import IdentifierType, Listed
from workbench.models.work import JobOptions
from workbench.sentence import N_, say

from . import look
from .adding import Adding
from .bar import PageLinks
from .fields import ChoiceField, TextField
from .fold import Fold, Place, visible
from .headline import Headline
from .messages import Messages
from .pace import PaceForm
from .page import Frame
from .pasted import Contacts
from .piece import said

__all__ = ["NewJob"]

REPEAT = (
    (
        "idempotent",
        N_("Only where it cannot arrive twice"),
        N_(
            "It goes again by itself if the provider takes each id only once; "
            "else it is kept apart as uncertain, and you decide."
        ),
    ),
    (
        "always",
        N_("Always"),
        N_("It goes again until there is an answer: everybody gets it at least once, some perhaps twice."),
    ),
    (
        "never",
        N_("Never"),
        N_("It is kept apart as uncertain: nobody gets it twice, some perhaps not at all."),
    ),
)
RECORD = (
    ("exchange", N_("The whole exchange"), ""),
    ("outcome", N_("Its outcome alone"), ""),
)
ASK = (
    ("", N_("Nobody is asked")),
    ("commercial", N_("As a commercial message")),
    ("transactional", N_("As a transactional message")),
)


class Options:
    """How the job is worked on, as fields."""

    def __init__(self) -> None:
        plain = JobOptions()
        self.title = TextField(
            N_("Title"), hint=N_("How lists call the job. Empty: as the integration is called.")
        )
        self.at_once = TextField(
            N_("Rows at once"), value=str(plain.at_once), input_type="number",
            hint=N_("How many are under way at a time, 1 to 1024. The pace holds in any case."),
        )  # fmt: skip
        self.repeat = ChoiceField(
            N_("A row that was sent and got no answer goes again"),
            [(value, said(label), said(text)) for value, label, text in REPEAT],
            value=plain.repeat,
            style="radio",
        )
        self.record = ChoiceField(
            N_("What the activity keeps of an accepted row"),
            [(value, said(label), text) for value, label, text in RECORD],
            value=plain.record,
            style="segmented",
            hint=N_("The outcome alone takes less room. What was not accepted is always kept whole."),
        )
        self.ask = ChoiceField(
            N_("Ask the consent ledger before each row"),
            [(value, said(label)) for value, label in ASK],
            value=plain.ask_consent,
            hint=N_(
                "Who may not be written to is left out, and the row keeps why. For text messages and e-mail."
            ),
        )
        self.fold = Fold(
            N_("Options"), look.columns(self.title, self.at_once), self.ask, self.repeat, self.record
        )
        for field in (self.title, self.at_once):
            field.observe(lambda change: setattr(change.owner, "error", ""), "value")

    def read(self) -> JobOptions | None:
        """Return what is chosen, or None when something has to be put right first; that is said beside its field."""
        try:
            return JobOptions.model_validate(
                {
                    "title": self.title.value.strip(),
                    "at_once": self.at_once.value.strip(),
                    "repeat": self.repeat.value,
                    "record": self.record.value,
                    "ask_consent": self.ask.value,
                }
            )
        except ValidationError as error:
            wrong = {item["loc"][0] for item in error.errors(include_input=False, include_url=False)}
        self.fold.open()
        for name, field, sentence in (
            ("at_once", self.at_once, N_("Type a whole number from 1 to 1024.")),
            ("title", self.title, N_("Write 120 letters at most.")),
        ):
            if name in wrong:
                field.error = sentence
                field.focus()
        return None


class NewJob:
    """The form. ``on_made`` is given the id of the job once all contacts are in it; ``on_closed`` is called when the person gives up."""

    def __init__(
        self,
        frame: Frame,
        listed: Sequence[Listed],
        on_made: Callable[[str], Awaitable[object]],
        on_closed: Callable[[], Awaitable[object]],
    ) -> None:
        self.frame, self.listed = frame, listed
        self._on_made, self._on_closed = on_made, on_closed
        self.adding: Adding | None = None
        self.messages = Messages()
        names = [(item.integration.id, item.integration.name) for item in listed]
        self.integration = ChoiceField(
            N_("Integration"), names, value=names[0][0] if len(names) == 1 else "", required=True,
            hint=N_("Its settings are taken as they are now; changing it later changes nothing in the job."),
        )  # fmt: skip
        self.contacts = Contacts(frame, self._identifier, self._draw)
        self.options, self.pace = Options(), PaceForm(frame)
        self.pace_fold = Fold(N_("Pace of the account"), self.pace.widget)
        self.go = look.button("", "primary")
        close = look.button(N_("Close"), "quiet")
        self.state = Place()
        self.integration.observe(lambda _: frame.start(self._chosen(), self.messages), "value")
        frame.click(self.go, self.make, self.messages)
        frame.click(close, on_closed, self.messages)
        self.form = look.stack(
            self.integration,
            self.contacts.widget,
            self.options.fold.widget,
            self.pace_fold.widget,
            look.buttons(self.go, close, align="start"),
        )
        head = Headline(
            N_("New job"), N_("One message to each contact, through an integration that is saved.")
        )
        self.widget = look.card(
            "", head, *([self.form] if listed else [_invitation()]), self.state.widget, self.messages.widget
        )

    async def open(self) -> None:
        """Show the pace of the integration that is chosen already, if one is."""
        if self.integration.value:
            await self.pace.open(self.integration.value)
        self._draw()

    async def make(self) -> None:
        """Make the job and fill it; nothing is sent before it is started."""
        options, found = self.options.read(), self.contacts.found
        if not self.integration.value:
            self.integration.error = N_("Choose the integration to send through.")
            self.integration.focus()
        elif options is not None and found is not None:
            made = await self.frame.bench.work.create(self.integration.value, options)
            self.adding = Adding(self.frame.bench, made.job.id, found.contacts, self._progress)
            visible(self.form, False)
            await self.fill()

    async def fill(self) -> None:
        """Add the contacts that are not in the job yet, and hand it on when all are."""
        assert self.adding is not None
        self._progress()
        try:
            await self.adding.run()
        except WorkbenchError:
            self._interrupted()
            raise
        if self.adding.complete:
            self.contacts.clear()
            await self._on_made(self.adding.job_id)

    async def give_up(self) -> None:
        """Cancel the job that is being filled: nothing was sent."""
        assert self.adding is not None
        self.adding.stop()
        await self.frame.bench.work.cancel(self.adding.job_id)
        await self._on_closed()

    def _progress(self) -> None:
        adding = self.adding
        if adding is None:
            return
        all_of_them = len(adding.contacts)
        words = say(
            "{count} of {all} contacts are in the job. Nothing is sent yet.",
            count=adding.done,
            all=all_of_them,
        )
        bar = look.markup(
            '<p>{words}</p><div class="wb-segmented" role="img" aria-label="{words}">'
            '<span class="wb-segment wb-segment-accepted" style="flex-grow: {done}"></span>'
            '<span class="wb-segment wb-segment-waiting" style="flex-grow: {left}"></span></div>',
            words=said(words),
            done=adding.done,
            left=all_of_them - adding.done,
        )
        if len(self.state.widget.children) == 2:  # the button below keeps the focus it may have
            self.state.widget.children[0].value = bar
            return
        stop = look.button(N_("Stop and cancel the job"))
        self.frame.click(stop, self.give_up, self.messages)
        self.state.put(look.show(bar), look.buttons(stop, align="start"))

    def _interrupted(self) -> None:
        assert self.adding is not None
        on, off = look.button(N_("Go on adding"), "primary"), look.button(N_("Cancel the job"))
        self.frame.click(on, self.fill, self.messages)
        self.frame.click(off, self.give_up, self.messages)
        text = N_("Not all contacts are in the job. Nothing was sent. Go on: none is added twice.")
        self.state.put(look.banner("warn", text), look.show(""), look.buttons(on, off, align="start"))

    async def _chosen(self) -> None:
        self.integration.error = ""
        await self.contacts.again()
        if self.integration.value:
            await self.pace.open(self.integration.value)
        self._draw()

    def _identifier(self) -> IdentifierType:
        chosen = self.integration.value
        found = next((item for item in self.listed if item.integration.id == chosen), None)
        return found.integration.settings.identifier if found else IdentifierType()

    def _draw(self) -> None:
        """Offer what is possible now: to start takes contacts, a pace an integration."""
        found = self.contacts.found
        count = len(found.contacts) if found else 0
        visible(self.go, count > 0)
        live = self.frame.facts.mode == "live"
        words = (
            say("Go on with {count} contacts", count=count)
            if live
            else say("Start with {count} contacts", count=count)
        )
        self.go.description = said(words)
        visible(self.pace_fold.widget, bool(self.integration.value))


def _invitation() -> ipywidgets.Widget:
    link = {
        "page": "integrations", "place": "new", "label": said(N_("Create an integration")), "code": "await integrations_page(bench)",
    }  # fmt: skip
    text = N_("A job sends through a saved integration, and there is none yet. Create one first.")
    return look.stack(look.banner("info", text), PageLinks([link], label=said(N_("Create an integration"))))
