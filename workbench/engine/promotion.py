"""PROMOTION: settings as a definition without secrets, two definitions side by side, and what one environment takes over from another.

A definition is written so that it reads and diffs well in git: keys in order, headers by name, the payload line by line, and no id, time,
handle or mask in it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Final

from workbench.errors import Refused
from workbench.models.base import JsonValue, SecretRef
from workbench.models.environment import Change
from workbench.models.integration import Settings
from workbench.sentence import say

from .diff import differences
from .secret_places import WANTED, filled, refs_in, wanted, without
from .strict_json import clip

OWN: Final = ("name", "url", "local_test")
"""Places that belong to each environment; besides these, every plain field of the credential."""

Definition = dict[str, JsonValue]


def definition_of(settings: Settings) -> Definition:
    """Return the settings without any secret: ``{"$secret": PLACE}`` stands in its place."""
    document = settings.model_dump(mode="json")
    document["headers"] = {header["name"]: header["value"] for header in document["headers"]}
    document["payload"] = str(document["payload"]).split("\n")
    return {name: without(document[name], name) for name in sorted(document)}


def secrets_of(settings: Settings) -> dict[str, SecretRef]:
    """Return the secrets' handles by their places."""
    document = settings.model_dump(mode="json")
    document["headers"] = {header["name"]: header["value"] for header in document["headers"]}
    return dict(refs_in(document))


def settings_of(definition: Mapping[str, JsonValue], secrets: Mapping[str, SecretRef]) -> Settings:
    """Return the settings of a definition. Raises Refused for a place whose secret is not given."""
    missing = [place for place in wanted(dict(definition)) if place not in secrets]
    if missing:
        raise Refused(
            say("The secret at “{place}” is missing. Type it for this environment.", place=clip(missing[0]))
        )
    document = {name: filled(value, secrets) for name, value in definition.items()}
    headers = document.get("headers", {})
    document["headers"] = [{"name": name, "value": value} for name, value in headers.items()]
    document["payload"] = "\n".join(document.get("payload", []))
    return Settings.model_validate(document)


def promoted(
    source: Definition, target: Definition | None, own: Mapping[str, JsonValue]
) -> tuple[Definition, tuple[str, ...]]:
    """Return what the target becomes, and the places at which it keeps its own value.

    The structure is the source's: payload, headers, kinds, limits. The target keeps its name, address and plain credential fields where
    it has them, and every value in ``own``. Secrets are the caller's concern: their places are the source's.
    """
    made: Definition = json.loads(json.dumps(source))
    kept: list[str] = []
    before = plain_values(target or {})
    for place in plain_values(made):
        if is_own(place) and place in before:
            put(made, place, before[place])
            kept.append(place)
    for place, value in own.items():
        if put(made, place, value) and place not in kept:
            kept.append(place)
    return made, tuple(kept)


def is_own(place: str) -> bool:
    """Return whether a place belongs to each environment by its nature."""
    return place in OWN or place.startswith("credential.")


def plain_values(definition: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """Return the plain values of a definition by place: the fields of its first level, the credential's, and the headers'."""
    found: dict[str, JsonValue] = {}
    for name, value in definition.items():
        if name in ("credential", "headers") and isinstance(value, dict):
            found |= {f"{name}.{inner}": plain for inner, plain in value.items() if not wanted(plain)}
        elif name != "payload":
            found[name] = value
    return found


def put(definition: Definition, place: str, value: JsonValue) -> bool:
    """Set the value at a place of ``plain_values``, in place; False where the definition has no such place (any more)."""
    if place not in plain_values(definition):
        return False
    first, _, rest = place.partition(".")
    if rest and first in ("credential", "headers"):
        definition[first] = {**definition[first], rest: value}
    else:
        definition[first] = value
    return True


def changes(before: Mapping[str, JsonValue] | None, after: Mapping[str, JsonValue]) -> tuple[Change, ...]:
    """Return every place where two definitions differ, the payload's inside of its JSON; all of ``after`` where there is no ``before``."""
    first, second = _in_depth(before or {}), _in_depth(after)
    return tuple(
        Change(place=one.path, kind=one.kind, before=one.before, after=one.after, own=is_own(one.path))
        for one in differences(first, second)
    )


def leaves(definition: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """Return every single value of a definition by place, the payload's inside of its JSON; a secret's is ``{"$secret": PLACE}``."""
    return dict(_leaves(_in_depth(definition), ""))


def _leaves(value: JsonValue, place: str) -> Iterator[tuple[str, JsonValue]]:
    if isinstance(value, dict) and value and set(value) != {WANTED}:
        for key, inner in value.items():
            yield from _leaves(inner, f"{place}.{key}" if place else str(key))
    elif isinstance(value, list) and value:
        for index, inner in enumerate(value):
            yield from _leaves(inner, f"{place}[{index}]")
    else:
        yield place, value


def text_of(definition: Mapping[str, JsonValue]) -> str:
    """Return a definition as the text of a file, the same for the same definition."""
    return json.dumps(definition, ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def _in_depth(definition: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """Return a definition with its payload parsed, so that a moved brace is no difference."""
    found = dict(definition)
    lines = found.get("payload")
    if isinstance(lines, list):
        try:
            found["payload"] = json.loads("\n".join(str(line) for line in lines))
        except (ValueError, RecursionError):
            found["payload"] = lines
    return found
