"""CONSENT LISTS: who is on a list of ten million, without one address on the disk: each is kept as 8 bytes of a keyed digest.

A value that is not on a list of n is found on it by chance in n of 2**64 lookups: with ten million on the list and a million contacts
asked for, once in some two million such runs. Without the home's salt nobody can try addresses against the file.

A team's lists lie in its database; each machine reads them from a copy in its home's folder ``cache``, which is made when it is wanted.

What is compared: a value without the blanks around it; an e-mail address (with @) in small letters, anything else in its own case.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final, NamedTuple, cast

import msgspec

from workbench.errors import Damaged, NotFound, Refused, StorageFault, TooNew
from workbench.models.gate import ConsentList
from workbench.sentence import Sentence, say

from . import files
from .blobs_folder import copy_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from .blobs import Blobs
    from .home import Home

LONGEST: Final = 320
"""Characters of a value: the longest e-mail address, https://www.rfc-editor.org/rfc/rfc3696#section-3"""
CACHE: Final = "cache"
"""The folder of a home for copies of a team's lists."""
MOST: Final = 50_000_000
"""Lines of a list: 400 MB of digests."""
FORMAT: Final = 1
HEAD_BYTES: Final = 512
"""What stands before the digests: a line of JSON, and blanks."""
PIECE: Final = 65_536
"""Lines, or digests, that are worked on at a time."""

_MAGIC: Final = b"workbench consent list "
_DIGEST: Final = "<u8"
"""How a digest stands in a file, as numpy names it. numpy is loaded when a list is made or opened: every start pays for it else."""
_DIGEST_BYTES: Final = 8
_KEY = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_UNFIT = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_KNOWN: Final = b"the same home's salt makes the same of this"


class _Head(msgspec.Struct, frozen=True):
    """What a file says of itself. ``salted`` is a digest of a known text: another salt makes another one."""

    format: int
    size: int
    doubles: int
    skipped: int
    imported_at: datetime
    salted: str
    crc: int


class _Format(msgspec.Struct):
    format: int


class ConsentLists:
    """The imported lists of a workbench, each in a file of its own. ``notices`` says what had to be set aside.

    A list is known by its key: small letters, digits, hyphens and underscores, at most 40. Calls block: make them from a thread.
    """

    def __init__(self, home: Home, shared: Blobs | None = None) -> None:
        """Take the home that holds the files; or where a team ``shared`` them, and the home that holds copies."""
        self._home, self._shared = home, shared
        self._digest = blake2b(key=home.salt, digest_size=_DIGEST_BYTES, person=b"consent list")
        self._salted = self._digests([_KNOWN]).hex()
        self.notices: list[Sentence] = []

    def import_lines(self, key: str, lines: Iterable[str] | Iterable[bytes], now: datetime) -> ConsentList:
        """Keep a list in place of the one with this key, and return what became of it. One value a line; text, or bytes in UTF-8.

        ``skipped`` counts lines that are blank, longer than 320 characters, not UTF-8, or hold control characters; ``doubles`` those that
        were there already. Memory: 8 bytes a line, and half as much again while it grows (ten million: 80 to 120 MB); ten million lines
        take some ten seconds. Raises Refused where no line says anything, or for more than 50 million; the old list stays then, as it
        does with CannotWrite. Whoever has it open goes on reading it.
        """
        import numpy as np

        path = self._path(key)
        digests = bytearray(HEAD_BYTES)
        lines_read = 0
        for values in _pieces(lines):
            lines_read += len(values)
            digests += self._digests([value for value in map(_value, values) if value])
            if len(digests) > HEAD_BYTES + MOST * _DIGEST_BYTES:
                raise Refused(
                    say(
                        "The list “{key}” has more than {most} lines. Split it into several.",
                        key=key,
                        most=MOST,
                    )
                )
        found = np.frombuffer(digests, _DIGEST, offset=HEAD_BYTES)
        if not found.size:
            raise Refused(
                say(
                    "None of the {count} lines for the list “{key}” holds a value, so the list was left as it was. Give one value a line.",
                    count=lines_read,
                    key=key,
                )
            )
        size = _sort_and_join(found)
        kept = memoryview(digests)[: HEAD_BYTES + size * _DIGEST_BYTES]
        head = _Head(
            format=FORMAT,
            size=size,
            doubles=found.size - size,
            skipped=lines_read - found.size,
            imported_at=now,
            salted=self._salted,
            crc=zlib.crc32(kept[HEAD_BYTES:]),
        )
        kept[:HEAD_BYTES] = (_MAGIC + msgspec.json.encode(head)).ljust(HEAD_BYTES - 1) + b"\n"
        data = cast(bytes, kept)  # what is called takes any bytes there are
        if self._shared is not None:
            self._shared.put(path.name, data)
            return _list_of(key, head)
        with files.lock(path):
            files.write_atomically(path, data)
        return _list_of(key, head)

    def lists(self) -> list[ConsentList]:
        """Return all lists in the order of their keys. One whose head cannot be read is set aside, and ``notices`` says so."""
        found: list[ConsentList] = []
        for key in self._keys():
            try:
                found.append(_list_of(key, self._head(key)))
            except NotFound:  # deleted since
                continue
            except Damaged as damaged:
                self.notices.append(damaged.sentence)
        return found

    def open(self, key: str) -> Membership:
        """Return a list to be asked. It stays as it is now, also where another one takes its place.

        All of it is looked at (80 MB take a twentieth of a second). Raises NotFound; Damaged when it is not whole: it was set aside then.
        """
        import numpy as np

        with self._reading(key, whole=True) as opened:
            digests = np.memmap(
                opened.file, dtype=_DIGEST, mode="r", offset=HEAD_BYTES, shape=(opened.head.size,)
            )
        return Membership(digests, self._digests)

    def delete(self, key: str) -> None:
        """Delete a list. Raises NotFound."""
        path = self._path(key)
        if self._shared is not None:
            if not self._shared.delete(path.name):
                raise _not_there(key)
            return
        with files.lock(path):
            try:
                path.unlink()
            except FileNotFoundError:
                raise _not_there(key) from None
            except OSError as error:
                raise files.cannot_write(path, error) from None

    def _keys(self) -> list[str]:
        if self._shared is not None:
            names = [blob.name for blob in self._shared.all("consent-")]
        else:
            names = sorted(path.name for path in self._home.folder.glob("consent-*.list"))
        keys = [name.removeprefix("consent-").removesuffix(".list") for name in names]
        return [key for key in keys if _KEY.fullmatch(key)]

    def _head(self, key: str) -> _Head:
        """Return what a list says of itself; a team's is not copied for that. Raises NotFound and Damaged."""
        if self._shared is None:
            with self._reading(key) as opened:
                return opened.head
        path = self._path(key)
        try:
            with io.BufferedReader(self._shared.open(path.name)) as file:
                return self._checked(path, file, whole=False)
        except FileNotFoundError:
            raise _not_there(key) from None

    @contextlib.contextmanager
    def _reading(self, key: str, *, whole: bool = False) -> Iterator[_Opened]:
        """Give a list's file, which was looked at; a damaged one is set aside, unless a good one took its place meanwhile."""
        if self._shared is not None:
            opened = self._opened_copy(self._shared, key, whole)
        else:
            path = self._path(key)
            try:
                opened = self._opened(path, key, whole)
            except Damaged:
                with files.lock(path):
                    opened = self._opened_or_set_aside(path, key, whole)
        with opened.file:
            yield opened

    def _opened_copy(self, shared: Blobs, key: str, whole: bool) -> _Opened:
        """Open this machine's copy; a damaged one is made anew, and one that just went because there is a newer list too."""
        for _ in range(3):
            path = self._copied(shared, key)
            try:
                return self._opened(path, key, whole)
            except NotFound:
                continue
            except Damaged:
                path.unlink(missing_ok=True)
        return self._opened(self._copied(shared, key), key, whole)

    def _copied(self, shared: Blobs, key: str) -> Path:
        """Return this machine's copy of a team's list, made if it is not the newest; older copies go. Raises NotFound."""
        name = self._path(key).name
        found = shared.get(name)
        if found is None:
            raise _not_there(key)
        folder = self._home.path(CACHE)
        copy = folder / f"{name.removesuffix('.list')}.{found.mark}.list"
        if copy.exists():
            return copy
        try:
            folder.mkdir(mode=0o700, exist_ok=True)
            with files.lock(folder / name):
                if not copy.exists():
                    copy_of(shared, name, copy)
                    for old in folder.glob(f"{name.removesuffix('.list')}.*.list"):
                        if old != copy:
                            old.unlink(missing_ok=True)
        except FileNotFoundError:
            raise _not_there(key) from None
        except OSError as error:
            raise files.cannot_write(copy, error) from None
        return copy

    def _opened_or_set_aside(self, path: Path, key: str, whole: bool) -> _Opened:
        try:
            return self._opened(path, key, whole)
        except Damaged as damaged:
            raise Damaged(
                say(
                    "{why} It was set aside as {copy}. Import the list “{key}” again.",
                    why=damaged.sentence,
                    copy=files.set_aside(path).name,
                    key=key,
                )
            ) from None

    def _opened(self, path: Path, key: str, whole: bool) -> _Opened:
        try:
            with contextlib.ExitStack() as closing:
                file = closing.enter_context(path.open("rb"))
                head = self._checked(path, file, whole)
                closing.pop_all()
                return _Opened(file, head)
        except FileNotFoundError:
            raise _not_there(key) from None
        except OSError as error:
            raise _cannot_read(path, error) from None

    def _checked(self, path: Path, file: BinaryIO, whole: bool) -> _Head:
        """Return what the file says of itself, if that is so. Raises Damaged and TooNew."""
        head = _head_in(path, file.read(HEAD_BYTES))
        if head.salted != self._salted:
            raise Damaged(
                say(
                    "{file} was made by another home of the workbench, and says nothing here.", file=str(path)
                )
            )
        if file.seek(0, os.SEEK_END) != HEAD_BYTES + head.size * _DIGEST_BYTES:
            raise _damaged(path)
        if whole and _crc_of(file) != head.crc:
            raise _damaged(path)
        return head

    def _digests(self, values: Sequence[bytes]) -> bytes:
        made: list[bytes] = []
        copy = self._digest.copy
        for value in values:
            digest = copy()
            digest.update(value)
            made.append(digest.digest())
        return b"".join(made)

    def _path(self, key: str) -> Path:
        if not _KEY.fullmatch(key):
            raise Refused(
                say(
                    "“{key}” cannot name a consent list. Use at most 40 small letters, digits, hyphens and underscores, like {example}.",
                    key=key[:60],
                    example="newsletter-2026",
                )
            )
        return self._home.path(f"consent-{key}.list")


class Membership:
    """A list that can be asked, as it was when it was opened."""

    def __init__(self, digests: NDArray[np.uint64], digest: Callable[[Sequence[bytes]], bytes]) -> None:
        self._digests = digests
        self._digest = digest

    def __len__(self) -> int:
        return int(self._digests.size)

    def contain(self, values: Sequence[str]) -> list[bool]:
        """Return for each value whether it is on the list; blanks are on none. Ask for thousands at a time: one search finds all."""
        import numpy as np

        plain = [_value(value) for value in values]
        wanted = np.frombuffer(self._digest(plain), _DIGEST)
        order = np.argsort(wanted)  # so that the search goes through the file once, not to and fro
        wanted = wanted[order]
        at = np.searchsorted(self._digests, wanted)
        at[at == self._digests.size] = 0
        found = np.empty(len(plain), dtype=bool)
        found[order] = self._digests[at] == wanted
        return [bool(value) and there for value, there in zip(plain, found.tolist(), strict=True)]


class _Opened(NamedTuple):
    file: BinaryIO
    head: _Head


def _value(line: str | bytes) -> bytes:
    """Return what is compared of a line or a value; nothing where it says nothing."""
    if isinstance(line, bytes):
        try:
            line = line.decode()
        except UnicodeDecodeError:
            return b""
    text = line.strip().removeprefix("\ufeff").lstrip()
    if len(text) > LONGEST or (not text.isprintable() and _UNFIT.search(text)):
        return b""
    return (text.lower() if "@" in text else text).encode()


def _pieces(lines: Iterable[str] | Iterable[bytes]) -> Iterator[list[str | bytes]]:
    source: Iterator[str | bytes] = iter(lines)
    while piece := list(islice(source, PIECE)):
        yield piece


def _sort_and_join(digests: NDArray[np.uint64]) -> int:
    """Sort the digests where they are, each once at the beginning; return how many those are."""
    import numpy as np

    digests.sort()
    size, last = 0, None
    for start in range(0, digests.size, PIECE):
        piece = digests[start : start + PIECE]
        fresh = np.ones(piece.size, dtype=bool)
        fresh[0] = last is None or piece[0] != last
        np.not_equal(piece[1:], piece[:-1], out=fresh[1:])
        last = piece[-1].copy()
        once = piece[fresh]
        digests[size : size + once.size] = once
        size += once.size
    return size


def _head_in(path: Path, raw: bytes) -> _Head:
    """Return the head of a file. Raises Damaged and TooNew."""
    if not raw.startswith(_MAGIC):
        raise _damaged(path)
    told = raw.removeprefix(_MAGIC)
    try:
        number = msgspec.json.decode(told, type=_Format).format
        if number == FORMAT:
            head = msgspec.json.decode(told, type=_Head)
            if head.size > 0:
                return head
    except msgspec.DecodeError:
        raise _damaged(path) from None
    if number <= FORMAT:
        raise _damaged(path)
    raise TooNew(
        say(
            "{file} was written by a newer version of the workbench (format {found}, this one knows {known}). "
            "Update the workbench; the file was not touched.",
            file=str(path),
            found=number,
            known=FORMAT,
        )
    )


def _crc_of(file: BinaryIO) -> int:
    crc = 0
    file.seek(HEAD_BYTES)
    while piece := file.read(PIECE * _DIGEST_BYTES):
        crc = zlib.crc32(piece, crc)
    return crc


def _list_of(key: str, head: _Head) -> ConsentList:
    return ConsentList(
        key=key,
        size=head.size,
        doubles=head.doubles,
        skipped=head.skipped,
        imported_at=head.imported_at,
    )


def _not_there(key: str) -> NotFound:
    return NotFound(say("There is no consent list “{key}”. Import it first, or choose another one.", key=key))


def _damaged(path: Path) -> Damaged:
    return Damaged(say("{file} cannot be read: it is cut, or was changed by something else.", file=str(path)))


def _cannot_read(path: Path, error: OSError) -> StorageFault:
    return StorageFault(
        say(
            "{file} cannot be read ({reason}). Check who owns it, then try again.",
            file=str(path),
            reason=error.strerror or str(error.errno),
        )
    )
