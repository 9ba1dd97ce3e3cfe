"""CAPTURES: values of an answer under names, for ``{{ name }}`` in a later request."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

from workbench.models.assertion import Assertion, Capture
from workbench.models.base import JsonValue, Problem
from workbench.models.cassette import Answer
from workbench.models.contact import Contact
from workbench.models.request import header
from workbench.sentence import Sentence, say

from .assertions import check_assertion
from .kept_answer import body_text
from .paths import find
from .redact import MASK

MOST_CAPTURES: Final = 50
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")


def capture(
    captures: Iterable[Capture], answer: Answer | None
) -> tuple[dict[str, JsonValue], list[Sentence]]:
    """Return the values by name, and a sentence for each that was not found or is masked: a masked value is of no use later."""
    found: dict[str, JsonValue] = {}
    told: list[Sentence] = []
    for one in captures:
        values = _values(one, answer)
        if not values:
            told.append(
                say(
                    "“{name}” was not captured: nothing is at {place}.",
                    name=one.name,
                    place=one.path or one.subject,
                )
            )
        elif isinstance(values[0], str) and MASK in values[0]:
            told.append(say("“{name}” was not captured: the value is a secret, and masked.", name=one.name))
        else:
            found[one.name] = values[0]
    return found, told


def check_captures(captures: Iterable[Capture]) -> list[Problem]:
    """Return what is wrong with captures: their names and their places."""
    problems: list[Problem] = []
    names: set[str] = set()
    for index, one in enumerate(captures):
        field = f"captures.{index}"
        if not _NAME.fullmatch(one.name):
            problems.append(Problem(field=f"{field}.name", sentence=say(
                "“{name}” cannot be a name: use letters, digits and underscores, and begin with a letter.", name=one.name[:40],
            )))  # fmt: skip
        if one.name in names:
            problems.append(
                Problem(
                    field=f"{field}.name",
                    sentence=say("The name “{name}” is there twice. Give another one.", name=one.name),
                )
            )
        names.add(one.name)
        if one.subject in ("json", "header"):
            problems += check_assertion(
                Assertion(subject=one.subject, path=one.path, operator="exists"), field
            )
    return problems


def with_values(contact: Contact, values: Mapping[str, JsonValue]) -> Contact:
    """Return the contact with captured values among its variables; they come before its own of the same name."""
    return contact.model_copy(update={"variables": {**contact.variables, **values}}) if values else contact


def _values(one: Capture, answer: Answer | None) -> list[JsonValue]:
    if answer is None:
        return []
    if one.subject == "status":
        return [answer.status]
    if one.subject == "text":
        return [body_text(answer)]
    if one.subject == "header":
        value = header(answer.headers, one.path.strip())
        return [] if value is None else [value]
    return find(answer.tree, one.path.strip()) if answer.is_json else []
