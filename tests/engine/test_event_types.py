"""Event types: what each declared type takes from a source of types (JSON) and from one of texts (a form, a table) (R-EVT-08, R-EVT-12)."""

from __future__ import annotations

import enum
import math
from collections import OrderedDict
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.engine.event_contracts import TEXTS, compose, event_of, offers, said
from workbench.engine.event_plain import MOST_DEPTH
from workbench.engine.event_types import numbers_in
from workbench.models.event import Event

STRING, NUMBER, BOOLEAN = event_of("string"), event_of("number"), event_of("boolean")


class Size(enum.Enum):
    SMALL = "S"


class Text(str):
    def __str__(self) -> str:
        return "another"


def out(event: Event, value: Any, *, typed: bool = False) -> Any:
    made = compose(event=event, x=value, typed=typed)
    assert made.ok, made.problems
    assert made.body is not None
    return made.body["x"]


# -- String --------------------------------------------------------------------------------------------------------------


@given(TEXTS.filter(lambda text: text.strip()), st.booleans())
def test_a_text_stays_the_same_text(value: str, typed: bool) -> None:
    assert out(STRING, value, typed=typed) == value


@pytest.mark.parametrize(
    "value", ["007", "1e10", "true", "null", "+46", " x ", "a\nb\tc\r", "ação 🎉", "=1+1", "2021-05-28"]
)
def test_a_text_that_looks_like_something_else_stays_a_text(value: str) -> None:
    for typed in (False, True):
        made = compose(event=STRING, x=value, typed=typed)
        assert made.body == {"email": "ana@example.com", "x": value}
        assert made.problems == ()


@pytest.mark.parametrize(
    ("value", "offered"),
    [(12, "12"), (1.5, "1.5"), (True, "true"), (0, "0"), (np.int64(3), "3"), (np.bool_(False), "false")],
)
def test_a_number_is_no_text_in_json_and_is_offered_as_one(value: Any, offered: str) -> None:
    made = compose(event=STRING, x=value)
    assert "declared as String" in said(made, "x")
    assert offers(made, "x") == [offered]
    assert out(STRING, value, typed=True) == offered


@pytest.mark.parametrize("value", [["a"], {"a": 1}, ("a",), np.array(["a"])])
def test_a_list_is_no_text(value: Any) -> None:
    assert "declared as String" in said(compose(event=STRING, x=value), "x")


@pytest.mark.parametrize(
    ("value", "code"),
    [("a\x00b", "U+0000"), ("a\x1bb", "U+001B"), ("a\x7fb", "U+007F"), ("a\x85b", "U+0085")],
)
@pytest.mark.parametrize("name", ["x", "undeclared"])
def test_control_characters_are_refused_by_name_and_place(value: str, code: str, name: str) -> None:
    made = compose(event=STRING, **{name: value})
    assert code in said(made, name)
    assert "position 2" in said(made, name)
    assert offers(made, name) == ["ab"]


@pytest.mark.parametrize("name", ["x", "undeclared"])
def test_half_a_character_is_refused(name: str) -> None:
    made = compose(event=STRING, **{name: "ab\ud83d"})
    assert "half of a character" in said(made, name)
    assert offers(made, name) == ["ab"]


# -- Number --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [0, -1, 1.5, 1e300, 2**53, -0.0])
def test_a_number_stays_as_it_is(value: float) -> None:
    made = compose(event=NUMBER, x=value)
    assert made.body == {"email": "ana@example.com", "x": value}
    assert type(made.body["x"]) is type(value)
    assert made.problems == ()


@pytest.mark.parametrize(
    "value",
    [math.nan, math.inf, -math.inf, Decimal("NaN"), Decimal("sNaN"), Decimal("-Infinity"), np.float32("nan")],
)
@pytest.mark.parametrize(("event", "name"), [(NUMBER, "x"), (STRING, "x"), (STRING, "undeclared")])
def test_what_is_not_finite_is_refused_by_name(value: Any, event: Event, name: str) -> None:
    made = compose(event=event, **{name: value})
    assert "no way to write" in said(made, name)
    assert offers(made, name) == [None]


@pytest.mark.parametrize("value", [2**64, -(2**63) - 1, 10**400, Decimal("1e40"), Decimal("-1e999999999")])
def test_a_number_beyond_64_bits_is_refused(value: Any) -> None:
    assert "larger" in said(compose(event=NUMBER, x=value), "x")
    assert "larger" in said(compose(y=value), "y")


def test_a_number_that_loses_digits_elsewhere_is_told() -> None:
    assert "more digits" in said(compose(event=NUMBER, x=2**53 + 1), "x", "warning")
    assert "more decimals" in said(
        compose(event=NUMBER, x=Decimal("0.12345678901234567890123")), "x", "warning"
    )


@pytest.mark.parametrize(
    ("value", "offered"),
    [
        ("12", [12]),
        ("12.50", [12.5]),
        ("1,234", [1234, 1.234]),
        ("abc", []),
        ("", []),
        (True, [1]),
        ([1], []),
        ({}, []),
        (b"1", []),
    ],
)
def test_a_text_is_no_number_in_json(value: Any, offered: list[float]) -> None:
    made = compose(event=NUMBER, x=value)
    assert made.body is None
    assert offers(made, "x") == offered


@pytest.mark.parametrize(
    ("value", "number"),
    [
        ("12", 12),
        (" 12 ", 12),
        ("-3", -3),
        ("12.5", 12.5),
        ("0.125", 0.125),
        ("0", 0),
        ("1.234", 1.234),
        ("12,5", 12.5),
        ("1234,50", 1234.5),
        ("1.234,56", 1234.56),
        ("1,234.56", 1234.56),
        ("1 234", 1234),
        ("1\u00a0234,5", 1234.5),
        ("1'234.5", 1234.5),
        ("1.234.567", 1234567),
        ("+5", 5),
        ("-1.234,5", -1234.5),
        (".5", 0.5),
    ],
)
def test_a_cell_is_read_as_the_number_it_can_only_be(value: str, number: float) -> None:
    made = out(NUMBER, value, typed=True)
    assert made == number
    assert type(made) is type(number)


@pytest.mark.parametrize(
    ("value", "offered"),
    [
        ("1,234", [1234, 1.234]),
        ("007", [7]),
        ("R$ 12,50", [12.5]),
        ("€12", [12]),
        ("12 €", [12]),
        ("USD 3", [3]),
        ("1e3", [1000]),
        ("7.99912E+10", [79991200000]),
        ("12%", [12]),
        ("+46701740605", [46701740605]),
        ("abc", []),
        ("1.2.3", []),
        ("--1", []),
        ("1e999", []),
        ("NaN", []),
        ("inf", []),
        ("1" * 400, []),
        ("٣", []),
        ("1-2", []),
        (",", []),
        ("12 34", []),
    ],
)
def test_a_cell_that_is_no_plain_number_is_asked_about(value: str, offered: list[float]) -> None:
    made = compose(event=NUMBER, x=value, typed=True)
    assert made.body is None
    assert offers(made, "x") == offered


@given(st.integers(-(10**15), 10**15) | st.floats(1e-9, 1e15) | st.floats(-1e15, -1e-9))
def test_a_number_written_out_is_read_back(value: float) -> None:
    spelled = format(Decimal(repr(value)), "f")
    assert compose(event=NUMBER, x=spelled, typed=True).body == {"email": "ana@example.com", "x": value}


@given(st.text(alphabet="0123456789.,' +-eE€R$%\u00a0x", max_size=14))
def test_reading_numbers_never_fails(spelled: str) -> None:
    choices, _ = numbers_in(spelled)
    assert len(choices) <= 2
    assert all(math.isfinite(choice) for choice in choices)


# -- Boolean -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "truth"),
    [
        ("true", True),
        ("FALSE", False),
        ("1", True),
        ("0", False),
        ("Sim", True),
        ("não", False),
        ("oui", True),
        ("VERDADEIRO", True),
        ("FAUX", False),
        (" yes ", True),
        (True, True),
    ],
)
def test_a_cell_that_says_yes_or_no_is_read(value: Any, truth: bool) -> None:
    assert out(BOOLEAN, value, typed=True) is truth


@pytest.mark.parametrize(
    ("value", "offered"),
    [
        ("true", [True]),
        (1, [True]),
        (0.0, [False]),
        ("no", [False]),
        ("maybe", []),
        (2, []),
        ([], []),
        (b"1", []),
    ],
)
def test_in_json_a_boolean_is_a_boolean(value: Any, offered: list[bool]) -> None:
    made = compose(event=BOOLEAN, x=value)
    assert made.body is None
    assert offers(made, "x") == offered


def test_a_cell_that_says_neither_is_refused() -> None:
    assert "true or false" in said(compose(event=BOOLEAN, x="maybe", typed=True), "x")
    assert compose(event=BOOLEAN, x=" ", typed=True).body == {"email": "ana@example.com"}


# -- Values that JSON has not --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (Decimal("1.10"), 1.1),
        (Decimal("5.00"), 5),
        (date(2021, 5, 28), "2021-05-28"),
        (time(9, 30), "09:30:00"),
        (datetime(2021, 5, 28, 10, tzinfo=UTC), "2021-05-28T10:00:00+00:00"),
        (UUID(int=5), str(UUID(int=5))),
        (Size.SMALL, "S"),
        (Text("own"), "own"),
        (np.int64(5), 5),
        (np.float64(1.5), 1.5),
        (np.float32(0.5), 0.5),
        (np.bool_(True), True),
        (np.str_("a"), "a"),
        (np.array([1, 2]), [1, 2]),
        (np.datetime64("2021-05-28"), "2021-05-28"),
        (np.datetime64("2021-05-28T10:00:00.000000000"), "2021-05-28T10:00:00"),
        (np.array(["2021-05-28"], dtype="datetime64[D]"), ["2021-05-28"]),
        (np.array(7), 7),
        ((1, "a"), [1, "a"]),
        (OrderedDict(a=1), {"a": 1}),
        ([None], [None]),
        ({"a": np.int8(1)}, {"a": 1}),
        ({np.str_("k"): 1}, {"k": 1}),
    ],
)
def test_an_undeclared_value_goes_out_by_stated_rules(value: Any, plain: Any) -> None:
    made = compose(y=value)
    assert made.ok, made.problems
    assert made.body == {"email": "ana@example.com", "y": plain}
    assert type(made.body["y"]) is type(plain)


@pytest.mark.parametrize("value", [None, np.datetime64("NaT"), np.ma.masked])
def test_nothing_in_other_words_is_nothing(value: Any) -> None:
    assert compose(y=value).body == {"email": "ana@example.com"}
    assert compose(event=NUMBER, x=value).body == {"email": "ana@example.com"}


@pytest.mark.parametrize(
    "value",
    [b"x", {1, 2}, object(), 1j, np.complex64(1), np.timedelta64(1, "s"), range(2), [b"x"], {"a": {3}}],
)
def test_what_json_has_not_is_refused_by_name(value: Any) -> None:
    made = compose(y=value)
    assert made.body is None
    assert any("JSON has not" in str(problem.sentence) for problem in made.problems)


def test_decimals_are_exact_in_a_string_and_dates_iso() -> None:
    assert out(STRING, Decimal("12.340")) == "12.340"
    assert out(STRING, date(2021, 5, 28)) == "2021-05-28"
    assert "goes out as the text" in said(compose(event=STRING, x=Decimal("1.0")), "x", "note")


@pytest.mark.parametrize("name", ["k" * 101, "", "a\nb", " a", "\udfff"])
def test_names_inside_of_a_value_are_checked(name: str) -> None:
    made = compose(y={"list": [{name: 1}]})
    assert made.body is None
    assert all(len(problem.field) < 150 for problem in made.problems)


def test_a_name_that_is_no_text_is_refused() -> None:
    assert "no text" in said(compose(y={5: 1}), "y")


def test_a_value_may_hold_itself_and_is_refused() -> None:
    endless: list[Any] = []
    endless.append(endless)
    assert compose(y=endless).body is None
    deep: Any = 1
    for _ in range(MOST_DEPTH + 5):
        deep = {"a": deep}
    assert "deeper" in str(compose(y=deep).problems[0].sentence)


def test_frames_are_lists_of_their_rows() -> None:
    class DataFrame:
        __module__ = "polars.dataframe"

        def to_dicts(self) -> list[dict[str, Any]]:
            return [{"id": "1"}]

    class Pandas:
        __module__ = "pandas.core"

        def to_dict(self, orient: str) -> list[dict[str, Any]]:
            assert orient == "records"
            return [{"id": "2"}]

    Pandas.__name__ = "DataFrame"
    assert compose(products=DataFrame()).body["products"] == [{"id": "1"}]  # type: ignore[index]
    assert compose(products=Pandas()).body["products"] == [{"id": "2"}]  # type: ignore[index]
