"""Event paths found: every path that a nested sample has, for a person to pick from (R-EVT-23)."""

from __future__ import annotations

from typing import Final

from workbench.models.base import JsonValue

from .event_drift import type_of
from .event_paths import Step, path_of

MOST_PATHS: Final = 2000
MOST_ELEMENTS: Final = 50
"""Elements of a list that are looked at for its paths."""
MOST_DEPTH: Final = 20


def paths_in(sample: JsonValue) -> list[tuple[str, str, JsonValue]]:
    """Return every path in a nested sample in its order, with its type and an example (the first value that is not null).

    Types are ``string``, ``number``, ``boolean``, ``date``, ``null``, ``object`` (an empty one), ``list`` (of single values) and ``array``
    (of objects, whose fields follow as ``items[].sku``); where elements differ it is ``string``. Of a very large sample the first 2,000
    paths are found.
    """
    seen: dict[tuple[Step, ...], tuple[set[str], JsonValue]] = {}
    _look(sample, (), seen)
    return [(path_of(steps), _one_type(kinds), example) for steps, (kinds, example) in seen.items() if steps]


def _look(
    value: JsonValue, steps: tuple[Step, ...], seen: dict[tuple[Step, ...], tuple[set[str], JsonValue]]
) -> None:
    if isinstance(value, dict) and value and len(steps) < MOST_DEPTH:
        for name, one in value.items():
            _look(one, (*steps, str(name)), seen)
        return
    if len(seen) >= MOST_PATHS and steps not in seen:
        return
    kinds, example = seen.setdefault(steps, (set(), value))
    kinds.add(_kind(value))
    if example is None:
        seen[steps] = (kinds, value)
    if isinstance(value, list) and len(steps) < MOST_DEPTH:
        for item in value[:MOST_ELEMENTS]:
            _look(item, (*steps, None), seen)


def _kind(value: JsonValue) -> str:
    if value is None:
        return "null"
    if isinstance(value, list):
        return "array" if value and all(isinstance(item, dict) for item in value) else "list"
    return type_of(value) or "object"


def _one_type(kinds: set[str]) -> str:
    known = kinds - {"null"} or kinds
    return next(iter(known)) if len(known) == 1 else "string"
