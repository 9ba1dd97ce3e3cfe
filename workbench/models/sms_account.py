"""An account at an SMS provider, as it is set up here: credential, senders, callback addresses; and the keywords of journeys."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from .base import JsonValue, Noun, Problem, SecretRef
from .message import SenderType
from .sms_dialect import CallbackSetup

SMS_ACCOUNTS = "sms_accounts"
"""The catalogue's folder of accounts."""
SMS_DRAFTS = "sms_drafts"
KEYWORDS = "sms_keywords"
SMS_ROUTES = "sms_routes"
"""The catalogue's folder of the lines of one's own in the matrix of what reaches where: a file that can be edited by hand too."""

AccountStep = Literal["provider", "credentials", "senders", "review", "callbacks"]
ACCOUNT_STEPS: tuple[AccountStep, ...] = ("provider", "credentials", "senders", "review", "callbacks")


class Sender(Noun):
    """A number, short code or alphanumeric id that texts come from. ``value`` is normalised: E.164, short code without ``+``, or the id.

    An empty ``business_unit`` is the account's own. ``region`` is the country of a short code (ISO 3166), where it is known.
    """

    id: str = ""
    value: str = ""
    name: str = ""
    """Friendly name."""
    business_unit: str = ""
    type: SenderType = "long_code"
    region: str = ""


class SmsSettings(Noun):
    """What the wizard's form holds. May be incomplete: ``engine.sms_checks`` gives the verdict, step by step.

    ``business_unit`` is a path, ``Europe/Sweden``; empty is the whole company. ``consent_at_provider`` is ticked when STOP is set up with
    the provider itself. ``topic`` is the Event Grid topic that events must come from, where it is known.
    """

    name: str = ""
    description: str = ""
    business_unit: str = ""
    provider: str = ""
    credential_kind: str = ""
    credential: dict[str, JsonValue] = Field(default_factory=dict)
    url: str = ""
    """The custom channel's outbound endpoint; empty for the others, whose declaration has it."""
    senders: tuple[Sender, ...] = ()
    consent_at_provider: bool = False
    topic: str = ""


class SmsDraft(Noun):
    """Settings on their way, kept at every change. ``account_id`` is set when an account is edited, ``seen`` says as of when."""

    id: str
    settings: SmsSettings = SmsSettings()
    step: AccountStep = "provider"
    account_id: str | None = None
    seen: datetime | None = None
    updated_at: datetime


class CallbackToken(Noun):
    """The unguessable part of an account's callback addresses. ``until`` is set when it was replaced: it works so long yet."""

    digest: str
    """SHA-256 of it, in hex: what a call is compared with."""
    ref: SecretRef
    made_at: datetime
    until: datetime | None = None


class SmsAccount(Noun):
    """A saved account. ``tokens`` are newest first. ``read_only`` is set for a provider that this workbench does not know."""

    id: str
    settings: SmsSettings
    tokens: tuple[CallbackToken, ...] = ()
    read_only: bool = False
    created_at: datetime
    updated_at: datetime

    @property
    def name(self) -> str:
        """Its name."""
        return self.settings.name


class CallbackAddresses(Noun):
    """Where an account's provider calls, and how that is set up there. The addresses hold a secret: for operators only."""

    delivery: str
    inbound: str
    reachable: bool
    """Whether the address is one that a provider in the internet could reach."""
    setup: CallbackSetup
    letter: str = ""
    """The letter to the provider's support, filled in; empty where you set it yourself."""
    old_until: datetime | None = None
    """Until when the address before this one still works."""


class ChecklistItem(Noun):
    """One thing an account needs to be ready: done or not, with what to do."""

    key: str
    title: str
    done: bool
    problem: Problem | None = None


class ListedAccount(Noun):
    """An account with what the page says of it."""

    account: SmsAccount
    ready: bool
    checklist: tuple[ChecklistItem, ...] = ()
    missing_secrets: tuple[str, ...] = ()
    sent: int = 0


class SenderUse(Noun):
    """Where a sender or keyword is used: what a delete is asked about."""

    what: str
    """integration, job, delivery, keyword."""
    id: str
    name: str
    count: int = 1


class Keyword(Noun):
    """A word that branches a journey when somebody texts it (another thing than STOP). ``uses`` are names of journeys."""

    id: str
    word: Annotated[str, Field(max_length=40)]
    description: str = ""
    uses: tuple[str, ...] = ()
    updated_at: datetime


class CredentialFacts(Noun):
    """One way to be let in, as the wizard offers it; the form itself is made of the credential model."""

    kind: str
    label: str
    about: str = ""


class ProviderFacts(Noun):
    """What the wizard says of an SMS provider. Texts are English sentences that are translated where they are shown.

    ``volume_note`` speaks of large volumes and names ``{provider}``. ``stop_notice`` says whether STOP is to be set up there, ``needs_url``
    whether the account says where messages go, ``authenticates`` whether a credential can be tried without sending.
    """

    key: str
    name: str
    about: str = ""
    notes: tuple[str, ...] = ()
    credentials: tuple[CredentialFacts, ...] = ()
    sender_types: tuple[SenderType, ...] = ()
    regions: tuple[str, ...] = ()
    setup: CallbackSetup
    stop_notice: bool = True
    needs_url: bool = False
    authenticates: bool = False
    volume_note: str = ""


class LoadedAccount(Noun):
    """What became of one account of an imported document: a draft that wants its secrets (``wanted``), or a read-only account."""

    name: str
    provider: str
    draft: SmsDraft | None = None
    account: SmsAccount | None = None
    wanted: tuple[str, ...] = ()
