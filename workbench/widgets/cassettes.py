"""CASSETTES: exchanges that were kept with checks on their answers: the list with the last verdicts, a new one, and one of them whole."""

from __future__ import annotations

import json
from typing import Final

import ipywidgets

from workbench.errors import Refused
from workbench.models.cassette import Cassette, CassetteListed
from workbench.models.journal import Entry, EntryFilter
from workbench.sentence import N_, say

from . import look
from .cassettes_one import OneCassette
from .cassettes_words import COLUMNS, cassette_row
from .download import Download
from .exchange import OUTCOMES
from .fields import ChoiceField, TextField
from .fold import Fold, Place, visible
from .language import when
from .listing import provider_name
from .messages import Messages
from .page import Frame
from .piece import Speech, said
from .tables import RowList
from .upload import TextFile

__all__ = ["CassetteShelf"]

MOST_ENTRIES: Final = 50
"""The newest exchanges that are offered for a new cassette."""


class CassetteShelf:
    """The cassettes. A link leads to one (``cassette=ID``), or makes one of an exchange or a job (``entry=ID``, ``job=ID``, ``run=ID``)."""

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.place = ""
        self.found: list[CassetteListed] = []
        self.opened: OneCassette | None = None
        self.messages, self.detail = Messages(), Place()
        self.list = RowList(
            N_("Cassettes"),
            columns=COLUMNS,
            empty=N_(
                "No cassettes yet. Keep an exchange of the journal as one: its answer is checked from then on."
            ),
        )
        self.list.observe(lambda _: frame.start(self._open_selected(), self.messages), "selected")
        self.list.on_open(lambda id: frame.start(self.open(id, focus=True), self.messages))
        language = Speech.lang
        report = frame.bench.cassettes.report
        self.reports = look.buttons(
            Download(
                N_("JUnit report of all"), "cassettes.xml", lambda: report([], "junit", "last", language),
                self.messages.guard, "application/xml",
            ),
            Download(
                N_("HTML report of all"), "cassettes.html", lambda: report([], "html", "last", language), self.messages.guard, "text/html",
            ),
            align="start",
        )  # fmt: skip
        self.entry = ChoiceField(N_("Exchange"), hint=N_("The newest tests and sends of the journal."))
        self.name = TextField(
            N_("Name"), hint=N_("How you find it again; the integration's name where it is empty.")
        )
        self.fold = Fold(N_("Keep an exchange as a cassette"), *self._new())
        self.widget = look.stack(
            look.sheets("events_cassettes.css"),
            look.card(
                N_("Cassettes"), self.messages.widget, self.list, self.reports,
                *([self.fold.widget] if frame.may("operator") else []),
                subtitle=N_(
                    "An exchange, masked, with checks on its answer. Check it again without sending, or play it again and compare."
                ),
            ),
            self.detail.widget,
        )  # fmt: skip

    def __repr__(self) -> str:
        return f"<CassetteShelf of {len(self.found)}>"

    async def refresh(self) -> None:
        """Read the list anew, and the exchanges that a new one can be made of."""
        await self._read()
        if self.frame.may("operator"):
            entries = await self.frame.bench.activity.entries(EntryFilter(limit=MOST_ENTRIES))
            kept = [
                one
                for one in entries
                if one.request is not None and one.outcome is not None and one.kind in ("test", "send")
            ]
            chosen = self.entry.value
            self.entry.options = [("", said(N_("Choose…"))), *((one.id, _entry_line(one)) for one in kept)]
            self.entry.value = chosen if any(one.id == chosen for one in kept) else ""

    async def open(self, id: str, focus: bool = False) -> None:
        """Show one cassette whole, below the list."""
        await self._show(await self.frame.bench.cassettes.get(id), focus)

    async def go(self, place: str) -> None:
        """Open the cassette that a link names, or make one of the exchange, job or run that it names."""
        kind, _, id = place.partition("=")
        if kind == "cassette":
            await self.open(id)
        elif kind == "entry":
            await self._keep(await self.frame.bench.cassettes.of_entry(id))
        elif kind in ("job", "run"):
            await self._keep(await self.frame.bench.cassettes.of_job(id))

    async def keep(self) -> None:
        """Keep the exchange that is chosen, with all proposed checks."""
        if not self.entry.value:
            self.entry.error = N_("Choose an exchange. Send a test first where there is none.")
            return
        self.entry.error = ""
        cassette = await self.frame.bench.cassettes.of_entry(self.entry.value, self.name.value)
        self.entry.value = self.name.value = ""
        await self._keep(cassette)

    async def take(self, text: str) -> None:
        """Keep a cassette from a file that another workbench made."""
        try:
            document = json.loads(text)
        except (ValueError, RecursionError):
            document = None
        if not isinstance(document, dict):
            raise Refused(say("This file is not an exported cassette of the workbench."))
        await self._keep(await self.frame.bench.cassettes.take(document))

    def _new(self) -> list[ipywidgets.Widget]:
        keep = look.button(N_("Keep it, with the proposed checks"), "primary")
        self.frame.click(keep, self.keep, self.messages)
        file = TextFile(N_("Take a cassette from a file"), self._taken, ".json")
        return [look.columns(self.entry, self.name, weights=(2, 1)), look.buttons(keep, align="start"), file]

    async def _taken(self, text: str) -> None:
        await self.messages.guard(self.take(text))

    async def _keep(self, cassette: Cassette) -> None:
        """Show a cassette that was just made."""
        await self._read()
        await self._show(cassette, focus=True)
        self.messages.show("ok", say("Kept with {count} checks.", count=len(cassette.assertions)))

    async def _read(self) -> None:
        self.found = await self.frame.bench.cassettes.cassettes()
        self.list.rows = [cassette_row(one) for one in self.found]
        visible(self.reports, bool(self.found))
        if not self.found and not self.fold.opened:
            self.fold.open()

    async def _open_selected(self) -> None:
        id = self.list.selected
        if id and (self.opened is None or self.opened.cassette.id != id):
            await self.open(id)

    async def _show(self, cassette: Cassette, focus: bool) -> None:
        one = OneCassette(self.frame, cassette, self.found, self._read, self._gone, focus=focus)
        self.opened = one
        self.detail.put(one.widget)
        await one.open()
        self.place = f"cassette={cassette.id}"
        self.frame.stand(self.place)
        if self.list.selected != cassette.id and any(row["id"] == cassette.id for row in self.list.rows):
            self.list.selected = cassette.id

    async def _gone(self) -> None:
        self.opened, self.place = None, ""
        self.detail.put()
        self.list.selected = ""
        self.frame.stand("")
        await self._read()
        self.messages.show("ok", say("The cassette is deleted. The journal keeps what was sent."))


def _entry_line(entry: Entry) -> str:
    """Return an exchange as the list of those that can be kept calls it."""
    assert entry.outcome is not None
    name = entry.integration_name or provider_name(entry.provider)
    words = say(
        "{at}: {name} to {recipient}, {outcome}", at=when(entry.at), name=name, recipient=entry.recipient or "–",
        outcome=said(OUTCOMES[entry.outcome.kind][0]),
    )  # fmt: skip
    return said(words)
