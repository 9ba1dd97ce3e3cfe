"""GATE STOCK: what actions hand out and look up: code pools with their counts, and imported consent lists."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

import ipywidgets

from workbench.engine.hub_keys import hub_meaning
from workbench.errors import Invalid
from workbench.models.gate import CodePool, ConsentList
from workbench.sentence import N_, Sentence, say

from . import look
from .around import Around
from .fields import TextField
from .language import when
from .messages import Messages
from .piece import said
from .tables import table
from .upload import TextFile

__all__ = ["GateStock"]

PART_LETTERS = 1_000_000
"""So much of a text goes in one call: the server's calls are of limited size."""


class _Bringing:
    """Where a text of many lines is brought in under a name: pasted or from a file."""

    def __init__(
        self, around: Around, *, name: Sentence, example: str, lines: Sentence, hint: Sentence, button: Sentence,
        bring: Callable[[str, str], Awaitable[Sentence]],
    ) -> None:  # fmt: skip
        self._bring = bring
        self._text = ""
        self.messages = Messages()
        self.key = TextField(
            name, placeholder=example, hint=N_("Small letters, digits, hyphens and underscores.")
        )
        self.paste = TextField(lines, multiline=True, rows=4, monospace=True, hint=hint)
        self.file = TextFile(N_("Choose a file"), self.take, ".csv,.txt")
        self.go = look.button(button)
        around.click(self.go, self.run, self.messages)
        self.paste.observe(lambda _: setattr(self.paste, "error", ""), "value")
        self.widget = look.stack(
            self.key, self.paste, look.buttons(self.go, self.file, align="start"), self.messages.widget
        )

    async def take(self, text: str) -> None:
        """Bring in a file's text."""
        self.paste.value = ""
        self._text = text
        await self.messages.guard(self.run())

    async def run(self) -> None:
        """Bring in what is pasted, or the file again; the text is forgotten when it is kept."""
        text, key = self.paste.value or self._text, self.key.value.strip()
        self.key.error = self.paste.error = ""
        if not text.strip():
            self.paste.error = N_("Paste lines here, or choose a file.")
            self.paste.focus()
            return
        try:
            told = await self._bring(key, text)
        except Invalid as error:
            mine = next((problem for problem in error.problems if problem.field == "key"), None)
            if mine is None:
                raise
            self.key.error = mine.sentence
            self.key.focus()
            return
        self.paste.value, self._text = "", ""  # codes and addresses are no state of a page
        self.messages.show("ok", told)


class GateStock:
    """The code pools and consent lists of a workbench. ``refresh`` reads them."""

    def __init__(self, around: Around) -> None:
        self.around = around
        self.messages = Messages()
        self.pools, self.lists = look.show(""), look.show("")
        may = around.may("operator")
        self.codes = _Bringing(
            around, name=say("Name of the pool"), example="spring-2026", lines=say("Codes"), button=say("Add the codes"),
            hint=say("One code a line. A code that the pool has already is not added twice."), bring=self._add_codes,
        )  # fmt: skip
        self.consent = _Bringing(
            around, name=say("Name of the list"), example="newsletter", lines=say("Who consents"), button=say("Import the list"),
            hint=say("One identifier a line, as rules and actions look it up. It takes the place of the list of this name. "
                     "Only digests are kept, never the identifiers."),
            bring=self._import,
        )  # fmt: skip
        codes = look.card(
            N_("Code pools"), self.pools, *([self.codes.widget] if may else []),
            subtitle=N_("Each code is handed out once, to one contact, whatever happens in between."),
        )  # fmt: skip
        lists = look.card(
            N_("Consent lists"), self.lists, *([self.consent.widget] if may else []),
            subtitle=N_("Who may be written to. Rules and actions look contacts up here."),
        )  # fmt: skip
        self.widget = look.stack(self.messages.widget, look.columns(codes, lists, weights=(1, 1)))

    def __repr__(self) -> str:
        return "<GateStock>"

    async def refresh(self) -> None:
        """Read the pools and lists anew."""
        gates = self.around.bench.gates
        self.pools.value = _pools(await gates.pools()).value
        self.lists.value = _lists(await gates.consent_lists()).value

    async def _add_codes(self, key: str, text: str) -> Sentence:
        pool = None
        for part in parts_of(text):
            pool = await self.around.bench.gates.add_codes(key, part)
        await self.refresh()
        assert pool is not None
        return say("The pool “{name}” holds {left} codes that nobody has.", name=pool.key, left=pool.left)

    async def _import(self, key: str, text: str) -> Sentence:
        kept = await self.around.bench.gates.import_consent(key, text)
        await self.refresh()
        return say(
            "The list “{name}” holds {size} identifiers. Doubles: {doubles}; lines that say nothing: {skipped}.",
            name=kept.key, size=kept.size, doubles=kept.doubles, skipped=kept.skipped,
        )  # fmt: skip


def parts_of(text: str) -> list[str]:
    """Return a text in parts of whole lines that one call can carry."""
    parts: list[str] = []
    lines: list[str] = []
    size = 0
    for line in text.splitlines():
        if lines and size + len(line) > PART_LETTERS:
            parts.append("\n".join(lines))
            lines, size = [], 0
        lines.append(line)
        size += len(line) + 1
    return [*parts, "\n".join(lines)]


def _pools(found: Sequence[CodePool]) -> ipywidgets.HTML:
    rows = [[pool.key, pool.total, pool.taken, _left(pool)] for pool in found]
    columns = [N_("Pool"), N_("Codes"), N_("Handed out"), N_("Left")]
    return table(
        columns,
        rows,
        N_("Code pools"),
        N_("No codes yet. Paste some below; an action “add a code” hands them out."),
        (1, 2, 3),
    )


def _left(pool: CodePool) -> look.Html:
    return look.badge(N_("empty"), "error") if pool.left == 0 else look.escape(pool.left)


def _lists(found: Sequence[ConsentList]) -> ipywidgets.HTML:
    rows = [
        [hub_meaning(one.key), "–", said(N_("at each look"))]
        if one.ledger
        else [one.key, one.size, when(one.imported_at)]
        for one in found
    ]
    columns = [N_("List"), N_("Identifiers"), N_("Imported (UTC)")]
    return table(
        columns,
        rows,
        N_("Consent lists"),
        N_("No list yet. Import one below; rules and actions can then look contacts up in it."),
        (1,),
    )
