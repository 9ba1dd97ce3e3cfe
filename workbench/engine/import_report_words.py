"""IMPORT REPORT WORDS: which column of an error report says what: the line, the record's key, the field, the message.

The report's shape is documented nowhere, so columns go by names that are about, in the languages of the platform's people; what has a name
of the uploaded file's own columns is a cell of the refused row.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from workbench.models.base import JsonValue

LONGEST: Final = 500
"""Letters of a message that are kept."""
_LINES: Final = frozenset({
    "line", "lineno", "linenum", "linenumber", "linea", "numerodelinea", "numlinea", "linha", "numerodalinha", "ligne", "no", "nr",
})  # fmt: skip
_ROWS: Final = frozenset({
    "row", "rowno", "rownum", "rownumber", "rowindex", "record", "recordnumber", "fila", "numerodefila", "registro", "csvrow",
})  # fmt: skip
_INDEXES: Final = frozenset({"index", "idx", "position", "offset"})
_MESSAGES: Final = frozenset({
    "error", "errors", "errormessage", "errormessages", "errordescription", "errordetail", "errorreason", "errordetails", "message",
    "messages", "reason", "reasons", "detail", "details", "description", "cause", "motivo", "mensaje", "mensagem", "descripcion",
    "descricao", "erro", "erros", "errores", "erreur", "validationerrors", "problem", "problems", "importerror",
})  # fmt: skip
_FIELDS: Final = frozenset({
    "field", "fieldname", "fieldid", "column", "columnname", "property", "path", "attribute", "campo", "columna", "coluna", "name",
})  # fmt: skip
_CODES: Final = frozenset({"errorcode", "code", "codigo"})
_ASIDE: Final = frozenset({"status", "state", "type", "result", "success", "ok"})
_KEYS: Final = frozenset({
    "email", "emailaddress", "contactemail", "correo", "contact", "externalid", "productid", "coupon", "couponcode", "key", "primarykey",
})  # fmt: skip
_CELLS: Final = frozenset({"data", "row", "record", "values", "item", "original", "source", "content"})
_NUMBER: Final = re.compile(r"[0-9]{1,12}")
_SPOKEN: Final = re.compile(
    r"\s*(?:(?:at|on|in|en|na|a|la)\s+)*(line|row|record|linea|línea|linha|fila|ligne)\b\D{0,6}([0-9]{1,12})\s*[:;,.)-]*\s*",
    re.IGNORECASE,
)
_LED: Final = re.compile(r"\s*#?([0-9]{1,12})\s*[:;,)|\t-]+\s*(?=\S)")


class ReportLine(NamedTuple):
    """What a report says of one refused row, as it says it. ``line`` None and ``key`` empty where it says none.

    ``counts`` is what its numbers seem to count: the file's ``line``, its ``row``, or an ``index`` from 0.
    """

    line: int | None = None
    key: str = ""
    field: str = ""
    message: str = ""
    counts: str = "line"


def knows(names: Iterable[str], columns: Iterable[str]) -> bool:
    """Return whether these names are a header: one of them is the file's own, or says what a report's column says."""
    own = frozenset(columns)
    every = _LINES | _ROWS | _INDEXES | _MESSAGES | _KEYS
    return any(name.strip() in own or plain(name) in every for name in names)


def line_of(record: Mapping[str, JsonValue], columns: Sequence[str]) -> ReportLine | None:
    """Return what one record of a report says; None where it says nothing. ``columns`` are the uploaded file's, its key first."""
    own = {name.strip(): value for name, value in record.items() if name is not None}
    number: tuple[int, str] | None = None
    key, field, code, messages, others = "", "", "", list[str](), list[str]()
    for name, value in own.items():
        word = plain(name)
        if name in columns:
            key = _text(value) if name == columns[0] else key
            continue
        if word in _CELLS and isinstance(value, Mapping):
            key = key or _text(value.get(columns[0]))
        elif word in _LINES | _ROWS | _INDEXES and number is None and (found := _whole(value)) is not None:
            number = found, "index" if word in _INDEXES else "row" if word in _ROWS else "line"
        elif word in _MESSAGES:
            told, of = _told(value)
            messages += told
            field = field or of
        elif word in _FIELDS:
            field = field or _text(value).strip("/")
        elif word in _CODES:
            code = code or _text(value)
        elif word in _KEYS:
            key = key or _text(value)
        elif word not in _ASIDE:
            others.append(_text(value))
    message = "; ".join(filter(None, messages or others))
    if code and code not in message:
        message = f"{code}: {message}" if message else code
    if number is None and not key and (spoken := spoken_line(message)) is not None:
        return spoken._replace(field=field)
    if number is None and not key and not message:
        return None
    return ReportLine(
        number[0] if number else None, key, field, message[:LONGEST], number[1] if number else "line"
    )


def bare_line(cells: Sequence[str], columns: Sequence[str]) -> ReportLine | None:
    """Return what one row of a report without a header says: the refused row with a message behind, or a number and words."""
    if len(cells) == len(columns) + 1:
        return ReportLine(None, cells[0].strip(), "", cells[-1].strip()[:LONGEST])
    text = ", ".join(filter(None, (cell.strip() for cell in cells)))
    number = _whole(cells[0]) if len(cells) > 1 else None
    if number is not None:
        return ReportLine(
            number, "", "", ", ".join(filter(None, (cell.strip() for cell in cells[1:])))[:LONGEST]
        )
    return spoken_line(text) or (ReportLine(message=text[:LONGEST]) if text else None)


def spoken_line(text: str) -> ReportLine | None:
    """Return what a plain sentence such as ``Line 5: invalid email`` says; None where it names no line."""
    found = _SPOKEN.search(text)
    if found is not None:
        counts = "row" if plain(found[1]) in _ROWS else "line"
        rest = text[found.end() :] if not text[: found.start()].strip() else text
        return ReportLine(int(found[2]), "", "", rest.strip()[:LONGEST] or text.strip()[:LONGEST], counts)
    led = _LED.match(text)
    return None if led is None else ReportLine(int(led[1]), "", "", text[led.end() :].strip()[:LONGEST])


def plain(name: str) -> str:
    """Return a name without its case, accents, blanks and signs."""
    bare = unicodedata.normalize("NFKD", name.casefold())
    return "".join(letter for letter in bare if letter.isascii() and letter.isalnum())


def _whole(value: JsonValue) -> int | None:
    """Return the whole number that a cell says, with a word in front perhaps."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    if isinstance(value, int | float):
        return int(value) if value == int(value) >= 0 else None
    text = value.strip().removesuffix(".0")
    found = _NUMBER.findall(text)
    return int(found[0]) if len(found) == 1 and len(text) <= len(found[0]) + 12 else None


def _told(value: JsonValue) -> tuple[list[str], str]:
    """Return the messages in a value, and the field that the first of them names: a text, a list of texts, or objects."""
    if isinstance(value, list):
        found = [_told(one) for one in value]
        return [text for texts, _ in found for text in texts], next((of for _, of in found if of), "")
    if isinstance(value, Mapping):
        words = {plain(name): inner for name, inner in value.items()}
        texts = [_text(inner) for word, inner in words.items() if word in _MESSAGES]
        field = next((_text(inner).strip("/") for word, inner in words.items() if word in _FIELDS), "")
        return [text for text in texts if text] or [_text(dict(value))], field
    text = _text(value)
    return ([text] if text else []), ""


def _text(value: JsonValue) -> str:
    if value is None:
        return ""
    return value.strip() if isinstance(value, str) else str(value)
