"""A provider is a value: one file declares it, and form, request, reading, stand-in and contract tests are derived from it."""

from __future__ import annotations

from typing import Literal

from .answer import Answer as Answer
from .base import JsonValue, Noun
from .credential import Credential
from .pace import Rate
from .payload import PayloadTemplate
from .request import Headers
from .sms_dialect import SmsDialect

Channel = Literal["email", "sms", "app_push", "web_push", "event"]
Encoding = Literal["json", "form", "xml", "multipart", "nested_form"]
"""``form`` repeats a list's key (Twilio, Mailgun), ``nested_form`` writes ``products[0][id]`` as PHP does; ``multipart`` likewise."""


class Requirement(Noun):
    """What the vendor checks before it takes a message, and how it refuses.

    ``paths``: at least one of them must hold a value that is not empty; a rule ``email`` also wants a plausible address there;
    ``most`` limits the number of elements.
    """

    paths: tuple[str, ...]
    refusal: Answer
    rule: Literal["present", "email", "address"] = "present"
    most: int | None = None


class Endpoint(Noun):
    """One call of the vendor's API. ``url`` names credential fields in braces (``https://{host}/v3/{domain}/messages``).

    ``idempotency_header`` names the header in which the vendor documents that it takes an id and takes each id only once.
    """

    key: str
    title: str
    url: str
    encoding: Encoding = "json"
    method: str = "POST"
    headers: Headers = ()
    idempotency_header: str = ""
    accepted: Answer
    requirements: tuple[Requirement, ...] = ()


class Reading(Noun):
    """Where a reply holds what: paths (``results.id``, ``[].MessageID``) or ``header:NAME``.

    ``errors`` leads to one error or a list of them; ``message``, ``field`` and ``code`` are paths inside each, ``more`` to further words.
    ``words`` are paths of an error's words in answers of another shape. ``inner`` names the member of a body whose text is JSON: it is
    read in the body's place (a custom channel's ``response``).
    ``refused_unless`` names a path and the values it may have when the HTTP status already says yes (Postmark's ``ErrorCode``).
    ``confirmed`` names a path and the one value that means yes: a 2xx without it is accepted, but not confirmed (SendPulse's ``result``).
    ``statuses`` are sentences for a refusal's status (cause and next step; 500 for every 5xx); they may name ``{provider}``,
    ``{status}`` and ``{words}``.
    """

    ids: tuple[str, ...] = ()
    errors: str = ""
    message: str = "message"
    more: str = "description"
    field: str = ""
    code: str = ""
    words: tuple[str, ...] = ()
    inner: str = ""
    refused_unless: tuple[str, tuple[JsonValue, ...]] | None = None
    confirmed: tuple[str, JsonValue] | None = None
    statuses: tuple[tuple[int, str], ...] = ()
    throttled: tuple[int, ...] = (429,)
    retry_after: tuple[str, ...] = ("header:Retry-After",)
    reset_at: tuple[str, ...] = ()


class Emulation(Noun):
    """How the stand-in refuses: without the right key, with a body it cannot read, when throttled, when broken."""

    unauthorized: Answer
    malformed: Answer
    throttled: Answer
    server_error: Answer = Answer(status=500, body={"message": "Internal Server Error"})


class Limits(Noun):
    """What the vendor allows in one call, for the checks before sending. Sizes in bytes; None where nothing is documented.

    ``rates`` are the windows in which it counts an account's calls; a person's setting and the account's own answers go before them.
    """

    body_bytes: int | None = None
    recipients: int | None = None
    recipients_path: str = ""
    depth: int | None = None
    properties: int | None = None
    properties_path: str = ""
    field_bytes: int | None = None
    array_items: int | None = None
    required: tuple[str, ...] = ()
    rates: tuple[Rate, ...] = ()


class Provider(Noun):
    """One provider. ``hosts`` are the names the rehearsal stands in for (``*`` matches one label); ``sms`` what only texts have."""

    key: str
    name: str
    channel: Channel
    about: str
    credentials: tuple[type[Credential], ...]
    endpoints: tuple[Endpoint, ...]
    hosts: tuple[str, ...]
    reading: Reading
    emulation: Emulation
    templates: tuple[PayloadTemplate, ...] = ()
    limits: Limits = Limits()
    notes: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    sms: SmsDialect | None = None

    def endpoint(self, key: str = "") -> Endpoint:
        """Return the endpoint ``key``, or the first one."""
        return next((endpoint for endpoint in self.endpoints if endpoint.key == key), self.endpoints[0])

    def credential(self, kind: str) -> type[Credential]:
        """Return the credential model of ``kind``; KeyError where the provider has none of that kind."""
        for credential in self.credentials:
            if credential.kind == kind:
                return credential
        raise KeyError(kind)
