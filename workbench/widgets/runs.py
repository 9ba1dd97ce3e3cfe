"""RUNS: the part of the page where tables are sent row by row: the list of runs, a new one, and the one that is chosen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Final, Literal

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
from .runs_form import RunForm
from .runs_new import NewRun
from .runs_words import run_row
from .shown import Seen, Shown
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


class RunBoard(Shown):
    """The runs. ``shown`` is false while the part is off the page: then nothing is looked at again.

    What is written out here is of runs that send messages; ``widgets.sync_runs`` has its own.
    """

    KIND: ClassVar[Literal["messages", "sync"]] = "messages"
    TITLE: ClassVar[str] = N_("Runs")
    ABOUT: ClassVar[str] = N_("A table of contacts sent row by row, after every row was looked at.")
    EMPTY: ClassVar[str] = N_("No table was sent yet. Begin with a new run.")
    NEW: ClassVar[str] = N_("New run")
    COLUMNS: ClassVar[list[Mapping[str, str]]] = COLUMNS

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.place = ""
        self.found: list[Run] = []
        self.face: RunFace | None = None
        self.form: RunForm | None = None
        self.messages, self.guest, self.detail = Messages(), Place(), Place()
        self.list = RowList(self.TITLE, columns=self.COLUMNS, empty=self.EMPTY)
        self.list.observe(lambda _: frame.start(self._open_selected(), self.messages), "selected")
        new = look.button(self.NEW, "primary")
        frame.click(new, self.new, self.messages)
        ways = [look.buttons(new, align="start")] if frame.may("operator") else []
        self.widget = look.stack(
            look.card(self.TITLE, *ways, self.messages.widget, self.list, subtitle=self.ABOUT),
            self.guest.widget,
            self.detail.widget,
        )

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {len(self.found)}>"

    def _within(self) -> Iterable[Seen]:
        return () if self.face is None else (self.face,)

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
            self.face = self._face_of(run)
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

    async def _form(self, run: Run | None, place: str = "") -> None:
        check_role(Runs.plan, self.frame.facts.person)
        self.form = await self._form_of(run, place)
        self.guest.put(self.form.widget)
        visible(self.detail.widget, False)  # one thing at a time; it is there again when the form closes

    async def _form_of(self, run: Run | None, place: str) -> RunForm:
        """Return the form, open; for a new run at what a link names: an event."""
        events = await self.frame.bench.events.list()
        listed = await self.frame.bench.integrations.list_all()
        form = NewRun(self.frame, events, listed, self._made, self._closed, run)
        await form.open(place)
        return form

    def _face_of(self, run: Run) -> RunFace:
        """Return the face of one run."""
        return RunFace(self.frame, run, self._read, self.edit, self._gone)

    def _row_of(self, run: Run, job: Progress | None) -> dict[str, Any]:
        """Return a run as a row of the list."""
        return run_row(run, job)

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
        self.found = list(await self.frame.bench.runs.runs(self.KIND))
        jobs = await self._jobs() if any(run.job_id for run in self.found) else {}
        self.list.rows = [self._row_of(run, jobs.get(run.job_id or "")) for run in self.found]

    async def _jobs(self) -> dict[str, Progress]:
        """Return how the newest jobs stand: a run that was started is what its job is."""
        found = await self.frame.bench.work.jobs(JobFilter(limit=MOST_JOBS))
        return {one.job.id: one for one in found}
