"""NEWSLETTER LOG TABLES: the calls that came in, masked; and by a salted digest what was last heard of each person."""

from __future__ import annotations

from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from workbench.models.shop import NewsletterCall

from .database import Big, Id, Schema
from .statement import Statement

_tables = sa.MetaData()

calls = sa.Table(
    "workbench_newsletter_calls",
    _tables,
    sa.Column("no", Big, primary_key=True),
    sa.Column("id", Id, nullable=False, unique=True),
    sa.Column("shop", Id, nullable=False),
    sa.Column("call", sa.Text, nullable=False),  # the noun, as JSON
    sa.Index("workbench_newsletter_of_shop", "shop", "no"),
)
people = sa.Table(
    "workbench_newsletter_people",
    _tables,
    sa.Column("shop", Id, primary_key=True),
    sa.Column("person", Id, primary_key=True),
    sa.Column("what", sa.Text, nullable=False),
    sa.Column("turns", sa.BigInteger, nullable=False),  # how often it has changed
)
SCHEMA: Final = Schema("newsletter", _tables)

new_person = Statement(
    lambda kind: (sqlite if kind == "sqlite" else postgresql).insert(people).on_conflict_do_nothing(),
    "shop", "person", "what", "turns",
)  # fmt: skip


def call_of(row: sa.Row[Any]) -> NewsletterCall:
    """Return a kept call."""
    return NewsletterCall.model_validate_json(row.call)
