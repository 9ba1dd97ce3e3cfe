"""Salesforce Marketing Cloud, transactional messaging, with its own token URL.

https://developer.salesforce.com/docs/marketing/marketing-cloud/guide/transactional-messaging-api.html
"""

from __future__ import annotations

from workbench.models.credential import OAuth2
from workbench.models.payload import PayloadTemplate
from workbench.models.provider import Answer, Emulation, Endpoint, Limits, Provider, Reading, Requirement
from workbench.sentence import N_

_PAGE = (
    "https://developer.salesforce.com/docs/marketing/marketing-cloud/guide/transactional-messaging-api.html"
)


def _error(status: int, code: int, message: str) -> Answer:
    return Answer(status=status, body={"message": message, "errorcode": code, "documentation": ""})


PROVIDER = Provider(
    key="salesforce_marketing_cloud",
    name="Salesforce Marketing Cloud",
    channel="email",
    about=N_("Salesforce Marketing Cloud, transactional messaging and journey events."),
    credentials=(OAuth2,),
    endpoints=(
        Endpoint(
            key="message",
            title=N_("Transactional message"),
            url="https://YOUR_SUBDOMAIN.rest.marketingcloudapis.com/messaging/v1/email/messages/",
            accepted=Answer(
                status=202,
                body={"requestId": "{{ uuid }}", "errorcode": 0, "responses": [{"messageKey": "{{ hex }}"}]},
            ),
            requirements=(
                Requirement(
                    paths=("definitionKey",), refusal=_error(400, 10000, "definitionKey is required")
                ),
                Requirement(
                    paths=("recipient.contactKey", "recipients[0].contactKey"),
                    refusal=_error(400, 10000, "contactKey is required"),
                ),
            ),
        ),
        Endpoint(
            key="event",
            title=N_("Journey entry event"),
            url="https://YOUR_SUBDOMAIN.rest.marketingcloudapis.com/interaction/v1/events",
            accepted=Answer(status=201, body={"eventInstanceId": "{{ uuid }}"}),
            requirements=(
                Requirement(paths=("ContactKey",), refusal=_error(400, 10000, "ContactKey is required")),
                Requirement(
                    paths=("EventDefinitionKey",),
                    refusal=_error(400, 10000, "EventDefinitionKey is required"),
                ),
            ),
        ),
    ),
    hosts=("*.rest.marketingcloudapis.com", "*.auth.marketingcloudapis.com"),
    reading=Reading(
        ids=("responses[].messageKey", "eventInstanceId", "requestId"),
        errors="$",
        code="errorcode",
        refused_unless=("errorcode", (0,)),
    ),
    emulation=Emulation(
        unauthorized=_error(401, 0, "Not Authorized"),
        malformed=_error(400, 10001, "Unable to parse the JSON body"),
        throttled=_error(429, 50200, "Rate limit exceeded"),
    ),
    templates=(
        PayloadTemplate(
            id="sfmc-message",
            name=N_("Transactional message"),
            text="""{
  "definitionKey": "YOUR_SEND_DEFINITION",
  "recipients": [
    {
      "contactKey": "${User Identifier}",
      "to": "${User Identifier}",
      "attributes": {"FirstName": "{{ first_name | default(\\"\\") }}", "Campaign": "${dyCampaignName}"}
    }
  ]
}""",
            source_url=_PAGE,
        ),
        PayloadTemplate(
            id="sfmc-event",
            name=N_("Journey entry event"),
            text="""{
  "ContactKey": "${User Identifier}",
  "EventDefinitionKey": "YOUR_EVENT_KEY",
  "Data": {"EmailAddress": "${User Identifier}", "FirstName": "{{ first_name | default(\\"\\") }}"}
}""",
            source_url="https://developer.salesforce.com/docs/marketing/marketing-cloud/guide/postEvent.html",
        ),
    ),
    limits=Limits(required=()),
    notes=(
        N_(
            "Choose the preset “Salesforce Marketing Cloud, v2” in step 2, and put your subdomain into both addresses."
        ),
    ),
    sources=(_PAGE,),
)
