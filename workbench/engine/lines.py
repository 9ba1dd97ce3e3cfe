"""LINES: a text of any length, line by line: numbered, and readable once more where a reader went too far."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence

from workbench.models.base import Problem
from workbench.sentence import Sentence, say

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
_HALF = re.compile(r"[\ud800-\udfff]")
"""Half a character, which is also what ``surrogateescape`` makes of a byte that is not UTF-8."""


def lines_of(text: str) -> Iterator[str]:
    """Give the lines of a text with their ends: LF, CR or CRLF, and nothing else ends one."""
    return (found[0] for found in _LINE.finditer(text))


def problem_at(line: int, sentence: Sentence) -> Problem:
    """Return the problem of one line of a text with contacts."""
    return Problem(field="contacts", sentence=sentence, line=line)


def unfit(line: int, text: str) -> Problem | None:
    """Return the problem of a text that cannot be sent since it is not Unicode, or None."""
    if _HALF.search(text) is None:
        return None
    return problem_at(
        line,
        say("This line holds characters that are not UTF-8. Save the text as UTF-8, then read it again."),
    )


class Lines:
    """Numbered lines, each with a line end, that can be given back and read again."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._fresh = enumerate(lines, 1)
        self._back: deque[tuple[int, str]] = deque()

    def __iter__(self) -> Iterator[tuple[int, str]]:
        return self

    def __next__(self) -> tuple[int, str]:
        if self._back:
            return self._back.popleft()
        number, text = next(self._fresh)
        if number == 1:
            text = text.removeprefix("\ufeff")  # the mark that some editors put in front
        return number, text if text.endswith(("\n", "\r")) else text + "\n"

    def give_back(self, taken: Sequence[tuple[int, str]]) -> None:
        """Have these lines read again, before any other."""
        self._back.extendleft(reversed(taken))
