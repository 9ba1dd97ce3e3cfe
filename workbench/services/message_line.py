"""MESSAGE LINE: an account and one of its senders made ready for texts: what is composed, what is shown, what is written down."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from workbench.adapters.clock import new_id
from workbench.engine.auth import token_request
from workbench.engine.callback_items import mask_number, spellings
from workbench.engine.redact import MASK, Redactor, hint_of, mask_identifier
from workbench.engine.sms import dialect, message_request
from workbench.engine.snippets import curl
from workbench.engine.strict_json import clip
from workbench.engine.token_answer import read_token
from workbench.engine.urls import host_of
from workbench.errors import Invalid, NotFound
from workbench.models.base import Problem
from workbench.models.credential import Credential, OAuth2
from workbench.models.journal import Entry
from workbench.models.message import Designation, Message
from workbench.models.message_draft import MessageDraft
from workbench.models.phone import digits, number_key
from workbench.models.provider import Provider
from workbench.models.request import Failure, Outcome, Reply, Request, RequestView
from workbench.models.sms_account import Sender, SmsAccount, SmsSettings
from workbench.models.token import TokenAnswer
from workbench.sentence import Sentence, say

from .house import House
from .line import TOKEN_ROUTE

if TYPE_CHECKING:
    from .sms_accounts import SmsAccounts

MOST_SHOWN: Final = 30
"""Characters of a text that are kept."""
_NUMBERS: Final = re.compile(r"[0-9]{4,}")


class MessageLine:
    """An account with its secrets open: never shown, never kept. ``report_url`` is where its provider is asked to report."""

    def __init__(
        self, house: House, account: SmsAccount, sender: Sender, provider: Provider, credential: Credential,
        secrets: Mapping[str, str], report_url: str,
    ) -> None:  # fmt: skip
        self.house, self.account, self.sender = house, account, sender
        self.provider, self.dialect = provider, dialect(provider)
        self.settings: SmsSettings = account.settings
        self.report_url = report_url
        self._credential, self._secrets = credential, secrets

    def __repr__(self) -> str:
        return f"<MessageLine of {self.provider.key}>"

    @classmethod
    async def open(cls, house: House, accounts: SmsAccounts, draft: MessageDraft) -> MessageLine:
        """Return the line of a draft's account and sender. Raises Invalid where the draft names none, and what the account raises."""
        account = await account_of(accounts, draft)
        sender = sender_of(account, draft)
        provider, credential, secrets = await accounts.opened(account)
        addresses = await accounts.addresses(account.id)
        # a provider in the internet that is told an address which it cannot reach refuses the text (Twilio: 21609)
        reported = addresses.delivery if addresses.reachable or house.mode == "rehearsal" else ""
        return cls(house, account, sender, provider, credential, secrets, reported)

    @property
    def host(self) -> str:
        """Where its requests go."""
        return host_of(self.request(self.message("msg_0", ["+10000000000"], ""), None).url)

    def message(
        self, id: str, to: Iterable[str], body: str, draft: MessageDraft | None = None, designation: Designation = "commercial"
    ) -> Message:  # fmt: skip
        """Return the message of a text to normal numbers. Its tag is its id: by it a report finds its delivery before the answer does."""
        draft = draft or MessageDraft()
        return Message(
            id=id, sender=self.sender.value, sender_type=self.sender.type, to=tuple(to), body=body, report_url=self.report_url, tag=id,
            designation=designation, valid_s=draft.valid_s, send_at=draft.send_at, now=self.house.clock.now(),
        )  # fmt: skip

    def request(self, message: Message, token: str | None) -> Request:
        """Return the frozen request with real secrets: for the wire, and for redacted views of it. Invalid where it cannot be written."""
        try:
            return message_request(
                self.settings, self.provider, self._credential, self._secrets, message, token=token
            )
        except ValueError as error:
            raise Invalid([Problem(field="text", sentence=_unwritable(self.provider))]) from error

    async def token(self, refused: str | None = None) -> str | None:
        """Return the token to send with; None where none is needed. ``refused`` is forgotten first."""
        if not isinstance(self._credential, OAuth2):
            return None
        key = f"sms {self.account.id} {self.account.updated_at.isoformat()}"
        if refused is not None:
            self.house.tokens.forget(key, refused)
        request = token_request(self._credential, self._secrets, TOKEN_ROUTE)
        return await self.house.tokens.token(key, request, self._read_token)

    def redactor(self, token: str | None, message: Message | None = None, shown: str = "") -> Redactor:
        """Return what masks the secrets, the callback address's own, and of a message its numbers and its text (by ``shown``)."""
        masks = {secret: hint_of(secret) for secret in self._secrets.values()}
        masks |= dict.fromkeys(_address_secrets(self.report_url), MASK)
        if token:
            masks[token] = hint_of(token)
        people = {message.body: shown} if message is not None and shown else {}
        for number in message.to if message is not None else ():
            people |= spellings(number, self.house.home.salt)
        return Redactor(masks, people)

    def view(self, message: Message, token: str | None) -> RequestView:
        """Return a message's request as it may be shown: secrets and numbers masked, each number in the provider's own spelling."""
        request = self.request(message, token)
        shown = {
            spelled: mask_identifier(spelled, self.house.home.salt)
            for spelled in map(self.spelled, message.to)
        }
        return self.redactor(token).naming(shown).request(request)

    def snippet(self, message: Message, token: str | None) -> str:
        """Return a message's request as cURL: variables in place of secrets, of the callback address's own, and of the numbers."""
        placeholders = {secret: f"$SECRET_{index}" for index, secret in enumerate(self._secrets.values(), 1)}
        placeholders |= dict.fromkeys(_address_secrets(self.report_url), "$CALLBACK_SECRET")
        placeholders |= {
            self.spelled(number): f"$NUMBER_{index}" for index, number in enumerate(message.to, 1)
        }
        if token is not None:
            placeholders[token] = "$ACCESS_TOKEN"
        return curl(Redactor(placeholders).blank(self.request(message, token)), placeholders.values())

    def spelled(self, number: str) -> str:
        """Return a normal number as the provider wants it."""
        return digits(number) if self.dialect.spelling == "digits" else number

    def entry(
        self, message: Message, shown: str, outcome: Outcome, *,
        answer: Reply | Failure | None = None, token: str | None = None, sent: bool = True,
    ) -> Entry:  # fmt: skip
        """Return the journal's entry of a text, with secrets and numbers masked. ``shown`` stands in it for the text; it may take a while.

        ``sent`` False: no request was made of it.
        """
        redactor = self.redactor(token, message, shown)
        request = None
        if sent:
            # composed anew with what may be kept: the other way, masking a long text in each of its spellings, takes a hundred times longer
            kept = message.model_copy(update={"body": shown})
            request = self.redactor(token, kept).request(self.request(kept, token))
        more = f" (+{len(message.to) - 1})" if len(message.to) > 1 else ""
        return Entry(
            id=new_id("ent"), at=self.house.clock.now(), kind="send", mode=self.house.mode, who=self.house.person.name,
            integration_id=self.account.id, integration_name=self.account.name or None, provider=self.provider.key,
            recipient=self.masked(message.to[0]) + more, request=request,
            reply=redactor.reply(answer) if isinstance(answer, Reply) else None, outcome=redactor.outcome(outcome), detail=message.id,
        )  # fmt: skip

    def masked(self, number: str) -> str:
        """Return what is shown of a number."""
        return mask_number(number, self.house.home.salt)

    def _read_token(self, answer: Reply | Failure) -> TokenAnswer:
        assert isinstance(self._credential, OAuth2)
        return read_token(self._credential, answer)


async def account_of(accounts: SmsAccounts, draft: MessageDraft) -> SmsAccount:
    """Return the account that a draft names. Raises Invalid."""
    if not draft.account:
        raise Invalid(
            [Problem(field="account", sentence=say("Choose the account that the text is sent through."))]
        )
    try:
        return await accounts.get(draft.account)
    except NotFound as error:
        raise Invalid([Problem(field="account", sentence=error.sentence)]) from error


def sender_of(account: SmsAccount, draft: MessageDraft) -> Sender:
    """Return the sender that a draft names by id, value or name, else the account's first. Raises Invalid."""
    wanted = draft.sender.strip()
    for sender in account.settings.senders:
        if (
            not wanted
            or wanted == sender.id
            or number_key(wanted) == number_key(sender.value)
            or wanted == sender.name
        ):
            return sender
    sentence = (
        say("The account “{account}” has no sender “{sender}”. Choose one of its senders.", account=account.name, sender=wanted[:40])
        if account.settings.senders
        else say("The account “{account}” has no sender yet. Add one to it.", account=account.name)
    )  # fmt: skip
    raise Invalid([Problem(field="sender", sentence=sentence)])


def _address_secrets(url: str) -> list[str]:
    """Return the unguessable part of a callback address."""
    return [part for part in urlsplit(url).path.split("/") if len(part) >= 16]


def shown_text(template: str) -> str:
    """Return what is kept of a text, so that it is known again: half of it at most, its slots unfilled, codes and numbers masked."""
    plain = " ".join(template.split())
    return _NUMBERS.sub(MASK, clip(plain, min(MOST_SHOWN, len(plain) // 2 + 1)))


def _unwritable(provider: Provider) -> Sentence:
    return say(
        "The text holds a character that {provider} cannot be sent, such as a control character. Delete it.",
        provider=provider.name,
    )
