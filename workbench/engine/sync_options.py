"""SYNC OPTIONS: what contradicts itself in how a table is to go to the platform, before any row of it is looked at."""

from __future__ import annotations

from collections.abc import Sequence

from workbench.models.base import Problem
from workbench.models.sync import SyncPlan
from workbench.models.sync_platform import SyncPlatform
from workbench.sentence import say

from .strict_json import clip
from .sync_calls import check_import


def check_plan(platform: SyncPlatform, sync: SyncPlan) -> tuple[Problem, ...]:
    """Return what contradicts itself in a plan's options."""
    found = list(check_import(platform, sync) if sync.how == "import" else _check_single(sync))
    if sync.how == "import" and sync.by != "email" and sync.entity == "contact":
        found.append(Problem(field="by", sentence=say(
            "An import knows contacts by their e-mail address alone. Choose the address, or send them one by one."
        )))  # fmt: skip
    if sync.proof and (sync.entity != "contact" or len(sync.proof) != 2):
        found.append(Problem(field="proof", sentence=say(
            "A proof of consent is two columns of a table of contacts: where the contact agreed, and when. Name both, or none."
        )))  # fmt: skip
    return tuple(found)


def check_proof(sync: SyncPlan, columns: Sequence[str]) -> tuple[Problem, ...]:
    """Return which columns of the proof a table does not have."""
    return tuple(
        Problem(field="proof", sentence=say("The table has no column “{column}”. Choose another one.", column=clip(name)))
        for name in sync.proof
        if name not in columns
    )  # fmt: skip


def _check_single(sync: SyncPlan) -> tuple[Problem, ...]:
    found: list[Problem] = []
    if sync.entity == "coupon":
        found.append(Problem(field="entity", sentence=say("Coupons only go by import. Choose “import”.")))
    elif sync.coupon_set_id.strip():
        sentence = say("A coupon set is for coupons alone. Leave it empty here.")
        found.append(Problem(field="coupon_set_id", sentence=sentence))
    if sync.update_only_empty or not sync.override_existing:
        found.append(Problem(field="override_existing", sentence=say(
            "A single call always writes the fields that it names. Leave the options for existing records as they are, or choose “import”."
        )))  # fmt: skip
    return tuple(found)
