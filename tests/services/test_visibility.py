"""Business units: what one unit plants, nobody of another unit sees or changes, whatever is called with whatever is known."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from pydantic import ValidationError

from tests.services.conftest import ENVIRON, basic
from tests.units_room import Planted, plant, working_as
from workbench import Contact, Workbench
from workbench.adapters.remote import ServerClient, write_error
from workbench.bench import SERVICES
from workbench.engine.operations import Operation, operations
from workbench.errors import Forbidden, Invalid, NotFound, WorkbenchError
from workbench.models.base import SecretRef
from workbench.models.gate import GateSettings
from workbench.models.journal import EntryFilter, OutcomeSpan
from workbench.models.person import RANK, Person, Role
from workbench.models.unit import Units
from workbench.sandbox.app import Sandbox
from workbench.server import make_app

DAY = timedelta(days=1)
ANA = Contact(identifiers={"email": "ana@example.com"}, variables={"subject": "Hello", "first_name": "Ana"})
PUBLIC = "https://hub.shop.example"
OURS, THEIRS = "plantedaa", "plantedbb"

CONCERN_ALL = {
    "secrets.rotate", "people.add", "people.save_identity", "units.move", "gates.add_codes", "gates.import_consent", "messages.save_prices",
    "backups.create", "backups.list_all", "backups.verify", "backups.delete",
}  # fmt: skip
"""What concerns the whole workbench: who works for some units is told so."""

OF_SERVICE: Mapping[str, tuple[str, ...]] = {
    "integrations": ("integration", "draft"), "activity": ("entry",), "work": ("job open", "job done", "run job"), "gates": ("gate",),
    "holds": ("hold",), "rehearsal": ("standing",), "sms_accounts": ("account", "sms draft"), "callbacks": ("delivery", "callback"),
    "channels": ("design",), "events": ("event",), "runs": ("run looked", "table looked", "run sent"), "cassettes": ("cassette",),
    "shops": ("shop",), "readiness": ("validation",), "units": ("integration",), "environments": ("environment",),
}  # fmt: skip
"""What the argument ``id`` of a service's operations may name."""

OF_NAME: Mapping[str, tuple[str, ...]] = {
    "integration": ("integration", "way"), "integration_id": ("integration", "way"), "other": ("way",), "gate": ("gate", "gate key"),
    "gate_id": ("gate",), "event_id": ("event",), "shop_id": ("shop",), "run_id": ("run sent", "run of a shop"),
    "table_id": ("table looked",), "account_id": ("account",), "account": ("account",), "secondary_account": ("account",),
    "sender_id": ("sender",), "delivery_id": ("delivery",), "delivery_ids": ("delivery",), "message_id": ("delivery",),
    "entry_id": ("entry", "event entry"), "draft_id": ("sms draft",), "job_id": ("job open",), "before": ("cassette", "entry"),
    "after": ("cassette", "entry"), "ids": ("cassette",), "hold_id": ("hold",), "cassette_id": ("cassette",),
}  # fmt: skip
"""What an argument or a field of this name may name."""


class Samples:
    """Makes arguments for an operation in which everything that may name something names what a unit has planted."""

    def __init__(self, planted: Planted, service: str, at: int) -> None:
        self._planted, self._service, self._at = planted, service, at
        self._defs: dict[str, Any] = {}

    def arguments(self, operation: Operation) -> dict[str, Any]:
        """Return the arguments as JSON has them."""
        schema = operation.arguments.model_json_schema()
        self._defs = schema.get("$defs", {})
        return self._object(schema, 0)  # type: ignore[no-any-return]

    def _named(self, name: str) -> str | None:
        known = OF_SERVICE.get(self._service, ()) if name == "id" else OF_NAME.get(name, ())
        return self._planted.ids.get(known[self._at % len(known)]) if known else None

    def _object(self, schema: Mapping[str, Any], depth: int) -> Any:
        fields, required = schema.get("properties", {}), schema.get("required", [])
        return {
            name: self._value(of, name, depth + 1)
            for name, of in fields.items()
            if depth < 6
            and (
                name in required
                or self._named(name)
                or name == "handle"
                or (depth < 2 and "$ref" in json.dumps(of))
            )
        }

    def _value(self, schema: Mapping[str, Any], name: str, depth: int) -> Any:
        if "$ref" in schema:
            schema = self._defs[schema["$ref"].rpartition("/")[2]]
        for one_of in ("anyOf", "oneOf"):
            if one_of in schema:
                return self._value(schema[one_of][0], name, depth)
        if "const" in schema or "enum" in schema:
            return schema.get("const", schema.get("enum", [None])[0])
        match schema.get("type"):
            case "object":
                return self._object(schema, depth)
            case "array":
                return [self._value(schema.get("items", {}), name, depth + 1)] if depth < 6 else []
            case "integer" | "number":
                return max(1, schema.get("minimum", 1))
            case "boolean":
                return False
            case "string":
                return self._text(schema, name)
        return self._named(name)

    def _text(self, schema: Mapping[str, Any], name: str) -> str:
        if name == "handle":
            return self._planted.handles[self._at % len(self._planted.handles)]
        if schema.get("format") == "date-time":
            return "2026-11-22T12:00:00Z"
        return self._named(name) or "x"


def every_operation() -> Iterator[tuple[str, Operation]]:
    """Give each operation of each service with the service's name."""
    for name, service in SERVICES.items():
        for operation in operations(service).values():
            yield name, operation


def snapshot(bench: Workbench, planted: Planted) -> dict[str, Any]:
    """Return everything that a workbench keeps of a unit: documents, secrets, and rows of every table with what belongs to them."""
    (unit,) = planted.person.units
    catalogue, vault = bench.house.catalogue.everything, bench.house.vault.everything
    documents = {
        kind: [one for one in catalogue.all(kind) if one.get("unit", "") == unit]
        for kind in catalogue.kinds()
    }

    def names(row: Mapping[str, Any]) -> bool:
        text = str(row) if "unit" not in row else ""
        return any(id in text for id in planted.ids.values())

    def rows(connection: sa.Connection) -> dict[str, Any]:
        found: dict[str, Any] = {}
        tables = connection.scalars(
            sa.text("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
        ).all()
        for name in set(tables) - {"workbench_workers", "workbench_leases"}:  # the beats of this process
            kept = [dict(row._mapping) for row in connection.execute(sa.text(f'SELECT * FROM "{name}"'))]
            found[name] = [row for row in kept if row.get("unit") == unit or names(row)]
        for child, column, parent in (
            ("workbench_rows", "job", "workbench_jobs"), ("workbench_hold_events", "hold", "workbench_holds"),
            ("workbench_delivery_steps", "delivery", "workbench_deliveries"), ("workbench_run_rows", "run", "workbench_runs"),
        ):  # fmt: skip
            numbers = {row["no"] for row in found[parent]}
            kept = connection.execute(sa.text(f'SELECT * FROM "{child}"'))
            found[child] = [row for one in kept if (row := dict(one._mapping))[column] in numbers]
        holds = {row["no"] for row in found["workbench_holds"]}
        items = connection.execute(sa.text("SELECT * FROM workbench_hold_items"))
        found["workbench_hold_items"] = [
            row for one in items if (row := dict(one._mapping))["id"] >> 32 in holds
        ]
        return found

    database = bench.house.database.read_now(rows)
    return {
        "documents": documents,
        "database": database,
        "secrets": [vault.has(one) for one in planted.handles],
    }


@pytest.fixture
async def bench(tmp_path: Path, sandbox: Sandbox) -> AsyncIterator[Workbench]:
    async with Workbench.open(tmp_path / "home", sandbox=sandbox, environ=ENVIRON, public_at=PUBLIC) as made:
        yield made


@pytest.fixture
def secret(bench: Workbench) -> SecretRef:
    """A secret that nothing holds yet."""
    return bench.house.vault.seal_text("pl4nted-S3cret/value")


async def answered(bench: Workbench, name: str, operation: Operation, arguments: Any) -> str:
    """Return what a call is answered, as the server writes it."""
    method = getattr(getattr(bench, name), operation.name)
    try:
        result = await method(**operation.unpack(arguments))
    except WorkbenchError as error:
        return json.dumps(write_error(error))
    return operation.result.dump_json(result).decode()


async def swept(
    bench: Workbench, planted: Planted, person: Person, *, most: Role = "admin"
) -> dict[str, list[str]]:
    """Return by operation what a person is answered who calls each that the role may call, naming what is planted."""
    answers: dict[str, list[str]] = {}
    for name, operation in every_operation():
        if RANK[operation.role] > RANK[most]:
            continue
        tried: set[str] = set()
        for at in range(3):
            given = Samples(planted, name, at).arguments(operation)
            if (text := json.dumps(given, sort_keys=True)) in tried:
                continue
            tried.add(text)
            try:
                arguments = operation.arguments.model_validate(given)
            except ValidationError:
                continue
            with working_as(person):
                answer = await answered(bench, name, operation, arguments)
            answers.setdefault(f"{name}.{operation.name}", []).append(answer)
    return answers


def shows(answers: Mapping[str, list[str]], mark: str) -> dict[str, str]:
    """Return the operations of which an answer shows a mark, with what it says."""
    return {name: said[:400] for name, every in answers.items() for said in every if mark in said.lower()}


async def test_nobody_of_another_unit_sees_or_changes_anything_by_any_route(
    bench: Workbench, sandbox: Sandbox
) -> None:
    ours = await plant(bench, sandbox, "Retail", OURS)
    theirs = await plant(bench, sandbox, "Travel", THEIRS, whole=False)
    before = snapshot(bench, ours)

    answers = await swept(bench, ours, theirs.person)

    assert shows(answers, OURS) == {}
    after = snapshot(bench, ours)
    assert after["secrets"] == [True] * len(ours.handles)
    for what in ("documents", "database"):
        for name, kept in before[what].items():
            assert after[what].get(name) == kept, name
    assert len(answers) >= 0.97 * len([*every_operation()]), "arguments were made for nearly all"
    assert {name for name in CONCERN_ALL for one in answers[name] if not one.startswith('{"error"')} == set()

    # The same calls show a lot to who may see it: what was not found above is found where it may be.
    seen = shows(await swept(bench, ours, ours.person, most="viewer"), OURS)
    assert len(seen) >= 40, sorted(seen)
    mine = await swept(bench, theirs, theirs.person, most="viewer")
    assert shows(mine, OURS) == {}
    assert shows(mine, THEIRS) != {}


async def test_what_is_nobodys_is_seen_by_all_and_changed_by_those_alone_who_work_for_all(
    bench: Workbench, secret: SecretRef
) -> None:
    with working_as(Person(name="Ada", role="admin")):
        draft = await bench.integrations.start()
        saved = await bench.integrations.save(
            draft.model_copy(update={"settings": basic(secret, name="Everybody's")})
        )
        job = (await bench.work.create(saved.id)).job
        gate = await bench.gates.create(GateSettings(name="Front", key="front"))
    before = snapshot(
        bench, Planted(Person(name="x", units=("",)), "", {"integration": saved.id, "gate": gate.id})
    )

    with working_as(Person(name="Eve", role="admin", units=("Travel",))):
        assert (await bench.integrations.get(saved.id)).name == "Everybody's"
        assert [one.job.id for one in await bench.work.jobs()] == [job.id]
        for refused in (
            bench.integrations.delete(saved.id), bench.integrations.rename(saved.id, "Mine"), bench.work.cancel(job.id),
            bench.work.add(job.id, [ANA]), bench.gates.close(gate.id), bench.gates.delete(gate.id), bench.work.set_pace(saved.id, []),
            bench.gates.add_codes("spring", "A1"), bench.secrets.rotate(), bench.people.add("Mallory", "admin"),
            bench.messages.save_prices(await bench.messages.prices()), bench.units.move(saved.id, "Travel"),
        ):  # fmt: skip
            with pytest.raises(Forbidden):
                await refused
        sent = await bench.delivery.send(saved.id, ANA)
        assert await bench.units.of() == {}
    assert before["documents"] == snapshot(bench, Planted(Person(name="x", units=("",)), "", {}))["documents"]

    ruth = Person(name="Ruth", role="viewer", units=("Retail",))
    with working_as(ruth), pytest.raises(NotFound):  # it went out for Travel
        await bench.activity.entry(sent.entry.id)
    assert (await bench.activity.entry(sent.entry.id)).who == "Eve"


async def test_what_is_made_of_something_belongs_with_it_whoever_makes_it(
    bench: Workbench, secret: SecretRef
) -> None:
    ruth, eve = (
        Person(name="Ruth", role="admin", units=("Retail",)),
        Person(name="Eve", role="admin", units=("Travel",)),
    )
    with working_as(ruth):
        draft = await bench.integrations.start()
        saved = await bench.integrations.save(
            draft.model_copy(update={"settings": basic(secret, name="Retail's")})
        )
    sent = await bench.delivery.send(saved.id, ANA)  # by the owner, who works for all
    job = (await bench.work.create(saved.id)).job
    await bench.work.add(job.id, [ANA])
    await bench.work.start(job.id)
    await bench.work.crew.wait(job.id)
    cassette = await bench.cassettes.of_entry(sent.entry.id)
    await bench.cassettes.delete((await bench.cassettes.of_entry(sent.entry.id)).id)

    assert (await bench.units.of())[cassette.id].unit == "Retail"
    everything = await bench.activity.entries(EntryFilter(limit=500))
    with working_as(eve):
        assert await bench.activity.entries() == []
        assert (
            await bench.activity.outcomes(OutcomeSpan(since=sent.entry.at - DAY, until=sent.entry.at + DAY))
            == []
        )
        assert (await bench.work.jobs(), await bench.cassettes.cassettes()) == ([], [])
        assert await bench.activity.purge(sent.entry.at + DAY) == 0
    with working_as(ruth):
        assert await bench.activity.entries(EntryFilter(limit=500)) == everything


async def test_a_secret_that_is_known_by_its_handle_alone_opens_for_its_unit_only(
    bench: Workbench, secret: SecretRef
) -> None:
    """Else who knows the handle puts it into an integration of his own, and sends it to himself."""
    with working_as(Person(name="Ruth", role="admin", units=("Retail",))):
        draft = await bench.integrations.start()
        settings = basic(secret, name="Retail's")
        await bench.integrations.save(draft.model_copy(update={"settings": settings}))
        assert await bench.secrets.present([secret]) == [True]
    with working_as(Person(name="Eve", role="admin", units=("Travel",))):
        assert await bench.secrets.present([secret]) == [False]
        stolen = await bench.integrations.start()
        stolen = stolen.model_copy(update={"settings": settings.model_copy(update={"name": "Mine"})})
        for refused in (
            bench.integrations.keep(stolen), bench.integrations.save(stolen), bench.integrations.test(stolen, ANA),
        ):  # fmt: skip
            with pytest.raises(WorkbenchError):
                await refused
        assert await bench.integrations.list_all() == []


async def test_somebody_of_several_units_chooses_for_which_one_new_things_are(bench: Workbench) -> None:
    both = Person(name="Bo", role="operator", units=("Travel", "Retail"))
    with working_as(both):
        assert await bench.units.mine() == Units(names=("Retail", "Travel"), restricted=True, chosen="Travel")
        first = await bench.integrations.start()
        await bench.units.choose(" Retail ")
        second = await bench.integrations.start()
        found = await bench.units.of()
        assert {id: one.unit for id, one in found.items()} == {first.id: "Travel", second.id: "Retail"}
        for wrong in ("", "Finance"):
            with pytest.raises(Forbidden):
                await bench.units.choose(wrong)
    with working_as(both.model_copy(update={"units": ("Retail",)})):
        assert [one.id for one in await bench.integrations.drafts()] == [second.id]


async def test_a_key_in_an_address_is_there_once_for_all_units(bench: Workbench) -> None:
    with working_as(Person(name="Ruth", role="admin", units=("Retail",))):
        await bench.gates.create(GateSettings(name="Retail's own", key="front"))
    with working_as(Person(name="Eve", role="admin", units=("Travel",))):
        with pytest.raises(Invalid, match="The key FRONT is taken") as refused:
            await bench.gates.create(GateSettings(name="Front", key="FRONT"))
        assert "Retail" not in str(refused.value)


async def test_what_is_moved_takes_along_what_was_done_with_it(bench: Workbench, secret: SecretRef) -> None:
    draft = await bench.integrations.start()
    saved = await bench.integrations.save(
        draft.model_copy(update={"settings": basic(secret, name="Reminders")})
    )
    entry = (await bench.delivery.send(saved.id, ANA)).entry
    job = (await bench.work.create(saved.id)).job
    moved = await bench.units.move(saved.id, "Retail")
    assert moved.records >= 2
    with working_as(Person(name="Eve", role="admin", units=("Travel",))):
        for gone in (
            bench.integrations.get(saved.id),
            bench.activity.entry(entry.id),
            bench.work.job(job.id),
        ):
            with pytest.raises(NotFound):
                await gone
    with working_as(Person(name="Ruth", role="viewer", units=("Retail",))):
        assert (await bench.activity.entry(entry.id)).id == entry.id
        assert [one.job.id for one in await bench.work.jobs()] == [job.id]
    await bench.units.move(saved.id, "")
    with working_as(Person(name="Eve", role="viewer", units=("Travel",))):
        assert (await bench.integrations.get(saved.id)).id == saved.id


async def test_through_the_server_a_persons_units_count(bench: Workbench) -> None:
    app = make_app(bench)
    tokens = {
        unit: await bench.people.add(f"{unit} Ops", "operator", (unit,)) for unit in ("Retail", "Travel")
    }
    retail, travel = (
        Workbench.connect(client=ServerClient.in_process(app, token)) for token in tokens.values()
    )
    draft = await retail.integrations.start()
    assert [one.id for one in await retail.integrations.drafts()] == [draft.id]
    assert await travel.integrations.drafts() == []
    with pytest.raises(NotFound):
        await travel.integrations.draft(draft.id)
    assert (await travel.about.facts()).person.units == ("Travel",)


async def test_files_of_the_version_before_units_are_brought_up_to_date(
    tmp_path: Path, secret: SecretRef
) -> None:
    home = tmp_path / "old"
    async with Workbench.open(home, environ=ENVIRON) as old:
        draft = await old.integrations.start()
        token = old.house.vault.seal_text("an-old-secret-value").model_dump()
        settings = basic(secret, name="Old").model_copy(
            update={"headers": (), "credential": {"username": "u", "password": token}}
        )
        saved = await old.integrations.save(draft.model_copy(update={"settings": settings}))
        job = (await old.work.create(saved.id)).job
        entries = await old.activity.entries()
        await old.house.database.write(_without_units)

    async with Workbench.open(home, environ=ENVIRON) as bench:
        with working_as(Person(name="Eve", role="viewer", units=("Travel",))):
            assert [one.job.id for one in await bench.work.jobs()] == [job.id]
            assert (await bench.activity.entries(EntryFilter(limit=500)))[-len(entries) :] == entries
        await bench.units.move(saved.id, "Retail")
        with working_as(Person(name="Eve", role="viewer", units=("Travel",))):
            assert (await bench.work.jobs(), await bench.activity.entries()) == ([], [])


def _without_units(connection: sa.Connection) -> None:
    """Make the tables what they were in the first version of each."""
    for table, about in (
        ("entries", "journal"), ("jobs", "ledger"), ("holds", "gate_holds"), ("deliveries", "sms_deliveries"),
        ("callbacks", "sms_deliveries"), ("runs", "run_store"),
    ):  # fmt: skip
        connection.exec_driver_sql(f"DROP INDEX workbench_{table}_unit")
        connection.exec_driver_sql(f"ALTER TABLE workbench_{table} DROP COLUMN unit")
        connection.exec_driver_sql(f"UPDATE workbench_{about} SET value = 1 WHERE name = 'schema'")
