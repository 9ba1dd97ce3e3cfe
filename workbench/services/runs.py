"""Runs: a table of contacts sent through one integration: planned, looked through row by row, mended, and started as a job."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from workbench.adapters.clock import new_id
from workbench.engine.event_mapping import propose_columns
from workbench.errors import NotFound, Refused, WorkbenchError
from workbench.models.base import JsonValue
from workbench.models.run import (
    CheckedFilter,
    CheckedRow,
    Mapped,
    Preflight,
    RowOutcome,
    Run,
    RunPlan,
    RunState,
    RunSummary,
    Table,
    Target,
    Upload,
)
from workbench.models.run_kept import KeptRun
from workbench.models.sync import SyncPlan
from workbench.models.work import JobConfirmation, RowState
from workbench.sentence import Sentence, say

from .consent_asking import Ledger
from .events import Events
from .house import House
from .integrations import Integrations
from .meanwhile import check_seen
from .roles import operator, viewer
from .run_checking import Checking
from .run_filling import Filling
from .run_keeping import (
    key_of,
    new_key,
)
from .run_look import Look, SyncLooks, Telling
from .run_looking import RowLook, targets_for
from .run_outcomes import Outcomes
from .run_ranges import Ranges, range_of
from .run_rows import RunRows
from .run_tasks import RunTasks
from .run_uploads import Uploads
from .spread import Here, Spread
from .work import Work, confirm_job

if TYPE_CHECKING:  # a page that connects reads the services' signatures, and loads no door
    from workbench.adapters.send_marks import SendMarks
    from workbench.adapters.tables import Tables

OPEN: Final[frozenset[RunState]] = frozenset({"planned", "checking", "checked"})
MOST_PAGE: Final = 1_000


class Runs:
    """What a person can do with runs. Pausing, resuming, cancelling and sending again is ``bench.work``'s, with the run's ``job_id``."""

    def __init__(
        self, house: House, integrations: Integrations, events: Events, work: Work, tables: Tables,
        marks: SendMarks | None, consent: Ledger | None, syncs: SyncLooks | None = None,
    ) -> None:  # fmt: skip
        from workbench.adapters.run_store import RunStore

        self.house, self.integrations, self.events, self.work, self.tables = (
            house,
            integrations,
            events,
            work,
            tables,
        )
        self._syncs = syncs
        self._store = RunStore(house.database)
        self.spread: Spread = Here(lambda _service, method: getattr(self, method))
        """Where the pieces of this workbench's runs are done; whoever joins a cluster names it here."""
        self._checking = Checking(house, self._store, tables, marks, consent)
        self._rows = RunRows(house, self._store, tables, self._checking)
        self._filling = Filling(house, self._store, tables, work)
        self._outcomes = Outcomes(house, self._store, work)
        self._uploads = Uploads(house, tables)
        self._tasks = RunTasks(house, self._store, work)

    # -- looking -------------------------------------------------------------------------------------------------------

    @viewer
    async def runs(self, kind: Literal["all", "messages", "sync"] = "all") -> list[Run]:
        """Return the runs, the newest first: all, those that send messages, or those that sync a shop."""
        found = await self._store.runs()
        return (
            found
            if kind == "all"
            else [run for run in found if (run.plan.sync is None) == (kind == "messages")]
        )

    @viewer
    async def get(self, id: str) -> Run:
        """Return one run and how far it is."""
        return (await self._store.run(id)).run

    @viewer
    async def rows(self, id: str, wanted: CheckedFilter | None = None) -> list[CheckedRow]:
        """Return the looked-at rows that fit, in their order. Ready ones are made anew from the table; cells are for operators alone."""
        kept = await self._store.run(id)
        return await self._rows.page(
            kept, functools.partial(self._look, kept.run.plan), wanted or CheckedFilter()
        )

    @viewer
    async def targets(
        self, integration_id: str, event_id: str | None = None, sync: SyncPlan | None = None
    ) -> list[Target]:
        """Return the fields that a run can fill: a sync's, the event's, or those of the integration's payload."""
        if sync is not None:
            return list(await self._looks().targets(sync))
        event = await self.events.get(event_id) if event_id else None
        saved_id = integration_id or (event.integration_id if event else None)
        return list(targets_for(await self.integrations.get(saved_id or ""), event))

    @viewer
    async def outcomes(
        self, id: str, after: int = 0, limit: int = 100, state: RowState | None = None
    ) -> list[RowOutcome]:
        """Return what became of the rows behind row ``after`` of the table, in their order; of one ``state`` of the ledger, or all."""
        kept = await self._store.run(id)
        after, limit = max(0, after), max(1, min(limit, MOST_PAGE))
        telling = self._telling(kept.run)
        if telling is not None:
            return await telling.page(after, limit, state)
        if state is not None:
            return await self._outcomes.in_state(kept.run, state, after, limit)
        return await self._outcomes.page(kept.run, await key_of(self.house, kept), after, limit)

    @viewer
    async def summary(self, id: str) -> RunSummary:
        """Return how a run stands: each row of its table is in exactly one of the counts."""
        run = (await self._store.run(id)).run
        return await self._outcomes.summary(run, self._telling(run))

    @viewer
    async def host(self, id: str) -> str:
        """Return where a run's messages go: what is confirmed before it is started live."""
        return (await self._look((await self._store.run(id)).run.plan)).host

    # -- tables --------------------------------------------------------------------------------------------------------

    @operator
    async def table(self, id: str) -> Table:
        """Return one table, with its first rows as they are written."""
        return await self.tables.get(id)

    @operator
    async def put_table(self, name: str, data: str) -> Table:
        """Keep a table that comes in one call: its bytes in base64. Larger ones come by ``begin_upload``."""
        return await self._uploads.whole(name, data)

    @operator
    async def begin_upload(self, name: str, size: int) -> Upload:
        """Begin to hand over a table of so many bytes."""
        return self._uploads.begin(name, size)

    @operator
    async def put_slice(self, upload: str, at: int, data: str) -> Upload:
        """Hand over the slice that begins at byte ``at``, in base64; with the last one the answer holds the table."""
        return await self._uploads.take(upload, at, data)

    @operator
    async def paste(self, text: str) -> Table:
        """Keep pasted rows: CSV with a header, what a spreadsheet copies, or JSON lines."""
        return await self.tables.paste(text)

    @operator
    async def change_table(self, id: str, encoding: str = "", delimiter: str = "") -> Table:
        """Read a table in another encoding, or with another delimiter."""
        return await self.tables.change(id, encoding=encoding, delimiter=delimiter)

    @operator
    async def drop_table(self, id: str) -> None:
        """Delete a table that was given and is not wanted after all. Raises Refused where a run needs it."""
        if any(run.plan.table_id == id for run in await self._store.runs()):
            raise Refused(say("A run needs this table. Delete the run, and the table goes with it."))
        await self.tables.delete(id)

    async def place(self, path: Path | str, *, encoding: str = "", delimiter: str = "") -> Table:
        """Take a file of this machine where it lies. Embedded only: no route leads here, and a served call is Refused."""
        if self.house.served:
            raise Refused(say("A file is only named by its path on your own workbench. Upload it."))
        ranges = Ranges(self.tables)
        return await ranges.place(Path(path), self.spread, encoding=encoding, delimiter=delimiter)

    async def from_frame(self, frame: Any, name: str = "") -> Table:
        """Keep the rows of a DataFrame. Embedded only."""
        return await self.tables.from_frame(frame, name)

    # -- planning ------------------------------------------------------------------------------------------------------

    @operator
    async def plan(self, plan: RunPlan) -> Run:
        """Keep a new run. Without a mapping the columns that fit by their names are proposed and taken."""
        plan = await self._whole(plan)
        now = self.house.clock.now()
        run = Run(id=new_id("run"), plan=plan, who=self.house.person.name, created_at=now, changed_at=now)
        _, sealed = await new_key(self.house)
        await self._store.add(run, sealed)
        return run

    @operator
    async def change(self, id: str, plan: RunPlan, seen: RunPlan | None = None) -> Run:
        """Change a run that was not started. Its rows have to be looked at again.

        ``seen`` is the plan that was changed: Refused where somebody else changed it meanwhile.
        """
        plan = await self._whole(plan)

        def changed(kept: KeptRun) -> KeptRun:
            check_seen(seen, kept.run.plan, kept.run.plan.title)
            update: dict[str, Any] = {
                "plan": plan,
                "state": "planned",
                "preflight": None,
                "changed_at": self.house.clock.now(),
            }
            if (
                plan.table_id == kept.run.plan.table_id
                and _same_rows(plan, kept.run.plan)
                and kept.run.state == "checked"
            ):
                update = {"plan": plan, "changed_at": self.house.clock.now()}
            return KeptRun(kept.run.model_copy(update=update), kept.key, "", kept.basis)

        return await self._store.change(id, OPEN, changed)

    @operator
    async def propose(self, id: str) -> tuple[Mapped, ...]:
        """Return which column fills which field, by their names; nothing is changed."""
        plan = (await self._store.run(id)).run.plan
        return await self._proposed(plan)

    @operator
    async def check(self, id: str) -> Run:
        """Look at every row. Long tables are looked through in the background: ``get`` says how far it is."""
        kept = await self._store.run(id)
        if kept.run.state not in OPEN:
            raise Refused(say("This run was started already; its rows stay as they were. Plan a new one."))
        look, key = await self._look(kept.run.plan), await key_of(self.house, kept)
        if look.rates:
            await self.house.budgets.declare(look.account, look.rates)
        turn, now = new_id("trn"), self.house.clock.now()
        begun = {"state": "checking", "preflight": Preflight(), "changed_at": now}
        await self._store.begin(
            id, OPEN, lambda kept: KeptRun(kept.run.model_copy(update=begun), kept.key, turn, "")
        )
        await self._tasks.look(id, turn, self._checking.run(id, turn, look, key, self.spread))
        return await self.get(id)

    # -- mending -------------------------------------------------------------------------------------------------------

    @operator
    async def fix(self, id: str, row: int, cells: dict[str, JsonValue]) -> CheckedRow:
        """Change cells of one row, and look at it again at once. No cells: the row is as it came."""
        kept = await self._store.run(id)
        _checked(kept.run)
        return await self._rows.fix(kept, await self._look(kept.run.plan), row, cells)

    @operator
    async def leave_out(self, id: str, rows: list[int], out: bool = True) -> Run:
        """Leave rows out by hand; with ``out`` False let them in again, if they can go."""
        kept = await self._store.run(id)
        _checked(kept.run)
        await self._rows.leave_out(kept, await self._look(kept.run.plan), rows, out=out)
        return await self.get(id)

    # -- starting ------------------------------------------------------------------------------------------------------

    @operator
    async def start(self, id: str, confirmation: JobConfirmation | None = None) -> Run:
        """Add the rows that can go to a job and let it begin; live mode wants host and number confirmed. Called again it goes on."""
        kept = await self._store.run(id)
        if kept.run.state == "started":
            return kept.run
        look = await self._look(kept.run.plan)
        if kept.run.state != "starting":
            kept = await self._begin(kept, look, confirmation)
        elif kept.basis != look.basis:
            raise Refused(_changed())
        key = await key_of(self.house, kept)
        filling = look.filling() or self._filling
        await self._tasks.add(kept.run, filling.run(kept.run, look, key, self.spread))
        return await self.get(id)

    @operator
    async def delete(self, id: str) -> None:
        """Delete a run that is not under way, with what is kept of its rows, and its table where no other run needs it."""
        run = await self.get(id)
        if run.state == "starting" or (run.job_id and await self._is_live(run.job_id)):
            raise Refused(say("This run is under way. Cancel its job first."))
        await self._tasks.stop(id)
        await self._store.delete(id)
        table = run.plan.table_id
        if all(other.plan.table_id != table for other in await self._store.runs()):
            try:
                await self.tables.delete(table)
            except NotFound:
                return

    # -- not routes ----------------------------------------------------------------------------------------------------

    async def wait(self, id: str) -> Run:
        """Return a run once this process does nothing more with its rows: they are looked at, or added."""
        await self._tasks.wait(id)
        return await self.get(id)

    async def catch_up(self) -> None:
        """Go on with the rows that were being looked at, or added, when a process ended. For the one long-lived process."""
        for run in await self._store.runs():
            if self._tasks.knows(run.id) or not await self._is_ours(run):
                continue
            try:
                await (self.check(run.id) if run.state == "checking" else self.start(run.id))
            except WorkbenchError as error:
                await self._tasks.told(run.id, error.sentence)

    # Pieces of a run: whichever process of the team does one, it opens its own doors, and no secret and no contact is in its arguments.

    async def look_at_block(self, path: str, at: int, until: int) -> JsonValue:
        """Return what stands in a block of a file that is being placed. A piece of work. Not a route."""
        return await Ranges(self.tables).look_at_block(path, at, until)

    async def read_block(self, table: str, at: int, until: int) -> JsonValue:
        """Return how a block of a table's bytes reads, whatever comes before it. A piece of work. Not a route."""
        return await Ranges(self.tables).read_block(table, at, until)

    async def look_over(
        self, id: str, turn: str, within: JsonValue, detailed: int, touched: bool
    ) -> JsonValue:
        """Look at the rows of one range; return what was found, None once somebody else's turn began. A piece of work. Not a route."""
        kept = await self._store.run(id)
        if kept.turn != turn or kept.run.state != "checking":
            return None
        look, key = await self._look(kept.run.plan), await key_of(self.house, kept)
        return await self._checking.piece(id, turn, look, key, range_of(within), detailed, touched=touched)

    async def fill_over(self, id: str, within: JsonValue) -> JsonValue:
        """Bring what goes of one range into the ledger, or what has to be known for that; return it. A piece of work. Not a route."""
        kept = await self._store.run(id)
        look, key = await self._look(kept.run.plan), await key_of(self.house, kept)
        if kept.run.state != "starting" or kept.basis != look.basis:
            raise Refused(_changed())
        return await (look.filling() or self._filling).piece(kept.run, look, key, range_of(within))

    async def close(self) -> None:
        """Let go of what is under way; it goes on when it is asked for again."""
        await self._tasks.close()

    # ------------------------------------------------------------------------------------------------------------------

    async def _begin(self, kept: KeptRun, look: Look, confirmation: JobConfirmation | None) -> KeptRun:
        """Say that a run starts, with its job's id, before anything is added."""
        run, seen = kept.run, kept.run.preflight
        _checked(run)
        assert seen is not None, "a run that was looked through has what was found"
        if kept.basis != look.basis:
            raise Refused(_changed())
        if seen.bad and run.plan.on_bad == "stop":
            raise Refused(say(
                "{bad} rows cannot be sent, and this run sends all or nothing. Mend them, leave them out, or let bad rows be skipped.",
                bad=seen.bad,
            ))  # fmt: skip
        if not seen.ready:
            raise Refused(say("No row of this table can be sent. Look at the problems first."))
        job = await look.new_job(run, kept.key)
        if not run.plan.dry_run:
            confirm_job(self.house.mode, confirmation, job.host, seen.ready)
        told = {"state": "starting", "job_id": job.id, "changed_at": self.house.clock.now()}

        def begun(found: KeptRun) -> KeptRun:
            if found.basis != kept.basis or found.run.preflight != seen:
                raise Refused(say("The rows changed while you looked. Look at them again."))
            return KeptRun(found.run.model_copy(update=told), found.key, "", found.basis)

        await self.house.ledger.create(job)  # first of all, so that its mode is that of the confirmation
        try:
            run = await self._store.change(run.id, {"checked"}, begun)
        except WorkbenchError:
            await self.house.ledger.cancel(job.id)
            raise
        return KeptRun(run, kept.key, "", kept.basis)

    async def _look(self, plan: RunPlan) -> Look:
        table = await self.tables.get(plan.table_id)
        if plan.sync is not None:
            return await self._looks().open(table, plan)
        return await RowLook.open(self.house, self.integrations, self.events, table, plan)

    def _looks(self) -> SyncLooks:
        if self._syncs is None:
            raise Refused(say("This workbench syncs no shop."))
        return self._syncs

    def _telling(self, run: Run) -> Telling | None:
        """Return what tells what became of a run's rows where the ledger's are not the table's."""
        return self._looks().telling(run) if run.plan.sync is not None else None

    async def _whole(self, plan: RunPlan) -> RunPlan:
        """Return a plan with what follows from the rest of it. Raises NotFound for what it names and is not there."""
        table = await self.tables.get(plan.table_id)
        update: dict[str, Any] = {"title": plan.title.strip() or table.name[:120]}
        if plan.event_id and plan.sync is None:
            event = await self.events.get(plan.event_id)
            update["event_id"] = event.id
            if not plan.integration_id:
                update["integration_id"] = event.integration_id or ""
            if not (plan.integration_id or event.integration_id):
                raise Refused(
                    say(
                        "“{name}” has no integration to be sent through. Choose one in its contract.",
                        name=event.name,
                    )
                )
        if plan.sync is not None:
            # consent for contacts is kept field by field, and the platform takes each record as often as it comes
            own = {"integration_id": "", "event_id": None, "guard": False, "ask_consent": ""}
            update |= {**own, "sync": await self._looks().checked(plan.sync)}
        plan = plan.model_copy(update=update)
        if plan.sync is None:
            await self.integrations.get(plan.integration_id)
        if not plan.mapping:
            plan = plan.model_copy(update={"mapping": await self._proposed(plan)})
        return plan

    async def _proposed(self, plan: RunPlan) -> tuple[Mapped, ...]:
        targets = await self.targets(plan.integration_id, plan.event_id, plan.sync)
        return tuple(propose_columns(targets, (await self.tables.get(plan.table_id)).columns))

    async def _is_ours(self, run: Run) -> bool:
        """Return whether a run waits for a process of this mode to go on with its rows."""
        if run.state != "starting" or run.job_id is None:
            return run.state == "checking"
        try:
            return (await self.work.job(run.job_id)).job.mode == self.house.mode
        except NotFound:
            return False

    async def _is_live(self, job_id: str) -> bool:
        try:
            progress = await self.work.job(job_id)
        except NotFound:
            return False
        return progress.job.state not in ("done", "cancelled")


def _checked(run: Run) -> None:
    if run.state == "checked":
        return
    if run.state in ("planned", "checking"):
        raise Refused(say("Let every row be looked at first, and wait until that is done."))
    raise Refused(say("This run was started already; its rows stay as they were. Plan a new one."))


def _changed() -> Sentence:
    return say(
        "The event, the integration, the table or the mapping changed since the rows were looked at. Look at them again."
    )


def _same_rows(plan: RunPlan, before: RunPlan) -> bool:
    """Return whether two plans say the same of each row, so that what was found of the rows still holds."""
    aside = {"title": "", "on_bad": "stop", "dry_run": False, "at_once": 1}
    return plan.model_copy(update=aside) == before.model_copy(update=aside)
