"""Diff: two JSON values side by side, path by path; and two texts line by line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from workbench.models.base import JsonValue, Noun


class Difference(Noun):
    """One place where two values differ; ``before`` or ``after`` is None where the place exists on one side only."""

    path: str
    kind: Literal["added", "removed", "changed"]
    before: JsonValue = None
    after: JsonValue = None


def differences(before: JsonValue, after: JsonValue, path: str = "") -> list[Difference]:
    """Return every place where the two differ, in the order of the first; equal values give an empty list."""
    return list(_differences(before, after, path))


def _differences(before: JsonValue, after: JsonValue, path: str) -> Iterator[Difference]:
    if isinstance(before, dict) and isinstance(after, dict):
        for key in [*before, *(key for key in after if key not in before)]:
            place = f"{path}.{key}" if path else str(key)
            if key not in after:
                yield Difference(path=place, kind="removed", before=before[key])
            elif key not in before:
                yield Difference(path=place, kind="added", after=after[key])
            else:
                yield from _differences(before[key], after[key], place)
    elif isinstance(before, list) and isinstance(after, list):
        for index in range(max(len(before), len(after))):
            place = f"{path}[{index}]"
            if index >= len(after):
                yield Difference(path=place, kind="removed", before=before[index])
            elif index >= len(before):
                yield Difference(path=place, kind="added", after=after[index])
            else:
                yield from _differences(before[index], after[index], place)
    elif type(before) is not type(after) or before != after:
        yield Difference(path=path or "$", kind="changed", before=before, after=after)
