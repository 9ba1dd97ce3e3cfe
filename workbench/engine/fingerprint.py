"""Fingerprint: two settings have the same one exactly when they would be sent and authorized alike."""

from __future__ import annotations

import hashlib
import json

from workbench.models.integration import Settings

IRRELEVANT = frozenset({"name", "allow_several", "channel"})


def fingerprint(settings: Settings) -> str:
    """Return 16 hex digits over all that decides what goes out; a renamed integration keeps its fingerprint (R-ESP-30)."""
    document = settings.model_dump(mode="json", exclude=set(IRRELEVANT))
    return _digest(document)


def credential_fingerprint(settings: Settings) -> str:
    """Return 16 hex digits over what the token depends on: any change drops a cached token (R-ESP-17)."""
    return _digest(
        [settings.provider, settings.credential_kind, settings.model_dump(mode="json")["credential"]]
    )


def _digest(document: object) -> str:
    text = json.dumps(document, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:16]
