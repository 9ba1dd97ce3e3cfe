"""Our service worker in a real browser, from registering it to a push that is shown and clicked (R-SYNC-24). Nothing but loopback is asked.

A push service is the one thing that a closed world does not have: in its place the page's ``subscribe`` gives a subscription of the right
form, and the push is handed to the worker by the browser's own tools (DevTools: ``ServiceWorker.deliverPushMessage``).
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
import pytest_asyncio
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.browser.conftest import OpenPage, Watched
from tests.loopback import listener
from workbench.engine.push_checks import check_push
from workbench.engine.push_look import read_worker
from workbench.engine.push_subscription import read_subscription
from workbench.engine.push_worker import push_kit
from workbench.engine.vapid import base64url, written
from workbench.models.push import PushKit, PushSettings
from workbench.models.request import Reply

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def key(secret: int) -> str:
    """Return a VAPID public key."""
    point = ec.derive_private_key(secret, ec.SECP256R1()).public_key()
    return written(point.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))


KEY, OLD, BROWSER = key(0x5EED), key(0x01D), key(0xB0B)
NO_PUSH_SERVICE = """
// A subscription of the right form, as a browser keeps it: one per registration, with the key that it was made with.
(() => {
  let kept = null;
  window.asked = [];
  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0)).buffer;
  const make = (applicationServerKey) => ({
    options: { applicationServerKey, userVisibleOnly: true },
    unsubscribe: async () => { kept = null; window.asked.push("unsubscribe"); return true; },
    toJSON: () => ({ endpoint: "https://fcm.googleapis.com/fcm/send/abc", expirationTime: null,
                     keys: { p256dh: "BROWSER", auth: "c2l4dGVlbiBieXRlcyBvaw" } }),
  });
  window.subscribedBefore = (text) => { kept = make(bytes(text)); };
  PushManager.prototype.getSubscription = async () => kept;
  PushManager.prototype.subscribe = async (options) => {
    window.asked.push({ visible: options.userVisibleOnly, key: [...new Uint8Array(options.applicationServerKey)] });
    return (kept = make(options.applicationServerKey.buffer ?? options.applicationServerKey));
  };
})();
""".replace("BROWSER", BROWSER)


@dataclass
class ShopSite:
    """A shop on loopback that serves our kit: a page with the registration lines, and the worker with the headers that it asks for."""

    origin: str = ""
    kit: PushKit | None = None
    asked: list[str] = field(default_factory=list)
    worker_type: str = ""

    def settings(self, **more: str) -> PushSettings:
        return PushSettings(site=self.origin, vapid_public_key=KEY, worker_url="/service-worker.js", **more)

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        path = (await reader.readline()).decode().split(" ")[1]
        while (await reader.readline()).strip():
            pass
        self.asked.append(path)
        assert self.kit is not None
        headers, body = (
            (("Content-Type", "text/html"),),
            f"<!DOCTYPE html><title>Shop</title>{self.kit.registration}",
        )
        if path == self.kit.worker_file:
            headers, body = self.kit.headers, self.kit.worker
            headers = tuple(
                (name, self.worker_type or value) if name == "Content-Type" else (name, value)
                for name, value in headers
            )
        head = "".join(f"{name}: {value}\r\n" for name, value in headers)
        data = body.encode()
        writer.write(
            f"HTTP/1.1 200 OK\r\n{head}Content-Length: {len(data)}\r\nConnection: close\r\n\r\n".encode()
            + data
        )
        await writer.drain()
        writer.close()


@pytest_asyncio.fixture(loop_scope="session")
async def shop() -> AsyncIterator[ShopSite]:
    site = ShopSite()
    bound = listener()
    site.origin = f"http://127.0.0.1:{bound.getsockname()[1]}"
    server = await asyncio.start_server(site.answer, sock=bound)
    site.kit = push_kit(site.settings())
    assert site.kit.verdict.ready, "this very machine counts as secure, as it does in browsers"
    yield site
    server.close()


async def opened(shop: ShopSite, open_page: OpenPage, path: str = "/") -> Watched:
    """Open a page of the shop, with notifications allowed."""
    watched = await open_page(script=NO_PUSH_SERVICE, permissions=["notifications"])
    await watched.page.goto(shop.origin + path)
    return watched


async def told(watched: Watched, what: str) -> dict[str, Any]:
    """Let our lines register or subscribe, and return their report."""
    report: dict[str, Any] = await watched.page.evaluate(f"async () => await window.webPush.{what}()")
    return report


async def deliver(watched: Watched, shop: ShopSite, data: str) -> None:
    """Hand a push to the worker, as the browser does when its push service has one; one that is not active yet would not get it."""
    await watched.page.wait_for_function(
        "async () => (await navigator.serviceWorker.ready).active?.state === 'activated'", timeout=30_000
    )
    session = await watched.page.context.new_cdp_session(watched.page)
    known: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    def heard(event: dict[str, Any]) -> None:
        for one in event["registrations"]:
            if one["scopeURL"].startswith(shop.origin) and not known.done():
                known.set_result(one["registrationId"])

    session.on("ServiceWorker.workerRegistrationUpdated", heard)
    await session.send("ServiceWorker.enable")
    id = await asyncio.wait_for(known, 20)
    await session.send(
        "ServiceWorker.deliverPushMessage", {"origin": shop.origin, "registrationId": id, "data": data}
    )


async def notified(watched: Watched, count: int) -> list[dict[str, Any]]:
    """Return the notifications that are shown, once there are so many."""
    shown: list[dict[str, Any]] = await watched.page.evaluate(
        """async (count) => {
          const registration = await navigator.serviceWorker.getRegistration();
          for (let tries = 0; tries < 600; tries += 1) {
            const found = await registration.getNotifications();
            if (found.length >= count) return found.map(({ title, body, tag, data }) => ({ title, body, tag, data }));
            await new Promise((resolve) => setTimeout(resolve, 50));
          }
          return [];
        }""",
        count,
    )
    return shown


async def test_our_worker_is_registered_subscribed_shows_pushes_and_opens_what_is_clicked(
    shop: ShopSite, open_page: OpenPage
) -> None:
    watched = await opened(shop, open_page)
    report = await told(watched, "subscribe")
    assert "error" not in report
    assert report["worker"] == f"{shop.origin}/service-worker.js"
    assert report["scope"] == f"{shop.origin}/"
    assert await watched.page.evaluate("window.asked") == [
        {"visible": True, "key": [*bytes.fromhex("04") + _point(KEY)]}
    ], "the browser was asked with the 65 bytes of our key"
    got = read_subscription(json.dumps(report), NOW, shop.settings())
    assert got.valid, [str(one.sentence) for one in got.findings]
    assert {one.key: one.found for one in got.findings}["worker"] == "ok"

    worker = watched.page.context.service_workers[0]
    assert worker.url == f"{shop.origin}/service-worker.js"
    await deliver(
        watched,
        shop,
        json.dumps({"title": "Back in stock", "body": "Red shoes", "url": "/shoes?a=1", "tag": "one"}),
    )
    assert await notified(watched, 1) == [
        {
            "title": "Back in stock",
            "body": "Red shoes",
            "tag": "one",
            "data": {"url": f"{shop.origin}/shoes?a=1"},
        }
    ]
    await deliver(watched, shop, "plain words")
    [plain] = [one for one in await notified(watched, 2) if one["body"] == "plain words"]
    assert plain["title"] == "127.0.0.1"
    assert plain["data"] == {"url": f"{shop.origin}/"}
    await deliver(watched, shop, json.dumps({"title": "Trap", "tag": "trap", "url": "javascript:alert(1)"}))
    [trap] = [one for one in await notified(watched, 3) if one["tag"] == "trap"]
    assert trap["data"] == {"url": f"{shop.origin}/"}, "only pages of the web are opened"

    clicked = await worker.evaluate(
        """async () => {
          const opened = [];
          self.clients.openWindow = async (url) => { opened.push(url); return null; };
          const [note] = (await self.registration.getNotifications()).filter(({ tag }) => tag === "one");
          const event = new NotificationEvent("notificationclick", { notification: note });
          const work = [];
          event.waitUntil = (promise) => work.push(promise);
          self.dispatchEvent(event);
          await Promise.all(work);
          return [opened, (await self.registration.getNotifications()).map(({ tag }) => tag)];
        }"""
    )
    assert clicked[0] == [f"{shop.origin}/shoes?a=1"]
    assert "one" not in clicked[1], "a clicked notification is closed"
    assert watched.complaints == []


async def test_a_subscription_for_another_key_is_ended_and_made_anew(
    shop: ShopSite, open_page: OpenPage
) -> None:
    watched = await opened(shop, open_page)
    await watched.page.evaluate("(key) => window.subscribedBefore(key)", OLD)
    report = await told(watched, "subscribe")
    assert report["renewed"] is True
    asked = await watched.page.evaluate("window.asked")
    assert asked[0] == "unsubscribe"
    assert asked[1]["key"][1:] == [*_point(KEY)]
    again = await told(watched, "subscribe")
    assert again["renewed"] is False
    assert await watched.page.evaluate("window.asked.length") == 2, "one with our own key is kept"


@pytest.mark.parametrize(
    ("broken", "says"),
    [("type", "as JavaScript"), ("scope", "refuses the worker")],
)  # fmt: skip
async def test_what_a_browser_refuses_is_foreseen_and_put_into_words(
    shop: ShopSite, open_page: OpenPage, broken: str, says: str
) -> None:
    wanted = (
        shop.settings()
        if broken == "type"
        else shop.settings().model_copy(update={"worker_url": "/a/sw.js", "scope": "/"})
    )
    shop.kit = push_kit(wanted)
    if broken == "type":
        shop.worker_type = "text/html"
        look = read_worker(
            shop.kit.verdict, Reply(status=200, headers=(("Content-Type", "text/html"),), body=b"x")
        )
        assert not look.ready
    else:
        shop.kit = shop.kit.model_copy(
            update={"headers": shop.kit.headers[:2]}
        )  # a server that does not send the third
        assert not check_push(wanted).ready
    watched = await opened(shop, open_page)
    report = await told(watched, "register")
    assert report["error"]
    got = read_subscription(json.dumps(report), NOW, wanted)
    assert not got.valid
    assert says in " ".join(str(one.sentence) for one in got.findings)


def _point(text: str) -> bytes:
    """Return the 64 bytes behind the first one of a key."""
    return (base64url(text) or b"")[1:]
