"""Events: contracts are kept, occurrences composed, compared, guarded and sent; by both ways in."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.events_room import API_KEY, EMAIL, EVENT_URL, PHONE, contract, event_of, occurrence, way
from workbench import Workbench
from workbench.adapters.clock import VirtualClock
from workbench.errors import Forbidden, Invalid, NotFound, Refused
from workbench.models.event import Event, EventInput, EventMethod, EventVariable, FieldPath
from workbench.models.person import Role
from workbench.models.request import Failure, Reply, Request
from workbench.models.sending import Confirmation
from workbench.sandbox.app import Sandbox
from workbench.sentence import say
from workbench.services.event_flows import asked

Connected = Callable[[Role], Workbench]
HASH = "eb561baa181247d1cd378c4ead632877"
"""The secret part of the seed's address."""


@pytest.fixture
def ways(house: Workbench, connected: Connected) -> Sequence[Workbench]:
    """Both ways in: embedded, and through the server's app. One house for both, as it takes longer to open than a test to run."""
    return house, connected("admin")


# Contracts -----------------------------------------------------------------------------------------------------------


async def test_a_contract_is_kept_found_changed_and_deleted(
    ways: Sequence[Workbench], house: Workbench
) -> None:
    saved = await way(house)
    for bench in ways:
        kept = await bench.events.save(contract(saved.id, name="  purchase "))
        assert kept.id.startswith("evt_")
        assert kept.name == "purchase"
        assert await bench.events.get(kept.id) == kept == await bench.events.get("purchase")
        changed = await bench.events.save(kept.model_copy(update={"notes": "Sold."}))
        assert changed.created_at == kept.created_at
        assert [event.notes for event in await bench.events.list()] == ["Sold."]
        await bench.events.delete(kept.id)
        with pytest.raises(NotFound):
            await bench.events.get(kept.id)
    entries = [entry for entry in await house.activity.entries() if entry.integration_name == "purchase"]
    assert [(one.kind, one.detail) for one in entries] == 2 * [
        ("change", "deleted"),
        ("change", "saved"),
        ("change", "saved"),
    ]


NO_NAMES = ("", "   ", ".", "..", "a\nb", "x" * 101)
NAMES = {"a b": "a%20b", "a/b": "a%2Fb", "a?b": "a%3Fb", "ação": "a%C3%A7%C3%A3o", "%2F": "%252F"}


async def test_a_name_is_one_encoded_part_of_the_address_or_refused(
    ways: Sequence[Workbench], house: Workbench, sandbox: Sandbox
) -> None:
    """R-EVT-04, from the API: what is previewed is what arrives, under its own name."""
    for bench in ways:
        for name in NO_NAMES:
            with pytest.raises(Invalid) as refused:
                await bench.events.save(Event(name=name))
            assert [problem.field for problem in refused.value.problems] == ["name"], name
    assert not await house.events.list()
    for name, segment in NAMES.items():
        saved = await way(house, event=name)
        event = await house.events.save(contract(saved.id, name=name))
        preview = await house.events.preview(event.id, occurrence())
        assert preview.request is not None
        assert preview.request.url == f"https://api.sendpulse.com/events/name/{segment}"
        assert (await house.events.send(event.id, occurrence())).outcome.kind == "accepted"
        assert (await house.events.compare(event.id, occurrence()))[0].url == preview.request.url
    assert [one.event for one in sandbox.events.received] == list(NAMES)


async def test_the_way_it_is_sent_and_its_pair_are_checked(house: Workbench) -> None:
    """R-EVT-26: both of a pair carry the same identifier."""
    saved = await way(house)
    assert "no integration yet" in _said(await house.events.check(contract()))
    assert "is gone" in _said(await house.events.check(contract("int_gone")))
    other = _said(await house.events.check(contract(saved.id, name="refund")))
    assert "sends the event “purchase”, not “refund”" in other
    by_hand = await way(house, name="By hand", payload='{"email": "ana@example.com"}')
    assert "has a payload of its own" in _said(await house.events.check(contract(by_hand.id)))
    email = await way(
        house,
        name="Mail",
        channel="email",
        payload="{}",
        provider="custom",
        url="https://esp.example.com/v1",
        endpoint="",
        credential_kind="none",
        credential={},
    )
    assert "sends no events" in _said(await house.events.check(contract(email.id)))
    kept = await house.events.save(contract(saved.id))
    assert "through the same integration" in _said(await house.events.check(contract(saved.id)))
    await house.events.delete(kept.id)

    stop = await house.events.save(contract(name="refunded", identified_by=("phone",)))
    start = contract(stopped_by=stop.id, identified_by=("email",))
    with pytest.raises(Invalid, match="never be stopped"):
        await house.events.save(start)
    kept = await house.events.save(start.model_copy(update={"identified_by": ("phone",)}))
    with pytest.raises(Refused, match="Take it out of that pair first"):
        await house.events.delete(stop.id)
    await house.events.delete(kept.id)
    await house.events.delete(stop.id)


async def test_who_may_only_look_changes_and_sends_nothing(
    connected: Connected, house: Workbench, sandbox: Sandbox
) -> None:
    event = await event_of(house)
    viewer, operator = connected("viewer"), connected("operator")
    assert (await viewer.events.look(event.id, occurrence())).composed.ok
    for refused in (
        lambda: viewer.events.save(event),
        lambda: viewer.events.send(event.id, occurrence()),
        lambda: viewer.events.delete(event.id),
    ):
        with pytest.raises(Forbidden):
            await refused()
    assert not sandbox.events.received
    await operator.events.save(event)
    await operator.events.send(event.id, occurrence())
    await operator.events.delete(event.id)
    assert len(sandbox.events.received) == 1


# One occurrence ------------------------------------------------------------------------------------------------------


async def test_it_is_looked_at_from_all_sides_and_goes_out_as_previewed(
    ways: Sequence[Workbench], house: Workbench, sandbox: Sandbox
) -> None:
    event = await event_of(house)
    for bench in ways:
        looked = await bench.events.look(event.id, occurrence())
        assert looked.composed.ok
        assert (looked.request.host, looked.request.recipient) == ("api.sendpulse.com", EMAIL)
        assert looked.held_back is None
        [message] = looked.messages
        assert message.text == f"Hi {EMAIL}, thanks for Blue shirt, until 2021-05-28."
        assert set(message.unused) >= {"product_id"}
        [lacking] = await bench.events.messages(event.id, with_values({"event_date": None}))
        assert "event_date" in lacking.missing
        sent = await bench.events.send(event.id, occurrence(), again=True)
        assert looked.request.request is not None
        assert sent.request.body == looked.request.request.body
        first = '{"email":"ana.lima@example.com","phone":"+46701740605","automation_id":12345,"product_name":'
        assert sent.request.body.startswith(first)
        assert sandbox.events.received[-1].body == looked.composed.body
        assert API_KEY not in sent.model_dump_json()


async def test_a_phone_alone_an_address_of_a_flow_and_a_fix_are_enough(house: Workbench) -> None:
    event = await event_of(house)
    alone = occurrence(email=None)
    assert (await house.events.look(event.id, alone)).request.recipient == PHONE
    sent = await house.events.send(event.id, alone, again=True)
    assert sent.entry.recipient
    assert PHONE not in sent.entry.model_dump_json()
    flow = occurrence(automation_id="https://login.sendpulse.com/automations/flow/id/12345/dashboard")
    assert ((await house.events.compose(event.id, flow)).body or {})["automation_id"] == 12345
    made = await house.events.compose(event.id, occurrence(automation_id="77"))
    [fix] = [fix for fix in made.fixes if fix.field == "automation_id"]
    assert fix.value == 77
    assert (await house.events.compose(event.id, occurrence(automation_id=fix.value))).ok


REFUSED: Sequence[tuple[dict[str, Any], str, str]] = (
    ({"phone": 79991234567}, "phone", "as a text"),  # R-EVT-06
    ({"phone": "7.99912E+10"}, "phone", "spreadsheet"),
    ({"automation_id": "77"}, "automation_id", "77"),  # R-EVT-07
    ({"automation_id": 77.0}, "automation_id", "77"),
    ({"automation_id": True}, "automation_id", ""),
    ({"automation_id": [77]}, "automation_id", ""),
    ({"automation_id": -1}, "automation_id", ""),
    ({"products": [{"automation_id": 5}]}, "products[0].automation_id", "inside of “products[0]"),
    (
        {"products": [{"more": {"automation_id": 5}}]},
        "products[0].more.automation_id",
        "inside of “products[0]",
    ),
    ({"event_date": "05/04/2021"}, "event_date", "2021-04-05"),  # R-EVT-09
    ({"event_date": "2021-02-30"}, "event_date", ""),
    ({"event_date": 44344}, "event_date", ""),
    ({"product_name": "half \ud800"}, "product_name", "half of a character"),  # R-EVT-12
    ({"product_name": "bell\x07"}, "product_name", "control character"),
    ({"k" * 101: "x"}, "k" * 101, "characters"),
    ({"product_id": float("nan")}, "product_id", "which JSON has no way to write"),
    ({"product_id": float("-inf")}, "product_id", "which JSON has no way to write"),
    ({"product_id": Decimal("NaN")}, "product_id", "which JSON has no way to write"),
    ({"product_id": b"12"}, "product_id", ""),
    ({"email": "ana@@example.com"}, "email", "more than one"),  # R-EVT-13
    ({"email": "ana@localhost"}, "email", "no dot"),
    ({"email": None, "phone": " "}, "email", "one of them"),
    ({"product_name": "x" * 1_100_000}, "body", "are not sent"),
)


async def test_bad_input_is_refused_at_its_field_and_never_sent(house: Workbench, sandbox: Sandbox) -> None:
    """R-EVT-06, 07, 09, 12, 13 from the API: types count as they are given."""
    event = await event_of(house)
    for given, field, words in REFUSED:
        wrong = with_values(given)
        made = await house.events.compose(event.id, wrong)
        assert made.body is None, given
        assert field in {problem.field for problem in made.problems if problem.blocks}, given
        assert words in " ".join(str(item.sentence) for item in (*made.problems, *made.fixes)), given
        with pytest.raises(Invalid):
            await house.events.send(event.id, wrong)
    assert not sandbox.events.received


async def test_an_event_without_a_way_is_composed_and_not_sent(house: Workbench) -> None:
    event = await house.events.save(contract())
    looked = await house.events.look(event.id, occurrence())
    assert looked.composed.ok
    assert looked.request.request is None
    for refused in (house.events.send(event.id, occurrence()), house.events.drift_of_journal(event.id)):
        with pytest.raises(Refused, match="no integration to be sent through"):
            await refused


# Methods -------------------------------------------------------------------------------------------------------------


async def test_each_method_sends_what_the_comparison_shows(house: Workbench, sandbox: Sandbox) -> None:
    """R-EVT-01, 11, 25."""
    typed: set[str] = set()
    lost = {"automation_id", "product_id", "member", "products[0].price"}
    methods: dict[EventMethod, set[str]] = {"rest": typed, "raw": typed, "form": lost, "urlencoded": lost}
    for method, losses in methods.items():
        event = await event_of(house, method)
        compared = {one.method: one for one in await house.events.compare(event.id, occurrence())}
        assert [one.method for one in compared.values() if one.chosen] == [method]
        sent = await house.events.send(event.id, occurrence())
        assert sent.outcome.kind == "accepted"
        assert sent.request.body.replace("\r\n", "\n") == compared[method].body.replace("\r\n", "\n")
        assert {problem.field for problem in compared[method].problems} == losses
        assert HASH not in "".join(
            [sent.model_dump_json(), *(one.model_dump_json() for one in compared.values())]
        )
        with pytest.raises(Invalid):
            await house.events.compare(event.id, occurrence(phone=1))
        await house.events.delete(event.id)
    assert [one.endpoint for one in sandbox.events.received] == list(methods)


ADDRESSES = {
    f"http://events.sendpulse.com/events/id/{HASH}/7043663": "https://",
    f"https://events.example.com/events/id/{HASH}/7043663": "leads to “events.example.com”",
    f"https://me:pass@events.sendpulse.com/events/id/{HASH}/7043663": "user name or password",
    f"https://events.sendpulse.com/events/id/{HASH}/7043663#x": "“#”",
}


async def test_the_address_of_a_tab_is_checked_and_not_repeated(house: Workbench) -> None:
    """R-EVT-14, from the API."""
    vault = house.house.vault
    right = vault.seal_text(EVENT_URL)
    for address, words in ADDRESSES.items():
        problems = await house.events.check_address(vault.seal_text(address))
        assert words in _said(problems)
        assert [problem.blocks for problem in problems] == [True]
        assert HASH not in _said(problems)
    assert await house.events.check_address(right) == []
    saved = await way(house, "raw")
    [problem] = await house.events.check_address(right)
    assert not problem.blocks
    assert "uses the same address" in str(problem.sentence)
    assert await house.events.check_address(right, saved.id) == []


# Consent and the guard -----------------------------------------------------------------------------------------------


async def test_who_opted_out_gets_no_event_unless_it_is_transactional(
    house: Workbench, sandbox: Sandbox
) -> None:
    """R-EVT-27."""
    event = await event_of(house)
    await house.consent.record(point=PHONE, status="opted_out", reason="a test")
    looked = await house.events.look(event.id, occurrence())
    assert "may not get commercial messages" in str(looked.held_back)
    assert PHONE not in str(looked.held_back)
    for given in (occurrence(), occurrence(email=None)):
        with pytest.raises(Refused, match="may not get commercial messages"):
            await house.events.send(event.id, given, again=True)
    assert not sandbox.events.received
    assert (await house.events.send(event.id, occurrence(phone=None))).outcome.ok
    await house.events.save(event.model_copy(update={"transactional": True}))
    assert (await house.events.send(event.id, occurrence())).outcome.ok


async def test_the_same_a_second_time_needs_a_second_word(tmp_path: Path) -> None:
    """R-EVT-19."""
    clock = VirtualClock(datetime(2026, 5, 28, 9, 0, tzinfo=UTC))
    sandbox = Sandbox()
    async with Workbench.open(
        tmp_path / "h", sandbox=sandbox, clock=clock, environ={"WORKBENCH_KEYRING": "off"}
    ) as house:
        event = await event_of(house)
        await house.events.send(event.id, occurrence())
        assert (await house.events.look(event.id, occurrence())).earlier is not None
        with pytest.raises(Refused, match="at 09:00:00 UTC, less than 10 minutes ago"):
            await house.events.send(event.id, occurrence())
        assert len(sandbox.events.received) == 1
        await house.events.send(event.id, with_values({"product_id": 124}))  # another body is no double
        await house.events.send(event.id, occurrence(), again=True)
        assert len(sandbox.events.received) == 3
        await clock.advance(timedelta(minutes=10, seconds=1).total_seconds())
        assert (await house.events.look(event.id, occurrence())).earlier is None
        await house.events.send(event.id, occurrence())
        await house.events.save(event.model_copy(update={"guard_min": 0}))
        await house.events.send(event.id, occurrence())
        assert len(sandbox.events.received) == 5


async def test_what_was_rehearsed_keeps_nothing_back_that_is_live(tmp_path: Path) -> None:
    gone: list[Request] = []

    async def send(request: Request, **_limits: float) -> Reply:
        gone.append(request)
        return Reply(status=200, headers=(("content-type", "application/json"),), body=b'{"result": true}')

    environ = {"WORKBENCH_KEYRING": "off"}
    async with Workbench.open(tmp_path / "h", sandbox=Sandbox(), environ=environ) as rehearsal:
        event = await event_of(rehearsal)
        await rehearsal.events.send(event.id, occurrence())
    seen = Confirmation(host="api.sendpulse.com", recipient=EMAIL)
    async with Workbench.open(tmp_path / "h", live=True, environ=environ) as live:
        live.house.wire.send = send  # type: ignore[method-assign]
        assert (await live.events.look(event.id, occurrence())).earlier is None
        await live.events.send(event.id, occurrence(), confirmation=seen)
        with pytest.raises(Refused, match="went to the same contact"):
            await live.events.send(event.id, occurrence(), confirmation=seen)
    assert len(gone) == 1


async def test_of_two_at_the_same_moment_one_alone_goes_and_what_was_refused_may_go_again(
    house: Workbench, sandbox: Sandbox
) -> None:
    event = await event_of(house)
    both = [house.events.send(event.id, occurrence()) for _ in range(2)]
    ended = await asyncio.gather(*both, return_exceptions=True)
    assert sorted(type(one).__name__ for one in ended) == ["Refused", "Sent"]
    assert len(sandbox.events.received) == 1
    saved = await way(house, event="unknown thing")
    unknown = await house.events.save(contract(saved.id, name="unknown thing"))
    for _ in range(2):
        sent = await house.events.send(unknown.id, occurrence())
        assert sent.outcome.kind == "refused"
        assert "Event not exists" in sent.model_dump_json()


async def test_nothing_of_the_contact_or_the_secret_lies_on_the_disk(tmp_path: Path) -> None:
    folder = tmp_path / "planted"
    async with Workbench.open(folder, sandbox=Sandbox(), environ={"WORKBENCH_KEYRING": "off"}) as house:
        event = await event_of(house, "raw")
        await house.events.send(event.id, occurrence())
        await house.events.send(event.id, occurrence(email=None))
    found = b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())
    for planted in (EMAIL, PHONE, PHONE[1:], EVENT_URL, HASH):
        assert planted.encode() not in found


# Flows and tools -----------------------------------------------------------------------------------------------------


async def test_a_flow_is_looked_up_in_the_event_s_own_list(house: Workbench) -> None:
    """R-EVT-20, in a rehearsal."""
    event = await event_of(house)
    for id, state in ((12345, "active"), (12347, "inactive"), (99, "unknown")):
        found = await house.events.check_flow(event.id, id)
        assert (found.state, found.where) == (state, "list")
        made = await house.events.compose(event.id, occurrence(automation_id=id))
        told = [problem for problem in made.problems if problem.field == "automation_id"]
        assert bool(told) == (state != "active")


async def test_the_account_itself_is_asked_for_a_flow_with_the_integration_s_own_key(
    house: Workbench,
) -> None:
    """R-EVT-20, as in live mode; here the stand-in answers."""
    saved = await way(house)
    for id, state in ((12345, "active"), (12347, "inactive"), (99, "unknown")):
        found = await asked(house.house, saved, id)
        assert (found.state, found.where) == (state, "account")
    raw = await asked(house.house, await way(house, "raw"), 12345)
    assert raw.state == "not_asked"
    assert "only the REST API can ask" in str(raw.sentence)
    answers = {
        b'{"data": {"id": 7, "name": "Kept", "active": true}}': "active",
        b'{"id": 7, "status": "paused"}': "inactive",
        b"[]": "not_asked",
        b"<html>": "not_asked",
    }
    for body, state in answers.items():
        house.house.wire.send = _answering(Reply(status=200, body=body))  # type: ignore[method-assign]
        assert (await asked(house.house, saved, 7)).state == state
    for other in (Reply(status=500), Failure(kind="timeout", sentence=say("No answer."))):
        house.house.wire.send = _answering(other)  # type: ignore[method-assign]
        assert (await asked(house.house, saved, 7)).state == "not_asked"


async def test_samples_schema_drift_and_mapping(ways: Sequence[Workbench], house: Workbench) -> None:
    """R-EVT-21, 23."""
    mapping = (
        FieldPath(variable="email", path="customer.email"),
        FieldPath(variable="product_name", path="order.title"),
        FieldPath(variable="products[].id", path="order.items[].sku"),
    )
    event = await event_of(house, mapping=mapping)
    source = {
        "customer": {"email": EMAIL},
        "order": {"title": "Shirt", "items": [{"sku": "B-1"}, {"sku": "B-2"}]},
    }
    assert (await house.events.drift_of_journal(event.id)).seen == 0
    for bench in ways:
        schema = await bench.events.schema(event.id)
        assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
        first, again, other = [await bench.events.sample(event.id, seed) for seed in (1, 1, 2)]
        assert first == again != other
        made = await bench.events.compose(event.id, first)
        assert made.ok
        assert set(schema["required"]) <= set(made.body or ())

        found = await bench.events.drift(event.id, [{"email": EMAIL, "product_name": 3, "coupon": "X"}])
        assert found.mistyped == {"product_name": 1}
        assert found.undeclared == {"coupon": 1}
        assert EventVariable(name="coupon") in found.proposed
        await bench.events.send(event.id, occurrence(), again=True)
        assert (await bench.events.drift_of_journal(event.id)).none

        mapped = await bench.events.map_sample(event.id, source)
        assert mapped.given.values["products"] == [{"id": "B-1"}, {"id": "B-2"}]
        assert (await bench.events.compose(event.id, mapped.given)).ok
        wrong = await bench.events.map_sample(event.id, source, [FieldPath(variable="email", path="nowhere")])
        assert wrong.problems
    await house.events.save(event.model_copy(update={"variables": event.variables[1:], "mapping": ()}))
    assert (await house.events.drift_of_journal(event.id)).undeclared == {"product_name": 2}


def _answering(answer: Reply | Failure) -> Callable[..., Awaitable[Reply | Failure]]:
    async def send(_request: Request, **_limits: float) -> Reply | Failure:
        return answer

    return send


def with_values(given: dict[str, Any]) -> EventInput:
    """Return the fitting occurrence with some of it replaced: an identifier, the flow, or a variable."""
    fixed = {name: value for name, value in given.items() if name in ("email", "phone", "automation_id")}
    whole = occurrence(**fixed)
    values = {**whole.values, **{name: value for name, value in given.items() if name not in fixed}}
    return whole.model_copy(update={"values": values})


def _said(problems: Any) -> str:
    return " ".join(str(problem.sentence) for problem in problems)
