"""READINESS HISTORY: the validations of a shop: how far each came, and what is otherwise than the time before."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from workbench.engine.readiness_plan import STEPS
from workbench.engine.readiness_words import MODES
from workbench.models.readiness import ValidationLine
from workbench.sentence import N_, say

from . import look
from .fold import visible
from .language import number, when
from .look import Html
from .piece import said
from .readiness_evidence import badge_of
from .tables import RowList, table_markup

__all__ = ["History", "moved"]

COLUMNS: Final[Sequence[Mapping[str, str]]] = (
    {"key": "at", "label": N_("Begun (UTC)"), "kind": "strong"}, {"key": "shop", "label": N_("Shop")},
    {"key": "score", "label": N_("Proven")}, {"key": "failed", "label": N_("Not so"), "kind": "number"},
    {"key": "mode", "label": N_("Mode")}, {"key": "who", "label": N_("By"), "kind": "muted"},
)  # fmt: skip
_TITLES: Final = {step.key: step.title for step in STEPS}


class History:
    """The list of runs, newest first. ``chosen`` is called with the id of one that is picked."""

    def __init__(self, chosen: Callable[[str], object]) -> None:
        self.lines: Sequence[ValidationLine] = ()
        self._quiet = False
        self._chosen = chosen
        self.list = RowList(N_("Validations"), columns=COLUMNS)
        self.list.observe(lambda _: self._picked(), "selected")
        self.change = look.show("")
        self.widget = look.card(
            N_("History"), self.list, self.change, subtitle=N_("Each run begins red. Choose one to look at its evidence."),
        )  # fmt: skip

    def __repr__(self) -> str:
        return f"<History of {len(self.lines)}>"

    def show(self, lines: Sequence[ValidationLine], opened: str) -> None:
        """Show the runs, the one that is open chosen, and how it differs from the one before of the same shop and mode."""
        self.lines = lines
        self._quiet = True
        self.list.rows = [_row(line) for line in lines]
        self.list.selected = opened
        self._quiet = False
        visible(self.widget, bool(lines))
        self.change.value = _changes(lines, opened)

    def _picked(self) -> None:
        if not self._quiet and self.list.selected:
            self._chosen(self.list.selected)


def moved(now: ValidationLine, before: ValidationLine) -> list[tuple[str, str, str]]:
    """Return the steps that stand otherwise than in the run before: key, state before, state now."""
    earlier = dict(before.states)
    return [(key, earlier[key], state) for key, state in now.states if earlier.get(key, state) != state]


def _changes(lines: Sequence[ValidationLine], opened: str) -> Html:
    now = next((line for line in lines if line.id == opened), None)
    if now is None:
        return Html("")
    older = [
        one
        for one in lines
        if one.shop_id == now.shop_id and one.mode == now.mode and one.begun_at < now.begun_at
    ]
    if not older:
        return Html("")
    rows = [
        (said(_TITLES.get(key, key)), badge_of(was), badge_of(state))
        for key, was, state in moved(now, older[0])
    ]
    return table_markup(
        (N_("Step"), say("On {at}", at=when(older[0].begun_at)), N_("In this run")), rows,
        caption=N_("Otherwise than the time before"), empty=N_("Every step stands as it did the time before."),
    )  # fmt: skip


def _row(line: ValidationLine) -> dict[str, Any]:
    states = [state for _, state in line.states]
    tones = {"passed": "accepted", "partly": "retrying", "failed": "failed"}  # the colours of a job's rows
    parts = [
        {"state": tones[state], "share": states.count(state) / len(states)} for state in ("passed", "partly", "failed") if state in states
    ]  # fmt: skip
    return {
        "id": line.id, "at": when(line.begun_at), "shop": line.shop_name,
        "score": {"text": f"{number(line.percent)} %", "parts": parts}, "failed": str(line.failed),
        "mode": {"text": said(MODES[line.mode]), "kind": "error" if line.mode == "live" else "quiet"}, "who": line.by,
    }  # fmt: skip
