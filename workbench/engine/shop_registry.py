"""SHOP REGISTRY: a shop's own contact fields, as the platform's settings list them: their ids, types and choices (R-SYNC-03)."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Final

from workbench.models.base import Level, Problem
from workbench.models.sync_platform import FieldType, ShopField
from workbench.sentence import Sentence, say

REGISTRY_TYPES: Final[tuple[FieldType, ...]] = (
    "text", "email", "date", "radio", "phone", "boolean", "decimal", "integer", "checkbox",
)  # fmt: skip
"""The types that a field of a shop's own may have: https://api-docs.connectif.cloud/connectif-api/reference/contacts"""
CHOOSING: Final = frozenset({"radio", "checkbox"})
NUMBERS: Final = frozenset({"decimal", "integer"})
MOST_FIELDS: Final = 500
MOST_CHOICES: Final = 500
TITLE_LENGTH: Final = 200
_HEADINGS: Final = frozenset({"id", "field", "field id", "field_id", "key"})
_ID: Final = re.compile(r"[A-Za-z0-9_.-]{1,100}")


def check_registry(fields: Sequence[ShopField], known: Collection[ShopField] = ()) -> list[Problem]:
    """Return what is wrong with a shop's own fields, by ``fields.INDEX.PART``; ``known`` are those that every contact has."""
    if len(fields) > MOST_FIELDS:
        sentence = say(
            "At most {most} fields are kept; there are {count}.", most=MOST_FIELDS, count=len(fields)
        )
        return [Problem(field="fields", sentence=sentence)]
    found: list[Problem] = []
    seen: dict[str, int] = {}
    own = {field.id.casefold(): field.id for field in known}
    for index, field in enumerate(fields):
        told = _check_id(field.id, own, seen.get(field.id.casefold()))
        seen.setdefault(field.id.casefold(), index + 1)
        parts: list[tuple[str, Sentence | None, Level]] = [
            ("id", told, "error"),
            ("title", _check_title(field.title), "error"),
            ("type", _check_type(field), "error"),
            ("choices", _check_choices(field), "error"),
            ("choices", _no_choices(field), "warning"),
            ("least", _check_bounds(field), "error"),
        ]
        found += [
            Problem(field=f"fields.{index}.{part}", sentence=sentence, level=level)
            for part, sentence, level in parts
            if sentence is not None
        ]
    return found


def tidy_field(field: ShopField) -> ShopField:
    """Return a field as it is kept: blanks gone, marked as the shop's own; choices only where one chooses, bounds only for numbers."""
    choices = tuple(choice.strip() for choice in field.choices) if field.type in CHOOSING else ()
    number = field.type in NUMBERS
    return field.model_copy(update={
        "id": field.id.strip(), "title": " ".join(field.title.split()), "choices": choices, "custom": True, "write": True,
        "least": field.least if number else None, "most": field.most if number else None, "read_choices": (),
    })  # fmt: skip


def _check_id(id: str, own: dict[str, str], before: int | None) -> Sentence | None:
    if not id:
        return say(
            "The field has no id. Copy it from the list of contact fields in the platform, or delete the row."
        )
    if not _ID.fullmatch(id):
        return say(
            "“{id}” cannot be the id of a field: it has letters, digits, “_”, “-” and “.” alone, without blanks and accents. "
            "Copy the id, not the title.",
            id=id[:60],
        )  # fmt: skip
    if id.casefold() in own:
        return say(
            "“{id}” is a field that every contact has. It is known already: delete the row.",
            id=own[id.casefold()],
        )
    if before is not None:
        return say(
            "“{id}” is listed twice; the first one is row {row}. Delete one of them.", id=id, row=before
        )
    return None


def _check_title(title: str) -> Sentence | None:
    if len(title) > TITLE_LENGTH:
        return say(
            "The title has {length} characters; at most {most} are allowed. Shorten it.",
            length=len(title), most=TITLE_LENGTH,
        )  # fmt: skip
    return None


def _check_type(field: ShopField) -> Sentence | None:
    if field.type in REGISTRY_TYPES:
        return None
    return say(
        "“{type}” is not a type of contact fields. Choose one of: {known}.",
        type=field.type, known=", ".join(REGISTRY_TYPES),
    )  # fmt: skip


def _check_choices(field: ShopField) -> Sentence | None:
    if not field.choices:
        return None
    if field.type not in CHOOSING:
        return say(
            "Only radio and checkbox fields have choices. Take them out, or choose one of these types."
        )
    if len(field.choices) > MOST_CHOICES:
        return say(
            "At most {most} choices are kept; there are {count}.", most=MOST_CHOICES, count=len(field.choices)
        )
    if not all(choice.strip() for choice in field.choices):
        return say("One of the choices is blank. Take it out.")
    twice = next((choice for at, choice in enumerate(field.choices) if choice in field.choices[:at]), None)
    if twice is not None:
        return say("The choice “{choice}” is there twice. Take one out.", choice=twice[:60])
    return None


def _no_choices(field: ShopField) -> Sentence | None:
    if field.type in CHOOSING and not field.choices:
        return say(
            "“{id}” has no choices listed, so any text is let through. List them, as the platform does, to have rows checked.",
            id=field.id,
        )
    return None


def _check_bounds(field: ShopField) -> Sentence | None:
    if field.least is not None and field.most is not None and field.least > field.most:
        return say(
            "The least number {least} is above the greatest {most}. Swap them.",
            least=field.least, most=field.most,
        )  # fmt: skip
    return None


def read_registry(text: str) -> tuple[tuple[ShopField, ...], tuple[Problem, ...]]:
    """Return the fields of a pasted list: a line each, with id, type, title and choices (``gold | silver``), a text where it says no type.

    Tabs part a line that has any, else semicolons, else commas. A first line of headings is passed over. Each problem names its line.
    """
    fields: list[ShopField] = []
    problems: list[Problem] = []
    for number, line in enumerate(text.splitlines(), 1):
        parts = _parts(line)
        if not any(parts) or (not fields and parts[0].casefold() in _HEADINGS):
            continue
        id, kind, title, choices = (*parts, "", "", "")[:4]
        kind = kind.casefold() or "text"
        if kind not in REGISTRY_TYPES:
            problems.append(_unread(number, kind))
            continue
        listed = tuple(choice.strip() for choice in choices.split("|") if choice.strip())
        fields.append(
            tidy_field(ShopField.model_validate({"id": id, "type": kind, "title": title, "choices": listed}))
        )
    if not fields and not problems:
        problems.append(
            Problem(
                field="fields", sentence=say("There is no field in the text. Write one a line, its id first.")
            )
        )
    return tuple(fields), tuple(problems)


def _parts(line: str) -> list[str]:
    sign = next((one for one in ("\t", ";") if one in line), ",")
    return [part.strip().strip('"') for part in line.split(sign)]


def _unread(number: int, kind: str) -> Problem:
    sentence = say(
        "Line {line}: “{type}” is not a type of contact fields. Write one of: {known}.",
        line=number, type=kind[:40], known=", ".join(REGISTRY_TYPES),
    )  # fmt: skip
    return Problem(field="fields", sentence=sentence, line=number)
