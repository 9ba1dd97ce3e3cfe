"""JOURNAL: the activity page: what went out and what came of it; find it, open one, compare two, carry it away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import ipywidgets

from workbench.models.integration import Listed
from workbench.models.journal import Entry, EntryFilter, EntryKind
from workbench.models.request import Mode
from workbench.sentence import N_, say

from . import look
from .comparison import Compared
from .download import Download
from .exchange import OUTCOMES, exchange
from .fields import ChoiceField, TextField
from .fold import Place, visible
from .headline import Headline
from .language import when
from .listing import provider_name
from .messages import Messages
from .onward import onward
from .page import Frame
from .piece import said
from .tables import RowList

STEP = 25
"""How many entries the list grows by."""
EXPORT_MOST = 10_000
"""How many entries one CSV file holds."""
LONGEST_BADGE = 24
"""Letters that fit beside the other columns on a page of 800 px."""

KINDS: Mapping[EntryKind, str] = {
    "test": N_("Test"),
    "send": N_("Send"),
    "token": N_("Token"),
    "change": N_("Change"),
    "gate": N_("Send gate"),
    "callback": N_("Callback"),
    "sync": N_("Sync"),
}
MODES: Mapping[Mode, str] = {"rehearsal": N_("Rehearsal"), "live": N_("LIVE")}
CHANGES: Mapping[str, str] = {"saved": N_("Saved"), "deleted": N_("Deleted")}
COLUMNS: list[Mapping[str, str]] = [
    {"key": "at", "label": N_("When (UTC)")},
    {"key": "kind", "label": N_("What")},
    {"key": "who", "label": N_("By")},
    {"key": "integration", "label": N_("Integration"), "kind": "strong"},
    {"key": "recipient", "label": N_("Recipient"), "kind": "muted"},
    {"key": "outcome", "label": N_("Outcome")},
    {"key": "status", "label": N_("Status"), "kind": "number"},
    {"key": "mode", "label": N_("Mode")},
]


def entry_row(entry: Entry) -> dict[str, Any]:
    """Return an entry as a row of a list, with the columns of ``COLUMNS``."""
    return {
        "id": entry.id,
        "at": when(entry.at),
        "kind": said(KINDS[entry.kind]),
        "integration": entry.integration_name or provider_name(entry.provider),
        "recipient": entry.recipient,
        "outcome": outcome_badge(entry),
        "status": entry.reply.status if entry.reply else None,
        "who": entry.who,
        "mode": {"text": said(MODES["live"]), "kind": "error"}
        if entry.mode == "live"
        else said(MODES["rehearsal"]),
    }


def outcome_badge(entry: Entry) -> dict[str, str] | None:
    """Return what became of an entry, as a badge; a change says what was done."""
    if entry.outcome is not None:
        text, kind = OUTCOMES[entry.outcome.kind]
        return {"text": said(text), "kind": kind}
    if not entry.detail:
        return None
    return {"text": _shortened(said(CHANGES.get(entry.detail, entry.detail))), "kind": "quiet"}


def _shortened(text: str) -> str:
    """Return what was done as a badge holds it, which is one line; the whole of it stands in the entry's card."""
    return text if len(text) <= LONGEST_BADGE else f"{text[: LONGEST_BADGE - 1].rstrip(' ,;:')}…"


class Filters:
    """The filter above the list; ``wanted`` is what it says, ``on_change`` is called when that changes."""

    def __init__(self, integrations: Sequence[Listed], on_change: Any) -> None:
        self.text = TextField(
            N_("Search"), input_type="search", placeholder=N_("Name, host, recipient or outcome")
        )
        self.kind = _choice(N_("What"), [(key, said(text)) for key, text in KINDS.items()])
        self.outcome = _choice(N_("Outcome"), [(key, said(text)) for key, (text, _) in OUTCOMES.items()])
        self.mode = _choice(N_("Mode"), [(key, said(text)) for key, text in MODES.items()])
        self.integration = _choice(
            N_("Integration"), [(item.integration.id, item.integration.name) for item in integrations]
        )
        self.fields = (self.text, self.kind, self.outcome, self.mode, self.integration)
        row = look.Row(list(self.fields))
        row.add_class("wb-filters")
        self.widget = row
        self._changed = on_change
        self._quiet = False
        for field in self.fields:
            field.observe(self._tell, "value")

    @property
    def narrowed(self) -> bool:
        """Whether anything is left out."""
        return any(field.value for field in self.fields)

    def wanted(self, limit: int = STEP, before: str | None = None) -> EntryFilter:
        """Return the filter as the journal takes it."""
        return EntryFilter.model_validate(
            {
                "kind": self.kind.value or None,
                "outcome": self.outcome.value or None,
                "mode": self.mode.value or None,
                "integration_id": self.integration.value or None,
                "text": self.text.value.strip(),
                "limit": limit,
                "before": before,
            }
        )

    def clear(self) -> None:
        """Leave nothing out any more."""
        self._quiet = True
        for field in self.fields:
            field.value = ""
        self._quiet = False
        self._tell(None)

    def _tell(self, _change: object) -> None:
        if not self._quiet:
            self._changed()


def _choice(label: str, options: Sequence[tuple[str, str]]) -> ChoiceField:
    return ChoiceField(label, [("", say("All")), *options])


class ActivityPage:
    """The content of the activity page."""

    def __init__(self, frame: Frame, integrations: Sequence[Listed]) -> None:
        self.frame = frame
        self.place = ""
        self.entries: list[Entry] = []
        self.messages = Messages()
        self.filters = Filters(integrations, lambda: frame.start(self.refresh(), self.messages))
        self.list = RowList(N_("Activity"), columns=COLUMNS)
        self.older = look.button(N_("Show older"))
        self.latest = look.button(N_("Look for new entries"), "quiet")
        self.everything = look.button(N_("Clear the filter"), "quiet")
        self.count = look.show("", "wb-count")
        self.detail = Place()
        self.compared = Compared(frame)
        self.list.observe(lambda _: frame.start(self._open_selected(), self.messages), "selected")
        self.list.on_open(lambda id: frame.start(self.open(id, focus=True), self.messages))
        frame.click(self.older, self.show_older, self.messages)
        frame.click(self.latest, self.refresh, self.messages)
        self.everything.on_click(lambda _: self.filters.clear())
        self.widget = look.stack(
            look.heading(
                N_("Activity"), 1,
                N_("Every test, send, token request and change, with request and reply. Secrets are masked, recipients shortened."),
            ),
            look.card(
                "",
                self.filters.widget,
                self.messages.widget,
                self.list,
                look.buttons(self.count, self.older, self.latest, self.everything, *self._export(), align="start"),
            ),
            self.compared.messages.widget,
            self.compared.place.widget,
            self.detail.widget,
        )  # fmt: skip

    async def refresh(self) -> None:
        """Read the newest entries that fit."""
        wanted = self.filters.wanted()
        found = await self.frame.bench.activity.entries(wanted)
        if wanted != self.filters.wanted():
            return  # the filter was changed meanwhile, and the answer to that one is under way
        self.entries = found
        self._show(len(found))

    async def show_older(self) -> None:
        """Add the entries before the last one."""
        before = self.entries[-1].id if self.entries else None
        found = await self.frame.bench.activity.entries(self.filters.wanted(before=before))
        self.entries += found
        self._show(len(found))

    async def open(self, id: str, focus: bool = False) -> None:
        """Show one entry whole, below the list."""
        entry = next((item for item in self.entries if item.id == id), None)
        entry = entry or await self.frame.bench.activity.entry(id)
        self.place = f"entry={id}"
        self.detail.put(self._card(entry, focus))

    async def go(self, place: str) -> None:
        """Open the entry, or show the integration's entries, that a link names."""
        kind, _, id = place.partition("=")
        if kind == "entry":
            if any(entry.id == id for entry in self.entries):
                self.list.selected = id
            await self.open(id)
        elif kind == "integration" and any(id == option[0] for option in self.filters.integration.options):
            self.filters.integration.value = id

    async def csv(self) -> str:
        """Return what the filter lets through as CSV."""
        return await self.frame.bench.activity.export_csv(self.filters.wanted(EXPORT_MOST))

    def _export(self) -> Sequence[ipywidgets.Widget]:
        if not self.frame.may("admin"):
            return ()
        return (
            Download(
                N_("Download as CSV"), "activity.csv", self.csv,
                self.messages.guard, "text/csv",
            ),
        )  # fmt: skip

    def _show(self, came: int) -> None:
        self.list.empty = (
            N_("Nothing fits this filter.")
            if self.filters.narrowed
            else N_(
                "Nothing has gone out yet. Create an integration and test it: the test stands here at once."
            )
        )
        live = any(entry.mode == "live" for entry in self.entries)
        self.list.columns = (
            COLUMNS if live else COLUMNS[:-1]
        )  # a column that says the same in every row says nothing
        self.list.rows = [entry_row(entry) for entry in self.entries]
        visible(self.older, came == STEP)
        visible(self.everything, self.filters.narrowed)
        self.count.value = (
            look.escape(said(say("{count} shown", count=len(self.entries)))) if self.entries else ""
        )

    async def _open_selected(self) -> None:
        if self.list.selected:
            await self.open(self.list.selected)

    def _card(self, entry: Entry, focus: bool) -> ipywidgets.Widget:
        title = say("{what}, {at} UTC", what=said(KINDS[entry.kind]), at=when(entry.at))
        parts: list[ipywidgets.Widget] = [Headline(title, focus=focus), look.key_value_table(_facts(entry))]
        if entry.request is not None:
            first, second = look.button(N_("Compare: take it as A")), look.button(N_("Compare: take it as B"))
            self.frame.click(first, lambda: self.compared.choose("a", entry), self.compared.messages)
            self.frame.click(second, lambda: self.compared.choose("b", entry), self.compared.messages)
            parts.insert(1, look.buttons(first, second, align="start"))
            parts.append(exchange(entry.request, entry.reply, entry.outcome, entry.curl))
            parts.append(onward(entry, keep=self.frame.may("operator")))
        return look.card("", *parts)


def _facts(entry: Entry) -> list[tuple[str, Any]]:
    done = CHANGES.get(entry.detail or "", entry.detail or "")
    return [
        *([(N_("Change"), said(done))] if done else []),
        (N_("Integration"), entry.integration_name),
        (N_("Provider"), provider_name(entry.provider)),
        (N_("Recipient"), entry.recipient),
        (N_("Mode"), said(MODES[entry.mode])),
        (N_("By"), entry.who),
    ]


async def activity(frame: Frame) -> ActivityPage:
    """Return the activity page, with its newest entries."""
    page = ActivityPage(frame, await frame.bench.integrations.list_all())
    await page.refresh()
    return page
