"""Any endpoint over HTTPS: the integration of Dynamic Yield Reconnect's wizard, and what other endpoints of one's own want.

The product posts JSON without authorization, with Basic Auth or with OAuth2
(https://support.dynamicyield.com/hc/en-us/articles/14836053508765-Reconnect-Email-Integration). Forms, PUT and PATCH, and keys as a
Bearer token (https://www.rfc-editor.org/rfc/rfc6750#section-2.1), in a header or in the address are an addition of the workbench.
"""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field, StringConstraints

from workbench.models.base import SecretRef
from workbench.models.credential import AddressKey, Auth, BasicAuth, Credential, HeaderKey, NoAuth, OAuth2
from workbench.models.payload import PayloadTemplate
from workbench.models.provider import Answer, Emulation, Encoding, Endpoint, Provider, Reading
from workbench.sentence import N_


class CustomToken(Credential):
    """A token that does not run out, sent as it is; one that does is OAuth2's."""

    kind: ClassVar[str] = "bearer"
    label: ClassVar[str] = N_("Bearer token")
    about: ClassVar[str] = N_("One token that does not run out, sent as “Authorization: Bearer …”.")
    auth: ClassVar[Auth] = HeaderKey(header="Authorization", value="Bearer {token}")

    token: Annotated[
        SecretRef,
        Field(
            title=N_("Token"),
            description=N_(
                "Without the word “Bearer”. Encrypted before it is kept; it is never shown again."
            ),
        ),
    ]


class CustomHeaderKey(Credential):
    """A key in a header whose name is the provider's own."""

    kind: ClassVar[str] = "header_key"
    label: ClassVar[str] = N_("Key in a header")
    about: ClassVar[str] = N_("One key, in the header that your provider reads it from.")
    auth: ClassVar[Auth] = HeaderKey(header="{header}", value="{key}")

    header: Annotated[
        str,
        StringConstraints(strip_whitespace=True, min_length=1, max_length=200),
        Field(
            title=N_("Name of the header"),
            description=N_("As your provider's documentation writes it."),
            examples=["X-Api-Key"],
        ),
    ]
    key: Annotated[
        SecretRef,
        Field(
            title=N_("Key"),
            description=N_(
                "All that stands in the header. Encrypted before it is kept; it is never shown again."
            ),
        ),
    ]


class CustomAddressKey(Credential):
    """A key in the address: whoever has the whole address can send, so the key is kept apart from it."""

    kind: ClassVar[str] = "address_key"
    label: ClassVar[str] = N_("Key in the address")
    about: ClassVar[str] = N_(
        "The URL of step 1 says {{key}} where the key belongs; it is put in when a message goes out."
    )
    auth: ClassVar[Auth] = AddressKey(value="{key}")

    key: Annotated[
        SecretRef,
        Field(
            title=N_("Key"),
            description=N_(
                "What belongs in the URL in place of {{key}}. Encrypted before it is kept; it is never shown again."
            ),
        ),
    ]


ACCEPTED = Answer(
    status=202,
    headers=(("X-Message-Id", "{{ id }}"),),
    body={"status": "accepted", "id": "{{ id }}", "answered_by": "integration workbench rehearsal"},
)


def _endpoint(key: str, title: str, encoding: Encoding = "json", method: str = "POST") -> Endpoint:
    return Endpoint(key=key, title=title, url="", encoding=encoding, method=method, accepted=ACCEPTED)


PROVIDER = Provider(
    key="custom",
    name="Custom endpoint",
    channel="email",
    about=N_("Any endpoint that takes JSON or a form: type its address, headers and credentials."),
    credentials=(NoAuth, BasicAuth, OAuth2, CustomToken, CustomHeaderKey, CustomAddressKey),
    endpoints=(
        _endpoint("post", N_("POST, JSON")),
        _endpoint("form", N_("POST, form (urlencoded)"), "form"),
        _endpoint("nested_form", N_("POST, form with nested names (urlencoded)"), "nested_form"),
        _endpoint("multipart", N_("POST, form (multipart)"), "multipart"),
        _endpoint("put", N_("PUT, JSON"), method="PUT"),
        _endpoint("patch", N_("PATCH, JSON"), method="PATCH"),
    ),
    hosts=("*",),
    reading=Reading(ids=("id", "messageId", "message_id", "header:X-Message-Id"), errors="errors"),
    emulation=Emulation(
        unauthorized=Answer(
            status=401, body={"error": "unauthorized", "message": "The credentials are missing or wrong."}
        ),
        malformed=Answer(status=400, body={"error": "bad_request", "message": "The body is not {{ kind }}."}),
        throttled=Answer(status=429, body={"error": "rate_limited", "message": "Too many requests."}),
    ),
    templates=(
        PayloadTemplate(
            id="custom-generic",
            name=N_("Generic email event"),
            text="""{
  "to": "${User Identifier}",
  "campaign": "${dyCampaignName}",
  "subject": "{{ subject }}",
  "data": {
    "first_name": "{{ first_name | default(\\"\\") }}",
    "number_of_items": "{{ number_of_items | default(0) }}"
  }
}""",
            notes=N_("A starting point: replace the keys by those your provider's documentation names."),
        ),
        PayloadTemplate(
            id="custom-sms",
            name=N_("SMS sample of Reconnect's documentation"),
            text="""{
  "From": "YOUR_SENDER_NUMBER",
  "To": "${User Identifier}",
  "Body": "ENTER_SMS_CONTENT_HERE"
}""",
            source_url="https://support.dynamicyield.com/hc/en-us/articles/29428018441117-Reconnect-Messages-per-Channel",
        ),
    ),
    sources=(
        "https://support.dynamicyield.com/hc/en-us/articles/14836053508765-Reconnect-Email-Integration",
    ),
)
