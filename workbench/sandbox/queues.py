"""Queues: a stand-in for Amazon SQS that boto3 can talk to, as an ASGI app.

AWS JSON 1.0, as SDKs speak it since 2023: ``POST /`` with the action in ``X-Amz-Target``
(https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-making-api-requests-json.html).
Standard queues only, without message attributes; a signature has to be there and is not checked.
Mounted at ``/sqs``, the endpoint is ``http://127.0.0.1:PORT/sqs`` and a queue's URL ``http://127.0.0.1:PORT/sqs/000000000000/NAME``.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from starlette.requests import Request
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import Receive, Scope, Send

from workbench.adapters.clock import Clock, SystemClock, new_id
from workbench.models.base import JsonValue

from .answers import Rendered, respond
from .bodies import read_body
from .queue_box import BOUNDS, COUNTED, MOST_HIDDEN_S, NAME, Box, Fault, Kept, md5_of

PATH: Final = "/sqs"
ACCOUNT: Final = "000000000000"
GATE_QUEUE: Final = "send-gate"
DEAD_QUEUE: Final = "send-gate-dead"
"""The queues that are there from the beginning: for hooks, and for what came five times and was no hook."""
BODY_BYTES: Final = 12_000_000
"""A batch of ten of the largest messages, each of whose characters may be escaped."""
_ID = re.compile(r"[A-Za-z0-9_-]{1,80}")
_Fields = dict[str, Any]


class Queues:
    """All queues of the stand-in, on one clock, served under ``path``. ``access_key_id``: the only key that is let in; else any is."""

    def __init__(
        self, clock: Clock | None = None, *, access_key_id: str | None = None, path: str = PATH
    ) -> None:
        self.clock: Clock = clock or SystemClock()
        self.path = path
        self.boxes: dict[str, Box] = {}
        self._access_key_id = access_key_id
        self._changed = asyncio.Event()
        self._actions: dict[str, Callable[[_Fields, str], JsonValue]] = {
            "CreateQueue": self._create,
            "DeleteQueue": self._delete_queue,
            "GetQueueUrl": self._get_url,
            "ListQueues": self._list,
            "SendMessage": self._send,
            "SendMessageBatch": self._send_batch,
            "DeleteMessage": self._delete,
            "DeleteMessageBatch": self._delete_batch,
            "ChangeMessageVisibility": self._hide,
            "GetQueueAttributes": self._attributes,
            "SetQueueAttributes": self._set_attributes,
            "PurgeQueue": self._purge,
        }
        self.create(DEAD_QUEUE)
        self.create(
            GATE_QUEUE,
            {"RedrivePolicy": json.dumps({"deadLetterTargetArn": _arn(DEAD_QUEUE), "maxReceiveCount": 5})},
        )

    def create(self, name: str, settings: Mapping[str, str] | None = None) -> Box:
        """Return a new queue, or the one of this name when it has the same settings. Raises Fault."""
        if not NAME.fullmatch(name):
            raise Fault(
                "InvalidParameterValue",
                "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length",
            )
        wanted = self._checked(settings or {})
        known = self.boxes.get(name)
        if known is None:
            known = self.boxes[name] = Box(name, self.clock.now(), wanted)
        elif any(known.settings.get(key) != value for key, value in wanted.items()):
            raise Fault(
                "QueueNameExists",
                "A queue already exists with the same name and a different value for an attribute.",
                "QueueAlreadyExists",
            )
        return known

    def routes(self) -> list[BaseRoute]:
        """Return the routes under which it is served: SDKs post to the path itself, without a slash behind it."""
        return [Route(self.path, endpoint=self), Mount(self.path, app=self)]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request as SQS does."""
        request = Request(scope, receive)
        body = await read_body(receive, BODY_BYTES)
        try:
            result = await self._answer(request, body, receive)
        except Fault as fault:
            await respond(send, _refusal(fault))
            return
        headers = [("Content-Type", "application/x-amz-json-1.0"), ("x-amzn-RequestId", new_id("req"))]
        await respond(send, Rendered(200, headers, json.dumps(result).encode()))

    async def _answer(self, request: Request, body: bytes | None, receive: Receive) -> JsonValue:
        self._check_signed(request.headers.get("authorization", ""))
        service, _, action = request.headers.get("x-amz-target", "").partition(".")
        try:
            fields = json.loads(body) if body is not None and request.method == "POST" else None
        except (ValueError, RecursionError):
            fields = None
        if not isinstance(fields, dict):
            raise Fault("SerializationException", "The request is no JSON object.")
        base = f"{request.url.scheme}://{request.headers.get('host', '')}{self.path}"
        if service == "AmazonSQS" and action == "ReceiveMessage":
            return await self._receive(fields, receive)
        if service != "AmazonSQS" or action not in self._actions:
            raise Fault("UnknownOperationException", f"The stand-in does not know the action {action[:80]}.")
        return self._actions[action](fields, base)

    def _check_signed(self, authorization: str) -> None:
        found = re.search(
            r"AWS4-HMAC-SHA256 Credential=([^/,\s]+)/\d{8}/[^/,\s]+/sqs/aws4_request", authorization
        )
        if found is None:
            raise Fault("MissingAuthenticationToken", "Request is missing Authentication Token", status=403)
        if self._access_key_id is not None and found[1] != self._access_key_id:
            raise Fault(
                "InvalidClientTokenId", "The security token included in the request is invalid.", status=403
            )

    # -- queues --------------------------------------------------------------------------------------------------------

    def _create(self, fields: _Fields, base: str) -> JsonValue:
        box = self.create(_text(fields, "QueueName"), _map(fields, "Attributes"))
        return {"QueueUrl": _url(base, box.name)}

    def _delete_queue(self, fields: _Fields, _: str) -> JsonValue:
        del self.boxes[self._box(fields).name]
        return {}

    def _get_url(self, fields: _Fields, base: str) -> JsonValue:
        name = _text(fields, "QueueName")
        if name not in self.boxes:
            raise _no_queue()
        return {"QueueUrl": _url(base, name)}

    def _list(self, fields: _Fields, base: str) -> JsonValue:
        prefix = str(fields.get("QueueNamePrefix") or "")
        found = [_url(base, name) for name in sorted(self.boxes) if name.startswith(prefix)]
        return {"QueueUrls": found} if found else {}

    def _attributes(self, fields: _Fields, _: str) -> JsonValue:
        box, names = self._box(fields), fields.get("AttributeNames") or []
        known = {**box.counted(self.clock.now(), _arn(box.name)), **box.settings}
        for name in names:
            if name != "All" and name not in {*known, *BOUNDS, *COUNTED, "RedrivePolicy", "Policy"}:
                raise Fault("InvalidAttributeName", f"Unknown Attribute {name}.")
        wanted = {key: value for key, value in known.items() if "All" in names or key in names}
        return {"Attributes": wanted} if wanted else {}

    def _set_attributes(self, fields: _Fields, _: str) -> JsonValue:
        box = self._box(fields)
        box.settings |= self._checked(_map(fields, "Attributes"))
        box.modified = self.clock.now()
        self._wake()
        return {}

    def _purge(self, fields: _Fields, _: str) -> JsonValue:
        self._box(fields).purge(self.clock.now())
        return {}

    def _checked(self, settings: Mapping[str, str]) -> dict[str, str]:
        for name, value in settings.items():
            if name == "RedrivePolicy":
                self._check_policy(value)
            elif name in BOUNDS:
                least, most = BOUNDS[name]
                if not (str(value).isdecimal() and least <= int(value) <= most):
                    raise Fault("InvalidAttributeValue", f"Invalid value for the parameter {name}.")
            elif name != "Policy":
                raise Fault("InvalidAttributeName", f"Unknown Attribute {name}.")
        return {name: str(value) for name, value in settings.items()}

    def _check_policy(self, text: str) -> None:
        if not text:
            return
        try:
            policy = json.loads(text)
            name, most = policy["deadLetterTargetArn"].rpartition(":")[2], int(policy["maxReceiveCount"])
        except (ValueError, TypeError, KeyError, AttributeError):
            name, most = "", 0
        if name not in self.boxes or not 1 <= most <= 1000:
            raise Fault(
                "InvalidParameterValue",
                f"Value {text} for parameter RedrivePolicy is invalid. Reason: the dead letter target does not exist, or maxReceiveCount"
                " is not from 1 to 1000.",
            )

    # -- messages ------------------------------------------------------------------------------------------------------

    def _send(self, fields: _Fields, _: str) -> JsonValue:
        box = self._box(fields)
        if "MessageBody" not in fields:
            raise Fault("MissingParameter", "The request must contain the parameter MessageBody.")
        message = self._sent(box, fields)
        self._wake()
        return {"MD5OfMessageBody": message.md5, "MessageId": message.id}

    def _sent(self, box: Box, fields: _Fields) -> Kept:
        if fields.get("MessageAttributes") or fields.get("MessageSystemAttributes"):
            raise Fault("InvalidParameterValue", "The stand-in takes no message attributes.")
        delay = _number(fields, "DelaySeconds", 0, 900, None)
        return box.send(_text(fields, "MessageBody"), self.clock.now(), delay)

    def _send_batch(self, fields: _Fields, _: str) -> JsonValue:
        box, entries = self._box(fields), _entries(fields, "Send")
        size = sum(len(str(one.get("MessageBody", "")).encode("utf-8", "surrogatepass")) for one in entries)
        if size > int(box.settings["MaximumMessageSize"]):
            raise Fault(
                "BatchRequestTooLong",
                f"Batch requests cannot be longer than {box.settings['MaximumMessageSize']} bytes. You have sent {size} bytes.",
                "AWS.SimpleQueueService.BatchRequestTooLong",
            )

        def done(entry: _Fields) -> _Fields:
            message = self._sent(box, entry)
            return {"MessageId": message.id, "MD5OfMessageBody": message.md5}

        result = _each(entries, done)
        self._wake()
        return result

    async def _receive(self, fields: _Fields, receive: Receive) -> JsonValue:
        box = self._box(fields)
        most = _number(fields, "MaxNumberOfMessages", 1, 10, 1) or 1
        hidden = _number(fields, "VisibilityTimeout", 0, MOST_HIDDEN_S, None)
        wait = (
            _number(fields, "WaitTimeSeconds", 0, 20, int(box.settings["ReceiveMessageWaitTimeSeconds"])) or 0
        )
        names = {*(fields.get("AttributeNames") or []), *(fields.get("MessageSystemAttributeNames") or [])}
        until = self.clock.now() + timedelta(seconds=wait)
        gone = asyncio.ensure_future(_disconnected(receive))
        try:
            while True:
                now = self.clock.now()
                taken = [] if gone.done() else self._taken(box, most, now, hidden)
                if taken or now >= until or gone.done():
                    return {"Messages": [_shown(box, one, names) for one in taken]} if taken else {}
                await self._until_something(box, now, until, gone)
        finally:
            gone.cancel()

    def _taken(self, box: Box, most: int, now: datetime, hidden: int | None) -> list[Kept]:
        dead = self._dead(box)
        before = len(dead.messages) if dead else 0
        taken = box.take(most, now, hidden, dead)
        if dead and len(dead.messages) > before:
            self._wake()  # who waits at the queue of the dead
        return taken

    async def _until_something(
        self, box: Box, now: datetime, until: datetime, gone: asyncio.Future[None]
    ) -> None:
        """Wait until a message may be there: one was sent, one can be seen again, or the time is over; or the client is gone."""
        moments = [moment for moment in (box.next_change(), until) if moment is not None and moment > now]
        waiting: list[asyncio.Future[Any]] = [
            asyncio.ensure_future(self._changed.wait()),
            asyncio.ensure_future(self.clock.sleep((min(moments) - now).total_seconds())),
        ]
        try:
            await asyncio.wait([*waiting, gone], return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waiting:
                task.cancel()

    def _delete(self, fields: _Fields, _: str) -> JsonValue:
        self._box(fields).delete(_text(fields, "ReceiptHandle"))
        return {}

    def _delete_batch(self, fields: _Fields, _: str) -> JsonValue:
        box = self._box(fields)

        def done(entry: _Fields) -> _Fields:
            box.delete(_text(entry, "ReceiptHandle"))
            return {}

        return _each(_entries(fields, "Delete"), done)

    def _hide(self, fields: _Fields, _: str) -> JsonValue:
        seconds = _number(fields, "VisibilityTimeout", 0, MOST_HIDDEN_S, None)
        if seconds is None:
            raise Fault("MissingParameter", "The request must contain the parameter VisibilityTimeout.")
        self._box(fields).hide(_text(fields, "ReceiptHandle"), seconds, self.clock.now())
        self._wake()
        return {}

    # ------------------------------------------------------------------------------------------------------------------

    def _box(self, fields: _Fields) -> Box:
        name = str(fields.get("QueueUrl") or "").rstrip("/").rpartition("/")[2]
        if name not in self.boxes:
            raise _no_queue()
        return self.boxes[name]

    def _dead(self, box: Box) -> Box | None:
        return self.boxes.get(str(box.policy.get("deadLetterTargetArn", "")).rpartition(":")[2])

    def _wake(self) -> None:
        """Let everybody who waits look again."""
        self._changed.set()
        self._changed = asyncio.Event()


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        continue


def _shown(box: Box, message: Kept, names: set[str]) -> _Fields:
    first = message.first_at or message.sent_at
    known = {
        "SenderId": "AIDASTANDIN",
        "SentTimestamp": str(round(message.sent_at.timestamp() * 1000)),
        "ApproximateReceiveCount": str(message.count),
        "ApproximateFirstReceiveTimestamp": str(round(first.timestamp() * 1000)),
    }
    wanted = {key: value for key, value in known.items() if "All" in names or key in names}
    return {
        "MessageId": message.id,
        "ReceiptHandle": message.handles[-1],
        "MD5OfBody": md5_of(message.body),
        "Body": message.body,
        **({"Attributes": wanted} if wanted else {}),
    }


def _each(entries: list[_Fields], done: Callable[[_Fields], _Fields]) -> JsonValue:
    """Do what a batch asks for, entry by entry; one that is refused leaves the others alone."""
    successful: list[_Fields] = []
    failed: list[_Fields] = []
    for entry in entries:
        try:
            successful.append({"Id": entry["Id"], **done(entry)})
        except Fault as fault:
            failed.append(
                {"Id": entry["Id"], "SenderFault": True, "Code": fault.code, "Message": fault.message}
            )
    return {"Successful": successful, "Failed": failed}


def _entries(fields: _Fields, action: str) -> list[_Fields]:
    entries = fields.get("Entries")
    code = "AWS.SimpleQueueService."
    if not isinstance(entries, list) or not entries:
        message = f"There should be at least one {action}MessageBatchRequestEntry in the request."
        raise Fault("EmptyBatchRequest", message, f"{code}EmptyBatchRequest")
    if len(entries) > 10:
        message = f"Maximum number of entries per request are 10. You have sent {len(entries)}."
        raise Fault("TooManyEntriesInBatchRequest", message, f"{code}TooManyEntriesInBatchRequest")
    seen: set[str] = set()
    for entry in entries:
        id = entry.get("Id") if isinstance(entry, dict) else None
        if not isinstance(id, str) or not _ID.fullmatch(id):
            message = (
                "A batch entry id can only contain alphanumeric characters, hyphens and underscores. "
                "It can be at most 80 letters long."
            )
            raise Fault("InvalidBatchEntryId", message, f"{code}InvalidBatchEntryId")
        if id in seen:
            raise Fault("BatchEntryIdsNotDistinct", f"Id {id} repeated.", f"{code}BatchEntryIdsNotDistinct")
        seen.add(id)
    return entries


def _text(fields: _Fields, name: str) -> str:
    value = fields.get(name)
    if value is None:
        raise Fault("MissingParameter", f"The request must contain the parameter {name}.")
    if not isinstance(value, str):
        raise Fault(
            "InvalidParameterValue", f"Value for parameter {name} is invalid. Reason: Must be a string."
        )
    return value


def _map(fields: _Fields, name: str) -> dict[str, str]:
    value = fields.get(name) or {}
    if not isinstance(value, dict):
        raise Fault("InvalidParameterValue", f"Value for parameter {name} is invalid. Reason: Must be a map.")
    return value


def _number(fields: _Fields, name: str, least: int, most: int, default: int | None) -> int | None:
    value = fields.get(name)
    if value is None:
        return default
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise Fault(
            "InvalidParameterValue",
            f"Value {str(value)[:20]} for parameter {name} is invalid. Reason: {name} must be >= {least} and <= {most}.",
        )
    return value


def _url(base: str, name: str) -> str:
    return f"{base}/{ACCOUNT}/{name}"


def _arn(name: str) -> str:
    return f"arn:aws:sqs:eu-north-1:{ACCOUNT}:{name}"


def _no_queue() -> Fault:
    return Fault(
        "QueueDoesNotExist",
        "The specified queue does not exist.",
        "AWS.SimpleQueueService.NonExistentQueue",
    )


def _refusal(fault: Fault) -> Rendered:
    headers = [
        ("Content-Type", "application/x-amz-json-1.0"),
        ("x-amzn-query-error", f"{fault.code};Sender"),
        ("x-amzn-RequestId", new_id("req")),
    ]
    body = {"__type": f"com.amazonaws.sqs#{fault.shape}", "message": fault.message}
    return Rendered(fault.status, headers, json.dumps(body).encode())
