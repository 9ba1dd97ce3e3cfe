"""The assertion: one check on an answer that needs no code, what came of it, and the capture of a value for a later request."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field

from workbench.sentence import N_, Sentence

from .base import JsonValue, Noun

Subject = Literal["status", "header", "json", "text", "time"]
"""What is looked at: the HTTP status, a header, a place in a JSON answer, the body as text, the milliseconds it took."""

Operator = Literal[
    "equals",  # the same value of the same type: 77 is not "77"
    "exists",  # it is there (``expected`` false: it is not)
    "matches",  # a regular expression fits somewhere in the text
    "type",  # string, number, integer, boolean, object, array or null
    "length",  # of a text, a list or an object: 3, ">=1", "<=5", "1..5"
    "one_of",  # one of the values in a list
    "contains",  # a text holds a text, a list a value, an object a name
    "below",  # a number, or the time, is smaller
]
OPERATORS: Final[dict[Subject, tuple[Operator, ...]]] = {
    "status": ("equals", "one_of", "below"),
    "header": ("equals", "exists", "matches", "contains", "one_of"),
    "json": ("equals", "exists", "matches", "type", "length", "one_of", "contains", "below"),
    "text": ("contains", "matches", "equals", "length"),
    "time": ("below",),
}
"""The operators that each subject takes; the first is what a form proposes."""

JsonType = Literal["string", "number", "integer", "boolean", "object", "array", "null"]
JSON_TYPES: Final[tuple[JsonType, ...]] = (
    "string",
    "number",
    "integer",
    "boolean",
    "object",
    "array",
    "null",
)


class Assertion(Noun):
    """One check. ``path`` is the header's name or the place in the JSON (``results[0].id``, ``[].status`` for every element, ``$``).

    ``expected`` is what the operator compares with; times are milliseconds.
    """

    subject: Annotated[Subject, Field(title=N_("Look at"))] = "json"
    path: Annotated[
        str,
        Field(
            max_length=300,
            title=N_("Header or place"),
            description=N_("The header's name, or the place in the JSON: results[0].id, [].status, $"),
        ),
    ] = ""
    operator: Annotated[Operator, Field(title=N_("Check"))] = "exists"
    expected: JsonValue = None


class Capture(Noun):
    """A value of an answer under a name, for ``{{ name }}`` in a later request."""

    name: Annotated[str, Field(max_length=64)]
    subject: Literal["json", "header", "status", "text"] = "json"
    path: Annotated[str, Field(max_length=300)] = ""


VerdictState = Literal[
    "passed",
    "failed",  # the answer is not as it should be
    "broken",  # the check itself cannot be carried out: its expression, its path, an answer that is no JSON
]


class Verdict(Noun):
    """What came of a check. ``title`` says the check, ``sentence`` why it failed (or that it holds), ``found`` the value, clipped."""

    assertion: Assertion
    state: VerdictState
    title: Sentence
    sentence: Sentence
    found: str = ""

    @property
    def passed(self) -> bool:
        """Whether the answer is as it should be."""
        return self.state == "passed"
