"""COMPOSE FAILOVER: rehearse what happens when the provider fails: who takes over, and that nobody gets the text twice."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final, cast

import ipywidgets

from workbench.models.message_draft import FailoverEnd, FailoverPlan, FailoverRun, Fault, MessageDraft
from workbench.models.sms_account import SmsAccount
from workbench.sentence import N_, say

from . import look
from .exchange import outcome_badge
from .fields import ChoiceField, SwitchField
from .fold import Place
from .messages import Messages
from .page import Frame
from .piece import said
from .sms_compose_words import one_line, why
from .tables import table

__all__ = ["ComposeFailover"]

FAULTS: Final[Mapping[Fault, str]] = {
    "throttled": N_("It has too much to do (429)"),
    "server_error": N_("It is broken (500)"),
    "unreachable": N_("It cannot be reached"),
    "uncertain": N_("It gets the request and does not answer"),
    "not_sent": N_("It says that it will not send it"),
    "refused": N_("It refuses the request (400)"),
    "opted_out": N_("It says that the recipient opted out"),
    "accepted": N_("It takes it"),
}
ENDS: Final[Mapping[FailoverEnd, tuple[str, look.Kind]]] = {
    "sent": (N_("Sent by the first sender"), "ok"),
    "sent_by_secondary": (N_("Sent by the second sender"), "ok"),
    "not_sent": (N_("Not sent"), "error"),
    "uncertain": (N_("Uncertain"), "warn"),
}
NEXT: Final[Mapping[str, str]] = {
    "again": N_("The same again"),
    "secondary": N_("The second sender"),
    "stop": N_("The end"),
}


class ComposeFailover:
    """The form, and the run step by step."""

    def __init__(self, frame: Frame, draft: Callable[[], MessageDraft]) -> None:
        self.frame, self._draft = frame, draft
        self._ids: list[str] = []
        self._first = ""
        options = [(key, said(words)) for key, words in FAULTS.items()]
        self.second = ChoiceField(N_("Second account"), hint=N_("Its first sender takes over."))
        self.first_does = ChoiceField(N_("The first provider"), options, value="server_error")
        self.second_does = ChoiceField(N_("The second provider"), options, value="accepted")
        self.arrives = SwitchField(
            N_("What got no answer arrives all the same"),
            value=True,
            hint=N_("The sender cannot see it. It must not send again."),
        )
        self.messages, self.result = Messages(), Place()
        self.button = look.button(N_("Rehearse the failover"))
        frame.click(self.button, self.rehearse, self.messages)
        self.widget = look.card(
            N_("When the provider fails"),
            self.second,
            look.columns(self.first_does, self.second_does),
            self.arrives,
            look.buttons(self.button, align="start"),
            self.messages.widget,
            self.result.widget,
            subtitle=N_(
                "A rehearsal in any mode: nothing is sent. The first recipient's text is tried by the rules of real sends."
            ),
        )

    def __repr__(self) -> str:
        return "<ComposeFailover>"

    def offer(self, accounts: Sequence[SmsAccount]) -> None:
        """Offer the accounts that may take over."""
        self.second.options = [(one.id, one.name) for one in accounts]
        self._ids = [one.id for one in accounts]
        if self.second.value not in self._ids:
            self.second.value = self._ids[-1] if self._ids else ""
        self.keep_apart()

    def keep_apart(self) -> None:
        """Let another account take over than the one that the draft goes through, where there is another; once for each such account."""
        first = self._draft().account
        others = [id for id in self._ids if id != first]
        if first != self._first and first == self.second.value and others:
            self.second.value = others[0]
        self._first = first

    async def rehearse(self) -> None:
        """Play it, and show each step."""
        plan = FailoverPlan(
            draft=self._draft(), secondary_account=self.second.value, primary=(cast("Fault", self.first_does.value),),
            secondary=(cast("Fault", self.second_does.value),), arrives=self.arrives.value,
        )  # fmt: skip
        self.result.put()
        run = await self.frame.bench.messages.rehearse_failover(plan)
        words, kind = ENDS[run.end]
        arrived = say(
            "Texts that arrived: {count}. All attempts carry the id {id}.",
            count=run.arrived,
            id=run.request_id,
        )
        self.result.put(look.banner(kind, run.sentence, words), look.show(arrived, "wb-hint"), _steps(run))


def _steps(run: FailoverRun) -> ipywidgets.Widget:
    heads = [N_("Attempt"), N_("Through"), N_("From"), N_("Outcome"), N_("Then"), N_("Pause, s"), N_("Why")]
    rows = [
        [
            step.number, step.account, one_line(step.sender), outcome_badge(step.outcome) if step.outcome else None, said(NEXT[step.next]),
            step.waits_s or None, why(step.sentence),
        ]
        for step in run.steps
    ]  # fmt: skip
    return table(heads, rows, N_("The attempts"), N_("Nothing was tried."), numeric=(0, 5))
