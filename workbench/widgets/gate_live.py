"""SEND GATES: the page of what waits at the gates, of the gates themselves, and of the rehearsal against them."""

from __future__ import annotations

from collections.abc import Sequence

from workbench.errors import WorkbenchError
from workbench.models.gate import Gate
from workbench.sentence import N_

from . import look
from .fields import ChoiceField
from .fold import Place, visible
from .gate_live_hold import HoldFace
from .gate_live_holds import HoldList
from .gate_live_rehearse import Rehearsing
from .gates import GateShelf
from .gates_hook import HookReading, Merging, OldGates
from .gates_stock import GateStock
from .headline import Headline
from .messages import Messages
from .page import Frame
from .piece import said

__all__ = ["GatesPage", "gates"]

PARTS = {
    "holds": N_("Sendouts"), "gates": N_("Gates"), "stock": N_("Codes and lists"), "rehearse": N_("Rehearse"), "tools": N_("Read a hook"),
}  # fmt: skip


class GatesPage:
    """The content of the page. Its parts are made at once and shown one at a time, so that nothing typed is lost."""

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.place = ""
        self.face: HoldFace | None = None
        self.reading: HookReading | None = None
        self.messages = Messages()
        self.title = Headline(
            N_("Send gates"),
            N_("The platform holds a sendout and asks. Here it is decided who is let through, why, and in time."),
            level=1, focus=False,
        )  # fmt: skip
        self.part = ChoiceField(
            N_("Part of the page"),
            [(key, said(text)) for key, text in PARTS.items()],
            value="holds",
            style="segmented",
        )
        self.holds, self.detail, self.tools = HoldList(frame, self._choose), Place(), Place()
        self.shelf = GateShelf(frame, self._gates_read, frame.stand)
        self.stock = GateStock(frame)
        self.rehearsing = Rehearsing(frame, self._fired) if frame.facts.mode == "rehearsal" else None
        rehearse = (
            self.rehearsing.widget
            if self.rehearsing
            else look.banner(
                "info",
                N_("Live: the platform itself fires sendouts. Rehearse in a workbench without --live."),
            )
        )
        self.parts = {
            "holds": look.stack(self.holds.widget, self.detail.widget), "gates": self.shelf.widget, "stock": self.stock.widget,
            "rehearse": rehearse, "tools": self.tools.widget,
        }  # fmt: skip
        self.part.observe(lambda _: frame.start(self.turn(), self.messages), "value")
        self.widget = look.stack(
            look.sheets("gates.css"),
            self.title,
            self.part,
            self.messages.widget,
            *self.parts.values(),
        )
        self._arrange()

    async def open(self) -> None:
        """Read what the first part shows."""
        await self.shelf.refresh()
        await self.holds.refresh()

    async def go(self, place: str) -> None:
        """Show the hold, the gate or the part that a link names."""
        kind, _, id = place.partition("=")
        if kind == "hold":
            self.part.value = "holds"
            await self.show(id)
        elif kind in ("gate", "new"):
            self.part.value = "gates"
            if kind == "new":
                await self.shelf.new()
            else:
                self.shelf.list.selected = id
        elif kind in PARTS:
            self.part.value = kind

    async def show(self, id: str, focus: bool = False) -> None:
        """Show one hold below the list, and name it in the address."""
        if self.face is None or self.face.hold.id != id:
            hold = await self.frame.bench.holds.hold(id)
            self.face = HoldFace(self.frame, hold, self.holds.gates, focus=focus, changed=self.holds.look_on)
            await self.face.look()
            self.detail.put(self.face.widget)
            self.place = f"hold={id}"
            self.frame.stand(self.place)
        elif focus:
            self.face.title.focus = True
        if self.holds.list.selected != id:
            self.holds.list.selected = id

    async def turn(self) -> None:
        """Show the part that is chosen, read anew."""
        self._arrange()
        part = self.part.value
        self.place = part if part != "holds" else f"hold={self.face.hold.id}" if self.face else ""
        self.frame.stand(self.place)
        if part == "holds":
            await self.holds.look_on()
            return
        if part == "stock":
            await self.stock.refresh()
            return
        await self.shelf.refresh()  # the other parts offer the gates there are now
        if part == "tools":
            self._open_tools()
        elif part == "rehearse" and self.rehearsing is not None:
            await self.rehearsing.refresh()
            self.rehearsing.pulse.again()

    def _open_tools(self) -> None:
        """Make the tools when they are first asked for; from then on they keep what is typed."""
        if self.reading is None:
            self.reading = HookReading(self.frame)
            self.tools.put(self.reading.widget, Merging(self.frame).widget, OldGates(self.frame).widget)
        self.reading.offer(self.shelf.gates)

    def _arrange(self) -> None:
        for name, widget in self.parts.items():
            visible(widget, name == self.part.value)
        self.holds.shown = self.part.value == "holds"
        if self.rehearsing is not None:
            self.rehearsing.shown = self.part.value == "rehearse"

    def _choose(self, id: str, focus: bool) -> None:
        if id:
            self.frame.start(self.show(id, focus), self.messages)

    async def _gates_read(self, found: Sequence[Gate]) -> None:
        self.holds.gates = {gate.id: gate for gate in found}
        if self.rehearsing is not None:
            self.rehearsing.offer(found)

    async def _fired(self) -> None:
        try:
            await self.holds.refresh()
        except WorkbenchError as error:
            self.messages.fail(error)


async def gates(frame: Frame) -> GatesPage:
    """Return the page of the send gates, as they stand now."""
    page = GatesPage(frame)
    await page.open()
    return page
