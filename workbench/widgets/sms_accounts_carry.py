"""CARRY: all accounts out of this workbench and into it: one document without secrets; an import asks only for those (R-SMS-40)."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Sequence

from workbench.errors import Invalid
from workbench.models.sms_account import LoadedAccount
from workbench.sentence import N_, Sentence, say

from . import look
from .around import Around
from .carry import read_document
from .download import Download
from .fields import TextField
from .fold import Place
from .headline import Headline
from .messages import Messages
from .piece import said
from .sms_accounts_words import provider_name

__all__ = ["Carry"]


class Carry:
    """The panel. ``on_closed`` is called when the person is done with it."""

    def __init__(self, around: Around, on_closed: Callable[[], Awaitable[object]]) -> None:
        self.around = around
        self.messages, self.out, self.told = Messages(), Place(), Place()
        self.text = TextField(
            N_("Exported accounts"), multiline=True, rows=8, monospace=True, required=True,
            hint=N_("Paste the whole document that an export gave."),
        )  # fmt: skip
        bring, leave = (
            look.button(N_("Import them"), "primary"),
            look.button(N_("Back to the accounts"), "quiet"),
        )
        around.click(bring, self.load, self.messages)
        around.click(leave, on_closed, self.messages)
        self.text.observe(lambda _: self._typed(), "value")
        self.widget = look.stack(
            Headline(N_("Import or export accounts")),
            look.card(
                N_("Export"),
                self.out.widget,
                subtitle=N_("All accounts with their senders, and the keywords. No secret and no callback address is in it."),
            ),
            look.card(
                N_("Import"), self.text, self.told.widget, look.buttons(bring, align="start"),
                subtitle=N_("Each account becomes a draft that asks only for its secrets. One of the same name is changed."),
            ),
            self.messages.widget,
            look.buttons(leave, align="start"),
        )  # fmt: skip

    def __repr__(self) -> str:
        return "<Carry>"

    async def open(self) -> None:
        """Show the document to carry away."""
        text = await self._document()
        code = look.code_block(text, "JSON")
        code.children[1].layout.max_height = "260px"
        code.children[1].layout.overflow = "auto"
        self.out.put(code, Download(N_("Download"), "sms-accounts.json", self._document, self.messages.guard))

    async def load(self) -> None:
        """Take the pasted document in and say what became of each account."""
        try:
            found = await self.around.bench.sms_accounts.load(read_document(self.text.value))
        except Invalid as error:
            self.text.error = error.sentence
            self.text.focus()
            return
        self.text.value = ""
        self.told.put(look.show(_told(found)))

    async def _document(self) -> str:
        document = await self.around.bench.sms_accounts.export()
        return json.dumps(document, ensure_ascii=False, indent=2)

    def _typed(self) -> None:
        self.text.error = ""


def _told(found: Sequence[LoadedAccount]) -> look.Html:
    if not found:
        return look.banner_markup("info", N_("There is no account in the document."))
    items = look.Html("").join(
        look.markup("<li><strong>{name}</strong>: {text}</li>", name=one.name, text=said(_became(one)))
        for one in found
    )
    return look.banner_markup("ok", look.markup('<ul class="wb-links">{items}</ul>', items=items))


def _became(one: LoadedAccount) -> Sentence:
    if one.account is not None:
        return say(
            "kept as it is, read only: this workbench does not know the provider {provider}.",
            provider=one.provider,
        )
    name = said(provider_name(one.provider))
    if one.wanted:
        return say(
            "a draft for {provider}. Resume it and type its secrets ({count}).",
            provider=name,
            count=len(one.wanted),
        )
    return say("a draft for {provider}. Look it over and save it.", provider=name)
