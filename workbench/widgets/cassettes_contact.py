"""CASSETTES, WHOM THEY ARE PLAYED FOR: a contact that is kept sealed; in a rehearsal a made-up one will do."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from workbench.errors import NotFound
from workbench.models.cassette import Cassette
from workbench.sentence import N_, say

from . import look
from .fold import Place
from .messages import Messages
from .page import Frame
from .wizard.contact import ContactForm

__all__ = ["CassetteContact"]


class CassetteContact:
    """The form. ``on_kept`` is given the cassette once its contact is kept; the form is made when ``open`` finds the integration."""

    def __init__(
        self, frame: Frame, cassette: Cassette, on_kept: Callable[[Cassette], Awaitable[object]]
    ) -> None:
        self.frame, self.cassette = frame, cassette
        self._on_kept = on_kept
        self.messages = Messages()
        self.form: ContactForm | None = None
        self.button = look.button(N_("Keep this contact, sealed"))
        frame.click(self.button, self.keep, self.messages)
        self._ways = look.buttons(self.button, align="start")
        self._inside = Place()  # what is put away is closed: no typed contact stays in the kernel
        self.widget = self._inside.widget

    def __repr__(self) -> str:
        return "<CassetteContact>"

    async def open(self) -> None:
        """Make the form for the identifier that the integration takes."""
        try:
            integration = await self.frame.bench.integrations.get(self.cassette.integration_id or "")
        except NotFound:
            self._inside.put(look.show(N_("Its integration is gone, so it cannot be played."), "wb-hint"))
            return
        live = self.frame.facts.mode == "live"
        self.form = ContactForm(
            self.cassette.example, integration.settings.identifier, lambda: None, live=live
        )
        if live:  # whom a real message reaches is typed by hand
            self.form.identifier.value = ""
        told = (
            N_("The contact is kept, sealed, and is not shown again. Another one takes its place.")
            if self.cassette.contact_kept
            else N_(
                "The journal keeps no contact. In a rehearsal a made-up one is used; live, give the contact here first."
            )
        )
        self._inside.put(look.show(told, "wb-hint"), self.form.widget, self._ways, self.messages.widget)

    async def keep(self) -> None:
        """Keep the contact that is typed, sealed, and take it off the page."""
        contact = self.form.contact() if self.form else None
        if contact is None:
            return
        self.cassette = await self.frame.bench.cassettes.keep_contact(self.cassette.id, contact)
        await self.open()
        await self._on_kept(self.cassette)
        self.messages.show("ok", say("The contact is kept, sealed."))
