"""HOLDINGS PARTS: the parts that holdings come in: counted and hashed while they go by, and compared at their end."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from workbench.errors import Damaged
from workbench.models.backup import Part
from workbench.sentence import Sentence, say

from .blobs_folder import CHUNK

if TYPE_CHECKING:
    from .blobs import Blobs

Batch = tuple[int, bytes]
"""How many lines, and the lines; of a file: 1 with its first bytes, 0 with the others."""

Told = Callable[[str, int], None]


@dataclass(frozen=True, slots=True)
class Given:
    """A part on its way: what it is called, what its rows' values stand for, and its bytes, read as they are asked for."""

    name: str
    batches: Iterator[Batch]
    columns: tuple[str, ...] = ()
    schema_version: int = 0


class Counter:
    """Passes a part on and counts it: ``part`` is what has come by."""

    def __init__(self, given: Given) -> None:
        self._given, self._count, self._size, self._hash = given, 0, 0, hashlib.sha256()

    def __iter__(self) -> Iterator[Batch]:
        for count, data in self._given.batches:
            self._count += count
            self._size += len(data)
            self._hash.update(data)
            yield count, data

    @property
    def part(self) -> Part:
        """What has come by so far."""
        given = self._given
        return Part(
            name=given.name, count=self._count, size=self._size, sha256=self._hash.hexdigest(),
            columns=given.columns, schema_version=given.schema_version,
        )  # fmt: skip


def quiet(name: str, count: int) -> None:
    """Tell nobody."""


def heard(parts: Iterable[Given], told: Told) -> Iterator[Given]:
    """Give the parts; ``told`` hears of each batch: its part, and how many lines of it have come. What it raises ends all."""
    for given in parts:
        yield replace(given, batches=_heard(given, told))


def _heard(given: Given, told: Told) -> Iterator[Batch]:
    come = 0
    for count, data in given.batches:
        come += count
        told(given.name, come)
        yield count, data


def counted(parts: Iterable[Given]) -> tuple[Part, ...]:
    """Read all parts and return each with its count and hash."""
    found = []
    for given in parts:
        counter = Counter(given)
        for _ in counter:
            pass
        found.append(counter.part)
    return tuple(found)


def check_arrived(sent: Iterable[Part], here: Iterable[Part], where: str) -> None:
    """Raise Damaged where what is here is not what was sent. Parts of an older version were brought up to date: they are counted alone."""
    wanted = {part.name: part for part in sent}
    for part in here:
        asked = wanted.pop(part.name, None)
        if asked is None:
            arrived = part.count == 0
        elif (asked.columns, asked.schema_version) == (part.columns, part.schema_version):
            arrived = asked == part
        else:
            arrived = asked.count == part.count
        if not arrived:
            raise Damaged(_not_arrived(where, part.name))
    if lost := [name for name, part in wanted.items() if part.count]:
        raise Damaged(_not_arrived(where, lost[0]))


def _not_arrived(where: str, part: str) -> Sentence:
    return say(
        "{part} did not arrive in {where} as it was sent, so nothing was kept there. Try again; look at the disk if it happens twice.",
        part=part, where=where,
    )  # fmt: skip


def not_empty(where: str) -> Sentence:
    """Return the sentence that refuses to put anything where something is."""
    return say(
        "There is a workbench in {where} already, and nothing was written over it. Choose an empty place.",
        where=where,
    )


def lines_of(items: Iterable[tuple[str, object]]) -> Batch:
    """Return pairs of an id and what it stands for, as lines of JSON."""
    lines = [json.dumps(item, separators=(",", ":"), allow_nan=False) for item in items]
    return len(lines), "".join(f"{line}\n" for line in lines).encode()


def parsed(given: Given) -> list[Any]:
    """Return the lines of a small part. Raises Damaged."""
    try:
        return [json.loads(line) for _, data in given.batches for line in data.splitlines()]
    except ValueError:
        raise Damaged(say("The part {name} cannot be read: it is damaged.", name=given.name)) from None


def files_of(blobs: Blobs) -> Iterator[Given]:
    """Give every file as a part."""
    for blob in blobs.all():
        yield Given(f"files/{blob.name}", _chunks(blobs, blob.name))


def _chunks(blobs: Blobs, name: str) -> Iterator[Batch]:
    with io.BufferedReader(blobs.open(name)) as source:
        count = 1
        while data := source.read(CHUNK):
            yield count, data
            count = 0
        if count:
            yield 1, b""
