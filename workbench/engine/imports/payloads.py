"""PAYLOADS: a foreign body becomes a payload template: its variables become slots, the one recipient becomes ``${User Identifier}``.

What only looks like a slot is escaped, so that the template sends what the body says (``slots.py``).
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from workbench.engine.strict_json import ListNode, Node, ObjectNode, ScalarNode, TextNode, read
from workbench.engine.template import MAX_TEXT_BYTES
from workbench.engine.xml_values import xml_read
from workbench.models.base import JsonValue, Problem
from workbench.models.provider import Encoding
from workbench.sentence import say

from .body_kinds import FILE
from .found import Body, Found
from .marked import Marks, Variable
from .recipients import Recipients
from .secrecy import holds_secret, is_secret_field

MAX_DEPTH: Final = 100
_DOLLAR: Final = re.compile(r"\$\{(?!\{)")
_FIRST: Final = re.compile(r"^[\d-]")
_NESTED: Final = re.compile(r"[^\[\]]+(?:\[[^\[\]]+\])+")
_BRACKETS: Final = re.compile(r"\[([^\[\]]*)\]")


@dataclass(frozen=True, slots=True)
class Number:
    """A number as the text spells it."""

    spelling: str


@dataclass(slots=True)
class Payload:
    """A template's text, the sample values of its slots, the recipient that it named, and what was wrong with the body."""

    text: str = "{}"
    variables: dict[str, JsonValue] = field(default_factory=dict)
    recipient: str = ""
    recipient_kind: str = ""
    problems: list[Problem] = field(default_factory=list)
    secrets: list[str] = field(default_factory=list)


def payload_of(found: Found, encoding: Encoding, marks: Marks, channel: str) -> Payload:
    """Return the payload template of a request's body as an endpoint of this encoding wants it. What was left out is noted in ``found``."""
    payload = Payload()
    tree = tree_of(found.body, encoding, marks, payload, found)
    if tree is None:
        return payload
    writer = _Writer(marks, payload, found, Recipients(tree, channel, marks))
    payload.text = json_text(writer.written(tree, ()))
    writer.finish()
    return payload


def plain_body(found: Found, encoding: Encoding, marks: Marks) -> JsonValue:
    """Return a body as plain values, its variables by their names: the sample of an event."""
    tree = tree_of(found.body, encoding, marks, Payload(), found)
    return _plain(tree, marks)


def _plain(tree: JsonValue, marks: Marks) -> JsonValue:
    if isinstance(tree, dict):
        return {marks.named(key): _plain(value, marks) for key, value in tree.items()}
    if isinstance(tree, list):
        return [_plain(item, marks) for item in tree]
    if isinstance(tree, Number):
        return json.loads(tree.spelling)
    return marks.named(marks.known(tree)) if isinstance(tree, str) else tree


def tree_of(body: Body, encoding: Encoding, marks: Marks, payload: Payload, found: Found) -> JsonValue:
    """Return a body's tree, strings with marks and numbers as they are spelled; None where there is none to carry over."""
    if body.kind == "none":
        return {}
    if body.tree is not None:
        return body.tree
    if body.kind in ("form", "multipart"):
        return _fields(body.pairs, encoding, found)
    if body.kind == "xml":
        try:
            return xml_read(body.text)
        except ValueError:
            found.leave("body", say("The body is no XML that can be read. Write the payload by hand."))
            return None
    if body.kind == "text":
        found.leave(
            "body",
            say("The body is a plain text, and a payload is JSON or a form. Write the payload by hand."),
        )
        return None
    return _json_tree(body.text, marks, payload, found)


def _json_tree(text: str, marks: Marks, payload: Payload, found: Found) -> JsonValue:
    if len(text) > MAX_TEXT_BYTES:
        sentence = say(
            "The body is longer than {limit} kB, which is more than a payload takes.",
            limit=MAX_TEXT_BYTES // 1000,
        )
        found.leave("body", sentence)
        return None
    reading = read(quoted(text, marks), top_level_object=False)
    if reading.problems:
        first = reading.problems[0]
        sentence = say(
            "The body is not exact JSON (line {line}, column {column} of it: {why}) It was put right as far as it was understood.",
            line=first.line or 1, column=first.column or 1, why=first.sentence,
        )  # fmt: skip
        found.leave("body", sentence)
    if reading.node is None:
        return None
    return _of_node(reading.node)


def _of_node(node: Node) -> JsonValue:
    if isinstance(node, ObjectNode):
        return {key.value: _of_node(value) for key, value in node.members}
    if isinstance(node, ListNode):
        return [_of_node(item) for item in node.items]
    if isinstance(node, ScalarNode) and type(node.value) in (int, float):
        return Number(node.spelling)
    assert isinstance(node, TextNode | ScalarNode)
    return node.value


def quoted(text: str, marks: Marks) -> str:
    """Return JSON in which marks that stand outside of strings (``{"age": {{age}}}``) stand in strings of their own."""
    if not marks.has(text):
        return text
    pattern = re.compile(rf'"(?:[^"\\]|\\.)*"?|({marks.open}[0-9]+{marks.close})', re.DOTALL)
    return pattern.sub(lambda found: f'"{found[1]}"' if found[1] else found[0], text)


def is_nested(pairs: list[tuple[str, str]]) -> bool:
    """Return whether a form's names are nested (``a[b]``, ``a[0]``) so that they go out again as they came: ``a[]`` does not."""
    bracketed = [name for name, _ in pairs if "[" in name or "]" in name]
    distinct = len({name for name, _ in pairs}) == len(pairs)
    return bool(bracketed) and distinct and all(map(_NESTED.fullmatch, bracketed))


def repeated(pairs: list[tuple[str, str]]) -> list[str]:
    """Return the names of a form's fields that come more than once, or say so themselves (``a[]``), without those brackets."""
    counted = Counter(name for name, value in pairs if value != FILE)
    return list(
        dict.fromkeys(
            name.removesuffix("[]") for name, count in counted.items() if count > 1 or name.endswith("[]")
        )
    )


def _fields(pairs: list[tuple[str, str]], encoding: Encoding, found: Found) -> JsonValue:
    """Return a form's fields as an object: a name that comes again makes a list, ``a[b][]`` makes objects where PHP's way is spoken."""
    tree: dict[str, JsonValue] = {}
    for name, value in pairs:
        if value == FILE:
            found.leave(
                "file",
                say("The field “{name}” carries a file, which an import does not have.", name=name[:60]),
            )
        elif encoding in ("nested_form", "multipart") and "[" in name:
            _put(tree, [name.partition("[")[0], *_BRACKETS.findall(name)], value)
        elif name not in tree:
            tree[name] = value
        elif isinstance(tree[name], list):
            tree[name].append(value)
        else:
            tree[name] = [tree[name], value]
    return _listed(tree)


def _put(tree: dict[str, JsonValue], path: list[str], value: str) -> None:
    for index, step in enumerate(path[:-1][:MAX_DEPTH]):
        step = step or str(len(tree))
        below = tree.setdefault(step, {})
        if not isinstance(below, dict):
            tree["".join([step, *(f"[{rest}]" for rest in path[index + 1 :])])] = value
            return
        tree = below
    tree[path[-1] or str(len(tree))] = value


def _listed(tree: JsonValue) -> JsonValue:
    """Return the tree with objects whose names are 0, 1, 2 … as lists."""
    if not isinstance(tree, dict):
        return tree
    made = {key: _listed(value) for key, value in tree.items()}
    if made and list(made) == [str(index) for index in range(len(made))]:
        return list(made.values())
    return made


class _Writer:
    """Writes a tree as a template: each string by itself."""

    def __init__(self, marks: Marks, payload: Payload, found: Found, recipients: Recipients) -> None:
        self.marks, self.payload, self.found, self.recipients = marks, payload, found, recipients
        self.slots: dict[str, str] = {}

    def written(self, tree: JsonValue, path: tuple[str, ...]) -> JsonValue:
        if len(path) > MAX_DEPTH:
            return None
        if isinstance(tree, dict):
            return {self.marks.named(key): self.written(value, (*path, key)) for key, value in tree.items()}
        if isinstance(tree, list):
            return [self.written(item, path) for item in tree]
        return self.text(tree, path) if isinstance(tree, str) else tree

    def text(self, text: str, path: tuple[str, ...]) -> str:
        name = path[-1] if path else ""
        if is_secret_field(name, text) and not self.marks.has(text) and holds_secret(text):
            self.payload.secrets.append(text)
            return self._secret(name)
        if (slot := self.recipients.slot(path, text)) is not None:
            if slot.startswith("{{"):
                self.payload.variables[slot.strip("{ }")] = text
            return slot
        parts = self.marks.parts(text)
        return "".join(
            self._slot(part, alone=len(parts) == 1) if isinstance(part, Variable) else escaped(part)
            for part in parts
        )

    def _secret(self, name: str) -> str:
        slot = self.name(name)
        sentence = say(
            "The field “{name}” of the body holds a secret, and payloads are kept readable. It became the slot {slot}: give its value with "
            "the contact, or let the provider take it in a header.",
            name=name, slot="{{ " + slot + " }}",
        )  # fmt: skip
        self.found.leave("secret", sentence)
        return "{{ " + slot + " }}"

    def _slot(self, variable: Variable, alone: bool) -> str:
        if variable.form:
            return ""
        slot = self.name(variable.name)
        value = None if variable.value is None else self.marks.named(self.marks.known(variable.value))
        if variable.secret:
            sentence = say(
                "The variable “{name}” looks like a secret, and payloads are kept readable. It is the slot {slot}; its value is not kept.",
                name=variable.name, slot="{{ " + slot + " }}",
            )  # fmt: skip
            self.found.leave("secret", sentence)
        elif value is not None:
            self.payload.variables.setdefault(slot, value)
        return "{{ " + slot + " }}"

    def name(self, name: str) -> str:
        """Return the slot's name for a variable's: letters, digits, _ and - only; two variables never share one."""
        if name not in self.slots:
            made = slot_name(name)
            taken = set(self.slots.values())
            unique, count = made, 2
            while unique in taken:
                unique, count = f"{made}_{count}", count + 1
            self.slots[name] = unique
            if unique != name:
                sentence = say("The variable “{name}” is called {slot} here: a slot's name has letters, digits, _ and -.",
                               name=name[:60], slot="{{ " + unique + " }}")  # fmt: skip
                self.found.leave("variable", sentence)
            if name.startswith("$"):
                sentence = say(
                    "“{name}” is made anew for each request where it comes from. Here it is the slot {slot}, which you fill.",
                    name=name[:60], slot="{{ " + unique + " }}",
                )  # fmt: skip
                self.found.leave("variable", sentence)
        return self.slots[name]

    def finish(self) -> None:
        """Keep the recipient that was taken out."""
        self.payload.recipient, self.payload.recipient_kind = self.recipients.value, self.recipients.kind
        if self.recipients.several:
            sentence = say(
                "The body names {count} recipients. Put {slot} where the contact belongs; every send would go to these people otherwise.",
                count=self.recipients.several, slot="${User Identifier}",
            )  # fmt: skip
            self.found.leave("parameter", sentence)


def slot_name(name: str) -> str:
    """Return a name as a slot takes it."""
    made = re.sub(r"[^\w.-]+", "_", name.strip().lstrip("$"))
    made = ".".join(piece for piece in made.split(".") if piece) or "value"
    return f"_{made}" if _FIRST.match(made) else made


def escaped(text: str) -> str:
    """Return ``text`` so that a template sends it as it is: no part of it is read as a slot."""
    if "{{" in text or "}}" in text:
        text = text.replace("{{", "{{{{").replace("}}", "}}}}")
    return _DOLLAR.sub("$${", text) if "${" in text else text


def json_text(tree: JsonValue) -> str:
    """Return a tree as JSON with two blanks of indent; numbers as they were spelled."""
    return _text(tree, "\n", json.dumps)


def _text(tree: JsonValue, end: str, dumps: Callable[..., str]) -> str:
    inner = end + "  "
    if isinstance(tree, dict) and tree:
        items = [f"{_string(key)}: {_text(value, inner, dumps)}" for key, value in tree.items()]
        return "{" + inner + ("," + inner).join(items) + end + "}"
    if isinstance(tree, list) and tree:
        return "[" + inner + ("," + inner).join(_text(item, inner, dumps) for item in tree) + end + "]"
    if isinstance(tree, Number):
        return tree.spelling
    return _string(tree) if isinstance(tree, str) else dumps(tree)


def _string(text: str) -> str:
    clean = text.encode("utf-8", "surrogateescape").decode("utf-8", "replace") if not text.isascii() else text
    return json.dumps(clean, ensure_ascii=False)


__all__ = [
    "Number",
    "Payload",
    "escaped",
    "is_nested",
    "json_text",
    "payload_of",
    "plain_body",
    "quoted",
    "repeated",
    "slot_name",
    "tree_of",
]
