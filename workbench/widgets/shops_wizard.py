"""SHOP WIZARD: five steps around one shop: the shop, access, paths, data, review. Thin, over ``bench.shops``."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from pydantic import ValidationError

from workbench.engine.checks import blocking
from workbench.engine.shop_checks import step_of
from workbench.engine.wording import problems_of
from workbench.models.base import JsonValue, Problem
from workbench.models.shop import Shop, ShopSettings
from workbench.sentence import N_

from . import look
from .around import Around
from .blaming import Blaming
from .fold import Place, visible
from .latest import Latest
from .messages import Messages
from .piece import Said
from .secrets import Desk
from .shops_review import ReviewStep
from .shops_steps import AccessStep, DataStep, PathStep, ShopStepForm, Step
from .shops_words import FORM_STEPS, STEPS, SUBTITLES, FormStep, elsewhere, platform_of
from .unsaved import Unsaved
from .wizard.heading import Heading

__all__ = ["ShopWizard"]


class ShopWizard(Blaming):
    """The steps around one shop. Nothing is kept before Save.

    Args:
        around: the workbench and who is at work.
        shop: the shop that is changed; None for a new one.
        on_saved: called with the saved shop.
        on_closed: called when the person leaves without saving.
        at: the step that is shown first.
    """

    def __init__(
        self,
        around: Around,
        shop: Shop | None,
        on_saved: Callable[[Shop], Awaitable[object]],
        on_closed: Callable[[], Awaitable[object]],
        *,
        at: FormStep = "shop",
    ) -> None:
        self.around, self.shop, self.at = around, shop, at
        self.typed: dict[str, JsonValue] = (shop.settings if shop else ShopSettings()).model_dump(mode="json")
        self.desk = Desk(around.bench.secrets)
        self.step: Step | None = None
        self._on_saved = on_saved
        self.messages, self.banner, self.body = Messages(), Place(), Place()
        self.unsaved = Unsaved()
        self.judging = Latest(lambda: self.messages.guard(self._judge()))
        self.steps = look.stepper(list(STEPS.values()))
        self.title = Heading()
        self.back_button = look.button(N_("Back"))
        self.next_button = look.button(N_("Next"), "primary")
        self.save_button = look.button(N_("Save the shop"), "primary")
        leave = look.button(N_("Leave without saving"), "quiet")
        for button, work in (
            (self.back_button, self.back),
            (self.next_button, self.next),
            (self.save_button, self.save),
        ):
            around.click(button, lambda work=work: self._attempt(work), self.messages)  # type: ignore[misc]
        around.click(leave, on_closed, self.messages)
        onward = look.buttons(self.back_button, self.next_button, self.save_button)
        onward.add_class("wb-shop-onward")
        self.widget = look.stack(
            self.steps, self.title, self.body.widget, self.banner.widget, self.messages.widget,
            look.buttons(leave, onward, align="between"), self.unsaved,
        )  # fmt: skip
        self.widget.add_class("wb-wizard")

    def __repr__(self) -> str:
        return f"<ShopWizard at {self.at}>"

    async def open(self) -> None:
        """Show the first step."""
        await self.desk.open()
        await self._show()

    # -- what the buttons do -----------------------------------------------------------------------------------------

    async def next(self) -> None:
        """Check this step and go on; stay, with each error beside its field, where something blocks."""
        if await self._passes(FORM_STEPS[: FORM_STEPS.index(self.at) + 1]):
            await self._go(FORM_STEPS[FORM_STEPS.index(self.at) + 1])

    async def back(self) -> None:
        """Go one step back; what is typed here stays typed, right or wrong."""
        await self._gather()
        await self._go(FORM_STEPS[max(FORM_STEPS.index(self.at) - 1, 0)])

    async def save(self) -> None:
        """Save the shop where nothing blocks."""
        if not await self._passes(FORM_STEPS):
            return
        before = self.shop
        saved = await (
            self.around.bench.shops.save(self._settings(), before.id, seen=before.settings)
            if before
            else self.around.bench.shops.save(self._settings())
        )
        self.unsaved.typed = False
        await self._on_saved(saved)

    # -- what is typed -----------------------------------------------------------------------------------------------

    def _changed(self) -> None:
        """Take over what was typed, and say what deserves a look."""
        self.unsaved.typed = True
        self._take()
        self.judging.ask()

    def _take(self) -> None:
        if self.step is not None:
            self.typed = {**self.typed, **self.step.values()}

    async def _gather(self) -> None:
        """Wait for a secret that is on its way, then take over the step's input."""
        await self.desk.idle()
        self._take()

    def _settings(self) -> ShopSettings:
        """Return what is typed as settings. Raises ValidationError."""
        return ShopSettings.model_validate(self.typed)

    async def _check(self) -> Sequence[Problem]:
        try:
            settings = self._settings()
        except ValidationError as error:
            return problems_of(error)
        found: Sequence[Problem] = await self.around.bench.shops.check(
            settings, self.shop.id if self.shop else ""
        )
        return found

    async def _passes(self, wanted: Sequence[FormStep]) -> bool:
        """Give the verdict on these steps, show it, and return whether nothing blocks."""
        await self._gather()
        problems = [one for one in await self._check() if step_of(one.field) in wanted]
        self._blame(problems)
        return not blocking(problems)

    async def _judge(self) -> None:
        step = self.step
        found = await self._check()
        if step is not None and step is self.step:
            step.warn(found)

    # -- the steps ---------------------------------------------------------------------------------------------------

    async def _go(self, at: FormStep) -> None:
        self.at = at
        await self._show()
        self.title.focus()

    async def _show(self) -> None:
        self.banner.put()
        self.messages.clear()
        self.step = step = self._made()
        self.body.put(step.widget)
        self.steps.value = look.stepper_markup(list(STEPS.values()), FORM_STEPS.index(self.at))
        self.title.title, self.title.subtitle = STEPS[self.at], SUBTITLES[self.at]
        visible(self.back_button, self.at != FORM_STEPS[0])
        visible(self.next_button, self.at != "review")
        visible(self.save_button, self.at == "review")
        step.enter(await self.desk.absent(self._shown().secrets()))
        step.warn(await self._check())

    def _made(self) -> Step:
        settings = self._shown()
        platform = platform_of(settings.platform)
        match self.at:
            case "access":
                return AccessStep(self.typed, platform, self.desk, self._changed)
            case "paths":
                return PathStep(settings, platform, self._changed)
            case "data":
                return DataStep(self.typed, self._changed)
            case "review":
                return ReviewStep(settings, platform)
        return ShopStepForm(self.typed, self._changed)

    def _shown(self) -> ShopSettings:
        """Return what is typed as far as it can be read: who goes back may have left a field wrong."""
        try:
            return self._settings()
        except ValidationError as error:
            wrong = {str(item["loc"][0]) for item in error.errors(include_input=False, include_url=False)}
            return ShopSettings.model_validate(
                {name: value for name, value in self.typed.items() if name not in wrong}
            )

    # -- what goes wrong ---------------------------------------------------------------------------------------------

    def _open_step(self) -> Step | None:
        return self.step

    def _elsewhere(self, problem: Problem) -> Said:
        return elsewhere(problem, self.at)
