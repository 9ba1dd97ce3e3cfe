"""PAGE: a page of a shop, read as a browser reads it: which elements there are, by class and in order, their texts, and where they stand.

The only place that knows the library (https://html.spec.whatwg.org/multipage/parsing.html is what it follows). What a script would add
to the page later is not there.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from justhtml import JustHTML

from workbench.errors import Invalid
from workbench.models.base import JsonValue, Problem
from workbench.sentence import say

from .javascript import trim

DEEPEST: Final = 512
"""Levels that a browser nests elements; deeper ones stand beside each other."""
MOST_WORK: Final = 600_000
"""Steps that reading a page may take: a megabyte of products takes a fifth of it."""
TAG_CLASS: Final = re.compile(r"""class\s*=\s*\\?["']?[^"'<>]*?\b(cn_[a-z_]+)""", re.IGNORECASE)
_SPACES: Final = re.compile(r"[\t\n\x0c\r ]+")
_HIDDEN: Final = re.compile(r"(?:^|;)\s*display\s*:\s*none\b", re.IGNORECASE)
_DOCTYPE: Final = re.compile(r"\s*(?:<!--.*?-->\s*)*<!doctype\s+html", re.IGNORECASE | re.DOTALL)
_WHOLE: Final = re.compile(r"<html[\s>]", re.IGNORECASE)
_RAW: Final = frozenset(
    ("script", "style", "noscript", "textarea", "iframe", "noembed", "noframes", "xmp", "title")
)
"""Elements whose content is text to a browser that runs scripts: tags written in them are none."""
_UNSEEN: Final = frozenset(("head", "script", "style", "template", "noscript", "title", "datalist"))

Tree = Any
"""A node of the library; what is used of it is its name, attrs, data, children and place."""


@dataclass(slots=True, eq=False, repr=False)
class Element:
    """An element: its name, classes and attributes, its place in the text (from 1), and its child elements.

    ``number`` counts the elements in the order of the page, ``last`` is the number of the last one inside it; ``begin`` and ``end`` are
    where its text lies in the page's.
    """

    name: str
    classes: tuple[str, ...]
    class_name: str
    attributes: dict[str, str]
    line: int
    column: int
    number: int
    hidden: bool
    parent: Element | None
    depth: int
    begin: int
    end: int = 0
    last: int = 0
    children: list[Element] = field(default_factory=list)

    def holds(self, other: Element) -> bool:
        """Whether ``other`` lies inside of it."""
        return self.number < other.number <= self.last


@dataclass(frozen=True, slots=True)
class Unread:
    """A tag that is written where a browser reads no elements: in a comment, a script, a template."""

    kind: str
    tag: str
    line: int
    column: int


class Page:
    """A page as its elements. ``quirks`` says that it has no document type, so that a browser does not tell capitals in classes apart."""

    def __init__(self, html: str) -> None:
        root = JustHTML(html, sanitize=False, track_node_locations=True).root
        self.quirks = bool(_WHOLE.search(html)) and not _DOCTYPE.match(html)
        self.elements: list[Element] = []
        self.unread: list[Unread] = []
        self.title, self.keywords = "", ""
        self.read: dict[tuple[int, bool], dict[str, JsonValue] | None] = {}
        """The products that were read, by the element's number and whether as a line: a page's tags are asked for more than once."""
        self._by_class: dict[str, list[Element]] = {}
        self._work = 0
        self._texts: list[str] = []
        self._length = 0
        self._walk(root)
        self._text = "".join(self._texts)
        self._look_up_head()

    def __repr__(self) -> str:
        return f"<Page of {len(self.elements)} elements>"

    def by_class(self, name: str, within: Element | None = None) -> list[Element]:
        """Return the elements of a class, inside of one where it is given, as ``getElementsByClassName`` finds them."""
        found = self._by_class.get(name.lower() if self.quirks else name, [])
        if within is None:
            return found
        first = bisect_left(found, within.number + 1, key=_number)
        inside = found[first : bisect_left(found, within.last + 1, key=_number)]
        self.spend(len(inside) >> 2)
        return inside

    def inside(self, element: Element) -> list[Element]:
        """Return the elements inside of one, in the order of the page."""
        self.spend((element.last - element.number) >> 2)
        return self.elements[element.number + 1 : element.last + 1]

    def spend(self, steps: int) -> None:
        """Count steps of reading. Raises Invalid for a page whose tags lie in each other by the thousand: no shop has one."""
        self._work += steps
        if self._work > MOST_WORK:
            wrong = say(
                "The tags of this page lie inside of each other too often. Paste the part that is meant."
            )
            raise Invalid([Problem(field="html", sentence=wrong)])

    def first(self, name: str, within: Element | None = None) -> Element | None:
        """Return the first element of a class, None where there is none."""
        found = self._by_class.get(name.lower() if self.quirks else name, [])
        at = 0 if within is None else bisect_left(found, within.number + 1, key=_number)
        return found[at] if at < len(found) and (within is None or found[at].number <= within.last) else None

    def classes(self) -> Iterator[str]:
        """Give the classes on the page."""
        yield from self._by_class

    def text(self, element: Element) -> str:
        """Return what the script reads of an element: ``innerText``, else ``textContent``, without blanks at the ends.

        Of a hidden element ``innerText`` is its ``textContent``. One that is shown gives what a visitor sees: blanks in one, and with
        the style sheet's own changes, which are not known here.
        """
        self.spend(1 + ((element.end - element.begin) >> 6))
        text = self._text[element.begin : element.end]
        return trim(text if element.hidden else _SPACES.sub(" ", text))

    def _walk(self, root: Tree) -> None:
        """Take over the library's tree, without recursion: a page may be nested deeper than Python's stack."""
        waiting: list[tuple[Tree, Element | None, Element | None]] = [(root, None, None)]
        while waiting:
            node, parent, closing = waiting.pop()
            if closing is not None:
                closing.last, closing.end = len(self.elements) - 1, self._length
                continue
            name = node.name
            if name == "#text":
                self._add_text(node, parent)
            elif name == "#comment":
                self._look_for_tags("comment", node, len("<!--"))
            elif not name.startswith(("#", "!")):
                here = self._element(node, parent)
                inside = here if here.depth < DEEPEST else parent
                if inside is here:
                    waiting.append((node, None, here))
                else:
                    here.end = self._length
                waiting.extend((child, inside, None) for child in reversed(node.children or ()))
                if name == "template":
                    self._look_in_template(getattr(node, "template_content", None))
            else:
                waiting.extend((child, parent, None) for child in reversed(node.children or ()))

    def _element(self, node: Tree, parent: Element | None) -> Element:
        attributes = {str(key): str(value or "") for key, value in (node.attrs or {}).items()}
        class_name = attributes.get("class", "")
        hidden = (
            (parent is not None and parent.hidden)
            or node.name in _UNSEEN
            or "hidden" in attributes
            or bool(_HIDDEN.search(attributes.get("style", "")))
        )
        made = Element(
            name=node.name, classes=_tokens(class_name), class_name=class_name, attributes=attributes,
            line=node.origin_line or (parent.line if parent else 1), column=node.origin_col or 1, number=len(self.elements),
            hidden=hidden, parent=parent, depth=parent.depth + 1 if parent else 1, begin=self._length,
            last=len(self.elements),
        )  # fmt: skip
        self.elements.append(made)
        if parent is not None:
            parent.children.append(made)
        for one in made.classes:
            self._by_class.setdefault(one.lower() if self.quirks else one, []).append(made)
        return made

    def _add_text(self, node: Tree, parent: Element | None) -> None:
        text = str(node.data or "")
        self._texts.append(text)
        self._length += len(text)
        if parent is not None and parent.name in _RAW:
            self._look_for_tags(parent.name, node)

    def _look_for_tags(self, kind: str, node: Tree, lead: int = 0) -> None:
        text = str(node.data or "")
        for found in TAG_CLASS.finditer(text):
            before = text.count("\n", 0, found.start(1))
            start = text.rfind("\n", 0, found.start(1)) + 1
            column = found.start(1) - start + (1 if before else (node.origin_col or 1) + lead)
            self.unread.append(Unread(kind, found[1], (node.origin_line or 1) + before, column))

    def _look_in_template(self, content: Tree) -> None:
        waiting: list[Tree] = [content] if content is not None else []
        while waiting:
            node = waiting.pop()
            for one in _tokens(str((getattr(node, "attrs", None) or {}).get("class") or "")):
                if one.startswith("cn_"):
                    self.unread.append(Unread("template", one, node.origin_line or 1, node.origin_col or 1))
            waiting.extend(reversed(node.children or ()))
            inner = getattr(node, "template_content", None)
            if inner is not None:
                waiting.append(inner)

    def _look_up_head(self) -> None:
        titles = [element for element in self.elements if element.name == "title"]
        if titles:
            self.title = _SPACES.sub(" ", self._text[titles[0].begin : titles[0].end]).strip()
        metas = (element.attributes for element in self.elements if element.name == "meta")
        self.keywords = next((one.get("content", "") for one in metas if one.get("name") == "keywords"), "")


def _tokens(class_name: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word for word in _SPACES.split(class_name) if word))


def _number(element: Element) -> int:
    return element.number
