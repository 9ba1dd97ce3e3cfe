"""Sends texts to the stand-ins as the workbench does, and calls their other routes, for tests: by each provider's own declaration."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.providers.filled import fill, values_let_in
from workbench.adapters.clock import Clock, VirtualClock
from workbench.adapters.wire import Wire
from workbench.engine.auth import authorize
from workbench.engine.sms import callback_of, message_request, read_sent, read_status, reading_request
from workbench.models.callback import Callback, DeliveryReport
from workbench.models.message import Message, Taken
from workbench.models.provider import Provider
from workbench.models.request import Outcome, Reply, Request
from workbench.models.sms_account import SmsSettings
from workbench.providers import every
from workbench.sandbox.app import Sandbox
from workbench.sandbox.sms.stand_in import SmsStandIn

KEY = base64.b64encode(b"0123456789abcdef0123456789abcdef").decode()
GIVEN: Mapping[str, Mapping[str, str]] = {
    "azure_communication_services": {
        "primary_connection_string": f"endpoint=https://contoso.communication.azure.com/;accesskey={KEY}",
        "endpoint": "contoso.communication.azure.com",
    },
    "telesign": {"customer_id": "FFFFFFFF-EEEE-DDDD-1234-AB1234567890", "api_key": KEY},
    "twilio": {"account_sid": "AC" + "0" * 31 + "1", "auth_token": "f" * 32},
}
"""Credentials of the right shape, where a made-up text is none."""
TEXTING = tuple(key for key, provider in every().items() if provider.sms is not None)
OWN_ENDPOINT = "https://crm.example.com/api/send"
"""Where a custom channel's account has its messages sent."""
SENDER = "+15557122661"
GOOD = "+15558675310"
DELIVERY = "http://127.0.0.1:9/sms/tok3n-of-the-test/delivery"
INBOUND = "http://127.0.0.1:9/sms/tok3n-of-the-test/inbound"


def sender_of(key: str) -> str:
    """Return a sender that the provider takes."""
    return "98765" if key == "vibes" else SENDER


@dataclass
class Texter:
    """An account at one provider's stand-in, in process."""

    key: str
    clock: Clock = field(default_factory=lambda: VirtualClock(datetime(2026, 11, 22, 9, tzinfo=UTC)))
    kind: int = 0
    strict: bool = True
    pace_s: float = 1.0

    def __post_init__(self) -> None:
        self.provider: Provider = every()[self.key]
        self.credential, self.secrets = fill(self.provider.credentials[self.kind], **GIVEN.get(self.key, {}))
        self.values = values_let_in(self.credential, self.secrets)
        self.settings = SmsSettings(
            provider=self.key, url="" if self.provider.endpoint().url else OWN_ENDPOINT
        )
        expected = {self.key: self.values} if self.strict else None
        self.sandbox = Sandbox(expected=expected, clock=self.clock, pace_s=self.pace_s)
        self.wire = Wire.rehearsal(self.sandbox.route)

    @property
    def stand_in(self) -> SmsStandIn:
        return self.sandbox.sms[self.key]

    async def send(
        self, *to: str, body: str = "Hello", report_url: str = "", **more: Any
    ) -> tuple[Outcome, tuple[Taken, ...]]:
        """Send a text and return what the workbench reads of the answer."""
        message = Message(
            id="msg_1", sender=sender_of(self.key), to=to or (GOOD,), body=body, report_url=report_url,
            now=self.clock.now(), **more,
        )  # fmt: skip
        request = message_request(self.settings, self.provider, self.credential, self.secrets, message)
        return read_sent(self.provider, message, await self.wire.send(request), self.clock.now())

    async def status(self, message_id: str) -> tuple[DeliveryReport, ...]:
        """Return what the provider's status call tells of a message."""
        assert self.provider.sms is not None
        now = self.clock.now()
        request = reading_request(
            self.provider.sms.status, self.provider, self.credential, self.secrets, now, names={"message_id": message_id}
        )  # fmt: skip
        answer = await self.wire.send(request)
        assert isinstance(answer, Reply), answer
        return read_status(self.provider, answer) if answer.status < 300 else ()

    async def call(self, method: str, url: str, body: bytes = b"", content_type: str = "") -> Reply:
        """Call one of the other routes, with a key that is let in."""
        headers = (("Content-Type", content_type),) if content_type else ()
        request = Request(method=method, url=url, headers=headers, body=body, provider=self.key)
        signed = authorize(request, self.credential, self.secrets, token=None, now=self.clock.now())
        answer = await self.wire.send(signed)
        assert isinstance(answer, Reply), answer
        return answer


class Postbox:
    """Takes a stand-in's calls in process: ``answers`` are the statuses that it gives one after the other, then 200."""

    def __init__(self, *answers: int) -> None:
        self.answers = list(answers)
        self.calls: list[Callback] = []
        self._news = asyncio.Event()

    async def reach(self, count: int) -> None:
        """Return when so many calls have come."""
        while len(self.calls) < count:
            self._news.clear()
            await self._news.wait()

    async def deliver(self, callback: Callback) -> int:
        # read again from its bytes, as a receiver has them
        self.calls.append(
            callback_of(callback.method, callback.url, callback.headers, callback.body, callback.at)
        )
        self._news.set()
        return self.answers.pop(0) if self.answers else 200
