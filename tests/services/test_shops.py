"""Shops: kept, found, changed, deleted; their key tried, carried elsewhere without it; nothing of it on the disk (R-SYNC-01, 02, 03)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from starlette.responses import JSONResponse, PlainTextResponse

from tests.shop_room import KEY, PUBLIC, ShopRoom, planted_in, room_in, shared
from workbench import Workbench
from workbench.adapters.clock import VirtualClock
from workbench.adapters.database import Database
from workbench.adapters.home import Home
from workbench.adapters.wire import Wire
from workbench.engine.operations import operations
from workbench.errors import Forbidden, Invalid, MissingSecret, NotFound, Refused, TooNew
from workbench.models.base import SecretRef
from workbench.models.journal import EntryFilter
from workbench.models.person import Role
from workbench.models.sending import Confirmation
from workbench.models.shop import Shop, ShopSettings
from workbench.models.work import Job
from workbench.providers import platform
from workbench.services.shop_probing import list_call
from workbench.services.shops import Shops

Place = tuple[Home, Database]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with shared(tmp_path_factory.mktemp("shops")) as made:
        yield made


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def room(place: Place, clock: VirtualClock) -> ShopRoom:
    return room_in(*place, clock)


@pytest.fixture
def on_disk(tmp_path: Path) -> Iterator[ShopRoom]:
    with shared(tmp_path) as (home, database):
        yield room_in(home, database, on_disk=True)


def handles(room: ShopRoom) -> set[str]:
    return set(room.house.vault.handles())


def fields(error: pytest.ExceptionInfo[Invalid]) -> list[str]:
    return [problem.field for problem in error.value.problems]


# -- saving, finding -----------------------------------------------------------------------------------------------------


async def test_a_shop_is_saved_found_by_id_and_name_and_listed_by_name(room: ShopRoom) -> None:
    one = await room.shop("  Our   shop ", domains=("HTTPS://WWW.shop.example/x",))
    other = await room.shop("A second one")
    assert (one.name, one.settings.domains) == ("Our shop", ("www.shop.example",))
    assert one.settings.fields[0].custom
    assert [shop.name for shop in await room.shops.list()] == ["A second one", "Our shop"]
    assert (
        await room.shops.get(one.id)
        == await room.shops.get("our SHOP")
        == await room.shops.open(one.id)
        == one
    )
    assert other.id != one.id
    with pytest.raises(NotFound):
        await room.shops.get("nobody")
    with pytest.raises(NotFound):
        await room.shops.open("Our shop")


async def test_what_does_not_pass_is_not_saved_and_every_problem_is_told(room: ShopRoom) -> None:
    await room.shop()
    before = handles(room)
    with pytest.raises(Invalid) as refused:
        await room.shops.save(ShopSettings(name="our shop", domains=("*.x",), paths={"product": "nothing"}))
    assert fields(refused) == ["name", "api_key", "paths.product", "domains.0"]
    with pytest.raises(Invalid) as refused:
        await room.shops.save(room.settings("Another").model_copy(update={"platform": "nobody"}))
    assert fields(refused) == ["platform"]
    gone = SecretRef(handle="sec_00000000", hint="****")
    with pytest.raises(Invalid) as refused:
        await room.shops.save(ShopSettings(name="Another", api_key=gone))
    assert fields(refused) == ["api_key"]
    assert len(await room.shops.list()) == 1
    assert len(handles(room) - before) == 1, (
        "the key that was typed stays for the next try, no address is left behind"
    )


async def test_a_warning_does_not_keep_a_shop_from_being_saved(room: ShopRoom) -> None:
    settings = room.settings(key="some-other-key-0123456789", base_url="https://eu.connectif.example")
    told = await room.shops.check(settings)
    assert [(one.field, one.level) for one in told] == [("api_key", "warning"), ("base_url", "warning")]
    assert (await room.shops.save(settings)).settings.base_url == "https://eu.connectif.example"


async def test_a_changed_shop_keeps_its_id_its_addresses_and_only_its_newest_key(
    room: ShopRoom, clock: VirtualClock
) -> None:
    shop = await room.shop()
    addresses = await room.shops.addresses(shop.id)
    await clock.advance(60)
    same = await room.shops.save(shop.settings.model_copy(update={"name": "Renamed"}), shop.id)
    assert same.settings.api_key == shop.settings.api_key
    again = await room.shops.save(room.settings("Renamed", key=KEY[::-1]), shop.id)
    assert (again.id, again.tokens, again.created_at) == (shop.id, shop.tokens, shop.created_at)
    assert again.updated_at > shop.updated_at
    assert await room.shops.addresses(shop.id) == addresses
    assert shop.settings.api_key is not None
    with pytest.raises(MissingSecret):
        room.house.vault.open_text(shop.settings.api_key.handle)
    with pytest.raises(NotFound):
        await room.shops.save(room.settings("Third"), "shp_gone")


async def test_a_key_is_kept_without_the_blanks_that_a_copy_brings_along(room: ShopRoom) -> None:
    settings = room.settings(key=f"  {KEY}\n")
    shop = await room.shops.save(settings)
    assert shop.settings.api_key is not None
    assert room.house.vault.open_text(shop.settings.api_key.handle) == KEY
    assert handles(room) == {shop.settings.api_key.handle, shop.tokens[0].ref.handle}
    with pytest.raises(Invalid):  # the name is taken: what was sealed anew for it is not left behind
        await room.shops.save(room.settings(key=f"{KEY} "))
    assert len(handles(room)) == 3


# -- deleting ------------------------------------------------------------------------------------------------------------


def job(room: ShopRoom, kind: str, shop: Shop) -> Job:
    now = room.house.clock.now()
    return Job(
        id=f"job_{kind}", kind=kind, title="Contacts of May", mode="rehearsal", who="ana", account="a", state="running",
        spec={"shop": shop.model_dump(mode="json"), "sync": {"shop_id": shop.id}}, created_at=now, changed_at=now,
    )  # fmt: skip


@pytest.mark.parametrize("kind", ["sync", "import"])
async def test_a_shop_is_not_deleted_while_a_sync_of_it_runs(room: ShopRoom, kind: str) -> None:
    shop, other = await room.shop(), await room.shop("Another")
    await room.house.ledger.create(job(room, kind, shop))
    await room.shops.delete(other.id)
    with pytest.raises(Refused, match="Contacts of May"):
        await room.shops.delete(shop.id)
    await room.house.ledger.cancel(f"job_{kind}")
    await room.shops.delete("Our shop")
    assert await room.shops.list() == []
    assert handles(room) == set(), "its key and its addresses are gone with it"
    told = await room.house.journal.entries(EntryFilter(kind="change", integration_id=shop.id))
    assert [entry.detail for entry in told] == ["shop deleted", "shop saved"]


# -- callback addresses --------------------------------------------------------------------------------------------------


async def test_addresses_are_unguessable_and_one_of_another_shop_opens_nothing(room: ShopRoom) -> None:
    one, other = await room.shop(), await room.shop("Another")
    first, second = await room.shops.addresses(one.id), await room.shops.addresses(other.id)
    assert first.reachable
    assert first.subscribe.startswith(f"{PUBLIC}/shops/")
    assert first.unsubscribe == first.subscribe.replace("/subscribe", "/unsubscribe")
    token = first.subscribe.split("/")[-2]
    assert len(token) >= 32
    assert token not in second.subscribe
    assert (await room.shops.by_token(token)) == one
    assert await room.shops.by_token(token[:-1]) is None
    assert await room.shops.by_token("") is None
    assert not (await Shops(room.house).addresses(one.id)).reachable


async def test_renewed_addresses_leave_the_old_ones_their_time(room: ShopRoom, clock: VirtualClock) -> None:
    shop = await room.shop()
    old = (await room.shops.addresses(shop.id)).subscribe.split("/")[-2]
    told = await room.shops.renew_addresses(shop.id, 2)
    new = told.subscribe.split("/")[-2]
    assert told.old_until == clock.now() + timedelta(hours=2)
    assert [await room.shops.by_token(one) is not None for one in (old, new)] == [True, True]
    await clock.advance(2 * 3600)
    assert [await room.shops.by_token(one) is not None for one in (old, new)] == [False, True]
    assert (await room.shops.addresses(shop.id)).old_until is None
    await room.shops.renew_addresses(shop.id, 0)
    assert await room.shops.by_token(new) is None
    assert len(handles(room)) == 2, "what works no more is forgotten"
    with pytest.raises(Invalid):
        await room.shops.renew_addresses(shop.id, -1)


# -- the key -------------------------------------------------------------------------------------------------------------

PAGE = {"links": {"next": None}, "results": [{"id": "imp1", "type": "contacts", "status": "finished"}]}


async def test_the_key_is_tried_by_one_call_that_only_reads_a_list(room: ShopRoom) -> None:
    shop = await room.shop()
    room.answers.reply = JSONResponse(PAGE)
    check = await room.shops.probe(shop.id)
    assert check.outcome is not None
    assert (check.outcome.kind, check.problems) == ("accepted", ())
    assert room.answers.asked == [("GET", "https://api.connectif.cloud/imports", f"apiKey {KEY}")]
    assert check.request is not None
    assert KEY not in check.model_dump_json()
    assert KEY[23:] not in check.model_dump_json()
    assert "lets the key in" in str(check.outcome.sentence)
    (entry,) = await room.house.journal.entries(EntryFilter(kind="sync", integration_id=shop.id))
    assert entry.outcome is not None
    assert entry.outcome.kind == "accepted"


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (PlainTextResponse("Unauthorized", 401), "does not know this API key"),
        (PlainTextResponse("", 401), "does not know this API key"),
        (JSONResponse({"status": 403, "title": "Forbidden", "detail": KEY}, 403), "imports: read"),
        (JSONResponse({"status": 404, "title": "Not Found"}, 404), "HTTP 404"),
    ],
)
async def test_a_refusal_says_what_it_means_and_which_permission_is_needed(
    room: ShopRoom, reply: PlainTextResponse, words: str
) -> None:
    room.answers.reply = reply
    check = await room.shops.probe((await room.shop()).id)
    assert check.outcome is not None
    assert not check.outcome.ok
    assert words in str(check.outcome.sentence)
    assert KEY not in check.model_dump_json()
    assert check.problems == ()


async def test_a_refusal_over_a_path_of_ones_own_may_lie_in_the_path(room: ShopRoom) -> None:
    shop = await room.shop(paths={"imports": "/v3/imports"})
    check = await room.shops.probe(shop.id)
    assert room.answers.asked[0][1] == "https://api.connectif.cloud/v3/imports"
    assert [(one.field, one.level) for one in check.problems] == [("paths.imports", "warning")]


async def test_a_shop_without_its_key_asks_nobody(room: ShopRoom) -> None:
    shop = await room.shop()
    loaded = await room.shops.load({**await room.shops.export(shop.id), "settings": {"name": "Bare"}})
    check = await room.shops.probe(loaded.id)
    assert [one.field for one in check.problems] == ["api_key"]
    assert (check.request, room.answers.asked) == (None, [])


async def test_a_live_probe_names_host_and_shop_first(room: ShopRoom) -> None:
    shop = await room.shop()
    live = Shops(replace(room.house, wire=Wire.live(())), public_at=PUBLIC)
    with pytest.raises(Refused, match=r"api\.connectif\.cloud"):
        await live.probe(shop.id)
    for wrong in (
        Confirmation(host="api.connectif.clod", recipient="Our shop"),
        Confirmation(host="api.connectif.cloud", recipient="x"),
    ):
        with pytest.raises(Refused, match="does not fit"):
            await live.probe(shop.id, wrong)


def test_the_key_is_tried_by_a_list_whose_path_is_documented() -> None:
    call = list_call(platform("connectif"))
    assert call is not None
    assert (call.method, call.path, call.verified) == ("GET", "/imports", True)


# -- carrying ------------------------------------------------------------------------------------------------------------


async def test_an_exported_shop_has_no_secret_and_comes_back_but_for_its_key(room: ShopRoom) -> None:
    shop = await room.shop(paths={"coupon_sets": "/v2/coupon-sets"}, newsletter_consent=True)
    document = await room.shops.export(shop.id)
    text = json.dumps(document)
    for planted in (KEY, KEY[-4:], "sec_", shop.tokens[0].digest, shop.id):
        assert planted not in text
    await room.shops.delete(shop.id)
    again = await room.shops.load(json.loads(text))
    assert again.settings == shop.settings.model_copy(update={"api_key": None})
    assert again.tokens[0].digest != shop.tokens[0].digest


async def test_a_loaded_shop_keeps_the_key_of_its_name_only_where_the_key_goes_to_the_same_place(
    room: ShopRoom,
) -> None:
    shop = await room.shop()
    document = await room.shops.export(shop.id)
    changed = {
        **document,
        "settings": {
            **document["settings"],
            "calls_per_min": 60,
            "api_key": {"handle": "sec_00000000", "hint": "****"},
        },
    }
    same = await room.shops.load(changed)
    assert (same.id, same.settings.calls_per_min, same.settings.api_key) == (
        shop.id,
        60,
        shop.settings.api_key,
    )
    elsewhere = {**document, "settings": {**document["settings"], "base_url": "https://collect.example"}}
    assert (await room.shops.load(elsewhere)).settings.api_key is None
    assert shop.settings.api_key is not None
    assert not room.house.vault.has(shop.settings.api_key.handle)


STRANGE: tuple[object, ...] = (
    [], {"name": ""}, {"name": "x", "strange": 1}, {"name": "x", "domains": "abc", "connect_s": "soon"},
    {"name": "x", "base_url": "http://x.example"}, {"name": "x", "platform": "nobody"},
)  # fmt: skip
WRONG: tuple[dict[str, object], ...] = (
    {},
    {"format": "integration-workbench/shop"},
    *({"format": "integration-workbench/shop", "version": 1, "settings": settings} for settings in STRANGE),
    {"format": "integration-workbench/shop", "version": True, "settings": {}},
)  # fmt: skip


async def test_a_document_that_is_none_is_refused_and_nothing_is_kept(room: ShopRoom) -> None:
    for wrong in WRONG:
        with pytest.raises(Invalid):
            await room.shops.load(dict(wrong))
    assert await room.shops.list() == []
    assert handles(room) == set()


async def test_a_newer_document_is_not_guessed_at(room: ShopRoom) -> None:
    with pytest.raises(TooNew):
        await room.shops.load(
            {"format": "integration-workbench/shop", "version": 2, "settings": {"name": "x"}}
        )


# -- secrets, routes -----------------------------------------------------------------------------------------------------


async def test_no_file_holds_the_key_or_the_addresses(on_disk: ShopRoom) -> None:
    shop = await on_disk.shop()
    token = (await on_disk.path(shop)).split("/")[2]
    on_disk.answers.reply = JSONResponse({"status": 400, "detail": f"key {KEY}"}, 400)
    await on_disk.shops.probe(shop.id)
    await on_disk.house.journal.database.empty_log()
    assert planted_in(on_disk.house.home, KEY, KEY[23:], token) == []
    assert planted_in(on_disk.house.home, shop.id) != []
    assert KEY not in repr(shop)


async def test_through_the_server_a_shop_is_saved_and_tried_and_its_addresses_are_for_operators(
    house: Workbench, connected: Callable[[Role], Workbench]
) -> None:
    operator, viewer = connected("operator"), connected("viewer")
    key = house.secrets.keep_text(KEY)
    shop = await operator.shops.save(ShopSettings(name="Our shop", api_key=key))
    check = await operator.shops.probe(shop.id)
    assert check.outcome is not None
    assert check.outcome.kind == "accepted", "the stand-in of the rehearsal answers"
    assert await viewer.shops.list() == [shop]
    assert await viewer.shops.calls(shop.id) == []
    for refused in (
        viewer.shops.addresses(shop.id),
        viewer.shops.delete(shop.id),
        viewer.shops.save(shop.settings),
    ):
        with pytest.raises(Forbidden):
            await refused
    assert (await operator.shops.addresses(shop.id)).subscribe.startswith("/shops/")


def test_who_may_do_what() -> None:
    roles = {name: one.role for name, one in operations(Shops).items()}
    assert roles == {
        "list": "viewer", "get": "viewer", "platforms": "viewer", "check": "viewer", "export": "viewer", "calls": "viewer",
        "save": "operator", "delete": "operator", "load": "operator", "addresses": "operator", "renew_addresses": "operator",
        "probe": "operator",
    }  # fmt: skip


async def test_the_form_is_told_of_every_platform(room: ShopRoom) -> None:
    told = await room.shops.platforms()
    assert platform("connectif") in told
    written = operations(Shops)["platforms"].result
    assert written.validate_json(written.dump_json(told)) == told
