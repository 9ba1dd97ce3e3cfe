"""Twilio SendGrid, v3 Mail Send (https://www.twilio.com/docs/sendgrid/api-reference/mail-send/mail-send)."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from workbench.models.base import JsonValue, SecretRef
from workbench.models.credential import Auth, Credential, HeaderKey
from workbench.models.payload import PayloadTemplate
from workbench.models.provider import Answer, Emulation, Endpoint, Limits, Provider, Reading, Requirement
from workbench.sentence import N_


class SendGridKey(Credential):
    """An API key with the permission Mail Send."""

    kind: ClassVar[str] = "sendgrid_key"
    label: ClassVar[str] = N_("API key")
    auth: ClassVar[Auth] = HeaderKey()

    host: Annotated[
        Literal["api.sendgrid.com", "api.eu.sendgrid.com"],
        Field(title=N_("Region"), description=N_("EU subusers send through api.eu.sendgrid.com.")),
    ] = "api.sendgrid.com"
    api_key: Annotated[
        SecretRef,
        Field(
            title=N_("API key"),
            description=N_(
                "SendGrid: Settings, API Keys, Create API Key, with the permission Mail Send. It starts with SG."
            ),
            examples=["SG.xxxx"],
        ),
    ]


def _error(status: int, message: str, field: JsonValue = None, help_: JsonValue = None) -> Answer:
    return Answer(status=status, body={"errors": [{"message": message, "field": field, "help": help_}]})


_HELP = "http://sendgrid.com/docs/API_Reference/Web_API_v3/Mail/errors.html#"
_RECIPIENTS = ("personalizations[].to", "personalizations[].cc", "personalizations[].bcc")


def _refused(
    message: str,
    field: str,
    anchor: str,
    paths: tuple[str, ...],
    rule: Literal["present", "email"] = "present",
    most: int | None = None,
) -> Requirement:
    """Return a row of https://www.twilio.com/docs/sendgrid/api-reference/mail-send/errors."""
    return Requirement(paths=paths, rule=rule, most=most, refusal=_error(400, message, field, _HELP + anchor))


PROVIDER = Provider(
    key="sendgrid",
    name="SendGrid",
    channel="email",
    about=N_("Twilio SendGrid, v3 Mail Send."),
    credentials=(SendGridKey,),
    endpoints=(
        Endpoint(
            key="mail_send",
            title=N_("Mail Send"),
            url="https://{host}/v3/mail/send",
            accepted=Answer(status=202, headers=(("X-Message-Id", "{{ id }}"),)),
            requirements=(
                _refused(
                    "The personalizations field is required and must have at least one personalization.",
                    "personalizations",
                    "-Personalizations-Errors",
                    paths=("personalizations",),
                ),
                _refused(
                    "The personalization block is limited to 1000 personalizations per API request. You have provided "
                    "{{ count }} personalizations. Please consider splitting this into "
                    "multiple requests and resending your request.",
                    "personalizations",
                    "message.personalizations",
                    paths=("personalizations",),
                    most=1000,
                ),
                _refused(
                    "The to parameter is required for all personalization objects.",
                    "personalizations.0.to",
                    "message.personalizations.to",
                    paths=("personalizations[].to[0]",),
                ),
                _refused(
                    "There is a limit of 1000 total recipients (to + cc + bcc) per request.",
                    "personalizations",
                    "message.recipient-errors",
                    paths=_RECIPIENTS,
                    most=1000,
                ),
                _refused(
                    "Does not contain a valid address.",
                    "personalizations.0.to.0.email",
                    "message.personalizations.to",
                    paths=("personalizations[].to[].email",),
                    rule="email",
                ),
                _refused(
                    "The from object must be provided for every email send. It is an object that requires the email "
                    'parameter, but may also contain a name parameter.  e.g. {"email" : "example@example.com"}  or '
                    '{"email" : "example@example.com", "name" : "Example Recipient"}.',
                    "from.email",
                    "message.from",
                    paths=("from.email",),
                ),
                _refused(
                    "The from email does not contain a valid address.",
                    "from.email",
                    "message.from",
                    paths=("from.email",),
                    rule="email",
                ),
                _refused(
                    "The subject is required. You can get around this requirement if you use a template with a subject "
                    "defined or if every personalization has a subject defined.",
                    "subject",
                    "message.subject",
                    paths=("subject", "personalizations[].subject", "template_id"),
                ),
                _refused(
                    "Unless a valid template_id is provided, the content parameter is required. There must be at least "
                    "one defined content block. We typically suggest both text/plain and text/html blocks are included, "
                    "but only one block is required.",
                    "content",
                    "message.content",
                    paths=("content[0]", "template_id"),
                ),
            ),
        ),
    ),
    hosts=("api.sendgrid.com", "api.eu.sendgrid.com"),
    reading=Reading(
        ids=("header:X-Message-Id",), errors="errors", field="field", reset_at=("header:X-RateLimit-Reset",)
    ),
    emulation=Emulation(
        unauthorized=_error(401, "The provided authorization grant is invalid, expired, or revoked"),
        malformed=_error(400, "Bad Request"),
        throttled=Answer(
            status=429,
            headers=(
                ("X-RateLimit-Limit", "500"),
                ("X-RateLimit-Remaining", "0"),
                ("X-RateLimit-Reset", "{{ reset }}"),
            ),
            body={"errors": [{"field": None, "message": "too many requests"}]},
        ),
    ),
    templates=(
        PayloadTemplate(
            id="sendgrid-mail",
            name=N_("One message"),
            text="""{
  "from": {"email": "news@example.com", "name": "Example"},
  "subject": "{{ subject }}",
  "personalizations": [{"to": [{"email": "${User Identifier}"}], "custom_args": {"campaign": "${dyCampaignName}"}}],
  "content": [
    {"type": "text/plain", "value": "Hello {{ first_name | default(\\"there\\") }}"},
    {"type": "text/html", "value": "<p>Hello {{ first_name | default(\\"there\\") }}</p>"}
  ]
}""",
            source_url="https://www.twilio.com/docs/sendgrid/api-reference/mail-send/mail-send",
        ),
        PayloadTemplate(
            id="sendgrid-template",
            name=N_("Dynamic template"),
            text="""{
  "from": {"email": "news@example.com"},
  "template_id": "d-00000000000000000000000000000000",
  "personalizations": [
    {
      "to": [{"email": "${User Identifier}"}],
      "dynamic_template_data": {"first_name": "{{ first_name | default(\\"\\") }}", "items": "{{ number_of_items | default(0) }}"}
    }
  ]
}""",
            source_url="https://www.twilio.com/docs/sendgrid/ui/sending-email/how-to-send-an-email-with-dynamic-templates",
        ),
    ),
    # at most 1,000 personalizations and recipients; 30 MB with attachments: the same page
    limits=Limits(
        body_bytes=30_000_000,
        recipients=1000,
        recipients_path="personalizations",
        required=("from.email", "personalizations"),
    ),
    sources=(
        "https://www.twilio.com/docs/sendgrid/api-reference/mail-send/mail-send",
        "https://www.twilio.com/docs/sendgrid/api-reference/mail-send/errors",
        "https://www.twilio.com/docs/sendgrid/api-reference/mail-send/limitations",
    ),
)
