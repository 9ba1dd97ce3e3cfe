"""GATE READING: a gate's settings made of what a form holds, and what cannot be read, by the field of the form."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from pydantic import ValidationError

from workbench.models.base import JsonValue, Problem, SecretRef
from workbench.models.gate import GateSettings
from workbench.sentence import Sentence, say

from .gate_endpoint import wrong
from .wording import worded

__all__ = ["read_settings", "secrets_of", "tidy_gate"]

_TAGS = frozenset(
    {"check_consent", "add_code", "tag", "set_property", "call_endpoint", "comparison", "all", "any", "not"}
)


def read_settings(document: Mapping[str, JsonValue]) -> tuple[GateSettings | None, list[Problem]]:
    """Return the settings of a form's document; or None with what cannot be read, by field. No value is repeated in a sentence."""
    try:
        return tidy_gate(GateSettings.model_validate(document)), []
    except ValidationError as error:
        found: dict[str, Problem] = {}
        for item in error.errors(include_url=False, include_input=False):
            path = _path(item["loc"])
            found.setdefault(path, wrong(path, _worded(item["type"], item.get("ctx", {}))))
        return None, list(found.values())


def tidy_gate(settings: GateSettings) -> GateSettings:
    """Return the settings with outer blanks trimmed where they mean nothing, and empty lines left out."""
    return settings.model_copy(
        update={
            "name": settings.name.strip(),
            "key": settings.key.strip(),
            "header": settings.header.strip(),
            "queue_url": settings.queue_url.strip(),
            "queue_region": settings.queue_region.strip(),
            "source_ips": tuple(one.strip() for one in settings.source_ips if one.strip()),
            "hosts": tuple(one.strip().lower() for one in settings.hosts if one.strip()),
        }
    )


def _path(where: Iterable[int | str]) -> str:
    """Return pydantic's place as the path of a form's field: the names of union members are no part of it."""
    parts = [str(part) for part in where]
    kept = [
        part for at, part in enumerate(parts)
        if not ((part in _TAGS and at and parts[at - 1] in ("does", "when", "of")) or _follows_of(parts, at))
        and part not in ("SecretRef", "str")
    ]  # fmt: skip
    return ".".join(kept)


def _follows_of(parts: Sequence[str], at: int) -> bool:
    return parts[at] in _TAGS and at > 1 and parts[at - 1].isdigit() and parts[at - 2] == "of"


def _worded(kind: str, context: Mapping[str, JsonValue]) -> Sentence:
    if kind == "string_pattern_mismatch":
        return say(
            "Use 1 to 40 small letters, digits, hyphens and underscores, and begin with a letter or a digit."
        )
    return worded(kind, {} if kind in ("literal_error", "union_tag_invalid") else context)


def secrets_of(settings: GateSettings) -> list[SecretRef]:
    """Return every secret that the settings refer to."""
    found: list[SecretRef | str | None] = [
        settings.password, settings.header_value, settings.secret_access_key, settings.account_token, settings.write_back.token,
        *(check.header_value for check in settings.live_checks),
    ]  # fmt: skip
    return [ref for ref in found if isinstance(ref, SecretRef)]
