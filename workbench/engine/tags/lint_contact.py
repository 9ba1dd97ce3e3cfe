"""LINT CONTACT: who the page says the visitor is: only direct children count, each by its whole class attribute (R-SYNC-20)."""

from __future__ import annotations

from typing import Final

from workbench.sentence import say

from .javascript import cut, length
from .lint_texts import STATUSES, check_choice, check_email, check_moment
from .noting import Notes, seen
from .page import Element
from .reading import CLIENT_KEYS, TRACKER_LENGTH

CONTACT_FIELDS: Final = (
    *CLIENT_KEYS, "_name", "_surname", "_birthdate", "_mobilePhone", "_points", "_externalId", "_mobilePhoneStatus",
    "_smsSubscriptionStatus",
)  # fmt: skip


def check_client(notes: Notes, element: Element) -> None:
    """Note what is lost of the contact: only direct children count, by their whole class attribute."""
    for child in element.children:
        name, text = child.class_name, notes.page.text(child)
        known = next((one for one in child.classes if one in CONTACT_FIELDS), "")
        if known and name != known:
            notes.add(
                "two_classes", "error", "changed", child, "cn_client_info",
                say("The whole class “{name}” is taken for the field's name, so {field} is not known.", name=name, field=known),
                say('Write class="{field}" and nothing more.', field=known), field=known, value=text,
            )  # fmt: skip
        elif name and name not in CONTACT_FIELDS and name.startswith("_"):
            near = notes.near(name, CONTACT_FIELDS)
            if near:
                notes.add(
                    "near_name", "warning", "unread", child, "cn_client_info",
                    say("{name} is sent as it is written, and the platform has no such field.", name=name),
                    say('Write class="{field}".', field=near), field=name, value=text,
                )  # fmt: skip
    _check_nested(notes, element)
    _check_contact_values(notes, element)


def _check_nested(notes: Notes, element: Element) -> None:
    direct = {name for child in element.children for name in child.classes}
    for inner in notes.page.inside(element):
        name = next((one for one in inner.classes if one in CONTACT_FIELDS and one not in direct), "")
        if inner.parent is not element and name:
            notes.add(
                "not_direct", "error", "unread", inner, "cn_client_info",
                say("{field} lies deeper in the tag, and only its direct children are read.", field=name),
                say("Move it directly under cn_client_info."), field=name, value=notes.page.text(inner),
            )  # fmt: skip


def _check_contact_values(notes: Notes, element: Element) -> None:
    for child in element.children:
        name, text = child.class_name, notes.page.text(child)
        if name == "primary_key":
            check_email(notes, child, "cn_client_info", name)
        elif name == "tracker_id" and length(text) > TRACKER_LENGTH:
            notes.add(
                "tracker_cut", "error", "changed", child, "cn_client_info",
                say("tracker_id is cut to {most} characters, “{left}”: another visitor's id, or none.",
                    most=TRACKER_LENGTH, left=seen(cut(text, TRACKER_LENGTH))),
                say("Write the id that the platform gave, of at most {most} characters, or leave it out.", most=TRACKER_LENGTH),
                field=name, value=text,
            )  # fmt: skip
        elif name == "_birthdate" and text:
            check_moment(notes, child, "cn_client_info", name, text)
        elif name in STATUSES:
            check_choice(notes, element, "cn_client_info", name)
