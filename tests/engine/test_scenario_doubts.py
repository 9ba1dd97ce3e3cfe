"""Which open questions a scenario hangs on, and who changes the path between two scenarios."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.engine.event_play import event_play
from tests.engine.scenarios import ANSWERS, random_scenario
from workbench.engine.scenario_doubts import doubts, moved
from workbench.engine.simulation import play
from workbench.models.platform import QUESTIONS, Switches, Timing
from workbench.models.scenario import Answering, Scenario, Segment


def test_each_question_is_answered_in_every_way_and_told_as_a_play_alone_tells_it():
    for seed in range(12):
        scenario = random_scenario(seed, most=15)
        found = doubts(scenario)
        assert [(doubt.number, doubt.switch) for doubt in found] == [(q.number, q.switch) for q in QUESTIONS]
        for doubt in found:
            assert [answer for answer, _, _ in doubt.answers] == list(ANSWERS[doubt.switch])
            alone = [
                event_play(scenario.model_copy(update={"switches": scenario.switches.model_copy(update={doubt.switch: answer})}))
                for answer, _, _ in doubt.answers
            ]  # fmt: skip
            paths = [[contact.ending and contact.ending.path for contact in one.contacts] for one in alone]
            for (_, sent, other), one, taken in zip(doubt.answers, alone, paths, strict=True):
                assert sent == one.figures["sent"]
                assert other == sum(mine != default for mine, default in zip(taken, paths[0], strict=True))
            differs = any(one.figures != alone[0].figures for one in alone) or any(
                taken != paths[0] for taken in paths
            )
            assert doubt.matters == differs


def matters(scenario: Scenario) -> set[str]:
    return {doubt.number for doubt in doubts(scenario) if doubt.matters}


CONSENTS = Scenario(size=100, segments=(Segment(name="all", consent=0.7),))


@pytest.mark.parametrize(
    ("changes", "number"),
    [
        ({"timing": Timing(generated_min=-59.99)}, "A-1"),
        ({"answering": Answering(start_min=60, call_ms=0)}, "A-2"),
        ({"answering": Answering(profile="never"), "timing": Timing(flow="campaign_manager", next_steps_min=(60,))}, "A-3"),
        ({"answering": Answering(start_min=40), "timing": Timing(flow="campaign_manager", next_steps_min=(30,))}, "A-4"),
        ({"answering": Answering(start_min=61)}, "A-5"),
        (
            {"answering": Answering(profile="double", failing=0.2, leak_guard=False), "timing": Timing(scheduled_min=30),
             "switches": Switches(cancel_after_finish="honoured")}, "A-6",
        ),
        ({"codes": True}, "A-7"),
        ({"answering": Answering(start_min=40), "timing": Timing(flow="campaign_manager", next_steps_min=(50, 45, 30))}, "A-8"),
        ({"answering": Answering(profile="partial")}, "A-9"),
        ({"answering": Answering(start_min=90), "timing": Timing(flow="campaign_manager")}, "A-10"),
        ({"answering": Answering(acknowledged=False)}, "A-11"),
    ],
)  # fmt: skip
def test_a_question_matters_where_its_answer_changes_the_result(changes: dict[str, object], number: str):
    assert number in matters(CONSENTS.model_copy(update=changes))


def test_a_plain_answer_in_good_time_hangs_on_none():
    assert matters(CONSENTS) == set()


def test_who_moved_is_told_contact_by_contact():
    one = CONSENTS.model_copy(update={"size": 500})
    two = one.model_copy(
        update={"answering": Answering(profile="slow", call_ms=60_000), "timing": Timing(limit_min=30)}
    )
    before, after = event_play(one), event_play(two)
    pairs = Counter(
        (mine.ending.path, other.ending.path)
        for mine, other in zip(before.contacts, after.contacts, strict=True)
        if mine.ending and other.ending and mine.ending.path != other.ending.path
    )
    found = moved(play(one), play(two))
    assert {(each.before, each.after): each.count for each in found} == dict(pairs)
    assert [each.count for each in found] == sorted((each.count for each in found), reverse=True)
    assert len(found) == 2
    assert moved(play(one), play(one)) == []


def test_of_two_sizes_those_are_compared_that_both_have():
    small = CONSENTS.model_copy(update={"size": 50})
    assert moved(play(small), play(CONSENTS)) == []
    never = CONSENTS.model_copy(update={"answering": Answering(profile="never")})
    assert sum(each.count for each in moved(play(small), play(never))) == 50
    assert moved(play(CONSENTS.model_copy(update={"size": 0})), play(CONSENTS)) == []
