"""What an import's state means, when it is asked again, and which of the platform's imports may be ours (R-SYNC-14, 32)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.engine.import_states import (
    LONGEST_S,
    LONGEST_WAIT_S,
    SKEW,
    ask_again_s,
    moment_of,
    perhaps_ours,
    said,
    state_of,
    told,
    turn_s,
)
from workbench.models.sync import ImportPart, RemoteImport

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
PART = ImportPart(number=1, first=1, last=10, rows=10, size=100)


@pytest.mark.parametrize(("status", "errors", "state"), [
    ("queued", 0, "queued"), ("inProgress", 0, "in_progress"), ("in_progress", 0, "in_progress"), ("finished", 0, "finished"),
    ("finished", 1, "partial"), ("error", 0, "failed"), ("cancelled", 0, "cancelled"), ("canceled", 3, "cancelled"),
    ("exploded", 0, "unknown"), ("", 0, "unknown"),
])  # fmt: skip
def test_the_platforms_words(status: str, errors: int, state: str) -> None:
    assert state_of(RemoteImport(id="x", status=status, errors=errors)) == state


@given(status=st.text(max_size=12), errors=st.integers(1, 10), total=st.none() | st.integers(0, 20))
def test_with_errors_nothing_is_ever_green(status: str, errors: int, total: int | None) -> None:
    assert (
        told(PART, RemoteImport(id="x", status=status, errors=errors, total=total), NOW).state != "finished"
    )


@pytest.mark.parametrize("total", [0, 9, 11])
def test_another_number_of_rows_than_the_file_has_is_not_green_either(total: int) -> None:
    part = told(PART, RemoteImport(id="x", status="finished", total=total, success=total), NOW)
    assert part.state == "partial"
    assert str(total) in str(said(part))
    assert "delimiter" in str(said(part))


@pytest.mark.parametrize("success", [0, 9, 11])
@pytest.mark.parametrize("total", [None, 10])
def test_what_was_not_counted_as_taken_is_not_green(success: int, total: int | None) -> None:
    part = told(PART, RemoteImport(id="x", status="finished", total=total, success=success), NOW)
    assert part.state == "partial"
    assert f"{success} of 10 rows were taken" in str(said(part))
    assert "the others" in str(said(part))


def test_a_report_is_wanted_where_rows_were_refused() -> None:
    clean = told(PART, RemoteImport(id="x", status="finished", total=10, success=10, has_report=True), NOW)
    assert (clean.state, clean.report) == ("finished", "none")
    assert told(PART, RemoteImport(id="x", status="finished", errors=2), NOW).report == "wanted"
    assert told(PART, RemoteImport(id="x", status="error", has_report=True), NOW).report == "wanted"
    assert told(PART, RemoteImport(id="x", status="inProgress", errors=2), NOW).report == "none", "it goes on"


def test_it_is_asked_less_and_less_often() -> None:
    waits = [ask_again_s(asked) for asked in range(12)]
    assert waits[0] == 2
    assert waits == sorted(waits)
    assert waits[-1] == LONGEST_S == 15
    assert ask_again_s(10**9) == 15


@given(before=st.integers(0, 10**6), queued=st.integers(1, 50))
def test_who_is_far_back_asks_seldom(before: int, queued: int) -> None:
    assert LONGEST_S <= turn_s(before, queued) <= LONGEST_WAIT_S
    assert turn_s(before + queued, queued) >= turn_s(before, queued)


def listed(id: str, **more: object) -> RemoteImport:
    told = {"id": id, "type": "contacts", "total": 10, "created_at": NOW.isoformat(), **more}
    return RemoteImport.model_validate(told)


def test_only_what_can_be_ours_is_found_again() -> None:
    def at(**after: float) -> str:
        return (NOW + timedelta(**after)).isoformat()

    every = [
        listed("late", created_at=at(minutes=1)), listed("ours"), listed("counted later", total=None), listed("known"),
        listed("other", type="products"), listed("longer", total=11), listed("before", created_at=at(seconds=-121)), listed(""),
        listed("long after", created_at=at(seconds=601 + 120)),
    ]  # fmt: skip
    assert [one.id for one in perhaps_ours(every, "contacts", 10, NOW, SKEW, {"known"})] == [
        "ours",
        "counted later",
        "late",
    ]


def test_a_time_that_cannot_be_read_excludes_nothing() -> None:
    assert [
        one.id for one in perhaps_ours([listed("a", created_at="yesterday")], "contacts", 10, NOW, SKEW, ())
    ] == ["a"]
    assert moment_of("2026-01-05T09:00:00.000Z") == NOW
    assert moment_of("2026-01-05T09:00:00") == NOW
    assert moment_of("2026-01-05T10:00:00+01:00") == NOW
    assert moment_of("soon") is None


@pytest.mark.parametrize("status", ["finished", "error", "cancelled"])
def test_each_end_has_its_sentence(status: str) -> None:
    part = told(PART, RemoteImport(id="x", status=status, success=7, errors=3), NOW)
    assert "7 of 10" in str(said(part))
