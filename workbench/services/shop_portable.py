"""Carrying a shop to another workbench: a document with a version, without its key and its callback addresses."""

from __future__ import annotations

from typing import Final

from pydantic import ValidationError

from workbench.engine.secret_places import without
from workbench.errors import Invalid
from workbench.models.base import JsonValue, Problem
from workbench.models.shop import ShopSettings
from workbench.sentence import Sentence, say

from .portable import check_version

FORMAT: Final = "integration-workbench/shop"
VERSION: Final = 1


def portable_shop(settings: ShopSettings) -> dict[str, JsonValue]:
    """Return the document: where the key was, ``{"$secret": "api_key"}`` says so; no handle and no mask leaves the house."""
    return {"format": FORMAT, "version": VERSION, "settings": without(settings.model_dump(mode="json"))}


def loaded_shop(document: dict[str, JsonValue]) -> ShopSettings:
    """Return the settings of a document, without a key: a handle that somebody wrote into it is left out. Raises Invalid, TooNew."""
    settings = document.get("settings")
    if document.get("format") != FORMAT or not isinstance(settings, dict):
        raise _wrong("file", say("This file holds no exported shop of the workbench."))
    version = document.get("version")
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise _wrong("file", say("The file does not say its version. Export it again."))
    check_version(version, VERSION)
    try:
        return ShopSettings.model_validate({**settings, "api_key": None})
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(["settings", *(str(part) for part in first["loc"])])
        raise _wrong(
            place, say("The file cannot be read at “{place}”. Export it again.", place=place[:120])
        ) from None


def _wrong(field: str, sentence: Sentence) -> Invalid:
    return Invalid([Problem(field=field, sentence=sentence)])
