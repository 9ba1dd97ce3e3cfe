"""Units: for which business unit somebody works now, and whose the things are."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from workbench.errors import Forbidden, Invalid, NotFound
from workbench.models.base import Problem
from workbench.models.unit import CHOICES, MOST_LETTERS, Belonging, Moved, Units
from workbench.sentence import say

from .house import House
from .roles import admin, viewer
from .visibility import KIND_OF, UNIT, eyes, named_in, require_all_units, text_of


class BusinessUnits:
    """The business units of a workbench. There is no list to keep: a unit is there as soon as a person or a thing names it."""

    def __init__(self, house: House) -> None:
        self.house = house

    @viewer
    async def mine(self) -> Units:
        """Return the units that the caller sees, whether that is all, and for which one he or she works now."""
        person = self.house.person
        chosen = await asyncio.to_thread(self.house.catalogue.chosen, person.name)
        if person.units:
            chosen = chosen if chosen in person.units else person.units[0]
            return Units(names=tuple(sorted(person.units)), restricted=True, chosen=chosen)
        names = {one.unit for one in (await self.of()).values()} | ({chosen} if chosen else set())
        return Units(names=tuple(sorted(names)), chosen=chosen)

    @viewer
    async def choose(self, unit: str) -> Units:
        """Work for a unit from now on: what is made new is its own. Empty: for nobody in particular, which takes one who sees all."""
        unit, person = _tidy(unit), self.house.person
        if person.units and unit not in person.units:
            raise Forbidden(say("You do not work for the unit “{unit}”. Choose one of yours.", unit=unit))
        choice = {"chosen": unit}
        await asyncio.to_thread(self.house.catalogue.everything.put, CHOICES, person.name, choice)
        return await self.mine()

    @viewer
    async def of(self) -> dict[str, Belonging]:
        """Return to which unit each thing belongs that has one and that the caller sees, by the thing's id."""
        return await asyncio.to_thread(self._of)

    @admin
    async def move(self, id: str, unit: str) -> Moved:
        """Give a thing (an integration, a gate, a shop, an account ...) to a unit; empty: to nobody in particular.

        What names it and was the same unit's goes along, and so does what was done with both. Begun again after a crash, it goes on.
        Raises Forbidden for who works for some units only, and NotFound.
        """
        from workbench.adapters.unit_moves import move

        require_all_units()
        unit = _tidy(unit)
        things = await asyncio.to_thread(self._with, id)
        records = 0
        for one, kind in things.items():
            await asyncio.to_thread(self.house.catalogue.move, kind, one, unit)
        for one in things:
            records += await move(self.house.database, one, unit)
        return Moved(id=id, unit=unit, things=len(things), records=records)

    def _with(self, id: str) -> dict[str, str]:
        """Return a thing and what goes along with it: ids and their kinds. Raises NotFound."""
        everything, kind = self.house.catalogue.everything, KIND_OF.get(id.partition("_")[0])
        if kind is None:
            raise NotFound(
                say("There is nothing under “{id}”. It may have been deleted meanwhile.", id=id[:80])
            )
        found, unit = {id: kind}, everything.get(kind, id).get(UNIT, "")
        for other in dict.fromkeys(KIND_OF.values()):
            for one in everything.all(other):
                if one.get(UNIT, "") == unit and id in named_in(text_of(one)):
                    found.setdefault(str(one["id"]), other)
        return found

    def _of(self) -> dict[str, Belonging]:
        look, found = eyes(), dict[str, Belonging]()
        for kind in dict.fromkeys(KIND_OF.values()):
            for one in self.house.catalogue.everything.all(kind):
                unit = str(one.get(UNIT, ""))
                if unit and look.see(unit):
                    found[str(one["id"])] = Belonging(unit=unit, name=_name(one))
        return found


def _name(document: Mapping[str, Any]) -> str:
    """Return what a thing is called: its own name, or the one among its settings."""
    return str(document.get("name") or (document.get("settings") or {}).get("name") or "")


def _tidy(unit: str) -> str:
    """Return a unit's name without blanks around it. Raises Invalid."""
    tidied = " ".join(unit.split())
    if len(tidied) > MOST_LETTERS or not tidied.isprintable():
        sentence = say("The name of a unit has at most {most} letters, in one line.", most=MOST_LETTERS)
        raise Invalid([Problem(field="unit", sentence=sentence)])
    return tidied
