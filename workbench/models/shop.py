"""The shop: one online shop joined to the platform that it is synced with: address, key, fields of its own, domains."""

from __future__ import annotations

from typing import Annotated

from pydantic import AwareDatetime, Field

from .base import Noun, Problem, SecretRef
from .request import Outcome, ReplyView, RequestView
from .sms_account import CallbackToken
from .sync_platform import ShopField

SHOPS = "shops"
"""The catalogue's folder of shops."""


class ShopSettings(Noun):
    """What the form holds. May be incomplete: ``engine.shop_checks`` gives the verdict.

    ``paths`` are the calls' paths that a person changed, by the call's key. ``domains`` are the hosts whose product addresses the platform
    takes. ``site`` is the shop's own address (https), ``script_id`` what the platform's page script is called with. ``calls_per_min`` 0 is
    the platform's own. ``lower_local`` also lower-cases what stands before an e-mail address's ``@``. With ``newsletter_consent`` the
    platform's calls when somebody subscribes or unsubscribes change the consent to e-mail that is kept here.
    """

    name: str = ""
    platform: str = "connectif"
    base_url: str = ""
    api_key: SecretRef | None = None
    paths: dict[str, str] = Field(default_factory=dict)
    domains: tuple[str, ...] = ()
    fields: tuple[ShopField, ...] = ()
    site: str = ""
    script_id: str = ""
    vapid_public_key: str = ""
    worker_url: str = ""
    calls_per_min: Annotated[int, Field(ge=0, le=100_000)] = 0
    lower_local: bool = False
    newsletter_consent: bool = False
    local_test: bool = False
    connect_s: Annotated[float, Field(ge=1, le=60)] = 5.0
    total_s: Annotated[float, Field(ge=1, le=300)] = 30.0

    def secrets(self) -> tuple[SecretRef, ...]:
        """Return the handles of its secrets."""
        return (self.api_key,) if self.api_key else ()


class Shop(Noun):
    """A saved shop. ``tokens`` are those of its callback addresses, newest first."""

    id: str
    settings: ShopSettings
    tokens: tuple[CallbackToken, ...] = ()
    created_at: AwareDatetime
    updated_at: AwareDatetime

    @property
    def name(self) -> str:
        """Its name."""
        return self.settings.name


class ShopCheck(Noun):
    """What asking the platform found (a request that only reads), call by call; ``problems`` are what the settings alone say."""

    request: RequestView | None = None
    reply: ReplyView | None = None
    outcome: Outcome | None = None
    problems: tuple[Problem, ...] = ()


class ShopCallbacks(Noun):
    """Where the platform calls when somebody subscribes or unsubscribes. The addresses hold a secret: for operators only."""

    subscribe: str
    unsubscribe: str
    reachable: bool
    """Whether the address is one that a platform in the internet could reach."""
    old_until: AwareDatetime | None = None
    """Until when the addresses before these still work."""


class NewsletterCall(Noun):
    """One call that came in: what it says, masked. ``again`` says that the same was heard before and nothing was done a second time."""

    id: str
    shop_id: str
    what: str
    """``subscribe`` or ``unsubscribe``."""
    recipient: str = ""
    again: bool = False
    problem: Problem | None = None
    at: AwareDatetime
