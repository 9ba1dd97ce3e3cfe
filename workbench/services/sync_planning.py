"""Sync planning: what a sync would take, before anything of it is there: calls, time, files, the better way and the break-even."""

from __future__ import annotations

from workbench.engine.sync_planner import estimate
from workbench.models.sync_estimate import SyncAsk, SyncEstimate
from workbench.providers import platform

from .roles import viewer


class SyncPlanning:
    """Figures from counts alone: nothing is read, kept or sent."""

    @viewer
    async def estimate(self, ask: SyncAsk) -> SyncEstimate:
        """Return the plan for so many rows. Raises NotFound for a platform that nobody declares."""
        return estimate(platform(ask.platform), ask)
