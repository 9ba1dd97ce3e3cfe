"""SMS: a message becomes one frozen request, an answer becomes each recipient's part of it, a call becomes its items.

What differs between providers is declared in their files (``models.sms_dialect``); here is what is the same for all.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from urllib.parse import parse_qsl, urlsplit

from workbench.models.base import JsonValue
from workbench.models.callback import Callback, CallbackItem, DeliveryReport
from workbench.models.credential import Credential
from workbench.models.message import Message, Taken
from workbench.models.provider import Provider
from workbench.models.request import Failure, Headers, Outcome, Reply, Request, header
from workbench.models.sms_account import SmsSettings
from workbench.models.sms_dialect import SmsDialect
from workbench.sentence import Sentence

from .auth import Authorization, Opened
from .compose import CONTENT_TYPES, address_of, encoded
from .json_values import parsed_once
from .read import is_json, json_of, read
from .xml_values import xml_read


def dialect(provider: Provider) -> SmsDialect:
    """Return what the provider declares for texts. Raises LookupError where it sends none."""
    if provider.sms is None:
        raise LookupError(provider.key)
    return provider.sms


def values_of_account(settings: SmsSettings, credential: Credential, secrets: Opened) -> dict[str, str]:
    """Return an account's credential fields with their secrets opened, and its topic: what a dialect's functions are given."""
    return {**Authorization(credential, secrets).values, "topic": settings.topic}


def message_request(
    settings: SmsSettings,
    provider: Provider,
    credential: Credential,
    secrets: Opened,
    message: Message,
    *,
    token: str | None = None,
) -> Request:
    """Return the one frozen request that sends a message, signed at ``message.now``. Raises ValueError where it cannot be written (XML)."""
    batch = dialect(provider).batch if len(message.to) > 1 else ""
    endpoint, authorization = provider.endpoint(batch), Authorization(credential, secrets)
    values = values_of_account(settings, credential, secrets)
    headers: Headers = (("Content-Type", CONTENT_TYPES[endpoint.encoding]), *endpoint.headers)
    request = Request(
        method=endpoint.method,
        url=address_of(settings.url or endpoint.url, authorization.values),
        headers=headers + authorization.headers(token),
        body=encoded(dialect(provider).write(message, values), endpoint.encoding),
        provider=provider.key,
    )
    return authorization.signed(request, message.now)


def reading_request(
    url: str,
    provider: Provider,
    credential: Credential,
    secrets: Opened,
    now: datetime,
    *,
    names: Mapping[str, str] | None = None,
    token: str | None = None,
) -> Request:
    """Return a GET that only reads: a status call (``names``: ``message_id``), or the one that tries a credential."""
    authorization = Authorization(credential, secrets)
    request = Request(
        method="GET",
        url=address_of(url, {**authorization.values, **(names or {})}),
        headers=dialect(provider).status_headers + authorization.headers(token),
        provider=provider.key,
    )
    return authorization.signed(request, now)


def read_sent(
    provider: Provider, message: Message, answer: Reply | Failure, now: datetime
) -> tuple[Outcome, tuple[Taken, ...]]:
    """Return what became of the send, and each recipient's part: without an answer of 2xx nobody's message is known to be taken."""
    outcome = read(provider, answer, now)
    if isinstance(answer, Reply) and outcome.kind in ("accepted", "check_body"):
        taken = dialect(provider).read_sent(message, answer, tree_of(answer))
        if taken:
            return outcome, taken
    code = next((error.code for error in outcome.errors if error.code), "")
    words = "; ".join(error.message for error in outcome.errors)
    known = outcome.kind not in ("uncertain", "unconfirmed", "check_body", "accepted")
    return outcome, tuple(
        Taken(to=to, accepted=False, state="rejected" if known else "unknown", code=code or "", words=words)
        for to in message.to
    )


def tree_of(reply: Reply) -> JsonValue:
    """Return a reply's parsed body, JSON or XML; None where it is neither."""
    if "xml" in (reply.header("content-type") or "").lower() or reply.body.lstrip()[:1] == b"<":
        try:
            return xml_read(reply.body)
        except ValueError:
            return None
    found = json_of(reply)
    return found if is_json(found) else None


def read_status(provider: Provider, reply: Reply) -> tuple[DeliveryReport, ...]:
    """Return the reports in the answer of a status call; none where the provider has no such call or it says nothing.

    Only an answer of 2xx tells of a message: what another one says is of the call (Telesign's 401 has a status and a code as well).
    """
    reader = dialect(provider).read_status
    tree = tree_of(reply) if 200 <= reply.status < 300 else None
    return reader(tree) if reader is not None and tree is not None else ()


def callback_of(method: str, url: str, headers: Headers, body: bytes, at: datetime) -> Callback:
    """Return a call with its body parsed: by its Content-Type, else by how it begins. What cannot be read is ``unreadable``."""
    kind = (header(headers, "content-type") or "").partition(";")[0].strip().lower()
    pairs = tuple(parse_qsl(urlsplit(url).query, keep_blank_values=True)) if method == "GET" else ()
    base = {"method": method, "url": url, "headers": headers, "body": body, "at": at}
    if not body.strip():
        return Callback(**base, kind="form" if pairs else "empty", tree=dict(pairs) or None, pairs=pairs)
    try:
        text = body.decode("utf-8-sig")
        if kind == "application/x-www-form-urlencoded":
            pairs = tuple(parse_qsl(text, keep_blank_values=True, strict_parsing=False, errors="strict"))
            return Callback(**base, kind="form", tree=dict(pairs), pairs=pairs)
        if "xml" in kind or (not kind.endswith("json") and text.lstrip()[:1] == "<"):
            return Callback(**base, kind="xml", tree=xml_read(text))
        return Callback(**base, kind="json", tree=parsed_once(text))
    except (ValueError, RecursionError):
        return Callback(**base, kind="unreadable")


def proof(provider: Provider, callback: Callback, values: Mapping[str, str]) -> Sentence | None:
    """Return why a call is not genuine, or None: its signature fits, or the provider signs nothing."""
    prove = dialect(provider).prove
    return prove(callback, values) if prove is not None else None


def items_of(provider: Provider, callback: Callback) -> tuple[CallbackItem, ...]:
    """Return what a call says, in its order."""
    return dialect(provider).read_callback(callback)
