"""GATE LAB CONTACTS: every contact of a run with its path, its reason and the rule, a page at a time."""

from __future__ import annotations

from typing import cast

from workbench.models.platform import PATHS, Path
from workbench.models.scenario import Result, Scenario, Traced
from workbench.sentence import N_, say

from . import look
from .around import Around
from .download import Download
from .fields import ChoiceField
from .gate_lab_export import contacts_csv
from .gate_lab_words import PATH_WORDS, SENT, VERDICTS, duration
from .language import number
from .messages import Messages
from .piece import said
from .tables import table_markup

__all__ = ["Contacts"]

STEP = 20
"""How many contacts stand on a page."""
CARRIED = 10_000
"""How many a download holds at most."""
AT_A_TIME = 1000
COLUMNS = (
    N_("Contact"), N_("Segment"), N_("Decision"), N_("Answered after"), N_("Path and reason"), N_("Message"), N_("Rule"),
)  # fmt: skip


class Contacts:
    """The table. ``look_at`` asks for the contacts of a scenario; the page and the filter stay as they are where they can."""

    def __init__(self, around: Around) -> None:
        self.around = around
        self.messages = Messages()
        self.scenario: Scenario | None = None
        self._starts: list[int] = [0]
        options = [("", said(N_("All paths"))), *((path, said(PATH_WORDS[path])) for path in PATHS)]
        self.path = ChoiceField(N_("Path"), options, value="", style="select")
        self.path.observe(lambda _: around.start(self._again(), self.messages), "value")
        self.table, self.count = look.show(""), look.show("", "wb-count")
        self.back, self.on = look.button(N_("Previous")), look.button(N_("Next"))
        around.click(self.back, self._back, self.messages)
        around.click(self.on, self._on, self.messages)
        self.save = Download(
            say("Download (CSV, {most} contacts at most)", most=number(CARRIED)),
            "contacts.csv",
            self._text,
            self.messages.guard,
            type="text/csv",
        )
        self.widget = look.stack(
            self.path,
            self.messages.widget,
            self.table,
            look.buttons(self.count, self.back, self.on, self.save, align="start"),
        )

    async def look_at(self, result: Result) -> None:
        """Show the contacts of a run from the first one."""
        self.scenario = result.scenario
        await self._again()

    async def _again(self) -> None:
        self._starts = [0]
        await self._show()

    async def _on(self) -> None:
        if self._next:
            self._starts.append(self._next)
            await self._show()

    async def _back(self) -> None:
        if len(self._starts) > 1:
            self._starts.pop()
            await self._show()

    async def _show(self) -> None:
        scenario, path = self.scenario, self.path.value
        if scenario is None:
            return
        found = await self._ask(scenario, self._starts[-1], STEP + 1)
        if (scenario, path) != (self.scenario, self.path.value):
            return  # something newer was asked for meanwhile, and shows itself
        shown = found[:STEP]
        self._next = shown[-1].number if len(found) > STEP else 0
        self.table.value = table_markup(
            COLUMNS,
            [_row(one) for one in shown],
            caption=N_("Contacts of this run"),
            empty=N_("Nobody is on this path."),
            numeric=(0, 3),
        )
        self.count.value = look.escape(self._words(shown))
        self.back.disabled, self.on.disabled = len(self._starts) == 1, not self._next

    def _words(self, shown: list[Traced]) -> str:
        if not shown:
            return ""
        return said(
            say("Contacts {first} to {last}", first=number(shown[0].number), last=number(shown[-1].number))
        )

    async def _ask(self, scenario: Scenario, after: int, limit: int) -> list[Traced]:
        path = cast("Path", self.path.value) if self.path.value else None
        return list(await self.around.bench.lab.trace(scenario, path, after, limit))

    async def _text(self) -> str:
        """Return the contacts that the filter lets through, as CSV."""
        assert self.scenario is not None
        scenario, found = self.scenario, list[Traced]()
        while len(found) < CARRIED:
            more = await self._ask(scenario, found[-1].number if found else 0, AT_A_TIME)
            found += more
            if len(more) < AT_A_TIME:
                break
        return contacts_csv(scenario, found[:CARRIED])


def _row(one: Traced) -> list[object]:
    leaked = one.sent and one.verdict == "reject"
    sent = look.badge(SENT[one.sent], "error" if leaked else "ok" if one.sent else "quiet")
    return [
        number(one.number),
        one.segment,
        said(VERDICTS[one.verdict]),
        None if one.answered_min is None else said(duration(one.answered_min)),
        _reason(one),
        sent,
        one.decided_by,
    ]


def _reason(one: Traced) -> look.Html:
    """Return the path, and below it what the sheet says of the way there, where it says more than the path's name."""
    path = PATH_WORDS[one.path]
    more = look.markup("<small>{reason}</small>", reason=one.words) if one.words != path.lower() else ""
    return look.markup("{path}{more}", path=said(path), more=more)
