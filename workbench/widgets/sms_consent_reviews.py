"""CONSENT REVIEWS: texts that only sound like an opt-out. A person decides each; nothing happens by itself."""

from __future__ import annotations

from collections.abc import Sequence

from workbench.models.consent import Review
from workbench.sentence import N_, say

from . import look
from .around import Around
from .fold import Place
from .language import when
from .messages import Messages

__all__ = ["ReviewDesk"]


class ReviewDesk:
    """The texts that wait, each with its two answers."""

    def __init__(self, around: Around) -> None:
        self.around = around
        self.found: Sequence[Review] = ()
        self.messages, self.place = Messages(), Place()
        self.widget = look.card(
            N_("Likely opt-outs"), self.messages.widget, self.place.widget,
            subtitle=N_(
                "Texts that are no keyword but sound like an opt-out. Decide what each one means: nobody is opted out until you do."
            ),
        )  # fmt: skip

    def __repr__(self) -> str:
        return f"<ReviewDesk of {len(self.found)}>"

    async def refresh(self) -> None:
        """Read the texts anew."""
        self.found = await self.around.bench.consent.reviews()
        if not self.found:
            self.place.put(look.banner("ok", N_("No text waits for you.")))
            return
        self.place.put(*(self._one(review) for review in self.found))

    def _one(self, review: Review) -> look.Stack:
        text = look.markup("<blockquote>{words}</blockquote>", words=review.words)
        line = say(
            "{point} to {sender}, {at} UTC", point=review.point, sender=review.sender, at=when(review.at)
        )
        parts = [look.show(line), look.show(text)]
        if self.around.may("operator"):
            out, left = look.button(N_("Opt them out")), look.button(N_("Leave it"))
            self.around.click(out, lambda: self.settle(review.id, opted_out=True), self.messages)
            self.around.click(left, lambda: self.settle(review.id, opted_out=False), self.messages)
            parts.append(look.buttons(out, left, align="start"))
        panel = look.stack(*parts)
        panel.add_class("wb-panel")
        return panel

    async def settle(self, id: str, *, opted_out: bool) -> None:
        """Decide one text."""
        review = await self.around.bench.consent.settle_review(id, opted_out)
        await self.refresh()
        if opted_out:
            self.messages.show(
                "ok", say("{point} is opted out, as if they had texted STOP.", point=review.point)
            )
        else:
            self.messages.show("ok", say("The text of {point} changes nothing.", point=review.point))
