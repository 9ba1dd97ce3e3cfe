"""FRESH: what is made of kept documents and asked for at every call: made anew when one of them has changed, and only then."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:  # a page that connects reads the services' signatures, and loads no door
    from .house import House

Made = TypeVar("Made")
Marks = Sequence[Hashable]


class Fresh(Generic[Made]):
    """What ``make`` makes, in a thread of its own, as long as ``marks`` stay the same; as long as none of them is set, at every call."""

    def __init__(self, marks: Callable[[], Awaitable[Marks]], make: Callable[[], Made]) -> None:
        self._marks, self._make = marks, make
        self._kept: tuple[Marks, Made] | None = None
        self._turn = asyncio.Lock()

    async def now(self) -> Made:
        """Return it as the documents stand now; raises what ``make`` raises."""
        marks = await self._marks()
        if self._kept is not None and self._kept[0] == marks and _told(marks):
            return self._kept[1]
        async with self._turn:
            if self._kept is None or self._kept[0] != marks or not _told(marks):
                # what changes while it is read has other marks, and is read the next time
                self._kept = marks, await asyncio.to_thread(self._make)
            return self._kept[1]


def marks_of(house: House, *kinds: str, vault: bool = False) -> Callable[[], Awaitable[Marks]]:
    """Return what gives the marks of these kinds of documents, and with ``vault`` that of the secrets."""

    def look() -> Marks:
        marks = [house.catalogue.mark(kind) for kind in kinds]
        return [*marks, house.vault.mark()] if vault else marks

    async def marks() -> Marks:
        if house.catalogue.shared:
            return await asyncio.to_thread(look)
        return look()  # a look at files costs less than a thread

    return marks


def _told(marks: Marks) -> bool:
    return any(mark is not None for mark in marks)
