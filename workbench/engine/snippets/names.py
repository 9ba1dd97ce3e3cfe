"""NAMES: what the variables of a snippet are called: by provider and field, so that none is taken for one that a machine has already."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from workbench.models.base import JsonValue, SecretRef, is_ref
from workbench.models.credential import Credential
from workbench.models.integration import Settings

from .pieces import FORMS

ENDINGS: Final = {"_URL": "_ADDRESS"}
"""An ending that would say in which form a secret is wanted, and what stands in its place."""


@dataclass(frozen=True, slots=True)
class SecretName:
    """A secret's handle, the name of its variable without ``$``, and its title in the form."""

    handle: str
    name: str
    title: str
    hint: str = ""


def secret_names(settings: Settings, kind: type[Credential] | None = None) -> tuple[SecretName, ...]:
    """Return the names of an integration's secrets, each once, in the order of the form. ``kind`` is its credential's model."""
    found: dict[str, SecretName] = {}
    taken: set[str] = {token_name(settings.provider)}
    for ref, field, title in _secrets(settings, kind):
        if ref.handle not in found:
            name = _free(variable_name(settings.provider, field), taken)
            found[ref.handle] = SecretName(ref.handle, name, title, ref.hint)
    return tuple(found.values())


def token_name(provider: str) -> str:
    """Return the name of the variable that stands for a token."""
    return variable_name(provider, "access_token")


def variable_name(provider: str, field: str) -> str:
    """Return ``SENDPULSE_API_KEY`` for the field ``api_key`` of ``sendpulse``; what is no letter or digit is an underscore."""
    plain = re.sub(r"[^A-Z0-9]+", "_", f"{provider}_{field}".upper()).strip("_")
    name = plain if plain[:1].isalpha() else f"SECRET_{plain}".rstrip("_")
    suffix = next((suffix for suffix in FORMS if name.endswith(suffix)), "")
    return name.removesuffix(suffix) + ENDINGS.get(suffix, suffix + "_SECRET" if suffix else "")


def _secrets(settings: Settings, kind: type[Credential] | None) -> Iterator[tuple[SecretRef, str, str]]:
    for header in settings.headers:
        if isinstance(header.value, SecretRef):
            yield header.value, header.name, header.name
    fields = kind.model_fields if kind is not None else {}
    for field, value in settings.credential.items():
        title = (fields[field].title if field in fields else None) or field
        for ref, name in _refs(value, field):
            yield ref, name, title if name == field else name


def _refs(value: JsonValue | SecretRef, name: str) -> Iterator[tuple[SecretRef, str]]:
    """Yield the handles inside a plain document, each with the name of the pair that it is the value of."""
    if isinstance(value, SecretRef):
        yield value, name
    elif isinstance(value, Mapping):
        if is_ref(value):
            yield SecretRef.model_validate(value), name
            return
        inner = value.get("name")
        for item in value.values():
            yield from _refs(item, inner if isinstance(inner, str) else name)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _refs(item, name)


def _free(name: str, taken: set[str]) -> str:
    at, free = 2, name
    while free in taken:
        free, at = f"{name}_{at}", at + 1
    taken.add(free)
    return free
