"""VERDICT FILES: a file of contacts read in ranges of whole lines, and a folder that takes what was decided of each range.

A folder holds ``plan.json`` while it is being filled, for each range a file of verdicts and its counts, and at the end ``decided.json``.
Each is written whole or not at all, and the counts last: a range that has them is done.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, Final

import orjson

from workbench.engine.item_rows import MAX_LINE, Row, read_lines
from workbench.engine.items import ItemReader
from workbench.errors import NotFound, Refused, StorageFault
from workbench.sentence import say

from . import files

START: Final = 64 * 1024
PIECE: Final = MAX_LINE // 2
"""Bytes of lines that are read together: within what the quick reader takes at once."""
BATCH: Final = 8
"""Such pieces in one batch of rows."""
CHUNK: Final = 1 << 20


def start_of(path: Path) -> tuple[int, int, bytes]:
    """Return a file's size, when it was changed (in nanoseconds), and its first bytes. Raises NotFound and StorageFault."""
    with _faults(path), path.open("rb") as file:
        found = os.fstat(file.fileno())
        return found.st_size, found.st_mtime_ns, file.read(START)


def lines_in(path: Path, at: int, until: int, begins: int) -> tuple[int, int]:
    """Return the byte at which the first line of a block begins that begins in it, and how many lines begin in it."""
    with _faults(path), path.open("rb") as file:
        first, last = _line_start(file, at, begins), _line_start(file, until, begins)
        file.seek(first)
        left, lines, end = last - first, 0, b"\n"
        while left and (data := file.read(min(CHUNK, left))):
            left, lines, end = left - len(data), lines + data.count(b"\n"), data[-1:]
        return first, lines + (end != b"\n")


def line_rows(path: Path, at: int, until: int, number: int) -> Iterator[list[Row]]:
    """Give the contacts of the lines of JSON from byte ``at`` to byte ``until``, of which the first has this number, some at a time."""
    with _faults(path), path.open("rb") as file:
        file.seek(at)
        rest, left = b"", until - at
        rows: list[Row] = []
        pieces = 0
        while left and (data := file.read(min(PIECE, left))):
            left -= len(data)
            block = rest + data
            end = block.rfind(b"\n") + 1 if left else len(block)
            rest, block = block[end:], block[:end]
            if not block:
                rest = rest[: MAX_LINE + 1]  # of a line that is too long, as much as tells so
                continue
            if not block.endswith(b"\n"):
                block += b"\n"
            count = block.count(b"\n")
            rows += read_lines(block, number, count, addressed=False)
            number, pieces = number + count, pieces + 1
            if pieces == BATCH:
                yield rows
                rows, pieces = [], 0
        if rows:
            yield rows


def all_rows(path: Path) -> Iterator[list[Row]]:
    """Give the contacts of a file that can only be read from its beginning: packed, or one JSON list. Raises Refused where it was cut."""
    reader = ItemReader(addressed=False)
    with _faults(path), path.open("rb") as file:
        while data := file.read(START):
            if rows := reader.feed(data):
                yield rows
        if rows := reader.close():
            yield rows
    if reader.cut is not None:
        raise Refused(reader.cut)


class VerdictFolder:
    """A folder that takes verdicts. Its methods raise CannotWrite and StorageFault."""

    def __init__(self, path: Path) -> None:
        """Take the folder; ``make`` makes it."""
        self.path = path

    def make(self) -> None:
        """Make the folder where there is none."""
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise files.cannot_write(self.path, error) from None

    def read(self, name: str) -> Any:
        """Return what a file of the folder says, None where there is none."""
        path = self.path / name
        try:
            return orjson.loads(path.read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, ValueError):
            raise StorageFault(
                say(
                    "{file} cannot be read. Choose an empty folder, and decide the file again.",
                    file=str(path),
                )
            ) from None

    def write(self, name: str, document: Any) -> None:
        """Keep a document, whole or not at all."""
        files.write_atomically(self.path / name, orjson.dumps(document))

    def is_empty(self) -> bool:
        """Return whether nothing lies in it."""
        return not any(self.path.iterdir())

    @contextlib.contextmanager
    def file(self, name: str) -> Iterator[_Out]:
        """Return a new file for bytes: it is there, whole, once the ``with`` has ended, and not at all after an exception."""
        path = self.path / name
        out = _Out(path)
        try:
            yield out
            out.finish()
        except OSError as error:
            raise files.cannot_write(path, error) from None
        finally:
            out.drop()

    def drop(self, name: str) -> None:
        """Delete a file of the folder, where it is there."""
        (self.path / name).unlink(missing_ok=True)


class _Out:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
        try:
            descriptor = os.open(self._temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        except OSError as error:
            raise files.cannot_write(path, error) from None
        self._file = os.fdopen(descriptor, "wb")

    def write(self, data: bytes) -> None:
        """Take more bytes. Raises CannotWrite."""
        try:
            self._file.write(data)
        except OSError as error:
            raise files.cannot_write(self._path, error) from None

    def finish(self) -> None:
        """Put the file in its place."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._temporary.replace(self._path)

    def drop(self) -> None:
        """Let go of what was not finished."""
        with contextlib.suppress(OSError):  # the first error is the one to tell
            self._file.close()
        self._temporary.unlink(missing_ok=True)


def _line_start(file: BinaryIO, at: int, begins: int) -> int:
    """Return the first byte from ``at`` on at which a line begins; the end counts as one."""
    if at <= begins:
        return begins
    file.seek(at - 1)
    place = at - 1
    while data := file.read(START):
        end = data.find(b"\n")
        if end >= 0:
            return place + end + 1
        place += len(data)
    return place


@contextlib.contextmanager
def _faults(path: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise NotFound(say("There is no file {file}.", file=str(path))) from None
    except OSError as error:
        raise StorageFault(
            say("{file} cannot be read: {reason}.", file=str(path), reason=error.strerror or "")
        ) from None
