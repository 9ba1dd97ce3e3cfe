"""RUNS: the part of the page where tables are sent row by row: the list of runs, a new one, and the one that is chosen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from workbench.models.run import Run
from workbench.models.work import JobFilter, Progress
from workbench.sentence import N_, say
from workbench.services.roles import check_role
from workbench.services.runs import Runs

from . import look
from .fold import Place, visible
from .messages import Messages
from .page import Frame
from .runs_face import RunFace
from .runs_new import NewRun
from .runs_words import run_row
from .tables import RowList

__all__ = ["RunBoard"]

MOST_JOBS: Final = 200
"""Jobs that are asked for; a run whose job is older is called started."""
COLUMNS: Final[list[Mapping[str, str]]] = [
    {"key": "title", "label": N_("Run"), "kind": "strong"},
    {"key": "state", "label": N_("State")},
    {"key": "counts", "label": N_("Rows")},
    {"key": "kind", "label": N_("Kind")},
    {"key": "made", "label": N_("Made (UTC)"), "kind": "muted"},
    {"key": "who", "label": N_("By"), "kind": "muted"},
]


class RunBoard:
    """The runs. ``shown`` is false while the part is off the page: then nothing is looked at again."""

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.place = ""
        self.found: list[Run] = []
        self.face: RunFace | None = None
        self.form: NewRun | None = None
        self._shown = True
        self.messages, self.guest, self.detail = Messages(), Place(), Place()
        self.list = RowList(
            N_("Runs"), columns=COLUMNS, empty=N_("No table was sent yet. Begin with a new run.")
        )
        self.list.observe(lambda _: frame.start(self._open_selected(), self.messages), "selected")
        new = look.button(N_("New run"), "primary")
        frame.click(new, self.new, self.messages)
        ways = [look.buttons(new, align="start")] if frame.may("operator") else []
        self.widget = look.stack(
            look.card(
                N_("Runs"), *ways, self.messages.widget, self.list,
                subtitle=N_("A table of contacts sent row by row, after every row was looked at."),
            ),
            self.guest.widget,
            self.detail.widget,
        )  # fmt: skip

    def __repr__(self) -> str:
        return f"<RunBoard of {len(self.found)}>"

    @property
    def shown(self) -> bool:
        """Whether somebody sees the part."""
        return self._shown

    @shown.setter
    def shown(self, shown: bool) -> None:
        self._shown = shown
        if self.face is not None:
            self.face.shown = shown

    async def refresh(self) -> None:
        """Read the runs anew, and the one that is open."""
        self.shown = True
        await self._read()
        if self.face is not None:
            await self.face.again()

    async def go(self, place: str) -> None:
        """Open the run that a link names, or begin a new one."""
        kind, _, id = place.partition("=")
        if kind == "run":
            await self.open(id)
        elif kind == "new":
            await self._form(None, id)

    async def open(self, id: str) -> None:
        """Show one run below the list."""
        await self._closed()
        if self.face is None or self.face.run.id != id:
            run = await self.frame.bench.runs.get(id)
            self.face = RunFace(self.frame, run, self._read, self.edit, self._gone)
            self.detail.put(self.face.widget)
            await self.face.open()
        else:
            await self.face.again()
        visible(self.detail.widget, True)
        self.place = f"run={id}"
        self.frame.stand(self.place)
        if self.list.selected != id:
            self.list.selected = id

    async def new(self) -> None:
        """Ask for a new run; raises Forbidden for who may make none."""
        await self._form(None)

    async def edit(self, run: Run) -> None:
        """Ask for another plan of a run that was not started."""
        await self._form(run)

    async def _form(self, run: Run | None, event_id: str = "") -> None:
        check_role(Runs.plan, self.frame.facts.person)
        events = await self.frame.bench.events.list()
        listed = await self.frame.bench.integrations.list_all()
        self.form = NewRun(self.frame, events, listed, self._made, self._closed, run)
        await self.form.open(event_id)
        self.guest.put(self.form.widget)
        visible(self.detail.widget, False)  # one thing at a time; it is there again when the form closes

    async def _made(self, run: Run) -> None:
        self.face = None
        await self._read()
        await self.open(run.id)

    async def _closed(self) -> None:
        self.guest.put()
        self.form = None
        visible(self.detail.widget, self.face is not None)

    async def _gone(self) -> None:
        name = self.face.run.plan.title if self.face else ""
        self.face, self.place = None, ""
        self.detail.put()
        self.list.selected = ""
        self.frame.stand("")
        await self._read()
        self.messages.show("ok", say("The run “{name}” is deleted.", name=name))

    async def _open_selected(self) -> None:
        chosen = self.list.selected
        if chosen and (self.face is None or self.face.run.id != chosen):
            await self.open(chosen)

    async def _read(self) -> None:
        self.found = list(await self.frame.bench.runs.runs("messages"))
        jobs = await self._jobs() if any(run.job_id for run in self.found) else {}
        self.list.rows = [run_row(run, jobs.get(run.job_id or "")) for run in self.found]

    async def _jobs(self) -> dict[str, Progress]:
        """Return how the newest jobs stand: a run that was started is what its job is."""
        found = await self.frame.bench.work.jobs(JobFilter(limit=MOST_JOBS))
        return {one.job.id: one for one in found}
