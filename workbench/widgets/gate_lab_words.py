"""GATE LAB WORDS: what the paths, decisions, profiles and open questions are called, and how a time is written."""

from __future__ import annotations

from collections.abc import Mapping

from workbench.models.platform import Path, Switches
from workbench.models.scenario import Profile
from workbench.sentence import N_, Sentence, say

from .language import number
from .piece import said

__all__ = [
    "FLOWS",
    "PATH_WORDS",
    "PROFILES",
    "SENT",
    "SETTING_WORDS",
    "SWITCH_WORDS",
    "VERDICTS",
    "duration",
    "length",
    "percent",
    "switch_defaults",
]

FLOWS: Mapping[str, str] = {"journey": N_("Journey"), "campaign_manager": N_("Campaign Manager")}

VERDICTS: Mapping[str, str] = {
    "accept": N_("Accepted"),
    "reject": N_("Rejected"),
    "unanswered": N_("No answer"),
}

PATH_WORDS: Mapping[Path, str] = {
    "accepted": N_("Accepted path"),
    "rejected": N_("Rejected path"),
    "timed_out": N_("Timed-out path"),
    "left_flow": N_("Left the flow"),
}

SENT: Mapping[bool, str] = {True: N_("Sent"), False: N_("Not sent")}

PROFILES: tuple[tuple[Profile, str, str], ...] = (
    ("healthy", N_("Healthy"), N_("Every contact is answered once, as fast as the settings say.")),
    ("slow", N_("Slow"), N_("Every contact is answered, but each call takes far longer.")),
    ("partial", N_("Partial"), N_("Some contacts get no answer at all.")),
    ("double", N_("Double"), N_("Every call is made twice, as after a message that was delivered twice.")),
    ("crash_half", N_("Crash after half"), N_("The system stops after half of the contacts and never calls again.")),
    ("never", N_("Never"), N_("The system never answers.")),
)  # fmt: skip

SWITCH_WORDS: Mapping[str, Mapping[str, str]] = {
    "hour_starts": {
        "hook": N_("When the hook is fired"),
        "generation": N_("When the messages are generated"),
        "scheduled": N_("At the scheduled time"),
    },
    "on_the_limit": {"in_time": N_("In time"), "late": N_("Late")},
    "next_step_on_the_limit": {
        "timed_out": N_("They take the timed-out path"),
        "left_flow": N_("They leave the flow"),
    },
    "accept_after_next_step": {"sent": N_("It is sent"), "not_sent": N_("It is not sent")},
    "late_answer": {"refused_410": N_("An error (410)"), "ignored_200": N_("A 200 without effect")},
    "cancel_after_finish": {"refused_409": N_("No, it is refused (409)"), "honoured": N_("Yes")},
    "properties_used": {
        "at_release": N_("Used: rendered at the release"),
        "at_generation": N_("Not used: rendered before"),
    },
    "next_step": {"earliest": N_("The earliest of all"), "own_branch": N_("Each branch's own")},
    "cancels_without_finish": {
        "rejected": N_("The cancelled are rejected"),
        "timed_out": N_("Everybody times out"),
    },
    "last_step": {"timed_out": N_("It times out after one hour"), "nothing": N_("Nothing more happens")},
    "failed_hook": {
        "hold_stays": N_("The hold stays until the limit"),
        "released_unsent": N_("They are released unsent at once"),
    },
}
"""What each answer to an open question is called. The first is the default."""


SETTING_WORDS: Mapping[str, str] = {
    "title": N_("Name of this run"),
    "size": N_("Contacts"),
    "seed": N_("Seed"),
    "codes": N_("Promo codes"),
    "segments": N_("Segments"),
    "margin_min": N_("Margin (minutes)"),
    "answering.profile": N_("How it behaves"),
    "answering.call_ms": N_("One call takes"),
    "answering.at_once": N_("Calls at once"),
    "answering.start_min": N_("It begins after"),
    "answering.leak_guard": N_("Leak guard"),
    "answering.code_guard": N_("Code guard"),
    "answering.acknowledged": N_("The hook is acknowledged in time"),
    "answering.work_ms": N_("Work per contact (ms)"),
    "answering.spread": N_("Spread"),
    "answering.failing": N_("Rejects that fail (%)"),
    "answering.failing_writes": N_("Codes that fail (%)"),
    "timing.flow": N_("Flow"),
    "timing.split": N_("Advanced split control"),
    "timing.limit_min": N_("Limit (minutes)"),
    "timing.next_steps_min": N_("Next step at (minutes)"),
    "timing.generated_min": N_("Generated before the hook (minutes)"),
    "timing.scheduled_min": N_("Scheduled to leave at (minutes)"),
}
"""What each setting of a scenario is called, by its path."""


def switch_defaults() -> Mapping[str, str]:
    """Return the default answer to each question."""
    return {name: str(value) for name, value in Switches().model_dump().items()}


def duration(minutes: float) -> Sentence:
    """Return a time given in minutes, in the unit that suits it: ``12 s``, ``45 min``, ``2 h 30 min``, ``3 d``."""
    sign = "−" if minutes < 0 else ""
    seconds = abs(minutes) * 60
    if seconds < 59.95:
        return say("{n} s", n=sign + number(_round(seconds)))
    if seconds < 2 * 3600:
        return say("{n} min", n=sign + number(_round(seconds / 60)))
    hours, rest = divmod(round(seconds / 60), 60)
    if hours < 72:
        if rest:
            return say("{h} h {n} min", h=sign + number(hours), n=rest)
        return say("{n} h", n=sign + number(hours))
    return say("{n} d", n=sign + number(_round(hours / 24 + rest / 1440)))


def length(milliseconds: float) -> Sentence:
    """Return a short time given in milliseconds: ``150 ms``, ``1.5 s``, ``2 min``."""
    if milliseconds < 1000:
        return say("{n} ms", n=number(_round(milliseconds)))
    return duration(milliseconds / 60_000)


def percent(share: float) -> str:
    """Return a share as a percentage."""
    return said(say("{n} %", n=number(_round(share * 100))))


def _round(value: float) -> float:
    """Return a figure with as many places as one reads: none from 10 on, where it is whole, or where it is nothing."""
    rounded = round(value, 0 if abs(value) >= 100 else 1)
    return int(rounded) if rounded == int(rounded) else rounded
