"""WORK: one job as it goes: its state in words, bar and counts, pace, what holds it up, and what can be done with it.

Every job is shown by this one face. A job's end, its rest and its interruption are said aloud once; its counts are not.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from workbench.bench import Workbench
from workbench.errors import Forbidden, NotFound, WorkbenchError
from workbench.models.work import LIVE, Job, Progress
from workbench.sentence import N_, Sentence, say

from . import look
from .around import Around
from .fold import Place, visible
from .headline import Headline
from .language import begin
from .look import Html
from .page import styles
from .piece import said
from .pulse import Pulse
from .standing import bar, explained, pace_line, state_badge
from .steering import Steering

__all__ = ["JobFace", "JobProgress", "job_progress"]

LIVELY_S, CALM_S, LOST_S = 1.0, 5.0, 3.0
"""Seconds between two looks: at a job that goes; at one that rests; after the workbench did not answer."""


LOST = N_("What stands here is from before, and is looked at again by itself:")


async def _nothing() -> None:
    """Do nothing."""


class JobFace:
    """One job on a page. ``progress`` is how it stood when it was last looked at; ``changed`` is called when its state is another."""

    def __init__(
        self,
        around: Around,
        progress: Progress,
        *,
        focus: bool = False,
        changed: Callable[[], Awaitable[object]] = _nothing,
        gone: Callable[[], Awaitable[object]] = _nothing,
    ) -> None:
        self.around, self.progress = around, progress
        self._changed, self._deleted = changed, gone
        self._turn = asyncio.Lock()
        self._closed = False
        self.title = Headline(_title(progress.job), _about(progress.job), focus=focus)
        self.state, self.bar, self.pace = look.show(""), look.show(""), look.show("")
        self.told = Place()
        self._said: tuple[Sentence | None, ...] = ()
        self.lost: Sentence | None = None
        self.pulse = Pulse(self.look)
        self.steering = Steering(around, progress, self.look_on, self._gone)
        self.widget = look.card(
            "",
            self.title,
            self.state,
            self.bar,
            self.pace,
            self.told.widget,
            self.steering.widget,
            self.pulse,
        )
        self.show(progress)

    async def look(self) -> float | None:
        """Read and show how the job goes; returns the seconds until the next look, None when there is nothing more to see."""
        async with self._turn:  # never in parallel with itself
            if self._closed:
                return None
            try:
                progress = await self.around.bench.work.job(self.progress.job.id)
            except (NotFound, Forbidden) as error:
                self.steering.messages.fail(error)
                return None
            except WorkbenchError as error:  # the server may come back, a full disk may be emptied
                return self._lose(error)
            self.lost = None
            before = self.progress
            self.show(progress)
        if _moved(before, progress):
            await self._changed()
        return pause_after(progress)

    async def look_on(self) -> None:
        """Look at once, and go on from there: something was done with the job."""
        await self.look()
        self.pulse.again()

    async def finished(self) -> Progress:
        """Look until the job does not go on by itself any more, and return how it stands then: ended, resting or interrupted."""
        while True:
            pause = await self.look()
            if pause is None or (self.progress.job.state != "running" and self.lost is None):
                return self.progress
            await asyncio.sleep(min(pause, LIVELY_S))

    def show(self, progress: Progress) -> None:
        """Show how the job stands."""
        self.progress = progress
        state, text = state_badge(progress), said(explained(progress))
        self.title.title = said(_title(progress.job))
        self.state.value = _state(progress)
        self.bar.value = bar(progress.job)
        line = Html(" · ").join(said(part) for part in pace_line(progress))
        self.pace.value = look.markup('<p class="wb-pace">{line}</p>', line=line)
        visible(self.pace, bool(line))
        self._tell()
        self.steering.show(progress)
        self.pulse.news = f"{state['text']}. {text}"

    def _tell(self) -> None:
        """Say what holds the job up; it is drawn anew only when it is another thing, so that it is not read aloud each second."""
        reason = self.progress.job.reason if self.progress.job.state == "stopped" else None
        told = (reason, self.progress.notice if reason is None else None, self.lost)
        if told == self._said:
            return
        self._said = told
        reason, notice, lost = told
        banners = [
            *([look.banner("error", reason, N_("Why it stopped:"))] if reason else []),
            *([look.banner("warn", notice, N_("What holds it up:"))] if notice else []),
            *([look.banner("warn", lost, LOST)] if lost else []),
        ]
        self.told.put(*banners)

    def _lose(self, error: WorkbenchError) -> float:
        self.lost = error.sentence
        self._tell()
        return LOST_S

    async def _gone(self) -> None:
        self._closed = True
        await self._deleted()


class JobProgress(look.Stack):
    """The progress of one job in a notebook. ``await shown.finished()`` waits for the job's end and keeps what is shown up to date."""

    def __init__(self, face: JobFace) -> None:
        super().__init__([*styles(), face.widget])
        self._face = face
        for class_name in ("wb-page", "wb-stack"):
            self.add_class(class_name)

    async def finished(self) -> Progress:
        """Return how the job stands as soon as it does not go on by itself any more: at its end, or when it rests."""
        return await self._face.finished()

    def __repr__(self) -> str:
        return "<progress of a job>"


async def job_progress(bench: Workbench, id: str) -> JobProgress:
    """Return the progress of a job, to be shown in a notebook; NotFound when there is none of this id."""
    begin()
    around = Around(bench, await bench.about.facts())
    return JobProgress(JobFace(around, await bench.work.job(id)))


def pause_after(progress: Progress) -> float | None:
    """Return the seconds until a job is worth another look, None when it has ended."""
    counts = progress.job.counts
    if progress.job.state not in LIVE and not counts.in_flight:
        return None
    if progress.job.state == "running" and not progress.interrupted and counts.waiting + counts.in_flight:
        return LIVELY_S
    return LIVELY_S if counts.in_flight else CALM_S


def _moved(before: Progress, after: Progress) -> bool:
    return (before.job.state, before.interrupted) != (after.job.state, after.interrupted)


def _title(job: Job) -> Sentence:
    return say("{name}", name=job.title)


def _about(job: Job) -> Sentence:
    return say("Through {host}, made by {who}", host=job.host, who=job.who)


def _state(progress: Progress) -> Html:
    badge = state_badge(progress)
    live = look.badge(N_("LIVE"), "error") if progress.job.mode == "live" else Html("")
    kinds: dict[str, look.Kind] = {"ok": "ok", "warn": "warn", "error": "error", "info": "info"}
    return look.markup(
        '<p class="wb-job-state">{badge}{live}<span>{text}</span></p>',
        badge=look.badge(badge["text"], kinds.get(badge["kind"], "quiet")),
        live=live,
        text=said(explained(progress)),
    )
