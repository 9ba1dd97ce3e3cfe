"""DELIVERIES TABLES: how deliveries, their steps and the providers' callbacks are kept.

No number and no text stands here plainly: a recipient's number is a salted digest and sealed, a call is sealed whole, and what is shown of
it was masked before it came here.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Final

import sqlalchemy as sa
from pydantic_core import PydanticSerializationError, ValidationError
from sqlalchemy.dialects import postgresql, sqlite

from workbench.engine.delivery_states import Evidence
from workbench.models.base import Noun
from workbench.models.callback import ReceivedCallback
from workbench.models.message import Delivery
from workbench.sentence import say

from . import seeing
from .database import Id, Schema, moment
from .statement import Statement

_tables = sa.MetaData()

deliveries = sa.Table(
    "workbench_deliveries",
    _tables,
    sa.Column("no", sa.Integer, primary_key=True),
    sa.Column("id", Id, nullable=False, unique=True),
    sa.Column("account", Id, nullable=False),
    sa.Column("provider", sa.Text, nullable=False),
    sa.Column("provider_id", Id, nullable=False),  # empty until the provider named it
    sa.Column("message", Id, nullable=False),
    sa.Column("tag", Id, nullable=False),
    sa.Column("sender", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("sent_at", sa.BigInteger, nullable=False),  # all times are microseconds since 1970
    sa.Column("number", sa.Text, nullable=False),  # a digest
    sa.Column("sealed", sa.Text, nullable=False),  # the number
    sa.Column("delivery", sa.Text, nullable=False),
    sa.Column("evidence", sa.Text, nullable=False),
    seeing.column(),
    sa.Index("workbench_deliveries_named", "account", "provider_id"),
    sa.Index("workbench_deliveries_tagged", "account", "tag"),
    sa.Index("workbench_deliveries_message", "message"),
    sa.Index("workbench_deliveries_counted", "provider", "account", "state", "sent_at"),
)
steps = sa.Table(
    "workbench_delivery_steps",
    _tables,
    sa.Column("no", sa.Integer, primary_key=True),
    sa.Column("delivery", sa.Integer, nullable=False),
    sa.Column("digest", sa.Text, nullable=False),
    sa.Column("step", sa.Text, nullable=False),
    sa.UniqueConstraint("delivery", "digest"),
)
callbacks = sa.Table(
    "workbench_callbacks",
    _tables,
    sa.Column("no", sa.Integer, primary_key=True),
    sa.Column("id", Id, nullable=False, unique=True),
    sa.Column("digest", Id, nullable=False, unique=True),
    sa.Column("account", Id, nullable=False),
    sa.Column("provider", sa.Text, nullable=False),
    sa.Column("genuine", sa.Text, nullable=False),
    sa.Column("kinds", sa.Text, nullable=False),  # " report inbound "
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("done", sa.Boolean, nullable=False),
    sa.Column("duplicates", sa.Integer, nullable=False, server_default="0"),
    sa.Column("sealed", sa.Text),  # none when nothing of it is kept, or no more
    sa.Column("callback", sa.Text, nullable=False),
    seeing.column(),
    sa.Index("workbench_callbacks_at", "at"),
)
_is_undone = callbacks.c.done.is_(sa.false())
sa.Index("workbench_callbacks_undone", callbacks.c.no, sqlite_where=_is_undone, postgresql_where=_is_undone)
waiting = sa.Table(
    "workbench_callbacks_waiting",
    _tables,
    sa.Column("callback", Id, primary_key=True),
    sa.Column("account", Id, primary_key=True),
    sa.Column("provider_id", Id, primary_key=True),
    sa.Index("workbench_callbacks_waiting_for", "account", "provider_id"),
)
_indexes = (
    seeing.index("workbench_deliveries_unit", deliveries, deliveries.c.no),
    seeing.index("workbench_callbacks_unit", callbacks, callbacks.c.no),
)


def _add_units(connection: sa.Connection) -> None:
    for table, one in zip((deliveries, callbacks), _indexes, strict=True):
        seeing.add_column(connection, table, one)


SCHEMA: Final = Schema("sms_deliveries", _tables, {1: _add_units})

_KEPT = (
    "id",
    "digest",
    "account",
    "provider",
    "genuine",
    "kinds",
    "at",
    "done",
    "sealed",
    "callback",
    "unit",
)
new_callback = Statement(
    lambda kind: (
        (sqlite if kind == "sqlite" else postgresql)
        .insert(callbacks)
        .on_conflict_do_nothing(index_elements=["digest"])
    ),
    *_KEPT,
)
new_step = Statement(
    lambda kind: (
        (sqlite if kind == "sqlite" else postgresql)
        .insert(steps)
        .on_conflict_do_nothing(index_elements=["delivery", "digest"])
    ),
    "delivery", "digest", "step",
)  # fmt: skip
new_waiting = Statement(
    lambda kind: (sqlite if kind == "sqlite" else postgresql).insert(waiting).on_conflict_do_nothing(),
    "callback", "account", "provider_id",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class NewDelivery:
    """A delivery before its request goes. ``number`` is the salted digest of the recipient's number, ``sealed`` the number, sealed."""

    delivery: Delivery
    number: str = field(default="", repr=False)
    sealed: str = field(default="", repr=False)


def delivery_of(kept: sa.Row[Any]) -> Delivery:
    """Return the delivery of a row of its table."""
    return Delivery.model_validate_json(kept.delivery)


def evidence_of(kept: sa.Row[Any]) -> Evidence:
    """Return what was said of a delivery so far."""
    return Evidence.model_validate_json(kept.evidence)


def callback_of(kept: sa.Row[Any]) -> ReceivedCallback:
    """Return the callback of a row of its table; of one that was changed by another hand, what its columns tell."""
    try:
        found = ReceivedCallback.model_validate_json(kept.callback)
    except ValidationError:
        found = _rest_of(kept)
    return found.model_copy(update={"duplicate": True}) if kept.duplicates else found


def _rest_of(kept: sa.Row[Any]) -> ReceivedCallback:
    """Return what is known of a call without what was written of it: the sealed call may still be worked on. Its ``status`` is 0."""
    return ReceivedCallback(
        id=kept.id, at=moment(kept.at), account_id=kept.account, provider=kept.provider, genuine=kept.genuine,
        route="inbound" if " inbound " in kept.kinds else "delivery", status=0,
        effects=(say("What was written of this call was changed outside the workbench and cannot be read."),),
    )  # fmt: skip


def kinds_of(callback: ReceivedCallback) -> str:
    """Return what a callback held, as it is searched for."""
    return " ".join(["", *sorted({item.kind for item in callback.items}), ""])


def json_of(noun: Noun) -> str:
    """Return a noun as it is kept. Half a character, which no one can write, becomes a question mark."""
    try:
        return noun.model_dump_json()
    except PydanticSerializationError:
        value = noun.model_dump(mode="json", warnings=False)
        return json.dumps(value, ensure_ascii=False).encode("utf-8", "replace").decode()
