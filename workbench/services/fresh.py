"""FRESH: what is made of files of the home and asked for at every call: made anew when one of them has changed, and only then."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Generic, TypeVar

Made = TypeVar("Made")
_Mark = tuple[tuple[int, int, int] | None, ...]


class Fresh(Generic[Made]):
    """What ``make`` makes, in a thread of its own, of the files at ``paths``; as long as none of them is there, at every call."""

    def __init__(self, paths: Sequence[Path], make: Callable[[], Made]) -> None:
        self._paths, self._make = paths, make
        self._kept: tuple[_Mark, Made] | None = None
        self._turn = asyncio.Lock()

    async def now(self) -> Made:
        """Return it as the files stand now; raises what ``make`` raises."""
        mark = _mark(self._paths)
        if self._kept is not None and self._kept[0] == mark and any(mark):
            return self._kept[1]
        async with self._turn:
            if self._kept is None or self._kept[0] != mark or not any(mark):
                # what changes while it is read has another mark, and is read the next time
                self._kept = mark, await asyncio.to_thread(self._make)
            return self._kept[1]


def _mark(paths: Sequence[Path]) -> _Mark:
    """Return what tells files from later ones: they are replaced whole, never written into."""
    return tuple(_one_mark(path) for path in paths)


def _one_mark(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size
