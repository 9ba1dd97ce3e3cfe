"""COMPOSE CHECKS: what is said of a draft: its problems in words, who would get it and why not, what it costs, the exact request."""

from __future__ import annotations

from collections.abc import Callable

from workbench.errors import Invalid
from workbench.models.message_draft import MessageChecked, MessageDraft, RecipientChecked
from workbench.sentence import N_, Sentence, say

from . import look
from .exchange import findings, request_view
from .fold import Fold, Place
from .look import Html
from .messages import Messages
from .page import Frame
from .piece import said
from .sms_compose_words import checks_markup, money, whole, why
from .tables import table_markup

__all__ = ["ComposeChecks"]

MOST_SHOWN = 50
"""Recipients that are listed; the others are counted."""


class ComposeChecks:
    """The verdict on the draft as it stands. ``draft`` gives it, for the request."""

    def __init__(self, frame: Frame, draft: Callable[[], MessageDraft]) -> None:
        self.frame, self._draft = frame, draft
        self.checked: MessageChecked | None = None
        self.messages = Messages()
        self.list, self.people, self.cost = look.show(Html("")), look.show(Html("")), look.show(Html(""))
        self.request = Place()
        self.button = look.button(N_("Show the exact request"))
        frame.click(self.button, self.show_request, self.messages)
        self.widget = look.card(
            N_("Before it goes"),
            self.list,
            self.people,
            self.cost,
            look.buttons(self.button, align="start"),
            self.messages.widget,
            self.request.widget,
        )

    def invite(self) -> None:
        """Say what will stand here, while nothing is written yet."""
        self.checked = None
        self.list.value = look.markup(
            '<p class="wb-empty">{text}</p>',
            text=said(N_("Write a text and name who gets it: what speaks against it is told here at once.")),
        )
        self.people.value = self.cost.value = Html("")
        self.request.put()

    def show(self, checked: MessageChecked) -> None:
        """Show what is said of a draft."""
        self.checked = checked
        self.list.value = checks_markup(checked.problems)
        self.people.value = _people(checked)
        self.cost.value = _cost(checked)
        self.request.put()

    async def show_request(self) -> None:
        """Show the request of the first recipient, byte for byte, with secrets and numbers masked."""
        try:
            draft = self._draft()
            view = await self.frame.bench.messages.preview(draft)
            command = await self.frame.bench.messages.curl(draft)
        except Invalid as error:
            self.request.put(*findings(error.problems))
            return
        self.request.put(
            request_view(view),
            Fold(N_("The same request as a cURL command"), look.code_block(command, "cURL")).widget,
        )


def _people(checked: MessageChecked) -> Html:
    if not checked.recipients:
        return Html("")
    rows = [
        [whole(one.number), one.region, Html("").join([_verdict(one), why(_why(one))]), one.segments or ""]
        for one in checked.recipients[:MOST_SHOWN]
    ]
    going = sum(1 for one in checked.recipients if one.goes)
    caption = say("{going} of {count} recipients would get it", going=going, count=len(checked.recipients))
    heads = [N_("Recipient"), N_("Country"), N_("Would it be sent, and why?"), N_("Segments")]
    shown = table_markup(heads, rows, caption, numeric=(3,))
    left = len(checked.recipients) - MOST_SHOWN
    more = (
        look.markup('<p class="wb-hint">{text}</p>', text=said(say("and {count} more", count=left)))
        if left > 0
        else Html("")
    )
    return Html("").join([shown, more])


def _verdict(one: RecipientChecked) -> Html:
    return look.badge(N_("Will send"), "ok") if one.goes else look.badge(N_("Blocked"), "error")


def _why(one: RecipientChecked) -> Sentence:
    if one.why_not is not None:
        return one.why_not
    if one.problem is not None:
        return one.problem.sentence
    return (
        one.decision.reason
        if one.decision is not None
        else say("Choose an account first, then consent is asked for.")
    )


def _cost(checked: MessageChecked) -> Html:
    cost = checked.cost
    if cost is None:
        return Html("")
    facts = say(
        "Requests: {requests}. Segments: {segments}. Cost: {amount}.", requests=checked.requests, segments=cost.segments,
        amount=money(cost.amount, cost.currency),
    )  # fmt: skip
    return look.markup(
        '<p><strong>{facts}</strong> <span class="wb-hint">{note}</span></p>',
        facts=said(facts),
        note=said(cost.note),
    )
