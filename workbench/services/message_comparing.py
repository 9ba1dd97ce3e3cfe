"""MESSAGE COMPARING: one text as each SMS provider would get it, by an account of yours where there is one, else by an example."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, get_args

from pydantic import ValidationError

from workbench.engine.message_checks import Filled, length_problems
from workbench.engine.message_cost import price_of, seconds_for
from workbench.engine.redact import mask_identifier
from workbench.engine.segments import meter, segments
from workbench.engine.senders import TYPE_NAMES, check_route, rate_of
from workbench.errors import Invalid, MissingSecret, Refused
from workbench.models.base import Problem, SecretRef
from workbench.models.credential import Credential
from workbench.models.message import SenderType
from workbench.models.message_draft import Compared, PriceTable
from workbench.models.provider import Provider
from workbench.models.sms_account import Sender, SmsAccount, SmsSettings
from workbench.providers import every
from workbench.sentence import Sentence, say

from .dispatch import PENDING_TOKEN
from .house import House
from .message_fit import EXAMPLE_NUMBER
from .message_line import MessageLine
from .message_plan import Plan

if TYPE_CHECKING:
    from .sms_accounts import SmsAccounts

EXAMPLE_SENDERS: Final[dict[SenderType, str]] = {
    "long_code": "+46701740699",
    "mobile": "+46701740699",
    "toll_free": "+18335550100",
    "short_code": "72345",
    "alphanumeric": "Example",
}
"""Senders to show a request with: numbers that are kept free for fiction."""
EXAMPLE_SECRET: Final = "ZXhhbXBsZS1zZWNyZXQtdGhhdC1uZXZlci1sZWF2ZXM="  # noqa: S105 - says so itself, in base64
EXAMPLE_REPORTS: Final = "https://workbench.example.com/sms/your-callback-token/delivery"


async def compared(house: House, accounts: SmsAccounts, plan: Plan, prices: PriceTable) -> list[Compared]:
    """Return the plan's text by each provider, that of its own account first. Whether consent allows it makes no difference here."""
    lines = [
        await _line(house, accounts, plan, provider)
        for provider in every().values()
        if provider.sms is not None
    ]
    rows = await asyncio.to_thread(
        lambda: [_row(plan, line, own, wrong, prices) for line, own, wrong in lines]
    )
    chosen = plan.line.provider.key if plan.line is not None else ""
    return sorted(rows, key=lambda row: (row.provider != chosen, not row.own, row.name))


async def _line(
    house: House, accounts: SmsAccounts, plan: Plan, provider: Provider
) -> tuple[MessageLine, bool, list[Problem]]:
    """Return how a provider is reached, whether by an account of one's own, and what is said of that."""
    if plan.line is not None and plan.line.provider.key == provider.key:
        return plan.line, True, []
    wanted = plan.line.sender if plan.line is not None else Sender(type="long_code")
    for account in await accounts.all():
        if account.settings.provider != provider.key or not account.settings.senders:
            continue
        sender = next(
            (one for one in account.settings.senders if one.type == wanted.type), account.settings.senders[0]
        )
        try:
            _, credential, secrets = await accounts.opened(account)
        except (Refused, MissingSecret):
            continue
        line = MessageLine(house, account, sender, provider, credential, secrets, EXAMPLE_REPORTS)
        return line, True, list(_type_told(provider, wanted, sender))
    line = example_line(house, provider, wanted)
    return line, False, list(_type_told(provider, wanted, line.sender))


def example_line(house: House, provider: Provider, wanted: Sender) -> MessageLine:
    """Return a line of an account that does not exist, for showing a request of it."""
    assert provider.sms is not None
    types = provider.sms.sender_types
    type_ = wanted.type if wanted.type in types else types[0]
    sender = (
        wanted if wanted.value and wanted.type == type_ else Sender(type=type_, value=EXAMPLE_SENDERS[type_])
    )
    credential, secrets = example_credential(provider.credentials[0])
    settings = SmsSettings(
        name=provider.name, provider=provider.key, url=_example_url(provider), senders=(sender,)
    )
    now = house.clock.now()
    account = SmsAccount(id="sms_example", settings=settings, created_at=now, updated_at=now)
    return MessageLine(house, account, sender, provider, credential, secrets, EXAMPLE_REPORTS)


def example_credential(model: type[Credential]) -> tuple[Credential, dict[str, str]]:
    """Return a credential made of the examples that its form shows, and its made-up secrets by handle."""
    values: dict[str, Any] = {}
    secrets: dict[str, str] = {}
    for at, (name, field) in enumerate(model.model_fields.items()):
        example = (field.examples or [""])[0]
        if SecretRef in (field.annotation, *get_args(field.annotation)):
            if field.is_required():
                ref = SecretRef(handle=f"sec_example{at:02}")
                values[name], secrets[ref.handle] = ref, str(example or EXAMPLE_SECRET)
        elif field.is_required():
            values[name] = example or "example"
    try:
        return model.model_validate(values), secrets
    except ValidationError:  # an example that does not pass its own form still shows what goes where
        return model.model_construct(**values), secrets


def _example_url(provider: Provider) -> str:
    """Return an address for a provider that has none of its own: a custom channel."""
    return "" if provider.endpoint().url else "https://channel.example.com/outbound"


def _type_told(provider: Provider, wanted: Sender, sender: Sender) -> Iterator[Problem]:
    if sender.type != wanted.type:
        yield Problem(
            field="sender",
            level="warning",
            sentence=say(
                "Shown with another kind of sender: {shown} instead of {wanted}.",
                shown=Sentence(TYPE_NAMES[sender.type]),
                wanted=Sentence(TYPE_NAMES[wanted.type]),
            ),
        )


def _row(plan: Plan, line: MessageLine, own: bool, wrong: Sequence[Problem], prices: PriceTable) -> Compared:
    provider, sender = line.provider, line.sender
    aims = [aim for aim in plan.aims if aim.number]
    pairs = [(aim.number, aim.text or plan.text.text) for aim in aims] or [(EXAMPLE_NUMBER, plan.text.fixed)]
    by_text: dict[str, list[str]] = {}
    for number, text in pairs:
        by_text.setdefault(text, []).append(number)
    requests = sum(-(-len(numbers) // line.dialect.most_recipients) for numbers in by_text.values())
    costs = [price_of(prices, aim.checked.region, provider.key) for aim in aims]
    known = [
        price * segments(text) for price, (_, text) in zip(costs, pairs, strict=False) if price is not None
    ]
    text, numbers = next(iter(by_text.items()))
    routes = {aim.checked.region for aim in aims}
    problems = [
        *wrong,
        *(
            one
            for region in sorted(routes)
            if (one := check_route(provider, sender, region, plan.routes)) is not None
        ),
    ]
    problems += length_problems([Filled(at, one) for at, one in enumerate(by_text, 1)], provider)
    request = None
    try:
        message = line.message(
            "msg_example", numbers[: line.dialect.most_recipients], text, plan.draft, plan.designation
        )
        request = line.view(message, PENDING_TOKEN)
    except Invalid as error:
        problems += error.problems
    return Compared(
        provider=provider.key, name=provider.name, own=own, account=line.account.name if own else "", sender=sender.value,
        sender_type=sender.type, to=mask_identifier(line.spelled(numbers[0]), line.house.home.salt), request=request,
        requests=requests, meter=meter(text), currency=prices.currency,
        amount=sum(known, Decimal(0)) if aims and len(known) == len(aims) else None,
        seconds=seconds_for(len(pairs), rate_of(provider, sender.type)), loses=tuple(map(Sentence, line.dialect.loses)),
        problems=tuple(problems),
    )  # fmt: skip
