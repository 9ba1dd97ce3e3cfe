"""TAGS EVENTS: an event written as JavaScript, and what loads the platform's script on every page (R-SYNC-21)."""

from __future__ import annotations

import ipywidgets

from workbench.errors import Invalid
from workbench.models.base import JsonValue
from workbench.models.tags import SCRIPT_KINDS
from workbench.sentence import N_

from . import look
from .fields import ChoiceField, TextField
from .fold import Fold, Place
from .messages import Messages
from .page import Frame
from .tags_build import Written
from .tags_form import TellForm
from .tags_words import SCRIPTS, choices

__all__ = ["EventBuilder"]


class EventBuilder:
    """The part of the page."""

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.place = ""
        self.kind = ChoiceField(N_("Event"), choices(SCRIPTS), value=SCRIPT_KINDS[1])
        self.written = Written(frame, "HTML with JavaScript", self._write)
        self.contact = TellForm(self.written.later)
        self.contact.ask("client_info")
        self.contact.put({})
        self.who = Fold(N_("Say who the visitor is"), look.show(
            N_("Left empty, the page's own tag says it."), "wb-hint"), self.contact.widget)  # fmt: skip
        self.kind.observe(lambda _: self._chosen(), "value")
        self.script_id = TextField(
            N_("Id of the platform's script"), placeholder="eu8/0f3c6a1e-77aa",
            hint=N_("As the platform shows it, with what stands before the stroke."),
        )  # fmt: skip
        self.loaded, self.messages = Place(), Messages()
        show = look.button(N_("Show the loader"))
        frame.click(show, self.load, self.messages)
        self.script_id.on_submit(lambda: frame.start(self.load(), self.messages))
        loader = look.card(
            N_("First, on every page"), self.script_id, look.buttons(show, align="start"), self.messages.widget, self.loaded.widget,
            subtitle=N_("It loads the platform's script, and remembers when that is ready, so that events told later arrive too."),
        )  # fmt: skip
        form = look.card(N_("What is told"), self.kind, self.written.form.widget, self.who.widget)
        code = look.card(
            N_("The event"), self.written.widget,
            subtitle=N_("It waits for the platform's script, then tells it once. A cart is always told whole."),
        )  # fmt: skip
        both = look.columns(form, code, weights=(7, 5))
        both.add_class("wb-tags-two")
        self.widget: ipywidgets.Widget = look.stack(loader, both)
        self._chosen()

    def __repr__(self) -> str:
        return f"<EventBuilder of {self.kind.value}>"

    async def refresh(self) -> None:
        """Write the event anew; the first shop that has a script's id fills that in."""
        if not self.script_id.value:
            shops = await self.frame.bench.shops.list()
            self.script_id.value = next(
                (one.settings.script_id for one in shops if one.settings.script_id), ""
            )
        await self.written.again()

    async def go(self, place: str) -> None:
        """Show the event that a link names (``event=login`` or ``login``)."""
        kind = place.rpartition("=")[2]
        if kind in SCRIPTS:
            self.kind.value = kind

    async def load(self) -> None:
        """Show what loads the platform's script."""
        self.script_id.error = ""
        self.loaded.put()
        try:
            text = await self.frame.bench.tags.init_snippet(self.script_id.value)
        except Invalid as error:
            self.script_id.error = error.sentence
            self.script_id.focus()
            return
        self.loaded.put(look.code_block(text, "HTML with JavaScript"))

    def _chosen(self) -> None:
        self.written.ask(self.kind.value)

    async def _write(self, kind: str, data: dict[str, JsonValue]) -> str:
        contact = self.contact.data()
        if contact:
            try:  # what is wrong of the visitor stands at the visitor's fields
                await self.frame.bench.tags.build("client_info", contact)
            except Invalid as error:
                self.contact.show(error.problems)
                self.who.open()
                return ""
        self.contact.show(())
        return str(await self.frame.bench.tags.events(kind, data, contact or None))  # type: ignore[arg-type]
