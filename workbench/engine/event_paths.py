"""Event paths: where a value lies in a nested source, ``order.items[].sku``, written and followed for any key.

As ``engine.paths``, and for keys with dots and brackets too, which shops' webhooks have: ``meta["utm.source"]``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from workbench.models.base import JsonValue

Step = str | int | None
"""A member's name, an element's index, or None for every element."""

_STEP: Final = re.compile(r'\[("(?:[^"\\]|\\.)*"|\d{0,6})\]|\.?([^.\[\]"]+)')
_BARE: Final = re.compile(r'[^.\[\]"$\s](?:[^.\[\]"]*[^.\[\]"\s])?')
LONGEST: Final = 2000


@lru_cache(maxsize=2048)
def steps_of(path: str) -> tuple[Step, ...] | None:
    """Return a path's steps; None where it is none. ``$`` may stand first."""
    rest = path.strip().removeprefix("$")
    at, steps = 0, []
    while at < len(rest) <= LONGEST:
        found = _STEP.match(rest, at)
        if found is None or (found[2] is not None and at > 0 and rest[at] != "."):
            return None
        at = found.end()
        steps.append(_step(found))
    return tuple(steps) if len(rest) <= LONGEST else None


def _step(found: re.Match[str]) -> Step:
    if found[2] is not None:
        return found[2].strip()
    if not found[1]:
        return None
    if found[1].startswith('"'):
        try:
            return str(json.loads(found[1], strict=False))
        except ValueError:
            return found[1][1:-1]
    return int(found[1])


def path_of(steps: tuple[Step, ...]) -> str:
    """Return the steps as a path; ``steps_of`` reads it back."""
    path = ""
    for step in steps:
        if step is None:
            path += "[]"
        elif isinstance(step, int):
            path += f"[{step}]"
        elif _BARE.fullmatch(step):
            path += f".{step}" if path else step
        else:
            path += f"[{json.dumps(step)}]"
    return path


def values_at(value: JsonValue, steps: tuple[Step, ...]) -> Iterator[JsonValue]:
    """Give every value that the steps lead to, in its order; none where they lead nowhere."""
    if not steps:
        yield value
        return
    step, rest = steps[0], steps[1:]
    if isinstance(step, str):
        if isinstance(value, dict) and step in value:
            yield from values_at(value[step], rest)
    elif isinstance(value, list):
        for item in value if step is None else value[step : step + 1]:
            yield from values_at(item, rest)
