"""PUSH SUBSCRIPTION: whether what a browser gave can be written to, and what our registration lines report of it.

The platform's script takes a subscription only with a text ``endpoint`` and non-empty ``keys.p256dh`` and ``keys.auth``, and drops any
other without a word. Lengths: https://datatracker.ietf.org/doc/html/rfc8291#section-3.1
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from workbench.models.base import JsonValue
from workbench.models.push import PushFinding, PushSettings, PushSubscription
from workbench.sentence import Sentence, say

from .push_checks import address, check_push, finding
from .redact import MASK
from .vapid import base64url, on_curve, vapid_key

SERVICES: Final = (
    "fcm.googleapis.com", "push.services.mozilla.com", "notify.windows.com", "push.apple.com",
)  # fmt: skip
"""Hosts of the browsers' own push services, or what they end in."""
AUTH_BYTES: Final = 16
MOST: Final = 20_000
REPORTED: Final = ("page", "worker", "scope", "state", "permission", "renewed", "error")
_WHY: Final[Mapping[str, Sentence]] = {
    "NotAllowedError": say("Notifications are not allowed on this page. Allow them beside the browser's address field, and try again."),
    "AbortError": say("The browser could not reach its push service. A firewall or a private window may keep it away; try again."),
    "InvalidStateError": say("The browser holds a subscription for another key. End it there (unsubscribe), and subscribe again."),
    "InvalidAccessError": say("The browser does not take the VAPID public key. Check it above."),
    "InvalidCharacterError": say("The VAPID public key cannot be read by the browser. Check it above."),
    "SecurityError": say(
        "The browser refuses the worker: it must come from the page's own address, and its scope must lie in the worker's folder."
    ),
    "TypeError": say("The browser could not load the worker as JavaScript. Look whether its address opens, and with which Content-Type."),
}  # fmt: skip


def read_subscription(text: str, now: datetime, settings: PushSettings | None = None) -> PushSubscription:
    """Return what is right and wrong with a subscription, or with the report of our registration lines; nothing secret is in it."""
    value = _parsed(text)
    if not isinstance(value, dict):
        return PushSubscription(findings=(finding("form", "subscription", "error", say(
            "This is no subscription. Paste what JSON.stringify(subscription) gives, or the report of webPush.subscribe()."
        )),))  # fmt: skip
    reported = value.get("report") == "web-push"
    told = list(_reported(value, settings)) if reported else []
    inner = value.get("subscription") if reported else value
    if reported and inner is None:
        found = tuple(told) or (finding("worker", "report", "error", _nothing()),)
        return PushSubscription(findings=found, report=_kept(value))
    if not isinstance(inner, dict):
        inner = {}
    found = (*told, *_checked(inner, now, settings))
    return _shown(inner, found, _kept(value) if reported else None)


def _parsed(text: str) -> JsonValue:
    if len(text) > MOST:
        return None
    try:
        value = json.loads(text)
        return json.loads(value) if isinstance(value, str) else value  # a text that was made a text once more
    except (ValueError, RecursionError):
        return None


def _checked(value: Mapping[str, Any], now: datetime, settings: PushSettings | None) -> Iterator[PushFinding]:
    yield _endpoint(value.get("endpoint"))
    keys = value.get("keys")
    if not isinstance(keys, dict):
        yield finding("keys", "keys", "error", say(
            "The subscription has no keys, so no message can be encrypted for it. Pass it on with subscription.toJSON(), keys and all."
        ))  # fmt: skip
        return
    yield _p256dh(keys.get("p256dh"), settings)
    yield _auth(keys.get("auth"))
    expires = value.get("expirationTime")
    if expires is None:
        return
    if not isinstance(expires, (int, float)) or isinstance(expires, bool):
        yield finding(
            "expires", "expirationTime", "warning", say("The time of expiry is no number of milliseconds.")
        )
    elif expires <= now.timestamp() * 1000:
        yield finding(
            "expires",
            "expirationTime",
            "error",
            say("The subscription has expired. Let the browser subscribe again."),
        )
    else:
        yield finding(
            "expires",
            "expirationTime",
            "note",
            say("The browser will end this subscription by itself; renew it before."),
        )


def _endpoint(value: Any) -> PushFinding:
    parts = address(value) if isinstance(value, str) else None
    if parts is None or not parts.hostname:
        return finding("endpoint", "endpoint", "error", say(
            "The subscription has no endpoint: the platform's script drops it without a word. Let the browser subscribe again."
        ))  # fmt: skip
    if parts.scheme != "https":
        return finding(
            "endpoint",
            "endpoint",
            "error",
            say("The endpoint does not begin with https://; no browser gives such a one."),
        )
    if not any(parts.hostname == one or parts.hostname.endswith(f".{one}") for one in SERVICES):
        return finding("endpoint", "endpoint", "warning", say(
            "The endpoint is on {host}, which is none of the push services that the known browsers use.", host=parts.hostname
        ))  # fmt: skip
    return finding(
        "endpoint",
        "endpoint",
        "ok",
        say("The endpoint is on {host}, a browser's push service.", host=parts.hostname),
    )


def _p256dh(value: Any, settings: PushSettings | None) -> PushFinding:
    if not isinstance(value, str) or not value:
        return finding("p256dh", "keys.p256dh", "error", say(
            "keys.p256dh is missing: the platform's script drops the subscription without a word. Let the browser subscribe again."
        ))  # fmt: skip
    key = base64url(value)
    if key is None or not on_curve(key):
        return finding("p256dh", "keys.p256dh", "error", say(
            "keys.p256dh is no key of 65 bytes on the curve P-256, so no message can be encrypted for it. Copy the subscription whole."
        ))  # fmt: skip
    own = vapid_key(settings.vapid_public_key).point if settings else None
    if own == key:
        return finding("p256dh", "keys.p256dh", "error", say(
            "keys.p256dh is your own VAPID key. It must be the one that the browser made for this subscription."
        ))  # fmt: skip
    return finding("p256dh", "keys.p256dh", "ok", say("keys.p256dh is a key on the curve P-256."))


def _auth(value: Any) -> PushFinding:
    if not isinstance(value, str) or not value:
        return finding("auth", "keys.auth", "error", say(
            "keys.auth is missing: the platform's script drops the subscription without a word. Let the browser subscribe again."
        ))  # fmt: skip
    secret = base64url(value)
    if secret is None or len(secret) != AUTH_BYTES:
        return finding("auth", "keys.auth", "error", say(
            "keys.auth must have {want} bytes and has {bytes}. Copy the subscription whole.", want=AUTH_BYTES, bytes=len(secret or b"")
        ))  # fmt: skip
    return finding("auth", "keys.auth", "ok", say("keys.auth has its 16 bytes."))


def _reported(value: Mapping[str, Any], settings: PushSettings | None) -> Iterator[PushFinding]:
    """Return what the browser said of itself, beside what was wanted."""
    error = value.get("error")
    if error:
        kind, _, rest = str(error).partition(":")
        # Chromium calls a worker that is sent as another kind of file a breach of security
        known = _WHY.get("TypeError" if "mime type" in rest.lower() else kind.strip())
        yield finding(
            "error",
            "report",
            "error",
            known or say("The browser said: {words}.", words=rest.strip()[:200] or kind[:200]),
        )
    worker, scope, state = (str(value.get(name) or "") for name in ("worker", "scope", "state"))
    if worker and state == "activated":
        yield finding(
            "worker", "report", "ok", say("The browser runs the worker, for {scope}.", scope=_path(scope))
        )
    elif not error:
        yield finding("worker", "report", "error", _nothing())
    if settings is not None and worker:
        yield from _as_wanted(worker, scope, settings)
    permission = value.get("permission")
    if permission == "denied":
        yield finding("permission", "report", "error", _WHY["NotAllowedError"])
    if value.get("renewed") is True:
        yield finding("renewed", "report", "note", say(
            "There was a subscription for another key; it was ended, and a new one made. The platform has to hear of the new one."
        ))  # fmt: skip


def _as_wanted(worker: str, scope: str, settings: PushSettings) -> Iterator[PushFinding]:
    wanted = check_push(settings)
    for key, came, want, words in (
        ("worker_url", worker, wanted.worker, say("The browser runs {came}; {want} was wanted.", came=worker[:200], want=wanted.worker)),
        ("scope", scope, wanted.scope, say("The browser's scope is {came}; {want} was wanted.", came=scope[:200], want=wanted.scope)),
    ):  # fmt: skip
        if want and came != want:
            yield finding(key, key, "error", words)


def _shown(
    value: Mapping[str, Any], findings: tuple[PushFinding, ...], report: JsonValue
) -> PushSubscription:
    parts = address(str(value.get("endpoint") or ""))
    keys = value.get("keys")
    lengths = {
        name: len(base64url(str(keys.get(name) or "")) or b"") if isinstance(keys, dict) else 0
        for name in ("p256dh", "auth")
    }
    expires = value.get("expirationTime")
    at = ""
    if (
        isinstance(expires, (int, float))
        and not isinstance(expires, bool)
        and 0 < expires < 32_503_680_000_000
    ):
        at = datetime.fromtimestamp(expires / 1000, UTC).isoformat(timespec="seconds")
    host = (parts.hostname if parts else None) or ""
    return PushSubscription(
        service=host, endpoint=f"{parts.scheme}://{host}/{MASK}" if parts and host else "", p256dh=lengths["p256dh"], auth=lengths["auth"],
        expires=at, findings=findings, report=report,
    )  # fmt: skip


def _kept(value: Mapping[str, Any]) -> JsonValue:
    """Return what may be kept of a report: the subscription is not in it."""
    return {
        name: value[name] if isinstance(value[name], bool) else str(value[name])[:300]
        for name in REPORTED
        if name in value
    }


def _path(url: str) -> str:
    parts = address(url)
    return (parts.path if parts else "") or url[:200]


def _nothing() -> Sentence:
    return say(
        "The browser runs no worker. Put the file where the settings say, open the page again, and paste the new report."
    )
