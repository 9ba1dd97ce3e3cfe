"""CONSENT KEYWORDS: the words that branch a journey when somebody texts them: added, changed, and deleted with a look at who uses them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pydantic import ValidationError

from workbench.adapters.clock import SystemClock
from workbench.engine.keywords import LONGEST
from workbench.errors import Invalid
from workbench.models.sms_account import Keyword
from workbench.sentence import N_, say

from . import look
from .around import Around
from .fields import TextField
from .fold import Place
from .headline import Headline
from .language import when
from .messages import Messages
from .tables import RowList

__all__ = ["KeywordDesk"]

COLUMNS: Sequence[Mapping[str, str]] = (
    {"key": "word", "label": N_("Keyword"), "kind": "strong"},
    {"key": "description", "label": N_("Description")},
    {"key": "uses", "label": N_("Used by")},
    {"key": "updated", "label": N_("Last change (UTC)"), "kind": "muted"},
)


class KeywordDesk:
    """The keywords of journeys. STOP, START and HELP are none: those are set under the rules."""

    def __init__(self, around: Around) -> None:
        self.around = around
        self.keywords: Sequence[Keyword] = ()
        self.messages, self.form = Messages(), Place()
        self.list = RowList(
            N_("Keywords"), columns=COLUMNS, empty=N_("No keyword yet. Add a word that people text to take a branch of a journey."),
        )  # fmt: skip
        new = look.button(N_("New keyword"), "primary")
        around.click(new, self.new, self.messages)
        self.list.observe(lambda _: self._choose(self.list.selected), "selected")
        self.list.on_open(lambda id: self._choose(id))
        self.widget = look.card(
            N_("SMS keywords"), *([look.buttons(new, align="start")] if around.may("operator") else []), self.messages.widget,
            self.list, self.form.widget, subtitle=N_("A journey branches when somebody texts one of these words, and nothing else."),
        )  # fmt: skip

    def __repr__(self) -> str:
        return f"<KeywordDesk of {len(self.keywords)}>"

    async def refresh(self) -> None:
        """Read the keywords anew."""
        self.keywords = await self.around.bench.sms_accounts.keywords()
        self.list.rows = [
            {"id": one.id, "word": one.word, "description": one.description, "uses": ", ".join(one.uses), "updated": when(one.updated_at)}
            for one in self.keywords
        ]  # fmt: skip

    async def new(self) -> None:
        """Ask for a new keyword."""
        self.list.selected = ""
        self._open(Keyword(id="", word="", updated_at=SystemClock().now()))

    def _choose(self, id: str) -> None:
        found = next((one for one in self.keywords if one.id == id), None)
        if found is not None and self.around.may("operator"):
            self._open(found)

    def _open(self, keyword: Keyword) -> None:
        self.form.put(_KeywordForm(self, keyword).widget)

    async def done(self) -> None:
        """Come back to the list."""
        self.form.put()
        self.list.selected = ""
        await self.refresh()


class _KeywordForm:
    """One keyword, new or there already."""

    def __init__(self, desk: KeywordDesk, keyword: Keyword) -> None:
        self.desk, self.keyword = desk, keyword
        self.messages, self.question = Messages(), Place()
        self.word = TextField(N_("Keyword"), value=keyword.word, required=True, placeholder="PIZZA",
                              hint=N_("Capital letters do not count."))  # fmt: skip
        self.about = TextField(N_("Description"), value=keyword.description)
        self.uses = TextField(
            N_("Used by"),
            value=", ".join(keyword.uses),
            hint=N_("Names of journeys, with commas between them."),
        )
        save, cancel = look.button(N_("Save"), "primary"), look.button(N_("Cancel"))
        desk.around.click(save, self.save, self.messages)
        desk.around.click(cancel, desk.done, self.messages)
        levers = [save, cancel]
        if keyword.id:
            delete = look.button(N_("Delete"), "danger")
            desk.around.click(delete, self.ask_delete, self.messages)
            levers.append(delete)
        self.widget = look.stack(
            look.columns(self.word, self.about, self.uses), look.buttons(*levers, align="start"), self.messages.widget,
            self.question.widget,
        )  # fmt: skip
        self.widget.add_class("wb-panel")

    async def save(self) -> None:
        """Keep it."""
        self.word.error = ""
        uses = tuple(filter(None, (one.strip() for one in self.uses.value.split(","))))
        try:
            wanted = Keyword(
                id=self.keyword.id, word=self.word.value.strip(), description=self.about.value.strip(), uses=uses,
                updated_at=self.keyword.updated_at,
            )  # fmt: skip
            kept = await self.desk.around.bench.sms_accounts.save_keyword(wanted)
        except ValidationError:
            self.word.error = say(
                "The keyword is longer than {most} letters. Choose a shorter one.", most=LONGEST
            )
            self.word.focus()
            return
        except Invalid as error:
            self.word.error = error.sentence
            self.word.focus()
            return
        await self.desk.done()
        self.desk.messages.show("ok", say("The keyword “{word}” is saved.", word=kept.word))

    async def ask_delete(self) -> None:
        """Say who uses it, and ask."""
        go, stay = look.button(N_("Delete the keyword"), "danger"), look.button(N_("Keep it"))
        self.desk.around.click(go, self._delete, self.messages)
        stay.on_click(lambda _: self.question.put())
        told = (
            say(
                "These journeys use it, and would not branch by it any more: {uses}.",
                uses=", ".join(self.keyword.uses),
            )
            if self.keyword.uses
            else say("No journey is named that uses it.")
        )
        panel = look.stack(
            Headline(N_("Delete the keyword?"), level=3), look.banner("warn", told), look.buttons(stay, go, align="start"),
        )  # fmt: skip
        panel.add_class("wb-panel")
        self.question.put(panel)

    async def _delete(self) -> None:
        await self.desk.around.bench.sms_accounts.delete_keyword(self.keyword.id, True)
        await self.desk.done()
        self.desk.messages.show("ok", say("The keyword “{word}” is deleted.", word=self.keyword.word))
