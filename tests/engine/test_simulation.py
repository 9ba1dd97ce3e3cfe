"""The simulation ends every contact as an event-by-event play does, and as the stand-in of the platform does."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings

from tests.engine.event_play import event_play
from tests.engine.scenarios import ANSWERS, random_scenario, scenarios
from workbench.engine.crowd import Crowd, making_of
from workbench.engine.simulation import play, result_of, simulate, traced
from workbench.models.platform import PATHS, Switches, Timing
from workbench.models.scenario import Answering, Result, Scenario, Segment


def check_equal(scenario: Scenario) -> None:
    """Assert that the simulation and the event-by-event play tell the same of everything."""
    oracle, played = event_play(scenario), play(scenario)
    result = result_of(played)
    assert played.figures._asdict() == oracle.figures
    assert (played.answer.finish_ms, played.answer.last_ms) == (oracle.finish_ms, oracle.last_ms)
    assert dict(result.decided_by) == dict(oracle.decided_by)
    assert {(f.segment, f.verdict, f.path, f.sent): f.count for f in result.flows} == dict(oracle.flows)
    contacts = traced(played, limit=scenario.size)
    assert [contact.number for contact in contacts] == list(range(1, scenario.size + 1))
    for one, other in zip(contacts, oracle.contacts, strict=True):
        ending = other.ending
        assert ending is not None
        assert (one.verdict, one.path, one.sent) == (other.verdict, ending.path, ending.sent)
        assert (one.words, one.decided_by) == (ending.words, ending.decided_by)
        assert one.answered_min == (None if other.answered_ms is None else other.answered_ms / 60_000)


@settings(max_examples=400, deadline=None)
@given(scenarios)
def test_equal_to_the_event_by_event_play(scenario: Scenario):
    check_equal(scenario)


@pytest.mark.soak
def test_equal_to_the_event_by_event_play_in_many_scenarios():
    for seed in range(20_000):
        check_equal(random_scenario(seed))


def test_equal_in_a_sendout_of_thousands():
    check_equal(
        Scenario(
            size=4000,
            codes=True,
            segments=(Segment(name="a", share=0.3, consent=0.4), Segment(name="b", share=0.7, consent=0.9)),
            answering=Answering(profile="double", at_once=7, call_ms=4000, failing=0.01, failing_writes=0.01, leak_guard=False),
            timing=Timing(flow="campaign_manager", next_steps_min=(50.0, 30.0), scheduled_min=45),
            switches=Switches(cancel_after_finish="honoured", next_step="own_branch"),
        )
    )  # fmt: skip


MINUTELY = Answering(at_once=1, call_ms=60_000, spread=0)
"""One call a minute, so that calls meet the dates to the millisecond."""


@pytest.mark.parametrize("size", [30, 31, 59, 60, 61, 62])
@pytest.mark.parametrize("flow", ["journey", "campaign_manager"])
def test_equal_where_calls_come_exactly_on_the_dates(size: int, flow: str):
    timing = Timing.model_validate({"flow": flow, "next_steps_min": (30.0, 31.0), "scheduled_min": 45})
    for answers in ({}, {name: found[1] for name, found in ANSWERS.items()}):
        for each in (*ANSWERS, ""):
            switches = Switches.model_validate({**answers, **({each: ANSWERS[each][-1]} if each else {})})
            check_equal(
                Scenario(
                    size=size,
                    segments=(Segment(name="all", consent=0),),
                    answering=MINUTELY,
                    timing=timing,
                    switches=switches,
                )
            )


@pytest.mark.parametrize("last", ["in_time", "late"])
def test_equal_where_a_limit_is_no_round_figure(last: str):
    """In minutes such a limit is a float, which may lie just before the millisecond that is meant."""
    beside = [one for one in range(60_001, 70_000) if int(30 * one / 60_000 * 60_000) != 30 * one]
    for call_ms in beside[:10]:
        check_equal(
            Scenario(
                size=33,
                segments=(Segment(name="all", consent=0),),
                answering=MINUTELY.model_copy(update={"call_ms": float(call_ms)}),
                timing=Timing(limit_min=30 * call_ms / 60_000),
                switches=Switches.model_validate({"on_the_limit": last}),
            )
        )


@pytest.mark.parametrize("honoured", [True, False])
@pytest.mark.parametrize("call_ms", [0, 60_000])
def test_equal_where_the_second_turn_meets_the_finish_or_the_sending(call_ms: float, honoured: bool):
    answering = MINUTELY.model_copy(
        update={
            "profile": "double",
            "call_ms": call_ms,
            "failing": 0.5,
            "failing_writes": 0.5,
            "leak_guard": False,
        }
    )
    switches = Switches(cancel_after_finish="honoured" if honoured else "refused_409")
    for scheduled in (0, 20, 21, 25, 30, 36, 39, 40, 50):
        check_equal(
            Scenario(
                size=20,
                codes=True,
                segments=(Segment(name="all", consent=0.3),),
                answering=answering,
                timing=Timing(scheduled_min=scheduled),
                switches=switches,
            )
        )


# Conservation and split control (R-GATE-22, R-GATE-23) ------------------------------------------------------------------


def check_sums(scenario: Scenario) -> None:
    """Assert that every contact ends once, that sent are the accepted and those of A-4, and that a split changes paths alone."""
    played = play(scenario)
    result = result_of(played)
    assert result.accepted + result.rejected + result.timed_out + result.left_flow == scenario.size
    assert (
        sum(flow.count for flow in result.flows)
        == sum(count for _, count in result.decided_by)
        == scenario.size
    )
    assert sum(cell.size for cell in played.cells) == scenario.size
    out_of_flow = sum(flow.count for flow in result.flows if flow.sent and flow.path == "left_flow")
    assert result.sent == result.accepted + out_of_flow
    assert (
        not out_of_flow
        or dict(result.decided_by).get("A-4", 0) + dict(result.decided_by).get("A-6", 0) >= out_of_flow
    )
    assert result.leaked <= result.sent
    assert result.without_code <= (result.sent if scenario.codes else 0)
    # With own branches a split has dates of its own; without them it changes nothing but the path.
    if scenario.switches.next_step == "earliest":
        other = scenario.timing.model_copy(update={"split": not scenario.timing.split})
        turned = play(scenario.model_copy(update={"timing": other}), played.crowd)
        assert (turned.figures.sent, turned.figures.leaked) == (result.sent, result.leaked)
        assert turned.paths().tolist() == played.paths().tolist()


def test_every_contact_ends_once():
    for seed in range(1500):
        check_sums(random_scenario(seed, most=25))


@pytest.mark.soak
def test_every_contact_ends_once_in_ten_thousand_scenarios():
    for seed in range(100_000, 110_000):
        check_sums(random_scenario(seed))


# Determinism (R-GATE-18) ------------------------------------------------------------------------------------------------


@settings(max_examples=50, deadline=None)
@given(scenarios)
def test_the_same_scenario_gives_the_same_bytes(scenario: Scenario):
    first, again = simulate(scenario), simulate(scenario, Crowd(making_of(scenario)))
    assert first.model_dump_json() == again.model_dump_json()


def test_a_crowd_of_another_scenario_is_refused():
    with pytest.raises(ValueError):
        play(Scenario(size=10), Crowd(making_of(Scenario(size=11))))


# Profiles ---------------------------------------------------------------------------------------------------------------

HALF = Scenario(size=1000, segments=(Segment(name="all", consent=0.5),))


def answering(**named: object) -> Scenario:
    return HALF.model_copy(update={"answering": Answering.model_validate(named)})


def test_healthy_answers_everybody_in_time():
    result = simulate(HALF)
    assert result.sent == result.accepted == 1000 - result.rejected
    assert 400 < result.rejected < 600
    assert result.timed_out == result.left_flow == result.refused == 0
    assert result.finish_min == result.last_answer_min


def test_slow_takes_ten_times_as_long():
    quick, slow = simulate(HALF), simulate(answering(profile="slow"))
    assert slow.finish_min == pytest.approx((quick.finish_min or 0) * 10, rel=1e-4)
    assert simulate(answering(profile="slow", call_ms=60_000)).refused > 0


def test_partial_answers_three_fifths_and_never_finishes():
    result = simulate(answering(profile="partial"))
    assert result.rejected == simulate(HALF).rejected * 3 // 5
    assert (result.sent, result.finish_min) == (0, None)
    assert {flow.verdict for flow in result.flows} == {"reject", "unanswered"}


def test_a_crash_after_half_is_for_good():
    result = simulate(answering(profile="crash_half"))
    assert result.rejected == simulate(HALF).rejected // 2
    assert result.sent == 0
    assert result.timed_out == 1000 - result.rejected


def test_never_leaves_everybody_unanswered():
    result = simulate(answering(profile="never"))
    assert (result.timed_out, result.last_answer_min) == (1000, None)
    assert {flow.verdict for flow in result.flows} == {"unanswered"}


def test_double_has_no_second_effect():
    one, two = simulate(HALF), simulate(answering(profile="double"))
    assert (one.flows, one.finish_min, one.sent) == (two.flows, two.finish_min, two.sent)
    assert (two.last_answer_min or 0) == pytest.approx(2 * (one.last_answer_min or 0), rel=1e-3)


def test_the_leak_guard_keeps_the_finish_back_and_without_it_messages_leak():
    guarded = simulate(answering(failing=0.1))
    assert (guarded.sent, guarded.leaked, guarded.finish_min) == (0, 0, None)
    assert any("kept back" in str(told) for told in guarded.warnings)
    open_ = simulate(answering(failing=0.1, leak_guard=False))
    assert open_.leaked == simulate(HALF).rejected - open_.rejected > 0
    assert open_.sent == open_.accepted
    assert any(str(told).endswith(f"rejected: {open_.leaked}.") for told in open_.warnings)


def test_a_failed_write_back_is_a_message_without_code_unless_it_is_guarded():
    coded = HALF.model_copy(update={"codes": True, "answering": Answering(failing_writes=0.2)})
    result = simulate(coded)
    assert 0 < result.without_code < result.sent
    assert (
        simulate(coded.model_copy(update={"answering": Answering(failing_writes=0.2, code_guard=True)})).sent
        == 0
    )
    whole = coded.model_copy(update={"switches": Switches(properties_used="at_generation")})
    assert simulate(whole).without_code == result.sent


def test_an_empty_file_is_finished_and_sends_nothing():
    result = simulate(Scenario(size=0, codes=True))
    assert (result.sent, result.finish_min, result.flows) == (0, 0.0, ())


@pytest.mark.parametrize("consent", [0.0, 1.0])
def test_all_rejected_or_none(consent: float):
    result = simulate(Scenario(size=500, segments=(Segment(name="all", consent=consent),)))
    assert result.accepted == 500 * consent
    assert result.rejected == 500 - result.accepted


def test_a_million_contacts_all_rejected():
    result = simulate(
        Scenario(size=1_000_000, segments=(Segment(name="all", consent=0),), answering=Answering(at_once=1))
    )
    assert result.rejected + result.timed_out == 1_000_000
    assert result.timed_out == result.refused - 1  # and the finish


# Switches and dates -----------------------------------------------------------------------------------------------------


def ends(start: float, timing: Timing, **switches: str) -> Result:
    """Play a sendout in which everybody consents: the finish is the only call, at the start."""
    scenario = Scenario(
        size=10, segments=(Segment(name="all", consent=1),), answering=Answering(start_min=start), timing=timing,
        switches=Switches.model_validate(switches),
    )  # fmt: skip
    return simulate(scenario)


def steps(*minutes: float) -> Timing:
    return Timing(flow="campaign_manager", next_steps_min=minutes)


CM = steps(30)


@pytest.mark.parametrize(
    ("start", "timing", "switch", "default", "other"),
    [
        (70, Timing(scheduled_min=15), {"hour_starts": "scheduled"}, (0, "timed_out"), (10, "accepted")),
        (60, Timing(), {"on_the_limit": "late"}, (10, "accepted"), (0, "timed_out")),
        (61, steps(60), {"next_step_on_the_limit": "left_flow"}, (0, "timed_out"), (0, "left_flow")),
        (45, CM, {"accept_after_next_step": "not_sent"}, (10, "left_flow"), (0, "left_flow")),
        (45, steps(50, 30), {"next_step": "own_branch"}, (10, "left_flow"), (10, "accepted")),
        (90, steps(), {"last_step": "nothing"}, (0, "timed_out"), (10, "accepted")),
    ],
)  # fmt: skip
def test_a_switch_changes_how_it_ends(start, timing, switch, default, other):
    for expected, result in ((default, ends(start, timing)), (other, ends(start, timing, **switch))):
        assert (result.sent, [flow.path for flow in result.flows]) == (expected[0], [expected[1]])


def test_a_late_answer_is_refused_or_ignored():
    assert ends(61, Timing()).refused == 1
    assert ends(61, Timing(), late_answer="ignored_200").refused == 0


def test_cancels_without_a_finish():
    partial = answering(profile="partial")
    alone = partial.model_copy(update={"switches": Switches(cancels_without_finish="timed_out")})
    assert simulate(partial).rejected > 0
    assert simulate(alone).timed_out == 1000


def test_a_cancel_after_the_finish_counts_only_while_the_message_is_still_there():
    scenario = answering(profile="double", failing=0.1, leak_guard=False)
    refused = scenario.model_copy(update={"timing": Timing(scheduled_min=59)})
    honoured = refused.model_copy(update={"switches": Switches(cancel_after_finish="honoured")})
    assert simulate(honoured).leaked < simulate(refused).leaked == simulate(scenario).leaked
    gone = honoured.model_copy(update={"timing": Timing()})
    assert simulate(gone).leaked == simulate(scenario).leaked


def test_a_hook_that_was_not_acknowledged():
    lost = answering(acknowledged=False)
    assert simulate(lost).sent > 0
    released = simulate(lost.model_copy(update={"switches": Switches(failed_hook="released_unsent")}))
    assert (released.sent, released.decided_by) == (0, (("A-11", 1000),))


def test_the_random_scenarios_meet_every_path_rule_and_switch():
    """A property over scenarios in which a rule never matters proves nothing of it."""
    rules: set[str] = set()
    met = dict.fromkeys((*PATHS, "sent", "leaked", "without_code", "refused"), 0)
    for seed in range(600):
        result = simulate(random_scenario(seed))
        rules |= {rule for rule, count in result.decided_by if count}
        for name in met:
            met[name] += getattr(result, name) > 0
    assert min(met.values()) >= 10
    assert rules == {"D A7", *(f"A-{number}" for number in (1, 2, 3, 4, 5, 6, 8, 9, 10, 11))}
    assert len(ANSWERS) == 11


# What is told -----------------------------------------------------------------------------------------------------------


def test_the_timeline_is_in_order_and_tells_the_dates():
    result = simulate(HALF.model_copy(update={"timing": CM}))
    assert all(one[0] <= two[0] for one, two in pairwise(result.timeline))
    told = [str(sentence) for _, sentence in result.timeline]
    assert told == [
        "The hook is fired, and acknowledged in time.",
        "The item file is fetched and decided.",
        f"The first of {result.rejected} calls begins.",
        "The last reject is through.",
        "The finish is called.",
        "The next step runs.",
        "The time limit ends.",
    ]


def test_a_next_step_that_comes_too_close_is_warned_of_with_the_latest_answer_and_the_smallest_gap():
    scenario = Scenario(
        size=10, segments=(Segment(name="all", consent=1),), answering=Answering(start_min=27), timing=CM, margin_min=5
    )  # fmt: skip
    told = [str(sentence) for sentence in simulate(scenario).warnings]
    assert told == [
        "The next step runs at minute 30.0, the answer is there at minute 27.0: less than the margin of 5.0 minutes."
        " The smallest safe gap to the next step is 32.0 minutes.",
        "With a margin of 5.0 minutes the latest safe answer is at minute 25.0; it comes at minute 27.0.",
    ]
    for safe in (
        scenario.model_copy(update={"answering": Answering(start_min=25)}),
        scenario.model_copy(update={"margin_min": 3.0}),
        scenario.model_copy(update={"timing": steps(32)}),
    ):
        assert simulate(safe).warnings == ()
    just = scenario.model_copy(update={"answering": Answering(start_min=25.001)})
    assert len(simulate(just).warnings) == 2


def test_an_answer_after_the_hour_is_warned_of():
    told = [str(sentence) for sentence in ends(70, steps(120)).warnings]
    assert told[0] == "No gap to the next step is large enough: the hour is over before the answer is there."
    assert told[1] == "The answer comes at minute 70.0, 10.0 minutes too late."
    assert told[-1] == "Calls that come too late and are refused: 1."


# Tracing ----------------------------------------------------------------------------------------------------------------


def test_contacts_are_told_page_by_page_and_path_by_path():
    played = play(HALF)
    everybody = traced(played, limit=1000)
    pages = [one for after in range(0, 1000, 70) for one in traced(played, after=after, limit=70)]
    assert pages == everybody
    rejected = traced(played, "rejected", limit=1000)
    assert rejected == [one for one in everybody if one.path == "rejected"]
    assert traced(played, "rejected", after=rejected[9].number, limit=5) == rejected[10:15]
    assert traced(played, "left_flow") == traced(played, after=1000) == traced(played, after=5000) == []
