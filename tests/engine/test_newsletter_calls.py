"""What a platform's newsletter call says: one address, checked; an ip that is words and no more (R-SYNC-31)."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.engine.newsletter_calls import EMAIL_LENGTH, IP_LENGTH, QUERY_BYTES, read_call


@pytest.mark.parametrize(
    ("query", "email"),
    [
        ("email=ana@example.com&ip=192.0.2.7", "ana@example.com"),
        ("email=ana%2Bnews%40example.com", "ana+news@example.com"),
        ("ip=192.0.2.7&email=%20ana%40example.com%20&more=1", "ana@example.com"),
        ("email=jos%C3%A9%40example.com", "josé@example.com"),
    ],
)
def test_the_address_is_read_as_it_was_encoded(query: str, email: str) -> None:
    heard = read_call(query.encode())
    assert (heard.email, heard.problem) == (email, None)


@pytest.mark.parametrize(
    "query",
    [
        "", "ip=192.0.2.7", "email=", "email=ana", "email=ana@", "email=ana@example.com&email=eva@example.com",
        "email=ana+news@example.com",  # a plus sign that was not encoded is a blank
        "email=%FF%40example.com", "Email=ana@example.com", "email=ana@example.com%0D%0ABcc:x", "email=ana@example.com%00",
        "email=" + "a" * EMAIL_LENGTH + "@example.com", "email=ana@example.com&x=" + "y" * QUERY_BYTES, "&".join(["a=1"] * 50),
        "email=<ana@example.com>", "email=ana@example.com,eva@example.com",
    ],
)  # fmt: skip
def test_what_is_not_one_address_has_a_reason_that_does_not_repeat_it(query: str) -> None:
    heard = read_call(query.encode())
    assert heard.email == ""
    assert heard.problem is not None
    assert heard.problem.field == "email"
    assert "ana" not in str(heard.problem.sentence)
    assert "example.com" not in str(heard.problem.sentence)


def test_bytes_that_no_query_has_are_refused() -> None:
    assert read_call(b"email=ana\xff@example.com").problem is not None


def test_the_ip_is_kept_as_harmless_words() -> None:
    assert read_call(b"email=ana@example.com&ip=2001:db8::1").ip == "2001:db8::1"
    assert read_call(b"email=ana@example.com&ip=%0A%1B[31mx%C3%A9").ip == "[31mx"
    assert len(read_call(b"email=ana@example.com&ip=" + b"1" * 300).ip) == IP_LENGTH
    assert read_call(b"email=ana@example.com").ip == ""


@given(st.binary(max_size=200))
def test_no_bytes_break_it(query: bytes) -> None:
    heard = read_call(query)
    assert bool(heard.email) == (heard.problem is None)


@given(st.emails())
def test_every_address_comes_through_percent_encoding(address: str) -> None:
    heard = read_call(f"email={quote(address, safe='')}".encode())
    assert heard.email in (address, "")
    assert heard.problem is None or not heard.email
