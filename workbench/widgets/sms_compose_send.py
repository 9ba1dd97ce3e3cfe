"""COMPOSE SEND: the text goes out: to the stand-in in a rehearsal, in live mode after a question; and what became of each recipient's."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

import ipywidgets

from workbench.models.message import Sent
from workbench.models.message_draft import MessageDraft
from workbench.models.sending import Confirmation
from workbench.sentence import N_, Sentence, say

from . import look
from .confirming import question
from .exchange import findings, outcome_badge
from .fold import Place
from .messages import Messages
from .page import Frame
from .sms_compose_words import whole, why
from .tables import table

__all__ = ["ComposeSend"]


class ComposeSend:
    """The button, the question, the answer.

    ``draft`` gives what is sent, ``on_sent`` is called afterwards, ``unread`` says what cannot be read and so keeps it back.
    """

    def __init__(
        self,
        frame: Frame,
        draft: Callable[[], MessageDraft],
        on_sent: Callable[[], Awaitable[object]],
        unread: Callable[[], Sentence | None],
    ) -> None:
        self.frame, self._draft, self._on_sent, self._unread = frame, draft, on_sent, unread
        self.live = frame.facts.mode == "live"
        self.messages = Messages()
        self.asked, self.result = Place(), Place()
        self.button = look.button(N_("Send"), "primary")
        frame.click(self.button, self.send, self.messages)
        parts: list[ipywidgets.Widget] = [self.messages.widget, self.asked.widget, self.result.widget]
        if frame.may("operator"):
            parts.insert(0, look.buttons(self.button, align="start"))
        else:
            parts.insert(0, look.show(N_("You may look. Sending needs the role of an operator."), "wb-hint"))
        self.widget = look.card(N_("Send"), *parts, subtitle=self._explained())

    def __repr__(self) -> str:
        return "<ComposeSend>"

    async def send(self) -> None:
        """Send the draft; in live mode show host and recipients first, and ask."""
        self.asked.put()
        self.result.put()
        unread = self._unread()
        if unread is not None:
            self.result.put(look.banner("error", unread))
            return
        draft = self._draft()
        if not self.live:
            await self._send(draft, None)
            return
        checked = await self.frame.bench.messages.check(draft)
        if not checked.ready:
            blocking = [problem for problem in checked.problems if problem.blocks]
            nobody = say("Nobody would get it: look at the list of recipients.")
            self.result.put(*(findings(blocking) or [look.banner("error", nobody)]))
            return
        confirmation = Confirmation(host=checked.host, recipient=checked.recipient)
        card, go = question(confirmation, self.asked.put)
        self.frame.click(go, lambda: self._send(draft, confirmation), self.messages)
        self.asked.put(card)

    def put_away(self) -> None:
        """Take the question away: what it asked about has changed."""
        self.asked.put()

    async def _send(self, draft: MessageDraft, confirmation: Confirmation | None) -> None:
        self.asked.put()
        self.result.put(look.banner("info", N_("Sending.")))
        try:
            sent = await self.frame.bench.messages.send(draft, confirmation)
        except BaseException:
            self.result.put()
            raise
        self.result.put(*_shown(sent))
        await self._on_sent()

    def _explained(self) -> str:
        if self.live:
            return N_("Real texts to real people. You are asked before anything leaves this machine.")
        return N_(
            "In the rehearsal a stand-in answers in the provider's place, and reports what becomes of it; nothing leaves this machine."
        )


def _shown(sent: Sequence[Sent]) -> list[ipywidgets.Widget]:
    """Return what became of each recipient's text, a line each."""
    took = sum(1 for one in sent for taken in one.taken if taken.accepted)
    count = sum(len(one.taken) for one in sent)
    words = say("The provider took {took} of {count}.", took=took, count=count)
    rows = [
        [
            whole(taken.to),
            outcome_badge(one.outcome.kind),
            taken.message_id,
            why(one.outcome.sentence),
            taken.words,
        ]
        for one in sent
        for taken in one.taken
    ]
    heads = [
        N_("Recipient"),
        N_("Outcome"),
        N_("The provider's id"),
        N_("What happened"),
        N_("The provider's own words"),
    ]
    return [
        look.banner("ok" if took == count else "warn", words),
        table(heads, rows, N_("What became of each text")),
    ]
