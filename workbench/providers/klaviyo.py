"""Klaviyo, events (https://developers.klaviyo.com/en/reference/create_event): an event triggers the flow that sends."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from workbench.models.base import SecretRef
from workbench.models.credential import Auth, Credential, HeaderKey
from workbench.models.payload import PayloadTemplate
from workbench.models.provider import Answer, Emulation, Endpoint, Limits, Provider, Reading, Requirement
from workbench.sentence import N_

_PAGE = "https://developers.klaviyo.com/en/reference/create_event"


class KlaviyoKey(Credential):
    """A private API key with the scope events:write."""

    kind: ClassVar[str] = "klaviyo_key"
    label: ClassVar[str] = N_("Private API key")
    auth: ClassVar[Auth] = HeaderKey(value="Klaviyo-API-Key {api_key}")

    api_key: Annotated[
        SecretRef,
        Field(
            title=N_("Private API key"),
            description=N_("Klaviyo: Settings, API keys, with the scope events:write. It starts with pk_."),
        ),
    ]


def _error(status: int, code: str, title: str, detail: str, pointer: str = "/data/") -> Answer:
    body = {
        "id": "{{ uuid }}",
        "status": status,
        "code": code,
        "title": title,
        "detail": detail,
        "source": {"pointer": pointer},
    }
    return Answer(
        status=status, headers=(("Content-Type", "application/vnd.api+json"),), body={"errors": [body]}
    )


def _missing(path: str) -> Requirement:
    pointer = "/" + path.replace(".", "/")
    field = path.rpartition(".")[2]
    refusal = _error(400, "invalid", "Invalid input.", f"The field '{field}' is required.", pointer)
    return Requirement(paths=(path,), refusal=refusal)


PROVIDER = Provider(
    key="klaviyo",
    name="Klaviyo",
    channel="email",
    about=N_("Klaviyo, events that trigger a flow."),
    credentials=(KlaviyoKey,),
    endpoints=(
        Endpoint(
            key="events",
            title=N_("Create event"),
            url="https://a.klaviyo.com/api/events",
            # the API wants its revision, a date: https://developers.klaviyo.com/en/docs/api_versioning_and_deprecation_policy
            headers=(("revision", "2024-10-15"), ("Accept", "application/vnd.api+json")),
            accepted=Answer(status=202),
            requirements=(
                _missing("data.type"),
                _missing("data.attributes.metric.data.attributes.name"),
                _missing("data.attributes.profile.data.attributes"),
            ),
        ),
    ),
    hosts=("a.klaviyo.com",),
    reading=Reading(errors="errors", message="detail", field="source.pointer", code="code"),
    emulation=Emulation(
        unauthorized=_error(401, "not_authenticated", "Authentication credentials were not provided.", "Missing or invalid private key."),
        malformed=_error(400, "parse_error", "Malformed request.", "JSON parse error"),
        throttled=Answer(
            status=429,
            headers=(("Retry-After", "1"),),
            body={"errors": [{"status": 429, "code": "throttled", "title": "Request was throttled.", "detail": "Request was throttled."}]},
        ),
        server_error=_error(500, "error", "A server error occurred.", "A server error occurred."),
    ),
    templates=(
        PayloadTemplate(
            id="klaviyo-event",
            name=N_("Event that triggers a flow"),
            text="""{
  "data": {
    "type": "event",
    "attributes": {
      "metric": {"data": {"type": "metric", "attributes": {"name": "${dyCampaignName}"}}},
      "profile": {"data": {"type": "profile", "attributes": {"email": "${User Identifier}"}}},
      "properties": {
        "first_name": "{{ first_name | default(\\"\\") }}",
        "items": "{{ number_of_items | default(0) }}"
      }
    }
  }
}""",
            source_url=_PAGE,
        ),
    ),
    # https://developers.klaviyo.com/en/docs/rate_limits_and_error_handling
    limits=Limits(
        body_bytes=5_000_000, properties=300, properties_path="data.attributes.properties", field_bytes=100_000,
        array_items=4000, depth=10, required=("data.type", "data.attributes.metric", "data.attributes.profile"),
    ),
    sources=(_PAGE, "https://developers.klaviyo.com/en/docs/rate_limits_and_error_handling"),
)  # fmt: skip
