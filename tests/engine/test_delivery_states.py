"""The state machine of deliveries: forward only, and the same end in whatever order and however often reports come (R-SMS-17)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.engine.delivery_states import (
    FAILED,
    ORDER,
    STATE_WORDS,
    Evidence,
    heard,
    moved,
    said_of,
    state_of,
)
from workbench.models.callback import DeliveryReport
from workbench.models.message import FINAL, STATES, DeliveryState
from workbench.sentence import say

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)

reports = st.builds(
    DeliveryReport,
    provider_id=st.just("SM1"),
    state=st.sampled_from(STATES),
    raw_state=st.sampled_from(["", "a", "b"]),
    code=st.sampled_from(["", "1", "2"]),
    words=st.sampled_from(["", "x"]),
    part=st.sampled_from(["", "0", "1", "2"]),
    price=st.sampled_from(["", "0.01", "0.02"]),
    at=st.one_of(st.none(), st.integers(0, 5).map(lambda s: NOON + timedelta(seconds=s))),
)


def report(state: DeliveryState, **more: object) -> DeliveryReport:
    return DeliveryReport.model_validate({"provider_id": "SM1", "state": state, **more})


def after(*told: DeliveryReport, segments: int = 1, start: DeliveryState | None = "accepted") -> Evidence:
    evidence = Evidence(whole=start)
    for one in told:
        evidence = heard(evidence, one, segments=segments).evidence
    return evidence


def told_and_shuffled(
    told: list[DeliveryReport],
) -> st.SearchStrategy[tuple[list[DeliveryReport], list[DeliveryReport]]]:
    return st.tuples(st.just(told), st.permutations(told * 2))


@given(st.lists(reports, max_size=6).flatmap(told_and_shuffled), st.integers(1, 3))
def test_any_order_and_any_repetition_end_the_same(
    case: tuple[list[DeliveryReport], list[DeliveryReport]], segments: int
) -> None:
    told, shuffled = case
    one, other = after(*told, segments=segments), after(*shuffled, segments=segments)
    assert one == other
    state = state_of(one, segments)
    assert said_of(one, state) == said_of(other, state)


@given(st.lists(reports, max_size=8), st.integers(1, 3))
def test_a_delivery_only_goes_forward(told: list[DeliveryReport], segments: int) -> None:
    evidence = Evidence(whole="accepted")
    states = [state_of(evidence, segments)]
    for one in told:
        step = heard(evidence, one, segments=segments)
        assert step.state == state_of(step.evidence, segments)
        evidence = step.evidence
        states.append(step.state)
    assert all(ORDER.index(later) >= ORDER.index(earlier) for earlier, later in pairwise(states))


@pytest.mark.parametrize("state", ["delivered", "read"])
@pytest.mark.parametrize("late", [one for one in STATES if one not in ("delivered", "read")])
def test_what_was_delivered_stays_delivered(state: DeliveryState, late: DeliveryState) -> None:
    assert moved(state, report(late)) == (state, True)


def test_delivered_becomes_read_and_not_the_other_way() -> None:
    assert moved("delivered", report("read")) == ("read", False)
    assert moved("read", report("delivered")) == ("read", True)


@pytest.mark.parametrize("end", sorted(FINAL))
@pytest.mark.parametrize("late", ["accepted", "scheduled", "queued", "sending", "sent", "unknown"])
def test_an_end_is_not_taken_back_by_what_is_under_way(end: DeliveryState, late: DeliveryState) -> None:
    assert moved(end, report(late)) == (end, True)


def test_the_same_report_again_is_not_late_and_changes_nothing() -> None:
    once = heard(Evidence(whole="queued"), report("sent", code="7"))
    again = heard(once.evidence, report("sent", code="7"))
    assert (again.evidence, again.state, again.late) == (once.evidence, "sent", False)


def test_an_inbound_word_says_nothing_of_a_text_that_went_out() -> None:
    assert heard(Evidence(whole="sent"), report("received")) == (Evidence(whole="sent"), "sent", True)


def test_without_any_word_the_state_is_unknown_and_any_report_tells_more() -> None:
    assert state_of(Evidence()) == "unknown"
    assert heard(Evidence(), report("queued")).state == "queued"


def test_an_unknown_end_is_no_delivery_and_gives_way_to_a_known_end() -> None:
    evidence = after(report("sent"), report("unknown", raw_state="29"))
    assert state_of(evidence) == "unknown"
    assert heard(evidence, report("sent")).late
    assert heard(evidence, report("undelivered")).state == "undelivered"


# -- long messages -----------------------------------------------------------------------------------------------------


def test_a_long_message_is_delivered_when_all_its_parts_are() -> None:
    evidence = after(report("delivered", part="0"), segments=2)
    assert state_of(evidence, 2) == "sent"
    evidence = after(report("delivered", part="0"), report("delivered", part="0"), segments=2)
    assert state_of(evidence, 2) == "sent"
    evidence = after(report("delivered", part="0"), report("delivered", part="1"), segments=2)
    assert state_of(evidence, 2) == "delivered"
    evidence = after(report("read", part="0"), report("delivered", part="1"), segments=2)
    assert state_of(evidence, 2) == "delivered"


def test_a_part_that_failed_fails_the_message_until_all_of_it_arrives() -> None:
    told = [report("delivered", part="0"), report("undelivered", part="1")]
    assert state_of(after(*told, segments=2), 2) == "undelivered"
    assert state_of(after(*told, report("delivered", part="1"), segments=2), 2) == "delivered"


def test_a_part_is_late_by_its_own_state() -> None:
    evidence = after(report("delivered", part="0"), segments=2)
    assert heard(evidence, report("sent", part="0"), segments=2).late
    assert not heard(evidence, report("sent", part="1"), segments=2).late


# -- words -------------------------------------------------------------------------------------------------------------


def test_the_words_are_those_of_the_state_and_the_later_ones_of_two() -> None:
    evidence = after(
        report("failed", code="30005", words="Unknown", at=NOON),
        report("failed", code="30003", words="Unreachable", at=NOON + timedelta(seconds=1)),
        report("sent", words="on its way", at=NOON + timedelta(hours=1)),
    )
    said = said_of(evidence, state_of(evidence))
    assert (said.code, said.words) == ("30003", "Unreachable")


def test_a_reason_stays_with_the_failure_it_is_of() -> None:
    evidence = heard(Evidence(), report("failed", code="1"), reason=say("Switched off.")).evidence
    assert said_of(evidence, "failed").reason == say("Switched off.")
    delivered = heard(evidence, report("delivered"), reason=say("Never shown.")).evidence
    assert said_of(delivered, "delivered").reason is None


def test_the_price_is_kept_whichever_report_told_it() -> None:
    told = [report("sent", price="0.05", currency="EUR"), report("delivered")]
    assert said_of(after(*told), "delivered").price == "0.05"
    assert said_of(after(*told), "delivered").currency == "EUR"


@given(st.lists(st.sampled_from([None, NOON, NOON.replace(tzinfo=None)]), min_size=2, max_size=4))
def test_times_with_and_without_a_zone_are_compared(times: list[datetime | None]) -> None:
    told = [report("sent", at=at, code=str(n)) for n, at in enumerate(times)]
    assert after(*told) == after(*reversed(told))


def test_every_state_has_a_word() -> None:
    assert set(STATE_WORDS) == set(STATES)
    assert set(ORDER) == set(STATES) - {"received"}
    assert FINAL - {"delivered", "read"} == FAILED
