"""A room for tests of syncs: a workbench with a shop, and the services of a sync made of its doors."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from workbench import Workbench
from workbench.models.run import Mapped, Run, RunPlan
from workbench.models.shop import Shop, ShopSettings
from workbench.models.sync import SyncPlan
from workbench.models.work import JobConfirmation, Progress
from workbench.sandbox.app import Sandbox
from workbench.services.consent import Consent
from workbench.services.run_look import SyncLooks
from workbench.services.runs import Runs
from workbench.services.shops import Shops
from workbench.services.sync import Sync
from workbench.services.sync_looking import SyncDoors
from workbench.services.work import Work

ENVIRON = {"WORKBENCH_KEYRING": "off"}
API_KEY = "pl4ntedKeyOfTheShop221:pl4ntedSecretOfShop22x"
"""A key in the form of the platform's: it must be seen nowhere."""
SITE = "https://shop.example"


@dataclass
class Room:
    """A workbench and what a sync needs."""

    bench: Workbench
    shops: Shops
    consent: Consent
    doors: SyncDoors
    looks: SyncLooks
    work: Work
    runs: Runs
    sync: Sync
    shop: Shop

    async def planned(self, rows: str | list[dict[str, Any]], entity: str = "contact", **more: Any) -> Run:
        """Plan a sync of rows: CSV, or objects for JSON lines. Every column fills the field of its name."""
        text = rows if isinstance(rows, str) else "".join(orjson.dumps(row).decode() + "\n" for row in rows)
        table = await self.runs.paste(text)
        options = {key: more.pop(key) for key in list(more) if key in SyncPlan.model_fields}
        sync = SyncPlan.model_validate({"shop_id": self.shop.id, "entity": entity, **options})
        known = {target.key for target in await self.looks.targets(sync)}
        mapping = tuple(Mapped(target=name, column=name) for name in table.columns if name in known)
        plan = RunPlan.model_validate({"table_id": table.id, "sync": sync, "mapping": mapping, **more})
        return await self.runs.plan(plan)

    async def looked(self, rows: str | list[dict[str, Any]], entity: str = "contact", **more: Any) -> Run:
        """Plan a sync and let its rows be looked through."""
        run = await self.planned(rows, entity, **more)
        await self.runs.check(run.id)
        return await self.runs.wait(run.id)

    async def done(self, run: Run) -> Progress:
        """Start a run, and return its job once nobody works on it any more."""
        assert run.preflight is not None
        host = await self.runs.host(run.id)
        run = await self.runs.start(run.id, JobConfirmation(host=host, rows=run.preflight.ready))
        run = await self.runs.wait(run.id)
        return await self.ended(run)

    async def ended(self, run: Run) -> Progress:
        """Return a run's job once it is at its end, or has to be resumed."""
        assert run.job_id is not None
        async with asyncio.timeout(30):
            while True:
                progress = await self.work.job(run.job_id)
                if progress.job.state in ("done", "stopped", "cancelled", "paused"):
                    await self.work.crew.wait(run.job_id)
                    return progress
                await asyncio.sleep(0.005)

    async def sent(self, rows: str | list[dict[str, Any]], entity: str = "contact", **more: Any) -> Run:
        """Bring rows to the platform, and return the run; all its rows are at their end."""
        run = await self.looked(rows, entity, **more)
        await self.done(run)
        return await self.runs.get(run.id)


async def shop_of(bench: Workbench, shops: Shops, **more: Any) -> Shop:
    """Save a shop whose key is in the vault."""
    key = bench.house.vault.seal_text(API_KEY)
    settings = ShopSettings(
        name="Example shop", api_key=key, site=SITE, domains=("shop.example",)
    ).model_copy(update=more)
    return await shops.save(settings)


async def room_of(bench: Workbench, **more: Any) -> Room:
    """Return a room in an embedded workbench, with a new shop."""
    sync, shops = bench.sync, bench.shops
    shop = await shop_of(bench, shops, **more)
    return Room(bench, shops, bench.consent, sync.doors, sync.looks, bench.work, bench.runs, sync, shop)


@asynccontextmanager
async def sync_room(home: Path, sandbox: Sandbox | None = None, **more: Any) -> AsyncIterator[Room]:
    """Give a room; ``more`` are settings of its shop. A rehearsal."""
    async with Workbench.open(home, sandbox=sandbox or Sandbox(), environ=ENVIRON) as bench:
        yield await room_of(bench, **more)


def purchase(number: int, email: str = "ana@example.com", **more: Any) -> dict[str, Any]:
    """Return a purchase of two products, right in every rule."""
    return {
        "purchaseId": f"P-{number}", "cartId": f"C-{number}", "contactEmail": email, "purchaseDate": "2026-01-10T12:00:00Z",
        "totalQuantity": 3, "totalPrice": 60.3, "paymentMethod": "card",
        "products": [line("A-1", 2, "20.10"), line("B-2", 1, "20.10")], **more,
    }  # fmt: skip


def line(id: str, quantity: int, unit_price: str) -> dict[str, Any]:
    """Return a line of a purchase, its product described whole."""
    price = round(quantity * float(unit_price), 2)
    return {**product(id), "unitPrice": float(unit_price), "quantity": quantity, "price": price}


def product(id: str, **more: Any) -> dict[str, Any]:
    """Return a product that is right in every rule."""
    return {
        "productId": id,
        "name": f"Product {id}",
        "productDetailUrl": f"{SITE}/p/{id}",
        "unitPrice": 20.1,
        **more,
    }
