"""EVENT SHELF: the events of a workbench: the list, one contract below it with its tools, or the form in their place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from workbench.models.event import Event, EventVariable
from workbench.models.integration import Integration
from workbench.sentence import N_, say

from . import look
from .events_contract_face import ContractFace
from .events_contract_way import way_name
from .fold import visible
from .page import Frame
from .piece import said
from .shelf import Shelf
from .tables import RowList

__all__ = ["EventShelf"]

COLUMNS: Final[Sequence[Mapping[str, str]]] = (
    {"key": "name", "label": N_("Name"), "kind": "strong"},
    {"key": "way", "label": N_("Sent through")},
    {"key": "variables", "label": N_("Variables"), "kind": "number"},
    {"key": "flows", "label": N_("Flows"), "kind": "number"},
    {"key": "stop", "label": N_("Stopped by"), "kind": "muted"},
    {"key": "kind", "label": N_("Kind")},
)


class EventShelf(Shelf):
    """The events of a workbench; the form takes the list's place while it is open."""

    KIND = "event"

    def __init__(self, frame: Frame) -> None:
        super().__init__(frame)
        self.events: list[Event] = []
        self.ways: list[Integration] = []
        self.face: ContractFace | None = None
        self.list = RowList(N_("Events"), columns=COLUMNS)
        self.empty = look.show(_invitation(frame.may("operator")))
        new = look.button(N_("New event"), "primary")
        frame.click(new, self.new, self.messages)
        self.list.observe(lambda _: self.choose(self.list.selected), "selected")
        self.list.on_open(lambda id: self.choose(id, focus=True))
        ways = [look.buttons(new, align="start")] if frame.may("operator") else []
        about = N_(
            "What each event is called at SendPulse, the variables it carries, and what it is sent through."
        )
        self.shelf = look.stack(
            look.card(N_("Contracts"), *ways, self.list, self.empty, subtitle=about), self.detail.widget
        )
        self.widget = look.stack(
            look.sheets("gates.css", "events_compose.css"),
            self.messages.widget,
            self.shelf,
            self.guest.widget,
        )
        visible(self.list, False)

    def __repr__(self) -> str:
        return f"<EventShelf of {len(self.events)}>"

    async def refresh(self) -> None:
        """Read the events anew and leave what is open as it is."""
        bench = self.frame.bench
        self.events = list(await bench.events.list())
        listed = await bench.integrations.list_all()
        self.ways = [one.integration for one in listed if one.integration.settings.channel == "event"]
        self.list.rows = [self._row(event) for event in self.events]
        visible(self.list, bool(self.events))
        visible(self.empty, not self.events)
        if self.face is not None:
            now = self._event(self.face.event.id)
            if now is None:
                self.forget()
            elif now != self.face.event:
                self.choose(now.id)

    async def go(self, place: str) -> None:
        """Begin or show what a link names."""
        kind, _, id = place.partition("=")
        if kind == "new":
            await self.new()
        elif kind == "event":
            await self.back()
            if self._event(id) is None:
                self.messages.show("warn", N_("There is no event of this id. It may have been deleted."))
                return
            self.list.selected = id

    def choose(self, id: str, focus: bool = False) -> None:
        """Show one event below the list."""
        event = self._event(id)
        if event is None:
            self.face = None
            self.detail.put()
        elif self.face is None or self.face.event != event or focus:
            self.face = ContractFace(self, event, focus)
            self.detail.put(self.face.widget)
        self._stand(f"event={id}" if event else "")

    # -- the form ----------------------------------------------------------------------------------------------------

    async def new(self) -> None:
        """Begin an event."""
        await self._form(Event(name=""))

    async def edit(self, event: Event, variables: Sequence[EventVariable] = ()) -> None:
        """Change a saved event; ``variables`` that were found elsewhere are added, or take the place of those of their name."""
        found = {one.name: one for one in variables}
        kept = [found.pop(one.name, one) for one in event.variables]
        await self._form(event.model_copy(update={"variables": (*kept, *found.values())}))

    async def kept(self, event: Event) -> None:
        """Show an event that was saved."""
        self.face = None
        self.list.selected = ""
        await self.back()
        self.list.selected = event.id
        self.messages.show("ok", say("“{name}” is saved.", name=event.name))

    async def _form(self, event: Event) -> None:
        from .events_contract_form import ContractForm  # the list is drawn before the form's parts are loaded

        others = [other for other in self.events if other.id != event.id]
        form = ContractForm(self.frame, event, others, self.ways, self.kept, self.back)
        if event != Event(name=""):  # nothing is wrong with what was not begun
            await form.judge()
        self._host(form.widget)
        self._stand(f"event={event.id}" if event.id else "new")

    def _event(self, id: str) -> Event | None:
        return next((event for event in self.events if event.id == id), None)

    # -- the list ------------------------------------------------------------------------------------------------------

    def way_of(self, event: Event) -> str:
        """Return what the event is sent through; empty where it has nothing to be sent through."""
        return next((way_name(one) for one in self.ways if one.id == event.integration_id), "")

    def name_of(self, id: str | None) -> str:
        """Return an event's name; empty where there is none of this id."""
        return next((event.name for event in self.events if event.id == id), "")

    def _row(self, event: Event) -> dict[str, object]:
        kind = (N_("Transactional"), "info") if event.transactional else (N_("Commercial"), "quiet")
        return {
            "id": event.id,
            "name": event.name,
            "way": self.way_of(event) or {"text": said(N_("Not sent yet")), "kind": "warn"},
            "variables": len(event.variables),
            "flows": len(event.flows),
            "stop": self.name_of(event.stopped_by),
            "kind": {"text": said(kind[0]), "kind": kind[1]},
        }


def _invitation(may: bool) -> look.Html:
    if not may:
        return look.markup(
            '<p class="wb-empty">{text}</p>', text=said(N_("No event has been described here yet."))
        )
    return look.markup(
        '<div class="wb-empty wb-invite"><h2>{title}</h2><p>{text}</p></div>',
        title=said(N_("Describe your first event")),
        text=said(
            N_(
                "Its name as SendPulse knows it, the variables that the flow's messages use, and how it is sent. "
                "In the rehearsal a stand-in answers in SendPulse's place, so any key of the right form will do."
            )
        ),
    )
