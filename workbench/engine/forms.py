"""FORMS: a body's tree as the fields of a form whose names say where each value lies: ``products[0][id]``.

That is how PHP writes and reads nested data, and what SendPulse's own client makes with ``http_build_query``
(https://www.php.net/manual/en/function.http-build-query.php): true is 1, false is 0, null and empty lists are left out. A multipart form
(https://www.rfc-editor.org/rfc/rfc7578) has the same fields; its boundary comes from their names, so that the same content is always the
same bytes.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from typing import Final
from urllib.parse import urlencode

from workbench.models.base import JsonValue

Pairs = list[tuple[str, str]]

DEEPEST: Final = 64
"""Levels of a nested name, as PHP's own limit of nesting in input."""
_PREFIX: Final = "----workbench-"
_NESTED = re.compile(r"(?P<first>[^\[\]]+)(?P<rest>(?:\[[^\[\]]*\])+)")
_STEP = re.compile(r"\[([^\[\]]*)\]")


def nested_pairs(tree: JsonValue) -> Pairs:
    """Return an object's values as the names and texts of form fields, in their order. Raises ValueError where it is no object."""
    if not isinstance(tree, dict):
        raise ValueError("a form needs an object")
    return [pair for name, value in tree.items() for pair in _pairs(str(name), value)]


def form_text(value: JsonValue) -> str:
    """Return the text that a number, true, false or a text becomes in a form; null is never asked for: it is left out."""
    if isinstance(value, bool):
        return "1" if value else "0"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def nested_encoded(tree: JsonValue) -> bytes:
    """Return an object as ``application/x-www-form-urlencoded`` with nested names."""
    return urlencode(nested_pairs(tree)).encode()


def multipart_encoded(tree: JsonValue) -> bytes:
    """Return an object as ``multipart/form-data`` with nested names; its first line is the boundary."""
    pairs = nested_pairs(tree)
    parts = [_part(name, value) for name, value in pairs]
    boundary = _boundary([name for name, _ in pairs], b"".join(parts))
    lines = b"".join(b"--" + boundary + b"\r\n" + part for part in parts)
    return lines + b"--" + boundary + b"--\r\n"


def multipart_boundary(body: bytes) -> str:
    """Return the boundary of what ``multipart_encoded`` made: the first line without its dashes, and without those of the last line."""
    return body.partition(b"\r\n")[0].removeprefix(b"--").removesuffix(b"--").decode("latin-1")


def nested_tree(pairs: Iterable[tuple[str, str]]) -> dict[str, JsonValue]:
    """Return the object that a server with PHP's rules reads from form fields, with texts for values; ValueError for a name too deep.

    Keys that count from 0 make a list; ``name[]`` adds to one. Of two fields with one name the last counts.
    """
    tree: dict[str, JsonValue] = {}
    for name, value in pairs:
        *way, last = _steps(name)
        at = tree
        for step in way:
            key = step or str(len(at))
            if not isinstance(at.get(key), dict):
                at[key] = {}
            at = at[key]
        at[last or (str(len(at)) if way else "")] = value
    return {name: _listed(value) for name, value in tree.items()}


def _steps(name: str) -> list[str]:
    found = _NESTED.fullmatch(name)
    steps = [found["first"], *_STEP.findall(found["rest"])] if found else [name]
    if len(steps) > DEEPEST:
        raise ValueError(f"a field is nested deeper than {DEEPEST} levels")
    return steps


def _listed(value: JsonValue) -> JsonValue:
    """Return objects whose keys count from 0 as lists."""
    if not isinstance(value, dict):
        return value
    items = {key: _listed(item) for key, item in value.items()}
    return list(items.values()) if list(items) == [str(index) for index in range(len(items))] else items


def _pairs(name: str, value: JsonValue) -> Iterator[tuple[str, str]]:
    if value is None:
        return
    if isinstance(value, (dict, list)):
        items: Iterable[tuple[object, JsonValue]] = (
            value.items() if isinstance(value, dict) else enumerate(value)
        )
        for key, item in items:
            yield from _pairs(f"{name}[{key}]", item)
    else:
        yield name, form_text(value)


def _part(name: str, value: str) -> bytes:
    """Return one part: header, empty line, value. A name is escaped as browsers do it (https://html.spec.whatwg.org/#multipart-form-data)."""
    escaped = name.replace("\r", "%0D").replace("\n", "%0A").replace('"', "%22")
    return f'Content-Disposition: form-data; name="{escaped}"\r\n\r\n{value}\r\n'.encode()


def _boundary(names: list[str], content: bytes) -> bytes:
    """Return a boundary that does not occur in the content and comes from the names of the fields.

    Not from their values: it stands in a header that the journal keeps, and would tell who guesses an address whether he is right.
    """
    digest = hashlib.blake2b("\n".join(names).encode(), digest_size=12)
    while (boundary := f"{_PREFIX}{digest.hexdigest()}".encode()) in content:
        digest.update(b"-")
    return boundary
