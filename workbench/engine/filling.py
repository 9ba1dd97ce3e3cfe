"""FILLING: how a slot finds its value, and what is said when it finds none or one that does not fit."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from workbench.errors import Refused
from workbench.models.base import JsonValue
from workbench.models.payload import Slot
from workbench.sentence import Sentence, say

from .filters import ABSENT, MAX_BYTES, Step, as_text, check_value, too_large
from .slots import nearest
from .strict_json import MAX_PROBLEMS, clip

MAX_NAMED = 50
_INDEX = re.compile(r"[0-9]{1,9}")


class Unfilled(Exception):
    """A slot has neither value nor default."""


@dataclass(frozen=True, eq=False, slots=True)
class Filler:
    """A slot and how it finds its value: by its key, else step by step along ``path``, then through its filters."""

    slot: Slot
    key: str
    path: tuple[str, ...]
    steps: tuple[Step, ...]

    def value(self, values: Mapping[str, JsonValue]) -> Any:
        """Return the slot's value, ABSENT where it has none; Refused where a filter cannot take it."""
        value = values.get(self.key, ABSENT)
        if value is ABSENT and self.path:
            value = _walk(values, self.path)
        for step in self.steps:
            value = step(value)
        return value


@dataclass(frozen=True, eq=False, slots=True)
class Hole:
    """A string that holds slots; ``whole`` is its slot if it is nothing but that."""

    parts: tuple[str | Filler, ...]
    whole: Filler | None

    @property
    def key(self) -> str | None:
        """The key of its value, where that becomes the string just as it is; None where more has to be done."""
        whole = self.whole
        return whole.key if whole is not None and not whole.steps and not whole.path else None

    def value(self, values: Mapping[str, JsonValue]) -> Any:
        """Return what the string becomes; raises for a slot that cannot be filled."""
        if self.whole is None:
            return self.text(values)
        value = self.whole.value(values)
        if value is ABSENT:
            raise Unfilled
        return value

    def text(self, values: Mapping[str, JsonValue]) -> str:
        """Return the string with every slot's value written into it; raises for a slot that cannot be filled."""
        texts: list[str] = []
        room = MAX_BYTES
        for part in self.parts:
            if isinstance(part, Filler):
                value = part.value(values)
                if value is ABSENT:
                    raise Unfilled
                part = as_text(value)
            room -= len(part)
            if room < 0:
                raise too_large()
            texts.append(part)
        return "".join(texts)


def _walk(values: Mapping[str, JsonValue], path: tuple[str, ...]) -> Any:
    value: Any = values.get(path[0], ABSENT)
    for name in path[1:]:
        if type(value) is dict:
            value = value.get(name, ABSENT)
        elif type(value) is list and _INDEX.fullmatch(name) and int(name) < len(value):
            value = value[int(name)]
        else:
            return ABSENT
    return value


def no_such_value(slot: Slot, near: str | None) -> Sentence:
    """Return the warning that no known value has the slot's name, with the nearest one that is known."""
    if near:
        return say(
            "No value is called “{name}”. Did you mean “{near}”?", name=clip(slot.key), near=clip(near)
        )
    return say(
        "No value is called “{name}”. Add it to the contact, or give the slot a default: {usage}.",
        name=clip(slot.key),
        usage=_with_default(slot),
    )


def _with_default(slot: Slot) -> str:
    return f'{{{{ {clip(slot.key)} | default("") }}}}'


def unfilled_of(
    fillers: Iterator[Filler], values: Mapping[str, JsonValue]
) -> list[tuple[Filler, Sentence | None]]:
    """Return the slots that cannot be filled, 100 at most, and why: None where there simply is no value."""
    found: list[tuple[Filler, Sentence | None]] = []
    sound: set[int] = set()
    room = MAX_BYTES  # as in a render: looking for the cause costs no more than that
    for filler in fillers:
        try:
            value = filler.value(values)
            if value is ABSENT:
                found.append((filler, None))
            elif id(value) not in sound:
                check_value(value)
        except Refused as refused:
            found.append((filler, _unfit(filler.slot, refused.sentence)))
        else:
            if type(value) in (list, dict):
                sound.add(id(value))
            room -= len(value) if type(value) is str else 0
        if len(found) == MAX_PROBLEMS or room < 0:
            break
    return found


def _unfit(slot: Slot, reason: Sentence) -> Sentence:
    return say("The value for {slot} does not fit. {reason}", slot=clip(slot.source, 80), reason=reason)


def missing_value(filler: Filler, values: Mapping[str, JsonValue]) -> Sentence:
    """Return the sentence that one slot has no value, with its place and a fix."""
    slot = filler.slot
    return say(
        "There is no value for {slot} in line {line}, column {column}. {advice}",
        slot=clip(slot.source, 80),
        line=slot.line,
        column=slot.column,
        advice=_advice(filler, values),
    )


def _advice(filler: Filler, values: Mapping[str, JsonValue]) -> Sentence:
    slot = filler.slot
    if slot.kind == "identifier":
        return say("Give the contact an identifier of the integration's type.")
    if slot.kind == "campaign":
        return say("Give the campaign a name.")
    if near := nearest(slot.key, _names_near(filler, values)):
        return say("Did you mean “{near}”?", near=clip(near))
    if slot.kind == "user_data":
        return say("Add the feed's property to the contact's user data.")
    if slot.kind == "text":
        return say("Set it in the list of text variables.")
    return say("Add it to the contact, or give the slot a default: {usage}.", usage=_with_default(slot))


def _names_near(filler: Filler, values: Mapping[str, JsonValue]) -> Iterator[str]:
    """Yield the names that the slot could have meant: along its path as far as that leads, then all others."""
    for end in range(len(filler.path) - 1, 0, -1):
        inside = _walk(values, filler.path[:end])
        if type(inside) is dict:
            yield from (f"{'.'.join(filler.path[:end])}.{name}" for name in inside if type(name) is str)
    yield from values


def missing_sentence(missing: list[Filler], values: Mapping[str, JsonValue]) -> Sentence:
    """Return one sentence that names every slot without a value, its place and the nearest name there is."""
    first: dict[str, Filler] = {}
    for filler in missing:
        first.setdefault(filler.key, filler)
    if len(first) == 1:
        return missing_value(missing[0], values)
    named = [_missing_name(filler, values) for filler in islice(first.values(), MAX_NAMED)]
    if len(first) > MAX_NAMED:
        named.append(say("{count} more", count=len(first) - MAX_NAMED))
    return say(
        "There are no values for {count} slots: {slots}. Add them to the contact, or give the slots a default.",
        count=len(first),
        slots=_enumerate(named),
    )


def _missing_name(filler: Filler, values: Mapping[str, JsonValue]) -> Sentence:
    slot = filler.slot
    near = nearest(slot.key, _names_near(filler, values)) if slot.kind != "identifier" else None
    source = clip(slot.source, 80)
    if near:
        return say(
            "{slot} in line {line}, column {column} (did you mean “{near}”?)",
            slot=source,
            line=slot.line,
            column=slot.column,
            near=clip(near),
        )
    return say("{slot} in line {line}, column {column}", slot=source, line=slot.line, column=slot.column)


def _enumerate(sentences: list[Sentence]) -> Sentence:
    """Return the sentences as one enumeration; halved, so that it is never nested deeply."""
    if len(sentences) == 1:
        return sentences[0]
    middle = len(sentences) // 2
    return say("{left}; {right}", left=_enumerate(sentences[:middle]), right=_enumerate(sentences[middle:]))
