"""SHOWN: whether somebody sees a part of a page: what nobody sees is not looked at again."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

__all__ = ["Seen", "Shown"]


class Seen(Protocol):
    """What is told whether somebody sees it."""

    @property
    def shown(self) -> bool:
        """Whether somebody sees it."""
        ...

    @shown.setter
    def shown(self, shown: bool) -> None: ...


class Shown:
    """A part that is told whether somebody sees it, and tells the parts within it."""

    _shown: bool = True

    @property
    def shown(self) -> bool:
        """Whether somebody sees it."""
        return self._shown

    @shown.setter
    def shown(self, shown: bool) -> None:
        self._shown = shown
        for part in self._within():
            part.shown = shown

    def _within(self) -> Iterable[Seen]:
        """Return the parts within it that look again by themselves."""
        return ()
