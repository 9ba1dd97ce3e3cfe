"""HOLD FACE: one held sendout as it goes: time left, outlook, decisions and why, calls, timeline, contacts, and what can be done."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence

from workbench.adapters.clock import SystemClock
from workbench.errors import Forbidden, NotFound, WorkbenchError
from workbench.models.gate import Gate
from workbench.models.hold import WAITING, Hold, HoldEvent
from workbench.sentence import N_, Sentence, say

from . import look
from .around import Around
from .bar import PageLinks
from .fold import Fold, Place, visible
from .gate_live_contacts import HoldContacts
from .gate_live_reasons import HoldReasons
from .gate_live_steering import HoldSteering
from .gate_live_words import STATES, clock_of, decided_bar, explained, gate_name, outlook_line, state_line
from .headline import Headline
from .language import number, when
from .messages import Messages
from .piece import said
from .pulse import Pulse
from .tables import table_markup

__all__ = ["HoldFace", "pause_after"]

LIVELY_S, CALM_S, LOST_S = 1.0, 5.0, 3.0
"""Seconds between two looks: at a hold that waits; at one that has ended a moment ago; after the workbench did not answer."""
LOST = N_("What stands here is from before, and is looked at again by itself:")


async def _nothing() -> None:
    """Do nothing."""


class HoldFace:
    """One hold on a page. ``changed`` is called when its state is another."""

    def __init__(
        self, around: Around, hold: Hold, gates: Mapping[str, Gate], *, focus: bool = False,
        changed: Callable[[], Awaitable[object]] = _nothing,
    ) -> None:  # fmt: skip
        self.around, self.hold, self.gates = around, hold, gates
        self._changed, self._clock, self._turn = changed, SystemClock(), asyncio.Lock()
        self.messages = Messages()
        self.title = Headline(
            say("{name}", name=hold.sendout_name or N_("Without a name")), _about(hold, gates), focus=focus
        )
        self.state, self.clock, self.outlook = look.show(""), look.show(""), look.show("", "wb-hint")
        self.bar, self.calls, self.timeline = look.show(""), look.show(""), look.show("")
        self.told, self.links = Place(), Place()
        self._said: tuple[Sentence | None, ...] | None = None
        self._linked = ""
        self._events: list[HoldEvent] | None = None
        self.lost: Sentence | None = None
        self.reasons = HoldReasons(around)
        self.contacts = HoldContacts(around, hold, self.look_on)
        self.steering = HoldSteering(around, hold, self.look_on)
        self.pulse = Pulse(self.look)
        self.contacts_fold = Fold(N_("Contacts"), self.contacts.widget)
        self.contacts_fold.button.on_click(lambda _: around.start(self._opened(), self.messages))
        self.widget = look.card(
            "", self.title, self.state, self.clock, self.outlook, self.told.widget, self.steering.widget,
            look.show(_actions(hold)), self.bar, self.reasons.widget, self.calls, self.links.widget, self.contacts_fold.widget,
            Fold(N_("Timeline"), self.timeline, opened=True).widget, self.messages.widget, self.pulse,
        )  # fmt: skip
        self.show(hold)

    def __repr__(self) -> str:
        return "<HoldFace>"

    async def look(self) -> float | None:
        """Read and show how the hold goes; returns the seconds until the next look, None when there is nothing more to see."""
        async with self._turn:  # never in parallel with itself
            holds, id = self.around.bench.holds, self.hold.id
            try:
                hold, events = await holds.hold(id), await holds.events(id)
            except (NotFound, Forbidden) as error:
                self.messages.fail(error)
                return None
            except WorkbenchError as error:  # the server may come back
                self.lost = error.sentence
                self._tell()
                return LOST_S
            self.lost = None
            before = self.hold
            self.show(hold, events)
            await self.reasons.show(hold)
        if before.state != hold.state or before.tally != hold.tally:
            if self.contacts_fold.opened:
                await self.contacts.read()
            await self._changed()
        return pause_after(hold)

    async def look_on(self) -> None:
        """Look at once, and go on from there: something was done with the hold."""
        await self.look()
        self.pulse.again()

    def show(self, hold: Hold, events: Sequence[HoldEvent] | None = None) -> None:
        """Show how the hold stands."""
        self.hold = hold
        self.state.value = state_line(hold)
        self.clock.value = clock_of(hold, self._clock.now())
        outlook = outlook_line(hold)
        self.outlook.value = look.escape(said(outlook)) if outlook else ""
        visible(self.outlook, outlook is not None)
        self.bar.value = decided_bar(hold.tally)
        self.calls.value = _calls(hold)
        visible(self.calls, hold.answer.total > 0)
        self._link(hold)
        if events is not None and list(events) != self._events:
            self._events = list(events)
            self.timeline.value = _timeline(events)
        self._tell()
        self.contacts.show(hold)
        self.steering.show(hold)
        self.pulse.news = f"{said(STATES[hold.state][0])}. {said(explained(hold))}"

    async def _opened(self) -> None:
        if self.contacts_fold.opened:
            await self.contacts.first()

    def _tell(self) -> None:
        """Say what holds it back; it is drawn anew only when it is another thing, so that it is not read aloud each second."""
        hold = self.hold
        late = (
            outlook_line(hold)
            if hold.outlook is not None and not hold.outlook.in_time and hold.state in WAITING
            else None
        )
        unknown = say(
            "No meaning here: {actions}. Give each a meaning at the gate, then answer.",
            actions=", ".join(hold.unknown_actions),
        )
        told = (
            hold.notice,
            unknown if hold.unknown_actions else None,
            late and say("The answer may come too late."),
            self.lost,
        )
        if told == self._said:
            return
        self._said = told
        notice, actions, warning, lost = told
        kind: look.Kind = "error" if hold.state in ("held_back", "failed", "expired") else "warn"
        self.told.put(
            *([look.banner(kind, notice)] if notice else []),
            *([look.banner("error", actions, N_("Unknown actions:"))] if actions else []),
            *([look.banner("warn", warning)] if warning else []),
            *([look.banner("warn", lost, LOST)] if lost else []),
        )

    def _link(self, hold: Hold) -> None:
        if hold.job_id is None or hold.job_id == self._linked:
            return
        self._linked = hold.job_id
        link = {
            "page": "work", "place": f"job={hold.job_id}", "label": said(N_("See every call in the work")),
            "code": "await work_page(bench)",
        }  # fmt: skip
        self.links.put(PageLinks([link], label=said(N_("More"))))


def pause_after(hold: Hold) -> float | None:
    """Return the seconds until a hold is worth another look, None when it has ended."""
    if hold.state not in WAITING:
        return None
    return LIVELY_S


def _about(hold: Hold, gates: Mapping[str, Gate]) -> Sentence:
    flow = hold.journey_name or said(N_("Without a name"))
    via = {"http": N_("by HTTP"), "sqs": N_("by its queue"), "hand": N_("by hand")}[hold.via]
    kind = N_("one contact") if hold.kind == "single" else N_("a batch")
    return say(
        "{flow}, project {project}: {kind} at the gate {gate}, {via}, from {host}",
        flow=flow, project=hold.project_name or "–", kind=said(kind), gate=gate_name(hold, gates), via=said(via), host=hold.host or "–",
    )  # fmt: skip


def _actions(hold: Hold) -> look.Html:
    named = [f"{one.identifier} = {one.details}" if one.details else one.identifier for one in hold.actions]
    if not named:
        return look.markup(
            '<p class="wb-hint">{text}</p>',
            text=said(N_("The sendout asks for no action: only the gate's rules decide.")),
        )
    badges = look.Html(" ").join(look.badge(name, "info") for name in named)
    return look.markup(
        '<p class="wb-gate-actions"><span>{title}</span> {badges}</p>',
        title=said(N_("Asked for:")),
        badges=badges,
    )


def _calls(hold: Hold) -> look.Html:
    """Return how far the answer is: calls taken, under way, to be made, not taken."""
    counts = hold.answer
    done = counts.total - counts.open
    text = say("Calls: {done} of {total} are at their end", done=number(done), total=number(counts.total))
    bad = counts.failed + counts.uncertain + counts.invalid
    more = say("{count} were not taken", count=number(bad)) if bad else None
    parts = [
        ("accepted", counts.accepted),
        ("in_flight", counts.in_flight),
        ("retrying", counts.retrying),
        ("failed", bad),
        ("waiting", counts.waiting),
    ]
    segments = look.Html("").join(
        look.markup('<span class="wb-segment wb-segment-{state}" style="flex-grow: {count}"></span>', state=state, count=count)
        for state, count in parts if count
    )  # fmt: skip
    words = f"{said(text)}{'; ' + said(more) if more else ''}"
    return look.markup(
        '<p class="wb-pace">{words}</p><div class="wb-segmented" role="img" aria-label="{words}">{segments}</div>',
        words=words,
        segments=segments,
    )


def _timeline(events: Sequence[HoldEvent]) -> look.Html:
    rows = [[when(event.at), event.sentence, event.who] for event in events]
    return table_markup(
        [N_("When (UTC)"), N_("What happened"), N_("Who")],
        rows,
        N_("Timeline"),
        N_("Nothing has happened yet."),
    )
