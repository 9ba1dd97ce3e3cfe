"""HOLD WORDS: how a hold stands, in words, as badges and bars. Only what is read; nothing here asks or changes anything."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from workbench.engine.standing import lasting
from workbench.models.gate import Gate
from workbench.models.hold import WAITING, Hold, HoldState, Tally
from workbench.sentence import N_, Sentence, say

from . import look
from .language import hour, number
from .look import Html, markup
from .piece import Said, said
from .segments import Segment, segmented

__all__ = [
    "STATES",
    "badge_of",
    "clock_of",
    "decided_bar",
    "explained",
    "gate_name",
    "hold_row",
    "lasting_min",
    "left_s",
    "outlook_line",
    "state_line",
]

STATES: Mapping[HoldState, tuple[str, look.Kind]] = {
    "received": (N_("Received"), "info"),
    "deciding": (N_("Deciding"), "info"),
    "ready": (N_("Waits for you"), "warn"),
    "answering": (N_("Answering"), "info"),
    "held_back": (N_("Held back"), "error"),
    "finished": (N_("Released"), "ok"),
    "expired": (N_("Timed out"), "error"),
    "failed": (N_("Failed"), "error"),
}
MEANT: Mapping[HoldState, str] = {
    "received": N_("The hook is kept and acknowledged. The contacts are read next."),
    "deciding": N_("The contacts are read, and each is decided by the first rule that fits."),
    "ready": N_("Every contact is decided. Nothing is answered before a person says so."),
    "answering": N_(
        "Write-backs and rejects are on their way; the sendout is released after the last one was taken."
    ),
    "held_back": N_("Nothing more goes out by itself. Read below why, and what can be done."),
    "finished": N_("The platform took the answer: accepted contacts are sent to, rejected ones are not."),
    "expired": N_("The platform waits no longer. Contacts without an answer are not sent to."),
    "failed": N_("The contacts cannot be had, so nobody can be decided. They time out, unsent."),
}
SOON_S = 300.0


def badge_of(hold: Hold) -> dict[str, str]:
    """Return a hold's state as a badge of a list."""
    text, kind = STATES[hold.state]
    return {"text": said(text), "kind": kind}


def explained(hold: Hold) -> Said:
    """Return what a hold's state means."""
    return MEANT[hold.state]


def state_line(hold: Hold) -> Html:
    """Return a hold's state as a badge with what it means; live mode is said."""
    text, kind = STATES[hold.state]
    live = look.badge(N_("LIVE"), "error") if hold.mode == "live" else Html("")
    return markup(
        '<p class="wb-job-state">{badge}{live}<span>{text}</span></p>',
        badge=look.badge(text, kind),
        live=live,
        text=said(explained(hold)),
    )


def left_s(hold: Hold, now: datetime) -> float:
    """Return the seconds until the platform stops waiting; negative when it has."""
    return (hold.limit_at - now).total_seconds()


def clock_of(hold: Hold, now: datetime) -> Html:
    """Return the time left, as it counts down; how long it took where the hold has ended."""
    if hold.state not in WAITING:
        ended = hold.ended_at or hold.changed_at
        took = lasting((ended - hold.opened_at).total_seconds())
        return markup(
            '<p class="wb-gate-clock">{text}</p>',
            text=said(say("Ended {time} after the hook, at {at} UTC", time=took, at=hour(ended))),
        )
    seconds = left_s(hold, now)
    tone = "wb-gate-late" if seconds <= 0 else "wb-gate-soon" if seconds < SOON_S else ""
    text = (
        say("The time limit has passed, at {at} UTC", at=hour(hold.limit_at))
        if seconds <= 0
        else say("until {at} UTC, when the platform stops waiting", at=hour(hold.limit_at))
    )
    return markup(
        '<p class="wb-gate-clock {tone}"><strong>{left}</strong> <span>{text}</span></p>',
        tone=tone, left=_ticking(max(seconds, 0)), text=said(text),
    )  # fmt: skip


def outlook_line(hold: Hold) -> Sentence | None:
    """Return whether the answer comes in time, at the rate that calls go; None where there is nothing to foresee."""
    outlook = hold.outlook
    if outlook is None or hold.state not in WAITING:
        return None
    needs = lasting(outlook.needs_s)
    if outlook.calls == 0:
        return say("No call but the last one is left to be made.")
    if outlook.in_time and outlook.latest_start_at:
        return say(
            "In time: {calls} calls take about {needs}. They must begin at {at} UTC at the latest.",
            calls=number(outlook.calls), needs=needs, at=hour(outlook.latest_start_at),
        )  # fmt: skip
    if outlook.in_time:
        return say("In time: {calls} calls take about {needs}.", calls=number(outlook.calls), needs=needs)
    return say(
        "Not in time at this rate: {calls} calls take about {needs}, and {left} are left. Contacts without an answer time out, unsent.",
        calls=number(outlook.calls), needs=needs, left=lasting(max(outlook.left_s, 0)),
    )  # fmt: skip


def decided_bar(tally: Tally) -> Html:
    """Return accepted and rejected contacts as a bar, with every count beside it in words."""
    undecided = max(tally.contacts - tally.accepted - tally.rejected, 0)
    shown = [
        Segment(N_("Accepted"), "accepted", tally.accepted), Segment(N_("Rejected"), "failed", tally.rejected),
        Segment(N_("Not decided yet"), "waiting", undecided), Segment(N_("Not readable"), "uncertain", tally.bad, drawn=False),
        Segment(N_("Doubles"), "cancelled", tally.doubles, drawn=False),
    ]  # fmt: skip
    wanted = [one for one in shown if one.amount or one.tone in ("accepted", "failed")]
    return segmented(wanted, N_("All contacts"), tally.contacts)


def hold_row(hold: Hold, gates: Mapping[str, Gate], now: datetime) -> dict[str, Any]:
    """Return a hold as a row of a list."""
    tally = hold.tally
    total = tally.contacts or 1
    parts = [
        ("accepted", tally.accepted),
        ("failed", tally.rejected),
        ("waiting", tally.contacts - tally.accepted - tally.rejected),
    ]
    return {
        "id": hold.id,
        "state": badge_of(hold),
        "sendout": hold.sendout_name or said(N_("Without a name")),
        "journey": hold.journey_name,
        "gate": gate_name(hold, gates),
        "bar": {
            "parts": [
                {"state": state, "share": round(100 * count / total, 3)}
                for state, count in parts
                if count > 0
            ],
            "text": say(
                "{accepted} of {all} accepted", accepted=number(tally.accepted), all=number(tally.contacts)
            ),
        },
        "left": _left(hold, now),
        "opened": hour(hold.opened_at),
    }


def gate_name(hold: Hold, gates: Mapping[str, Gate]) -> str:
    """Return the name of a hold's gate; its id where it was deleted."""
    found = gates.get(hold.gate_id)
    return found.settings.name if found else said(say("deleted gate"))


def _left(hold: Hold, now: datetime) -> Any:
    if hold.state not in WAITING:
        return None
    seconds = left_s(hold, now)
    late = seconds <= 0 or (hold.outlook is not None and not hold.outlook.in_time)
    kind = "error" if late else "warn" if seconds < SOON_S else "quiet"
    return {"text": _ticking(max(seconds, 0)), "kind": kind}


def _ticking(seconds: float) -> str:
    """Return a time left as a clock shows it: ``59:07``, ``71:59:07``."""
    whole = int(seconds)
    hours, rest = divmod(whole, 3600)
    minutes, left = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{left:02}" if hours else f"{minutes:02}:{left:02}"


def lasting_min(minutes: float) -> str:
    """Return a moment of the stand-in's clock, in minutes since the hook."""
    return number(round(minutes, 1))
