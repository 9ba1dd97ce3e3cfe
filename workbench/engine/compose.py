"""Compose: settings, a template and a contact become one frozen request, the same for preview, snippet and send."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import quote, urlencode, urlsplit, urlunsplit

from workbench.models.base import JsonValue
from workbench.models.contact import Contact
from workbench.models.credential import Credential
from workbench.models.integration import Settings
from workbench.models.provider import Encoding, Endpoint, Provider
from workbench.models.request import Headers, Request, header

from .auth import Opened, authorize, credential_values, opened
from .template import Template

CAMPAIGN = "${dyCampaignName}"
CONTENT_TYPES: Mapping[Encoding, str] = {
    "json": "application/json",
    "form": "application/x-www-form-urlencoded",
}


def values_of(contact: Contact, identifier: str | None, campaign_name: str = "") -> dict[str, JsonValue]:
    """Return the values a template is filled with, by the names its slots have."""
    values: dict[str, JsonValue] = dict(contact.variables)
    values.update({kind: value for kind, value in contact.identifiers.items() if kind not in values})
    for feed, properties in contact.user_data.items():
        for name, value in properties.items():
            values[f"User data|{feed}|{name}"] = value
    values["dyCampaignName"] = campaign_name
    if identifier is not None:
        values["User Identifier"] = identifier
    return values


def body_of(template: Template, encoding: Encoding, values: Mapping[str, JsonValue]) -> bytes:
    """Return the exact bytes of the body: compact JSON, or a form whose lists become repeated keys."""
    return form_encoded(template.tree(values)) if encoding == "form" else template.render(values)


def form_encoded(tree: JsonValue) -> bytes:
    """Return an object as ``application/x-www-form-urlencoded``: lists repeat the key, true and false are words, null is left out.

    Nested objects become JSON text, as Mailgun's ``recipient-variables`` wants
    (https://documentation.mailgun.com/docs/mailgun/user-manual/sending-messages/batch-sending).
    """
    pairs = [
        (name, _form_value(item))
        for name, value in tree.items()
        for item in (value if isinstance(value, list) else [value])
        if item is not None
    ]
    return urlencode(pairs).encode()


def _form_value(value: JsonValue) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def url_of(settings: Settings, endpoint: Endpoint, values: Mapping[str, str]) -> str:
    """Return the URL as it goes out: fields and campaign name percent-encoded, blanks encoded, the rest untouched."""
    url = settings.url or endpoint.url
    for name, value in values.items():
        url = url.replace("{" + name + "}", quote(value, safe=""))
    url = url.replace(CAMPAIGN, quote(settings.campaign_name, safe=""))
    scheme, netloc, path, query, fragment = urlsplit(url)
    safe = "/%:@!$&'()*+,;=~-._?"
    return urlunsplit((scheme, netloc, quote(path, safe=safe), quote(query, safe=safe + "?"), fragment))


def effective_headers(settings: Settings, endpoint: Endpoint, secrets: Opened) -> Headers:
    """Return the headers of steps 1 and the endpoint: a header parameter replaces an equal one of ours (any case)."""
    own = tuple((item.name, opened(item.value, secrets)) for item in settings.headers)
    ours: Headers = (("Content-Type", CONTENT_TYPES[endpoint.encoding]), *endpoint.headers)
    return tuple((name, value) for name, value in ours if header(own, name) is None) + own


def compose(
    settings: Settings,
    provider: Provider,
    credential: Credential,
    template: Template,
    contact: Contact,
    *,
    identifier: str | None,
    secrets: Opened,
    token: str | None,
    now: datetime,
) -> Request:
    """Return the one frozen request. With real secrets it is sent; with masks or placeholders the same code shows it."""
    endpoint = provider.endpoint(settings.endpoint)
    request = Request(
        method=endpoint.method,
        url=url_of(settings, endpoint, credential_values(credential, secrets)),
        headers=effective_headers(settings, endpoint, secrets),
        body=body_of(template, endpoint.encoding, values_of(contact, identifier, settings.campaign_name)),
        provider=provider.key,
    )
    return authorize(request, credential, secrets, token=token, now=now)
