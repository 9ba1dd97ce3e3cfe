"""The gate lab, embedded and through the server: it plays, tells what cannot be played, and keeps nobody waiting."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys

import pytest

from workbench import Workbench
from workbench.engine.break_even import sweep
from workbench.engine.simulation import play as played
from workbench.engine.simulation import simulate, traced
from workbench.errors import Invalid
from workbench.models.person import Role
from workbench.models.platform import Timing
from workbench.models.scenario import Answering, Scenario, Segment
from workbench.services.lab import KEPT_ANSWERS, KEPT_CONTACTS, MOST_VALUES, Lab

SMALL = Scenario(
    size=400, codes=True, answering=Answering(call_ms=9000), timing=Timing(flow="campaign_manager", next_steps_min=(10,))
)  # fmt: skip
STEP = Timing(flow="campaign_manager", next_steps_min=(5,))
LARGE = SMALL.model_copy(update={"size": 60_000, "codes": False})


async def test_both_ways_tell_what_the_engine_tells(bench: Workbench):
    for scenario in (SMALL, LARGE):
        assert await bench.lab.run(scenario) == simulate(scenario)
        assert await bench.lab.trace(scenario, "rejected", after=20, limit=7) == traced(
            played(scenario), "rejected", 20, 7
        )
        assert await bench.lab.trace(scenario, after=10**26, limit=-7) == []
        assert await bench.lab.trace(scenario, after=10**26) == []
        values = [0.0, 5.5, 11.0]
        assert await bench.lab.sweep(scenario, "start_min", values) == sweep(scenario, "start_min", values)
    found = await bench.lab.break_even(SMALL)
    assert found.latest_finish_min == 10
    assert {curve.setting for curve in found.curves} == {"call_ms", "size", "start_min", "next_step_min"}
    assert {doubt.number for doubt in await bench.lab.doubts(SMALL) if doubt.matters} >= {"A-4"}
    later = SMALL.model_copy(update={"timing": Timing()})
    assert sum(each.count for each in await bench.lab.compare(SMALL, later)) > 0
    assert await bench.lab.check(SMALL) == []
    with pytest.raises(Invalid) as refused:
        await bench.lab.run(WRONG[0][0])
    assert list(refused.value.problems) == await bench.lab.check(WRONG[0][0])


async def test_a_viewer_may_play(connected):
    role: Role = "viewer"
    assert (await connected(role).lab.run(SMALL)).scenario == SMALL


WRONG = [
    (SMALL.model_copy(update={"segments": (Segment(name="a", share=0),)}), "segments", "add up to 0"),
    (
        SMALL.model_copy(update={"segments": (Segment(name="a"), Segment(name="a"))}), "segments.0.name", "Two segments are called “a”",
    ),
    (
        SMALL.model_copy(update={"timing": Timing(flow="campaign_manager", limit_min=90)}), "timing.limit_min",
        "Campaign Manager always waits 60 minutes, not 90.0",
    ),
    (
        SMALL.model_copy(update={"timing": Timing(generated_min=-2e307)}), "timing.generated_min", "-2e+307 minutes are further",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("scenario", "field", "told"), WRONG, ids=["shares", "names", "hour", "dates"])
async def test_what_cannot_be_played_is_told_and_refused(scenario: Scenario, field: str, told: str):
    lab = Lab()
    problem = (await lab.check(scenario))[0]
    assert (problem.field, problem.blocks) == (field, True)
    assert told in str(problem.sentence)
    for asked in (
        lab.run(scenario), lab.trace(scenario), lab.break_even(scenario), lab.doubts(scenario),
        lab.compare(SMALL, scenario), lab.compare(scenario, SMALL), lab.sweep(scenario, "size", [1]),
    ):  # fmt: skip
        with pytest.raises(Invalid) as refused:
            await asked
        assert refused.value.problems[0] == problem


@pytest.mark.parametrize(
    ("changes", "field", "level"),
    [
        ({"answering": Answering(failing_writes=0.1)}, "answering.failing_writes", "note"),
        ({"answering": Answering(code_guard=True)}, "answering.code_guard", "note"),
        ({"timing": Timing(next_steps_min=(5,))}, "timing.next_steps_min", "note"),
        ({"timing": Timing(flow="campaign_manager", next_steps_min=(0,))}, "timing.next_steps_min", "warning"),
        ({"timing": STEP, "answering": Answering(start_min=5)}, "timing.next_steps_min", "warning"),
        ({"timing": Timing(flow="campaign_manager", split=False, next_steps_min=(30, 40))}, "timing.next_steps_min", "note"),
    ],
)  # fmt: skip
async def test_what_may_not_be_meant_is_told_and_played(changes: dict[str, object], field: str, level: str):
    scenario = Scenario(size=10).model_copy(update=changes)
    lab = Lab()
    assert [(problem.field, problem.level) for problem in await lab.check(scenario)] == [(field, level)]
    assert (await lab.run(scenario)).scenario == scenario


@pytest.mark.parametrize(
    ("noun", "field", "value"),
    [
        (Answering, "at_once", 0), (Answering, "call_ms", float("nan")), (Answering, "start_min", -1), (Answering, "failing", 1.01),
        (Timing, "next_steps_min", (-1,)), (Timing, "limit_min", 0), (Timing, "limit_min", float("nan")), (Scenario, "size", -1),
        (Scenario, "size", 1_000_001), (Scenario, "segments", ()), (Segment, "consent", 2),
    ],
)  # fmt: skip
def test_what_no_scenario_can_hold_names_its_field(noun: type, field: str, value: object):
    named = {"name": "a"} if noun is Segment else {}
    with pytest.raises(ValueError, match=field):
        noun(**named, **{field: value})


async def test_an_empty_sendout_and_one_of_a_million_are_played():
    lab = Lab()
    assert (await lab.run(Scenario(size=0))).finish_min == 0
    nobody = Scenario(size=1_000_000, answering=Answering(profile="never"))
    assert (await lab.run(nobody)).timed_out == 1_000_000


@pytest.mark.parametrize(
    ("setting", "values", "told"),
    [
        ("colour", [1.0], "no setting that can be moved"),
        ("at_once", [3.0, 0.0], "0.0 is out of the bounds of “at_once”"),
        ("next_step_min", [-1.0], "-1.0 is out of the bounds"),
        ("size", [float("inf")], "inf is no number"),
        ("call_ms", [float("nan")], "nan is no number"),
        ("call_ms", [1.0] * (MOST_VALUES + 1), "more than the 500 of one curve"),
        ("next_step_min", [1e308], "1e+308 minutes are further away than the lab plays"),
        ("limit_min", [50.0], "Campaign Manager always waits 60 minutes, not 50.0"),
        ("size", [1_000_000.0] * 30, "30000000 are more than 20000000"),
    ],
)
async def test_a_curve_that_cannot_be_drawn_is_refused(setting: str, values: list[float], told: str):
    with pytest.raises(Invalid, match=re.escape(told)):
        await Lab().sweep(SMALL, setting, values)


async def test_a_large_play_leaves_the_loop_free():
    """While it is played the loop goes on: the play's own thread hands over to it."""
    lab = Lab()
    play = asyncio.create_task(lab.run(SMALL.model_copy(update={"size": 300_000})))
    turns = 0
    while not play.done():
        await asyncio.sleep(0)
        turns += 1
    assert turns > 10
    assert (await play).scenario.size == 300_000


async def test_the_same_scenario_is_played_once():
    lab = Lab()
    first = await lab.run(SMALL)
    assert await lab.run(SMALL.model_copy()) is first
    assert (await lab.break_even(SMALL)) is (await lab.break_even(SMALL))
    told = await lab.doubts(SMALL)
    told.clear()  # what one caller does with a list is not what the next one gets
    assert len(await lab.doubts(SMALL)) == 11


async def test_what_is_kept_is_bounded():
    lab = Lab()
    for seed in range(KEPT_ANSWERS + 5):
        await lab.run(SMALL.model_copy(update={"seed": seed}))
    assert len(lab._answers) == KEPT_ANSWERS
    for seed in range(4):
        await lab.run(Scenario(size=600_000, seed=seed))
    assert sum(making.size for making in lab._crowds) <= KEPT_CONTACTS
    assert len(lab._crowds) == 2


async def test_many_ask_at_once_and_get_the_same():
    lab = Lab()
    scenarios = [LARGE.model_copy(update={"seed": seed % 3}) for seed in range(9)]
    results = await asyncio.gather(*(lab.run(one) for one in scenarios))
    assert [result.sent for result in results] == [simulate(one).sent for one in scenarios]


def test_a_page_that_connects_loads_no_numpy():
    code = "import sys, workbench, workbench.services.lab; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
