"""Filled-in credentials and settings for any provider, derived from its declaration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

from workbench.engine.auth import address_field, credentials_for
from workbench.models.base import SecretRef
from workbench.models.credential import Credential
from workbench.models.integration import Settings
from workbench.models.provider import Endpoint, Provider

SECRET = "s3cret-of-the-test"
EVENT_URL = "https://events.sendpulse.com/events/id/0123456789abcdef0123456789abcdef/7043663"
"""A made-up URL of an event's tab, of the vendor's shape."""


def handle(name: str) -> str:
    """Return the handle of the secret field ``name``."""
    return "sec_" + name.replace("_", "").ljust(8, "0")


def fill(model: type[Credential], **given: str) -> tuple[Credential, dict[str, str]]:
    """Return a credential, and its secrets by handle: defaults and examples, or what is given."""
    fields: dict[str, Any] = {}
    secrets: dict[str, str] = {}
    for name, field in model.model_fields.items():
        if field.annotation is SecretRef or SecretRef in get_args(field.annotation):
            if name in given or field.is_required():
                fields[name] = SecretRef(handle=handle(name))
                secrets[handle(name)] = given.get(name, f"{SECRET}-{name}")
        elif name in given:
            fields[name] = given[name]
        elif field.is_required():
            fields[name] = (field.examples or ["example"])[0]
    return model(**fields), secrets


def fill_for(provider: Provider, endpoint: Endpoint) -> tuple[Credential, dict[str, str]]:
    """Return the first credential that the endpoint takes, filled in; a secret that is the whole address is one."""
    model = credentials_for(provider, endpoint)[0]
    name = address_field(endpoint.url, model)
    return fill(model, **({name: EVENT_URL} if name else {}))


def settings_for(
    provider: Provider, endpoint: Endpoint, campaign: str = "Spring sale", url: str = ""
) -> Settings:
    """Return settings that lead to the endpoint; a custom endpoint gets an address of its own."""
    url = url or ("" if endpoint.url else "https://api.example.com/send")
    return Settings(
        name="Test", provider=provider.key, endpoint=endpoint.key, url=url, campaign_name=campaign
    )


def values_let_in(credential: Credential, secrets: Mapping[str, str]) -> dict[str, str]:
    """Return the credential's values in plain, as a strict stand-in expects them."""
    return {
        name: secrets[value.handle] if isinstance(value, SecretRef) else str(value)
        for name in type(credential).model_fields
        if (value := getattr(credential, name)) is not None
    }
