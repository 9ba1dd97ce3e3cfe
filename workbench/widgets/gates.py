"""GATES: the catalogue of gates: what there is, the form, how each is set up; and beside it codes, consent lists, hooks, actions."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import ipywidgets

from workbench.models.gate import Gate
from workbench.sentence import N_, Sentence, say

from . import look
from .around import Around
from .fold import Place, visible
from .gates_setup import setup
from .headline import Headline
from .language import when
from .messages import Messages
from .piece import said
from .secrets import Desk
from .tables import RowList

__all__ = ["GateShelf"]

COLUMNS: Sequence[Mapping[str, str]] = (
    {"key": "name", "label": N_("Name"), "kind": "strong"},
    {"key": "state", "label": N_("State")},
    {"key": "kind", "label": N_("Endpoint")},
    {"key": "auth", "label": N_("Lets in by"), "kind": "muted"},
    {"key": "rules", "label": N_("Rules"), "kind": "number"},
    {"key": "actions", "label": N_("Actions"), "kind": "number"},
    {"key": "changed", "label": N_("Last change (UTC)"), "kind": "muted"},
)
AUTHS = {
    "none": N_("nothing"),
    "basic": N_("basic authorization"),
    "header": N_("header token"),
    "iam": N_("AWS IAM"),
}


async def _nothing(_gates: Sequence[Gate]) -> None:
    """Do nothing."""


class GateShelf:
    """The gates of a workbench, or the form in their place. ``changed`` is given them all whenever they are read anew."""

    def __init__(
        self,
        around: Around,
        changed: Callable[[Sequence[Gate]], Awaitable[object]] = _nothing,
        stand: Callable[[str], object] = str,
    ) -> None:
        self.around, self._changed, self._stand = around, changed, stand
        self.gates: list[Gate] = []
        self.messages = Messages()
        self.list = RowList(N_("Gates"), columns=COLUMNS)
        self.detail, self.guest = Place(), Place()
        self.empty = look.show(_invitation(around.may("operator")))
        new = look.button(N_("New gate"), "primary")
        around.click(new, self.new, self.messages)
        self.list.observe(lambda _: self.choose(self.list.selected), "selected")
        self.list.on_open(lambda id: self.choose(id, focus=True))
        ways = [look.buttons(new, align="start")] if around.may("operator") else []
        self.shelf = look.stack(*ways, look.card("", self.list, self.empty), self.detail.widget)
        self.widget = look.stack(self.messages.widget, self.shelf, self.guest.widget)

    def __repr__(self) -> str:
        return f"<GateShelf of {len(self.gates)}>"

    async def refresh(self) -> None:
        """Read the gates anew and leave what is open as it is."""
        self.gates = list(await self.around.bench.gates.list())
        self.list.rows = [_row(gate) for gate in self.gates]
        visible(self.list, bool(self.gates))
        visible(self.empty, not self.gates)
        await self._changed(self.gates)

    def choose(self, id: str, focus: bool = False) -> None:
        """Show one gate below the list, with what may be done with it."""
        gate = next((one for one in self.gates if one.id == id), None)
        self.detail.put(*([GateDetail(self, gate, focus).widget] if gate else []))
        self._stand(f"gate={id}" if gate else "")

    async def new(self) -> None:
        """Ask for a new gate."""
        await self._form(None)

    async def edit(self, gate: Gate) -> None:
        """Change a gate."""
        await self._form(await self.around.bench.gates.get(gate.id))

    async def back(self) -> None:
        """Come back to the list."""
        self.guest.put()
        visible(self.shelf, True)
        await self.refresh()
        self.choose(self.list.selected)

    async def _form(self, gate: Gate | None) -> None:
        from .gates_form import GateForm, offered_by  # the list is drawn before the form's parts are loaded

        desk = Desk(self.around.bench.secrets)
        await desk.open()
        offered, stock = await offered_by(self.around)
        form = GateForm(self.around, gate, offered, stock, desk, self._saved, self.back)
        self.messages.clear()
        visible(self.shelf, False)
        self.guest.put(form.widget)

    async def _saved(self, gate: Gate) -> None:
        await self.back()
        self.list.selected = gate.id
        self.messages.show(
            "ok",
            say(
                "The gate “{name}” is saved. “Set it up” says what to do in the platform.",
                name=gate.settings.name,
            ),
        )


class GateDetail:
    """One gate: what it is, and what may be done with it."""

    def __init__(self, shelf: GateShelf, gate: Gate, focus: bool) -> None:
        self.shelf, self.gate, self.around = shelf, gate, shelf.around
        self.messages, self.action = Messages(), Place()
        levers: list[tuple[str, look.Role, Callable[[], Awaitable[object]]]] = [
            (N_("Set it up"), "secondary", self.set_up)
        ]
        if self.around.may("operator"):
            turn = N_("Close the gate") if gate.open else N_("Open the gate")
            levers += [
                (N_("Change"), "primary", lambda: shelf.edit(gate)),
                (turn, "secondary", self.turn),
                (N_("Delete"), "danger", self.ask_delete),
            ]
        made = [look.button(text, role) for text, role, _ in levers]
        for button, (_, _, work) in zip(made, levers, strict=True):
            self.around.click(button, work, self.messages)
        self.widget = look.card(
            "", Headline(say("{name}", name=gate.settings.name), _line(gate), focus=focus), _facts(gate),
            look.buttons(*made, align="start"), self.messages.widget, self.action.widget,
        )  # fmt: skip

    async def set_up(self) -> None:
        """Show how it is set up in the platform."""
        self.action.put(await setup(self.around, self.gate))

    async def turn(self) -> None:
        """Open or close it."""
        gates = self.around.bench.gates
        await (gates.close(self.gate.id) if self.gate.open else gates.open(self.gate.id))
        await self.shelf.refresh()
        self.shelf.choose(self.gate.id, focus=True)

    async def ask_delete(self) -> None:
        """Say what is deleted, and ask."""
        go, stay = look.button(N_("Delete the gate"), "danger"), look.button(N_("Keep it"))
        self.around.click(go, self._delete, self.messages)
        stay.on_click(lambda _: self.action.put())
        text = N_(
            "Deleted are the gate, its rules and its secrets. Hooks that still come are refused. The holds and the journal stay."
        )
        panel = look.stack(
            Headline(N_("Delete the gate?"), level=3),
            look.banner("warn", text),
            look.buttons(stay, go, align="start"),
        )
        panel.add_class("wb-panel")
        self.action.put(panel)

    async def _delete(self) -> None:
        await self.around.bench.gates.delete(self.gate.id)
        self.shelf.list.selected = ""
        await self.shelf.refresh()
        self.shelf.choose("")
        self.shelf.messages.show("ok", say("The gate “{name}” is deleted.", name=self.gate.settings.name))


def _row(gate: Gate) -> dict[str, Any]:
    settings = gate.settings
    return {
        "id": gate.id,
        "name": settings.name,
        "state": {"text": said(N_("open")), "kind": "ok"}
        if gate.open
        else {"text": said(N_("closed")), "kind": "quiet"},
        "kind": "HTTP" if settings.kind == "http" else "SQS",
        "auth": said(AUTHS[settings.auth]),
        "rules": len(settings.rules.rules),
        "actions": len(settings.meanings),
        "changed": when(gate.changed_at),
    }


def _line(gate: Gate) -> Sentence:
    if not gate.open:
        return say("Closed: hooks are refused. What waits is still answered.")
    if gate.settings.kind == "http":
        return say("Open: the platform calls /gate/{key}", key=gate.settings.key)
    return say("Open: the queue is asked for hooks")


def _facts(gate: Gate) -> ipywidgets.HTML:
    settings = gate.settings
    means = ", ".join(meaning.identifier for meaning in settings.meanings)
    limit = say("{minutes} min", minutes=min((one.minutes for one in settings.limits), default=60))
    begins = N_("by itself") if settings.answering.start == "itself" else N_("when a person says so")
    return look.key_value_table((
        (N_("Actions it knows"), means or said(N_("none yet"))),
        (N_("Shortest time limit"), limit),
        (N_("Answering begins"), said(begins)),
        (N_("May call"), ", ".join(settings.hosts) or said(N_("the stand-in alone"))),
    ))  # fmt: skip


def _invitation(may: bool) -> look.Html:
    if not may:
        return look.markup('<p class="wb-empty">{text}</p>', text=said(N_("No gate has been made here yet.")))
    return look.markup(
        '<div class="wb-empty wb-invite"><h2>{title}</h2><p>{text}</p></div>',
        title=said(N_("Make your first gate")),
        text=said(N_(
            "A gate takes the platform's hooks, decides who is let through and says why, and answers in time. "
            "Then rehearse a sendout against it: nothing leaves this machine."
        )),
    )  # fmt: skip
