"""EVENTS: the page of events and of all that is sent row by row, from the first contract to the proof."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from workbench.models.contact import Contact
from workbench.sentence import N_

from .headline import Headline
from .page import Frame
from .parts_page import Part, PartsPage

__all__ = ["PARTS", "PLACES", "EventsPage", "events"]

PARTS: Final[Mapping[str, str]] = {
    "compose": N_("Compose"), "events": N_("Contracts"), "runs": N_("Runs"), "outcomes": N_("Outcomes"), "code": N_("Code"),
    "checks": N_("Checks"), "environments": N_("Environments"), "import": N_("Import"),
}  # fmt: skip
PLACES: Final[Mapping[str, str]] = {
    "event": "events", "new": "events", "run": "runs", "cassette": "checks", "entry": "code", "integration": "code",
}  # fmt: skip
"""What a link names, and the part of the page that shows it; beside these, the parts themselves (``compose=event=evt_1``)."""


class EventsPage(PartsPage):
    """The content of the page."""

    def __init__(self, frame: Frame) -> None:
        title = Headline(
            N_("Events"),
            N_("Say what happened to a contact, see every row as it will go out, send at the allowed pace, and prove it."),
            level=1, focus=False,
        )  # fmt: skip
        super().__init__(frame, title, PARTS, PLACES, self._make_part, "events.css")

    async def to_code(self, event_id: str, integration_id: str, contact: Contact) -> None:
        """Show an event that was composed as code; it is handed over here, as an address must name nobody."""
        from .snippets import SnippetShelf

        await self.go("code")
        for part in self.made["code"]:
            if isinstance(part, SnippetShelf):
                await part.take(integration_id, contact, event_id)

    def _make_part(self, key: str, frame: Frame) -> Sequence[Part]:
        if key == "compose":
            from .events_compose import EventComposer

            return (EventComposer(frame, self.to_code),)
        return _made(key, frame)


def _made(key: str, frame: Frame) -> Sequence[Part]:
    """Return a part of the page, loaded when it is first shown so that the page itself opens fast."""
    if key == "events":
        from .events_contract import EventShelf

        return (EventShelf(frame),)
    if key == "runs":
        from .runs import RunBoard

        return (RunBoard(frame),)
    if key == "outcomes":
        from .events_outcomes import OutcomeBoard

        return (OutcomeBoard(frame),)
    if key == "code":
        from .snippets import SnippetShelf

        return (SnippetShelf(frame),)
    if key == "checks":
        from .cassettes import CassetteShelf

        return (CassetteShelf(frame),)
    if key == "environments":
        from .environments import EnvironmentBoard

        return (EnvironmentBoard(frame),)
    if key == "import":
        from .imports import ImportDesk

        return (ImportDesk(frame),)
    raise KeyError(key)


async def events(frame: Frame) -> EventsPage:
    """Return the page of events, at its composer."""
    page = EventsPage(frame)
    await page.turn()
    return page
