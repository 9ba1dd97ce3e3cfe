"""EVENTS OUTCOMES: how what was sent ended, over time and by integration, and the runs that go now."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from workbench.adapters.clock import SystemClock
from workbench.errors import WorkbenchError
from workbench.models.journal import OutcomeCount, OutcomeSpan
from workbench.models.request import OutcomeKind
from workbench.sentence import N_, Sentence, say

from . import look
from .bar import PageLinks
from .charts import Bar, Column, bars, columns
from .exchange import OUTCOMES
from .fields import ChoiceField
from .fold import Place
from .headline import Headline
from .jobs import Jobs
from .language import hour, number
from .listing import provider_name
from .messages import Messages
from .page import Frame
from .piece import said
from .pulse import Pulse

__all__ = ["OutcomeBoard"]

LOOK_S = 5.0
PERIODS: Final[Mapping[str, tuple[str, timedelta, timedelta]]] = {
    "hour": (N_("The last hour"), timedelta(hours=1), timedelta(minutes=5)),
    "day": (N_("The last 24 hours"), timedelta(days=1), timedelta(hours=1)),
    "week": (N_("The last 7 days"), timedelta(days=7), timedelta(days=1)),
    "month": (N_("The last 30 days"), timedelta(days=30), timedelta(days=1)),
}
"""What is looked at, and how long one column of the picture is."""
TAKEN: Final[tuple[OutcomeKind, ...]] = ("accepted",)
DOUBTFUL: Final[tuple[OutcomeKind, ...]] = ("unconfirmed", "uncertain", "check_body")
STACKED: Final = ((N_("Accepted"), "done"), (N_("Not sure"), "timed_out"), (N_("Not taken"), "bad"))
TONES: Final[Mapping[str, str]] = {"ok": "done", "warn": "timed_out", "error": "bad"}


class OutcomeBoard:
    """The outcomes. ``shown`` is false while the part is off the page: then nothing is looked at again."""

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.place = ""
        self._clock = SystemClock()
        self.counts: list[OutcomeCount] = []
        self.names: dict[str, str] = {}
        self.messages, self.lost = Messages(), Place()
        self.tally, self.over_time, self.by_integration = (
            look.show("", "wb-count"),
            look.show(""),
            look.show(""),
        )
        self.period = ChoiceField(
            N_("Period"), [(key, said(text)) for key, (text, _, _) in PERIODS.items()], value="day"
        )
        self.integration = ChoiceField(N_("Integration"), [("", said(N_("All")))])
        filters = look.Row([self.integration, self.period])
        filters.add_class("wb-filters")
        for field in (self.period, self.integration):
            field.observe(lambda _: frame.start(self._read(), self.messages), "value")
        self.jobs = Jobs(frame, lambda id, _: self._lead(id))
        self.onward = Place()
        self.pulse = Pulse(self.look)
        self.widget = look.stack(
            look.card(
                N_("Outcomes"), self.lost.widget, filters, self.tally, self.over_time, self.by_integration, self.messages.widget,
                self.pulse, subtitle=N_("How every message ended, as its provider answered. Nothing here is estimated."),
            ),
            Headline(N_("Runs and jobs"), focus=False), self.jobs.widget, self.onward.widget,
        )  # fmt: skip

    def __repr__(self) -> str:
        return f"<OutcomeBoard of {sum(one.count for one in self.counts)}>"

    @property
    def shown(self) -> bool:
        """Whether the part is on the page."""
        return self.jobs.shown

    @shown.setter
    def shown(self, value: bool) -> None:
        self.jobs.shown = value

    async def refresh(self) -> None:
        """Read everything anew, and look again by itself from now on."""
        listed = await self.frame.bench.integrations.list_all()
        self.names = {one.integration.id: one.integration.name for one in listed}
        options = [("", said(N_("All"))), *sorted(self.names.items(), key=lambda pair: pair[1].casefold())]
        self.integration.options = [list(pair) for pair in options]
        await self._read()
        await self.jobs.look_on()
        self.pulse.again()

    async def look(self) -> float | None:
        """Read the outcomes anew as long as the part is shown; returns the seconds until the next look."""
        if not self.shown:
            return None
        try:
            await self._read()
        except WorkbenchError as error:
            self.lost.put(
                look.banner(
                    "warn",
                    error.sentence,
                    N_("The figures are from before, and are looked at again by themselves:"),
                )
            )
        else:
            if self.lost.widget.children:
                self.lost.put()
        return LOOK_S

    async def go(self, place: str) -> None:
        """Show the outcomes of the integration that a link names."""
        kind, _, id = place.partition("=")
        if kind == "integration" and id in self.names:
            self.integration.value = id
            await self._read()

    async def _read(self) -> None:
        _, long, span = PERIODS[self.period.value]
        now = self._clock.now()
        since, until = span_of(now - long + span, span), span_of(now, span) + span
        wanted = OutcomeSpan(
            since=since,
            until=until,
            span_s=int(span.total_seconds()),
            integration_id=self.integration.value or None,
        )
        found = list(await self.frame.bench.activity.outcomes(wanted))
        self.counts = found
        self.tally.value = look.escape(said(tally(found)))
        self.over_time.value = over_time(found, since, until, span) if found else ""
        self.by_integration.value = by_integration(found, self.names) if found else ""

    def _lead(self, id: str) -> None:
        link = {
            "page": "work",
            "place": f"job={id}",
            "label": said(N_("See every row in the work")),
            "code": "await work_page(bench)",
        }
        self.onward.put(PageLinks([link], label=said(N_("More"))))


def span_of(at: datetime, span: timedelta) -> datetime:
    """Return when the span began in which a moment lies; spans are counted from 1970 in UTC, as the journal does."""
    past = at.timestamp() % span.total_seconds()
    return (at - timedelta(seconds=past)).replace(microsecond=0)


def stack_of(outcome: OutcomeKind) -> int:
    """Return where an outcome belongs: 0 accepted, 1 nobody is sure, 2 not taken."""
    return 0 if outcome in TAKEN else 1 if outcome in DOUBTFUL else 2


def tally(counts: Sequence[OutcomeCount]) -> Sentence | str:
    """Return the figures in one sentence."""
    sums = [0, 0, 0]
    for one in counts:
        sums[stack_of(one.outcome)] += one.count
    if not any(sums):
        return N_("Nothing was sent in this time.")
    return say(
        "{total} sent: {accepted} accepted, {doubtful} not sure, {bad} not taken.",
        total=number(sum(sums)), accepted=number(sums[0]), doubtful=number(sums[1]), bad=number(sums[2]),
    )  # fmt: skip


def over_time(counts: Sequence[OutcomeCount], since: datetime, until: datetime, span: timedelta) -> look.Html:
    """Return the picture of how many ended how, span by span."""
    spans: dict[datetime, list[float]] = {}
    at = since
    while at < until:
        spans[at] = [0.0, 0.0, 0.0]
        at += span
    for one in counts:
        if one.at in spans:
            spans[one.at][stack_of(one.outcome)] += one.count
    rows = [Column(hour(at), tuple(values)) for at, values in spans.items()]
    picture = columns(
        "outcomes-time", N_("Outcomes over time (UTC)"), said(tally(counts)), STACKED, rows, form=number
    )
    legend = look.Html("").join(
        look.markup(
            '<li><span class="wb-events-key wb-c-{tone}" aria-hidden="true"></span>{name}</li>',
            tone=tone,
            name=said(name),
        )
        for name, tone in STACKED
    )
    return look.markup('<ul class="wb-events-legend">{legend}</ul>{picture}', legend=legend, picture=picture)


def by_integration(counts: Sequence[OutcomeCount], names: Mapping[str, str]) -> look.Html:
    """Return the picture of what each integration's provider answered."""
    sums: Counter[tuple[str, OutcomeKind]] = Counter()
    for one in counts:
        name = (
            names.get(one.integration_id or "")
            or provider_name(one.provider)
            or said(N_("Without an integration"))
        )
        sums[name, one.outcome] += one.count
    order = list(OUTCOMES)
    rows = [
        Bar(
            say("{integration}: {outcome}", integration=name, outcome=said(OUTCOMES[kind][0])),
            count,
            TONES.get(OUTCOMES[kind][1], "plain"),
        )
        for (name, kind), count in sorted(
            sums.items(), key=lambda pair: (pair[0][0].casefold(), order.index(pair[0][1]))
        )
    ]
    return bars(
        "outcomes-integrations", N_("Outcomes by integration"), said(tally(counts)), rows, form=number
    )
