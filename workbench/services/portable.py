"""Carrying an integration to another workbench: a document with a version and without secrets."""

from __future__ import annotations

from pydantic import ValidationError

from workbench.engine.secret_places import filled, wanted, without
from workbench.errors import Invalid, TooNew
from workbench.models.base import JsonValue, Problem, SecretRef
from workbench.models.integration import Integration, Settings
from workbench.providers import every
from workbench.sentence import say

FORMAT = "integration-workbench/integration"
VERSION = 1


def portable(integration: Integration) -> dict[str, JsonValue]:
    """Return the document: each secret is replaced by ``{"$secret": PLACE}``; no handle and no mask leave the house."""
    settings = without(integration.settings.model_dump(mode="json"))
    return {"format": FORMAT, "version": VERSION, "settings": settings}


def wanted_secrets(document: dict[str, JsonValue]) -> list[str]:
    """Return the places that want a secret, in the order of the document. Raises Invalid for a document that is not ours."""
    return list(wanted(_settings(document)))


def from_portable(document: dict[str, JsonValue], secrets: dict[str, SecretRef]) -> Settings:
    """Return the settings of a document, its places filled from ``secrets``; Invalid names every place that is still empty."""
    settings = _settings(document)
    missing = [place for place in wanted(settings) if place not in secrets]
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
        made = Settings.model_validate(filled(settings, secrets))
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


def check_version(version: JsonValue, newest: int) -> None:
    """Raise TooNew for a document of a version that this workbench does not read yet."""
    if not isinstance(version, int) or version > newest:
        raise TooNew(
            say(
                "The file has version {version}; this workbench reads up to {newest}. Update the workbench.",
                version=str(version),
                newest=newest,
            )
        )


def _settings(document: dict[str, JsonValue]) -> dict[str, JsonValue]:
    if document.get("format") != FORMAT or not isinstance(document.get("settings"), dict):
        raise Invalid(
            [
                Problem(
                    field="file", sentence=say("This file is not an exported integration of the workbench.")
                )
            ]
        )
    check_version(document.get("version"), VERSION)
    return dict(document["settings"])
