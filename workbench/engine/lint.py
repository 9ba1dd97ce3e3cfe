"""Lint: what a provider would refuse, or a marketer would regret, in a payload that is otherwise fine (R-ESP-23, R-ESP-24)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from workbench.models.base import JsonValue, Problem
from workbench.models.integration import IdentifierType
from workbench.models.provider import Limits, Provider
from workbench.sentence import Sentence, say

from .paths import find, first
from .template import Template

FIELD = "payload"


def lint(
    provider: Provider,
    template: Template,
    tree: JsonValue,
    size: int,
    values: Mapping[str, JsonValue],
    kind: IdentifierType,
) -> tuple[Problem, ...]:
    """Return warnings and notes on a composed payload: ``tree`` as it goes out, of ``size`` bytes, filled with ``values``."""
    found = [*_identifier(template, kind), *_limits(provider.name, provider.limits, tree, size)]
    if "YOUR_" in str(tree):
        found.append(
            _warn(
                say(
                    "The payload still holds a placeholder that starts with YOUR_. Replace it by your own value."
                )
            )
        )
    empty = sorted({slot.key for slot in template.empty_slots(values)})
    if empty:
        found.append(
            Problem(field=FIELD, level="note", sentence=say(
                "Empty for this contact, and sent as empty values: {names}. Your provider's template must handle them.",
                names=", ".join(empty),
            ))
        )  # fmt: skip
    return tuple(found)


def _identifier(template: Template, kind: IdentifierType) -> Iterator[Problem]:
    kinds = {slot.kind for slot in template.slots}
    keys = {slot.key for slot in template.slots}
    if any(slot.whole and not slot.path for slot in template.slots):
        return  # the payload is one slot: the whole body comes from elsewhere, and names its recipient there
    if "identifier" not in kinds and kind.key not in keys:
        yield _warn(
            say(
                "The payload has no ${{User Identifier}}: everybody would get the same address. Put it where the recipient belongs."
            )
        )


def _limits(name: str, limits: Limits, tree: JsonValue, size: int) -> Iterator[Problem]:
    if limits.body_bytes is not None and size > limits.body_bytes:
        yield _warn(
            say(
                "The payload has {size} bytes; {provider} takes at most {most}.",
                size=size,
                provider=name,
                most=limits.body_bytes,
            )
        )
    recipients = first(tree, limits.recipients_path) if limits.recipients_path else None
    if limits.recipients is not None and isinstance(recipients, list) and len(recipients) > limits.recipients:
        yield _warn(say("The payload has {count} recipients; {provider} takes at most {most} in one call.",
                        count=len(recipients), provider=name, most=limits.recipients))  # fmt: skip
    for path in limits.required:
        if not any(value not in (None, "", [], {}) for value in find(tree, path)):
            yield _warn(
                say(
                    "{provider} expects “{path}” in the payload, and it is missing or empty.",
                    provider=name,
                    path=path,
                )
            )
    if limits.depth is not None and (depth := _depth(tree)) > limits.depth:
        yield _warn(
            say(
                "The payload is nested {depth} levels deep; {provider} takes at most {most}.",
                depth=depth,
                provider=name,
                most=limits.depth,
            )
        )
    properties = first(tree, limits.properties_path) if limits.properties_path else None
    if limits.properties is not None and isinstance(properties, dict) and len(properties) > limits.properties:
        yield _warn(
            say(
                "The event has {count} properties; {provider} takes at most {most}.",
                count=len(properties),
                provider=name,
                most=limits.properties,
            )
        )
    yield from _fields(name, limits, tree)


def _fields(name: str, limits: Limits, tree: JsonValue) -> Iterator[Problem]:
    for path, value in _walk(tree, ""):
        if (
            limits.field_bytes is not None
            and isinstance(value, str)
            and len(value.encode("utf-8", "replace")) > limits.field_bytes
        ):
            yield _warn(
                say(
                    "“{path}” is longer than the {most} bytes that {provider} takes in one field.",
                    path=path,
                    most=limits.field_bytes,
                    provider=name,
                )
            )
        if limits.array_items is not None and isinstance(value, list) and len(value) > limits.array_items:
            yield _warn(
                say(
                    "“{path}” has {count} items; {provider} takes at most {most}.",
                    path=path,
                    count=len(value),
                    provider=name,
                    most=limits.array_items,
                )
            )


def _walk(value: JsonValue, path: str) -> Iterator[tuple[str, JsonValue]]:
    yield path, value
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _walk(item, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _walk(item, f"{path}[{index}]")


def _depth(value: JsonValue) -> int:
    if isinstance(value, dict):
        return 1 + max((_depth(item) for item in value.values()), default=0)
    if isinstance(value, list):
        return 1 + max((_depth(item) for item in value), default=0)
    return 0


def _warn(sentence: Sentence) -> Problem:
    return Problem(field=FIELD, sentence=sentence, level="warning")
