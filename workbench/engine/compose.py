"""Compose: settings, a template and a contact become one frozen request, the same for preview, snippet and send.

What all contacts of an integration share is made once, by a ``Composer``: its address, its headers and its authorization.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import quote, urlencode, urlsplit, urlunsplit

from workbench.errors import Invalid
from workbench.models.base import JsonValue, Problem, trusted
from workbench.models.contact import Contact
from workbench.models.credential import Credential
from workbench.models.integration import Settings
from workbench.models.provider import Encoding, Endpoint, Provider
from workbench.models.request import Headers, Request, header
from workbench.sentence import say

from .auth import Authorization, Opened, opened
from .forms import multipart_boundary, multipart_encoded, nested_encoded
from .template import Template
from .xml_values import xml_written

CAMPAIGN = "${dyCampaignName}"
CONTENT_TYPES: Mapping[Encoding, str] = {
    "json": "application/json",
    "form": "application/x-www-form-urlencoded",
    "xml": "text/xml",
    "multipart": "multipart/form-data",
    "nested_form": "application/x-www-form-urlencoded",
}


def values_of(contact: Contact, identifier: str | None, campaign_name: str = "") -> dict[str, JsonValue]:
    """Return the values a template is filled with, by the names its slots have."""
    return values_from(contact.variables, contact.identifiers, contact.user_data, identifier, campaign_name)


def values_from(
    variables: Mapping[str, JsonValue],
    identifiers: Mapping[str, str],
    user_data: Mapping[str, Mapping[str, JsonValue]],
    identifier: str | None,
    campaign_name: str = "",
) -> dict[str, JsonValue]:
    """Return what ``values_of`` returns, from a contact's parts."""
    values: dict[str, JsonValue] = {**variables}
    for kind, value in identifiers.items():
        values.setdefault(kind, value)
    for feed, properties in user_data.items():
        for name, value in properties.items():
            values[f"User data|{feed}|{name}"] = value
    values["dyCampaignName"] = campaign_name
    if identifier is not None:
        values["User Identifier"] = identifier
    return values


def body_of(template: Template, encoding: Encoding, values: Mapping[str, JsonValue]) -> bytes:
    """Return the exact bytes of the body: compact JSON, XML, or a form (its lists by repeated keys, or nested as PHP writes them).

    Raises what ``Template.render`` raises, and Invalid where the payload cannot be XML.
    """
    if encoding == "json":
        return template.render(values)
    tree = template.tree(values)
    return xml_body(tree) if encoding == "xml" else encoded(tree, encoding)


def xml_body(tree: JsonValue) -> bytes:
    """Return a payload's tree as XML; Invalid says what XML needs."""
    try:
        return xml_written(tree)
    except ValueError:
        sentence = say(
            "The payload cannot be sent as XML. It needs one root element, names without blanks, and texts without control signs."
        )
        raise Invalid([Problem(field="payload", sentence=sentence)]) from None


def encoded(tree: JsonValue, encoding: Encoding) -> bytes:
    """Return a body's tree as bytes; XML wants one root, with ``@attribute`` and ``#text``. Raises ValueError where it cannot be XML."""
    if encoding == "form":
        return form_encoded(tree)
    if encoding == "xml":
        return xml_written(tree)
    if encoding == "multipart":
        return multipart_encoded(tree)
    if encoding == "nested_form":
        return nested_encoded(tree)
    return json.dumps(tree, ensure_ascii=False, separators=(",", ":")).encode()


def content_type_of(encoding: Encoding, body: bytes) -> str:
    """Return the Content-Type of a body: that of a multipart form names the boundary with which the body begins."""
    kind = CONTENT_TYPES[encoding]
    return f"{kind}; boundary={multipart_boundary(body)}" if encoding == "multipart" else kind


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
    return address_of(settings.url or endpoint.url, values, settings.campaign_name)


def address_of(url: str, values: Mapping[str, str], campaign_name: str = "") -> str:
    """Return a URL with its fields in braces filled and percent-encoded, as it goes out; a field that is all of it as it is."""
    if url.startswith("{") and url[1:-1] in values:
        url = values[url[1:-1]]
    for name, value in values.items():
        url = url.replace("{" + name + "}", quote(value, safe=""))
    url = url.replace(CAMPAIGN, quote(campaign_name, safe=""))
    scheme, netloc, path, query, fragment = urlsplit(url)
    safe = "/%:@!$&'()*+,;=~-._?"
    return urlunsplit((scheme, netloc, quote(path, safe=safe), quote(query, safe=safe + "?"), fragment))


def effective_headers(settings: Settings, endpoint: Endpoint, secrets: Opened) -> Headers:
    """Return the headers of steps 1 and the endpoint: a header parameter replaces an equal one of ours (any case)."""
    own = tuple((item.name, opened(item.value, secrets)) for item in settings.headers)
    ours: Headers = (("Content-Type", CONTENT_TYPES[endpoint.encoding]), *endpoint.headers)
    return tuple((name, value) for name, value in ours if header(own, name) is None) + own


class Composer:
    """Makes the requests of one integration, one for each contact.

    With real secrets they are sent; with masks or placeholders the same code shows them. ``url`` is where all of them go.
    """

    def __init__(
        self,
        settings: Settings,
        provider: Provider,
        credential: Credential,
        template: Template,
        secrets: Opened,
    ) -> None:
        endpoint = provider.endpoint(settings.endpoint)
        self._authorization = Authorization(credential, secrets)
        self.url = url_of(settings, endpoint, self._authorization.values)
        self._headers = effective_headers(settings, endpoint, secrets)
        self._key_header = settings.idempotency_header or endpoint.idempotency_header
        self._method, self._encoding = endpoint.method, endpoint.encoding
        self._provider = provider.key
        self._template = template

    def request(
        self, values: Mapping[str, JsonValue], *, token: str | None, now: datetime, key: str | None = None
    ) -> Request:
        """Return the one frozen request for a contact's values (see ``values_of``).

        ``key`` is the id under which it is attempted, each time it is: it goes into the header in which the endpoint takes such an id.
        """
        headers = self._headers
        body = body_of(self._template, self._encoding, values)
        if self._encoding == "multipart":
            headers = _bounded(headers, content_type_of("multipart", body))
        if key and self._key_header:
            headers += ((self._key_header, key),)
        request = trusted(
            Request,
            {
                "method": self._method,
                "url": self.url,
                "headers": headers + self._authorization.headers(token),
                "body": body,
                "provider": self._provider,
            },
        )
        return self._authorization.signed(request, now)


def _bounded(headers: Headers, content_type: str) -> Headers:
    """Return the headers with the Content-Type that names this body's boundary, whoever wrote the other one."""
    return tuple((name, content_type if name.lower() == "content-type" else value) for name, value in headers)


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
    key: str | None = None,
) -> Request:
    """Return the one frozen request for a contact: what a ``Composer`` of these settings makes."""
    values = values_of(contact, identifier, settings.campaign_name)
    return Composer(settings, provider, credential, template, secrets).request(
        values, token=token, now=now, key=key
    )
