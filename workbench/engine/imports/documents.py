"""DOCUMENTS: JSON documents of strangers, read one after the other from one text and walked without trust."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final

from workbench.models.base import JsonValue
from workbench.sentence import Sentence, say

MAX_DOCUMENTS: Final = 20


class Unreadable(Exception):
    """A text that is no JSON, with a sentence and its place."""

    def __init__(self, sentence: Sentence, line: int | None = None, column: int | None = None) -> None:
        super().__init__(str(sentence))
        self.sentence, self.line, self.column = sentence, line, column


def json_documents(text: str) -> list[JsonValue]:
    """Return the documents that stand one after the other in ``text`` (a collection, and its environments). Raises Unreadable."""
    decoder = json.JSONDecoder()
    found: list[JsonValue] = []
    at = _next(text, 0)
    while at < len(text):
        if len(found) == MAX_DOCUMENTS:
            raise Unreadable(
                say(
                    "There are more than {most} documents in this text. Import them in parts.",
                    most=MAX_DOCUMENTS,
                )
            )
        try:
            document, at = decoder.raw_decode(text, at)
        except json.JSONDecodeError as error:
            sentence = say(
                "The document breaks off or is damaged at line {line}, column {column}. Copy it again, from the first brace to the last.",
                line=error.lineno, column=error.colno,
            )  # fmt: skip
            raise Unreadable(sentence, error.lineno, error.colno) from None
        except (RecursionError, ValueError):
            raise Unreadable(
                say("The document is nested too deeply, or holds a number that is too long.")
            ) from None
        found.append(document)
        at = _next(text, at)
    return found


def _next(text: str, at: int) -> int:
    """Return where the next document begins."""
    while at < len(text) and (text[at].isspace() or text[at] in ",\ufeff"):
        at += 1
    return at


def mapping(value: JsonValue) -> dict[str, JsonValue]:
    """Return an object, or an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def rows(value: JsonValue) -> list[dict[str, JsonValue]]:
    """Return the objects of a list; anything else in it is no row."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def words(value: JsonValue) -> str:
    """Return a text, or what a plain value is written as; an empty text for the rest."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, (int, float)) else ""


def texts(value: JsonValue) -> Iterator[str]:
    """Yield the texts of a list, or the one text there is."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        yield from (item for item in value if isinstance(item, str))
