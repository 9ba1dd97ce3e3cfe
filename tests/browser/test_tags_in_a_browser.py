"""Our tags and events on a real page, told by a recording script of our own: tag, JavaScript and API say the same (R-SYNC-19 to 23)."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Page as BrowserPage
from playwright.async_api import Route

from tests.browser.conftest import OpenPage
from tests.engine.tags.test_lint import TRAPS
from workbench.engine.shop_wire import to_api
from workbench.engine.tags.build import build
from workbench.engine.tags.comparing import compared, plain
from workbench.engine.tags.page import Page
from workbench.engine.tags.script import event_script, loader
from workbench.engine.tags.simulate import simulate
from workbench.engine.tags.telling import purchase_told
from workbench.models.tags import SCRIPT_KINDS

BASE = "http://127.0.0.1:9/"
"""No port is asked: the test answers every request itself."""
ID = "0f3c6a1e-77aa"
RECORDER = (Path(__file__).parent / "recording_script.js").read_text(encoding="utf-8")
START = loader(ID).replace("https://cdn.connectif.cloud/", BASE)
AWKWARD = "Knife </script> <!-- & \"one\" 'two' \u2028 é 😀 ]]>"
PURCHASE: dict[str, Any] = {
    "purchaseId": "o-1",
    "cartId": "c-1",
    "contactEmail": "ana@example.com",
    "purchaseDate": "2026-03-01T09:30:00+01:00",
    "paymentMethod": "card <b>&amp;</b>",
    "products": [
        {
            "productId": "p-1", "name": AWKWARD, "productDetailUrl": "https://shop.example/p-1?a=1&b=2", "unitPrice": "€ 1.234,50",
            "quantity": 2, "price": "2469.00", "categories": ["/home/knives", "/gifts"], "tags": ["new"], "priority": 3, "rating": "4.50",
            "availability": "instock", "brand": "Aço", "unitPriceOriginal": "1300", "customField1": AWKWARD, "inStockUnits": 7,
        },
        {
            "productId": "p-2", "name": "Fork", "productDetailUrl": "https://shop.example/p-2", "unitPrice": "0.10", "quantity": 3,
            "price": "0.30", "relatedExternalProductIds": ["p-1", "p-3"],
        },
    ],
}  # fmt: skip
WHO = {"primaryKey": "ana@example.com", "_name": "Ana"}


class Shop:
    """A page of a shop in the browser: what it is, and what the recording script posted from it."""

    def __init__(self, page: BrowserPage) -> None:
        self.page = page
        self.html = ""
        self.posted: list[dict[str, Any]] = []

    async def answer(self, route: Route) -> None:
        """Answer the page, the platform's script, and what it posts."""
        request = route.request
        if request.method == "POST":
            assert request.url == f"{BASE}integration-type/system/scrippet-notification/{ID}"
            assert request.headers["content-type"].startswith("text/plain")
            # half a character, which JavaScript cuts out, is U+FFFD to whoever writes it down
            self.posted.append(
                json.loads(re.sub(r"\\ud[89ab]..(?!\\ud[c-f])", "\ufffd", request.post_data or ""))
            )
            await route.fulfill(json={})
        elif "client-script" in request.url:
            assert request.url == f"{BASE}client-script/{ID}"
            await route.fulfill(body=RECORDER, content_type="text/javascript; charset=utf-8")
        elif request.url.endswith("favicon.ico"):
            await route.fulfill(status=204)
        else:
            await route.fulfill(body=self.html, content_type="text/html; charset=utf-8")

    async def load(
        self, inside: str, *, quiet: bool = False, keep: bool = False
    ) -> tuple[str, list[dict[str, Any]]]:
        """Open a page with these elements; return its HTML and what was posted until the platform's script had run."""
        forget = "" if keep else "<script>localStorage.clear()</script>"
        mark = " data-quiet" if quiet else ""
        self.html = (
            f"<!doctype html><html{mark}><title> A  shop </title><body>{inside}{forget}{START}</body></html>"
        )
        self.posted = []
        if quiet:
            await self.page.goto(f"{BASE}page?x=ç d", wait_until="networkidle")
        else:
            async with self.page.expect_response(lambda reply: reply.request.method == "POST"):
                await self.page.goto(f"{BASE}page?x=ç d")
        assert await self.page.evaluate("window.shopEventsReady") is True
        return self.html, self.posted


@pytest_asyncio.fixture(loop_scope="session")
async def shop(open_page: OpenPage) -> Shop:
    watched = await open_page()
    made = Shop(watched.page)
    await watched.page.route("**/*", made.answer)
    return made


async def test_one_purchase_is_the_same_by_tag_by_javascript_and_by_the_api(shop: Shop) -> None:
    """The bodies that a real browser posted, beside the API's."""
    html, script = build("purchase", PURCHASE), event_script("purchase", PURCHASE, WHO)
    _, by_tag = await shop.load(build("client_info", WHO) + html)
    _, by_script = await shop.load(script, quiet=True)
    assert len(by_tag) == len(by_script) == 1
    assert by_tag[0]["entityInfo"] == by_script[0]["entityInfo"] == WHO
    tag, js = (body[0]["events"][0]["purchase"] for body in (by_tag, by_script))
    found = compared("purchase", html, script, tag, js, to_api(purchase_told(PURCHASE)))
    assert found.equal
    assert [one.path for one in found.differences] == ["products[0].inStockUnits", "contactEmail"]
    assert js["products"][0]["name"] == tag["products"][0]["customField1"] == AWKWARD
    assert js["totalPrice"] == tag["totalPrice"] == 2469.3


async def test_every_event_is_told_by_javascript_as_it_was_meant(shop: Shop) -> None:
    """All kinds on one page, and again later, when the platform's script has long been there."""
    line = PURCHASE["products"][0]
    data: dict[str, dict[str, Any]] = {
        "product-visited": {key: one for key, one in line.items() if key not in ("quantity", "price")},
        "product-searched": {key: one for key, one in line.items() if key not in ("quantity", "price")},
        "product-not-found": {"productId": AWKWARD}, "search": {"searchText": AWKWARD},
        "newsletter-subscribe": {"email": "ana@example.com"},
        "cart": {"cartId": "c-1", "products": [line]}, "purchase": PURCHASE,
        "custom": {"eventId": "size", "payload": {"a": [1, {"__proto__": AWKWARD}], "n": 0.5}},
    }  # fmt: skip
    scripts = [event_script(kind, data.get(kind, {})) for kind in SCRIPT_KINDS]
    _, posted = await shop.load("".join(scripts), quiet=True)
    found = {one["type"]: one for body in posted for one in body["events"]}
    assert set(found) == set(SCRIPT_KINDS) - {"cart"}
    assert found["search"]["searchText"] == found["product-not-found"]["productId"] == AWKWARD
    assert found["custom"]["payload"] == data["custom"]["payload"]
    assert [body["cart"]["cartId"] for body in posted if "cart" in body] == ["c-1"]
    later = scripts[SCRIPT_KINDS.index("login")].removeprefix("<script>").removesuffix("</script>")
    async with shop.page.expect_response(lambda reply: reply.request.method == "POST"):
        await shop.page.evaluate(later)
    assert shop.posted[-1]["events"] == [{"type": "login"}]


@pytest.mark.parametrize("part", [0, 1, 2])
async def test_what_the_simulator_foretells_is_what_a_browser_sends(shop: Shop, part: int) -> None:
    """Every trap of the linter, in a real browser: comments, unclosed elements, odd numbers, second carts and all."""
    pages = [*(html for html, *_ in TRAPS.values()), *MORE][part::3]
    for inside in pages:
        html, posted = await shop.load(inside)
        said = simulate(Page(html), url=f"{BASE}page?x=%C3%A7%20d")
        assert len(posted) == 1
        assert plain(posted[0]) == plain(said.body), inside


async def test_nothing_changed_and_nothing_is_sent(shop: Shop) -> None:
    cart = {"cartId": "c-1", "products": PURCHASE["products"]}
    first = build("client_info", WHO) + build("cart", cart)
    empty = build("client_info", WHO) + build("cart", {"cartId": "c-1", "products": []})
    html, posted = await shop.load(first)
    assert plain(posted[0]["cart"]) == plain((simulate(Page(html)).body or {})["cart"])
    again, posted = await shop.load(first, keep=True)
    foretold = simulate(Page(again), Page(html))
    assert "cart" not in posted[0]
    assert foretold.body is not None
    assert "cart" not in foretold.body
    await shop.page.evaluate("connectif.managed.sendEvents([])")
    assert await shop.page.evaluate("window.skipped") == 1
    assert simulate(Page(again), Page(html), loads=False).body is None
    emptied, posted = await shop.load(empty, keep=True)
    assert posted[0]["cart"] == {"cartId": "c-1", "totalQuantity": 0, "totalPrice": 0, "products": []}
    assert plain((simulate(Page(emptied), Page(again)).body or {})["cart"]) == plain(posted[0]["cart"])


MORE = (
    '<div class="cn_cart" style="display:none"><span class="cart_id"/>1<span class="total_quantity">2</span></div>',
    '<table class="cn_cart" hidden><tr><td class="cart_id">c</td>'
    '<td class="total_quantity">1.9</td><td class="total_price">.5e1x</td></tr></table>',
    '<div class="cn_search" hidden><b class="search_text">\ufeff\u2003 a\n b &nbsp;</b></div>'
    '<div class="cn_login"><div class="cn_register">',
    '<div class="cn_client_info" hidden><b class=" primary_key">x</b><b class="b a">1</b><i class="a b">2</i>'
    '<b>3</b><b class="_x">é</b></div>',
    '<svg><g class="cn_login"></g></svg><select class="cn_register"><option class="cn_page_tag">word</select>',
    '<div class="cn_newsletter_subscribe" hidden></div><div class="cn_product_not_found" hidden><b class="product_id"> 7 </b></div>',
    "".join(f'<i class="cn_page_tag" hidden>{"😀" * 13}{n}</i><i class="cn_page_category" hidden>{"c" * 60}{n}</i>' for n in range(12)),
    '<meta name="keywords" content=" a,b ,, c"><div class="cn_banner_placeholder" id="x"></div>'
    '<div class="cn_banner_placeholder" id=""></div>',
    '<div class="cn_cart" hidden><b class="cart_id">' + "<div>" * 600 + "deep" + "</div>" * 600 + "</b></div>",
)  # fmt: skip
