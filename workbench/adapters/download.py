"""DOWNLOAD: an answer of any length, part by part as it comes in, so that no more than a part of it is ever held."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from typing import Final, NamedTuple

from workbench.errors import WorkbenchError
from workbench.models.request import Failure, FailureKind, Headers, Request, header
from workbench.sentence import Sentence, Value, say

from .incoming import texts
from .trip import Kinds, Trip

END_S: Final = 1.0
"""Seconds in which the end of a body must be heard of once all bytes that were announced are here."""
MOST_BYTES: Final = 16 * 1024**3
"""Bytes that are read where nothing else is said: 16 GiB, a hundred million contacts."""


class Opened(NamedTuple):
    """An answer whose head has come: its parts, which may raise what the way it came by raises, and what closes it."""

    status: int
    headers: Sequence[tuple[bytes, bytes]]
    parts: AsyncGenerator[bytes, None]
    close: Callable[[], Awaitable[None]]


class CutShort(WorkbenchError):
    """A download ended in the middle; ``failure`` is what became of it."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.sentence)
        self.failure = failure


class Download:
    """The head of an answer, and its body as it comes in.

    ``headers`` are as they came, ``size`` is the length that the server announced (None: it did not), ``read`` counts the bytes so far.
    A packed body (``Content-Encoding``) is given as it is.
    """

    def __init__(self, opened: Opened, trip: Trip, kinds: Kinds, limits: Limits) -> None:
        self.status = opened.status
        self.headers: Headers = texts(opened.headers)
        self.read = 0
        self._opened = opened
        self._trip = trip
        self._kinds = kinds
        self._limits = limits
        self._parts = self._each()

    def __repr__(self) -> str:
        return f"<Download {self.status} {self.read} bytes>"

    @property
    def ok(self) -> bool:
        """Whether the status is a 2xx. A redirect is not followed."""
        return 200 <= self.status < 300

    @property
    def size(self) -> int | None:
        """The bytes of the body as the server announced them."""
        announced = self.header("content-length") or ""
        return int(announced) if announced.isascii() and announced.isdigit() else None

    @property
    def chunks(self) -> AsyncIterator[bytes]:
        """The body's parts, each once, never empty. Raises CutShort when it does not come to its end; then it is over."""
        return self._parts

    def header(self, name: str) -> str | None:
        """Return the first value of the header ``name`` (any case), or None."""
        return header(self.headers, name)

    async def close(self) -> None:
        """End it, whether or not all was read."""
        await self._parts.aclose()
        await self._opened.parts.aclose()
        await self._opened.close()

    async def _each(self) -> AsyncGenerator[bytes, None]:
        while True:
            seconds, in_all = self._limits.patience()
            whole = self.read == self.size
            try:
                async with asyncio.timeout(min(seconds, END_S) if whole else seconds):
                    part = await anext(self._opened.parts, None)
            except self._kinds.classes as error:
                if whole:  # all that was announced is here: the end alone was not heard of (seen once in thousands, with uvloop)
                    return
                raise self._cut(error, seconds, in_all) from None
            if part is None:
                return
            self.read += len(part)
            if self.read > self._limits.most_bytes:
                raise CutShort(self._failure("blocked", self._too_long()))
            if part:
                yield part

    def _cut(self, error: BaseException, seconds: float, in_all: bool) -> CutShort:
        """Return what to say of a body that ends here, in the words of a download: asking for it again does no harm."""
        found = self._trip.failure(error)
        values: dict[str, Value] = {"host": self._trip.host, "read": self.read}
        if found.kind == "timeout" and in_all:
            sentence = say(
                "{host} did not give the whole file within {total} s: {read} bytes came. Ask for it again, or allow more time.",
                total=_plain(self._limits.total_s or 0.0),
                **values,
            )
        elif found.kind == "timeout":
            sentence = say(
                "{host} stopped in the middle of the file: after {read} bytes nothing came for {seconds} s. Ask for it again, or allow "
                "more time.",
                seconds=_plain(seconds),
                **values,
            )
        elif found.kind == "reset":
            sentence = say(
                "{host} broke off the connection in the middle of the file, after {read} bytes. Ask for it again.",
                **values,
            )
        else:
            sentence = found.sentence
        return CutShort(self._failure(found.kind, sentence))

    def _too_long(self) -> Sentence:
        return say(
            "The file of {host} is longer than {most} bytes, which is the most that is read here. Split it.",
            host=self._trip.host,
            most=self._limits.most_bytes,
        )

    def _failure(self, kind: FailureKind, sentence: Sentence) -> Failure:
        return Failure(kind=kind, sentence=sentence, sent=True, elapsed_ms=self._trip.elapsed_ms)


class Limits:
    """How long a download may take, counted from now, and how much of it is read."""

    def __init__(self, idle_s: float, total_s: float | None, most_bytes: int) -> None:
        self.idle_s = idle_s
        self.total_s = total_s
        self.most_bytes = most_bytes
        self._now = asyncio.get_running_loop().time
        self._end = None if total_s is None else self._now() + total_s

    def patience(self) -> tuple[float, bool]:
        """Return how many seconds the next part may take, and whether that is all that is left of the whole time."""
        left = self.idle_s if self._end is None else max(0.0, self._end - self._now())
        return min(self.idle_s, left), left < self.idle_s


def asking_for_gzip(request: Request) -> Request:
    """Return the request, which asks for gzip at most where it asks for nothing: what comes is unpacked by who reads it."""
    if request.header("Accept-Encoding") is not None:
        return request
    return request.model_copy(update={"headers": (*request.headers, ("Accept-Encoding", "gzip"))})


def _plain(seconds: float) -> float:
    return int(seconds) if seconds == int(seconds) else round(seconds, 2)
