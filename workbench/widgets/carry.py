"""CARRY: an integration out of this workbench, and into it: a document without secrets, and the questions it asks."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping

from workbench.errors import Invalid
from workbench.models.base import JsonValue, Problem
from workbench.models.integration import Draft
from workbench.providers import every
from workbench.sentence import N_, Sentence, say

from . import look
from .download import Download
from .fields import SecretField, TextField
from .fold import Place, visible
from .headline import Headline
from .messages import Messages
from .page import Frame
from .piece import Said
from .secrets import Desk, KeptSecret

MOST_CHARACTERS = 1_000_000


class Export:
    """The document of one integration, to copy or to download."""

    def __init__(self, name: str, document: Mapping[str, JsonValue], messages: Messages) -> None:
        self.text = json.dumps(document, ensure_ascii=False, indent=2)
        self.download = Download(N_("Download"), file_name(name), self._give, messages.guard)
        text = N_(
            "No secret is in this document. Whoever imports it is asked for each secret; they are named in it."
        )
        code = look.code_block(self.text, "JSON")
        code.children[1].layout.max_height = "320px"
        code.children[1].layout.overflow = "auto"
        self.widget = look.stack(look.banner("info", text), code)

    async def _give(self) -> str:
        return self.text


class Import:
    """Paste a document, type the secrets it asks for, and go on with it as a draft."""

    def __init__(
        self,
        frame: Frame,
        on_draft: Callable[[Draft], Awaitable[object]],
        on_cancel: Callable[[], Awaitable[object]],
    ) -> None:
        self.frame = frame
        self.desk = Desk(frame.bench.secrets)
        self.document: dict[str, JsonValue] = {}
        self.secrets: dict[str, KeptSecret] = {}
        self.messages = Messages()
        self.text = TextField(
            N_("Exported integration"), multiline=True, rows=12, required=True, monospace=True,
            hint=N_("Paste the whole document that “Export” gave."), placeholder='{"format": "integration-workbench/integration", …}',
        )  # fmt: skip
        self.read = look.button(N_("Read it"), "primary")
        self.make = look.button(N_("Go on with it"), "primary")
        cancel = look.button(N_("Cancel"), "quiet")
        self.asked = Place()
        self._on_draft = on_draft
        frame.click(self.read, self.ask, self.messages)
        frame.click(self.make, self.finish, self.messages)
        self._at(asked=False)
        frame.click(cancel, on_cancel, self.messages)
        self.text.observe(self._typed, "value")
        self.widget = look.stack(
            Headline(N_("Import an integration"), N_("It becomes a draft: you look it over and test it before it is saved."), level=1),
            look.card("", self.text, self.asked.widget, self.messages.widget, look.buttons(self.read, self.make, cancel, align="start")),
        )  # fmt: skip

    async def open(self) -> None:
        """Get the key that secrets are sealed with."""
        await self.desk.open()

    async def ask(self) -> None:
        """Read the document and ask for each secret that it wants."""
        self.text.error = ""
        try:
            self.document = read_document(self.text.value)
            wanted = await self.frame.bench.integrations.wanted(self.document)
        except Invalid as error:
            self._say_at_text(error)
            return
        self.secrets = {place: self._field(place) for place in wanted}
        if not wanted:
            await self.finish()
            return
        fields = [kept.widget for kept in self.secrets.values()]
        title = Headline(N_("Its secrets"), N_("They are not in the document. Type each one and lock it."))
        self.asked.put(title, *fields)
        self._at(asked=True)

    async def finish(self) -> None:
        """Make the draft and hand it on; a secret that is still missing is said beside its field."""
        await self.desk.idle()
        refs = {place: kept.ref for place, kept in self.secrets.items() if kept.ref is not None}
        try:
            draft = await self.frame.bench.integrations.import_(self.document, refs)
        except Invalid as error:
            left = [problem for problem in error.problems if problem.field not in self.secrets]
            if left:
                self._say_at_text(Invalid(left))
            for problem in error.problems:
                if problem.field in self.secrets:
                    self.secrets[problem.field].show((), say("Type this secret and lock it."))
            return
        await self._on_draft(draft)

    def _field(self, place: str) -> KeptSecret:
        return KeptSecret(self.desk, SecretField(secret_label(self.document, place), required=True))

    def _say_at_text(self, error: Invalid) -> None:
        self.text.error = error.sentence
        self.text.focus()

    def _typed(self, _change: object) -> None:
        self.text.error = ""
        self.asked.put()
        self._at(asked=False)

    def _at(self, asked: bool) -> None:
        """Show the button of the step: read the document, or go on with its secrets."""
        visible(self.read, not asked)
        visible(self.make, asked)


def read_document(text: str) -> dict[str, JsonValue]:
    """Return the pasted document. Raises Invalid, with line and column, for a text that is not a JSON object."""
    if not text.strip():
        raise _wrong(say("Nothing is pasted yet. Paste the document that “Export” gave."))
    if len(text) > MOST_CHARACTERS:
        raise _wrong(
            say(
                "The document has {length} characters; an exported integration has far fewer.",
                length=len(text),
            )
        )
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        raise _wrong(
            say(
                "The document breaks off or is damaged at line {line}, column {column}. Copy it again, from the first brace to the last.",
                line=error.lineno,
                column=error.colno,
            )
        ) from None
    except RecursionError:
        raise _wrong(say("This is not an exported integration of the workbench.")) from None
    if not isinstance(document, dict):
        raise _wrong(say("The document must begin with a brace: copy all that “Export” gave."))
    return document


def secret_label(document: Mapping[str, JsonValue], place: str) -> Said:
    """Return what a person calls the secret at ``place``: the header's name, or the field's title in the provider's form."""
    settings = document.get("settings")
    settings = settings if isinstance(settings, dict) else {}
    first, _, rest = place.partition(".")
    if first == "headers":
        headers, number = settings.get("headers"), rest.partition(".")[0]
        if isinstance(headers, list) and number.isdigit() and int(number) < len(headers):
            header = headers[int(number)]
            if isinstance(header, dict):
                return say("Header {name}", name=str(header.get("name", "")))
    if first == "credential":
        provider = every().get(str(settings.get("provider")))
        kinds = [
            kind
            for kind in (provider.credentials if provider else ())
            if kind.kind == settings.get("credential_kind")
        ]
        field = kinds[0].model_fields.get(rest) if kinds else None
        if field is not None and field.title:
            return field.title
    return say("Secret {place}", place=place)


def file_name(name: str) -> str:
    """Return the name of the file that an integration is downloaded as."""
    kept = "".join(letter if letter.isalnum() else "-" for letter in name.strip().lower())
    return f"{kept.strip('-') or 'integration'}.json"


def _wrong(sentence: Sentence) -> Invalid:
    return Invalid([Problem(field="file", sentence=sentence)])
