"""The filters: what each makes of a value, and what it refuses in words."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.engine.filters import (
    ABSENT,
    DATE_WORDS,
    FILTERS,
    MAX_BYTES,
    MAX_ITEMS,
    as_text,
    check_value,
    json_text,
)
from workbench.errors import Refused
from workbench.models.base import JsonValue


def apply(name: str, value: object, *arguments: JsonValue) -> object:
    return FILTERS[name].bind(arguments)(value)


def refusal(name: str, value: object, *arguments: JsonValue) -> str:
    with pytest.raises(Refused) as raised:
        apply(name, value, *arguments)
    return str(raised.value)


CASES: list[tuple[str, tuple[JsonValue, ...], JsonValue, JsonValue]] = [
    ("default", ("x",), "given", "given"),
    ("default", ("x",), "", "x"),
    ("default", ("x",), None, "x"),
    ("default", (None,), "", None),
    ("default", ("x",), 0, 0),
    ("default", ("x",), False, False),
    ("default", ("x",), [], []),
    ("default", (12.5,), None, 12.5),
    ("lower", (), "Ana ÅSA", "ana åsa"),
    ("upper", (), "straße", "STRASSE"),
    ("upper", (), True, "TRUE"),
    ("trim", (), " \t x y\u00a0\n", "x y"),
    ("digits", (), "+46 (0)70-174 06 05", "460701740605"),
    ("digits", (), "٠٧٠ abc", "070"),
    ("digits", (), 4670, "4670"),
    ("number", (), "12.5", 12.5),
    ("number", (), " 12 ", 12),
    ("number", (), "-3e2", -300.0),
    ("number", (), "007", 7),
    ("number", (), 12.5, 12.5),
    ("number", (), 3, 3),
    ("json", (), {"a": [1, None, 'x"y']}, '{"a":[1,null,"x\\"y"]}'),
    ("json", (), "é\n", '"é\\n"'),
    ("json", (), None, "null"),
    ("json", (), "", '""'),
    ("e164", (), "+46 70-174 06 05", "+46701740605"),
    ("e164", (), "+1 (219) 555-1212", "+12195551212"),
    ("e164", ("SE",), "070-174 06 05", "+46701740605"),
    ("e164", ("se",), "070-174 06 05", "+46701740605"),
    ("e164", ("SE",), "+5511987654321", "+5511987654321"),
    ("e164", ("SE",), "0046 70 174 06 05", "+46701740605"),
    ("e164", ("SE",), 701740605, "+46701740605"),
    ("date", (), "2026-01-31T13:45:10+02:00", "2026-01-31"),
    ("date", ("DD.MM.YY HH:mm:ss",), "2026-01-31T13:45:10Z", "31.01.26 13:45:10"),
    ("date", ("D/M/YYYY",), "2026-02-03", "3/2/2026"),
    ("date", ("YYYY-MM-DDTHH:mm:ss.SSSZ",), "2026-01-31T13:45:10.250+05:30", "2026-01-31T13:45:10.250+05:30"),
    ("date", ("YYYYMMDDTHHmmss",), "20260131", "20260131T000000"),
    ("date", ("Z",), "2026-01-31", "+00:00"),
    ("date", ("HH:mm Z",), "20260131T1345-0330", "13:45 -03:30"),
    ("date", ("HH:mm",), " 2026-01-31 13:45 ", "13:45"),
    ("date", ("D [de] MM [T] [[]",), "2026-01-31", "31 de 01 T ["),
    ("date", ("X",), "2026-01-31T00:00:00+00:00", "1769817600"),
    ("date", ("YYYY-MM-DD HH:mm:ss",), 1769817600, "2026-01-31 00:00:00"),
    ("date", ("YYYY-MM-DD HH:mm:ss.SSS",), 1769817600.5, "2026-01-31 00:00:00.500"),
    ("date", ("YYYY",), "1769817600", "2026"),
    ("date", ("YYYY",), 0, "1970"),
    ("date", ("YYYY-MM-DD",), -86400, "1969-12-31"),
]


@pytest.mark.parametrize(("name", "arguments", "value", "expected"), CASES)
def test_gives(name: str, arguments: tuple[JsonValue, ...], value: JsonValue, expected: JsonValue) -> None:
    given_back = apply(name, value, *arguments)
    assert given_back == expected
    assert type(given_back) is type(expected)


def test_sha256_is_the_hash_of_the_text_as_it_is() -> None:
    assert (
        apply("sha256", "abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    )  # FIPS 180-2
    assert apply("sha256", "Ana@Example.com ") == hashlib.sha256(b"Ana@Example.com ").hexdigest()
    assert apply("sha256", "å") == hashlib.sha256("å".encode()).hexdigest()
    assert apply("sha256", 12) == hashlib.sha256(b"12").hexdigest()


REFUSED: list[tuple[str, tuple[JsonValue, ...], object, str]] = [
    ("number", (), "12,5", "with a point before the decimals"),
    ("number", (), "twelve", "“twelve” is not a number"),
    ("number", (), "1e999", "no inf"),
    ("number", (), "9" * 30, "larger than"),
    ("number", (), "9" * 100_000, "is not a number"),
    ("number", (), True, "“true” is not a number"),
    ("number", (), "NaN", "is not a number"),
    ("number", (), "١٢", "is not a number"),
    ("upper", (), ["x"], "not a list or an object"),
    ("sha256", (), {"a": 1}, "not a list or an object"),
    ("sha256", (), "\ud800", "half of a character"),
    ("lower", (), datetime(2026, 1, 31, tzinfo=UTC), "no datetime"),
    ("json", (), float("nan"), "no nan"),
    ("e164", (), "070-174 06 05", 'e164("SE")'),
    ("e164", (), "46701740605", "with + and the country code"),
    ("e164", ("SE",), "12", "not a possible phone number"),
    ("e164", (), "+46 70 174 06 05 123456", "not a possible phone number"),
    ("e164", (), "1" * 100_000, "not a possible phone number"),
    ("e164", ("Sweden",), "070-174 06 05", 'two letters of a country, like "SE"'),
    ("e164", ("UK",), "070-174 06 05", 'like "GB"'),
    ("e164", (46,), "070-174 06 05", "not 46"),
    ("date", (), "31/01/2026", "“31/01/2026” is not a date"),
    ("date", (), "tomorrow", "is not a date"),
    ("date", (), "2026-02-30", "is not a date"),
    ("date", (), "1" * 100_000, "is not a date"),
    ("date", (), "20260131T1345+0200x", "is not a date"),
    ("date", (), "2026-W05-6", "is not a date"),
    ("date", (), True, "is not a date"),
    ("date", (), 1769817600000, "divided by 1000"),
    ("date", (), "1769817600000", "divided by 1000"),
    ("date", (), -90000000000, "is not a date"),
    ("date", (), [2026], "not a list"),
    ("date", ("yyyy",), "2026-01-31", "Did you mean YYYY?"),
    ("date", ("hh",), "2026-01-31", "Did you mean HH?"),
    ("date", ("MMM",), "2026-01-31", "square brackets"),
    ("date", ("D e MM",), "2026-01-31", "no e"),
    ("date", ("",), "2026-01-31", "1 to 100 characters"),
    ("date", ("-" * 101,), "2026-01-31", "1 to 100 characters"),
    ("date", (5,), "2026-01-31", "1 to 100 characters"),
    ("default", (), "x", 'default("friend")'),
    ("default", (1, 2), "x", 'default("friend")'),
    ("upper", (1,), "x", "Write it like upper"),
]


@pytest.mark.parametrize(("name", "arguments", "value", "words"), REFUSED)
def test_refuses_in_words(name: str, arguments: tuple[JsonValue, ...], value: object, words: str) -> None:
    sentence = refusal(name, value, *arguments)
    assert words in sentence
    assert len(sentence) < 300


@pytest.mark.parametrize("name", sorted(FILTERS.keys() - {"default", "json"}))
def test_nothing_stays_nothing(name: str) -> None:
    for nothing in (ABSENT, None, ""):
        assert apply(name, nothing) is nothing
    assert apply("json", ABSENT) is ABSENT
    assert apply("default", ABSENT, "x") == "x"


def test_a_missing_address_does_not_become_the_hash_of_nothing() -> None:
    assert apply("sha256", "") == ""


def test_every_filter_is_used_as_its_usage_says() -> None:
    for name, known in FILTERS.items():
        head, _, argument = known.usage.removesuffix(")").partition("(")
        assert head == name
        known.bind((json.loads(argument),) if argument else ())


offsets = st.integers(-23 * 60, 23 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(st.datetimes(timezones=offsets))
@settings(deadline=None)
def test_every_moment_can_be_written_and_read_back(moment: datetime) -> None:
    for word in DATE_WORDS:
        assert isinstance(apply("date", moment.isoformat(), word), str)
    written = apply("date", moment.isoformat(), "YYYY-MM-DDTHH:mm:ss")
    assert written == moment.replace(microsecond=0, tzinfo=None).isoformat()


@given(st.text(), st.sampled_from(sorted(FILTERS)))
@settings(deadline=None, max_examples=500)
def test_any_text_gives_a_sound_value_or_a_refusal(text: str, name: str) -> None:
    arguments = ("x",) if name == "default" else ()
    try:
        result = apply(name, text, *arguments)
    except Refused:
        result = None
    check_value(result)


# -- values ---------------------------------------------------------------------------------------------------


class Loud(str):
    __slots__ = ()


UNSOUND: list[tuple[object, str]] = [
    (float("nan"), "no nan"),
    (float("-inf"), "no -inf"),
    (2**64, "larger than"),
    (-(2**63) - 1, "larger than"),
    ("a\ud800", "half of a character"),
    (Decimal("1.5"), "no Decimal"),
    (datetime(2026, 1, 31, tzinfo=UTC), "no datetime"),
    (UUID(int=0), "no UUID"),
    (b"bytes", "no bytes"),
    ((1, 2), "no tuple"),
    ({1, 2}, "no set"),
    (Loud("x"), "no Loud"),
    (ABSENT, "no _Absent"),
    ({1: "x"}, "The name 1"),
    ({"\ud800": 1}, "half of a character"),
    ([{"a": [float("inf")]}], "no inf"),
]


@pytest.mark.parametrize(("value", "words"), UNSOUND, ids=[repr(value)[:30] for value, _ in UNSOUND])
def test_what_json_does_not_have_is_refused(value: object, words: str) -> None:
    for use in (check_value, json_text):
        with pytest.raises(Refused, match=words):
            use(value)


def test_values_are_bounded() -> None:
    endless: list[object] = []
    endless.append(endless)
    with pytest.raises(Refused, match="nested deeper than 100"):
        check_value(endless)
    doubled: list[object] = [1]
    for _ in range(60):
        doubled = [doubled, doubled]
    with pytest.raises(Refused, match=f"more than {MAX_ITEMS} items"):
        check_value(doubled)
    with pytest.raises(Refused, match="larger than 25 MB"):
        json_text("x" * MAX_BYTES)


def test_a_value_inside_a_text_is_spelled_as_json_spells_it() -> None:
    values = ["x", 12, 12.5, -0.0, True, False, None, [1, "a"], {"k": "é"}]
    assert [as_text(value) for value in values] == [
        "x",
        "12",
        "12.5",
        "-0.0",
        "true",
        "false",
        "",
        '[1,"a"]',
        '{"k":"é"}',
    ]
