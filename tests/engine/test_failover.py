"""Failover: whatever the providers do, nobody gets a text twice, and what may have arrived is never sent again."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.engine.failover import ATTEMPTS, LONGEST_WAIT_S, Side, fate_of, play, wait_before
from workbench.models.message import Taken
from workbench.models.message_draft import Fault
from workbench.models.request import Outcome, OutcomeKind
from workbench.providers import provider
from workbench.sentence import Sentence, say

NOW = datetime(2026, 1, 5, tzinfo=UTC)
FAULTS: tuple[Fault, ...] = get_args(Fault)
TWILIO, INFOBIP = provider("twilio"), provider("infobip")
NO = say("the recipient opted out.")


def sides(first: tuple[Fault, ...], second: tuple[Fault, ...] = ("accepted",)) -> tuple[Side, Side]:
    return Side("One", TWILIO, "+46701740699", first), Side("Two", INFOBIP, "Shop", second)


@given(
    first=st.lists(st.sampled_from(FAULTS), max_size=8),
    second=st.lists(st.sampled_from(FAULTS), max_size=8),
    against=st.sampled_from([None, NO]),
    arrives=st.booleans(),
    request_id=st.text("0123456789abcdef", min_size=1, max_size=8),
)
def test_no_sequence_of_failures_sends_twice(
    first: list[Fault], second: list[Fault], against: Sentence | None, arrives: bool, request_id: str
) -> None:
    run = play(sides(tuple(first), tuple(second)), against, request_id, NOW, arrives=arrives)
    assert run.arrived <= 1
    assert {step.request_id for step in run.steps} == {request_id}
    assert (
        run.arrived == {"sent": 1, "sent_by_secondary": 1, "not_sent": 0, "uncertain": int(arrives)}[run.end]
    )
    accounts = [step.account for step in run.steps]
    assert accounts == sorted(accounts)
    assert all(accounts.count(one) <= ATTEMPTS for one in ("One", "Two"))
    assert against is None or "Two" not in accounts
    unsure = [step.number for step in run.steps if step.outcome == "uncertain"]
    assert unsure in ([], [len(run.steps)]), "nothing follows an uncertain end"
    assert [step.next for step in run.steps[:-1]].count("stop") == 0
    assert run.steps[-1].next == "stop"


@pytest.mark.parametrize("fault", ["throttled", "server_error", "unreachable"])
def test_what_was_not_taken_goes_out_again_and_then_through_the_second_sender(fault: Fault) -> None:
    run = play(sides((fault,)), None, "r", NOW)
    assert [(step.account, step.next) for step in run.steps] == [
        ("One", "again"), ("One", "again"), ("One", "again"), ("One", "secondary"), ("Two", "stop"),
    ]  # fmt: skip
    assert run.end == "sent_by_secondary"
    assert run.arrived == 1
    waits = [step.waits_s for step in run.steps]
    assert 0.8 < waits[0] < waits[1] < waits[2] < 5
    assert waits[3:] == [0, 0]


@pytest.mark.parametrize("fault", ["not_sent", "refused"])
def test_a_refusal_is_not_repeated_by_the_same_sender(fault: Fault) -> None:
    run = play(sides((fault,)), None, "r", NOW)
    assert [step.account for step in run.steps] == ["One", "Two"]
    assert run.end == "sent_by_secondary"


@pytest.mark.parametrize("arrives", [True, False])
def test_an_uncertain_send_is_never_followed_by_another(arrives: bool) -> None:
    run = play(sides(("throttled", "uncertain", "accepted")), None, "r", NOW, arrives=arrives)
    assert [step.outcome for step in run.steps] == ["throttled", "uncertain"]
    assert run.end == "uncertain"
    assert run.arrived == int(arrives)
    assert "not sent again" in str(run.steps[-1].sentence)


def test_who_opted_out_at_the_provider_is_not_written_to_by_another() -> None:
    run = play(sides(("opted_out",)), None, "r", NOW)
    assert len(run.steps) == 1
    assert run.end == "not_sent"
    assert "opted out" in str(run.steps[0].sentence)


def test_a_second_sender_that_may_not_be_used_is_named_with_the_reason() -> None:
    run = play(sides(("refused",)), NO, "r", NOW)
    assert run.end == "not_sent"
    assert "the recipient opted out" in str(run.steps[-1].sentence)


def test_both_may_fail() -> None:
    run = play(sides(("server_error",), ("throttled",)), None, "r", NOW)
    assert run.end == "not_sent"
    assert run.arrived == 0
    assert len(run.steps) == 2 * ATTEMPTS


def outcome(kind: OutcomeKind, retry_after_s: float | None = None) -> Outcome:
    return Outcome(kind=kind, sentence=say("x"), retry_after_s=retry_after_s)


def test_only_what_was_surely_not_taken_is_repeated_at_most_three_times() -> None:
    for kind in get_args(OutcomeKind):
        again = kind in ("throttled", "server_error", "unreachable")
        assert (wait_before(outcome(kind), 1, "k") is not None) == again
        assert wait_before(outcome(kind), ATTEMPTS, "k") is None


def test_the_pause_that_a_provider_asks_for_is_kept_or_nothing_is_repeated() -> None:
    assert wait_before(outcome("throttled", 12), 1, "k") == 12
    assert wait_before(outcome("throttled", LONGEST_WAIT_S + 1), 1, "k") is None


def test_what_is_known_of_a_text() -> None:
    dialect = TWILIO.sms
    assert dialect is not None
    stop = next(code for code, word in dialect.errors.items() if word.opted_out)
    no = Taken(to="+46701740605", accepted=False, state="rejected")
    assert fate_of(dialect, outcome("accepted"), [no.model_copy(update={"accepted": True})]) == "taken"
    assert fate_of(dialect, outcome("accepted"), [no]) == "not_taken"
    assert fate_of(dialect, outcome("refused"), [no.model_copy(update={"code": stop})]) == "opted_out"
    assert fate_of(dialect, outcome("check_body"), [no.model_copy(update={"state": "unknown"})]) == "unknown"
    assert fate_of(dialect, outcome("uncertain"), [no]) == "unknown"
    assert fate_of(dialect, outcome("accepted"), []) == "unknown"
