"""Shop jobs: which jobs work for a shop, whether by single calls or by files; their spec holds the shop as it was."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

from workbench.models.base import JsonValue
from workbench.models.request import Mode
from workbench.models.work import Job, JobFilter

from .house import House

MOST_LIVE: Final = 500


def shop_of(spec: Mapping[str, JsonValue]) -> str:
    """Return the id of the shop that a job works for by its spec; an empty text for a job of another kind."""
    shop = spec.get("shop")
    return str(shop.get("id") or "") if isinstance(shop, Mapping) else ""


async def live_jobs(house: House, shop_id: str, modes: Collection[Mode]) -> list[Job]:
    """Return the jobs for a shop, in these modes, that are not at their end."""
    found = [progress.job for progress in await house.ledger.jobs(JobFilter(live=True, limit=MOST_LIVE))]
    return [job for job in found if shop_of(job.spec) == shop_id and job.mode in modes]
