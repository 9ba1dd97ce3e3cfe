"""SYNC CHANGES: what a table would change: against what was last sent, against the consent, and field by field against the platform."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from workbench.models.base import JsonValue
from workbench.models.run import Run
from workbench.models.sync import BeforeAfter, Change, Diff
from workbench.sentence import N_, Sentence, say

from . import look
from .exchange import findings
from .fold import Place, visible
from .language import number
from .look import Html, markup
from .messages import Messages
from .page import Frame
from .piece import said
from .segments import Segment, segmented
from .sync_conflicts import ConflictsFold
from .tables import RowList

__all__ = ["ChangesCard", "effect_markup"]

SAMPLE: Final = 5
"""Records that are read from the platform for the table of before and after: each is a call."""
BOTH: Final = N_(
    "Comparing only looks. Before and after reads a few records from the platform, one call for each."
)
ALONE: Final = N_("It only looks: the platform is not called.")
KINDS: Mapping[str, tuple[str, look.Kind]] = {
    "create": (N_("New"), "ok"),
    "update": (N_("Changed"), "info"),
    "unchanged": (N_("The same"), "quiet"),
    "gone": (N_("Not in the table"), "warn"),
}
COLUMNS: list[Mapping[str, str]] = [
    {"key": "row", "label": N_("Row"), "kind": "number"},
    {"key": "kind", "label": N_("What it is")},
    {"key": "key", "label": N_("Record"), "kind": "strong"},
    {"key": "fields", "label": N_("Fields that differ"), "kind": "code"},
]


class ChangesCard:
    """Questions that are asked when the person wants to know, and nothing is changed by any; and what was sent can be forgotten."""

    def __init__(self, frame: Frame, run: Run) -> None:
        self.frame, self.run = frame, run
        self.messages, self.asked, self.found = Messages(), Place(), Place()
        compare = look.button(N_("Compare with what was last sent"))
        before = look.button(N_("Before and after, for a few rows"))
        frame.click(compare, self.compare, self.messages)
        frame.click(before, self.look_before, self.messages)
        entity = run.plan.sync.entity if run.plan.sync else "coupon"
        visible(before, entity in ("contact", "product"))
        ways = [compare, before]
        if frame.may("operator"):
            ways.append(look.button(N_("Forget what was sent"), "quiet"))
            ways[-1].on_click(lambda _: self.ask_forget())
        consent = [ConflictsFold(frame, run).widget] if entity == "contact" else []
        self.widget = look.card(
            N_("What it changes"), look.buttons(*ways, align="start"), self.messages.widget, self.asked.widget, self.found.widget, *consent,
            subtitle=BOTH if entity in ("contact", "product") else ALONE,
        )  # fmt: skip

    async def compare(self) -> None:
        """Show the table against what was last sent of it."""
        diff = await self.frame.bench.sync.diff(self.run.id)
        rows = RowList(
            N_("Changes"), columns=COLUMNS, rows=[_change(at, one) for at, one in enumerate(diff.sample)],
            empty=N_("Nothing differs from what was last sent."),
        )  # fmt: skip
        self.found.put(look.show(_diff(diff)), *findings(diff.problems), rows)

    async def look_before(self) -> None:
        """Read a few records as they are, and show what becomes of each field."""
        found = list(await self.frame.bench.sync.effect(self.run.id, [], SAMPLE))
        if not found:
            self.found.put(look.banner("info", N_("No row can go yet, so there is nothing to compare.")))
            return
        self.found.put(*(look.show(effect_markup(one)) for one in found))

    def ask_forget(self) -> None:
        """Say what forgetting means for the whole shop, and ask."""
        sure, leave = look.button(N_("Forget it"), "danger"), look.button(N_("Leave it"))
        self.frame.click(sure, self.forget, self.messages)
        leave.on_click(lambda _: self.asked.put())
        text = N_(
            "Forgotten is what was last sent of all records of this shop, not only of this table. Then every record counts as new, and a "
            "purchase that went before is no longer known to have gone. The platform is not called, and nothing is deleted there."
        )
        self.asked.put(look.banner("warn", text), look.buttons(leave, sure, align="start"))

    async def forget(self) -> None:
        """Forget it; what was compared before is true no more."""
        assert self.run.plan.sync is not None, "only syncs are compared"
        self.asked.put()
        await self.frame.bench.sync.forget(self.run.plan.sync.shop_id)
        self.found.put()
        self.messages.show("ok", N_("What was sent to this shop is forgotten."))


def _diff(diff: Diff) -> Html:
    total = diff.creates + diff.updates + diff.unchanged
    return segmented(
        [
            Segment(KINDS["create"][0], "accepted", diff.creates), Segment(KINDS["update"][0], "in_flight", diff.updates),
            Segment(KINDS["unchanged"][0], "waiting", diff.unchanged), Segment(KINDS["gone"][0], "uncertain", diff.gone),
        ],
        N_("All rows"), total,
    )  # fmt: skip


def _change(at: int, one: Change) -> dict[str, Any]:
    text, kind = KINDS[one.kind]
    return {
        "id": str(at), "row": number(one.row) if one.row else "", "kind": {"text": said(text), "kind": kind}, "key": one.key,
        "fields": ", ".join(one.fields),
    }  # fmt: skip


def effect_markup(one: BeforeAfter) -> Html:
    """Return each field of a record before, in the file and after; a field that changes is marked, in words too."""
    rows = Html("").join(_field(*field) for field in one.fields)
    heads = (N_("Field"), N_("Before"), N_("In the file"), N_("After"), N_("What happens"))
    head = Html("").join(markup('<th scope="col">{text}</th>', text=said(text)) for text in heads)
    return markup(
        '<div class="wb-scroll" tabindex="0" role="region" aria-label="{name}"><table class="wb-table wb-sync-effect">'
        "<caption>{name}</caption><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>",
        name=said(_caption(one)), head=head, rows=rows,
    )  # fmt: skip


def _caption(one: BeforeAfter) -> Sentence:
    if all(before in (None, "", []) for _, before, _, _ in one.fields):
        return say("{key}: the platform has nothing of it yet", key=one.key)
    return say("Before and after: {key}", key=one.key)


def _field(name: str, before: JsonValue, given: JsonValue, after: JsonValue) -> Html:
    words, kind = _what(before, given, after)
    return markup(
        '<tr class="{changed}"><th scope="row"><code>{name}</code></th><td>{before}</td><td>{given}</td><td>{after}</td>'
        "<td>{badge}</td></tr>",
        changed="wb-sync-changed" if before != after else "", name=name, before=_text(before), given=_text(given), after=_text(after),
        badge=look.badge(words, kind),
    )  # fmt: skip


def _what(before: JsonValue, given: JsonValue, after: JsonValue) -> tuple[str, look.Kind]:
    if before == after:
        return (
            (N_("Stays"), "quiet")
            if given in (None, "") or given == before
            else (N_("Kept as it was"), "warn")
        )
    return (N_("Filled"), "ok") if before in (None, "", []) else (N_("Replaced"), "info")


def _text(value: JsonValue) -> str:
    if value is None or value == "":
        return "–"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
