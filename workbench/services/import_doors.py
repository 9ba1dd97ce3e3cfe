"""IMPORT DOORS: what imports are looked at, done and read with: a sync's doors, the store of parts, and the work they go through."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .sync_looking import SyncDoors

if TYPE_CHECKING:  # a page that connects reads the services' signatures, and loads no door
    from workbench.adapters.import_store import ImportStore
    from workbench.adapters.run_store import RunStore

    from .work import Work


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportDoors(SyncDoors):
    """``imports`` keeps parts and refused rows, ``rows`` the runs and what of their rows was mended or left out.

    ``work`` begins jobs: only who starts runs needs it, for the crew, which does jobs, is there before it.
    """

    imports: ImportStore
    rows: RunStore
    work: Work | None = None
