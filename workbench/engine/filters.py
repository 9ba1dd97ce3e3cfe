r"""FILTERS: what a slot may do to its value on the way into the payload, as in ``{{ phone | e164("SE") }}``.

    default(x)      x where there is no value, null or an empty text
    lower upper trim
    digits          the digits alone: "+46 70-12" becomes "467012"
    sha256          the hash of the text as it is, 64 lowercase hexadecimal digits
    e164(region)    a phone number as +46701740605; the region (two letters) is for one without country code
    date(format)    ISO 8601 or seconds since 1970, in the words of ``DATE_WORDS``
    number          a text such as "12.5" as a number
    json            the value's JSON text, as a text

No value, null and an empty text pass every filter but ``default`` as they are (``json`` writes the latter two),
so that a missing address stays visibly empty and does not become the hash of nothing.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import orjson

from workbench.errors import Refused
from workbench.models.base import JsonValue
from workbench.sentence import say

from .strict_json import LARGEST_INTEGER, MAX_DEPTH, SMALLEST_INTEGER, clip

MAX_BYTES = 25_000_000
MAX_ITEMS = 1_000_000

Step = Callable[[Any], Any]
"""A filter with its arguments, ready for a value."""


class _Absent:
    def __repr__(self) -> str:
        return "ABSENT"


ABSENT: Final = _Absent()
"""What stands for a value that nobody gave."""


def check_value(value: object) -> None:
    """Return if ``value`` can be written as JSON and is the same when it is read again.

    Raises:
        Refused: for NaN, infinity, an integer beyond 64 bits, half a character, a kind that JSON has not,
            nesting deeper than 100 (so also for a list that holds itself) and more than a million items.
    """
    pending: list[tuple[object, int]] = [(value, 0)]
    items = 0
    while pending:
        part, depth = pending.pop()
        if type(part) is dict:
            for name in part:
                if type(name) is not str:
                    raise Refused(
                        say("The name {name} in this object is no text. Make it one.", name=clip(repr(name)))
                    )
                _check_scalar(name)
            inside = list(part.values())
        elif type(part) is list:
            inside = part
        else:
            _check_scalar(part)
            continue
        items += len(inside)
        if items > MAX_ITEMS:
            raise Refused(say("The value has more than {limit} items. Send fewer.", limit=MAX_ITEMS))
        if depth == MAX_DEPTH:
            raise Refused(
                say("The value is nested deeper than {limit} levels. Make it flatter.", limit=MAX_DEPTH)
            )
        pending.extend((item, depth + 1) for item in inside)


def _check_scalar(value: object) -> None:
    if type(value) is str:
        if not value.isascii() and _SURROGATE.search(value):
            raise Refused(
                say(
                    "The text “{value}” holds half of a character (a lone surrogate). Type it again.",
                    value=clip(value),
                )
            )
    elif type(value) is int:
        if not SMALLEST_INTEGER <= value <= LARGEST_INTEGER:
            raise Refused(say("The number is larger than readers of JSON can hold. Give it as a text."))
    elif type(value) is float:
        if not math.isfinite(value):
            raise Refused(say("JSON has no {value}. Give a number, or null.", value=str(value)))
    elif value is not None and type(value) is not bool:
        raise Refused(
            say(
                "JSON has no {kind}. Give a text, a number, true, false, null, a list or an object.",
                kind=type(value).__name__,
            )
        )


def json_text(value: object) -> str:
    """Return the compact JSON text of ``value``; Refused where it has none or is larger than a payload."""
    check_value(value)
    text = orjson.dumps(value)
    if len(text) > MAX_BYTES:
        raise too_large()
    return text.decode()


def as_text(value: object) -> str:
    """Return ``value`` as it stands inside a text; Refused where it is none of JSON.

    Numbers, true and false as JSON spells them, nothing for null, lists and objects as JSON text.
    """
    if type(value) is str:
        return value
    if type(value) is int and SMALLEST_INTEGER <= value <= LARGEST_INTEGER:
        return str(value)
    return "" if value is None else json_text(value)


def too_large() -> Refused:
    """Return the refusal of a payload that grows beyond 25 MB."""
    limit = MAX_BYTES // 1_000_000
    return Refused(
        say("With its values the payload is larger than {limit} MB. Send less in one call.", limit=limit)
    )


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter: ``prepare(*arguments)`` returns the step or refuses them; ``usage`` is an example of it."""

    usage: str
    prepare: Callable[..., Step]
    arguments: tuple[int, int] = (0, 0)

    def bind(self, arguments: tuple[JsonValue, ...]) -> Step:
        """Return the step for ``arguments``; Refused, with the usage, where they do not fit."""
        least, most = self.arguments
        if not least <= len(arguments) <= most:
            raise Refused(
                say("The arguments of this filter do not fit. Write it like {usage}.", usage=self.usage)
            )
        return self.prepare(*arguments)


def _default(instead: JsonValue) -> Step:
    return lambda value: instead if _is_empty(value) else value


def _json() -> Step:
    return lambda value: value if value is ABSENT else json_text(value)


def _is_empty(value: object) -> bool:
    return value is ABSENT or value is None or (type(value) is str and not value)


def _unless_empty(step: Step) -> Step:
    return lambda value: value if _is_empty(value) else step(value)


def _of_text(change: Callable[[str], JsonValue]) -> Callable[[], Step]:
    """Return how to prepare a filter that changes a text and takes no arguments."""
    return lambda: _unless_empty(lambda value: change(_scalar_text(value)))


def _scalar_text(value: object) -> str:
    if type(value) in (list, dict):
        raise Refused(
            say(
                "This filter takes a text or a number, not a list or an object. Name a part, like {example}.",
                example="items.0.name",
            )
        )
    text = as_text(value)
    _check_scalar(text)
    return text


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _digits(text: str) -> str:
    return "".join(str(int(char)) for char in text if char.isdecimal())


def _number(text: str) -> float:
    found = _DECIMAL.fullmatch(text.strip()) if len(text) <= 400 else None
    if found is None:
        raise Refused(
            say(
                "“{value}” is not a number. Write digits, with a point before the decimals, like 12.5.",
                value=clip(text),
            )
        )
    number = float(found[0]) if found[1] or found[2] else int(found[0])
    _check_scalar(number)
    return number


def _prepare_number() -> Step:
    return _unless_empty(lambda value: value if type(value) in (int, float) else _number(_scalar_text(value)))


def _e164(region: JsonValue = None) -> Step:
    import phonenumbers  # on first use: its tables cost 45 ms, and most payloads have no phone number

    if region is not None:
        wanted = region.upper() if isinstance(region, str) else region
        if wanted not in phonenumbers.SUPPORTED_REGIONS:
            example = json_text("GB" if wanted == "UK" else "SE")
            raise Refused(
                say(
                    "e164 takes the two letters of a country, like {example}, not {region}.",
                    example=example,
                    region=json_text(region),
                )
            )
        region = wanted

    def step(value: object) -> str:
        text = _scalar_text(value)
        try:
            number = phonenumbers.parse(text, region)
            verdict = phonenumbers.is_possible_number_with_reason(number)
        except phonenumbers.NumberParseException:
            verdict = None
        if verdict != phonenumbers.ValidationResult.IS_POSSIBLE:
            raise Refused(
                say(
                    "“{value}” is not a possible phone number. Write it with + and the country code, or name"
                    " the country in the filter: {example}.",
                    value=clip(text),
                    example='e164("SE")',
                )
            )
        return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)

    return _unless_empty(step)


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DATE_WORDS: Mapping[str, Callable[[datetime], str]] = {
    "YYYY": lambda moment: f"{moment.year:04}",
    "YY": lambda moment: f"{moment.year % 100:02}",
    "MM": lambda moment: f"{moment.month:02}",
    "M": lambda moment: str(moment.month),
    "DD": lambda moment: f"{moment.day:02}",
    "D": lambda moment: str(moment.day),
    "HH": lambda moment: f"{moment.hour:02}",
    "mm": lambda moment: f"{moment.minute:02}",
    "ss": lambda moment: f"{moment.second:02}",
    "SSS": lambda moment: f"{moment.microsecond // 1000:03}",
    "Z": lambda moment: moment.isoformat()[-6:],
    "X": lambda moment: str((moment - _EPOCH) // timedelta(seconds=1)),
    "T": lambda moment: "T",
}
"""The words of a date's format: year, month, day, hour (24), minute, second, millisecond, offset (+02:00),
seconds since 1970, and the T of ISO 8601. Other letters stand in square brackets (``D [de] MM``), all other signs
as they are. Names of months and days depend on the language and are left out. A time is shown in the offset that
it was given in; a time without offset, and seconds since 1970, are UTC."""


def _date(pattern: JsonValue = "YYYY-MM-DD") -> Step:
    if not isinstance(pattern, str) or not 0 < len(pattern) <= 100:
        raise Refused(
            say(
                "The format of a date is a text of 1 to 100 characters, like {example}.", example="YYYY-MM-DD"
            )
        )
    parts = [_date_part(found) for found in _DATE_PART.finditer(pattern)]
    return _unless_empty(lambda value: _write_date(_moment(value), parts))


def _date_part(found: re.Match[str]) -> str | Callable[[datetime], str]:
    word = found["word"]
    if word is None:
        return found["quoted"] if found["quoted"] is not None else found[0]
    if word in DATE_WORDS:
        return DATE_WORDS[word]
    near = next((known for known in DATE_WORDS if known.lower() == word.lower()), None)
    if near:
        raise Refused(
            say("The format of a date has no {word}. Did you mean {near}?", word=clip(word), near=near)
        )
    raise Refused(
        say(
            "The format of a date has no {word}. It takes {words}; other letters stand in square brackets.",
            word=clip(word),
            words=" ".join(DATE_WORDS),
        )
    )


def _write_date(moment: datetime, parts: list[str | Callable[[datetime], str]]) -> str:
    return "".join(part if isinstance(part, str) else part(moment) for part in parts)


def _moment(value: object) -> datetime:
    text = _scalar_text(value).strip()
    try:
        if type(value) in (int, float) or _SECONDS.fullmatch(text):
            return _since_1970(float(text))
        # The standard reader alone would take other things too, such as a hundred digits.
        moment = datetime.fromisoformat(text if _ISO_8601.fullmatch(text) else "")
    except (ValueError, OverflowError):
        raise Refused(
            say(
                "“{value}” is not a date. Write it like {example}, or as seconds since 1970.",
                value=clip(text),
                example="2026-01-31T13:45:00+02:00",
            )
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _since_1970(seconds: float) -> datetime:
    if abs(seconds) >= 1e11:  # the year 5138; this year's milliseconds are beyond it
        raise Refused(
            say(
                "{value} is too large for seconds since 1970. Milliseconds must be divided by 1000.",
                value=str(seconds),
            )
        )
    return _EPOCH + timedelta(seconds=seconds)


_SURROGATE = re.compile("[\ud800-\udfff]")
_DECIMAL = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_SECONDS = re.compile(r"-?[0-9]{9,14}(?:\.[0-9]+)?")  # 8 digits are a date of ISO 8601: 20260131
_ISO_8601 = re.compile(
    r"[0-9]{4}(?:-[0-9]{2}-[0-9]{2}|[0-9]{4})"
    r"(?:[T ][0-9]{2}:?[0-9]{2}(?::?[0-9]{2}(?:[.,][0-9]{1,9})?)?(?:Z|[+-][0-9]{2}(?::?[0-9]{2})?)?)?"
)
_DATE_PART = re.compile(r"\[(?P<quoted>[^\]]*)\]|(?P<word>([A-Za-z])\3*)|.", re.DOTALL)

FILTERS: Mapping[str, Filter] = {
    "default": Filter('default("friend")', _default, (1, 1)),
    "lower": Filter("lower", _of_text(str.lower)),
    "upper": Filter("upper", _of_text(str.upper)),
    "trim": Filter("trim", _of_text(str.strip)),
    "digits": Filter("digits", _of_text(_digits)),
    "sha256": Filter("sha256", _of_text(_sha256)),
    "e164": Filter('e164("SE")', _e164, (0, 1)),
    "date": Filter('date("YYYY-MM-DD")', _date, (0, 1)),
    "number": Filter("number", _prepare_number),
    "json": Filter("json", _json),
}
"""Every filter by its name."""
