"""Values as providers write them: a name in any case, a moment in any of the usual spellings."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

from .base import JsonValue

_EPOCH: Final = re.compile(r"-?[0-9]{1,16}(\.[0-9]{1,9})?", re.ASCII)
_ISO: Final = re.compile(
    r"(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})[T ](?P<time>[0-9]{2}:[0-9]{2}(?::[0-9]{2})?)(?P<fraction>[.,][0-9]+)?"
    r"\s*(?P<zone>Z|UTC|GMT|[+-][0-9]{2}(?::?[0-9]{2})?)?",
    re.ASCII | re.IGNORECASE,
)
_MILLISECONDS: Final = 100_000_000_000
"""From here on an epoch is one of milliseconds: as seconds it would be the year 5138."""
_START: Final = datetime(1970, 1, 1, tzinfo=UTC)


def text_at(tree: JsonValue, *names: str) -> str:
    """Return the first value that is a text or a number under one of ``names`` (any case) in an object; "" where there is none.

    Numbers are given as text; true, false, lists and objects are none.
    """
    if not isinstance(tree, dict):
        return ""
    for name in names:
        wanted = name.casefold()
        for key, value in tree.items():
            if not isinstance(key, str) or key.casefold() != wanted:
                continue
            if isinstance(value, str) and value:
                return value
            if isinstance(value, (int, float)) and not isinstance(value, bool):
                return str(value)
    return ""


def moment(text: str) -> datetime | None:
    """Return the moment, in UTC, that a text names: ISO 8601 with any form of offset, RFC 2822, or an epoch in seconds or milliseconds.

    A time without an offset is taken for UTC. None where it names no moment.
    """
    text = text.strip()
    try:
        if _EPOCH.fullmatch(text):
            seconds = float(text)
            return _START + timedelta(seconds=seconds / 1000 if abs(seconds) >= _MILLISECONDS else seconds)
        iso = _ISO.fullmatch(text)
        found = _from_iso(iso) if iso else parsedate_to_datetime(text)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _from_iso(parts: re.Match[str]) -> datetime:
    """Return the moment of a match: the offset in the one form that Python reads, the fraction to the microsecond."""
    zone = (parts["zone"] or "").upper()
    if zone in ("Z", "UTC", "GMT"):
        zone = "+00:00"
    elif zone:
        zone = f"{zone[:3]}:{zone[3:].removeprefix(':') or '00'}"
    fraction = f".{parts['fraction'][1:7]:0<6}" if parts["fraction"] else ""
    time = parts["time"] if len(parts["time"]) > len("00:00") else f"{parts['time']}:00"
    return datetime.fromisoformat(f"{parts['day']}T{time}{fraction}{zone}")
