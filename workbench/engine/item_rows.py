"""ITEM ROWS: one row of an item file, read into the contact that it is, or into the sentence why it is none.

The file's form is not documented (facts A4), so what reads it is tolerant: ``cancelUri`` and ``rejectUri`` mean the same, so do ``id``,
``contactId`` and ``originalId``; further columns are properties. It is strict where a guess could decide for the wrong person: a row with
two different ids or addresses is none.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Final, NamedTuple

import msgspec

from workbench.models.base import JsonValue
from workbench.sentence import Sentence, say

MAX_LINE: Final = 256 * 1024
"""Bytes of one row."""
MAX_DEPTH: Final = 20
"""Levels of lists and objects within a row."""
LONGEST_ID: Final = 255
LONGEST_URI: Final = 4000

if TYPE_CHECKING:
    Properties = dict[str, Any]
else:
    # What the quick way decodes. Lists and objects within them take the other way, where their depth is looked at.
    Properties = dict[str, str | int | float | bool | None]


class Item(
    msgspec.Struct, rename={"cancel_uri": "cancelUri"}, forbid_unknown_fields=True, gc=False, kw_only=False
):
    """One contact of a sendout: its id as a text, the address that rejects it (a secret), and its properties as JSON has them."""

    id: Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_ID)]
    cancel_uri: str = ""
    properties: Properties = {}

    def __repr__(self) -> str:
        return f"Item(id={self.id!r})"  # an address lets whoever reads it decide


class BadRow(NamedTuple):
    """A row of the file that is no contact: its number from 1, and why."""

    number: int
    sentence: Sentence


Row = tuple[int, Item] | BadRow
"""A row's number from 1 and the contact it is, or why it is none."""

_ROLES: Final = {
    "id": "id",
    "contactid": "id",
    "originalid": "id",
    "canceluri": "uri",
    "rejecturi": "uri",
}
_URI = re.compile(
    r"https?://(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?(?:[/?#][!-~]*)?", re.IGNORECASE
)
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_UNFIT = re.compile(r"[\x00\ud800-\udfff]")

_ITEM = msgspec.json.Decoder(Item)
_REFUSED = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)

NO_OBJECT: Final = say(
    "This row is no object in braces. A contact is written like {example}.",
    example='{"id": "4711", "cancelUri": "https://…"}',
)
TOO_LONG: Final = say("This row is longer than {limit} bytes. Leave out properties.", limit=MAX_LINE)
NO_UTF8: Final = say("This row holds bytes that are not UTF-8. Save the file as UTF-8.")
TOO_DEEP: Final = say("This row is nested deeper than {limit} levels. Make it flatter.", limit=MAX_DEPTH)
_UNFIT_TEXT: Final = say("This row holds a NUL or half of a character (a lone surrogate). Remove it.")
_NO_ID: Final = say("This row has no id. It needs one as “id”, “contactId” or “originalId”.")
_ID_KIND: Final = say("The id of this row is neither a text nor a whole number. Write it in double quotes.")
_TWO_IDS: Final = say("This row has two different ids, so it is not sure whom it means. Keep one.")
_LONG_ID: Final = say("The id of this row has more than {limit} characters.", limit=LONGEST_ID)
_UNSEEN_ID: Final = say("The id of this row holds a control character. Remove it.")
_NO_URI: Final = say("This row has no address to reject it by. It needs one as “cancelUri” or “rejectUri”.")
_TWO_URIS: Final = say("This row has two different addresses to reject it by. Keep one.")
_BAD_URI: Final = say(
    "The address to reject this row by is no whole web address. It starts with https:// and the name of the server."
)
_LONG_URI: Final = say(
    "The address to reject this row by has more than {limit} characters.", limit=LONGEST_URI
)
_PROPERTIES: Final = say("“properties” of this row is no object in braces.")
_NUMBER: Final = say("This row holds a number that is too large for JSON's readers. Write it as a text.")


# -- Many rows at once -------------------------------------------------------------------------------------------------


def read_lines(block: bytes, first: int, count: int, *, addressed: bool = True) -> list[Row]:
    """Return the rows of ``count`` whole lines of JSON, of which the first has number ``first``; blank ones count, but are no rows.

    ``addressed``: each needs the address that rejects it; in a file that nobody answers it may lack, and is not looked at.
    """
    escaped = b"\\" in block
    # Where each line begins as the first does, with a brace, and ends with one, and there are as many objects as lines, each line is one.
    alike = b"}\n" + block[:6]
    if (
        len(block) <= MAX_LINE
        and block.startswith(b"{")
        and block.endswith(b"}\n")
        and block.count(alike) == count - 1
        and not (escaped and b"\\u0000" in block)
    ):
        items = _decoded(block)
        if len(items) == count and _all_fit(items, escaped, addressed):
            return list(zip(range(first, first + count), items, strict=True))
    return [] if block.isspace() else read_rows(block.split(b"\n"), first, addressed=addressed)


def read_rows(pieces: Sequence[bytes], first: int, *, addressed: bool = True) -> list[Row]:
    """Return the rows that lines or elements of JSON are, of which the first has number ``first``; blank ones count, but are no rows."""
    return [
        _row(number, read_row(piece, addressed=addressed))
        for number, piece in enumerate(pieces, first)
        if piece and not piece.isspace()
    ]


def _decoded(block: bytes) -> list[Item]:
    try:
        return _ITEM.decode_lines(block)
    except _REFUSED:  # some line is different: each is read for itself
        return []


def _row(number: int, found: Item | Sentence) -> Row:
    return (number, found) if type(found) is Item else BadRow(number, found)  # type: ignore[arg-type]


def _all_fit(items: Sequence[Item], escaped: bool, addressed: bool) -> bool:
    """Return whether all are surely right, told for all of them at once: asking each for itself would cost more than reading it did.

    Without a backslash there are no control characters but 127 in them, since JSON has no other way to write one.
    """
    text = "".join([item.id for item in items])
    seen = not escaped and text.isascii() and "\x7f" not in text
    if " " in text or not (seen or text.isprintable()):
        return False
    if not addressed:
        return True
    uris = [item.cancel_uri for item in items]
    head = uris[0][: uris[0].rfind("/") + 1]  # all addresses of a sendout begin alike
    text = "\n".join(uris)
    if not text.isascii() or " " in text or "\x7f" in text or max(map(len, uris)) > LONGEST_URI:
        return False
    if escaped and not all(map(str.isprintable, uris)):
        return False
    if text.count("\n" + head) == len(uris) - 1 and _URI.fullmatch(head) is not None:
        return True
    return all(map(_URI.fullmatch, uris))


# -- One row -----------------------------------------------------------------------------------------------------------


def read_row(piece: bytes, *, addressed: bool = True) -> Item | Sentence:
    """Return the contact that a line or an element is, or why it is none."""
    if len(piece) > MAX_LINE:
        return TOO_LONG
    if b"\\u0000" not in piece:
        try:
            item = _ITEM.decode(piece)
        except _REFUSED:
            pass
        else:
            return _wrong(item, addressed) or item
    return _read_slowly(piece, addressed)


def _read_slowly(line: bytes, addressed: bool) -> Item | Sentence:
    """As ``read_row``, for what the quick way refused: further columns, other names, nesting, and all that is wrong."""
    try:
        document = json.loads(line.decode(), parse_constant=_refuse)
    except UnicodeDecodeError:
        return NO_UTF8
    except json.JSONDecodeError as error:
        return say("This row is not JSON: it goes wrong at character {at}.", at=error.pos + 1)
    except RecursionError:
        return TOO_DEEP
    except ValueError:  # NaN, infinity, or thousands of digits
        return _NUMBER
    return item_of(document, addressed=addressed) if isinstance(document, dict) else NO_OBJECT


def _refuse(_: str) -> None:
    raise ValueError


def is_json(line: bytes) -> bool:
    """Return whether a line is JSON at all, whatever stands in it."""
    try:
        json.loads(line.decode())
    except RecursionError:
        return True
    except ValueError:
        return False
    return True


def item_of(document: Mapping[str, JsonValue], *, addressed: bool = True) -> Item | Sentence:
    """Return the contact that an object is, or why it is none. What stands in ``properties`` outranks a column of the same name."""
    found: dict[str, JsonValue] = {}
    extra: dict[str, JsonValue] = {}
    inner: JsonValue = None
    for name, value in document.items():
        if name == "properties":
            inner = value
        elif (role := _ROLES.get(name.lower())) is None:
            extra[name] = value
        elif value is not None and found.setdefault(role, value) != value:
            return _TWO_IDS if role == "id" else _TWO_URIS
    if inner is not None and not isinstance(inner, dict):
        return _PROPERTIES
    contact = _id_text(found.get("id"))
    if isinstance(contact, Sentence):
        return contact
    uri = found.get("uri", "")
    if not isinstance(uri, str):
        return _BAD_URI
    properties = {**extra, **inner} if inner else extra
    item = Item(contact, uri.strip(), properties)
    return _wrong(item, addressed) or _unfit(properties) or item


def _id_text(value: JsonValue) -> str | Sentence:
    if isinstance(value, str):
        return value
    if value is None:
        return _NO_ID
    if type(value) is not int:
        return _ID_KIND
    return str(value) if abs(value) < 10**LONGEST_ID else _LONG_ID


def _wrong(item: Item, addressed: bool) -> Sentence | None:
    if not item.id or item.id.isspace():
        return _NO_ID
    if len(item.id) > LONGEST_ID:
        return _LONG_ID
    if _UNSEEN.search(item.id) is not None:
        return _UNSEEN_ID
    if not addressed:
        return None
    if not item.cancel_uri:
        return _NO_URI
    if len(item.cancel_uri) > LONGEST_URI:
        return _LONG_URI
    return None if _URI.fullmatch(item.cancel_uri) is not None else _BAD_URI


def _unfit(properties: dict[str, JsonValue]) -> Sentence | None:
    """Return what keeps properties from being kept: how deep they are, and texts and numbers that no database and no JSON takes."""
    waiting: list[tuple[JsonValue, int]] = [(properties, 2)]
    while waiting:
        value, depth = waiting.pop()
        if isinstance(value, str):
            if _UNFIT.search(value) is not None:
                return _UNFIT_TEXT
        elif isinstance(value, (dict, list)):
            if depth > MAX_DEPTH:
                return TOO_DEEP
            if isinstance(value, dict):
                waiting.extend((name, depth) for name in value)
            waiting.extend((one, depth + 1) for one in (value.values() if isinstance(value, dict) else value))
        elif isinstance(value, float) and not math.isfinite(value):
            return _NUMBER
    return None
