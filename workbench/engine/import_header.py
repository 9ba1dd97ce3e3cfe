"""IMPORT HEADER: the first row of an import's file has to name the platform's fields, each once, and what names a record among them."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from typing import NamedTuple

from workbench.models.base import Level, Problem
from workbench.models.run import Mapped
from workbench.models.shop import ShopSettings
from workbench.models.sync import SyncPlan
from workbench.models.sync_platform import SyncPlatform
from workbench.sentence import Sentence, say

from .shop_fields import key_field, unknown_field, written_fields
from .slots import nearest
from .strict_json import clip
from .table_layout import Layout, layout_of

FIELD = "table"


class Header(NamedTuple):
    """What the first lines of a file tell: how its rows are read, which column is which field, and what is wrong."""

    layout: Layout
    mapping: tuple[Mapped, ...]
    problems: tuple[Problem, ...]


def header_of(lines: Sequence[str], platform: SyncPlatform, shop: ShopSettings, sync: SyncPlan) -> Header:
    """Return what the first lines of a file tell of its header. Only problems of the header are in it, each with its line."""
    layout = layout_of(lines)
    names, at = _names(lines, layout)
    problems = [one for one in layout.problems if one.blocks]
    problems += _separated(layout, platform, sync, len(names))
    problems += _above(lines, at)
    if not problems or not any(one.blocks for one in layout.problems):
        problems += _named(names, platform, shop, sync, at)
    known = written_fields(platform, shop, sync.entity)
    mapping: dict[str, Mapped] = {}
    key = key_field(platform, sync.entity, sync.by)
    if key not in names and (meant := _meant(names, key)) and meant not in known:
        mapping[key] = Mapped(target=key, column=meant.strip())  # the rows are looked at all the same
    for name, column in zip(names, layout.columns, strict=False):
        if name in known and name not in mapping:
            mapping[name] = Mapped(target=name, column=column)
    return Header(layout, tuple(mapping.values()), tuple(problems))


def _names(lines: Sequence[str], layout: Layout) -> tuple[list[str], int]:
    """Return the header's cells as they are written, and the line that it stands on."""
    at = next((number for number, line in enumerate(lines[: layout.skip]) if _is_header(line)), 0)
    try:
        names = next(csv.reader(lines[at : layout.skip], delimiter=layout.delimiter), [])
    except csv.Error:
        names = list(layout.columns)
    return names, at + 1


def _is_header(line: str) -> bool:
    return bool(line.strip()) and not (line[:4].lower() == "sep=" and len(line.strip()) <= 5)


def _separated(layout: Layout, platform: SyncPlatform, sync: SyncPlan, columns: int) -> list[Problem]:
    if columns < 2 or layout.delimiter == sync.delimiter:
        return []
    shown = "tab" if layout.delimiter == "\t" else layout.delimiter
    if layout.delimiter in platform.imports.delimiters:
        return [_wrong(1, say(
            "The cells are separated by “{found}”, and the import says “{said}”. Choose “{found}” as its separator.",
            found=shown, said=sync.delimiter,
        ))]  # fmt: skip
    return [_wrong(1, say(
        "The cells are separated by “{found}”, which the platform does not take. Save the file with “{said}” between them.",
        found=shown, said=sync.delimiter,
    ))]  # fmt: skip


def _above(lines: Sequence[str], at: int) -> list[Problem]:
    if at <= 1:
        return []
    if any(line.lower().startswith("sep=") for line in lines[: at - 1]):
        return [_wrong(1, say(
            "The first line is “sep=”, which only spreadsheets understand, and the platform takes it for the header. Remove that line."
        ))]  # fmt: skip
    return [_wrong(1, say(
        "The file begins with an empty line, and the platform takes it for the header. Remove what stands above the header."
    ))]  # fmt: skip


def _named(
    names: Sequence[str], platform: SyncPlatform, shop: ShopSettings, sync: SyncPlan, at: int
) -> list[Problem]:
    known = tuple(written_fields(platform, shop, sync.entity))
    key = key_field(platform, sync.entity, sync.by)
    near = "" if key in names else _meant(names, key)
    problems: list[Problem] = []
    seen: dict[str, int] = {}
    for number, name in enumerate(names, 1):
        if not name.strip():
            problems.append(_wrong(at, say(
                "Column {number} has no name. Give it the field's name in the first row, or delete the column.", number=number
            )))  # fmt: skip
            continue
        first = seen.setdefault(name, number)
        if first != number:
            problems.append(_wrong(at, say(
                "Columns {first} and {second} are both called “{name}”, and only one would arrive. Delete one of them.",
                first=first, second=number, name=clip(name),
            )))  # fmt: skip
        elif name not in known and name != near:
            problems.append(_unknown(name, known, sync, at))
    if sync.entity == "coupon" and (len(names) != 1 or names[0] != key):
        problems.append(_wrong(at, say(
            "A file of coupons has one column alone, called “{key}”. Delete all others, and call it so.", key=key
        )))  # fmt: skip
    elif key not in names:
        problems.append(_wrong(at, say(
            "No column is called “{key}”, which names each record. Call the column “{near}” so.", key=key, near=clip(near.strip())
        ) if near else say(
            "No column is called “{key}”, which names each record. Add it to the first row.", key=key
        )))  # fmt: skip
    return problems


def _meant(names: Sequence[str], key: str) -> str:
    """Return the column that was probably meant to be the key; an empty text where there is none."""
    return nearest(key, [name for name in names if name.strip()]) or ""


def _unknown(name: str, known: Sequence[str], sync: SyncPlan, at: int) -> Problem:
    bare = name.strip().lstrip("\ufeff").strip()
    if bare in known:
        return _wrong(at, say(
            "“{name}” has blanks or signs that cannot be seen around it. Write “{bare}” alone.", name=clip(name.strip()), bare=bare
        ))  # fmt: skip
    if sync.entity == "coupon":  # said once for the whole header
        return _wrong(at, say("“{name}” is no field of a coupon. Delete the column.", name=clip(bare)))
    return unknown_field(bare, known, FIELD).model_copy(update={"line": at})


def _wrong(line: int, sentence: Sentence, level: Level = "error") -> Problem:
    return Problem(field=FIELD, sentence=sentence, level=level, line=line)
