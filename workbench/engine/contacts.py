"""CONTACTS: many of them, read from what people have: JSON lines, a JSON list, a table with a header row, or one identifier a line.

All of it is read line by line, so that a file of any length needs the memory of its longest contact. A line that cannot be
read becomes one problem that says where and why; the lines around it are read as if it were not there.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, get_args

from pydantic import ValidationError

from workbench.models.base import JsonValue, Problem
from workbench.models.contact import Contact, Pasted
from workbench.models.integration import IdentifierKind, IdentifierType
from workbench.sentence import Sentence, say

from .identifiers import identifier_of
from .json_values import values_in
from .lines import Lines, lines_of, problem_at, unfit
from .strict_json import MAX_PROBLEMS, clip

DELIMITERS: Final = (",", ";", "\t", "|")
PARTS: Final = ("identifiers", "variables", "user_data")


def read_contacts(text: str, identifier: IdentifierType) -> Pasted:
    """Return the contacts that a text holds and the first hundred problems; ``total`` counts every contact and every problem."""
    contacts: list[Contact] = []
    problems: list[Problem] = []
    total = 0
    for found in contacts_in(lines_of(text), identifier):
        total += 1
        if isinstance(found, Contact):
            contacts.append(found)
        elif len(problems) < MAX_PROBLEMS:
            problems.append(found)
    return Pasted(contacts=tuple(contacts), problems=tuple(problems), total=total)


def contacts_in(lines: Iterable[str], identifier: IdentifierType) -> Iterator[Contact | Problem]:
    """Give each contact of ``lines``, and a problem for each line that is none, in their order; never raises for what it reads.

    Args:
        lines: physical lines, with or without their line ends; bytes that are not UTF-8 decoded by ``surrogateescape``.
        identifier: what names a contact here. A contact that has none of this type is a problem.
    """
    source = Lines(lines)
    first = next((item for item in source if item[1].strip()), None)
    if first is None:
        return
    source.give_back([first])
    start = first[1].lstrip()[0]
    if start in "[{":
        yield from _documents(source, identifier, listed=start == "[")
    elif (delimiter := _delimiter(first[1], identifier)) is not None:
        yield from _table(source, identifier, delimiter)
    else:
        yield from _plain(source, identifier)


def contact_from(document: JsonValue, identifier: IdentifierType) -> Contact | Sentence:
    """Return the contact that a parsed JSON value is, or what is wrong with it. Whether it has the identifier is not asked.

    It is a whole contact (``identifiers``, ``variables``, ``user_data``); or flat, where names of identifier types are identifiers
    and all others variables; or an identifier alone.
    """
    if isinstance(document, str):
        return Contact(identifiers={identifier.key: document.strip()})
    if not isinstance(document, dict):
        return say(
            "A contact is an object in braces, or its identifier in double quotes; this is neither. Write {example}.",
            example='{"email": "ada@example.com"}',
        )
    if not _is_whole(document):
        return _flat(document, identifier)
    try:
        return Contact.model_validate(document)
    except ValidationError as error:
        place = ".".join(str(part) for part in error.errors(include_input=False, include_url=False)[0]["loc"])
        return say(
            "“{place}” does not fit. A contact has label, identifiers, variables and user_data.",
            place=clip(place),
        )


def _is_whole(document: dict[str, JsonValue]) -> bool:
    if isinstance(document.get("identifiers"), dict):
        return True
    parts = [name for name in document if name != "label"]
    return bool(parts) and all(name in PARTS and isinstance(document[name], dict) for name in parts)


def _flat(document: dict[str, JsonValue], identifier: IdentifierType) -> Contact | Sentence:
    known = _known(identifier)
    identifiers: dict[str, str] = {}
    for name, value in document.items():
        if name.casefold() not in known:
            continue
        if isinstance(value, str):
            identifiers[name] = value.strip()
        elif name != identifier.key or value is None:
            continue  # a variable like any other
        elif identifier.kind == "custom" and type(value) is int:
            identifiers[name] = str(value)
        else:
            return say(
                "“{name}” has to be a text. Write it in double quotes, so that no sign and no zero is lost.",
                name=clip(name),
            )
    variables = {name: value for name, value in document.items() if name not in identifiers}
    return Contact(identifiers=identifiers, variables=variables)


def _known(identifier: IdentifierType) -> dict[str, str]:
    """Return the names of the identifier types, in any case of letters, and as they are written."""
    names = [kind for kind in get_args(IdentifierKind) if kind != "custom"]
    return {name.casefold(): name for name in (*names, identifier.key) if name}


def _checked(contact: Contact, identifier: IdentifierType, line: int, text: str = "") -> Contact | Problem:
    """Return the contact if it has its identifier, and its text can be sent."""
    if wrong := unfit(line, text):
        return wrong
    _, lacking = identifier_of(identifier, contact)
    return contact if lacking is None else lacking.model_copy(update={"line": line})


def _documents(source: Lines, identifier: IdentifierType, *, listed: bool) -> Iterator[Contact | Problem]:
    """Give the contacts of JSON lines or of a JSON list."""
    for found in values_in(source, listed=listed):
        if isinstance(found, Problem):
            yield found
            continue
        line, value = found
        contact = contact_from(value, identifier)
        yield (
            problem_at(line, contact)
            if isinstance(contact, Sentence)
            else _checked(contact, identifier, line)
        )


def _plain(source: Lines, identifier: IdentifierType) -> Iterator[Contact | Problem]:
    """Give the contacts of a list with one identifier a line."""
    for line, text in source:
        if value := text.strip():
            yield _checked(Contact(identifiers={identifier.key: value}), identifier, line, text)


def _delimiter(header: str, identifier: IdentifierType) -> str | None:
    """Return what separates the cells of a header row, or None where the line is no row of a table."""
    known = _known(identifier)

    def fit(delimiter: str) -> tuple[bool, int]:
        names = [cell.strip().casefold() for cell in _cells(header, delimiter)]
        return any(name in known for name in names), len(names)

    best = max(DELIMITERS, key=fit)
    named, columns = fit(best)
    return best if named or columns > 1 else None


def _cells(line: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return []


def _table(source: Lines, identifier: IdentifierType, delimiter: str) -> Iterator[Contact | Problem]:
    """Give the contacts of a table. Without a header that can be relied on no row is read: a value could go to the wrong place."""
    records = _records(source, delimiter)
    line, header, _ = next(records, (1, [], ""))
    if isinstance(header, Problem):
        yield header
        return
    known = _known(identifier)
    names = [known.get(name.casefold(), name) for name in (cell.strip() for cell in header)]
    types = [name for name in names if name in known.values()]
    wrong = [problem_at(line, sentence) for sentence in _misnamed(names, identifier)]
    yield from wrong
    if wrong:
        return
    for line, cells, text in records:
        if isinstance(cells, Problem):
            yield cells
        elif len(cells) != len(names):
            yield problem_at(
                line,
                say(
                    "This row has {cells} cells, the first row {columns}. Put a text that holds the separator in double quotes.",
                    cells=len(cells), columns=len(names),
                ),
            )  # fmt: skip
        else:
            row = dict(zip(names, cells, strict=True))
            identifiers = {name: row.pop(name).strip() for name in types}
            yield _checked(Contact(identifiers=identifiers, variables=row), identifier, line, text)


def _misnamed(names: Sequence[str], identifier: IdentifierType) -> Iterator[Sentence]:
    """Give what is wrong with the names of the columns."""
    seen: set[str] = set()
    for number, name in enumerate(names, 1):
        if not name:
            yield say(
                "Column {number} has no name. Give it one in the first row, or delete the column.",
                number=number,
            )
        elif name in seen:
            yield say(
                "Two columns are called “{name}”, and only one would arrive. Rename one in the first row.",
                name=clip(name),
            )
        seen.add(name)
    if identifier.key not in seen:
        yield say(
            "No column is called “{key}”, which names the contact here. The first row has to name the columns; it reads “{names}”.",
            key=identifier.key, names=clip(", ".join(names)),
        )  # fmt: skip


def _records(source: Lines, delimiter: str) -> Iterator[tuple[int, list[str] | Problem, str]]:
    """Give each row of a table that is not empty: its first line's number, its cells, and its text.

    A quote that is left open takes in the lines that follow: they are given back and read on their own.
    """
    taken: list[tuple[int, str]] = []

    def taking() -> Iterator[str]:
        for item in source:
            taken.append(item)
            yield item[1]

    while True:
        taken.clear()
        try:
            cells = next(csv.reader(taking(), delimiter=delimiter, strict=True))
        except StopIteration:
            return
        except csv.Error:
            source.give_back(taken[1:])
            yield taken[0][0], problem_at(taken[0][0], _open_quote()), ""
            continue
        if any(cell.strip() for cell in cells):
            yield taken[0][0], cells, "".join(text for _, text in taken)


def _open_quote() -> Sentence:
    return say(
        "The double quotes of this row do not fit. Close each text, and write a quote inside of one twice."
    )
