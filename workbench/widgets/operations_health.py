"""OPERATIONS HEALTH: whether the server can do its work, how much it holds, which processes work, which jobs run."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from workbench.errors import Forbidden, WorkbenchError
from workbench.models.server_state import ServerState
from workbench.models.upkeep import Readiness
from workbench.models.work import JobFilter, Progress
from workbench.sentence import N_, Sentence, say

from . import look
from .bar import PageLinks
from .cluster import ClusterFace
from .fold import Place, visible
from .jobs import job_row
from .language import hour, number
from .look import Html
from .operations_words import DATABASES, size
from .page import Frame
from .piece import said
from .pulse import Pulse
from .tables import RowList, table_markup

__all__ = ["HealthPart"]

LOOK_S = 5.0
"""Seconds between two looks while the part is shown."""
MOST = 50
JOB_COLUMNS: list[Mapping[str, str]] = [
    {"key": "state", "label": N_("State")},
    {"key": "title", "label": N_("Job"), "kind": "strong"},
    {"key": "bar", "label": N_("Progress"), "kind": "bar"},
    {"key": "rate", "label": N_("Rows/s"), "kind": "number"},
    {"key": "notice", "label": N_("What holds it up"), "kind": "lines"},
]


class RestingCluster(ClusterFace):
    """The cluster, which is looked at only while the part that it stands in is shown."""

    shown = True

    async def look(self) -> float | None:
        """Look how the cluster stands, unless nobody sees it."""
        return await super().look() if self.shown else None


class HealthPart:
    """The part. ``shown`` is false while it is off the page: then nothing is looked at again."""

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.lost = Place()
        self._said: Sentence | None = None
        self._turn = asyncio.Lock()
        self._shown = True
        self.standing, self.processes, self.figures = look.show(""), look.show(""), Place()
        self._facts: object = None
        self.pulse = Pulse(self.look)
        self.cluster = RestingCluster(frame.bench)
        self.jobs = RowList(N_("Jobs that run"), columns=JOB_COLUMNS, empty=N_("No job runs now."))
        self.workers = look.card(
            N_("Processes that work on jobs"),
            self.processes,
            subtitle=N_("Every process that shares this database, on this machine or another."),
        )
        link = {"page": "work", "label": said(N_("All jobs")), "code": "await work_page(bench)"}
        self.widget = look.stack(
            look.card(
                N_("Health"),
                self.standing,
                self.lost.widget,
                self.figures.widget,
                self.pulse,
                subtitle=N_("What /ready says of the server, and how much there is to do."),
            ),
            look.card(N_("Jobs that run"), self.jobs, PageLinks([link], label=said(N_("Jobs")))),
            self.workers,
            self.cluster.widget,
        )

    @property
    def shown(self) -> bool:
        """Whether the part is on the page."""
        return self._shown

    @shown.setter
    def shown(self, shown: bool) -> None:
        self._shown = self.cluster.shown = shown

    async def refresh(self) -> None:
        """Look now, and go on from there."""
        await self._read()
        await self.cluster.look()
        self.pulse.again()
        self.cluster.pulse.again()

    async def go(self, place: str) -> None:
        """Nothing inside this part has a name of its own."""

    async def look(self) -> float | None:
        """Look again as long as the part is shown; returns the seconds until the next look."""
        if not self._shown:
            return None
        try:
            await self._read()
        except WorkbenchError as error:  # the server may come back
            self._lose(error.sentence)
            return 2 * LOOK_S
        return LOOK_S

    async def _read(self) -> None:
        async with self._turn:  # never in parallel with itself
            bench = self.frame.bench
            health = await bench.upkeep.health()
            running = await bench.work.jobs(JobFilter(state="running", limit=MOST))
            try:
                state = await bench.upkeep.server()
            except Forbidden as error:  # somebody who works for some units only
                self._show_figures(None, error.sentence)
            else:
                self._show_figures(state, None)
                self._show_processes(state, running)
            self._show_health(health)
            self.jobs.rows = [
                {**job_row(one), "notice": said(one.notice) if one.notice else ""} for one in running
            ]
            if self._said is not None:
                self._said = None
                self.lost.put()

    def _show_health(self, health: Readiness) -> None:
        if health.ready:
            mark, text = (
                look.badge(N_("Ready"), "ok"),
                N_("The database answers, the disk takes files, the vault opens."),
            )
            self.standing.value = look.markup("<div>{mark} {text}</div>", mark=mark, text=said(text))
        else:
            wrong = Html("").join(look.markup("<p>{text}</p>", text=said(one)) for one in health.wrong)
            self.standing.value = look.banner_markup("error", wrong, N_("Not ready."))
        self.pulse.news = said(N_("Ready")) if health.ready else said(N_("Not ready."))

    def _show_figures(self, state: ServerState | None, why: Sentence | None) -> None:
        visible(self.workers, state is not None)
        facts = why if state is None else [(name, str(value)) for name, value in _facts(state)]
        if facts == self._facts:
            return  # drawn anew only where something is another
        self._facts = facts
        self.figures.put(
            look.show(why or "", "wb-hint") if state is None else look.key_value_table(_facts(state))
        )

    def _show_processes(self, state: ServerState, running: Sequence[Progress]) -> None:
        titles = {one.job.id: one.job.title for one in running}
        rows: list[list[Any]] = [
            [one.host, str(one.pid), _works_on(one.jobs, titles)] for one in state.workers
        ]
        self.processes.value = table_markup(
            (N_("Machine"), N_("Process"), N_("Works on")),
            rows,
            empty=N_("No process works on jobs now. The server enters itself here when a job begins."),
        )

    def _lose(self, sentence: Sentence) -> None:
        if sentence != self._said:
            self._said = sentence
            self.lost.put(
                look.banner(
                    "warn", sentence, N_("What stands here is from before, and is looked at again by itself:")
                )
            )


def _facts(state: ServerState) -> list[tuple[str, Any]]:
    if not state.counted:
        return [
            (N_("Database"), said(DATABASES[state.database])),
            (N_("Figures"), said(N_("It does not answer now."))),
        ]
    budgets = number(state.budgets)
    resting = say(
        "{count}, of which asked to be left alone: {resting}",
        count=budgets,
        resting=number(state.resting),
    )
    holds = number(state.holds)
    if state.holds_until:
        holds = said(say("{count}, the first until {at} UTC", count=holds, at=hour(state.holds_until)))
    return [
        (N_("Database"), said(DATABASES[state.database])),
        (N_("Size"), size(state.bytes)),
        (N_("Entries of the journal"), number(state.entries)),
        (N_("Jobs that run"), number(state.jobs_running)),
        (N_("Rows to be done"), number(state.rows_open)),
        (N_("Rows/s"), number(round(state.rate_per_s))),
        (N_("Accounts whose pace is kept"), resting if state.resting else budgets),
        (N_("Sendouts that wait at a gate"), holds),
        (N_("Callbacks not worked off"), number(state.callbacks_undone)),
    ]


def _works_on(jobs: Sequence[str], titles: Mapping[str, str]) -> Html | str:
    """Return the jobs of a process by their titles; those that are not known here are counted."""
    known = [titles[job] for job in jobs if job in titles]
    others = len(jobs) - len(known)
    parts = [*known, *([said(say("{count} other jobs", count=number(others)))] if others else [])]
    return Html("<br>").join(parts) if parts else said(N_("Rests"))
