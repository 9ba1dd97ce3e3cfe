"""RUN LOOKING: one row of a table as it would go out through a run's integration, or everything that keeps it back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final

from workbench.engine.event_values import composed
from workbench.engine.redact import mask_identifier
from workbench.engine.row_mapping import RowMapping, check_mapping, targets_of, targets_of_payload
from workbench.engine.table_rows import TableRow
from workbench.engine.template import compile_template
from workbench.errors import Invalid, MissingVariable, Refused, WorkbenchError
from workbench.models.base import JsonValue, Problem
from workbench.models.event import EVENT_PAYLOAD, Event
from workbench.models.integration import Integration
from workbench.models.message import Designation
from workbench.models.run import CheckState, RunPlan, Table, Target

from .dispatch import PENDING_TOKEN
from .double_send import mark_of
from .house import House
from .line import Line

if TYPE_CHECKING:
    from .events import Events
    from .integrations import Integrations

TYPED: Final = frozenset({"csv"})
"""Formats that know only texts."""


@dataclass(frozen=True, slots=True)
class Looked:
    """A row that was looked at. ``data`` is what the ledger is given of it; None for one that cannot go."""

    number: int
    cells: dict[str, JsonValue] = field(repr=False)
    problems: tuple[Problem, ...] = ()
    data: dict[str, Any] | None = field(default=None, repr=False)
    size: int = 0
    mark: str = ""

    @property
    def state(self) -> CheckState:
        """Whether it can go out, as far as the row alone says."""
        return "bad" if self.data is None else "ready"

    @property
    def identifiers(self) -> dict[str, str]:
        """Whom it is for."""
        return dict(self.data["identifiers"]) if self.data else {}


class RowLook:
    """What a run's rows are looked at with: the integration's line, the event where there is one, the mapping."""

    def __init__(
        self, house: House, plan: RunPlan, table: Table, saved: Integration, line: Line, event: Event | None
    ) -> None:
        self.house, self.plan, self.table, self.saved, self.line, self.event = (
            house,
            plan,
            table,
            saved,
            line,
            event,
        )
        self.targets = _targets(saved, event)
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
    def guard_min(self) -> int:
        """The minutes in which the same does not go twice; 0 without the guard."""
        return self.plan.guard_min if self.plan.guard else 0

    @property
    def basis(self) -> str:
        """A digest of everything that decides what becomes of a row: another one, and the rows have to be looked at again."""
        plan = self.plan.model_copy(update={"title": "", "at_once": 1, "on_bad": "stop", "dry_run": False})
        event = self.event.model_dump_json() if self.event else ""
        told = json.dumps(
            [plan.model_dump_json(), event, self.saved.settings.model_dump_json(), self.table.digest]
        )
        return blake2b(told.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()

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
