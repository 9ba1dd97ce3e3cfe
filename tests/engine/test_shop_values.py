"""Values by the type of their field: what loses nothing is put right with a note, everything else is refused with the fix (R-SYNC-03)."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engine.shop_tables import PLATFORM, SHOP, record, told
from workbench.engine.shop_fields import fields_of, unknown_field
from workbench.engine.shop_moments import moment_of, moment_text
from workbench.engine.shop_reading import Reading, is_blank
from workbench.engine.shop_values import reader_of
from workbench.models.base import JsonValue
from workbench.models.sync_platform import ShopField

EMAIL = {"_email": "ana@example.com"}
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


def body(name: str, value: JsonValue, **fields: str) -> JsonValue:
    found = record({**EMAIL, name: value}, **fields)
    assert found.ok, told(found.problems)
    return found.body.get(name)


def refusal(name: str, value: JsonValue, **fields: str) -> str:
    found = record({**EMAIL, name: value}, **fields)
    assert not found.ok
    assert name not in found.body
    return told(found.problems)[name]


@pytest.mark.parametrize(
    ("name", "value", "made"),
    [
        ("nick", "Ana B.", "Ana B."),
        ("nick", 7, "7"),
        ("_emailStatus", "active", "active"),
        ("_emailStatus", " Active ", "active"),
        ("plan", "GOLD", "gold"),
        ("visits", "12", 12),
        ("visits", "12.0", 12),
        ("visits", 12.0, 12),
        ("spent", "12.50", Decimal("12.50")),
        ("spent", 0.1, Decimal("0.1")),
        ("vip", "sim", True),
        ("vip", False, False),
        ("likes", "pans|POTS", ["pans", "pots"]),
        ("likes", ["pans"], ["pans"]),
        ("likes", '["pots"]', ["pots"]),
        ("first_seen", "1990-05-28", "1990-05-28T00:00:00Z"),
        ("first_seen", "28/05/1990", "1990-05-28T00:00:00Z"),
        ("first_seen", "2024-05-01T10:00:00+02:00", "2024-05-01T10:00:00+02:00"),
        ("landline", "+46701234567", "+46701234567"),
        ("landline", "+46 (70) 123-45.67", "+46701234567"),
        ("landline", "0046701234567", "+46701234567"),
        ("second_email", "Bo@EXAMPLE.com", "Bo@example.com"),
    ],
)
def test_values_of_every_type(name: str, value: JsonValue, made: JsonValue) -> None:
    assert body(name, value) == made


@pytest.mark.parametrize(
    ("name", "value", "rule", "fix"),
    [
        ("nick", ["a"], "has to be a text", "quotes"),
        ("nick", "a\0b", "cannot be seen", "UTF-8"),
        ("_emailStatus", "actve", "cannot be", "active"),
        ("_mobilePhoneStatus", "banned", "cannot be", "active, bounced, paused"),
        ("_newsletterSubscriptionStatus", "yes", "cannot be", "subscribed, unsubscribed, none"),
        ("_smsSubscriptionStatus", 1, "cannot be", "subscribed"),
        ("visits", "007", "zeros before it", "Write 7"),
        ("visits", "12.5", "whole number", "digits alone"),
        ("visits", True, "whole number", "digits alone"),
        ("visits", -1, "0 is the least", "Compare"),
        ("visits", "1" * 16, "15 digits", "a text"),
        ("spent", "12,50", "decimal comma", "12.50"),
        ("vip", "perhaps", "true or false", "Write true or false"),
        ("likes", "pans|lids", "cannot be", "pans, pots"),
        ("likes", {"a": 1}, "list of texts", "|"),
        ("first_seen", "03/04/2021", "may be 2021-04-03 or 2021-03-04", "the one that is meant"),
        ("first_seen", "2021-02-30", "no day", "1990-05-28"),
        ("first_seen", "44000", "a spreadsheet's number", "as a date"),
        ("first_seen", "2024-05-01 10:00", "no zone", "2024-05-01"),
        ("first_seen", 44000, "has to be a date", "1990-05-28"),
        ("landline", "0701234567", "no country code", "+46701234567"),
        ("landline", "4,67E+10", "a spreadsheet made a number of it", "as text"),
        ("landline", "+0701234567", "landline", "country code"),
        ("landline", "call me", "letters", "country code"),
        ("second_email", "bo.example.com", "no “@”", "name@example.com"),
        ("second_email", "bo@example", "no dot", "name@example.com"),
        ("second_email", 5, "has to be a text", "quotes"),
    ],
)
def test_each_refusal_names_the_field_the_rule_and_one_fix(
    name: str, value: JsonValue, rule: str, fix: str
) -> None:
    said = refusal(name, value)
    assert name in said
    assert rule in said
    assert fix in said


def test_what_was_put_right_is_noted() -> None:
    found = record({**EMAIL, "plan": "GOLD", "first_seen": "28/05/1990"})
    assert {(one.level, one.field) for one in found.problems} == {("note", "first_seen"), ("note", "plan")}
    assert told(found.problems)["first_seen"] == "“first_seen” “28/05/1990” goes out as “1990-05-28”."


def test_a_phone_in_a_column_of_dates_is_not_repeated() -> None:
    assert "555-123-4567" not in refusal("first_seen", "555-123-4567")
    assert "46701234567" not in refusal("first_seen", "46701234567")


@pytest.mark.parametrize("value", ["+46701234567x", "0701234567", "4670123456789012345"])
def test_a_number_that_is_refused_is_masked(value: str) -> None:
    assert value not in refusal("landline", value)


def test_an_import_takes_days_digits_and_bars() -> None:
    found = record(
        {**EMAIL, "first_seen": "2024-05-01T10:00:00+02:00", "landline": "070 123 45 67", "likes": ["pans", "pots"],
         "vip": True, "nick": "x"},
        how="import",
    )  # fmt: skip
    assert found.ok
    cells = dict(zip(["_email", "nick", "first_seen", "landline", "vip", "likes"], found.csv, strict=True))
    assert cells == {
        "_email": "ana@example.com", "nick": "x", "first_seen": "2024-05-01", "landline": "0701234567", "vip": "true", "likes": "pans|pots",
    }  # fmt: skip
    said = told(found.problems)
    assert "takes the day alone" in said["first_seen"]
    assert "no country code" in said["landline"]


def test_the_separator_of_lists_cannot_stand_in_a_text_of_an_import() -> None:
    shop = SHOP.model_copy(update={"fields": (ShopField(id="words", type="checkbox", custom=True),)})
    assert record({**EMAIL, "words": ["a|b"]}, shop).ok
    found = record({**EMAIL, "words": ["a|b"]}, shop, how="import")
    assert not found.ok
    assert "one by one" in told(found.problems)["words"]


@pytest.mark.parametrize("text", ["=cmd()", "=1+1", " =x"])
def test_a_formula_stays_out_of_an_import(text: str) -> None:
    found = record({**EMAIL, "nick": text}, how="import")
    assert not found.ok
    assert "as a formula does" in told(found.problems)["nick"]
    assert record({**EMAIL, "nick": text}).ok, "a single call warns of it"


@pytest.mark.parametrize(
    ("text", "doubted"),
    [("@SUM(A1)", True), ("-2+3+cmd|' /C calc'!A0", True), ("-10% off", False), ("@ana", False)],
)
def test_a_call_of_a_function_is_doubted(text: str, doubted: bool) -> None:
    found = record({**EMAIL, "nick": text}, how="import")
    assert found.ok
    assert bool(found.warnings) == doubted


def test_the_registry_comes_behind_the_platforms_own_fields() -> None:
    shop = SHOP.model_copy(
        update={"fields": (ShopField(id="_name", type="integer", custom=True), *SHOP.fields)}
    )
    fields = fields_of(PLATFORM, shop, "contact")
    assert [one.type for one in fields if one.id == "_name"] == ["text"], (
        "a field of the platform cannot be declared anew"
    )
    assert fields[-1].id == "likes"
    assert fields_of(PLATFORM, shop, "product") == PLATFORM.fields["product"]


def test_an_unknown_field_is_told_with_the_one_that_was_meant() -> None:
    assert "_surname" in str(unknown_field("_surnam", ["_name", "_surname"]).sentence)
    assert "Add it to the shop's fields" in str(unknown_field("zzz", ["_name"]).sentence)


@pytest.mark.parametrize("value", [None, "", "  ", "\u00a0", []])
def test_blank(value: JsonValue) -> None:
    assert is_blank(value)
    assert record({**EMAIL, "visits": value}).body == {}


@settings(max_examples=60)
@given(
    ANYTHING,
    st.sampled_from(
        [one for one in fields_of(PLATFORM, SHOP, "contact") if one.write] + list(PLATFORM.fields["product"])
    ),
    st.booleans(),
)
def test_no_value_of_any_field_raises(value: JsonValue, field: ShopField, file: bool) -> None:
    if is_blank(value):
        return
    found = reader_of(field, Reading(file=file))(value)
    assert found.body is not None or found.problems, "what is left out is told"
    if any(one.level == "error" for one in found.problems):
        assert all(str(one.sentence) for one in found.problems)


ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@settings(max_examples=60)
@given(st.datetimes(min_value=datetime(2, 1, 1), max_value=datetime(9998, 1, 1), timezones=ZONES))  # noqa: DTZ001 - bounds
def test_a_moment_comes_back(at: datetime) -> None:
    assert moment_of(moment_text(at)) == at
