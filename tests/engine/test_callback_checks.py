"""Which handshakes are answered (R-SMS-13), and which calls are too old to be new (R-SMS-39)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from workbench.engine.callback_checks import AHEAD, REPLAY_WINDOW, handshake_problem, is_old, is_stale
from workbench.models.callback import CallbackItem, DeliveryReport, Handshake, InboundMessage, OtherEvent
from workbench.sentence import say

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
TOPIC = "/subscriptions/s/Topic"


def asked(**given: Any) -> Handshake:
    fields = {"code": "c", "topic": TOPIC, "at": NOW, "answer": {"validationResponse": "c"}}
    return Handshake.model_validate({**fields, **given})


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"at": None},
        {"at": NOW - timedelta(seconds=30)},
        {"at": NOW.replace(tzinfo=None)},
        {"at": NOW + AHEAD},
        {"topic": "/SUBSCRIPTIONS/s/topic/"},
        {"answer": None, "topic": "", "headers": (("WebHook-Allowed-Origin", "x"),)},
    ],
)
def test_a_right_handshake_is_answered(given: dict[str, Any]) -> None:
    assert handshake_problem([asked(**given)], TOPIC, NOW) is None


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"at": NOW - timedelta(seconds=31)}, "not of this moment"),
        ({"at": NOW + AHEAD + timedelta(seconds=1)}, "not of this moment"),
        ({"topic": "/subscriptions/other"}, "another topic"),
        ({"topic": ""}, "another topic"),
        ({"code": ""}, "no code"),
        ({"answer": None}, "no code"),
        ({"code": "c" * 201}, "longer"),
        ({"problem": say("Its own reason.")}, "Its own reason"),
    ],
)
def test_a_wrong_handshake_says_why(given: dict[str, Any], words: str) -> None:
    problem = handshake_problem([asked(**given)], TOPIC, NOW)
    assert problem is not None
    assert words in str(problem)


def test_where_no_topic_is_known_any_is_answered_and_one_alone() -> None:
    assert handshake_problem([asked(topic="x")], "", NOW) is None
    assert handshake_problem([asked(), OtherEvent()], "", NOW) is not None
    assert handshake_problem([OtherEvent()], "", NOW) is not None


def test_a_handshake_may_name_the_subscription_that_the_topic_lies_in() -> None:
    topic = "/subscriptions/one/resourceGroups/g/providers/Microsoft.Communication/CommunicationServices/n"
    assert handshake_problem([asked(topic="/subscriptions/one")], topic, NOW) is None
    for told in (
        "/subscriptions/on",
        "/subscriptions/two",
        "/subscriptions",
        "",
        "/subscriptions/one/resourceGroups",
    ):
        assert handshake_problem([asked(topic=told)], topic, NOW) is not None, told


def report(at: datetime | None) -> DeliveryReport:
    return DeliveryReport(provider_id="1", state="sent", at=at)


def test_a_call_is_old_when_all_that_it_tells_is() -> None:
    old, new = NOW - REPLAY_WINDOW - timedelta(seconds=1), NOW - REPLAY_WINDOW
    inbound = InboundMessage(provider_id="1", sender="1", to="2", body="", at=old)
    cases: list[tuple[list[CallbackItem], bool]] = [
        ([report(old)], True), ([report(old), inbound], True), ([report(old.replace(tzinfo=None))], True),
        ([report(old), report(new)], False), ([report(old), report(None)], False), ([report(None)], False),
        ([report(old), OtherEvent()], False), ([], False),
    ]  # fmt: skip
    assert [is_stale(items, NOW) for items, _ in cases] == [stale for _, stale in cases]
    assert (is_old(old, NOW), is_old(new, NOW)) == (True, False)
