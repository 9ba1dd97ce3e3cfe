"""A shop's line: calls that are sent, read and written down without key and contacts, in the account's pace."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from workbench import Workbench
from workbench.adapters.clock import VirtualClock
from workbench.errors import Invalid, Refused
from workbench.models.base import SecretRef
from workbench.models.journal import EntryFilter
from workbench.models.pace import Rate
from workbench.models.request import Reply
from workbench.models.shop import Shop, ShopSettings
from workbench.models.sync import SyncPlan
from workbench.sandbox.app import Sandbox
from workbench.sandbox.connectif.settings import StandInSettings
from workbench.sandbox.connectif.stand_in import EMULATION, ConnectifStandIn
from workbench.sandbox.faults import Fault, FaultKind, Faults
from workbench.services.sync_calling import ShopLine

ENVIRON = {"WORKBENCH_KEYRING": "off"}
KEY = "pl4ntedKEYkeyKEYkey22A:pl4ntedSECRETsecretSEC2"
EMAIL = "planted.person+shop@example.com"
PERSON = {
    "_name": "Plantedname",
    "_surname": "O'Planted",
    "_mobilePhone": "+351912345678",
    "hobby": "plantedchess",
}


pytestmark = pytest.mark.asyncio(loop_scope="module")
numbers = count(1)


@pytest.fixture(scope="module")
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture(scope="module")
def one_sandbox(clock: VirtualClock) -> Sandbox:
    return Sandbox(clock=clock)


@pytest.fixture
def sandbox(one_sandbox: Sandbox) -> Sandbox:
    """The stand-in of all tests here, as if it were new."""
    one_sandbox.shops = ConnectifStandIn(clock=one_sandbox.shops.clock)
    one_sandbox.apps["connectif"] = Faults(one_sandbox.shops, EMULATION)
    return one_sandbox


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def bench(
    tmp_path_factory: pytest.TempPathFactory, one_sandbox: Sandbox, clock: VirtualClock
) -> AsyncIterator[Workbench]:
    """One workbench for all tests here: each has a shop of its own in it."""
    home = tmp_path_factory.mktemp("home")
    async with Workbench.open(home, sandbox=one_sandbox, clock=clock, environ=ENVIRON) as bench:
        yield bench


def shop(bench: Workbench, key: str = KEY, **settings: Any) -> Shop:
    now = bench.house.clock.now()
    ref = bench.house.vault.seal_text(key)
    return Shop(
        id=f"shop_{next(numbers)}",
        settings=ShopSettings(name="Sapatos", api_key=ref, **settings),
        created_at=now,
        updated_at=now,
    )


@pytest_asyncio.fixture(loop_scope="module")
async def line(bench: Workbench, sandbox: Sandbox) -> ShopLine:
    return await ShopLine.open(bench.house, shop(bench))


async def entries(line: ShopLine) -> list[Any]:
    wanted = EntryFilter(kind="sync", integration_id=line.shop.id, limit=200)
    return list(await line.house.journal.entries(wanted))


def scanned(home: Path, *planted: str) -> list[str]:
    """Return which of the planted texts a file of the home holds."""
    contents = [path.read_bytes() for path in home.rglob("*") if path.is_file()]
    return [text for text in planted if any(text.encode() in content for content in contents)]


# -- opening -----------------------------------------------------------------------------------------------------------


async def test_a_line_says_all_that_is_missing(bench: Workbench) -> None:
    now = bench.house.clock.now()
    settings = ShopSettings(
        base_url="http://api.example.com", paths={"contact_by_email": "/x", "coupon_sets": ""}
    )
    with pytest.raises(Invalid) as refused:
        await ShopLine.open(bench.house, Shop(id="s", settings=settings, created_at=now, updated_at=now))
    assert [problem.field for problem in refused.value.problems] == [
        "base_url",
        "api_key",
        "paths.contact_by_email",
    ]


async def test_a_key_of_another_vault_is_said_to_be_missing(bench: Workbench) -> None:
    foreign = shop(bench)
    settings = foreign.settings.model_copy(update={"api_key": SecretRef(handle="sec_0123456789abcdef")})
    with pytest.raises(Invalid, match="not in this vault"):
        await ShopLine.open(bench.house, foreign.model_copy(update={"settings": settings}))


async def test_a_line_shows_no_key(line: ShopLine) -> None:
    assert (line.host, line.account) == ("api.connectif.cloud", f"connectif::{line.shop.id}")
    assert KEY not in repr(line)


# -- calls -------------------------------------------------------------------------------------------------------------


async def test_a_call_is_sent_read_and_written_down(
    bench: Workbench, line: ShopLine, sandbox: Sandbox
) -> None:
    outcome, answer, entry = await line.call(
        "contact_by_email", {"email": EMAIL}, body=PERSON, who="Rita", job_id="job_1"
    )
    assert outcome.ok
    assert isinstance(answer, Reply)
    assert answer.status == 201
    assert sandbox.shops.contacts[EMAIL]["_name"] == "Plantedname"
    (kept,) = await entries(line)
    assert kept == entry
    assert (kept.who, kept.job_id, kept.integration_name) == ("Rita", "job_1", "Sapatos")
    assert kept.recipient.startswith("p***@example.com #")
    assert kept.request.method == "PATCH"


async def test_neither_key_nor_contact_lies_on_the_disk(bench: Workbench, line: ShopLine) -> None:
    body = {**PERSON, "_emailStatus": "active"}
    await line.call("contact_by_email", {"email": EMAIL}, body=body)
    await line.call("contact_get", {"email": EMAIL})
    await line.call(
        "contact_by_external_id", {"external_id": "PlantedExternal9"}, body={"_name": "Plantedname"}
    )
    await line.call("purchase", body={"contactEmail": EMAIL, "purchaseId": "p1"})
    await line.listed("coupon_sets")
    journal = await entries(line)
    shown = json.dumps([entry.model_dump(mode="json") for entry in journal], ensure_ascii=False)
    planted = [KEY, KEY.partition(":")[2], EMAIL, "planted.person", "PlantedExternal9", *PERSON.values()]
    assert [
        text for text in planted if text in shown or text.replace("@", "%40").replace("+", "%2B") in shown
    ] == []
    assert '\\"active\\"' in shown  # choices are shown
    assert "PATCH" in shown
    assert scanned(bench.house.home.folder, *planted) == []


async def test_of_an_import_the_journal_keeps_no_row(
    bench: Workbench, line: ShopLine, clock: VirtualClock
) -> None:
    file = f"_email,_name\r\n{EMAIL},Plantedname\r\nbroken,Plantedname\r\n".encode()
    request = line.import_request(SyncPlan(shop_id=f"shop_{next(numbers)}", how="import"), file)
    outcome, entry = line.record("import", request, await line.send(request))
    assert (outcome.ok, len(outcome.ids)) == (True, 1)
    assert entry.request is not None
    assert f"({len(file)} bytes)" in entry.request.body
    assert entry.request.size == len(request.body)
    await clock.advance(10)
    _, answer, entry = await line.call("import_get", {"id": outcome.ids[0]})
    assert isinstance(answer, Reply)
    report = json.loads(answer.body)["errorReportFileUrl"]
    shown = entry.model_dump_json()
    assert "signature" in report
    assert report not in shown
    assert "https://reports.connectif.example/****" in shown


async def test_an_accepted_call_can_be_written_down_by_its_outcome_alone(line: ShopLine) -> None:
    request = line.request("contact_by_email", {"email": EMAIL}, body=PERSON)
    answer = await line.send(request)
    _, entry = line.record("contact_by_email", request, answer, exchange=False)
    assert (entry.request, entry.reply) == (None, None)
    assert (entry.recipient or "").startswith("p***@example.com")
    refused = line.request("contact_by_email", {"email": "http500@example.com"}, body=PERSON)
    _, entry = line.record("contact_by_email", refused, await line.send(refused), exchange=False)
    assert entry.request is not None


async def test_a_call_need_not_be_written_down(bench: Workbench, line: ShopLine) -> None:
    await line.call("imports", record=False)
    assert await entries(line) == []


async def test_views_are_masked(line: ShopLine) -> None:
    request = line.request("contact_by_email", {"email": EMAIL}, body=PERSON)
    view = line.view("contact_by_email", request)
    assert dict(view.headers)["Authorization"] == f"apiKey **** {KEY[-4:]}"
    assert EMAIL not in view.url + view.body
    assert "Plantedname" not in view.body
    reply = await line.send(request)
    assert isinstance(reply, Reply)
    shown = line.reply_view("contact_by_email", request, reply)
    assert EMAIL not in shown.body
    assert shown.status == 201


async def test_what_a_refusal_echoes_is_masked_too(line: ShopLine) -> None:
    outcome, _, entry = await line.call("purchase", body={
        "purchaseId": "p1", "cartId": "c", "contactEmail": EMAIL, "purchaseDate": "2026-01-05T09:00:00Z", "totalQuantity": 1,
        "totalPrice": 1, "products": [{"productId": "x", "quantity": 1, "price": 1}],
    })  # fmt: skip
    assert outcome.errors[0].code == "E0101"
    assert EMAIL not in entry.model_dump_json() + outcome.model_dump_json()


async def test_a_contact_in_another_charset_is_masked_too(line: ShopLine) -> None:
    request = line.request("contact_get", {"email": EMAIL})
    for charset in ("latin-1", "utf-16"):
        body = '{"id": "1", "_name": "Pläntedname"}'.encode(charset)
        headers = (("Content-Type", f"application/json; charset={charset}"),)
        reply = Reply(status=200, headers=headers, body=body)
        outcome, entry = line.record("contact_get", request, reply)
        assert outcome.ok
        assert "antedname" not in entry.model_dump_json()
        assert "antedname" not in line.reply_view("contact_get", request, reply).model_dump_json()


async def test_a_list_is_read_page_by_page(line: ShopLine, sandbox: Sandbox) -> None:
    sandbox.shops.settings = StandInSettings(page_size=2)
    _, first, _ = await line.listed("coupon_sets")
    _, last, _ = await line.listed("coupon_sets", first.next)
    assert [len(first.items), len(last.items), last.next] == [2, 1, ""]
    with pytest.raises(Refused, match="was not followed"):
        await line.listed("coupon_sets", "https://evil.example/coupon-sets")


async def test_a_refused_list_is_an_empty_page(line: ShopLine, sandbox: Sandbox) -> None:
    sandbox.shops.plant("http403")
    outcome, page, _ = await line.listed("coupon_sets")
    assert (outcome.kind, page.items, page.next) == ("refused", (), "")
    assert "coupons: read" in str(outcome.sentence)


async def test_a_job_has_a_wire_of_its_own(line: ShopLine) -> None:
    wire = line.wire(4)
    outcome, _, _ = await line.call("imports", wire=wire)
    await wire.close()
    assert outcome.ok


# -- pace (R-SYNC-16) --------------------------------------------------------------------------------------------------


async def rates(bench: Workbench, line: ShopLine) -> tuple[Rate, ...]:
    return (await bench.house.budgets.budget(line.account)).rates


async def test_an_account_begins_with_the_platforms_pace_and_takes_on_what_answers_state(
    bench: Workbench, line: ShopLine, sandbox: Sandbox
) -> None:
    assert await rates(bench, line) == (Rate(limit=100, per_s=60),)
    for limit in (250, 40):
        sandbox.shops.settings = StandInSettings(calls_per_min=limit)
        await line.call("imports")
        assert min(rate.limit for rate in await rates(bench, line)) == limit
    again = await ShopLine.open(bench.house, line.shop)
    assert min(rate.limit for rate in await rates(bench, again)) == 40


async def test_a_shops_own_limit_stays_below_a_higher_one_that_is_stated(bench: Workbench) -> None:
    line = await ShopLine.open(bench.house, shop(bench, calls_per_min=30))
    await line.call("imports")
    assert min(rate.limit for rate in await rates(bench, line)) == 30


async def test_a_call_waits_for_its_turn_and_says_so_when_that_takes_long(
    bench: Workbench, clock: VirtualClock, sandbox: Sandbox
) -> None:
    sandbox.shops.settings = StandInSettings(calls_per_min=0)
    line = await ShopLine.open(bench.house, shop(bench, calls_per_min=1))
    await line.call("imports")
    with pytest.raises(Refused, match=r"no more calls of this shop for 6[0-2] seconds"):
        await line.call("imports")
    await clock.advance(45)
    waiting = asyncio.create_task(line.call("imports"))
    begun = clock.monotonic()
    while sandbox.shops.counts["imports"] < 2:
        await clock.advance(1)
        await asyncio.sleep(0.005)
    assert (await waiting)[0].ok
    assert 10 <= clock.monotonic() - begun <= 20


async def test_a_429_makes_the_whole_account_rest(bench: Workbench, sandbox: Sandbox) -> None:
    line = await ShopLine.open(bench.house, shop(bench))
    sandbox.shops.plant("http429bare")
    outcome, _, _ = await line.call("imports")
    assert (outcome.kind, outcome.retry_after_s) == ("throttled", None)
    assert (await bench.house.budgets.budget(line.account)).held_until is not None


async def test_a_full_queue_of_imports_lets_other_calls_go(
    bench: Workbench, line: ShopLine, sandbox: Sandbox
) -> None:
    sandbox.shops.plant("E0401")
    outcome, _, _ = await line.call("imports")
    assert outcome.kind == "throttled"
    assert (await bench.house.budgets.budget(line.account)).held_until is None


# -- the network -------------------------------------------------------------------------------------------------------


async def test_nothing_that_a_network_does_is_raised(
    bench: Workbench, line: ShopLine, sandbox: Sandbox
) -> None:
    kinds: dict[FaultKind, str] = {
        "reset": "uncertain", "lost": "uncertain", "html": "check_body", "malformed": "unconfirmed", "redirect": "redirected",
        "huge": "unconfirmed", "server_error": "server_error", "unavailable": "server_error", "unauthorized": "refused",
    }  # fmt: skip
    for kind, expected in kinds.items():
        sandbox.apps["connectif"] = Faults(sandbox.shops, EMULATION, (Fault(kind=kind),))
        outcome, _, _ = await line.call("purchase", body={"purchaseId": "p1"}, paced=False)
        assert outcome.kind == expected, kind
    assert len(await entries(line)) == len(kinds)
