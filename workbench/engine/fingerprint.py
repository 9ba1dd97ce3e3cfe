"""Fingerprint: two settings have the same one exactly when they would be sent and authorized alike."""

from __future__ import annotations

import hashlib
import json

from workbench.models.integration import Settings

from .urls import host_of

IRRELEVANT = frozenset({"name", "allow_several", "channel"})


def fingerprint(settings: Settings) -> str:
    """Return 16 hex digits over all that decides what goes out; a renamed integration keeps its fingerprint (R-ESP-30)."""
    document = settings.model_dump(mode="json", exclude=set(IRRELEVANT))
    if not document["idempotency_header"]:
        del document[
            "idempotency_header"
        ]  # so that what was saved before there was one keeps its fingerprint
    return _digest(document)


def credential_fingerprint(settings: Settings) -> str:
    """Return 16 hex digits over what the token depends on: any change drops a cached token (R-ESP-17)."""
    return _digest(
        [settings.provider, settings.credential_kind, settings.model_dump(mode="json")["credential"]]
    )


def account_of(settings: Settings) -> str:
    """Return the name of the account whose pace these settings keep to: provider, host and credential, the last as a digest.

    Two integrations with the same provider, host and credential share one account, and so its limits.
    """
    host = host_of(settings.url) if settings.url else ""
    return f"{settings.provider}:{host}:{credential_fingerprint(settings)}"


def _digest(document: object) -> str:
    text = json.dumps(document, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:16]
