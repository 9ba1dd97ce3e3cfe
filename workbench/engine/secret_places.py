"""SECRET PLACES: a plain document with its secrets taken out, place by place (``credential.api_key``), and put in again.

Where a handle stood, ``{"$secret": PLACE}`` says what belongs there: no handle and no mask leaves the house.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from workbench.models.base import JsonValue, SecretRef, is_ref

WANTED: Final = "$secret"


def without(value: JsonValue, place: str = "") -> JsonValue:
    """Return a document without its secrets; ``place`` is where it lies in a larger one."""
    if is_ref(value):
        return {WANTED: place}
    if isinstance(value, dict):
        return {key: without(inner, _inside(place, key)) for key, inner in value.items()}
    if isinstance(value, list):
        return [without(inner, f"{place}.{index}") for index, inner in enumerate(value)]
    return value


def wanted(value: JsonValue) -> tuple[str, ...]:
    """Return the places of a document that want a secret, in order."""
    if isinstance(value, dict):
        if set(value) == {WANTED}:
            return (str(value[WANTED]),)
        return tuple(place for inner in value.values() for place in wanted(inner))
    if isinstance(value, list):
        return tuple(place for inner in value for place in wanted(inner))
    return ()


def filled(value: JsonValue, secrets: Mapping[str, SecretRef]) -> JsonValue:
    """Return a document with its secrets' handles; KeyError for a place that has none."""
    if isinstance(value, dict):
        if set(value) == {WANTED}:
            return secrets[str(value[WANTED])].model_dump()
        return {key: filled(inner, secrets) for key, inner in value.items()}
    if isinstance(value, list):
        return [filled(inner, secrets) for inner in value]
    return value


def refs_in(value: JsonValue, place: str = "") -> Iterator[tuple[str, SecretRef]]:
    """Give the handles in a document, each with its place."""
    if is_ref(value):
        yield place, SecretRef.model_validate(value)
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from refs_in(inner, _inside(place, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from refs_in(inner, f"{place}.{index}")


def _inside(place: str, key: str) -> str:
    return f"{place}.{key}" if place else key
