"""The stand-in for SQS by itself, on a virtual clock: what moto does not play, or plays otherwise than the service.

What both play is in ``tests/adapters/test_queue.py``, one suite for moto and for this one.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from workbench.adapters.clock import VirtualClock
from workbench.sandbox.queues import DEAD_QUEUE, GATE_QUEUE, Queues

SIGNED = "AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE/20260101/eu-north-1/sqs/aws4_request, SignedHeaders=host, Signature=0"

NO_SUCH_QUEUE = '{"deadLetterTargetArn": "arn:aws:sqs:eu-north-1:000000000000:none", "maxReceiveCount": 1}'


class Service:
    """The stand-in as a client sees it, in process."""

    def __init__(self, clock: VirtualClock, **settings: Any) -> None:
        self.clock = clock
        self.queues = Queues(clock, **settings)
        app = Starlette(routes=self.queues.routes())
        self.http = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:8868")

    async def raw(
        self, action: str, body: bytes, signed: str = SIGNED, path: str = "/sqs", method: str = "POST"
    ) -> httpx.Response:
        headers = {
            "X-Amz-Target": action,
            "Authorization": signed,
            "Content-Type": "application/x-amz-json-1.0",
        }
        return await self.http.request(method, path, content=body, headers=headers)

    async def ask(self, action: str, queue: str = GATE_QUEUE, **fields: Any) -> Any:
        given = {"QueueUrl": f"http://127.0.0.1:8868/sqs/000000000000/{queue}", **fields}
        answer = await self.raw(f"AmazonSQS.{action}", json.dumps(given).encode())
        assert answer.headers["content-type"] == "application/x-amz-json-1.0"
        assert answer.status_code == 200 or answer.json()["__type"].startswith("com.amazonaws.sqs#")
        return answer.json()

    async def receive(self, queue: str = GATE_QUEUE, **fields: Any) -> list[dict[str, Any]]:
        answer = await self.ask("ReceiveMessage", queue, MessageSystemAttributeNames=["All"], **fields)
        messages: list[dict[str, Any]] = answer.get("Messages", [])
        return messages

    async def counts(self, queue: str = GATE_QUEUE) -> tuple[int, int, int]:
        found = (await self.ask("GetQueueAttributes", queue, AttributeNames=["All"]))["Attributes"]
        names = (
            "ApproximateNumberOfMessages",
            "ApproximateNumberOfMessagesNotVisible",
            "ApproximateNumberOfMessagesDelayed",
        )
        one, two, three = (int(found[name]) for name in names)
        return one, two, three


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def service(clock: VirtualClock) -> Service:
    return Service(clock)


async def test_the_queues_of_the_gate_are_there_from_the_beginning(service: Service) -> None:
    urls = (await service.ask("ListQueues"))["QueueUrls"]
    assert urls == [f"http://127.0.0.1:8868/sqs/000000000000/{name}" for name in (GATE_QUEUE, DEAD_QUEUE)]
    policy = (await service.ask("GetQueueAttributes", AttributeNames=["RedrivePolicy"]))["Attributes"][
        "RedrivePolicy"
    ]
    assert json.loads(policy)["deadLetterTargetArn"].endswith(f":{DEAD_QUEUE}")


async def test_a_slash_behind_the_path_makes_no_difference(service: Service) -> None:
    for path in ("/sqs", "/sqs/", "/sqs/000000000000/send-gate"):
        assert (await service.raw("AmazonSQS.ListQueues", b"{}", path=path)).status_code == 200


async def test_messages_come_back_when_their_time_is_over(service: Service, clock: VirtualClock) -> None:
    await service.ask("SendMessage", MessageBody="hook")
    (first,) = await service.receive(VisibilityTimeout=60)
    assert await service.receive() == []
    assert await service.counts() == (0, 1, 0)
    await clock.advance(59)
    assert await service.receive() == []
    await clock.advance(1)
    (second,) = await service.receive()
    assert second["MessageId"] == first["MessageId"]
    assert second["ReceiptHandle"] != first["ReceiptHandle"]
    assert second["Attributes"]["ApproximateReceiveCount"] == "2"
    assert (
        second["Attributes"]["ApproximateFirstReceiveTimestamp"]
        == first["Attributes"]["ApproximateFirstReceiveTimestamp"]
    )
    assert await service.ask("DeleteMessage", ReceiptHandle=first["ReceiptHandle"]) == {}
    assert await service.counts() == (0, 0, 0)


async def test_a_long_poll_ends_with_a_message_or_with_its_time(
    service: Service, clock: VirtualClock
) -> None:
    async def polled() -> asyncio.Task[list[dict[str, Any]]]:
        task = asyncio.create_task(service.receive(WaitTimeSeconds=20))
        for _ in range(50):
            await asyncio.sleep(0)
        return task

    polling = await polled()
    await clock.advance(19)
    assert not polling.done()
    await clock.advance(1)
    assert await polling == []
    polling = await polled()
    await service.ask("SendMessage", MessageBody="now", DelaySeconds=5)
    assert not polling.done()
    await clock.advance(5)
    assert [one["Body"] for one in await polling] == ["now"]
    polling = await polled()  # the message is hidden for 30 seconds, and then given to the next who polls
    await clock.advance(20)
    assert await polling == []
    polling = await polled()
    await clock.advance(10)
    assert [one["Attributes"]["ApproximateReceiveCount"] for one in await polling] == ["2"]


async def test_after_five_times_it_is_set_aside(service: Service, clock: VirtualClock) -> None:
    await service.ask("SendMessage", MessageBody="no hook")
    for _ in range(5):
        assert len(await service.receive()) == 1
        await clock.advance(30)
    assert await service.receive() == []
    assert (await service.counts(), await service.counts(DEAD_QUEUE)) == ((0, 0, 0), (1, 0, 0))
    (dead,) = await service.receive(DEAD_QUEUE)
    assert dead["Body"] == "no hook"


async def test_what_is_old_is_forgotten(service: Service, clock: VirtualClock) -> None:
    await service.ask("SetQueueAttributes", Attributes={"MessageRetentionPeriod": "60"})
    await service.ask("SendMessage", MessageBody="a")
    await clock.advance(59)
    await service.ask("SendMessage", MessageBody="b")
    await clock.advance(1)
    assert [one["Body"] for one in await service.receive(MaxNumberOfMessages=10)] == ["b"]


async def test_delayed_messages_are_counted_as_such(service: Service, clock: VirtualClock) -> None:
    await service.ask("SendMessage", MessageBody="a", DelaySeconds=10)
    assert await service.counts() == (0, 0, 1)
    await clock.advance(10)
    assert await service.counts() == (1, 0, 0)


@pytest.mark.parametrize("body", ["\0", "a\x0bb", "\x1f", "\ufffe", "\uffff", "\ud800"])
async def test_characters_that_sqs_does_not_take(service: Service, body: str) -> None:
    """Moto takes them; the service does not: its message says which it does."""
    assert (await service.ask("SendMessage", MessageBody=body))["__type"].endswith("#InvalidMessageContents")
    assert await service.counts() == (0, 0, 0)


@pytest.mark.parametrize("body", ["\t\n\r ", "é\ud7ff\ue000\ufffd🎈", "x" * 1_048_576, "é" * 524_288])
async def test_characters_that_sqs_takes(service: Service, body: str) -> None:
    assert "MessageId" in await service.ask("SendMessage", MessageBody=body)
    assert [one["Body"] for one in await service.receive()] == [body]


async def test_a_batch_takes_what_is_right_and_tells_the_rest(service: Service) -> None:
    entries = [
        {"Id": "a", "MessageBody": "1"},
        {"Id": "b", "MessageBody": ""},
        {"Id": "c", "MessageBody": "\0"},
    ]
    answer = await service.ask("SendMessageBatch", Entries=entries)
    assert [one["Id"] for one in answer["Successful"]] == ["a"]
    assert [(one["Id"], one["Code"]) for one in answer["Failed"]] == [
        ("b", "MissingParameter"),
        ("c", "InvalidMessageContents"),
    ]


@pytest.mark.parametrize(
    ("action", "fields", "shape"),
    [
        ("Nope", {}, "UnknownOperationException"),
        ("SendMessage", {}, "MissingParameter"),
        ("SendMessage", {"MessageBody": 7}, "InvalidParameterValue"),
        ("SendMessage", {"MessageBody": "x" * 1_048_577}, "InvalidParameterValue"),
        ("SendMessage", {"MessageBody": "x", "MessageAttributes": {"a": {}}}, "InvalidParameterValue"),
        ("SendMessageBatch", {"Entries": [{"Id": str(n), "MessageBody": "x" * 600_000} for n in (1, 2)]}, "BatchRequestTooLong"),
        ("SendMessageBatch", {"Entries": [{"Id": "no blanks", "MessageBody": "x"}]}, "InvalidBatchEntryId"),
        ("SendMessageBatch", {"Entries": ["x"]}, "InvalidBatchEntryId"),
        ("ReceiveMessage", {"MaxNumberOfMessages": "many"}, "InvalidParameterValue"),
        ("ReceiveMessage", {"VisibilityTimeout": 43_201}, "InvalidParameterValue"),
        ("ChangeMessageVisibility", {"ReceiptHandle": "x"}, "MissingParameter"),
        ("SetQueueAttributes", {"Attributes": {"Bogus": "1"}}, "InvalidAttributeName"),
        ("SetQueueAttributes", {"Attributes": {"VisibilityTimeout": "-1"}}, "InvalidAttributeValue"),
        ("SetQueueAttributes", {"Attributes": {"RedrivePolicy": "{"}}, "InvalidParameterValue"),
        ("SetQueueAttributes", {"Attributes": {"RedrivePolicy": NO_SUCH_QUEUE}}, "InvalidParameterValue"),
        ("SetQueueAttributes", {"Attributes": ["x"]}, "InvalidParameterValue"),
        ("CreateQueue", {"QueueName": "x.fifo"}, "InvalidParameterValue"),
        ("CreateQueue", {"QueueName": GATE_QUEUE, "Attributes": {"DelaySeconds": "9"}}, "QueueNameExists"),
        ("DeleteQueue", {"QueueUrl": "http://127.0.0.1/none"}, "QueueDoesNotExist"),
    ],
)  # fmt: skip
async def test_refusals(service: Service, action: str, fields: dict[str, Any], shape: str) -> None:
    assert (await service.ask(action, **fields))["__type"] == f"com.amazonaws.sqs#{shape}"


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff", b"[" * 100_000])
async def test_a_body_that_is_no_object(service: Service, body: bytes) -> None:
    answer = await service.raw("AmazonSQS.ListQueues", body)
    assert (answer.status_code, answer.json()["__type"]) == (400, "com.amazonaws.sqs#SerializationException")


async def test_the_missing_queue_has_both_codes(service: Service) -> None:
    answer = await service.raw("AmazonSQS.GetQueueUrl", b'{"QueueName": "none"}')
    assert answer.headers["x-amzn-query-error"] == "AWS.SimpleQueueService.NonExistentQueue;Sender"
    assert answer.json() == {
        "__type": "com.amazonaws.sqs#QueueDoesNotExist",
        "message": "The specified queue does not exist.",
    }


async def test_who_shows_no_key_or_another_is_not_let_in(clock: VirtualClock) -> None:
    open_to_all, closed = Service(clock), Service(clock, access_key_id="AKIAMINE")
    for signed in ("", "Bearer x", SIGNED.replace("/sqs/", "/s3/")):
        assert (await open_to_all.raw("AmazonSQS.ListQueues", b"{}", signed)).status_code == 403
    assert (await open_to_all.raw("AmazonSQS.ListQueues", b"{}")).status_code == 200
    assert (
        (await closed.raw("AmazonSQS.ListQueues", b"{}")).json()["__type"].endswith("#InvalidClientTokenId")
    )
    assert (
        await closed.raw("AmazonSQS.ListQueues", b"{}", SIGNED.replace("AKIAEXAMPLE", "AKIAMINE"))
    ).status_code == 200


async def test_purging_is_possible_once_a_minute(service: Service, clock: VirtualClock) -> None:
    await service.ask("SendMessage", MessageBody="a")
    assert await service.ask("PurgeQueue") == {}
    assert await service.counts() == (0, 0, 0)
    assert (await service.ask("PurgeQueue"))["__type"].endswith("#PurgeQueueInProgress")
    await clock.advance(60)
    assert await service.ask("PurgeQueue") == {}


async def test_two_who_poll_do_not_get_the_same_message(service: Service) -> None:
    polls = [asyncio.create_task(service.receive(WaitTimeSeconds=20)) for _ in range(2)]
    for _ in range(50):
        await asyncio.sleep(0)
    for body in ("a", "b"):
        await service.ask("SendMessage", MessageBody=body)
    got = [one["Body"] for messages in await asyncio.gather(*polls) for one in messages]
    assert sorted(got) == ["a", "b"]
