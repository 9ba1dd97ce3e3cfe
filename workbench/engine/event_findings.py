"""Event findings: what reading one occurrence turned up, in its order; and how a value is repeated in a sentence without giving it away."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Final, final

from workbench.models.base import JsonValue, Level, Problem, trusted
from workbench.models.event import Fix
from workbench.sentence import Sentence, Value, say

from .strict_json import clip


@final
class Mark:
    """What a reader returns in place of a value."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __repr__(self) -> str:
        return self._name


ABSENT: Final = Mark("ABSENT")
"""Nothing was given."""
UNFIT: Final = Mark("UNFIT")
"""Something was given that cannot go out; the findings say why."""


class Findings:
    """The problems and fixes of one occurrence. ``typed`` and ``today`` are how its values are to be read."""

    __slots__ = ("blocked", "fixes", "problems", "today", "typed")

    def __init__(self, *, typed: bool = False, today: date | None = None) -> None:
        self.problems: list[Problem] = []
        self.fixes: list[Fix] = []
        self.blocked = False
        self.typed = typed
        self.today = today

    def error(self, field: str, sentence: Sentence) -> Mark:
        """Note what blocks; return ``UNFIT``."""
        self.problems.append(problem(field, sentence, "error"))
        self.blocked = True
        return UNFIT

    def warn(self, field: str, sentence: Sentence) -> None:
        """Note what a person should look at."""
        self.problems.append(problem(field, sentence, "warning"))

    def note(self, field: str, sentence: Sentence) -> None:
        """Note what was converted."""
        self.problems.append(problem(field, sentence, "note"))

    def fix(self, field: str, sentence: Sentence, value: JsonValue) -> None:
        """Offer one click that puts ``value`` in the field."""
        self.fixes.append(trusted(Fix, {"field": field, "sentence": sentence, "value": value}))


def problem(field: str, sentence: Sentence, level: Level = "error") -> Problem:
    """Return a problem without a place in a text; as ``Problem(...)``, quicker."""
    return trusted(
        Problem, {"field": field, "sentence": sentence, "level": level, "line": None, "column": None}
    )


_DIGITS: Final = re.compile(r"\+?\d[\d\s().-]{5,}\d")
_MOST_DIGITS: Final = 10**30
_LONGEST_ID: Final = 10**8


def shown(value: object) -> Value:
    """Return a value as a sentence may repeat it: addresses and long numbers are masked, long texts cut, lists and objects named."""
    if type(value) is str:
        return masked(value)
    if value is None:
        return "null"
    if type(value) is bool:
        return "true" if value else "false"
    if type(value) is int:
        return masked(str(value)) if abs(value) < _MOST_DIGITS else say("a number of very many digits")
    if type(value) is float:
        return masked(repr(value))
    if isinstance(value, list | tuple):
        return say("a list")
    if isinstance(value, dict):
        return say("an object")
    if isinstance(value, datetime | date):
        return value.isoformat()
    return say("a value of the kind {kind}", kind=clip(type(value).__name__))


def shown_id(id: int) -> str:
    """Return a flow's id as a sentence may repeat it: one that is as long as a phone number may be one, and is masked."""
    return str(id) if abs(id) < _LONGEST_ID else masked(str(id)) if abs(id) < _MOST_DIGITS else "…"


def masked(text: str) -> str:
    """Return a text as a sentence may repeat it: no whole address, no whole phone number, no sign that cannot be seen."""
    text = text[:300]
    if not text.isprintable():
        text = "".join(sign if sign.isprintable() else "\ufffd" for sign in text)
    if "@" in text:
        local, _, domain = text.strip().rpartition("@")
        text = f"{local[0] if len(local) > 2 else ''}***@{domain}"
    return clip(_DIGITS.sub(_middle_out, text))


def _middle_out(found: re.Match[str]) -> str:
    digits = found[0]
    return f"{digits[:3]}…{digits[-2:]}"
