"""UNITS: for which business unit somebody works now: shown where there is a choice, and chosen there."""

from __future__ import annotations

import ipywidgets

from workbench.models.unit import Units
from workbench.sentence import N_, say

from . import look
from .around import Around
from .fields import ChoiceField
from .messages import Messages


class UnitChoice:
    """The choice of one who works for several units. What is made new belongs to the unit that is chosen."""

    def __init__(self, frame: Around, units: Units) -> None:
        self.frame, self.units = frame, units
        self.messages = Messages()
        self.field = ChoiceField(
            N_("You work for"),
            [(name, name) for name in units.names],
            value=units.chosen,
            style="segmented" if len(units.names) <= 3 else "select",
            hint=N_("What you make new belongs to this unit. You see what belongs to all of yours."),
        )
        self.field.observe(self._chosen, "value")
        self.widget: ipywidgets.Widget = look.card("", self.field, self.messages.widget)

    def _chosen(self, _: object) -> None:
        self.frame.start(self._choose(self.field.value), self.messages)

    async def _choose(self, unit: str) -> None:
        self.units = await self.frame.bench.units.choose(unit)
        self.messages.show("ok", say("What you make new belongs to {unit} now.", unit=unit))


async def unit_choice(frame: Around) -> list[ipywidgets.Widget]:
    """Return the choice for one who works for several units, and nothing for everybody else. Nobody else's page asks."""
    if len(frame.facts.person.units) < 2:
        return []
    return [UnitChoice(frame, await frame.bench.units.mine()).widget]
