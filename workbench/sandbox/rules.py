"""Rules: whether a body keeps what its vendor demands, by the requirements that the provider's file declares."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from workbench.engine.identifiers import is_email
from workbench.engine.paths import find, first
from workbench.models.base import JsonValue
from workbench.models.provider import Answer, Endpoint, Requirement

LONGEST_LIST: Final = 200_000
LONGEST_ADDRESS: Final = 320
"""Characters; what is longer is no address, and is not looked at closely."""


def refusal_of(endpoint: Endpoint, parsed: JsonValue) -> Answer | None:
    """Return how the endpoint refuses the whole body, or None where it takes it."""
    whole = (rule for rule in endpoint.requirements if not _of_an_item(rule, endpoint))
    return next((rule.refusal for rule in whole if not satisfied(rule, parsed)), None)


def refused_items(endpoint: Endpoint, parsed: JsonValue) -> dict[int, tuple[Answer, JsonValue]]:
    """Return the refusals of single elements of a batch, with the element, by its index.

    A requirement is one of each element when its paths begin where ``accepted.each`` leads: for ``$`` that is ``[].From``.
    The body of its refusal then takes the element's place in an answer that is otherwise a yes.
    """
    prefix = _prefix(endpoint)
    if prefix is None:
        return {}
    rules = [
        rule.model_copy(update={"paths": tuple(path.removeprefix(prefix) for path in rule.paths)})
        for rule in endpoint.requirements
        if _of_an_item(rule, endpoint)
    ]
    elements = first(parsed, endpoint.accepted.each or "$")
    return {
        index: (broken.refusal, element)
        for index, element in enumerate(elements if isinstance(elements, list) else [])
        if (broken := next((rule for rule in rules if not satisfied(rule, element)), None)) is not None
    }


def satisfied(rule: Requirement, parsed: JsonValue) -> bool:
    """Return whether the parsed body keeps one rule.

    At least one of the rule's paths holds something, and behind ``[]`` every element does (``personalizations[].to``:
    each of them). ``email`` and ``address`` want all that is found at any path to be addresses. ``most`` counts
    what the paths hold together.
    """
    if rule.most is not None:
        return sum(_length(value) for path in rule.paths for value in find(parsed, path)) <= rule.most
    verdicts = [_verdict(parsed, path, _TESTS[rule.rule]) for path in rule.paths]
    if rule.rule == "present":
        return True in verdicts
    return True in verdicts and False not in verdicts


def addresses_in(value: JsonValue) -> list[str]:
    """Return the bare addresses of ``Name <address>, address``, of an object with ``email``, or of a list of those."""
    if isinstance(value, dict):
        return addresses_in(value.get("email"))
    if isinstance(value, list):
        return [address for item in value for address in addresses_in(item)]
    return [_bare(part) for part in _listed(value)] if isinstance(value, str) else [""]


def _listed(text: str) -> list[str]:
    """Return the parts between the commas that are not inside of double quotes."""
    if len(text) > LONGEST_LIST:
        return [text]
    parts, start, quoted, escaped = [], 0, False, False
    for index, sign in enumerate(text):
        if escaped or sign == "\\":
            escaped = not escaped
        elif sign == '"':
            quoted = not quoted
        elif sign == "," and not quoted:
            parts.append(text[start:index])
            start = index + 1
    return [*parts, text[start:]]


def _bare(part: str) -> str:
    part = part.strip()
    return part[:-1].rpartition("<")[2].strip() if part.endswith(">") else part


def _prefix(endpoint: Endpoint) -> str | None:
    each = endpoint.accepted.each
    return None if each is None else "[]." if each == "$" else f"{each}[]."


def _of_an_item(rule: Requirement, endpoint: Endpoint) -> bool:
    prefix = _prefix(endpoint)
    return prefix is not None and all(path.startswith(prefix) for path in rule.paths)


def _verdict(value: JsonValue, path: str, test: Callable[[JsonValue], bool]) -> bool | None:
    """Return whether ``path`` holds what the test wants, behind each ``[]`` for every element; None where there is nothing."""
    before, every, after = path.partition("[]")
    if not every:
        found = [item for item in find(value, path) if not _is_empty(item)]
        return all(test(item) for item in found) if found else None
    elements = first(value, before or "$")
    if not isinstance(elements, list) or not elements:
        return None
    verdicts = list(_each(elements, after.removeprefix("."), test))
    if all(verdict is None for verdict in verdicts):
        return None
    return all(verdicts)


def _each(elements: list[JsonValue], path: str, test: Callable[[JsonValue], bool]) -> Iterator[bool | None]:
    for element in elements:
        yield _verdict(element, path or "$", test)


def _is_empty(value: JsonValue) -> bool:
    return value is None or value is False or (isinstance(value, (str, list, dict)) and not value)


def _length(value: JsonValue) -> int:
    """Return how many there are: elements of a list, addresses of a text that lists them with commas."""
    if isinstance(value, list):
        return len(value)
    return sum(bool(part.strip()) for part in _listed(value)) if isinstance(value, str) else 0


def _is_email(value: JsonValue) -> bool:
    return isinstance(value, str) and len(value) <= LONGEST_ADDRESS and is_email(value)


def _is_address(value: JsonValue) -> bool:
    return bool(found := addresses_in(value)) and all(_is_email(address) for address in found)


_TESTS: dict[str, Callable[[JsonValue], bool]] = {
    "present": lambda _: True,
    "email": _is_email,
    "address": _is_address,
}
