"""COMPOSE: write a text and see at once what it will be: its segments, who gets it and why not, what it costs, what each provider gets."""

from __future__ import annotations

from workbench.models.message_draft import MessageDraft
from workbench.sentence import N_

from . import look
from .fold import visible
from .latest import Latest
from .messages import Messages
from .page import Frame
from .sms_compose_checks import ComposeChecks
from .sms_compose_compare import ComposeCompare
from .sms_compose_estimate import ComposeEstimate
from .sms_compose_failover import ComposeFailover
from .sms_compose_form import ComposeForm
from .sms_compose_send import ComposeSend

__all__ = ["Compose"]


class Compose:
    """The part of the page on which texts are written. The meter answers in this kernel; what consent says is asked of the workbench."""

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.messages = Messages()
        self.form = ComposeForm(self._changed)
        self.checks = ComposeChecks(frame, self.draft)
        self.send = ComposeSend(frame, self.draft, self._check, self.form.unread)
        self.compare = ComposeCompare(frame, self.draft)
        self.failover = ComposeFailover(frame, self.draft)
        self.estimate = ComposeEstimate(frame, self.draft)
        self.checking = Latest(lambda: self.messages.guard(self._check()))
        self.empty = look.banner(
            "info",
            N_(
                "There is no account yet, so nothing can be sent. Length, comparison and checks work all the same."
            ),
        )
        left = look.stack(self.form.widget)
        right = look.stack(self.checks.widget, self.send.widget)
        extra = [self.failover.widget] if frame.may("operator") else []
        self.widget = look.stack(
            look.sheets("sms_compose.css"),
            self.empty,
            self.messages.widget,
            look.columns(left, right, weights=(4, 5)),
            self.compare.widget,
            self.estimate.widget,
            *extra,
        )
        visible(self.empty, False)
        self._ready = True

    def __repr__(self) -> str:
        return "<Compose>"

    @property
    def place(self) -> str:
        """Where it stands: nothing of a draft goes into an address, as it names people."""
        return "compose"

    def draft(self) -> MessageDraft:
        """Return the draft as it stands."""
        return self.form.draft()

    async def refresh(self) -> None:
        """Read accounts, purposes and prices anew; what is typed stays."""
        listed = await self.frame.bench.sms_accounts.list()
        profiles = await self.frame.bench.consent.profiles()
        self.form.offer(listed, profiles)
        self.failover.offer(self.form.accounts)
        visible(self.empty, not self.form.accounts)
        await self.estimate.refresh()
        await self._check()

    async def go(self, place: str) -> None:
        """Choose the account that a link names."""
        kind, _, id = place.partition("=")
        if kind == "account":
            self.form.choose_account(id)

    def _changed(self) -> None:
        if getattr(self, "_ready", False):
            self.send.put_away()
            self.failover.keep_apart()
            self.checking.ask()

    async def _check(self) -> None:
        draft = self.draft()
        if not draft.text and not draft.recipients:
            self.checks.invite()
            return
        checked = await self.frame.bench.messages.check(draft)
        left = self.form.show(checked.problems)
        self.checks.show(checked.model_copy(update={"problems": tuple(left)}))
