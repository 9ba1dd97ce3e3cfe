"""ONE CONTRACT: an event as it stands, what can be done with it, and its tools: mapping, drift, schema and samples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol

import ipywidgets

from workbench.models.event import Event, EventVariable
from workbench.sentence import N_, say

from . import look
from .bar import PageLinks
from .events_contract_mapping import MappingDesk
from .events_contract_rows import TYPES, columns_text
from .events_contract_tools import DriftDesk, SchemaDesk
from .fields import ChoiceField
from .fold import Place
from .headline import Headline
from .messages import Messages
from .page import Frame
from .piece import said
from .tables import table

__all__ = ["ContractFace"]

TOOLS: Final[Mapping[str, str]] = {
    "facts": N_("Contract"),
    "mapping": N_("Mapping"),
    "drift": N_("Drift"),
    "schema": N_("Schema and sample"),
}


class Shelf(Protocol):
    """The list that an event was chosen on: what the actions need of it."""

    frame: Frame
    messages: Messages

    async def edit(self, event: Event, variables: Sequence[EventVariable] = ()) -> None: ...

    async def kept(self, event: Event) -> None: ...

    async def back(self) -> None: ...

    def forget(self) -> None: ...

    def way_of(self, event: Event) -> str: ...

    def name_of(self, id: str | None) -> str: ...


class ContractFace:
    """One event below the list."""

    def __init__(self, shelf: Shelf, event: Event, focus: bool = False) -> None:
        self.shelf, self.frame, self.event = shelf, shelf.frame, event
        self.messages, self.asked, self.tool = Messages(), Place(), Place()
        self.which = ChoiceField(
            N_("Tool"), [(key, said(text)) for key, text in TOOLS.items()], value="facts", style="segmented"
        )
        self.which.observe(lambda _: self.frame.start(self.turn(), self.messages), "value")
        self.widget = look.card(
            "",
            Headline(say("{name}", name=event.name), event.notes, focus=focus),
            *self._offer(),
            self.asked.widget,
            self.which,
            self.messages.widget,
            self.tool.widget,
            PageLinks(_links(event, self.frame.may("operator")), label=said(N_("More"))),
        )
        self.tool.put(*self._facts())

    def __repr__(self) -> str:
        return f"<ContractFace {self.event.name!r}>"

    async def turn(self) -> None:
        """Show the tool that is chosen."""
        chosen = self.which.value
        if chosen == "mapping":
            self.tool.put(MappingDesk(self.frame, self.event, self._mapped).widget)
        elif chosen == "drift":
            self.tool.put(DriftDesk(self.frame, self.event, self._adopt).widget)
        elif chosen == "schema":
            desk = SchemaDesk(self.frame, self.event)
            await desk.open()
            self.tool.put(desk.widget)
        else:
            self.tool.put(*self._facts())

    async def delete(self) -> None:
        """Name what would be deleted, and ask."""
        sure, leave = (
            look.button(say("Delete “{name}”", name=self.event.name), "danger"),
            look.button(N_("Cancel"), "quiet"),
        )
        leave.on_click(lambda _: self.asked.put())

        async def work() -> None:
            await self.frame.bench.events.delete(self.event.id)
            self.shelf.forget()
            await self.shelf.back()
            self.shelf.messages.show("ok", say("“{name}” is deleted.", name=self.event.name))

        self.frame.click(sure, work, self.messages)
        text = say(
            "Deleted is the contract “{name}”: variables, flows, messages, mapping. Its integration stays, and so does what was sent.",
            name=self.event.name,
        )
        panel = look.stack(look.banner("warn", text), look.buttons(sure, leave, align="start"))
        panel.add_class("wb-panel")
        self.asked.put(panel)

    async def _mapped(self, event: Event) -> None:
        self.event = event
        self.messages.show("ok", N_("The mapping is saved."))

    def _adopt(self, found: Sequence[EventVariable]) -> None:
        self.frame.start(self.shelf.edit(self.event, found), self.messages)

    def _offer(self) -> list[ipywidgets.Widget]:
        if not self.frame.may("operator"):
            return []
        edit, delete = look.button(N_("Edit")), look.button(N_("Delete"), "danger")
        self.frame.click(edit, lambda: self.shelf.edit(self.event), self.messages)
        self.frame.click(delete, self.delete, self.messages)
        return [look.buttons(edit, delete, align="start")]

    def _facts(self) -> list[ipywidgets.Widget]:
        event = self.event
        rows = [
            [
                look.markup("<code>{name}</code>", name=one.name),
                said(TYPES[one.type]),
                look.badge(N_("required"), "warn") if one.required else look.badge(N_("optional")),
                _about(one),
                ", ".join(one.used_by),
            ]
            for one in event.variables
        ]
        heads = [N_("Variable"), N_("Type"), N_("Needed"), N_("What it is"), N_("Used in")]
        empty = N_("No variable: the address alone goes out.")
        return [table(heads, rows, N_("Variables"), empty), look.key_value_table(self._pairs())]

    def _pairs(self) -> list[tuple[str, Any]]:
        event = self.event
        flows = look.Html("<br>").join(
            look.markup("{name} {badge}", name=f"{flow.id} {flow.name}", badge=_runs(flow.active))
            for flow in event.flows
        )
        return [
            (N_("Sent through"), self.shelf.way_of(event)),
            (N_("Default flow"), str(event.automation_id) if event.automation_id else None),
            (N_("Flows"), flows if event.flows else None),
            (N_("Stopped by"), self.shelf.name_of(event.stopped_by)),
            (
                N_("Consent"),
                said(N_("transactional"))
                if event.transactional
                else said(N_("commercial: who opted out gets nothing")),
            ),
            (
                N_("Double-send guard"),
                say("{minutes} minutes", minutes=event.guard_min) if event.guard_min else said(N_("off")),
            ),
            (N_("Country of numbers without a code"), event.default_region),
            (N_("Messages"), ", ".join(message.name for message in event.messages)),
        ]


def _links(event: Event, may: bool) -> list[dict[str, str]]:
    """Return the ways on from a contract; what needs a way to be sent is there only where it has one."""
    ways = [(f"compose=event={event.id}", N_("Compose and send it") if may else N_("Compose it"))]
    if event.integration_id:
        if may:
            ways.append((f"runs=new={event.id}", N_("Send it to every row of a table")))
        ways.append((f"code=event={event.id}", N_("Show it as code")))
        ways.append((f"outcomes=integration={event.integration_id}", N_("See how it ended so far")))
    code = "await events_page(bench)"
    return [{"page": "events", "place": place, "label": said(text), "code": code} for place, text in ways]


def _about(one: EventVariable) -> look.Html:
    columns = columns_text([column.model_dump() for column in one.columns])
    if not columns:
        return look.escape(one.about) if one.about else look.Html("–")
    return look.markup("{about} <code>{columns}</code>", about=one.about, columns=columns)


def _runs(active: bool) -> look.Html:
    return look.badge(N_("runs"), "ok") if active else look.badge(N_("does not run"), "warn")
