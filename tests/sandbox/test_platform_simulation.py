"""The simulation ends a sendout as the stand-in of the platform does, called over its own addresses on its own clock."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from tests.engine.event_play import Play, event_play
from tests.engine.scenarios import random_scenario
from workbench.engine.simulation import play, traced
from workbench.models.base import JsonValue
from workbench.models.gate import TOKEN_HEADER
from workbench.models.platform import Sendout, Switches, Target, Timing
from workbench.models.scenario import Answering, Scenario, Segment
from workbench.sandbox.platform.addresses import REST
from workbench.sandbox.platform.app import Platform
from workbench.sandbox.platform.contacts import contact_id
from workbench.sandbox.platform.delivery import Taken

BASE = "http://platform.sandbox.localhost"


@asynccontextmanager
async def fired(scenario: Scenario) -> AsyncIterator[tuple[Platform, httpx.AsyncClient, str, dict[str, str]]]:
    """Give a stand-in that holds a sendout like the scenario's, its client, the sendout's id, and its hook."""
    hooks: list[bytes] = []

    async def deliver(target: Target, body: bytes, ack_s: float) -> Taken:
        hooks.append(body)
        return Taken("acknowledged" if scenario.answering.acknowledged else "refused")

    platform = Platform(deliver=deliver, base_url=BASE)
    course = await platform.fire(
        Sendout(
            size=scenario.size,
            timing=scenario.timing,
            switches=scenario.switches,
            target=Target(url="http://127.0.0.1:9/hook"),
        )
    )
    async with httpx.AsyncClient(transport=httpx.ASGITransport(platform), base_url=BASE) as client:
        yield platform, client, course.id, json.loads(hooks[0])


async def stand_in(scenario: Scenario, oracle: Play) -> tuple[dict[str, JsonValue], list[JsonValue]]:
    """Make the calls of the event-by-event play, and return where the sendout stands long after, and how each contact ended."""
    async with fired(scenario) as (platform, client, id, hook):
        file = await client.get(hook["itemDownloadUri"])
        rows = [json.loads(line) for line in file.text.splitlines()]
        if (
            file.status_code == 410
        ):  # the hold was over before it began: a system that knows its addresses calls all the same
            course = platform.courses[id]
            rows = [
                {"id": contact_id(course.sendout, place), "cancelUri": course.cancel_address(place)}
                for place in range(scenario.size)
            ]
        assert len(rows) == scenario.size
        headers = {TOKEN_HEADER: "t"}
        for call in oracle.calls:
            platform.moments.advance((call.ms - platform.moments.now_ms()) / 60_000)
            if call.kind == "finish":
                await client.post(hook["finishUri"])
            elif call.kind == "write" and not call.fails:
                address = f"{REST}/lists/1/contacts/{rows[call.place]['id']}/update"
                reply = await client.put(address, headers=headers, json={"properties": {"promo_code": "X"}})
                assert reply.status_code == 200
            elif not call.fails:
                await client.post(rows[call.place]["cancelUri"])
        platform.moments.advance(10_000)
        endings: list[JsonValue] = []
        while len(endings) < scenario.size:
            page = await client.get(f"/sendouts/{id}/endings", params={"after": len(endings), "limit": 100})
            endings += page.json()["endings"]
        return (await client.get(f"/sendouts/{id}")).json(), endings


async def check(scenario: Scenario) -> None:
    played, oracle = play(scenario), event_play(scenario)
    standing, endings = await stand_in(scenario, oracle)
    for one, other in zip(traced(played, limit=scenario.size), endings, strict=True):
        ending = other["ending"]
        if ending is None:  # held for ever
            assert (one.words, one.sent) == ("stays at the gate (no time limit)", False)
            continue
        assert (one.path, one.sent, one.decided_by) == (ending["path"], ending["sent"], ending["decided_by"])
    figures = played.figures
    assert standing["sent"] == figures.sent
    if standing["waiting"] == 0:
        told = (standing["accepted"], standing["rejected"], standing["timed_out"], standing["left_flow"])
        assert told == (figures.accepted, figures.rejected, figures.timed_out, figures.left_flow)
    written = any(
        call.kind == "write" and not call.fails for call in oracle.calls
    )  # else it knows of no codes
    assert standing["sent_without_code"] == (figures.without_code if written else 0)


CASES = (
    Scenario(codes=True),
    Scenario(answering=Answering(at_once=1, call_ms=60_000, spread=1)),
    Scenario(answering=Answering(profile="partial", call_ms=20_000), timing=Timing(limit_min=7)),
    Scenario(answering=Answering(profile="crash_half"), timing=Timing(flow="campaign_manager", next_steps_min=(90,))),
    Scenario(
        codes=True,
        answering=Answering(profile="double", at_once=7, call_ms=30_000, failing=0.2, failing_writes=0.2, leak_guard=False),
        timing=Timing(flow="campaign_manager", next_steps_min=(50, 30), scheduled_min=45),
        switches=Switches(cancel_after_finish="honoured", next_step="own_branch"),
    ),
    Scenario(
        answering=Answering(profile="slow", call_ms=9000, at_once=3), timing=Timing(flow="campaign_manager", next_steps_min=(30,))
    ),
    Scenario(answering=Answering(acknowledged=False), switches=Switches(failed_hook="released_unsent")),
    Scenario(answering=Answering(start_min=60, call_ms=0), switches=Switches(on_the_limit="late")),
)  # fmt: skip


@pytest.mark.parametrize("number", range(len(CASES)))
async def test_two_hundred_contacts_end_as_on_the_stand_in(number: int):
    segments = (Segment(name="a", share=0.3, consent=0.5), Segment(name="b", share=0.7, consent=0.8))
    await check(CASES[number].model_copy(update={"size": 200, "segments": segments}))


@pytest.mark.parametrize(
    "seeds", [range(60), pytest.param(range(1000, 3000), marks=pytest.mark.soak)], ids=len
)
async def test_random_scenarios_end_as_on_the_stand_in(seeds: range):
    for seed in seeds:
        scenario = random_scenario(seed, most=15)
        if scenario.size:
            await check(scenario)
