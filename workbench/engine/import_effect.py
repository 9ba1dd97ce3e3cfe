"""IMPORT EFFECT: what an import's options make of a record that exists already (R-SYNC-30)."""

from __future__ import annotations

from collections.abc import Mapping

from workbench.models.base import JsonValue
from workbench.models.sync import BeforeAfter, SyncPlan
from workbench.sentence import Sentence, say

from .shop_moments import moment_of
from .shop_reading import is_blank
from .sync_diff import same


def effect(
    before: Mapping[str, JsonValue], row: Mapping[str, JsonValue], sync: SyncPlan, *, key: str = ""
) -> BeforeAfter:
    """Return each field of ``row`` (a record's body) before, in the file, and after. No ``before`` (empty): the record is new.

    A field that the row does not hold, or holds blank, stays as it is: it is no row of the table.
    """
    fields = []
    for name, given in row.items():
        if is_blank(given):
            continue
        now = before.get(name)
        after = given if not before or _written(now, sync) else now
        fields.append((name, now, given, after))
    return BeforeAfter(key=key, fields=tuple(fields))


def _written(now: JsonValue, sync: SyncPlan) -> bool:
    """Return whether a value of a record that exists is written over."""
    if sync.how == "single":
        return True
    return sync.override_existing and (is_blank(now) or not sync.update_only_empty)


def changes(found: BeforeAfter) -> tuple[str, ...]:
    """Return the fields that are another value afterwards."""
    return tuple(name for name, before, _, after in found.fields if not _alike(before, after))


def _alike(first: JsonValue, second: JsonValue) -> bool:
    """Return whether two values are the same, or the same moment in two spellings."""
    if same(first, second) or (is_blank(first) and is_blank(second)):
        return True
    if type(first) is str and type(second) is str:
        one, other = moment_of(first), moment_of(second)
        return one is not None and one == other
    return False


def option_told(sync: SyncPlan) -> Sentence:
    """Return what the options of an import do to records that exist, in one sentence."""
    if sync.how == "single":
        return say("Each field that a row holds is written over what the platform has.")
    if not sync.override_existing:
        return say("Records that exist stay as they are; only new ones are created.")
    if sync.update_only_empty:
        return say("Of records that exist only empty fields are filled; what they hold stays.")
    return say("Each field that a row holds is written over what existing records have.")
