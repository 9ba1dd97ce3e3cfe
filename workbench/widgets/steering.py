"""STEERING: what may be done with a job: start, pause, resume, cancel, send again, erase, delete; and its rows to look at.

A kernel holds only the buttons its person may press: a hidden button can be pressed all the same (measured).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from workbench.models.person import Role
from workbench.models.work import LIVE, JobConfirmation, Progress
from workbench.sentence import N_, Sentence, say

from . import look
from .around import Around
from .confirming import job_question
from .fold import Place, visible
from .headline import Headline
from .messages import Messages
from .piece import Said, said
from .replay import Replay
from .rows import NOT_TAKEN, JobRows

__all__ = ["Steering"]

Work = Callable[[], Awaitable[object]]
LEAVE = N_("Leave it")


@dataclass(frozen=True)
class Lever:
    """A button: what it says, who may press it, when it is offered, and what it does."""

    text: str
    kind: look.Role
    role: Role
    offered: Callable[[Progress], bool]
    work: Work


class Steering:
    """The buttons of one job and what they open. ``look_again`` is called after each change, ``gone`` after the job is deleted."""

    def __init__(self, around: Around, progress: Progress, look_again: Work, gone: Work) -> None:
        self.around, self.progress = around, progress
        self._look, self._gone = look_again, gone
        self.messages = Messages()
        self.action, self.rows = Place(), Place()
        levers = [lever for lever in self._levers() if around.may(lever.role)]
        self.buttons = [(lever, look.button(lever.text, lever.kind)) for lever in levers]
        for lever, button in self.buttons:
            around.click(button, lever.work, self.messages)
        self.widget = look.stack(
            look.buttons(*(button for _, button in self.buttons), align="start"),
            self.messages.widget,
            self.action.widget,
            self.rows.widget,
        )
        self.show(progress)

    def show(self, progress: Progress) -> None:
        """Offer what can be done with a job as it stands."""
        self.progress = progress
        for lever, button in self.buttons:
            visible(button, lever.offered(progress))
            if lever.work == self.open_rows:
                button.description = said(
                    N_("Open the failed rows") if _not_taken(progress) else N_("Open the rows")
                )

    # -- begin, rest, go on, end -------------------------------------------------------------------------------------

    async def begin(self) -> None:
        """Start the job; in live mode show host and number first, and ask."""
        job = self.progress.job
        if job.mode == "live":
            self._ask_live(JobConfirmation(host=job.host, rows=job.counts.total))
        else:
            await self._begin(None)

    async def pause(self) -> None:
        """Let the job rest."""
        await self._done(self.around.bench.work.pause(self._id))

    async def resume(self) -> None:
        """Let the job go on."""
        await self._done(self.around.bench.work.resume(self._id))

    async def ask_cancel(self) -> None:
        """Say what a cancelled job leaves undone, and ask."""
        text = say(
            "{count} rows are not at their end. What is under way is brought to its end; the others stay undone.",
            count=self.progress.job.counts.open,
        )
        work = self.around.bench.work
        self._ask(
            N_("Cancel the job?"),
            text,
            N_("Cancel the job"),
            lambda: work.cancel(self._id),
            N_("Let it go on"),
        )

    # -- its rows ----------------------------------------------------------------------------------------------------

    async def open_rows(self) -> None:
        """Show the rows that were not taken; all rows when there are none of those."""
        states = NOT_TAKEN if _not_taken(self.progress) else ()
        rows = JobRows(self.around, self._id, self._close_rows, states)
        await rows.read()
        self.rows.put(rows.widget)

    async def replay(self) -> None:
        """Ask which rows go again."""
        self.action.put(Replay(self.around, self.progress.job, self._look_closed, self._close).widget)

    async def ask_forget(self) -> None:
        """Say what is erased, and ask."""
        text = N_(
            "Erased are the contacts of all rows, for good. The counts stay; no row can be sent again afterwards."
        )
        work = self.around.bench.work
        self._ask(N_("Erase the contacts?"), text, N_("Erase the contacts"), lambda: work.forget(self._id))

    async def ask_delete(self) -> None:
        """Say what is deleted, and ask."""
        text = N_(
            "Deleted are the job and its rows. The activity keeps what was sent. This cannot be undone."
        )
        self._ask(N_("Delete the job?"), text, N_("Delete the job"), self._delete)

    # ----------------------------------------------------------------------------------------------------------------

    @property
    def _id(self) -> str:
        return self.progress.job.id

    def _levers(self) -> Sequence[Lever]:
        return (
            Lever(N_("Start"), "primary", "operator", _filled, self.begin),
            Lever(N_("Resume"), "primary", "operator", _rests, self.resume),
            Lever(N_("Pause"), "secondary", "operator", lambda p: p.job.state == "running", self.pause),
            Lever(N_("Open the failed rows"), "secondary", "viewer", lambda p: p.job.counts.total > 0, self.open_rows),
            Lever(N_("Send rows again"), "secondary", "operator", _replayable, self.replay),
            Lever(N_("Cancel"), "danger", "operator", lambda p: p.job.state in LIVE, self.ask_cancel),
            Lever(N_("Erase the contacts"), "quiet", "admin", _ended, self.ask_forget),
            Lever(N_("Delete"), "danger", "admin", _ended, self.ask_delete),
        )  # fmt: skip

    def _ask_live(self, confirmation: JobConfirmation) -> None:
        card, go = job_question(confirmation, self.action.put)
        self.around.click(go, lambda: self._begin(confirmation), self.messages)
        self.action.put(card)

    async def _begin(self, confirmation: JobConfirmation | None) -> None:
        self.action.put()
        await self._done(self.around.bench.work.start(self._id, confirmation))

    def _ask(self, title: Said, text: str | Sentence, sure: Said, work: Work, stay: Said = LEAVE) -> None:
        go, leave = look.button(sure, "danger"), look.button(stay)

        async def once() -> None:
            self.action.put()
            await self._done(work())

        self.around.click(go, once, self.messages)
        self.around.click(leave, self._close, self.messages)
        panel = look.stack(Headline(title), look.banner("warn", text), look.buttons(leave, go, align="start"))
        panel.add_class("wb-panel")
        self.action.put(panel)

    async def _done(self, work: Awaitable[object]) -> None:
        await work
        await self._look()

    async def _delete(self) -> None:
        await self.around.bench.work.delete(self._id)
        await self._gone()

    async def _look_closed(self) -> None:
        self.action.put()
        await self._look()

    async def _close(self) -> None:
        self.action.put()

    async def _close_rows(self) -> None:
        self.rows.put()


def _not_taken(progress: Progress) -> int:
    return sum(int(getattr(progress.job.counts, state)) for state in NOT_TAKEN)


def _filled(progress: Progress) -> bool:
    return progress.job.state == "filling" and progress.job.counts.total > 0


def _rests(progress: Progress) -> bool:
    return progress.job.state in ("paused", "stopped") or progress.interrupted


def _ended(progress: Progress) -> bool:
    return progress.job.state not in LIVE


def _replayable(progress: Progress) -> bool:
    counts = progress.job.counts
    return progress.job.state != "filling" and counts.total > counts.open
