"""CHECKS of a scenario: what keeps it from being played, and what a person may not have meant."""

from __future__ import annotations

from collections import Counter

from workbench.models.base import Problem
from workbench.models.gate import CAMPAIGN_MANAGER_LIMIT_MIN
from workbench.models.scenario import Scenario
from workbench.sentence import say

MOST_MINUTES = 1_000_000
"""Nearly two years: as far as the stand-in's clock goes."""


def check_scenario(scenario: Scenario) -> list[Problem]:
    """Return the problems, in the order of the form; errors keep it from being played. A size of 0 is allowed: the file is empty."""
    return [*_segments(scenario), *_answering(scenario), *_dates(scenario), *_timing(scenario)]


def _segments(scenario: Scenario) -> list[Problem]:
    problems = []
    if sum(segment.share for segment in scenario.segments) <= 0:
        problems.append(
            Problem(
                field="segments",
                sentence=say(
                    "The shares of the segments add up to 0, so no contact belongs anywhere. Give at least one a share above 0."
                ),
            )
        )
    names = Counter(segment.name for segment in scenario.segments)
    problems += [
        Problem(
            field=f"segments.{number}.name",
            sentence=say(
                "Two segments are called “{name}”, so their contacts cannot be told apart. Give each a name of its own.",
                name=segment.name,
            ),
        )
        for number, segment in enumerate(scenario.segments)
        if names[segment.name] > 1
    ]
    return problems


def _answering(scenario: Scenario) -> list[Problem]:
    answering, problems = scenario.answering, []
    if answering.failing_writes and not scenario.codes:
        problems.append(
            Problem(
                field="answering.failing_writes",
                level="note",
                sentence=say("No code is written back, so no write-back can fail. Turn codes on to play it."),
            )
        )
    if answering.code_guard and not scenario.codes:
        problems.append(
            Problem(
                field="answering.code_guard",
                level="note",
                sentence=say(
                    "No code is written back, so there is nothing to guard. Turn codes on to play it."
                ),
            )
        )
    return problems


def _dates(scenario: Scenario) -> list[Problem]:
    timing = scenario.timing
    dates = {
        "generated_min": (timing.generated_min,),
        "scheduled_min": (timing.scheduled_min,),
        "next_steps_min": timing.next_steps_min,
    }
    return [
        Problem(
            field=f"timing.{field}",
            sentence=say(
                "{minutes} minutes are further away than the lab plays. Take at most {most}.",
                minutes=max(minutes, key=abs),
                most=MOST_MINUTES,
            ),
        )
        for field, minutes in dates.items()
        if any(abs(minute) > MOST_MINUTES for minute in minutes)
    ]


def _timing(scenario: Scenario) -> list[Problem]:
    timing, problems = scenario.timing, []
    if timing.flow == "campaign_manager" and timing.limit_min != CAMPAIGN_MANAGER_LIMIT_MIN:
        problems.append(
            Problem(
                field="timing.limit_min",
                sentence=say(
                    "Campaign Manager always waits {fixed} minutes, not {minutes}. Put it back to {fixed}, or choose a journey.",
                    fixed=CAMPAIGN_MANAGER_LIMIT_MIN,
                    minutes=timing.limit_min,
                ),
            )
        )
    if timing.flow == "journey" and timing.next_steps_min:
        problems.append(
            Problem(
                field="timing.next_steps_min",
                level="note",
                sentence=say(
                    "In a journey contacts move on at the limit: the dates of next steps change nothing."
                ),
            )
        )
    if timing.flow == "campaign_manager" and 0 in timing.next_steps_min:
        problems.append(
            Problem(
                field="timing.next_steps_min",
                level="warning",
                sentence=say(
                    "The next step runs in the moment the hook is fired, so hardly an answer can be in time. Give it a later date."
                ),
            )
        )
    if (
        timing.flow == "campaign_manager"
        and 0 < min(timing.next_steps_min, default=0) <= scenario.answering.start_min
    ):
        problems.append(
            Problem(
                field="timing.next_steps_min",
                level="warning",
                sentence=say(
                    "The next step runs at minute {step}, before the answer begins at minute {start}. Start earlier, or move the step.",
                    step=min(timing.next_steps_min),
                    start=scenario.answering.start_min,
                ),
            )
        )
    if not timing.split and len(set(timing.next_steps_min)) > 1:
        problems.append(
            Problem(
                field="timing.next_steps_min",
                level="note",
                sentence=say(
                    "Without split control there is one path: the earliest of the next steps counts."
                ),
            )
        )
    return problems
