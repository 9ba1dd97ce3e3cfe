"""Sync: a table brought to a shop's platform, a file looked at before it is, and what changed since the last time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

import typer

from workbench.adapters.clock import SystemClock
from workbench.bench import Workbench
from workbench.engine.import_csv import check_csv
from workbench.models.run import Run, RunPlan
from workbench.models.sync import Diff, SyncPlan
from workbench.models.sync_estimate import SyncAsk
from workbench.models.sync_platform import ENTITIES, Entity
from workbench.providers import platform
from workbench.sentence import N_, say

from .codes import INPUT, OK
from .contacts import unreadable, write_text
from .frame import command
from .run import ConfirmRows
from .run_steps import Confirm, carried_out, planned, read_mapping
from .send import AllowHost, ConfirmHost, Var
from .session import Session
from .steering import invalid
from .sync_status import report_lines

File = Annotated[
    Path, typer.Argument(metavar="FILE", help=N_("The table: CSV, Parquet or JSON lines."), show_default=False)
]  # fmt: skip
ShopOption = Annotated[
    str, typer.Option("--shop", metavar="SHOP", help=N_("The shop's id or name; not needed while there is one."), show_default=False)
]  # fmt: skip
Type = Annotated[
    Literal["contacts", "products", "purchases", "coupons"],
    typer.Option("--type", help=N_("What the rows are."), show_default=False),
]
Map = Annotated[
    list[str] | None,
    typer.Option(
        "--map", metavar="FIELD=COLUMN",
        help=N_("Which column fills a field; columns of the same name are found by themselves. May be repeated."), show_default=False,
    ),
]  # fmt: skip
Encoding = Annotated[
    str, typer.Option("--encoding", metavar="NAME", help=N_("Of a text file; else it is found out."), show_default=False)
]  # fmt: skip
Delimiter = Annotated[
    str, typer.Option("--delimiter", metavar="SIGN", help=N_("Between the file's cells; else it is found out."), show_default=False)
]  # fmt: skip
By = Annotated[
    Literal["email", "external_id"], typer.Option("--by", help=N_("What names a contact in a single call."))
]

CouponSet = Annotated[
    str, typer.Option("--coupon-set", metavar="ID", help=N_("Where coupons go."), show_default=False)
]
Decimals = Annotated[
    Literal["point", "comma"],
    typer.Option("--decimals", help=N_("What stands before the decimals of the table's amounts: 19.90 or 19,90.")),
]  # fmt: skip


@command(
    "sync import",
    N_("Bring a table to a shop's platform: look at every row first, then send files or single calls."),
    busy=True,
    spreads=True,
)
async def import_(
    session: Session,
    file: File,
    kind: Type,
    shop: ShopOption = "",
    how: Annotated[
        Literal["auto", "single", "import"],
        typer.Option("--how", help=N_("One call for each row, or files; auto takes what is quicker.")),
    ] = "auto",
    by: By = "email",
    mapping: Map = None,
    var: Var = None,
    keep_existing: Annotated[
        bool, typer.Option("--keep-existing", help=N_("Leave what the platform has already as it is."))
    ] = False,
    only_empty: Annotated[
        bool, typer.Option("--only-empty", help=N_("Of what is there already fill only the empty fields."))
    ] = False,
    coupon_set: CouponSet = "",
    fire: Annotated[
        Literal["auto", "yes", "no"],
        typer.Option("--fire", help=N_("Whether purchases start automations; auto: only those of the last 24 hours.")),
    ] = "auto",
    only_changes: Annotated[
        bool, typer.Option("--only-changes", help=N_("Leave out what was sent before and is the same."))
    ] = False,
    proof: Annotated[
        list[str] | None,
        typer.Option(
            "--proof", metavar="COLUMN",
            help=N_("The columns with source and time of a consent: without them nobody is subscribed again."), show_default=False,
        ),
    ] = None,
    skip_bad: Annotated[
        bool, typer.Option("--skip-bad", help=N_("Send the rows that can go, and leave bad ones out; else one bad row stops all."))
    ] = False,
    encoding: Encoding = "",
    delimiter: Delimiter = "",
    decimals: Decimals = "point",
    title: Annotated[
        str, typer.Option("--title", metavar="TEXT", help=N_("How you find it again; else the file's name."), show_default=False)
    ] = "",
    outcomes: Annotated[
        Path | None,
        typer.Option("--outcomes", metavar="FILE", help=N_("Where to write what became of each row, as CSV."), show_default=False),
    ] = None,
    corrected: Annotated[
        Path | None,
        typer.Option(
            "--corrected", metavar="FILE", help=N_("Where to write the rows that an import refused, with the reasons."), show_default=False
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help=N_("Make every request and send none."))] = False,
    confirm_host: ConfirmHost = None,
    confirm_rows: ConfirmRows = None,
    allow_host: AllowHost = None,
) -> int:  # fmt: skip
    """Bring a table to the platform. The code is 0 only when every row was taken: an import of which a part was refused is not."""
    entity = _entity(kind)
    async with session.bench(allow_host or ()) as bench:
        table = await bench.runs.place(file, encoding=encoding, delimiter=delimiter)
        shop_id = await _shop(bench, shop)
        sync = SyncPlan(
            shop_id=shop_id, entity=entity, how=await _how(bench, shop_id, entity, how, table.rows, table.size), by=by,
            override_existing=not keep_existing, update_only_empty=only_empty, coupon_set_id=coupon_set, fire=fire,
            only_changes=only_changes, proof=tuple(proof or ()), decimals=decimals,
        )  # fmt: skip
        plan = RunPlan(
            title=title or table.name[:120], table_id=table.id, sync=sync, mapping=read_mapping(mapping or (), var or ()),
            on_bad="skip" if skip_bad else "stop", dry_run=dry_run,
        )  # fmt: skip
        confirm = Confirm(confirm_host, confirm_rows)
        code, made = await carried_out(session, bench, plan, table, confirm, outcomes=outcomes)
        if made is not None and sync.how == "import" and not dry_run:
            code = await _import_told(session, bench, made, corrected) or code
    return code


@command(
    "sync check",
    N_(
        "Look at a CSV file as it lies, before it is uploaded to the platform by whatever way; nothing is sent."
    ),
    busy=True,
)
async def check(
    session: Session,
    file: File,
    kind: Type,
    shop: ShopOption = "",
    coupon_set: CouponSet = "",
    decimals: Decimals = "point",
    encoding: Encoding = "",
) -> int:
    """Look at a file; the code is 0 only when the platform could take every row of it."""
    async with session.bench() as bench:
        known = await bench.shops.get(await _shop(bench, shop))
    settings = known.settings
    sync = SyncPlan(
        shop_id=known.id, entity=_entity(kind), how="import", coupon_set_id=coupon_set, decimals=decimals
    )
    found = check_csv(
        _chunks(file), platform(settings.platform), settings, sync, now=SystemClock().now(), encoding=encoding
    )
    if not session.json:
        session.tell_problems(found.problems)
        for one in found.rows_with:
            session.tell(
                say("  {count} × {field}: {sentence}", count=one.rows, field=one.field, sentence=one.sentence)
            )
    told = say(
        "{rows} rows in {encoding}, {bad} would be refused. Files: {parts}.",
        rows=found.rows, encoding=found.encoding, bad=found.bad, parts=found.parts,
    )  # fmt: skip
    session.show(found.model_dump(mode="json"), [session.text(told)])
    return OK if found.ok else INPUT


@command("sync diff", N_("Compare a table with what was last sent of it; nothing is sent."), busy=True)
async def diff(
    session: Session,
    file: File,
    kind: Type,
    shop: ShopOption = "",
    by: By = "email",
    mapping: Map = None,
    encoding: Encoding = "",
    delimiter: Delimiter = "",
    decimals: Decimals = "point",
) -> None:
    """Compare; the run that is planned for it is deleted again."""
    async with session.bench() as bench:
        table = await bench.runs.place(file, encoding=encoding, delimiter=delimiter)
        sync = SyncPlan(shop_id=await _shop(bench, shop), entity=_entity(kind), by=by, decimals=decimals)
        plan = RunPlan(table_id=table.id, sync=sync, mapping=read_mapping(mapping or (), ()))
        made = await planned(bench, plan, table)
        try:
            found = await bench.sync.diff(made.id)
        finally:
            await bench.runs.delete(made.id)
    if not session.json:
        session.tell_problems(found.problems)
    session.show(found.model_dump(mode="json"), _diff_lines(session, found))


def _chunks(file: Path) -> Iterator[bytes]:
    """Give a file's bytes piece by piece. NotFound and StorageFault say why it cannot be read."""
    try:
        with file.open("rb") as opened:
            yield from iter(lambda: opened.read(1 << 16), b"")
    except OSError as error:
        raise unreadable(file, error) from None


async def _import_told(session: Session, bench: Workbench, made: Run, corrected: Path | None) -> int:
    """Say how an import's parts ended, and write the refused rows; 0 only when every row was taken."""
    report = await bench.sync_imports.report(made.id)
    for line in report_lines(session, report):
        session.tell(line)
    if corrected is not None and report.errors:
        write_text(corrected, await bench.sync_imports.corrected(made.id))
        session.tell(say("The refused rows stand in {file}.", file=str(corrected)))
    return OK if report.clean else INPUT


async def _shop(bench: Workbench, shop: str) -> str:
    if shop:
        return (await bench.shops.get(shop)).id
    found = await bench.shops.list()
    if len(found) != 1:
        raise invalid("shop", say("Say which shop it is: --shop NAME. There are {count}.", count=len(found)))
    return found[0].id


async def _how(
    bench: Workbench,
    shop_id: str,
    entity: Entity,
    how: Literal["auto", "single", "import"],
    rows: int | None,
    size: int,
) -> Literal["single", "import"]:
    """Return how rows go: as it was said, else as the planner advises; a table whose rows are not counted yet by its size."""
    if how != "auto":
        return how
    shop = await bench.shops.get(shop_id)
    ask = SyncAsk(
        platform=shop.settings.platform,
        rows={entity: rows if rows is not None else max(1, size // 100)},
        calls_per_min=shop.settings.calls_per_min,
    )
    found = await bench.sync_planning.estimate(ask)
    return found.steps[0].advice


def _entity(kind: str) -> Entity:
    return next(entity for entity in ENTITIES if f"{entity}s" == kind)


def _diff_lines(session: Session, found: Diff) -> Iterator[str]:
    yield session.text(
        say(
            "{creates} new, {updates} changed, {unchanged} the same; {gone} were sent once and are not in the table. Nothing is deleted.",
            creates=found.creates, updates=found.updates, unchanged=found.unchanged, gone=found.gone,
        )
    )  # fmt: skip
    for one in found.sample:
        yield f"  {one.kind}  {one.row or '-'}  {one.key}  {', '.join(one.fields)}".rstrip()
