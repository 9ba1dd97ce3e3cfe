"""What an answer of a live consent check says, and where it is asked."""

from __future__ import annotations

import json
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.engine.consent_answers import address_for, check_place, read_answer
from workbench.models.gate import LiveCheck
from workbench.sentence import Sentence


def check(url: str = "https://consent.example/c/{value}", **more: object) -> LiveCheck:
    return LiveCheck.model_validate({"key": "sms", "url": url, **more})


@pytest.mark.parametrize(
    ("body", "path", "says"),
    [
        ('{"consent": true}', "consent", True),
        ('{"consent": false}', "consent", False),
        ('{"consent": null}', "consent", False),
        ('{"consent": "yes"}', "consent", True),
        ('{"consent": "Yes"}', "consent", False),
        ('{"consent": 1}', "consent", True),
        ('{"consent": 1.0}', "consent", True),
        ('{"consent": 0}', "consent", False),
        ('{"consent": {"yes": true}}', "consent", False),
        ('{"data": {"sms": [{"ok": "true"}]}}', "data.sms[0].ok", True),
        ("true", "", True),
        ('\ufeff"yes"', "", True),
        ("false", "", False),
    ],
)
def test_an_answer_says_yes_or_no(body: str, path: str, says: bool) -> None:
    assert read_answer(check(path=path), body.encode()) is says


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("", "not JSON"),
        ("yes", "not JSON"),
        ("<html>", "not JSON"),
        ('{"consent": true', "not JSON"),
        ('{"consent": false, "consent": true}', "names something twice"),
        ('{"consent": NaN}', "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("{}", "one value at “consent”"),
        ('{"Consent": true}', "one value at “consent”"),
        ("[true]", "one value at “consent”"),
    ],
)
def test_an_answer_that_says_nothing_is_told(body: str, told: str) -> None:
    said = read_answer(check(path="consent"), body.encode())
    assert isinstance(said, Sentence)
    assert told in str(said)


def test_bytes_that_are_no_text_are_told() -> None:
    assert "not JSON" in str(read_answer(check(), b"\xff\xfe"))


@pytest.mark.parametrize(
    ("yes", "body", "says"),
    [
        ([True], "1", False),
        ([1], "true", False),
        ([0], "false", False),
        ([None], "null", True),
        ([["a", 1]], '["a", 1]', True),
        ([], "true", False),
    ],
)
def test_true_is_not_one(yes: list[object], body: str, says: bool) -> None:
    assert read_answer(check(yes=yes), body.encode()) is says


@given(st.text(min_size=1, max_size=40))
def test_a_value_is_one_part_of_the_address(value: str) -> None:
    for url in ("https://consent.example/c/{value}/sms?q=1", "https://consent.example/c?who={value}&q=1"):
        address = address_for(check(url), value)
        if isinstance(address, Sentence):
            assert not value.strip() or value in (".", "..") or not value.isprintable()
            continue
        assert address.isascii()
        assert address.isprintable()
        parts = urlsplit(address)
        if "who=" in url:
            assert parts.path == "/c"
            who, last = parts.query.split("&")
            assert (unquote(who.removeprefix("who=")), last) == (value, "q=1")
        else:
            _, first, part, last = parts.path.split("/")
            assert (first, unquote(part), last, parts.query) == ("c", value, "sms", "q=1")


@pytest.mark.parametrize("value", ["", "  ", ".", "..", "a\x00", "a\nb", "\udc00", "x" * 501])
def test_what_cannot_be_asked_about_is_told(value: str) -> None:
    assert isinstance(address_for(check(), value), Sentence)


def test_dots_are_plain_in_a_query() -> None:
    assert (
        address_for(check("https://consent.example/c?who={value}"), "..")
        == "https://consent.example/c?who=.."
    )


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("https://consent.example/c", "does not say where the value goes"),
        ("https://consent.example/{value}/{value}", "twice"),
        ("https://{value}.example/c", "not in the host"),
        ("https://consent.example{value}", "not in the host"),
        ("{value}", "not in the host"),
        ("https://consent.example/c#{value}", "not in the host"),
    ],
)
def test_the_value_has_its_place_in_the_address(url: str, told: str) -> None:
    assert told in str(check_place(check(url)))


@pytest.mark.parametrize("url", ["https://consent.example/c/{value}", "http://127.0.0.1:80?who={value}"])
def test_a_good_place(url: str) -> None:
    assert check_place(check(url)) is None
    assert json.dumps(address_for(check(url), "a b")).endswith('a%20b"')
