"""Amounts: exactly as they are written, never through a float, and never guessed."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.engine.shop_money import money_text, plain_amount, read_money, same_amount
from workbench.sentence import Sentence

AMOUNTS = st.decimals(min_value=-(10**12), max_value=10**12, places=2, allow_nan=False)


def read(value: object, *, comma: bool = False) -> Decimal | Sentence:
    return read_money(value, field="unitPrice", comma=comma)


@pytest.mark.parametrize(
    ("value", "amount"),
    [("12.50", "12.50"), (" 12 ", "12"), ("-3.1", "-3.1"), (12, "12"), (0.1, "0.1"), (1e22, None), (Decimal("1.10"), "1.10")],
)  # fmt: skip
def test_what_is_plain_is_read_exactly(value: object, amount: str | None) -> None:
    found = read(value)
    if amount is None:
        assert isinstance(found, Sentence)
    else:
        assert isinstance(found, Decimal)
        assert str(found) == amount, "zeros at the end stay"


@pytest.mark.parametrize(
    ("text", "rule", "fix"),
    [
        ("60,25", "decimal comma", "60.25"),
        ("1.234,56", "separator of thousands", "1234.56"),
        ("1,234.56", "separator of thousands", "1234.56"),
        ("1.234.567", "separator of thousands", "1234567"),
        ("1'234.50", "separator of thousands", "1234.50"),
        ("1,234", "may be 1234 or 1.234", "the one that is meant"),
        ("€60.25", "digits alone", "60.25"),
        ("12.50 EUR", "digits alone", "12.50"),
        ("R$ 1.234,56", "separator of thousands", "1234.56"),
        ("1.5e3", "powers of ten", "as a number"),
        ("abc", "has to be an amount", "12.50"),
        ("٣", "has to be an amount", "12.50"),
    ],
)
def test_everything_else_is_refused_with_its_fix(text: str, rule: str, fix: str) -> None:
    found = read(text)
    assert isinstance(found, Sentence)
    assert "unitPrice" in str(found)
    assert rule in str(found)
    assert fix in str(found)


@pytest.mark.parametrize(
    "value", [None, True, [1], {"a": 1}, float("nan"), float("inf"), 10**15, Decimal("NaN")]
)
def test_what_is_no_amount_is_refused(value: object) -> None:
    assert isinstance(read(value), Sentence)


def test_a_table_with_decimal_commas_is_read_where_a_person_said_so() -> None:
    assert read("60,25", comma=True) == Decimal("60.25")
    assert read("60", comma=True) == Decimal(60)
    assert read("1,234", comma=True) == Decimal("1.234")
    refused = read("60.25", comma=True)
    assert isinstance(refused, Sentence)
    assert "60,25" in str(refused), "a point is not guessed there either"
    assert read(60.25, comma=True) == Decimal("60.25"), "a number of JSON has no comma"


@settings(max_examples=40)
@given(AMOUNTS)
def test_what_is_written_is_read_back(amount: Decimal) -> None:
    assert read(money_text(amount)) == amount
    assert read(money_text(amount).replace(".", ","), comma=True) == amount


@settings(max_examples=40)
@given(st.floats(allow_nan=False, allow_infinity=False, min_value=-1e12, max_value=1e12))
def test_a_float_is_the_number_that_was_written(value: float) -> None:
    found = read(value)
    if isinstance(found, Decimal):
        assert float(found) == value
        assert len(money_text(found)) < 60


@settings(max_examples=40)
@given(st.text(max_size=30))
def test_no_text_raises_and_a_long_number_is_not_repeated(text: str) -> None:
    assert isinstance(read(text), Decimal | Sentence)
    assert isinstance(read(text, comma=True), Decimal | Sentence)


def test_a_contact_in_the_wrong_column_is_masked() -> None:
    assert "ana.silva" not in str(read("ana.silva@shop.example"))
    assert "46701234567" not in str(read("+46701234567"))
    assert "612 345 678" not in str(read("612 345 678"))
    assert "612345678" not in str(read("612 345 678"))


@pytest.mark.parametrize(
    ("amount", "plain"),
    [("1.50", "1.5"), ("10", "10"), ("0.00", "0"), ("-0.0", "0"), ("100.00", "100"), ("1E+2", "100")],
)
def test_one_amount_has_one_plain_spelling(amount: str, plain: str) -> None:
    assert plain_amount(Decimal(amount)) == plain


def test_a_cent_is_rounding() -> None:
    assert same_amount(Decimal("10.00"), Decimal("10.01"))
    assert not same_amount(Decimal("10.00"), Decimal("10.02"))
