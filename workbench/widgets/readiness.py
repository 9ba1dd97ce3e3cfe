"""READINESS: the page that proves a shop's integration: it begins red and turns green on evidence, which is there to be unfolded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from workbench.engine.readiness_score import standing
from workbench.errors import NotFound, WorkbenchError
from workbench.models.readiness import Standing, StepStanding, Validation, ValidationLine
from workbench.models.sending import Confirmation
from workbench.models.shop import Shop
from workbench.sentence import N_, say

from . import look
from .bar import PageLinks
from .download import Download
from .fields import ChoiceField
from .fold import Place, visible
from .headline import Headline
from .messages import Messages
from .page import Frame
from .piece import Speech, said
from .pulse import Pulse
from .readiness_board import Board
from .readiness_check import asked
from .readiness_history import History
from .readiness_step import StepFace

__all__ = ["ReadinessPage", "readiness"]

CALM_S: Final = 4.0
"""Seconds between two looks at whether somebody else added evidence."""


class ReadinessPage:
    """The content of the page. ``place`` names the validation that is shown."""

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.shops: Sequence[Shop] = ()
        self.validation: Validation | None = None
        self.stood: Standing | None = None
        self.step: StepFace | None = None
        self._busy = False
        self.messages, self.question, self.opened = Messages(), Place(), Place()
        self.shop = ChoiceField(
            N_("Shop"), hint=N_("What is proven is this shop's integration, as it is set up here.")
        )
        self.shop.observe(lambda _: frame.start(self._shop_chosen(), self.messages), "value")
        self.begin = look.button(N_("Begin a validation"), "primary")
        self.all = look.button(N_("Check all that needs nothing from me"), "primary")
        self.onward = look.button("")
        self.again = look.button(N_("Begin a new one"))
        self.away = look.button(N_("Delete"), "quiet")
        for button, work in (
            (self.begin, self._begin),
            (self.again, self._begin),
            (self.all, self._check_all),
            (self.onward, self._go_on),
            (self.away, self._ask_delete),
        ):
            frame.click(button, work, self.messages)
        self.report = Download(
            N_("Download the report"), "readiness.html", self._report, self.messages.guard, "text/html"
        )
        self.board = Board(lambda key: frame.start(self.open(key), self.messages))
        self.history = History(lambda id: frame.start(self._to(id), self.messages))
        self.pulse = Pulse(self.look)
        self.empty = look.show("")
        own = [self.all, self.onward] if frame.may("operator") else []
        new = [self.again] if frame.may("operator") else []
        new += [self.away] if frame.may("admin") else []
        self.card = look.card(
            "", self.board.widget, look.buttons(*own, self.report, *new, align="start"), self.question.widget
        )
        self.invitation = look.card(
            "", self.empty, *([look.buttons(self.begin, align="start")] if frame.may("operator") else [])
        )
        self.no_shop = look.card("", look.show(_no_shop()), _to_shops())
        self.widget = look.stack(
            look.sheets("readiness.css"),
            Headline(
                N_("Readiness"),
                N_("Prove a shop's integration step by step. A step turns green on evidence: an answer, a page, a call, a name."),
                level=1, focus=False,
            ),
            self.shop, self.messages.widget, self.no_shop, self.invitation, self.card, self.opened.widget, self.history.widget, self.pulse,
        )  # fmt: skip

    def __repr__(self) -> str:
        return f"<ReadinessPage of {len(self.history.lines)}>"

    @property
    def place(self) -> str:
        """The validation that is shown, or the shop."""
        if self.validation is not None:
            return f"validation={self.validation.id}"
        return f"shop={self.shop.value}" if self.shop.value else ""

    async def refresh(self) -> None:
        """Read shops and runs anew, and show the newest run of the shop."""
        self.shops = await self.frame.bench.shops.list()
        names = [(one.id, one.name) for one in self.shops]
        kept = self.shop.value if self.shop.value in dict(names) else (names[0][0] if names else "")
        self._busy = True
        self.shop.options, self.shop.value = names, kept
        self._busy = False
        await self._shop_chosen()

    async def go(self, place: str) -> None:
        """Show the validation or the shop that a link names."""
        kind, _, id = place.partition("=")
        if kind == "validation":
            await self._to(id)
        elif kind == "shop" and any(one.id == id for one in self.shops):
            self.shop.value = id

    async def open(self, key: str) -> None:
        """Show a step's checks, or put them away again."""
        if self.validation is None or self.stood is None:
            return
        if self.step is not None and self.step.key == key:
            self.step = None
            self.opened.put()
        else:
            [found] = [step for step in self.stood.steps if step.plan.key == key]
            self.step = StepFace(self.frame, self.validation, found, self.take)
            self.opened.put(self.step.widget)
        self._draw()

    def take(self, validation: Validation) -> None:
        """Show a validation as it stands now; what is typed in the open step stays."""
        if self.validation is None or validation.id != self.validation.id:
            return
        self.validation, self.stood = validation, standing(validation)
        if self.step is not None:
            [found] = [step for step in self.stood.steps if step.plan.key == self.step.key]
            self.step.show(validation, found)
        self._draw()
        self.pulse.news = self.stood.sentence

    async def look(self) -> float | None:
        """Look whether somebody else added evidence; returns the seconds until the next look."""
        try:
            if not self.shops and await self.frame.bench.shops.list():  # somebody set one up since
                await self.refresh()
            await self._read_runs()
            shown, lines = self.validation, self.history.lines
            if shown is None and lines:  # somebody began one
                await self._show(await self.frame.bench.readiness.get(lines[0].id))
            now = next((line for line in lines if shown and line.id == shown.id), None)
            if shown is not None and now is not None and now.changed_at != shown.changed_at:
                self.take(await self.frame.bench.readiness.get(now.id))
        except WorkbenchError as error:
            self.messages.show(
                "warn", error.sentence, N_("This is from before, and is looked at again by itself:")
            )
        return CALM_S

    # -- what is shown -------------------------------------------------------------------------------------------------

    async def _shop_chosen(self) -> None:
        if self._busy:
            return
        visible(self.shop, len(self.shops) > 1)
        visible(self.no_shop, not self.shops)
        await self._read_runs()
        lines = self.history.lines
        await self._show(await self.frame.bench.readiness.get(lines[0].id) if lines else None)

    async def _read_runs(self) -> None:
        lines: list[ValidationLine] = []
        if self.shop.value:
            lines = await self.frame.bench.readiness.runs(self.shop.value)
        self.history.show(lines, self.validation.id if self.validation else "")

    async def _to(self, id: str) -> None:
        """Show one validation, of whichever shop."""
        if self.validation is not None and self.validation.id == id:
            return
        try:
            found = await self.frame.bench.readiness.get(id)
        except NotFound as error:
            self.messages.fail(error)
            return
        if found.shop_id != self.shop.value and any(one.id == found.shop_id for one in self.shops):
            self._busy = True
            self.shop.value = found.shop_id
            self._busy = False
        await self._show(found)
        await self._read_runs()

    async def _show(self, validation: Validation | None) -> None:
        self.validation = validation
        self.stood = standing(validation) if validation else None
        self.step = None
        self.opened.put()
        self.question.put()
        self._draw()
        self.frame.stand(self.place)

    def _draw(self) -> None:
        shown = self.validation is not None and self.stood is not None
        visible(self.card, shown)
        visible(self.invitation, not shown and bool(self.shops))
        self.empty.value = _invitation(self.frame.may("operator"))
        if self.validation is None or self.stood is None:
            self.history.show(self.history.lines, "")
            return
        same_mode = self.validation.mode == self.frame.facts.mode
        visible(self.all, same_mode and self.frame.may("operator"))
        self._offer_next(self.stood, same_mode)
        self.board.show(self.validation, self.stood, self.step.key if self.step else "")
        self.history.show(self.history.lines, self.validation.id)

    def _offer_next(self, stood: Standing, same_mode: bool) -> None:
        """Offer the step that is to be looked at next: what is not so before what has no evidence yet."""
        found = self._next(stood)
        visible(self.onward, found is not None and same_mode)
        if found is not None:
            self.onward.description = said(say("Next: {step}", step=said(found.plan.title)))

    def _next(self, stood: Standing) -> StepStanding | None:
        """Return the first step that is open, of the worst kind there is; the one that is shown is no next one."""
        shown = self.step.key if self.step else ""
        for state in ("failed", "partly", "open"):
            for step in stood.steps:
                if step.state == state and step.plan.key != shown:
                    return step
        return None

    # -- what is done --------------------------------------------------------------------------------------------------

    async def _go_on(self) -> None:
        found = self._next(self.stood) if self.stood else None
        if found is not None:
            await self.open(found.plan.key)

    async def _ask_delete(self) -> None:
        """Say what goes, and ask."""
        go, stay = look.button(N_("Delete"), "danger"), look.button(N_("Leave it"))
        self.frame.click(go, self._delete, self.messages)
        stay.on_click(lambda _: self.question.put())
        text = N_("The validation goes, with all its evidence. That cannot be taken back.")
        self.question.put(look.banner("warn", text), look.buttons(stay, go, align="start"))

    async def _delete(self) -> None:
        assert self.validation is not None
        self.question.put()
        await self.frame.bench.readiness.delete(self.validation.id)
        self.validation = None
        await self._shop_chosen()

    async def _begin(self) -> None:
        validation = await self.frame.bench.readiness.begin(self.shop.value)
        await self._show(validation)
        await self._read_runs()

    async def _check_all(self) -> None:
        """Do step by step all that needs nothing from a person, so that the tiles turn one by one; live, after having asked."""
        if self.validation is None:
            return
        if self.frame.facts.mode != "live":
            await self._steps(None)
            return
        told = await self.frame.bench.readiness.ask(self.validation.id, "key.let_in")
        self.question.put(asked(self.frame, told, self._steps, self.question.put, self.messages))

    async def _steps(self, confirmation: Confirmation | None) -> None:
        assert self.validation is not None
        assert self.stood is not None
        id = self.validation.id
        for step in self.stood.steps:
            validation = await self.frame.bench.readiness.do(id, step.plan.key, None, confirmation)
            if self.validation is None or self.validation.id != id:
                return  # another one was chosen meanwhile; what was found is kept all the same
            self.take(validation)
        await self._read_runs()
        if self.step is None:  # what is left needs somebody: lead there
            await self._go_on()

    async def _report(self) -> str:
        assert self.validation is not None
        return await self.frame.bench.readiness.report(self.validation.id, Speech.lang)


def _invitation(may: bool) -> look.Html:
    if not may:
        return look.markup(
            '<p class="wb-empty">{text}</p>', text=said(N_("Nobody has begun to validate this shop yet."))
        )
    text = N_(
        "Fourteen steps, from the key to web push. What the workbench can look at itself it looks at; the rest is yours to show: a page, "
        "a subscription, or your word with your name on it. A failed step says why, and what to do next."
    )
    return look.markup(
        '<div class="wb-empty wb-invite"><h2>{title}</h2><p>{text}</p></div>',
        title=said(N_("Is this shop ready?")), text=said(text),
    )  # fmt: skip


def _no_shop() -> look.Html:
    return look.markup(
        '<div class="wb-empty wb-invite"><h2>{title}</h2><p>{text}</p></div>',
        title=said(N_("There is no shop yet")),
        text=said(say("Set up the shop and its key first; then what hangs on them can be proven.")),
    )


def _to_shops() -> PageLinks:
    link = {
        "page": "sync",
        "place": "shops",
        "label": said(N_("Set up a shop")),
        "code": "await sync_page(bench)",
    }
    return PageLinks([link], label=said(N_("Shops")))


async def readiness(frame: Frame) -> ReadinessPage:
    """Return the page of readiness, at the newest validation of the first shop."""
    page = ReadinessPage(frame)
    await page.refresh()
    return page
