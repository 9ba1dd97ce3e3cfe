"""Postmark, email API (https://postmarkapp.com/developer/api/email-api)."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from workbench.models.base import SecretRef
from workbench.models.credential import Auth, Credential, HeaderKey
from workbench.models.payload import PayloadTemplate
from workbench.models.provider import Answer, Emulation, Endpoint, Limits, Provider, Reading, Requirement
from workbench.sentence import N_


class PostmarkToken(Credential):
    """The server's API token."""

    kind: ClassVar[str] = "postmark_token"
    label: ClassVar[str] = N_("Server API token")
    auth: ClassVar[Auth] = HeaderKey(header="X-Postmark-Server-Token", value="{server_token}")

    server_token: Annotated[
        SecretRef,
        Field(
            title=N_("Server API token"),
            description=N_(
                "Postmark: your server, API Tokens. POSTMARK_API_TEST accepts messages without delivering them."
            ),
            examples=["00000000-0000-0000-0000-000000000000"],
        ),
    ]


def _error(code: int, message: str, status: int = 422) -> Answer:
    return Answer(status=status, body={"ErrorCode": code, "Message": message})


_TAKEN = {
    "To": "{{ item.To | default(null) }}",
    "SubmittedAt": "{{ now }}",
    "MessageID": "{{ item_uuid }}",
    "ErrorCode": 0,
    "Message": "OK",
}
_BODY = Requirement(
    paths=("HtmlBody", "TextBody"),
    refusal=_error(300, "Provide either email TextBody or HtmlBody or both."),
)
_ADDRESSES = (
    Requirement(
        paths=("From",),
        rule="address",
        refusal=_error(300, "Invalid 'From' address: '{{ request.From | default(\"\") }}'."),
    ),
    Requirement(paths=("To", "Cc", "Bcc"), refusal=_error(300, "Zero recipients specified")),
    Requirement(
        paths=("To", "Cc", "Bcc"),
        rule="address",
        refusal=_error(300, "Invalid 'To' address: '{{ request.To | default(\"\") }}'."),
    ),
    # 50 in all: https://postmarkapp.com/support/article/1180-what-does-errorcode-300-mean
    Requirement(
        paths=("To", "Cc", "Bcc"),
        most=50,
        refusal=_error(300, "Maximum of 50 recipients allowed per email message."),
    ),
)


def _of_each(*rules: Requirement) -> tuple[Requirement, ...]:
    """Return the rules as those of each message of a batch: one is refused in its place, the others are sent."""
    return tuple(
        rule.model_copy(update={"paths": tuple(f"[].{path}" for path in rule.paths)}) for rule in rules
    )


PROVIDER = Provider(
    key="postmark",
    name="Postmark",
    channel="email",
    about=N_("Postmark, transactional email."),
    credentials=(PostmarkToken,),
    endpoints=(
        Endpoint(
            key="email",
            title=N_("One message"),
            url="https://api.postmarkapp.com/email",
            headers=(("Accept", "application/json"),),
            accepted=Answer(
                status=200,
                body={**_TAKEN, "To": "{{ request.To | default(null) }}", "MessageID": "{{ uuid }}"},
            ),
            requirements=(*_ADDRESSES, _BODY),
        ),
        Endpoint(
            key="batch",
            title=N_("Batch of up to 500"),
            url="https://api.postmarkapp.com/email/batch",
            headers=(("Accept", "application/json"),),
            accepted=Answer(status=200, each="$", item=_TAKEN),
            requirements=(
                Requirement(paths=("$",), most=500, refusal=_error(410, "Too many batch messages")),
                *_of_each(*_ADDRESSES, _BODY),
            ),
        ),
        Endpoint(
            key="template",
            title=N_("Message from a template"),
            url="https://api.postmarkapp.com/email/withTemplate/",
            headers=(("Accept", "application/json"),),
            accepted=Answer(
                status=200,
                body={**_TAKEN, "To": "{{ request.To | default(null) }}", "MessageID": "{{ uuid }}"},
            ),
            requirements=(
                *_ADDRESSES,
                Requirement(
                    paths=("TemplateId", "TemplateAlias"),
                    refusal=_error(1101, "The Template's 'TemplateId' or 'TemplateAlias' is required."),
                ),
            ),
        ),
    ),
    hosts=("api.postmarkapp.com",),
    reading=Reading(
        ids=("MessageID", "[].MessageID"),
        errors="$",
        message="Message",
        code="ErrorCode",
        refused_unless=("ErrorCode", (0,)),
    ),
    emulation=Emulation(
        unauthorized=_error(10, "No Account or Server API tokens were supplied in the HTTP headers.", 401),
        malformed=_error(402, "Received invalid JSON input.", 422),
        throttled=_error(429, "Rate limit exceeded", 429),
        server_error=_error(0, "Internal Server Error", 500),
    ),
    templates=(
        PayloadTemplate(
            id="postmark-email",
            name=N_("One message"),
            text="""{
  "From": "news@example.com",
  "To": "${User Identifier}",
  "Subject": "{{ subject }}",
  "Tag": "${dyCampaignName}",
  "HtmlBody": "<p>Hello {{ first_name | default(\\"there\\") }}</p>",
  "TextBody": "Hello {{ first_name | default(\\"there\\") }}",
  "MessageStream": "outbound"
}""",
            source_url="https://postmarkapp.com/developer/api/email-api#send-a-single-email",
        ),
    ),
    # 10 MB a message, 50 MB and 500 messages a batch: https://postmarkapp.com/developer/api/email-api
    limits=Limits(body_bytes=10_000_000, required=("From", "To")),
    sources=(
        "https://postmarkapp.com/developer/api/email-api",
        "https://postmarkapp.com/developer/api/overview#error-codes",
    ),
)
