"""THE WIZARD: four steps around one draft: Configure, Authenticate, Test, Save. A thin face over ``bench.integrations``."""

from __future__ import annotations

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
from workbench.models.event import EVENT_SAMPLE
from workbench.models.integration import STAGES, Draft, Integration, Stage
from workbench.models.sending import Confirmation, Preview, Sent, TokenCheck
from workbench.sentence import N_, Sentence, say
from workbench.widgets import look
from workbench.widgets.fold import Place, visible
from workbench.widgets.secrets import Desk
from workbench.widgets.spawn import button_click

from .authenticate import Authenticate
from .configure import Configure
from .heading import Heading
from .keeping import APART, Keeper
from .saving import Saving, test_state
from .step import SUBTITLES, TITLES, Step, elsewhere
from .trial import Trial

if TYPE_CHECKING:
    from workbench.bench import Workbench

__all__ = ["Wizard"]

PAUSE_S = 0.5
"""Seconds without a keystroke after which the draft is kept."""


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
        on_apart: Callable[[Draft], object] = lambda _draft: None,
        pause_s: float = PAUSE_S,
    ) -> None:
        """``on_apart`` is given the draft that goes on where somebody else changed the one before."""
        self.bench = bench
        self._on_apart = on_apart
        self.keeper = Keeper(bench.integrations, draft, pause_s, self._say_apart)
        self.desk = Desk(bench.secrets)
        self.live = False
        self.opened = False
        self.step: Step
        self._on_saved = on_saved
        self._on_closed = on_closed
        self._contact: Contact | None = None
        self._texts: tuple[str, str] | None = None
        self._checked: tuple[str, TokenCheck] | None = None

        self.mode = Place()
        self.apart = Place()
        self.banner = Place()
        self.body = Place()
        self.steps = look.stepper(list(TITLES.values()))
        self.heading = Heading()
        self.back_button = look.button(N_("Back"))
        self.next_button = look.button(N_("Next"), "primary")
        self.save_button = look.button(N_("Save"), "primary")
        self.again_button = look.button(N_("Try again"), "primary")
        self.later_button = look.button(N_("Finish later"), "quiet", N_("Your input is kept as a draft"))
        self.widget = look.stack(
            _style(),
            self.mode.widget,
            self.apart.widget,
            self.steps,
            self.heading,
            self.body.widget,
            self.banner.widget,
            look.buttons(
                self.later_button,
                look.buttons(self.again_button, self.back_button, self.next_button, self.save_button),
                align="between",
            ),
        )
        self.widget.add_class("wb-wizard")
        self.later_button.add_class("wb-later")
        button_click(self.again_button, self.open)
        button_click(self.back_button, lambda: self._attempt(self.back))
        button_click(self.next_button, lambda: self._attempt(self.next))
        button_click(self.save_button, lambda: self._attempt(self.save))
        button_click(self.later_button, lambda: self._attempt(self.close))

    def __repr__(self) -> str:
        return f"<Wizard at {self.draft.stage}>"

    @property
    def draft(self) -> Draft:
        """The draft as it is now."""
        return self.keeper.draft

    async def open(self) -> ipywidgets.Widget:
        """Return the wizard's widget, at the step where the draft was left; what goes wrong is said in it."""
        await self._attempt(self._open)
        self._offer_buttons()
        return self.widget

    async def _open(self) -> None:
        self.live = (await self.bench.about.facts()).mode == "live"
        await self.desk.open()
        if self.live:
            warning = look.banner(
                "warn",
                N_("Tests and token requests really leave this computer, and messages reach people."),
                N_("Live."),
            )
            self.mode.put(warning)
            self.mode.widget.add_class("wb-live")
        await self._show_step()

    # -- what the buttons do -----------------------------------------------------------------------------------------

    async def next(self) -> None:
        """Check this step and go on; stay, with each error beside its field, where something blocks."""
        if not await self._passes():
            return
        step, kept = self.step, tidy(self.draft.settings)
        if not await step.leave(self.draft) or step is not self.step:
            return  # refused; or the person went back while the token URL was asked
        if isinstance(step, Authenticate) and step.checked is not None:
            self._checked = (credential_fingerprint(kept), step.checked)
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
        await _told(self._on_saved(await self.keeper.save()))

    async def close(self) -> None:
        """Keep the draft and leave."""
        if self.opened:
            await self._gather()
            await self.keeper.now()
        self.keeper.ended = True
        await _told(self._on_closed())

    # -- the draft ---------------------------------------------------------------------------------------------------

    def _say_apart(self) -> None:
        self.apart.put(look.banner("warn", APART))
        self._on_apart(self.draft)

    def _changed(self) -> None:
        """Take over what was typed, and keep it once the person rests."""
        self.keeper.put(settings=self.step.settings(self.draft.settings))
        self.keeper.soon(lambda: self._attempt(self._keep_and_warn))

    async def _keep_and_warn(self) -> None:
        await self.keeper.now()
        self.step.warn(await self.bench.integrations.check(self.draft, self.draft.stage))

    async def _gather(self) -> None:
        """Wait for secrets that are on their way, then take over the step's input."""
        await self.desk.idle()
        self.keeper.stop_waiting()
        self.keeper.put(settings=self.step.settings(self.draft.settings))
        if isinstance(self.step, Trial):
            self._contact, self._texts = self.step.contact.latest, self.step.contact.texts

    async def _passes(self) -> bool:
        """Keep the draft, ask for the verdict on this step, show it; return whether nothing blocks."""
        await self._gather()
        await self.keeper.now()
        problems = [*self.step.problems(), *await self.bench.integrations.check(self.draft, self.draft.stage)]
        self._blame(problems)
        return not any(problem.blocks for problem in problems)

    # -- the steps ---------------------------------------------------------------------------------------------------

    async def _go(self, stage: Stage) -> None:
        self.keeper.put(stage=stage)
        await self.keeper.now()
        await self._show_step()
        self.heading.focus()

    async def _show_step(self) -> None:
        stage = self.draft.stage
        self.step, self.opened = self._made(stage), True
        self.banner.put()
        self.body.put(self.step.widget)
        self.steps.value = look.stepper_markup(list(TITLES.values()), STAGES.index(stage))
        self.heading.title, self.heading.subtitle = TITLES[stage], SUBTITLES[stage]
        self._emphasise()
        self._offer_buttons()
        self.step.enter(await self.desk.absent(self.draft.settings.secrets()))
        self.step.warn(await self.bench.integrations.check(self.draft, stage))

    def _offer_buttons(self) -> None:
        """Show the buttons that mean something now; before the first step there is only another try."""
        shown, stage = self.opened, self.draft.stage
        visible(self.again_button, not shown)
        visible(self.back_button, shown and stage != STAGES[0])
        visible(self.next_button, shown and stage != STAGES[-1])
        visible(self.save_button, shown and stage == STAGES[-1])

    def _emphasise(self) -> None:
        """Let one button stand out: in step 3 that is Test, until a test has been accepted."""
        untested = self.draft.stage == "test" and test_state(self.draft)[1] != "ok"
        for name, wanted in (("wb-primary", not untested), ("wb-secondary", untested)):
            (self.next_button.add_class if wanted else self.next_button.remove_class)(name)

    def _made(self, stage: Stage) -> Step:
        settings = self.draft.settings
        if stage == "configure":
            return Configure(settings, self.desk, self._changed)
        if stage == "authenticate":
            return Authenticate(
                settings, self.desk, self._changed, self.bench.integrations.check_token, self._still_true()
            )
        if stage == "test":
            sample = EVENT_SAMPLE if settings.channel == "event" else SAMPLE
            contact = self._contact or (Contact(variables=SAMPLE.variables) if self.live else sample)
            return Trial(
                settings, contact, self._changed, send=self._test, preview=self._preview,
                live=self.live, checked=self._still_true(), texts=self._texts,
            )  # fmt: skip
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
        sent = await self.keeper.test(contact, confirmation)
        self._emphasise()
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
        except Exception as error:
            self._say(
                say(
                    "The page came upon a fault of its own ({fault}). Your input is still here: try once more, or reload the page.",
                    fault=type(error).__name__,
                )
            )
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
