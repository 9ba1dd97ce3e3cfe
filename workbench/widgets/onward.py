"""ONWARD: the ways on from one exchange: to its code, to a cassette made of it, to its place in the activity."""

from __future__ import annotations

from workbench.models.journal import Entry
from workbench.sentence import N_

from .bar import PageLinks
from .piece import said

__all__ = ["onward"]


def onward(entry: Entry, *, keep: bool, activity: bool = False) -> PageLinks:
    """Return the ways on from an exchange: to its code, to a cassette made of it where ``keep``, to the activity."""
    ways = [("events", f"code=entry={entry.id}", N_("Show it as code"), "await events_page(bench)")]
    if keep and entry.outcome is not None and entry.kind in ("test", "send"):
        label = N_("Keep it as a cassette, with checks")
        ways.append(("events", f"checks=entry={entry.id}", label, "await events_page(bench)"))
    if activity:
        label = N_("See the exchange in the activity")
        ways.insert(0, ("activity", f"entry={entry.id}", label, "await activity_page(bench)"))
    links = [
        {"page": page, "place": place, "label": said(text), "code": code} for page, place, text, code in ways
    ]
    return PageLinks(links, label=said(N_("More")))
