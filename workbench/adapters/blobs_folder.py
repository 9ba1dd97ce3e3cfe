"""BLOBS FOLDER: the files of a workbench as they lie in its home."""

from __future__ import annotations

import contextlib
import io
import os
import time
from pathlib import Path
from typing import Final

from . import files
from .blobs import Blob, Blobs, checked, is_name

CHUNK: Final = 1 << 20
"""Bytes that are copied at once."""
WHERE: Final = ("tables/tab_*.*", "consent-*.list")
"""Where files lie in a home; what else is there is no blob."""


class FolderBlobs:
    """Files that lie in a folder, under their own names."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def all(self, start: str = "") -> list[Blob]:
        """Return every file, by name."""
        found = (path for where in WHERE for path in self.folder.glob(where))
        names = [path.relative_to(self.folder).as_posix() for path in found if not path.name.startswith(".")]
        blobs = (self.get(name) for name in sorted(names) if name.startswith(start) and is_name(name))
        return [blob for blob in blobs if blob is not None]

    def get(self, name: str) -> Blob | None:
        """Return one file, or None."""
        try:
            found = self.path(name).stat()
        except FileNotFoundError:
            return None
        return Blob(name, found.st_size, found.st_mtime, (found.st_ino, found.st_mtime_ns, found.st_size))

    def open(self, name: str) -> io.RawIOBase:
        """Return its bytes."""
        return self.path(name).open("rb", buffering=0)

    def read(self, name: str) -> bytes | None:
        """Return all of it, or None."""
        return files.read(self.path(name))

    def writer(self, name: str) -> FolderWriter:
        """Return what writes it."""
        path = self.path(name)
        try:
            path.parent.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise files.cannot_write(path.parent, error) from None
        return FolderWriter(path)

    def put(self, name: str, data: bytes) -> None:
        """Write all of it."""
        path = self.writer(name).path
        with files.lock(path):
            files.write_atomically(path, data)

    def delete(self, name: str) -> bool:
        """Delete it with its lock."""
        path = self.path(name)
        try:
            path.unlink()
        except FileNotFoundError:
            return False
        except OSError as error:
            raise files.cannot_write(path, error) from None
        path.with_name(f".{path.name}.lock").unlink(missing_ok=True)
        return True

    def sweep(self, after_s: float) -> None:
        """Delete what killed writers left."""
        for path in self.folder.glob("tables/.tab_*.tmp"):
            with contextlib.suppress(FileNotFoundError):  # another process sweeps too
                if time.time() - path.stat().st_mtime > after_s:
                    path.unlink()

    def path(self, name: str) -> Path:
        """Return where it lies."""
        return self.folder / checked(name)


class FolderWriter:
    """Writes a file beside its place, and puts it there at the end."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._temporary = path.with_name(f".{path.name}.tmp")

    def __enter__(self) -> FolderWriter:
        try:
            descriptor = os.open(self._temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError as error:
            raise files.cannot_write(self.path, error) from None
        self._file = os.fdopen(descriptor, "wb")
        return self

    def write(self, data: bytes) -> None:
        """Take bytes."""
        try:
            self._file.write(data)
        except OSError as error:
            raise files.cannot_write(self.path, error) from None

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None:
                self._file.flush()
                os.fsync(self._file.fileno())
                self._file.close()
                self._temporary.replace(self.path)
        except OSError as fault:
            raise files.cannot_write(self.path, fault) from None
        finally:
            with contextlib.suppress(OSError):  # the first error is the one to tell
                self._file.close()
            self._temporary.unlink(missing_ok=True)


def copy_of(blobs: Blobs, name: str, path: Path) -> None:
    """Copy a file to a path, whole or not at all. Raises FileNotFoundError."""
    with io.BufferedReader(blobs.open(name)) as source, FolderWriter(path) as writer:
        while data := source.read(CHUNK):
            writer.write(data)
