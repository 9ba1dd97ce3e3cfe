"""SHOP READING: what reading one value of a record gives, and the words that all readers share."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from typing import NamedTuple

from workbench.models.base import JsonValue, Level, Problem
from workbench.sentence import Sentence, say

from .event_emails import BLANKS
from .event_findings import problem, shown
from .strict_json import clip


class Value(NamedTuple):
    """What a value was read as: ``body`` for JSON (None: it is left out), ``cell`` for an import's file, and what is to be said of it."""

    body: JsonValue
    cell: str = ""
    problems: tuple[Problem, ...] = ()


class Reading(NamedTuple):
    """How a record's values are read. ``comma``: the table's decimals stand behind a comma. ``file``: they go into an import's file.

    ``lower_local`` also lower-cases what stands before an address's at sign.
    """

    comma: bool = False
    file: bool = False
    lower_local: bool = False


Reader = Callable[[JsonValue], Value]


def is_blank(value: JsonValue) -> bool:
    """Return whether a value says nothing: None, a text of blanks, an empty list."""
    return value is None or (type(value) is str and not value.strip(BLANKS)) or value == []


def json_list(text: str) -> list[JsonValue] | None:
    """Return the list that a text is in JSON, its numbers exact, or None. Never raises, however the text looks."""
    if not text.lstrip().startswith("["):
        return None
    try:
        found = json.loads(text, parse_float=Decimal)
    except (
        ValueError,
        ArithmeticError,
        RecursionError,
    ):  # a power of ten may be too large even for a Decimal
        return None
    return found if isinstance(found, list) else None


def rewritten(id: str, before: str, after: str) -> Problem:
    """Return the note of a value that goes out in another spelling."""
    return problem(
        id,
        say(
            "“{field}” “{before}” goes out as “{after}”.",
            field=clip(id),
            before=clip(before),
            after=clip(after),
        ),
        "note",
    )


def refused(id: str, sentence: Sentence, level: Level = "error") -> Value:
    """Return a value that cannot go out, and why."""
    return Value(None, "", (problem(id, sentence, level),))


def no_text(id: str, value: JsonValue) -> Value:
    """Return what is said of a value that is no text, where one is wanted."""
    sentence = say(
        "“{field}” has to be a text, but it is {value}. Put it into quotes.",
        field=clip(id),
        value=shown(value),
    )
    return refused(id, sentence)


def quoted(value: JsonValue) -> Sentence | str:
    """Return a value as a sentence may repeat it: a text in quotes, and contact points masked."""
    found = shown(value)
    return (
        say("“{text}”", text=found)
        if type(value) is str
        else found
        if isinstance(found, Sentence)
        else str(found)
    )
