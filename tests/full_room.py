"""A workbench that holds something of everything: documents of many kinds, secrets, tables, a consent list, and rows in every table."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from tests.events_room import contract
from tests.sms_room import twilio_account
from workbench import Contact, Settings, Workbench
from workbench.adapters.database import Database
from workbench.adapters.holdings import CARRIED_OTHERWISE
from workbench.adapters.holdings_rows import tables_of
from workbench.models.run import Mapped, RunPlan
from workbench.models.work import JobOptions

KEY = "cF2g9KqyBfR0qUq0uMZ1v1J8G7JY1Q3Qh7m1rZ0w2XE="
ENVIRON: Mapping[str, str] = {"WORKBENCH_KEYRING": "off", "WORKBENCH_KEY": KEY}
SECRET = "pl4nted-S3cret/value+99=="
ANA = "ana@example.com"
NUMBER = "+46701234567"
ODD = 'é"\n\u2028'


def opened(home: Path | None, url: str | None = None) -> Workbench:
    """Return the workbench of a home, or a team's, with the key of all these tests."""
    return Workbench.open(home, database=url, environ=ENVIRON)


async def filled(home: Path) -> None:
    """Fill a home with something of everything."""
    async with opened(home) as bench:
        draft = await bench.integrations.start()
        secret = bench.house.vault.seal_text(SECRET)
        settings = Settings(
            name="Zoë's reminders",
            url="https://esp.example.com/v1/send",
            credential_kind="basic",
            credential={"username": "reconnect", "password": secret.model_dump()},
            payload='{"to": "${User Identifier}", "n": "{{ n }}"}',
        )
        kept = await bench.integrations.save(draft.model_copy(update={"settings": settings}))
        for state in ("done", "running"):
            job = (await bench.work.create(kept.id, JobOptions())).job
            await bench.work.add(
                job.id, [Contact(identifiers={"email": ANA}, variables={"n": n}) for n in range(5)]
            )
            await bench.house.ledger.change(job.id, state, {"filling"})  # type: ignore[arg-type]
        table = await bench.runs.paste("mail,n\n" + "".join(f"ana{n}@example.com,{n}\n" for n in range(4000)))
        mapping = (Mapped(target="email", column="mail"), Mapped(target="n", column="n"))
        await bench.runs.plan(RunPlan(integration_id=kept.id, table_id=table.id, mapping=mapping))
        bench.gates.lists_of.import_lines("news", [ANA, "bo@example.com"], bench.house.clock.now())
        await bench.gates.pools_of.add("spring", [f"C{n}" for n in range(2_500)])
        await twilio_account(bench)
        await bench.events.save(contract())
        await bench.consent.record(NUMBER, "opted_out", "She called")
        await bench.people.add("Eve", "operator")
        fill_empty_tables(bench.house.database)


def fill_empty_tables(database: Database) -> None:
    """Put made-up rows into each table that has none yet."""

    def work(connection: sa.Connection) -> None:
        for schema in database.schemas.values():
            if schema.name in CARRIED_OTHERWISE:
                continue
            for table in tables_of(schema):
                if connection.execute(sa.select(table).limit(1)).first() is None:
                    connection.execute(sa.insert(table), [_row(table, n) for n in range(1, 4)])

    database.write_now(work)


def _row(table: sa.Table, n: int) -> dict[str, Any]:
    return {column.name: _value(column, n) for column in table.columns}


def _value(column: sa.Column[Any], n: int) -> Any:
    if column.nullable and n == 3:
        return None
    kind = column.type
    if isinstance(kind, sa.Boolean):
        return n % 2 == 0
    if isinstance(kind, sa.Integer):
        return n
    if isinstance(kind, sa.Float):
        return n + 0.1
    return f"{column.name} {ODD[:n]} {n}"
