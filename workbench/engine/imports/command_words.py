"""COMMAND WORDS: a command line as its words, whatever shell it was written for."""

from __future__ import annotations

from dataclasses import dataclass, field

from workbench.sentence import Sentence, say


class Unclosed(Exception):
    """A quote or a bracket that is never closed, and the offset at which it opens."""

    def __init__(self, offset: int, sign: str) -> None:
        super().__init__(sign)
        self.offset = offset
        self.sentence: Sentence = say(
            "The {sign} that opens here is never closed. Copy the whole command.", sign=sign
        )


@dataclass(slots=True)
class Word:
    """A word, with marks where variables stand, and the offset of its first sign. ``bare`` says that nothing in it was quoted."""

    text: str
    offset: int
    bare: bool = True


@dataclass(slots=True)
class Simple:
    """A simple command: its words, and what it reads where a here-document or a pipe gives it (``piped`` says that one does)."""

    words: list[Word] = field(default_factory=list)
    stdin: str | None = None
    piped: bool = False


def line_of(text: str, offset: int) -> int:
    """Return the line, from 1, of an offset."""
    return text.count("\n", 0, offset) + 1
