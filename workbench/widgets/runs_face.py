"""RUNS FACE: one run as it stands: its rows looked at, mended and started; then its job with progress, and the outcomes by row."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Protocol

import ipywidgets

from workbench.errors import NotFound, WorkbenchError
from workbench.models.run import Run
from workbench.models.work import JobConfirmation, Progress
from workbench.sentence import N_, say

from . import look
from .bar import PageLinks
from .confirming import job_question
from .fold import Fold, Place, visible
from .headline import Headline
from .language import number
from .messages import Messages
from .pace import PaceForm
from .page import Frame
from .piece import said
from .pulse import Pulse
from .runs_mend import CheckedRows
from .runs_outcomes import RunOutcomes
from .runs_words import RUN_STATES, preflight_facts, preflight_markup
from .shown import Seen, Shown
from .work import JobFace

__all__ = ["RunFace"]

LIVELY_S, CALM_S = 2.0, 5.0
"""Seconds between two looks: while rows are looked at or added; after the workbench did not answer."""

Work = Callable[[], Awaitable[object]]


class Proof(Protocol):
    """What became of a run's rows, shown beside its job."""

    @property
    def widget(self) -> ipywidgets.Widget: ...

    async def read(self) -> None: ...


class RunJob(JobFace):
    """A run's job. ``shown`` is false while the part is off the page: then it is not looked at again."""

    shown = True

    async def look(self) -> float | None:
        """Read and show how the job goes; returns the seconds until the next look."""
        if not self.shown:
            return None
        pause = await super().look()
        return None if pause is None else max(pause, LIVELY_S)


class RunFace(Shown):
    """One run. ``changed`` is called when its state is another, ``edit`` to change its plan, ``gone`` after it was deleted.

    The methods under "what differs" are those of a run that sends messages.
    """

    START = N_("Start sending")

    def __init__(
        self, frame: Frame, run: Run, changed: Work, edit: Callable[[Run], Awaitable[object]], gone: Work
    ) -> None:
        self.frame, self.run = frame, run
        self._changed, self._edit, self._gone = changed, edit, gone
        self.messages, self.asked, self.body = Messages(), Place(), Place()
        self.state, self.ways, self.told = look.show(""), Place(), Place()
        self.counts, self.facts, self.going = look.show(""), Place(), Place()
        self.seen = Fold(N_("What looking at the rows found"), self.counts, self.facts.widget, opened=True)
        self.title = Headline(say("{name}", name=run.plan.title or run.id), _about(run))
        self.rows: CheckedRows | None = None
        self.job: RunJob | None = None
        self.outcomes: Proof | None = None
        self.apart = Place()
        self._folded = False  # once only: who opens it again shall keep it open
        self.pace = PaceForm(frame)
        self.pace_fold = Fold(N_("Pace of the account"), self.pace.widget)
        self.pulse = Pulse(self.look)
        self.widget = look.stack(
            look.card(
                "", self.title, self.state, self.going.widget, self.seen.widget, self.told.widget, self.ways.widget,
                self.messages.widget, self.asked.widget, *([self.pace_fold.widget] if frame.may("operator") else []), self.pulse,
            ),
            self.body.widget,
        )  # fmt: skip

    def _within(self) -> Iterable[Seen]:
        return () if self.job is None else (self.job,)

    async def open(self) -> None:
        """Show the run as it stands, and the pace it keeps to."""
        visible(self.pace_fold.widget, await self._open_pace())
        await self.show(self.run)

    async def look(self) -> float | None:
        """Read the run anew while something is done with its rows; returns the seconds until the next look."""
        if not self.shown:
            return None
        try:
            run = await self.frame.bench.runs.get(self.run.id)
        except NotFound:
            return None
        except WorkbenchError:
            return CALM_S
        if run != self.run:
            moved = run.state != self.run.state
            await self.show(run)
            if moved:
                await self._changed()
        return LIVELY_S if run.state in ("checking", "starting") else None

    async def again(self) -> None:
        """Read the run at once, and look again by itself from now on."""
        run = await self.frame.bench.runs.get(self.run.id)
        moved = run.state != self.run.state
        await self.show(run)
        if moved:
            await self._changed()
        self.pulse.again()
        if self.job is not None:
            await self.job.look_on()

    async def show(self, run: Run) -> None:
        """Show the run."""
        before, self.run = self.run, run
        text, kind = RUN_STATES[run.state]
        badges = [look.badge(text, kind), *([look.badge(N_("Dry run"), "quiet")] if run.plan.dry_run else [])]
        self.state.value = look.markup(
            "<p>{badges} <span>{text}</span></p>",
            badges=look.Html(" ").join(badges),
            text=said(_explained(run)),
        )
        seen = run.preflight
        self.counts.value = preflight_markup(seen) if seen and seen.total else ""
        self.facts.put(*([look.key_value_table(preflight_facts(seen))] if seen and seen.done else []))
        held = [one for one in seen.problems if one.field == "run"] if seen else []
        self.told.put(*(look.banner("error", one.sentence) for one in held))
        if before.state != run.state or not self.ways.widget.children:
            self.ways.put(*self._ways())
        await self._show_body(run)
        self._stand_back()

    def _stand_back(self) -> None:
        """Fold away what looking at the rows found once the run is a job: what counts then is the job."""
        job = self.job is not None
        if job and not self._folded:
            self._folded = True
            self.seen.open(False)
        visible(self.seen.button, job)
        visible(self.seen.widget, bool(self.counts.value))
        visible(self.state, not job)

    async def check(self) -> None:
        """Let every row be looked at (again)."""
        self.asked.put()
        await self.frame.bench.runs.check(self.run.id)
        await self.again()

    async def start(self) -> None:
        """Start the run; in live mode show host and number first, and ask."""
        self.asked.put()
        seen = self.run.preflight
        if (
            self.frame.facts.mode == "live"
            and not self.run.plan.dry_run
            and self.run.state == "checked"
            and seen is not None
        ):
            host = await self.frame.bench.runs.host(self.run.id)
            confirmation = JobConfirmation(host=host, rows=seen.ready)
            card, go = self._question(confirmation)
            self.frame.click(go, lambda: self._start(confirmation), self.messages)
            self.asked.put(card)
            return
        await self._start(None)

    async def ask_delete(self) -> None:
        """Say what is deleted, and ask."""
        go, stay = look.button(N_("Delete the run"), "danger"), look.button(N_("Leave it"))
        self.frame.click(go, self._delete, self.messages)
        stay.on_click(lambda _: self.asked.put())
        text = N_(
            "Deleted are the run, what was kept of its rows, and its table where no other run needs it. Its job and the activity stay."
        )
        self.asked.put(look.banner("warn", text), look.buttons(stay, go, align="start"))

    async def _start(self, confirmation: JobConfirmation | None) -> None:
        self.asked.put()
        await self.frame.bench.runs.start(self.run.id, confirmation)
        await self.again()

    async def _delete(self) -> None:
        self.asked.put()
        await self.frame.bench.runs.delete(self.run.id)
        self.shown = False
        await self._gone()

    def _ways(self) -> Sequence[ipywidgets.Widget]:
        """Return the buttons for what can be done with the run as it stands, those its person may press alone."""
        if not self.frame.may("operator"):
            return ()
        state = self.run.state
        offered: list[tuple[str, look.Role, Work]] = []
        if state == "checked":
            offered.append(
                (
                    N_("Begin the dry run") if self.run.plan.dry_run else self.START,
                    "primary",
                    self.start,
                )
            )
        if state == "starting":
            offered.append((N_("Go on adding the rows"), "primary", self.start))
        if state in ("planned", "checking", "checked"):
            kind: look.Role = "primary" if state == "planned" else "secondary"
            offered.append(
                (
                    N_("Look at every row") if state == "planned" else N_("Look at every row again"),
                    kind,
                    self.check,
                )
            )
            offered.append((N_("Change the plan"), "secondary", lambda: self._edit(self.run)))
        if state != "starting":
            offered.append((N_("Delete"), "quiet", self.ask_delete))
        buttons = []
        for text, role, work in offered:
            button = look.button(text, role)
            self.frame.click(button, work, self.messages)
            buttons.append(button)
        return (look.buttons(*buttons, align="start"),)

    async def _show_body(self, run: Run) -> None:
        if run.state == "checked":
            if self.rows is None:
                self.rows = self._rows_of(run)
                self.body.put(
                    look.card(
                        N_("Rows"),
                        self.rows.widget,
                        subtitle=N_("Open a row to change its cells; it is looked at again at once."),
                    ),
                    *self._beside_rows(run),
                )
            await self.rows.show(run)
        elif run.state in ("started", "cancelled") and run.job_id is not None:
            if self.job is None:
                await self._show_job(run, run.job_id)
        elif run.state in ("planned", "checking"):
            self.rows = None
            self.body.put()

    async def _show_job(self, run: Run, job_id: str) -> None:
        self.rows = None
        outcomes = self._proof(run)
        await outcomes.read()
        try:
            progress = await self.frame.bench.work.job(job_id)
        except NotFound:
            self.body.put(
                look.banner("info", N_("The job of this run was deleted. The activity keeps what was sent.")),
                outcomes.widget,
            )
            return
        self.outcomes = outcomes
        self.job = self._job_of(progress)
        visible(self.job.title, False)  # the run's own title stands above it already
        self.job.widget.remove_class("wb-card")
        self.going.put(self.job.widget, *_dry(run), self.apart.widget)
        self.body.put(outcomes.widget, *self._onward(run))
        self._tell_apart()

    async def _went_on(self) -> None:
        """Show what became of the rows by now."""
        assert self.outcomes is not None, "it is shown beside the job"
        await self.outcomes.read()
        self._tell_apart()
        await self._changed()

    def _tell_apart(self) -> None:
        """Say how many rows are uncertain, and lead to them: they are kept apart, and go again only on purpose."""
        count = self.job.progress.job.counts.uncertain if self.job else 0
        if not count:
            self.apart.put()
            return
        show = look.button(N_("Show the uncertain rows"))
        self.frame.click(show, self.show_uncertain, self.messages)
        text = say(
            "Rows that were sent and whose end is not known: {count}. They are never repeated by themselves: "
            "look at the provider whether they arrived, then decide with “Send rows again”.",
            count=number(count),
        )
        self.apart.put(look.banner("warn", text), look.buttons(show, align="start"))

    async def show_uncertain(self) -> None:
        """Show the uncertain rows alone."""
        if isinstance(self.outcomes, RunOutcomes):
            self.outcomes.which.value = "uncertain"

    # -- what differs --------------------------------------------------------------------------------------------------

    async def _open_pace(self) -> bool:
        """Show the pace that the run keeps to; returns whether there is one that can be set here."""
        try:
            await self.pace.open(self.run.plan.integration_id)
        except NotFound:  # the integration was deleted
            return False
        return True

    def _question(self, confirmation: JobConfirmation) -> tuple[ipywidgets.Widget, ipywidgets.Button]:
        """Return the card that asks before the run starts live, and its button."""
        return job_question(confirmation, self.asked.put)

    def _beside_rows(self, run: Run) -> Sequence[ipywidgets.Widget]:
        """Return what stands below the rows that were looked at."""
        return ()

    def _proof(self, run: Run) -> Proof:
        """Return what shows what became of the rows."""
        return RunOutcomes(self.frame, run)

    def _onward(self, run: Run) -> Sequence[ipywidgets.Widget]:
        """Return the ways on from there."""
        return (PageLinks(_links(run), label=said(N_("More"))),)

    def _job_of(self, progress: Progress) -> RunJob:
        """Return the face of the run's job."""
        return RunJob(self.frame, progress, changed=self._went_on, gone=self._changed)

    def _rows_of(self, run: Run) -> CheckedRows:
        """Return the list of the rows that were looked at."""
        return CheckedRows(self.frame, run, self.again)


def _about(run: Run) -> str:
    return said(say("Planned by {who}", who=run.who)) if run.who else ""


def _links(run: Run) -> list[dict[str, str]]:
    """Return the way from a run to all that went through its integration."""
    place = f"outcomes=integration={run.plan.integration_id}"
    label = N_("See all that went through this integration, over time")
    return [{"page": "events", "place": place, "label": said(label), "code": "await events_page(bench)"}]


def _dry(run: Run) -> list[ipywidgets.Widget]:
    text = N_(
        "A dry run: every request was made and none was sent, so its rows end as cancelled. Plan the run again without it to send."
    )
    return [look.banner("info", text)] if run.plan.dry_run else []


def _explained(run: Run) -> str:
    seen = run.preflight
    match run.state:
        case "planned":
            return N_("Nothing is sent before every row was looked at.")
        case "checking":
            return said(
                say(
                    "{count} rows were looked at so far. It goes on whether this page is open or not.",
                    count=number(seen.total if seen else 0),
                )
            )
        case "checked" if seen is not None and seen.bad and run.plan.on_bad == "stop":
            return N_("All or nothing: mend or leave out what cannot be sent, then start.")
        case "checked":
            return N_("Nothing was sent yet. Start it when the rows are as you want them.")
        case "starting":
            return N_(
                "The rows are added to the job; sending begins when all are there. After a crash go on: none is added twice."
            )
        case "started":
            return N_(
                "It is a job now. Each row is sent once; what is uncertain is kept apart and never repeated by itself."
            )
        case "cancelled":
            return N_("It was cancelled. What had not been sent stays undone.")
