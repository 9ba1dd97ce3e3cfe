"""Item files: the contacts of a hold, each with the address that rejects it, written row by row in each form the stand-in knows.

What the vendor's file looks like is not published (facts A4): the default is one JSON object a line, as in its batch input.
"""

from __future__ import annotations

import csv
import io
import zlib
from collections.abc import Callable, Iterator
from typing import Final

import msgspec

from workbench.models.platform import Sendout

from .contacts import PROPERTIES, Contact

ROWS: Final = 500
"""Rows that are made before the next part of the file goes out: some 100 kB."""

EVERY: Final = 50
"""Mischief with rows happens to one in so many."""

CONTENT_TYPES: Final = {
    "ndjson": "application/x-ndjson",
    "ndjson_gzip": "application/x-ndjson",
    "json": "application/json",
    "csv": "text/csv; charset=utf-8",
}
BAD_ROWS: Final = {
    "ndjson": '{"id": ',
    "ndjson_gzip": '{"id": ',
    "json": '"no contact"',
    "csv": "no,contact,at,all",
}

MakeContact = Callable[[int], Contact]
MakeAddress = Callable[[int], str]


def written(sendout: Sendout, size: int, person: MakeContact, cancel: MakeAddress) -> Iterator[bytes]:
    """Return the parts of the item file of ``size`` contacts, each made when it is asked for; gzip where the sendout's form says so."""
    parts = _parts(sendout, size, person, cancel)
    return _cut(parts) if "file_cut" in sendout.mischief else parts


def _parts(sendout: Sendout, size: int, person: MakeContact, cancel: MakeAddress) -> Iterator[bytes]:
    rows = _rows(sendout, size, person, cancel)
    step = max(1, min(ROWS, size // 20)) if "slow_file" in sendout.mischief else ROWS
    text = _array(rows, step) if sendout.form == "json" else _lines(rows, step, sendout.form)
    return _packed(text) if sendout.form == "ndjson_gzip" else text


def _rows(sendout: Sendout, size: int, person: MakeContact, cancel: MakeAddress) -> Iterator[str]:
    write = _csv_row if sendout.form == "csv" else _json_row
    bad = BAD_ROWS[sendout.form] if "bad_rows" in sendout.mischief else ""
    doubles = "double_rows" in sendout.mischief
    for index in range(size):
        row = write(person(index), cancel(index))
        special = index % EVERY == EVERY - 1
        yield row
        if special and bad:
            yield bad
        if special and doubles:
            yield row


def _json_row(person: Contact, cancel_uri: str) -> str:
    row = {"id": person.id, "cancelUri": cancel_uri, "properties": person.properties}
    return msgspec.json.encode(row).decode()


def _csv_row(person: Contact, cancel_uri: str) -> str:
    line = io.StringIO()
    values = (person.properties.get(name, "") for name in PROPERTIES)
    csv.writer(line, lineterminator="").writerow((person.id, cancel_uri, *values))
    return line.getvalue()


def _lines(rows: Iterator[str], step: int, form: str) -> Iterator[bytes]:
    held = [",".join(("id", "cancelUri", *PROPERTIES))] if form == "csv" else []
    for row in rows:
        held.append(row)
        if len(held) >= step:
            yield ("\n".join(held) + "\n").encode()
            held.clear()
    if held:
        yield ("\n".join(held) + "\n").encode()


def _array(rows: Iterator[str], step: int) -> Iterator[bytes]:
    held: list[str] = []
    before = "["
    for row in rows:
        held.append(row)
        if len(held) >= step:
            yield (before + ",\n".join(held)).encode()
            before = ",\n"
            held.clear()
    yield ((before if held or before == "[" else "") + ",\n".join(held) + "]\n").encode()


def _packed(parts: Iterator[bytes]) -> Iterator[bytes]:
    packer = zlib.compressobj(wbits=31)  # with gzip's head and foot
    for part in parts:
        packed = packer.compress(part)
        if packed:
            yield packed
    yield packer.flush()


def _cut(parts: Iterator[bytes]) -> Iterator[bytes]:
    """Return the parts up to half of one that is not the first where there are several: the file ends in the middle of a row."""
    first = next(parts, b"")
    second = next(parts, None)
    if second is None:
        yield first[: len(first) // 2]
        return
    yield first
    yield second[: len(second) // 2]
