"""Answer calls: what each answer leads to, the leak guard, and the outlook."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.engine.answer_calls import (
    CLOSED,
    SLOW_S,
    WAITS_S,
    expected_rate,
    judge_answer,
    leak_guard,
    outlook_of,
    pace_of,
    read_answer,
    tries_until,
    wait_after,
)
from workbench.models.gate import AnswerOptions
from workbench.models.request import Failure, Reply
from workbench.models.work import Counts
from workbench.providers import provider
from workbench.sentence import say

NOW = datetime(2026, 3, 1, tzinfo=UTC)
CALLS = st.sampled_from(("write", "send", "cancel", "finish"))


def judged(
    call: str,
    status: int,
    attempts: int = 1,
    left_s: float = 3600.0,
    headers: tuple[tuple[str, str], ...] = (),
):  # type: ignore[no-untyped-def]
    outcome = read_answer(provider("custom"), Reply(status=status, headers=headers, body=b"{}"), NOW)
    return judge_answer(call, outcome, status, attempts=attempts, key="k", left_s=left_s)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("call", "status", "state"),
    [
        ("cancel", 200, "accepted"), ("cancel", 204, "accepted"), ("cancel", 409, "failed"), ("cancel", 404, "failed"),
        ("cancel", 405, "failed"), ("cancel", 301, "failed"), ("cancel", 500, "retrying"), ("cancel", 429, "retrying"),
        ("cancel", 408, "retrying"), ("write", 410, "failed"), ("finish", 503, "retrying"), ("finish", 404, "failed"),
    ],
)  # fmt: skip
def test_what_a_status_leads_to(call: str, status: int, state: str) -> None:
    verdict = judged(call, status)
    assert (verdict.state, verdict.stop) == (state, None)


@pytest.mark.parametrize("call", ["cancel", "finish"])
def test_a_410_of_the_platform_closes_the_hold(call: str) -> None:
    verdict = judged(call, 410)
    assert verdict.stop is not None
    assert verdict.stop.text == CLOSED
    assert verdict.released


def test_a_web_page_is_not_taken_for_an_answer() -> None:
    page = Reply(status=200, headers=(("content-type", "text/html"),), body=b"<html>Sign in</html>")
    outcome = read_answer(provider("custom"), page, NOW)
    assert not outcome.ok
    assert judge_answer("cancel", outcome, 200, attempts=1, key="k", left_s=60).state == "failed"


def test_silence_is_uncertain_only_when_the_time_is_over() -> None:
    failure = Failure(kind="timeout", sentence=say("No answer."), sent=True)
    outcome = read_answer(provider("custom"), failure, NOW)
    assert judge_answer("cancel", outcome, None, attempts=1, key="k", left_s=60).state == "retrying"
    assert judge_answer("cancel", outcome, None, attempts=1, key="k", left_s=0.5).state == "uncertain"


@given(
    call=CALLS,
    status=st.sampled_from((408, 429, 500, 503)),
    attempts=st.integers(1, 5000),
    left_s=st.floats(0, 3e6),
)
def test_nothing_is_tried_past_its_time(call: str, status: int, attempts: int, left_s: float) -> None:
    verdict = judged(call, status, attempts, left_s)
    assert verdict.state in ("retrying", "failed")
    assert verdict.wait_s is None or verdict.wait_s < left_s


@given(attempts=st.integers(1, 5000), key=st.text(max_size=9), asked=st.none() | st.floats(0, 1e5))
def test_waits_are_as_long_as_they_should_be(attempts: int, key: str, asked: float | None) -> None:
    wait = wait_after(attempts, key, asked)
    assert wait >= (asked or 0.0)
    assert WAITS_S[0] * 0.9 <= wait <= max(SLOW_S * 1.1, asked or 0.0)


def test_retry_after_is_kept_to() -> None:
    verdict = judged("cancel", 429, headers=(("Retry-After", "40"),))
    assert verdict.wait_s == 40


@given(
    cancels=st.integers(0, 9), taken=st.integers(0, 9), writes=st.integers(0, 9), written=st.integers(0, 9), guard=st.booleans(),
    strict=st.booleans(),
)  # fmt: skip
def test_the_leak_guard(
    cancels: int, taken: int, writes: int, written: int, guard: bool, strict: bool
) -> None:
    options = AnswerOptions(leak_guard=guard, on_failed_write="hold_back" if strict else "finish")
    reason = leak_guard(
        Counts(accepted=taken, failed=cancels), Counts(accepted=written, uncertain=writes), options
    )
    assert (reason is None) == (not (guard and cancels) and not (strict and writes))
    if reason is not None:
        assert reason.values["count"] == (cancels if guard and cancels else writes)


def test_a_person_has_the_margin_where_there_is_one() -> None:
    limit = NOW + timedelta(minutes=60)
    assert tries_until(limit, NOW, 5) == limit - timedelta(minutes=5)
    assert tries_until(limit, limit - timedelta(minutes=3), 5) == limit


def test_the_outlook_says_whether_it_comes_in_time() -> None:
    limit = NOW + timedelta(seconds=100)
    fine, late = outlook_of(900, 10, NOW, limit), outlook_of(1100, 10, NOW, limit)
    assert (fine.in_time, late.in_time) == (True, False)
    assert fine.latest_start_at == NOW + timedelta(seconds=10)
    assert outlook_of(0, 0, NOW, limit).in_time


@given(per_second=st.floats(0.01, 100_000))
def test_the_pace_is_never_faster_than_asked(per_second: float) -> None:
    (rate,) = pace_of(per_second)
    assert rate.limit / rate.per_s <= max(per_second, 10) * 1.000001
    assert expected_rate(AnswerOptions(per_second=per_second), None) <= per_second * 1.000001


def test_no_pace_is_no_window() -> None:
    assert pace_of(None) == ()
