"""Live consent checks against a real server on loopback that answers, is slow, fails, or talks nonsense."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from tests.loopback import listener
from tests.sink import reply
from workbench import Workbench
from workbench.adapters.wire import Wire
from workbench.errors import MissingSecret, NotFound, Refused
from workbench.models.base import SecretRef
from workbench.models.gate import LiveCheck
from workbench.services import asking
from workbench.services.asking import LiveChecks
from workbench.services.house import House

PLANTED = "pl4nted-S3cret/value+99=="
YES, NO = (reply("200 OK", body) for body in (b'{"sms": {"consent": true}}', b'{"sms": {"consent": false}}'))


@dataclass
class Service:
    """A consent service: what it was asked, how many asked at a time, and what it answers by the last part of the path."""

    answers: Callable[[str], bytes | None] = lambda value: YES if value.startswith("yes") else NO
    port: int = 0
    asked: Counter[str] = field(default_factory=Counter)
    headers: list[bytes] = field(default_factory=list)
    now: int = 0
    most: int = 0
    wait_for: int = 0
    """So many have to ask at the same time before one is answered."""
    enough: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    def check(self, key: str = "sms", **more: object) -> LiveCheck:
        url = f"http://{self.host}/v1/{key}/{{value}}"
        settings = {"key": key, "url": url, "path": "sms.consent", "timeout_s": 30, **more}
        return LiveCheck.model_validate(settings)

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                self.headers.append(head)
                target = head.split(b" ")[1].decode()
                self.asked[target] += 1
                self.now += 1
                self.most = max(self.most, self.now)
                if self.now >= self.wait_for:
                    self.enough.set()
                await self.enough.wait()
                self.now -= 1
                answer = self.answers(target.rpartition("/")[2])
                if answer is None:
                    await asyncio.Event().wait()
                writer.write(answer or b"")
                if not answer or b"Content-Length: 999" in answer:
                    break
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the client went, or the test is over
        finally:
            writer.close()


@asynccontextmanager
async def running(service: Service) -> AsyncIterator[Service]:
    tasks: set[asyncio.Task[None]] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.add(asyncio.current_task())  # type: ignore[arg-type]
        await service(reader, writer)

    server = await asyncio.start_server(connected, sock=listener())
    service.port = server.sockets[0].getsockname()[1]
    try:
        yield service
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await server.wait_closed()


@pytest.fixture
async def service() -> AsyncIterator[Service]:
    async with running(Service()) as one:
        yield one


@pytest.fixture
async def house(tmp_path: Path, service: Service) -> AsyncIterator[House]:
    """A live house that may call the service."""
    environ = {"WORKBENCH_KEYRING": "off"}
    async with Workbench.open(
        tmp_path / "home", live=True, allowed_hosts=[service.host], environ=environ
    ) as bench:
        yield bench.house


async def test_each_value_is_asked_about_once(house: House, service: Service) -> None:
    checks = [service.check(), service.check("mail")]
    async with LiveChecks(house, checks) as live:
        pairs = [("sms", "yes-1"), ("sms", "no-1"), ("sms", "yes-1"), ("mail", "yes-1")]
        assert await live.ask(pairs) == {
            ("sms", "yes-1"): True,
            ("sms", "no-1"): False,
            ("mail", "yes-1"): True,
        }
        both = await asyncio.gather(live.ask([("sms", "yes-2"), *pairs]), live.ask([("sms", "yes-2")]))
        assert both[1] == {("sms", "yes-2"): True}
        assert both[0][("sms", "no-1")] is False
        assert await live.ask([]) == {}
        assert (live.fell_back, live.notes()) == (0, [])
    assert set(service.asked.values()) == {1}
    assert sorted(service.asked) == ["/v1/mail/yes-1", "/v1/sms/no-1", "/v1/sms/yes-1", "/v1/sms/yes-2"]


async def test_the_value_is_percent_encoded_and_the_secret_comes_from_the_vault(
    house: House, service: Service
) -> None:
    secret = house.vault.seal_text(PLANTED)
    check = service.check(header="X-Api-Key", header_value=secret)
    async with LiveChecks(house, [check]) as live:
        assert (await live.ask([("sms", "yes/../ü+a b?x#y%")])) == {("sms", "yes/../ü+a b?x#y%"): True}
        assert PLANTED not in f"{live!r} {live._asked}"
    (head,) = service.headers
    assert head.startswith(b"GET /v1/sms/yes%2F..%2F%C3%BC%2Ba%20b%3Fx%23y%25 HTTP/1.1\r\n")
    assert f"X-Api-Key: {PLANTED}\r\n".encode() in head
    plain = service.check(header="X-Tenant", header_value="t1")
    async with LiveChecks(house, [plain]) as live:
        await live.ask([("sms", "yes")])
    assert b"X-Tenant: t1\r\n" in service.headers[1]


BAD_ANSWERS = {
    "not-found": (reply("404 Not Found", YES), "status 404"),
    "error": (reply("500 Oh"), "status 500"),
    "moved": (reply("302 Found", b"", "Location: /v1/sms/yes"), "status 302"),
    "page": (reply("200 OK", b"<html>"), "not JSON"),
    "nothing": (reply("200 OK", b""), "not JSON"),
    "elsewhere": (reply("200 OK", b'{"sms": {}}'), "one value at “sms.consent”"),
    "huge": (reply("200 OK", b" " * 2_000_000 + b"true"), "longer than 1 MiB"),
    "cut": (b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n{", "broke off the connection"),
    "gone": (b"", "broke off the connection"),
    "garbage": (b"\x00\x01\x02\r\n\r\n", "did not answer in HTTP"),
}


@pytest.mark.parametrize("fallback", ["accept", "reject"])
async def test_without_an_answer_the_fallback_counts_and_is_told(
    house: House, service: Service, fallback: str
) -> None:
    service.answers = lambda value: BAD_ANSWERS[value][0] if value in BAD_ANSWERS else NO
    async with LiveChecks(house, [service.check(fallback=fallback, at_once=4)]) as live:
        said = await live.ask([("sms", value) for value in [*BAD_ANSWERS, "no", "", ".."]])
        no = said.pop(("sms", "no"))
        assert (no, set(said.values())) == (False, {fallback == "accept"})
        assert live.fell_back == len(BAD_ANSWERS) + 2
        notes = [str(note) for note in live.notes()]
    for name, (_, why) in BAD_ANSWERS.items():
        assert any(why in note for note in notes), name
    assert any("gave no answer: 2." in note and "broke off" in note for note in notes)
    expected = "let through" if fallback == "accept" else "count as without consent"
    assert all(expected in note and "“sms”" in note for note in notes)
    assert not any("not-found" in note or "/v1" in note for note in notes)


async def test_a_service_that_is_silent_falls_back_when_its_time_is_over(
    house: House, service: Service
) -> None:
    service.answers = lambda value: None
    async with LiveChecks(house, [service.check(timeout_s=1)]) as live:
        slow = [("sms", f"yes-{n}") for n in range(10)]
        assert await live.ask(slow) == dict.fromkeys(slow, False)
        (note,) = live.notes()
    assert "gave no answer: 10." in str(note)
    assert "No answer came within 1 s." in str(note)


async def test_a_service_that_stays_silent_is_left_alone_until_it_is_heard(
    house: House, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    time = 0.0
    monkeypatch.setattr(asking, "_now", lambda: time)
    service.answers = lambda value: b""
    async with LiveChecks(house, [service.check(at_once=1)]) as live:

        async def ask(first: int, count: int) -> list[bool]:
            return list((await live.ask([("sms", f"yes-{n}") for n in range(first, first + count)])).values())

        time = 1.0
        assert await ask(0, 3) == [False] * 3
        for passed in range(2, 61):  # it is silent for a minute, and asked all the time
            time = float(passed)
            await ask(10 * passed, 1)
        asked = service.asked.total()
        assert asked == 3 + 59
        time = 61.0
        assert await ask(1000, 50) == [False] * 50
        assert service.asked.total() == asked
        time = 65.5  # one is asked about, to hear whether it is back
        assert await ask(2000, 50) == [False] * 50
        assert service.asked.total() == asked + 1
        service.answers = lambda value: YES
        time = 70.4
        assert await ask(3000, 1) == [False]
        time = 70.5
        assert await ask(4000, 50) == [True] * 50
        assert live.fell_back == asked + 1 + 50 + 49 + 1
        assert any("no answer at all for 60 s, so it was not asked" in str(note) for note in live.notes())
        service.answers = lambda value: b""
        await ask(5000, 1)
        time = 200.0  # nobody asked for long, so that it is not known to be silent
        asked = service.asked.total()
        await ask(6000, 5)
        assert service.asked.total() == asked + 5


async def test_so_many_are_asked_about_at_a_time_and_no_more(house: House, service: Service) -> None:
    service.wait_for = 5
    async with LiveChecks(house, [service.check(at_once=5)]) as live:
        said = await live.ask([("sms", f"yes-{n}") for n in range(40)])
    assert (service.most, len(said), all(said.values())) == (5, 40, True)


async def test_what_cannot_be_asked_is_refused_before_anything_is(house: House, service: Service) -> None:
    lost = SecretRef(handle="sec_00000000", hint="****")
    checks = [
        service.check(),
        service.check("lost", header="X-Api-Key", header_value=lost),
        LiveCheck(key="nowhere", url=f"http://{service.host}/v1/sms"),
    ]
    async with LiveChecks(house, checks) as live:
        for key, error, says in (
            ("lost", MissingSecret, "not in the vault"),
            ("nowhere", Refused, "does not say where the value goes"),
            ("other", NotFound, "no live check “other”"),
        ):
            with pytest.raises(error, match=says):
                await live.ask([("sms", "yes"), (key, "yes")])
    assert service.asked == {}


async def test_a_service_that_is_not_there_or_not_allowed_is_told(house: House, service: Service) -> None:
    with listener() as bound:
        port = bound.getsockname()[1]
    closed = LiveCheck(key="sms", url=f"http://127.0.0.1:{port}/{{value}}")
    open_house = replace(house, wire=Wire.live({f"127.0.0.1:{port}"}))
    for one, says in ((house, "this machine itself"), (open_house, "refused the connection")):
        async with LiveChecks(one, [closed]) as live:
            assert await live.ask([("sms", "ana@example.com")]) == {("sms", "ana@example.com"): False}
            (note,) = live.notes()
        assert says in str(note)
        assert "ana" not in str(note)


async def test_in_a_rehearsal_only_named_servers_of_this_machine_are_asked(
    house: House, service: Service
) -> None:
    asked: list[str] = []

    async def stand_in(scope, receive, send) -> None:  # type: ignore[no-untyped-def]
        asked.append(scope["path"])
        await send({"type": "http.response.start", "status": 200})
        await send({"type": "http.response.body", "body": b'{"sms": {"consent": "yes"}}'})

    wire = Wire.rehearsal(
        lambda request: stand_in if request.provider == "custom" else None, real=[service.host]
    )
    elsewhere = LiveCheck(key="far", url="https://consent.example/{value}", path="sms.consent")
    async with LiveChecks(replace(house, wire=wire), [service.check(), elsewhere]) as live:
        said = await live.ask([("sms", "no"), ("far", "ana")])
    assert said == {("sms", "no"): False, ("far", "ana"): True}
    assert (asked, list(service.asked)) == (["/ana"], ["/v1/sms/no"])


async def test_who_asked_may_go_and_ask_again(house: House, service: Service) -> None:
    service.wait_for = 3
    async with LiveChecks(house, [service.check(at_once=2)]) as live:
        task = asyncio.create_task(live.ask([("sms", f"yes-{n}") for n in range(6)]))
        while service.now < 2:  # noqa: ASYNC110
            await asyncio.sleep(0.001)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        service.enough.set()
        assert len(await live.ask([("sms", f"yes-{n}") for n in range(6)])) == 6
