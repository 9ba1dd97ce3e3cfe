"""FOUND: a request as a foreign text has it, before it becomes an integration: the same for cURL, Postman, OpenAPI and HAR.

Texts may hold marks (``marked.py``).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal

from workbench.models.base import JsonValue, Problem
from workbench.models.imported import LeftOut, LeftOutKind
from workbench.sentence import Sentence, say

MAX_REQUESTS: Final = 500
MAX_TOLD: Final = 200
"""How many things that were left out are told one by one, for a request and for a text."""

BodyKind = Literal["none", "json", "form", "multipart", "xml", "text"]


@dataclass(slots=True)
class Body:
    """A body: its text, or its fields in order for a form. ``tree`` is it ready made, where a description gave it."""

    kind: BodyKind = "none"
    text: str = ""
    pairs: list[tuple[str, str]] = field(default_factory=list)
    tree: JsonValue = None


@dataclass(slots=True)
class Auth:
    """How a request is let in, where its text says so apart from its headers: ``basic``, ``oauth2`` (with a ``scope``) or ``aws``."""

    kind: Literal["basic", "oauth2", "aws"]
    values: dict[str, str] = field(default_factory=dict)
    scope: str = ""


@dataclass(slots=True)
class Found:
    """A request. ``quiet`` says that it was recorded by a browser: its usual headers are left out without a word for each.

    ``escapes`` are variable parts of the path that have no value (``:id``, ``{id}``). ``secret_names`` are parameters and headers that a
    description declares to be keys.
    """

    method: str
    url: str
    name: str = ""
    folder: tuple[str, ...] = ()
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: Body = field(default_factory=Body)
    auth: Auth | None = None
    left_out: list[LeftOut] = field(default_factory=list)
    line: int | None = None
    connect_s: float | None = None
    total_s: float | None = None
    quiet: bool = False
    escapes: list[str] = field(default_factory=list)
    secret_names: set[str] = field(default_factory=set)
    samples: dict[str, JsonValue] = field(default_factory=dict)

    def leave(self, what: LeftOutKind, sentence: Sentence, line: int | None = None) -> None:
        """Note what is not carried over; the same thing once."""
        if len(self.left_out) < MAX_TOLD:
            thing = LeftOut(what=what, sentence=sentence, place=self.name, line=line or self.line)
            if thing not in self.left_out:
                self.left_out.append(thing)

    def header(self, name: str) -> str | None:
        """Return the first value of a header (any case), or None."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), None)


def too_many() -> Sentence:
    """Return what is said where there are more requests than are read."""
    return say("Only the first {most} requests were read. Import the rest in parts.", most=MAX_REQUESTS)


@dataclass(slots=True)
class Gathered:
    """What a reader of one format gives: requests, what belongs to none of them, and what could not be read."""

    title: str = ""
    requests: list[Found] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def leave(self, what: LeftOutKind, sentence: Sentence, place: str = "", line: int | None = None) -> None:
        """Note what is not carried over."""
        if len(self.left_out) < MAX_TOLD:
            self.left_out.append(LeftOut(what=what, sentence=sentence, place=place, line=line))

    def blame(self, sentence: Sentence, line: int | None = None, column: int | None = None) -> None:
        """Note what could not be read."""
        if len(self.problems) < MAX_TOLD:
            self.problems.append(Problem(field="text", sentence=sentence, line=line, column=column))

    @property
    def full(self) -> bool:
        """Whether no more requests are taken."""
        return len(self.requests) >= MAX_REQUESTS
