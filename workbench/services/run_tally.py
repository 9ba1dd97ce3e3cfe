"""RUN TALLY: what looking at rows found, counted: each row in one state, and problems that many rows have told once.

What is told of many rows is kept plainly and shown to everybody, so nothing that stands in a cell is in it but as a mask.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from workbench.models.base import JsonValue, Level, Problem
from workbench.models.run import CheckState, Preflight, ProblemCount
from workbench.sentence import Sentence, Value

MOST_GROUPS: Final = 200
"""Kinds of problems that are told one by one; a table that has more is not the right table."""

SHORTEST_NUMBER: Final = 6
"""Digits of a number that may name a person; shorter ones are counts and rows."""

SHORTEST_PART: Final = 3
"""Letters of a cell that are looked for among others; a shorter one would be found everywhere."""

_Key = tuple[str, str, Level]
Mask = Callable[[str], str]


class Tally:
    """A preflight that is counted up and down. ``mask`` gives what stands for a cell's text."""

    def __init__(self, mask: Mask, so_far: Preflight | None = None) -> None:
        self._mask = mask
        told = so_far or Preflight()
        self.total, self.ready, self.bad, self.left_out = told.total, told.ready, told.bad, told.left_out
        self.warned, self.largest, self.seconds, self.done = (
            told.warned,
            told.largest,
            told.seconds,
            told.done,
        )
        self._groups: dict[_Key, ProblemCount] = {
            _key(one.field, one.sentence, one.level): one for one in told.problems
        }

    def add(
        self, number: int, state: CheckState, problems: Sequence[Problem], cells: Mapping[str, JsonValue], size: int = 0
    ) -> None:  # fmt: skip
        """Count a row that is seen for the first time."""
        self.total += 1
        self.largest = max(self.largest, size)
        self._state(state, 1)
        if problems:
            self._problems(number, state, problems, cells, 1)

    def join(self, other: Preflight) -> None:
        """Count what was found of the rows behind those so far."""
        self.total += other.total
        self.ready += other.ready
        self.bad += other.bad
        self.left_out += other.left_out
        self.warned += other.warned
        self.largest = max(self.largest, other.largest)
        for one in sorted(other.problems, key=lambda one: one.first):
            key = _key(one.field, one.sentence, one.level)
            known = self._groups.get(key)
            if known is not None:
                self._groups[key] = known.model_copy(update={"rows": known.rows + one.rows})
            elif len(self._groups) < MOST_GROUPS:
                self._groups[key] = one

    def again(
        self, number: int, before: tuple[CheckState, Sequence[Problem]], after: tuple[CheckState, Sequence[Problem]],
        cells: Mapping[str, JsonValue], size: int,
    ) -> None:  # fmt: skip
        """Count a row that has changed: what was found of it before, and what is found now."""
        self._state(before[0], -1)
        self._problems(number, *before, cells, -1)
        self._state(after[0], 1)
        self._problems(number, *after, cells, 1)
        self.largest = max(self.largest, size)

    @property
    def preflight(self) -> Preflight:
        """What was found so far, the worst first."""
        order = {"error": 0, "warning": 1, "note": 2}
        told = sorted(
            self._groups.values(),
            key=lambda one: (order[one.level], -one.rows, one.first, one.field, one.sentence.text),
        )
        return Preflight(
            total=self.total, ready=self.ready, bad=self.bad, left_out=self.left_out, warned=self.warned,
            largest=self.largest, seconds=self.seconds, problems=tuple(told), done=self.done,
        )  # fmt: skip

    def _state(self, state: CheckState, by: int) -> None:
        match state:
            case "ready":
                self.ready += by
            case "bad":
                self.bad += by
            case "left_out":
                self.left_out += by

    def _problems(
        self, number: int, state: CheckState, problems: Iterable[Problem], cells: Mapping[str, JsonValue], by: int
    ) -> None:  # fmt: skip
        keys = {_key(one.field, one.sentence, one.level): one for one in problems if one.level != "note"}
        if state == "ready" and any(level == "warning" for _, _, level in keys):
            self.warned += by
        for key, problem in keys.items():
            known = self._groups.get(key)
            if known is not None:
                rows = known.rows + by
                if rows <= 0:
                    del self._groups[key]
                    continue
                first = min(known.first, number) if by > 0 else known.first
                self._groups[key] = known.model_copy(update={"rows": rows, "first": first})
            elif by > 0 and len(self._groups) < MOST_GROUPS:
                sentence = hidden(problem.sentence, cells, self._mask)
                self._groups[key] = ProblemCount(
                    field=problem.field, sentence=sentence, level=problem.level, first=number
                )


def hidden(sentence: Sentence, cells: Mapping[str, JsonValue], mask: Mask) -> Sentence:
    """Return a sentence with a mask for each value that a cell holds, whole or in part; names of columns stay."""
    texts = sorted(
        {str(value).strip() for value in cells.values() if value is not None} - {""}, key=len, reverse=True
    )

    def shown(value: Value) -> Value:
        if isinstance(value, Sentence):
            return hidden(value, cells, mask)
        text = str(value).strip(" …")
        if (
            not text
            or text in cells
            or isinstance(value, bool)
            or (not isinstance(value, str) and len(text) < SHORTEST_NUMBER)
        ):
            return value
        if any(text in one for one in texts):
            return mask(text)
        for one in texts:  # a value may hold a cell's text among words of its own
            if len(one) >= SHORTEST_PART:
                text = text.replace(one, mask(one))
        return text if isinstance(value, str) and text != value.strip(" …") else value

    return Sentence(sentence.text, {name: shown(value) for name, value in sentence.values.items()})


def _key(field: str, sentence: Sentence, level: Level) -> _Key:
    return field, sentence.text, level
