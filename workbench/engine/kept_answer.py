"""KEPT ANSWER: a reply as it is checked, compared and kept: parsed where it is JSON, its text written one way only."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Final

from workbench.models.assertion import JsonType
from workbench.models.base import JsonValue
from workbench.models.cassette import Answer
from workbench.models.request import ReplyView

DEEPEST: Final = 100
"""Levels of nesting that are looked into; a body nested deeper is taken as text."""
LEAST_NUMBER: Final = 10_000_000
"""From here on a whole number may be a phone number."""
_ODD_NAME = re.compile(r"@|%40|[0-9]{7}")
CLIPPED: Final = 200
"""Characters of a value that a verdict shows."""


def answer_of(reply: ReplyView, mask: Callable[[str], str] = str) -> Answer:
    """Return a reply, whose secrets are masked already, as it is kept: ``mask`` is put over each text and header value, names stay.

    JSON is read only where it came whole.
    """
    headers = tuple((name, mask(value)) for name, value in reply.headers)
    found, tree = (False, None) if reply.cut else _parsed(reply)
    if not found:
        return Answer(
            status=reply.status, headers=headers, text=mask(reply.body), elapsed_ms=reply.elapsed_ms, cut=reply.cut,
        )  # fmt: skip
    return Answer(
        status=reply.status, headers=headers, is_json=True, tree=masked_tree(tree, mask), elapsed_ms=reply.elapsed_ms,
    )  # fmt: skip


def body_text(answer: Answer) -> str:
    """Return the body as text. JSON is written with one blank after each comma and colon, however it came."""
    return json.dumps(answer.tree, ensure_ascii=False) if answer.is_json else answer.text


def json_type(value: JsonValue) -> JsonType:
    """Return the JSON type of a value; a whole number is an ``integer``."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "integer"
    if isinstance(value, float):
        return "number"
    if isinstance(value, str):
        return "string"
    return "array" if isinstance(value, list) else "object"


def same(one: JsonValue, other: JsonValue) -> bool:
    """Return whether two JSON values are equal: 1 and 1.0 are, 1 and true are not, nor 77 and "77"."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, bool) is not isinstance(other, bool):
        return False
    return bool(one == other)


def shown(value: JsonValue, most: int = CLIPPED) -> str:
    """Return a value as a sentence shows it: a text in quotes, anything else as JSON; clipped, on one line."""
    try:
        text = json.dumps(value, ensure_ascii=False)
    except (
        TypeError,
        ValueError,
    ):  # what is no JSON at all, such as an expected value that was typed in Python
        text = str(value)
    text = text.encode("utf-8", "replace").decode()
    return text if len(text) <= most else text[:most] + "…"


def masked_tree(value: JsonValue, mask: Callable[[str], str]) -> JsonValue:
    """Return a JSON value with ``mask`` put over each text in it, and over names and numbers that may be an address or a phone number.

    Other names and numbers stay: a person called “Status” would make a riddle of the answer.
    """
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, list):
        return [masked_tree(item, mask) for item in value]
    if isinstance(value, dict):
        return {
            mask(key) if _ODD_NAME.search(key) else key: masked_tree(item, mask)
            for key, item in value.items()
        }
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= LEAST_NUMBER:
        text = mask(str(value))
        return value if text == str(value) else text
    return value


def too_deep(value: JsonValue, most: int = DEEPEST) -> bool:
    """Return whether a value is nested in more than ``most`` levels."""
    level = [value]
    for _ in range(most + 1):
        level = [
            item
            for one in level
            if isinstance(one, (dict, list))
            for item in (one.values() if isinstance(one, dict) else one)
        ]
        if not level:
            return False
    return True


def _parsed(reply: ReplyView) -> tuple[bool, JsonValue]:
    """Return whether a body is JSON that may be looked into, and its value."""
    tree = reply.json_body
    if tree is None:
        if reply.body.strip() != "null":
            return False, None
        return True, None
    return (False, None) if too_deep(tree) else (True, tree)
