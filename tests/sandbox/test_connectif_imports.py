"""Connectif's stand-in: imports that wait, run, and end with a report at another host."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import httpx
import pytest

from tests.sandbox.running import running
from workbench.adapters.clock import VirtualClock
from workbench.adapters.wire import Wire
from workbench.engine.sync_calls import import_request, next_request, request_of
from workbench.engine.sync_read import decoded, page, remote_import, report_url
from workbench.models.request import Reply, Request
from workbench.models.shop import ShopSettings
from workbench.models.sync import SyncPlan
from workbench.providers.connectif import PLATFORM
from workbench.sandbox.app import Sandbox
from workbench.sandbox.connectif.settings import StandInSettings

KEY = "AAAAAAAAAAAAAAAAAAAAAA:BBBBBBBBBBBBBBBBBBBBBB"
SHOP = ShopSettings()
FILE = b'_email,_name,_points\r\nana@example.com,Ana,3\r\nbo@example.com,"Bo\r\nder Zweite",x\r\ncy@example.com,,\r\n'


class Importer:
    """Uploads files to a stand-in whose time is moved by hand."""

    def __init__(self, **settings: Any) -> None:
        self.clock = VirtualClock()
        self.sandbox = Sandbox(clock=self.clock)
        self.shops = self.sandbox.shops
        self.shops.settings = StandInSettings(**settings)
        self.wire = Wire.rehearsal(self.sandbox.route)

    async def send(self, request: Request) -> Reply:
        answer = await self.wire.send(request)
        assert isinstance(answer, Reply), answer
        return answer

    async def upload(self, file: bytes = FILE, **options: Any) -> Reply:
        plan = SyncPlan(shop_id="shop_1", how="import", **options)
        return await self.send(import_request(PLATFORM, SHOP, KEY, plan, file))

    async def look(self, id: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(
            (await self.send(request_of(PLATFORM, SHOP, KEY, "import_get", {"id": id}))).body
        )
        return found

    async def done(self, file: bytes = FILE, **options: Any) -> dict[str, Any]:
        """Return an import at its end."""
        reply = await self.upload(file, **options)
        assert reply.status == 201, reply.body
        await self.clock.advance(10)
        return await self.look(json.loads(reply.body)["id"])

    async def report(self, url: str, *headers: tuple[str, str]) -> Reply:
        return await self.send(Request(method="GET", url=url, headers=headers, provider="connectif"))


@pytest.fixture
def importer() -> Importer:
    return Importer()


async def test_an_import_waits_runs_and_ends_with_the_clock(importer: Importer) -> None:
    reply = await importer.upload()
    started = remote_import(json.loads(reply.body))
    assert started is not None
    assert (reply.status, started.status, started.total, started.type, started.origin) == (
        201,
        "queued",
        3,
        "contacts",
        "api",
    )
    seen = []
    for seconds in (0.5, 1.5, 2, 2):
        await importer.clock.advance(seconds)
        told = await importer.look(started.id)
        seen.append((told["status"], told["success"], told["errors"], bool(told["errorReportFileUrl"])))
    assert seen == [
        ("queued", 0, 0, False),
        ("inProgress", 0, 0, False),
        ("inProgress", 2, 0, False),
        ("finished", 2, 1, True),
    ]
    assert sorted(importer.shops.contacts) == ["ana@example.com", "cy@example.com"]
    assert importer.shops.contacts["ana@example.com"]["_points"] == 3
    assert list(importer.shops.imports) == [started.id]


async def test_the_report_lies_at_another_host_which_refuses_a_key(importer: Importer) -> None:
    url = report_url(await importer.done())
    assert url.startswith("https://reports.connectif.example/")
    reply = await importer.report(url)
    rows = list(csv.reader(io.StringIO(reply.text())))
    assert (reply.status, rows) == (200, [["line", "field", "error"], ["3", "_points", "must be integer"]])
    assert importer.shops.keys_at_reports == 0
    refused = await importer.report(url, ("Authorization", f"apiKey {KEY}"))
    assert (refused.status, importer.shops.keys_at_reports) == (400, 1)
    assert (await importer.report("https://reports.connectif.example/reports/none.csv")).status == 404


async def test_the_report_can_be_the_refused_rows_themselves() -> None:
    importer = Importer(report="rows")
    reply = await importer.report(report_url(await importer.done()))
    rows = list(csv.reader(io.StringIO(reply.text(), newline="")))
    assert rows == [
        ["_email", "_name", "_points", "error"],
        ["bo@example.com", "Bo\r\nder Zweite", "x", "_points must be integer"],
    ]


async def test_a_clean_import_has_no_report(importer: Importer) -> None:
    told = await importer.done(b"_email\nana@example.com\n")
    assert (told["success"], told["errors"], told["errorReportFileUrl"]) == (1, 0, None)


@pytest.mark.parametrize(
    ("override", "only_empty", "name", "points"),
    [(True, False, "Neu", 9), (True, True, "Ana", 9), (False, False, "Ana", None)],
)
async def test_what_exists_is_overwritten_filled_or_left(
    importer: Importer, override: bool, only_empty: bool, name: str, points: int | None
) -> None:
    await importer.done(b"_email,_name\nana@example.com,Ana\n")
    await importer.done(
        b"_email,_name,_points\nana@example.com,Neu,9\n",
        override_existing=override,
        update_only_empty=only_empty,
    )
    kept = importer.shops.contacts["ana@example.com"]
    assert (kept["_name"], kept.get("_points")) == (name, points)


async def test_an_empty_cell_changes_nothing(importer: Importer) -> None:
    await importer.done(b"_email,_name\nana@example.com,Ana\n")
    await importer.done(b"_email,_name\nana@example.com,\n")
    assert importer.shops.contacts["ana@example.com"]["_name"] == "Ana"


async def test_products_are_imported_with_their_types() -> None:
    importer = Importer(domains=("shop.example",))
    file = (
        b"productId;name;unitPrice;categories;isBlacklisted;productDetailUrl\n"
        b"1;Shoe;59.90;Shoes|Shoes/Red;true;https://shop.example/1\n2;Hat;x;;;\n;Bag;1;;;\n4;Cap;1;;;https://evil.example/4\n5;Sock\n"
    )
    told = await importer.done(file, entity="product", delimiter=";")
    assert (told["total"], told["success"], told["errors"]) == (5, 1, 4)
    shoe = importer.shops.products["1"]
    assert (shoe["unitPrice"], shoe["categories"], shoe["isBlacklisted"]) == (
        59.9,
        ["Shoes", "Shoes/Red"],
        True,
    )
    reply = await importer.report(report_url(told))
    wrong = [row[:2] for row in csv.reader(io.StringIO(reply.text()))][1:]
    assert wrong == [["3", "unitPrice"], ["4", "productId"], ["5", "productDetailUrl"], ["6", ""]]


async def test_coupons_go_into_their_set(importer: Importer) -> None:
    set_id = "65a000000000000000000003"
    told = await importer.done(b"code\nA1\nA2\nA1\n", entity="coupon", coupon_set_id=set_id)
    assert (told["success"], told["errors"], importer.shops.coupons) == (2, 1, {set_id: ["A1", "A2"]})
    assert importer.shops.coupon_sets[set_id]["available"] == 2


@pytest.mark.parametrize("word", ["e0101", "http500"])
async def test_a_row_can_be_refused_on_demand(importer: Importer, word: str) -> None:
    told = await importer.done(f"_email\n{word}@example.com\nana@example.com\n".encode())
    assert (told["success"], told["errors"]) == (1, 1)


@pytest.mark.parametrize(
    "file",
    [b"", b"_name\nAna\n", b"_email,_email\na@b.com,a@b.com\n", b"_email\n\xff\n", b"code,_email\nx,y\n"],
)
async def test_a_file_that_cannot_be_imported_ends_in_error(importer: Importer, file: bytes) -> None:
    coupons = file.startswith(b"code")
    options = {"entity": "coupon", "coupon_set_id": "65a000000000000000000003"} if coupons else {}
    told = await importer.done(file, **options)
    assert (told["status"], told["success"]) == ("error", 0)
    assert (await importer.report(report_url(told))).status == 200


async def test_only_ten_wait_and_the_eleventh_is_e0401(importer: Importer) -> None:
    replies = [await importer.upload() for _ in range(11)]
    assert [reply.status for reply in replies] == [201] * 10 + [400]
    assert decoded(PLATFORM, replies[-1]).code == "E0401"
    await importer.clock.advance(2)  # the first one runs
    assert (await importer.upload()).status == 201
    await importer.clock.advance(100)
    assert {told["status"] for told in importer.shops.imports.values()} == {"finished"}


async def test_imports_run_one_after_the_other(importer: Importer) -> None:
    for _ in range(2):
        await importer.upload()
    await importer.clock.advance(4)
    assert [told["status"] for told in importer.shops.imports.values()] == ["inProgress", "queued"]


async def test_large_files_can_take_longer() -> None:
    importer = Importer(rows_per_s=1)
    reply = await importer.upload()
    await importer.clock.advance(7.5)
    assert (await importer.look(json.loads(reply.body)["id"]))["status"] == "inProgress"


@pytest.mark.parametrize("end", ["error", "cancelled", "paused_by_a_human", "never"])
async def test_an_import_can_end_otherwise(importer: Importer, end: str) -> None:
    importer.shops.end_imports(end)
    told = await importer.done()
    assert told["status"] == ("inProgress" if end == "never" else end)
    other = await importer.done()
    assert (other["status"], other["errors"]) == ("finished", 1)


async def test_imports_are_listed_newest_first_page_by_page() -> None:
    importer = Importer(page_size=2)
    ids = [json.loads((await importer.upload()).body)["id"] for _ in range(3)]
    first = page(
        json.loads((await importer.send(request_of(PLATFORM, SHOP, KEY, "imports"))).body),
        "https://api.connectif.cloud",
    )
    last = page(
        json.loads((await importer.send(next_request(PLATFORM, SHOP, KEY, first.next))).body),
        "https://api.connectif.cloud",
    )
    assert [one["id"] for one in (*first.items, *last.items)] == ids[::-1]
    assert last.next == ""


async def test_a_file_that_is_too_large_is_413() -> None:
    importer = Importer(file_bytes=1000)
    assert (await importer.upload(b"_email\n" + b"x" * 993)).status == 201
    assert (await importer.upload(b"_email\n" + b"x" * 994)).status == 413
    assert (await importer.upload(b"x" * 200_000)).status == 413


def altered(change: Any) -> Request:
    request = import_request(PLATFORM, SHOP, KEY, SyncPlan(shop_id="s", how="import"), FILE)
    return request.model_copy(update=change(request))


def body(old: bytes, new: bytes) -> Any:
    return lambda request: {"body": request.body.replace(old, new, 1)}


@pytest.mark.parametrize(
    ("change", "status", "path"),
    [
        (lambda request: {"headers": (("Content-Type", "text/csv"), *request.headers[1:])}, 415, ""),
        (
            lambda request: {"headers": (("Content-Type", "multipart/form-data"), *request.headers[1:])},
            400,
            "",
        ),
        (lambda request: {"body": b""}, 400, ""),
        (lambda request: {"body": request.body[:-20]}, 400, ""),
        (body(b"contacts", b"purchases"), 422, "/type"),
        (body(b"\r\n\r\n,\r\n", b"\r\n\r\n|\r\n"), 422, "/delimiter"),
        (body(b"\r\n\r\ntrue\r\n", b"\r\n\r\nyes\r\n"), 422, "/overrideExisting"),
        (body(b"\r\n\r\nfalse\r\n", b"\r\n\r\nno\r\n"), 422, "/updateOnlyEmptyFields"),
        (body(b'name="file"', b'name="data"'), 422, "/file"),
        (body(b"text/csv", b"text/html"), 422, "/file"),
        (body(b'name="delimiter"\r\n\r\n,', b'name="couponSetId"\r\n\r\nx'), 422, "/couponSetId"),
    ],
)
async def test_a_form_that_is_wrong_is_refused(
    importer: Importer, change: Any, status: int, path: str
) -> None:
    reply = await importer.send(altered(change))
    assert reply.status == status
    assert [one.path for one in decoded(PLATFORM, reply).validation] == ([path] if path else [])
    assert importer.shops.imports == {}


async def test_only_empty_without_override_and_a_set_that_is_none_are_refused(importer: Importer) -> None:
    request = altered(
        lambda request: {
            "body": request.body.replace(b"true", b"flse", 1)
            .replace(b"false", b"true", 1)
            .replace(b"flse", b"false", 1)
        }
    )
    reply = await importer.send(request)
    assert [one.path for one in decoded(PLATFORM, reply).validation] == ["/updateOnlyEmptyFields"]
    coupons = await importer.upload(b"code\n1\n", entity="coupon", coupon_set_id="none")
    assert [one.path for one in decoded(PLATFORM, coupons).validation] == ["/couponSetId"]


async def test_on_a_port_the_report_and_the_next_page_lie_beside_the_rest() -> None:
    sandbox = Sandbox()
    sandbox.shops.settings = StandInSettings(starts_s=0, import_s=0, page_size=1)
    async with running(sandbox) as address, httpx.AsyncClient(trust_env=False) as http:
        local = ShopSettings(base_url=f"{address}/connectif")
        for _ in range(2):
            upload = import_request(PLATFORM, local, KEY, SyncPlan(shop_id="s", how="import"), FILE)
            made = await http.post(upload.url, headers=list(upload.headers), content=upload.body)
            assert made.status_code == 201
        listed = request_of(PLATFORM, local, KEY, "imports")
        first = page((await http.get(listed.url, headers=list(listed.headers))).json(), local.base_url)
        last = page((await http.get(first.next, headers=list(listed.headers))).json(), local.base_url)
        assert (len(first.items), len(last.items), last.next) == (1, 1, "")
        url = report_url(first.items[0])
        assert url.startswith(f"{address}/connectif/reports/")
        assert (await http.get(url)).text.startswith("line,field,error")
