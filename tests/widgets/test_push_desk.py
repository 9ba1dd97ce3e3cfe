"""The desk of web push: what is typed is looked at at once, one right value is one press away, nothing secret is kept (R-SYNC-24)."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.widgets.faces import field, markup, offered, press, read
from workbench import Workbench
from workbench.engine.vapid import written
from workbench.models.person import Role
from workbench.models.shop import Shop, ShopSettings
from workbench.widgets import settle
from workbench.widgets.language import begin
from workbench.widgets.page import Frame
from workbench.widgets.push_desk import PushDesk

POINT = ec.derive_private_key(0x5EED, ec.SECP256R1()).public_key()
RAW = POINT.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
API_KEY = "AbCdEfGhIjKlMnOpQrStUv:ZyXwVuTsRqPoNmLkJiHgFe"


@pytest.fixture
async def shop(house: Workbench) -> Shop:
    settings = ShopSettings(
        name="Shoes", api_key=house.house.vault.seal_text(API_KEY), site="https://shop.example.com", domains=("shop.example.com",),
    )  # fmt: skip
    return await house.shops.save(settings)


async def opened(bench: Workbench) -> PushDesk:
    """Return the desk, as its page makes it."""
    begin()
    frame = Frame("shop_tags", "Tags", _desk, bench)
    await frame.open()
    await settle()
    content: Any = frame.content
    assert isinstance(content, PushDesk), read(frame.widget)
    return content


async def _desk(frame: Frame) -> Any:
    desk = PushDesk(frame)
    await desk.refresh()
    return desk


async def test_what_is_typed_is_looked_at_at_once_and_put_right(
    connected: Callable[[Role], Workbench], house: Workbench, shop: Shop
) -> None:
    desk = await opened(connected("operator"))
    assert field(desk.widget, "Address of the shop").value == "https://shop.example.com"
    assert "address is empty" in markup(desk.widget)
    await press(desk.widget, "Service worker: use /service-worker.js")
    key = field(desk.widget, "VAPID public key")
    key.value = RAW.hex()
    assert "hexadecimal" in markup(desk.widget)
    [fix] = [one for one in offered(desk.widget) if one.startswith("VAPID public key: use")]
    await press(desk.widget, fix)
    assert key.value == written(RAW)
    assert markup(desk.widget).count("wb-badge wb-ok") == 4
    await press(desk.widget, "Keep with the shop")
    kept = (await house.shops.get(shop.id)).settings
    assert kept.vapid_public_key == written(RAW)
    assert kept.worker_url == "https://shop.example.com/service-worker.js"
    await press(desk.widget, "Show worker and registration")
    assert written(RAW) in markup(desk.widget)
    assert "Download service-worker.js" in offered(desk.widget)
    await press(desk.widget, "Ask the shop for the worker")
    assert "server gives" in markup(desk.widget)


async def test_a_private_key_is_refused_where_it_is_typed(
    connected: Callable[[Role], Workbench], house: Workbench, shop: Shop
) -> None:
    desk = await opened(connected("operator"))
    field(desk.widget, "VAPID public key").value = written(b"\x07" * 32)
    assert "private key" in markup(desk.widget)
    await press(desk.widget, "Keep with the shop")
    assert "private key" in field(desk.widget, "VAPID public key").error
    assert (await house.shops.get(shop.id)).settings.vapid_public_key == ""


async def test_a_subscription_is_read_and_its_endpoint_not_shown(
    connected: Callable[[Role], Workbench], shop: Shop
) -> None:
    desk = await opened(connected("viewer"))
    assert not offered(desk.widget) & {"Keep with the shop", "Ask the shop for the worker"}
    await press(desk.widget, "Look at it")
    paste = field(desk.widget, "Subscription, or the report of webPush.subscribe()")
    assert "Paste what the browser gave" in paste.error
    browser = ec.derive_private_key(0xB0B, ec.SECP256R1()).public_key()
    keys = {
        "p256dh": written(browser.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)),
        "auth": "c2l4dGVlbiBieXRlcyBvaw",
    }
    paste.value = json.dumps({"endpoint": "https://fcm.googleapis.com/fcm/send/c4p4bility", "keys": keys})
    await press(desk.widget, "Look at it")
    shown = markup(desk.subscribed.widget)
    assert "A message could be written to it" in shown
    assert "c4p4bility" not in shown
    paste.value = json.dumps({"endpoint": "https://fcm.googleapis.com/fcm/send/c4p4bility"})
    await press(desk.widget, "Look at it")
    assert "No message could be written" in markup(desk.subscribed.widget)
