"""ENVIRONMENTS IN WORDS: the table of three columns, the table of what changes, and what a secret is called."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import ipywidgets

from workbench.engine.promotion import leaves
from workbench.engine.secret_places import WANTED
from workbench.models.base import JsonValue
from workbench.models.environment import Change, EnvironmentName, EnvironmentSet, Variant
from workbench.providers import every
from workbench.sentence import N_, Sentence, say

from . import look
from .piece import Said, said
from .tables import table, table_markup

TITLES: Final[Mapping[EnvironmentName, str]] = {
    "dev": N_("dev"),
    "staging": N_("staging"),
    "prod": N_("prod"),
}
CHANGES: Final[Mapping[str, tuple[str, look.Kind]]] = {
    "changed": (N_("changed"), "warn"), "added": (N_("new"), "info"), "removed": (N_("goes away"), "warn"),
}  # fmt: skip


def side_by_side(found: EnvironmentSet, differences_only: bool) -> look.Html:
    """Return the table of all values, one column for each environment, with a word at each row that differs."""
    there = [one for one in found.variants if one.integration_id]
    values = {one.environment: leaves(one.definition) for one in there}
    rows = []
    for place in dict.fromkeys(place for one in values.values() for place in one):
        differs = _differs(
            [one.get(place) for one in values.values()], [place in one for one in values.values()]
        )
        blank = all(one.get(place) in ("", None, [], {}) for one in values.values())
        if differs or not (differences_only or blank):
            cells = [_cell(one, values[one.environment], place) for one in there]
            mark = look.badge(N_("differs"), "warn") if differs else look.Html("")
            rows.append([look.markup("<code>{place}</code> {mark}", place=place, mark=mark), *cells])
    columns = [N_("Place"), *(TITLES[one.environment] for one in there)]
    return table_markup(
        columns, rows, N_("Values side by side"), say("All environments have the same values.")
    )


def _differs(values: Sequence[JsonValue], present: Sequence[bool]) -> bool:
    """Return whether a row differs. Secrets are never compared here: what two environments share is warned of."""
    return not all(present) or any(value != values[0] for value in values)


def _cell(variant: Variant, values: Mapping[str, JsonValue], place: str) -> look.Html:
    if place not in values:
        return look.Html("–")
    value = values[place]
    if isinstance(value, dict) and set(value) == {WANTED}:
        name = str(value[WANTED])
        if name in variant.missing:
            return look.badge(N_("secret is missing"), "error")
        hint = variant.secrets.get(name, "")
        return look.markup(
            '{badge} <span class="wb-mono">{hint}</span>', badge=look.badge(N_("secret")), hint=hint
        )
    own = look.badge(N_("its own"), "info") if place in variant.own else look.Html("")
    return look.markup('<span class="wb-value">{text}</span> {own}', text=_text(value), own=own)


def changes_table(changes: Sequence[Change], caption: Said) -> ipywidgets.Widget:
    """Return the table of what changes, place by place; a secret shows as a word."""
    rows = [
        [
            look.markup("<code>{place}</code>", place=one.place),
            look.badge(*CHANGES[one.kind]),
            None if one.kind == "added" else _value(one.before),
            None if one.kind == "removed" else _value(one.after),
        ]
        for one in changes
        if one.kind != "added" or one.after not in ("", None, [], {})
    ]
    return table(
        [N_("Place"), N_("Change"), N_("Before"), N_("After")], rows, caption, N_("No value changes.")
    )


def _value(value: JsonValue) -> look.Html:
    return look.markup('<span class="wb-value">{text}</span>', text=_text(_veiled(value)))


def _veiled(value: JsonValue) -> JsonValue:
    """Return the value with a word where a secret belongs."""
    if isinstance(value, dict):
        if set(value) == {WANTED}:
            return said(N_("secret"))
        return {key: _veiled(inner) for key, inner in value.items()}
    return [_veiled(inner) for inner in value] if isinstance(value, list) else value


def _text(value: JsonValue) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def secret_name(definition: Mapping[str, JsonValue], place: str) -> Said:
    """Return what a person calls the secret at a place: its header, or its field's title in the provider's form."""
    first, _, rest = place.partition(".")
    if first == "headers":
        return say("Header {name}", name=rest)
    provider = every().get(str(definition.get("provider")))
    for credential in provider.credentials if provider else ():
        field = credential.model_fields.get(rest)
        if credential.kind == definition.get("credential_kind") and field is not None and field.title:
            return field.title
    return say("Secret {place}", place=place)


def usual_addresses(definition: Mapping[str, JsonValue]) -> set[str]:
    """Return the provider's own addresses, which serve all environments by nature."""
    provider = every().get(str(definition.get("provider")))
    return {endpoint.url for endpoint in provider.endpoints} if provider else set()


def options(found: EnvironmentSet) -> Iterator[tuple[str, str]]:
    """Give the environments that have an integration, to choose from."""
    for one in found.variants:
        if one.integration_id:
            yield one.environment, said(TITLES[one.environment])


def kept_line(places: Sequence[str], target: EnvironmentName) -> Sentence:
    """Return the sentence that says what an environment keeps."""
    return say("{environment} keeps its own: {places}.", environment=said(TITLES[target]), places=", ".join(places))  # fmt: skip
