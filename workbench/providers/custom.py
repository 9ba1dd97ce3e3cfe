"""Any endpoint that takes JSON over HTTPS: the integration of Dynamic Yield Reconnect's wizard.

https://support.dynamicyield.com/hc/en-us/articles/14836053508765-Reconnect-Email-Integration
"""

from __future__ import annotations

from workbench.models.credential import BasicAuth, NoAuth, OAuth2
from workbench.models.payload import PayloadTemplate
from workbench.models.provider import Answer, Emulation, Endpoint, Provider, Reading
from workbench.sentence import N_

PROVIDER = Provider(
    key="custom",
    name="Custom endpoint",
    channel="email",
    about=N_("Any endpoint that takes JSON: type its address, headers and credentials."),
    credentials=(NoAuth, BasicAuth, OAuth2),
    endpoints=(
        Endpoint(
            key="post",
            title=N_("HTTP Post URL"),
            url="",
            accepted=Answer(
                status=202,
                headers=(("X-Message-Id", "{{ id }}"),),
                body={
                    "status": "accepted",
                    "id": "{{ id }}",
                    "answered_by": "integration workbench rehearsal",
                },
            ),
        ),
    ),
    hosts=("*",),
    reading=Reading(ids=("id", "messageId", "message_id", "header:X-Message-Id"), errors="errors"),
    emulation=Emulation(
        unauthorized=Answer(
            status=401, body={"error": "unauthorized", "message": "The credentials are missing or wrong."}
        ),
        malformed=Answer(
            status=400, body={"error": "bad_request", "message": "The body is not a JSON object."}
        ),
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
