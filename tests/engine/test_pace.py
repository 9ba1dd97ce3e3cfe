"""No window is ever over its limit, whatever happens, and hardly anything of it is left unused."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field, replace

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.engine.pace import (
    LONGEST_HOLD_S,
    MOST_HOLD_S,
    PROBE_S,
    TAKEN,
    Learned,
    State,
    dump,
    give_back,
    grant,
    hold,
    is_free,
    learn,
    load,
    resting_until,
    with_rates,
)
from workbench.engine.windows import PARTS, SMOOTH_LEAST, fitted, tighter
from workbench.models.pace import Rate

THROTTLED = Learned(throttled=True)


def rate(limit: int, per_s: float = 1.0) -> Rate:
    return Rate(limit=limit, per_s=per_s)


def paced(*rates: Rate, origin: str = "provider") -> State:
    return with_rates(State(), 0.0, rates, origin)


def most_in_any(calls: list[tuple[float, int]], per_s: float) -> int:
    """The most calls in any half-open window of this length; the fullest ends at a call."""
    most = lately = first = 0
    for at, count in calls:
        lately += count
        while calls[first][0] <= at - per_s:
            lately -= calls[first][1]
            first += 1
        most = max(most, lately)
    return most


@dataclass
class Caller:
    """Somebody who calls as fast as he may, with a clock of his own beside the true time."""

    state: State
    true_s: float = 0.0
    off_s: float = 0.0
    calls: list[tuple[float, int]] = field(default_factory=list)  # by true time
    stamps: list[tuple[float, int, int]] = field(
        default_factory=list
    )  # clock's time, permits, place in calls

    @property
    def now_s(self) -> float:
        return self.true_s + self.off_s

    def take(self, wanted: int) -> float:
        given = grant(self.state, self.now_s, wanted)
        self.state = given.state
        assert 0 <= given.granted <= wanted
        assert (given.wait_s > 0) == (given.granted < wanted)
        if given.granted:
            self.stamps.append((self.now_s, given.granted, len(self.calls)))
            self.calls.append((self.true_s, given.granted))
        return given.wait_s

    def give_back(self, which: int, count: int) -> None:
        if not self.stamps:
            return
        stamp_s, held, place = self.stamps.pop(which % len(self.stamps))
        count = min(count, held)
        self.state = give_back(self.state, self.now_s, count, stamp_s)
        at, called = self.calls[place]
        self.calls[place] = (at, called - count)

    def restart(self, clock_s: float | None) -> None:
        """Begin again from the disk; after the machine's own restart its clock starts anew."""
        self.state = load(dump(self.state))
        if clock_s is not None and clock_s < self.now_s:
            self.off_s = clock_s - self.true_s
            self.stamps.clear()  # who held permits is gone


seconds = st.one_of(
    st.floats(0, 3), st.floats(0, 200), st.sampled_from([0.0, 0.1, 1.0, 1.02, 6.0, 60.0, 61.2])
)
steps = st.one_of(
    st.tuples(st.just("take"), st.integers(1, 300)),
    st.tuples(st.just("wait"), seconds),
    st.tuples(st.just("until free"), st.integers(1, 300)),
    st.tuples(st.just("give back"), st.tuples(st.integers(0, 50), st.integers(1, 300))),
    st.tuples(st.just("restart"), st.one_of(st.none(), st.floats(0, 100))),
    st.tuples(st.just("hold"), seconds),
    st.tuples(st.just("refused"), st.one_of(st.none(), seconds)),
    st.tuples(st.just("taken"), st.none()),
    st.tuples(st.just("left"), st.tuples(st.integers(0, 100), seconds)),
)
rates = st.builds(rate, st.integers(1, 500), st.sampled_from([0.1, 0.7, 1.0, 5.0, 10.0, 60.0, 100.0]))


def play(caller: Caller, moves: list[tuple[str, object]]) -> None:
    for name, value in moves:
        match name, value:
            case "take", int(wanted):
                caller.take(wanted)
            case "wait", float(passed):
                caller.true_s += passed
            case "until free", int(wanted):
                caller.true_s += min(caller.take(wanted), 1000.0)
                caller.take(wanted)
            case "give back", (int(which), int(count)):
                caller.give_back(which, count)
            case "restart", clock_s:
                caller.restart(clock_s)  # type: ignore[arg-type]
            case "hold", float(for_s):
                caller.state = hold(caller.state, caller.now_s, caller.now_s + for_s)
            case "refused", hold_s:
                caller.state = learn(caller.state, caller.now_s, Learned(throttled=True, hold_s=hold_s))  # type: ignore[arg-type]
            case "taken", _:
                caller.state = learn(caller.state, caller.now_s, TAKEN)
            case "left", (int(remaining), float(reset_s)):
                caller.state = learn(
                    caller.state, caller.now_s, Learned(taken=True, remaining=remaining, reset_s=reset_s)
                )


@given(st.lists(rates, min_size=1, max_size=4), st.lists(steps, max_size=60))
def test_no_window_ever_holds_more_than_its_limit(
    windows: list[Rate], moves: list[tuple[str, object]]
) -> None:
    caller = Caller(paced(*windows))
    play(caller, moves)
    for window in windows:
        assert most_in_any(caller.calls, window.per_s) <= window.limit


@given(
    st.lists(rates, min_size=1, max_size=3),
    st.lists(steps, max_size=30),
    st.lists(rates, min_size=1, max_size=3),
    st.lists(steps, max_size=30),
)
def test_windows_that_are_set_anew_know_what_was_granted(
    before: list[Rate], moves: list[tuple[str, object]], after: list[Rate], more: list[tuple[str, object]]
) -> None:
    caller = Caller(paced(*before))
    play(caller, moves)
    first_new, set_s = len(caller.calls), caller.true_s
    caller.state = with_rates(caller.state, caller.now_s, after, "person")
    play(caller, more)
    known_from_s = set_s - max(window.per_s for window in before)  # nothing remembers longer than that
    known = [call for call in caller.calls if call[0] > known_from_s]
    for window in after:
        for at, count in caller.calls[first_new:]:
            lately = sum(called for when, called in known if at - window.per_s < when <= at)
            assert not count or lately <= window.limit


@given(st.lists(rates, min_size=1, max_size=4), st.lists(steps, max_size=40))
def test_a_state_is_the_same_after_the_disk_and_stays_small(
    windows: list[Rate], moves: list[tuple[str, object]]
) -> None:
    caller = Caller(paced(*windows))
    play(caller, moves)
    assert load(dump(caller.state)) == caller.state
    assert all(len(window.segments) <= PARTS + 2 for window in caller.state.windows)


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"windows": 3}', "null"])
def test_what_is_no_state_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        load(text)


def run(
    state: State, for_s: float, *, callers: int = 1, late_s: float = 0.0, wanted: int = 64
) -> list[tuple[float, int]]:
    """What callers get who ask again as soon as they are told, or somewhat later."""
    late = itertools.cycle([late_s * part / 7 for part in (3, 1, 6, 0, 5, 2, 7, 4)])
    due = [0.0] * callers
    calls = []
    while (now_s := min(due)) < for_s:
        given = grant(state, now_s, wanted)
        state = given.state
        if given.granted:
            calls.append((now_s, given.granted))
        due[due.index(now_s)] = now_s + (given.wait_s or 1e-6) + next(late)
    return calls


@pytest.mark.parametrize(
    "windows",
    [
        [rate(1)],
        [rate(10)],
        [rate(14)],
        [rate(1000)],
        [rate(3, 0.1)],
        [rate(37, 10)],
        [rate(11, 10)],
        [rate(100, 60)],
        [rate(1000, 60)],
        [rate(50_000, 60)],
        [rate(5000, 3600)],
        [rate(50, 86_400)],
        [rate(10), rate(600, 60)],
        [rate(10), rate(1000, 120)],
        [rate(100), rate(1000, 60), rate(30_000, 3600)],
    ],
    ids=lambda windows: " and ".join(f"{window.limit} in {window.per_s:g} s" for window in windows),
)
@pytest.mark.parametrize(("callers", "late_s"), [(1, 0.0), (8, 0.004)])
def test_at_least_95_percent_are_used(windows: list[Rate], callers: int, late_s: float) -> None:
    for_s = 12 * max(window.per_s for window in windows)
    late_s = min(late_s, min(window.per_s for window in windows) / 250)
    calls = run(paced(*windows), for_s, callers=callers, late_s=late_s)
    ideal = min(window.limit * for_s / window.per_s for window in windows)
    assert sum(count for _, count in calls) >= 0.95 * ideal
    for window in windows:
        assert most_in_any(calls, window.per_s) <= window.limit


def test_one_at_a_time_and_irregular_callers_use_as_much() -> None:
    calls = run(paced(rate(200, 20)), 240, callers=5, late_s=0.05, wanted=1)
    assert sum(count for _, count in calls) >= 0.95 * 200 * 12


def test_a_minutes_calls_are_spread_and_a_few_rows_go_at_once() -> None:
    calls = run(paced(rate(1000, 60)), 60)
    assert most_in_any(calls, 6.0) == 100
    assert run(paced(rate(60, 60)), 1.0) == [(0.0, SMOOTH_LEAST)]
    assert run(paced(rate(12, 5)), 1.0) == [(0.0, 12)]


def test_the_quota_of_a_day_can_be_used_within_a_minute() -> None:
    assert sum(count for _, count in run(paced(rate(5000, 86_400)), 61)) == 5000


def test_a_grant_says_when_the_next_is_free() -> None:
    given = grant(paced(rate(5)), 100.0, 8)
    assert given.granted == 5
    assert given.wait_s == pytest.approx(1.02)
    assert grant(given.state, 100.0 + given.wait_s - 0.01, 1).granted == 0
    assert grant(given.state, 100.0 + given.wait_s, 8).granted == 5


def test_permits_that_were_not_used_go_to_the_next() -> None:
    state = grant(paced(rate(5)), 100.0, 5).state
    state = give_back(state, 100.1, 3, 100.0)
    assert grant(state, 100.1, 8).granted == 3


def test_what_ran_out_cannot_be_given_back() -> None:
    state = grant(paced(rate(5)), 100.0, 5).state
    state = grant(state, 102.0, 5).state
    assert grant(give_back(state, 102.1, 5, 100.0), 102.1, 5).granted == 0


def test_what_was_granted_before_the_window_was_kept_cannot_be_given_back() -> None:
    state = grant(paced(rate(5, 60)), 100.0, 5).state
    state = with_rates(with_rates(state, 101.0, (), "person"), 102.0, (rate(5, 60),), "person")
    state = grant(state, 103.0, 5).state
    assert grant(give_back(state, 104.0, 5, 100.0), 104.0, 5).granted == 0


def test_a_clock_that_starts_anew_costs_one_window_at_most() -> None:
    state = grant(paced(rate(100, 60)), 1e6, 100).state
    state = load(dump(hold(state, 1e6, 1e6 + 30)))
    again = grant(state, 5.0, 100)
    assert again.granted == 0
    assert 25 < again.wait_s <= 62


def test_an_account_is_free_until_something_is_known() -> None:
    assert is_free(State(), 0.0)
    assert grant(State(), 5.0, 1000).granted == 1000
    assert not is_free(paced(rate(5)), 5.0)
    held = hold(State(), 5.0, 8.0)
    assert not is_free(held, 7.9)
    assert is_free(held, 8.0)


def test_a_hold_holds_and_a_shorter_one_does_not_end_it() -> None:
    state = hold(hold(State(), 0.0, 30.0), 0.0, 10.0)
    assert grant(state, 10.0, 4) == grant(state, 10.0, 1).__class__(0, 20.0, state)
    assert resting_until(state, 10.0) == 30.0
    assert resting_until(state, 30.0) is None
    assert hold(State(), 0.0, 1e9).held_until_s == LONGEST_HOLD_S


# -- answers -----------------------------------------------------------------------------------------------------------


def test_a_refusal_with_a_time_costs_one_call_when_the_time_was_too_short() -> None:
    state = grant(State(), 0.0, 64).state
    for _ in range(64):  # all that were under way
        state = learn(state, 0.1, Learned(throttled=True, hold_s=5.0))
    asked, now_s = 0, 0.2
    for _ in range(3):
        given = grant(state, now_s, 64)
        assert given.granted == 0
        now_s += given.wait_s
        given = grant(state, now_s, 64)
        asked += given.granted
        assert grant(given.state, now_s, 64).granted == 0  # nobody else asks meanwhile
        state = learn(given.state, now_s, Learned(throttled=True, hold_s=5.0))
    assert asked == 3
    assert now_s == pytest.approx(15.1)


def test_refusals_without_a_time_hold_longer_and_longer_until_one_is_taken() -> None:
    state, now_s, rests = State(), 0.0, []
    for _ in range(9):
        for _ in range(64):
            state = learn(state, now_s, THROTTLED)
        rests.append(grant(state, now_s, 64).wait_s)
        now_s += rests[-1]
        given = grant(state, now_s, 64)
        assert given.granted == 1
        state = given.state
    assert rests == pytest.approx([1, 2, 4, 8, 16, 32, 60, 60, 60])
    state = learn(state, now_s, TAKEN)
    assert grant(state, now_s, 64).granted == 64
    assert grant(learn(state, now_s, THROTTLED), now_s, 1).wait_s == pytest.approx(1.0)


def test_what_was_taken_before_the_refusal_does_not_end_the_rest() -> None:
    state = learn(State(), 10.0, Learned(throttled=True, hold_s=5.0))
    assert learn(state, 11.0, TAKEN) is state


def test_a_call_that_never_answers_does_not_hold_the_account_forever() -> None:
    state = grant(learn(State(), 0.0, THROTTLED), 1.0, 64).state
    assert grant(state, 1.1, 64).wait_s == pytest.approx(PROBE_S - 0.1)
    assert grant(state, 1.0 + PROBE_S, 64).granted == 1


def test_a_call_that_was_not_made_after_all_lets_another_find_out() -> None:
    state = grant(learn(State(), 0.0, THROTTLED), 1.0, 64).state
    assert grant(give_back(state, 1.1, 1, 1.0), 1.1, 64).granted == 1


def test_a_refusal_without_sense_rests_all_the_same() -> None:
    assert grant(learn(State(), 0.0, Learned(throttled=True, hold_s=0.0)), 0.0, 1).wait_s == pytest.approx(
        1.0
    )
    assert learn(State(), 0.0, Learned(throttled=True, hold_s=1e12)).held_until_s == LONGEST_HOLD_S
    many = State(refusals=10_000)
    assert learn(many, 0.0, THROTTLED).held_until_s == MOST_HOLD_S


def test_what_the_provider_says_is_left_goes_and_no_more_until_its_reset() -> None:
    state = learn(paced(rate(100, 60)), 0.0, Learned(taken=True, remaining=3, reset_s=20.0))
    given = grant(state, 0.0, 10)
    assert (given.granted, given.wait_s) == (3, pytest.approx(20.0))
    assert resting_until(given.state, 1.0) == 20.0
    assert learn(given.state, 1.0, Learned(taken=True, remaining=2, reset_s=19.0)) is given.state
    assert grant(given.state, 20.0, 5).granted == 5


def test_what_was_given_back_is_left_again() -> None:
    """A job with few due rows takes many permits each second and gives nearly all of them back."""
    state = learn(paced(rate(1000, 60)), 0.0, Learned(taken=True, remaining=90, reset_s=60.0))
    for second in range(1, 40):
        given = grant(state, float(second), 8)
        assert given.granted == 8, second
        state = give_back(given.state, second + 0.01, 7, float(second))
    assert state.left == 90 - 39


def test_what_was_given_back_is_not_left_where_the_provider_counted_since() -> None:
    taken = grant(paced(rate(1000, 60)), 0.1, 10).state
    counted = learn(taken, 0.1, Learned(taken=True, remaining=3, reset_s=20.0))
    assert give_back(counted, 0.2, 10, 0.1).left == 3, "it counted without the calls that were not made"
    later = grant(counted, 0.3, 3).state
    assert give_back(later, 20.2, 3, 0.3).left == 0, "it begins to count anew by then"
    at_once = grant(learn(paced(rate(100, 60)), 5.0, Learned(taken=True, remaining=3, reset_s=20.0)), 5.1, 3)
    assert give_back(at_once.state, 5.2, 2, 5.1).left == 2


def test_what_an_older_version_kept_is_read() -> None:
    state = learn(paced(rate(100, 60)), 7.0, Learned(taken=True, remaining=3, reset_s=20.0))
    kept = orjson.loads(dump(state))
    del kept["left_at_s"]
    assert load(orjson.dumps(kept).decode()) == replace(state, left_at_s=0.0)


@given(st.lists(rates, max_size=2), st.lists(steps, max_size=60))
def test_no_more_goes_than_the_provider_said_is_left(
    windows: list[Rate], moves: list[tuple[str, object]]
) -> None:
    caller, told = Caller(paced(*windows)), list[tuple[int, int, float]]()
    for name, value in moves:
        before = caller.state
        play(caller, [(name, value)])
        now = caller.state
        if name == "left" and (now.left, now.left_until_s) != (before.left, before.left_until_s):
            until_s = now.left_until_s - caller.off_s  # what it says last ends what it said before
            told = [(first, count, min(ends_s, until_s)) for first, count, ends_s in told]
            told.append((len(caller.calls), now.left, until_s))
    for first, remaining, until_s in told:
        went = sum(count for at, count in caller.calls[first:] if at < until_s)
        assert went <= remaining


def test_zero_left_holds_until_the_reset() -> None:
    state = learn(State(), 0.0, Learned(taken=True, remaining=0, reset_s=7.5))
    assert grant(state, 0.0, 64).wait_s == pytest.approx(7.5)
    assert is_free(state, 7.5)


def test_answers_set_windows_where_there_are_none_and_tighten_those_that_are() -> None:
    stated = Learned(taken=True, rates=(rate(100, 60), rate(5, 1)))
    assert learn(State(), 0.0, stated).effective == (rate(100, 60), rate(5, 1))
    assert learn(paced(rate(10, 1)), 0.0, stated).stated == (rate(100, 60), rate(5, 1))
    assert learn(paced(rate(4, 1)), 0.0, stated).stated == (rate(100, 60),)
    loose = paced(rate(1, 1), origin="person")
    assert learn(loose, 0.0, stated) is loose


def test_an_answer_may_loosen_what_answers_tightened_and_no_more() -> None:
    state = learn(paced(rate(100, 60)), 0.0, Learned(taken=True, rates=(rate(10, 60),)))
    state = grant(state, 0.0, 20).state
    state = learn(state, 1.0, Learned(taken=True, rates=(rate(1000, 60),)))
    assert state.effective == (rate(100, 60),)
    assert state.windows[0].used == 10


def test_a_limit_without_a_window_is_of_the_only_one_the_provider_has() -> None:
    limit = Learned(taken=True, limit=50)
    assert learn(paced(rate(100, 60)), 0.0, limit).stated == (rate(50, 60),)
    assert learn(paced(rate(20, 60)), 0.0, limit).stated == ()
    assert learn(State(), 0.0, limit).stated == ()
    assert learn(paced(rate(100, 60), origin="person"), 0.0, limit).stated == ()
    assert learn(paced(rate(100, 60), rate(1000, 3600)), 0.0, limit).stated == ()


def test_a_persons_windows_end_what_answers_named() -> None:
    state = learn(paced(rate(100, 60)), 0.0, Learned(taken=True, rates=(rate(10, 60),)))
    assert with_rates(state, 0.0, (rate(100, 60),), "provider").stated == (rate(10, 60),)
    assert with_rates(state, 0.0, (rate(100, 60),), "person").stated == ()


@given(st.lists(rates, max_size=4), st.lists(rates, max_size=4))
def test_only_what_forbids_something_is_tighter(named: list[Rate], than: list[Rate]) -> None:
    for one in named:
        calls = run(paced(*than), 2 * one.per_s) if than and one not in tighter([one], tuple(than)) else []
        assert most_in_any(calls, one.per_s) <= one.limit


def test_windows_are_filled_from_the_one_that_knows_best() -> None:
    old = grant(paced(rate(50, 2), rate(500, 60)), 10.0, 20).state.windows
    assert [window.used for window in fitted(old, (rate(50, 1), rate(50, 30), rate(50, 600)), 11.01)][:3] == [
        20,
        20,
        20,
    ]
    assert [window.used for window in fitted(old, (rate(50, 1), rate(50, 30)), 11.03)][:2] == [0, 20]
