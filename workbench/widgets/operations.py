"""OPERATIONS: the page for those who look after the workbench: health, upkeep, backups, people, and whether it is safe to publish."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from workbench.sentence import N_

from .headline import Headline
from .page import Frame
from .parts_page import Part, PartsPage

__all__ = ["PARTS", "OperationsPage", "operations"]

PARTS: Final[Mapping[str, str]] = {
    "health": N_("Health"),
    "upkeep": N_("Upkeep"),
    "backups": N_("Backups"),
    "people": N_("People"),
    "publish": N_("Publish"),
}


class OperationsPage(PartsPage):
    """The content of the page."""

    def __init__(self, frame: Frame) -> None:
        title = Headline(
            N_("Operations"),
            N_("Is the workbench well, who comes in, what is kept and for how long, and is there a backup."),
            level=1,
            focus=False,
        )
        super().__init__(frame, title, PARTS, {}, _made, "operations.css")


def _made(key: str, frame: Frame) -> Sequence[Part]:
    """Return a part of the page, loaded when it is first shown so that the page itself opens fast."""
    if key == "health":
        from .operations_health import HealthPart

        return (HealthPart(frame),)
    if key == "upkeep":
        from .operations_upkeep import UpkeepPart

        return (UpkeepPart(frame),)
    if key == "backups":
        from .operations_backups import BackupsPart

        return (BackupsPart(frame),)
    if key == "people":
        from .operations_people import PeoplePart

        return (PeoplePart(frame),)
    from .operations_publish import PublishPart

    return (PublishPart(frame),)


async def operations(frame: Frame) -> OperationsPage:
    """Return the page, at the health of the server."""
    page = OperationsPage(frame)
    await page.go("health")
    return page
