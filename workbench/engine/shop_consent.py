"""SHOP CONSENT: who unsubscribed is not subscribed again in bulk without a proof (R-SYNC-29)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final, NamedTuple

from workbench.models.base import JsonValue, Problem
from workbench.models.sync import SyncPlan
from workbench.sentence import say

from .event_findings import problem, shown
from .shop_moments import moment_of
from .shop_reading import is_blank
from .shop_records import Record
from .strict_json import clip

EMAIL_STATUS: Final = "_newsletterSubscriptionStatus"
SMS_STATUS: Final = "_smsSubscriptionStatus"
STATUSES: Final = (EMAIL_STATUS, SMS_STATUS)
"""The fields that say whether somebody is subscribed: to messages by e-mail, and by SMS."""


class Proof(NamedTuple):
    """Where and when a contact agreed, as the row says; ``problems`` say what lacks."""

    source: str = ""
    at: datetime | None = None
    problems: tuple[Problem, ...] = ()

    @property
    def given(self) -> bool:
        """Whether source and time are there."""
        return bool(self.source) and self.at is not None


def raises(record: Record) -> tuple[str, ...]:
    """Return the fields by which a record subscribes somebody."""
    return tuple(field for field in STATUSES if record.body.get(field) == "subscribed")


def overwrites(sync: SyncPlan) -> bool:
    """Return whether a sync can write over a status that the platform has."""
    return sync.how == "single" or (sync.override_existing and not sync.update_only_empty)


def proof_of(cells: Mapping[str, JsonValue], sync: SyncPlan, now: datetime) -> Proof:
    """Return the proof in a row's columns of ``sync.proof`` (source and time, in either order).

    A time needs its zone, or is a day alone, and lies not after ``now`` (aware).
    """
    source, at, problems = "", None, list[Problem]()
    for column in sync.proof:
        value = cells.get(column)
        if is_blank(value):
            problems.append(
                problem(
                    column,
                    say("“{column}” is empty, so there is no proof. Fill it in.", column=clip(column)),
                    "warning",
                )
            )
            continue
        found = moment_of(value) if at is None else None
        if found is None:
            source = source or str(value).strip()
        elif found > now:
            problems.append(problem(column, say(
                "“{column}” lies in the future, so it proves nothing. Check the date and its zone.", column=clip(column)
            ), "warning"))  # fmt: skip
        else:
            at = found
    if sync.proof and at is None and not problems:
        problems.append(problem(sync.proof[-1], say(
            "No column of the proof holds a time. Write it like {example}, with its zone.", example="2026-03-01T09:30:00Z"
        ), "warning"))  # fmt: skip
    return Proof(source, at, tuple(problems))


def guarded(
    record: Record, before: Mapping[str, str] | None, proof: Proof, sync: SyncPlan | None = None
) -> tuple[Problem, ...]:
    """Return what keeps a record back (errors) or is to be told (warnings) of whom it subscribes.

    ``before`` maps a field to the status known here or at the platform. None is a contact of whom nothing is known: with ``sync``, who may
    have unsubscribed is not written over either. A whole proof lets the row pass, with a warning where ``before`` says otherwise: that is
    the conflict that has to be listed.
    """
    found: list[Problem] = []
    for field in raises(record):
        status = "" if before is None else before.get(field, "")
        if status == "unsubscribed":
            found.append(_proven(field, proof) if proof.given else _unsubscribed(field))
        elif before is None and sync is not None and overwrites(sync) and not proof.given:
            found.append(_unknown(field))
    return tuple(found) if not found or proof.given else (*found, *proof.problems)


def _unsubscribed(field: str) -> Problem:
    return problem(field, say(
        "The row subscribes a contact who has unsubscribed. Leave it out, or name the columns that prove where and when the contact agreed "
        "again."
    ))  # fmt: skip


def _unknown(field: str) -> Problem:
    return problem(field, say(
        "The row subscribes a contact who may have unsubscribed at the platform. Name the columns that prove where and when contacts "
        "agreed, leave “{field}” out, or do not write over existing contacts.",
        field=field,
    ))  # fmt: skip


def _proven(field: str, proof: Proof) -> Problem:
    assert proof.at is not None, "a given proof has its time"
    return problem(field, say(
        "The contact had unsubscribed, and the row proves a new consent of {date} from “{source}”. It goes out; see that it is right.",
        date=proof.at.date().isoformat(), source=shown(proof.source),
    ), "warning")  # fmt: skip
