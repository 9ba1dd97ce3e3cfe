"""Paths into parsed JSON: ``results.id``, ``messages[0].to``, ``[].MessageID`` (every element), ``$`` (the whole)."""

from __future__ import annotations

import re
from functools import lru_cache

from workbench.models.base import JsonValue

_STEP = re.compile(r"\[(\d*)\]|([^.\[\]]+)")


def find(value: JsonValue, path: str) -> list[JsonValue]:
    """Return every value at ``path``; an empty list where there is none. Never raises for the data."""
    steps = _steps(path)
    if len(steps) == 1 and steps[0][0]:  # as most are
        name = steps[0][0]
        return [value[name]] if isinstance(value, dict) and name in value else []
    found = [value]
    for name, index in steps:
        if name:
            found = [item[name] for item in found if isinstance(item, dict) and name in item]
        elif index is not None:
            found = [item[index] for item in found if isinstance(item, list) and index < len(item)]
        else:
            found = [element for item in found if isinstance(item, list) for element in item]
        if not found:
            break
    return found


@lru_cache(maxsize=1024)
def _steps(path: str) -> tuple[tuple[str, int | None], ...]:
    """Return the steps of a path: the name of a member, the index of an element, or neither for every element."""
    steps = _STEP.findall("" if path == "$" else path)
    return tuple((name, int(index) if index else None) for index, name in steps)


def first(value: JsonValue, path: str) -> JsonValue:
    """Return the first value at ``path``, or None."""
    found = find(value, path)
    return found[0] if found else None
