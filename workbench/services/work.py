"""Work: jobs of many rows, worked on by this process or another: started, watched, paused, resumed, cancelled and replayed."""

from __future__ import annotations

import asyncio

from workbench.engine.contacts import read_contacts
from workbench.engine.fingerprint import account_of
from workbench.errors import Refused
from workbench.models.contact import Contact, Pasted
from workbench.models.pace import Budget, Rate
from workbench.models.request import Mode
from workbench.models.work import (
    Job,
    JobConfirmation,
    JobFilter,
    JobOptions,
    Progress,
    ReplayPreview,
    Row,
    RowFilter,
)
from workbench.sentence import say

from .crew import Crew
from .house import House
from .integrations import Integrations
from .roles import admin, operator, viewer
from .sending import job_of


class Work:
    """What a person can do with jobs."""

    def __init__(self, house: House, integrations: Integrations, crew: Crew) -> None:
        self.house = house
        self.integrations = integrations
        self.crew = crew

    # -- watching ------------------------------------------------------------------------------------------------------

    @viewer
    async def jobs(self, wanted: JobFilter | None = None) -> list[Progress]:
        """Return the jobs that fit and how they go, the newest first."""
        found = await self.house.ledger.jobs(wanted or JobFilter())
        return [self._told(progress) for progress in found]

    @viewer
    async def job(self, id: str) -> Progress:
        """Return one job and how it goes; NotFound when there is none of this id."""
        return self._told(await self.house.ledger.job(id))

    @viewer
    async def rows(self, id: str, wanted: RowFilter | None = None) -> list[Row]:
        """Return a job's rows that fit, in their order; the next page is ``after`` the last number. Recipients are masked."""
        return await self.house.ledger.rows(id, wanted or RowFilter())

    # -- making --------------------------------------------------------------------------------------------------------

    @viewer
    async def read_contacts(self, integration: str, text: str) -> Pasted:
        """Return the contacts in a pasted text (JSON lines, a JSON list, CSV with a header, or one identifier a line), and its problems."""
        saved = await self.integrations.get(integration)
        return read_contacts(text, saved.settings.identifier)

    @operator
    async def create(self, integration: str, options: JobOptions | None = None) -> Progress:
        """Make an empty job that sends through a saved integration. Its settings are frozen; nothing is sent before ``start``.

        Raises Invalid with what keeps the integration from sending.
        """
        saved = await self.integrations.get(integration)
        job = await job_of(self.house, saved, options or JobOptions())
        await self.house.ledger.create(job)
        return await self.job(job.id)

    @operator
    async def add(self, id: str, contacts: list[Contact]) -> int:
        """Add rows to a job that is being filled, at most some thousands in one call; returns how many it has now."""
        return await self.house.ledger.add(
            id, [contact.model_dump_json(exclude_defaults=True) for contact in contacts]
        )

    @operator
    async def start(self, id: str, confirmation: JobConfirmation | None = None) -> Progress:
        """Begin with a job that is filled. Live mode wants the host and the number of rows confirmed."""
        job = (await self.house.ledger.job(id)).job
        self._check_mode(job)
        if job.counts.total == 0:
            raise Refused(say("This job has no rows. Add contacts first."))
        confirm_job(self.house.mode, confirmation, job.host, job.counts.total)
        return await self._begin(job, {"filling"})

    # -- steering ------------------------------------------------------------------------------------------------------

    @operator
    async def pause(self, id: str) -> Progress:
        """Let the job rest: what is under way is brought to its end, nothing more is begun."""
        await self.house.ledger.change(id, "paused", {"running"})
        self.crew.rest(id)
        return await self.job(id)

    @operator
    async def resume(self, id: str) -> Progress:
        """Go on with a job that rests, was stopped, or was interrupted: its rows go on where they were."""
        job = (await self.house.ledger.job(id)).job
        self._check_mode(job)
        return await self._begin(job, {"paused", "stopped", "running"})

    @operator
    async def cancel(self, id: str) -> Progress:
        """End a job for good: what waits stays undone, what is under way is brought to its end."""
        await self.house.ledger.cancel(id)
        self.crew.rest(id)
        return await self.job(id)

    @operator
    async def preview_replay(self, id: str, wanted: RowFilter) -> ReplayPreview:
        """Return who would get what again, and changes nothing. Failed, uncertain, invalid, accepted and cancelled rows can be replayed."""
        return await self.house.ledger.replay_preview(id, wanted)

    @operator
    async def replay(self, id: str, wanted: RowFilter, token: str) -> Progress:
        """Attempt the rows again that the preview showed; ``token`` is the preview's. Refused when something changed since."""
        self._check_mode((await self.house.ledger.job(id)).job)
        await self.house.ledger.replay(id, wanted, token)
        await self.crew.start(id)
        return await self.job(id)

    @admin
    async def forget(self, id: str) -> int:
        """Erase the contacts of a job that has ended, for good; its counts stay. Returns how many rows there were."""
        return await self.house.ledger.forget(id)

    @admin
    async def delete(self, id: str) -> None:
        """Delete a job that has ended, with its rows. The journal keeps what went out."""
        await self.house.ledger.delete(id)

    # -- pace ----------------------------------------------------------------------------------------------------------

    @viewer
    async def budget(self, integration: str) -> Budget:
        """Return how fast the integration's account may be called, and what is left of that now."""
        saved = await self.integrations.get(integration)
        return await self.house.budgets.budget(account_of(saved.settings))

    @operator
    async def set_pace(self, integration: str, rates: list[Rate]) -> Budget:
        """Set how fast the account of an integration may be called, for all that share it. An empty list sets no limit."""
        saved = await self.integrations.get(integration)
        await asyncio.to_thread(self.house.catalogue.require_change, "integrations", saved.id)
        await self.house.budgets.set_rates(account_of(saved.settings), tuple(rates), "person")
        return await self.budget(integration)

    # ------------------------------------------------------------------------------------------------------------------

    async def _begin(self, job: Job, among: set[str]) -> Progress:
        await self.crew.take_over_the_dead()
        await self.house.ledger.change(job.id, "running", among)  # type: ignore[arg-type]
        await self.crew.start(job.id)
        return await self.job(job.id)

    def _told(self, progress: Progress) -> Progress:
        notice = self.crew.notice(progress.job.id)
        return progress if notice is None else progress.model_copy(update={"notice": notice})

    def _check_mode(self, job: Job) -> None:
        if job.mode != self.house.mode:
            raise Refused(
                say(
                    "This job was made live, and this workbench rehearses. Nothing was sent. Start it with --live to go on."
                )
                if job.mode == "live"
                else say(
                    "This job was made in a rehearsal, and this workbench is live. Nothing was sent. Make a new job to really send."
                )
            )


def confirm_job(mode: Mode, confirmation: JobConfirmation | None, host: str, rows: int) -> None:
    """Let a live job begin only if the person named its host and the number of its rows. A rehearsal needs no word."""
    if mode == "rehearsal":
        return
    if confirmation is None:
        raise Refused(
            say(
                "This really sends {rows} messages. Confirm it by naming the host {host} and the number {rows}.",
                host=host,
                rows=rows,
            )
        )
    if confirmation.host.strip().lower() != host or confirmation.rows != rows:
        raise Refused(
            say(
                "The confirmation does not fit: {rows} messages would go through {host}. Nothing was sent.",
                host=host,
                rows=rows,
            )
        )
