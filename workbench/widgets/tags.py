"""TAGS: the page of what a shop's pages tell: tags, the check of a page, events, that all ways say the same, coverage, web push."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from workbench.sentence import N_

from .headline import Headline
from .page import Frame
from .parts_page import Part, PartsPage

__all__ = ["PARTS", "PLACES", "ShopTagsPage", "shop_tags"]

PARTS: Final[Mapping[str, str]] = {
    "tags": N_("Tags"), "lint": N_("Check a page"), "events": N_("JavaScript events"), "same": N_("All ways the same"),
    "coverage": N_("Coverage and cost"), "push": N_("Web push"),
}  # fmt: skip
PLACES: Final[Mapping[str, str]] = {"tag": "tags", "event": "events"}
"""What a link names, and the part of the page that shows it (``tag=cart``); beside these, the parts themselves."""


class ShopTagsPage(PartsPage):
    """The content of the page."""

    def __init__(self, frame: Frame) -> None:
        title = Headline(
            N_("Shop tags"),
            N_("Write what a shop's pages tell its platform, and see what of it would really arrive."),
            level=1, focus=False,
        )  # fmt: skip
        super().__init__(frame, title, PARTS, PLACES, _made, "tags.css")


def _made(key: str, frame: Frame) -> Sequence[Part]:
    """Return a part of the page, loaded when it is first shown so that the page itself opens fast."""
    if key == "lint":
        from .tags_lint import TagLinter

        return (TagLinter(frame),)
    if key == "events":
        from .tags_events import EventBuilder

        return (EventBuilder(frame),)
    if key == "same":
        from .tags_same import TagCompare

        return (TagCompare(frame),)
    if key == "coverage":
        from .tags_coverage import CoverageBoard

        return (CoverageBoard(frame),)
    if key == "push":
        from .push_desk import PushDesk

        return (PushDesk(frame),)
    from .tags_build import TagBuilder

    return (TagBuilder(frame),)


async def shop_tags(frame: Frame) -> ShopTagsPage:
    """Return the page of a shop's tags, at its first part."""
    page = ShopTagsPage(frame)
    await page.turn()
    return page
