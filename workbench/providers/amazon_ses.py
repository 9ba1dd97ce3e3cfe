"""Amazon SES, API v2 (https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html), signed with SigV4."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, ClassVar
from urllib.parse import SplitResult, quote, urlsplit

from pydantic import Field

from workbench.models.base import JsonValue, SecretRef
from workbench.models.credential import Auth, Credential, Signature
from workbench.models.payload import PayloadTemplate
from workbench.models.provider import Answer, Emulation, Endpoint, Limits, Provider, Reading, Requirement
from workbench.models.request import Headers, Request
from workbench.sentence import N_


def sign(request: Request, values: Mapping[str, str], now: datetime) -> Headers:
    """Return the headers of AWS Signature Version 4 for service ``ses``, as botocore signs it.

    Signed are ``content-type;host;x-amz-date`` (and the session token), over the body's exact bytes.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
    """
    stamp = now.strftime("%Y%m%dT%H%M%SZ")
    scope = f"{stamp[:8]}/{values['region']}/ses/aws4_request"
    url = urlsplit(request.url)
    content_type = " ".join((request.header("Content-Type") or "").split())
    signed = {"content-type": content_type, "host": _host(url), "x-amz-date": stamp}
    if values.get("session_token"):
        signed["x-amz-security-token"] = values["session_token"]
    names = ";".join(sorted(signed))
    lines = "".join(f"{name}:{signed[name]}\n" for name in sorted(signed))
    canonical = "\n".join(
        [
            request.method,
            quote(url.path or "/", safe="/-_.~"),
            _canonical_query(url.query),
            lines,
            names,
            _hash(request.body),
        ]
    )
    to_sign = "\n".join(["AWS4-HMAC-SHA256", stamp, scope, _hash(canonical.encode())])
    key = ("AWS4" + values["secret_access_key"]).encode()
    for part in scope.split("/"):
        key = _mac(key, part)
    authorization = (
        f"AWS4-HMAC-SHA256 Credential={values['access_key_id']}/{scope}, "
        f"SignedHeaders={names}, Signature={_mac(key, to_sign).hex()}"
    )
    token: Headers = (
        (("X-Amz-Security-Token", values["session_token"]),) if values.get("session_token") else ()
    )
    return (("X-Amz-Date", stamp), *token, ("Authorization", authorization))


def _host(url: SplitResult) -> str:
    """Return the host as it stands in the header Host: small letters, and no port where it is the scheme's own."""
    name = url.hostname or ""
    name = f"[{name}]" if ":" in name else name
    usual = {"https": 443, "http": 80}.get(url.scheme)
    return name if url.port in (None, usual) else f"{name}:{url.port}"


def _canonical_query(query: str) -> str:
    """Return the query as it is signed: sorted by name, then by value, and otherwise as it goes out."""
    pairs = [pair.partition("=")[::2] for pair in query.split("&")] if query else []
    return "&".join(f"{name}={value}" for name, value in sorted(pairs))


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _mac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


class SesKey(Credential):
    """An IAM access key with the permission ses:SendEmail."""

    kind: ClassVar[str] = "ses_key"
    label: ClassVar[str] = N_("Access key (SigV4)")
    auth: ClassVar[Auth] = Signature(sign=sign)

    region: Annotated[
        str,
        Field(
            pattern=r"^[a-z]{2}(-[a-z]+)+-\d$",
            title=N_("AWS region"),
            description=N_("Where your SES identity is verified, such as eu-west-1."),
            examples=["eu-west-1"],
        ),
    ] = "eu-west-1"
    access_key_id: Annotated[
        str,
        Field(
            pattern=r"^[A-Z0-9]{10,128}$",
            title=N_("Access key id"),
            description=N_("IAM: the user, Security credentials, Access keys. It starts with AKIA or ASIA."),
            examples=["AKIDEXAMPLE"],
        ),
    ]
    secret_access_key: Annotated[
        SecretRef,
        Field(title=N_("Secret access key"), description=N_("Shown once by IAM, when the key is made.")),
    ]
    session_token: Annotated[
        SecretRef | None,
        Field(title=N_("Session token"), description=N_("Only for temporary credentials (ASIA...).")),
    ] = None


def _error(status: int, kind: str, message: str) -> Answer:
    return Answer(status=status, headers=(("x-amzn-errortype", kind),), body={"message": message})


_FROM = Requirement(
    paths=("FromEmailAddress", "Content.Raw"),
    refusal=_error(400, "BadRequestException", "Missing required header 'From'."),
)
_BULK: JsonValue = {"Status": "SUCCESS", "MessageId": "{{ item_uuid }}"}

PROVIDER = Provider(
    key="amazon_ses",
    name="Amazon SES",
    channel="email",
    about=N_("Amazon Simple Email Service, API v2, signed with SigV4."),
    credentials=(SesKey,),
    endpoints=(
        Endpoint(
            key="send",
            title=N_("One message"),
            url="https://email.{region}.amazonaws.com/v2/email/outbound-emails",
            accepted=Answer(
                status=200,
                headers=(("x-amzn-RequestId", "{{ uuid }}"),),
                body={"MessageId": "0100{{ hex }}-{{ uuid }}-000000"},
            ),
            requirements=(
                _FROM,
                Requirement(
                    paths=("Content.Simple", "Content.Template", "Content.Raw"),
                    refusal=_error(400, "BadRequestException", "The Content field must hold one of Simple, Raw or Template."),
                ),
                Requirement(
                    paths=("Destination.ToAddresses[0]", "Destination.CcAddresses[0]", "Destination.BccAddresses[0]", "Content.Raw"),
                    refusal=_error(400, "BadRequestException", "Destination must hold at least one address."),
                ),
                Requirement(
                    paths=("Destination.ToAddresses", "Destination.CcAddresses", "Destination.BccAddresses"),
                    most=50,
                    refusal=_error(400, "BadRequestException", "Recipient count exceeds 50."),
                ),
            ),
        ),
        Endpoint(
            key="bulk",
            title=N_("Bulk from a template"),
            url="https://email.{region}.amazonaws.com/v2/email/outbound-bulk-emails",
            accepted=Answer(status=200, each="BulkEmailEntries", item=_BULK, into="BulkEmailEntryResults"),
            requirements=(
                Requirement(
                    paths=("BulkEmailEntries[0]",), refusal=_error(400, "BadRequestException", "BulkEmailEntries must not be empty."),
                ),
            ),
        ),
    ),
    hosts=("email.*.amazonaws.com",),
    reading=Reading(
        ids=("MessageId", "BulkEmailEntryResults[].MessageId"),
        errors="$",
        code="header:x-amzn-errortype",
        refused_unless=("BulkEmailEntryResults[].Status", ("SUCCESS",)),
    ),
    emulation=Emulation(
        unauthorized=_error(
            403, "InvalidSignatureException",
            "The request signature we calculated does not match the signature you provided. "
            "Check your AWS Secret Access Key and signing method.",
        ),
        malformed=_error(400, "SerializationException", "The body is not valid JSON."),
        throttled=_error(429, "TooManyRequestsException", "Maximum sending rate exceeded."),
        server_error=_error(500, "InternalFailure", "Internal Server Error"),
    ),
    templates=(
        PayloadTemplate(
            id="ses-simple",
            name=N_("One message"),
            text="""{
  "FromEmailAddress": "news@example.com",
  "Destination": {"ToAddresses": ["${User Identifier}"]},
  "Content": {
    "Simple": {
      "Subject": {"Data": "{{ subject }}"},
      "Body": {
        "Html": {"Data": "<p>Hello {{ first_name | default(\\"there\\") }}</p>"},
        "Text": {"Data": "Hello {{ first_name | default(\\"there\\") }}"}
      }
    }
  },
  "EmailTags": [{"Name": "campaign", "Value": "${dyCampaignName}"}]
}""",
            source_url="https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html",
        ),
    ),
    # 40 MB after encoding, 50 recipients: https://docs.aws.amazon.com/ses/latest/dg/quotas.html
    limits=Limits(body_bytes=40_000_000, recipients=50, recipients_path="Destination.ToAddresses", required=("Content",)),
    sources=(
        "https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html",
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html",
    ),
)  # fmt: skip
