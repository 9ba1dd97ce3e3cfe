"""SMS WIZARD: five steps around one draft: provider, credentials, senders, review, callback addresses. Thin, over ``bench.sms_accounts``.

The draft is kept at every rest in typing and before every step; an account comes into being by Save alone (R-SMS-02).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Final

from workbench.engine.checks import blocking
from workbench.engine.sms_checks import secrets_of_account
from workbench.errors import Refused
from workbench.models.base import Problem
from workbench.models.sms_account import (
    ACCOUNT_STEPS,
    AccountStep,
    Sender,
    SenderUse,
    SmsAccount,
    SmsDraft,
    SmsSettings,
)
from workbench.sentence import N_, say

from . import look
from .around import Around
from .blaming import Blaming
from .fold import Place, visible
from .messages import Messages
from .piece import Said
from .secrets import Desk
from .sms_accounts_addresses import AddressPanel
from .sms_accounts_review import ReviewStep
from .sms_accounts_steps import CredentialStep, ProviderStep, SenderStep, Step
from .sms_accounts_words import STEPS, SUBTITLES, elsewhere
from .spawn import spawn
from .wizard.heading import Heading
from .wizard.keeping import APART

__all__ = ["SmsWizard"]

PAUSE_S: Final = 0.5
"""Seconds without a keystroke after which the draft is kept."""


class SmsWizard(Blaming):
    """The steps around one draft.

    Args:
        around: the workbench and who is at work.
        draft: a new draft, one of a saved account, or one found again.
        on_saved: called with the account when the person has seen its callback addresses.
        on_closed: called when the person leaves; the draft is kept.
        pause_s: after how many seconds of rest a change is kept.
    """

    def __init__(
        self,
        around: Around,
        draft: SmsDraft,
        on_saved: Callable[[SmsAccount], Awaitable[object]],
        on_closed: Callable[[], Awaitable[object]],
        *,
        on_apart: Callable[[SmsDraft], object] = lambda _draft: None,
        pause_s: float = PAUSE_S,
    ) -> None:
        self._on_apart = on_apart
        self.around, self.draft = around, draft
        self.desk = Desk(around.bench.secrets)
        self.account: SmsAccount | None = None
        self.step: Step | None = None
        self._half: tuple[int, Sender] | None = None
        self._known = {draft.settings.provider: draft.settings}
        self._on_saved, self._on_closed, self._pause_s = on_saved, on_closed, pause_s
        self._lock = asyncio.Lock()
        self._resting: asyncio.Task[None] | None = None
        self.messages, self.apart, self.banner, self.body = Messages(), Place(), Place(), Place()
        self.steps = look.stepper(list(STEPS.values()))
        self.title = Heading()
        self.back_button = look.button(N_("Back"))
        self.next_button = look.button(N_("Next"), "primary")
        self.save_button = look.button(N_("Save the account"), "primary")
        self.done_button = look.button(N_("Done"), "primary")
        self.later_button = look.button(N_("Finish later"), "quiet", N_("Your input is kept as a draft"))
        for button, work in (
            (self.back_button, self.back), (self.next_button, self.next), (self.save_button, self.save),
            (self.done_button, self.done), (self.later_button, self.later),
        ):  # fmt: skip
            around.click(button, lambda work=work: self._attempt(work), self.messages)  # type: ignore[misc]
        self.later_button.add_class("wb-later")
        onward = look.buttons(self.back_button, self.next_button, self.save_button, self.done_button)
        self.widget = look.stack(
            self.apart.widget,
            self.steps,
            self.title,
            self.body.widget,
            self.banner.widget,
            self.messages.widget,
            look.buttons(self.later_button, onward, align="between"),
        )
        onward.add_class("wb-sms-onward")
        self.widget.add_class("wb-wizard")

    def __repr__(self) -> str:
        return f"<SmsWizard at {self.draft.step}>"

    async def open(self) -> None:
        """Show the step where the draft was left."""
        await self.desk.open()
        if self.draft.step == "callbacks":  # a draft is saved before it gets there
            self.draft = self.draft.model_copy(update={"step": "review"})
        await self._show()

    # -- what the buttons do -----------------------------------------------------------------------------------------

    async def next(self) -> None:
        """Check this step and go on; stay, with each error beside its field, where something blocks."""
        if isinstance(self.step, SenderStep) and not await self.step.list.settled():
            return
        if await self._passes():
            await self._go(ACCOUNT_STEPS[ACCOUNT_STEPS.index(self.draft.step) + 1])

    async def back(self) -> None:
        """Go one step back; what is typed here is kept, right or wrong."""
        await self._gather()
        await self._go(ACCOUNT_STEPS[max(ACCOUNT_STEPS.index(self.draft.step) - 1, 0)])

    async def save(self) -> None:
        """Save the account, and show where its provider calls; where a sender in use would go, ask first."""
        if await self._passes():
            await self._save(confirm=False)

    async def _save(self, confirm: bool) -> None:
        async with self._lock:
            try:
                self.account = await self.around.bench.sms_accounts.save(self.draft.id, confirm=confirm)
            except Refused as error:
                if confirm or self.draft.account_id is None:
                    raise
                self._ask(error)
                return
        self.draft = self.draft.model_copy(update={"step": "callbacks"})
        await self._show()
        self.title.focus()

    async def done(self) -> None:
        """Leave: the account is saved."""
        assert self.account is not None
        await self._on_saved(self.account)

    async def later(self) -> None:
        """Keep the draft and leave."""
        await self._gather()
        await self._keep()
        await self._on_closed()

    def _ask(self, error: Refused) -> None:
        """Say why the account is not saved as it is, and offer to save it all the same."""
        sure = look.button(N_("Save it all the same"), "danger")
        self.around.click(sure, lambda: self._attempt(lambda: self._save(confirm=True)), self.messages)
        self.banner.put(look.banner("warn", error.sentence), look.buttons(sure, align="start"))

    # -- the draft ---------------------------------------------------------------------------------------------------

    def _changed(self) -> None:
        """Take over what was typed, and keep it once the person rests."""
        self._take()
        self._stop_resting()

        async def rest() -> None:
            await asyncio.sleep(self._pause_s)
            self._resting = None
            await self._attempt(self._keep_and_warn)

        self._resting = spawn(rest())

    async def _keep_and_warn(self) -> None:
        await self._keep()
        step = self.step
        found = await self._check(self.draft.settings, self.draft.step)
        if step is not None and step is self.step:
            step.warn(found)

    async def _keep(self) -> None:
        """Keep the draft, unless it has become an account."""
        async with self._lock:
            if self.account is None:
                kept = await self.around.bench.sms_accounts.draft(self.draft, self.draft.updated_at)
                apart = kept.id != self.draft.id
                self.draft = self.draft.model_copy(update={"id": kept.id, "updated_at": kept.updated_at})
                if apart:
                    self.apart.put(look.banner("warn", APART))
                    self._on_apart(self.draft)

    async def _gather(self) -> None:
        """Wait for secrets that are on their way, then take over the step's input."""
        await self.desk.idle()
        self._stop_resting()
        self._take()

    def _take(self) -> None:
        if isinstance(self.step, SenderStep):
            self._half = self.step.list.half()
        if self.step is not None:
            settings = self.step.settings(self.draft.settings)
            self._known[settings.provider] = settings
            self.draft = self.draft.model_copy(update={"settings": settings})

    def _stop_resting(self) -> None:
        if self._resting is not None:
            self._resting.cancel()
            self._resting = None

    async def _passes(self) -> bool:
        """Keep the draft, ask for the verdict on this step, show it; return whether nothing blocks."""
        await self._gather()
        await self._keep()
        problems = await self._check(self.draft.settings, self.draft.step)
        self._blame(problems)
        return not blocking(problems)

    async def _check(self, settings: SmsSettings, step: AccountStep) -> Sequence[Problem]:
        found: Sequence[Problem] = await self.around.bench.sms_accounts.check(
            settings, step, self.draft.account_id or ""
        )
        return found

    async def _uses(self, sender: Sender) -> Sequence[SenderUse]:
        if self.draft.account_id is None or not sender.id:
            return ()
        return await self.around.bench.sms_accounts.uses(self.draft.account_id, sender.id)

    # -- the steps ---------------------------------------------------------------------------------------------------

    async def _go(self, step: AccountStep) -> None:
        self.draft = self.draft.model_copy(update={"step": step})
        await self._keep()
        await self._show()
        self.title.focus()

    async def _show(self) -> None:
        at = self.draft.step
        self.banner.put()
        self.messages.clear()
        if self.account is not None:
            panel = AddressPanel(self.around, self.account)
            await panel.open()
            self.step = None
            saved = look.banner("ok", say("“{name}” is saved.", name=self.account.name))
            self.body.put(look.stack(saved, look.card("", panel.widget)))
        else:
            self.step = self._made(at)
            self.body.put(self.step.widget)
        self.steps.value = look.stepper_markup(list(STEPS.values()), ACCOUNT_STEPS.index(at))
        self.title.title, self.title.subtitle = STEPS[at], SUBTITLES[at]
        visible(self.back_button, at != "provider" and self.account is None)
        visible(self.next_button, at in ("provider", "credentials", "senders"))
        visible(self.save_button, at == "review")
        visible(self.done_button, self.account is not None)
        visible(self.later_button, self.account is None)
        if self.step is not None:
            self.step.enter(await self.desk.absent(secrets_of_account(self.draft.settings).values()))
            self.step.warn(await self._check(self.draft.settings, at))

    def _made(self, at: AccountStep) -> Step:
        settings = self.draft.settings
        if at == "credentials":
            return CredentialStep(settings, self.desk, self._changed)
        if at == "senders":
            return SenderStep(self.around, settings, self._changed, self._check, self._uses, self._half)
        if at == "review":
            return ReviewStep(settings, self._changed)
        return ProviderStep(settings, self._changed, self._known)

    # -- what goes wrong ---------------------------------------------------------------------------------------------

    def _open_step(self) -> Step | None:
        return self.step

    def _elsewhere(self, problem: Problem) -> Said:
        return elsewhere(problem, self.draft.step)

    def _blame(self, problems: Iterable[Problem]) -> list[Problem]:
        left = super()._blame(problems)
        if self.step is not None:
            self.step.warn(left)
        return left
