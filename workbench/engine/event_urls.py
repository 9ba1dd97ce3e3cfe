"""Event addresses: the secret URL of an event's tab, the name of an event as one path segment, and a flow's id in its address.

The URL of the tabs “POST raw” and “POST form-data” needs no authorization: whoever has it can fire the event, so it is a secret, and
what is said of it shows its mask alone. The shape is the one of the vendor's samples (facts/events-sync-sms.md A1):
https://sendpulse.com/knowledge-base/email-service/automation360/send-events
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import SplitResult, quote, urlsplit

from workbench.models.base import JsonValue, Problem
from workbench.models.integration import Settings
from workbench.models.provider import Provider
from workbench.sentence import Sentence, say

from .auth import Opened, address_field
from .credential_shapes import is_placeholder, tidy_text
from .redact import MASK, hint_of
from .urls import LENGTH, is_private

HOST: Final = "events.sendpulse.com"
DOMAIN: Final = ".sendpulse.com"
NAME_LENGTH: Final = 100
"""Characters of an event's name: the vendor names no limit, so this one is ours."""

_SHAPE = re.compile(
    r"https://events\.sendpulse\.com/events/id/[0-9a-f]{32}(?:/\d+)?/?", re.ASCII | re.IGNORECASE
)
_NAMED = re.compile(r"/events/name/", re.IGNORECASE)
_FLOW = re.compile(r"/flow/id/([0-9]{1,18})(?![0-9])")
_UNSEEN = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060\ufeff]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_SECRET_PART: Final = 16
"""Characters from which a segment of a path is a secret of its own: a hash has 32."""


def check_event_url(
    text: str, *, local_test: bool = False, field: str = "credential.event_url"
) -> list[Problem]:
    """Return what is wrong with the pasted URL of an event's tab (R-EVT-14); no sentence repeats it.

    Refused: http, another host, ``user:password@``, a fragment, blanks. Another shape at the vendor's own host is a warning.
    ``local_test`` lets an address of this machine in, by http too.
    """
    url = tidy_text(text)
    wrong = _refused(url, local_test)
    if wrong is not None:
        return [Problem(field=field, sentence=wrong)]
    if _SHAPE.fullmatch(url) or _is_local(url, local_test):
        return []
    warning = say(
        "The event's URL ({value}) does not look like one of SendPulse's: those end with /events/id/, 32 digits or letters, and a number. "
        "Compare it with the tab “POST raw” or “POST form-data” of the event.",
        value=hint_of(url),
    )
    return [Problem(field=field, sentence=warning, level="warning")]


def _refused(url: str, local_test: bool) -> Sentence | None:
    if not url:
        return say(
            "The event's URL is empty. Copy it from the tab “POST raw” or “POST form-data” of the event."
        )
    if is_placeholder(url) or any(sign in url for sign in "<>{}"):
        return say(
            "The event's URL ({value}) only stands for the real one in a manual. Copy yours from the event's tab.",
            value=hint_of(url),
        )
    if _UNSEEN.search(url):
        return say(
            "The event's URL ({value}) holds a blank or another invisible character. Copy it again, without what stands around it.",
            value=hint_of(url),
        )
    if len(url) > LENGTH:
        return say(
            "The event's URL has {length} characters; at most {most} are allowed.",
            length=len(url),
            most=LENGTH,
        )
    parts = _split(url)
    if parts is None or not parts.hostname:
        return say(
            "The event's URL ({value}) cannot be read as an address. It starts with https://{host}/.",
            value=hint_of(url),
            host=HOST,
        )
    return _refused_parts(url, parts, local_test)


def _refused_parts(url: str, parts: SplitResult, local_test: bool) -> Sentence | None:
    host = (parts.hostname or "").lower().rstrip(".")
    if "@" in parts.netloc:
        return say(
            "The event's URL holds a user name or password before “@”. Remove them: the URL alone lets you in."
        )
    if "#" in url:
        return say("The event's URL holds a “#” part, which is never sent. Remove it.")
    if parts.scheme != "https" and not _is_local(url, local_test):
        return say(
            "The event's URL must start with https://, so that nobody on the way can read it. Yours starts with “{start}”.",
            start=f"{parts.scheme}:"[:12],
        )
    if _NAMED.search(parts.path) and host.endswith(DOMAIN):
        return say(
            "This is the address of the tab “REST API POST”, which needs a key. Copy the one of “POST raw” or “POST form-data”, "
            "or choose the endpoint “REST API POST” in step 1."
        )
    if host == HOST or host.endswith(DOMAIN) or _is_local(url, local_test):
        return None
    if is_private(host):
        return say(
            "“{host}” is an address inside a private network, which a provider never has. Switch on “Local test” if you mean it.",
            host=host[:80],
        )
    return say(
        "The event's URL leads to “{host}”, but SendPulse's are at {right}. Copy it from the event's tab; "
        "for a server of your own choose the provider “Custom endpoint”.",
        host=host[:80], right=HOST,
    )  # fmt: skip


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        return None if parts.port == 0 else parts
    except ValueError:
        return None


def _is_local(url: str, local_test: bool) -> bool:
    parts = _split(url)
    return (
        local_test
        and parts is not None
        and parts.scheme in ("http", "https")
        and is_private(parts.hostname or "")
    )


def check_address(settings: Settings, provider: Provider, secrets: Opened) -> list[Problem]:
    """Return what is wrong with the secret that is the whole address of the call; nothing where the address is no secret.

    ``secrets`` are the opened ones by handle; one that is not there is told elsewhere.
    """
    found = address_secret(settings, provider, secrets)
    if found is None:
        return []
    name, text = found
    return check_event_url(text, local_test=settings.local_test, field=f"credential.{name}")


def address_secret(settings: Settings, provider: Provider, secrets: Opened) -> tuple[str, str] | None:
    """Return the credential's field that is the whole address, and the address, trimmed; None where there is none or it is not open."""
    own = provider.endpoint(settings.endpoint).url
    try:
        name = address_field(settings.url or own, provider.credential(settings.credential_kind))
    except KeyError:
        return None
    name = name if own else ""  # a field of an address of one's own is a part of it
    handle = _handle(settings.credential.get(name)) if name else ""
    return (name, tidy_text(secrets[handle])) if name and handle in secrets else None


def trimmed(settings: Settings, provider: Provider, secrets: Opened) -> dict[str, str]:
    """Return the opened secrets with an address in them as it goes out: without the blanks that were pasted around it."""
    found = address_secret(settings, provider, secrets)
    return dict(secrets) if found is None else {**secrets, _handle(settings.credential[found[0]]): found[1]}


def _handle(value: JsonValue) -> str:
    return str(value.get("handle", "")) if isinstance(value, dict) else str(getattr(value, "handle", ""))


def masks_of(secret: str, hint: str) -> dict[str, str]:
    """Return what to show in place of a secret, by each text that gives it away.

    A secret that is an address keeps its host, and the hash in its path is masked by itself too: an answer may repeat that alone.
    """
    parts = _split(secret) if secret[:8].lower().startswith(("https://", "http://")) else None
    if parts is None or len(parts.path) < _SECRET_PART:
        return {secret: hint}
    segments = [segment for segment in parts.path.split("/") if len(segment) >= _SECRET_PART]
    spelled = [
        *segments,
        *map(str.lower, segments),
        *map(str.upper, segments),
    ]  # hexadecimal digits mean the same in either case
    return {**dict.fromkeys(spelled, MASK), secret: masked_address(secret)}


def masked_address(url: str) -> str:
    """Return an event's URL as it may be shown: ``https://events.sendpulse.com/events/id/**** 3663``."""
    parts = urlsplit(url)
    known = "/events/id/" if parts.path.startswith("/events/id/") else "/"
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{known}{hint_of(url)}"


def shared_with(url: str, others: Mapping[str, str]) -> str | None:
    """Return the name of another integration that has the same URL (``others``: name to URL), or None.

    One URL that serves test and production mixes their contacts: each event has one, so each environment needs an event of its own.
    """
    bare = tidy_text(url).rstrip("/").lower()
    return next(
        (name for name, other in others.items() if tidy_text(other).rstrip("/").lower() == bare), None
    )


def flow_id_of(text: str) -> int | None:
    """Return the flow's id in a pasted address: the digits after ``/flow/id/``; None where there are none (R-EVT-07)."""
    found = _FLOW.search(text)
    return int(found[1]) or None if found else None


def event_segment(name: str) -> str | Sentence:
    """Return an event's name as one encoded segment of a path, or why it cannot be one (R-EVT-04). Outer blanks are trimmed."""
    plain = name.strip()
    if not plain:
        return say("The event's name is empty. Copy it from SendPulse's Events Manager.")
    if _CONTROL.search(plain):
        return say("The event's name holds a line break or another invisible character. Type it again.")
    if len(plain) > NAME_LENGTH:
        return say(
            "The event's name has {length} characters; at most {most} are allowed.",
            length=len(plain),
            most=NAME_LENGTH,
        )
    if plain.strip(".") == "" and len(plain) <= 2:
        return say(
            "“{name}” cannot be an event's name: in an address it means another folder. Rename the event in SendPulse.",
            name=plain,
        )
    return quote(plain, safe="")
