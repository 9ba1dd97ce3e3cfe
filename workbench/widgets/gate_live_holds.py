"""HOLDS: the list of what waits at the gates and what has ended, as long as somebody looks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

from workbench.adapters.clock import SystemClock
from workbench.errors import WorkbenchError
from workbench.models.gate import Gate
from workbench.models.hold import WAITING, Hold, HoldFilter
from workbench.sentence import N_

from . import look
from .around import Around
from .fields import ChoiceField
from .fold import Place, visible
from .gate_live_words import hold_row
from .messages import Messages
from .piece import said
from .pulse import Pulse
from .tables import RowList

__all__ = ["HoldList"]

LIVELY_S, CALM_S = 1.0, 5.0
"""Seconds between two looks: while something waits; while nothing does."""
MOST = 100

COLUMNS: list[Mapping[str, str]] = [
    {"key": "state", "label": N_("State")},
    {"key": "sendout", "label": N_("Sendout"), "kind": "strong"},
    {"key": "journey", "label": N_("Journey or campaign")},
    {"key": "gate", "label": N_("Gate"), "kind": "muted"},
    {"key": "bar", "label": N_("Contacts"), "kind": "bar"},
    {"key": "left", "label": N_("Time left"), "kind": "number"},
    {"key": "opened", "label": N_("Hook came (UTC)"), "kind": "muted"},
]


class HoldList:
    """The list. ``on_choose`` is given the id of a hold that is chosen, and whether the focus goes there."""

    def __init__(self, around: Around, on_choose: Callable[[str, bool], object]) -> None:
        self.around = around
        self.found: list[Hold] = []
        self.gates: Mapping[str, Gate] = {}
        self._asked: set[str] = set()
        self.shown = True
        self._clock, self._turn = SystemClock(), asyncio.Lock()
        self.messages, self.lost = Messages(), Place()
        self.which = ChoiceField(
            N_("Which sendouts"),
            [("all", said(N_("all"))), ("waiting", said(N_("those that wait")))],
            value="all",
            style="segmented",
        )
        self.list = RowList(
            N_("Sendouts at the gates"), columns=COLUMNS,
            empty=N_("No sendout has come yet. Make a gate, then fire one under “Rehearse”, or set the gate up in the platform."),
        )  # fmt: skip
        self.pulse = Pulse(self.look)
        self.which.observe(lambda _: around.start(self.refresh(), self.messages), "value")
        self.list.observe(lambda _: on_choose(self.list.selected, False), "selected")
        self.list.on_open(lambda id: on_choose(id, True))
        self.widget = look.card("", self.which, self.list, self.lost.widget, self.messages.widget, self.pulse)
        visible(self.which, False)

    def __repr__(self) -> str:
        return f"<HoldList of {len(self.found)}>"

    async def refresh(self) -> None:
        """Read the holds anew."""
        async with self._turn:  # never in parallel with itself: an older answer would come last
            wanted = HoldFilter(waiting=self.which.value == "waiting", limit=MOST)
            self.found = list(await self.around.bench.holds.holds(wanted))
            await self._name_gates()
            now = self._clock.now()
            first = sorted(self.found, key=lambda hold: hold.state not in WAITING)
            self.list.rows = [hold_row(hold, self.gates, now) for hold in first]
            if self.found:
                visible(self.which, True)

    async def _name_gates(self) -> None:
        """Read the gates anew where a hold is of one not seen yet: the page may have been made ready long before its visitor came."""
        new = {hold.gate_id for hold in self.found} - self._asked
        if new - self.gates.keys():
            self.gates = {gate.id: gate for gate in await self.around.bench.gates.list()}
        self._asked |= new

    async def look(self) -> float | None:
        """Read the holds anew as long as the page is shown; returns the seconds until the next look."""
        if not self.shown:
            return None  # who turns to this part again lets it beat again
        try:
            await self.refresh()
        except WorkbenchError as error:
            self.lost.put(
                look.banner(
                    "warn", error.sentence, N_("The list is from before, and is looked at again by itself:")
                )
            )
            return CALM_S
        if self.lost.widget.children:
            self.lost.put()
        return LIVELY_S if any(hold.state in WAITING for hold in self.found) else CALM_S

    async def look_on(self) -> None:
        """Read the holds anew at once, and go on from there."""
        await self.look()
        self.pulse.again()
