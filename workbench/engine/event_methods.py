"""Event methods: the same body as each of the four ways sends it, and what each way loses (R-EVT-11, R-EVT-25)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from workbench.models.base import JsonValue, Problem
from workbench.models.event import AUTOMATION_ID, EventMethod
from workbench.models.provider import Encoding
from workbench.sentence import Sentence, say

from .compose import encoded
from .event_findings import problem
from .event_plain import inside
from .forms import form_text
from .strict_json import clip

ENCODINGS: Final[Mapping[EventMethod, Encoding]] = {
    "rest": "json",
    "raw": "json",
    "form": "multipart",
    "urlencoded": "nested_form",
}
MOST_SAID: Final = 20
_PHP_NAME: Final = re.compile(r"[ .\[]")
_MOST_DEPTH: Final = 60


@dataclass(frozen=True, slots=True)
class MethodText:
    """What goes out by one method: the body's text, its size in bytes, and what this method loses of it."""

    method: EventMethod
    text: str
    size: int
    lost: tuple[Problem, ...] = ()


def compare_methods(body: Mapping[str, JsonValue]) -> tuple[MethodText, ...]:
    """Return the body as each method sends it: ``rest``, ``raw``, ``form``, ``urlencoded``, in this order."""
    lost = tuple(lost_in_forms(body))
    return tuple(_method(method, encoding, body, lost) for method, encoding in ENCODINGS.items())


def _method(
    method: EventMethod, encoding: Encoding, body: Mapping[str, JsonValue], lost: tuple[Problem, ...]
) -> MethodText:
    made = encoded(dict(body), encoding)
    return MethodText(method, made.decode(), len(made), () if encoding == "json" else lost)


def lost_in_forms(body: Mapping[str, JsonValue]) -> Iterator[Problem]:
    """Give a warning for each value that a form sends as something else: a form has texts alone. Of many, the first are told."""
    told = 0
    for path, sentence in _losses(body, "", 0):
        told += 1
        if told <= MOST_SAID:
            yield problem(path, sentence, "warning")
    if told > MOST_SAID:
        yield problem(
            "body", say("{count} more values become texts as well.", count=told - MOST_SAID), "warning"
        )


def _losses(value: JsonValue, path: str, depth: int) -> Iterator[tuple[str, Sentence]]:
    if isinstance(value, Mapping) and depth < _MOST_DEPTH:
        if path and not value:
            yield path, _left_out(path)
        for name, one in value.items():
            at = inside(path, name) if path else name
            if not path and _PHP_NAME.search(name):
                yield (
                    at,
                    say(
                        "The name “{name}” has a blank, a dot or a bracket: a server with PHP's rules reads another name. Rename it.",
                        name=clip(name),
                    ),
                )
            yield from _losses(one, at, depth + 1)
    elif isinstance(value, list) and depth < _MOST_DEPTH:
        if not value:
            yield path, _left_out(path)
        for index, one in enumerate(value):
            yield from _losses(one, f"{path}[{index}]", depth + 1)
    elif value is None:
        yield path, _left_out(path)
    elif path == AUTOMATION_ID:
        yield (
            path,
            say(
                "automation_id goes out as the text {value}, and the provider wants a number. Send by REST API or POST raw.",
                value=f"“{form_text(value)}”",
            ),
        )
    elif isinstance(value, bool | int | float):
        yield (
            path,
            say(
                "“{field}” goes out as the text {value}: its type is lost.",
                field=clip(path, 60),
                value=f"“{form_text(value)}”",
            ),
        )


def _left_out(path: str) -> Sentence:
    return say("“{field}” is empty and is left out: a form has no way to say so.", field=clip(path, 60))
