"""SYNC ONE SAMPLES: an example of each record, so that the page shows at once what goes out."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from workbench.models.base import JsonValue
from workbench.models.shop import ShopSettings
from workbench.models.sync_platform import Entity

__all__ = ["sample_of"]

EMAIL: Final = "ana.lima@example.com"
NO_HOST: Final = "shop.example.com"


def sample_of(entity: Entity, shop: ShopSettings, now: datetime) -> dict[str, JsonValue]:
    """Return an example of a record that a shop's rules let pass: its product lies on a domain that the shop allows."""
    if entity == "contact":
        return {"_email": EMAIL, "_externalId": "C-1001", "_name": "Ana", "_surname": "Lima"}
    if entity == "product":
        return {
            "productId": "P-1", "name": "Blue shirt", "productDetailUrl": f"https://{_host(shop)}/p/1", "unitPrice": "19.90",
            "availability": "instock", "categories": "shirts|summer",
        }  # fmt: skip
    return {
        "purchaseId": "O-1001", "cartId": "CART-1001", "contactEmail": EMAIL, "purchaseDate": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "totalQuantity": "2", "totalPrice": "39.80", "paymentMethod": "card",
        "products": [{"productId": "P-1", "quantity": "2", "price": "39.80"}],
    }  # fmt: skip


def _host(shop: ShopSettings) -> str:
    return next(iter(shop.domains), "") or urlsplit(shop.site).hostname or NO_HOST
