"""STRICT JSON: reads a JSON text as RFC 8259 has it, and says exactly where and why a text is none.

The standard reader takes NaN, 1e999 and a key written twice without a word, forgets where a value stood, and
stops at the first fault. This one refuses all three, keeps the place of every value, and reads on after each
fault that it understands. Lines and columns count from 1; a line ends with LF, CR or CRLF, a column is one
code point.
https://www.rfc-editor.org/rfc/rfc8259
"""

from __future__ import annotations

import math
import re
from bisect import bisect_right
from dataclasses import dataclass

from workbench.errors import Invalid
from workbench.models.base import JsonValue, Problem
from workbench.sentence import Sentence, say

MAX_DEPTH = 100
MAX_PROBLEMS = 100
SMALLEST_INTEGER, LARGEST_INTEGER = -(2**63), 2**64 - 1


@dataclass(frozen=True, eq=False, slots=True)
class Node:
    """A value of the text and the place of its first character."""

    line: int
    column: int


@dataclass(frozen=True, eq=False, slots=True)
class ScalarNode(Node):
    """A number, true, false or null; ``spelling`` is how the text writes it (1.50 stays 1.50)."""

    value: float | bool | None
    spelling: str


@dataclass(frozen=True, eq=False, slots=True)
class TextNode(Node):
    r"""A string. After ``after[i]`` of its characters, its escapes (\n) have cost ``extra[i]`` more."""

    value: str
    after: tuple[int, ...] = ()
    extra: tuple[int, ...] = ()

    def place(self, index: int) -> tuple[int, int]:
        """Return line and column, in the text, of ``value[index]`` (at its end: of the closing quote)."""
        before = bisect_right(self.after, index)
        return self.line, self.column + 1 + index + (self.extra[before - 1] if before else 0)


@dataclass(frozen=True, eq=False, slots=True)
class ListNode(Node):
    """An array."""

    items: tuple[Node, ...]


@dataclass(frozen=True, eq=False, slots=True)
class ObjectNode(Node):
    """An object: its keys and values in the order of the text."""

    members: tuple[tuple[TextNode, Node], ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """What a text gave: every problem found, and the tree with its faults guessed away (None if it ended)."""

    node: Node | None
    problems: tuple[Problem, ...]


def read(text: str, *, top_level_object: bool = True, field: str = "payload") -> Reading:
    """Return the tree of ``text`` and its problems, in the order of the text; never raises.

    The first problem is exact. Later ones, 100 at most, are told as far as the text is understood.
    With ``top_level_object`` an array or a single value is a problem too. The time it takes grows with the
    length of the text and with nothing else.
    """
    reader = _Reader(text, field)
    try:
        node = reader.document(top_level_object)
    except _Stop:
        node = None
    return Reading(
        node, tuple(sorted(reader.problems, key=lambda found: (found.line or 0, found.column or 0)))
    )


def parse(text: str, *, top_level_object: bool = True, field: str = "payload") -> Node:
    """Return the tree of ``text``.

    Raises:
        Invalid: with every problem found, each with line and column.
    """
    reading = read(text, top_level_object=top_level_object, field=field)
    if reading.problems or reading.node is None:
        raise Invalid(reading.problems)
    return reading.node


def plain(node: Node) -> JsonValue:
    """Return the value of ``node`` as Python has it, as ``json.loads`` would."""
    if isinstance(node, ObjectNode):
        return {key.value: plain(value) for key, value in node.members}
    if isinstance(node, ListNode):
        return [plain(item) for item in node.items]
    assert isinstance(node, TextNode | ScalarNode)
    return node.value


def clip(text: str, length: int = 40) -> str:
    """Return ``text`` fit for a sentence: of at most ``length`` characters, and without lone surrogates."""
    shown = text if len(text) <= length else text[: length - 1] + "…"
    return shown.encode("utf-8", "replace").decode()


class _Stop(Exception):
    """The text cannot be read on from here."""


# Every repetition below is possessive, or ends at a sign that cannot be in it: none takes quadratic time.
_LINE_END = re.compile(r"\r\n|\r|\n")
_BLANKS = re.compile(r"[ \t\n\r]+")
_COMMENT = re.compile(r"//[^\n\r]*|#[^\n\r]*|/\*.*?\*/", re.DOTALL)
_INVISIBLE = re.compile(r"[\x00-\x1f\xa0\u1680\u2000-\u200f\u2028-\u202f\u205f-\u2064\u3000\ufeff]")
_SIMPLE_TEXT = re.compile(r'"([^"\\\x00-\x1f\ud800-\udfff]*+)"')
_PIECE = re.compile(r'([^"\\\x00-\x1f\ud800-\udfff]*+)(["\\\x00-\x1f\ud800-\udfff])')
_UNICODE = re.compile(r"\\u([0-9a-fA-F]{4})")
_OTHER_QUOTES = re.compile(r"'([^'\n\r]*+)'|[“”„«»]([^“”„«»\"\n\r]*+)[“”„«»]")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*+)(\.[0-9]++)?+([eE][+-]?[0-9]++)?+(?![0-9A-Za-z_.+-])")
_NEAR_NUMBER = re.compile(r"[+-]?\.?[0-9][0-9A-Za-z_.+-]*")
_WORD = re.compile(r"[+-]?[^\W\d][\w-]*")
_SEEN = re.compile(r"[\w-]{1,41}|.?", re.DOTALL)
_BARE_SLOT = re.compile(r"\{\{[^\n\r]*?\}\}|\$\{[^\n\r}]*\}")
_ESCAPES = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_CONSTANTS: dict[str, bool | None] = {"true": True, "false": False, "null": None}
_CONSTANTS_ELSEWHERE = {"true": "true", "false": "false"} | dict.fromkeys(
    ("none", "null", "nil", "undefined"), "null"
)
_NOT_FINITE = frozenset({"nan", "inf", "infinity"})


class _Reader:
    """One walk over one text. ``at`` only grows, so that the walk ends."""

    def __init__(self, text: str, field: str) -> None:
        self.text = text
        self.field = field
        self.at = 0
        self.problems: list[Problem] = []
        self.line_starts = [0, *(end.end() for end in _LINE_END.finditer(text))]

    def place(self, offset: int) -> tuple[int, int]:
        line = bisect_right(self.line_starts, offset)
        return line, offset - self.line_starts[line - 1] + 1

    def blame(self, offset: int, sentence: Sentence) -> None:
        line, column = self.place(offset)
        self.problems.append(Problem(field=self.field, sentence=sentence, line=line, column=column))
        if len(self.problems) == MAX_PROBLEMS:
            raise _Stop

    def stop(self, offset: int, sentence: Sentence) -> _Stop:
        self.blame(offset, sentence)
        return _Stop()

    def here(self) -> str:
        """Return the character to be read, "" at the end of the text."""
        return self.text[self.at : self.at + 1]

    def seen(self) -> str:
        """Return the word or sign that stands here, for a sentence."""
        found = _SEEN.match(self.text, self.at)
        return clip(found[0]) if found else ""

    def skip(self) -> str:
        """Step over blanks, return the next character; refuse comments and invisible characters."""
        while True:
            char = self.here()
            if char in ("/", "#"):
                self.comment()
            elif "!" <= char <= "~" or not char:
                return char
            elif blanks := _BLANKS.match(self.text, self.at):
                self.at = blanks.end()
            elif _INVISIBLE.match(char):
                self.blame(
                    self.at,
                    say(
                        "An invisible character ({code}) stands here, as copied text often has. Delete it.",
                        code=f"U+{ord(char):04X}",
                    ),
                )
                self.at += 1
            else:
                return char

    def comment(self) -> None:
        found = _COMMENT.match(self.text, self.at)
        if found is None:
            raise self.stop(
                self.at,
                say("JSON has no {sign} outside of a text. Delete it, or close the comment.", sign="/"),
            )
        self.blame(self.at, say("JSON has no comments. Move this one to the notes, or delete it."))
        self.at = found.end()

    def document(self, top_level_object: bool) -> Node:
        if self.text.startswith("\ufeff"):
            self.blame(
                0,
                say(
                    "The text begins with a byte order mark (BOM), an invisible character that some"
                    " editors add. Delete the first character, or save the file as UTF-8 without BOM."
                ),
            )
            self.at = 1
        if not self.skip():
            raise self.stop(
                self.at,
                say("There is no JSON here. Write an object, for example {example}.", example='{"to": ""}'),
            )
        start = self.at
        node = self.value(0)
        if top_level_object and not isinstance(node, ObjectNode):
            self.blame(start, not_an_object(node))
        if self.skip():
            raise self.stop(
                self.at,
                say(
                    "The JSON has ended before “{found}”. Delete what follows, or put all of it into one"
                    " object.",
                    found=self.seen(),
                ),
            )
        return node

    def value(self, depth: int) -> Node:
        char = self.here()
        if char == '"':
            return self.string()
        if char == "[" or (char == "{" and not self.text.startswith("{{", self.at)):
            if depth == MAX_DEPTH:
                raise self.stop(
                    self.at,
                    say(
                        "More than {limit} brackets are open inside each other. Make it flatter.",
                        limit=MAX_DEPTH,
                    ),
                )
            return self.object(depth + 1) if char == "{" else self.array(depth + 1)
        if number := _NUMBER.match(self.text, self.at):
            return self.number(number)
        word = _WORD.match(self.text, self.at)
        if word and word[0] in _CONSTANTS:
            return self.scalar(word[0], _CONSTANTS[word[0]])
        return self.no_value(word)

    def scalar(self, spelling: str, value: float | bool | None) -> ScalarNode:
        line, column = self.place(self.at)
        self.at += len(spelling)
        return ScalarNode(line, column, value, spelling)

    def number(self, found: re.Match[str]) -> ScalarNode:
        spelling = found[0]
        value = _number(spelling, whole=found[1] is None and found[2] is None)
        if value is None:
            self.blame(
                self.at,
                say(
                    "The number {number} is larger than readers of JSON can hold. If it is a code or an id,"
                    " write it in double quotes.",
                    number=clip(spelling),
                ),
            )
        return self.scalar(spelling, value)

    def string(self) -> TextNode:
        start = self.at
        line, column = self.place(start)
        if simple := _SIMPLE_TEXT.match(self.text, start):
            self.at = simple.end()
            return TextNode(line, column, simple[1])
        self.at += 1
        text = _Text()
        while True:
            piece = _PIECE.match(self.text, self.at)
            if piece is None:
                if text.broken:  # told already, and the likelier place of the missing quote
                    raise _Stop
                raise self.stop(
                    start, say("The text that begins here is never closed. Add a double quote where it ends.")
                )
            text.add(piece[1], len(piece[1]))
            self.at = piece.end(1)
            if piece[2] == '"':
                self.at += 1
                return TextNode(line, column, "".join(text.parts), tuple(text.after), tuple(text.extra))
            text.add(*(self.escape() if piece[2] == "\\" else self.raw(piece[2], text)))

    def escape(self) -> tuple[str, int]:
        """Step over the escape here; return its character and how long it is."""
        start = self.at
        if found := _UNICODE.match(self.text, start):
            code, self.at = int(found[1], 16), start + 6
            second = _UNICODE.match(self.text, self.at) if 0xD800 <= code < 0xDC00 else None
            if second and 0xDC00 <= (low := int(second[1], 16)) < 0xE000:
                code, self.at = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00), start + 12
            if 0xD800 <= code < 0xE000:
                self.blame(start, _half_a_character(found[0]))
                return "\ufffd", 6
            return chr(code), self.at - start
        escape = self.text[start : start + 2]
        if escape[1:] in _ESCAPES:
            self.at += 2
            return _ESCAPES[escape[1]], 2
        self.at += 1
        if escape == "\\":  # the text ends here, which string() tells
            return escape, 1
        self.blame(
            start,
            say(
                r"{escape} is not an escape of JSON. Write a backslash itself as \\; the other escapes are"
                r" \n, \r, \t, \b, \f, \/, \" and \u with four hexadecimal digits.",
                escape=clip(escape),
            ),
        )
        return "\\", 1

    def raw(self, char: str, text: _Text) -> tuple[str, int]:
        """Refuse a character that may not stand in a text as it is; step over it."""
        if "\ud800" <= char <= "\udfff":
            self.blame(self.at, _half_a_character(f"\\u{ord(char):04x}"))
            char = "\ufffd"
        elif char not in "\r\n":
            self.blame(
                self.at,
                say(
                    "A control character ({code}) stands in this text. Delete it, or write it as {escape}.",
                    code=f"U+{ord(char):04X}",
                    escape=r"\t" if char == "\t" else f"\\u{ord(char):04x}",
                ),
            )
        elif not text.broken:
            text.broken = True
            self.blame(
                self.at,
                say(
                    r"The line ends inside a text. Close the text with a double quote, or write a line"
                    r" break as \n."
                ),
            )
        self.at += 1
        return char, 1

    def array(self, depth: int) -> ListNode:
        start, items = self.at, list[Node]()
        self.at += 1
        comma: int | None = None
        while self.more(start, "]", comma):
            items.append(self.value(depth))
            comma = self.comma(start, "]")
        return ListNode(*self.place(start), tuple(items))

    def object(self, depth: int) -> ObjectNode:
        start, members = self.at, list[tuple[TextNode, Node]]()
        self.at += 1
        comma: int | None = None
        seen: dict[str, int] = {}
        while self.more(start, "}", comma):
            offset, key = self.at, self.key()
            if key.value in seen:
                self.blame(
                    offset,
                    say(
                        "“{key}” stands twice in this object, first in line {line}; only one would arrive."
                        " Delete or rename one.",
                        key=clip(key.value),
                        line=seen[key.value],
                    ),
                )
            seen.setdefault(key.value, key.line)
            self.colon(key)
            members.append((key, self.value(depth)))
            comma = self.comma(start, "}")
        return ObjectNode(*self.place(start), tuple(members))

    def more(self, start: int, closer: str, comma: int | None) -> bool:
        """Return whether an item follows; if none, step over the bracket. ``comma``: where one was before."""
        while (char := self.skip()) == ",":
            self.blame(self.at, say("Nothing stands before this comma. Delete it."))
            self.at += 1
        if not char:
            raise self.never_closed(start, closer)
        if char != closer:
            return True
        if comma is not None:
            self.blame(comma, say("A comma follows the last item. Delete it."))
        self.at += 1
        return False

    def never_closed(self, start: int, closer: str) -> _Stop:
        line, column = self.place(start)
        return self.stop(
            self.at,
            say(
                "The text ends while the {opener} of line {line}, column {column} is open. Add {closer}.",
                opener=self.text[start],
                line=line,
                column=column,
                closer=closer,
            ),
        )

    def comma(self, start: int, closer: str) -> int | None:
        """Step over the comma after an item and return where it was; None if there is none."""
        before = self.text[self.at - 1]
        touching = self.at
        char = self.skip()
        if char == ",":
            self.at += 1
            return self.at - 1
        if char == closer:
            return None
        if not char:
            raise self.never_closed(start, closer)
        found = self.seen()
        if char in '"{[' or (char in "-0123456789" and self.at > touching):
            self.blame(self.at, say("A comma is missing before “{found}”. Add it.", found=found))
            return None
        if before == '"':
            sentence = say(
                "After this text a comma or {closer} is expected, not “{found}”. If the double quote before"
                " it belongs to the text, write {quote}.",
                closer=closer,
                found=found,
                quote='\\"',
            )
        else:
            sentence = say("A comma or {closer} is expected here, not “{found}”.", closer=closer, found=found)
        raise self.stop(self.at, sentence)

    def key(self) -> TextNode:
        if self.here() == '"':
            return self.string()
        if quoted := _OTHER_QUOTES.match(self.text, self.at):
            return self.other_quotes(quoted)
        if word := _WORD.match(self.text, self.at):
            self.blame(self.at, say("Write the name “{name}” in double quotes.", name=clip(word[0])))
            line, column = self.place(self.at)
            self.at = word.end()
            return TextNode(line, column, word[0])
        raise self.stop(
            self.at, say("A name in double quotes is expected here, not “{found}”.", found=self.seen())
        )

    def colon(self, key: TextNode) -> None:
        if self.skip() != ":":
            raise self.stop(
                self.at,
                say("After the name “{name}” a colon and a value are expected.", name=clip(key.value)),
            )
        self.at += 1
        self.skip()

    def no_value(self, word: re.Match[str] | None) -> Node:
        """Refuse what stands where a value is expected, and read it as what was probably meant."""
        char = self.here()
        if not char:
            raise self.stop(self.at, say("The text ends where a value is expected. Add the value."))
        if char in ",]}":
            self.blame(self.at, say("A value is missing before “{found}”. Add one, or null.", found=char))
            return self.scalar("", None)
        if quoted := _OTHER_QUOTES.match(self.text, self.at):
            return self.other_quotes(quoted)
        if slot := _BARE_SLOT.match(self.text, self.at):
            self.blame(
                self.at,
                say(
                    "Write {slot} in double quotes. A text that is one slot and nothing else keeps the"
                    " type of its value.",
                    slot=clip(slot[0]),
                ),
            )
            return self.scalar(slot[0], None)
        if word:
            return self.word(word[0])
        if number := _NEAR_NUMBER.match(self.text, self.at):
            self.blame(
                self.at,
                say(
                    "{number} is not a number of JSON. Write it like 12, -0.5 or 2e3, without + or 0 in"
                    " front; a phone number or a code belongs in double quotes.",
                    number=clip(number[0]),
                ),
            )
            return self.scalar(number[0], None)
        raise self.stop(self.at, say("A value is expected here, not “{found}”.", found=self.seen()))

    def word(self, word: str) -> ScalarNode:
        if word.lstrip("+-").lower() in _NOT_FINITE:
            self.blame(self.at, say("JSON has no {word}. Write a number or null.", word=word))
        elif meant := _CONSTANTS_ELSEWHERE.get(word.lower()):
            self.blame(self.at, say("JSON writes {meant}, not {word}.", meant=meant, word=word))
        else:
            self.blame(self.at, say("Write the text “{word}” in double quotes.", word=clip(word)))
        return self.scalar(word, None)

    def other_quotes(self, quoted: re.Match[str]) -> TextNode:
        self.blame(
            self.at,
            say('JSON takes only straight double quotes ("), not {quote}. Replace both.', quote=quoted[0][0]),
        )
        line, column = self.place(self.at)
        self.at = quoted.end()
        return TextNode(line, column, quoted[1] or quoted[2] or "")


class _Text:
    """A string being read: its parts, and where escapes made it shorter than the text."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.after: list[int] = []
        self.extra: list[int] = []
        self.length = 0
        self.broken = False

    def add(self, part: str, taken: int) -> None:
        self.parts.append(part)
        self.length += len(part)
        if taken > len(part):
            self.after.append(self.length)
            self.extra.append(taken - len(part) + (self.extra[-1] if self.extra else 0))


def _number(spelling: str, *, whole: bool) -> float | None:
    """Return the number, or None where it is infinite or, whole, beyond 64 bits."""
    if not whole:
        return None if math.isinf(value := float(spelling)) else value
    if len(spelling) > len(str(SMALLEST_INTEGER)):  # so that a number of a million digits is never computed
        return None
    return value if SMALLEST_INTEGER <= (value := int(spelling)) <= LARGEST_INTEGER else None


def _half_a_character(escape: str) -> Sentence:
    return say(
        "{escape} is half of a character (a lone surrogate) and cannot be sent. Delete it or add its other"
        " half.",
        escape=escape,
    )


def not_an_object(node: Node) -> Sentence:
    """Return what is said of a payload that is a list or a single value."""
    if isinstance(node, ListNode):
        return say(
            "The payload is a list, and it must be an object. Give the list a name: {example}.",
            example='{"items": []}',
        )
    return say(
        "The payload is a single value, and it must be an object. Give the value a name: {example}.",
        example='{"value": ""}',
    )
