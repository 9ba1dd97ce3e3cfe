"""The circuit breaker: opens after so many failures in a row, rests, tries one call, and goes by that."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from workbench.engine.breaker import Change, Circuit, ask, changed, note
from workbench.models.platform import Breaker

RULE = Breaker()


def failed(times: int, at_ms: int = 0, rule: Breaker = RULE) -> Circuit:
    circuit = Circuit()
    for _ in range(times):
        circuit = note(circuit, rule, at_ms, taken=False)
    return circuit


def test_it_opens_after_five_failures_in_a_row() -> None:
    assert failed(4).state == "closed"
    assert failed(5).state == "open"
    assert note(note(failed(4), RULE, 0, taken=True), RULE, 0, taken=False).failures == 1


def test_an_open_one_calls_nobody_until_its_rest_is_over() -> None:
    circuit = failed(5, at_ms=1000)
    assert ask(circuit, RULE, 60_999) == (circuit, False)
    assert ask(circuit, RULE, 61_000)[1]


def test_a_half_open_one_lets_one_call_through_and_goes_by_it() -> None:
    half, free = ask(failed(5), RULE, 60_000)
    assert (half.state, free) == ("half_open", True)
    assert ask(half, RULE, 60_001)[1] is False
    assert note(half, RULE, 60_100, taken=True) == Circuit()
    again = note(half, RULE, 60_100, taken=False)
    assert (again.state, again.opened_ms) == ("open", 60_100)


def test_the_three_numbers_can_be_changed() -> None:
    rule = Breaker(ack_s=2, failures=2, rest_s=0.5)
    assert failed(2, rule=rule).state == "open"
    assert ask(failed(2, rule=rule), rule, 500)[1]


def test_a_call_from_before_it_opened_does_not_close_it() -> None:
    assert note(failed(5), RULE, 10, taken=True).state == "open"


def test_its_changes_are_told() -> None:
    assert changed(failed(4), failed(5), 7) == (Change(7, "open"),)
    assert changed(failed(3), failed(4), 7) == ()


@given(st.lists(st.tuples(st.integers(0, 30_000), st.booleans()), max_size=60))
def test_never_more_than_the_allowed_failures_reach_an_endpoint_within_one_rest(
    calls: list[tuple[int, bool]],
) -> None:
    circuit, now_ms = Circuit(), 0
    failures: list[int] = []
    for wait_ms, taken in calls:
        now_ms += wait_ms
        circuit, free = ask(circuit, RULE, now_ms)
        if free:
            circuit = note(circuit, RULE, now_ms, taken=taken)
            failures = [] if taken else [*failures, now_ms]
    for first, last in zip(failures, failures[RULE.failures :], strict=False):
        assert last - first >= RULE.rest_s * 1000
