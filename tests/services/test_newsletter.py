"""Newsletter calls: a platform says that somebody subscribed or unsubscribed: checked, done once, never trusted for the ip (R-SYNC-31)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.shop_room import ShopRoom, planted_in, room_in, shared
from workbench.adapters.clock import VirtualClock
from workbench.adapters.database import Database
from workbench.adapters.home import Home
from workbench.adapters.newsletter_log import MOST_CALLS, Last
from workbench.errors import CannotWrite, NotFound
from workbench.models.consent import ComplianceProfile, ConsentAsk, ConsentEvent, ConsentFilter, Purpose
from workbench.models.journal import EntryFilter
from workbench.models.shop import NewsletterCall, Shop
from workbench.sentence import say
from workbench.services.newsletter import AT_ONCE, CALLS_A_MINUTE, Newsletter

Place = tuple[Home, Database]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with shared(tmp_path_factory.mktemp("newsletter")) as made:
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


async def events(room: ShopRoom, email: str) -> list[ConsentEvent]:
    return await room.consent.events(ConsentFilter(point=email))


async def said(room: ShopRoom, shop: Shop) -> list[tuple[str, bool]]:
    """Return what came in, the newest first."""
    return [(call.what, call.again) for call in await room.shops.calls(shop.id)]


async def test_the_same_said_twice_has_one_effect_and_a_change_has_its_own(room: ShopRoom) -> None:
    shop = await room.shop(newsletter_consent=True)
    for what in ("subscribe", "subscribe", "unsubscribe", "unsubscribe", "subscribe"):
        answer = await room.hear(shop, what, "once@example.com")
        assert (answer.status, answer.body) == (200, '{"received": true}')
    assert await said(room, shop) == [
        ("subscribe", False), ("unsubscribe", True), ("unsubscribe", False), ("subscribe", True), ("subscribe", False),
    ]  # fmt: skip
    found = await events(room, "once@example.com")
    assert [one.status for one in found] == ["opted_in", "opted_out", "opted_in"]
    assert {(one.channel, one.source, one.provider, one.purpose) for one in found} == {
        ("email", "provider", "connectif", "commercial")
    }


async def test_an_address_in_another_spelling_is_the_same_person_in_one_shop_and_another_in_another(
    room: ShopRoom,
) -> None:
    one, other = await room.shop(), await room.shop("Another")
    for shop, email in (
        (one, "Ana.K%40Example.com"),
        (one, "ana.k@example.COM"),
        (other, "ana.k@example.com"),
    ):
        assert (await room.hear(shop, "subscribe", email)).status == 200
    assert await said(room, one) == [("subscribe", True), ("subscribe", False)]
    assert await said(room, other) == [("subscribe", False)]


async def test_consent_changes_only_where_the_shop_wants_it_and_decides_what_is_sent(room: ShopRoom) -> None:
    quiet, telling = await room.shop(), await room.shop("Another", newsletter_consent=True)
    await room.hear(quiet, "unsubscribe", "wanted@example.com")
    assert await events(room, "wanted@example.com") == []
    ask = ConsentAsk(channel="email", point="wanted@example.com")
    await room.hear(telling, "subscribe", "wanted@example.com")
    assert (await room.consent.explain(ask)).status == "opted_in"
    await room.hear(telling, "unsubscribe", "WANTED@example.com")
    decision = await room.consent.explain(ask)
    assert (decision.send, decision.status) == (False, "opted_out")


async def test_the_ip_is_words_and_changes_nothing(room: ShopRoom) -> None:
    shop = await room.shop(newsletter_consent=True)
    await room.hear(shop, "subscribe", "ip@example.com", ip="203.0.113.9")
    await room.hear(shop, "subscribe", "ip@example.com", ip="198.51.100.1")
    (event,) = await events(room, "ip@example.com")
    assert event.words == "subscribe ip=203.0.113.9"
    assert await said(room, shop) == [("subscribe", True), ("subscribe", False)]
    await room.hear(shop, "unsubscribe", "ip@example.com", ip="")
    assert (await events(room, "ip@example.com"))[0].words == "unsubscribe"


async def test_what_is_no_address_is_answered_with_the_reason_and_listed(room: ShopRoom) -> None:
    shop = await room.shop(newsletter_consent=True)
    answer = await room.hear(shop, "subscribe", "planted.nobody")
    assert answer.status == 400
    assert "not an e-mail address" in answer.body
    assert "planted" not in answer.body
    (call,) = await room.shops.calls(shop.id)
    assert call.problem is not None
    assert (call.recipient, call.again) == ("", False)


async def test_a_wrong_or_replaced_address_is_a_404_that_leaves_one_line(
    room: ShopRoom, clock: VirtualClock
) -> None:
    shop = await room.shop()
    token = (await room.path(shop)).split("/")[2]
    await room.shops.renew_addresses(shop.id, 0)
    for wrong in (token, "", "x" * 5_000, "é\ud800"):
        answer = await room.shops.newsletter.taken(wrong, "subscribe", b"email=ana@example.com")
        assert (answer.status, answer.body) == (404, '{"received": false}')
    assert await room.shops.calls(shop.id) == []
    at = clock.now()
    told = await room.house.journal.entries(EntryFilter(kind="callback", since=at))
    assert [(one.who, one.integration_id) for one in told if one.at == at and one.who == "stranger"] == [
        ("stranger", None)
    ]


async def test_a_flood_of_a_shop_is_turned_away_before_anything_is_read_and_ends_with_the_minute(
    room: ShopRoom, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workbench.services.newsletter.CALLS_A_MINUTE", 3)
    shop, other = await room.shop(), await room.shop("Another")
    answers = [await room.hear(shop, "subscribe", f"flood{number}@example.com") for number in range(5)]
    assert [one.status for one in answers] == [200, 200, 200, 429, 429]
    assert (answers[-1].body, dict(answers[-1].headers)) == ("", {"Retry-After": "60"})
    assert (await room.hear(other, "subscribe", "flood0@example.com")).status == 200
    assert len(await room.shops.calls(shop.id)) == 3
    await clock.advance(60)
    assert (await room.hear(shop, "subscribe", "flood4@example.com")).status == 200
    assert CALLS_A_MINUTE >= 100


async def test_many_calls_at_once_of_one_person_end_as_one_and_too_many_are_sent_away(
    room: ShopRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workbench.services.newsletter.AT_ONCE", 8)
    shop = await room.shop(newsletter_consent=True)
    token = (await room.path(shop)).split("/")[2]
    taken = room.shops.newsletter.taken
    answers = await asyncio.gather(
        *(taken(token, "subscribe", b"email=crowd@example.com") for _ in range(20))
    )
    statuses = [one.status for one in answers]
    assert statuses.count(503) >= 12
    assert set(statuses) == {200, 503}
    assert [again for _, again in await said(room, shop)].count(False) == 1
    assert len(await events(room, "crowd@example.com")) == 1
    assert AT_ONCE >= 20


async def test_a_crash_between_consent_and_log_is_made_good_by_the_next_call_without_a_second_effect(
    room: ShopRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = await room.shop(newsletter_consent=True)

    async def full(*_: Any, **__: Any) -> bool:
        raise CannotWrite(say("full"))

    with monkeypatch.context() as broken:
        broken.setattr(room.shops.newsletter.log, "turn", full)
        answer = await room.hear(shop, "unsubscribe", "crash@example.com")
        assert (answer.status, answer.body) == (503, "")
    assert len(await events(room, "crash@example.com")) == 1
    assert (await room.hear(shop, "unsubscribe", "crash@example.com")).status == 200
    assert len(await events(room, "crash@example.com")) == 1
    assert await said(room, shop) == [("unsubscribe", False)]


async def test_another_call_in_between_is_seen_and_looked_at_again(
    room: ShopRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = await room.shop()
    log, looks = room.shops.newsletter.log, 0
    look = log.last

    async def overtaken(shop_id: str, person: str) -> Last:
        nonlocal looks
        looks += 1
        found = await look(shop_id, person)
        if looks == 1:  # the other one says the same, and is done before this one goes on
            other = NewsletterCall(
                id="nws_other", shop_id=shop_id, what="subscribe", at=room.house.clock.now()
            )
            assert await log.turn(other, person, found)
        return found

    monkeypatch.setattr(log, "last", overtaken)
    assert (await room.hear(shop, "subscribe", "race@example.com")).status == 200
    assert await said(room, shop) == [("subscribe", True), ("subscribe", False)]


async def test_what_cannot_be_recorded_is_not_taken_for_done(room: ShopRoom) -> None:
    shop = await room.shop(newsletter_consent=True)
    first = ComplianceProfile(
        key="default", name="Default", purposes=(Purpose(key="t", name="T", kind="transactional"),)
    )
    await room.consent.save_profile(first)
    answer = await room.hear(shop, "unsubscribe", "later@example.com")
    assert answer.status == 503
    (call,) = await room.shops.calls(shop.id)
    assert call.problem is not None
    assert "has no purpose" in str(call.problem.sentence)
    mended = first.model_copy(update={"purposes": (Purpose(key="c", name="C"),)})
    await room.consent.save_profile(mended)
    assert (await room.hear(shop, "unsubscribe", "later@example.com")).status == 200
    assert [one.status for one in await events(room, "later@example.com")] == ["opted_out"]


async def test_calls_are_listed_a_page_at_a_time_and_only_the_latest_are_kept(
    room: ShopRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workbench.adapters.newsletter_log.MOST_CALLS", 5)
    shop = await room.shop()
    for number in range(8):
        await room.hear(shop, "subscribe", f"page{number}@example.com")
    first = await room.shops.calls("our shop", limit=3)
    second = await room.shops.calls(shop.id, first[-1].id, 3)
    assert (len(first), len(second)) == (3, 2)
    assert [call.at for call in first + second] == sorted((call.at for call in first + second), reverse=True)
    assert await room.shops.calls(shop.id, second[-1].id) == []
    assert len({call.id for call in first + second}) == 5
    assert len(await room.shops.calls(shop.id, limit=-7)) == 1
    await room.hear(shop, "subscribe", "page0@example.com")
    assert (await said(room, shop))[0] == ("subscribe", True), (
        "who was heard is known, although the call itself is forgotten"
    )
    assert MOST_CALLS >= 500
    with pytest.raises(NotFound):
        await room.shops.calls("nobody")


async def test_no_file_names_anybody(on_disk: ShopRoom) -> None:
    shop = await on_disk.shop(newsletter_consent=True)
    token = (await on_disk.path(shop)).split("/")[2]
    await on_disk.hear(shop, "subscribe", "planted.person@example.com", ip="203.0.113.77")
    await on_disk.hear(shop, "unsubscribe", "planted.person@example.com", ip="203.0.113.77")
    await on_disk.hear(shop, "subscribe", "planted.nobody", ip="203.0.113.77")
    await on_disk.house.journal.database.empty_log()
    assert planted_in(on_disk.house.home, "planted.person", "planted.nobody", "203.0.113.77", token) == []
    calls = await on_disk.shops.calls(shop.id)
    assert calls[1].recipient.startswith("p***@example.com #")
    (event, _) = await events(on_disk, "planted.person@example.com")
    assert event.words == "unsubscribe ip=203.0.113.77", "the sealed ledger has it, for who asks for proof"


async def test_without_a_consent_ledger_calls_are_heard_all_the_same(room: ShopRoom) -> None:
    shop = await room.shop(newsletter_consent=True)
    alone = Newsletter(room.house, room.shops.by_token)
    token = (await room.path(shop)).split("/")[2]
    assert (await alone.taken(token, "subscribe", b"email=alone@example.com")).status == 200
    assert await events(room, "alone@example.com") == []
    assert await said(room, shop) == [("subscribe", False)]
