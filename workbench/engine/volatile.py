"""VOLATILE: which places of an answer change from one answer to the next, and mean nothing by it: ids, times, tokens.

They are learned from repeated answers to the same request; besides, a value tells by its look, and a name by its words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

from workbench.models.base import JsonValue
from workbench.models.cassette import Answer

from .redact import MASK

MOST_PLACES: Final = 2000
"""Places of one answer that are looked at."""

UUID: Final = r"^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$"
DATE_TIME: Final = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}"
DATE: Final = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
HTTP_DATE: Final = r"^(Mon|Tue|Wed|Thu|Fri|Sat|Sun), [0-9]{2} [A-Z][a-z]{2} [0-9]{4} "
HEX: Final = r"^[0-9a-fA-F]+$"
DIGITS: Final = r"^[0-9]+$"
WORDLESS: Final = r"^[0-9A-Za-z+/_.=:~@<>-]+$"
SHAPES: Final[tuple[tuple[str, str], ...]] = (
    (UUID, UUID), (DATE_TIME, DATE_TIME), (DATE, DATE), (HTTP_DATE, HTTP_DATE),
    (r"^[0-9]{6,}$", DIGITS), (r"^(?=.*[0-9])[0-9a-fA-F]{12,}$", HEX),
    (r"^(?=.*[0-9])(?=.*[A-Za-z])[0-9A-Za-z+/_.=:~@<>-]{14,}$", WORDLESS),
)  # fmt: skip
"""What a text looks like, and the expression (of RE2) that texts of this shape have in common."""
_SHAPES = tuple((re.compile(look), shape) for look, shape in SHAPES)

_NAMES: Final = frozenset({
    "id", "ids", "uid", "uuid", "guid", "token", "nonce", "signature", "hash", "etag", "date", "time", "timestamp", "at", "created",
    "updated", "modified", "expires", "expiry", "trace", "traceid", "requestid", "messageid", "correlation", "cursor", "elapsed",
    "duration", "took", "sid", "session", "cookie", "age", "remaining", "reset", "ray",
})  # fmt: skip
"""Words which, as the last one of a name, say that its value is another one each time."""
STEADY_HEADERS: Final = frozenset(
    {"content-type", "cache-control", "allow", "content-language", "x-content-type-options"}
)
"""Headers whose value is part of what an answer says; that of any other one is another matter each time."""
_WORDS = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|[0-9]+")
EPOCH: Final = range(1_000_000_000, 5_000_000_000)


def learn(answers: Sequence[Answer]) -> tuple[str, ...]:
    """Return the places at which answers to the same request differ, in the order of the first answer.

    Places are ``body.messages[].id`` and ``header.date``: one place for all elements of a list. What only some of the answers have is
    no volatile value but another answer, and not among them; nor is a value of another type, nor a list of another length.
    """
    seen: dict[str, list[list[JsonValue]]] = {}
    for answer in answers:
        for path, values in _by_place(answer).items():
            seen.setdefault(path, []).append(values)
    return tuple(path for path, found in seen.items() if len(found) == len(answers) and _varies(found))


def look_of(path: str, value: JsonValue) -> str:
    """Return the expression for texts that look like this one, where it looks like an id, a time or a token; empty for any other value."""
    if not isinstance(value, str):
        return ""
    return next((shape for look, shape in _SHAPES if look.search(value)), "")


def looks_volatile(path: str, value: JsonValue) -> bool:
    """Return whether a value is likely another one each time: by its look, by the last word of its name, or because it is masked."""
    if isinstance(value, bool) or value is None:
        return False
    if path.startswith("header."):
        return path.removeprefix("header.") not in STEADY_HEADERS
    if isinstance(value, str) and (MASK in value or "***" in value or look_of(path, value)):
        return True
    if isinstance(value, int) and (value in EPOCH or value // 1000 in EPOCH):
        return True
    if isinstance(value, (dict, list)):
        return False
    words = _WORDS.findall(path.rpartition(".")[2].partition("[")[0])
    return bool(words) and (words[-1].lower() in _NAMES or "".join(words).lower() in _NAMES)


def general(path: str) -> str:
    """Return the place with ``[]`` for each index: the same one for all elements of a list."""
    return re.sub(r"\[\d+\]", "[]", path)


def is_learned(path: str, volatile: Iterable[str]) -> bool:
    """Return whether a place, or one that it is in, is among those that were learned."""
    place = general(path)
    return any(place == one or (place.startswith(one) and place[len(one)] in ".[") for one in volatile)


def places(value: JsonValue, path: str = "body") -> list[tuple[str, JsonValue]]:
    """Return every leaf of a JSON value with its place; at most ``MOST_PLACES``. An empty list or object is a leaf."""
    found: list[tuple[str, JsonValue]] = []
    left = [(path, value)]
    while left and len(found) < MOST_PLACES:
        place, one = left.pop()
        if isinstance(one, dict) and one:
            left += [(f"{place}.{key}", item) for key, item in reversed(one.items())]
        elif isinstance(one, list) and one:
            left += [(f"{place}[{index}]", one[index]) for index in range(len(one) - 1, -1, -1)]
        else:
            found.append((place, one))
    return found


def _by_place(answer: Answer) -> dict[str, list[JsonValue]]:
    """Return an answer's values by place, those of a list's elements together."""
    found: dict[str, list[JsonValue]] = {}
    for name, value in answer.headers:
        found.setdefault(f"header.{name.lower()}", []).append(value)
    for path, value in places(answer.tree) if answer.is_json else [("body", answer.text)]:
        found.setdefault(general(path), []).append(value)
    return found


def _varies(found: Sequence[list[JsonValue]]) -> bool:
    """Return whether the values are others, but as many, and of the same types."""
    first = found[0]
    if any(len(values) != len(first) for values in found):
        return False
    if any(
        type(one) is not type(other) for values in found for one, other in zip(first, values, strict=True)
    ):
        return False
    return any(values != first for values in found)
