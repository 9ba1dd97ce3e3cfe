"""FILES: written whole or not at all, by one process at a time; a damaged one is set aside, never lost.

The catalogue, the vault and the home keep their JSON files through these functions.
"""

from __future__ import annotations

import contextlib
import errno
import itertools
import json
import os
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import filelock
import orjson

from workbench.errors import CannotWrite, Damaged, StorageFault, TooNew
from workbench.sentence import Sentence, say

LOCK_TIMEOUT_S = 30.0
POLL_S = 0.01
"""How often a waiting process asks for the lock. A write holds it for about as long; asking costs processor time."""

Json = dict[str, Any]


def write_atomically(path: Path, data: bytes) -> None:
    """Put ``data`` on the disk as ``path`` (mode 0600), or raise and leave the old file whole.

    Hold ``lock(path)`` meanwhile. Raises CannotWrite with a sentence that names the file and the fix.
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(6)}.tmp")
    try:
        try:
            _write_through(temporary, data)
            temporary.replace(path)
        except BaseException:
            with contextlib.suppress(
                OSError
            ):  # the first error is the one to tell; the lock's holder sweeps later
                temporary.unlink(missing_ok=True)
            raise
        _sync_folder(path.parent)
    except OSError as error:
        raise cannot_write(path, error) from None


def _write_through(path: Path, data: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb", buffering=0) as file:
        rest = memoryview(data)
        while rest:
            rest = rest[file.write(rest) :]
        os.fsync(descriptor)


def _sync_folder(folder: Path) -> None:
    """Make a rename outlast a power cut. Windows cannot open folders."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def lock(path: Path, timeout: float = LOCK_TIMEOUT_S) -> Iterator[None]:
    """Hold ``path`` for this thread alone, among all processes; what a killed writer left is swept first.

    Raises CannotWrite when another one holds it for ``timeout`` seconds, or when the folder takes no lock
    file.
    """
    guard = filelock.FileLock(path.with_name(f".{path.name}.lock"), mode=0o600)
    try:
        guard.acquire(timeout=timeout, poll_interval=POLL_S)
    except filelock.Timeout:
        raise CannotWrite(
            say(
                "{file} has been in use by another process for {seconds} seconds. "
                "Close the other workbench, or wait until it is done, then try again.",
                file=str(path),
                seconds=round(timeout, 1),
            )
        ) from None
    except OSError as error:
        raise cannot_write(path, error) from None
    try:
        for left in path.parent.glob(f".{path.name}.*.tmp"):
            left.unlink(missing_ok=True)
        yield
    finally:
        guard.release()


def set_aside(path: Path) -> Path:
    """Rename ``path`` to ``<name>.damaged-<UTC time>`` and return that path; nothing is ever overwritten."""
    try:
        target = _reserve(path, "damaged")
        path.replace(target)
    except OSError as error:
        raise cannot_write(path, error) from None
    return target


def keep_copy(path: Path, label: str) -> Path:
    """Copy ``path`` to ``<name>.<label>-<UTC time>`` and return that path; nothing is ever overwritten."""
    try:
        data = path.read_bytes()
        target = _reserve(path, label)
    except OSError as error:
        raise cannot_write(path, error) from None
    write_atomically(target, data)
    return target


def _reserve(path: Path, label: str) -> Path:
    """Create an empty file beside ``path``, under the first name that is free."""
    name = f"{path.name}.{label}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    for count in itertools.count(1):
        target = path.with_name(name if count == 1 else f"{name}-{count}")
        with contextlib.suppress(FileExistsError):
            target.touch(mode=0o600, exist_ok=False)
            break
    return target


def read(path: Path) -> bytes | None:
    """Return what is in ``path``, None if there is no such file. StorageFault when it may not be read."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StorageFault(
            say(
                "{file} cannot be read ({reason}). Check who owns it, then try again.",
                file=str(path),
                reason=error.strerror or str(error.errno),
            )
        ) from None


def mark(path: Path) -> tuple[int, int, int] | None:
    """Return what tells the file from a later one (it is replaced whole, never written into); None where there is none."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


def to_json(value: Json) -> bytes:
    """Return ``value`` as readable UTF-8 JSON, two spaces a level, in the order given."""
    try:
        return orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    except TypeError:  # integers above 64 bits and lone surrogates, which a provider's reply may hold
        return (json.dumps(value, indent=2, allow_nan=False) + "\n").encode()


def from_json(path: Path, raw: bytes, newest: int) -> Json:
    """Return the object in ``raw``, the content of ``path``, whose ``schema`` is from 1 to ``newest``.

    Raises Damaged when it is not such an object, TooNew when a newer version of the workbench wrote it.
    """
    try:
        value = json.loads(raw)  # not orjson: it turns integers above 64 bits into floats
    except (ValueError, RecursionError):
        value = None
    schema = value.get("schema") if isinstance(value, dict) else None
    if not isinstance(schema, int) or isinstance(schema, bool) or schema < 1:
        raise Damaged(say("{file} cannot be read: it is not a whole file of the workbench.", file=str(path)))
    if schema > newest:
        raise TooNew(
            say(
                "{file} was written by a newer version of the workbench (format {found}, this one knows {known}). "
                "Update the workbench; the file was not touched.",
                file=str(path),
                found=schema,
                known=newest,
            )
        )
    assert isinstance(value, dict)
    return value


def was_set_aside(path: Path, copy: Path) -> Sentence:
    """Return the notice that ``path`` was damaged and is kept as ``copy``."""
    return say(
        "{file} could not be read and was set aside as {copy}. An empty one takes its place; "
        "ask for a backup if you need what was in it.",
        file=str(path),
        copy=copy.name,
    )


def cannot_write(path: Path, error: OSError) -> CannotWrite:
    """Return the error that tells a person why ``path`` cannot be written, and what to do about it."""
    return CannotWrite(_why_not(str(path), error))


def _why_not(file: str, error: OSError) -> Sentence:
    match error.errno:
        case errno.ENOSPC | errno.EDQUOT:
            return say(
                "There is no room left to write {file}. Free some space on that disk, then try again.",
                file=file,
            )
        case errno.EROFS:
            return say(
                "{file} is on a disk that is read-only. Choose another folder with WORKBENCH_HOME.", file=file
            )
        case errno.EACCES | errno.EPERM:
            return say(
                "You are not allowed to write {file}. Take ownership of its folder, or choose another one "
                "with WORKBENCH_HOME.",
                file=file,
            )
        case errno.EFBIG:
            return say(
                "{file} would become larger than this account may write. Raise the limit on the size of "
                "files, or delete what is no longer needed.",
                file=file,
            )
        case errno.ENOENT | errno.ENOTDIR:
            return say(
                "The folder of {file} does not exist any more. Make it again, or choose another one with "
                "WORKBENCH_HOME.",
                file=file,
            )
        case _:
            return say(
                "{file} could not be written ({reason}). Check the disk, then try again.",
                file=file,
                reason=error.strerror or str(error.errno),
            )
