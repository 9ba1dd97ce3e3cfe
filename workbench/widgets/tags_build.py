"""TAGS BUILD: a tag written as its values are typed, ready to be copied into the page's template (R-SYNC-19)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

import ipywidgets

from workbench.errors import Invalid
from workbench.models.base import JsonValue, Problem
from workbench.models.tags import TAG_KINDS
from workbench.sentence import N_

from . import look
from .fields import ChoiceField
from .fold import Place, visible
from .latest import Latest
from .messages import Messages
from .page import Frame
from .piece import said
from .tags_form import TellForm
from .tags_words import SAMPLES, TAGS, choices

__all__ = ["TagBuilder", "Written"]

WHERE: Final[Mapping[str, str]] = {
    "cart": N_("On every page on which the cart can change, also when it was emptied: else it counts as abandoned."),
    "purchase": N_("On the first page after buying, once."),
    "product_visited": N_("On a product's page."),
    "product_searched": N_("On a product's page that was reached from a search."),
    "product_not_found": N_("On the page that says that there is no such product."),
    "search": N_("On the page of results."),
    "login": N_("On the first page after a login, together with who the visitor is."),
    "register": N_("On the first page after a registration, together with who the visitor is."),
    "newsletter_subscribe": N_("On the first page after the subscription."),
    "client_info": N_("On every page while the visitor is known. Only the first one on a page counts."),
    "page_info": N_("On every page that has categories or words."),
    "banner": N_("Where content of the platform is to be shown. It is not hidden."),
}  # fmt: skip


class Written:
    """A form and what is written from it, anew at each change; ``write`` makes the text from the values."""

    def __init__(
        self, frame: Frame, language: str, write: Callable[[str, dict[str, JsonValue]], Awaitable[str]]
    ) -> None:
        self.frame, self._language, self._write = frame, language, write
        self.text = ""
        self.messages = Messages()
        self._latest = Latest(lambda: self.messages.guard(self._again()))
        self.form = TellForm(self._latest.ask)
        self.result = Place()
        self.waiting = look.show(N_("Put the fields right; the text follows."), "wb-hint")
        visible(self.waiting, False)
        self.widget = look.stack(self.messages.widget, self.waiting, self.result.widget)

    def ask(self, kind: str) -> None:
        """Ask for another kind, and write it."""
        self.form.ask(kind)
        self._latest.ask()

    async def again(self) -> None:
        """Write it anew now."""
        await self.messages.guard(self._again())

    def later(self) -> None:
        """Write it anew in a moment: something beside the form has changed."""
        self._latest.ask()

    async def _again(self) -> None:
        kind = self.form.kind
        problems: tuple[Problem, ...] = ()
        text = ""
        try:
            text = await self._write(kind, self.form.data())
        except Invalid as error:
            problems = error.problems
        if kind != self.form.kind:
            return  # another kind was chosen meanwhile, and its answer is under way
        right = self.form.show(problems)
        visible(self.waiting, not right)
        if text != self.text or not text:
            self.text = text
            self.result.put(*([look.code_block(text, self._language)] if text else ()))


class TagBuilder:
    """The part of the page."""

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.place = ""
        self.kind = ChoiceField(N_("Tag"), choices(TAGS), value=TAG_KINDS[0])
        self.written = Written(frame, "HTML", frame.bench.tags.build)  # type: ignore[arg-type]  # the kinds are its own
        self.where = look.show("", "wb-hint")
        self.empty, sample = look.button(N_("The emptied cart")), look.button(N_("An example"), "quiet")
        clear = look.button(N_("Empty the form"), "quiet")
        frame.click(self.empty, self._emptied, self.written.messages)
        frame.click(sample, lambda: self._filled(SAMPLES.get(self.kind.value, {})), self.written.messages)
        frame.click(clear, lambda: self._filled({}), self.written.messages)
        self.kind.observe(lambda _: self._chosen(), "value")
        form = look.card(
            N_("What is told"), self.kind, self.where, self.written.form.widget,
            look.buttons(self.empty, sample, clear, align="start"),
        )  # fmt: skip
        html = look.card(
            N_("The tag"), self.written.widget,
            subtitle=N_("Hidden, escaped, and with numbers as the platform's script reads them. Put it into the page's template."),
        )  # fmt: skip
        self.widget: ipywidgets.Widget = look.columns(form, html, weights=(7, 5))
        self.widget.add_class("wb-tags-two")
        self._chosen()

    def __repr__(self) -> str:
        return f"<TagBuilder of {self.kind.value}>"

    async def refresh(self) -> None:
        """Write the tag anew."""
        await self.written.again()

    async def go(self, place: str) -> None:
        """Show the tag that a link names (``tag=cart`` or ``cart``)."""
        kind = place.rpartition("=")[2]
        if kind in TAGS:
            self.kind.value = kind

    def _chosen(self) -> None:
        kind = self.kind.value
        self.written.ask(kind)
        self.where.value = look.escape(said(WHERE.get(kind, "")))
        visible(self.empty, kind == "cart")

    async def _filled(self, values: Mapping[str, Any]) -> None:
        self.written.form.put(values)
        await self.written.again()

    async def _emptied(self) -> None:
        before = self.written.form.data()
        await self._filled(
            {"cartId": before.get("cartId", "CART-7"), "totalQuantity": "0", "totalPrice": "0"}
        )
