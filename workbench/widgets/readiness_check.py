"""READINESS CHECK: one check on the page: how it stands, and what a person can give for it; a live call is asked about first."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Final

import ipywidgets

from workbench.errors import Invalid
from workbench.models.base import JsonValue
from workbench.models.readiness import Ask, CheckStanding, Validation
from workbench.models.sending import Confirmation
from workbench.sentence import N_, say

from . import look
from .fields import TextField
from .fold import Fold, Place
from .form import Inputs, Plain
from .messages import Messages
from .page import Frame
from .piece import said
from .readiness_evidence import check_markup

__all__ = ["CheckFace", "asked"]

Changed = Callable[[Validation], object]
KEYS: Final = {
    "contacts.api": N_("Address of a contact"), "product.api": N_("Id of a product"), "purchase.api": N_("Id of a purchase"),
}  # fmt: skip


class CheckFace:
    """The face of one check. ``changed`` is called with the validation after each change of it."""

    def __init__(
        self, frame: Frame, validation: Validation, standing: CheckStanding, changed: Changed
    ) -> None:
        self.frame, self.validation, self.plan, self._changed = frame, validation, standing.plan, changed
        self.messages, self.question = Messages(), Place()
        self.shown = look.show(check_markup(standing))
        self.fields: dict[str, Plain] = {}
        acts: list[ipywidgets.Widget] = []
        same_mode = validation.mode == frame.facts.mode
        if frame.may("operator") and same_mode and standing.state != "live_only":
            acts = [
                look.show(said(self.plan.how), "wb-hint"),
                *self._form(),
                self.question.widget,
                *self._by_hand(),
            ]
        self.widget = look.stack(self.shown, self.messages.widget, *acts, gap="small")
        self.widget.add_class("wb-ready-check-face")

    def __repr__(self) -> str:
        return f"<CheckFace {self.plan.key}>"

    def show(self, validation: Validation, standing: CheckStanding) -> None:
        """Show how the check stands now; what is typed stays."""
        self.validation = validation
        value = check_markup(standing)
        if self.shown.value != value:
            self.shown.value = value

    # -- what a person gives -------------------------------------------------------------------------------------------

    def _form(self) -> list[ipywidgets.Widget]:
        """Return the fields of the check and the buttons that do it."""
        match self.plan.needs:
            case "key":
                return self._of_record()
            case "page" | "pages":
                return self._of_page()
            case "text":
                return [
                    self._field("text", N_("Subscription or report"), rows=5),
                    self._row(self._button(N_("Read it"), "text")),
                ]
            case "word":
                return []
            case _:
                again = [self._button(N_("Look now"))]
                if self.plan.source == "call" and self.validation.mode == "rehearsal":
                    again.append(self._button(N_("Rehearse the call"), rehearse=True))
                return [self._row(*again)]

    def _of_record(self) -> list[ipywidgets.Widget]:
        contact, purchase = self.plan.key == "contacts.api", self.plan.key == "purchase.api"
        fields = [self._field("key", KEYS[self.plan.key], kind="email" if contact else "text")]
        if purchase:
            hint = N_("Whose test purchase it is; needed only for that.")
            fields.append(self._field("email", N_("Address of the buyer"), kind="email", hint=hint))
        write = N_("Write it, then look it up") if contact else N_("Write a test record, then look it up")
        names = ("key",) if contact else ("email",) if purchase else ()
        return [
            look.columns(*fields) if purchase else fields[0],
            self._row(self._button(N_("Look it up"), "key"), self._button(write, *names, write=True)),
        ]

    def _of_page(self) -> list[ipywidgets.Widget]:
        page = self._field("page", N_("Page, or what the browser posted"), rows=6)
        if self.plan.needs == "page":
            return [page, self._row(self._button(N_("Read the page"), "page"))]
        before = self._field("before", N_("The page before the change"), rows=6)
        page.label = said(N_("The page after it"))
        return [
            look.columns(before, page),
            self._row(self._button(N_("Compare the pages"), "before", "page")),
        ]

    def _field(
        self, name: str, label: str, *, rows: int = 0, kind: str = "text", hint: str = ""
    ) -> TextField:
        field = TextField(
            label, hint=hint, multiline=bool(rows), rows=rows or 4, monospace=bool(rows), input_type=kind
        )
        self.fields[name] = Plain(field)
        return field

    def _row(self, *buttons: ipywidgets.Widget) -> look.Row:
        return look.buttons(*buttons, align="start")

    def _button(self, text: str, *names: str, **fixed: JsonValue) -> ipywidgets.Button:
        """Return a button that does the check with what is typed in these fields, and with what is fixed."""
        button = look.button(text)

        async def do() -> None:
            given = {name: self.fields[name].value() for name in names} | fixed
            await self._ask(given)

        self.frame.click(button, do, self.messages)
        return button

    async def _ask(self, given: dict[str, JsonValue]) -> None:
        """Do the check; where it is live, after the person has seen what goes where."""
        self.question.put()
        ready = self.frame.bench.readiness

        async def do(confirmation: Confirmation | None) -> None:
            try:
                self._changed(await ready.do(self.validation.id, self.plan.key, given, confirmation))
            except Invalid as error:
                rest = Inputs(self.fields).show(error.problems)
                if rest:
                    raise Invalid(rest) from error

        if self.plan.source != "answer" or self.frame.facts.mode != "live":
            await do(None)
            return
        told = await ready.ask(self.validation.id, self.plan.key, given)
        self.question.put(asked(self.frame, told, do, self.question.put, self.messages))

    # -- a word, or leaving it out -------------------------------------------------------------------------------------

    def _by_hand(self) -> list[ipywidgets.Widget]:
        """Return where a person gives a word, and where the check is left out; folded but where a word is all there is."""
        parts: list[ipywidgets.Widget] = []
        if self.plan.word:
            title = (
                N_("Give your word")
                if self.plan.source == "word"
                else N_("Give your word instead (counts half)")
            )
            label, hint = N_("What you saw, and where"), N_("Your name and the time are kept with it.")
            word = self._noted(
                label, hint, [(N_("I saw it"), self._word(True)), (N_("I did not see it"), self._word(False))]
            )
            parts.append(Fold(title, *word, opened=self.plan.needs == "word").widget)
        out = self._noted(
            N_("Why it is left out"),
            N_("It then counts neither for nor against."),
            [(N_("Leave it out"), self._leave_out)],
        )
        parts.append(Fold(N_("Leave it out"), *out).widget)
        return parts

    def _noted(
        self, label: str, hint: str, ways: list[tuple[str, Callable[[str], Awaitable[Validation]]]]
    ) -> list[ipywidgets.Widget]:  # fmt: skip
        field = TextField(label, hint=hint)

        def button(text: str, way: Callable[[str], Awaitable[Validation]]) -> ipywidgets.Button:
            made = look.button(text)

            async def do() -> None:
                field.error = ""
                try:
                    self._changed(await way(field.value))
                except Invalid as error:
                    field.error = said(error.sentence)
                    return
                field.value = ""

            self.frame.click(made, do, self.messages)
            return made

        return [field, self._row(*(button(text, way) for text, way in ways))]

    def _word(self, seen: bool) -> Callable[[str], Coroutine[Any, Any, Validation]]:
        async def give(note: str) -> Validation:
            return await self.frame.bench.readiness.confirm(self.validation.id, self.plan.key, note, seen)

        return give

    async def _leave_out(self, note: str) -> Validation:
        return await self.frame.bench.readiness.leave_out(self.validation.id, self.plan.key, note)


def asked(
    frame: Frame, told: Ask, do: Callable[[Confirmation | None], Awaitable[object]], put_away: Callable[[], object], messages: Messages
) -> look.Stack:  # fmt: skip
    """Return the card that says what a live check does and where it goes, and does it once the person has agreed."""
    go = look.button(say("Ask {host} for {recipient}", host=told.host, recipient=told.recipient), "danger")
    stay = look.button(N_("Do not ask"))
    stay.on_click(lambda _: put_away())

    async def agreed() -> None:
        put_away()
        await do(Confirmation(host=told.host, recipient=told.recipient))

    frame.click(go, agreed, messages)
    return look.card(
        N_("Really ask?"),
        look.banner("warn", told.sentence, N_("LIVE.")),
        look.key_value_table([(N_("Host"), told.host), (N_("For"), told.recipient)]),
        look.buttons(stay, go, align="start"),
    )
