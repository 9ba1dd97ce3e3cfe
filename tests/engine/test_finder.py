"""Finder: what is known without the search is what the search finds, for every spelling there is."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.engine.finder import (
    Finder,
    PlainFinder,
    PlainFinders,
    folded,
    identifier_finder,
    secret_finder,
)
from workbench.engine.spellings import (
    has_odd_letters,
    identifier_landmarks,
    identifier_pattern,
    secret_landmarks,
    secret_pattern,
)

ODD = "\u0130\u0131\u017f\u212a"
SECRETS = (
    "s3cret-key-abcdef-123456",
    "p\"s\\w/ö &+'<%~=sk",
    "ÖÄÜ%&/()=",
    "aaaaaa",
    "\\\\\\\\\\\\",
    "ſecretK-9",
    "x😀y-zzz",
)
IDENTIFIERS = (
    "ana@example.com", "Ana.K+list@Mail.Example.com", "a@b.example", "ab.c.ab", "aa.aa.aa", "+46701234567", "+1112111", "46701234567",
    "C-1234567", "kiss@isk.is", "k1_s2:i3", "a" * 24, "ü@example.com", "a/b c", "4711", "+12345", "a;b;c;d", "x&y&z&", "+ana@b.c",
)  # fmt: skip


def pieces_of(value: str, pattern: str) -> st.SearchStrategy[str]:
    """Return texts that a finder of the value may mistake: its spellings, its parts, and the signs that spellings are made of."""
    spelled = st.from_regex(re.compile(pattern), fullmatch=True)
    part = st.builds(
        lambda start, end: value[start:end], st.integers(0, len(value)), st.integers(0, len(value))
    )
    sign = st.sampled_from(
        [*"+%&;\\b2Bé ", "%2B", "&#43;", "\\u002b", "\\u0040", "&amp;#64;", "%2540", "%2e", *ODD]
    )
    return st.one_of(st.just(value), st.just(value.upper()), part, part.map(str.upper), spelled, sign)


def texts_of(value: str, pattern: str) -> st.SearchStrategy[str]:
    return st.lists(pieces_of(value, pattern), max_size=7).map("".join)


def without_lookaround(pattern: str) -> str:
    """Return the pattern without its looks to the sides, which say where a short identifier may stand and not what it looks like."""
    return re.sub(r"^\(\?:\(\?<!.*?\)\|\(\?<=.*?\]\)\)|\(\?!\[0-9A-Za-z\]\)$", "", pattern)


@pytest.mark.parametrize("secret", SECRETS)
@settings(deadline=None, max_examples=40)
@given(data=st.data())
def test_no_spelling_of_a_secret_is_passed_over(secret: str, data: st.DataObject) -> None:
    text = data.draw(texts_of(secret, secret_pattern(secret)))
    finder = secret_finder({secret: "€"})
    found = finder.searched(text)
    assert finder.replace(text, folded(text)) == found
    if found != text:
        assert finder.may_be_in(text, folded(text))


@settings(deadline=None, max_examples=50)
@given(secret=st.text(st.characters(exclude_categories=["Cs"]), min_size=6, max_size=30), data=st.data())
def test_each_spelling_of_any_secret_has_a_landmark(secret: str, data: st.DataObject) -> None:
    text = data.draw(st.from_regex(re.compile(secret_pattern(secret)), fullmatch=True))
    marks = secret_landmarks(secret)
    assert marks is None or any(mark in folded(text) for mark in marks)


def test_a_form_without_letters_or_digits_leaves_no_landmark_and_everything_is_searched() -> None:
    assert secret_landmarks("%%%%%%") is None
    assert secret_finder({"%%%%%%": "*", "abcdefg": "+"}).replace("-%%%%%%-", b"-%%%%%%-") == "-*-"
    assert secret_finder({"12345": "*"}).replace("12345", b"12345") == "12345"
    assert b"" not in (secret_landmarks("abcdefg") or ())


@pytest.mark.parametrize("value", IDENTIFIERS)
@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_no_spelling_of_an_identifier_is_passed_over(value: str, data: st.DataObject) -> None:
    text = data.draw(texts_of(value, without_lookaround(identifier_pattern(value))))
    assert_exact(value, text)


signs = st.sampled_from("ab1@.+_-:=~|#")


@settings(deadline=None, max_examples=500)
@given(
    value=st.text("ab1@.+-", min_size=6, max_size=9),
    parts=st.lists(st.integers(0, 9) | signs | st.sampled_from(["%2B", "&#46;", "\\u002e", "B", "A", "é", "ı"]), max_size=8),
)  # fmt: skip
def test_an_identifier_that_repeats_itself_is_replaced_as_by_the_search(
    value: str, parts: list[int | str]
) -> None:
    text = "".join(part if isinstance(part, str) else value[part:] + value[:part] for part in parts)
    assert_exact(value, text)


def assert_exact(value: str, text: str) -> None:
    finder = identifier_finder({value: "<€>"})
    found = Finder({value: "<€>"}, identifier_pattern, None).searched(text)
    assert finder.replace(text, folded(text)) == found
    assert finder.searched(text) == found
    if found != text:
        assert finder.may_be_in(text, folded(text))


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        ("ana@example.com", True),
        ("+46701234567", True),
        ("C-12345", True),
        ("4711", False),
        ("+12345", False),
        ("a/b/c/d", False),
        ("ü@example.com", False),
        (".a.b.c.d", False),
    ],
)
def test_the_usual_identifiers_are_found_without_a_pattern(value: str, plain: bool) -> None:
    assert isinstance(identifier_finder({value: "*"}), PlainFinder) is plain


@pytest.mark.parametrize(
    ("value", "text", "shown"),
    [
        ("ana@example.com", '{"to":"ana@example.com","name":"Ana","é":1}', '{"to":"*","name":"Ana","é":1}'),
        ("ana@example.com", "ANA@EXAMPLE.COM banana@example.com", "* ban*"),
        ("ana@example.com", "ana%40example.com ana@example.com", "* *"),
        ("ana@example.com", "ana&#64;example&#46;com", "*"),
        ("kiss@isk.is", "\u212ai\u017fs@isk.is", "*"),
        ("+46701234567", "46701234567 +46701234567 %2B46701234567 +4670123456", "* * * +4670123456"),
        ("+46701234567", "4670123456746701234567+46701234567", "***"),
    ],
)
def test_an_identifier_is_replaced_whole(value: str, text: str, shown: str) -> None:
    assert identifier_finder({value: "*"}).replace(text, folded(text)) == shown


def test_a_usual_row_is_redacted_without_a_search(monkeypatch: pytest.MonkeyPatch) -> None:
    def search(*_: object) -> str:
        raise AssertionError("a search was made")

    monkeypatch.setattr(PlainFinder, "searched", search)
    monkeypatch.setattr(Finder, "searched", search)
    text = '{"to":"ana@example.com","name":"Ana","from":"news@example.com","note":"São \\"x\\" 100%"}'
    finder = identifier_finder({"ana@example.com": "a***"})
    assert finder.replace(text, folded(text)) == text.replace("ana@example.com", "a***")
    assert secret_finder({SECRETS[0]: "****", SECRETS[1]: "****"}).replace(text, folded(text)) == text


def test_several_identifiers_and_those_that_are_too_short() -> None:
    finder = identifier_finder({"bob@example.com": "<b>", "ab": "<no>", "4711": "<4>"})
    text = "ab Bob%40example.com 4711"
    assert finder.replace(text, folded(text)) == "ab <b> <4>"
    assert identifier_finder({}).replace(ODD, folded(ODD)) == ODD


@pytest.mark.parametrize("letter", ODD)
def test_the_odd_letters_are_those_that_match_ascii_ones(letter: str) -> None:
    assert has_odd_letters(f"x{letter}")
    assert re.search("[a-z]", letter, re.IGNORECASE)


def test_no_other_letter_matches_an_ascii_one() -> None:
    every = [chr(code) for code in range(128, 0x110000) if not 0xD800 <= code < 0xE000]
    found = [letter for letter in every if re.match("[a-z]", letter, re.IGNORECASE)]
    assert sorted(found) == sorted(ODD)


def test_landmarks_are_small_letters() -> None:
    assert identifier_landmarks("Ana.K@Example.com") == [b"ana", b"k", b"example", b"com"]


PAIRS = (
    ("ana@example.com", "+46701740605"), ("46701740605@example.com", "+46701740605"), ("ana@example.com", "Ana.K+list@Mail.Example.com"),
    ("+1112111", "+2111211"), ("aa.aa.aa", "a" * 6), ("kiss@isk.is", "+46701234567"), ("+46701234567", "46701234567"),
)  # fmt: skip


@pytest.mark.parametrize("pair", PAIRS, ids=" and ".join)
@given(data=st.data())
@settings(max_examples=60)
def test_several_plain_identifiers_are_found_as_the_pattern_finds_them(
    pair: tuple[str, ...], data: st.DataObject
) -> None:
    pieces = st.one_of(*(pieces_of(value, without_lookaround(identifier_pattern(value))) for value in pair))
    text = "".join(data.draw(st.lists(pieces, max_size=7)))
    shown = {value: f"<{at}>" for at, value in enumerate(pair)}
    quick = identifier_finder(shown)
    assert isinstance(quick, PlainFinders)
    found = Finder(shown, identifier_pattern, None).searched(text)
    assert quick.replace(text, folded(text)) == found
    if found != text:
        assert quick.may_be_in(text, folded(text))
