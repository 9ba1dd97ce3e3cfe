"""SYNC ONE SEND: one record goes out, live after a question; what came of it; and what the platform has of it now."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple

from workbench.engine.shop_fields import By
from workbench.errors import Invalid
from workbench.models.base import JsonValue, Problem
from workbench.models.sending import Confirmation, Sent
from workbench.models.sync_platform import Entity
from workbench.sentence import N_, say

from . import look
from .confirming import question
from .exchange import exchange
from .fold import Place, visible
from .messages import Messages
from .onward import onward
from .page import Frame
from .piece import said

__all__ = ["Fire", "RecordSend", "Typed"]


Fire = Literal["auto", "yes", "no"]


class Typed(NamedTuple):
    """What is to be sent; ``key`` names it at the platform: the contact's address, or the shop's own id."""

    shop_id: str
    entity: Entity
    record: dict[str, JsonValue]
    by: By
    fire: Fire
    key: str


class RecordSend:
    """The buttons, the questions, the answer. ``typed`` gives the record, ``wrong`` shows what keeps it back."""

    def __init__(
        self, frame: Frame, typed: Callable[[], Typed | None], wrong: Callable[[list[Problem]], object]
    ) -> None:
        self.frame, self._typed, self._wrong = frame, typed, wrong
        self.live = frame.facts.mode == "live"
        self.messages, self.asked, self.result = Messages(), Place(), Place()
        self.button = look.button(N_("Send it"), "primary")
        self.back = look.button(
            N_("Read it back"), tooltip=N_("One call that only reads: what the platform has of it now")
        )
        self.delete = look.button(N_("Delete the contact there"), "quiet")
        frame.click(self.button, self.send, self.messages)
        frame.click(self.back, self.read_back, self.messages)
        frame.click(self.delete, self.ask_delete, self.messages)
        if not frame.may("operator"):
            visible(self.button, False)
        told = (
            []
            if frame.may("operator")
            else [look.show(N_("You may look. Sending needs the role of an operator."), "wb-hint")]
        )
        self.widget = look.card(
            N_("Send"), *told, look.buttons(self.button, self.back, self.delete, align="start"), self.messages.widget,
            self.asked.widget, self.result.widget, subtitle=self._explained(),
        )  # fmt: skip

    def shape(self, entity: Entity) -> None:
        """Offer what can be done with such a record."""
        visible(self.delete, entity == "contact" and self.frame.may("operator"))

    def put_away(self) -> None:
        """Take the questions away: what they asked about has changed."""
        self.asked.put()
        self.messages.clear()

    def clear(self) -> None:
        """Take away what came of another record."""
        self.put_away()
        self.result.put()

    async def send(self) -> None:
        """Look at it once more, and send it; in live mode show host and key first, and ask."""
        self.clear()
        typed = self._needed()
        if typed is None:
            return
        preview = await self.frame.bench.sync.preview(
            typed.shop_id, typed.entity, typed.record, typed.by, typed.fire
        )
        if any(problem.blocks for problem in preview.problems):
            self._wrong(list(preview.problems))
            wrong = sum(problem.blocks for problem in preview.problems)
            self.result.put(look.banner("error", say("Nothing was sent. To correct: {count}.", count=wrong)))
            return
        if not self.live:
            await self._send(typed, None)
            return
        confirmation = Confirmation(host=preview.host, recipient=preview.recipient)
        card, go = question(confirmation, self.asked.put)
        self.frame.click(go, lambda: self._send(typed, confirmation), self.messages)
        self.asked.put(card)

    async def read_back(self) -> None:
        """Show what the platform has of the record."""
        self.clear()
        typed = self._needed()
        if typed is None:
            return
        if not typed.key:
            self.messages.show("warn", N_("Type what names the record first: the address, or its id."))
            return
        found = await self.frame.bench.sync.get(typed.shop_id, typed.entity, typed.key)
        title = N_("What the platform has")
        self.result.put(
            exchange(found.request, found.reply, found.outcome, problems=found.problems, title=title)
        )

    async def ask_delete(self) -> None:
        """Say what is deleted, and ask; in live mode with host and address."""
        self.clear()
        typed = self._needed()
        if typed is None:
            return
        if not typed.key:
            self.messages.show("warn", N_("Type the address of the contact first."))
            return
        confirmation = None
        if self.live:
            preview = await self.frame.bench.sync.preview(typed.shop_id, "contact", {"_email": typed.key})
            confirmation = Confirmation(host=preview.host, recipient=typed.key)
        go, stay = (
            look.button(say("Delete {key} there", key=typed.key), "danger"),
            look.button(N_("Leave it")),
        )
        self.frame.click(go, lambda: self._delete(typed, confirmation), self.messages)
        stay.on_click(lambda _: self.asked.put())
        text = N_(
            "The platform forgets the contact and what it did. That cannot be taken back. No sync ever deletes by itself."
        )
        self.asked.put(look.banner("warn", text), look.buttons(stay, go, align="start"))

    async def _send(self, typed: Typed, confirmation: Confirmation | None) -> None:
        self.asked.put()
        self.result.put(look.banner("info", N_("Sending.")))
        try:
            sent = await self.frame.bench.sync.send(
                typed.shop_id, typed.entity, typed.record, typed.by, typed.fire, confirmation
            )
        except Invalid as error:
            self._wrong(list(error.problems))
            self.result.put(
                look.banner("error", say("Nothing was sent. To correct: {count}.", count=len(error.problems)))
            )
            return
        except BaseException:
            self.result.put()
            raise
        self._show(sent)

    async def _delete(self, typed: Typed, confirmation: Confirmation | None) -> None:
        self.asked.put()
        self._show(await self.frame.bench.sync.delete_contact(typed.shop_id, typed.key, confirmation))

    def _show(self, sent: Sent) -> None:
        shown = exchange(sent.request, sent.reply, sent.outcome, sent.curl, sent.problems)
        self.result.put(shown, onward(sent.entry, keep=False, activity=True))

    def _needed(self) -> Typed | None:
        typed = self._typed()
        if typed is None:
            self.messages.show("warn", N_("Fill in the fields first, or an example."))
        return typed

    def _explained(self) -> str:
        if self.live:
            return said(
                N_("A real record at the platform. You are asked before anything leaves this machine.")
            )
        return said(
            N_("In the rehearsal a stand-in answers in the platform's place; nothing leaves this machine.")
        )
