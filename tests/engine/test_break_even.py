"""At the break-even everybody is answered in time, and one step beyond it no longer everybody."""

from __future__ import annotations

from typing import get_args

import pytest

from tests.engine.scenarios import random_scenario
from workbench.engine.break_even import break_even, sweep
from workbench.engine.crowd import Crowd, making_of
from workbench.engine.in_time import NEVER, answered_by, last_that, latest_ms, smallest_gap_ms
from workbench.engine.scenario_settings import SETTINGS, with_setting
from workbench.engine.simulation import play
from workbench.errors import Invalid
from workbench.models.platform import Switches, Timing
from workbench.models.scenario import Answering, BreakEven, Profile, Scenario, Segment

BUSY = Scenario(
    size=300, segments=(Segment(name="all", consent=0.5),), answering=Answering(call_ms=20_000, work_ms=100),
    timing=Timing(flow="campaign_manager", next_steps_min=(30.0,)),
)  # fmt: skip
MS = 1 / 60_000


def answered(scenario: Scenario, setting: str, value: float) -> bool:
    """Return whether everybody ends on the path of an answer, with another value in one setting."""
    changed = with_setting(scenario, setting, value)
    return play(changed).figures.answered == changed.size


def check(scenario: Scenario, found: BreakEven) -> None:
    """Assert that each figure is the last that will do."""
    if found.largest_call_ms is not None:
        assert answered(scenario, "call_ms", found.largest_call_ms)
        assert not answered(scenario, "call_ms", found.largest_call_ms + 0.001)
    if found.largest_size is not None:
        assert answered(scenario, "size", found.largest_size)
        assert not answered(scenario, "size", found.largest_size + 1)
    if found.latest_start_min is not None:
        assert answered(scenario, "start_min", found.latest_start_min)
        assert not answered(scenario, "start_min", found.latest_start_min + MS)
    if found.smallest_gap_min is not None:
        assert answered(scenario, "next_step_min", found.smallest_gap_min)
        if found.smallest_gap_min > MS:
            assert not answered(scenario, "next_step_min", found.smallest_gap_min - MS)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"codes": True},
        {"answering": Answering(call_ms=5000, at_once=1, spread=1)},
        {"answering": Answering(profile="slow", call_ms=900)},
        {"answering": Answering(profile="double", call_ms=9000, spread=0)},
        {"timing": Timing(limit_min=33.3)},
        {"switches": Switches(on_the_limit="late"), "timing": Timing()},
        {"timing": Timing(flow="campaign_manager", next_steps_min=(200.0,))},
    ],
)
def test_each_figure_is_the_last_that_will_do(changes: dict[str, object]):
    scenario = BUSY.model_copy(update=changes)
    found = break_even(scenario)
    assert found.largest_call_ms is not None
    assert found.largest_size is not None
    assert found.latest_start_min is not None
    assert (found.smallest_gap_min is None) == (scenario.timing.flow == "journey")
    check(scenario, found)


@pytest.mark.soak
def test_each_figure_is_the_last_that_will_do_in_random_scenarios():
    """Where guards, failing calls and own branches do not speak, being in time is all there is to being answered."""
    for seed in range(150):
        drawn = random_scenario(seed, most=30)
        plain = {"failing": 0.0, "failing_writes": 0.0, "acknowledged": True}
        scenario = drawn.model_copy(
            update={
                "answering": drawn.answering.model_copy(update=plain),
                "switches": drawn.switches.model_copy(update={"next_step": "earliest"}),
                "size": max(1, drawn.size),
            }
        )
        check(scenario, break_even(scenario))


def test_the_latest_finish_is_the_rules_own():
    for seed in range(300):
        scenario = random_scenario(seed)
        latest = latest_ms(scenario)
        if not scenario.answering.acknowledged and scenario.switches.failed_hook == "released_unsent":
            assert latest == NEVER
            assert smallest_gap_ms(scenario, 0) is None
        elif latest is None:
            assert answered_by(scenario.timing, scenario.switches, 10**12)
        else:
            assert latest == NEVER or answered_by(scenario.timing, scenario.switches, latest)
            assert not answered_by(scenario.timing, scenario.switches, latest + 1)


@pytest.mark.parametrize("profile", get_args(Profile))
def test_a_profile_that_never_finishes_has_only_the_latest_finish(profile: Profile):
    found = break_even(BUSY.model_copy(update={"answering": Answering(profile=profile)}))
    assert found.latest_finish_min == 30
    silent = profile in ("partial", "crash_half", "never")
    assert (found.largest_size is None and found.curves == ()) == silent


def test_where_everything_or_nothing_will_do_there_is_no_figure():
    forever = Timing(flow="campaign_manager")
    endless = BUSY.model_copy(update={"timing": forever, "switches": Switches(last_step="nothing")})
    found = break_even(endless)
    assert (found.latest_finish_min, found.largest_size, found.latest_start_min) == (None, None, None)
    over = BUSY.model_copy(
        update={"timing": Timing(generated_min=-70), "switches": Switches(hour_starts="generation")}
    )
    nothing = break_even(over)
    assert latest_ms(over) == NEVER
    assert nothing.model_dump(exclude={"curves"}) == BreakEven().model_dump(exclude={"curves"})
    assert smallest_gap_ms(BUSY, 61 * 60_000) is None


def test_the_curves_turn_where_the_figures_are():
    found = break_even(BUSY)
    curves = {curve.setting: curve for curve in found.curves}
    assert set(curves) == {"call_ms", "size", "start_min", "next_step_min"}
    for name, figure in (
        ("call_ms", found.largest_call_ms), ("size", found.largest_size), ("start_min", found.latest_start_min),
    ):  # fmt: skip
        curve = curves[name]
        assert curve.turns_at == figure
        assert curve.points == tuple(sorted(curve.points))
        most = {value: value if name == "size" else 300 for value, _ in curve.points}
        assert all((figure_ == most[value]) == (value <= figure) for value, figure_ in curve.points)
    assert curves["next_step_min"].turns_at == found.smallest_gap_min


def test_a_sweep_tells_what_each_single_play_tells():
    values = {
        "size": [0, 10, 200, 300, 301, 900], "consent": [0, 0.3, 1], "at_once": [1, 2, 50], "start_min": [0, 12.5, 31],
        "work_ms": [0, 9000],
        "call_ms": [0, 15_000.5, 40_000], "spread": [0, 1.5], "failing": [0, 0.01, 1], "failing_writes": [0, 1], "limit_min": [1, 60],
        "generated_min": [-30, 0], "scheduled_min": [0, 20], "next_step_min": [0, 10.5, 61],
    }  # fmt: skip
    assert set(values) == set(SETTINGS)
    for codes in (False, True):
        scenario = BUSY.model_copy(update={"codes": codes})
        for setting, asked in values.items():
            curve = sweep(scenario, setting, asked, Crowd(making_of(scenario)))
            alone = [float(play(with_setting(scenario, setting, one)).figures.answered) for one in asked]
            assert curve.points == tuple(zip(map(float, asked), alone, strict=True)), setting
            assert (curve.setting, curve.unit) == (setting, SETTINGS[setting].unit)
            changed = [value for value, figure in curve.points if figure != alone[0]]
            assert curve.turns_at == (changed[0] if changed else None)
    assert sweep(BUSY, "size", []).points == ()


def test_a_setting_that_is_none_names_those_that_are():
    with pytest.raises(Invalid, match="“colour” is no setting that can be moved"):
        sweep(BUSY, "colour", [1])


@pytest.mark.parametrize("largest", [-1, 0, 1, 57, 98, 99])
def test_bisection_finds_the_last_that_fits(largest: int):
    assert last_that(lambda number: number <= largest, 100) == largest
