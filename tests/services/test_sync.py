"""Syncs by single calls: contacts and products written, consent guarded, changes told apart, and nothing of anybody on the disk."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.running import running
from tests.sync_room import API_KEY, ENVIRON, Room, product, purchase, room_of, shop_of, sync_room
from workbench import Workbench
from workbench.engine import schedule
from workbench.errors import Forbidden, Invalid, NotFound, Refused
from workbench.models.person import Person, Role
from workbench.models.run import CheckedFilter, Mapped, RunPlan
from workbench.models.sending import Confirmation
from workbench.models.shop import ShopSettings
from workbench.models.sync import SyncPlan
from workbench.sandbox.app import Sandbox
from workbench.sandbox.connectif.settings import StandInSettings
from workbench.services.roles import caller, role_of
from workbench.services.sync import Sync
from workbench.services.sync_calling import ShopLine
from workbench.services.sync_looking import Looks, SyncLook, SyncLooked
from workbench.services.sync_memory import Memory

PEOPLE = "_email,_name\nana@Example.com,Ana\nbo+x@example.com,Bo\ncy@example.com,Cy\n"


@pytest.fixture
def box() -> Sandbox:
    found = Sandbox()
    found.shops.settings = StandInSettings(calls_per_min=0)
    return found


@pytest.fixture
async def room(tmp_path: Path, box: Sandbox) -> AsyncIterator[Room]:
    async with sync_room(tmp_path / "home", box) as made:
        yield made


@contextmanager
def acting(role: Role) -> Iterator[None]:
    token = caller.set(Person(name=f"a {role}", role=role))
    try:
        yield
    finally:
        caller.reset(token)


async def left_out(room: Room, run_id: str) -> dict[int, str]:
    found = await room.runs.rows(run_id, CheckedFilter(states=("left_out",)))
    return {row.number: str(row.problems[-1].sentence) for row in found}


# -- contacts and products ---------------------------------------------------------------------------------------------


async def test_contacts_go_one_by_one_under_their_encoded_address(room: Room, box: Sandbox) -> None:
    run = await room.sent(PEOPLE)
    assert [row.state for row in await room.runs.outcomes(run.id)] == ["accepted"] * 3
    paths = sorted(str(one["path"]) for one in box.shops.received)
    assert paths == [
        "/contacts/email/ana%40example.com", "/contacts/email/bo%2Bx%40example.com", "/contacts/email/cy%40example.com",
    ]  # fmt: skip
    assert box.shops.contacts["bo+x@example.com"]["_name"] == "Bo"
    job = (await room.work.job(run.job_id or "")).job
    assert (job.kind, job.host, job.repeatable) == ("sync", "api.connectif.cloud", True)
    assert job.account == (await ShopLine.open(room.bench.house, room.shop)).account


async def test_contacts_go_by_their_external_id(room: Room, box: Sandbox) -> None:
    await room.sent("_externalId,_email\n17/a,ana@example.com\n", by="external_id")
    [call] = box.shops.received
    assert call["path"] == "/contacts/external-id/17%2Fa"
    assert call["body"] == {"_email": "ana@example.com"}


async def test_money_goes_out_as_the_exact_number(room: Room, box: Sandbox) -> None:
    rows = "productId,name,productDetailUrl,unitPrice\nA-1,Shirt,https://shop.example/a,19.90\n"
    run = await room.looked(rows, "product")
    [shown] = await room.runs.rows(run.id, CheckedFilter(states=("ready",)))
    assert '"unitPrice":19.90' in shown.body
    await room.done(run)
    assert box.shops.products["A-1"]["unitPrice"] == 19.9


async def test_a_value_that_the_platform_refuses_is_told_by_its_field(room: Room, box: Sandbox) -> None:
    box.shops.plant("http422", call="contact_by_email")
    run = await room.sent("_email,_name\nana@example.com,Ana\n")
    [row] = await room.runs.outcomes(run.id)
    assert (row.state, row.outcome) == ("failed", "refused")
    assert "planted" in str(row.sentence)


async def test_a_key_that_is_not_let_in_stops_the_job_and_a_new_one_goes_on(room: Room, box: Sandbox) -> None:
    box.shops.settings = StandInSettings(calls_per_min=0, keys={})
    run = await room.looked(PEOPLE)
    progress = await room.done(run)
    assert progress.job.state == "stopped"
    assert progress.job.counts.waiting == 3
    box.shops.settings = StandInSettings(calls_per_min=0, keys={"k22:k22": _all()})
    new = room.bench.house.vault.seal_text("k22:k22")
    await room.shops.save(room.shop.settings.model_copy(update={"api_key": new}), room.shop.id)
    run = await room.runs.get(run.id)
    await room.work.resume(run.job_id or "")
    assert (await room.ended(run)).job.counts.accepted == 3


def _all() -> tuple[str, ...]:
    from workbench.providers.connectif import PLATFORM

    return tuple(call.permission for call in PLATFORM.calls)


async def test_a_shop_that_moved_does_not_lend_its_key_to_the_old_address(room: Room, box: Sandbox) -> None:
    box.shops.settings = StandInSettings(calls_per_min=0, keys={})
    run = await room.looked(PEOPLE)
    await room.done(run)
    run = await room.runs.get(run.id)
    moved = room.shop.settings.model_copy(update={
        "base_url": "https://other.example", "api_key": room.bench.house.vault.seal_text("k23:k23"),
    })  # fmt: skip
    await room.shops.save(moved, room.shop.id)
    calls = len(box.shops.received)
    await room.work.resume(run.job_id or "")
    progress = await room.ended(run)
    assert progress.job.state == "stopped"
    assert "key" in str(progress.job.reason)
    assert len(box.shops.received) == calls, "nothing was sent"


async def test_a_429_without_headers_is_waited_for_and_goes_on(
    room: Room, box: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schedule, "WAITS_S", (0.01,) * 7)
    box.shops.plant("http429bare", call="contact_by_email")
    run = await room.sent("_email\nana@example.com\n")
    [row] = await room.runs.outcomes(run.id)
    assert (row.state, row.attempts) == ("accepted", 2)


async def test_single_calls_learn_the_accounts_pace_from_the_headers(room: Room, box: Sandbox) -> None:
    box.shops.settings = StandInSettings(calls_per_min=40)
    await room.sent("_email\nana@example.com\n")
    account = (await ShopLine.open(room.bench.house, room.shop)).account
    budget = await room.bench.house.budgets.budget(account)
    assert [(rate.limit, rate.per_s) for rate in budget.rates] == [(40, 60.0)]
    run = await room.looked(PEOPLE)
    assert run.preflight is not None
    assert run.preflight.seconds == pytest.approx(3 / 40 * 60)
    kept = await room.bench.house.budgets.budget(account)
    assert kept.rates == budget.rates, "looking at rows does not forget what was learned"


async def test_a_row_that_cannot_go_any_more_is_told_and_not_sent(
    room: Room, box: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = await room.looked("_email\nana@example.com\n")
    monkeypatch.setattr(SyncLook, "look", lambda self, row, fixes=None: SyncLooked(row.number, row.cells))
    await room.done(run)
    [row] = await room.runs.outcomes(run.id)
    assert row.state == "invalid"
    assert "cannot any more" in str(row.sentence)
    assert not box.shops.received


# -- what stays behind -------------------------------------------------------------------------------------------------


async def test_only_changes_go_and_what_is_gone_is_never_deleted(room: Room, box: Sandbox) -> None:
    await room.sent(PEOPLE)
    rows = "_email,_name\nana@example.com,Anna\nBO+X@example.com,Bo\ndi@example.com,Di\n"
    run = await room.looked(rows, only_changes=True)
    diff = await room.sync.diff(run.id)
    assert (diff.creates, diff.updates, diff.unchanged, diff.gone) == (1, 1, 1, 1)
    whole = await room.sync.diff((await room.planned(rows)).id)
    assert whole == diff, "whether the rows were looked at or not"
    update = next(one for one in whole.sample if one.kind == "update")
    assert (update.row, update.fields) == (1, ("_name",))
    gone = next(one for one in whole.sample if one.kind == "gone")
    assert gone.key.startswith("***@example.com")
    assert "Nothing is ever deleted" in str(whole.problems[0].sentence)
    assert "Unchanged" in (await left_out(room, run.id))[2]
    box.shops.received.clear()
    await room.done(run)
    assert sorted(str(one["path"]) for one in box.shops.received) == [
        "/contacts/email/ana%40example.com", "/contacts/email/di%40example.com",
    ]  # fmt: skip
    assert {one["method"] for one in box.shops.received} == {"PATCH"}
    assert "cy@example.com" in box.shops.contacts


async def test_what_was_sent_in_a_rehearsal_is_forgotten_with_its_shop_alone(room: Room) -> None:
    await room.sent(PEOPLE)
    memory = await Memory.open(room.bench.house, room.doors.marks, room.shop.id)
    assert (
        len(await memory.known("contact", ["ana@example.com", "bo+x@example.com", "nobody@example.com"])) == 2
    )
    await room.doors.marks.forget_shop(memory.scope)
    again = await Memory.open(room.bench.house, room.doors.marks, room.shop.id)
    assert await again.known("contact", ["ana@example.com"]) == {}


async def test_a_deleted_shop_takes_what_was_kept_of_its_records_with_it_in_both_modes(room: Room) -> None:
    await room.sent(PEOPLE)
    other = await shop_of(room.bench, room.shops, name="Another")
    scopes = [f"{mode}/{room.shop.id}" for mode in ("rehearsal", "live")]
    marks = await room.doors.marks.page(f"{scopes[0]}/contact")
    await room.doors.marks.keep(f"{scopes[1]}/contact", marks)
    await room.doors.marks.keep(f"rehearsal/{other.id}/contact", marks[:1])
    await room.shops.delete(room.shop.id)
    assert [await room.doors.marks.count(f"{scope}/contact") for scope in scopes] == [0, 0]
    assert await room.doors.marks.count(f"rehearsal/{other.id}/contact") == 1, "another shop's stay"
    sealed = [await room.doors.marks.sealed_key(scope, lambda: "another key") for scope in scopes]
    assert sealed == ["another key"] * 2, "what was sealed cannot be opened any more"


async def test_columns_are_found_by_what_shops_call_them(room: Room) -> None:
    table = await room.runs.paste("First name,last_name,e-mail\nAna,Diaz,ana@example.com\n")
    plan = RunPlan(table_id=table.id, sync=SyncPlan(shop_id=room.shop.id))
    found = await room.runs.propose((await room.runs.plan(plan)).id)
    assert {one.target: one.column for one in found} == {
        "_name": "First name", "_surname": "last_name", "_email": "e-mail"
    }  # fmt: skip


SUBSCRIBED = "_email,_newsletterSubscriptionStatus,source,at\n"


async def test_nobody_is_subscribed_in_bulk_without_a_proof(room: Room, box: Sandbox) -> None:
    await room.consent.record("ana@example.com", "opted_out", "asked for it", "email")
    await room.consent.record("bo@example.com", "opted_in", "asked for it", "email")
    rows = (
        SUBSCRIBED
        + "ana@example.com,subscribed,form,2026-01-01\nbo@example.com,subscribed,,\ncy@example.com,subscribed,,\n"
    )
    run = await room.looked(rows)
    said = await left_out(room, run.id)
    assert "has unsubscribed" in said[1]
    assert "may have unsubscribed" in said[3]
    assert set(said) == {1, 3}, "who agreed, as the ledger knows, may go"
    await room.done(run)
    assert set(box.shops.contacts) == {"bo@example.com"}


async def test_a_proof_that_is_newer_than_the_unsubscription_lets_it_pass_and_an_older_one_does_not(
    room: Room,
) -> None:
    rows = (
        SUBSCRIBED + "ana@example.com,subscribed,form,2026-01-01\ncy@example.com,subscribed,form,2026-01-01\n"
    )
    await room.consent.record("ana@example.com", "opted_out", "asked for it", "email")
    run = await room.looked(rows, proof=("source", "at"))
    said = await left_out(room, run.id)
    assert set(said) == {1}
    assert "unsubscribed after it" in said[1]


async def test_what_was_sent_as_unsubscribed_is_not_raised_later(room: Room) -> None:
    await room.sent("_email,_newsletterSubscriptionStatus\nana@example.com,unsubscribed\n")
    run = await room.looked("_email,_newsletterSubscriptionStatus\nana@example.com,subscribed\n")
    assert "has unsubscribed" in (await left_out(room, run.id))[1]


async def test_a_stop_that_comes_after_the_look_counts_when_the_row_goes(room: Room, box: Sandbox) -> None:
    await room.consent.record("ana@example.com", "opted_in", "asked for it", "email")
    run = await room.looked("_email,_newsletterSubscriptionStatus\nana@example.com,subscribed\n")
    assert run.preflight is not None
    assert run.preflight.ready == 1
    await room.consent.record("ana@example.com", "opted_out", "changed her mind", "email")
    await room.done(run)
    [row] = await room.runs.outcomes(run.id)
    assert row.state == "invalid"
    assert "unsubscribed" in str(row.sentence)
    assert not box.shops.received


async def test_conflicts_between_the_table_and_the_ledger_are_listed(room: Room) -> None:
    await room.consent.record("ana@example.com", "opted_out", "asked for it", "email")
    rows = (
        SUBSCRIBED + "ana@example.com,subscribed,form,2026-01-01\nbo@example.com,subscribed,form,2026-01-01\n"
    )
    held = await room.sync.conflicts((await room.looked(rows, proof=("source", "at"))).id)
    assert [(one.row, one.field, one.source, one.goes) for one in held] == [
        (1, "_newsletterSubscriptionStatus", "form", False)
    ]
    assert held[0].since is not None
    assert held[0].recipient.startswith("a***@")
    newer = rows.replace("2026-01-01", room.bench.house.clock.now().isoformat())
    [one] = await room.sync.conflicts((await room.looked(newer, proof=("source", "at"))).id)
    assert one.goes
    assert "proves a new consent" in str(one.sentence)


# -- plans -------------------------------------------------------------------------------------------------------------


CONTRADICTIONS: list[tuple[dict[str, Any], str]] = [
    ({"entity": "coupon", "how": "single"}, "entity"),
    ({"coupon_set_id": "s"}, "coupon_set_id"),
    ({"update_only_empty": True}, "override_existing"),
    ({"override_existing": False}, "override_existing"),
    ({"proof": ("source",)}, "proof"),
    ({"entity": "product", "proof": ("a", "b")}, "proof"),
    ({"how": "import", "entity": "purchase"}, "entity"),
    ({"how": "import", "by": "external_id"}, "by"),
    ({"how": "import", "update_only_empty": True, "override_existing": False}, "update_only_empty"),
]


async def test_options_that_contradict_each_other_are_refused(room: Room) -> None:
    for more, field in CONTRADICTIONS:
        with pytest.raises(Invalid) as error:
            await room.looks.checked(SyncPlan.model_validate({"shop_id": room.shop.id, **more}))
        assert [one.field for one in error.value.problems] == [field], more


async def test_a_shop_is_named_by_its_name_and_one_that_is_not_there_is_not_found(room: Room) -> None:
    assert (await room.looks.checked(SyncPlan(shop_id="example SHOP"))).shop_id == room.shop.id
    with pytest.raises(NotFound):
        await room.looks.checked(SyncPlan(shop_id="nowhere"))
    with pytest.raises(Refused, match="imports"):
        await Looks(room.doors).checked(SyncPlan(shop_id=room.shop.id, how="import"))


async def test_a_column_that_is_no_field_is_told_with_the_nearest(room: Room) -> None:
    run = await room.planned("_email,_nme\nana@example.com,Ana\n")
    plan = run.plan.model_copy(update={"mapping": (*run.plan.mapping, Mapped(target="_nme", column="_nme"))})
    run = await room.runs.change(run.id, plan)
    with pytest.raises(Invalid, match="_name"):
        await room.runs.check(run.id)


async def test_other_settings_of_the_shop_want_the_rows_looked_at_again(room: Room) -> None:
    run = await room.looked(PEOPLE)
    await room.shops.save(room.shop.settings.model_copy(update={"lower_local": True}), room.shop.id)
    with pytest.raises(Refused):
        await room.runs.start(run.id)


# -- one record --------------------------------------------------------------------------------------------------------


async def test_one_contact_is_previewed_sent_read_back_and_deleted(room: Room, box: Sandbox) -> None:
    record = {"_email": "ana@example.com", "_name": "Ana"}
    preview = await room.sync.preview(room.shop.id, "contact", record)
    assert preview.request is not None
    assert preview.recipient == "ana@example.com"
    assert API_KEY not in preview.model_dump_json()
    assert "$API_KEY" in preview.curl
    assert not box.shops.received
    sent = await room.sync.send(room.shop.id, "contact", record)
    assert sent.outcome.ok
    found = await room.sync.get(room.shop.id, "contact", "ana@example.com")
    assert found.outcome is not None
    assert found.outcome.ok
    assert found.reply is not None
    assert "ana@example.com" not in found.model_dump_json()
    gone = await room.sync.delete_contact(room.shop.id, "ana@example.com")
    assert gone.outcome.ok
    assert not box.shops.contacts
    memory = await Memory.open(room.bench.house, room.doors.marks, room.shop.id)
    assert await memory.find("contact", ["ana@example.com"]) == {}, "here it is forgotten too"
    missing = await room.sync.get(room.shop.id, "contact", "ana@example.com")
    assert missing.reply is not None
    assert missing.reply.status == 404


async def test_one_record_that_is_not_right_is_told_by_its_fields(room: Room, box: Sandbox) -> None:
    preview = await room.sync.preview(
        room.shop.id, "product", {**product("A-1"), "unitPrice": -1, "naem": "x"}
    )
    assert preview.request is None
    assert "name" in str(preview.problems[0].sentence)
    wrong = await room.sync.preview(room.shop.id, "product", {**product("A-1"), "unitPrice": -1})
    assert [one.field for one in wrong.problems if one.blocks] == ["unitPrice"]
    with pytest.raises(Invalid):
        await room.sync.send(room.shop.id, "product", {**product("A-1"), "unitPrice": -1})
    coupon = await room.sync.preview(room.shop.id, "coupon", {"code": "X"})
    assert [one.field for one in coupon.problems] == ["entity"]
    assert not box.shops.received


async def test_a_live_call_that_writes_is_confirmed_and_a_rehearsal_remembers_nothing_for_it(
    tmp_path: Path, box: Sandbox
) -> None:
    async with running(box) as address:
        host = address.removeprefix("http://")
        where = {"base_url": f"{address}/connectif", "local_test": True}
        async with sync_room(tmp_path / "home", box, **where) as rehearsed:
            await rehearsed.sent("_email,_name\nana@example.com,Ana\n")
            shop = rehearsed.shop.id
        box.shops.received.clear()
        async with Workbench.open(
            tmp_path / "home", live=True, allowed_hosts=[host], environ=ENVIRON
        ) as bench:
            record = {"_email": "ana@example.com", "_name": "Ana"}
            preview = await bench.sync.preview(shop, "contact", record)
            for wrong in (None, Confirmation(host="elsewhere", recipient="ana@example.com")):
                with pytest.raises(Refused, match=r"Confirm it|does not fit"):
                    await bench.sync.send(shop, "contact", record, confirmation=wrong)
                with pytest.raises(Refused, match=r"Confirm it|does not fit"):
                    await bench.sync.delete_contact(shop, "ana@example.com", wrong)
            assert not box.shops.received
            right = Confirmation(host=preview.host, recipient=preview.recipient)
            assert (await bench.sync.send(shop, "contact", record, confirmation=right)).outcome.ok
            memory = await Memory.open(bench.house, bench.sync.doors.marks, shop)
            assert memory.scope == f"live/{shop}"
            assert len(await memory.known("contact", ["ana@example.com"])) == 1


async def test_one_contact_that_unsubscribed_is_warned_of(room: Room) -> None:
    await room.consent.record("ana@example.com", "opted_out", "asked for it", "email")
    record = {"_email": "ana@example.com", "_newsletterSubscriptionStatus": "subscribed"}
    preview = await room.sync.preview(room.shop.id, "contact", record)
    assert preview.request is not None
    assert [one.level for one in preview.problems] == ["warning"]


async def test_coupon_sets_come_page_by_page(room: Room, box: Sandbox) -> None:
    box.shops.settings = StandInSettings(calls_per_min=0, page_size=2)
    page = await room.sync.coupon_sets(room.shop.id)
    assert [one.name for one in page.sets] == ["Welcome 10 %", "Free delivery"]
    assert page.sets[1].quantity is None, "unlimited"
    assert "ten seconds" in str(page.note)
    rest = await room.sync.coupon_sets(room.shop.id, page.after)
    assert [one.name for one in rest.sets] == ["Birthday"]
    assert rest.after == ""
    with pytest.raises(Refused):
        await room.sync.coupon_sets(room.shop.id, "https://elsewhere.example/coupon-sets?from=2")
    box.shops.plant("http403", call="coupon_sets")
    with pytest.raises(Refused, match="coupons"):
        await room.sync.coupon_sets(room.shop.id)


async def test_before_and_after_are_read_from_the_platform_and_masked_for_who_may_only_look(
    room: Room, box: Sandbox
) -> None:
    await room.sent("_email,_name\nana@example.com,Ana\n")
    run = await room.looked("_email,_name,_surname\nana@example.com,Anna,Lima\nnew@example.com,New,\n")
    first, new = await room.sync.effect(run.id)
    assert first.fields == (("_name", "Ana", "Anna", "Anna"), ("_surname", None, "Lima", "Lima"))
    assert first.key.startswith("a***@")
    assert new.fields == (("_name", None, "New", "New"),)
    assert await room.sync.effect(run.id, [2]) == [new]
    with acting("viewer"):
        hidden, _ = await room.sync.effect(run.id)
    assert hidden.fields == (("_name", "****", "****", "****"), ("_surname", None, "****", "****"))
    with pytest.raises(Refused):
        await room.sync.effect((await room.planned([purchase(1)], "purchase")).id)


async def test_a_table_of_items_becomes_one_of_purchases(room: Room, box: Sandbox) -> None:
    head = "purchaseId,cartId,contactEmail,purchaseDate,totalQuantity,totalPrice,paymentMethod,productId,quantity,price\n"
    rows = "".join(
        f"P-{n % 2},C-{n % 2},ana@example.com,2026-01-10T12:00:00Z,2,30,card,A-{n},1,15\n" for n in range(4)
    )
    table = await room.runs.paste(head + rows)
    made = await room.sync.gather(table.id)
    assert "products" in made.columns
    found = list(await asyncio.to_thread(lambda: list(room.doors.tables.rows(made.id))))
    assert [(row.cells["purchaseId"], len(row.cells["products"])) for row in found] == [
        ("P-0", 2),
        ("P-1", 2),
    ]
    torn = await room.runs.paste(head + rows + 'P-9,"open\n')
    before = len(await room.doors.tables.all())
    with pytest.raises(Refused, match="Line 6"):
        await room.sync.gather(torn.id)
    assert len(await room.doors.tables.all()) == before


async def test_what_was_sent_to_a_shop_can_be_forgotten(room: Room, box: Sandbox) -> None:
    await room.sent(PEOPLE)
    run = await room.planned(PEOPLE)
    assert (await room.sync.diff(run.id)).unchanged == 3
    box.shops.settings = StandInSettings(calls_per_min=0, keys={})
    waits = await room.looked([product("A-1")], "product")
    await room.done(waits)  # stopped: the key is not let in
    with pytest.raises(Refused, match="not at its end"):
        await room.sync.forget(room.shop.id)
    await room.work.cancel((await room.runs.get(waits.id)).job_id or "")
    await room.sync.forget(room.shop.name)
    assert (await room.sync.diff(run.id)).creates == 3


async def test_through_the_server_each_role_may_do_its_part(
    house: Workbench, connected: Callable[[Role], Workbench]
) -> None:
    room = await room_of(house)
    run = await room.looked(PEOPLE)
    viewer, operator = connected("viewer"), connected("operator")
    assert (await viewer.sync.diff(run.id)).creates == 3
    assert await viewer.sync.waiting(room.shop.id) == []
    record = {"_email": "ana@example.com", "_name": "Ana"}
    with pytest.raises(Forbidden):
        await viewer.sync.send(room.shop.id, "contact", record)
    assert (await operator.sync.send(room.shop.id, "contact", record)).outcome.ok
    sent = await operator.sync.send(room.shop.id, "product", {**product("A-1"), "unitPrice": "19.90"})
    assert sent.outcome.ok
    [first, *_] = await viewer.sync.effect(run.id)
    assert set(first.fields[0][1:]) == {"****"}
    assert len((await viewer.sync.coupon_sets(room.shop.id)).sets) == 3


def test_every_method_has_its_role() -> None:
    writes = {"send", "delete_contact", "gather", "forget"}
    methods = {name: getattr(Sync, name) for name in vars(Sync) if not name.startswith("_")}
    assert {name for name, method in methods.items() if role_of(method) == "operator"} == writes
    assert {role_of(method) for name, method in methods.items() if name not in writes} == {"viewer"}


# -- what is kept ------------------------------------------------------------------------------------------------------


async def test_no_contact_and_no_key_lies_on_the_disk(tmp_path: Path, box: Sandbox) -> None:
    home = tmp_path / "home"
    box.shops.plant("http422", call="contact_by_email")
    async with sync_room(home, box) as room:
        await room.sent(
            "_email,_name,_mobilePhone\nplanted.ana@example.com,Plantedname,+46701740605\nplanted.bo@example.com,Plantedbo,\n"
        )
        box.shops.plant("E0101", call="purchase", times=2)
        await room.sent(
            [purchase(1, "planted.cy@example.com"), purchase(2, "planted.ana@example.com")], "purchase"
        )
        await room.sync.get(room.shop.id, "contact", "planted.ana@example.com")
        assert room.shop.settings.api_key is not None
        assert isinstance(room.shop.settings, ShopSettings)
    planted = [
        b"planted.ana",
        b"Plantedname",
        b"Plantedbo",
        b"planted.bo",
        b"planted.cy",
        b"+46701740605",
        API_KEY.encode(),
        b"pl4ntedSecretOfShop22x",
    ]
    for path in home.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert not [one for one in planted if one in content], path
