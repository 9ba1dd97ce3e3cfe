"""SparkPost (Bird), transmissions (https://developers.sparkpost.com/api/transmissions/)."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from workbench.models.base import SecretRef
from workbench.models.credential import Auth, Credential, HeaderKey
from workbench.models.payload import PayloadTemplate
from workbench.models.provider import Answer, Emulation, Endpoint, Limits, Provider, Reading, Requirement
from workbench.sentence import N_


class SparkPostKey(Credential):
    """An API key, sent as it is: the header has no scheme word."""

    kind: ClassVar[str] = "sparkpost_key"
    label: ClassVar[str] = N_("API key")
    auth: ClassVar[Auth] = HeaderKey(value="{api_key}")

    host: Annotated[
        Literal["api.sparkpost.com", "api.eu.sparkpost.com"],
        Field(title=N_("Region"), description=N_("EU accounts send through api.eu.sparkpost.com.")),
    ] = "api.sparkpost.com"
    api_key: Annotated[
        SecretRef,
        Field(
            title=N_("API key"),
            description=N_(
                "SparkPost: Configuration, API Keys, with the permission Transmissions: Read/Write."
            ),
        ),
    ]


def _error(status: int, message: str, code: str = "", description: str = "") -> Answer:
    error = {"message": message, "description": description, "code": code}
    return Answer(status=status, body={"errors": [{key: value for key, value in error.items() if value}]})


_WHOLE = ("content.template_id", "content.ab_test_id", "content.email_rfc822")
"""Contents that bring their own sender, subject and text."""


def _missing(description: str, *paths: str) -> Requirement:
    """Return a row of the vendor's error 1400 (github.com/SparkPost/sparkpost-api-documentation)."""
    return Requirement(paths=paths, refusal=_error(422, "required field is missing", "1400", description))


PROVIDER = Provider(
    key="sparkpost",
    name="SparkPost",
    channel="email",
    about=N_("SparkPost (Bird), transmissions."),
    credentials=(SparkPostKey,),
    endpoints=(
        Endpoint(
            key="transmissions",
            title=N_("Transmission"),
            url="https://{host}/api/v1/transmissions",
            accepted=Answer(
                status=200,
                body={
                    "results": {
                        "total_rejected_recipients": 0,
                        "total_accepted_recipients": "{{ count }}",
                        "id": "{{ number }}",
                    }
                },
            ),
            requirements=(
                _missing("recipients or list_id required", "recipients[0]", "recipients.list_id"),
                _missing("content object or template_id required", "content"),
                _missing("content.from is a required field", *_WHOLE, "content.from"),
                _missing("content.subject is a required field", *_WHOLE, "content.subject"),
                _missing(
                    "At least one of 'text' or 'html' needs to exist in 'content'",
                    *_WHOLE,
                    "content.text",
                    "content.html",
                ),
            ),
        ),
    ),
    hosts=("api.sparkpost.com", "api.eu.sparkpost.com"),
    # 420 is the plan's sending limit; 429 wants a wait of 1 to 5 s: https://developers.sparkpost.com/api/#header-rate-limiting
    reading=Reading(ids=("results.id",), errors="errors", code="code", field="param", throttled=(420, 429)),
    emulation=Emulation(
        unauthorized=_error(401, "Unauthorized."),
        malformed=_error(422, "invalid data format/type", "1300", "Problems parsing request as json"),
        throttled=_error(429, "Too many requests"),
        server_error=_error(500, "Internal Server Error"),
    ),
    templates=(
        PayloadTemplate(
            id="sparkpost-transmission",
            name=N_("One message"),
            text="""{
  "recipients": [{"address": {"email": "${User Identifier}"}}],
  "campaign_id": "${dyCampaignName}",
  "content": {
    "from": {"email": "news@example.com", "name": "Example"},
    "subject": "{{ subject }}",
    "text": "Hello {{ first_name | default(\\"there\\") }}",
    "html": "<p>Hello {{ first_name | default(\\"there\\") }}</p>"
  }
}""",
            source_url="https://developers.sparkpost.com/api/transmissions/",
        ),
    ),
    limits=Limits(body_bytes=20_000_000, required=("recipients", "content")),
    sources=("https://developers.sparkpost.com/api/transmissions/",),
)
