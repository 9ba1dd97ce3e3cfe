"""PAGED: a list that is read a page at a time: the next page is what lies behind the last row that is shown."""

from __future__ import annotations

from abc import ABC, abstractmethod

from . import look
from .around import Around
from .fold import visible
from .messages import Messages
from .piece import Said


class Paged(ABC):
    """What such a list has: two buttons, and where each page before this one began.

    ``read`` reads this page anew: it asks for one row more than ``step``, behind row ``_behind``, and tells ``_turned`` how many came.
    """

    def __init__(self, around: Around, messages: Messages, step: int, earlier: Said, later: Said) -> None:
        self.messages = messages
        self.earlier, self.later = look.button(earlier), look.button(later)
        self._step = step
        self._before: list[int] = []
        around.click(self.earlier, self.back, messages)
        around.click(self.later, self.next, messages)

    @abstractmethod
    async def read(self) -> None:
        """Read this page anew."""

    @property
    @abstractmethod
    def _last(self) -> int:
        """The number of the last row that is shown."""

    async def first(self) -> None:
        """Show the first page."""
        self._before = []
        await self.read()

    async def next(self) -> None:
        """Show the page after this one."""
        self._before.append(self._last)
        await self.read()

    async def back(self) -> None:
        """Show the page before this one."""
        self._before.pop()
        await self.read()

    @property
    def _behind(self) -> int:
        """The number of the row that this page comes after; 0 on the first one."""
        return self._before[-1] if self._before else 0

    @property
    def _at(self) -> int:
        """How many rows the pages before this one hold."""
        return self._step * len(self._before)

    def _turned(self, came: int) -> None:
        """Offer the pages that there are."""
        visible(self.earlier, bool(self._before))
        visible(self.later, came > self._step)
