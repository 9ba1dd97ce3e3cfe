"""LISTING: how saved integrations and drafts are called and shown in a list."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from workbench.models.integration import Draft, Integration, Listed
from workbench.providers import every, platforms
from workbench.sentence import N_, Sentence, say

from . import look
from .language import when
from .piece import said
from .wizard.step import CHANNELS, TITLES

BADGES: Mapping[str, tuple[str, look.Kind]] = {
    "tested": (N_("Tested"), "ok"),
    "unconfirmed": (N_("Accepted, not confirmed"), "warn"),
    "failed": (N_("Test failed"), "error"),
    "untested": (N_("Not tested"), "quiet"),
    "changed": (N_("Changed since test"), "warn"),
}
COLUMNS: Sequence[Mapping[str, str]] = (
    {"key": "name", "label": N_("Name"), "kind": "strong"},
    {"key": "channel", "label": N_("Channel")},
    {"key": "provider", "label": N_("Provider")},
    {"key": "auth", "label": N_("Authorization"), "kind": "muted"},
    {"key": "badge", "label": N_("State")},
    {"key": "tested", "label": N_("Last test (UTC)"), "kind": "muted"},
)
UNIT_COLUMN: Mapping[str, str] = {"key": "unit", "label": N_("Unit"), "kind": "muted"}


def listed_row(item: Listed) -> dict[str, Any]:
    """Return a saved integration as a row of a list, with the columns of ``COLUMNS``."""
    settings, tested = item.integration.settings, item.integration.tested
    return {
        "id": item.integration.id,
        "name": settings.name,
        "channel": said(CHANNELS[settings.channel]),
        "provider": provider_name(settings.provider),
        "auth": said(auth_label(item.integration)),
        "badge": state_badge(item),
        "tested": when(tested.at) if tested else None,
        "unit": item.unit,
    }


def columns_for(listed: Iterable[Listed]) -> list[Mapping[str, str]]:
    """Return the columns of a list of integrations: whose they are too, where any belongs to a unit."""
    return [*COLUMNS, *([UNIT_COLUMN] if any(item.unit for item in listed) else [])]


def state_badge(item: Listed) -> dict[str, str]:
    """Return how an integration stands: a missing secret comes before everything else."""
    if item.missing_secrets:
        return {"text": said(N_("Needs a secret")), "kind": "warn"}
    text, kind = BADGES[item.badge]
    return {"text": said(text), "kind": kind}


def auth_label(integration: Integration) -> str:
    """Return the name of the way an integration is let in."""
    settings = integration.settings
    kinds = every()[settings.provider].credentials if settings.provider in every() else ()
    return next(
        (kind.label for kind in kinds if kind.kind == settings.credential_kind), settings.credential_kind
    )


def draft_name(draft: Draft) -> str:
    """Return what a list calls a draft."""
    return draft.settings.name or said(N_("Without a name yet"))


def draft_line(draft: Draft) -> Sentence:
    """Return what a draft is and where it stopped."""
    return say(
        "{provider}, at the step {step}, {at} UTC",
        provider=provider_name(draft.settings.provider),
        step=said(TITLES[draft.stage]),
        at=when(draft.updated_at),
    )


def provider_name(key: str | None) -> str:
    """Return the own name of a provider or of a shop's platform, or its key where this workbench has none of it."""
    found = every().get(key or "") or platforms().get(key or "")
    return said(found.name) if found else key or ""


def badge_markup(cell: Mapping[str, str] | None) -> look.Html | None:
    """Return the badge of a list's row as markup, for a table."""
    kinds: Mapping[str, look.Kind] = {"ok": "ok", "warn": "warn", "error": "error"}
    return look.badge(cell["text"], kinds.get(cell["kind"], "quiet")) if cell else None
