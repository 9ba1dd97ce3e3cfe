"""Carrying an integration to another workbench: a document with a version and without secrets."""

from __future__ import annotations

from pydantic import ValidationError

from workbench.errors import Invalid, TooNew
from workbench.models.base import JsonValue, Problem, SecretRef
from workbench.models.integration import Integration, Settings
from workbench.providers import every
from workbench.sentence import say

FORMAT = "integration-workbench/integration"
VERSION = 1
WANTED = "$secret"


def portable(integration: Integration) -> dict[str, JsonValue]:
    """Return the document: each secret is replaced by ``{"$secret": PLACE}``; no handle and no mask leave the house."""
    settings = _without(integration.settings.model_dump(mode="json"), "")
    return {"format": FORMAT, "version": VERSION, "settings": settings}


def wanted_secrets(document: dict[str, JsonValue]) -> list[str]:
    """Return the places that want a secret, in the order of the document. Raises Invalid for a document that is not ours."""
    return _wanted(_settings(document))


def from_portable(document: dict[str, JsonValue], secrets: dict[str, SecretRef]) -> Settings:
    """Return the settings of a document, its places filled from ``secrets``; Invalid names every place that is still empty."""
    settings = _settings(document)
    missing = [place for place in _wanted(settings) if place not in secrets]
    if missing:
        raise Invalid(
            [
                Problem(
                    field=place,
                    sentence=say("This secret is not in the file. Type it for “{place}”.", place=place),
                )
                for place in missing
            ]
        )
    try:
        made = Settings.model_validate(_filled(settings, secrets))
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        sentence = say(
            "The file is not a valid integration: “{place}” cannot be read. Export it again.", place=place
        )
        raise Invalid([Problem(field=place or "file", sentence=sentence)]) from None
    if made.provider not in every():
        raise Invalid(
            [
                Problem(
                    field="provider",
                    sentence=say(
                        "The file names the provider “{key}”, which this workbench does not have.",
                        key=made.provider,
                    ),
                )
            ]
        )
    return made


def _settings(document: dict[str, JsonValue]) -> dict[str, JsonValue]:
    if document.get("format") != FORMAT or not isinstance(document.get("settings"), dict):
        raise Invalid(
            [
                Problem(
                    field="file", sentence=say("This file is not an exported integration of the workbench.")
                )
            ]
        )
    version = document.get("version")
    if not isinstance(version, int) or version > VERSION:
        raise TooNew(
            say(
                "The file has version {version}; this workbench reads up to {newest}. Update the workbench.",
                version=str(version),
                newest=VERSION,
            )
        )
    return dict(document["settings"])


def _is_ref(value: JsonValue) -> bool:
    return isinstance(value, dict) and "handle" in value and set(value) <= {"handle", "hint"}


def _without(value: JsonValue, place: str) -> JsonValue:
    if _is_ref(value):
        return {WANTED: place}
    if isinstance(value, dict):
        return {key: _without(item, f"{place}.{key}" if place else key) for key, item in value.items()}
    if isinstance(value, list):
        return [_without(item, f"{place}.{index}") for index, item in enumerate(value)]
    return value


def _wanted(value: JsonValue) -> list[str]:
    if isinstance(value, dict):
        if set(value) == {WANTED}:
            return [str(value[WANTED])]
        return [place for item in value.values() for place in _wanted(item)]
    if isinstance(value, list):
        return [place for item in value for place in _wanted(item)]
    return []


def _filled(value: JsonValue, secrets: dict[str, SecretRef]) -> JsonValue:
    if isinstance(value, dict):
        if set(value) == {WANTED}:
            return secrets[str(value[WANTED])].model_dump()
        return {key: _filled(item, secrets) for key, item in value.items()}
    if isinstance(value, list):
        return [_filled(item, secrets) for item in value]
    return value
