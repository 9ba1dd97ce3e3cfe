"""Business units: whose something is. What belongs to no unit in particular has an empty one."""

from __future__ import annotations

from typing import Final

from workbench.sentence import Sentence, say

from .base import Noun

CHOICES: Final = "unit_choices"
"""The kind under which the catalogue keeps for whom everybody works now."""

TABLES: Final = "table_units"
"""The kind under which the catalogue keeps whose the tables are."""

MOST_LETTERS: Final = 100

NOBODYS: Final[Sentence] = say(
    "This belongs to no unit in particular, and you work for some units. Ask somebody who works for all of them to change it."
)
"""Why somebody may see something and not change it."""


class Units(Noun):
    """The units that somebody sees. ``restricted``: no others, and nothing that is nobody's may be changed.

    ``chosen`` is the unit that new things are for.
    """

    names: tuple[str, ...] = ()
    restricted: bool = False
    chosen: str = ""


class Belonging(Noun):
    """To which unit something belongs, and what it is called; an empty name where it has none of its own."""

    unit: str
    name: str = ""


class Moved(Noun):
    """What went to another unit: how many things (the one that was named and what names it), and how many records of what was done."""

    id: str
    unit: str
    things: int
    records: int
