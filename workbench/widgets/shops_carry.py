"""BRING IN: a shop from another workbench: its exported document, without its key."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from workbench.errors import Invalid
from workbench.models.shop import Shop
from workbench.sentence import N_

from . import look
from .around import Around
from .carry import read_document
from .fields import TextField
from .headline import Headline
from .messages import Messages

__all__ = ["BringIn"]


class BringIn:
    """The panel. ``on_shop`` is given the shop that came in, ``on_closed`` is called when the person leaves."""

    def __init__(
        self,
        around: Around,
        on_shop: Callable[[Shop], Awaitable[object]],
        on_closed: Callable[[], Awaitable[object]],
    ) -> None:
        self.around, self._on_shop = around, on_shop
        self.messages = Messages()
        self.text = TextField(
            N_("Exported shop"), multiline=True, rows=10, monospace=True, required=True,
            placeholder='{"format": "integration-workbench/shop", …}', hint=N_("Paste the whole document that “Export” gave."),
        )  # fmt: skip
        bring, leave = look.button(N_("Import it"), "primary"), look.button(N_("Cancel"), "quiet")
        around.click(bring, self.load, self.messages)
        around.click(leave, on_closed, self.messages)
        self.text.observe(lambda _: self._typed(), "value")
        self.widget = look.stack(
            Headline(
                N_("Import a shop"),
                N_("It comes without its key: type that here afterwards. A shop of the same name is replaced, and keeps its key where "
                   "the key still goes to the same address."),
            ),
            look.card("", self.text, self.messages.widget, look.buttons(bring, leave, align="start")),
        )  # fmt: skip

    def __repr__(self) -> str:
        return "<BringIn>"

    async def load(self) -> None:
        """Take the pasted document in."""
        try:
            shop = await self.around.bench.shops.load(read_document(self.text.value))
        except Invalid as error:
            self.text.error = error.sentence
            self.text.focus()
            return
        await self._on_shop(shop)

    def _typed(self) -> None:
        self.text.error = ""
