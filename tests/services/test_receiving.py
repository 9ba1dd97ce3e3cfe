"""Receiving: who may come in, what is kept of a hook before it is acknowledged, and that it has one effect."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from workbench import Workbench
from workbench.adapters.clock import VirtualClock
from workbench.adapters.holds import Holds
from workbench.adapters.sealed_rows import RowKey
from workbench.engine.hooks import read_hook
from workbench.errors import StorageFault
from workbench.models.gate import Action, Gate, GateSettings, Meaning, SetProperty, TimeLimit
from workbench.models.hold import HoldFilter
from workbench.models.journal import EntryFilter
from workbench.models.request import Headers
from workbench.sentence import say
from workbench.services.doorway import may_call_from
from workbench.services.house import House
from workbench.services.receiving import BODY_BYTES, Receiving
from workbench.services.told import MOST_A_MINUTE

SECRET = "pl4nted-S3cret/value+99=="
FINISH = "https://gate.example/rest/1234/pl4nted-finish-b7f3a"
ITEMS = "https://gate.example/rest/1234/pl4nted-items-b7f3a"


def a_hook(**fields: Any) -> bytes:
    given = {
        "finishUri": FINISH,
        "itemDownloadUri": ITEMS,
        "actions": [],
        "journeyName": "Spring sale",
        "sendoutName": "Day 1",
    }
    return json.dumps({**given, **fields}).encode()


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
async def house(tmp_path: Path, clock: VirtualClock) -> AsyncIterator[House]:
    async with Workbench.open(tmp_path / "home", environ={"WORKBENCH_KEYRING": "off"}, clock=clock) as bench:
        yield bench.house


@pytest.fixture
def receiving(house: House) -> Receiving:
    return Receiving(house, Holds(house.journal.database, house.clock))


def gate(house: House, *, is_open: bool = True, id: str = "gat_1", **settings: Any) -> Gate:
    """Keep a gate as the service of gates does."""
    now = house.clock.now()
    made = Gate(
        id=id, settings=GateSettings(**{"name": "The gate", "key": "main", **settings}), open=is_open, created_at=now, changed_at=now
    )  # fmt: skip
    house.catalogue.update("gates", id, lambda _: made.model_dump(mode="json"))
    return made


def basic(user: str, password: str) -> Headers:
    return (("Authorization", "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()),)


async def post(
    receiving: Receiving, body: bytes = b"", headers: Headers = (), peer: str = "10.1.2.3", key: str = "main"
) -> int:
    return (await receiving.http(key, headers, body or a_hook(), peer)).status


# what is kept


async def test_a_hook_is_kept_sealed_and_acknowledged(
    receiving: Receiving, house: House, clock: VirtualClock
) -> None:
    known = Meaning(identifier="promo", does=SetProperty(property="code"))
    gate(
        house,
        meanings=(known,),
        limits=(TimeLimit(journey_name=" SPRING sale ", minutes=90), TimeLimit(minutes=5)),
    )
    begun: list[str] = []
    receiving.on_received = begun.append
    body = a_hook(
        actions=[{"identifier": "promo", "details": "A"}, "other", "other"], projectName="Newsletter"
    )
    receipt = await receiving.http("main", (), body, "10.1.2.3")
    assert (receipt.status, receipt.body) == (202, {"received": True, "hold": receipt.hold})
    assert begun == [receipt.hold]
    hold = await receiving.holds.hold(receipt.hold)
    assert (hold.kind, hold.state, hold.via, hold.mode, hold.gate_id) == (
        "batch",
        "received",
        "http",
        "rehearsal",
        "gat_1",
    )
    assert (hold.host, hold.finish) == ("gate.example", "gate.example …7f3a")
    assert (hold.project_name, hold.journey_name, hold.sendout_name) == ("Newsletter", "Spring sale", "Day 1")
    assert hold.actions == (Action(identifier="promo", details="A"), Action(identifier="other"))
    assert hold.unknown_actions == ("other",)
    assert hold.limit_at - hold.opened_at == timedelta(minutes=90)
    assert hold.opened_at == clock.now()
    key = RowKey(house.vault.open_data(await receiving.holds.key(hold.id)).decode())
    assert read_hook(key.open(await receiving.holds.sealed(hold.id))).hook == read_hook(body).hook
    assert [event.step for event in await receiving.holds.events(hold.id)] == ["received"]


async def test_no_address_is_readable_on_the_disk_or_in_the_journal(
    receiving: Receiving, house: House
) -> None:
    gate(house)
    assert await post(receiving) == 202
    assert await post(receiving, a_hook()) == 202
    assert (
        await post(
            receiving, a_hook(items=[{"contactId": "1", "rejectUri": "https://x.example/pl4nted-reject"}])
        )
        == 400
    )
    assert await post(receiving, b'{"finishUri": https://gate.example/pl4nted}') == 400
    await house.journal.database.empty_log()
    for file in house.home.folder.rglob("*"):
        assert not file.is_file() or b"pl4nted" not in file.read_bytes(), file
    entries = await house.journal.entries(EntryFilter(kind="gate"))
    assert len(entries) == 4
    assert {(one.integration_id, one.integration_name, one.provider, one.who) for one in entries} == {
        ("gat_1", "The gate", "symplify", "platform")
    }
    assert any("items (line 1" in str(one.detail) for one in entries)


async def test_a_hook_that_comes_again_is_acknowledged_alike_and_has_no_effect(
    receiving: Receiving, house: House
) -> None:
    gate(house)
    begun: list[str] = []
    receiving.on_received = begun.append
    results = await asyncio.gather(*(receiving.http("main", (), a_hook(), "::1") for _ in range(20)))
    results.append(await receiving.message(gate(house), a_hook(sendoutName="other words")))
    assert {(one.status, one.hold) for one in results} == {(202, results[0].hold)}
    assert len({json.dumps(one.body) for one in results}) == 1
    assert [one.duplicate for one in results].count(False) == 1
    assert begun == [results[0].hold]
    (hold,) = await receiving.holds.holds(HoldFilter())
    assert (hold.duplicates, hold.sendout_name) == (20, "Day 1")


async def test_single_hooks_are_held_one_by_one(receiving: Receiving, house: House) -> None:
    gate(house)
    item = {"contactId": "ORIGINALID123", "rejectUri": "https://gate.example/rest/1/pl4nted-reject"}
    receipt = await receiving.http("main", (), a_hook(itemDownloadUri=None, items=[item]), "::1")
    hold = await receiving.holds.hold(receipt.hold)
    assert hold.kind == "single"
    assert "ORIGINALID123" not in hold.model_dump_json()


async def test_the_platforms_time_runs_since_the_message_was_sent(
    receiving: Receiving, house: House, clock: VirtualClock
) -> None:
    made, sent = gate(house), clock.now()
    await clock.advance(600)
    receipt = await receiving.message(made, a_hook(), sent_at=sent)
    hold = await receiving.holds.hold(receipt.hold)
    assert (hold.via, hold.opened_at, hold.limit_at) == ("sqs", sent, sent + timedelta(minutes=60))
    later = await receiving.message(
        made, a_hook(finishUri=f"{FINISH}2"), sent_at=clock.now() + timedelta(hours=1)
    )
    assert (await receiving.holds.hold(later.hold)).opened_at == clock.now()


# who may come in


async def test_basic_and_header_are_compared_whole(receiving: Receiving, house: House) -> None:
    ref = house.vault.seal_text(SECRET)
    gate(house, auth="basic", username="sym", password=ref)
    gate(house, id="gat_2", key="token", auth="header", header="X-Gate", header_value=ref)
    assert await post(receiving, headers=basic("sym", SECRET)) == 202
    assert await post(receiving, headers=(("x-gate", SECRET),), key="token") == 202
    wrong = [
        (), basic("sym", SECRET[:-1]), basic("Sym", SECRET), basic("", SECRET), basic("sym", ""), (("Authorization", "Basic !!!"),),
        (("Authorization", f"Bearer {SECRET}"),), (("Authorization", "Basic"),), (("X-Gate", SECRET),),
    ]  # fmt: skip
    assert {await post(receiving, headers=headers) for headers in wrong} == {401}
    for headers in ((), (("X-Gate", SECRET + " "),), (("X-Gate", ""),), basic("sym", SECRET)):
        assert await post(receiving, headers=headers, key="token") == 401


async def test_a_secret_outside_ascii_is_compared_as_it_is_sent(receiving: Receiving, house: House) -> None:
    gate(house, auth="header", header="X-Gate", header_value=house.vault.seal_text("clé-ß"))
    assert await post(receiving, headers=(("X-Gate", "clé-ß".encode().decode("latin-1")),)) == 202


async def test_a_gate_whose_secret_cannot_be_opened_lets_nobody_in(
    receiving: Receiving, house: House
) -> None:
    ref = house.vault.seal_text(SECRET)
    gate(house, auth="basic", username="", password=ref)
    house.vault.forget(ref.handle)
    assert {await post(receiving, headers=headers) for headers in ((), basic("", ""), basic("", SECRET))} == {
        401
    }
    gate(house, auth="header", header="X", header_value=None)
    assert {await post(receiving, headers=headers) for headers in ((), (("X", ""),))} == {401}
    gate(house, auth="iam")
    assert await post(receiving) == 401


async def test_a_gate_is_found_by_its_key_and_its_door(receiving: Receiving, house: House) -> None:
    assert await post(receiving) == 404
    gate(house)  # what was saved counts at once
    assert await post(receiving) == 202
    assert await post(receiving, key="other") == 404
    assert await post(receiving, key="") == 404
    gate(house, is_open=False)
    assert await post(receiving) == 503
    gate(house, kind="sqs")
    assert await post(receiving) == 404
    house.catalogue.delete("gates", "gat_1")
    assert await post(receiving) == 404


async def test_the_gates_are_not_read_again_for_each_hook(
    receiving: Receiving, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate(house)
    assert [await post(receiving), await post(receiving)] == [
        202,
        202,
    ]  # the first one put a key into the vault
    monkeypatch.setattr(type(house.catalogue), "all", lambda *_: pytest.fail("read again"))
    assert await post(receiving) == 202


@pytest.mark.parametrize(
    ("allowed", "peer", "may"),
    [
        ((), "anything", True),
        (("192.165.55.111", "184.107.113.20"), "184.107.113.20", True),
        (("192.165.55.111",), "192.165.55.112", False),
        (("192.165.55.0/24",), "192.165.55.112", True),
        (("192.165.55.111",), "::ffff:192.165.55.111", True),
        (("2001:db8::/32",), "2001:db8::1", True),
        (("2001:db8::/32",), "10.0.0.1", False),
        (("nonsense", "10.0.0.1"), "10.0.0.1", True),
        (("nonsense",), "10.0.0.1", False),
        (("10.0.0.1",), "", False),
    ],
)  # fmt: skip
def test_addresses_and_networks_that_may_call(allowed: tuple[str, ...], peer: str, may: bool) -> None:
    assert may_call_from(allowed, peer) is may


async def test_a_call_from_elsewhere_is_turned_away_whatever_it_shows(
    receiving: Receiving, house: House
) -> None:
    gate(
        house,
        source_ips=("192.165.55.111",),
        auth="basic",
        username="s",
        password=house.vault.seal_text(SECRET),
    )
    assert await post(receiving, headers=basic("s", SECRET), peer="10.0.0.1") == 403
    assert await post(receiving, headers=basic("s", SECRET), peer="192.165.55.111") == 202


# what is no hook


NO_HOOKS = [
    b"\x00", b"{", b"[]", b"null", b"5", b"\xff\xfe", b"[" * 100_000, b'{"a":' * 5000, a_hook(finishUri="javascript:alert(1)"),
    a_hook(finishUri="/relative"), a_hook(finishUri=7), a_hook(itemDownloadUri=FINISH), a_hook(sendoutName="x" * 256),
    a_hook(sendoutName="\0"), a_hook(sendoutName="\ud800"), b'{"finishUri": NaN}', b"x" * 70_000,
]  # fmt: skip


async def test_what_is_no_hook_is_refused_and_told(receiving: Receiving, house: House) -> None:
    gate(house)
    for body in NO_HOOKS:
        receipt = await receiving.http("main", (), body, "::1")
        assert receipt.status == 400
        assert "pl4nted" not in json.dumps(receipt.body)
        assert receipt.body["problems"][0]["reason"]
    assert await receiving.holds.holds(HoldFilter()) == []
    entries = await house.journal.entries(EntryFilter(kind="gate"))
    assert len(entries) == len(NO_HOOKS)
    assert all(str(entry.detail).startswith("no hook: ") for entry in entries)


async def test_what_is_too_large_is_refused(receiving: Receiving, house: House) -> None:
    made = gate(house)
    body = a_hook(more="x" * BODY_BYTES)
    assert await post(receiving, body) == 413
    assert (await receiving.message(made, body)).status == 400
    assert await post(receiving, a_hook(more="x" * (BODY_BYTES - 1000))) == 202


async def test_a_flood_does_not_fill_the_journal(
    receiving: Receiving, house: House, clock: VirtualClock
) -> None:
    gate(house)
    for _ in range(MOST_A_MINUTE + 7):
        assert await post(receiving, b"{}") == 400
    assert await house.journal.count(EntryFilter(kind="gate")) == MOST_A_MINUTE
    await clock.advance(60)
    assert await post(receiving, b"{}") == 400
    (entry,) = await house.journal.entries(EntryFilter(kind="gate", limit=1))
    assert str(entry.detail).endswith("(and 7 more like it)")


async def test_a_disk_that_takes_nothing_is_not_acknowledged(
    receiving: Receiving, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = gate(house)

    def refuse(*_: object) -> None:
        raise StorageFault(say("The disk is full."))

    with monkeypatch.context() as patch:
        patch.setattr(type(house.journal.database), "write_now", refuse)
        assert await post(receiving) == 503
        with pytest.raises(StorageFault):
            await receiving.message(made, a_hook())
    assert await post(receiving) == 202
