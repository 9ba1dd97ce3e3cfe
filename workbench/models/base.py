"""What every noun has: frozen, no unknown fields, and problems that name the field and the fix."""

from __future__ import annotations

from functools import cache
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from workbench.sentence import Sentence

JsonValue = Any
"""A parsed JSON value: None, bool, int, float, str, list or dict of the same."""

Level = Literal["error", "warning", "note"]


class Noun(BaseModel):
    """The base of every model: frozen, and an unknown field is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


AnyNoun = TypeVar("AnyNoun", bound=Noun)


def trusted(noun: type[AnyNoun], fields: dict[str, Any]) -> AnyNoun:
    """Return a noun of values that are right already: none is checked or converted, and no field may be left out.

    As pydantic's ``model_construct``, in a third of the time: for what is made of other nouns thousands of times a second. The noun keeps
    ``fields`` itself.
    """
    names = _names(noun)
    if len(fields) != len(names):
        raise TypeError(f"{noun.__name__} wants all of its {len(names)} fields")
    made = noun.__new__(noun)
    _set(made, "__dict__", fields)
    _set(
        made, "__pydantic_fields_set__", names
    )  # one for all: a frozen noun never changes it, a copy has its own
    _set(made, "__pydantic_extra__", None)
    _set(made, "__pydantic_private__", None)
    return made


_set = object.__setattr__


@cache
def _names(noun: type[Noun]) -> set[str]:
    return set(noun.model_fields)


class Problem(Noun):
    """One thing wrong with one field: where, how bad, and a sentence with the rule and one fix.

    ``field`` is the dotted path in the form (``headers.2.value``); ``line`` and ``column`` count from 1 in a text.
    """

    field: str
    sentence: Sentence
    level: Level = "error"
    line: int | None = None
    column: int | None = None

    @property
    def blocks(self) -> bool:
        """Whether this problem stops the form."""
        return self.level == "error"


class SecretRef(Noun):
    """A secret's handle: where the vault keeps it, and what may be shown of it (``****`` or ``**** last four``)."""

    handle: Annotated[str, Field(pattern=r"^sec_[a-z0-9]{8,40}$")]
    hint: Annotated[str, Field(max_length=12)] = "****"

    def __str__(self) -> str:
        return self.hint


def is_ref(value: JsonValue) -> bool:
    """Return whether a value of a plain document is a secret's handle."""
    return isinstance(value, dict) and "handle" in value and set(value) <= {"handle", "hint"}
