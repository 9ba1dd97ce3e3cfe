"""PACE: how fast an account may be called: windows as rows, for all jobs and integrations that share the account."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import ValidationError

from workbench.models.pace import Budget, Rate
from workbench.sentence import N_, Sentence, say

from . import look
from .around import Around
from .fields import TextField
from .fold import Place
from .language import hour
from .messages import Messages

__all__ = ["PaceForm"]

ORIGINS = {
    "provider": N_("From the provider's documentation."),
    "person": N_("Set by a person."),
    "answers": N_("Learned from the account's own answers."),
}


class Window:
    """One row of the form: so many calls in so many seconds."""

    def __init__(self, number: int, rate: Rate | None) -> None:
        self.limit = TextField(
            say("Calls (window {number})", number=number),
            value=f"{rate.limit}" if rate else "",
            input_type="number",
        )
        self.per_s = TextField(
            say("Seconds (window {number})", number=number),
            value=f"{rate.per_s:g}" if rate else "1",
            input_type="number",
        )
        self.remove = look.button(N_("Remove"), "quiet", tooltip=say("Remove window {number}", number=number))
        self.widget = look.Row([self.limit, self.per_s, self.remove])
        self.widget.add_class("wb-window")

    def rate(self) -> Rate | None:
        """Return what is typed, or None when it has to be put right; that is said beside the field."""
        self.limit.error = self.per_s.error = ""
        try:
            return Rate.model_validate({"limit": self.limit.value.strip(), "per_s": self.per_s.value.strip()})
        except ValidationError as error:
            for item in error.errors(include_input=False, include_url=False, include_context=False):
                field, sentence = (
                    (self.limit, N_("Type a whole number from 1 to 10000000."))
                    if item["loc"] == ("limit",)
                    else (self.per_s, N_("Type seconds, from 0.1 to 86400."))
                )
                field.error = sentence
            return None


class PaceForm:
    """The windows of an integration's account, to look at and, for who may, to change."""

    def __init__(self, around: Around) -> None:
        self.around = around
        self.integration = ""
        self.messages = Messages()
        self.windows: list[Window] = []
        self.told, self.rows = Place(), Place()
        add, save = look.button(N_("Add a window")), look.button(N_("Set this pace"))
        add.on_click(lambda _: self._add(None))
        around.click(save, self.save, self.messages)
        self.widget = look.stack(
            self.told.widget, self.rows.widget, look.buttons(add, save, align="start"), self.messages.widget
        )

    async def open(self, integration: str) -> None:
        """Show the pace of an integration's account."""
        self.integration = integration
        budget = await self.around.bench.work.budget(integration)
        if self.integration == integration:
            self._show(budget)

    async def save(self) -> None:
        """Set what is typed, for all jobs of the account."""
        rates = [window.rate() for window in self.windows]
        given = [rate for rate in rates if rate is not None]
        if len(given) == len(rates):
            self._show(await self.around.bench.work.set_pace(self.integration, given))
            self.messages.show("ok", N_("The pace is set. Jobs that are running keep to it at once."))

    def _show(self, budget: Budget) -> None:
        self.windows = []
        self.rows.put()
        for rate in budget.rates:
            self._add(rate)
        self.told.put(look.stack(*(look.show(text, "wb-hint") for text in _facts(budget)), gap="small"))

    def _add(self, rate: Rate | None) -> None:
        window = Window(len(self.windows) + 1, rate)
        self.windows.append(window)
        window.remove.on_click(lambda _: self._remove(window))
        self._draw()

    def _remove(self, window: Window) -> None:
        self.windows.remove(window)
        self._draw()

    def _draw(self) -> None:
        self.rows.put(*(window.widget for window in self.windows))


def _facts(budget: Budget) -> Sequence[str | Sentence]:
    lines: list[str | Sentence] = [
        N_(
            "At most so many calls in any so many seconds, for all jobs and integrations of this account together. Every window holds."
        )
    ]
    if budget.rates:
        lines.append(ORIGINS.get(budget.origin, budget.origin))
    else:
        lines.append(N_("No limit is set: rows go as fast as the provider answers."))
    if budget.held_until is not None:
        lines.append(say("The provider asked to be left alone until {at} UTC.", at=hour(budget.held_until)))
    return lines
