"""Fingerprint: two settings have the same one exactly when they would be sent and authorized alike."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from workbench.models.base import JsonValue
from workbench.models.integration import Settings

from .urls import host_of

IRRELEVANT = frozenset({"name", "allow_several", "channel"})
OF_THE_CALL: Mapping[str, frozenset[str]] = {"sendpulse": frozenset({"event"})}
"""Fields of a credential that say what is called and not who calls, by provider: one account, and one token, serves every event."""


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
    return _digest([settings.provider, settings.credential_kind, _credential(settings)])


def account_of(settings: Settings) -> str:
    """Return the name of the account whose pace these settings keep to: provider, host and credential, the last as a digest.

    Two integrations with the same provider, host and credential share one account, and so its limits. Where an account has an integration
    for each event, its secret was typed for each of them: there its mask stands for it (of an event's URL that is the account's number).
    """
    host = host_of(settings.url) if settings.url else ""
    if settings.provider not in OF_THE_CALL:
        return f"{settings.provider}:{host}:{credential_fingerprint(settings)}"
    known = {name: _hint(value) for name, value in _credential(settings).items()}
    return f"{settings.provider}:{host}:{_digest([settings.provider, settings.credential_kind, known])}"


def _credential(settings: Settings) -> dict[str, JsonValue]:
    """Return the credential's fields that say who calls."""
    fields: dict[str, JsonValue] = settings.model_dump(mode="json")["credential"]
    left_out = OF_THE_CALL.get(settings.provider, frozenset())
    return {name: value for name, value in fields.items() if name not in left_out}


def _hint(value: JsonValue) -> JsonValue:
    return value["hint"] if isinstance(value, dict) and "handle" in value else value


def _digest(document: object) -> str:
    text = json.dumps(document, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:16]
