"""Studio calls: another key is always another one, and only what holds several items can have a bad one."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.engine.sms import dialect, items_of, proof
from workbench.engine.studio_calls import Subject, Writing, _other, _with_bad_item, calls
from workbench.engine.studio_courses import courses, says_unheard_of, stops_of
from workbench.models.studio import StudioPlan, Subscribed
from workbench.providers import every

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
KEYS = [key for key, one in every().items() if one.sms is not None]
AT = Subscribed(
    "https://hub.example/sms/tok3n/delivery?a=1",
    "https://hub.example/sms/tok3n/inbound",
    {"auth_token": "f" * 32},
)


@given(st.text(max_size=20))
def test_another_key_is_another_one(secret: str) -> None:
    assert _other(secret) != secret


def test_what_holds_one_item_alone_gets_no_bad_one() -> None:
    assert len(_with_bad_item([1])) == 2
    assert len(_with_bad_item({"count": 1, "results": [1]})["results"]) == 2
    for tree in ({"id": "1"}, None, "text", 5):
        with pytest.raises(ValueError, match="one item alone"):
            _with_bad_item(tree)


@given(
    st.lists(st.integers(1, 9), min_size=1, max_size=5, unique=True), st.sampled_from(["in_order", "twice", "out_of_order"])
)  # fmt: skip
def test_every_delivery_is_reported_at_every_stop(numbers: list[int], how: str) -> None:
    for key in KEYS:
        provider = every()[key]
        course = courses(provider)[0]
        if how not in course.hows:
            continue
        plan = StudioPlan.model_validate({"account_id": "sms_1", "course": course.key, "how": how})
        subjects = [Subject(f"id-{number}", f"+1555010000{number}", "+15557122661") for number in numbers]
        made = calls(Writing(provider, AT, ("auth_token",), NOW), plan, course, subjects)
        told = [item for call in made for item in items_of(provider, call.callback)]
        stops = [stop.state for stop in stops_of(provider, course)]
        times = 2 if how == "twice" else 1
        assert len(told) == len(numbers) * len(stops) * times
        states = {getattr(item, "state", "") for item in told}
        assert states == set(stops)


def test_a_wrong_key_or_a_wrong_address_keeps_each_call_out() -> None:
    for key in KEYS:
        provider = every()[key]
        names = {name for credential in provider.credentials for name in credential.model_fields}
        values = dict.fromkeys(names, "MDEyMzQ1Njc4OWFiY2RlZg==") | {"topic": ""}
        at = Subscribed(AT.delivery, AT.inbound, values)
        plan = StudioPlan(account_id="sms_1", course="good", how="wrongly_signed")
        subject = Subject("id-1", "+15550100001", "+15557122661")
        for call in calls(Writing(provider, at, tuple(names), NOW), plan, courses(provider)[0], [subject]):
            kept_out = proof(provider, call.callback, values) is not None
            assert kept_out or "/tok3n/" not in call.callback.url, key


def test_an_unheard_of_word_is_offered_only_where_it_is_read_as_one() -> None:
    offered = {key for key in KEYS if "unknown_type" in courses(every()[key])[0].hows}
    assert offered == {
        key for key in KEYS if says_unheard_of(every()[key]) or dialect(every()[key]).write_handshake
    }
    assert "azure_communication_services" in offered
    plan = StudioPlan(account_id="sms_1", course="good", how="unknown_type")
    azure = every()["azure_communication_services"]
    (call,) = calls(
        Writing(azure, AT, (), NOW),
        plan,
        courses(azure)[0],
        [Subject("id-1", "+15550100001", "+15557122661")],
    )
    assert "NobodyHeardOfThis" in json.loads(call.callback.body)[0]["eventType"]
