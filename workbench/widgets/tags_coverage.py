"""TAGS COVERAGE: who tells what: a matrix to tick, what is told twice, and what a month of it costs (R-SYNC-26, R-SYNC-28)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import ipywidgets

from workbench.models.tags import WAYS, CostTable, Coverage, Way
from workbench.sentence import N_, say

from . import look
from .fields import TextField
from .fold import Fold, Place
from .language import number
from .latest import Latest
from .messages import Messages
from .page import Frame
from .piece import said
from .tables import table
from .tags_matrix import Matrix
from .tags_words import STATES, WAY_NAMES

__all__ = ["CoverageBoard"]

START: Final[Mapping[str, list[Way]]] = {
    "contacts": ["api"], "products": ["api"], "purchases": ["api"], "coupons": ["api"], "page-visit": ["tag"], "product-visited": ["tag"],
    "search": ["tag"], "login": ["tag"], "register": ["tag"], "newsletter-subscribe": ["tag"], "cart": ["tag"], "contact-info": ["tag"],
}  # fmt: skip
"""What a shop usually begins with: the API for what is kept, tags for what happens."""
VOLUMES: Final[Mapping[str, int]] = {
    "page-visit": 100_000, "product-visited": 40_000, "search": 8_000, "login": 5_000, "register": 600, "newsletter-subscribe": 400,
    "cart": 9_000, "purchase": 1_500, "contact-info": 6_000,
}  # fmt: skip


class CoverageBoard:
    """The part of the page."""

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.place = ""
        self.choices: dict[str, list[Way]] = {key: list(ways) for key, ways in START.items()}
        self.volumes: dict[str, TextField] = {}
        self.messages, self.paste_messages = Messages(), Messages()
        self.verdict, self.cost, self.inputs = Place(), Place(), Place()
        self._latest = Latest(lambda: self.messages.guard(self._again()))
        self.matrix = Matrix(
            N_("What is told by which way"), [(way, said(WAY_NAMES[way])) for way in WAYS], self._ticked,
            head=(N_("What"), N_("How it stands"), N_("Why")),
        )  # fmt: skip
        self.page = TextField(N_("The page's source"), multiline=True, rows=5, monospace=True)
        take = look.button(N_("Tick what its tags tell"))
        frame.click(take, self.take_page, self.paste_messages)
        none = look.button(N_("Tick nothing"), "quiet")
        frame.click(none, self.untick, self.messages)
        paste = Fold(
            N_("Read it from a page"),
            self.page,
            look.buttons(take, align="start"),
            self.paste_messages.widget,
        )
        self.allowance = TextField(
            N_("Activities of the plan in a month"), input_type="number", placeholder="200000", hint=N_("Left open, nothing is compared."),
        )  # fmt: skip
        self.inputs.widget.add_class("wb-tags-volumes")
        self.allowance.observe(lambda _: self._latest.ask(), "value")
        self.widget: ipywidgets.Widget = look.stack(
            look.card(
                N_("Coverage"), self.verdict.widget, self.matrix, look.buttons(none, align="start"), paste.widget, self.messages.widget,
                subtitle=N_("Tick how your shop tells each thing. What happens in a visit cannot be told by the API."),
            ),
            look.card(
                N_("What a month costs"), self.inputs.widget, self.allowance, self.cost.widget,
                subtitle=N_("Most events use up an activity of the plan. Write how many there are in a month."),
            ),
        )  # fmt: skip

    def __repr__(self) -> str:
        return f"<CoverageBoard of {len(self.choices)}>"

    async def refresh(self) -> None:
        """Count anew."""
        await self.messages.guard(self._again())

    async def go(self, place: str) -> None:
        """Stay: this part has one place."""

    async def take_page(self) -> None:
        """Tick what a page's tags tell, beside what is ticked."""
        found = await self.frame.bench.tags.coverage_of(self.page.value)
        for key, ways in found.items():
            self.choices[key] = [way for way in WAYS if way in (*self.choices.get(key, ()), *ways)]
        self.paste_messages.show("ok", say("The page tells: {what}.", what=", ".join(found)))
        await self._again()

    async def untick(self) -> None:
        """Tick nothing."""
        self.choices = {}
        await self._again()

    def _ticked(self, key: str, way: str, on: bool) -> None:
        chosen = {*self.choices.get(key, ())} | ({way} if on else set())
        self.choices[key] = [one for one in WAYS if one in chosen and (on or one != way)]
        self._latest.ask()

    async def _again(self) -> None:
        tags = self.frame.bench.tags
        found = await tags.coverage(self.choices)
        self.matrix.rows = [_row(row) for row in found.rows]
        self.verdict.put(_verdict(found))
        if not self.volumes:
            self._ask_volumes(await tags.cost({}))
        volumes = {key: _number(field) for key, field in self.volumes.items()}
        allowance = _number(self.allowance)
        if allowance is None or any(value is None for value in volumes.values()):
            self.cost.put()
            return
        given = {key: value for key, value in volumes.items() if value is not None}
        self.cost.put(*_cost(await tags.cost(given, self.choices, allowance)))

    def _ask_volumes(self, asked: CostTable) -> None:
        for row in asked.rows:
            if row.billed:
                field = TextField(row.title, value=str(VOLUMES.get(row.key, "")), input_type="number")
                field.observe(lambda _: self._latest.ask(), "value")
                self.volumes[row.key] = field
        self.inputs.put(*self.volumes.values())


def _row(row: Any) -> dict[str, Any]:
    text, kind = STATES[row.state]
    return {
        "key": row.key, "title": said(row.title), "group": said(N_("Kept things") if row.group == "object" else N_("Events of a visit")),
        "possible": list(row.possible), "chosen": list(row.chosen), "state": said(text), "kind": kind,
        "why": said(row.sentence) if row.sentence else "",
    }  # fmt: skip


def _verdict(found: Coverage) -> ipywidgets.Widget:
    if found.twice:
        text = say(
            "{covered} of {all} are told, {twice} of them twice.",
            covered=found.covered,
            all=len(found.rows),
            twice=found.twice,
        )
        return look.banner("warn", text)
    text = say("{covered} of {all} are told, none twice.", covered=found.covered, all=len(found.rows))
    return look.banner("info" if found.missing else "ok", text)


def _cost(asked: CostTable) -> list[ipywidgets.Widget]:
    over = bool(asked.allowance) and asked.total > asked.allowance
    parts = [look.banner("warn" if over else "info", asked.sentence)]
    if asked.extra:
        parts.append(
            look.banner(
                "warn", say("{extra} of them only because something is told twice.", extra=asked.extra)
            )
        )
    rows = [
        (said(row.title), number(row.volume), row.times if row.billed else None,
         number(row.activities) if row.billed else say("not counted"))
        for row in asked.rows if row.volume
    ]  # fmt: skip
    columns = (N_("What"), N_("In a month"), N_("Counted"), N_("Activities"))
    return [
        *parts,
        table(
            columns,
            rows,
            caption=N_("Activities of a month"),
            numeric=(1, 2, 3),
            empty=N_("Write how many there are."),
        ),
    ]


def _number(field: TextField) -> int | None:
    """Return what a field holds, 0 where it is empty; None where it is no number, which it then says."""
    text = field.value.strip().replace(" ", "")
    right = not text or (text.isascii() and text.isdigit() and len(text) <= 10)
    field.error = "" if right else N_("Write a whole number, such as 1200.")
    return int(text or 0) if right else None
