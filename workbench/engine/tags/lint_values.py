"""LINT VALUES: one value of a tag: what the script reads in place of what is written, and what it loses by that (R-SYNC-20)."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

from workbench.engine.shop_money import plain_amount
from workbench.engine.shop_names import Named
from workbench.sentence import Sentence, say

from .amounts import meant_by
from .javascript import MOST_SAFE, NumberRead, as_json
from .noting import Notes, seen
from .page import Element
from .reading import number_of

_ATTRIBUTES: Final = ("value", "content", "data-value", "title", "href", "src", "alt")
MOST_SAME: Final = 20
"""So many elements of one class are held against the first."""
_GROUPS: Final = re.compile(r"[+-]?[1-9][0-9]{0,2}\.[0-9]{3}", re.ASCII)


def check_number(notes: Notes, owner: Element, tag: str, named: Named, *, loses: bool) -> None:
    """Note what is wrong with a number. ``loses``: without it, or below 0, the script drops ``owner``, a whole ``tag``."""
    element = found(notes, owner, tag, named.tag, loses=loses)
    if element is None:
        return
    text = notes.page.text(element)
    read = number_of(notes.page, element, named)
    if read.value is None:
        _unreadable(notes, element, tag, named, text, loses)
        return
    if read.value < 0 and loses:
        notes.add(
            "number_negative", "error", "dropped", element, tag,
            say("“{value}” is below 0, so the whole {tag} is dropped without a word.", value=seen(text), tag=tag),
            say("Write 0 or more."), field=named.tag, value=text,
        )  # fmt: skip
        return
    _as_read(notes, element, tag, named, text, read)


def found(notes: Notes, owner: Element, tag: str, name: str, *, loses: bool) -> Element | None:
    """Return the element of a value, None where it is missing or says nothing; what that does is noted where something is lost."""
    same = notes.page.by_class(name, owner)
    if not same:
        if loses:
            notes.add(
                "missing", "error", "dropped", owner, tag,
                say("There is no {field} in it, so the whole {tag} is dropped without a word.", field=name, tag=tag),
                closed_early(owner) or say('Add <span class="{field}">…</span> inside of the tag.', field=name), field=name,
            )  # fmt: skip
        return None
    if not notes.page.text(same[0]):
        _empty(notes, same[0], tag, name, loses)
        return None
    _repeated(notes, same, tag, name)
    return same[0]


def better(text: str, *, whole: bool = False) -> str:
    """Return how a number is to be written, an empty text where that is not clear."""
    meant = meant_by(text)
    if len(meant) != 1 or (whole and meant[0] != meant[0].to_integral_value()):
        return ""
    return plain_amount(meant[0])


def _unreadable(notes: Notes, element: Element, tag: str, named: Named, text: str, loses: bool) -> None:
    fix = _write(text, named)
    if loses:
        notes.add(
            "not_a_number", "error", "dropped", element, tag,
            say("“{value}” is read as no number, so the whole {tag} is dropped without a word.", value=seen(text), tag=tag),
            fix, field=named.tag, value=text,
        )  # fmt: skip
    else:
        notes.add(
            "not_a_number", "warning", "missing", element, tag,
            say("“{value}” is read as no number: {field} is left out without a word.", value=seen(text), field=named.tag),
            fix, field=named.tag, value=text,
        )  # fmt: skip


def _as_read(notes: Notes, element: Element, tag: str, named: Named, text: str, read: NumberRead) -> None:
    assert read.value is not None
    shown = as_json(read.value)
    if read.rest and _means_another(text, read):
        notes.add(
            "number_changed", "error", "changed", element, tag,
            say("“{value}” is read as {read}: what stands behind “{rest}” is not looked at.",
                value=seen(text), read=str(shown), rest=seen(text[: len(text) - len(read.rest)])),
            _write(text, named), field=named.tag, value=text,
        )  # fmt: skip
    elif read.rest:
        notes.add(
            "number_and_more", "warning", "advice", element, tag,
            say("“{value}” is read as {read}; the rest is not looked at. Another price written like this may be cut.",
                value=seen(text), read=str(shown)),
            _write(text, named), field=named.tag, value=text,
        )  # fmt: skip
    elif abs(read.value) >= MOST_SAFE:
        notes.add(
            "number_too_long", "warning", "changed", element, tag,
            say("“{value}” has more digits than the script can keep: it is read as {read}.", value=seen(text), read=str(shown)),
            say("Write a shorter number; an id goes into a text, not into a number."), field=named.tag, value=text,
        )  # fmt: skip
    elif named.shape == "money" and _GROUPS.fullmatch(text):
        notes.add(
            "number_thousands", "note", "advice", element, tag,
            say("“{value}” is read as {read}, with decimals.", value=seen(text), read=str(shown)),
            say("If {thousands} is meant, write it without the point.", thousands=text.replace(".", "")),
            field=named.tag, value=text,
        )  # fmt: skip


def _means_another(text: str, read: NumberRead) -> bool:
    """Whether the number that is meant is another than the one that is read."""
    meant = meant_by(text)
    if meant:
        return any(one != Decimal(repr(read.value)) for one in meant)
    return any(sign.isdigit() for sign in read.rest)


def _write(text: str, named: Named) -> Sentence:
    right = better(text, whole=named.shape == "whole")
    if right:
        return say("Write {right}.", right=right)
    if named.shape == "whole":
        return say("Write a whole number in digits alone, such as 2.")
    return say("Write digits with a point for the decimals and nothing else, such as 60.25.")


def _empty(notes: Notes, element: Element, tag: str, name: str, loses: bool) -> None:
    attribute = next((one for one in _ATTRIBUTES if element.attributes.get(one)), "")
    fix = say('Write the value between the tags: <span class="{field}">…</span>.', field=name)
    if attribute:
        fix = say(
            'The value stands in the attribute {attribute}, where it is not read. Write it as <span class="{field}">…</span>.',
            attribute=attribute, field=name,
        )  # fmt: skip
    if loses:
        notes.add(
            "empty", "error", "dropped", element, tag,
            say("{field} is empty, so the whole {tag} is dropped without a word.", field=name, tag=tag), fix, field=name,
        )  # fmt: skip
    else:
        notes.add(
            "empty", "note", "missing", element, tag, say("{field} is empty.", field=name),
            fix if attribute else say("Write the value, or leave the element out."), field=name,
        )  # fmt: skip


def _repeated(notes: Notes, same: list[Element], tag: str, name: str) -> None:
    first = notes.page.text(same[0])
    for other in same[1:MOST_SAME]:
        text = notes.page.text(other)
        if text == first:
            continue
        if same[0].holds(other):
            notes.add(
                "not_closed", "warning", "changed", same[0], tag,
                say("{field} holds another {field}, so it is read as “{value}”.", field=name, value=seen(first)),
                say("Close the first one before the second begins."), field=name, value=first,
            )  # fmt: skip
        else:
            notes.add(
                "repeated", "warning", "ignored", other, tag,
                say("Only the first {field} counts, “{first}”; this one, “{value}”, is not read.",
                    field=name, first=seen(first), value=seen(text)),
                say("Keep one {field} in the tag, with the value that is meant.", field=name), field=name, value=text,
            )  # fmt: skip
        return


def closed_early(owner: Element) -> Sentence | None:
    """Return the fix for a tag that a browser ended before its values, None for any other."""
    if owner.name == "p" and not owner.children:
        return say(
            "A browser closes <p> before the first <div> in it, so the tag is empty. Write <div> in place of <p>."
        )
    return None
