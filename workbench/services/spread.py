"""SPREAD: where the pieces of a large work are done: here one after the other, or by the workers of a cluster.

The pieces are the same and do the same in both places, so what is rehearsed on a laptop is what runs on a cluster.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Protocol

from workbench.models.base import JsonValue
from workbench.models.spread import Done, Piece

Method = Callable[..., Awaitable[JsonValue]]
"""How a piece is done: takes its arguments by name, returns plain JSON."""


class Spread(Protocol):
    """Does the pieces of a work, each at least once."""

    @property
    def workers(self) -> int:
        """How many processes do pieces at the same time."""
        ...

    def each(self, pieces: Sequence[Piece]) -> AsyncIterator[Done]:
        """Give each piece once it is done, in whatever order they end; raises what a piece raised, and begins no other then.

        A piece whose worker died is done again by another one. Closing the iterator lets go of what is not done.
        """
        ...


class Here:
    """Does pieces in this process, one after the other, in their order."""

    workers = 1

    def __init__(self, find: Callable[[str, str], Method]) -> None:
        """Take what finds a method by the names of its service and its own."""
        self._find = find

    async def each(self, pieces: Sequence[Piece]) -> AsyncIterator[Done]:
        """Give each piece once it is done."""
        for place, piece in enumerate(pieces):
            result = await self._find(piece.service, piece.method)(**piece.arguments)
            yield Done(place=place, result=result)
