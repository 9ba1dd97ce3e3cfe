"""DELIVERIES: what became of each text, and the providers' callbacks, of which each is on the disk before it is acknowledged.

What reports say of a delivery is gathered in one place under a lock, so that it ends the same in whatever order they come
(``engine.delivery_states``).
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from datetime import datetime
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import sqlalchemy as sa

from workbench.engine.delivery_states import Evidence, heard, said_of, state_of
from workbench.models.callback import DeliveryReport
from workbench.models.message import Delivery, DeliveryCount, DeliveryFilter, DeliveryState, Step
from workbench.sentence import Sentence, say

from . import seeing
from .clock import SystemClock
from .database import Database, microseconds, storable
from .deliveries_callbacks import Kept, KeptCallbacks, older_than, row_found
from .deliveries_tables import (
    SCHEMA,
    NewDelivery,
    deliveries,
    delivery_of,
    evidence_of,
    json_of,
    new_step,
    steps,
)

if TYPE_CHECKING:
    from .clock import Clock

__all__ = ["Deliveries", "Kept", "NewDelivery", "Stepped"]

Origin = Literal["send", "report", "fetch", "person"]


class Stepped(NamedTuple):
    """What a report did: the delivery as it is now, the state before, and whether it was late or had been told before."""

    delivery: Delivery
    before: DeliveryState
    late: bool
    repeated: bool


class Deliveries(KeptCallbacks):
    """The deliveries and callbacks of a home, or of a team that shares a database.

    Its methods raise NotFound for what is not there, and StorageFault. ``on_known`` is given the ids of callbacks that waited for a message
    that is known now; it must not raise.
    """

    def __init__(self, database: Database, clock: Clock | None = None) -> None:
        """Take the database; the tables are made or brought up to date. Raises TooNew and StorageFault."""
        super().__init__(database)
        self._clock: Clock = clock or SystemClock()
        database.prepare(SCHEMA)

    # -- deliveries ----------------------------------------------------------------------------------------------------

    async def add(self, items: Sequence[NewDelivery]) -> None:
        """Keep new deliveries, all or none of them, before their request goes. On return they are on the disk."""
        accounts = {item.delivery.account_id for item in items}
        units = {one: await asyncio.to_thread(self._database.sight.unit_for, one) for one in accounts}
        rows = [_row(item, units[item.delivery.account_id]) for item in items]

        def work(connection: sa.Connection) -> None:
            connection.execute(sa.insert(deliveries), rows)

        if rows:
            taken = say("A delivery of this id is there already; it was not sent again.")
            await self._database.write(work, taken)
            await self._now_known(
                [(row["account"], row["provider_id"]) for row in rows if row["provider_id"]]
            )

    async def delivery(self, id: str) -> Delivery:
        """Return a delivery."""
        return delivery_of(await self._row(id))

    async def deliveries(self, wanted: DeliveryFilter) -> list[Delivery]:
        """Return the deliveries that fit, the newest first."""
        query = sa.select(deliveries.c.delivery).where(*self._seen(deliveries))
        query = query.order_by(deliveries.c.no.desc()).limit(wanted.limit)
        for column, value in (
            (deliveries.c.account, wanted.account_id),
            (deliveries.c.provider, wanted.provider),
            (deliveries.c.state, wanted.state),
            (deliveries.c.message, wanted.message_id),
        ):
            if value:
                query = query.where(column == value)
        return await self._deliveries(older_than(query, deliveries, wanted.before))

    async def counts(self, since: datetime | None = None) -> list[DeliveryCount]:
        """Return how many deliveries each account has in each state, by default of all times."""
        keys = (deliveries.c.provider, deliveries.c.account, deliveries.c.state)
        query = sa.select(*keys, sa.func.count().label("count")).where(*self._seen(deliveries))
        query = query.group_by(*keys).order_by(*keys)
        if since is not None:
            query = query.where(deliveries.c.sent_at >= microseconds(since))
        found = await self._database.read(lambda connection: connection.execute(query).all())
        return [
            DeliveryCount(provider=one.provider, account_id=one.account, state=one.state, count=one[3])
            for one in found
        ]

    async def sender_counts(self, account_id: str) -> dict[str, int]:
        """Return how many deliveries went out from each sender of an account."""
        query = (
            sa.select(deliveries.c.sender, sa.func.count())
            .where(deliveries.c.account == account_id, *self._seen(deliveries))
            .group_by(deliveries.c.sender)
        )
        found = await self._database.read(lambda connection: connection.execute(query).all())
        return {str(one[0]): int(one[1]) for one in found}

    async def steps(self, id: str) -> list[Step]:
        """Return a delivery's steps, the first one first, as they came in."""
        no = (await self._row(id)).no
        query = sa.select(steps.c.step).where(steps.c.delivery == no).order_by(steps.c.no)
        found = await self._database.read(lambda connection: connection.scalars(query).all())
        return [Step.model_validate_json(text) for text in found]

    async def by_provider_id(self, account_id: str, provider_id: str) -> list[Delivery]:
        """Return the deliveries of an account that the provider gave this id; none for an empty one."""
        if not provider_id:
            return []
        return await self._deliveries(
            sa.select(deliveries.c.delivery)
            .where(deliveries.c.account == account_id, deliveries.c.provider_id == provider_id)
            .order_by(deliveries.c.no)
        )

    async def by_tag(self, account_id: str, tag: str, number: str = "") -> list[Delivery]:
        """Return the deliveries of an account that went out with this tag and that the provider has not named yet.

        ``number`` is the salted digest of the recipient's number, where a report names it.
        """
        if not tag:
            return []
        query = sa.select(deliveries.c.delivery).where(
            deliveries.c.account == account_id, deliveries.c.tag == tag, deliveries.c.provider_id == ""
        )
        if number:
            query = query.where(deliveries.c.number == number)
        return await self._deliveries(query.order_by(deliveries.c.no))

    async def number_of(self, id: str) -> str:
        """Return the salted digest of a delivery's number."""
        return str((await self._row(id)).number)

    async def sealed_number(self, id: str) -> str:
        """Return a delivery's number as it was sealed."""
        return str((await self._row(id)).sealed)

    async def step(self, id: str, step: Step, **changes: Any) -> Delivery:
        """Add a step to a delivery and return it: its state goes forward only, other fields (``provider_id``, ``price``) as given.

        A ``send`` that ended in ``unknown`` says nothing of the state: a report may still tell it. Callbacks that came before the message's
        ``provider_id`` was known are worked on now.
        """
        report = DeliveryReport(
            provider_id="", state=step.state, raw_state=str(changes.pop("raw_state", "")), code=step.code, words=step.words,
            at=step.provider_at or step.at,
        )  # fmt: skip
        reason = changes.pop("reason", None)
        says_nothing = step.origin == "send" and step.state == "unknown"

        def work(connection: sa.Connection) -> Delivery:
            row = _locked(connection, id)
            delivery = delivery_of(row).model_copy(update=changes)
            evidence, late = evidence_of(row), False
            if not says_nothing:
                evidence, _, late = heard(evidence, report, segments=delivery.segments, reason=reason)
            new_step.run(connection, [(row.no, _digest_of_step(report, step), _step_text(step, late))])
            return _save(connection, row.no, _told(delivery, evidence, self._clock.now()), evidence)

        changed = await self._database.write(work)
        if changes.get("provider_id"):
            await self._now_known([(changed.account_id, changed.provider_id)])
        return changed

    async def report(
        self,
        id: str,
        report: DeliveryReport,
        at: datetime,
        *,
        origin: Origin = "report",
        reason: Sentence | None = None,
    ) -> Stepped:
        """Let a delivery have a report, whose texts are masked; return what it did. The same one again has no second effect.

        A delivery that the provider had not named yet gets the report's ``provider_id``.
        """

        def work(connection: sa.Connection) -> Stepped:
            row = _locked(connection, id)
            delivery = delivery_of(row)
            moved = heard(evidence_of(row), report, segments=delivery.segments, reason=reason)
            step = Step(
                at=at, provider_at=report.at, state=report.state, origin=origin, code=report.code, words=report.words or report.raw_state
            )  # fmt: skip
            text = _step_text(step, moved.late)
            is_new = new_step.run(connection, [(row.no, _digest_of_report(report), text)]) == 1
            if not is_new:
                return Stepped(delivery, delivery.state, moved.late, True)
            named = {"reported": True, "provider_id": delivery.provider_id or report.provider_id}
            told = _told(delivery.model_copy(update=named), moved.evidence, at)
            return Stepped(_save(connection, row.no, told, moved.evidence), delivery.state, moved.late, False)

        return await self._database.write(work)

    # ------------------------------------------------------------------------------------------------------------------

    async def _row(self, id: str) -> sa.Row[Any]:
        query = sa.select(deliveries).where(deliveries.c.id == id, *self._seen(deliveries))
        return row_found(await self._database.read(lambda connection: connection.execute(query).first()))

    async def _deliveries(self, query: sa.Select[Any]) -> list[Delivery]:
        return await self._database.read(
            lambda connection: [delivery_of(row) for row in connection.execute(query)]
        )


def _row(item: NewDelivery, unit: str) -> dict[str, Any]:
    one = item.delivery
    evidence = Evidence() if one.state == "unknown" else Evidence(whole=one.state)
    return {
        "id": one.id, "account": one.account_id, "provider": one.provider, "provider_id": one.provider_id, "message": one.message_id,
        "tag": one.tag, "sender": storable(one.sender), "state": one.state, "sent_at": microseconds(one.sent_at),
        "number": item.number, "sealed": item.sealed, "delivery": json_of(one), "evidence": json_of(evidence),
        "unit": unit,
    }  # fmt: skip


def _locked(connection: sa.Connection, id: str) -> sa.Row[Any]:
    """Return a delivery's row, and let nobody else change it before this transaction ends."""
    row = row_found(
        connection.execute(sa.select(deliveries).where(deliveries.c.id == id).with_for_update()).first()
    )
    return row_found(row if seeing.check_change(connection, deliveries, deliveries.c.no == row.no) else None)


def _told(delivery: Delivery, evidence: Evidence, at: datetime) -> Delivery:
    """Return a delivery as the evidence tells it. Its price may come with any report."""
    state = state_of(evidence, delivery.segments)
    said = said_of(evidence, state)
    told: dict[str, Any] = {
        "state": state,
        "raw_state": said.raw_state,
        "code": said.code,
        "reason": said.reason,
    }
    if said.price:
        told.update(price=said.price, currency=said.currency)
    return delivery.model_copy(update={**told, "changed_at": at})


def _save(connection: sa.Connection, no: int, delivery: Delivery, evidence: Evidence) -> Delivery:
    values = {
        "state": delivery.state, "provider_id": delivery.provider_id, "tag": delivery.tag,
        "sent_at": microseconds(delivery.sent_at), "delivery": json_of(delivery), "evidence": json_of(evidence),
    }  # fmt: skip
    connection.execute(sa.update(deliveries).where(deliveries.c.no == no).values(values))
    return delivery


def _step_text(step: Step, late: bool) -> str:
    return json_of(step.model_copy(update={"late": late}))


def _digest_of_report(report: DeliveryReport) -> str:
    """Return what two reports share that say the same."""
    at = report.at.isoformat() if report.at else ""
    return _digest("report", report.state, report.raw_state, report.code, report.words, report.part, at)


def _digest_of_step(report: DeliveryReport, step: Step) -> str:
    return _digest(step.origin, step.state, report.raw_state, step.code, step.words, step.at.isoformat())


def _digest(*values: str) -> str:
    told = json.dumps(values).encode("utf-8", "surrogatepass")
    return blake2b(told, digest_size=16).hexdigest()
