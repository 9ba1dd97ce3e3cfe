"""Spread: work on a table or file cut into pieces, each of which any process of a home or team can do."""

from __future__ import annotations

from pydantic import Field

from .base import JsonValue, Noun


class Piece(Noun):
    """One piece of a larger work: a method of a service, by its names on a workbench, and its arguments as plain JSON.

    It holds no secret and no contact: whoever does it opens the house with rights of its own. Doing it twice has the effect of once.
    """

    service: str
    method: str
    arguments: dict[str, JsonValue] = Field(default_factory=dict)


class Done(Noun):
    """A piece that was done: its place in the work (from 0), and what its method returned, as plain JSON."""

    place: int
    result: JsonValue = None
