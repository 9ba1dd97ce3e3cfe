"""Consent: every cell of the table, what a STOP reaches, what a START gives back, and a state that any replay gives again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.engine.consent import TABLE, Standing, as_of, decide, fold, in_order
from workbench.engine.consent_profiles import (
    DEFAULT_PROFILE,
    asked_of,
    check_point,
    check_profile,
    enforcement_of,
    point_key,
)
from workbench.engine.keywords import DEFAULT_SETTINGS
from workbench.errors import Refused
from workbench.models.consent import (
    ComplianceProfile,
    ConsentAsk,
    ConsentChannel,
    ConsentEvent,
    ConsentStatus,
    Enforcement,
    Purpose,
    PurposeKind,
    StopScope,
    Topic,
)

T0 = datetime(2026, 3, 1, 9, tzinfo=UTC)
A, B = "+15550001111", "+15550002222"
STRICT = DEFAULT_SETTINGS.model_copy(update={"strict_2023": True})
STATUSES: tuple[ConsentStatus, ...] = get_args(ConsentStatus)
CHANNELS: tuple[ConsentChannel, ...] = get_args(ConsentChannel)


def event(after_s: float = 0, **fields: Any) -> ConsentEvent:
    """Return an event of so many seconds after the beginning."""
    at = T0 + timedelta(seconds=after_s)
    given = {
        "id": f"con_{after_s:09.3f}", "at": at, "point": "+46***67", "status": "opted_in", "purpose": "commercial", "source": "form",
    }  # fmt: skip
    return ConsentEvent.model_validate({**given, **fields})


def stop(after_s: float, to: str = A, scope: StopScope = "commercial", **fields: Any) -> ConsentEvent:
    sender = to if scope == "sender" else ""
    purpose = "commercial" if scope == "purpose" else ""
    texted = {
        "status": "opted_out",
        "word": "stop",
        "to": to,
        "scope": scope,
        "sender": sender,
        "purpose": purpose,
        "source": "inbound",
    }
    return event(after_s, **{**texted, **fields})


def start(after_s: float, to: str = A, **fields: Any) -> ConsentEvent:
    return event(
        after_s,
        **{"word": "start", "to": to, "scope": "commercial", "purpose": "", "source": "inbound", **fields},
    )


def profile_with(
    enforcement: Enforcement, topics: Sequence[str] = (), kind: PurposeKind = "commercial"
) -> ComplianceProfile:
    purpose = Purpose(
        key="commercial", name="Offers", kind=kind, enforcement=dict.fromkeys(CHANNELS, enforcement),
        topics=tuple(Topic(key=key, name=key.title()) for key in topics),
    )  # fmt: skip
    return ComplianceProfile(key="default", name="Default", purposes=(purpose,))


def decided(
    standing: Standing,
    profile: ComplianceProfile = DEFAULT_PROFILE,
    settings: Any = DEFAULT_SETTINGS,
    **ask: Any,
) -> Any:
    return decide(ConsentAsk(point="+46701234567", **ask), standing, [profile], settings, "+46***67")


# -- the table ---------------------------------------------------------------------------------------------------------

CELLS = {
    "restrictive": {"opted_out": False, "not_set": False, "opted_in": True},
    "non_restrictive": {"opted_out": False, "not_set": True, "opted_in": True},
    "disabled": {"opted_out": True, "not_set": True, "opted_in": True},
}
"""The table as the product's page has it, written down a second time."""


@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("enforcement", get_args(Enforcement))
def test_every_cell_of_the_table(
    enforcement: Enforcement, status: ConsentStatus, channel: ConsentChannel
) -> None:
    standing = () if status == "not_set" else fold([event(status=status)])
    found = decided(standing, profile_with(enforcement), channel=channel)
    assert found.send is CELLS[enforcement][status] is TABLE[enforcement, status]
    assert (found.rule, found.enforcement, found.status) == (enforcement, enforcement, status)
    assert found.event_id == ("" if status == "not_set" else standing[0].id)
    assert str(found.reason).startswith("Will send" if found.send else "Will not send")


@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("enforcement", get_args(Enforcement))
def test_by_the_rule_of_2023_texts_are_restrictive_whatever_a_purpose_says(
    enforcement: Enforcement, status: ConsentStatus, channel: ConsentChannel
) -> None:
    standing = () if status == "not_set" else fold([event(status=status)])
    found = decided(standing, profile_with(enforcement), STRICT, channel=channel)
    expected = enforcement if channel == "email" else "restrictive"
    assert (found.send, found.enforcement) == (CELLS[expected][status], expected)
    assert found.rule == ("strict_2023" if channel != "email" and enforcement != "restrictive" else expected)


@pytest.mark.parametrize(("channel", "designation", "enforcement"), [
    ("sms", "commercial", "restrictive"), ("sms", "transactional", "disabled"), ("custom", "commercial", "restrictive"),
    ("email", "commercial", "non_restrictive"), ("email", "transactional", "disabled"), ("email", "tracking", "non_restrictive"),
])  # fmt: skip
def test_the_profile_of_the_first_day(
    channel: ConsentChannel, designation: PurposeKind, enforcement: Enforcement
) -> None:
    assert decided((), channel=channel, designation=designation).enforcement == enforcement
    [purpose] = [one for one in DEFAULT_PROFILE.purposes if one.kind == designation]
    assert enforcement_of(purpose.model_copy(update={"enforcement": {}}), channel) == enforcement


def test_the_reason_names_the_record_and_the_rule() -> None:
    texted = stop(60)
    found = decided(fold([event(), texted]))
    assert (found.send, found.event_id, found.since) == (False, texted.id, texted.at)
    assert str(found.reason) == (
        "Will not send: they opted out of “Commercial” by texting STOP to +15550001111 on 2026-03-01 09:01 UTC."
    )
    assert "no opt-in on record" in str(decided(()).reason)
    assert "rule of 2023" in str(decided((), settings=STRICT, designation="transactional").reason)
    assert "although they opted out" in str(
        decided(
            fold([event(status="opted_out", purpose="transactional")]), designation="transactional"
        ).reason
    )
    assert "“A {odd} name”" in str(
        decided(
            (), ComplianceProfile(key="default", name="x", purposes=(Purpose(key="c", name="A {odd} name"),))
        ).reason
    )


@pytest.mark.parametrize("topic", STATUSES)
@pytest.mark.parametrize("purpose", STATUSES)
@pytest.mark.parametrize("enforcement", get_args(Enforcement))
def test_a_topic_needs_both(enforcement: Enforcement, purpose: ConsentStatus, topic: ConsentStatus) -> None:
    events = [event(1, status=purpose), event(2, status=topic, topic="news")]
    found = decided(fold(events), profile_with(enforcement, ["news"]), topic="news")
    assert found.send is (CELLS[enforcement][purpose] and CELLS[enforcement][topic])
    assert (found.status, found.topic_status) == (purpose, topic)
    if CELLS[enforcement][purpose] and not found.send:
        assert (found.rule, found.event_id) == ("topic", events[1].id)
    assert decided(fold(events), profile_with(enforcement, ["news"])).topic_status is None


def test_records_of_a_deactivated_profile_still_count() -> None:
    off = DEFAULT_PROFILE.model_copy(update={"active": False})
    assert decided(fold([event()]), off).send
    assert not decided(fold([event(status="opted_out")]), off).send


def test_what_is_not_there_is_refused() -> None:
    for name in ("profile", "purpose", "topic"):
        ask = ConsentAsk.model_validate({"point": "x", name: "nowhere"})
        with pytest.raises(Refused, match="nowhere"):
            asked_of(ask, [DEFAULT_PROFILE], DEFAULT_SETTINGS)
    with pytest.raises(Refused, match="no purpose “tracking”"):
        asked_of(ConsentAsk(point="x", designation="tracking"), [profile_with("disabled")], DEFAULT_SETTINGS)


# -- how far a STOP reaches --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("scope", "commercial_a", "commercial_b", "transactional_a"), [
    ("sender", False, True, False), ("purpose", False, False, True), ("commercial", False, False, True), ("all", False, False, False),
])  # fmt: skip
def test_a_stop_reaches_as_far_as_its_scope(
    scope: StopScope, commercial_a: bool, commercial_b: bool, transactional_a: bool
) -> None:
    standing = fold([event(), stop(60, A, scope)])
    assert decided(standing, sender=A).send is commercial_a
    assert decided(standing, sender=B).send is commercial_b
    assert decided(standing, sender=A, designation="transactional").send is transactional_a
    assert not decided(standing).send, "with no sender named, what one of them may not do counts"
    rules = {"sender": "sender", "all": "stop_all", "commercial": "restrictive", "purpose": "restrictive"}
    assert decided(standing, sender=A).rule == rules[scope]


def test_a_later_opt_in_by_hand_counts_more_than_a_stop_but_not_than_one_to_the_sender() -> None:
    assert decided(fold([stop(1), event(2)])).send
    assert not decided(fold([event(1), stop(2)])).send
    alone = [stop(1, A, "sender"), event(2)]
    assert not decided(fold(alone), sender=A).send
    assert decided(fold([*alone, event(3, sender=A, scope="sender", purpose="")]), sender=A).send


def test_an_opt_in_for_one_sender_is_none_for_another() -> None:
    standing = fold([event(sender=A)])
    assert decided(standing, sender=A).send
    assert not decided(standing, sender=B).send
    assert not decided(standing).send


def test_a_carriers_block_is_apart_and_only_the_handset_lifts_it() -> None:
    block = event(1, status="opted_out", carrier=True, sender=A, source="report")
    standing = fold([event(), block])
    found = decided(standing, sender="1 (555) 000-1111", designation="transactional")
    assert (found.send, found.rule, found.event_id, found.status) == (False, "carrier", block.id, "not_set")
    assert decided(standing, sender=B).send, "the block is one sender's"
    by_hand = event(2, carrier=True, sender=A, source="person")
    assert not decided(fold([event(), block, by_hand, event(3)]), sender=A).send
    lifted = event(2, carrier=True, sender=A, source="inbound")
    assert decided(fold([event(), block, lifted]), sender=A).send
    assert not decided(fold([event(), block, start(2)]), sender=A).send, (
        "a START that the carrier did not take"
    )


# -- START and the order -----------------------------------------------------------------------------------------------


def test_a_start_to_another_sender_leaves_the_stop() -> None:
    assert not decided(fold([event(), stop(1, A), start(2, B)])).send
    assert decided(fold([event(), stop(1, A), start(2, "1-555-000-1111")])).send
    assert not decided(fold([event(), stop(1, A), stop(2, B), start(3, A)])).send


def test_a_start_opts_nobody_in() -> None:
    for before in ([], [event(status="opted_out")], [event(status="not_set")]):
        assert not decided(fold([*before, stop(1), start(2)])).send


def test_what_came_in_the_same_second_is_ordered_by_the_providers_time_then_by_id() -> None:
    earlier, later = T0 + timedelta(seconds=10.2), T0 + timedelta(seconds=10.7)
    # START arrived first and was texted first
    assert not decided(fold([event(), start(10.8, provider_at=earlier), stop(10.9, provider_at=later)])).send
    assert decided(fold([event(), stop(10.8, provider_at=earlier), start(10.9, provider_at=later)])).send
    # STOP arrived later, but was texted first
    assert decided(fold([event(), start(10.8, provider_at=later), stop(10.9, provider_at=earlier)])).send
    # the same time: the message's id decides
    assert not decided(
        fold(
            [
                event(),
                start(11, provider_at=later, message_id="SM1"),
                stop(12, provider_at=later, message_id="SM2"),
            ]
        )
    ).send
    assert decided(
        fold(
            [
                event(),
                start(11, provider_at=later, message_id="SM2"),
                stop(12, provider_at=later, message_id="SM1"),
            ]
        )
    ).send


def test_a_providers_clock_that_goes_ahead_does_not_count_more_than_ours() -> None:
    assert decided(fold([stop(1, provider_at=T0 + timedelta(days=300)), event(2)])).send


senders = st.sampled_from((A, B))
scopes: st.SearchStrategy[StopScope] = st.sampled_from(get_args(StopScope))
moments = st.integers(0, 12)


@st.composite
def one_event(draw: st.DrawFn) -> ConsentEvent:
    kind = draw(st.sampled_from(("stop", "start", "hand", "topic", "carrier", "lift")))
    at, number = draw(moments), draw(st.integers(0, 9999))
    own: dict[str, Any] = {"id": f"con_{number:04}", "message_id": draw(st.sampled_from(("", "m1", "m2")))}
    if draw(st.booleans()):
        own["provider_at"] = T0 + timedelta(seconds=draw(moments))
    if kind == "stop":
        return stop(at, draw(senders), draw(scopes), **own)
    if kind == "start":
        return start(at, draw(senders), **own)
    if kind == "carrier":
        return event(at, status="opted_out", carrier=True, sender=draw(senders), source="report", **own)
    if kind == "lift":
        return event(at, carrier=True, sender=draw(senders), source="inbound", **own)
    own |= {"status": draw(st.sampled_from(STATUSES)), "topic": "news" if kind == "topic" else ""}
    return event(
        at,
        sender=draw(st.sampled_from(("", A))),
        purpose=draw(st.sampled_from(("commercial", "transactional"))),
        **own,
    )


histories = st.lists(one_event(), max_size=7, unique_by=lambda one: one.id)


def every_decision(standing: Standing) -> list[tuple[Any, ...]]:
    profile = DEFAULT_PROFILE.model_copy(update={"purposes": tuple(
        one.model_copy(update={"topics": (Topic(key="news", name="News"),)}) for one in DEFAULT_PROFILE.purposes
    )})  # fmt: skip
    asks = [
        {"designation": designation, "sender": sender, "topic": topic}
        for designation in ("commercial", "transactional") for sender in ("", A, B) for topic in ("", "news")
    ]  # fmt: skip
    found = [decided(standing, profile, **ask) for ask in asks]
    return [(one.send, one.rule, one.status, one.event_id) for one in found]


@given(history=histories, data=st.data())
def test_the_order_of_arrival_does_not_matter(history: list[ConsentEvent], data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(history))
    assert fold(shuffled) == fold(history)
    assert fold([*history, *shuffled]) == fold(history), "what comes twice has one effect"


@given(history=histories, moment=moments)
def test_a_replay_up_to_a_moment_is_the_state_that_was_kept_then(
    history: list[ConsentEvent], moment: int
) -> None:
    until = T0 + timedelta(seconds=moment)
    kept: Standing = ()
    known: list[ConsentEvent] = []
    for one in sorted(history, key=lambda each: (each.at, each.id)):  # as they arrived
        if one.at > until:
            break
        known.append(one)
        kept = fold(known)
    assert as_of(history, until) == kept
    assert fold(kept) == kept, "a state is itself a history"


@given(history=histories, scope=scopes, to=senders)
def test_a_start_after_a_stop_restores_exactly_what_was_there(
    history: list[ConsentEvent], scope: StopScope, to: str
) -> None:
    before = tuple(one for one in fold(history) if not (one.word == "stop" and one.to == to))
    after = fold([*history, stop(100, to, scope, id="con_stop"), start(101, to, id="con_start")])
    assert after == before
    assert every_decision(after) == every_decision(before)


@given(history=histories)
def test_a_newer_stop_is_never_without_effect(history: list[ConsentEvent]) -> None:
    assert not decided(fold([*history, stop(100)]), sender=B).send
    assert not decided(fold([*history, stop(100, A, "sender")]), sender=A, designation="transactional").send


@given(history=histories)
def test_what_stands_is_part_of_what_happened_and_in_its_order(history: list[ConsentEvent]) -> None:
    standing = fold(history)
    assert {one.id for one in standing} <= {one.id for one in history}
    assert list(standing) == sorted(standing, key=in_order)


# -- points and profiles -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "spelling", ["+46701234567", "46701234567", "0046701234567", "tel:+46 70-123 45 67", " +46 (70) 1234567 "]
)
def test_each_spelling_of_a_number_is_one_point(spelling: str) -> None:
    assert point_key("sms", spelling) == "46701234567"
    assert check_point("sms", spelling) is None


def test_an_address_is_one_point_in_any_case() -> None:
    assert point_key("email", " Ana@Example.COM ") == "ana@example.com"
    assert check_point("email", "Ana@Example.COM") is None


@pytest.mark.parametrize(("channel", "point"), [
    ("sms", "0701234567"), ("sms", "ana@example.com"), ("sms", "99"), ("sms", "+1234567890123456"), ("sms", ""), ("email", "ana"),
    ("email", "a b@example.com"), ("email", "x" * 400 + "@example.com"), ("custom", "a\x00b"),
])  # fmt: skip
def test_what_is_no_contact_point_is_said_without_repeating_it(channel: ConsentChannel, point: str) -> None:
    said = check_point(channel, point)
    assert said is not None
    assert not point or point not in str(said)


def test_a_profile_is_checked_in_all_its_parts() -> None:
    assert check_profile(DEFAULT_PROFILE) == []
    twice = Topic(key="t", name="T")
    first = Purpose(key="a", name="A", topics=(twice, twice, Topic(key="", name="x")))
    bad = ComplianceProfile(
        key="Ö", name="default", purposes=(first, Purpose(key="a", name="B"), Purpose(key="", name=""))
    )
    assert [one.field for one in check_profile(bad, [DEFAULT_PROFILE])] == [
        "key", "name", "purposes.0.topics.1.key", "purposes.0.topics.2.key", "purposes.1.key", "purposes.2.key",
    ]  # fmt: skip
    assert [one.field for one in check_profile(ComplianceProfile(key="x", name=" "))] == ["name", "purposes"]
