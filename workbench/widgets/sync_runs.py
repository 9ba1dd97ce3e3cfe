"""SYNC RUNS: the part of the page where tables go to a shop's platform, by single calls or by imports, with what became of each row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from workbench.models.run import Run
from workbench.models.work import Progress
from workbench.sentence import N_

from .page import Frame
from .runs import RunBoard
from .runs_face import RunFace
from .runs_form import RunForm
from .runs_words import run_row
from .sync_remote import RemoteImports
from .sync_runs_face import SyncFace
from .sync_runs_new import NewSync
from .sync_words import way_of

__all__ = ["SyncRuns"]


class SyncRuns(RunBoard):
    """The syncs, their form and the one that is open; and the imports that the platform itself lists."""

    KIND: ClassVar[Literal["messages", "sync"]] = "sync"
    TITLE: ClassVar[str] = N_("Syncs")
    ABOUT: ClassVar[str] = N_(
        "A table of contacts, products, purchases or coupons that goes to a shop's platform."
    )
    EMPTY: ClassVar[str] = N_("Nothing was synced yet. Begin with a new sync.")
    NEW: ClassVar[str] = N_("New sync")
    COLUMNS: ClassVar[list[Mapping[str, str]]] = [
        {"key": "title", "label": N_("Sync"), "kind": "strong"},
        {"key": "what", "label": N_("What and how")},
        {"key": "shop", "label": N_("Shop")},
        {"key": "state", "label": N_("State")},
        {"key": "counts", "label": N_("Rows")},
        {"key": "made", "label": N_("Made (UTC)"), "kind": "muted"},
    ]

    def __init__(self, frame: Frame) -> None:
        super().__init__(frame)
        self.names: dict[str, str] = {}
        self.remote = RemoteImports(frame)
        self.widget.children = (*self.widget.children, self.remote.widget)

    async def refresh(self) -> None:
        """Read the syncs anew, and the one that is open."""
        shops = list(await self.frame.bench.shops.list())
        self.names = {shop.id: shop.name for shop in shops}
        self.remote.offer(shops)
        await super().refresh()

    async def _form_of(self, run: Run | None, place: str) -> RunForm:
        shops = list(await self.frame.bench.shops.list())
        form = NewSync(self.frame, shops, self._made, self._closed, run)
        await form.open(place)
        return form

    def _face_of(self, run: Run) -> RunFace:
        return SyncFace(self.frame, run, self._read, self.edit, self._gone, self._made)

    def _row_of(self, run: Run, job: Progress | None) -> dict[str, Any]:
        row = run_row(run, job)
        sync = run.plan.sync
        assert sync is not None, "only syncs are listed here"
        return row | {"what": way_of(sync), "shop": self.names.get(sync.shop_id, sync.shop_id)}
