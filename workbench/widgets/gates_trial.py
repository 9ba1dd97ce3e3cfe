"""GATE TRIAL: the rules as they stand in the form, tried on pasted contacts: what would become of each, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from workbench.models.gate import Action, GateSettings
from workbench.models.hold import Decided
from workbench.sentence import N_, Sentence, say

from . import look
from .around import Around
from .fields import TextField
from .fold import Place
from .messages import Messages
from .tables import table
from .upload import TextFile

__all__ = ["MOST_SHOWN", "Trial", "actions_in", "decided_rows", "verdict_badge"]

MOST_SHOWN = 200
EXAMPLE = "id,consent,country\nc-1001,yes,SE\nc-1002,no,NO"


class Trial:
    """Where contacts are pasted and tried. ``settings`` gives the form as it stands; nothing is kept and nothing called."""

    def __init__(self, around: Around, settings: Callable[[], GateSettings]) -> None:
        self.around, self._settings = around, settings
        self._text = ""
        self.messages, self.result = Messages(), Place()
        self.paste = TextField(
            N_("Contacts to try"), multiline=True, rows=5, monospace=True, placeholder=EXAMPLE,
            hint=N_("A table with a header row (CSV), JSON lines, or an item file of the platform. id is the contact's id, the rest are "
                "properties."),
        )  # fmt: skip
        self.actions = TextField(
            N_("Actions the sendout asks for"), hint=N_("Identifiers between commas; details after =."),
            placeholder="check-consent, promo-code=SPRING",
        )  # fmt: skip
        self.file = TextFile(N_("Choose a file"), self.take, ".csv,.txt,.json,.jsonl,.ndjson")
        go = look.button(N_("Try the rules"))
        around.click(go, self.run, self.messages)
        self.paste.observe(lambda _: self.result.put(), "value")
        self.widget = look.stack(
            self.paste,
            self.actions,
            look.buttons(go, self.file, align="start"),
            self.messages.widget,
            self.result.widget,
        )

    def __repr__(self) -> str:
        return "<Trial>"

    async def take(self, text: str) -> None:
        """Try the contacts of a file in place of those pasted."""
        self.paste.value = ""
        self._text = text
        await self.messages.guard(self.run())

    async def run(self) -> None:
        """Try the rules on what is pasted, or on the file again."""
        text = self.paste.value or self._text
        if not text.strip():
            self.paste.error = N_("Paste contacts here, or choose a file.")
            self.paste.focus()
            return
        self.paste.error = ""
        settings = self._settings()
        found = await self.around.bench.gates.try_rules(settings, actions_in(self.actions.value), text)
        note = (
            [look.banner("info", N_("Live checks are not asked here: each counts as without an answer."))]
            if settings.live_checks
            else []
        )
        self.result.put(*note, look.banner("info", _summed(found)), _shown(found))


def actions_in(text: str) -> list[Action]:
    """Return the actions of ``identifier=details`` between commas or on lines."""
    found = []
    for part in text.replace("\n", ",").split(","):
        identifier, _, details = part.partition("=")
        if part.strip():
            found.append(Action(identifier=identifier.strip(), details=details.strip()))
    return found


def verdict_badge(one: Decided) -> look.Html:
    """Return how one contact was decided, as a badge; a row of the file that is no contact says so."""
    if one.verdict is None:
        return look.badge(N_("not readable"), "warn")
    return (
        look.badge(N_("accepted"), "ok") if one.verdict == "accept" else look.badge(N_("rejected"), "error")
    )


def decided_rows(found: Sequence[Decided]) -> list[list[object]]:
    """Return contacts as rows of a table: number, contact, verdict, reason, rule."""
    return [
        [
            str(one.number),
            one.contact,
            verdict_badge(one),
            one.sentence or one.reason or _unruled(one),
            one.rule,
        ]
        for one in found
    ]


def _unruled(one: Decided) -> Sentence:
    return say("no rule fitted") if not one.rule else say("–")


def _summed(found: Sequence[Decided]) -> Sentence:
    counts = Counter(one.verdict for one in found)
    return say(
        "{accepted} would be accepted, {rejected} rejected; {bad} rows cannot be read.",
        accepted=counts["accept"], rejected=counts["reject"], bad=counts[None],
    )  # fmt: skip


def _shown(found: Sequence[Decided]) -> look.Stack:
    columns = [N_("Row"), N_("Contact"), N_("Verdict"), N_("Reason"), N_("Rule")]
    more = (
        [look.show(say("The first {count} are shown.", count=MOST_SHOWN), "wb-hint")]
        if len(found) > MOST_SHOWN
        else []
    )
    return look.stack(
        table(
            columns, decided_rows(found[:MOST_SHOWN]), N_("What would become of each contact"), numeric=(0,)
        ),
        *more,
        gap="small",
    )
