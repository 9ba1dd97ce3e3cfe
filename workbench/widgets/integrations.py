"""INTEGRATIONS: the catalogue page: what is saved, the drafts, and the ways into the wizard."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import ipywidgets

from workbench.models.integration import Draft, Integration, Listed
from workbench.sentence import N_, say

from . import look
from .carry import Import
from .chosen import Chosen
from .draft_row import draft_row
from .fields import TextField
from .fold import Place, visible
from .headline import Headline
from .listing import COLUMNS, columns_for, draft_line, draft_name, listed_row
from .messages import Messages
from .page import Frame
from .piece import said
from .tables import RowList


class IntegrationsPage:
    """The content of the integrations page: the catalogue, or in its place the wizard or an import."""

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.place = ""
        self.listed: list[Listed] = []
        self.messages = Messages()
        self.title = Headline(
            N_("Integrations"),
            N_(
                "What joins your campaign platform with the systems that deliver. Test each one again at any time."
            ),
            level=1,
            focus=False,
        )
        self.search = TextField(
            N_("Search"), input_type="search", placeholder=N_("Name, provider, channel or state")
        )
        self.list = RowList(N_("Integrations"), columns=COLUMNS)
        self.create = look.button(N_("Create an integration"), "primary")
        self.bring = look.button(N_("Import"))
        self.drafts, self.detail, self.guest = Place(), Place(), Place()
        self.rows = look.stack(self.search, self.list)
        self.empty = self._empty()
        ways = (look.buttons(self.create, self.bring, align="start"),) if frame.may("operator") else ()
        self.shelf = look.stack(
            self.title,
            self.messages.widget,
            *ways,
            self.drafts.widget,
            look.card("", self.rows, self.empty),
            self.detail.widget,
        )
        self.search.observe(lambda _: self.show_rows(), "value")
        self.list.observe(lambda _: self.choose(self.list.selected), "selected")
        self.list.on_open(lambda id: self.choose(id, focus=True))
        frame.click(self.create, self.new, self.messages)
        frame.click(self.bring, self.import_, self.messages)
        self.widget = look.stack(self.shelf, self.guest.widget)

    # -- the catalogue -----------------------------------------------------------------------------------------------

    async def refresh(self) -> None:
        """Read the catalogue anew, and show it in place of whatever was open."""
        chosen = self.list.selected
        await self.reread()
        drafts = await self.frame.bench.integrations.drafts() if self.frame.may("operator") else []
        self.drafts.put(*([self._drafts(drafts)] if drafts else []))
        self.list.selected = chosen if any(item.integration.id == chosen for item in self.listed) else ""
        self.choose(self.list.selected)
        self._host()

    async def reread(self) -> Sequence[Listed]:
        """Read the list anew and leave everything that is open as it is."""
        self.listed = await self.frame.bench.integrations.list_all()
        self.show_rows()
        return self.listed

    async def back(self) -> None:
        """Come back to the catalogue, with the keyboard's focus at its head."""
        await self.refresh()
        self.title.focus = True

    def choose(self, id: str, focus: bool = False) -> None:
        """Show one integration below the list, with what this person may do with it."""
        item = next((item for item in self.listed if item.integration.id == id), None)
        self.detail.put(*([Chosen(self, item, focus).widget] if item else []))
        self.place = f"integration={id}" if item else ""

    async def go(self, place: str) -> None:
        """Begin, resume or show what a link names."""
        kind, _, id = place.partition("=")
        if kind == "new":
            await self.new()
        elif kind == "import":
            await self.import_()
        elif kind == "draft":
            await self.resume(id)
        elif kind == "integration":
            self.list.selected = id

    # -- the wizard and the import -----------------------------------------------------------------------------------

    async def new(self) -> None:
        """Begin an integration; the wizard asks for the provider. Drafts that nobody has touched since are put away."""
        offered = self.frame.bench.integrations
        before, draft = await offered.drafts(), await offered.start()
        for old in before:
            if (old.settings, old.stage) == (draft.settings, draft.stage):
                await offered.discard(old.id)
        await self._open(draft)

    async def resume(self, id: str) -> None:
        """Go on with a draft."""
        await self._open(await self.frame.bench.integrations.draft(id))

    async def edit(self, id: str) -> None:
        """Change a saved integration; it stays as it is until the draft is saved."""
        await self._open(await self.frame.bench.integrations.edit(id))

    async def import_(self) -> None:
        """Ask for an exported integration."""
        form = Import(self.frame, self._open, self.back)
        await form.open()
        self._host(form.widget)
        self.place = "import"

    async def _open(self, draft: Draft) -> None:
        from .wizard import Wizard  # the catalogue is drawn before the wizard's parts are loaded

        wizard = Wizard(self.frame.bench, draft, self._saved, self.back, on_apart=self._stand_at)
        shown = await wizard.open()
        title = (
            say("Change “{name}”", name=draft_name(draft)) if draft.integration_id else N_("New integration")
        )
        self._host(Headline(title, level=1), shown)
        self._stand_at(draft)

    def _stand_at(self, draft: Draft) -> None:
        self.place = f"draft={draft.id}"

    async def _saved(self, integration: Integration) -> None:
        self.search.value = ""
        self.list.selected = integration.id
        await self.back()
        self.messages.show("ok", say("“{name}” is saved.", name=integration.name))

    def _host(self, *guests: ipywidgets.Widget) -> None:
        """Let the guests take the catalogue's place; without any the catalogue is back."""
        self.messages.clear()
        self.guest.put(*guests)
        visible(self.shelf, not guests)

    # -- pieces ------------------------------------------------------------------------------------------------------

    def show_rows(self) -> None:
        """Show what the search lets through."""
        wanted = self.search.value.strip().casefold()
        rows = [listed_row(item) for item in self.listed]
        self.list.columns = columns_for(self.listed)
        self.list.rows = [row for row in rows if wanted in _words(row)]
        self.list.empty = say("Nothing is called “{text}” here.", text=self.search.value.strip())
        visible(self.rows, bool(self.listed))
        visible(self.empty, not self.listed)

    def _empty(self) -> ipywidgets.Widget:
        if not self.frame.may("operator"):
            return look.show(
                look.markup(
                    '<p class="wb-empty">{text}</p>', text=said(N_("No integration has been saved here yet."))
                )
            )
        text = look.markup(
            '<div class="wb-empty wb-invite"><h2>{title}</h2><p>{text}</p></div>',
            title=said(N_("Create your first integration")),
            text=said(
                N_(
                    "Four steps: where it goes, how it is let in, a test with the exact request before your eyes, and save. "
                    "In the rehearsal nothing leaves this machine, so try what you like."
                )
            ),
        )
        return look.show(text)

    def _drafts(self, drafts: Sequence[Draft]) -> ipywidgets.Widget:
        return look.card(
            N_("Drafts"),
            *[self._draft(draft) for draft in drafts],
            subtitle=N_("Begun and not saved yet; your colleagues see them too."),
        )

    def _draft(self, draft: Draft) -> ipywidgets.Widget:
        name = draft_name(draft)

        async def drop() -> None:
            await self.frame.bench.integrations.discard(draft.id)
            await self.refresh()
            self.messages.show("ok", say("The draft “{name}” is gone.", name=name))

        return draft_row(
            self.frame,
            self.messages,
            name,
            draft_line(draft),
            resume=lambda: self.resume(draft.id),
            discard=drop,
        )


def _words(row: Mapping[str, Any]) -> str:
    parts = [row["name"], row["channel"], row["provider"], row["auth"], row["badge"]["text"]]
    return " ".join(parts).casefold()


async def integrations(frame: Frame) -> IntegrationsPage:
    """Return the integrations page, showing the catalogue."""
    page = IntegrationsPage(frame)
    await page.refresh()
    return page
