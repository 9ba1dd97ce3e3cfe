"""ARCHIVE: a backup as one file: a ZIP of parts (https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT), and last a manifest of them.

It is written whole or not at all, and every program opens it. What is in it is looked at, all of it, before anything is taken from it.
"""

from __future__ import annotations

import contextlib
import io
import os
import secrets
import zipfile
import zlib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from workbench.errors import Damaged, NotFound, StorageFault, TooNew
from workbench.models.backup import DatabaseKind, Manifest, Part
from workbench.sentence import say

from . import files
from .holdings_parts import Batch, Counter, Given, Told, heard, quiet

FORMAT: Final = 1
MANIFEST: Final = "manifest.json"
CHUNK: Final = 1 << 20
LEVEL: Final = 4
"""How hard is compressed: harder takes three times as long, for a tenth less."""
LONGEST_LINE: Final = 256 << 20
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    RuntimeError,
    ValueError,
    OSError,
)  # RuntimeError: it says that it is encrypted


def write(
    path: Path, parts: Iterator[Given], home: str, database: DatabaseKind, version: str, made_at: datetime,
) -> Manifest:  # fmt: skip
    """Write all parts to a new archive and return its manifest. Raises CannotWrite."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(6)}.tmp")
    try:
        with contextlib.ExitStack() as leaving:
            leaving.callback(temporary.unlink, missing_ok=True)
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                manifest = _write(file, parts, home, database, version, made_at)
                file.flush()
                os.fsync(descriptor)
            temporary.replace(path)
    except OSError as error:
        raise files.cannot_write(path, error) from None
    return manifest


def _write(
    file: io.BufferedWriter, parts: Iterator[Given], home: str, database: DatabaseKind, version: str, made_at: datetime,
) -> Manifest:  # fmt: skip
    found = []
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=LEVEL) as archive:
        for given in parts:
            counter = Counter(given)
            with archive.open(_member(given.name, made_at), "w", force_zip64=True) as member:
                for _, data in counter:
                    member.write(data)
            found.append(counter.part)
        manifest = Manifest(
            format=FORMAT, made_at=made_at, version=version, home=home, database=database, parts=tuple(found)
        )
        archive.writestr(_member(MANIFEST, made_at), manifest.model_dump_json(indent=1))
    return manifest


def _member(name: str, made_at: datetime) -> zipfile.ZipInfo:
    member = zipfile.ZipInfo(name, made_at.timetuple()[:6])
    member.compress_type = zipfile.ZIP_DEFLATED
    member.external_attr = 0o600 << 16
    return member


class Archive:
    """An archive that is there. Use it in a ``with``. Raises NotFound, and Damaged where it is none or not whole."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._file = path.open("rb")
        except FileNotFoundError:
            raise NotFound(say("There is no file {file}.", file=str(path))) from None
        except IsADirectoryError:
            raise NotFound(say("{file} is a folder. Name the backup's file.", file=str(path))) from None
        except PermissionError as error:
            raise StorageFault(
                say(
                    "{file} cannot be read ({reason}). Check who owns it, then try again.",
                    file=str(path), reason=error.strerror or "",
                )
            ) from None  # fmt: skip
        except OSError:
            raise _not_whole(path) from None
        try:
            self._zip = self._opened()
            self.manifest = self._manifest()
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> Archive:
        return self

    def __exit__(self, *_: object) -> None:
        self._zip.close()
        self._file.close()  # a part that was read half-way holds the archive, not the file

    def parts(self) -> Iterator[Given]:
        """Give all parts, read as they are asked for."""
        for part in self.manifest.parts:
            read = self._chunks if part.kind == "files" else self._lines
            yield Given(part.name, read(part), part.columns, part.schema_version)

    def check(self, told: Told = quiet) -> None:
        """Read all of it and compare every part's count, size and hash. Raises Damaged, and names the first part that is not as it was."""
        listed = [part.name for part in self.manifest.parts]
        if sorted([*listed, MANIFEST]) != sorted(self._zip.namelist()):
            raise _not_whole(self.path)
        for part, given in zip(self.manifest.parts, heard(self.parts(), told), strict=True):
            counter = Counter(given)
            for _ in counter:
                pass
            if counter.part != part:
                raise _not_as_written(self.path, part.name)

    def _opened(self) -> zipfile.ZipFile:
        try:
            return zipfile.ZipFile(self._file)
        except _BROKEN:
            raise _not_whole(self.path) from None

    def _manifest(self) -> Manifest:
        try:
            raw = self._zip.read(MANIFEST)
        except KeyError:
            raise Damaged(say("{file} is no backup of a workbench: it has no manifest.", file=str(self.path))) from None  # fmt: skip
        except _BROKEN:
            raise _not_whole(self.path) from None
        try:
            manifest = Manifest.model_validate_json(raw)
        except ValidationError as error:
            if any(one["loc"] == ("format",) or one["type"] == "extra_forbidden" for one in error.errors()):
                raise self._too_new() from None
            raise _not_whole(self.path) from None
        if manifest.format > FORMAT:
            raise self._too_new()
        return manifest

    def _too_new(self) -> TooNew:
        return TooNew(
            say("{file} was written by a newer version of the workbench. Update the workbench; nothing was written.", file=str(self.path))
        )  # fmt: skip

    def _lines(self, part: Part) -> Iterator[Batch]:
        rest = b""
        for data in self._read(part):
            whole, end, rest = (rest + data).rpartition(b"\n")
            if len(rest) > LONGEST_LINE:
                raise _not_as_written(self.path, part.name)
            if end:
                yield whole.count(b"\n") + 1, whole + end
        if rest:
            yield 1, rest

    def _chunks(self, part: Part) -> Iterator[Batch]:
        count = 1
        for data in self._read(part):
            yield count, data
            count = 0
        if count:
            yield 1, b""

    def _read(self, part: Part) -> Iterator[bytes]:
        try:
            with self._zip.open(part.name) as member:
                while data := member.read(CHUNK):
                    yield data
        except (KeyError, *_BROKEN):
            raise _not_as_written(self.path, part.name) from None


def _not_whole(path: Path) -> Damaged:
    return Damaged(
        say(
            "{file} is no whole backup: it is cut, or was changed by something else. Take another one; nothing was written.",
            file=str(path),
        )
    )  # fmt: skip


def _not_as_written(path: Path, part: str) -> Damaged:
    return Damaged(
        say(
            "{file} is damaged: its part {part} is not as it was written. Take another backup; nothing was written.",
            file=str(path), part=part,
        )
    )  # fmt: skip
