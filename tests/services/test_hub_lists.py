"""The hub's ledger at the gates: rules ask it by name, as it is at that moment, without a copy; the form offers it and checks it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.gate_platform import GatePlatform
from tests.gate_room import Room, room
from workbench import Workbench
from workbench.adapters.consent_lists import ConsentLists
from workbench.adapters.consent_log import ConsentLog
from workbench.engine.gate_checks import Stock, check_gate
from workbench.engine.hub_keys import hub_keys, hub_meaning
from workbench.errors import NotFound, Refused
from workbench.models.base import Problem
from workbench.models.gate import Action, CheckConsent, GateSettings, Meaning
from workbench.models.hold import DecidedFilter
from workbench.models.rules import Comparison, Rule, RuleSet
from workbench.services.answering import KIND, answering
from workbench.services.consent import Consent
from workbench.services.crew import Crew
from workbench.services.gates import Gates
from workbench.services.holds import Holds
from workbench.services.hub_lists import HubLists

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
IN, OUT, NEW = "+46700000001", "+46700000002", "+46700000003"
SUPPRESSED = RuleSet(rules=(
    Rule(name="hub", when=Comparison(field="phone", operator="on_list", value="hub-sms-commercial"), reason="Not by the ledger"),
))  # fmt: skip


@pytest.fixture
async def consent(house: Workbench) -> Consent:
    made = Consent(house.house, ConsentLog(house.house.journal.database))
    await made.record(IN, "opted_in", "form")
    await made.record(OUT, "opted_out", "called")
    return made


@pytest.fixture
def lists(house: Workbench, consent: Consent) -> HubLists:
    return HubLists(ConsentLists(house.house.home), consent.doors)


async def test_each_name_asks_the_ledger(lists: HubLists) -> None:
    values = ["0046 70 0000001", OUT, NEW, "no number", "Ana@example.com"]
    assert {key: lists.open(key).contain(values) for key in hub_keys() if "email-tr" not in key} == {
        "hub-sms-commercial": [False, True, True, True, True], "hub-sms-commercial-allowed": [True, False, False, False, False],
        "hub-sms-transactional": [False, False, False, True, True], "hub-sms-transactional-allowed": [True, True, True, False, False],
        "hub-email-commercial": [True, True, True, True, False], "hub-email-commercial-allowed": [False, False, False, False, True],
    }  # fmt: skip


async def test_a_stop_counts_from_the_next_look_on(lists: HubLists, consent: Consent) -> None:
    opened = lists.open("hub-sms-commercial")
    assert opened.contain([IN]) == [False]
    await consent.record(IN, "opted_out", "called")
    assert opened.contain([IN]) == [True]
    assert opened.contain([]) == []


async def test_imported_lists_stay_beside_it_and_its_names_are_kept_for_it(lists: HubLists) -> None:
    lists.import_lines("news", ["ana"], NOW)
    found = {one.key: one.ledger for one in lists.lists()}
    assert found == {"news": False, **dict.fromkeys(hub_keys(), True)}
    assert lists.open("news").contain(["ana", "ben"]) == [True, False]
    for work in (
        lambda: lists.import_lines("hub-sms-commercial", ["x"], NOW),
        lambda: lists.delete("hub-sms-commercial"),
    ):
        with pytest.raises(Refused, match="consent ledger"):
            work()
    lists.delete("news")
    with pytest.raises(NotFound):
        lists.open("hub-of-somebody")
    assert all(str(hub_meaning(key)).startswith(f"{key}: who may") for key in hub_keys())
    assert hub_meaning("news") is None


async def test_a_gate_offers_its_names_and_tries_rules_by_it(house: Workbench, lists: HubLists) -> None:
    doors = house.gates
    gates = Gates(doors.house, doors.pools_of, lists, doors.holds)
    assert set(hub_keys()) <= {one.key for one in await gates.consent_lists()}
    settings = GateSettings(name="Front", key="front", hosts=("gate.example",), rules=SUPPRESSED)
    assert [one for one in await gates.check(settings) if one.blocks] == []
    tried = await gates.try_rules(settings, [], f"id,phone\na,{IN}\nb,{OUT}\nc,{NEW}\nd,\n")
    assert [one.verdict for one in tried] == ["accept", "reject", "reject", "accept"], (
        "a contact without a number is on no list"
    )
    ask = Meaning(
        identifier="ask", does=CheckConsent(consent_list="hub-sms-commercial-allowed", field="phone")
    )
    asked = settings.model_copy(update={"rules": RuleSet(), "meanings": (ask,)})
    tried = await gates.try_rules(asked, [Action(identifier="ask")], f"id,phone\na,{IN}\nb,{OUT}\nd,\n")
    assert [one.verdict for one in tried] == ["accept", "reject", "reject"]
    with pytest.raises(Refused, match="consent ledger"):
        await gates.import_consent("hub-sms-commercial", "x")


def test_the_action_that_rejects_who_is_not_listed_wants_the_list_of_those_who_may() -> None:
    def problems(key: str) -> list[Problem]:
        settings = GateSettings(
            name="Front",
            key="front",
            meanings=(Meaning(identifier="ask", does=CheckConsent(consent_list=key)),),
        )
        found = check_gate(settings, Stock(pools=(), lists=hub_keys(), integrations=()))
        return [one for one in found if one.field == "meanings.0.does.consent_list"]

    [wrong] = problems("hub-sms-commercial")
    assert "Choose “hub-sms-commercial-allowed”" in str(wrong.sentence)
    assert problems("hub-sms-commercial-allowed") == []


@asynccontextmanager
async def hub_room(home: Path, platform: GatePlatform) -> AsyncIterator[tuple[Room, Consent]]:
    """Open a room whose gate asks the ledger of its own workbench."""
    async with room(home, platform, rules=SUPPRESSED) as made:
        consent = Consent(made.gates.house, ConsentLog(made.gates.house.journal.database))
        gates = replace(made.gates, lists=HubLists(ConsentLists(made.gates.house.home), consent.doors))
        crew = Crew(gates.house, {KIND: answering(gates)})
        asking = Room(made.bench, gates, crew, Holds(gates, crew), made.gate, platform)
        try:
            yield asking, consent
        finally:
            await asking.holds.close()
            await crew.close()


async def test_a_sendout_is_decided_by_the_ledger(tmp_path: Path) -> None:
    numbers = {"in": IN, "out": OUT, "new": NEW}
    platform = GatePlatform([(id, {"phone": number, "consent": ""}) for id, number in numbers.items()])
    async with hub_room(tmp_path / "home", platform) as (made, consent):
        await consent.record(IN, "opted_in", "form")
        await consent.record(OUT, "opted_out", "called")
        hold = await made.settled()
        assert hold.state == "finished", hold.notice
        assert platform.cancelled == {"out", "new"}
        [first, _] = await made.holds.decided(hold.id, DecidedFilter(verdict="reject"))
        assert (first.rule, first.reason) == ("hub", "Not by the ledger")
