"""SURE: the question before what cannot be taken back: what will be, one button that does it and says so, one that leaves it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from workbench.sentence import N_

from . import look
from .around import Around
from .fold import Place
from .messages import Messages
from .piece import Said

__all__ = ["Sure"]


class Sure:
    """A place for the question. What goes wrong with what is done is said in ``messages``."""

    def __init__(self, around: Around, messages: Messages) -> None:
        self._around, self._messages = around, messages
        self._place = Place()
        self.widget = self._place.widget

    def ask(self, title: Said, text: Said, go: Said, work: Callable[[], Awaitable[object]]) -> None:
        """Ask; ``work`` is done when the button ``go`` is pressed, and the question is put away either way."""
        sure, stay = look.button(go, "danger"), look.button(N_("Leave it"))

        async def do() -> None:
            self.put_away()
            await work()

        self._around.click(sure, do, self._messages)
        stay.on_click(lambda _button: self.put_away())
        self._place.put(look.card(title, look.banner("warn", text), look.buttons(stay, sure, align="start")))

    def put_away(self) -> None:
        """Ask no more."""
        self._place.put()
