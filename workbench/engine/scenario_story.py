"""STORY: what is told beside a scenario's figures: its dates in order, and what to be warned of."""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite

from workbench.models.scenario import Scenario
from workbench.sentence import Sentence, say

from .crowd import Crowd
from .hold import hour_ends
from .in_time import NEVER, latest_ms, smallest_gap_ms
from .scenario_answer import MINUTE, Answer, finishes

Dated = tuple[float, Sentence]


def timeline_of(scenario: Scenario, crowd: Crowd, done: Answer) -> tuple[Dated, ...]:
    """Return the dates of a scenario in minutes after the hook, the first one first."""
    dates = [*_platform(scenario), *_crew(scenario, crowd, done)]
    return tuple(sorted(dates, key=lambda dated: dated[0]))


def _platform(scenario: Scenario) -> Iterator[Dated]:
    timing = scenario.timing
    if timing.generated_min:
        yield timing.generated_min, say("The messages are generated.")
    if scenario.answering.acknowledged:
        yield 0.0, say("The hook is fired, and acknowledged in time.")
    else:
        yield 0.0, say("The hook is fired, but not acknowledged in time.")
    if timing.scheduled_min:
        yield timing.scheduled_min, say("Accepted messages may leave from now on.")
    ends = hour_ends(timing, scenario.switches)
    if isfinite(ends):
        yield ends, say("The time limit ends.")
    if timing.flow == "campaign_manager":
        for minute in sorted(set(timing.next_steps_min)):
            yield minute, say("The next step runs.")


def _crew(scenario: Scenario, crowd: Crowd, done: Answer) -> Iterator[Dated]:
    answering, tempo = scenario.answering, done.tempo
    if answering.profile != "never":
        yield _minute(round(answering.start_min * MINUTE)), say("The item file is fetched and decided.")
    if done.made:
        calls = done.made * done.turns
        yield _minute(tempo.begins_ms), say("The first of {calls} calls begins.", calls=calls)
    cancels = crowd.cancel_ends[: max(0, done.made - crowd.writes.size)]
    if cancels.size:
        last = int(cancels.max()) + done.turn_units * (done.turns - 1)
        yield _minute(tempo.stamp(last)), say("The last reject is through.")
    if done.finish_ms is not None:
        yield _minute(done.finish_ms), say("The finish is called.")
    elif done.kept_back and done.last_ms is not None:
        yield _minute(done.last_ms), say("The finish is kept back: a call has failed.")
    elif answering.profile in ("partial", "crash_half"):
        yield _minute(done.last_ms or tempo.begins_ms), say("The connected system falls silent.")


def warnings_of(
    scenario: Scenario, done: Answer, leaked: int, without_code: int, refused: int
) -> tuple[Sentence, ...]:
    """Return what a person should know before the day: time that is short, messages that should not have left, nobody answering."""
    return (*_of_time(scenario, done), *_of_harm(scenario, done, leaked, without_code, refused))


def _of_time(scenario: Scenario, done: Answer) -> Iterator[Sentence]:
    """Give R-GATE-25: the latest safe answer and the smallest safe gap, where the margin is not kept."""
    latest = latest_ms(scenario)
    if done.finish_ms is None or latest is None:
        return
    margin = round(scenario.margin_min * MINUTE)
    if latest == NEVER:
        yield say("No answer can be in time: the hold is over before it begins.")
        return
    if done.finish_ms + margin <= latest:
        return
    gap = smallest_gap_ms(scenario, done.finish_ms)
    steps = scenario.timing.next_steps_min if gap is not None else ()
    safe = latest - margin
    if steps and round(min(steps) * MINUTE) < done.finish_ms + margin:
        yield say(
            "The next step runs at minute {step}, the answer is there at minute {finish}: less than the margin of {margin} minutes."
            " The smallest safe gap to the next step is {gap} minutes.",
            step=_shown(round(min(steps) * MINUTE)),
            finish=_shown(done.finish_ms),
            margin=_shown(margin),
            gap=_shown((gap or 0) + margin),
        )
    if gap is None and scenario.timing.flow == "campaign_manager":
        yield say("No gap to the next step is large enough: the hour is over before the answer is there.")
    if done.finish_ms > latest:
        yield say(
            "The answer comes at minute {finish}, {late} minutes too late.",
            finish=_shown(done.finish_ms),
            late=_shown(done.finish_ms - latest),
        )
    if safe >= 0:
        yield say(
            "With a margin of {margin} minutes the latest safe answer is at minute {latest}; it comes at minute {finish}.",
            margin=_shown(margin),
            latest=_shown(safe),
            finish=_shown(done.finish_ms),
        )
    else:
        yield say(
            "A margin of {margin} minutes is more than the hold leaves: no answer is safe.",
            margin=_shown(margin),
        )


def _of_harm(
    scenario: Scenario, done: Answer, leaked: int, without_code: int, refused: int
) -> Iterator[Sentence]:
    if done.kept_back:
        yield say(
            "A call failed, so the finish is kept back: nobody is accepted, and no message is sent by mistake."
        )
    elif not finishes(scenario.answering):
        yield say("The finish is never called: no message is sent.")
    if leaked:
        yield say("Messages that are sent although they should have been rejected: {count}.", count=leaked)
    if without_code:
        yield say("Messages that are sent without their code: {count}.", count=without_code)
    if refused:
        yield say("Calls that come too late and are refused: {count}.", count=refused)


def _minute(ms: int) -> float:
    return ms / MINUTE


def _shown(ms: int) -> float:
    return round(ms / MINUTE, 2)
