"""RETEST: one more test of a saved integration: a contact, in live mode the question, and the answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import ipywidgets

from workbench.errors import Invalid
from workbench.models.base import Problem
from workbench.models.contact import SAMPLE, Contact
from workbench.models.event import EVENT_SAMPLE
from workbench.models.integration import Integration
from workbench.models.sending import Confirmation
from workbench.sentence import N_, say

from . import look
from .confirming import question
from .exchange import exchange, findings
from .fold import Place
from .form import Inputs
from .headline import Headline
from .messages import Messages
from .page import Frame
from .wizard.contact import ContactForm


class Retest:
    """The form. ``on_tested`` is called after each test, ``on_closed`` when the person is done."""

    def __init__(
        self,
        frame: Frame,
        integration: Integration,
        on_tested: Callable[[], Awaitable[object]],
        on_closed: Callable[[], Awaitable[object]],
    ) -> None:
        self.frame, self.integration = frame, integration
        self.live = frame.facts.mode == "live"
        kind = integration.settings.identifier
        # in live mode nobody is proposed: whom a real message reaches is typed by hand
        sample = EVENT_SAMPLE if integration.settings.channel == "event" else SAMPLE
        contact = Contact(variables=SAMPLE.variables) if self.live else sample
        self.contact = ContactForm(contact, kind, self._edited, live=self.live)
        self.inputs = Inputs({"identifier": self.contact.address})
        self.messages = Messages()
        self.button = look.button(N_("Test"), "primary")
        self.asked, self.result = Place(), Place()
        self._on_tested = on_tested
        close = look.button(N_("Close"), "quiet")
        frame.click(self.button, self.test, self.messages)
        frame.click(close, on_closed, self.messages)
        self.widget = look.stack(
            Headline(N_("Test again"), self._explained()),
            self.contact.widget,
            look.buttons(self.button, close, align="start"),
            self.messages.widget,
            self.asked.widget,
            self.result.widget,
        )

    async def test(self) -> None:
        """Send one test to the stand-in; in live mode show host and recipient first, and ask (R-ESP-26)."""
        self.asked.put()
        self.result.put()
        contact = self.contact.contact()
        if contact is None:
            return
        if not self.live:
            await self._send(contact, None)
            return
        preview = await self.frame.bench.delivery.preview(self.integration.id, contact)
        if preview.request is None:
            self.result.put(*findings(self._beside(preview.problems)))
            return
        self._ask(contact, Confirmation(host=preview.host, recipient=preview.recipient))

    def _ask(self, contact: Contact, confirmation: Confirmation) -> None:
        card, go = question(confirmation, self.asked.put)
        self.frame.click(go, lambda: self._send(contact, confirmation), self.messages)
        self.asked.put(card)

    async def _send(self, contact: Contact, confirmation: Confirmation | None) -> None:
        self.asked.put()
        seconds = round(self.integration.settings.total_s)
        self.result.put(look.banner("info", say("Sending. It takes {seconds} s at most.", seconds=seconds)))
        shown: list[ipywidgets.Widget] = []
        try:
            sent = await self.frame.bench.delivery.test(self.integration.id, contact, confirmation)
            shown = [exchange(sent.request, sent.reply, sent.outcome, sent.curl, sent.problems)]
        except Invalid as error:
            shown = findings(self._beside(error.problems))
        finally:
            self.result.put(*shown)
        await self._on_tested()

    def _beside(self, problems: tuple[Problem, ...]) -> list[Problem]:
        """Show what belongs to the contact beside its field, and return the rest."""
        return self.inputs.show(problems)

    def _edited(self) -> None:
        self.asked.put()

    def _explained(self) -> str:
        if self.live:
            return N_("One real message to one contact. You are asked before it leaves this machine.")
        return N_(
            "One message to one contact. In the rehearsal a stand-in answers; nothing leaves this machine."
        )
