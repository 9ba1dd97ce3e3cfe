"""JOBS: the list of jobs: those that go or rest on top, the newest first, each with its bar, counts and rate."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from workbench.errors import WorkbenchError
from workbench.models.work import LIVE, Job, JobFilter, Progress
from workbench.sentence import N_, say

from . import look
from .around import Around
from .fold import Place, visible
from .language import hour, number
from .messages import Messages
from .piece import said
from .pulse import Pulse
from .rows import NOT_TAKEN
from .standing import counted, parts, rate_of, state_badge
from .tables import RowList

__all__ = ["Jobs", "job_row"]

STEP, MOST = 25, 500
"""How many jobs the list grows by; how many it holds."""
BUSY_S, CALM_S = 2.0, 10.0
"""Seconds between two looks: while a job goes; while all rest."""

COLUMNS: list[Mapping[str, str]] = [
    {"key": "state", "label": N_("State")},
    {"key": "title", "label": N_("Job"), "kind": "strong"},
    {"key": "bar", "label": N_("Progress"), "kind": "bar"},
    {"key": "counts", "label": N_("Counts"), "kind": "lines"},
    {"key": "rate", "label": N_("Rows/s"), "kind": "number"},
    {"key": "made", "label": N_("Made (UTC)"), "kind": "muted"},
    {"key": "mode", "label": N_("Mode")},
]
"""The mode stands last: where every job was rehearsed it is left out."""


def job_row(progress: Progress) -> dict[str, Any]:
    """Return a job as a row of a list, with the columns of ``COLUMNS``."""
    job = progress.job
    return {
        "id": job.id,
        "state": state_badge(progress),
        "title": job.title,
        "bar": {"parts": parts(job.counts), "text": counted(job.counts)},
        "counts": _counts(job),
        "rate": rate_of(progress),
        "made": hour(job.created_at),
        "mode": {"text": said(N_("LIVE")), "kind": "error"} if job.mode == "live" else said(N_("Rehearsal")),
    }


def _counts(job: Job) -> str:
    """Return what was taken and what was not, so that nobody has to know the colours of the bar."""
    words = [say("Accepted: {count}", count=number(job.counts.accepted))]
    not_taken = sum(int(getattr(job.counts, state)) for state in NOT_TAKEN)
    if not_taken:
        words.append(say("Not taken: {count}", count=number(not_taken)))
    return "\n".join(said(word) for word in words)


class Jobs:
    """The list. ``on_choose`` is given the id of a job that is chosen, and whether the focus goes there.

    ``shown`` is false while the list is off the page: then nothing is looked at again.
    """

    def __init__(self, around: Around, on_choose: Callable[[str, bool], object]) -> None:
        self.around = around
        self.found: list[Progress] = []
        self.shown = True
        self._limit = STEP
        self._turn = asyncio.Lock()
        self.messages = Messages()
        self.lost = Place()
        self.list = RowList(
            N_("Jobs"), columns=COLUMNS[:-1],
            empty=N_("No job yet. A job sends one message to each of many contacts, and goes on when this page is closed."),
        )  # fmt: skip
        self.older = look.button(N_("Show older"))
        self.count = look.show("", "wb-count")
        self.pulse = Pulse(self.look)
        self.list.observe(lambda _: on_choose(self.list.selected, False), "selected")
        self.list.on_open(lambda id: on_choose(id, True))
        around.click(self.older, self.show_older, self.messages)
        self.widget = look.card(
            "",
            self.list,
            look.buttons(self.count, self.older, align="start"),
            self.lost.widget,
            self.messages.widget,
            self.pulse,
        )

    async def refresh(self) -> None:
        """Read the jobs anew."""
        work = self.around.bench.work
        async with self._turn:  # never in parallel with itself: an older answer would come last
            newest = await work.jobs(JobFilter(limit=self._limit))
            live = await work.jobs(JobFilter(live=True, limit=MOST))
            every = {progress.job.id: progress for progress in (*newest, *live)}
            by_age = sorted(every.values(), key=lambda one: one.job.created_at, reverse=True)
            self.found = sorted(by_age, key=lambda one: one.job.state not in LIVE)
            self._show(len(newest))

    async def look(self) -> float | None:
        """Read the jobs anew as long as the page is shown; returns the seconds until the next look."""
        if not self.shown:
            return None
        try:
            await self.refresh()
        except WorkbenchError as error:
            self._lose(error)
            return CALM_S
        if self.lost.widget.children:
            self.lost.put()
        goes = any(one.job.state == "running" and not one.interrupted for one in self.found)
        return BUSY_S if goes else CALM_S

    async def look_on(self) -> None:
        """Read the jobs anew at once, and go on from there: something was done with one of them."""
        await self.look()
        self.pulse.again()

    async def show_older(self) -> None:
        """Show more of the jobs that have ended."""
        self._limit = min(self._limit + STEP, MOST)
        await self.refresh()

    def _show(self, came: int) -> None:
        live = any(one.job.mode == "live" for one in self.found)
        columns = COLUMNS if live else COLUMNS[:-1]
        with self.list.hold_sync():
            self.list.columns = columns
            self.list.rows = [job_row(progress) for progress in self.found]
        visible(self.older, came == self._limit < MOST)
        shown = said(say("{count} shown", count=len(self.found)))
        self.count.value = look.escape(shown) if self.found else ""

    def _lose(self, error: WorkbenchError) -> None:
        if not self.lost.widget.children:
            banner = look.banner(
                "warn", error.sentence, N_("The list is from before, and is looked at again by itself:")
            )
            self.lost.put(banner)
