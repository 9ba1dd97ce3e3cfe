"""Paths into parsed JSON: ``results.id``, ``messages[0].to``, ``[].MessageID`` (every element), ``$`` (the whole)."""

from __future__ import annotations

import re

from workbench.models.base import JsonValue

_STEP = re.compile(r"\[(\d*)\]|([^.\[\]]+)")


def find(value: JsonValue, path: str) -> list[JsonValue]:
    """Return every value at ``path``; an empty list where there is none. Never raises for the data."""
    found = [value]
    for index, name in _STEP.findall("" if path == "$" else path):
        if name:
            found = [item[name] for item in found if isinstance(item, dict) and name in item]
        elif index:
            found = [item[int(index)] for item in found if isinstance(item, list) and int(index) < len(item)]
        else:
            found = [element for item in found if isinstance(item, list) for element in item]
    return found


def first(value: JsonValue, path: str) -> JsonValue:
    """Return the first value at ``path``, or None."""
    found = find(value, path)
    return found[0] if found else None
