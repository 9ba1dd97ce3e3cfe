"""GATE LAB SEGMENTS: the parts of a sendout: a name, a share of all, and how many of it consent."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from workbench.models.base import JsonValue
from workbench.models.scenario import Segment
from workbench.sentence import N_, Sentence, say

from . import look
from .fields import TextField
from .fold import Place
from .gate_lab_fields import Changed, Entry, figure, scale
from .gate_lab_words import percent
from .piece import said

__all__ = ["Segments"]

MOST = 12
CONSENT = tuple(n / 100 for n in range(0, 101, 5))


class _Row:
    """One segment: its inputs, and the button that takes it away."""

    def __init__(self, segment: Segment, changed: Changed, remove: Callable[[_Row], None]) -> None:
        self.name = TextField(N_("Segment"), value=segment.name)
        self.entries = {
            "name": Entry("name", self.name, changed),
            "share": figure("share", N_("Share (%)"), segment.share, changed, times=100),
            "consent": scale("consent", N_("Consent"), CONSENT, segment.consent, percent, changed),
        }
        self.remove = look.button(N_("Remove"), "quiet")
        self.remove.on_click(lambda _button: remove(self))
        pair = look.columns(self.name, self.entries["share"].widget, weights=(3, 2))
        pair.add_class("wb-lab-pair")
        self.widget = look.stack(pair, self.entries["consent"].widget, self.remove, gap="small")
        self.widget.add_class("wb-lab-segment")

    def value(self) -> dict[str, JsonValue]:
        """Return the segment as a document."""
        return {name: entry.value() for name, entry in self.entries.items()}


class Segments:
    """The rows, at least one and at most twelve; ``changed`` is called when anything in them is."""

    def __init__(self, segments: Sequence[Segment], changed: Changed) -> None:
        self._changed = changed
        self._rows: list[_Row] = []
        self._place = Place()
        self.add = look.button(N_("Add a segment"))
        self.add.on_click(lambda _button: self._another())
        self.widget = look.stack(self._place.widget, self.add, gap="small")
        self.fill(segments)

    def __repr__(self) -> str:
        return f"<Segments: {len(self._rows)}>"

    def value(self) -> list[JsonValue]:
        """Return the segments as a document."""
        return [row.value() for row in self._rows]

    def fill(self, segments: Sequence[Segment]) -> None:
        """Show these segments in place of what stood there."""
        self._rows = [self._row(segment) for segment in segments]
        self._draw()

    def show(self, rest: Sequence[str], sentence: Sentence | None) -> bool:
        """Show an error beside its input (``("1", "share")``); None takes all away. Return whether it found a place."""
        if sentence is None:
            for row in self._rows:
                for entry in row.entries.values():
                    entry.show(None)
            return True
        at = int(rest[0]) if rest and rest[0].isdigit() else 0
        field = rest[1] if len(rest) > 1 else "share"
        if at >= len(self._rows) or field not in self._rows[at].entries:
            return False
        self._rows[at].entries[field].show(sentence)
        return True

    def times(self, field: str) -> float:
        """Return the factor that a field of a row shows."""
        return self._rows[0].entries[field].times if field in self._rows[0].entries else 1.0

    def _row(self, segment: Segment) -> _Row:
        return _Row(segment, self._changed, self._remove)

    def _another(self) -> None:
        """Add one that halves the last one's share, so that the shares still add up."""
        if len(self._rows) >= MOST:
            return
        last = self._rows[-1].entries["share"]
        kept = last.value()
        half = round(float(kept) / 2, 4) if isinstance(kept, (int, float)) else 0.0
        last.fill(half)
        name = said(say("segment {number}", number=len(self._rows) + 1))
        self._rows.append(self._row(Segment(name=name, share=min(max(half, 0), 1))))
        self._draw()
        self._changed()

    def _remove(self, row: _Row) -> None:
        """Take one away and give its share to the one before it (else the first)."""
        if len(self._rows) == 1 or row not in self._rows:
            return
        at, share = self._rows.index(row), row.entries["share"].value()
        self._rows.remove(row)
        heir = self._rows[max(at - 1, 0)].entries["share"]
        kept = heir.value()
        if isinstance(kept, (int, float)) and isinstance(share, (int, float)):
            heir.fill(min(round(kept + share, 4), 1))
        self._draw()
        self._changed()

    def _draw(self) -> None:
        self._place.put(*(row.widget for row in self._rows))
        for number, row in enumerate(self._rows, 1):
            row.remove.layout.display = None if len(self._rows) > 1 else "none"
            row.remove.description = said(say("Remove segment {number}", number=number))
        self.add.disabled = len(self._rows) >= MOST
