"""SHOP MOMENTS: days and moments, as a record has them: what may mean two days is asked, never guessed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Final

from workbench.models.base import JsonValue, Problem
from workbench.sentence import Sentence, say

from .event_dates import day_in
from .event_emails import BLANKS
from .event_findings import masked, problem, shown
from .shop_reading import Reading, Value, refused, rewritten
from .strict_json import clip

_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_DATED: Final = re.compile(
    r"[0-9]{1,4}[-/. ][0-9]{1,2}[-/. ][0-9]{1,4}(?:[T ,]+[0-9:.,]{4,15} ?(?:Z|UTC|[+-][0-9:]{2,6})?)?|[0-9]{3,5}",
    re.ASCII,
)
"""What looks like a date, or a spreadsheet's number of one: no phone number does."""


def date_value(id: str, reading: Reading, value: JsonValue) -> Value:
    """Read a day, or a moment: ``YYYY-MM-DD`` in a file, its midnight in UTC in a body."""
    if type(value) is not str:
        return refused(
            id,
            say(
                "“{field}” has to be a date, but it is {value}. Write it like 1990-05-28.",
                field=clip(id),
                value=shown(value),
            ),
        )
    text = value.strip(BLANKS)
    at = _moment_in(text)
    if at is not None and not _DAY.fullmatch(text):
        return _date_of_moment(id, reading, text, at)
    read = day_in(text)
    if read.day is None:
        return refused(id, _no_day(id, text, read.choices))
    problems: tuple[Problem, ...] = ()
    if read.kind == "far":
        problems = (
            problem(
                id, say("“{field}” is {value}. Check the year.", field=clip(id), value=read.day), "warning"
            ),
        )
    elif read.kind == "serial":
        return refused(id, _no_day(id, text, (read.day,)))
    elif read.kind != "exact":
        problems = (rewritten(id, _dated(text), read.day),)
    return Value(f"{read.day}T00:00:00Z", read.day, problems)


def _date_of_moment(id: str, reading: Reading, text: str, at: datetime) -> Value:
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
        if at.hour or at.minute or at.second:
            return refused(id, say(
                "“{field}” has a time and no zone. Write the day alone, {day}, or put Z or +01:00 behind the time.",
                field=clip(id), day=at.date().isoformat(),
            ))  # fmt: skip
    day = at.date().isoformat()
    if not reading.file or not (at.hour or at.minute or at.second):
        return Value(moment_text(at), day)
    return Value(moment_text(at), day, (problem(id, say(
        "“{field}” has a time, and an import takes the day alone. {day} goes out.", field=clip(id), day=day
    ), "note"),))  # fmt: skip


def _no_day(id: str, text: str, choices: Sequence[str]) -> Sentence:
    if choices and text.isdecimal():
        return say(
            "“{field}” is “{value}”, which may be a spreadsheet's number for {day}. Format the column as a date, and save again.",
            field=clip(id), value=_dated(text), day=choices[0],
        )  # fmt: skip
    if len(choices) > 1:
        return say(
            "“{field}” is “{value}”, which may be {first} or {second}. Write the one that is meant.",
            field=clip(id), value=_dated(text), first=choices[0], second=choices[1],
        )  # fmt: skip
    return say(
        "“{field}” is “{value}”, which is no day. Write it like 1990-05-28.",
        field=clip(id),
        value=_dated(text),
    )


def moment_value(id: str, reading: Reading, value: JsonValue) -> Value:
    """Read a moment, which needs its time and its zone."""
    text = value.strip(BLANKS) if type(value) is str else ""
    at = _moment_in(text)
    if at is None:
        return refused(id, say(
            "“{field}” is “{value}”, which is no time. Write it like {example}.",
            field=clip(id), value=_dated(text) if text else shown(value), example="2026-03-01T09:30:00+01:00",
        ))  # fmt: skip
    if at.tzinfo is None:
        return refused(id, say(
            "“{field}” is “{value}”, without its zone. Write {utc} if it is UTC, or put the shop's zone behind it, such as +01:00.",
            field=clip(id), value=_dated(text), utc=moment_text(at.replace(tzinfo=UTC)),
        ))  # fmt: skip
    return Value(moment_text(at), moment_text(at))


def _moment_in(text: str) -> datetime | None:
    """Return the moment that a text is in ISO 8601, aware only where it says its zone."""
    if len(text) < 8 or len(text) > 40 or not text.isascii():
        return None
    try:
        at = datetime.fromisoformat(text.removesuffix(" UTC") + ("+00:00" if text.endswith(" UTC") else ""))
        return at if at.tzinfo is None or at.astimezone(UTC) else None
    except (ValueError, OverflowError):
        return None


def moment_text(at: datetime) -> str:
    """Return a moment in ISO 8601 with its zone, ``Z`` for UTC, and as many decimals as it has (three or six)."""
    precision = (
        "auto" if not at.microsecond else "milliseconds" if at.microsecond % 1000 == 0 else "microseconds"
    )
    text = at.isoformat(timespec=precision)
    return text.removesuffix("+00:00") + "Z" if text.endswith("+00:00") else text


def moment_of(value: JsonValue) -> datetime | None:
    """Return the aware moment that a value says, a day as its midnight in UTC; None for none, and for a time without its zone."""
    if isinstance(value, datetime):
        return value if value.tzinfo is not None else None
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    at = _moment_in(value.strip(BLANKS)) if type(value) is str else None
    if at is not None and at.tzinfo is None and type(value) is str and _DAY.fullmatch(value.strip(BLANKS)):
        return at.replace(tzinfo=UTC)
    return at if at is not None and at.tzinfo is not None else None


def _dated(text: str) -> str:
    """Return a text as a sentence may repeat it: a date whole, everything else masked."""
    return text if _DATED.fullmatch(text) else masked(text)
