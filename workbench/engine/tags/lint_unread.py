"""LINT UNREAD: what looks like a tag and is none: in a comment, a script or a template, with another spelling, or outside of its tag."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

from workbench.engine.slots import nearest
from workbench.models.base import Level
from workbench.sentence import Sentence, say

from .noting import Notes
from .page import Element
from .reading import ITEM

_WHY: Final[Mapping[str, tuple[Level, Sentence, Sentence]]] = {
    "comment": (
        "warning", say("The tag stands in a comment, which no browser reads."), say("Take the comment's signs away, or the tag."),
    ),
    "script": (
        "note", say("A script has this tag in its text. Whether it puts it on the page cannot be seen here."),
        say("Open the page, copy the elements from the browser's tools, and paste them here."),
    ),
    "template": (
        "warning", say("The tag stands in a <template>, which is not a part of the page until a script takes it out."),
        say("Move the tag out of the template."),
    ),
    "noscript": (
        "warning", say("The tag stands in <noscript>, which is only read where no script runs, the platform's neither."),
        say("Move the tag out of <noscript>."),
    ),
}  # fmt: skip
_TEXT_ALONE: Final[tuple[Level, Sentence, Sentence]] = (
    "warning", say("The tag stands where a browser reads nothing but text."), say("Move the tag out of this element."),
)  # fmt: skip


def check_unread(notes: Notes, known: Collection[str]) -> None:
    """Note every tag that the script never sees."""
    for one in notes.page.unread:
        if one.tag in known:
            level, sentence, fix = _WHY.get(one.kind, _TEXT_ALONE)
            notes.put(
                f"in_{one.kind}",
                level,
                "unread",
                (one.line, one.column),
                one.tag,
                sentence,
                fix,
                value=one.tag,
            )
    _check_spelling(notes, known)
    _check_outside(notes)


def _check_spelling(notes: Notes, known: Collection[str]) -> None:
    for name in notes.page.classes():
        if not name.lower().startswith(("cn_", "cn-")) or name in known or name.startswith("cn__"):
            continue
        near = nearest(name, known)
        if near is None or (notes.page.quirks and near == name.lower()):
            continue
        for element in notes.page.by_class(name)[:3]:
            notes.add(
                "unknown_tag", "error", "unread", element, name,
                say("There is no tag {name}; it is read by nobody.", name=name), say('Write class="{tag}".', tag=near), value=name,
            )  # fmt: skip


def _check_outside(notes: Notes) -> None:
    for element in notes.page.by_class(ITEM):
        if not _inside(element, ("cn_cart", "cn_purchase")):
            notes.add(
                "outside", "error", "unread", element, ITEM,
                say("The product lies in no cart and in no purchase, so it is read by nobody."),
                say("Put it inside of cn_cart or cn_purchase. A <div> in a <p> ends the <p>: use <div> outside too."),
            )  # fmt: skip


def _inside(element: Element, tags: Collection[str]) -> bool:
    outer = element.parent
    while outer is not None:
        if any(name in tags for name in outer.classes):
            return True
        outer = outer.parent
    return False
