"""PROPOSALS: checks made of a real answer: what is stable is asserted by its value, what changes each time by its shape."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

from workbench.models.assertion import Assertion
from workbench.models.base import JsonValue
from workbench.models.cassette import Answer
from workbench.models.request import header

from .kept_answer import body_text, json_type
from .volatile import is_learned, look_of, looks_volatile, places

MOST_PROPOSALS: Final = 40
LONGEST_VALUE: Final = 120
"""Characters of a text that is still asserted word by word."""
TIMES: Final = 10
LEAST_MS: Final = 2000
"""An answer may take so many times as long as it did, and so many milliseconds at least, before a check on its time fails."""
_ORDINARY_NAME = re.compile(r"[^.\[\]\"'\s]{1,80}")


def propose(answer: Answer, volatile: Collection[str] = ()) -> tuple[Assertion, ...]:
    """Return checks that hold for this answer and would for the next one: status, type of content, each place of the JSON, time.

    Ids, times, tokens and masked values are asserted by shape or type, never by value; lists by their elements' types.
    """
    found = [Assertion(subject="status", operator="equals", expected=answer.status)]
    if content_type := header(answer.headers, "content-type"):
        kind = content_type.partition(";")[0].strip()
        found.append(Assertion(subject="header", path="Content-Type", operator="contains", expected=kind))
    found += [
        Assertion(subject="header", path=name, operator="exists", expected=True)
        for name in dict.fromkeys(name.lower() for name, _ in answer.headers)
        if name == "location" or "message-id" in name
    ]
    if answer.is_json:
        found += _of_json(answer.tree, volatile)
    elif text := _first_words(body_text(answer)):
        found.append(Assertion(subject="text", operator="contains", expected=text))
    time = Assertion(subject="time", operator="below", expected=_time_limit(answer.elapsed_ms))
    return (*found[: MOST_PROPOSALS - 1], time)


def _of_json(tree: JsonValue, volatile: Collection[str]) -> list[Assertion]:
    found: list[Assertion] = []
    if isinstance(tree, list):
        found += _of_list("$", "", tree, volatile)
    elif isinstance(tree, dict):
        found += _of_object("", tree, volatile)
        if not tree:
            found.append(Assertion(path="$", operator="equals", expected={}))
    else:
        found += _of_leaf("$", tree, volatile)
    return found


def _of_object(
    path: str, value: dict[str, JsonValue], volatile: Collection[str], depth: int = 0
) -> list[Assertion]:
    found: list[Assertion] = []
    for name, item in value.items():
        if not _ORDINARY_NAME.fullmatch(name):
            continue  # a path cannot say it
        place = f"{path}.{name}" if path else name
        if isinstance(item, dict) and item and depth < 6:
            found += _of_object(place, item, volatile, depth + 1)
        elif isinstance(item, list):
            found += _of_list(place, place, item, volatile)
        else:
            found += _of_leaf(place, item, volatile)
        if len(found) >= MOST_PROPOSALS:
            break
    return found


def _of_list(whole: str, path: str, value: list[JsonValue], volatile: Collection[str]) -> list[Assertion]:
    """Return that it is a list, that it is empty or not, and of what type its elements are: what every list of this kind has."""
    found = [Assertion(path=whole, operator="type", expected="array")]
    if not value:
        return [*found, Assertion(path=whole, operator="length", expected=0)]
    found.append(Assertion(path=whole, operator="length", expected=">=1"))
    kinds = {json_type(item) for item in value}
    if len(kinds) == 1:
        found.append(Assertion(path=f"{path}[]", operator="type", expected=kinds.pop()))
    if all(isinstance(item, dict) for item in value):
        shared = [
            name
            for name in value[0]
            if _ORDINARY_NAME.fullmatch(name) and all(name in item for item in value)
        ]
        for name in shared:
            types = {json_type(item[name]) for item in value}
            if len(types) == 1:
                found.append(Assertion(path=f"{path}[].{name}", operator="type", expected=types.pop()))
    return found


def _of_leaf(path: str, value: JsonValue, volatile: Collection[str]) -> list[Assertion]:
    place = "body" if path == "$" else f"body{path}" if path.startswith("[") else f"body.{path}"
    changes = is_learned(place, volatile) or looks_volatile(place, value)
    if isinstance(value, (dict, list)) and value:
        return [Assertion(path=path, operator="type", expected=json_type(value))]
    if not changes and not (isinstance(value, str) and len(value) > LONGEST_VALUE):
        return [Assertion(path=path, operator="equals", expected=value)]
    if isinstance(value, str) and "***" not in value and (shape := look_of(place, value)):
        return [Assertion(path=path, operator="matches", expected=shape)]
    return [Assertion(path=path, operator="type", expected=json_type(value))]


def _first_words(text: str) -> str:
    """Return the first line of a text where it can be asserted: short, plain, nothing in it that looks like an id or is masked."""
    line = next((line.strip() for line in text.splitlines() if line.strip()), "")[:LONGEST_VALUE]
    words = line.split()
    return "" if "***" in line or any(looks_volatile("body", word) for word in words) else line


def _time_limit(elapsed_ms: float) -> int:
    return max(LEAST_MS, -(-round(elapsed_ms * TIMES) // 500) * 500)


def every_place(answer: Answer) -> list[str]:
    """Return the places of an answer's JSON as a form offers them, in their order."""
    return (
        [path.removeprefix("body").removeprefix(".") or "$" for path, _ in places(answer.tree)]
        if answer.is_json
        else []
    )
