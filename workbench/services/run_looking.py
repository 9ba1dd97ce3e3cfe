"""RUN LOOKING: one row of a table as it would go out through a run's integration, or everything that keeps it back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from workbench.engine.event_values import composed
from workbench.engine.fingerprint import account_of
from workbench.engine.redact import mask_identifier
from workbench.engine.row_mapping import RowMapping, check_mapping, targets_of, targets_of_payload
from workbench.engine.table_rows import TableRow
from workbench.engine.template import compile_template
from workbench.errors import Invalid, MissingVariable, Refused, WorkbenchError
from workbench.models.base import JsonValue, Problem
from workbench.models.event import EVENT_PAYLOAD, Event
from workbench.models.integration import Integration
from workbench.models.message import Designation
from workbench.models.pace import Rate
from workbench.models.run import Run, RunPlan, Table, Target
from workbench.models.work import Job, JobOptions

from .consent_asking import AskedChannel, asked_channel
from .dispatch import PENDING_TOKEN
from .double_send import mark_of
from .house import House
from .line import Line
from .run_look import Look, Looked
from .sending import DRY_RUN, ROWS_KEY, job_of

if TYPE_CHECKING:
    from .events import Events
    from .integrations import Integrations

TYPED: Final = frozenset({"csv"})
"""Formats that know only texts."""


class RowLook(Look):
    """What the rows of messages are looked at with: the integration's line, the event where there is one, the mapping."""

    def __init__(
        self, house: House, plan: RunPlan, table: Table, saved: Integration, line: Line, event: Event | None
    ) -> None:
        super().__init__(house, plan, table, _targets(saved, event))
        self.saved, self.line, self.event = saved, line, event
        self._typed = table.format in TYPED
        self._mapping = RowMapping(plan.mapping, self.targets)
        self._today = house.clock.now().date()
        self._own_payload = saved.settings.payload.strip() != EVENT_PAYLOAD

    @classmethod
    async def open(
        cls, house: House, integrations: Integrations, events: Events, table: Table, plan: RunPlan
    ) -> RowLook:
        """Return it. Raises Invalid with what keeps every row from being sent: a secret is missing, a column is gone."""
        saved = await integrations.get(plan.integration_id)
        event = await events.get(plan.event_id) if plan.event_id else None
        line = await Line.open(house, saved.settings, integration_id=saved.id)
        look = cls(house, plan, table, saved, line, event)
        problems = [
            problem for problem in check_mapping(plan.mapping, look.targets, table.columns) if problem.blocks
        ]
        if problems:
            raise Invalid(problems)
        return look

    @property
    def designation(self) -> Designation | None:
        """What consent is asked for; events are always asked about (R-EVT-27)."""
        if self.plan.ask_consent:
            return self.plan.ask_consent
        if self.event is None:
            return None
        return "transactional" if self.event.transactional else "commercial"

    @property
    def host(self) -> str:
        """The host of the integration's endpoint."""
        return self.line.host

    @property
    def account(self) -> str:
        """The integration's account."""
        return account_of(self.saved.settings)

    @property
    def rates(self) -> tuple[Rate, ...]:
        """The provider's."""
        return self.line.provider.limits.rates

    @property
    def channel(self) -> AskedChannel | None:
        """The integration's, where consent can be asked for it."""
        return asked_channel(self.saved.settings)

    @property
    def decides(self) -> tuple[str, ...]:
        """The event and the integration."""
        return self.event.model_dump_json() if self.event else "", self.saved.settings.model_dump_json()

    def look(self, row: TableRow, fixes: Mapping[str, JsonValue] | None = None) -> Looked:
        """Return a row as it would go out, with the cells that a person mended; never raises for what it holds."""
        cells = {**row.cells, **fixes} if fixes else row.cells
        if row.problem is not None and not fixes:
            problem = Problem(field="row", sentence=row.problem, line=row.line)
            return Looked(row.number, cells, (problem,))
        try:
            return self._event_row(row.number, cells) if self.event else self._contact_row(row.number, cells)
        except Invalid as error:
            return Looked(row.number, cells, tuple(error.problems))
        except (Refused, MissingVariable) as error:
            return Looked(row.number, cells, (Problem(field="payload", sentence=error.sentence),))

    def body(self, looked: Looked) -> str:
        """Return the body of the request that a row makes, its contact masked; empty where it makes none."""
        if looked.data is None:
            return ""
        known = looked.identifiers
        try:
            _, values = self.line.fill(known, looked.data["variables"], looked.data.get("user_data", {}))
            request = self.line.compose(values, PENDING_TOKEN, "row")
        except WorkbenchError:
            return ""
        return self.line.redactor(None).naming(self._masks(known)).request(request).body

    def recipient(self, looked: Looked) -> str:
        """Return the masked contact of a row, as far as it has one."""
        known = looked.identifiers or _found(self.plan, looked.cells)
        value = known.get(self.saved.settings.identifier.key) or next(iter(known.values()), "")
        return mask_identifier(value, self.house.home.salt) if value else ""

    def hidden(self, looked: Looked) -> dict[str, str]:
        """Return the contact points in a row by their masks: what may not stand in a sentence that is shown to everybody."""
        return self._masks(looked.identifiers or _found(self.plan, looked.cells))

    async def new_job(self, run: Run, sealed_key: str) -> Job:
        """Return the job that sends the rows, not kept yet. Raises Invalid with what keeps the integration from sending."""
        plan = self.plan
        options = JobOptions(
            title=plan.title or self.table.name[:120], at_once=plan.at_once, ask_consent=self.designation or "",
            guard_min=0 if plan.dry_run else self.guard_min,
        )  # fmt: skip
        if plan.dry_run:
            options = options.model_copy(
                update={"ask_consent": ""}
            )  # it was asked for each row already, and nothing goes
        job = await job_of(self.house, self.saved, options)
        spec = {**job.spec, ROWS_KEY: sealed_key, "run": run.id, DRY_RUN: plan.dry_run}
        # A dry run calls nobody, so it takes nothing of the account's pace.
        account = f"dry run {job.id}" if plan.dry_run else self.account
        return job.model_copy(update={"spec": spec, "account": account})

    # ------------------------------------------------------------------------------------------------------------------

    def _event_row(self, number: int, cells: dict[str, JsonValue]) -> Looked:
        assert self.event is not None, "only events come here"
        row = self._mapping.row(cells)
        made = composed(self.event, row.event_input(typed=self._typed), today=self._today)
        if row.problems or not made.ok or made.body is None:
            return Looked(number, cells, (*row.problems, *made.problems))
        variables = {"event": made.body}
        if self._own_payload:
            _, values = self.line.fill(made.identifiers, variables, {})
            self.line.template.render(values)
        data = {"identifiers": made.identifiers, "variables": variables}
        return Looked(number, cells, made.problems, data, made.size, self._mark(data))

    def _contact_row(self, number: int, cells: dict[str, JsonValue]) -> Looked:
        row = self._mapping.row(cells)
        if row.problems:
            return Looked(number, cells, row.problems)
        contact = row.contact()
        _, values = self.line.fill(contact.identifiers, contact.variables, contact.user_data)
        size = len(self.line.template.render(values))
        data: dict[str, Any] = {"identifiers": contact.identifiers, "variables": contact.variables}
        if contact.user_data:
            data["user_data"] = contact.user_data
        return Looked(number, cells, (), data, size, self._mark(data))

    def _mark(self, data: Mapping[str, Any]) -> str:
        return mark_of(self.house, self.saved.id, data) if self.guard_min else ""

    def _masks(self, identifiers: Mapping[str, str]) -> dict[str, str]:
        salt = self.house.home.salt
        return {value: mask_identifier(value, salt) for value in identifiers.values() if value}


def targets_for(saved: Integration, event: Event | None) -> tuple[Target, ...]:
    """Return the fields that a run through an integration can fill."""
    return _targets(saved, event)


def _targets(saved: Integration, event: Event | None) -> tuple[Target, ...]:
    if event is not None:
        return targets_of(event)
    return targets_of_payload(compile_template(saved.settings.payload).slots, saved.settings.identifier)


def _found(plan: RunPlan, cells: Mapping[str, JsonValue]) -> dict[str, str]:
    """Return what stands in the columns that name the contact."""
    named = {one.target: cells.get(one.column) for one in plan.mapping if one.column}
    return {
        key: str(value)
        for key, value in named.items()
        if key in ("email", "phone") and value not in (None, "")
    }
