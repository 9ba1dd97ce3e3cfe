"""Segments: as long as they can be, no pair parted, and the same number as an independent count by bytes."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.engine import gsm7
from workbench.engine.message_text import MessageText
from workbench.engine.segments import LIMITS, encoding_of, lengths, meter, segments, split, units

# 3GPP TS 23.038, the table of 6.2.1 row by row, typed here a second time from the columns of the standard
TABLE = (
    "@Δ\u00200¡P¿p", "£_!1AQaq", "$Φ\"2BRbr", "¥Γ#3CScs", "èΛ¤4DTdt", "éΩ%5EUeu", "ùΠ&6FVfv", "ìΨ'7GWgw",
    "òΣ(8HXhx", "ÇΘ)9IYiy", "\nΞ*:JZjz", "Ø\x1b+;KÄkä", "øÆ,<LÖlö", "\ræ-=MÑmñ", "Åß.>NÜnü", "åÉ/?O§oà",
)  # fmt: skip
LETTERS = st.text(st.sampled_from(gsm7.BASIC + gsm7.EXTENDED), max_size=700)
ANY = st.text(st.characters(exclude_categories=["Cs"]), max_size=400)
EMOJI = st.text(st.sampled_from("aã🙂👩🏽é€^"), max_size=300)


def counted(text: str) -> int:
    """Count segments the slow way: octet by octet, always asking whether the next character still fits."""
    if not text:
        return 0
    if all(one in gsm7.BASIC or one in gsm7.EXTENDED for one in text):
        sizes, single, joined = [2 if one in gsm7.EXTENDED else 1 for one in text], 160, 153
    else:
        sizes, single, joined = [len(one.encode("utf-16-le")) // 2 for one in text], 70, 67
    if sum(sizes) <= single:
        return 1
    count, room = 1, joined
    for size in sizes:
        if size > room:
            count, room = count + 1, joined
        room -= size
    return count


def test_the_alphabet_is_that_of_the_standard() -> None:
    assert set("".join(TABLE)) - {"\x1b"} == set(gsm7.BASIC)
    assert len(gsm7.BASIC) == len(set(gsm7.BASIC)) == 127
    assert set(gsm7.EXTENDED) == set("\f^{}\\[~]|€")


@given(st.one_of(LETTERS, ANY, EMOJI))
def test_joined_segments_are_the_text_and_none_is_over_its_limit(text: str) -> None:
    found = meter(text)
    single, joined = LIMITS[found.encoding]
    assert "".join(found.parts) == text
    assert found.segments == len(found.parts) == segments(text) == counted(text)
    assert all(
        units(part, found.encoding) <= (single if found.segments == 1 else joined) for part in found.parts
    )
    assert found.units == sum(units(part, found.encoding) for part in found.parts)
    assert 0 <= found.left < found.per_segment or not text
    for part in found.parts:  # a half pair could not be written
        part.encode("utf-16-le")


@given(st.one_of(LETTERS, EMOJI))
def test_each_segment_is_as_long_as_it_can_be(text: str) -> None:
    encoding = encoding_of(text)
    parts = list(split(text, encoding))
    joined = LIMITS[encoding][1]
    for part, after in itertools.pairwise(parts):
        assert units(part + after[0], encoding) > joined


@pytest.mark.parametrize(
    ("text", "encoding", "used", "count", "left"),
    [
        ("", "gsm7", 0, 0, 160),
        ("a" * 160, "gsm7", 160, 1, 0),
        ("a" * 161, "gsm7", 161, 2, 145),
        ("a" * 306, "gsm7", 306, 2, 0),
        ("a" * 307, "gsm7", 307, 3, 152),
        ("€" * 80, "gsm7", 160, 1, 0),
        ("€" * 81, "gsm7", 162, 2, 143),
        ("a" * 152 + "€" + "a" * 9, "gsm7", 163, 2, 142),
        ("ã" * 70, "ucs2", 70, 1, 0),
        ("ã" * 71, "ucs2", 71, 2, 63),
        ("🙂" * 35, "ucs2", 70, 1, 0),
        ("🙂" * 36, "ucs2", 72, 2, 61),
        ("ã" * 66 + "🙂" + "ã" * 3, "ucs2", 71, 2, 62),
    ],
)
def test_known_lengths(text: str, encoding: str, used: int, count: int, left: int) -> None:
    found = meter(text)
    assert (found.encoding, found.units, found.segments, found.left) == (encoding, used, count, left)


def test_an_escape_pair_and_a_surrogate_pair_stay_together() -> None:
    assert meter("a" * 152 + "€" + "a" * 9).parts == ("a" * 152, "€" + "a" * 9)
    assert meter("ã" * 66 + "🙂" + "ã" * 3).parts == ("ã" * 66, "🙂ããã")


def test_it_names_the_characters_that_force_ucs2_with_their_first_places() -> None:
    found = meter("Promoção: não perca, é só hoje à tarde 🙂")
    assert [(one.character, one.place, one.count, one.instead) for one in found.forcing] == [
        ("ç", 6, 1, "c"), ("ã", 7, 2, "a"), ("ó", 25, 1, "o"), ("🙂", 40, 1, None)
    ]  # fmt: skip
    assert found.forcing[1].name == "latin small letter a with tilde (U+00E3)"
    assert meter("é à ñ ü Ç ì ò ù").encoding == "gsm7"
    assert all(meter(one).encoding == "ucs2" for one in "ãçêõâáíóú")


def test_lengths_over_sample_rows_are_shortest_median_and_longest() -> None:
    text = MessageText("Hi {{ name }}, bye")
    rows = [{"name": "x" * length} for length in (1, 2, 3, 200, 160)]
    found = lengths(text, [*rows, {}])
    assert [one.units for one in (found.least, found.typical, found.most)] == [9, 11, 208]
    assert found.shares == ((1, 0.6), (2, 0.4))
    assert found.unfilled == 1
    assert found.longest_row == 4
    assert found.rows == 6


def test_a_text_that_no_row_fills_is_measured_by_what_is_fixed_in_it() -> None:
    found = lengths(MessageText("Hi {{ name }}!"), [{}])
    assert found.most.parts == ("Hi !",)
    assert found.unfilled == 1


def test_one_ucs2_name_makes_the_longest_row() -> None:
    found = lengths(MessageText("{{ name }}" + "a" * 100), [{"name": "Ann"}, {"name": "Zoë"}])
    assert (found.least.encoding, found.most.encoding, found.most.segments) == ("gsm7", "ucs2", 2)
