"""RATE HEADERS: what an answer's headers say about the account's pace, in the spellings that are about. What makes no sense says nothing.

- ``Retry-After``, seconds or a date: https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3
- ``RateLimit`` and ``RateLimit-Policy``: https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/
- ``RateLimit-Limit`` (which may list windows: ``100, 100;w=60``), ``-Remaining`` and ``-Reset``, and ``RateLimit: limit=100, ...``,
  of earlier numbers of the same draft: https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/05/
- ``X-RateLimit-*`` of Mailgun, SendGrid, Connectif and many more; the reset in seconds, or in (milli)seconds since 1970
- ``X-RateLimit-*-Requests``, the reset as a duration such as ``6m0s``: https://platform.openai.com/docs/guides/rate-limits
- ``x-sib-ratelimit-*``, the reset in seconds: https://developers.brevo.com/docs/limit-headers

A moment is compared with the answer's own ``Date`` where it has one: then it does not matter what this machine's clock says.
"""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

from pydantic import ValidationError

from workbench.models.pace import Rate
from workbench.models.request import Headers, Outcome, Reply

from .pace import TAKEN, Learned

Until = Callable[[float], float]

LONGEST: Final = 512
"""Characters of a header that are read."""
MOST: Final = 10_000_000
"""A limit above this is none that anybody could reach, and more than a rate can hold."""
WINDOWS: Final = 4
"""Windows of one answer that are read."""
SINCE_1970: Final = 1e8
"""A reset from here on is a moment: as seconds to go it would be three years."""
MILLISECONDS: Final = 1e11
"""A moment from here on is in milliseconds: as seconds it would be in the year 5138."""
FAMILIES: Final = (
    ("x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"),
    ("x-rate-limit-limit", "x-rate-limit-remaining", "x-rate-limit-reset"),
    ("x-ratelimit-limit-requests", "x-ratelimit-remaining-requests", "x-ratelimit-reset-requests"),
    ("x-sib-ratelimit-limit", "x-sib-ratelimit-remaining", "x-sib-ratelimit-reset"),
    ("ratelimit-limit", "ratelimit-remaining", "ratelimit-reset"),
)

_NUMBER = re.compile(r"\d{1,15}(\.\d{1,9})?", re.ASCII)
_DURATION = re.compile(
    r"(?=.)(?:(\d{1,6})d)?(?:(\d{1,6})h)?(?:(\d{1,6})m(?!s))?(?:(\d{1,6}(?:\.\d{1,9})?)s)?(?:(\d{1,9})ms)?",
    re.ASCII,
)
_UNITS: Final = (86_400.0, 3600.0, 60.0, 1.0, 0.001)
_PARAMETER = re.compile(r";\s*([qwrt])\s*=\s*(\d{1,15})(?![\d.])", re.ASCII)
_OTHER_UNIT = re.compile(r';\s*qu\s*=\s*(?!"requests")')
_LISTS: Final = frozenset({"ratelimit", "ratelimit-policy"})
_ITEM = re.compile(r'(?:"(?:[^"\\]|\\.)*"|[^,"])+')


def heard(reply: Reply, outcome: Outcome, now: datetime) -> Learned | None:
    """Return what a reply says about the account's pace, by its headers or by the provider's own word for it; None for nothing."""
    news = learned(reply.headers, reply.status, outcome.retry_after_s, now)
    if outcome.kind == "throttled" and (news is None or not news.throttled):
        return replace(news or TAKEN, taken=False, throttled=True, hold_s=outcome.retry_after_s)
    return news


def learned(headers: Headers, status: int, retry_after_s: float | None, now: datetime) -> Learned | None:
    """Return what the answer says about the account's pace, or None when it says nothing. Never raises.

    ``retry_after_s`` is the wait that was read from the answer's body, used where no header names one; ``now`` the time of day where
    there is no ``Date``. A 429 asks to slow down, and so do a 403 and a 5xx with Retry-After; all else below 500 was let through.
    """
    named = _named(headers)
    if not named and status < 500 and status != 429 and retry_after_s is None:
        return TAKEN

    def until(moment: float) -> float:
        """Return the seconds until a moment, none of them when it is over."""
        return max(0.0, moment - (_date(named["date"]) or now.timestamp()))

    hold_s = _retry_after(named.get("retry-after", ""), until)
    throttled = status == 429 or (hold_s is not None and (status == 403 or status >= 500))
    if hold_s is None and retry_after_s is not None and status < 500 and 0 <= retry_after_s < math.inf:
        throttled, hold_s = True, retry_after_s
    remaining, reset_s = _least(_counts(named, until))
    if throttled and hold_s is None and not remaining:
        hold_s = reset_s  # all that some say is when it is reset
    paired = remaining is not None and reset_s is not None
    found = Learned(
        throttled=throttled,
        taken=status < 500 and not throttled,
        hold_s=hold_s if throttled else None,
        remaining=remaining if paired else None,
        reset_s=reset_s if paired else None,
        limit=_limit(named),
        rates=_rates(named.get("ratelimit-policy", ""), named.get("ratelimit-limit", "")),
    )
    return None if found == Learned() else found


def _named(headers: Headers) -> dict[str, str]:
    """Return the headers that matter, by their names in small letters; nothing where there is none. Lists in several lines are one."""
    named: dict[str, str] = {}
    date = ""
    for spelled, value in headers:
        name = spelled.lower()
        if name == "date":
            date = value
        elif name == "retry-after" or "ratelimit" in name or "rate-limit" in name:
            value = value.strip()
            more = f"{named[name]}, {value}" if name in named and name in _LISTS else value
            named[name] = more[:LONGEST]
    if named:
        named["date"] = date[:LONGEST]
    return named


def _counts(named: Mapping[str, str], until: Until) -> Iterator[tuple[int | None, float | None]]:
    """Give each (remaining, seconds until reset) that the headers state; one of both may be missing."""
    for _, remaining, reset in FAMILIES:
        if remaining in named or reset in named:
            yield _whole(named.get(remaining, "")), _reset(named.get(reset, ""), until)
    if value := named.get("ratelimit"):
        plain = {
            name.strip(): number.strip()
            for name, _, number in (part.partition("=") for part in value.split(","))
        }
        yield _whole(plain.get("remaining", "")), _reset(plain.get("reset", ""), until)
        for item in _items(value):
            if "r" in item:
                yield item["r"], float(item["t"]) if "t" in item else None


def _least(counts: Iterator[tuple[int | None, float | None]]) -> tuple[int | None, float | None]:
    """Return the count that leaves the least, for the longest. A pair tells more than a half of one."""
    known = [
        (remaining, reset_s) for remaining, reset_s in counts if not (remaining is None and reset_s is None)
    ]
    return min(
        known,
        key=lambda count: (None in count, math.inf if count[0] is None else count[0], -(count[1] or 0.0)),
        default=(None, None),
    )


def _limit(named: Mapping[str, str]) -> int | None:
    """Return the least limit that is stated without a window."""
    found = [_whole(named[limit].partition(",")[0]) for limit, _, _ in FAMILIES if limit in named]
    return min((limit for limit in found if limit and limit <= MOST), default=None)


@functools.lru_cache(maxsize=64)  # they are the same from answer to answer
def _rates(policy: str, limit: str) -> tuple[Rate, ...]:
    """Return the windows that are stated with their length, without those that are none."""
    items = _items(policy) + _items(
        limit
    )  # a limit of "100, 100;w=60" is the one in force, and then the windows
    rates = (_rate(item["q"], item["w"]) for item in items if "q" in item and "w" in item)
    return tuple(dict.fromkeys(rate for rate in rates if rate))[:WINDOWS]


def _rate(limit: int, per_s: int) -> Rate | None:
    try:
        return Rate(limit=limit, per_s=per_s)
    except ValidationError:  # none, or longer than a day
        return None


def _items(value: str) -> list[dict[str, int]]:
    """Return the parameters of each member: ``"default";q=100;w=60, "day";q=5000;w=86400``, or ``100;w=60`` of an older draft.

    Those that count something else than requests are left out.
    """
    found = []
    for match in _ITEM.finditer(value):
        if _OTHER_UNIT.search(match[0]):
            continue
        item = _parameters(match[0])
        quota = _whole(match[0].partition(";")[0])
        if quota is not None:
            item.setdefault("q", quota)
        found.append(item)
    return found


def _parameters(item: str) -> dict[str, int]:
    unquoted = re.sub(r'"(?:[^"\\]|\\.)*"', "", item)
    return {name: int(number) for name, number in _PARAMETER.findall(unquoted)}


def _whole(value: str) -> int | None:
    return int(float(value)) if _NUMBER.fullmatch(value.strip()) else None


def _retry_after(value: str, until: Until) -> float | None:
    """Return the seconds of a Retry-After: a number (also a broken one, as some send it) or a date."""
    if _NUMBER.fullmatch(value):
        return float(value)
    moment = _date(value)
    return None if moment is None else until(moment)


def _reset(value: str, until: Until) -> float | None:
    """Return the seconds until a reset: a number of them, a moment since 1970, a duration or a date."""
    if _NUMBER.fullmatch(value):
        number = float(value)
        if number < SINCE_1970:
            return number
        return until(number / 1000 if number >= MILLISECONDS else number)
    if match := _DURATION.fullmatch(value):
        return sum(float(part) * unit for part, unit in zip(match.groups(), _UNITS, strict=True) if part)
    moment = _date(value)
    return None if moment is None else until(moment)


def _date(value: str) -> float | None:
    if not value:
        return None
    try:
        at = parsedate_to_datetime(value)
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
