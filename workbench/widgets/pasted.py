"""PASTED: the contacts for a job: pasted or from a file, read at once, with what cannot be read line by line."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import ipywidgets

from workbench.engine.contacts import read_contacts
from workbench.models.contact import Pasted
from workbench.models.integration import IdentifierType
from workbench.sentence import N_, say

from . import look
from .around import Around
from .fields import TextField
from .fold import Place
from .messages import Messages
from .piece import said
from .tables import table
from .upload import TextFile

__all__ = ["Contacts"]

HINT = N_(
    "One identifier a line; or a table with a header row, as a spreadsheet saves it (CSV); or JSON. "
    "What is not the identifier becomes a variable of its column's name."
)


class Contacts:
    """Where contacts are given. ``found`` is what was read last, None while nothing is; ``changed`` is called at each change of it."""

    def __init__(
        self, around: Around, identifier: Callable[[], IdentifierType], changed: Callable[[], object]
    ) -> None:
        self.found: Pasted | None = None
        self._identifier, self._changed = identifier, changed
        self._text = ""
        self.messages = Messages()
        self.paste = TextField(
            N_("Contacts"), hint=HINT, multiline=True, rows=7, monospace=True,
            placeholder="email,first_name\nana.lima@example.com,Ana",
        )  # fmt: skip
        self.file = TextFile(N_("Choose a file"), self.take, ".csv,.tsv,.txt,.json,.jsonl,.ndjson")
        self.button = look.button(N_("Read the contacts"))
        self.result = Place()
        self.paste.observe(lambda _: self.forget(), "value")
        around.click(self.button, self.read, self.messages)
        self.widget = look.stack(
            self.paste,
            look.buttons(self.button, self.file, align="start"),
            self.messages.widget,
            self.result.widget,
        )

    async def take(self, text: str) -> None:
        """Read a file's text in place of what is pasted."""
        self.paste.value = ""
        self._text = text
        await self._read(text)

    async def read(self) -> None:
        """Read what is pasted, or the file again."""
        text = self.paste.value or self._text
        if not text.strip():
            self.paste.error = N_("Paste contacts here, or choose a file.")
            self.paste.focus()
            return
        await self._read(text)

    def forget(self) -> None:
        """Forget what was read: something else is given now."""
        self.paste.error = ""
        self._text = ""
        self._set(None)

    def clear(self) -> None:
        """Hold no contact any more."""
        self.paste.value = ""
        self.forget()

    async def again(self) -> None:
        """Read anew, for another identifier."""
        if self.found is not None:
            await self.read()

    async def _read(self, text: str) -> None:
        # In this kernel, with the engine's own reading: a file may be larger than the server takes in one call.
        self._set(await asyncio.to_thread(read_contacts, text, self._identifier()))

    def _set(self, found: Pasted | None) -> None:
        self.found = found
        self.result.put(*(_told(found) if found else ()))
        self._changed()


def _told(found: Pasted) -> list[ipywidgets.Widget]:
    left_out = found.total - len(found.contacts)
    if not found.total:
        return [look.banner("warn", N_("There is no contact in it."))]
    if not left_out:
        return [look.banner("ok", say("{count} contacts can be sent to.", count=len(found.contacts)))]
    text = say(
        "{count} contacts can be sent to. {left_out} cannot be read and are left out: put them right, or go on without them.",
        count=len(found.contacts),
        left_out=left_out,
    )
    rows = [[str(problem.line or ""), problem.sentence] for problem in found.problems]
    shown = table([N_("Line"), N_("What is wrong")], rows, _caption(left_out, len(rows)), numeric=(0,))
    return [look.banner("warn", text), shown]


def _caption(all_of_them: int, shown: int) -> str:
    if shown == all_of_them:
        return N_("What cannot be read")
    return said(say("What cannot be read: the first {shown} of {all}", shown=shown, all=all_of_them))
