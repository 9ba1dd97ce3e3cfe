"""LINT TEXTS: a text of a tag that is sent as it is written, and that the platform may not take: a moment, an address, a choice."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from workbench.engine.event_emails import wrong_with
from workbench.engine.slots import nearest
from workbench.sentence import Sentence, say

from .noting import Notes, seen
from .page import Element

EXAMPLE_MOMENT: Final = "2026-03-01T09:30:00Z"
STATUSES: Final[Mapping[str, tuple[str, ...]]] = {
    "_email_status": ("active", "bounced", "paused", "banned"),
    "_newsletter_subscription_status": ("subscribed", "unsubscribed", "none"),
    "availability": ("instock", "outofstock"),
}
_DAY: Final = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_TIME: Final = r"[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?"
_ZONE: Final = r"Z|[+-][0-9]{2}:?[0-9]{2}"
_MOMENT: Final = re.compile(rf"{_DAY}(?:T{_TIME}({_ZONE})?)?", re.ASCII)
_BLANK_MOMENT: Final = re.compile(rf"({_DAY}) +({_TIME}(?:{_ZONE})?)", re.ASCII)


def check_moment(notes: Notes, element: Element, tag: str, field: str, text: str) -> None:
    """Note where a text is no moment by ISO 8601, or one without its zone."""
    shape = _MOMENT.fullmatch(text)
    if shape is None or not _is_moment(text):
        blank = _BLANK_MOMENT.fullmatch(text)
        right = f"{blank[1]}T{blank[2]}" if blank and _is_moment(f"{blank[1]}T{blank[2]}") else EXAMPLE_MOMENT
        notes.add(
            "not_iso", "error", "changed", element, tag,
            say("“{value}” is sent as it is, and is no moment by ISO 8601: the platform may refuse it or take another day.",
                value=seen(text)),
            say("Write it like {example}.", example=right), field=field, value=text,
        )  # fmt: skip
    elif not shape[1] and "T" in text:
        notes.add(
            "no_zone", "note", "advice", element, tag,
            say("“{value}” has no zone, so the hour may be taken for another.", value=text),
            say("Add the zone: Z for UTC, or such as +01:00."), field=field, value=text,
        )  # fmt: skip


def check_email(notes: Notes, element: Element, tag: str, field: str) -> None:
    """Note where a value is no e-mail address."""
    text = notes.page.text(element)
    wrong = wrong_with(text) if text else None
    if wrong is not None:
        notes.add(
            "no_email", "warning", "advice", element, tag,
            say("{field} is sent as it is written. {wrong}", field=field, wrong=wrong),
            say("Write the contact's e-mail address."), field=field, value=text,
        )  # fmt: skip


def check_choice(notes: Notes, owner: Element, tag: str, name: str) -> None:
    """Note where the first value of a name is none of those that the platform knows."""
    element = notes.page.first(name, owner)
    text = notes.page.text(element) if element is not None else ""
    if element is not None and text and text not in STATUSES[name]:
        notes.add(
            "no_choice", "warning", "advice", element, tag,
            say("“{value}” is sent as it is written, and the platform knows only: {known}.",
                value=seen(text), known=", ".join(STATUSES[name])),
            _choose(text, STATUSES[name]), field=name, value=text,
        )  # fmt: skip


def _choose(text: str, known: tuple[str, ...]) -> Sentence:
    near = nearest(text, known)
    return say("Write {value}.", value=near) if near else say("Write one of these.")


def _is_moment(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True
