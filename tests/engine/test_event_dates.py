"""Event dates: a day goes out as YYYY-MM-DD where it can mean one day alone; else the days it can mean are offered (R-EVT-09)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.engine.event_contracts import compose, event_of, offers, said
from workbench.engine.event_dates import day_in
from workbench.engine.event_values import composed
from workbench.models.event import EventInput

DATE = event_of("date")
WEST = timezone(timedelta(hours=-3))
BOTH = pytest.mark.parametrize("typed", [False, True], ids=["api", "form"])


@BOTH
@given(st.dates(date(1900, 1, 1), date(2099, 12, 31)))
def test_a_day_with_the_year_first_goes_out_as_it_is(typed: bool, day: date) -> None:
    made = compose(event=DATE, x=day.isoformat(), typed=typed)
    assert made.body == {"email": "ana@example.com", "x": day.isoformat()}
    assert made.problems == ()


@BOTH
@pytest.mark.parametrize(
    "value",
    [
        "28/05/2021",
        "28-05-2021",
        "28.05.2021",
        "05/28/2021",
        "2021/05/28",
        "2021.5.28",
        "20210528",
        " 2021-05-28 ",
        "28/5/2021 14:30",
        "2021-05-28 10:00",
        "2021-05-28T10:00:00",
        "2021-05-28T10:00:00Z",
        "2021-05-28T10:00:00.123+02:00",
        "05/28/2021 2:30 PM",
    ],
)
def test_what_can_mean_one_day_alone_is_rewritten(value: str, typed: bool) -> None:
    made = compose(event=DATE, x=value, typed=typed)
    assert made.body == {"email": "ana@example.com", "x": "2021-05-28"}
    if value.strip() != "2021-05-28":
        assert "2021-05-28" in said(made, "x", "note")
        assert offers(made, "x") == ["2021-05-28"]


@BOTH
@pytest.mark.parametrize(
    ("value", "days"),
    [
        ("05/06/2021", ["2021-06-05", "2021-05-06"]),
        ("05.06.2021", ["2021-06-05", "2021-05-06"]),
        ("05-28-21", ["2021-05-28", "1921-05-28"]),
        ("05/06/21", ["2021-06-05", "2021-05-06", "1921-06-05", "1921-05-06"]),
        ("29-02-00", ["2000-02-29"]),
        ("44344", ["2021-05-28", "2025-05-29"]),
        ("44344.5", ["2021-05-28", "2025-05-29"]),
        ("2021-05-28T23:30:00-03:00", ["2021-05-28", "2021-05-29"]),
        ("1622160000", ["2021-05-28"]),
        ("1622160000000", ["2021-05-28"]),
    ],
)
def test_what_can_mean_several_days_is_asked_about(value: str, days: list[str], typed: bool) -> None:
    made = compose(event=DATE, x=value, typed=typed)
    assert made.body is None
    assert (value if not value.startswith("162") else "162…00") in said(made, "x")
    assert offers(made, "x") == days


def test_a_day_and_month_that_are_the_same_cannot_be_mixed_up() -> None:
    assert compose(event=DATE, x="05/05/2021").body == {"email": "ana@example.com", "x": "2021-05-05"}


def test_today_says_which_century_is_likelier() -> None:
    given_ = EventInput(email="ana@example.com", values={"x": "05-28-61"})
    assert [fix.value for fix in composed(DATE, given_, today=date(2026, 11, 22)).fixes] == [
        "1961-05-28",
        "2061-05-28",
    ]
    assert [fix.value for fix in composed(DATE, given_).fixes] == ["2061-05-28", "1961-05-28"]


@BOTH
@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("2021-02-30", "28 days"),
        ("2020-02-30", "29 days"),
        ("2021-04-31", "30 days"),
        ("2021-13-01", "no such day"),
        ("2021-00-10", "no such day"),
        ("30/02/2021", "28 days"),
        ("31/31/2021", "no such day"),
        ("2021-05-28T25:00", "no such day"),
        ("2021-05-28 10:00+99:00", "no such day"),
        ("0000-01-01", "no such day"),
        ("tomorrow", "YYYY-MM-DD"),
        ("28 May 2021", "YYYY-MM-DD"),
        ("7", "YYYY-MM-DD"),
        ("2021", "Excel"),
        ("x" * 200, "YYYY-MM-DD"),
        ("00/00/00", "no such day"),
        ("2021-05-28-01", "YYYY-MM-DD"),
        ("٢٠٢١-٠٥-٢٨", "YYYY-MM-DD"),
    ],
)
def test_what_is_no_day_is_refused(value: str, words: str, typed: bool) -> None:
    made = compose(event=DATE, x=value, typed=typed)
    assert made.body is None
    assert words in said(made, "x")


@pytest.mark.parametrize(
    "value",
    [
        True,
        [1],
        {"a": 1},
        b"2021-05-28",
        float("nan"),
        float("inf"),
        -1,
        0.5,
        Decimal("sNaN"),
        Decimal("1e999999999"),
        10**30,
    ],
)
def test_other_kinds_are_no_days(value: Any) -> None:
    assert compose(event=DATE, x=value).body is None


@pytest.mark.parametrize(
    "value",
    [
        date(2021, 5, 28),
        datetime.fromisoformat("2021-05-28T10:00"),
        datetime(2021, 5, 28, 10, tzinfo=UTC),
        np.datetime64("2021-05-28"),
        np.datetime64("2021-05-28T10:00:00.000000000"),
    ],
)
def test_pythons_days_go_out_as_days(value: Any) -> None:
    made = compose(event=DATE, x=value)
    assert made.body == {"email": "ana@example.com", "x": "2021-05-28"}


def test_a_moment_on_two_days_is_asked_about() -> None:
    assert offers(compose(event=DATE, x=datetime(2021, 5, 28, 23, tzinfo=WEST)), "x") == [
        "2021-05-28",
        "2021-05-29",
    ]
    assert compose(event=DATE, x=datetime(9999, 12, 31, 23, tzinfo=WEST)).body is None


@pytest.mark.parametrize(
    ("value", "days"),
    [
        (44344, ["2021-05-28", "2025-05-29"]),
        (44344.75, ["2021-05-28", "2025-05-29"]),
        (1622160000, ["2021-05-28"]),
        (20210528, ["2021-05-28"]),
    ],
)
def test_numbers_are_asked_about(value: float, days: list[str]) -> None:
    made = compose(event=DATE, x=value)
    assert made.body is None
    assert offers(made, "x") == days


def test_a_day_far_away_is_told() -> None:
    made = compose(event=DATE, x="0021-05-28")
    assert made.body == {"email": "ana@example.com", "x": "0021-05-28"}
    assert "Check the year" in said(made, "x", "warning")


def test_an_address_in_a_date_is_not_repeated() -> None:
    assert "maria" not in said(compose(event=DATE, x="maria@example.com"), "x")
    assert "701740" not in said(compose(event=DATE, x="+46701740605"), "x")


@given(st.dates(date(1900, 3, 1), date(2099, 12, 31)))
def test_excels_number_of_a_day_leads_back_to_it(day: date) -> None:
    serial = (day - date(1899, 12, 30)).days
    assert day_in(str(serial)).choices[0] == day.isoformat()


@given(st.text(alphabet="0123456789-/. T:Z+apm", max_size=24))
def test_reading_days_never_fails_and_what_is_read_is_a_day(text: str) -> None:
    read = day_in(text)
    for day in (*read.choices, *([read.day] if read.day else [])):
        assert date.fromisoformat(day).isoformat() == day
