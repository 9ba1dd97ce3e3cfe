"""WORK PAGE: every job, the one that is chosen as it goes, and a new one."""

from __future__ import annotations

import asyncio

from workbench.sentence import N_, say
from workbench.services.roles import check_role
from workbench.services.work import Work

from . import look
from .cluster import ClusterFace
from .fold import Place
from .headline import Headline
from .jobs import Jobs
from .messages import Messages
from .new_job import NewJob
from .page import Frame
from .work import JobFace

__all__ = ["WorkPage", "work"]


class WorkPage:
    """The content of the work page."""

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.place = ""
        self.face: JobFace | None = None
        self.messages = Messages()
        self.jobs = Jobs(frame, self._choose)
        self.cluster = ClusterFace(frame.bench)
        self.title = Headline(
            N_("Work"),
            N_(
                "Long jobs: many messages, row by row. They go on when this page is closed, and are found here again."
            ),
            level=1,
            focus=False,
        )
        self.detail, self.guest = Place(), Place()
        new = look.button(N_("New job"), "primary")
        frame.click(new, self.new, self.messages)
        ways = [look.buttons(new, align="start")] if frame.may("operator") else []
        self.widget = look.stack(
            self.title,
            *ways,
            self.messages.widget,
            self.guest.widget,
            self.jobs.widget,
            self.cluster.widget,
            self.detail.widget,
        )

    async def go(self, place: str) -> None:
        """Show the job, or begin the new one, that a link names."""
        kind, _, id = place.partition("=")
        if kind == "job":
            await self.open(id)
        elif kind == "new":
            await self.new()

    async def open(self, id: str, focus: bool = False) -> None:
        """Show one job below the list, and name it in the address."""
        if self.face is None or self.face.progress.job.id != id:
            progress = await self.frame.bench.work.job(id)
            self.face = JobFace(
                self.frame, progress, focus=focus, changed=self.jobs.look_on, gone=lambda: self._gone(progress.job.title)
            )  # fmt: skip
            self.detail.put(self.face.widget)
            self.place = f"job={id}"
            self.frame.stand(self.place)
        elif focus:
            self.face.title.focus = True
        if self.jobs.list.selected != id:
            self.jobs.list.selected = id

    async def new(self) -> None:
        """Ask for a new job; raises Forbidden for who may make none: the form is not even made then."""
        check_role(Work.create, self.frame.facts.person)
        listed = await self.frame.bench.integrations.list_all()
        form = NewJob(self.frame, listed, self._made, self._closed)
        await form.open()
        self.guest.put(form.widget)
        self.place = "new"

    def _choose(self, id: str, focus: bool) -> None:
        if id:
            self.frame.start(self.open(id, focus), self.messages)

    async def _made(self, id: str) -> None:
        """Show the job that was made and filled, and begin; in live mode its card asks first."""
        self.guest.put()
        await self.jobs.refresh()
        await self.open(id, focus=True)
        assert self.face is not None
        await self.face.steering.messages.guard(self.face.steering.begin())

    async def _closed(self) -> None:
        self.guest.put()
        self.place = f"job={self.face.progress.job.id}" if self.face else ""
        await self.jobs.refresh()
        self.title.focus = True

    async def _gone(self, title: str) -> None:
        self.detail.put()
        self.face, self.place = None, ""
        self.frame.stand("")
        self.jobs.list.selected = ""
        await self.jobs.refresh()
        self.messages.show("ok", say("The job “{name}” is deleted.", name=title))
        self.title.focus = True


async def work(frame: Frame) -> WorkPage:
    """Return the work page, with the jobs as they stand now."""
    page = WorkPage(frame)
    await asyncio.gather(page.jobs.refresh(), page.cluster.look())
    return page
