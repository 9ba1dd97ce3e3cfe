"""About: which workbench this is, in which mode, for whom, and what it has to say about itself."""

from __future__ import annotations

from workbench.models.base import Noun
from workbench.models.person import Person
from workbench.models.request import Mode
from workbench.sentence import Sentence

from .house import House
from .roles import viewer


class Facts(Noun):
    """What every page shows at its top. ``home`` is the home's short id, never its path."""

    mode: Mode
    person: Person
    home: str
    version: str
    journal: str
    key_source: str
    notices: tuple[Sentence, ...] = ()


class About:
    """The workbench about itself."""

    def __init__(self, house: House, version: str) -> None:
        self.house = house
        self.version = version

    @viewer
    async def facts(self) -> Facts:
        """Return mode, person and home; the notices, which name files, only to an admin."""
        house = self.house
        notices = (
            *house.home.notices,
            *house.catalogue.notices,
            *house.vault.notices,
            *house.journal.notices,
        )
        return Facts(
            mode=house.mode, person=house.person, home=house.home.id, version=self.version,
            journal=house.journal.kind, key_source=house.vault.key_source,
            notices=notices if house.person.may("admin") else (),
        )  # fmt: skip
