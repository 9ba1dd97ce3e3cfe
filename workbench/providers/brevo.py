"""Brevo, transactional email (https://developers.brevo.com/reference/sendtransacemail)."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from workbench.models.base import SecretRef
from workbench.models.credential import Auth, Credential, HeaderKey
from workbench.models.pace import Rate
from workbench.models.payload import PayloadTemplate
from workbench.models.provider import Answer, Emulation, Endpoint, Limits, Provider, Reading, Requirement
from workbench.sentence import N_


class BrevoKey(Credential):
    """An API key (v3), in the header ``api-key``."""

    kind: ClassVar[str] = "brevo_key"
    label: ClassVar[str] = N_("API key")
    auth: ClassVar[Auth] = HeaderKey(header="api-key", value="{api_key}")

    api_key: Annotated[
        SecretRef,
        Field(
            title=N_("API key"),
            description=N_("Brevo: SMTP & API, API Keys. A v3 key starts with xkeysib-."),
            examples=["xkeysib-xxxx"],
        ),
    ]


def _error(status: int, code: str, message: str) -> Answer:
    return Answer(status=status, body={"code": code, "message": message})


PROVIDER = Provider(
    key="brevo",
    name="Brevo",
    channel="email",
    about=N_("Brevo (formerly Sendinblue), transactional email."),
    credentials=(BrevoKey,),
    endpoints=(
        Endpoint(
            key="email",
            title=N_("Transactional email"),
            url="https://api.brevo.com/v3/smtp/email",
            headers=(("Accept", "application/json"),),
            accepted=Answer(status=201, body={"messageId": "<{{ number }}.{{ hex }}@relay.domain.com>"}),
            requirements=(
                Requirement(
                    paths=("sender.email", "sender.id", "templateId"),
                    refusal=_error(400, "missing_parameter", "sender is missing"),
                ),
                Requirement(
                    paths=("to[0].email", "messageVersions[0]"),
                    refusal=_error(400, "missing_parameter", "to is missing"),
                ),
                Requirement(
                    paths=("to[].email", "messageVersions[].to[].email"),
                    rule="email",
                    refusal=_error(400, "invalid_parameter", "email is not valid in to"),
                ),
                Requirement(
                    paths=("htmlContent", "textContent", "templateId"),
                    refusal=_error(
                        400, "missing_parameter", "Either of htmlContent or textContent is required"
                    ),
                ),
                Requirement(
                    paths=("subject", "templateId"),
                    refusal=_error(400, "missing_parameter", "subject is missing"),
                ),
            ),
        ),
    ),
    hosts=("api.brevo.com",),
    reading=Reading(
        ids=("messageId", "messageIds[]"), errors="$", code="code", reset_at=("header:x-sib-ratelimit-reset",)
    ),
    emulation=Emulation(
        unauthorized=_error(401, "unauthorized", "Key not found"),
        malformed=_error(400, "bad_request", "Input must be a valid JSON object"),
        throttled=Answer(
            status=429,
            headers=(
                ("x-sib-ratelimit-limit", "1000"),
                ("x-sib-ratelimit-remaining", "0"),
                ("x-sib-ratelimit-reset", "1"),
            ),
            body={"code": "too_many_requests", "message": "slow"},
        ),
        server_error=_error(500, "internal_error", "Internal Server Error"),
    ),
    templates=(
        PayloadTemplate(
            id="brevo-email",
            name=N_("One message"),
            text="""{
  "sender": {"email": "news@example.com", "name": "Example"},
  "to": [{"email": "${User Identifier}"}],
  "subject": "{{ subject }}",
  "htmlContent": "<p>Hello {{ first_name | default(\\"there\\") }}</p>",
  "tags": ["${dyCampaignName}"]
}""",
            source_url="https://developers.brevo.com/reference/sendtransacemail",
        ),
        PayloadTemplate(
            id="brevo-template",
            name=N_("Template with parameters"),
            text="""{
  "templateId": 1,
  "to": [{"email": "${User Identifier}"}],
  "params": {"first_name": "{{ first_name | default(\\"\\") }}", "items": "{{ number_of_items | default(0) }}"}
}""",
            source_url="https://developers.brevo.com/reference/sendtransacemail",
        ),
    ),
    limits=Limits(required=("to",), rates=(Rate(limit=1000, per_s=1.0),)),
    sources=(
        "https://developers.brevo.com/reference/sendtransacemail",
        "https://developers.brevo.com/docs/api-limits",
        "https://developers.brevo.com/docs/limit-headers",
    ),
)
