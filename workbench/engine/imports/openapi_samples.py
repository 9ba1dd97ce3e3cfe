"""OPENAPI SAMPLES: what a schema wants, as a payload: values that it fixes, and slots for the rest, each with a sample of its type.

References are followed inside of the document only, to a depth, and each sample has so many nodes and no more.
https://spec.openapis.org/oas/v3.1.0#schema-object
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import unquote

from workbench.models.base import JsonValue
from workbench.sentence import Sentence, say

from .documents import mapping, rows, words
from .marked import Marks, Variable
from .payloads import slot_name

MAX_DEPTH: Final = 12
MAX_NODES: Final = 600
MAX_IN_ALL: Final = 30_000
"""Nodes of all samples of a description together."""
MAX_STEPS: Final = 30
"""References that lead to references."""
_FORMATS: Final[Mapping[str, JsonValue]] = {
    "email": "ana@example.com", "idn-email": "ana@example.com", "date": "2026-01-31", "date-time": "2026-01-31T12:00:00Z",
    "time": "12:00:00Z", "uuid": "00000000-0000-4000-8000-000000000000", "uri": "https://example.com/", "url": "https://example.com/",
    "hostname": "example.com", "ipv4": "192.0.2.1", "ipv6": "2001:db8::1", "phone": "+15551234567", "byte": "ZXhhbXBsZQ==",
}  # fmt: skip
_TYPES: Final[Mapping[str, JsonValue]] = {"string": "text", "integer": 1, "number": 1.5, "boolean": True}


class References:
    """A document whose local references can be followed; what cannot is told once."""

    def __init__(self, document: Mapping[str, JsonValue], leave: Callable[[Sentence], object]) -> None:
        self.document = document
        self._leave = leave
        self._told: set[str] = set()
        self.spent = 0

    def followed(self, value: JsonValue) -> dict[str, JsonValue]:
        """Return the object that a value is or refers to; an empty one where the reference leads nowhere or out of the document."""
        found = mapping(value)
        for _ in range(MAX_STEPS):
            reference = found.get("$ref")
            if not isinstance(reference, str):
                return found
            rest = {name: item for name, item in found.items() if name != "$ref"}
            target = self._at(reference)
            if target is None:
                return rest
            found = {**target, **rest}
        return {}

    def _at(self, reference: str) -> dict[str, JsonValue] | None:
        if not reference.startswith("#/"):
            self._tell(
                reference,
                say(
                    "“{reference}” lies outside of this document, and nothing is fetched.",
                    reference=reference[:120],
                ),
            )
            return None
        at: JsonValue = self.document
        for step in reference[2:].split("/"):
            name = unquote(step).replace("~1", "/").replace("~0", "~")
            at = at.get(name) if isinstance(at, dict) else None
        if not isinstance(at, dict):
            self._tell(
                reference, say("“{reference}” leads to nothing in this document.", reference=reference[:120])
            )
            return None
        return at

    def _tell(self, reference: str, sentence: Sentence) -> None:
        if reference not in self._told:
            self._told.add(reference)
            self._leave(sentence)


class Sampler:
    """Makes one payload. ``samples`` are the values of its slots; ``cut`` says that something was left out for its size."""

    def __init__(self, references: References, marks: Marks) -> None:
        self.references, self.marks = references, marks
        self.samples: dict[str, JsonValue] = {}
        self.cut = False
        self._nodes = 0
        self._inside: list[str] = []

    def sample(self, schema: JsonValue, path: tuple[str, ...] = ()) -> JsonValue:
        """Return a payload for a schema, strings with marks where slots belong; None for one that lies in itself or too deep."""
        self._count()
        reference = words(mapping(schema).get("$ref"))
        if len(path) > MAX_DEPTH or self._full or (reference and reference in self._inside):
            self.cut = self.cut or not reference
            return None
        self._inside.append(reference)
        try:
            return self._sampled(schema, path)
        finally:
            self._inside.pop()

    def _sampled(self, schema: JsonValue, path: tuple[str, ...]) -> JsonValue:
        known = self._merged(self.references.followed(schema))
        fixed = self._fixed(known)
        if fixed is not None:
            return fixed[0]
        kind = _kind(known)
        if kind == "object":
            return self._object(known, path)
        if kind == "array":
            return self._array(known, path)
        return self._slot(known, kind, path)

    def _count(self) -> None:
        self._nodes += 1
        self.references.spent += 1

    @property
    def _full(self) -> bool:
        return self._nodes > MAX_NODES or self.references.spent > MAX_IN_ALL

    def plain(self, value: JsonValue, depth: int = 0) -> JsonValue:
        """Return an example as JSON has it: names as texts, and what JSON does not know as text."""
        self._count()
        if depth > MAX_DEPTH * 2 or self._full:
            self.cut = True
            return None
        if isinstance(value, dict):
            return {words(key) or str(key): self.plain(item, depth + 1) for key, item in value.items()}
        if isinstance(value, list):
            return [self.plain(item, depth + 1) for item in value]
        finite = not isinstance(value, float) or value - value == 0
        return (
            value if value is None or (isinstance(value, (str, bool, int, float)) and finite) else str(value)
        )

    def _fixed(self, known: Mapping[str, JsonValue]) -> tuple[JsonValue] | None:
        """Return the value that a schema fixes: its constant, its first choice, its default; or a whole example of an object."""
        if "const" in known:
            return (self.plain(known["const"]),)
        choices = known.get("enum")
        if isinstance(choices, list) and choices:
            return (self.plain(known["default"] if known.get("default") in choices else choices[0]),)
        for name in ("default", "example"):
            if isinstance(known.get(name), (dict, list)) or (
                name == "default" and known.get(name) is not None
            ):
                return (self.plain(known[name]),)
        return None

    def _merged(self, known: dict[str, JsonValue], depth: int = 0) -> dict[str, JsonValue]:
        """Return a schema with all of ``allOf`` and the first of ``oneOf`` and ``anyOf`` in it."""
        parts = rows(known.get("allOf")) + [
            first[0] for name in ("oneOf", "anyOf") if (first := _real(rows(known.get(name))))
        ]
        if not parts or depth > MAX_DEPTH:
            return known
        made = {name: value for name, value in known.items() if name not in ("allOf", "oneOf", "anyOf")}
        for part in parts[:50]:
            self._count()
            if self._full:
                self.cut = True
                break
            more = self._merged(self.references.followed(part), depth + 1)
            properties = {**mapping(made.get("properties")), **mapping(more.get("properties"))}
            made = {**more, **made, **({"properties": properties} if properties else {})}
        return made

    def _object(self, known: Mapping[str, JsonValue], path: tuple[str, ...]) -> JsonValue:
        made: dict[str, JsonValue] = {}
        for name, schema in mapping(known.get("properties")).items():
            if self._full:
                self.cut = True
                break
            part = mapping(schema)
            if part.get("readOnly") is True or part.get("deprecated") is True:
                continue
            value = self.sample(schema, (*path, str(name)))
            if value is not None or _kind(part) == "null":
                made[str(name)] = value
        return made

    def _array(self, known: Mapping[str, JsonValue], path: tuple[str, ...]) -> JsonValue:
        given = known.get("prefixItems")
        items = given if isinstance(given, list) else [known.get("items")]
        made = [
            self.sample(item, (*path, str(index)) if index else path) for index, item in enumerate(items[:20])
        ]
        return [item for item in made if item is not None]

    def _slot(self, known: Mapping[str, JsonValue], kind: str, path: tuple[str, ...]) -> JsonValue:
        if kind == "null" or not path:
            return None
        name = slot_name("_".join(path))
        examples = known.get("examples")
        first = examples[0] if isinstance(examples, list) and examples else None
        example = known.get("example", first)
        value = self.plain(example) if example is not None else self._of_type(known, kind, path[-1])
        self.samples.setdefault(name, value)
        return self.marks.put(Variable(name))

    def _of_type(self, known: Mapping[str, JsonValue], kind: str, name: str) -> JsonValue:
        low = name.lower()
        if kind == "string":
            shaped = _FORMATS.get(words(known.get("format")))
            guess = "email" if "email" in low else "phone" if "phone" in low or "msisdn" in low else ""
            return shaped if shaped is not None else _FORMATS.get(guess, _TYPES["string"])
        least = known.get("minimum")
        return (
            least if kind in ("integer", "number") and isinstance(least, (int, float)) else _TYPES.get(kind)
        )


def _real(choices: list[dict[str, JsonValue]]) -> list[dict[str, JsonValue]]:
    """Return the choices that are something: ``null`` beside a type only says that it may be left empty."""
    return [choice for choice in choices if choice.get("type") != "null"]


def _kind(known: Mapping[str, JsonValue]) -> str:
    """Return the type of a schema; 3.1 allows several, of which ``null`` is not the one that is meant."""
    given = known.get("type")
    kinds = [kind for kind in given if kind != "null"] if isinstance(given, list) else [given]
    if kinds and isinstance(kinds[0], str):
        return kinds[0]
    if "properties" in known or "additionalProperties" in known:
        return "object"
    return "array" if "items" in known else "string"
