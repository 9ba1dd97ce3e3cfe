"""SMS CHANNEL: the designer of custom channels: the list, the form, the export, and the contract simulator (R-SMS-29 to 32)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import ipywidgets

from workbench.models.custom_channel import ChannelDesign, ChannelSettings, ListedChannel
from workbench.sentence import N_, Sentence, say

from . import look
from .around import Around
from .download import Download
from .fold import Place, visible
from .headline import Headline
from .language import when
from .messages import Messages
from .piece import said
from .sms_channel_contract import Simulator
from .sms_channel_form import ChannelForm
from .tables import RowList
from .upload import TextFile

__all__ = ["ChannelDesigner"]

FILE = "customizations.xml"
COLUMNS: Sequence[Mapping[str, str]] = (
    {"key": "name", "label": N_("Name"), "kind": "strong"},
    {"key": "state", "label": N_("State")},
    {"key": "type", "label": N_("Type")},
    {"key": "parts", "label": N_("Parts"), "kind": "muted"},
    {"key": "changed", "label": N_("Last change (UTC)"), "kind": "muted"},
)


class ChannelDesigner:
    """The custom channels of a workbench, or the form in their place."""

    def __init__(self, frame: Around) -> None:
        self.around = frame
        self.channels: list[ListedChannel] = []
        self.messages = Messages()
        self.list = RowList(N_("Custom channels"), columns=COLUMNS)
        self.detail, self.guest, self.found = Place(), Place(), Place()
        self.empty = look.show(_invitation(frame.may("operator")))
        new = look.button(N_("New channel"), "primary")
        frame.click(new, self.new, self.messages)
        self.file = TextFile(N_("Read a customizations.xml"), self.take, ".xml")
        self.list.observe(lambda _: self.choose(self.list.selected), "selected")
        self.list.on_open(lambda id: self.choose(id, focus=True))
        ways = [look.buttons(new, self.file, align="start")] if frame.may("operator") else []
        self.shelf = look.stack(
            *ways,
            self.found.widget,
            look.card(N_("Custom channels"), self.list, self.empty),
            self.detail.widget,
        )
        self.widget = look.stack(
            look.sheets("gates.css"),
            self.messages.widget,
            self.shelf,
            self.guest.widget,
        )

    def __repr__(self) -> str:
        return f"<ChannelDesigner of {len(self.channels)}>"

    @property
    def place(self) -> str:
        """Where it stands: the channel that is shown."""
        return f"channel={self.list.selected}" if self.list.selected else ""

    async def refresh(self) -> None:
        """Read the designs anew and leave what is open as it is."""
        self.channels = list(await self.around.bench.channels.list())
        self.list.rows = [_row(one) for one in self.channels]
        visible(self.list, bool(self.channels))
        visible(self.empty, not self.channels)
        if self.list.selected not in {one.design.id for one in self.channels}:
            self.list.selected = ""

    async def go(self, place: str) -> None:
        """Show the channel of this id."""
        id = place.removeprefix("channel=")
        if any(one.design.id == id for one in self.channels):
            self.list.selected = id

    def choose(self, id: str, focus: bool = False) -> None:
        """Show one channel below the list, with what may be done with it."""
        one = next((one for one in self.channels if one.design.id == id), None)
        self.detail.put(*([ChannelDetail(self, one, focus).widget] if one else []))

    async def new(self) -> None:
        """Ask for a new channel."""
        self.show_form(None, None)

    async def take(self, text: str) -> None:
        """Read a customizations.xml and offer what is in it; nothing is kept until it is saved."""
        await self.messages.guard(self._take(text))

    async def back(self) -> None:
        """Come back to the list."""
        self.guest.put()
        visible(self.shelf, True)
        await self.refresh()
        self.choose(self.list.selected)

    def show_form(self, design: ChannelDesign | None, settings: ChannelSettings | None) -> None:
        """Show the form in place of the list, for a design or for settings that were read."""
        form = ChannelForm(self.around, design, settings, self._saved, self.back)
        self.messages.clear()
        self.found.put()
        visible(self.shelf, False)
        self.guest.put(form.widget)

    async def _take(self, text: str) -> None:
        read = await self.around.bench.channels.read(text)
        shown: list[ipywidgets.Widget] = [
            _told(problem.level, problem.sentence) for problem in read.problems[:20]
        ]
        for settings in read.channels:
            go = look.button(say("Open “{name}”", name=settings.display_name or settings.definition_id))
            go.on_click(lambda _button, settings=settings: self.show_form(None, settings))
            shown.append(look.buttons(go, align="start"))
        self.found.put(look.card(say("Channels in this file: {count}", count=len(read.channels)), *shown))

    async def _saved(self, design: ChannelDesign) -> None:
        await self.back()
        self.list.selected = design.id
        self.messages.show("ok", say("The channel “{name}” is saved. It can be exported.", name=design.name))


class ChannelDetail:
    """One channel: what it is, and what may be done with it."""

    def __init__(self, designer: ChannelDesigner, listed: ListedChannel, focus: bool) -> None:
        self.designer, self.listed, self.around = designer, listed, designer.around
        self.design = listed.design
        self.messages, self.action = Messages(), Place()
        self.download = Download(
            N_("Download customizations.xml"), FILE, self._xml, self.messages.guard, "application/xml"
        )
        ways: list[ipywidgets.Widget] = [self.download] if listed.ready else []
        if self.around.may("operator"):
            change, delete = look.button(N_("Change"), "primary"), look.button(N_("Delete"), "danger")
            self.around.click(change, self.change, self.messages)
            self.around.click(delete, self.ask_delete, self.messages)
            ways += [change, delete]
        wrong = [_told(problem.level, problem.sentence) for problem in listed.problems]
        title = Headline(say("{name}", name=self.design.name), _line(self.design.settings), focus=focus)
        self.simulator = Simulator(self.around, self.design)
        self.widget = look.stack(
            look.card(
                "", title, _facts(self.design.settings), *wrong, look.buttons(*ways, align="start"), self.messages.widget,
                self.action.widget,
            ),
            self.simulator.widget,
        )  # fmt: skip

    async def change(self) -> None:
        """Show the form of the design."""
        self.designer.show_form(await self.around.bench.channels.get(self.design.id), None)

    async def ask_delete(self) -> None:
        """Say what is deleted, and ask."""
        go, stay = look.button(N_("Delete the channel"), "danger"), look.button(N_("Keep it"))
        self.around.click(go, self._delete, self.messages)
        stay.on_click(lambda _: self.action.put())
        panel = look.stack(
            Headline(N_("Delete the channel?"), level=3),
            look.banner(
                "warn", N_("Deleted is the design here. What you imported into a solution stays there.")
            ),
            look.buttons(stay, go, align="start"),
        )
        panel.add_class("wb-panel")
        self.action.put(panel)

    async def _delete(self) -> None:
        await self.around.bench.channels.delete(self.design.id)
        self.designer.list.selected = ""
        await self.designer.refresh()
        self.designer.choose("")
        self.designer.messages.show("ok", say("The channel “{name}” is deleted.", name=self.design.name))

    async def _xml(self) -> str:
        return await self.around.bench.channels.export(self.design.id)


def _row(one: ListedChannel) -> dict[str, Any]:
    settings = one.design.settings
    count = sum(problem.blocks for problem in one.problems)
    return {
        "id": one.design.id,
        "name": one.design.name,
        "state": {"text": said(N_("ready")), "kind": "ok"}
        if one.ready
        else {"text": said(say("{count} to put right", count=count)), "kind": "warn"},
        "type": settings.type,
        "parts": ", ".join(part.name for part in settings.parts),
        "changed": when(one.design.updated_at),
    }


def _line(settings: ChannelSettings) -> Sentence:
    if settings.type == "SMS":
        return say("A channel of text messages: one part, and the platform's own editor")
    if len(settings.parts) == 1:
        return say("A channel of your own, with one part")
    return say("A channel of your own: {count} parts", count=len(settings.parts))


def _facts(settings: ChannelSettings) -> ipywidgets.HTML:
    yes, no = said(N_("yes")), said(N_("no"))
    return look.key_value_table((
        (N_("Id of the definition"), settings.definition_id),
        (N_("Outbound custom API"), settings.outbound_api),
        (N_("Delivery reports"), yes if settings.has_delivery_receipt else no),
        (N_("Inbound messages"), yes if settings.has_inbound else no),
        (N_("Table of the channel instance"), settings.instance_entity),
    ))  # fmt: skip


def _told(level: str, sentence: Sentence) -> ipywidgets.HTML:
    return look.banner("error" if level == "error" else "warn" if level == "warning" else "info", sentence)


def _invitation(may: bool) -> look.Html:
    if not may:
        return look.markup(
            '<p class="wb-empty">{text}</p>', text=said(N_("No custom channel has been designed here yet."))
        )
    return look.markup(
        '<div class="wb-empty wb-invite"><h2>{title}</h2><p>{text}</p></div>',
        title=said(N_("Bring a provider of your own")),
        text=said(N_(
            "A custom channel carries messages by a provider that the platform does not know. Design its definition and parts, export "
            "them for your solution, and try your handler against the contract."
        )),
    )  # fmt: skip
