"""The queue, against moto's server and against our own stand-in: the same suite on real ports, so that ours equals the independent one."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.loopback import listener
from tests.queues import moto, served, served_queues
from workbench.adapters.clock import new_id
from workbench.adapters.queue import Message, Queue, endpoint_of, region_of
from workbench.errors import AddressRefused, NotFound, NotRehearsed, Refused, Unreachable
from workbench.sandbox.queues import Queues

pytest.importorskip("moto.server")
pytestmark = pytest.mark.filterwarnings("ignore:.*utcnow:DeprecationWarning")

Make = Callable[..., str]


@pytest.fixture(scope="module")
def moto_at() -> Iterator[str]:
    with moto() as address:
        yield address


@pytest.fixture(params=["moto", "stand-in"])
async def endpoint(request: pytest.FixtureRequest) -> AsyncIterator[str]:
    if request.param == "moto":
        yield request.getfixturevalue("moto_at")
        return
    async with served_queues(Queues()) as address:
        yield address


@pytest.fixture
async def sqs(endpoint: str) -> AsyncIterator[Any]:
    """A client of boto3's own, to set queues up and look at them."""
    made = boto3.client(
        "sqs", endpoint_url=endpoint, region_name="eu-north-1", aws_access_key_id="x", aws_secret_access_key="y",
        config=Config(retries={"total_max_attempts": 1}, proxies={}),
    )  # fmt: skip
    yield made
    made.close()


async def asked(call: Callable[..., Any], **arguments: Any) -> Any:
    """Return what boto3 answers, without standing in the way of the stand-in, which lives in this loop."""
    return await asyncio.to_thread(lambda: call(**arguments))


async def made(sqs: Any, **attributes: str) -> str:
    answer = await asked(sqs.create_queue, QueueName=new_id("q"), Attributes=attributes)
    url: str = answer["QueueUrl"]
    return url


def queue_at(url: str, **more: Any) -> Queue:
    return Queue(url, **{"mode": "rehearsal", **more})


@pytest.fixture
async def queue(sqs: Any) -> AsyncIterator[Queue]:
    opened = queue_at(await made(sqs))
    yield opened
    opened.close()


# one suite for both


@pytest.mark.parametrize("body", ["{}", 'Ünï "quoted" \\ \n\t 🎈', "x" * 1_048_576])
async def test_a_message_arrives_as_it_was_sent(queue: Queue, body: str) -> None:
    id = await queue.send(body)
    (message,) = await queue.receive()
    assert (message.id, message.body, message.count) == (id, body, 1)
    assert message.sent_at is not None
    assert abs((datetime.now(UTC) - message.sent_at).total_seconds()) < 60
    await queue.delete(message)
    assert await queue.receive(wait_s=0) == []
    assert await queue.waiting() == 0


async def test_what_is_too_large_is_refused(queue: Queue) -> None:
    with pytest.raises(Refused, match="InvalidParameterValue"):
        await queue.send("x" * 1_048_577)


async def test_a_message_hides_and_comes_back_until_it_is_deleted(queue: Queue) -> None:
    await queue.send("hook")
    (first,) = await queue.receive(visible_s=1)
    assert await queue.receive(wait_s=0) == []
    (second,) = await queue.receive(wait_s=10)
    assert (second.body, second.count) == ("hook", 2)
    await queue.delete(second)
    await queue.delete(second)  # it stays gone
    assert await queue.receive(wait_s=0) == []
    assert first.id == second.id


async def test_an_extended_message_stays_hidden_and_a_released_one_comes_at_once(queue: Queue) -> None:
    await queue.send("hook")
    (message,) = await queue.receive(visible_s=1)
    assert await queue.extend(message, 600)
    assert await queue.receive(wait_s=2) == []
    assert await queue.extend(message, 0)
    (again,) = await queue.receive(wait_s=5)
    assert again.count == 2
    await queue.delete(again)
    assert not await queue.extend(again)


async def test_a_long_poll_gives_what_comes_meanwhile(queue: Queue) -> None:
    polling = asyncio.create_task(queue.receive(wait_s=20))
    await asyncio.sleep(0.3)
    await queue.send("late")
    assert [message.body for message in await polling] == ["late"]


async def test_at_most_ten_come_at_a_time_and_each_once(queue: Queue) -> None:
    sent = await asyncio.gather(*(queue.send(str(number)) for number in range(15)))
    one, two = await queue.receive(), await queue.receive()
    assert len(one) <= 10
    assert sorted(message.id for message in one + two) == sorted(sent)


async def test_what_comes_too_often_is_set_aside(sqs: Any) -> None:
    dead_url = await made(sqs)
    answer = await asked(sqs.get_queue_attributes, QueueUrl=dead_url, AttributeNames=["QueueArn"])
    policy = json.dumps({"deadLetterTargetArn": answer["Attributes"]["QueueArn"], "maxReceiveCount": 2})
    queue, dead = queue_at(await made(sqs, RedrivePolicy=policy)), queue_at(dead_url)
    assert (await queue.sets_aside(), await dead.sets_aside()) == (True, False)
    await queue.send("no hook")
    for _ in range(2):
        (message,) = await queue.receive(visible_s=0)
    assert await queue.receive(wait_s=0) == []
    (message,) = await dead.receive()
    assert message.body == "no hook"
    queue.close()
    dead.close()


async def test_a_queue_that_is_not_there(endpoint: str) -> None:
    queue = queue_at(f"{endpoint}/000000000000/no-such-queue")
    for call in (queue.receive(), queue.send("x"), queue.sets_aside(), queue.delete(Message("i", "b", "h"))):
        with pytest.raises(NotFound, match="no-such-queue"):
            await call
    queue.close()


async def test_the_answers_are_the_same_as_those_of_the_other(sqs: Any) -> None:
    """What boto3 reads of each answer, without what is drawn anew: equal for moto and the stand-in."""
    name = new_id("q")
    url = (await asked(sqs.create_queue, QueueName=name, Attributes={"VisibilityTimeout": "7"}))["QueueUrl"]
    assert (await asked(sqs.get_queue_url, QueueName=name))["QueueUrl"] == url
    assert url in (await asked(sqs.list_queues, QueueNamePrefix=name))["QueueUrls"]
    assert "QueueUrls" not in await asked(sqs.list_queues, QueueNamePrefix="zzz")
    entries = [{"Id": "a", "MessageBody": "é"}, {"Id": "b", "MessageBody": "2"}]
    batch = await asked(sqs.send_message_batch, QueueUrl=url, Entries=entries)
    assert [(one["Id"], one["MD5OfMessageBody"]) for one in batch["Successful"]] == [
        ("a", _md5("é")), ("b", _md5("2")),
    ]  # fmt: skip
    got = (
        await asked(
            sqs.receive_message, QueueUrl=url, MaxNumberOfMessages=10, MessageSystemAttributeNames=["All"]
        )
    )["Messages"]
    assert [(one["Body"], one["MD5OfBody"]) for one in got] == [("é", _md5("é")), ("2", _md5("2"))]
    assert set(got[0]["Attributes"]) == {
        "SenderId", "SentTimestamp", "ApproximateReceiveCount", "ApproximateFirstReceiveTimestamp",
    }  # fmt: skip
    attributes = (await asked(sqs.get_queue_attributes, QueueUrl=url, AttributeNames=["All"]))["Attributes"]
    assert {
        name: attributes[name]
        for name in (
            "ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible", "ApproximateNumberOfMessagesDelayed",
            "VisibilityTimeout", "MessageRetentionPeriod", "MaximumMessageSize", "DelaySeconds", "ReceiveMessageWaitTimeSeconds",
        )
    } == {
        "ApproximateNumberOfMessages": "0", "ApproximateNumberOfMessagesNotVisible": "2", "ApproximateNumberOfMessagesDelayed": "0",
        "VisibilityTimeout": "7", "MessageRetentionPeriod": "345600", "MaximumMessageSize": "1048576", "DelaySeconds": "0",
        "ReceiveMessageWaitTimeSeconds": "0",
    }  # fmt: skip
    removals = [
        {"Id": "a", "ReceiptHandle": got[0]["ReceiptHandle"]},
        {"Id": "z", "ReceiptHandle": "nonsense"},
    ]
    gone = await asked(sqs.delete_message_batch, QueueUrl=url, Entries=removals)
    assert [one["Id"] for one in gone["Successful"]] == ["a"]
    assert [(one["Id"], one["Code"], one["SenderFault"]) for one in gone["Failed"]] == [
        ("z", "ReceiptHandleIsInvalid", True)
    ]
    await asked(sqs.set_queue_attributes, QueueUrl=url, Attributes={"DelaySeconds": "900"})
    await asked(sqs.send_message, QueueUrl=url, MessageBody="later")
    delayed = await asked(
        sqs.get_queue_attributes, QueueUrl=url, AttributeNames=["ApproximateNumberOfMessagesDelayed"]
    )
    assert delayed["Attributes"] == {"ApproximateNumberOfMessagesDelayed": "1"}
    await asked(sqs.purge_queue, QueueUrl=url)
    await asked(sqs.delete_queue, QueueUrl=url)
    with pytest.raises(ClientError):
        await asked(sqs.receive_message, QueueUrl=url)


REFUSALS: list[tuple[str, dict[str, Any], str]] = [
    ("create_queue", {"QueueName": "bad name"}, "InvalidParameterValue"),
    ("get_queue_url", {"QueueName": "none"}, "AWS.SimpleQueueService.NonExistentQueue"),
    ("send_message", {"MessageBody": "x", "DelaySeconds": 1000}, "InvalidParameterValue"),
    ("receive_message", {"MaxNumberOfMessages": 11}, "InvalidParameterValue"),
    ("receive_message", {"WaitTimeSeconds": 21}, "InvalidParameterValue"),
    ("delete_message", {"ReceiptHandle": "nonsense"}, "ReceiptHandleIsInvalid"),
    (
        "change_message_visibility",
        {"ReceiptHandle": "nonsense", "VisibilityTimeout": 1},
        "ReceiptHandleIsInvalid",
    ),
    ("get_queue_attributes", {"AttributeNames": ["Bogus"]}, "InvalidAttributeName"),
    ("send_message_batch", {"Entries": []}, "AWS.SimpleQueueService.EmptyBatchRequest"),
    (
        "send_message_batch",
        {"Entries": [{"Id": "a", "MessageBody": "1"}, {"Id": "a", "MessageBody": "2"}]},
        "AWS.SimpleQueueService.BatchEntryIdsNotDistinct",
    ),
    (
        "send_message_batch",
        {"Entries": [{"Id": str(number), "MessageBody": "1"} for number in range(11)]},
        "AWS.SimpleQueueService.TooManyEntriesInBatchRequest",
    ),
]


async def test_refusals_have_the_same_code(sqs: Any) -> None:
    url = await made(sqs)
    for action, arguments, code in REFUSALS:
        needs_url = action not in ("create_queue", "get_queue_url")
        with pytest.raises(ClientError) as refused:
            await asked(getattr(sqs, action), **({"QueueUrl": url} if needs_url else {}), **arguments)
        assert refused.value.response["Error"]["Code"] == code
        assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


def _md5(text: str) -> str:
    from hashlib import md5

    return md5(text.encode(), usedforsecurity=False).hexdigest()


# faults of the network


async def test_nobody_there_is_a_sentence() -> None:
    bound = listener()
    queue = queue_at(f"http://127.0.0.1:{bound.getsockname()[1]}/000000000000/q")
    with pytest.raises(Unreachable, match="does not answer"):
        await queue.receive()
    bound.close()


FAULTS: list[tuple[int, bytes, type[Exception]]] = [
    (500, b"oops", Unreachable),
    (503, b"{}", Unreachable),
    (429, b"{}", Unreachable),
    (403, b"{}", Refused),
    (400, b'{"__type": "com.amazonaws.sqs#RequestThrottled"}', Unreachable),
    (400, b'{"__type": "com.amazonaws.sqs#InvalidClientTokenId"}', Refused),
    (302, b"{}", Refused),
    (200, b"<html>", Unreachable),
    (
        200,
        b'{"Messages": [{"MessageId": "1", "ReceiptHandle": "h", "Body": "hal", "MD5OfBody": "00"}]}',
        Unreachable,
    ),
]


async def test_every_fault_is_one_of_ours() -> None:
    told: list[tuple[int, bytes, type[Exception]]] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        status, body, _ = told[-1]
        kind = b"text/html" if body.startswith(b"<") else b"application/x-amz-json-1.0"
        headers = [(b"content-type", kind), (b"location", b"http://127.0.0.1:9/")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async with served(app) as address:
        queue = queue_at(f"{address}/000000000000/q", access_key_id="AKIAEXAMPLE", secret="pl4nted-secret")
        for fault in FAULTS:
            told.append(fault)
            with pytest.raises(fault[2]) as raised:
                await queue.receive()
            error = raised.value
            assert type(error) is fault[2]
            assert "pl4nted" not in f"{error!r} {error.__cause__!r} {error.__context__!r} {queue!r}"
        queue.close()


async def test_nothing_is_taken_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy, another endpoint, a profile: the call goes where the URL says, with the keys it was given."""
    for name, value in {
        "HTTP_PROXY": "http://127.0.0.1:9", "http_proxy": "http://127.0.0.1:9", "ALL_PROXY": "http://127.0.0.1:9",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_ENDPOINT_URL_SQS": "http://127.0.0.1:9",
        "AWS_ACCESS_KEY_ID": "AKIAOTHER", "AWS_SECRET_ACCESS_KEY": "other", "AWS_SESSION_TOKEN": "other",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    stand_in = Queues(access_key_id="AKIAMINE")
    async with served_queues(stand_in) as address:
        url = f"{address}/000000000000/send-gate"
        queue = queue_at(url, access_key_id="AKIAMINE", secret="s")
        assert await queue.send("x")
        queue.close()
        stranger = queue_at(url, access_key_id="AKIANOT", secret="s")
        with pytest.raises(Refused, match="does not let us in"):
            await stranger.send("x")
        stranger.close()


async def test_who_gives_up_polling_waits_for_nobody_and_loses_no_message() -> None:
    stand_in = Queues()
    async with served_queues(stand_in) as address:
        queue = queue_at(f"{address}/000000000000/send-gate")
        polling = asyncio.create_task(queue.receive(wait_s=20))
        await asyncio.sleep(0.5)
        polling.cancel()
        with pytest.raises(asyncio.CancelledError):
            await polling
        await queue.send("hook")  # may go to the poll that was given up, which lets go of it
        (message,) = await queue.receive(wait_s=15)
        assert message.body == "hook"
        queue.close()


# which URLs


@pytest.mark.parametrize(
    ("url", "endpoint", "region"),
    [
        ("https://sqs.eu-west-3.amazonaws.com/123/q", "https://sqs.eu-west-3.amazonaws.com", "eu-west-3"),
        (
            "https://eu-west-3.queue.amazonaws.com/123/q/",
            "https://eu-west-3.queue.amazonaws.com",
            "eu-west-3",
        ),
        ("http://127.0.0.1:8868/sqs/000000000000/send-gate", "http://127.0.0.1:8868/sqs", "eu-north-1"),
    ],
)
def test_a_queues_url_tells_where_its_service_is(url: str, endpoint: str, region: str) -> None:
    assert (endpoint_of(url), region_of(url)) == (endpoint, region)


@pytest.mark.parametrize(
    "url",
    ["", "sqs", "ftp://127.0.0.1/1/q", "http:///1/q", "http://127.0.0.1/q", "http://u:p@127.0.0.1/1/q", "http://127.0.0.1:0/1/q", "http://[x/1/q"],
)  # fmt: skip
def test_what_is_no_queues_url_is_refused(url: str) -> None:
    with pytest.raises(Refused, match="no queue's URL"):
        Queue(url, mode="live")


def test_a_rehearsal_reaches_this_machine_alone_and_live_amazons_or_what_was_allowed() -> None:
    amazon = "https://sqs.eu-north-1.amazonaws.com/123/q"
    with pytest.raises(NotRehearsed):
        Queue(amazon, mode="rehearsal")
    Queue(amazon, mode="live")
    for url in (
        "http://127.0.0.1:1/1/q",
        "https://sqs.evil.example/1/q",
        "http://sqs.eu-north-1.amazonaws.com/1/q",
        "https://10.0.0.1/1/q",
    ):
        with pytest.raises(AddressRefused):
            Queue(url, mode="live")
    Queue("http://127.0.0.1:1/1/q", mode="live", allowed_hosts=["127.0.0.1:1"])
    assert socket.getdefaulttimeout() is None
