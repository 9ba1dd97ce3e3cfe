"""A day of single calls on a virtual clock: the limit is used up and never broken, however many workers share it (R-SYNC-16)."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.engine.sync_day import Counting, play_day
from workbench.models.pace import Rate

HOUR_S = 3_600.0


@pytest.mark.parametrize("workers", [1, 3, 8])
def test_the_limit_is_used_up_and_never_broken(workers: int) -> None:
    day = play_day(1_000_000, workers=workers, seconds=HOUR_S)
    assert day.share >= 0.95
    assert (day.refused, day.most, day.allowed) == (0, 100, 6_000)
    assert sum(day.hours) == day.done


@pytest.mark.parametrize("counting", ["sliding", "minutes"])
def test_a_tighter_limit_is_learned_from_the_answers(counting: Counting) -> None:
    truly = Rate(limit=60, per_s=60.0)
    told = play_day(100_000, workers=4, truly=truly, seconds=HOUR_S, counting=counting)
    silent = play_day(100_000, workers=4, truly=truly, seconds=HOUR_S, counting=counting, tells=False)
    assert told.share >= 0.95
    assert told.refused < 5 < silent.refused
    assert silent.most == told.most == 60


def test_when_all_is_done_the_day_is_over() -> None:
    day = play_day(250, workers=2, call_s=0.1)
    assert (day.done, day.rows) == (250, 250)
    assert 120 < day.seconds < 150


def test_nothing_to_do_takes_no_time() -> None:
    day = play_day(0)
    assert (day.done, day.seconds, day.share) == (0, 0.0, 1.0)


def test_the_same_seed_plays_the_same_day() -> None:
    assert play_day(500, workers=3, seed=1) == play_day(500, workers=3, seed=1)
    assert play_day(500, workers=3, seed=1).seconds != play_day(500, workers=3, seed=2).seconds


@given(
    st.integers(1, 400), st.integers(1, 8), st.integers(1, 16), st.integers(5, 200), st.integers(5, 200),
    st.sampled_from(["sliding", "minutes"]), st.booleans(), st.floats(0.01, 20),
)  # fmt: skip
@settings(max_examples=40, deadline=None)
def test_every_row_is_done_once_and_the_platforms_limit_holds(
    rows: int,
    workers: int,
    at_once: int,
    limit: int,
    truly: int,
    counting: Counting,
    tells: bool,
    call_s: float,
) -> None:
    day = play_day(
        rows, workers=workers, at_once=at_once, rate=Rate(limit=limit, per_s=60.0), truly=Rate(limit=truly, per_s=60.0),
        counting=counting, tells=tells, call_s=call_s,
    )  # fmt: skip
    assert day.done == rows
    assert day.most <= truly
