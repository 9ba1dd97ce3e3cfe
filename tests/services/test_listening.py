"""Listening: hooks through a real queue protocol, kept before they are deleted; faults are told and waited out; closing is quick."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from tests.queues import moto, served_queues
from workbench import Workbench
from workbench.adapters.holds import Holds
from workbench.adapters.queue import Queue
from workbench.errors import StorageFault
from workbench.models.gate import Gate, GateSettings
from workbench.models.hold import HoldFilter
from workbench.models.journal import EntryFilter
from workbench.sandbox.queues import DEAD_QUEUE, GATE_QUEUE, Queues
from workbench.sentence import say
from workbench.services import listening as listening_module
from workbench.services.house import House
from workbench.services.listening import Listening
from workbench.services.receiving import Receiving

pytestmark = pytest.mark.filterwarnings("ignore:.*utcnow:DeprecationWarning")


def a_hook(number: int) -> str:
    base = f"https://gate.example/rest/1/pl4nted-{number:06}"
    return json.dumps(
        {"finishUri": f"{base}/finish", "itemDownloadUri": f"{base}/items", "sendoutName": f"Day {number}"}
    )


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LOOK_S", "FIRST_S", "QUIET_S"):
        monkeypatch.setattr(listening_module, name, 0.05)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with Workbench.open(tmp_path / "home", environ={"WORKBENCH_KEYRING": "off"}) as bench:
        yield bench.house


@pytest.fixture
async def listening(house: House) -> AsyncIterator[Listening]:
    receiving = Receiving(house, Holds(house.journal.database, house.clock))
    made = Listening(house, receiving)
    yield made
    await made.close()


def gate(house: House, url: str, *, is_open: bool = True, **settings: Any) -> None:
    now = house.clock.now()
    given = {"name": "Q", "key": "queue", "kind": "sqs", "queue_url": url, **settings}
    made = Gate(id="gat_1", settings=GateSettings(**given), open=is_open, created_at=now, changed_at=now)
    house.catalogue.update("gates", made.id, lambda _: made.model_dump(mode="json"))


async def until(fact: Callable[[], Awaitable[bool] | bool]) -> None:
    """Wait for a fact; a test that waits in vain fails by its own time limit, not by an assertion on time."""
    async with asyncio.timeout(60):
        while True:
            found = fact()
            if found if isinstance(found, bool) else await found:
                return
            await asyncio.sleep(0.02)


async def names(listening: Listening) -> list[str]:
    return sorted(hold.sendout_name for hold in await listening.receiving.holds.holds(HoldFilter(limit=500)))


async def test_hooks_of_a_queue_are_kept_and_deleted(house: House, listening: Listening) -> None:
    stand_in = Queues()
    begun: list[str] = []
    listening.receiving.on_received = begun.append
    async with served_queues(stand_in) as endpoint:
        url = f"{endpoint}/000000000000/{GATE_QUEUE}"
        gate(house, url)
        sender = Queue(url, mode="rehearsal")
        for number in (1, 2, 3, 1):
            await sender.send(a_hook(number))
        await listening.serve()
        await until(lambda: not stand_in.boxes[GATE_QUEUE].messages)
        await sender.send(a_hook(4))  # while it listens
        await until(lambda: listening.state("gat_1").received == 4)
        await until(lambda: not stand_in.boxes[GATE_QUEUE].messages)
        assert await names(listening) == ["Day 1", "Day 2", "Day 3", "Day 4"]
        state = listening.state("gat_1")
        assert (state.state, state.notice, state.duplicates, state.no_hooks) == ("listening", None, 1, 0)
        assert len(begun) == 4
        (hold,) = await listening.receiving.holds.holds(HoldFilter(limit=1))
        assert hold.via == "sqs"
        await listening.close()
        sender.close()
    assert listening.state("gat_1").state == "off"


async def test_the_same_against_an_independent_queue(house: House, listening: Listening) -> None:
    pytest.importorskip("moto.server")
    import boto3

    with moto() as endpoint:
        client = boto3.client(
            "sqs", endpoint_url=endpoint, region_name="eu-north-1", aws_access_key_id="x", aws_secret_access_key="y"
        )  # fmt: skip
        url = (await asyncio.to_thread(lambda: client.create_queue(QueueName="gate")))["QueueUrl"]
        client.close()
        secret = house.vault.seal_text("pl4nted-secret-access-key")
        gate(
            house,
            url,
            auth="iam",
            access_key_id="AKIAEXAMPLE",
            secret_access_key=secret,
            queue_region="eu-north-1",
        )
        sender = Queue(url, mode="rehearsal")
        for number in range(12):
            await sender.send(a_hook(number))
        await sender.send("no hook")
        await listening.serve()
        await until(
            lambda: listening.state("gat_1").received == 12 and listening.state("gat_1").no_hooks == 1
        )
        await listening.close()
        assert len(await names(listening)) == 12
        assert await sender.waiting() == 0  # there was no other queue for what was no hook
        sender.close()


async def test_what_is_no_hook_is_left_to_the_redrive_policy_and_told_once(
    house: House, listening: Listening
) -> None:
    stand_in = Queues()
    stand_in.boxes[GATE_QUEUE].settings["RedrivePolicy"] = (
        stand_in.boxes[GATE_QUEUE].settings["RedrivePolicy"].replace("5", "3")
    )
    async with served_queues(stand_in) as endpoint:
        url = f"{endpoint}/000000000000/{GATE_QUEUE}"
        gate(house, url)
        sender = Queue(url, mode="rehearsal")
        await sender.send('{"finishUri": "https://gate.example/pl4nted"}')
        await sender.send(a_hook(1))
        await listening.serve()
        box, dead = stand_in.boxes[GATE_QUEUE], stand_in.boxes[DEAD_QUEUE]
        for count in (1, 2, 3):
            await until(lambda count=count: listening.state("gat_1").no_hooks == count)  # type: ignore[misc]
            for message in box.messages.values():  # its time is over
                message.visible_at = stand_in.clock.now()
            stand_in._wake()
        await until(lambda: len(dead.messages) == 1 and not box.messages)
        await listening.close()
        sender.close()
    told = [str(one.detail) for one in await house.journal.entries(EntryFilter(kind="gate"))]
    assert len([one for one in told if one.startswith("no hook")]) == 1
    assert not any("pl4nted" in one for one in told)
    assert await names(listening) == ["Day 1"]


async def test_a_message_is_deleted_only_after_it_is_on_the_disk(
    house: House, listening: Listening, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in = Queues()
    full = True
    before = Holds.receive

    async def receive(*arguments: Any, **more: Any) -> Any:
        if full:
            raise StorageFault(say("The disk is full."))
        return await before(*arguments, **more)

    monkeypatch.setattr(Holds, "receive", receive)
    async with served_queues(stand_in) as endpoint:
        url = f"{endpoint}/000000000000/{GATE_QUEUE}"
        gate(house, url)
        sender = Queue(url, mode="rehearsal")
        await sender.send(a_hook(1))
        await listening.serve()
        await until(lambda: listening.state("gat_1").state == "waiting")
        assert str(listening.state("gat_1").notice) == "The disk is full."
        (message,) = stand_in.boxes[GATE_QUEUE].messages.values()
        full = False
        message.visible_at = stand_in.clock.now()
        stand_in._wake()
        await until(lambda: not stand_in.boxes[GATE_QUEUE].messages)
        assert await names(listening) == ["Day 1"]
        await until(lambda: listening.state("gat_1").notice is None)
        await listening.close()
        sender.close()


async def test_faults_are_told_and_mended_while_it_listens(house: House, listening: Listening) -> None:
    """Nobody there, a wrong key, no such queue, a secret that is lost: each is a sentence, and the next try may go well."""
    gate(house, "http://127.0.0.1:9/000000000000/q")
    await listening.serve()
    await until(lambda: "does not answer" in str(listening.state("gat_1").notice))
    async with served_queues(Queues(access_key_id="AKIAMINE")) as endpoint:
        secret = house.vault.seal_text("the-secret-access-key")
        keys: dict[str, Any] = {"auth": "iam", "access_key_id": "AKIAOTHER", "secret_access_key": secret}
        gate(house, f"{endpoint}/000000000000/{GATE_QUEUE}", **keys)
        await until(lambda: "does not let us in" in str(listening.state("gat_1").notice))
        gate(house, f"{endpoint}/000000000000/none", **{**keys, "access_key_id": "AKIAMINE"})
        await until(lambda: "no queue “none”" in str(listening.state("gat_1").notice))
        gate(house, "https://sqs.eu-north-1.amazonaws.com/1/q")
        await until(lambda: "has to be on this machine" in str(listening.state("gat_1").notice))
        gate(house, f"{endpoint}/000000000000/{GATE_QUEUE}", **{**keys, "access_key_id": "AKIAMINE"})
        await until(
            lambda: listening.state("gat_1").state == "listening" and listening.state("gat_1").notice is None
        )
        house.vault.forget(secret.handle)
        gate(house, f"{endpoint}/000000000000/{DEAD_QUEUE}", **{**keys, "access_key_id": "AKIAMINE"})
        await until(lambda: "not in the vault" in str(listening.state("gat_1").notice))
        await listening.close()


async def test_a_closed_gate_is_not_listened_to(house: House, listening: Listening) -> None:
    stand_in = Queues()
    async with served_queues(stand_in) as endpoint:
        url = f"{endpoint}/000000000000/{GATE_QUEUE}"
        gate(house, url)
        await listening.serve()
        await until(lambda: listening.state("gat_1").state == "listening")
        gate(house, url, is_open=False)
        await until(lambda: listening.state("gat_1").state == "off")
        gate(house, url)
        sender = Queue(url, mode="rehearsal")
        await sender.send(a_hook(1))
        await until(lambda: listening.state("gat_1").received == 1)
        await listening.close()
        sender.close()


async def test_closing_does_not_wait_for_a_poll(house: House, listening: Listening) -> None:
    async with served_queues(Queues()) as endpoint:
        gate(house, f"{endpoint}/000000000000/{GATE_QUEUE}")
        await listening.serve()
        await until(lambda: listening.state("gat_1").state == "listening")
        await asyncio.sleep(0.2)  # into the poll of twenty seconds
        async with asyncio.timeout(10):
            await listening.close()
        await listening.serve()  # and it can begin anew
        await until(lambda: listening.state("gat_1").state == "listening")
        await listening.close()


async def test_a_message_stays_ours_while_it_is_worked_on(
    house: House, listening: Listening, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listening_module, "VISIBLE_S", 3)
    kept, calls = listening.receiving.message, 0

    async def slowly(*args: Any, **more: Any) -> Any:
        nonlocal calls
        calls += 1
        await asyncio.sleep(4.5)
        return await kept(*args, **more)

    monkeypatch.setattr(listening.receiving, "message", slowly)
    async with served_queues(Queues()) as service:
        url = f"{service}/000000000000/{GATE_QUEUE}"
        gate(house, url)
        queue = Queue(url, mode="rehearsal")
        await queue.send(a_hook(1))
        await listening.serve()
        await until(lambda: listening.state("gat_1").received == 1)
        await until(lambda: empty(queue))
        await listening.close()
        queue.close()
    assert calls == 1


async def empty(queue: Queue) -> bool:
    return await queue.waiting() == 0
