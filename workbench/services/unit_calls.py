"""Unit calls: whose something is that a call names, for what is told of the call in the journal."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
from collections.abc import Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from pydantic import BaseModel

from .visibility import in_order, named_in, working_for

if TYPE_CHECKING:
    from .house import House

THINGS: Final = frozenset({"int", "gat", "shp", "sms", "evt", "chn"})
"""The prefixes of those that the journal's entries are of."""

_KEPT: Final = re.compile(r"\b(?:job|run|hld|dlv|cbk|ent)_[0-9a-z]{6,}\b")
"""Ids of what the database keeps with its unit."""

LONGEST_NAME: Final = 200
"""Letters of what a call may name something by; a longer text is a table or a document."""


@contextlib.contextmanager
def told_for(unit: str) -> Iterator[None]:
    """Let what is told inside belong to a unit; empty: to whom the call works for."""
    token = working_for.set(unit) if unit else None
    try:
        yield
    finally:
        if token is not None:
            working_for.reset(token)


async def unit_of_call(house: House, given: Mapping[str, Any]) -> str:
    """Return the unit of what a call names, or of what it gave back: a thing, a job, a run or a hold; empty: nobody's."""
    text = _text(given)
    for id in sorted(named_in(text)):
        if unit := await asyncio.to_thread(house.catalogue.unit_of, id):
            return unit
    for id in sorted(set(_KEPT.findall(text))):
        if unit := await house.database.read(partial(_unit_kept, id)):
            return unit
    return ""


def thing_in(*calls: Mapping[str, Any]) -> str | None:
    """Return the id of the first thing of its own (an integration, a gate ...) that a call names, or that came of it."""
    ids = (id for given in calls for id in in_order(_text(given)))
    return next((id for id in ids if id.partition("_")[0] in THINGS), None)


def _text(given: Mapping[str, Any]) -> str:
    return json.dumps({name: _plain(value) for name, value in given.items()}, default=str)


def _unit_kept(id: str, connection: Any) -> str:
    from workbench.adapters.seeing import unit_of_kept

    return unit_of_kept(connection, id)


def _plain(value: Any) -> Any:
    if isinstance(value, str | bytes) and len(value) > LONGEST_NAME:
        return ""
    return value.model_dump(mode="json") if isinstance(value, BaseModel) else value
