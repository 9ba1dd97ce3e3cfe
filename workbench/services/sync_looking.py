"""SYNC LOOKING: a shop's table looked at row by row: contacts, products, purchases or coupons as they would go to the platform.

``Looks`` opens the looks for ``Runs``: one class for each way a plan's rows can go (``how``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Self

from workbench.adapters.clock import new_id
from workbench.engine.redact import Redactor, mask_identifier
from workbench.engine.row_mapping import check_mapping
from workbench.engine.shop_consent import Proof, proof_of
from workbench.engine.shop_records import Record, Records, check_fields, targets_for
from workbench.engine.sync_calls import exact_json
from workbench.engine.sync_options import check_plan, check_proof
from workbench.engine.table_rows import TableRow
from workbench.errors import Invalid, Refused
from workbench.models.base import JsonValue, Problem
from workbench.models.pace import Rate
from workbench.models.run import Run, RunPlan, Table, Target
from workbench.models.shop import Shop
from workbench.models.sync import SyncPlan
from workbench.models.work import Job, JobOptions
from workbench.providers import platform as platform_of
from workbench.sentence import Sentence, say

from .run_look import MOST_SEEN, Look, Looked, Telling
from .sending import DRY_RUN, ROWS_KEY
from .sync_calling import ShopLine
from .sync_guard import SyncGuard
from .sync_memory import Memory

if TYPE_CHECKING:  # a page that connects reads the services' signatures, and loads no door
    from workbench.adapters.sync_marks import SyncMark, SyncMarks
    from workbench.adapters.tables import Tables

    from .consent_asking import Ledger
    from .house import House
    from .shops import Shops

KIND: Final = "sync"
"""The kind of the jobs whose rows go by single calls; ``services.syncing`` does them."""
UNCHANGED: Final = "unchanged"
"""The field under which it is told that a row stays behind because it is as it was sent."""
NAMES_SOMEBODY: Final = frozenset({"contact", "coupon"})
"""Entities whose key is never shown as it is: an address, or a code that is worth money."""


@dataclass(frozen=True, slots=True)
class SyncDoors:
    """What a sync is looked at, and done, with."""

    house: House
    shops: Shops
    tables: Tables
    marks: SyncMarks
    consent: Ledger | None = None


@dataclass(frozen=True, slots=True)
class SyncLooked(Looked):
    """A row that was looked at, with the record that it gives, and the proof of consent that stands beside it."""

    record: Record | None = field(default=None, repr=False)
    proof: Proof = field(default_factory=Proof, repr=False)


class SyncLook(Look):
    """How the rows of one sync are looked at. ``sync`` is the plan's, ``line`` the open way to the platform (it holds the key)."""

    def __init__(
        self, doors: SyncDoors, plan: RunPlan, table: Table, targets: tuple[Target, ...], shop: Shop, line: ShopLine, records: Records,
        memory: Memory, rates: tuple[Rate, ...],
    ) -> None:  # fmt: skip
        super().__init__(doors.house, plan, table, targets)
        assert plan.sync is not None, "only a sync's plan is looked at so"
        self.doors, self.sync, self.shop, self.line, self.records = doors, plan.sync, shop, line, records
        self.memory, self.platform, self._rates = memory, line.platform, rates
        self._guard = SyncGuard(memory, doors.consent, self.sync)
        self._now = doors.house.clock.now()

    @classmethod
    async def open(cls, doors: SyncDoors, table: Table, plan: RunPlan) -> Self:
        """Return it. Raises Invalid with what keeps every row from going: no key, a column that is gone, a field that nothing fills."""
        sync = plan.sync
        assert sync is not None, "only a sync's plan is looked at so"
        shop = await doors.shops.open(sync.shop_id)
        line = await ShopLine.open(doors.house, shop)
        targets = targets_for(line.platform, shop.settings, sync)
        unknown = check_fields(plan.mapping, targets)
        told = {one.field for one in unknown}
        others = check_mapping(plan.mapping, targets, table.columns)
        problems = [*unknown, *(one for one in others if one.blocks and one.field not in told)]
        problems += check_proof(sync, table.columns)
        if problems:
            raise Invalid(problems)
        records = Records(line.platform, shop.settings, sync, plan.mapping)
        memory = await Memory.open(doors.house, doors.marks, shop.id)
        # the pace that the line agreed on: what the account's answers stated lately stands above what is documented
        rates = (await doors.house.budgets.budget(line.account)).rates
        return cls(doors, plan, table, targets, shop, line, records, memory, rates)

    @property
    def host(self) -> str:
        """The platform's host."""
        return self.line.host

    @property
    def account(self) -> str:
        """The shop's account at the platform."""
        return self.line.account

    @property
    def rates(self) -> tuple[Rate, ...]:
        """The shop's own pace, else what its answers stated lately, else the platform's."""
        return self._rates

    @property
    def decides(self) -> tuple[str, ...]:
        """The shop's settings."""
        return (self.shop.settings.model_dump_json(),)

    def record(self, cells: Mapping[str, JsonValue]) -> Record:
        """Return the record that cells give; never raises for what they hold."""
        return self.records.row(cells, now=self._now)

    def look(self, row: TableRow, fixes: Mapping[str, JsonValue] | None = None) -> SyncLooked:
        """Return a row as it would go out, with the cells that a person mended; never raises for what it holds."""
        cells = {**row.cells, **fixes} if fixes else row.cells
        if row.problem is not None and not fixes:
            problem = Problem(field="row", sentence=row.problem, line=row.line)
            return SyncLooked(row.number, cells, (problem,))
        record = self.record(cells)
        proof = proof_of(cells, self.sync, self._now) if self.sync.proof else Proof()
        problems = (*record.problems, *proof.problems)
        if not record.ok or any(one.blocks for one in proof.problems):
            return SyncLooked(row.number, cells, problems, record=record)
        data, size = self.data(record, proof)
        return SyncLooked(row.number, cells, problems, data, size, record=record, proof=proof)

    def data(self, record: Record, proof: Proof) -> tuple[dict[str, Any], int]:
        """Return what the ledger is given of a record that can go, and the bytes that it is on the wire."""
        said = (proof.source, proof.at.isoformat()) if proof.at is not None else ("", "")
        data = self.memory.outgoing(self.sync.entity, record, said).data()
        return data, len(data["body"])

    def body(self, looked: Looked) -> str:
        """Return what goes out of a row, its contact masked; empty where nothing does."""
        if not isinstance(looked, SyncLooked) or looked.record is None or looked.data is None:
            return ""
        text = exact_json(looked.record.body).decode()
        return Redactor({}, self.hidden(looked)).text(text)

    def recipient(self, looked: Looked) -> str:
        """Return the key of a row: masked where it names a contact."""
        record = looked.record if isinstance(looked, SyncLooked) else None
        return shown_key(self.house, self.sync.entity, record.key) if record is not None else ""

    def hidden(self, looked: Looked) -> dict[str, str]:
        """Return the contact points in a row by their masks."""
        record = looked.record if isinstance(looked, SyncLooked) else None
        if record is None:
            return {}
        named = [*record.identifiers.values(), *([record.key] if self.sync.entity in NAMES_SOMEBODY else ())]
        return {value: mask_identifier(value, self.house.home.salt) for value in named if value}

    async def left_out(self, ready: Sequence[Looked]) -> list[tuple[str, Sentence] | None]:
        """Return for each row why it stays behind: its key came before, it is unchanged, or it subscribes who unsubscribed."""
        rows = [one for one in ready if isinstance(one, SyncLooked) and one.record is not None]
        reasons: dict[int, tuple[str, Sentence] | None] = {one.number: self._double(one) for one in rows}
        if self.sync.only_changes:
            sent = await self.memory.find(self.sync.entity, [_record(one).key for one in rows])
            for one in rows:
                mark = sent.get(_record(one).key)
                if mark is not None and mark.state == "taken" and mark.hash == self._hash(one):
                    reasons[one.number] = reasons[one.number] or (UNCHANGED, _unchanged(mark))
        if self.sync.entity == "contact":
            held = await self._guard.held([(_record(one), one.proof) for one in rows])
            for one, reason in zip(rows, held, strict=True):
                reasons[one.number] = reasons[one.number] or reason
        return [reasons.get(one.number) for one in ready]

    def remember(self, looked: Sequence[Looked]) -> bool:
        """Note what rows say that come before those to be looked at; return whether more such rows are wanted."""
        for one in looked:
            if isinstance(one, SyncLooked) and one.data is not None:
                self._double(one)
        return len(self.seen) < MOST_SEEN

    @classmethod
    def telling(cls, doors: SyncDoors, run: Run) -> Telling | None:
        """Return what tells what became of a run's rows; None, for each is a row of the ledger."""
        return None

    async def new_job(self, run: Run, sealed_key: str) -> Job:
        """Return the job of kind ``sync`` that does the rows, not kept yet."""
        return self._job(KIND, run, sealed_key)

    def _job(self, kind: str, run: Run, sealed_key: str) -> Job:
        """Return a job of a kind; its spec holds the shop as it is now, the plan, and the sealed key of its rows."""
        plan, house, now = self.plan, self.house, self.house.clock.now()
        spec: dict[str, JsonValue] = {
            "shop": self.shop.model_dump(mode="json"), "sync": self.sync.model_dump(mode="json"), "run": run.id,
            ROWS_KEY: sealed_key, DRY_RUN: plan.dry_run,
        }  # fmt: skip
        id = new_id("job")
        return Job(
            id=id, kind=kind, title=plan.title or self.table.name[:120], mode=house.mode, who=house.person.name,
            # A dry run calls nobody, so it takes nothing of the account's pace.
            account=f"dry run {id}" if plan.dry_run else self.account, host=self.host, spec=spec,
            options=JobOptions(title=plan.title, at_once=plan.at_once, repeat="always", record="outcome"),
            repeatable=True, created_at=now, changed_at=now,
        )  # fmt: skip

    def _double(self, one: SyncLooked) -> tuple[str, Sentence] | None:
        """Return what is said of a row whose record an earlier row of the table names too."""
        key, content = self.memory.digest(self.sync.entity, _record(one).key), self._hash(one)
        first: tuple[int, str] | None = self.seen.get(key)
        if first is None:
            if len(self.seen) < MOST_SEEN:
                self.seen[key] = one.number, content
            return None
        if first[0] == one.number:
            return None
        if first[1] == content:
            return "double", say("Row {row} says the same. This one is left out.", row=first[0])
        return "double", say(
            "Row {row} is about the same record and says something else, and nobody knows which one would be taken last. Mend or remove "
            "one of the two.",
            row=first[0],
        )  # fmt: skip

    def _hash(self, one: SyncLooked) -> str:
        found = one.data.get("hash") if one.data is not None else None
        return found if isinstance(found, str) else self.memory.hash(self.sync.entity, _record(one))


class Looks:
    """Opens the looks of runs that hold a ``SyncPlan``: ``services.run_look.SyncLooks``."""

    def __init__(self, doors: SyncDoors, ways: Mapping[str, type[SyncLook]] | None = None) -> None:
        """Take the doors, and the class of each way (``{"import": ImportLook}``)."""
        self.doors = doors
        self._ways: dict[str, type[SyncLook]] = {"single": SyncLook, **(ways or {})}

    async def open(self, table: Table, plan: RunPlan) -> SyncLook:
        """Return the look of a plan. Raises Invalid with what keeps every row from going."""
        assert plan.sync is not None, "only a sync's plan is looked at so"
        return await self._way(plan.sync).open(self.doors, table, plan)

    async def targets(self, sync: SyncPlan) -> tuple[Target, ...]:
        """Return the fields that a sync can fill."""
        shop = await self.doors.shops.get(sync.shop_id)
        return targets_for(platform_of(shop.settings.platform), shop.settings, sync)

    def telling(self, run: Run) -> Telling | None:
        """Return what tells what became of a run's rows; None where the ledger's rows are the table's."""
        assert run.plan.sync is not None, "only a sync's rows are told so"
        return self._way(run.plan.sync).telling(self.doors, run)

    async def checked(self, sync: SyncPlan) -> SyncPlan:
        """Return a plan with the shop's id in place of its name. Raises Invalid for options that do not go together, NotFound."""
        shop = await self.doors.shops.get(sync.shop_id)
        platform = platform_of(shop.settings.platform)
        self._way(sync)
        problems = check_plan(platform, sync)
        if problems:
            raise Invalid(problems)
        return sync.model_copy(update={"shop_id": shop.id})

    def _way(self, sync: SyncPlan) -> type[SyncLook]:
        if sync.how not in self._ways:
            raise Refused(say("This workbench uploads no imports. Send the rows by single calls."))
        return self._ways[sync.how]


def shown_key(house: House, entity: str, key: str) -> str:
    """Return a record's key as everybody may see it."""
    return mask_identifier(key, house.home.salt) if key and entity in NAMES_SOMEBODY else key


def _record(one: SyncLooked) -> Record:
    assert one.record is not None, "a row that can go has its record"
    return one.record


def _unchanged(mark: SyncMark) -> Sentence:
    return say(
        "Unchanged since it was sent at {at} UTC. Only changes are sent; switch that off to send it again.",
        at=f"{mark.at:%Y-%m-%d %H:%M}",
    )
