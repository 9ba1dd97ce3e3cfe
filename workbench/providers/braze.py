"""Braze, API-triggered campaigns (https://www.braze.com/docs/api/endpoints/messaging/send_messages/post_send_triggered_campaigns/)."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from workbench.models.base import SecretRef
from workbench.models.credential import Auth, Credential, HeaderKey
from workbench.models.payload import PayloadTemplate
from workbench.models.provider import Answer, Emulation, Endpoint, Limits, Provider, Reading, Requirement
from workbench.sentence import N_

_PAGE = "https://www.braze.com/docs/api/endpoints/messaging/send_messages/post_send_triggered_campaigns/"


class BrazeKey(Credential):
    """A REST API key with the permission campaigns.trigger.send."""

    kind: ClassVar[str] = "braze_key"
    label: ClassVar[str] = N_("REST API key")
    auth: ClassVar[Auth] = HeaderKey()

    host: Annotated[
        str,
        Field(
            pattern=r"^rest\.[a-z]+-\d{2}\.braze\.(com|eu)$",
            title=N_("REST endpoint"),
            description=N_(
                "Braze: Settings, APIs and Identifiers. European instances end in braze.eu, all others in braze.com."
            ),
            examples=["rest.fra-02.braze.eu"],
        ),
    ] = "rest.iad-01.braze.com"
    api_key: Annotated[
        SecretRef,
        Field(
            title=N_("REST API key"),
            description=N_("Braze: Settings, APIs and Identifiers, with campaigns.trigger.send."),
        ),
    ]


PROVIDER = Provider(
    key="braze",
    name="Braze",
    channel="email",
    about=N_("Braze, API-triggered campaigns."),
    credentials=(BrazeKey,),
    endpoints=(
        Endpoint(
            key="trigger",
            title=N_("API-triggered campaign"),
            url="https://{host}/campaigns/trigger/send",
            accepted=Answer(status=201, body={"dispatch_id": "{{ hex }}", "message": "success"}),
            requirements=(
                Requirement(paths=("campaign_id",), refusal=Answer(status=400, body={"message": "A Campaign ID must be provided"})),
                Requirement(
                    paths=("recipients[0]", "broadcast"),
                    refusal=Answer(status=400, body={"message": "Recipients must be provided, or broadcast must be true"}),
                ),
                Requirement(
                    paths=("recipients",), most=50,
                    refusal=Answer(status=400, body={"message": "The number of recipients exceeds 50"}),
                ),
            ),
        ),
    ),
    hosts=("rest.*.braze.com", "rest.*.braze.eu"),
    reading=Reading(ids=("dispatch_id",), errors="$", refused_unless=("message", ("success",)), reset_at=("header:X-RateLimit-Reset",)),
    emulation=Emulation(
        unauthorized=Answer(status=401, body={"message": "Invalid API key: provide a valid key in the Authorization header"}),
        malformed=Answer(status=400, body={"message": "Bad syntax"}),
        throttled=Answer(status=429, headers=(("X-RateLimit-Reset", "{{ reset }}"),), body={"message": "Rate limited"}),
    ),
    templates=(
        PayloadTemplate(
            id="braze-trigger",
            name=N_("API-triggered campaign"),
            text="""{
  "campaign_id": "YOUR_CAMPAIGN_ID",
  "recipients": [
    {
      "email": "${User Identifier}",
      "prioritization": ["most_recently_updated"],
      "trigger_properties": {
        "campaign": "${dyCampaignName}",
        "first_name": "{{ first_name | default(\\"\\") }}",
        "items": "{{ number_of_items | default(0) }}"
      }
    }
  ]
}""",
            source_url=_PAGE,
        ),
    ),
    # 50 external ids a request: facts/gate-and-esp.md B8
    limits=Limits(recipients=50, recipients_path="recipients", required=("campaign_id", "recipients")),
    sources=(_PAGE,),
)  # fmt: skip
