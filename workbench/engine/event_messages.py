"""Event messages: a message of the flow filled with an occurrence's variables, for the eye alone (R-EVT-22).

It knows ``{{ name }}``, ``{{ order.total }}`` and ``{% for item in products %} ... {% endfor %}``, no more, and its work is bounded.
The text that comes out is plain text: whoever shows it escapes it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from workbench.models.base import JsonValue, Problem
from workbench.models.event import EventMessage, MessagePreview
from workbench.sentence import Sentence, say

from .event_findings import problem
from .event_plan import RESERVED
from .forms import form_text
from .strict_json import clip

FIELD: Final = "text"
LONGEST: Final = 200_000
"""Characters of a message, and of what is made of it."""
MOST_STEPS: Final = 50_000
MOST_NESTED: Final = 5
MOST_PROBLEMS: Final = 20

_TAG: Final = re.compile(r"\{\{(?P<slot>[^{}]{0,200})\}\}|\{%(?P<tag>[^{}%]{0,200})%\}")
_NAME: Final = r"[^\W\d][\w-]*(?:\.[\w-]+|\[\d{1,4}\])*"
_SLOT: Final = re.compile(rf"({_NAME})(\s*\|.*)?", re.DOTALL)
_FOR: Final = re.compile(rf"for\s+([^\W\d]\w*)\s+in\s+({_NAME})")
_STEP: Final = re.compile(r"[\w-]+")


@dataclass(slots=True)
class _Slot:
    name: str


@dataclass(slots=True)
class _Loop:
    item: str
    over: str
    parts: list[_Part] = field(default_factory=list)


_Part = str | _Slot | _Loop


class _Full(Exception):
    """What is made is long enough."""


def preview_message(message: EventMessage, body: Mapping[str, JsonValue]) -> MessagePreview:
    """Return the message's text with the variables put in, those it wants and lacks, and those it leaves unused; never raises.

    A variable of a row is told as ``products[].price``; the identifiers and ``automation_id`` are never told as unused.
    """
    parts, problems = _read(message.text)
    filling = _Filling(body)
    try:
        filling.fill(parts, {})
    except _Full:
        problems.append(
            problem(
                FIELD,
                say(
                    "The preview ends here: it grew beyond {most} characters or steps. Use fewer rows.",
                    most=LONGEST,
                ),
                "warning",
            )
        )
    unused = tuple(name for name in body if name not in filling.used and name not in RESERVED)
    return MessagePreview(
        name=message.name,
        text="".join(filling.made)[:LONGEST],
        missing=tuple(filling.missing),
        unused=unused,
        problems=tuple(problems[:MOST_PROBLEMS]),
    )


def _read(text: str) -> tuple[list[_Part], list[Problem]]:
    """Return a message's parts and what is wrong with its tags, each with its line; a wrong tag stays in the text as it is."""
    problems: list[Problem] = []
    root: list[_Part] = []
    open_: list[_Loop] = []
    lines: list[int] = []
    at = 0
    if len(text) > LONGEST:
        problems.append(
            problem(
                FIELD,
                say(
                    "The message has {length} characters; the preview reads the first {most}.",
                    length=len(text),
                    most=LONGEST,
                ),
                "warning",
            )
        )
        text = text[:LONGEST]
    for found in _TAG.finditer(text):
        parts = open_[-1].parts if open_ else root
        parts.append(text[at : found.start()])
        at = found.end()
        line = text.count("\n", 0, found.start()) + 1 if len(problems) < MOST_PROBLEMS else 0
        if found["slot"] is not None:
            made, wrong = _slot(found["slot"])
            parts.append(made if made else found[0])
        else:
            wrong = _tag(found, parts, open_, lines, line)
        if wrong:
            problems.append(problem(FIELD, wrong, "warning").model_copy(update={"line": line}))
    (open_[-1].parts if open_ else root).append(text[at:])
    for line in lines:
        problems.append(
            problem(
                FIELD, say("The loop that begins here never ends. Add {tag}.", tag="{% endfor %}")
            ).model_copy(update={"line": line})
        )
    return root, problems


def _slot(written: str) -> tuple[_Slot | None, Sentence | None]:
    found = _SLOT.fullmatch(written.strip().removeprefix("$"))
    if found is None:
        return None, say(
            "“{slot}” names no variable. Write it like {example}.",
            slot=clip("{{" + written + "}}"),
            example="{{ product_name }}",
        )
    if found[2]:
        return _Slot(found[1]), say(
            "The preview knows no filters: “{name}” is shown as it is.", name=clip(found[1])
        )
    return _Slot(found[1]), None


def _tag(
    found: re.Match[str], parts: list[_Part], open_: list[_Loop], lines: list[int], line: int
) -> Sentence | None:
    """Open or close a loop; return what is wrong with any other tag."""
    written = found["tag"].strip().strip("-").strip()
    loop = _FOR.fullmatch(written)
    if loop and len(open_) < MOST_NESTED:
        made = _Loop(loop[1], loop[2])
        parts.append(made)
        open_.append(made)
        lines.append(line)
        return None
    if loop:
        return say("Loops are nested deeper than {most} levels. Make the message flatter.", most=MOST_NESTED)
    if written == "endfor" and open_:
        open_.pop()
        lines.pop()
        return None
    if written == "endfor":
        return say("“{tag}” closes a loop that was never opened. Remove it.", tag=found[0])
    parts.append(found[0])
    return say(
        "The preview does not know “{tag}” and leaves it as it is. It knows {known}.",
        tag=clip(found[0]),
        known="{% for item in products %}, {% endfor %}",
    )


class _Filling:
    """One filling of one message."""

    def __init__(self, body: Mapping[str, JsonValue]) -> None:
        self._body = body
        self._room = LONGEST
        self._steps = MOST_STEPS
        self.made: list[str] = []
        self.missing: dict[str, None] = {}
        self.used: set[str] = set()

    def fill(self, parts: Sequence[_Part], rows: Mapping[str, tuple[str, JsonValue]]) -> None:
        """Put the parts with the variables; ``rows`` are the loops' items by name, each with its path."""
        for part in parts:
            self._steps -= 1
            if self._steps < 0:
                raise _Full
            if isinstance(part, str):
                self._put(part)
            elif isinstance(part, _Slot):
                value = self._look_up(part.name, rows)
                self._put("" if value is None else _text_of(value))
            else:
                self._loop(part, rows)

    def _loop(self, loop: _Loop, rows: Mapping[str, tuple[str, JsonValue]]) -> None:
        path = self._path(loop.over, rows)
        value = self._look_up(loop.over, rows)
        if value is None:
            return
        if not isinstance(value, list):
            self.missing[f"{path}[]"] = None
            return
        for item in value:
            self.fill(loop.parts, {**rows, loop.item: (f"{path}[]", item)})

    def _look_up(self, name: str, rows: Mapping[str, tuple[str, JsonValue]]) -> JsonValue:
        root, *rest = _STEP.findall(name)
        if root in rows:
            value = rows[root][1]
        else:
            self.used.add(root)
            value = self._body.get(root)
        for step in rest:
            if isinstance(value, Mapping):
                value = value.get(step)
            elif isinstance(value, list) and step.isdecimal() and int(step) < len(value):
                value = value[int(step)]
            else:
                value = None
        if value is None:
            self.missing[self._path(name, rows)] = None
        return value

    def _path(self, name: str, rows: Mapping[str, tuple[str, JsonValue]]) -> str:
        root = _STEP.findall(name)[0]
        return rows[root][0] + name[len(root) :] if root in rows else name

    def _put(self, text: str) -> None:
        self.made.append(text[: self._room])
        self._room -= len(text)
        if self._room < 0:
            raise _Full


def _text_of(value: JsonValue) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else form_text(value)
