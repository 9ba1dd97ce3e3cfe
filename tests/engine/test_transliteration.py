"""Transliteration: what is GSM-7 never changes, what can become it does, and what cannot is left alone."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.engine import gsm7
from workbench.engine.segments import meter
from workbench.engine.transliteration import transliterated, written

ANY = st.text(st.characters(exclude_categories=["Cs"]), max_size=120)
LATIN = st.text(st.characters(min_codepoint=1, max_codepoint=0x24F), max_size=120)


@given(st.text(st.sampled_from(gsm7.BASIC + gsm7.EXTENDED), max_size=300))
def test_a_gsm7_text_never_changes(text: str) -> None:
    found = transliterated(text)
    assert found.text == text == written(text)
    assert not found.changes
    assert found.before == found.after


@given(st.one_of(ANY, LATIN))
def test_it_becomes_gsm7_or_stays_as_it_was(text: str) -> None:
    found = transliterated(text)
    assert found.text == written(text)
    assert found.text == text or found.after.encoding == "gsm7"
    assert bool(found.changes) == (found.text != text)
    assert transliterated(found.text).text == found.text
    assert found.after == meter(found.text)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Promoção — até 50%", "Promocao - até 50%"),
        ("“Olá”, disse ‘você’…", "\"Ola\", disse 'voce'..."),
        ("Łódź i Gdańsk", "Lodz i Gdansk"),
        ("Cœur, Œuvre, Þór, ﬁn, ẞ", "Coeur, OEuvre, Thor, fin, SS"),
        ("a\u00a0b\u2009c\u200bd\ufeff", "a b cd"),
        ("½ ×2 ™ ®", "1/2 x2 TM (R)"),
        ("é à ñ ü Ç ê", "é à ñ ü Ç e"),
        ("Привет ê", "Привет ê"),
        ("ê 🙂", "ê 🙂"),
    ],
)
def test_known_texts(text: str, wanted: str) -> None:
    assert transliterated(text).text == wanted


def test_a_decomposed_letter_is_one_change_and_one_that_gsm7_has_comes_together() -> None:
    text = unicodedata.normalize("NFD", "não é")
    found = transliterated(text)
    assert found.text == "nao é"
    assert [(one.character, one.instead) for one in found.changes] == [("a\u0303", "a"), ("e\u0301", "é")]


def test_it_says_what_was_changed_where_and_how_often() -> None:
    found = transliterated("ação, são")
    assert [(one.character, one.instead, one.place, one.count) for one in found.changes] == [
        ("ç", "c", 2, 1), ("ã", "a", 3, 2)
    ]  # fmt: skip
    assert (found.before.encoding, found.after.encoding) == ("ucs2", "gsm7")
