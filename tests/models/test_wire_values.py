"""Values as providers write them: names in any case, moments in all the spellings that were met."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.models.wire_values import moment, text_at

AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
FINE = AT.replace(microsecond=347896)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026-01-02T03:04:05Z", AT),
        ("2026-01-02T03:04:05", AT),
        ("2026-01-02 03:04:05 UTC", AT),
        ("2026-01-02t03:04:05z", AT),
        ("2026-01-02T03:04", AT.replace(second=0)),
        ("2026-01-02T04:04:05+01:00", AT),
        ("2026-01-02T04:04:05+0100", AT),
        ("2026-01-02T02:04:05-01", AT),
        ("2026-01-02T03:04:05.3478967Z", FINE),  # Azure's seven digits
        ("2026-01-02T03:04:05,347896+0000", FINE),
        ("2019-11-09T16:00:00.000+0100", datetime(2019, 11, 9, 15, tzinfo=UTC)),  # Infobip's
        ("Thu, 24 Aug 2023 05:01:45 +0000", datetime(2023, 8, 24, 5, 1, 45, tzinfo=UTC)),  # Twilio's
        ("Sat, 21 Nov 2026 19:31:09 GMT", datetime(2026, 11, 21, 19, 31, 9, tzinfo=UTC)),
        ("1767323045", AT),
        ("1767323045000", AT),
        (" 1767323045.347896 ", FINE),
        ("0", datetime(1970, 1, 1, tzinfo=UTC)),
    ],
)
def test_a_moment_is_read(text: str, at: datetime) -> None:
    assert moment(text) == at
    found = moment(text)
    assert found is not None
    assert found.tzinfo is UTC


@pytest.mark.parametrize(
    "text",
    ["", " ", "now", "2026-13-01T00:00:00Z", "2026-01-02T25:00:00Z", "2026-01-02T03:04:05+99:00", "2026-01-02", "9" * 16, "9" * 40,
     "0001-01-01T00:00:00+05:00", "9999-12-31T23:59:59-05:00", "Fri, 32 Jan 2026 00:00:00 GMT", "٢٠٢٦-01-02T03:04:05Z"],
)  # fmt: skip
def test_what_names_no_moment_is_none(text: str) -> None:
    assert moment(text) is None


@given(st.text(max_size=40))
def test_no_text_raises(text: str) -> None:
    found = moment(text)
    assert found is None or found.utcoffset() == timedelta(0)


@given(
    st.datetimes(datetime(1971, 1, 1), datetime(2200, 1, 1)),  # noqa: DTZ001 - bounds are naive
    st.integers(-14 * 60, 14 * 60),
)
def test_every_spelling_names_the_same_moment(naive: datetime, minutes: int) -> None:
    zone = timezone(timedelta(minutes=minutes))
    at = naive.replace(microsecond=0, tzinfo=zone)
    iso = at.isoformat()
    spellings = (iso, iso[:-3] + iso[-2:], format_datetime(at), str(int(at.timestamp())))
    assert {moment(text) for text in spellings} == {at}


@pytest.mark.parametrize(
    ("tree", "names", "text"),
    [
        ({"Tag": "a"}, ("tag",), "a"),
        ({"a": "", "b": "2"}, ("a", "b"), "2"),
        ({"b": "2", "a": "1"}, ("a", "b"), "1"),
        ({"a": 7}, ("A",), "7"),
        ({"a": 0.5}, ("a",), "0.5"),
        ({"A": "", "a": "1"}, ("a",), "1"),
        ({"a": True}, ("a",), ""),
        ({"a": None}, ("a",), ""),
        ({"a": ["1"]}, ("a",), ""),
        ({"a": {"b": "1"}}, ("a",), ""),
        ({7: "1", "a": "2"}, ("a",), "2"),
        ([], ("a",), ""),
        (None, ("a",), ""),
        ("a", ("a",), ""),
    ],
)
def test_a_text_is_found_in_any_case(tree: Any, names: tuple[str, ...], text: str) -> None:
    assert text_at(tree, *names) == text
