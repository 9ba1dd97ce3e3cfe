"""Connectif's stand-in: what it takes and keeps, each code, each status, its limit by the minute."""

from __future__ import annotations

import asyncio
import json
from decimal import Decimal
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sandbox.running import running
from workbench.adapters.clock import VirtualClock
from workbench.adapters.wire import Wire
from workbench.engine.sync_calls import request_of
from workbench.engine.sync_read import coupon_set, decoded, page, read_answer
from workbench.models.request import Failure, Outcome, Reply
from workbench.models.shop import ShopSettings
from workbench.providers.connectif import PLATFORM
from workbench.sandbox.app import Sandbox
from workbench.sandbox.connectif.settings import StandInSettings
from workbench.sandbox.faults import Fault

KEY = "AAAAAAAAAAAAAAAAAAAAAA:BBBBBBBBBBBBBBBBBBBBBB"
SHOP = ShopSettings()
FIELDS = sorted(
    {field.id for fields in PLATFORM.fields.values() for field in fields} | {"quantity", "price", "hobby"}
)
SHOE = {"name": "Shoe", "productDetailUrl": "https://shop.example/shoe", "unitPrice": Decimal("59.90")}
LINE = {"productId": "shoe", "quantity": 2, "price": Decimal("119.80"), **SHOE}


class Client:
    """Calls the stand-in as a shop does."""

    def __init__(self, **settings: Any) -> None:
        self.clock = VirtualClock()
        self.sandbox = Sandbox(clock=self.clock)
        self.shops = self.sandbox.shops
        self.shops.settings = StandInSettings(**settings)
        self.wire = Wire.rehearsal(self.sandbox.route)

    async def ask(
        self, call: str, parts: dict[str, str] | None = None, body: Any = None, *, key: str = KEY, **more: Any
    ) -> tuple[Reply, Outcome]:  # fmt: skip
        request = request_of(PLATFORM, more.pop("shop", SHOP), key, call, parts, body=body, **more)
        answer = await self.wire.send(request)
        assert isinstance(answer, Reply), answer
        return answer, read_answer(PLATFORM, call, answer, self.clock.now())

    async def contact(self, email: str = "ana@example.com", **body: Any) -> Reply:
        return (await self.ask("contact_by_email", {"email": email}, body))[0]

    async def product(self, id: str = "shoe", **more: Any) -> Reply:
        return (await self.ask("product", {"id": id}, {**SHOE, **more}))[0]

    async def purchase(
        self, id: str = "p1", email: str = "ana@example.com", lines: Any = (LINE,), **more: Any
    ) -> tuple[Reply, Outcome]:
        body = {
            "purchaseId": id, "cartId": "c1", "contactEmail": email, "purchaseDate": "2026-01-05T08:59:00+01:00", "products": list(lines),
            "totalQuantity": 2, "totalPrice": Decimal("119.80"), **more,
        }  # fmt: skip
        return await self.ask("purchase", body=body, query={"triggerPurchaseEvent": False})


@pytest.fixture
def client() -> Client:
    return Client()


def told(reply: Reply) -> Any:
    return json.loads(reply.body)


# -- contacts, products, purchases -------------------------------------------------------------------------------------


async def test_a_contact_is_created_and_then_changed(client: Client) -> None:
    first = await client.contact("A+b@Example.com", _name="Ana", _points=3)
    again = await client.contact("a+b@example.com", _points=None, city="Porto")
    assert (first.status, again.status) == (201, 200)
    assert told(first)["id"] == told(again)["id"]
    assert client.shops.contacts["a+b@example.com"] == {
        "id": told(first)["id"], "_email": "a+b@example.com", "_name": "Ana", "city": "Porto",
    }  # fmt: skip
    read, outcome = await client.ask("contact_get", {"email": "a+b@example.com"})
    assert (told(read)["_name"], outcome.kind) == ("Ana", "accepted")


async def test_the_older_path_of_contacts_is_taken_too(client: Client) -> None:
    older = ShopSettings(
        paths={"contact_by_email": "/contacts/{email}", "contact_get": "/contacts/email/{email}"}
    )
    reply, _ = await client.ask("contact_by_email", {"email": "ana@example.com"}, {}, shop=older)
    assert reply.status == 201
    assert (await client.ask("contact_get", {"email": "ana@example.com"}, shop=older))[0].status == 200


async def test_a_contact_goes_by_its_external_id_and_gets_its_email_later(client: Client) -> None:
    reply, _ = await client.ask("contact_by_external_id", {"external_id": "7/8"}, {"_name": "Ana"})
    assert (reply.status, list(client.shops.contacts)) == (201, ["external:7/8"])
    reply, _ = await client.ask(
        "contact_by_external_id", {"external_id": "7/8"}, {"_email": "ana@example.com"}
    )
    assert (reply.status, list(client.shops.contacts)) == (200, ["ana@example.com"])
    assert (await client.contact(_externalId="7/8")).status == 200
    await client.contact("bo@example.com")
    twin = await client.contact("bo@example.com", _externalId="7/8")
    assert (twin.status, told(twin)["validationErrors"][0]["path"]) == (422, "/_externalId")


async def test_a_contact_is_deleted_once(client: Client) -> None:
    await client.contact()
    gone = [(await client.ask("contact_delete", {"email": "ana@example.com"}))[0].status for _ in range(2)]
    assert (gone, client.shops.contacts) == ([204, 404], {})


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"_points": "3"}, "/_points"),
        ({"_points": True}, "/_points"),
        ({"_name": 3}, "/_name"),
        ({"_emailStatus": "Active"}, "/_emailStatus"),
        ({"_newsletterSubscriptionStatus": "yes"}, "/_newsletterSubscriptionStatus"),
        ({"_birthdate": "1990"}, "/_birthdate"),
        ({"_nickname": "A"}, "/_nickname"),
        ({"_email": "ana@example.com"}, "/_email"),
        ({"hobby": "chess"}, "/hobby"),
    ],
)
async def test_a_contact_with_a_wrong_value_is_refused_by_field(body: dict[str, Any], path: str) -> None:
    client = Client(custom_fields=("city",))
    reply = await client.contact(**body)
    assert reply.status == 422
    assert [one.path for one in decoded(PLATFORM, reply).validation] == [path]
    assert client.shops.contacts == {}


async def test_a_product_is_created_changed_and_read_by_either_id(client: Client) -> None:
    first, again = await client.product(), await client.product(availability="outofstock", tags=["new"])
    assert (first.status, again.status) == (201, 200)
    assert client.shops.products["shoe"]["availability"] == "outofstock"
    by_store, _ = await client.ask("product_get", {"id": "shoe"})
    by_id, _ = await client.ask(
        "product_get", {"id": told(first)["id"]}, shop=ShopSettings(paths={"product_get": "/products/{id}"})
    )
    assert told(by_store) == told(by_id) == client.shops.products["shoe"]


@pytest.mark.parametrize(
    "more",
    [{"availability": "discontinued"}, {"unitPrice": -1}, {"unitPrice": "9"}, {"tags": "new"}, {"priority": 1.5},
     {"isBlacklisted": "no"}, {"productDetailUrl": "/shoe"}, {"colour": "red"}, {"createdAt": "now"}, {"discountedPercentage": 120}],
)  # fmt: skip
async def test_a_product_with_a_wrong_value_is_refused(client: Client, more: dict[str, Any]) -> None:
    reply = await client.product(**more)
    assert (reply.status, decoded(PLATFORM, reply).validation[0].field) == (422, next(iter(more)))


async def test_a_purchase_needs_its_contact_and_its_products_first(client: Client) -> None:
    no_contact, _ = await client.purchase()
    await client.contact()
    no_product, outcome = await client.purchase(lines=[LINE, {**LINE, "productId": "hat"}])
    assert [told(reply)["code"] for reply in (no_contact, no_product)] == ["E0101", "E0102"]
    assert told(no_product)["productIds"] == ["shoe", "hat"]
    assert "create" in str(outcome.sentence).lower()
    await client.product()
    taken, outcome = await client.purchase()
    assert (taken.status, outcome.kind, list(client.shops.purchases)) == (201, "accepted", ["p1"])
    assert client.shops.received[-1]["query"] == {"triggerPurchaseEvent": "false"}
    for call, id in (("purchase_by_store_id", "p1"), ("purchase_get", told(taken)["id"])):
        read, _ = await client.ask(call, {"id": id})
        assert (told(read)["purchaseId"], told(read)["totalPrice"]) == ("p1", 119.8)


async def test_a_purchase_that_came_twice_is_counted(client: Client) -> None:
    await client.contact()
    await client.product()
    for _ in range(2):
        await client.purchase()
    assert client.shops.posts == {"p1": 2}


@pytest.mark.parametrize(
    ("more", "path"),
    [
        ({"cartId": None}, "/cartId"),
        ({"lines": []}, "/products"),
        ({"lines": ["x"]}, "/products/0"),
        ({"lines": [{**LINE, "quantity": "2"}]}, "/products/0/quantity"),
        ({"lines": [{"productId": "shoe"}]}, "/products/0/quantity"),
        ({"totalPrice": "119,80"}, "/totalPrice"),
        ({"purchaseDate": "yesterday"}, "/purchaseDate"),
    ],
)
async def test_a_purchase_with_a_wrong_value_is_refused_by_its_place(
    client: Client, more: dict[str, Any], path: str
) -> None:
    reply, _ = await client.purchase(**more)
    assert (reply.status, decoded(PLATFORM, reply).validation[0].path) == (422, path)


# -- codes -------------------------------------------------------------------------------------------------------------


async def test_addresses_on_other_domains_are_e0103_and_e0201() -> None:
    client = Client(domains=("www.mysite.com",))
    away = await client.product()
    assert told(away)["code"] == "E0201"
    assert told(away)["allowedDomains"] == ["https://www.mysite.com"]
    await client.contact()
    assert (await client.product(productDetailUrl="https://WWW.mysite.com/shoe")).status == 201
    reply, outcome = await client.purchase()
    assert (told(reply)["code"], told(reply)["productsId"]) == ("E0103", ["shoe"])
    assert "www.mysite.com" in str(outcome.sentence)
    fine = {**LINE, "productDetailUrl": "https://www.mysite.com/shoe"}
    assert (await client.purchase(lines=[fine]))[0].status == 201


@pytest.mark.parametrize("code", [code.code for code in PLATFORM.codes])
async def test_every_code_can_be_asked_for(client: Client, code: str) -> None:
    client.shops.plant(code)
    reply, outcome = await client.ask("imports")
    assert (reply.status, decoded(PLATFORM, reply).code) == (400, code)
    assert outcome.kind == ("throttled" if code in ("E0301", "E0401") else "refused")
    assert (await client.ask("imports"))[1].ok


@pytest.mark.parametrize("code", ["e0101", "E0102", "e0103"])
async def test_a_code_can_be_planted_in_a_purchase(client: Client, code: str) -> None:
    reply, _ = await client.purchase(f"{code}-17")
    assert told(reply)["code"] == code.upper()
    assert client.shops.purchases == {}


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 415, 422, 429, 500, 503])
async def test_every_status_can_be_planted_in_an_address(client: Client, status: int) -> None:
    reply = await client.contact(f"http{status}@example.com")
    assert reply.status == status
    assert reply.header("X-RateLimit-Limit") == "100"
    bare = await client.contact(f"http{status}bare@example.com")
    assert (bare.status, bare.header("X-RateLimit-Limit")) == (status, None)


async def test_a_refusal_can_be_asked_for_of_one_call_and_some_times(client: Client) -> None:
    client.shops.plant("http500", call="product", times=2)
    assert (await client.contact()).status == 201
    assert [(await client.product()).status for _ in range(3)] == [500, 500, 201]


# -- who is let in -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["wrong-key", "revoked:key", "an-INVALID-one"])
async def test_a_wrong_key_gets_plain_words(client: Client, key: str) -> None:
    reply, outcome = await client.ask("imports", key=key)
    assert (reply.status, reply.body, reply.header("content-type")) == (401, b"Unauthorized", "text/plain")
    assert "API key" in str(outcome.sentence)


async def test_another_scheme_is_not_let_in(client: Client) -> None:
    request = request_of(PLATFORM, SHOP, KEY, "imports")
    for value in (f"Bearer {KEY}", KEY, "apiKey", f"apikey {KEY}"):
        other = request.model_copy(update={"headers": (("Authorization", value),)})
        answer = await client.wire.send(other)
        assert isinstance(answer, Reply)
        assert answer.status == 401


async def test_a_key_that_may_only_read_is_refused_what_it_may_not() -> None:
    client = Client()
    assert (await client.ask("imports", key="readonly"))[1].ok
    reply, outcome = await client.ask("product", {"id": "1"}, {}, key="readonly")
    assert (reply.status, "products: write" in str(outcome.sentence)) == (403, True)


async def test_keys_can_be_named_with_their_permissions() -> None:
    client = Client(keys={"one": ("contacts: write",)})
    assert (await client.ask("contact_by_email", {"email": "a@b.com"}, {}, key="one"))[0].status == 201
    assert (await client.ask("contact_get", {"email": "a@b.com"}, key="one"))[0].status == 403
    assert (await client.ask("contact_get", {"email": "a@b.com"}, key="two"))[0].status == 401


async def test_the_very_key_is_checked_where_one_is_expected() -> None:
    sandbox = Sandbox(expected={"connectif": {"api_key": KEY}})
    for key, status in ((KEY, 200), ("another", 401)):
        answer = await Wire.rehearsal(sandbox.route).send(request_of(PLATFORM, SHOP, key, "imports"))
        assert isinstance(answer, Reply)
        assert answer.status == status


# -- limits ------------------------------------------------------------------------------------------------------------


async def test_calls_are_counted_by_the_minute_and_told_in_headers() -> None:
    client = Client(calls_per_min=3)
    replies = [(await client.ask("imports"))[0] for _ in range(4)]
    assert [reply.status for reply in replies] == [200, 200, 200, 429]
    assert [reply.header("X-RateLimit-Remaining") for reply in replies] == ["2", "1", "0", "0"]
    reset = int(replies[0].header("X-RateLimit-Reset") or 0)
    assert reset == int(client.clock.now().timestamp()) + 60
    await client.clock.advance(60)
    assert (await client.ask("imports"))[0].status == 200
    assert client.shops.counts["imports"] == 4


async def test_each_key_has_a_limit_of_its_own() -> None:
    client = Client(calls_per_min=1)
    assert [(await client.ask("imports", key=key))[0].status for key in ("a", "b", "a")] == [200, 200, 429]


async def test_the_headers_can_be_left_out_or_count_seconds() -> None:
    silent = Client(calls_per_min=1, states_limit=False)
    replies = [(await silent.ask("imports"))[0] for _ in range(2)]
    assert [(reply.status, reply.header("X-RateLimit-Limit")) for reply in replies] == [
        (200, None),
        (429, None),
    ]
    delta = Client(calls_per_min=1, reset="delta")
    await delta.ask("imports")
    await delta.clock.advance(12.5)
    reply, outcome = await delta.ask("imports")
    assert (reply.header("X-RateLimit-Reset"), outcome.retry_after_s) == ("48", 48.0)


async def test_a_limit_of_none_counts_nothing() -> None:
    client = Client(calls_per_min=0)
    replies = [(await client.ask("imports"))[0] for _ in range(150)]
    assert {(reply.status, reply.header("X-RateLimit-Limit")) for reply in replies} == {(200, None)}


@pytest.mark.parametrize("kind", ["throttled", "throttled_bare"])
async def test_faults_on_purpose_work_here_too(kind: Any) -> None:
    sandbox = Sandbox(faults={"connectif": (Fault(kind=kind, times=1, seconds=5),)})
    wire = Wire.rehearsal(sandbox.route)
    answer = await wire.send(request_of(PLATFORM, SHOP, KEY, "imports"))
    assert isinstance(answer, Reply)
    named = {name.lower() for name, _ in answer.headers}
    assert answer.status == 429
    assert ("retry-after" in named) is ("x-ratelimit-reset" in named) is (kind == "throttled")
    assert not isinstance(await wire.send(request_of(PLATFORM, SHOP, KEY, "imports")), Failure)


# -- bodies and paths --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"", "application/json", 400),
        (b"[]", "application/json", 400),
        (b"{", "application/json", 400),
        (b"\xff\xfe", "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
        (b"{}", "text/plain", 415),
        (b"{}", "application/json; charset=utf-8", 201),
        (b'{"x": "' + b"x" * 1_100_000 + b'"}', "application/json", 413),
    ],
)
async def test_a_body_that_is_none_is_refused(client: Client, content: bytes, kind: str, status: int) -> None:
    request = request_of(PLATFORM, SHOP, KEY, "contact_by_email", {"email": "a@b.com"}, body={})
    headers = tuple((name, kind if name == "Content-Type" else value) for name, value in request.headers)
    answer = await client.wire.send(request.model_copy(update={"body": content, "headers": headers}))
    assert isinstance(answer, Reply)
    assert answer.status == status
    assert decoded(PLATFORM, answer).detail or status == 201


async def test_a_path_that_nobody_knows_is_told_what_there_is(client: Client) -> None:
    elsewhere = ShopSettings(paths={"coupon_sets": "/coupons/all"})
    reply, outcome = await client.ask("coupon_sets", shop=elsewhere)
    assert (reply.status, outcome.kind) == (404, "refused")
    assert "GET /coupon-sets" in told(reply)["detail"]
    request = request_of(PLATFORM, SHOP, KEY, "imports").model_copy(update={"method": "DELETE"})
    answer = await client.wire.send(request)
    assert isinstance(answer, Reply)
    assert answer.status == 405
    client.shops.settings = StandInSettings(paths={"coupon_sets": "/coupons/all"})
    assert (await client.ask("coupon_sets", shop=elsewhere))[0].status == 200


async def test_any_host_that_a_shop_names_is_answered_here(client: Client) -> None:
    own = ShopSettings(base_url="https://sync.other.example")
    assert (await client.ask("imports", shop=own))[1].ok


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 5)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=20)
@given(
    st.sampled_from(["contact_by_email", "contact_by_external_id", "product", "purchase"]),
    st.dictionaries(st.sampled_from(FIELDS), values, max_size=8),
    st.text(min_size=1, max_size=10).filter(lambda text: text.strip(" .") != "" and text.isprintable()),
)
def test_any_body_gets_an_answer_and_never_a_fault(call: str, body: dict[str, Any], name: str) -> None:
    client = Client(domains=("shop.example",))

    async def ask() -> None:
        parts = dict.fromkeys(("email", "external_id", "id"), name)
        await client.ask("contact_by_email", {"email": "ana@example.com"}, {})
        for _ in range(2):
            reply, outcome = await client.ask(call, parts, body)
            assert reply.status in (200, 201, 400, 422)
            assert outcome.ok is (reply.status < 300)

    asyncio.run(ask())


# -- coupon sets -------------------------------------------------------------------------------------------------------


async def test_coupon_sets_are_listed_page_by_page() -> None:
    client = Client(page_size=2)
    reply, _ = await client.ask("coupon_sets")
    first = page(told(reply), "https://api.connectif.cloud")
    answer = await client.wire.send(
        request_of(PLATFORM, SHOP, KEY, "coupon_sets").model_copy(update={"url": first.next})
    )
    assert isinstance(answer, Reply)
    last = page(told(answer), "https://api.connectif.cloud")
    sets = [coupon_set(one) for one in (*first.items, *last.items)]
    assert [(one.name, one.quantity) for one in sets if one] == [
        ("Welcome 10 %", 500),
        ("Free delivery", None),
        ("Birthday", 0),
    ]
    assert last.next == ""
    assert told(answer)["links"]["prev"] == "https://api.connectif.cloud/coupon-sets?from=0"
    one, _ = await client.ask("coupon_set", {"id": str(first.items[0]["id"])})
    assert told(one) == first.items[0]
    assert (await client.ask("coupon_set", {"id": "none"}))[0].status == 404


@pytest.mark.parametrize("start", ["x", "-1", "9" * 40, "٣"])
async def test_a_page_that_is_none_is_refused(client: Client, start: str) -> None:
    assert (await client.ask("imports", query={"from": start}))[0].status == 422


# -- on a port ---------------------------------------------------------------------------------------------------------


async def test_on_a_port_it_is_under_its_key_and_tells_what_it_holds() -> None:
    sandbox = Sandbox()
    async with running(sandbox) as address, httpx.AsyncClient(trust_env=False) as http:
        local = ShopSettings(base_url=f"{address}/connectif")
        for call, parts, body, status in (
            ("contact_by_email", {"email": "a+b@x.com"}, {"_name": "Ana"}, 201),
            ("contact_get", {"email": "a+b@x.com"}, None, 200),
            ("contact_delete", {"email": "a+b@x.com"}, None, 204),
            ("coupon_sets", {}, None, 200),
        ):  # fmt: skip
            request = request_of(PLATFORM, local, KEY, call, parts, body=body)
            answer = await http.request(
                request.method, request.url, headers=list(request.headers), content=request.body
            )
            assert answer.status_code == status
        told_of = (await http.get(f"{address}/connectif/received")).json()
        assert [one["call"] for one in told_of["received"]] == [
            "contact_by_email",
            "contact_get",
            "contact_delete",
            "coupon_sets",
        ]
        assert told_of["held"]["coupon_sets"] == 3
        assert KEY not in json.dumps(told_of)
        assert (await http.get(f"{address}/")).json()["shops"] == "/connectif/received"
