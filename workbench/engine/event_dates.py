"""Event dates: a day in any spelling becomes ``YYYY-MM-DD`` where it can mean one day alone; else a person is asked which (R-EVT-09)."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from itertools import product
from typing import Any, Final, Literal

from workbench.sentence import N_, Sentence, say

from .event_findings import ABSENT, UNFIT, Findings, masked
from .event_plain import no_json, simple
from .event_types import mistyped
from .strict_json import clip

LONGEST: Final = 60
LONGEST_FIGURE: Final = 8
"""Digits of a number that is repeated whole: longer ones may be phone numbers."""
EPOCH_1900: Final = date(1899, 12, 30)
"""Day 0 of Excel's serial numbers from 1 March 1900 on: before, Excel counts a 29 February that never was.

https://learn.microsoft.com/en-us/openspecs/office_file_formats/ms-xls/4a5e900a-0eb0-4355-8fc1-81aab8f46e8b
"""
EPOCH_1904: Final = date(1904, 1, 1)
FIRST_SERIAL: Final = 61
LAST_SERIAL: Final = 2_958_465
"""31 December 9999, the last day that Excel knows."""
EARLIEST, LATEST = 1900, 2100

_TIME: Final = (
    r"(?:(?:[Tt]|,?\s+)(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d{1,9})?)?"
    r"\s*(?:[AaPp]\.?[Mm]\.?)?\s*(Z|z|UTC|GMT|[+-]\d{2}:?\d{2})?)?"
)
_ISO: Final = re.compile(r"(\d{4})-(\d{2})-(\d{2})", re.ASCII)
_YEAR_FIRST: Final = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})" + _TIME, re.ASCII)
_YEAR_LAST: Final = re.compile(r"(\d{1,2})([-/. ])(\d{1,2})\2(\d{4}|\d{2})" + _TIME, re.ASCII)
_COMPACT: Final = re.compile(r"(\d{4})(\d{2})(\d{2})", re.ASCII)
_FIGURE: Final = re.compile(r"\d{1,13}(?:[.,]\d+)?", re.ASCII)

Kind = Literal[
    "exact", "rewritten", "time", "order", "century", "zone", "serial", "seconds", "far", "no_day", "none"
]


@dataclass(frozen=True, slots=True)
class Day:
    """What a text says: ``day`` where it is one day without a doubt, else the ``choices``, and of which ``kind`` the matter is."""

    kind: Kind
    day: str | None = None
    choices: tuple[str, ...] = ()
    year: int = 0
    month: int = 0


def read_date(value: object, field: str, found: Findings) -> Any:
    """Return ``YYYY-MM-DD`` for a date, a datetime or a text that means one day alone."""
    if type(value) is str:
        if found.typed and not value.strip():
            return ABSENT
        return _said(day_in(value), value, field, found)
    value = simple(value)
    if value is None:
        return ABSENT
    if isinstance(value, datetime):
        return _said(_day_of_moment(value), value, field, found)
    if isinstance(value, date):
        return value.isoformat()
    if type(value) is str:
        return _said(day_in(value), value, field, found)
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        return _said(_day_of_figure(value), value, field, found)
    if value is UNFIT:
        return found.error(field, no_json(field, value))
    return found.error(field, mistyped(field, N_("Date"), value, _like()))


def _said(read: Day, value: object, field: str, found: Findings) -> Any:
    """Return the day, with what is to be said of how it was found."""
    if read.kind == "exact":
        return read.day
    spelled = _spelled(value)
    if read.day is not None:
        if read.kind == "far":
            found.warn(
                field,
                say(
                    "“{field}” is {value}, a day in the year {year}. Check the year.",
                    field=clip(field),
                    value=spelled,
                    year=str(read.year),
                ),
            )
            return read.day
        found.note(field, _rewritten(read, spelled, field))
        found.fix(field, say("Put {day} in “{field}”.", day=read.day, field=clip(field)), read.day)
        return read.day
    for choice in read.choices if read.kind != "century" else _in_order(read.choices, found.today):
        found.fix(field, say("Put {day} in “{field}”.", day=choice, field=clip(field)), choice)
    return found.error(field, _why(read, spelled, value, field))


def _rewritten(read: Day, spelled: str, field: str) -> Sentence:
    if read.kind == "time":
        return say(
            "“{field}”: of {value} the day {day} goes out; a Date has no time and no zone.",
            field=clip(field),
            value=spelled,
            day=read.day,
        )
    return say("“{field}”: {value} was rewritten as {day}.", field=clip(field), value=spelled, day=read.day)


def _why(read: Day, spelled: str, value: object, field: str) -> Sentence:
    if read.kind in ("order", "century"):
        return say(
            "“{field}” is {value}, which can mean {choices}. Choose the day, or write the year first: YYYY-MM-DD.",
            field=clip(field),
            value=spelled,
            choices=", ".join(read.choices),
        )
    if read.kind == "zone":
        return say(
            "“{field}” is {value}: {own} where it was written, {utc} in UTC. Choose the day.",
            field=clip(field),
            value=spelled,
            own=read.choices[0],
            utc=read.choices[1],
        )
    if read.kind == "serial":
        return say(
            "“{field}” is the number {value}. As a day in Excel it is {day} (or {mac} in a file from an old Mac). Choose the day.",
            field=clip(field),
            value=spelled,
            day=read.choices[0],
            mac=read.choices[-1],
        )
    if read.kind == "seconds":
        return say(
            "“{field}” is the number {value}. If it counts from 1970, it is {day} in UTC. Choose the day, or give it as YYYY-MM-DD.",
            field=clip(field),
            value=spelled,
            day=read.choices[0],
        )
    if read.kind == "no_day" and read.month:
        return say(
            "“{field}” is {value}, and there is no such day: month {month} of {year} has {days} days. Correct the day.",
            field=clip(field),
            value=spelled,
            month=str(read.month),
            year=str(read.year),
            days=monthrange(read.year, read.month)[1],
        )
    if read.kind == "no_day":
        return say(
            "“{field}” is {value}, and there is no such day or time. Write it as YYYY-MM-DD, such as 2021-05-28.",
            field=clip(field),
            value=spelled,
        )
    return mistyped(field, N_("Date"), value, _like())


def _like() -> Sentence:
    return say("Write the day as YYYY-MM-DD, such as 2021-05-28.")


def _spelled(value: object) -> str:
    """Return a day as it was written; what may be a phone number, and what is written like no day at all, is masked."""
    if isinstance(value, datetime):
        return value.isoformat(" ")
    written = str(value)[:LONGEST].strip()
    return written if _is_day(written) else masked(written)


def _is_day(text: str) -> bool:
    if _FIGURE.fullmatch(text):
        return len(text) <= LONGEST_FIGURE
    return any(form.fullmatch(text) for form in (_YEAR_FIRST, _YEAR_LAST))


@lru_cache(maxsize=8192)  # a million orders were placed on some thousand days
def day_in(text: str) -> Day:
    """Return what a text says of a day."""
    text = text.strip()
    if found := _ISO.fullmatch(text):
        return _calendar(int(found[1]), int(found[2]), int(found[3]), "exact")
    if len(text) > LONGEST:
        return Day("none")
    if found := _YEAR_FIRST.fullmatch(text):
        return _year_first(found)
    if found := _YEAR_LAST.fullmatch(text):
        return _year_last(found)
    if found := _COMPACT.fullmatch(text):
        read = _calendar(int(found[1]), int(found[2]), int(found[3]), "rewritten")
        if read.kind == "rewritten" and EARLIEST <= int(found[1]) < LATEST:
            return read
    if _FIGURE.fullmatch(text):
        return _day_of_figure(Decimal(text.replace(",", ".")))
    return Day("none")


def _calendar(year: int, month: int, day: int, kind: Kind) -> Day:
    try:
        found = date(year, month, day)
    except ValueError:
        real = 1 <= month <= 12 and year
        return Day("no_day", year=year if real else 0, month=month if real else 0)
    if not EARLIEST <= year < LATEST:
        return Day("far", found.isoformat(), year=year)  # a day, but in a year that few people mean
    return Day(kind, found.isoformat())


def _year_first(found: re.Match[str]) -> Day:
    year, month, day, hour, minute, second, zone = found.group(1, 3, 4, 5, 6, 7, 8)
    if not _is_time(hour, minute, second):
        return Day("no_day")
    if hour is None:
        return _calendar(int(year), int(month), int(day), "rewritten")
    read = _calendar(int(year), int(month), int(day), "time")
    if read.day is None or read.kind != "time" or zone is None:
        return read
    sign = zone if zone.upper() not in ("Z", "UTC", "GMT") else "+00:00"
    try:
        moment = datetime.fromisoformat(f"{read.day}T{int(hour):02}:{minute}:{second or '00'}{sign}")
    except ValueError:
        return Day("no_day")
    return _day_of_moment(moment)


def _is_time(hour: str | None, minute: str | None, second: str | None) -> bool:
    return hour is None or (int(hour) < 24 and int(minute or 0) < 60 and int(second or 0) < 60)


def _day_of_moment(moment: datetime) -> Day:
    """Return the day of a moment; two to choose from where UTC has another one than the moment's own zone."""
    own = moment.date().isoformat()
    if moment.tzinfo is None or moment.utcoffset() is None:
        return Day("time", own)
    try:
        utc = moment.astimezone(UTC).date().isoformat()
    except OverflowError:
        return Day("no_day")
    return Day("time", own) if utc == own else Day("zone", choices=(own, utc))


def _year_last(found: re.Match[str]) -> Day:
    """Return the day of ``28/05/2021``; the choices where day and month, or the century, cannot be told."""
    first, second, year, hour, minute, seconds = found.group(1, 3, 4, 5, 6, 7)
    if not _is_time(hour, minute, seconds):
        return Day("no_day")
    years = [int(year)] if len(year) == 4 else [2000 + int(year), 1900 + int(year)]
    days: list[str] = []
    for one, (month, day) in product(years, ((int(second), int(first)), (int(first), int(second)))):
        read = _calendar(one, month, day, "rewritten").day
        if read and read not in days:
            days.append(read)
    if len(days) == 1 and len(year) == 4:
        return _calendar(
            int(days[0][:4]), int(days[0][5:7]), int(days[0][8:]), "rewritten" if hour is None else "time"
        )
    if days:
        return Day("order" if len(year) == 4 else "century", choices=tuple(days))
    month = int(second) if int(second) <= 12 else int(first)
    return Day("no_day", year=years[0], month=month) if 1 <= month <= 12 and years[0] else Day("no_day")


def _in_order(choices: tuple[str, ...], today: date | None) -> list[str]:
    """Return two-digit years' days, those first that lie less than ten years ahead."""
    if today is None:
        return list(choices)
    near = today.year + 10
    return sorted(choices, key=lambda day: int(day[:4]) > near)


def _day_of_figure(value: float | Decimal) -> Day:
    """Return the days that a number may stand for: Excel's serial numbers, seconds and milliseconds since 1970, ``20210528``."""
    if not 0 < value < 10**15:  # NaN is neither; a Decimal may have a million digits
        return Day("none")
    whole = int(value)
    if FIRST_SERIAL <= whole <= LAST_SERIAL:
        days = (
            (EPOCH_1900 + timedelta(days=whole), EPOCH_1904 + timedelta(days=whole))
            if whole < LAST_SERIAL - 1462
            else (EPOCH_1900 + timedelta(days=whole),)
        )
        return Day("serial", choices=tuple(day.isoformat() for day in days))
    seconds = whole // 1000 if whole >= 10**11 else whole
    if 10**8 <= seconds < 4_102_444_800:  # 1973 to 2099
        return Day(
            "seconds",
            choices=((datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)).date().isoformat(),),
        )
    text = str(whole)
    if len(text) == 8 and (day := _calendar(int(text[:4]), int(text[4:6]), int(text[6:]), "rewritten").day):
        return Day("order", choices=(day,))
    return Day("none")
