"""The integration: one channel joined to one endpoint, with its headers, identifier and credential."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from .base import JsonValue, Noun, SecretRef, is_ref
from .provider import Channel
from .request import Mode, OutcomeKind

IdentifierKind = Literal["email", "phone", "email_sha256", "custom"]
Stage = Literal["configure", "authenticate", "test", "save"]
STAGES: tuple[Stage, ...] = ("configure", "authenticate", "test", "save")


class Header(Noun):
    """One header parameter; a locked value is a secret's handle."""

    name: str
    value: str | SecretRef = ""

    @property
    def locked(self) -> bool:
        """Whether the value is kept in the vault."""
        return isinstance(self.value, SecretRef)


class IdentifierType(Noun):
    """What names a contact to the provider; it fills ``${User Identifier}``. ``name`` is the type's own name when custom."""

    kind: IdentifierKind = "email"
    name: str = ""

    @property
    def key(self) -> str:
        """The key under which a contact holds it."""
        return self.name if self.kind == "custom" else self.kind


class Tested(Noun):
    """The last test: when, in which mode, how it ended, the fingerprint of what was tested, and its journal entry."""

    at: datetime
    mode: Mode
    outcome: OutcomeKind
    fingerprint: str
    entry_id: str


class Settings(Noun):
    """What the wizard's form holds. May be incomplete: ``engine.checks`` gives the verdict, stage by stage.

    ``credential`` holds the fields of the provider's credential model of ``credential_kind``; secrets in it are handles.
    ``connect_s`` and ``total_s`` are the time limits of a call in seconds. ``idempotency_header`` names the header in which an endpoint
    takes an id and takes each id only once.
    """

    name: str = ""
    channel: Channel = "email"
    provider: str = "custom"
    endpoint: str = ""
    url: str = ""
    headers: tuple[Header, ...] = ()
    identifier: IdentifierType = IdentifierType()
    credential_kind: str = "none"
    credential: dict[str, JsonValue] = Field(default_factory=dict)
    payload: str = ""
    campaign_name: str = ""
    idempotency_header: str = ""
    local_test: bool = False
    allow_several: bool = False
    connect_s: Annotated[float, Field(ge=1, le=60)] = 5.0
    total_s: Annotated[float, Field(ge=1, le=60)] = 10.0

    def secrets(self) -> tuple[SecretRef, ...]:
        """Return every secret's handle in these settings, in the order of the form."""
        found = [header.value for header in self.headers if isinstance(header.value, SecretRef)]
        found += _refs(self.credential)
        return tuple(found)


class Draft(Noun):
    """Settings on their way: kept at every change, so that a closed browser loses nothing.

    ``integration_id`` is set when an existing integration is edited, ``seen`` says as of when: it is not saved over a later change.
    """

    id: str
    settings: Settings = Settings()
    stage: Stage = "configure"
    integration_id: str | None = None
    seen: datetime | None = None
    tested: Tested | None = None
    updated_at: datetime


class Integration(Noun):
    """A saved integration. ``settings`` have passed every check; ``tested.fingerprint`` tells whether they changed since."""

    id: str
    settings: Settings
    fingerprint: str
    tested: Tested | None = None
    created_at: datetime
    updated_at: datetime

    @property
    def name(self) -> str:
        """Its name, as campaigns and reports show it."""
        return self.settings.name


class Listed(Noun):
    """An integration with what the catalogue page says of it; ``unit`` is empty where it belongs to nobody in particular."""

    integration: Integration
    badge: Literal["tested", "unconfirmed", "failed", "untested", "changed"]
    missing_secrets: tuple[str, ...] = ()
    unit: str = ""


def _refs(value: JsonValue) -> list[SecretRef]:
    """Return the handles inside a plain document, in order."""
    if isinstance(value, SecretRef):
        return [value]
    if is_ref(value):
        return [SecretRef.model_validate(value)]
    if isinstance(value, dict):
        return [ref for item in value.values() for ref in _refs(item)]
    if isinstance(value, (list, tuple)):
        return [ref for item in value for ref in _refs(item)]
    return []
