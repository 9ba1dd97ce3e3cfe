"""WIZARD: an integration in four steps: Configure, Authenticate, Test, Save. A thin face over ``bench.integrations``."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Iterable
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import ipywidgets

from workbench.engine.checks import tidy
from workbench.engine.fingerprint import credential_fingerprint
from workbench.errors import Invalid, WorkbenchError
from workbench.models.base import Problem
from workbench.models.contact import SAMPLE, Contact
from workbench.models.integration import STAGES, Draft, Integration, Stage
from workbench.models.sending import Confirmation, Preview, Sent, TokenCheck
from workbench.sentence import N_, Sentence
from workbench.widgets import look
from workbench.widgets.fold import Place, visible
from workbench.widgets.secrets import Desk
from workbench.widgets.spawn import button_click, spawn

from .authenticate import Authenticate
from .configure import Configure
from .heading import Heading
from .saving import Saving
from .step import SUBTITLES, TITLES, Step, elsewhere
from .trial import Trial

if TYPE_CHECKING:
    from workbench.bench import Workbench

__all__ = ["Wizard"]

PAUSE_S = 0.5
"""Seconds without a keystroke after which the draft is kept."""

FAILED = N_("Something went wrong in this page, and it is noted in the log. Your input is still here; try once more.")


class Wizard:
    """The four steps around one draft.

    Args:
        bench: the workbench, embedded or connected.
        draft: a new draft (``bench.integrations.start``), one of a saved integration (``edit``), or one found again.
        on_saved: called with the integration once it is saved.
        on_closed: called when the person leaves; the draft is kept.
        pause_s: after how many seconds of rest a change is kept.
    """

    def __init__(
        self,
        bench: Workbench,
        draft: Draft,
        on_saved: Callable[[Integration], object] = lambda _integration: None,
        on_closed: Callable[[], object] = lambda: None,
        *,
        pause_s: float = PAUSE_S,
    ) -> None:
        self.bench = bench
        self.draft = draft
        self.desk = Desk(bench.secrets)
        self.live = False
        self.step: Step
        self._on_saved = on_saved
        self._on_closed = on_closed
        self._pause_s = pause_s
        self._keeping = asyncio.Lock()
        self._waiting: asyncio.Task[None] | None = None
        self._contact: Contact | None = None
        self._checked: tuple[str, TokenCheck] | None = None
        self._ended = False

        self.mode = Place()
        self.banner = Place()
        self.body = Place()
        self.steps = look.stepper(list(TITLES.values()))
        self.heading = Heading()
        self.back_button = look.button(N_("Back"))
        self.next_button = look.button(N_("Next"), "primary")
        self.save_button = look.button(N_("Save"), "primary")
        self.later_button = look.button(N_("Finish later"), "quiet", N_("Your input is kept as a draft"))
        self.widget = look.stack(
            _style(),
            self.mode.widget,
            self.steps,
            self.heading,
            self.body.widget,
            self.banner.widget,
            look.buttons(
                self.later_button,
                look.buttons(self.back_button, self.next_button, self.save_button),
                align="between",
            ),
        )
        self.widget.add_class("wb-wizard")
        self.later_button.add_class("wb-later")
        button_click(self.back_button, lambda: self._attempt(self.back))
        button_click(self.next_button, lambda: self._attempt(self.next))
        button_click(self.save_button, lambda: self._attempt(self.save))
        button_click(self.later_button, lambda: self._attempt(self.close))

    def __repr__(self) -> str:
        return f"<Wizard at {self.draft.stage}>"

    async def open(self) -> ipywidgets.Widget:
        """Return the wizard's widget, at the step where the draft was left."""
        self.live = (await self.bench.about.facts()).mode == "live"
        await self.desk.open()
        if self.live:
            warning = look.banner(
                "warn", N_("Tests and token requests really leave this computer, and messages reach people."), N_("Live.")
            )
            self.mode.put(warning)
            self.mode.widget.add_class("wb-live")
        await self._show_step()
        return self.widget

    # -- what the buttons do -----------------------------------------------------------------------------------------

    async def next(self) -> None:
        """Check this step and go on; stay, with each error beside its field, where something blocks."""
        if not await self._passes():
            return
        kept = tidy(self.draft.settings)
        if not await self.step.leave(self.draft):
            return
        if isinstance(self.step, Authenticate) and self.step.checked is not None:
            self._checked = (credential_fingerprint(kept), self.step.checked)
        at = STAGES.index(self.draft.stage)
        await self._go(STAGES[min(at + 1, len(STAGES) - 1)])

    async def back(self) -> None:
        """Go one step back; what is typed here is kept, right or wrong."""
        await self._gather()
        at = STAGES.index(self.draft.stage)
        await self._go(STAGES[max(at - 1, 0)])

    async def save(self) -> None:
        """Save the integration; where a check forbids it, say in which step to correct what."""
        if not await self._passes():
            return
        async with self._keeping:
            saved = await self.bench.integrations.save(self.draft)
            self._ended = True
        await _told(self._on_saved(saved))

    async def close(self) -> None:
        """Keep the draft and leave."""
        await self._gather()
        await self.keep()
        self._ended = True
        await _told(self._on_closed())

    # -- the draft ---------------------------------------------------------------------------------------------------

    async def keep(self) -> None:
        """Keep the draft now."""
        async with self._keeping:
            if not self._ended:
                await self.bench.integrations.keep(self.draft)

    def _changed(self) -> None:
        """Take over what was typed, and keep it once the person rests."""
        self.draft = self.draft.model_copy(update={"settings": self.step.settings(self.draft.settings)})
        if self._waiting is not None:
            self._waiting.cancel()
        self._waiting = spawn(self._keep_soon())

    async def _keep_soon(self) -> None:
        await asyncio.sleep(self._pause_s)
        self._waiting = None
        await self._attempt(self._keep_and_warn)

    async def _keep_and_warn(self) -> None:
        await self.keep()
        self.step.warn(await self.bench.integrations.check(self.draft, self.draft.stage))

    async def _gather(self) -> None:
        """Wait for secrets that are on their way, then take over the step's input."""
        await self.desk.idle()
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None
        self.draft = self.draft.model_copy(update={"settings": self.step.settings(self.draft.settings)})
        if isinstance(self.step, Trial):
            self._contact = self.step.contact.latest

    async def _passes(self) -> bool:
        """Keep the draft, ask for the verdict on this step, show it; return whether nothing blocks."""
        await self._gather()
        await self.keep()
        problems = [*self.step.problems(), *await self.bench.integrations.check(self.draft, self.draft.stage)]
        self._blame(problems)
        return not any(problem.blocks for problem in problems)

    # -- the steps ---------------------------------------------------------------------------------------------------

    async def _go(self, stage: Stage) -> None:
        self.draft = self.draft.model_copy(update={"stage": stage})
        await self.keep()
        await self._show_step()
        self.heading.focus()

    async def _show_step(self) -> None:
        stage = self.draft.stage
        self.step = self._made(stage)
        self.banner.put()
        self.body.put(self.step.widget)
        self.steps.value = look.stepper_markup(list(TITLES.values()), STAGES.index(stage))
        self.heading.title, self.heading.subtitle = TITLES[stage], SUBTITLES[stage]
        visible(self.back_button, stage != STAGES[0])
        visible(self.next_button, stage != STAGES[-1])
        visible(self.save_button, stage == STAGES[-1])
        await self.step.enter(self.draft)
        self.step.warn(await self.bench.integrations.check(self.draft, stage))

    def _made(self, stage: Stage) -> Step:
        settings = self.draft.settings
        if stage == "configure":
            return Configure(settings, self.desk, self._changed)
        if stage == "authenticate":
            return Authenticate(settings, self.desk, self._changed, self.bench.integrations.check_token, self._still_true())
        if stage == "test":
            contact = self._contact or (Contact(variables=SAMPLE.variables) if self.live else SAMPLE)
            return Trial(
                settings, contact, self._changed, send=self._test, preview=self._preview, live=self.live, checked=self._still_true()
            )
        return Saving(self.draft)

    def _still_true(self) -> TokenCheck | None:
        """Return the last answer of the token URL, unless the credentials have changed since."""
        if self._checked is None or self._checked[0] != credential_fingerprint(tidy(self.draft.settings)):
            return None
        return self._checked[1]

    # -- the test ----------------------------------------------------------------------------------------------------

    async def _preview(self, contact: Contact) -> Preview | None:
        preview: Preview | None = await self._attempt(lambda: self._previewed(contact))
        return preview

    async def _previewed(self, contact: Contact) -> Preview | None:
        if not await self._passes():
            return None
        return await self.bench.integrations.preview(self.draft, contact)

    async def _test(self, contact: Contact, confirmation: Confirmation | None) -> Sent | None:
        sent: Sent | None = await self._attempt(lambda: self._tested(contact, confirmation))
        return sent

    async def _tested(self, contact: Contact, confirmation: Confirmation | None) -> Sent | None:
        if not await self._passes():
            return None
        async with self._keeping:  # the service keeps the draft with its result: nothing older may follow it
            sent = await self.bench.integrations.test(self.draft, contact, confirmation)
            kept = await self.bench.integrations.draft(self.draft.id)
            self.draft = self.draft.model_copy(update={"tested": kept.tested})
        return sent

    # -- what goes wrong ---------------------------------------------------------------------------------------------

    async def _attempt(self, work: Callable[[], Awaitable[Any]]) -> Any:
        """Do ``work``; what goes wrong becomes a sentence on the page, and the page lives on."""
        try:
            done = await work()
        except Invalid as error:
            self._blame(error.problems)
        except WorkbenchError as error:
            self._say(error.sentence)
        except Exception:
            self._say(FAILED)
            raise
        else:
            return done
        return None

    def _blame(self, problems: Iterable[Problem]) -> None:
        """Show each error beside its field, and in the banner those whose field is not in this step."""
        left = self.step.show(problems)
        errors = [look.banner("error", elsewhere(one, self.draft.stage)) for one in left if one.blocks]
        self.banner.put(*errors)
        self.step.warn(left)

    def _say(self, sentence: Sentence | str) -> None:
        self.banner.put(look.banner("error", sentence))


async def _told(result: object) -> None:
    if inspect.isawaitable(result):
        await result


def _style() -> ipywidgets.HTML:
    css = (files(__package__) / "wizard.css").read_text(encoding="utf-8")
    widget = look.Markup(value=f"<style>{css}</style>")
    widget.add_class("wb-style")
    return widget


