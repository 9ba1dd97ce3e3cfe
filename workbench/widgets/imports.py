"""IMPORTS: requests that others wrote down (cURL, Postman, OpenAPI, HAR) become drafts of integrations, their secrets typed anew.

What is pasted is put away when it was read: it may hold secrets, and a field's text is state of the page.
"""

from __future__ import annotations

from typing import Final

import ipywidgets

from workbench.errors import Invalid
from workbench.models.imported import Imported, WantedSecret
from workbench.models.integration import Draft
from workbench.sentence import N_, Sentence, say

from . import look
from .bar import PageLinks
from .fields import SecretField, TextField
from .fold import Place, visible
from .headline import Headline
from .imports_picks import Picks
from .imports_words import FORMATS, left_out_table, problem_table, summary
from .messages import Messages
from .page import Frame
from .piece import said
from .secrets import Desk, KeptSecret
from .upload import TextFile

__all__ = ["ImportDesk"]

ACCEPT: Final = ".json,.har,.yaml,.yml,.txt,.sh,.bat,.ps1"


class ImportDesk:
    """The part of the page: paste or choose, look through, pick, type the secrets, go on in the wizard."""

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.desk = Desk(frame.bench.secrets)
        self.read_text = ""
        self.found = Imported()
        self.secrets: dict[str, KeptSecret] = {}
        self.messages = Messages()
        self.text = TextField(
            N_("cURL commands, or a document"), multiline=True, rows=8, monospace=True,
            hint=N_("“Copy as cURL” of a browser, a Postman collection, an OpenAPI description, or a HAR recording."),
            placeholder="curl https://api.example.com/send -H 'Content-Type: application/json' -d '{\"to\": \"ana@example.com\"}'",
        )  # fmt: skip
        self.file = TextFile(N_("Choose a file"), self.take_file, ACCEPT)
        self.read = look.button(N_("Read it"), "primary")
        self.make = look.button(N_("Make drafts of the picked ones"), "primary")
        self.result, self.done = Place(), Place()
        self.asked = look.stack()
        self.asking = look.card(
            N_("Their secrets"), self.asked,
            subtitle=N_("Type each one and lock it. One that stays empty is asked for in the draft."),
        )  # fmt: skip
        self.picks = Picks(self._picked)
        self.finish = look.stack(self.picks.widget, self.asking, look.buttons(self.make, align="start"))
        frame.click(self.read, self.ask, self.messages)
        frame.click(self.make, self.take, self.messages)
        self.text.observe(lambda _: self._typed(), "value")
        self.widget = look.stack(
            Headline(
                N_("Import requests"),
                N_("What developers have written down becomes integrations: looked over and tested before anything is sent."),
                focus=False,
            ),
            look.card("", self.text, look.buttons(self.read, self.file, align="start"), self.messages.widget),
            self.done.widget,
            self.result.widget,
            self.finish,
        )  # fmt: skip
        self._show(Imported())

    def __repr__(self) -> str:
        return f"<ImportDesk of {len(self.found.requests)}>"

    async def refresh(self) -> None:
        """Get the key that secrets are sealed with."""
        await self.desk.open()

    async def go(self, place: str) -> None:
        """A link leads to the part alone."""

    async def ask(self) -> None:
        """Read what is pasted."""
        if not self.text.value.strip():
            self.text.error = N_("Paste something here, or choose a file.")
            self.text.focus()
            return
        await self._read(self.text.value)

    async def take_file(self, text: str) -> None:
        """Read a file; an environment of Postman is joined to the collection that was read before it."""
        await self.messages.guard(self._read_file(text))

    async def take(self) -> None:
        """Make drafts of the picked requests, and lead to them."""
        await self.desk.idle()
        refs = {
            key: kept.ref
            for key, kept in self.secrets.items()
            if kept.ref is not None and key in self._needed()
        }
        try:
            drafts = await self.frame.bench.imports.take(self.read_text, list(self.picks.chosen), refs)
        except Invalid as error:
            self._blame(error)
            return
        self._show(Imported())
        self.done.put(*_led(drafts))

    async def _read_file(self, text: str) -> None:
        joined = f"{self.read_text}\n{text}"
        if self.found.format == "postman" and text.lstrip().startswith("{"):
            found = await self.frame.bench.imports.read(joined)
            if (
                found.format == "postman"
                and not found.problems
                and len(found.requests) == len(self.found.requests)
            ):
                self._keep(joined, found)
                return
        await self._read(text)

    async def _read(self, text: str) -> None:
        self.messages.clear()
        found = await self.frame.bench.imports.read(text)
        if found.format == "unknown":
            self.text.error = found.problems[0].sentence
            self.text.focus()
            self._show(Imported())
            return
        self._keep(text, found)

    def _keep(self, text: str, found: Imported) -> None:
        self.text.value = ""
        self.text.error = ""
        self.done.put()
        self._show(found)
        self.read_text = text

    def _show(self, found: Imported) -> None:
        """Show what was read, in place of what was read before; an empty one shows nothing."""
        self.found, self.read_text = found, ""
        self.secrets = {}
        self.asked.children = ()
        usable = [request for request in found.requests if request.usable]
        self.result.put(*(_told(found) if found.format != "unknown" else ()))
        self.picks.show(found.requests, self.frame.may("operator"))
        visible(self.finish, bool(found.requests))
        visible(self.make, bool(usable) and self.frame.may("operator"))
        self._picked()

    def _needed(self) -> list[str]:
        """Return the keys of the secrets that the picked requests want, in the order of the text."""
        wanted = {
            fill.secret
            for request in self.found.requests
            if request.id in self.picks.chosen
            for fill in request.fills
        }
        return [secret.key for secret in self.found.secrets if secret.key in wanted]

    def _picked(self) -> None:
        """Show the fields of the secrets that are needed now; what was typed in the others stays."""
        needed = self._needed() if self.frame.may("operator") else []
        for secret in self.found.secrets:
            if secret.key in needed and secret.key not in self.secrets:
                self.secrets[secret.key] = KeptSecret(self.desk, _field(secret), header=secret.header)
                self.asked.children = (*self.asked.children, self.secrets[secret.key].widget)
        for key, kept in self.secrets.items():
            visible(kept.widget, key in needed)
        visible(self.asking, bool(needed))
        count = len(self.picks.chosen)
        self.make.disabled = not count
        self.make.description = (
            said(say("Make drafts ({count})", count=count)) if count else said(N_("Pick what to take over"))
        )

    def _blame(self, error: Invalid) -> None:
        """Say beside a secret's field what is wrong with it, and the rest above."""
        rest = []
        for problem in error.problems:
            kept = self.secrets.get(problem.field.removeprefix("secrets."))
            if kept is None:
                rest.append(problem)
            else:
                kept.show((), problem.sentence)
        if rest:
            self.messages.fail(Invalid(rest))

    def _typed(self) -> None:
        self.text.error = ""


def _field(secret: WantedSecret) -> SecretField:
    return SecretField(secret.title, hint=_hint(secret))


def _hint(secret: WantedSecret) -> Sentence | str:
    """Return what helps to find the secret: how the text's own ends, its variable, how the value begins."""
    if secret.begins and secret.hint:
        return say(
            "The whole value, beginning with {word}. In the text it is {mask}.",
            word=secret.begins,
            mask=secret.hint,
        )
    if secret.begins:
        return say("The whole value, beginning with {word}.", word=secret.begins)
    if secret.hint:
        return say("In the text it is {mask}.", mask=secret.hint)
    if secret.name:
        return say("In the text it is the variable {name}.", name=secret.name)
    return secret.about or ""


def _told(found: Imported) -> list[ipywidgets.Widget]:
    shown: list[ipywidgets.Widget] = [
        look.banner("ok" if found.requests else "warn", summary(found), FORMATS[found.format])
    ]
    if found.problems:
        shown.append(problem_table(found.problems))
    if found.left_out:
        shown.append(left_out_table(found.left_out, N_("Left out of the whole")))
    return shown


def _led(drafts: list[Draft]) -> list[ipywidgets.Widget]:
    links = [
        {
            "page": "integrations", "place": f"draft={draft.id}", "label": said(say("Go on with “{name}”", name=draft.settings.name)),
            "text": "", "code": "await integrations_page(bench)",
        }
        for draft in drafts
    ]  # fmt: skip
    text = say(
        "{count} drafts were made. Look each one over, test it, and save it. Nothing has been sent.",
        count=len(drafts),
    )
    return [look.banner("ok", text), PageLinks(links, label=said(N_("Drafts that were made")))]
