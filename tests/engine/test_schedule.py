"""What becomes of a row: the published schedule, its jitter, Retry-After, and what stops a whole job."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.engine.schedule import JITTER, LONGEST_HOLD_S, OFFSETS_S, WAITS_S, judge, rest_s
from workbench.models.request import Outcome, OutcomeKind
from workbench.models.work import ROW_STATES
from workbench.sentence import say

KINDS: tuple[OutcomeKind, ...] = get_args(OutcomeKind)


def outcome(kind: OutcomeKind, retry_after_s: float | None = None) -> Outcome:
    return Outcome(kind=kind, sentence=say("what was said"), retry_after_s=retry_after_s)


def test_the_offsets_are_the_published_ones() -> None:
    assert OFFSETS_S == (0, 5, 305, 2105, 9305, 27305, 63305, 99305)
    assert sum(WAITS_S) == 99_305
    assert WAITS_S == (5, 300, 1800, 7200, 18_000, 36_000, 36_000)


@given(key=st.text(min_size=1), kind=st.sampled_from(["server_error", "unreachable", "throttled"]))
def test_eight_attempts_each_within_a_tenth_of_its_wait_and_then_a_dead_letter(
    key: str, kind: OutcomeKind
) -> None:
    for attempts, wait in enumerate(WAITS_S, 1):
        verdict = judge(outcome(kind), 503, attempts=attempts, key=key, repeatable=False)
        assert verdict.state == "retrying"
        assert verdict.wait_s is not None
        assert wait * (1 - JITTER) <= verdict.wait_s <= wait * (1 + JITTER)
    assert judge(outcome(kind), 503, attempts=8, key=key, repeatable=False).state == "failed"


def test_the_jitter_spreads_rows_and_is_the_same_again() -> None:
    waits = {
        judge(outcome("server_error"), 500, attempts=2, key=f"job-{n}", repeatable=True).wait_s
        for n in range(100)
    }
    assert len(waits) == 100
    assert min(waits) < 280 < 320 < max(waits)  # type: ignore[type-var,operator]
    once = judge(outcome("server_error"), 500, attempts=2, key="job-7", repeatable=True)
    assert once == judge(outcome("server_error"), 500, attempts=2, key="job-7", repeatable=True)


def test_a_stated_wait_is_kept_to_a_day() -> None:
    assert judge(outcome("throttled", 120), 429, attempts=1, key="k", repeatable=False).wait_s == 120
    soon = judge(outcome("throttled", 0.5), 429, attempts=1, key="k", repeatable=False).wait_s
    assert soon is not None
    assert soon >= 4.5, "never sooner than the schedule"
    assert (
        judge(outcome("throttled", 1e9), 429, attempts=1, key="k", repeatable=False).wait_s == LONGEST_HOLD_S
    )


def test_an_unknown_end_goes_again_only_where_that_is_safe() -> None:
    assert judge(outcome("uncertain"), None, attempts=1, key="k", repeatable=False).state == "uncertain"
    assert judge(outcome("uncertain"), None, attempts=1, key="k", repeatable=True).state == "retrying"
    assert judge(outcome("uncertain"), None, attempts=8, key="k", repeatable=True).state == "uncertain"


@pytest.mark.parametrize("repeatable", [True, False])
def test_what_was_accepted_without_a_word_is_kept_apart_and_never_repeated_by_itself(
    repeatable: bool,
) -> None:
    verdict = judge(outcome("unconfirmed"), 200, attempts=1, key="k", repeatable=repeatable)
    assert (verdict.state, verdict.wait_s, verdict.stop) == ("uncertain", None, None)


@pytest.mark.parametrize(
    ("kind", "status"), [("refused", 410), ("server_error", 410), ("refused", 401), ("blocked", None)]
)
def test_what_concerns_every_row_stops_the_job_and_costs_the_row_nothing(
    kind: OutcomeKind, status: int | None
) -> None:
    verdict = judge(outcome(kind), status, attempts=3, key="k", repeatable=True)
    assert verdict.stop is not None
    assert verdict.released
    assert verdict.state == "waiting"


@pytest.mark.parametrize(
    ("kind", "status"), [("refused", 400), ("refused", 404), ("redirected", 302), ("check_body", 200)]
)
def test_a_refusal_is_a_dead_letter_at_once(kind: OutcomeKind, status: int) -> None:
    assert judge(outcome(kind), status, attempts=1, key="k", repeatable=True).state == "failed"


@pytest.mark.parametrize("status", [408, 425])
def test_too_early_and_too_slow_go_again(status: int) -> None:
    assert judge(outcome("refused"), status, attempts=1, key="k", repeatable=False).state == "retrying"


@given(
    kind=st.sampled_from(KINDS), status=st.none() | st.integers(100, 599), attempts=st.integers(1, 20),
    key=st.text(), repeatable=st.booleans(), after=st.none() | st.floats(0, 1e12),
)  # fmt: skip
def test_every_end_is_a_state_and_only_a_row_that_goes_again_has_a_time(
    kind: OutcomeKind, status: int | None, attempts: int, key: str, repeatable: bool, after: float | None
) -> None:
    verdict = judge(outcome(kind, after), status, attempts=attempts, key=key, repeatable=repeatable)
    assert verdict.state in ROW_STATES
    assert verdict.state not in ("in_flight", "cancelled", "invalid", "retrying") or attempts < 8
    assert (verdict.wait_s is not None) == (verdict.state == "retrying")
    assert verdict.wait_s is None or 0 < verdict.wait_s <= max(LONGEST_HOLD_S, 36_000 * 1.1)
    assert (verdict.stop is not None) == verdict.released == (verdict.state == "waiting")


def test_a_job_rests_longer_each_time_up_to_a_minute() -> None:
    assert [rest_s(strikes) for strikes in range(1, 9)] == [1, 2, 4, 8, 16, 32, 60, 60]
