"""STRUCTURAL DIFF: two answers compared place by place. What is volatile is marked, with the reason, and stays in the list."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from difflib import SequenceMatcher
from itertools import islice, zip_longest
from typing import Final, Literal

from workbench.models.base import JsonValue
from workbench.models.cassette import Answer, AnswerDiff, Change, ChangeKind

from .kept_answer import json_type, same
from .volatile import is_learned, looks_volatile

MOST_CHANGES: Final = 500
MOST_ALIGNED: Final = 200
"""Elements of a list up to which those that are equal are found wherever they stand; in longer lists each is compared with its number."""
LONGEST_SHOWN: Final = 2000
_NOTHING: Final = object()


def compare_answers(
    before: Answer, after: Answer, volatile: Collection[str] = (), names: tuple[str, str] = ("A", "B")
) -> AnswerDiff:
    """Return every place in which two answers differ: status, headers (in any case of letters), body.

    In lists an element that was put in or taken out is one difference; it does not make all that follow differ. How long an answer took
    is no part of what it says.
    """
    found = list(islice(_changes(before, after, volatile), MOST_CHANGES + 1))
    return AnswerDiff(
        before=names[0], after=names[1], changes=tuple(found[:MOST_CHANGES]), cut=len(found) > MOST_CHANGES
    )


def _changes(before: Answer, after: Answer, volatile: Collection[str]) -> Iterator[Change]:
    for path, kind, one, other in _differences(before, after):
        yield Change(
            path=path, kind=kind, before=_clipped(one), after=_clipped(other), volatile=_why_volatile(path, kind, one, other, volatile),
        )  # fmt: skip


def _why_volatile(
    path: str, kind: ChangeKind, one: JsonValue, other: JsonValue, volatile: Collection[str]
) -> Literal["", "learned", "looks"]:
    """Return why a difference means nothing. A place that came, went or changed its type always means something, but for headers."""
    if path == "status":
        return ""
    header = path.startswith("header.")
    if kind == "type" or (kind != "changed" and not header):
        return ""
    if is_learned(path, volatile):
        return "learned"
    values = [value for value in (one, other) if value is not None]
    return "looks" if values and all(looks_volatile(path, value) for value in values) else ""


Difference = tuple[str, ChangeKind, JsonValue, JsonValue]


def _differences(before: Answer, after: Answer) -> Iterator[Difference]:
    if before.status != after.status:
        yield "status", "changed", before.status, after.status
    yield from _in_headers(before, after)
    if before.is_json and after.is_json:
        yield from _in_values(before.tree, after.tree, "body")
    elif before.is_json is not after.is_json:
        yield "body", "type", _body(before), _body(after)
    elif before.text != after.text:
        yield "body", "changed", before.text, after.text


def _in_headers(before: Answer, after: Answer) -> Iterator[Difference]:
    one, other = _joined(before), _joined(after)
    for name in dict.fromkeys((*one, *other)):
        if name not in other:
            yield f"header.{name}", "removed", one[name], None
        elif name not in one:
            yield f"header.{name}", "added", None, other[name]
        elif one[name] != other[name]:
            yield f"header.{name}", "changed", one[name], other[name]


def _in_values(one: JsonValue, other: JsonValue, path: str) -> Iterator[Difference]:
    if isinstance(one, dict) and isinstance(other, dict):
        for key in dict.fromkeys((*one, *other)):
            place = f"{path}.{key}"
            if key not in other:
                yield place, "removed", one[key], None
            elif key not in one:
                yield place, "added", None, other[key]
            else:
                yield from _in_values(one[key], other[key], place)
    elif isinstance(one, list) and isinstance(other, list):
        yield from _in_lists(one, other, path)
    elif not same(one, other):
        kinds = {json_type(one), json_type(other)}
        yield path, "changed" if len(kinds) == 1 or kinds == {"integer", "number"} else "type", one, other


def _in_lists(one: list[JsonValue], other: list[JsonValue], path: str) -> Iterator[Difference]:
    if max(len(one), len(other)) > MOST_ALIGNED:
        yield from _in_pairs(one, other, path, 0)
        return
    matcher = SequenceMatcher(
        None, [_canonical(item) for item in one], [_canonical(item) for item in other], autojunk=False
    )
    for tag, start, end, from_, to in matcher.get_opcodes():
        if tag != "equal":
            yield from _in_pairs(one[start:end], other[from_:to], path, start if tag != "insert" else from_)


def _in_pairs(one: list[JsonValue], other: list[JsonValue], path: str, at: int) -> Iterator[Difference]:
    for index, (left, right) in enumerate(zip_longest(one, other, fillvalue=_NOTHING), at):
        place = f"{path}[{index}]"
        if right is _NOTHING:
            yield place, "removed", left, None
        elif left is _NOTHING:
            yield place, "added", None, right
        else:
            yield from _in_values(left, right, place)


def _canonical(value: JsonValue) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def _joined(answer: Answer) -> dict[str, str]:
    """Return the headers by name in small letters; one that stands several times is one, its values joined."""
    found: dict[str, str] = {}
    for name, value in answer.headers:
        key = name.lower()
        found[key] = f"{found[key]}, {value}" if key in found else value
    return found


def _body(answer: Answer) -> JsonValue:
    return answer.tree if answer.is_json else answer.text


def _clipped(value: JsonValue) -> JsonValue:
    """Return a value as a list of differences holds it: what is long is a text, cut."""
    text = value if isinstance(value, str) else _canonical(value)
    return value if len(text) <= LONGEST_SHOWN else text[:LONGEST_SHOWN] + "…"
