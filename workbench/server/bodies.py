"""Bodies of calls from outside, read as they come: up to a size, for so long, and so many at a time.

Who sends slowly holds up nobody but himself.
"""

from __future__ import annotations

import asyncio
from typing import Final

from fastapi import Request
from starlette.requests import ClientDisconnect

BODY_S: Final = 10.0
"""Seconds that a body may take: a platform gives up after one, a provider after some fifteen."""
OPEN_BODIES: Final = 1000
"""Bodies that are read at a time; so much memory may be taken, and no more."""


class Bodies:
    """Reads bodies of at most ``most`` bytes, each within ``seconds``."""

    def __init__(self, most: int, seconds: float = BODY_S, at_once: int = OPEN_BODIES) -> None:
        self._most, self._seconds, self._at_once = most, seconds, at_once
        self._reading = 0

    async def read(self, request: Request) -> bytes | int:
        """Return the body, or the status of the answer where there is none: 400 broke off, 408 too slow, 413 too large, 503 too many.

        After a status the connection is to be closed, so that the rest of the body is not waited for.
        """
        if self._reading >= self._at_once:
            return 503
        self._reading += 1
        try:
            return await self._read(request)
        finally:
            self._reading -= 1

    async def _read(self, request: Request) -> bytes | int:
        pieces: list[bytes] = []
        size = 0
        try:
            async with asyncio.timeout(self._seconds):
                async for piece in request.stream():
                    pieces.append(piece)
                    size += len(piece)
                    if size > self._most:
                        return 413
        except TimeoutError:
            return 408
        except ClientDisconnect:
            return 400
        return b"".join(pieces)
