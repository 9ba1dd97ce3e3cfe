"""A queue of the stand-in for SQS: messages that hide while they are worked on, come back, grow old, or are set aside.

Numbers and rules: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from workbench.models.base import JsonValue

if TYPE_CHECKING:
    from datetime import datetime

MOST_BYTES: Final = 1_048_576
MOST_HIDDEN_S: Final = 43_200
DEFAULTS: Final[Mapping[str, str]] = {
    "VisibilityTimeout": "30",
    "MessageRetentionPeriod": "345600",
    "MaximumMessageSize": str(MOST_BYTES),
    "DelaySeconds": "0",
    "ReceiveMessageWaitTimeSeconds": "0",
}
BOUNDS: Final[Mapping[str, tuple[int, int]]] = {
    "VisibilityTimeout": (0, MOST_HIDDEN_S),
    "MessageRetentionPeriod": (60, 1_209_600),
    "MaximumMessageSize": (1024, MOST_BYTES),
    "DelaySeconds": (0, 900),
    "ReceiveMessageWaitTimeSeconds": (0, 20),
}
COUNTED: Final = frozenset(
    {
        "ApproximateNumberOfMessages",
        "ApproximateNumberOfMessagesNotVisible",
        "ApproximateNumberOfMessagesDelayed",
        "CreatedTimestamp",
        "LastModifiedTimestamp",
        "QueueArn",
    }
)
NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,80}")
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Fault(Exception):
    """What the service refuses: its shape's name, its sentence, the code of the older protocol, and the status."""

    def __init__(self, shape: str, message: str, code: str = "", status: int = 400) -> None:
        super().__init__(message)
        self.shape, self.message, self.code, self.status = shape, message, code or shape, status


@dataclass(slots=True)
class Kept:
    """One message of a queue. ``visible_at`` is when it may be received (again), ``count`` how often it was."""

    body: str
    sent_at: datetime
    visible_at: datetime
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    count: int = 0
    first_at: datetime | None = None
    handles: list[str] = field(default_factory=list)

    @property
    def md5(self) -> str:
        """The digest by which a client sees that the body arrived whole."""
        return md5_of(self.body)


class Box:
    """One queue: its settings and its messages in the order in which they came."""

    def __init__(self, name: str, now: datetime, settings: Mapping[str, str]) -> None:
        self.name = name
        self.settings: dict[str, str] = {**DEFAULTS, **settings}
        self.created = self.modified = now
        self.messages: dict[str, Kept] = {}
        self.purged: datetime | None = None
        self._handles: dict[str, str] = {}

    def seconds(self, name: str) -> timedelta:
        """Return a setting that is a number of seconds."""
        return timedelta(seconds=int(self.settings[name]))

    def send(self, body: str, now: datetime, delay_s: int | None) -> Kept:
        """Keep a message and return it. Raises Fault for one that SQS does not take."""
        self.check(body)
        delay = self.seconds("DelaySeconds") if delay_s is None else timedelta(seconds=delay_s)
        made = Kept(body, now, now + delay)
        self.messages[made.id] = made
        return made

    def check(self, body: str) -> None:
        """Raise Fault for a body that SQS does not take."""
        if not body:
            raise Fault("MissingParameter", "The request must contain the parameter MessageBody.")
        most = int(self.settings["MaximumMessageSize"])
        if len(body.encode("utf-8", "surrogatepass")) > most:
            raise Fault(
                "InvalidParameterValue",
                f"One or more parameters are invalid. Reason: Message must be shorter than {most} bytes.",
            )
        if _FORBIDDEN.search(body):
            raise Fault(
                "InvalidMessageContents",
                "Invalid binary character was found in the message body, the set of allowed characters is "
                "#x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF",
            )

    def take(self, most: int, now: datetime, hidden_s: int | None, dead: Box | None) -> list[Kept]:
        """Return up to ``most`` messages that can be seen, and hide them. Those that came too often go to ``dead`` instead."""
        self.forget_the_old(now)
        hidden = self.seconds("VisibilityTimeout") if hidden_s is None else timedelta(seconds=hidden_s)
        taken: list[Kept] = []
        for message in [one for one in self.messages.values() if one.visible_at <= now]:
            if dead is not None and message.count >= self.most_receives:
                del self.messages[message.id]
                dead.messages[message.id] = message
                continue
            if len(taken) == most:
                break
            message.count += 1
            message.first_at = message.first_at or now
            message.visible_at = now + hidden
            handle = secrets.token_urlsafe(24)
            message.handles.append(handle)
            self._handles[handle] = message.id
            taken.append(message)
        return taken

    def delete(self, handle: str) -> None:
        """Delete a message by a handle it had; one that is gone stays gone. Raises Fault for no handle of this queue."""
        self.messages.pop(self._of(handle), None)

    def hide(self, handle: str, seconds: int, now: datetime) -> None:
        """Set how long a message stays hidden from now on. Raises Fault where it can be seen, or is gone."""
        message = self.messages.get(self._of(handle))
        if message is None or message.visible_at <= now:
            raise Fault(
                "MessageNotInflight",
                "The specified message isn't in flight.",
                "AWS.SimpleQueueService.MessageNotInflight",
            )
        message.visible_at = now + timedelta(seconds=seconds)

    def purge(self, now: datetime) -> None:
        """Delete all messages, at most once a minute."""
        if self.purged is not None and now - self.purged < timedelta(seconds=60):
            raise Fault(
                "PurgeQueueInProgress",
                f"Only one PurgeQueue operation on {self.name} is allowed every 60 seconds.",
                "AWS.SimpleQueueService.PurgeQueueInProgress",
                403,
            )
        self.purged = now
        self.messages.clear()

    def next_change(self) -> datetime | None:
        """Return when a message that is hidden now can be seen again, the first of them."""
        return min((one.visible_at for one in self.messages.values()), default=None)

    def forget_the_old(self, now: datetime) -> None:
        """Drop what was sent longer ago than the queue keeps messages."""
        oldest = now - self.seconds("MessageRetentionPeriod")
        self.messages = {id: one for id, one in self.messages.items() if one.sent_at > oldest}

    @property
    def policy(self) -> dict[str, JsonValue]:
        """The redrive policy: where messages go that came too often. Empty: nowhere."""
        found: dict[str, JsonValue] = json.loads(self.settings.get("RedrivePolicy") or "{}")
        return found

    @property
    def most_receives(self) -> int:
        """How often a message is received before it is set aside."""
        return int(self.policy.get("maxReceiveCount", MOST_BYTES))

    def counted(self, now: datetime, arn: str) -> dict[str, str]:
        """Return what the service counts itself."""
        self.forget_the_old(now)
        seen = sum(one.visible_at <= now for one in self.messages.values())
        delayed = sum(one.visible_at > now and not one.count for one in self.messages.values())
        return {
            "ApproximateNumberOfMessages": str(seen),
            "ApproximateNumberOfMessagesNotVisible": str(len(self.messages) - seen - delayed),
            "ApproximateNumberOfMessagesDelayed": str(delayed),
            "CreatedTimestamp": str(int(self.created.timestamp())),
            "LastModifiedTimestamp": str(int(self.modified.timestamp())),
            "QueueArn": arn,
        }

    def _of(self, handle: str) -> str:
        if handle not in self._handles:
            raise Fault("ReceiptHandleIsInvalid", "The input receipt handle is invalid.")
        return self._handles[handle]


def md5_of(text: str) -> str:
    """Return the MD5 of a text in UTF-8, in hexadecimal digits: SQS's check of what arrived, nothing secret hangs on it."""
    return hashlib.md5(text.encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest()
