"""MESSAGE TEXT: a text with slots, read once and filled for each recipient: the slots of a payload, in a text that is no JSON.

``{{ first_name | default("there") }}`` is a slot as everywhere here (``slots.py``); its problems name line and column of the text itself.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping
from typing import Final

from workbench.errors import Invalid, MissingVariable, Refused
from workbench.models.base import JsonValue, Problem
from workbench.models.payload import Slot
from workbench.sentence import say

from .filling import Filler, Hole, Unfilled, missing_sentence, missing_value, unfilled_of
from .slots import Found, split

FIELD: Final = "text"
_LINE_END = re.compile(r"\r\n|\r|\n")


class MessageText:
    """A text ready to be filled any number of times. ``problems`` are those of its slots; with an error in them it cannot be filled."""

    def __init__(self, text: str) -> None:
        found = split(text)
        starts = [0, *(end.end() for end in _LINE_END.finditer(text))]
        self.text = text
        self._parts = tuple(
            part if isinstance(part, str) else _filler(part, *_place(starts, part.start))
            for part in found.parts
        )
        self._fillers = tuple(part for part in self._parts if isinstance(part, Filler))
        self._hole = Hole(self._parts, None)
        self.slots: tuple[Slot, ...] = tuple(filler.slot for filler in self._fillers)
        self.problems = tuple(
            Problem(field=FIELD, sentence=fault.sentence, level=fault.level, line=line, column=column)
            for fault in found.faults
            for line, column in [_place(starts, fault.index)]
        )

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the values that its slots want, each once, in the order of their first use."""
        return tuple(dict.fromkeys(slot.key for slot in self.slots))

    @property
    def fixed(self) -> str:
        """The text without its slots: what every recipient gets."""
        return "".join(part for part in self._parts if isinstance(part, str))

    def render(self, values: Mapping[str, JsonValue]) -> str:
        """Return the text filled with values.

        Raises:
            MissingVariable: naming every slot that has neither value nor default, with its place.
            Invalid: for a text whose slots cannot be read, and for values that their filters cannot take.
        """
        if errors := [problem for problem in self.problems if problem.blocks]:
            raise Invalid(errors)
        if not self._fillers:
            return self.fixed
        try:
            return self._hole.text(values)
        except Unfilled:
            missing = [filler for filler, unfit in unfilled_of(iter(self._fillers), values) if unfit is None]
            raise MissingVariable(missing_sentence(missing, values)) from None
        except Refused:
            if found := self.unfilled(values):
                raise Invalid(found) from None
            raise

    def unfilled(self, values: Mapping[str, JsonValue]) -> tuple[Problem, ...]:
        """Return what keeps values from filling the text, slot by slot."""
        return tuple(
            Problem(
                field=FIELD,
                sentence=missing_value(filler, values) if unfit is None else unfit,
                line=filler.slot.line,
                column=filler.slot.column,
            )
            for filler, unfit in unfilled_of(iter(self._fillers), values)
        )

    def empty(self, values: Mapping[str, JsonValue]) -> tuple[Slot, ...]:
        """Return the slots that are filled with nothing: an empty text, blanks or null."""
        return tuple(
            filler.slot
            for filler in self._fillers
            if (value := filler.value(values)) is None or (isinstance(value, str) and not value.strip())
        )

    def __repr__(self) -> str:
        return f"<MessageText of {len(self.text)} characters and {len(self.slots)} slots>"


def left_open(text: str) -> Problem | None:
    """Return what is said of a filled text that still shows braces of a slot: a value brought them along, and the recipient sees them."""
    opening = next((sign for sign in ("{{", "}}", "${") if sign in text), None)
    if opening is None:
        return None
    sentence = say(
        "The finished text still holds {sign}, and the recipient would read it so. Look at the values: one of them brings it along.",
        sign=opening,
    )
    return Problem(field=FIELD, sentence=sentence)


def _filler(found: Found, line: int, column: int) -> Filler:
    slot = Slot(
        key=found.key, kind=found.kind, filters=found.filters, source=found.source, line=line, column=column, whole=False, path=FIELD
    )  # fmt: skip
    steps = tuple(found.key.split(".")) if found.kind == "variable" and "." in found.key else ()
    return Filler(slot, found.key, steps, found.steps)


def _place(starts: list[int], index: int) -> tuple[int, int]:
    line = bisect_right(starts, index)
    return line, index - starts[line - 1] + 1
