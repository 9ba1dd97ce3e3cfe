"""XML as plain values, and plain values as XML: an element is an object with ``@attribute`` and ``#text``, or its text alone.

Names keep their prefixes, a repeated element becomes a list, an element without anything is None. What a stranger can do harm with is
refused: a document type (and with it every entity of one's own, inside or outside), depth, length, signs that XML does not have.
``xml_read(xml_written(tree)) == tree`` for every tree in that form.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

import xmltodict

from workbench.models.base import JsonValue

DEEPEST: Final = 60
"""Elements within each other that are read or written."""
LONGEST: Final = 1 << 20
"""Bytes of a document that are read: as many as the wire takes of a reply."""

_NAME: Final = re.compile(r"[A-Za-z_][\w.-]*(?::[A-Za-z_][\w.-]*)?", re.ASCII)
_NO_CHARACTER: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What is no character of XML 1.0 (https://www.w3.org/TR/xml/#charsets): NUL and most control signs, half a character."""
_DECLARATION: Final = b'<?xml version="1.0" encoding="UTF-8"?>\n'


def xml_read(text: str | bytes) -> JsonValue:
    """Return the object whose only name is the root element's.

    Raises ValueError where it is not XML, has a document type, or is too deep or too long. Blanks of a text are kept; those between
    elements are not.
    """
    content = text.encode("utf-8") if isinstance(text, str) else text
    if len(content) > LONGEST:
        raise ValueError("too long")
    encoding = "utf-8" if isinstance(text, str) else None
    try:
        _Guard().look_over(content, encoding)
        found: JsonValue = xmltodict.parse(content, encoding=encoding, strip_whitespace=False)
    except (expat.ExpatError, LookupError) as error:
        raise ValueError(str(error)) from None
    _tidy(found)
    return found


def xml_written(tree: JsonValue) -> bytes:
    """Return a document with its declaration, as UTF-8.

    Raises ValueError unless the tree has one root, names that XML takes, and texts without signs that XML cannot hold. Numbers are
    written as they are spelled in JSON, true and false as these words; an empty text and None are written alike.
    """
    if not isinstance(tree, dict) or len(tree) != 1:
        raise ValueError("one root element is needed")
    ((name, inside),) = tree.items()
    if isinstance(inside, list):
        raise ValueError("one root element is needed")
    return _DECLARATION + "".join(_element(name, inside, 1)).encode("utf-8")


class _Guard:
    """Looks a document over before it is read: what is refused costs next to nothing, however long and deep it is."""

    def __init__(self) -> None:
        self.deep = 0

    def look_over(self, content: bytes, encoding: str | None) -> None:
        """Raise ValueError or ExpatError at the first thing that is refused."""
        parser = expat.ParserCreate(encoding)
        parser.StartDoctypeDeclHandler = self._refused
        parser.StartElementHandler = self._started
        parser.EndElementHandler = self._ended
        parser.Parse(content, True)

    def _started(self, *_: object) -> None:
        self.deep += 1
        if self.deep > DEEPEST:
            raise ValueError("too deep")

    def _ended(self, *_: object) -> None:
        self.deep -= 1

    def _refused(self, *_: object) -> None:
        raise ValueError("document types and entities are not read")


def _tidy(tree: JsonValue) -> None:
    """Take the blanks between elements out of a tree, in place."""
    waiting = [tree]
    while waiting:
        item = waiting.pop()
        if isinstance(item, list):
            waiting += item
        elif isinstance(item, dict) and any(name[0] not in "@#" for name in item):
            if str(item.get("#text", "")).isspace():
                del item["#text"]
            waiting += item.values()


def _element(name: str, value: JsonValue, deep: int) -> Iterator[str]:
    """Give the pieces of one element: its attributes, then its text, then the elements in it, in the tree's order."""
    if deep > DEEPEST:
        raise ValueError("too deep")
    inside = value if isinstance(value, dict) else {"#text": value}
    yield f"<{_named(name)}"
    yield from (f" {_named(key[1:])}={_quoted(item)}" for key, item in inside.items() if key.startswith("@"))
    text = escape(_spelled(inside.get("#text")), {"\r": "&#13;"})
    elements = [(key, item) for key, item in inside.items() if not key.startswith(("@", "#"))]
    if not text and not elements:
        yield "/>"
        return
    yield f">{text}"
    for key, item in elements:
        for one in item if isinstance(item, list) else [item]:
            if isinstance(one, list):
                raise ValueError("a list in a list is not possible")
            yield from _element(key, one, deep + 1)
    yield f"</{name}>"


def _named(name: str) -> str:
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise ValueError(f"“{str(name)[:40]}” is no name of an element or attribute")
    return name


def _quoted(value: JsonValue) -> str:
    return quoteattr(_spelled(value), {"\r": "&#13;", "\n": "&#10;", "\t": "&#9;"})


def _spelled(value: JsonValue) -> str:
    """Return a value as text; ValueError where XML cannot hold it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, (str, int, float)):
        raise ValueError("an attribute or text is one value, not a list or an object")
    text = str(value)
    wrong = _NO_CHARACTER.search(text)
    if wrong is not None:
        raise ValueError(f"XML cannot hold the sign U+{ord(wrong[0]):04X}")
    return text
