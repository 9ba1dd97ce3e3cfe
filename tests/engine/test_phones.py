"""One spelling for every number: whatever way it is written, the same comes out, and what is wrong is said (R-SMS-16)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.engine.phones import (
    calling_code,
    is_toll_free_abroad,
    normal_number,
    region_of,
    shares_north_america,
    shown,
    time_zones_of,
)
from workbench.models.phone import number_key
from workbench.sentence import Sentence

NUMBERS = st.sampled_from([
    "+46701234567", "+15555555555", "+14255550123", "+4915112345678", "+351912345678", "+5511987654321", "+390612345678", "+6591234567",
])  # fmt: skip
SIGNS = st.sampled_from(["", " ", "-", ".", "/", "\u00a0", "\u2011", "\u2009", " - "])
DIGITS = st.sampled_from(["0123456789", "٠١٢٣٤٥٦٧٨٩", "０１２３４５６７８９"])


@st.composite
def spellings(draw: st.DrawFn) -> tuple[str, str]:
    """A number in its normal form, and in some way that a person or a provider writes it."""
    number = draw(NUMBERS)
    script = draw(DIGITS)
    written = "".join(f"{draw(SIGNS)}{script[int(digit)]}" for digit in number[1:])
    before = draw(st.sampled_from(["+", "+ ", "00", "", "tel:+", "TEL:+", "\u202a+", "\u200b+"]))
    after = draw(st.sampled_from(["", " ", "\n", "\u202c", ";phone-context=example.com"]))
    return number, f"{draw(st.sampled_from(['', ' ', chr(9)]))}{before}{written}{after}"


@given(spellings())
def test_every_spelling_of_a_number_gives_the_same(pair: tuple[str, str]) -> None:
    number, written = pair

    assert normal_number(written) == number


@given(spellings())
def test_a_normal_number_stays_as_it_is(pair: tuple[str, str]) -> None:
    normal = normal_number(pair[1])

    assert isinstance(normal, str)
    assert normal_number(normal) == normal
    assert number_key(normal) == number_key(pair[0])


@given(st.text(max_size=80), st.sampled_from(["", "SE", "US", "ZZ"]))
def test_any_text_gives_a_number_or_a_sentence(text: str, region: str) -> None:
    found = normal_number(text, region)

    if isinstance(found, Sentence):
        assert str(found)
    else:
        assert normal_number(found) == found
        assert found.removeprefix("+").isdigit()
        assert len(found) <= 16
        assert found.startswith("+") == (len(found) > 6), "a short code never has a plus"


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("15555555555", "+15555555555"),
        ("tel:+1-555-555-5555", "+15555555555"),
        ("+46 (0)70-123 45 67", "+46701234567"),
        ("41793026727", "+41793026727"),
        ("NO-2333", "2333"),
        ("72345", "72345"),
        (" 72 345 ", "72345"),
    ],
)
def test_the_providers_spellings_are_read(written: str, normal: str) -> None:
    assert normal_number(written) == normal


@pytest.mark.parametrize(
    "national", ["0701234567", "070-123 45 67", "70 123 45 67", "46701234567", "0046701234567"]
)
def test_a_national_number_is_read_as_its_country_dials_it(national: str) -> None:
    assert normal_number(national, "se") == "+46701234567"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "empty"),
        ("   \n", "empty"),
        ("0701234567", "inside a country"),
        ("+12345", "too short"),
        ("12", "too few digits"),
        ("1-800-FLOWERS", "letters"),
        ("+999 123 456 78", "no country code that exists"),
        ("+46 70 123", "too few or too many"),
        ("+1 555 0123", "too few or too many"),
        ("+4670123456789012", "too few or too many"),
        ("+46*701234567", "a sign that no phone number has"),
        ("+4670123\u00bd4567", "a sign"),
        ("1" * 121, "121 characters"),
        ("++46701234567", "a sign"),
    ],
)
def test_what_is_wrong_is_said(text: str, words: str) -> None:
    found = normal_number(text)

    assert isinstance(found, Sentence)
    assert words in str(found)


def test_a_sentence_does_not_repeat_a_whole_number() -> None:
    found = normal_number("0701234567")

    assert "0701234567" not in str(found)
    assert shown("0701234567") == "070…67"
    assert shown("72345") == "72345"


@pytest.mark.parametrize(
    ("number", "region"),
    [("+46701234567", "SE"), ("+14255550123", "US"), ("+16135550123", "CA"), ("+17875550123", "PR"), ("+4791234567", "NO"),
     ("+15555555555", ""), ("+80012345678", ""), ("72345", ""), ("BRAND", ""), ("", ""), ("+999", "")],
)  # fmt: skip
def test_the_country_of_a_number(number: str, region: str) -> None:
    assert region_of(number) == region


def test_the_time_zones_of_a_number() -> None:
    assert time_zones_of("+46701234567") == ("Europe/Stockholm",)
    assert len(time_zones_of("+18005550123")) > 1
    assert time_zones_of("72345") == ()
    assert time_zones_of("+15555555555") == () or "America/New_York" in time_zones_of("+15555555555")


def test_calling_codes() -> None:
    assert [calling_code(region) for region in ("se", "US", "ca", "ZZ", "")] == [46, 1, 1, 0, 0]


def test_plans() -> None:
    assert shares_north_america("+15555555555")
    assert not shares_north_america("+46701234567")
    assert is_toll_free_abroad("+46200123456")
    assert not is_toll_free_abroad("+46701234567")
    assert not is_toll_free_abroad("72345")
