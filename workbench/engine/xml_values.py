"""XML as plain values, and plain values as XML: an element is an object with ``@attribute`` and ``#text``, or its text alone.

Entities are not read, names keep their prefixes, and a repeated element becomes a list.
"""

from __future__ import annotations

from typing import Final
from xml.parsers.expat import ExpatError

import xmltodict

from workbench.models.base import JsonValue

DEEPEST: Final = 60
"""Elements within each other that are read."""


def xml_read(text: str | bytes) -> JsonValue:
    """Return the object whose only name is the root element's. Raises ValueError where it is not XML, has entities, or is too deep."""
    try:
        found: JsonValue = xmltodict.parse(text, disable_entities=True)
    except (ExpatError, ValueError, LookupError) as error:
        raise ValueError(str(error)) from None
    if _depth(found) > DEEPEST:
        raise ValueError("too deep")
    return found


def xml_written(tree: JsonValue) -> bytes:
    """Return a document with its declaration, as UTF-8. Raises ValueError unless the tree has one root, and names that XML takes."""
    return str(xmltodict.unparse(tree)).encode()


def _depth(tree: JsonValue) -> int:
    """Return how deep a tree goes, without a recursion that a stranger's text could exhaust."""
    level, deep = [tree], 0
    while level:
        deep += 1
        level = [
            child
            for item in level
            for child in (item.values() if isinstance(item, dict) else item if isinstance(item, list) else ())
        ]
    return deep
