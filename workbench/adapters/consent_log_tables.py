"""CONSENT LOG TABLES: how consent events, what stands of them, and the texts that a person has to look at are kept.

A contact point is known by a salted digest. As it was written it is in ``sealed`` alone, with the words that came with it; the key to all
of them lies here too, itself sealed by the vault. ``standing`` is a cache of the fold: it can be made anew of the events.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

import sqlalchemy as sa

from workbench.models.base import AnyNoun
from workbench.models.consent import ConsentEvent, Review

from .database import Id, Schema, microseconds, storable

_tables = sa.MetaData()

events = sa.Table(
    "workbench_consent_events",
    _tables,
    sa.Column("no", sa.Integer, primary_key=True),
    sa.Column("id", Id, nullable=False, unique=True),
    sa.Column("once", Id, unique=True),  # none where it may come again
    sa.Column("digest", Id, nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False, index=True),  # all times are microseconds since 1970
    sa.Column("channel", sa.Text, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("sealed", sa.Text, nullable=False),
    sa.Column("event", sa.Text, nullable=False),
    sa.Index("workbench_consent_events_point", "digest", "no"),
)
standing = sa.Table(
    "workbench_consent_standing",
    _tables,
    sa.Column("digest", Id, primary_key=True),
    sa.Column("no", sa.Integer, primary_key=True, autoincrement=False),
    sa.Index("workbench_consent_standing_event", "no"),
)
reviews = sa.Table(
    "workbench_consent_reviews",
    _tables,
    sa.Column("no", sa.Integer, primary_key=True),
    sa.Column("id", Id, nullable=False, unique=True),
    sa.Column("once", Id, unique=True),
    sa.Column("done", sa.Text, nullable=False),
    sa.Column("sealed", sa.Text, nullable=False),
    sa.Column("review", sa.Text, nullable=False),
)
keys = sa.Table(
    "workbench_consent_keys",
    _tables,
    sa.Column("no", sa.Integer, primary_key=True),
    sa.Column("sealed", sa.Text, nullable=False),
)

SCHEMA: Final = Schema("consent", _tables)


@dataclass(frozen=True, slots=True)
class KeptEvent:
    """A consent event as it is kept: ``digest`` stands for its contact point, ``sealed`` holds point and words.

    ``event`` has its point masked, and no words. ``once`` is what it may come by one time only, such as an inbound message's id.
    """

    event: ConsentEvent
    digest: str
    sealed: str = field(repr=False)
    once: str = ""


@dataclass(frozen=True, slots=True)
class KeptReview:
    """A text that a person has to look at, as it is kept: ``review`` has its point masked, and no words."""

    review: Review
    sealed: str = field(repr=False)
    once: str = ""


def event_values(kept: KeptEvent) -> dict[str, Any]:
    """Return an event's row."""
    event = _storable(kept.event)
    return {
        "id": event.id, "once": storable(kept.once) or None, "digest": kept.digest, "at": microseconds(event.at), "channel": event.channel,
        "status": event.status, "source": event.source, "sealed": kept.sealed, "event": event.model_dump_json(),
    }  # fmt: skip


def event_of(row: sa.Row[Any]) -> KeptEvent:
    """Return the event of a row with ``event``, ``digest`` and ``sealed``."""
    return KeptEvent(ConsentEvent.model_validate_json(row.event), row.digest, row.sealed)


def review_values(kept: KeptReview) -> dict[str, Any]:
    """Return a review's row."""
    return {
        "id": kept.review.id, "once": storable(kept.once) or None, "done": kept.review.done, "sealed": kept.sealed,
        "review": _storable(kept.review).model_dump_json(),
    }  # fmt: skip


def review_of(row: sa.Row[Any]) -> KeptReview:
    """Return the review of a whole row."""
    review = Review.model_validate_json(row.review).model_copy(update={"done": row.done})
    return KeptReview(review, row.sealed)


def _storable(noun: AnyNoun) -> AnyNoun:
    """Return a noun whose texts every database takes: providers send halves of characters too."""
    texts = {name: storable(value) for name, value in noun if isinstance(value, str)}
    return noun.model_copy(update=texts)
