"""EVENT COMPOSER: say what happened to one contact, see at once what goes out and what the flow's messages make of it, and send a test."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from workbench.models.contact import Contact
from workbench.models.event import Composed, Event, EventInput
from workbench.models.event_look import Looked
from workbench.sentence import N_, say

from . import look
from .bar import PageLinks
from .events_compare import EventCompare
from .events_compose_form import OccurrenceForm
from .events_compose_look import OccurrenceLook
from .events_compose_send import OccurrenceSend, look_at
from .fold import visible
from .latest import Latest
from .messages import Messages
from .page import Frame
from .piece import said

__all__ = ["EventComposer"]

ToCode = Callable[[str, str, Contact], Awaitable[object]]


class EventComposer:
    """The part of the page on which one event is composed and sent.

    ``to_code`` is given the event's id, its integration and the contact when it is to be shown as code.
    """

    def __init__(self, frame: Frame, to_code: ToCode | None = None) -> None:
        self.frame, self._to_code = frame, to_code
        self.messages = Messages()
        self._seed = 0
        self.form = OccurrenceForm(self._changed, self._chosen)
        code = look.button(
            N_("Show it as code"), "quiet", tooltip=N_("This very event, in the language of your shop")
        )
        frame.click(code, self.show_code, self.messages)
        self.look = OccurrenceLook(*([look.buttons(code, align="start")] if to_code else []))
        self.send = OccurrenceSend(frame, self._to_send, self._wrong, self._check)
        self.compare = EventCompare(frame, self._typed)
        self.checking = Latest(lambda: self.messages.guard(self._check()))
        sample, empty = look.button(N_("Fill in an example")), look.button(N_("Empty the fields"), "quiet")
        frame.click(sample, self.fill_sample, self.messages)
        empty.on_click(lambda _: self.form.empty())
        self.form.tools.put(look.buttons(sample, empty, align="start"))
        self.empty = look.card("", look.show(_invitation(frame.may("operator"))), *_ways(frame))
        beside = look.stack(self.look.widget, self.send.widget)
        beside.add_class("wb-event-beside")
        self.work = look.stack(
            look.columns(look.stack(self.form.widget), beside, weights=(1, 1)), self.compare.widget
        )
        self.widget = look.stack(
            look.sheets("events_compose.css"),
            self.messages.widget,
            self.empty,
            self.work,
        )
        visible(self.work, False)
        self.look.invite()
        self._ready = True

    def __repr__(self) -> str:
        return f"<EventComposer of {len(self.form.events)} events>"

    @property
    def place(self) -> str:
        """Where it stands: nothing that is typed goes into an address, as it names people."""
        return "compose"

    async def refresh(self) -> None:
        """Read the events anew; what is typed stays."""
        events = await self.frame.bench.events.list()
        self.form.offer(events)
        visible(self.empty, not events)
        visible(self.work, bool(events))
        if events:
            await self._check()

    async def go(self, place: str) -> None:
        """Choose the event that a link names."""
        kind, _, id = place.partition("=")
        if kind == "event":
            self.form.choose(id)

    async def fill_sample(self) -> None:
        """Fill in an example of the event; pressed again, another one."""
        event = self.form.event
        if event is not None:
            self.form.fill(await self.frame.bench.events.sample(event.id, self._seed))
            self._seed += 1

    async def show_code(self) -> None:
        """Show what is typed as code, on the part of the page for developers."""
        chosen = self._to_send()
        if chosen is None or self._to_code is None:
            return
        event, given = chosen
        looked = await look_at(self.frame, event, given)
        made = looked.composed
        if made.body is None or event.integration_id is None:
            self._wrong(looked)
            return
        contact = Contact(identifiers=made.identifiers, variables={"event": made.body})
        await self._to_code(event.id, event.integration_id, contact)

    def _changed(self) -> None:
        if getattr(self, "_ready", False):
            self.send.put_away()
            self.checking.ask()

    def _chosen(self) -> None:
        self._seed = 0
        self.send.result.put()
        self.compare.rows.put()
        self._changed()

    def _typed(self) -> tuple[Event, EventInput] | None:
        """Return the event and what is typed; None where no event is chosen or something typed cannot be read."""
        event = self.form.event
        return None if event is None or self.form.unread() else (event, self.form.given())

    def _to_send(self) -> tuple[Event, EventInput] | None:
        chosen = self._typed()
        if chosen is None:
            self.messages.show("error", say("Nothing was sent: correct what is marked first."))
        return chosen

    def _wrong(self, looked: Looked) -> None:
        """Show what keeps it back, and lead to the first field that is wrong."""
        self.look.show(looked, self.form.show(looked.composed))
        self.form.lead(looked.composed)

    async def _check(self) -> None:
        event = self.form.event
        if event is None:
            self.look.invite()
            return
        given = self.form.given()
        if given == EventInput(typed=True):
            self.form.show(Composed())
            self.look.invite()
            return
        looked = await look_at(self.frame, event, given)
        if not self.checking.overtaken:
            self.look.show(looked, self.form.show(looked.composed))


def _invitation(may: bool) -> look.Html:
    text = (
        N_(
            "First describe an event: its name as SendPulse knows it, its variables, and the integration that sends it."
        )
        if may
        else N_("No event has been described here yet.")
    )
    return look.markup(
        '<div class="wb-empty wb-invite"><h2>{title}</h2><p>{text}</p></div>',
        title=said(N_("There is no event yet")),
        text=said(text),
    )


def _ways(frame: Frame) -> list[PageLinks]:
    if not frame.may("operator"):
        return []
    link = {
        "page": "events",
        "place": "new",
        "label": said(N_("Describe the first event")),
        "code": "await events_page(bench)",
    }
    return [PageLinks([link], label=said(N_("Where to begin")))]
