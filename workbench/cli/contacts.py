"""Contacts: whom a command is for, from ``--to``, ``--var`` and ``--contact``. What cannot be read is never repeated whole."""

from __future__ import annotations

import contextlib
import io
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from workbench.engine.contacts import contact_from
from workbench.errors import CannotWrite, Invalid, NotFound, StorageFault, WorkbenchError
from workbench.models.base import JsonValue, Problem
from workbench.models.contact import Contact
from workbench.models.integration import IdentifierType
from workbench.sentence import Sentence, say


def contact_of(kind: IdentifierType, to: str | None, variables: Sequence[str], file: Path | None) -> Contact:
    """Return the contact: the file's, with the identifier and the variables of the command line put over it."""
    contact = read_contact(file, kind) if file else Contact()
    identifiers = {**contact.identifiers, **({kind.key: to} if to is not None else {})}
    if not identifiers:
        raise _invalid("to", say("Say whom it is for: --to ada@example.com, or --contact FILE.json."))
    values: dict[str, JsonValue] = json.loads(json.dumps(contact.variables))
    for text in variables:
        _put(values, *read_variable(text))
    return contact.model_copy(
        update={"label": contact.label or to or "", "identifiers": identifiers, "variables": values}
    )


def read_contact(file: Path, kind: IdentifierType) -> Contact:
    """Return the contact that a JSON file holds: ``identifiers``, ``variables`` and ``user_data``, or all of them flat."""
    found = contact_from(read_json(file), kind)
    if isinstance(found, Sentence):
        raise _invalid("contact", say("{file} is not a contact. {reason}", file=str(file), reason=found))
    return found


@contextlib.contextmanager
def opened_lines(file: Path) -> Iterator[Iterator[str]]:
    """Give the lines of a file that a person named, or of standard input for ``-``, one after the other.

    A byte that is not UTF-8 makes its own line unfit, not the file. NotFound and StorageFault say why it cannot be read.
    """
    settings: dict[str, Any] = {"encoding": "utf-8", "errors": "surrogateescape", "newline": ""}
    try:
        if str(file) == "-":
            reader = io.TextIOWrapper(sys.stdin.buffer, **settings)
            try:
                yield iter(reader)
            finally:
                reader.detach()
        else:
            with file.open(**settings) as opened:
                yield iter(opened)
    except OSError as error:
        raise unreadable(file, error) from None


def read_variable(text: str) -> tuple[str, JsonValue]:
    """Return name and value of ``name=text`` or ``name:=JSON``."""
    name, sign, value = text.partition("=")
    if not sign or not name.strip(":"):
        raise _invalid(
            "var",
            say("“{text}” is no variable. Write it as name=text, or name:=5 for a number.", text=text[:40]),
        )
    if not name.endswith(":"):
        return name, value
    try:
        return name[:-1], json.loads(value)
    except ValueError:
        raise _invalid(
            "var",
            say(
                "The value of “{name}” is not JSON. For a text, write {name}=... without the colon.",
                name=name[:-1],
            ),
        ) from None


def read_text(file: Path) -> str:
    """Return the text of a file that a person named; NotFound, Invalid or StorageFault say why it cannot be read."""
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise _invalid("file", say("{file} is not text in UTF-8.", file=str(file))) from None
    except OSError as error:
        raise unreadable(file, error) from None


def read_json(file: Path) -> dict[str, Any]:
    """Return the JSON object that a file holds."""
    text = read_text(file)
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        line = error.lineno if isinstance(error, json.JSONDecodeError) else 1
        raise _invalid(
            "file", say("{file} is not JSON: look at line {line}.", file=str(file), line=line)
        ) from None
    if not isinstance(document, dict):
        raise _invalid(
            "file", say("{file} holds no JSON object. It has to start with a brace.", file=str(file))
        )
    return document


def write_text(file: Path, text: str) -> None:
    """Write a file that a person named; CannotWrite says why it cannot be written."""
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise CannotWrite(
            say("{file} cannot be written: {reason}.", file=str(file), reason=error.strerror or "")
        ) from None


def _put(values: dict[str, JsonValue], name: str, value: JsonValue) -> None:
    """Put a value under its name; a dotted name (``order.total``) leads into objects."""
    *path, last = name.split(".")
    place = values
    for step in path:
        inner = place.setdefault(step, {})
        if not isinstance(inner, dict):
            raise _invalid(
                "var", say("“{name}” leads into “{step}”, which is a value already.", name=name, step=step)
            )
        place = inner
    place[last] = value


def unreadable(file: Path, error: OSError) -> WorkbenchError:
    """Return why a file that a person named cannot be read: NotFound or StorageFault."""
    if isinstance(error, FileNotFoundError):
        return NotFound(say("There is no file {file}.", file=str(file)))
    return StorageFault(say("{file} cannot be read: {reason}.", file=str(file), reason=error.strerror or ""))


def _invalid(field: str, sentence: Sentence) -> Invalid:
    return Invalid([Problem(field=field, sentence=sentence)])
