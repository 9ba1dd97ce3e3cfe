"""Mailgun, messages (https://documentation.mailgun.com/docs/mailgun/api-reference/openapi-final/tag/Messages/).

Form-encoded, not JSON: Reconnect's own wizard cannot use it (its prerequisite is JSON). The workbench writes the payload as a
JSON object and sends it as a form: lists repeat the key.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from workbench.models.base import SecretRef
from workbench.models.credential import Auth, BasicPair, Credential
from workbench.models.payload import PayloadTemplate
from workbench.models.provider import Answer, Emulation, Endpoint, Limits, Provider, Reading, Requirement
from workbench.sentence import N_


class MailgunKey(Credential):
    """A sending key; Basic auth with the user ``api``."""

    kind: ClassVar[str] = "mailgun_key"
    label: ClassVar[str] = N_("API key")
    auth: ClassVar[Auth] = BasicPair(username="api", password="{api_key}")  # noqa: S106 - names the field

    host: Annotated[
        Literal["api.mailgun.net", "api.eu.mailgun.net"],
        Field(title=N_("Region"), description=N_("EU domains send through api.eu.mailgun.net.")),
    ] = "api.mailgun.net"
    domain: Annotated[
        str,
        Field(
            min_length=1,
            pattern=r"^[A-Za-z0-9.-]+$",
            title=N_("Sending domain"),
            description=N_("The domain you verified at Mailgun: Send, Sending, Domains."),
            examples=["mg.example.com"],
        ),
    ]
    api_key: Annotated[
        SecretRef,
        Field(
            title=N_("API key"),
            description=N_("Mailgun: Settings, API Security; or the sending key of the domain."),
        ),
    ]


def _error(status: int, message: str) -> Answer:
    return Answer(status=status, body={"message": message})


def _address(name: str) -> tuple[Requirement, Requirement]:
    """Return the two rules on an address: it is there, and it is one."""
    wrong = f"'{name}' parameter is not a valid address. please check documentation"
    return (
        Requirement(paths=(name,), refusal=_error(400, f"'{name}' parameter is missing")),
        Requirement(paths=(name,), rule="address", refusal=_error(400, wrong)),
    )


PROVIDER = Provider(
    key="mailgun",
    name="Mailgun",
    channel="email",
    about=N_("Mailgun, messages; form-encoded."),
    credentials=(MailgunKey,),
    endpoints=(
        Endpoint(
            key="messages",
            title=N_("Message"),
            url="https://{host}/v3/{domain}/messages",
            encoding="form",
            accepted=Answer(status=200, body={"id": "<{{ number }}.{{ hex }}@{{ domain }}>", "message": "Queued. Thank you."}),
            requirements=(
                *_address("from"),
                *_address("to"),
                Requirement(
                    paths=("text", "html", "amp-html", "template"),
                    refusal=_error(
                        400, "Need at least one of 'text', 'html', 'amp-html' or 'template' parameters specified"
                    ),
                ),
            ),
        ),
    ),
    hosts=("api.mailgun.net", "api.eu.mailgun.net"),
    # a 429 says when to come back in its text: "... limit exceeded, try again after 120 seconds"
    reading=Reading(ids=("id",), errors="$", retry_after=("header:Retry-After", "message")),
    emulation=Emulation(
        unauthorized=Answer(status=401, body="Forbidden"),
        malformed=_error(400, "Could not parse the form"),
        throttled=_error(
            429,
            "Domain {{ domain | default(\"example.com\") }} is not allowed to send: "
            "account-requests-per-sec limit exceeded, try again after 120 seconds",
        ),
        server_error=_error(500, "Internal Server Error"),
    ),
    templates=(
        PayloadTemplate(
            id="mailgun-message",
            name=N_("One message"),
            encoding="form",
            text="""{
  "from": "Example <news@example.com>",
  "to": "${User Identifier}",
  "subject": "{{ subject }}",
  "text": "Hello {{ first_name | default(\\"there\\") }}",
  "html": "<p>Hello {{ first_name | default(\\"there\\") }}</p>",
  "o:tag": "${dyCampaignName}",
  "o:testmode": "yes"
}""",
            notes=N_("Sent as a form, not as JSON. o:testmode lets Mailgun accept the message without delivering it."),
            source_url="https://documentation.mailgun.com/docs/mailgun/user-manual/sending-messages/send-http",
        ),
    ),
    limits=Limits(body_bytes=25_000_000, recipients=1000, recipients_path="to", required=("from", "to")),
    notes=(
        N_("Mailgun takes a form, not JSON: Reconnect's own wizard cannot use it, because JSON is its prerequisite. "
           "The workbench writes the payload as JSON and sends each key as a form field; a list repeats the key."),
    ),
    sources=("https://documentation.mailgun.com/docs/mailgun/api-reference/openapi-final/tag/Messages/",),
)  # fmt: skip
