"""CONSENT: the consent centre: who may be written to and why, what only sounds like a STOP, the rules, the keywords, and the audit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal, Protocol

import ipywidgets

from workbench.sentence import N_, Sentence, say

from . import look
from .around import Around
from .download import Download
from .fields import ChoiceField
from .fold import Place, visible
from .messages import Messages
from .piece import said
from .sms_consent_keywords import KeywordDesk
from .sms_consent_look import ConsentLook
from .sms_consent_reviews import ReviewDesk
from .sms_consent_rules import RulesDesk
from .tables import table
from .upload import TextFile

__all__ = ["ConsentCentre"]

PARTS = {
    "who": N_("Who"), "reviews": N_("Likely opt-outs"), "rules": N_("Rules"), "keywords": N_("Keywords"), "audit": N_("Audit"),
}  # fmt: skip

PART_LETTERS = 1_000_000
"""So much of a file goes in one call: the server's calls are of limited size."""
MOST_TOLD = 200


class _Desk(Protocol):
    """A part of the centre."""

    @property
    def widget(self) -> ipywidgets.Widget: ...

    async def refresh(self) -> None: ...


class ConsentCentre:
    """The consent centre. Its parts are made at once and shown one at a time; ``place`` names the one that is shown."""

    def __init__(self, frame: Around) -> None:
        self.around = frame
        self.messages = Messages()
        self.part = ChoiceField(
            N_("Part of the consent centre"), [(key, said(text)) for key, text in PARTS.items()], value="who", style="segmented",
        )  # fmt: skip
        self.look, self.reviews = ConsentLook(frame), ReviewDesk(frame)
        self.rules, self.keywords, self.audit = RulesDesk(frame), KeywordDesk(frame), _Audit(frame)
        self.desks: Mapping[str, _Desk] = {
            "who": self.look, "reviews": self.reviews, "rules": self.rules, "keywords": self.keywords, "audit": self.audit,
        }  # fmt: skip
        self.part.observe(lambda _: frame.start(self.refresh(), self.messages), "value")
        self.widget = look.stack(
            self.part, self.messages.widget, *(desk.widget for desk in self.desks.values())
        )
        self._arrange()

    def __repr__(self) -> str:
        return f"<ConsentCentre at {self.part.value}>"

    @property
    def place(self) -> str:
        """Where it stands: ``consent``, or with the part that is shown."""
        return "consent" if self.part.value == "who" else f"consent={self.part.value}"

    async def refresh(self) -> None:
        """Read anew what is shown."""
        self._arrange()
        await self.desks[self.part.value].refresh()

    async def go(self, place: str) -> None:
        """Show the part that a link names (``rules``), or a contact point by its key (``point=…``)."""
        kind, _, key = place.partition("=")
        if kind == "point":
            self.part.value = "who"
            await self.look.go(key)
        elif kind in PARTS:
            self.part.value = kind

    def _arrange(self) -> None:
        for name, desk in self.desks.items():
            visible(desk.widget, name == self.part.value)


class _Audit:
    """The whole history as a file, and changes brought in from one."""

    def __init__(self, around: Around) -> None:
        self.around = around
        self.messages, self.problems = Messages(), Place()
        self.csv = Download(
            N_("Audit as CSV"), "consent-audit.csv", lambda: self.text("csv"), self.messages.guard, "text/csv"
        )
        self.lines = Download(
            N_("Audit as JSON lines"), "consent-audit.ndjson", lambda: self.text("ndjson"), self.messages.guard, "application/x-ndjson",
        )  # fmt: skip
        self.file = TextFile(N_("Bring in consents"), self.take, ".csv,.ndjson,.jsonl,.txt")
        self.play = TextFile(N_("Play a file through"), self.replay, ".csv,.ndjson,.jsonl,.txt")
        own = [self.file, self.play] if around.may("operator") else []
        self.widget = look.card(
            N_("Audit"), look.buttons(self.csv, self.lines, *own, align="start"), self.messages.widget, self.problems.widget,
            subtitle=N_(
                "Every change that was ever recorded, with contact points masked. A file of consents to bring in has a contact point and a "
                "status in each row (CSV with a header, or JSON lines). A file of inbound texts can be played through to see what they "
                "would do: that changes nothing."
            ),
        )  # fmt: skip

    async def refresh(self) -> None:
        """Nothing here is read before it is asked for."""

    async def text(self, form: Literal["csv", "ndjson"]) -> str:
        """Return the audit as a file's text."""
        return await self.around.bench.consent.export(form=form)

    async def take(self, text: str) -> None:
        """Bring in a file's consents."""
        await self.messages.guard(self._take(text))

    async def replay(self, text: str) -> None:
        """Play a file through, and say what stood at its end."""
        await self.messages.guard(self._replay(text))

    async def _take(self, text: str) -> None:
        self.problems.put()
        kept = known = 0
        wrong: list[tuple[int, Sentence]] = []
        for before, part in parts_of_file(text):
            done = await self.around.bench.consent.import_events(part)
            kept, known = kept + done.kept, known + done.known
            wrong += [((problem.line or 0) + before, problem.sentence) for problem in done.problems]
        self.messages.show("ok" if kept or not wrong else "warn", say(
            "Changes that are new: {kept}; known before: {known}; rows that cannot be read: {wrong}.",
            kept=kept, known=known, wrong=len(wrong),
        ))  # fmt: skip
        if wrong:
            rows = [[line, said(sentence)] for line, sentence in wrong[:MOST_TOLD]]
            self.problems.put(
                table([N_("Line"), N_("What is wrong")], rows, N_("Rows that cannot be read"), numeric=(0,))
            )

    async def _replay(self, text: str) -> None:
        self.problems.put()
        done = await self.around.bench.consent.replay(text)
        stands = {
            status: sum(one.status == status for one in done.records) for status in ("opted_in", "opted_out")
        }
        self.messages.show("ok", say(
            "Played through, and nothing is changed. Changes: {events}; opted in at the end: {granted}; opted out: {refused}; texts for a "
            "person to look at: {reviews}; rows that cannot be read: {wrong}.",
            events=done.events, granted=stands["opted_in"], refused=stands["opted_out"], reviews=done.reviews, wrong=len(done.problems),
        ))  # fmt: skip


def parts_of_file(text: str) -> Iterator[tuple[int, str]]:
    """Give a file in parts of whole lines that one call can carry, a table's head before each; and how far its lines are behind."""
    head, _, rest = text.partition("\n")
    if head.lstrip("\ufeff").startswith("{"):
        head, rest = "", text
    before, lines = 0, rest.splitlines(keepends=True)
    while lines:
        size = count = 0
        while count < len(lines) and (not count or size + len(lines[count]) <= PART_LETTERS):
            size += len(lines[count])
            count += 1
        yield before, f"{head}\n{''.join(lines[:count])}" if head else "".join(lines[:count])
        before += count
        del lines[:count]
