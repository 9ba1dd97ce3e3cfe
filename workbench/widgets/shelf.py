"""SHELF: a list with the chosen thing below it, and a form that takes the list's place while it is open."""

from __future__ import annotations

from abc import ABC, abstractmethod

import ipywidgets

from .fold import Place, visible
from .look import Stack
from .messages import Messages
from .page import Frame
from .tables import RowList

__all__ = ["Shelf"]


class Shelf(ABC):
    """What every such part does alike. ``KIND`` is what a link calls a thing on it: ``shop=ID``."""

    KIND: str

    frame: Frame
    list: RowList
    shelf: Stack

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.place = ""
        self.messages = Messages()
        self.detail, self.guest = Place(), Place()

    @abstractmethod
    async def refresh(self) -> None:
        """Read what is listed anew, and leave what is open as it is."""

    @abstractmethod
    def choose(self, id: str, focus: bool = False) -> None:
        """Show one thing below the list, or none."""

    def forget(self) -> None:
        """Choose none: the one that was open is gone."""
        self.list.selected = ""
        self.choose("")

    async def back(self) -> None:
        """Come back to the list."""
        self._host()
        await self.refresh()
        self._stand(f"{self.KIND}={self.list.selected}" if self.list.selected else "")

    def _host(self, *guests: ipywidgets.Widget) -> None:
        """Let the guests take the list's place; without any the list is back."""
        self.messages.clear()
        self.guest.put(*guests)
        visible(self.shelf, not guests)

    def _stand(self, place: str) -> None:
        self.place = place
        self.frame.stand(place)
