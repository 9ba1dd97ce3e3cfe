"""Killed at random points while providers call and while texts go out: what was acknowledged counts once, what was sent is known.

A provider makes a call again until it is acknowledged, and sometimes once more; a person's texts come one after the other.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

import pytest
import sqlalchemy as sa

from tests.callback_room import OURS, PUBLIC, Room, report, room, text
from tests.faults.forked import Worker, worker
from tests.sink import Received, reply, sink
from workbench import Workbench
from workbench.adapters.clock import new_id
from workbench.adapters.deliveries import NewDelivery
from workbench.adapters.deliveries_tables import deliveries as delivery_table
from workbench.adapters.wire import Wire
from workbench.engine.callback_items import number_digest
from workbench.engine.delivery_states import Evidence, heard, state_of
from workbench.models.callback import Callback, DeliveryReport, InboundMessage
from workbench.models.consent import ConsentAsk
from workbench.models.journal import EntryFilter
from workbench.models.message import Delivery, DeliveryFilter
from workbench.models.message_draft import MessageDraft, Recipient
from workbench.models.sending import Confirmation
from workbench.models.sms_account import SMS_ACCOUNTS, Sender, SmsSettings
from workbench.services.callback_effects import new_delivery

ENVIRON = {"WORKBENCH_KEYRING": "off"}
WORDS = 3
"""How often a person texts at most."""
COURSES = (
    ("queued", "sent", "delivered"),
    ("sending", "sent", "undelivered"),
    ("queued", "failed"),
    ("sent",),
)


@asynccontextmanager
async def listening() -> AsyncIterator[tuple[Worker, int]]:
    """Give the process that is killed, and the port that it listens on."""
    async with worker("sms_worker") as victim:
        yield victim, int(await victim.line())


# What providers call with --------------------------------------------------------------------------------------------


class Providers:
    """Whoever calls the port: each call again until it is acknowledged, 32 at once."""

    def __init__(self, port: int, dice: random.Random) -> None:
        self.port, self.dice = port, dice
        self.acknowledged: list[bytes] = []
        self.again = 0
        self._news = asyncio.Event()
        self._turns = asyncio.Semaphore(32)

    async def taken(self, call: Callback) -> None:
        """Return when a call was acknowledged."""
        async with self._turns:
            for count in range(1 + (self.dice.random() < 0.2)):
                while (status := await self._posted(call)) != 200:
                    assert status in (0, 503), status
                    self.again += 1
                    await asyncio.sleep(0.005)
                if not count:
                    self.acknowledged.append(call.body)
                    self._news.set()

    async def reach(self, count: int) -> None:
        """Return when so many calls were acknowledged."""
        while len(self.acknowledged) < count:
            self._news.clear()
            await self._news.wait()

    async def _posted(self, call: Callback) -> int:
        """Return the answer's status; 0 where none came."""
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
            lines = [
                f"POST {call.url.removeprefix(PUBLIC)} HTTP/1.1",
                "Host: 127.0.0.1",
                "Connection: close",
                f"Content-Length: {len(call.body)}",
                *(f"{name}: {value}" for name, value in call.headers),
            ]
            writer.write("\r\n".join([*lines, "", ""]).encode() + call.body)
            answer = await reader.read()
            writer.close()
        except OSError:
            return 0
        return int(answer[9:12]) if answer else 0


class Round:
    """Reports of many deliveries and texts of many people, and what has to come of them."""

    def __init__(self, at: Room, number: int, dice: random.Random, texts: int, people: int) -> None:
        self.at, self.number, self.dice = at, number, dice
        self.early = texts * 2 // 3
        self.reports = {
            f"SM{number:08}{n:024}": [
                report(state, f"SM{number:08}{n:024}") for state in dice.choice(COURSES)
            ]
            for n in range(texts)
        }
        self.texts = {
            f"+4670{number:04}{n:03}": [
                text(dice.choice(("STOP", "START")), f"SM{number:08}{n:021}{m:03}", sender=f"+4670{number:04}{n:03}")
                for m in range(dice.randrange(1, WORDS + 1))
            ]
            for n in range(people)
        }  # fmt: skip
        self.ids: dict[str, str] = {}

    @property
    def calls(self) -> int:
        return sum(map(len, self.reports.values())) + sum(map(len, self.texts.values()))

    async def prepare(self) -> None:
        """Keep most of the deliveries, and let everybody opt in."""
        await self.keep(sorted(self.reports)[: self.early])
        for number in self.texts:
            await self.at.bench.consent.record(point=number, status="opted_in", reason="asked for in a test")

    async def keep(self, provider_ids: Sequence[str]) -> None:
        """Keep deliveries as a send does once the provider has named them."""
        made = [await self._delivery(id) for id in provider_ids]
        self.ids |= {one.delivery.provider_id: one.delivery.id for one in made}
        await self.at.deliveries.add(made)

    async def _delivery(self, provider_id: str) -> NewDelivery:
        house = self.at.bench.house
        now = house.clock.now()
        one = Delivery(
            id=new_id("dlv"), message_id=new_id("msg"), provider_id=provider_id, account_id=self.at.account.id, provider="twilio",
            sender=OURS, to="+46***67 #abc", mode="rehearsal", state="accepted", sent_at=now, changed_at=now,
        )  # fmt: skip
        return await new_delivery(house, one, "+46701234567")

    async def play(self, providers: Providers) -> None:
        """Make every call: reports in no order, a person's texts in theirs; a third of the deliveries becomes known meanwhile."""
        reports = [one for course in self.reports.values() for one in course]
        self.dice.shuffle(reports)
        late = sorted(self.reports)[self.early :]
        async with asyncio.TaskGroup() as playing:
            for one in reports:
                playing.create_task(providers.taken(self.at.reports(one)))
            for texts in self.texts.values():
                playing.create_task(self._person(providers, texts))
            for first in range(0, len(late), 5):
                await providers.reach(len(providers.acknowledged) + 1)
                await self.keep(late[first : first + 5])

    async def _person(self, providers: Providers, texts: Sequence[InboundMessage]) -> None:
        for one in texts:
            await providers.taken(self.at.inbound(one))

    async def check(self) -> None:
        """Look at what came of it."""
        for provider_id, course in self.reports.items():
            found = await self.at.deliveries.delivery(self.ids[provider_id])
            assert found.state == folded(course), (provider_id, course)
            steps = await self.at.deliveries.steps(found.id)
            assert sorted(step.state for step in steps) == sorted(one.state for one in course), (
                "each counts once"
            )
        doors = self.at.bench.consent.doors
        for number, texts in self.texts.items():
            events = [kept.event for kept in await doors.log.history(doors.digest("sms", number))][1:]
            assert [(one.message_id, one.word) for one in events] == [
                (one.provider_id, one.body.lower()) for one in texts
            ]
            (decision,) = await self.at.bench.consent.decide([ConsentAsk(point=number, sender=OURS)])
            assert decision.send == (texts[-1].body == "START"), (decision.reason, texts)


def folded(course: Sequence[DeliveryReport]) -> str:
    evidence = Evidence(whole="accepted")
    for one in course:
        evidence = heard(evidence, one).evidence
    return state_of(evidence)


async def taking(home: Path, kills: int, seed: int, texts: int, people: int) -> tuple[int, int, int]:
    """Kill the server so often, over as many rounds as that takes; return the rounds, the calls, and those made again.

    In each round ``texts`` deliveries are reported of, and so many people text.
    """
    dice = random.Random(seed)
    rounds = calls = 0
    async with (
        Workbench.open(home, public_at=PUBLIC, environ=ENVIRON) as bench,
        listening() as (victim, port),
    ):
        at = await room(bench, "twilio")
        providers = Providers(port, dice)
        while kills > 0:
            rounds += 1
            playing = Round(at, rounds, dice, texts, people)
            calls += playing.calls
            await playing.prepare()
            played = asyncio.create_task(playing.play(providers))
            while not played.done():
                pid = await victim.begin("serve", home)
                await point_of(played, providers, dice, last=kills <= 1)
                os.kill(pid, signal.SIGKILL)
                kills -= 1
                assert await victim.ended() == signal.SIGKILL, "it does not end by itself"
            await played
            await bench.callback_receiving.catch_up()
            await playing.check()
            assert len(set(providers.acknowledged)) == calls
            assert await bench.house.journal.count(EntryFilter(kind="callback")) == calls, "each is done once"
            assert await bench.callback_receiving.catch_up() == 0
    return rounds, calls, providers.again


async def point_of(
    played: asyncio.Task[None], providers: Providers, dice: random.Random, *, last: bool
) -> None:
    """Return at the point at which the server is killed: after some calls, or while it starts, or once all was played."""
    if last:
        await asyncio.wait([played])
    elif dice.random() < 0.2:
        await asyncio.sleep(dice.random() * 0.3)
    else:
        point = asyncio.create_task(providers.reach(len(providers.acknowledged) + dice.randrange(1, 60)))
        await asyncio.wait([played, point], return_when=asyncio.FIRST_COMPLETED)
        point.cancel()
        await asyncio.sleep(dice.random() * 0.02)


async def test_what_was_acknowledged_counts_once_after_a_few_kills(tmp_path: Path) -> None:
    rounds, _, _ = await taking(tmp_path / "home", 3, seed=3, texts=20, people=6)
    assert rounds >= 1


@pytest.mark.soak
async def test_what_was_acknowledged_counts_once_after_a_hundred_kills(tmp_path: Path) -> None:
    rounds, calls, again = await taking(tmp_path / "home", 100, seed=20261122, texts=60, people=25)
    print(f"100 kills over {rounds} rounds: {calls} calls, {again} made again")


async def test_a_start_that_waited_does_not_take_away_the_stop_after_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with Workbench.open(tmp_path / "home", public_at=PUBLIC, environ=ENVIRON) as bench:
        at, number = await room(bench, "twilio"), "+46701740605"
        await bench.consent.record(point=number, status="opted_in", reason="asked for in a test")
        start, stop = (
            at.inbound(text(word, f"SM{n:032}", sender=number)) for n, word in enumerate(("START", "STOP"))
        )
        with monkeypatch.context() as dying:  # a process ends between storing it and working on it
            dying.setattr(at.receiving.work, "add", lambda *_: None)
            assert (await at.call(start)).status == 200
        assert (await at.call(stop)).status == 200  # by another process, on the same database
        assert await at.receiving.catch_up() == 1
        (decision,) = await bench.consent.decide([ConsentAsk(point=number, sender=OURS)])
        assert not decision.send, decision.reason


# What goes out -------------------------------------------------------------------------------------------------------


class Endpoint:
    """The endpoint of a custom channel. It takes all, and looks each time whether a delivery is kept of what comes."""

    def __init__(self, bench: Workbench) -> None:
        self.bench = bench
        self.answered: dict[str, str] = {}
        """Our message's id, and the id that the endpoint gave it."""
        self.unkept: list[str] = []
        self.twice: list[str] = []

    def behave(self, received: Received, count: int) -> bytes:
        asked = json.loads(json.loads(received.body)["payload"])
        request_id, number = str(asked["RequestId"]), str(asked["To"])
        digest = number_digest(number, self.bench.house.home.salt)
        query = sa.select(delivery_table.c.message).where(delivery_table.c.number == digest)
        kept = self.bench.house.journal.database.read_now(lambda connection: list(connection.scalars(query)))
        message = next((id for id in kept if str(uuid5(NAMESPACE_URL, f"{id}|{number}")) == request_id), "")
        if not message:
            self.unkept.append(request_id)
        if message in self.answered:
            self.twice.append(message)
        self.answered[message] = f"ch-{count}"
        told = {"RequestId": request_id, "MessageId": f"ch-{count}", "Status": "Sent"}
        return reply("200 OK", json.dumps({"response": json.dumps(told)}).encode())


async def channel(bench: Workbench, url: str) -> Room:
    """Return an account of a custom channel whose endpoint is on loopback."""
    made = await room(bench, "custom_channel")
    sender = Sender(value=OURS, name="Shop", type="long_code")
    settings: SmsSettings = made.account.settings.model_copy(update={"url": url, "senders": (sender,)})
    account = made.account.model_copy(update={"settings": settings})
    bench.house.catalogue.update(SMS_ACCOUNTS, account.id, lambda _: account.model_dump(mode="json"))
    return Room(bench, account, made.token, made.values)


async def opted_in(at: Room, recipients: int) -> MessageDraft:
    """Return a draft to so many people, who all opted in."""
    numbers = [f"+467017406{n:02}" for n in range(recipients)]
    for number in numbers:
        await at.bench.consent.record(point=number, status="opted_in", reason="asked for in a test")
    people = tuple(Recipient(number=number) for number in numbers)
    return MessageDraft(
        account=at.account.id, text="Sale! Reply STOP to opt out", local_test=True, recipients=people
    )


async def every_delivery(at: Room) -> list[Delivery]:
    found: list[Delivery] = []
    while page := await at.deliveries.deliveries(
        DeliveryFilter(account_id=at.account.id, limit=500, before=found[-1].id if found else "")
    ):
        found += page
    return found


async def sending(home: Path, kills: int, seed: int, recipients: int) -> tuple[int, int, int]:
    """Kill the sender so often; return the requests, the deliveries, and those whose answer nobody wrote down."""
    dice = random.Random(seed)
    async with (
        Workbench.open(home, live=True, public_at=PUBLIC, environ=ENVIRON) as bench,
        listening() as (victim, _),
    ):
        endpoint = Endpoint(bench)
        async with sink(endpoint.behave) as taking:
            at = await channel(bench, taking.url)
            draft = await opted_in(at, recipients)
            (home / "draft.json").write_text(draft.model_dump_json())
            while kills > 0:
                before = taking.count
                pid = await victim.begin("send", home, taking.host)
                ending = asyncio.create_task(victim.ended())
                point = asyncio.create_task(taking.reach(before + dice.randrange(1, recipients + 1)))
                await asyncio.wait([ending, point], return_when=asyncio.FIRST_COMPLETED)
                point.cancel()
                await asyncio.sleep(dice.random() * 0.02)
                if not ending.done():
                    os.kill(pid, signal.SIGKILL)
                    kills -= 1
                assert await ending in (0, signal.SIGKILL), "it ends by itself only well"
                assert taking.count > before, "it sends anew after each kill"
            found = await every_delivery(at)
            check_sent(endpoint, found)
            unheard = sum(one.message_id in endpoint.answered and not one.provider_id for one in found)
            return taking.count, len(found), unheard


def check_sent(endpoint: Endpoint, found: Sequence[Delivery]) -> None:
    assert not endpoint.unkept, "every request had its delivery on the disk when it came"
    assert not endpoint.twice, "nothing goes out again by itself"
    by_message = {one.message_id: one for one in found}
    assert len(by_message) == len(found)
    assert set(endpoint.answered) <= set(by_message)
    for one in found:
        assert one.state in ("unknown", "sent"), one
        if one.state == "sent":
            assert one.provider_id == endpoint.answered[one.message_id], "it says so because the endpoint did"
        else:
            assert not one.provider_id


async def test_the_texts_of_a_local_test_share_one_connection_pool(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with Workbench.open(tmp_path / "home", live=True, public_at=PUBLIC, environ=ENVIRON) as bench:
        endpoint, made, live = Endpoint(bench), 0, Wire.live

        def counted(hosts: Collection[str] = ()) -> Wire:
            nonlocal made
            made += 1
            return live(hosts)

        async with sink(endpoint.behave) as taking:
            at = await channel(bench, taking.url)
            draft = await opted_in(at, 6)
            monkeypatch.setattr(Wire, "live", counted)
            checked = await bench.messages.check(draft)
            sent = await bench.messages.send(
                draft, Confirmation(host=checked.host, recipient=checked.recipient)
            )
        assert {one.outcome.kind for one in sent} == {"accepted"}
        assert (len(sent), made) == (6, 1), "making one reads the certificates, which takes 40 ms"


async def test_what_was_sent_is_known_after_a_few_kills(tmp_path: Path) -> None:
    requests, kept, _ = await sending(tmp_path / "home", 3, seed=5, recipients=10)
    assert kept >= requests > 0


@pytest.mark.soak
async def test_what_was_sent_is_known_after_a_hundred_kills(tmp_path: Path) -> None:
    requests, kept, unheard = await sending(tmp_path / "home", 100, seed=20261122, recipients=40)
    print(f"100 kills: {requests} requests, {kept} deliveries, {unheard} with an answer that nobody heard")
