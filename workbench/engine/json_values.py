"""JSON VALUES: cuts lines into the values of a list, or into one value after another, and reads each on its own.

Only brackets, commas and texts are looked at to find where a value ends, so a broken one is found, told and left behind.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from workbench.models.base import JsonValue, Problem
from workbench.sentence import Sentence, say

from .lines import Lines, problem_at, unfit
from .strict_json import MAX_DEPTH, clip, plain
from .strict_json import read as read_strictly

LONGEST: Final = 1_000_000
"""Characters of one value that are read; more is a bracket or a quote that was never closed."""

_MARK = re.compile(r'"(?:[^"\\\r\n]|\\.)*+"?|[\[\]{},]')
"""A text of JSON, whole so that no bracket in it counts, or a sign that separates."""
_NEXT = re.compile(r"(\s*+,?+\s*+)(?:\{|$)")
"""What may follow an object in its line; with anything else behind it, the whole line is told instead of half of it read."""
_UNUSUAL = re.compile(r"\\u[dD][89a-fA-F]|\d[eE]|\d{19}")
"""What the quick reader may take without a word though it cannot be sent: such a text is read strictly."""


def values_in(source: Lines, *, listed: bool) -> Iterator[tuple[int, JsonValue] | Problem]:
    """Give each value with the number of its first line, or its first problem.

    ``listed`` says that they are the items of one list; otherwise they follow each other, as in JSON lines.
    """
    for piece in _Splitter(listed).pieces(source):
        if isinstance(piece, Problem):
            yield piece
        else:
            value = piece.value()
            yield value if isinstance(value, Problem) else (piece.line, value)


@dataclass(slots=True)
class _Piece:
    """The text of one value, gathered from one line or several, and the place of its first character."""

    line: int = 0
    column: int = 1
    indent: int = 0
    parts: list[str] = field(default_factory=list)
    size: int = 0

    @property
    def object(self) -> bool:
        """Whether it begins as an object does."""
        return self.parts[:1] != [] and self.parts[0].startswith("{")

    def add(self, line: int, column: int, indent: int, text: str) -> None:
        """Add what a line holds of it; blanks in front of it are left out, and what is too long is not kept."""
        if not self.size:
            blanks = len(text) - len(text.lstrip())
            self.line, self.column, self.indent, text = line, column + blanks, indent, text[blanks:]
        self.size += len(text)
        if text and self.size <= LONGEST:
            self.parts.append(text)

    def value(self) -> JsonValue | Problem:
        """Return the value, or its first problem."""
        if self.size > LONGEST:
            return problem_at(
                self.line,
                say(
                    "The contact that begins here is longer than {most} characters. Close its brackets.",
                    most=LONGEST,
                ),
            )
        text = "".join(self.parts).rstrip()
        if wrong := unfit(self.line, text):
            return wrong
        usual = _UNUSUAL.search(text) is None and text.count("{") + text.count("[") <= MAX_DEPTH
        if usual and (quick := _quick(text)) is not None:
            return quick
        reading = read_strictly(text, top_level_object=False, field="contacts")
        if reading.node is not None and not reading.problems:
            return plain(reading.node)
        return self.placed(reading.problems[0])

    def placed(self, problem: Problem) -> Problem:
        """Return a problem of this text with its place in the whole one, also where its sentence speaks of a line."""
        above = self.line - 1
        line, column = problem.line or 1, problem.column or 1
        values = dict(problem.sentence.values)
        if isinstance(number := values.get("line"), int):
            values["line"] = number + above
        return Problem(
            field=problem.field,
            sentence=Sentence(problem.sentence.text, values),
            line=line + above,
            column=column + (self.column - 1 if line == 1 else 0),
        )


def _quick(text: str) -> JsonValue:
    """Return the value where the standard reader takes it as the strict one would, else None."""
    try:
        return parsed_once(text)
    except ValueError:
        return None


def parsed_once(text: str) -> JsonValue:
    """Return what a JSON text says. Raises ValueError where it names something twice in one object, or holds NaN or Infinity."""
    return json.loads(text, object_pairs_hook=_each_once, parse_constant=_refuse)


def _each_once(pairs: list[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError
    return found


def _refuse(_: str) -> None:
    raise ValueError


def _after_the_list(line: int, rest: str) -> Problem:
    sentence = say(
        "The list ends before “{rest}”. Delete what follows, or put it into the list.",
        rest=clip(rest.strip()),
    )
    return problem_at(line, sentence)


class _Splitter:
    """Cuts lines into the values of a list, or into one value after another, by their brackets alone."""

    def __init__(self, listed: bool) -> None:
        self.listed = listed
        self.closed = False
        self.open: list[str] = []
        self.broken = False
        self.piece = _Piece()

    def pieces(self, source: Lines) -> Iterator[_Piece | Problem]:
        """Give every value's text. A broken one ends where the next object begins a line, indented as far at most."""
        begun, line = not self.listed, 1
        for line, text in source:
            bare = text.lstrip()
            indent = len(text) - len(bare)
            if self.closed:
                if bare:
                    yield _after_the_list(line, bare)
                    return
                continue
            if bare.startswith("{") and indent <= self.piece.indent and not self.goes_on():
                yield from self.end()
            if not begun and bare:
                begun, text = True, " " * (indent + 1) + bare[1:]
            yield from self.cut(line, indent, text)
        yield from self.end()
        if self.listed and not self.closed:
            yield problem_at(
                line, say("The list is never closed: contacts may be missing. Add ] at its end.")
            )

    def goes_on(self) -> bool:
        """Return whether an object may stand inside of what was gathered: then it is no contact of its own, however it looks."""
        if self.broken or self.piece.size > LONGEST:
            return False
        before = "".join(self.piece.parts[-2:]).rstrip()[-1:]
        return before in (("[", ",") if self.open[-1:] == ["["] else (":",))

    def cut(self, line: int, indent: int, text: str) -> Iterator[_Piece | Problem]:
        """Give the values that end in this line, and keep what is left of it."""
        at = 0
        for mark in _MARK.finditer(text):
            sign, before, after = mark[0], mark.start(), mark.end()
            if sign in ("{", "["):
                self.open.append(sign)
            elif sign == "," and not self.open and self.listed:
                yield from self.finish(line, at, indent, text[at:before])
                at = after
            elif sign == "]" and not self.open and self.listed:
                yield from self.finish(line, at, indent, text[at:before])
                self.closed = True
                if rest := text[after:].strip():
                    yield _after_the_list(line, rest)
                return
            elif sign in ("}", "]"):
                self.broken |= (self.open.pop() if self.open else "") + sign not in ("{}", "[]")
                if not self.open and not self.listed and (found := _NEXT.match(text, after)):
                    yield from self.finish(line, at, indent, text[at:after])
                    at = found.end(1)
        self.piece.add(line, at + 1, indent, text[at:])
        if not self.listed and not (self.open and self.piece.object):
            yield from self.end()  # of what follows each other, only an object may take several lines

    def finish(self, line: int, at: int, indent: int, text: str) -> Iterator[_Piece]:
        """Give what was gathered with the text that ends it."""
        self.piece.add(line, at + 1, indent, text)
        yield from self.end()

    def end(self) -> Iterator[_Piece]:
        """Give what was gathered, and begin anew."""
        if self.piece.size:
            yield self.piece
        self.open, self.broken, self.piece = [], False, _Piece()
