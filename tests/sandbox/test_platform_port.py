"""The platform on a real port, as anybody's own endpoint and own tests meet it."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator

import httpx
import pytest

from tests.sandbox.connected import Connected
from tests.sandbox.running import running
from tests.sink import Behave, Received, reply, sink
from workbench.adapters.queue import Queue
from workbench.models.platform import Breaker, Sendout, Target
from workbench.sandbox.app import Sandbox
from workbench.sandbox.faults import parse_fault
from workbench.sandbox.platform.delivery import HOW


@pytest.fixture
async def address() -> AsyncIterator[str]:
    async with running() as made:
        yield made


@pytest.fixture
async def tester(address: str) -> AsyncIterator[Connected]:
    async with Connected(at=f"{address}/platform") as made:
        yield made


def keeping(seen: list[Received], status: str = "202 Accepted") -> Behave:
    def behave(received: Received, number: int) -> bytes:
        seen.append(received)
        return reply(status)

    return behave


async def test_a_batch_from_the_hook_to_the_end_over_tcp(tester: Connected) -> None:
    seen: list[Received] = []
    async with sink(keeping(seen)) as endpoint:
        target = Target(url=endpoint.url, auth="basic", name="gate", token="päss:word")
        standing = await tester.fire(Sendout(size=700, target=target))
    assert standing.hook == HOW["acknowledged"]
    assert standing.sendout.target.token == ""
    assert seen[0].headers["content-type"] == "application/json"
    assert (
        base64.b64decode(seen[0].headers["authorization"].removeprefix("Basic ")).decode() == "gate:päss:word"
    )
    hook = json.loads(seen[0].body)
    assert hook["finishUri"].startswith(f"{tester.at}/rest/1234/sendgate/")
    rows = await tester.rows(hook)
    assert len(rows) == 700
    assert await asyncio.gather(*(tester.post(row["cancelUri"]) for row in rows[:20])) == [200] * 20
    assert await tester.post(hook["finishUri"]) == 200
    now = await tester.standing(standing.id)
    assert (now.accepted, now.rejected, now.sent) == (680, 20, 680)
    put = f"{tester.at}/rest/1234/lists/1/contacts/{rows[0]['id']}/update?force=true"
    answer = await tester.client.put(
        put, json={"properties": {"x": "y"}}, headers={"X-Carma-Authentication-Token": "t"}
    )
    assert answer.json()["properties"]["x"] == "y"


async def test_an_endpoint_is_told_by_its_header_and_may_refuse_or_be_away(tester: Connected) -> None:
    seen: list[Received] = []
    async with sink(keeping(seen, "401 Unauthorized")) as endpoint:
        target = Target(url=endpoint.url, auth="header", name="X-Gate", token="t0ken")
        standing = await tester.fire(Sendout(size=1, target=target))
    assert (standing.hook, seen[0].headers["x-gate"]) == (HOW["refused"], "t0ken")
    gone = await tester.fire(Sendout(size=1, target=Target(url=endpoint.url)))
    assert gone.hook == HOW["unreachable"]


async def test_an_endpoint_that_is_silent_is_late(tester: Connected) -> None:
    async with sink(lambda received, number: 3600.0) as endpoint:
        standing = await tester.fire(
            Sendout(size=1, target=Target(url=endpoint.url), breaker=Breaker(ack_s=0.05))
        )
    assert standing.hook == HOW["late"]


async def test_a_hook_goes_through_a_queue(address: str, tester: Connected) -> None:
    url = f"{address}/sqs/000000000000/send-gate"
    standing = await tester.fire(
        Sendout(size=2, target=Target(kind="sqs", url=url, auth="iam", name="AKIA", token="s"))
    )
    assert standing.hook == HOW["acknowledged"]
    queue = Queue(url, mode="rehearsal", access_key_id="AKIA", secret="s")
    [message] = await queue.receive(wait_s=1)
    queue.close()
    assert json.loads(message.body)["finishUri"].startswith(tester.at)
    nowhere = await tester.fire(
        Sendout(size=2, target=Target(kind="sqs", url=f"{address}/sqs/000000000000/none"))
    )
    assert nowhere.hook == HOW["refused"]


async def test_time_passes_with_the_machines_and_can_be_moved_on(tester: Connected) -> None:
    standing = await tester.fire(Sendout(size=3))
    await tester.advance(61)
    later = await tester.standing(standing.id)
    assert later.now_min >= 61
    assert later.timed_out == 3
    clock = (await tester.client.get(f"{tester.at}/clock")).json()
    assert clock["now_min"] >= 61


async def test_a_file_that_breaks_off_does_so_for_real(tester: Connected) -> None:
    standing = await tester.fire(Sendout(size=2000, mischief=("file_cut",)))
    [hook] = await tester.hooks(standing.id)
    whole = bytearray()

    async def read() -> None:
        async with tester.client.stream("GET", hook["itemDownloadUri"]) as answer:
            async for part in answer.aiter_raw():
                whole.extend(part)

    with pytest.raises(httpx.TransportError):
        await read()
    assert len(whole) > 0
    assert not whole.endswith(b"\n")


async def test_the_control_api_says_what_is_wrong(tester: Connected) -> None:
    async def fire(document: object) -> httpx.Response:
        return await tester.client.post(f"{tester.at}/sendouts", json=document)

    wrong = await fire(
        {"size": -1, "target": {"token": "planted-secret"}, "timing": {"limit_min": "planted-too"}}
    )
    assert wrong.status_code == 422
    assert {error["field"] for error in wrong.json()["errors"]} == {"size", "timing.limit_min"}
    assert "planted" not in wrong.text
    assert (await fire({"target": {"url": "https://hooks.example.com/"}})).status_code == 422
    assert (await fire([1])).status_code == 422
    for minutes in (-1, "5", None, True, 1e300):
        answer = await tester.client.post(f"{tester.at}/clock", json={"advance_min": minutes})
        assert answer.status_code == 400
    for path in (
        "/sendouts/none",
        "/sendouts/none/endings",
        "/sendouts/none/hooks",
        "/nothing",
        "/rest/1234/nothing",
    ):
        assert (await tester.client.get(tester.at + path)).status_code == 404
    standing = await tester.fire(Sendout(size=3))
    for query in ("after=-1", "limit=x", "limit=1001", "after=١"):
        answer = await tester.client.get(f"{tester.at}/sendouts/{standing.id}/endings?{query}")
        assert answer.status_code == 400
    refused = await tester.client.delete(f"{tester.at}/sendouts/{standing.id}")
    assert (refused.status_code, refused.headers["Allow"]) == (405, "GET")


async def test_a_page_of_another_origin_cannot_use_it(tester: Connected) -> None:
    """A form or a simple fetch sends no application/json; with it a browser asks first, and is told nothing."""
    rebound = {"Host": "evil.example"}
    assert (await tester.client.post(f"{tester.at}/sendouts", json={}, headers=rebound)).status_code == 403
    standing = await tester.fire(Sendout(size=1))
    for path in ("/sendouts", f"/sendouts/{standing.id}/hooks", "/clock"):
        assert (await tester.client.get(tester.at + path, headers=rebound)).status_code == 403
    for path, body in (("/sendouts", "{}"), ("/clock", '{"advance_min": 5}')):
        for kind in ("text/plain", "application/x-www-form-urlencoded", ""):
            answer = await tester.client.post(tester.at + path, content=body, headers={"Content-Type": kind})
            assert answer.status_code == 415
        asked = await tester.client.options(tester.at + path, headers={"Origin": "https://evil.example"})
        assert asked.status_code == 405
        assert not [name for name in asked.headers if name.startswith("access-control")]


async def test_the_index_names_the_platform_and_the_queues(address: str) -> None:
    async with httpx.AsyncClient() as client:
        served = (await client.get(address)).json()
    assert (served["platform"], served["queues"]) == ("/platform", "/sqs")


async def test_faults_spoil_the_calls_and_leave_the_control_alone() -> None:
    sandbox = Sandbox(faults={"platform": (parse_fault("unavailable;times=1"),)})
    async with running(sandbox) as address, Connected(at=f"{address}/platform") as tester:
        standing = await tester.fire(Sendout(size=1))
        [hook] = await tester.hooks(standing.id)
        assert [await tester.post(hook["finishUri"]) for _ in range(2)] == [503, 200]
