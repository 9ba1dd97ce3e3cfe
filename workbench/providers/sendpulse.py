"""SendPulse, events of Automation 360 (https://sendpulse.com/knowledge-base/email-service/automation360/send-events).

An event manager shows three tabs for an event: REST API POST (with a key), POST raw and POST form-data (without one; their URL is the
secret). What “form-data” means on the wire is not written: the official PHP class posts what ``http_build_query`` makes, Postman's
word means multipart. Both are here. The answers are those of the OpenAPI document and of the error codes' page; the event endpoints
themselves document none but ``{"result": true}``.
"""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field, StringConstraints

from workbench.models.base import SecretRef
from workbench.models.credential import (
    Auth,
    Credential,
    HeaderKey,
    NoAuthorization,
    OAuth2,
    Placement,
)
from workbench.models.event import EVENT_PAYLOAD
from workbench.models.pace import Rate
from workbench.models.payload import PayloadTemplate
from workbench.models.provider import Answer, Emulation, Endpoint, Limits, Provider, Reading, Requirement
from workbench.sentence import N_

_HOW = "https://sendpulse.com/knowledge-base/email-service/automation360/send-events"
_API = "https://sendpulse.com/integrations/api"


class NamedEvent(Credential):
    """The event's name, which is the last part of the address of the named event."""

    event: Annotated[
        str,
        StringConstraints(strip_whitespace=True, min_length=1, max_length=100),
        Field(
            title=N_("Event name"),
            description=N_("As it is called in SendPulse: Automation 360, Events Manager."),
            examples=["registration"],
        ),
    ]


class SendPulseKeys(OAuth2, NamedEvent):
    """Client id and secret, exchanged for a token that lives an hour; the vendor advises to renew it after 55 minutes."""

    label: ClassVar[str] = N_("ID and secret")
    about: ClassVar[str] = N_(
        "For REST API POST: the ID and secret of your account are exchanged for a token."
    )
    margin_s: ClassVar[float] = 300.0
    unstated_s: ClassVar[float] = 3300.0

    token_url: Annotated[
        str,
        Field(
            min_length=1,
            title=N_("Token URL"),
            description=N_("SendPulse's own; change it only for a server in between."),
            examples=["https://api.sendpulse.com/oauth/access_token"],
        ),
    ] = "https://api.sendpulse.com/oauth/access_token"  # noqa: S105 - an address, not a secret
    client_id: Annotated[
        str,
        Field(
            min_length=1,
            title=N_("ID"),
            description=N_("SendPulse: Account settings, tab API."),
            examples=["0123456789abcdef0123456789abcdef"],
        ),
    ]
    client_secret: Annotated[
        SecretRef,
        Field(title=N_("Secret"), description=N_("Below the ID, on the same tab.")),
    ]
    placement: Annotated[
        Placement,
        Field(title=N_("Where they go"), description=N_("SendPulse's token URL reads JSON.")),
    ] = "json"


class SendPulseApiKey(NamedEvent):
    """A long-lived key of the account, used as the Bearer value itself; an account has up to five of them."""

    kind: ClassVar[str] = "sendpulse_api_key"
    label: ClassVar[str] = N_("API key")
    about: ClassVar[str] = N_("For REST API POST: one key that does not run out and can be revoked.")
    auth: ClassVar[Auth] = HeaderKey(header="Authorization", value="Bearer {api_key}")

    api_key: Annotated[
        SecretRef,
        Field(
            title=N_("API key"),
            description=N_("SendPulse: Account settings, tab API. You can have up to five."),
        ),
    ]


class SendPulseEventUrl(Credential):
    """The URL of the event's tab: it needs no key, so it is one."""

    kind: ClassVar[str] = "sendpulse_event_url"
    label: ClassVar[str] = N_("Event URL")
    about: ClassVar[str] = N_(
        "For POST raw and POST form-data: whoever has this URL can fire the event, so it is kept like a key."
    )
    auth: ClassVar[Auth] = NoAuthorization()

    event_url: Annotated[
        SecretRef,
        Field(
            title=N_("Event URL"),
            description=N_(
                "SendPulse: Automation 360, Events Manager, your event, tab “POST raw” or “POST form-data”."
            ),
        ),
    ]


def _error(status: int, message: str, code: int) -> Answer:
    return Answer(status=status, body={"message": message, "error_code": code})


ACCEPTED = Answer(status=200, body={"result": True})
WHO = Requirement(paths=("email", "phone"), refusal=_error(422, "Either email or phone is required", 422))
"""“At least one of these two variables”. How the vendor refuses is not documented: the status is the one its specification has."""

STATUSES: tuple[tuple[int, str], ...] = (
    (400, N_("{provider} could not use this event (HTTP 400). Check its name, and that the variables have the declared types. {words}")),
    (401, N_("{provider} rejected the credentials (HTTP 401). Copy them anew from Account settings, tab API. {words}")),
    (403, N_("{provider} does not allow this (HTTP 403): the plan or the key's role has no events. Ask the account's owner. {words}")),
    (404, N_("{provider} knows no such event or address (HTTP 404). Compare its name or URL with the Events Manager. {words}")),
    (422, N_("{provider} found a value that it cannot take (HTTP 422). Correct the field that it names: email and phone are texts, "
             "automation_id is a number. {words}")),
    (429, N_("{provider} asks to slow down (HTTP 429): the account sent more than it may. Wait, or lower its pace. {words}")),
    (500, N_("{provider} has a fault of its own (HTTP {status}). Try again later; look at its status page if it lasts. {words}")),
)  # fmt: skip
"""Cause and next step by status (R-EVT-16); the meanings are those of the vendor's general table. 500 stands for every 5xx."""


def _tab(key: str, title: str, encoding: str) -> Endpoint:
    return Endpoint.model_validate(
        {
            "key": key,
            "title": title,
            "url": "{event_url}",
            "encoding": encoding,
            "accepted": ACCEPTED,
            "requirements": (WHO,),
        }
    )


PROVIDER = Provider(
    key="sendpulse",
    name="SendPulse",
    channel="event",
    about=N_("SendPulse, events that start a flow of Automation 360."),
    credentials=(SendPulseKeys, SendPulseApiKey, SendPulseEventUrl),
    endpoints=(
        Endpoint(
            key="rest",
            title=N_("REST API POST"),
            url="https://api.sendpulse.com/events/name/{event}",
            accepted=ACCEPTED,
            requirements=(WHO,),
        ),
        _tab("raw", N_("POST raw (JSON)"), "json"),
        _tab("form", N_("POST form-data (multipart)"), "multipart"),
        _tab("urlencoded", N_("POST form-data (urlencoded)"), "nested_form"),
    ),
    hosts=("api.sendpulse.com", "events.sendpulse.com"),
    reading=Reading(
        errors="$",
        code="error_code",
        refused_unless=("result", (True,)),
        confirmed=("result", True),
        statuses=STATUSES,
    ),
    emulation=Emulation(
        unauthorized=_error(401, "Unauthorized!", 401),
        malformed=_error(400, "Bad request", 400),
        throttled=_error(429, "Too many requests", 2020202020),
        server_error=_error(500, "Internal Server Error", 500),
    ),
    templates=(
        PayloadTemplate(
            id="sendpulse-event",
            name=N_("The whole event"),
            text=EVENT_PAYLOAD,
            notes=N_(
                "The body comes from the page Events, as its contract makes it; a test gives it as the variable “event”."
            ),
            source_url=_HOW,
        ),
        PayloadTemplate(
            id="sendpulse-variables",
            name=N_("Written by hand"),
            text="""{
  "email": "${User Identifier}",
  "first_name": "{{ first_name | default(\\"\\") }}",
  "number_of_items": "{{ number_of_items | default(0) }}",
  "campaign": "${dyCampaignName}"
}""",
            notes=N_(
                "For contacts with variables of their own. Choose the identifier type that “email” or “phone” wants."
            ),
            source_url=_HOW,
        ),
    ),
    limits=Limits(rates=(Rate(limit=10, per_s=1.0), Rate(limit=1000, per_s=60.0))),
    notes=(
        N_(
            "Choose the tab you use in SendPulse as the endpoint: REST API POST wants a key, the others want the event's URL."
        ),
        N_(
            "As form-data every value becomes a text: numbers, true (1) and false (0) lose their type, and automation_id too."
        ),
    ),
    sources=(_HOW, _API),
)
