"""Rows: what an import's file does to the store, row by row, and why a row is refused."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from workbench.engine.shop_texts import LIST_SIGN
from workbench.models.base import JsonValue
from workbench.models.sync_platform import ShopField

from .checks import CONTACT, PRODUCT, foreign, wrong_contact, wrong_product, wrong_value
from .refusals import planted
from .settings import StandInSettings
from .store import Record, Store

_WORDS: Final = {"true": True, "1": True, "false": False, "0": False}


class Refused(NamedTuple):
    """A row that was not taken: its line in the file (the header is line 1), the field, why, and its cells."""

    line: int
    field: str
    reason: str
    cells: tuple[str, ...]


class Options(NamedTuple):
    """What the form said."""

    type: str
    delimiter: str
    override: bool
    only_empty: bool
    coupon_set: str = ""


class File(NamedTuple):
    """A file as it was read: its header, each row with the line on which it begins, and why it cannot be imported at all."""

    header: tuple[str, ...]
    rows: list[tuple[int, list[str]]]
    problem: str = ""


def read_file(content: bytes, options: Options) -> File:
    """Return a file's rows. A file that is no UTF-8, or lacks the column that names a record, is refused whole."""
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return File((), [], "The file is not UTF-8.")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=options.delimiter)
    rows: list[tuple[int, list[str]]] = []
    line = 1
    try:
        for cells in reader:
            if cells:
                rows.append((line, cells))
            line = reader.line_num + 1
    except csv.Error as error:
        return File((), [], f"The file cannot be read: {error}.")
    header = tuple(rows[0][1]) if rows else ()
    return File(header, rows[1:], _wrong_header(header, options))


def apply(
    file: File, options: Options, store: Store, settings: StandInSettings, now: datetime
) -> tuple[int, list[Refused]]:
    """Put a file's rows into the store. Return how many were taken, and those that were not."""
    taken, refused = 0, []
    for line, cells in file.rows:
        why = _wrong_cells(file.header, cells) or _apply(
            dict(zip(file.header, cells, strict=False)), options, store, settings, now
        )
        if why is None:
            taken += 1
        else:
            refused.append(Refused(line, *why, tuple(cells)))
    return taken, refused


def report(file: File, refused: Sequence[Refused], shape: str) -> str:
    """Return the error report as CSV: a line for each refused row (``errors``), or those rows with the reason behind (``rows``)."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    if shape == "rows":
        writer.writerow([*file.header, "error"])
        writer.writerows([*one.cells, f"{one.field} {one.reason}".strip()] for one in refused)
    else:
        writer.writerow(["line", "field", "error"])
        writer.writerows([one.line, one.field, one.reason] for one in refused)
    return out.getvalue()


def _apply(
    row: Mapping[str, str], options: Options, store: Store, settings: StandInSettings, now: datetime
) -> tuple[str, str] | None:
    """Put one row into the store; return the field and the reason where it is refused."""
    if word := planted(row.values()):
        return "", f"{word.upper()} on purpose"
    if options.type == "contacts":
        return _contact(row, options, store, settings)
    if options.type == "products":
        return _product(row, options, store, settings, now)
    return _coupon(row["code"].strip(), options, store)


def _contact(
    row: Mapping[str, str], options: Options, store: Store, settings: StandInSettings
) -> tuple[str, str] | None:
    body = dict(_values(CONTACT, row))
    email = row["_email"].strip()
    if wrong := _wrong_email(email) or next(iter(wrong_contact(body, settings.custom_fields)), None):
        return wrong[0].strip("/"), wrong[1]
    body.pop("_email")
    kept = _kept(body, store.contact(email=email), options)
    if kept is not None:
        try:
            store.put_contact(kept, email=email)
        except ValueError as error:
            return str(error), "belongs to another contact"
    return None


def _product(
    row: Mapping[str, str], options: Options, store: Store, settings: StandInSettings, now: datetime
) -> tuple[str, str] | None:
    body = dict(_values(PRODUCT, row))
    id = row["productId"].strip()
    if not id:
        return "productId", "is required"
    if wrong := next(iter(wrong_product(body)), None):
        return wrong[0].strip("/"), wrong[1]
    if foreign([(id, body.get("productDetailUrl"))], settings.domains):
        return "productDetailUrl", "is on a non authorized domain (E0201)"
    kept = _kept(body, store.products.get(id), options)
    if kept is not None:
        store.put_product(id, kept, now)
    return None


def _coupon(code: str, options: Options, store: Store) -> tuple[str, str] | None:
    known = store.coupons.setdefault(options.coupon_set, {})
    if not code or code in known:
        return "code", "is required" if not code else "is there already"
    known[code] = None
    kept = store.coupon_sets[options.coupon_set]
    for name in ("quantity", "available"):
        if isinstance(kept[name], int):
            kept[name] += 1
    return None


def _kept(body: Record, found: Record | None, options: Options) -> Record | None:
    """Return what of a row is written over a record: all of it, what is empty there, or None for nothing."""
    if found is None:
        return body
    if not options.override:
        return None
    return {name: value for name, value in body.items() if not options.only_empty or found.get(name) in (None, "", [])}  # fmt: skip


def _values(fields: Mapping[str, ShopField], row: Mapping[str, str]) -> Iterator[tuple[str, JsonValue]]:
    """Give the cells that hold something, each as its field's type; one that is none stays a text, and is refused as one."""
    for name, cell in row.items():
        if cell.strip():
            field = fields.get(name)
            yield name, cell.strip() if field is None else _value(field, cell.strip())


def _value(field: ShopField, cell: str) -> JsonValue:
    if field.type in ("texts", "checkbox"):
        return [part.strip() for part in cell.split(LIST_SIGN)]
    if field.type == "boolean":
        return _WORDS.get(cell.lower(), cell)
    if field.type in ("integer", "decimal", "money"):
        try:
            number = int(cell) if field.type == "integer" else float(cell)
        except ValueError:
            return cell
        return number if math.isfinite(number) else cell
    return cell


def _wrong_email(email: str) -> tuple[str, str] | None:
    reason = wrong_value(CONTACT["_email"], email) if email else "is required"
    return ("_email", reason) if reason else None


def _wrong_cells(header: Sequence[str], cells: Sequence[str]) -> tuple[str, str] | None:
    return None if len(cells) == len(header) else ("", f"has {len(cells)} columns in place of {len(header)}")


def _wrong_header(header: Sequence[str], options: Options) -> str:
    needed = {"contacts": "_email", "products": "productId", "coupons": "code"}[options.type]
    if needed not in header:
        return f"The header {needed} is missing."
    if options.type == "coupons" and len(header) > 1:
        return "Coupons have exactly one header: code."
    return "" if len(set(header)) == len(header) else "A header is there twice."
