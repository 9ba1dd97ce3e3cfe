"""Sync status: what a sync would take, and how the ones stand that were begun."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import typer

from workbench.models.run import Run
from workbench.models.sync import ImportReport
from workbench.models.sync_estimate import SyncAsk, SyncEstimate
from workbench.models.sync_platform import Entity
from workbench.sentence import N_, say

from .codes import INPUT, OK, code_of_job
from .frame import command
from .session import Session
from .steering import invalid


@command("sync plan", N_("Say how many calls and minutes so many rows take, one by one and as files."))
async def plan(
    session: Session,
    contacts: Annotated[int, typer.Option("--contacts", metavar="NUMBER", min=0, help=N_("Rows of contacts."))] = 0,
    products: Annotated[int, typer.Option("--products", metavar="NUMBER", min=0, help=N_("Rows of products."))] = 0,
    purchases: Annotated[int, typer.Option("--purchases", metavar="NUMBER", min=0, help=N_("Purchases."))] = 0,
    coupons: Annotated[int, typer.Option("--coupons", metavar="NUMBER", min=0, help=N_("Coupon codes."))] = 0,
    calls_per_min: Annotated[
        int, typer.Option("--calls-per-minute", metavar="NUMBER", min=0, help=N_("What the account may; 0 is the platform's own."))
    ] = 0,
) -> None:  # fmt: skip
    """Estimate; nothing is sent."""
    rows: dict[Entity, int] = {
        "contact": contacts, "product": products, "purchase": purchases, "coupon": coupons
    }  # fmt: skip
    if not any(rows.values()):
        raise invalid("contacts", say("Say how many rows there are: --contacts 20000, for example."))
    ask = SyncAsk(
        rows={entity: count for entity, count in rows.items() if count}, calls_per_min=calls_per_min
    )
    async with session.bench() as bench:
        found = await bench.sync_planning.estimate(ask)
    session.show(found.model_dump(mode="json"), _plan_lines(session, found))


@command(
    "sync status", N_("List the syncs, or say how one stands: its parts, and the rows that were refused.")
)
async def status(
    session: Session,
    run: Annotated[
        str, typer.Argument(metavar="RUN", help=N_("The run's id; without it all are listed."), show_default=False)
    ] = "",
    refused: Annotated[
        int, typer.Option("--refused", metavar="NUMBER", min=0, max=500, help=N_("How many refused rows are shown."))
    ] = 20,
) -> int:  # fmt: skip
    """List, or show one."""
    async with session.bench() as bench:
        if not run:
            found = await bench.runs.runs("sync")
            session.show([one.model_dump(mode="json") for one in found], _listed(session, found))
            return OK
        made = await bench.runs.get(run)
        if made.plan.sync is None:
            raise invalid("run", say("{id} is no sync. Look at it with “workbench work show”.", id=run))
        summary = await bench.runs.summary(run)
        progress = summary.progress
        if made.plan.sync.how != "import" or made.job_id is None:
            counts = progress.job.counts.model_dump() if progress is not None else {}
            session.show(
                summary.model_dump(mode="json"),
                [f"{made.id}  {made.plan.title}  [{made.state}]", *(f"  {key}: {value}" for key, value in counts.items() if value)],
            )  # fmt: skip
            return OK if progress is None else code_of_job(progress.job)
        report = await bench.sync_imports.report(run)
        rows = await bench.sync_imports.refused(run, 0, refused) if refused else []
        document = {
            **report.model_dump(mode="json"),
            "refused": [one.model_dump(mode="json") for one in rows],
        }
        lines = list(report_lines(session, report))
        lines += [f"  {one.row}  {one.field}  {one.message}" for one in rows]
        session.show(document, lines)
        return OK if report.clean else INPUT


def _plan_lines(session: Session, found: SyncEstimate) -> Iterator[str]:
    for step in found.steps:
        way = step.advised
        yield session.text(
            say(
                "{rows} {what}: {calls} calls, about {minutes} min. {why}",
                rows=step.rows, what=f"{step.entity}s", calls=way.calls, minutes=round(way.seconds / 60, 1), why=step.why,
            )
        )  # fmt: skip
        if step.break_even is not None:
            yield session.text(say("    An import is quicker from {rows} rows on.", rows=step.break_even))
    yield session.text(
        say(
            "All of it: {calls} calls, about {minutes} min at {limit} calls a minute.",
            calls=found.calls, minutes=round(found.seconds / 60, 1), limit=found.calls_per_min,
        )
    )  # fmt: skip
    for note in found.notes:
        yield session.text(note)


def report_lines(session: Session, report: ImportReport) -> Iterator[str]:
    """Give an import's parts, and its rows in one line."""
    for part in report.parts:
        words = session.text(part.sentence) if part.sentence is not None else ""
        yield f"  {part.number}  {part.state}  {part.success}/{part.rows}  {part.import_id}  {words}".rstrip()
    yield session.text(
        say("{success} of {rows} rows taken, {errors} refused.", success=report.success, rows=report.rows, errors=report.errors)
    )  # fmt: skip


def _listed(session: Session, found: list[Run]) -> Iterator[str]:
    for one in found:
        assert one.plan.sync is not None, "only syncs are listed"
        yield f"{one.id}  {one.plan.title}  [{one.plan.sync.entity}, {one.plan.sync.how}, {one.state}]"
    if not found:
        yield session.text(N_("Nothing was synced yet."))
