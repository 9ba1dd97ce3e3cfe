"""Identifiers: R-ESP-10, R-ESP-11, R-ESP-12."""

import hashlib

import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.engine.identifiers import (
    check_identifier,
    hash_email,
    identifier_in,
    identifier_of,
    is_email,
)
from workbench.models.contact import Contact
from workbench.models.integration import IdentifierType

EMAIL, PHONE = IdentifierType(kind="email"), IdentifierType(kind="phone")
HASHED, CUSTOM = IdentifierType(kind="email_sha256"), IdentifierType(kind="custom", name="customer_id")
HASH = hashlib.sha256(b"ana@example.com").hexdigest()


def test_the_hash_is_of_the_trimmed_lowercase_address() -> None:
    # known answer: SHA-256 of "test@example.com"
    known = "973dfe463ec85785f5f95af5ba3906eedb2d931c24e69824a89ea65dba4e813b"
    assert hash_email("  Test@Example.COM ") == known


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (EMAIL, "ana@example.com"),
        (PHONE, "+46701234567"),
        (HASHED, HASH),
        (CUSTOM, "C-1"),
        (CUSTOM, "x" * 250),
    ],
)
def test_right_values(kind: IdentifierType, value: str) -> None:
    assert check_identifier(kind, value) is None


@pytest.mark.parametrize(
    ("kind", "value", "words"),
    [
        (EMAIL, " test1@test1.com", "not an email"),
        (EMAIL, "ana", "not an email"),
        (EMAIL, HASH, "SHA-256 hash, but"),
        (PHONE, "0701234567", "international form"),
        (PHONE, "+0701234567", "international form"),
        (PHONE, "+4670123456789012345", "international form"),
        (PHONE, "+46 70 123", "international form"),
        (HASHED, "ana@example.com", "plain email address"),
        (HASHED, HASH.upper(), "64 characters"),
        (CUSTOM, " ", "empty"),
        (CUSTOM, "a/b", "slash"),
        (CUSTOM, "x" * 251, "at most 250"),
    ],
)
def test_wrong_values_say_why(kind: IdentifierType, value: str, words: str) -> None:
    assert words in str(check_identifier(kind, value))


def test_a_contact_without_the_identifier_is_held_back_by_name() -> None:
    value, problem = identifier_of(CUSTOM, Contact(identifiers={"email": "a@example.com"}))
    assert value is None
    assert problem is not None
    assert "customer_id" in str(problem.sentence)


def test_a_name_in_other_case_is_pointed_out() -> None:
    _, problem = identifier_of(EMAIL, Contact(identifiers={"Email": "a@example.com"}))
    assert problem is not None
    assert "case-sensitive" in str(problem.sentence)


@given(st.text())
def test_every_text_gets_a_verdict(value: str) -> None:
    for kind in (EMAIL, PHONE, HASHED, CUSTOM):
        verdict = check_identifier(kind, value)
        assert verdict is None or str(verdict)


def is_valid(value: str) -> bool:
    try:
        validate_email(value, check_deliverability=False)
    except EmailNotValidError:
        return False
    return True


LABELS = st.text("abzAB019-_é.", max_size=8) | st.sampled_from(
    ["example", "com", "test", "local", "xn--bcher-kva", "xn--a", "a" * 63, "a" * 64, "invalid", "onion", "arpa", "123"]
)  # fmt: skip
LOCALS = (
    st.text("abzA0!#$%&'*+/=?^_`{|}~-.é\" <>@\n", max_size=10)
    | st.emails().map(lambda address: address.split("@")[0])
    | st.sampled_from(["a" * 64, "a" * 65, "a" * 190, '"a b"', "postmaster", "Ana <b"])
)


@settings(deadline=None, max_examples=400)
@given(LOCALS, st.lists(LABELS, max_size=4), st.sampled_from(["", ".", ">", "\n", " "]))
def test_an_address_gets_the_verdict_of_the_library(local: str, labels: list[str], end: str) -> None:
    value = f"{local}@{'.'.join(labels)}{end}"
    assert is_email(value) == is_valid(value)


@settings(deadline=None)
@given(st.emails() | st.text())
def test_any_text_gets_the_verdict_of_the_library(value: str) -> None:
    assert is_email(value) == is_valid(value)


def test_a_mask_stands_for_the_value_in_a_sentence_that_is_kept() -> None:
    for kind, value in ((EMAIL, "ana at example"), (PHONE, "0701234567"), (HASHED, "ABC"), (CUSTOM, "ana/x")):
        sentence = str(check_identifier(kind, value, "a*** #123456"))
        assert "a*** #123456" in sentence
        assert value not in sentence


def test_the_parts_of_a_contact_get_the_verdict_of_the_whole() -> None:
    for identifiers in (
        {},
        {"email": ""},
        {"Email": "a@example.com"},
        {"email": "ana"},
        {"email": "a@example.com"},
    ):
        value, problem = identifier_of(EMAIL, Contact(identifiers=identifiers))
        assert (value, problem and problem.sentence) == identifier_in(EMAIL, identifiers)
