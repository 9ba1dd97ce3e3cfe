"""QUEUE: one queue of Amazon SQS, the other way in which hooks come. The one door to boto3.

boto3 waits where it stands, so each call has a thread of its own, which ends with the process: a poll of twenty seconds holds up nobody
who closes. Nothing is taken from the environment but, live and without keys, who we are there.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import ipaddress
import threading
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache, partial
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

from workbench.errors import AddressRefused, NotFound, NotRehearsed, Refused, Unreachable, WorkbenchError
from workbench.models.request import Mode
from workbench.sentence import say

T = TypeVar("T")

WAIT_S: Final = 20
"""Seconds that an empty queue is listened to at most, in one call: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html"""
BATCH: Final = 10
VISIBLE_S: Final = 30
"""Seconds for which a message that was received is shown to nobody else, unless they are extended."""
CONNECT_S: Final = 5
_OWN_HOSTS: Final = (".amazonaws.com", ".amazonaws.com.cn", ".api.aws")
_GONE: Final = frozenset({"AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist"})
_LATE: Final = frozenset(
    {"ReceiptHandleIsInvalid", "AWS.SimpleQueueService.MessageNotInflight", "MessageNotInflight"}
)
_KEYS: Final = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "ExpiredToken",
        "IncompleteSignature",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "MissingAuthenticationToken",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)


@dataclass(frozen=True, slots=True)
class Message:
    """One message as it was received. ``handle`` is what it is deleted by; ``count`` is how often it was received by now."""

    id: str
    body: str = field(repr=False)
    handle: str = field(repr=False)
    count: int = 1
    sent_at: datetime | None = None


class Queue:
    """One queue, by its URL. Every method may raise Unreachable, Refused (the keys) and NotFound (there is no such queue)."""

    def __init__(
        self,
        url: str,
        *,
        mode: Mode,
        region: str = "",
        access_key_id: str = "",
        secret: str = "",
        allowed_hosts: Collection[str] = (),
    ) -> None:
        """Take the queue's URL and keys; nothing is connected to yet.

        Live, it is one of Amazon's over https, or its host is in ``allowed_hosts``; in a rehearsal it lies on this machine. Without keys
        those of the environment are used, in a rehearsal made-up ones. Raises Refused, NotRehearsed and AddressRefused.
        """
        check_url(url, mode, allowed_hosts)
        self.url = url.strip()
        self._endpoint = endpoint_of(self.url)
        self._settings = {"region_name": region or region_of(self.url)}
        if access_key_id or mode == "rehearsal":
            self._settings |= {
                "aws_access_key_id": access_key_id or "rehearsal",
                "aws_secret_access_key": secret or "rehearsal",
            }
        self._making = threading.Lock()
        self._made: Any = None

    def __repr__(self) -> str:
        return f"<Queue {self.url.rpartition('/')[2]}>"

    async def receive(
        self, wait_s: int = WAIT_S, most: int = BATCH, visible_s: int = VISIBLE_S
    ) -> list[Message]:
        """Return the messages that are there, waiting up to ``wait_s`` for the first; others do not see them for ``visible_s`` seconds."""
        asked = {
            "MaxNumberOfMessages": most,
            "WaitTimeSeconds": wait_s,
            "VisibilityTimeout": visible_s,
            "MessageSystemAttributeNames": ["ApproximateReceiveCount", "SentTimestamp"],
        }
        given_up = threading.Event()

        def work() -> list[Message]:
            messages = [_message(one) for one in self._do("receive_message", asked).get("Messages", ())]
            if (
                given_up.is_set()
            ):  # nobody takes them: let another have them, and not only when they are shown again
                for message in messages:
                    self._do(
                        "change_message_visibility", {"ReceiptHandle": message.handle, "VisibilityTimeout": 0}
                    )
            return messages

        try:
            return await _in_a_thread(work)
        except asyncio.CancelledError:
            given_up.set()
            raise

    async def delete(self, message: Message) -> None:
        """Delete a message for good. One that is gone stays gone."""
        with contextlib.suppress(_Late):
            await self._call("delete_message", {"ReceiptHandle": message.handle})

    async def extend(self, message: Message, visible_s: int = VISIBLE_S) -> bool:
        """Hide a message from others for ``visible_s`` seconds from now (0: show it at once); return whether it still was ours."""
        try:
            await self._call(
                "change_message_visibility", {"ReceiptHandle": message.handle, "VisibilityTimeout": visible_s}
            )
        except _Late:
            return False
        return True

    async def send(self, body: str) -> str:
        """Put a message into the queue and return its id. Raises Refused for one that SQS does not take."""
        answer = await self._call("send_message", {"MessageBody": body})
        return str(answer["MessageId"])

    async def sets_aside(self) -> bool:
        """Return whether the queue has a redrive policy: what is received too often goes to a queue of its own."""
        answer = await self._call("get_queue_attributes", {"AttributeNames": ["RedrivePolicy"]})
        return bool(answer.get("Attributes", {}).get("RedrivePolicy"))

    async def waiting(self) -> int:
        """Return about how many messages can be received now."""
        answer = await self._call("get_queue_attributes", {"AttributeNames": ["ApproximateNumberOfMessages"]})
        return int(answer.get("Attributes", {}).get("ApproximateNumberOfMessages", 0))

    def close(self) -> None:
        """Let go of the connections. A poll under way ends by itself; nobody waits for it."""
        if self._made is not None:
            self._made.close()

    # ------------------------------------------------------------------------------------------------------------------

    async def _call(self, name: str, arguments: Mapping[str, object]) -> Mapping[str, Any]:
        return await _in_a_thread(partial(self._do, name, arguments))

    def _do(self, name: str, arguments: Mapping[str, object]) -> Mapping[str, Any]:
        from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError, NoCredentialsError

        try:
            client = self._client()
            answer: Mapping[str, Any] = getattr(client, name)(QueueUrl=self.url, **arguments)
        except ClientError as error:
            fault = self._refused(error.response)
        except NoCredentialsError:
            fault = Refused(
                say(
                    "There are no keys to the queue: neither in the gate nor in this machine's environment. Enter them in the gate."
                )
            )
        except (HTTPClientError, BotoCoreError, ValueError) as error:  # ValueError: an answer that is no JSON
            reason = type(error).__name__
            fault = Unreachable(
                say(
                    "The queue at {host} does not answer ({reason}).",
                    host=urlsplit(self._endpoint).netloc,
                    reason=reason,
                )
            )
        else:
            told = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("content-type", "")
            if "json" in told:
                return answer
            fault = Unreachable(
                say("What answers at {host} is no queue.", host=urlsplit(self._endpoint).netloc)
            )
        raise fault

    def _client(self) -> Any:
        """Return the client, made at the first call: loading what boto3 knows of SQS takes a while."""
        with self._making:
            if self._made is None:
                from botocore.config import Config

                config = Config(
                    connect_timeout=CONNECT_S,
                    read_timeout=WAIT_S + 10,
                    retries={"total_max_attempts": 1},  # who listens tries again himself, and says so
                    proxies={},  # none, whatever the environment says
                    max_pool_connections=BATCH + 2,
                    ignore_configured_endpoint_urls=True,
                )
                self._made = _new_client(self._settings, endpoint_url=self._endpoint, config=config)
            return self._made

    def _refused(self, response: Mapping[str, Any]) -> WorkbenchError:
        """Return what a refusal of the service means to us. Its own words may repeat what was sent, and are left out."""
        error = response.get("Error", {})
        code = str(error.get("Code", ""))
        status = int(response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
        name = self.url.rpartition("/")[2]
        if code in _LATE:
            return _Late(say("The message is not this one's any more."))
        if code in _GONE:
            return NotFound(say("There is no queue “{name}” there. Check the gate's queue URL.", name=name))
        if code in _KEYS or status in (401, 403):
            return Refused(
                say(
                    "The queue “{name}” does not let us in ({code}). Check the access key and what it is allowed to do.",
                    name=name,
                    code=code,
                )
            )
        if status >= 500 or status == 429 or "Throttl" in code or code == "RequestThrottled":
            return Unreachable(
                say(
                    "The queue “{name}” cannot answer at the moment ({code}).", name=name, code=code or status
                )
            )
        return Refused(say("The queue “{name}” refuses the call ({code}).", name=name, code=code or status))


def _new_client(settings: Mapping[str, str], **more: object) -> Any:
    """Return a client of boto3 in a session of its own; what boto3 has read of its descriptions is shared by all."""
    import boto3
    import botocore.session

    session = botocore.session.Session()
    session.register_component("data_loader", _loader())
    return boto3.session.Session(botocore_session=session, **settings).client("sqs", **more)


@cache
def _loader() -> Any:
    from botocore.loaders import create_loader

    return create_loader()


class _Late(Refused):
    """The message was deleted, or is somebody else's now."""


def check_url(url: str, mode: Mode, allowed_hosts: Collection[str] = ()) -> None:
    """Raise Refused unless this is a queue's URL that may be called in this mode."""
    try:
        parts = urlsplit(url.strip())
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        host, port, parts = "", None, urlsplit("")
    if (
        parts.scheme not in ("http", "https")
        or not host
        or port == 0
        or "@" in parts.netloc
        or parts.path.count("/") < 2
    ):
        raise Refused(
            say(
                "This is no queue's URL. It looks like {example}; copy it from the queue's page.",
                example="https://sqs.eu-north-1.amazonaws.com/123456789012/send-gate",
            )
        )
    if mode == "rehearsal":
        if not _is_loopback(host):
            raise NotRehearsed(
                say(
                    "In a rehearsal a queue has to be on this machine, and “{host}” is not. Use the sandbox's queue.",
                    host=host,
                )
            )
        return
    if host in allowed_hosts or parts.netloc.lower() in allowed_hosts:
        return
    if parts.scheme != "https" or not host.endswith(_OWN_HOSTS):
        raise AddressRefused(
            say(
                "“{host}” is no host of Amazon SQS. Allow it by name when you start the workbench, if you mean it.",
                host=host,
            )
        )


def endpoint_of(url: str) -> str:
    """Return where the service of a queue is asked: its URL without the account and the name."""
    parts = urlsplit(url.strip().rstrip("/"))
    return f"{parts.scheme}://{parts.netloc}{parts.path.rpartition('/')[0].rpartition('/')[0]}"


def region_of(url: str) -> str:
    """Return the region that a queue's host names; of a host that names none, one that any stand-in takes."""
    labels = (urlsplit(url.strip()).hostname or "").split(".")
    if len(labels) > 3 and labels[0] == "sqs":
        return labels[1]
    if (
        len(labels) > 3 and labels[1] == "queue"
    ):  # the older spelling: https://docs.aws.amazon.com/general/latest/gr/sqs-service.html
        return labels[0]
    return "eu-north-1"


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _message(one: Mapping[str, Any]) -> Message:
    known = one.get("Attributes", {})
    sent = known.get("SentTimestamp")
    body = str(one["Body"])
    digest = hashlib.md5(body.encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest()
    if one.get("MD5OfBody", digest) != digest:
        raise Unreachable(say("A message of the queue did not arrive whole. It comes again."))
    return Message(
        id=str(one["MessageId"]),
        body=body,
        handle=str(one["ReceiptHandle"]),
        count=int(known.get("ApproximateReceiveCount", 1)),
        sent_at=datetime.fromtimestamp(int(sent) / 1000, UTC) if sent else None,
    )


async def _in_a_thread(work: Callable[[], T]) -> T:
    """Return what the work returns, done in a thread that nobody has to wait for when the process ends."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()

    def settle(result: T | None, error: BaseException | None) -> None:
        if done.done():
            return
        if error is not None:
            done.set_exception(error)
        else:
            done.set_result(result)  # type: ignore[arg-type]

    def run() -> None:
        result, error = None, None
        try:
            result = work()
        except BaseException as raised:  # noqa: BLE001 - it is raised again where it is awaited
            error = raised
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(settle, result, error)

    threading.Thread(target=run, name="a call of the queue", daemon=True).start()
    return await done
