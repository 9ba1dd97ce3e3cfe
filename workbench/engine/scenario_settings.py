"""SETTINGS: a scenario's numbers that a slider may move, by name, each with its unit; and the scenario in which one of them is another."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

from workbench.errors import Invalid
from workbench.models.base import Problem
from workbench.models.platform import Timing
from workbench.models.scenario import Answering, Scenario, Segment
from workbench.sentence import N_, Sentence, say

Unit = Literal["ms", "min", "contacts", "calls", "share", ""]


class Setting(NamedTuple):
    """A number of a scenario: where it is kept, its unit, what it is called, and whether it is a whole one."""

    part: Literal["scenario", "answering", "timing", "segments", "next_steps"]
    unit: Unit
    title: str
    whole: bool = False


SETTINGS: dict[str, Setting] = {
    "size": Setting("scenario", "contacts", N_("Contacts"), whole=True),
    "consent": Setting("segments", "share", N_("Share that consents")),
    "at_once": Setting("answering", "calls", N_("Calls at once"), whole=True),
    "start_min": Setting("answering", "min", N_("Start of the answer")),
    "work_ms": Setting("answering", "ms", N_("Work for each contact")),
    "call_ms": Setting("answering", "ms", N_("Time of a call")),
    "spread": Setting("answering", "", N_("Spread of the calls' times")),
    "failing": Setting("answering", "share", N_("Share of rejects that fail")),
    "failing_writes": Setting("answering", "share", N_("Share of write-backs that fail")),
    "limit_min": Setting("timing", "min", N_("Time limit")),
    "generated_min": Setting("timing", "min", N_("Generation of the messages")),
    "scheduled_min": Setting("timing", "min", N_("Scheduled time")),
    "next_step_min": Setting("next_steps", "min", N_("Next step")),
}


def with_setting(scenario: Scenario, name: str, value: float) -> Scenario:
    """Return the scenario with another value in one setting.

    Raises:
        Invalid: there is no such setting.
        ValidationError: the value is out of the setting's bounds.
    """
    setting = SETTINGS.get(name)
    if setting is None:
        raise Invalid(
            [
                Problem(
                    field="setting",
                    sentence=say(
                        "“{name}” is no setting that can be moved. Choose one of: {names}.",
                        name=name,
                        names=", ".join(SETTINGS),
                    ),
                )
            ]
        )
    kept: Any = round(value) if setting.whole else value
    if setting.part == "scenario":
        return Scenario.model_validate({**_fields(scenario), name: kept})
    if setting.part == "answering":
        answering = Answering.model_validate({**_fields(scenario.answering), name: kept})
        return scenario.model_copy(update={"answering": answering})
    if setting.part == "segments":
        segments = tuple(Segment.model_validate({**_fields(one), name: kept}) for one in scenario.segments)
        return scenario.model_copy(update={"segments": segments})
    named = {"next_steps_min": (kept,)} if setting.part == "next_steps" else {name: kept}
    return scenario.model_copy(
        update={"timing": Timing.model_validate({**_fields(scenario.timing), **named})}
    )


def setting_title(name: str) -> Sentence:
    """Return what a setting is called."""
    return Sentence(SETTINGS[name].title)


def _fields(noun: Scenario | Answering | Timing | Segment) -> dict[str, Any]:
    return dict(noun)
