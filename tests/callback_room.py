"""A workbench with accounts at SMS providers, whose calls come in as the providers make them: for the receiver and its pages."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tests.providers.filled import fill
from workbench import Workbench
from workbench.adapters.clock import new_id
from workbench.adapters.deliveries import Deliveries
from workbench.engine.sms import values_of_account
from workbench.models.base import SecretRef
from workbench.models.callback import (
    Acknowledgement,
    Callback,
    CallbackRoute,
    DeliveryReport,
    InboundMessage,
)
from workbench.models.message import Delivery
from workbench.models.provider import Provider
from workbench.models.sms_account import SMS_ACCOUNTS, CallbackToken, Sender, SmsAccount, SmsSettings
from workbench.models.sms_dialect import SmsDialect
from workbench.providers import every, provider
from workbench.services.callback_effects import new_delivery
from workbench.services.callback_receiving import CallbackReceiving

PUBLIC = "https://hub.shop.example"
NUMBER = "+46701234567"
OURS = "+15557122661"
KEYS = [key for key, one in every().items() if one.sms is not None]
"""Every provider that sends texts."""


@dataclass(frozen=True)
class Room:
    """One account and how its provider calls."""

    bench: Workbench
    account: SmsAccount
    token: str
    values: dict[str, str]

    @property
    def receiving(self) -> CallbackReceiving:
        return self.bench.callback_receiving

    @property
    def deliveries(self) -> Deliveries:
        return self.receiving.deliveries

    @property
    def provider(self) -> Provider:
        return provider(self.account.settings.provider)

    @property
    def dialect(self) -> SmsDialect:
        assert self.provider.sms is not None
        return self.provider.sms

    def url(self, route: CallbackRoute = "delivery") -> str:
        return f"{self.receiving.public_at}/sms/{self.token}/{route}"

    def reports(self, *reports: DeliveryReport) -> Callback:
        """Return the provider's call with these reports."""
        now = self.bench.house.clock.now()
        return self.dialect.write_reports(reports, self.url(), self.values, now)

    def inbound(self, *messages: InboundMessage) -> Callback:
        """Return the provider's call with these texts."""
        now = self.bench.house.clock.now()
        return self.dialect.write_inbound(messages, self.url("inbound"), self.values, now)

    async def call(self, callback: Callback, **other: Any) -> Acknowledgement:
        """Take a call as the server does, and wait until it is worked on."""
        made = callback.model_copy(update=other)
        path = made.url.removeprefix(self.receiving.public_at)
        route: CallbackRoute = "inbound" if path.partition("?")[0].endswith("/inbound") else "delivery"
        token = path.split("/")[2]
        refused = await self.receiving.admits(token, route, made.method)
        if refused is not None:
            return refused
        answered = await self.receiving.taken(token, route, made.method, path, made.headers, made.body)
        await self.receiving.settled()
        return answered

    async def sent(self, number: str = NUMBER, **fields: Any) -> Delivery:
        """Keep a delivery as a send does."""
        now = self.bench.house.clock.now()
        given = {
            "id": new_id("dlv"), "message_id": new_id("msg"), "account_id": self.account.id, "provider": self.provider.key,
            "sender": OURS, "to": "+46***67 #abc", "mode": "rehearsal", "state": "accepted", "sent_at": now, "changed_at": now,
        }  # fmt: skip
        made = Delivery(**{**given, **fields})
        await self.deliveries.add([await new_delivery(self.bench.house, made, number)])
        return made


async def room(
    bench: Workbench,
    key: str,
    *,
    topic: str = "",
    name: str = "",
    senders: Sequence[str] = (OURS,),
    **given: str,
) -> Room:
    """Return a saved account at a provider, with secrets of the test in the vault and a callback address."""
    house, found = bench.house, provider(key)
    model = found.credentials[0]
    credential, secrets = fill(model, **given)
    kept: dict[str, Any] = {}
    for field in model.model_fields:
        value = getattr(credential, field)
        if isinstance(value, SecretRef):
            value = house.vault.seal_text(secrets[value.handle]).model_dump(mode="json")
        kept[field] = value
    now = house.clock.now()
    settings = SmsSettings(
        name=name or found.name, provider=key, credential_kind=model.kind, credential=kept, topic=topic,
        senders=tuple(Sender(id=f"snd_{at}", value=value, name=value) for at, value in enumerate(senders)),
    )  # fmt: skip
    token = f"token-of-{key}-{new_id('t')}"
    address = CallbackToken(
        digest=hashlib.sha256(token.encode()).hexdigest(), ref=house.vault.seal_text(token), made_at=now
    )
    account = SmsAccount(
        id=new_id("sms"), settings=settings, tokens=(address,), created_at=now, updated_at=now
    )
    house.catalogue.update(SMS_ACCOUNTS, account.id, lambda _: account.model_dump(mode="json"))
    _, typed, opened = await bench.sms_accounts.opened(account)
    return Room(bench, account, token, values_of_account(settings, typed, opened))


def report(
    state: str = "delivered", provider_id: str = "SM00000000000000000000000000000001", **fields: Any
) -> DeliveryReport:
    """Return a report as a stand-in has it written."""
    given = {"provider_id": provider_id, "state": state, "to": NUMBER, "sender": OURS}
    return DeliveryReport.model_validate({**given, **fields})


def text(
    body: str = "Hello", provider_id: str = "SM00000000000000000000000000000009", **fields: Any
) -> InboundMessage:
    """Return a text that somebody sent to us."""
    given = {"provider_id": provider_id, "sender": NUMBER, "to": OURS, "body": body}
    return InboundMessage.model_validate({**given, **fields})
