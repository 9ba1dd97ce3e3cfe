"""EVENT SEND: a test goes out: live after a question, a second time only after a second word; and what came of it in plain words."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import ipywidgets

from workbench.engine.checks import blocking
from workbench.engine.event_values import composed
from workbench.errors import Invalid
from workbench.models.event import Event, EventInput
from workbench.models.event_look import FlowCheck, Looked
from workbench.models.sending import Confirmation, Sent
from workbench.sentence import N_, say
from workbench.services.event_looking import looked_so_far

from . import look
from .confirming import question
from .events_compose_look import gone_before
from .exchange import exchange, findings
from .fold import Place
from .messages import Messages
from .onward import onward
from .page import Frame

__all__ = ["OccurrenceSend", "look_at"]

Chosen = Callable[[], tuple[Event, EventInput] | None]


class OccurrenceSend:
    """The button, the questions, the answer.

    ``chosen`` gives the event and what is typed (None where it cannot be sent, which is shown by then); ``on_sent`` is called afterwards.
    """

    def __init__(
        self,
        frame: Frame,
        chosen: Chosen,
        on_wrong: Callable[[Looked], object],
        on_sent: Callable[[], Awaitable[object]],
    ) -> None:
        self.frame, self._chosen, self._on_wrong, self._on_sent = frame, chosen, on_wrong, on_sent
        self.live = frame.facts.mode == "live"
        self.messages = Messages()
        self.asked, self.result, self.flow = Place(), Place(), Place()
        self.button = look.button(N_("Send a test"), "primary")
        self.check = look.button(N_("Check the flow"))
        frame.click(self.button, self.send, self.messages)
        frame.click(self.check, self.check_flow, self.messages)
        if frame.may("operator"):
            first: ipywidgets.Widget = look.buttons(self.button, self.check, align="start")
        else:
            first = look.stack(
                look.show(N_("You may look. Sending needs the role of an operator."), "wb-hint"),
                look.buttons(self.check, align="start"),
            )
        parts = (first, self.flow.widget, self.messages.widget, self.asked.widget, self.result.widget)
        self.widget = look.card(N_("Send"), *parts, subtitle=self._explained())

    def __repr__(self) -> str:
        return "<OccurrenceSend>"

    def put_away(self) -> None:
        """Take the questions away: what they asked about has changed."""
        self.asked.put()
        self.flow.put()
        self.messages.clear()

    async def send(self) -> None:
        """Look at it once more, ask what is to be asked, and send."""
        self.asked.put()
        self.result.put()
        chosen = self._chosen()
        if chosen is None:
            return
        event, given = chosen
        looked = await look_at(self.frame, event, given)
        made = looked.composed
        wrong = blocking(made.problems if not made.ok else looked.request.problems)
        if wrong:
            self._on_wrong(looked)
            told = look.banner("error", say("Nothing was sent. To correct: {count}.", count=len(wrong)))
            self.result.put(told, *findings(wrong if made.ok else ()))
        elif looked.held_back is not None:
            self.result.put(look.banner("error", looked.held_back, N_("Not sent")))
        elif looked.request.request is None:
            self.result.put(*findings(looked.request.problems))
        elif looked.earlier is not None:
            self._ask_again(event, given, looked)
        else:
            await self._confirm(event, given, looked, again=False)

    async def check_flow(self) -> None:
        """Say whether the flow is there that the number names, or the contract's own."""
        self.flow.put()
        chosen = self._chosen()
        if chosen is None:
            return
        event, given = chosen
        made = composed(event, given)
        number = (made.body or {}).get("automation_id", event.automation_id)
        if not isinstance(number, int):
            self.flow.put(
                look.banner("info", N_("No flow is named: the event starts every flow that begins with it."))
            )
            return
        found = await self.frame.bench.events.check_flow(event.id, number)
        self.flow.put(look.banner(_kind(found), found.sentence))

    def _ask_again(self, event: Event, given: EventInput, looked: Looked) -> None:
        """Ask for the second word: the same went to the same contact a short while ago (R-EVT-19)."""
        stay, again = look.button(N_("Do not send")), look.button(N_("Send it a second time"), "danger")
        stay.on_click(lambda _: self.asked.put())
        self.frame.click(again, lambda: self._confirm(event, given, looked, again=True), self.messages)
        card = look.stack(
            look.banner("warn", gone_before(looked), N_("Sent already")),
            look.buttons(stay, again, align="start"),
        )
        card.add_class("wb-panel")
        self.asked.put(card)

    async def _confirm(self, event: Event, given: EventInput, looked: Looked, *, again: bool) -> None:
        """Send in a rehearsal; in live mode show host and recipient first, and ask."""
        if not self.live:
            await self._send(event, given, again, None)
            return
        confirmation = Confirmation(host=looked.request.host, recipient=looked.request.recipient)
        card, go = question(confirmation, self.asked.put)
        self.frame.click(go, lambda: self._send(event, given, again, confirmation), self.messages)
        self.asked.put(card)

    async def _send(
        self, event: Event, given: EventInput, again: bool, confirmation: Confirmation | None
    ) -> None:
        self.asked.put()
        self.result.put(look.banner("info", N_("Sending.")))
        try:
            sent = await self.frame.bench.events.send(event.id, given, again=again, confirmation=confirmation)
        except Invalid as error:
            self.result.put(*findings(error.problems))
            return
        except BaseException:
            self.result.put()
            raise
        self.result.put(_shown(sent))
        await self._on_sent()

    def _explained(self) -> str:
        if self.live:
            return N_(
                "A real event for a real contact: a flow begins. You are asked before anything leaves this machine."
            )
        return N_("In the rehearsal a stand-in answers in SendPulse's place; nothing leaves this machine.")


async def look_at(frame: Frame, event: Event, given: EventInput) -> Looked:
    """Return an occurrence from all sides. What is wrong is said by this kernel itself: at once, and also of what JSON cannot carry."""
    made = composed(event, given, today=datetime.now(UTC).date())
    return await frame.bench.events.look(event.id, given) if made.ok else looked_so_far(event, given, made)


def _shown(sent: Sent) -> ipywidgets.Widget:
    """Return what came of it, with the ways on: the exchange in the activity, its code, a cassette of it."""
    shown = exchange(sent.request, sent.reply, sent.outcome, sent.curl, sent.problems)
    return look.stack(shown, onward(sent.entry, keep=True, activity=True))


def _kind(found: FlowCheck) -> look.Kind:
    if found.good:
        return "ok"
    return "info" if found.state == "not_asked" else "warn"
